"""Line numbers of cameras.toml: where a key was written.

Owns a scan of TOML's headers and keys, because tomllib reports no positions.  Pure.  Never reads values: what a key
says is tomllib's business, and a key that the scan does not find falls back to its section.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

KeyPath = tuple[str, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:\#.*)?")
_ENTRY = re.compile(rf"\s*({_DOTTED})\s*=")
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


@dataclass(frozen=True, slots=True)
class Declared:
    """A header or key as written."""

    path: KeyPath
    line: int
    is_table: bool
    repeatable: bool = False  # [[...]] may stand more than once


def declarations(text: str) -> Iterator[Declared]:
    """Every header and key, in order."""
    section: KeyPath = ()
    quote, depth = "", 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not quote and not depth:
            if (header := _HEADER.fullmatch(line)) is not None:
                section = _parts(header[2])
                yield Declared(section, number, is_table=True, repeatable=header[1] == "[[")
                continue
            if (entry := _ENTRY.match(line)) is not None:
                yield Declared(section + _parts(entry[1]), number, is_table=False)
        quote, depth = _after(line, quote, depth)


def key_lines(text: str) -> dict[KeyPath, int]:
    """The first line of every header and key."""
    lines: dict[KeyPath, int] = {}
    for declared in declarations(text):
        lines.setdefault(declared.path, declared.line)
    return lines


def line_of(lines: Mapping[KeyPath, int], path: tuple[str | int, ...]) -> int | None:
    """The line of a key, else of the nearest section or key around it."""
    names = tuple(str(part) for part in path)
    return next((lines[names[:end]] for end in range(len(names), 0, -1) if names[:end] in lines), None)


def twice(text: str) -> tuple[Declared, Declared] | None:
    """The first header or key that is written a second time, with its first."""
    seen: dict[KeyPath, Declared] = {}
    for declared in declarations(text):
        first = seen.setdefault(declared.path, declared)
        if first is not declared and not (first.repeatable or declared.repeatable):
            return first, declared
    return None


def _parts(dotted: str) -> KeyPath:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in re.findall(_KEY, dotted))


def _after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """The open multi-line string and the depth of brackets after a line."""
    at = 0
    while at < len(line):
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return quote, depth
            at, quote = end + 3, ""
            continue
        found = _TOKEN.search(line, at)
        if found is None:
            break
        at = found.end()
        if found[0] in ('"""', "'''"):
            quote = found[0]
        depth = max(0, depth + (found[0] in ("[", "{")) - (found[0] in ("]", "}")))
    return quote, depth
