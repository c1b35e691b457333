"""A file with a published privacy text, as text.

Owns the reading of plain text and HTML.  Never guesses at a file that is neither: it is refused with the way to text.
"""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from cctv.kernel.errors import ConfigError

_LARGEST = 4 << 20  # bytes; the longest policies of large companies have some hundred thousand
_BREAKS = frozenset({"p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "section", "article", "td"})
_UNREAD = frozenset({"script", "style", "head", "nav", "template"})


class PolicyTextUnreadable(ConfigError):
    """{path} cannot be read as a privacy text: {problem}.

    next: {following}
    """


class PolicyTextDiffers(ConfigError):
    """{path} and cameras.toml differ in {count} points.

    next: change the published text or the settings, then run the same again.
    """


def policy_text(path: Path) -> str:
    """The words of a text or HTML file; raises PolicyTextUnreadable (10)."""
    try:
        data = path.read_bytes() if path.stat().st_size <= _LARGEST else None
    except OSError as error:
        following = "give a file that exists and that you may read."
        raise PolicyTextUnreadable(path=path, problem=error.strerror or "unreadable", following=following) from error
    if data is None:
        raise PolicyTextUnreadable(path=path, problem="it is larger than 4 MiB", following="give the text alone.")
    if data.startswith(b"%PDF"):
        raise PolicyTextUnreadable(path=path, problem="it is a PDF", following=f"pdftotext -layout {path} policy.txt")
    if b"\0" in data:
        raise PolicyTextUnreadable(path=path, problem="it is no text", following="save it as text or HTML.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what older editors write
    if "<html" in text[:2000].lower() or "<!doctype html" in text[:200].lower():
        text = _without_tags(text)
    if not text.strip():
        raise PolicyTextUnreadable(path=path, problem="it holds no words", following="save the page with its text.")
    return text


def _without_tags(text: str) -> str:
    parser = _Words()
    parser.feed(text)
    parser.close()
    return "".join(parser.words)


class _Words(HTMLParser):
    """What a reader of the page sees, one block a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        if tag in _BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD and self._unread > 0
        if tag in _BREAKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data.replace("\n", " "))
