"""The pages that people read, and what the tests take out of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Change fragments are no pages: they become one when a version is released.
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        ROOT / "storage/README.md",
        *(page for page in (ROOT / "docs").rglob("*.md") if not page.name.startswith("+")),
    ]
)

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_STARTS = re.compile(r"(?:\$ )?(?:sudo (?:-u \S+ )?|runuser -u \S+ -- )?(?:\S*/)?cctv(?: |$)")
_ENDS = frozenset({"|", "||", "&&", ";", ">", ">>", "<", "&"})


def links(text: str) -> Iterator[str]:
    """Targets of the links in a page, those in code left out."""
    yield from _LINK.findall(_INLINE.sub("", _FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """What the headings of a page are linked as."""
    plain = (re.sub(r"[^\w\- ]", "", heading.casefold()) for heading in _HEADING.findall(_FENCE.sub("", text)))
    return {heading.strip().replace(" ", "-") for heading in plain}


def command_lines(text: str) -> Iterator[list[str]]:
    """The arguments of every `cctv ...` in code: inline, in fences, in indented blocks."""
    prose = _FENCE.sub("", text)
    indented = "\n".join(line for line in prose.splitlines() if line.startswith("    "))
    for block in (*_INLINE.findall(prose), *_FENCE.findall(text), indented):
        for line in block.replace("\\\n", " ").splitlines():
            if match := _STARTS.match(line.strip()):
                yield _words(line.strip()[match.end() :])


def _words(line: str) -> list[str]:
    """As a shell would split it, up to the first operator; a column of explanation after the command is cut off."""
    command = re.split(r" {2,}(?=[a-z0-9#])", line)[0]
    words = shlex.split(command, comments=True)
    end = next((index for index, word in enumerate(words) if word in _ENDS), len(words))
    return [word.strip("[]") for word in words[:end]]
