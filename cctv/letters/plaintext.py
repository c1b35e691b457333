"""The text version of a letter, made of the same page as the PDF, so that both have the same contents.

Responsible for which elements a page may have.  Pure.  An unknown element stops the letter: nothing is left out.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

from cctv.core.text import FIRST_STRONG_ISOLATE, POP_ISOLATE

WIDTH = 78  # columns
_BLANK, _BOX = "_" * 30, "[ ]"
_VOID = frozenset({"br", "meta"})
_INLINE = frozenset({"span", "strong", "em", "code", "br", "bdi"})
_TIGHT = frozenset({"header", "address"})  # no empty line between their lines
_BLOCKS = frozenset({"div", "main", "p", "h1", "h2", "blockquote", "ul", "ol", "li"})
_TABLES = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
_FRAME = frozenset({"html", "head", "meta", "title", "style", "body"})
_ELEMENTS = _FRAME | _BLOCKS | _TABLES | _TIGHT | _INLINE
_UNDERLINES = {"h1": "=", "h2": "-"}
_GAP = "\u00a0"


class PageUnreadable(ValueError):
    """A page with an element that the text version cannot show, or one that is not closed."""


def as_text(page: str) -> str:
    """The page of a letter as plain text of 78 columns; raises PageUnreadable."""
    root = _parsed(page)
    body = root.find("body")
    assert body is not None
    gap = _GAP if root.get("lang") == "fr" else ""
    return "\n".join(_blocks(body, gap)).strip("\n") + "\n"


def _blocks(parent: Element, gap: str) -> Iterator[str]:
    """Paragraphs, headings, lists and tables in order, an empty line after each; `gap` stands before : and ;."""
    for element in parent:
        if element.tag in ("p", "h1", "h2"):
            text = _wrapped(_inline(element))
            yield text
            if underline := _UNDERLINES.get(element.tag):
                yield underline * max(len(line) for line in text.splitlines())
            if parent.tag not in _TIGHT and parent.get("class") != "about":
                yield ""
        elif element.tag in ("ul", "ol"):
            yield from _items(element)
            yield ""
        elif element.tag == "table":
            yield from _rows(element, gap)
            yield ""
        elif element.tag == "blockquote":
            yield textwrap.indent("\n".join(_blocks(element, gap)).rstrip("\n"), "  > ")
            yield ""
        else:
            yield from _blocks(element, gap)
            if element.tag in _TIGHT or element.get("class") == "about":
                yield ""


def _items(parent: Element) -> Iterator[str]:
    for number, item in enumerate(parent, 1):
        mark = f"{number}. " if parent.tag == "ol" else "- "
        yield _wrapped(_inline(item), mark)


def _rows(table: Element, gap: str) -> Iterator[str]:
    """A line for each row: its cells after the headings of their columns."""
    heads: list[str] = []
    for row in table.iter("tr"):
        cells = [" ".join(_inline(cell).split(" ")) for cell in row]
        if all(cell.tag == "th" for cell in row):
            heads = cells
        elif heads:
            yield _wrapped(
                f"{gap}; ".join(f"{head}{gap}: {cell}" for head, cell in zip(heads, cells, strict=True)), "- "
            )
        else:
            yield _wrapped(f"{cells[0]}{gap}: {', '.join(cells[1:])}", "- ")


def _wrapped(text: str, mark: str = "") -> str:
    lines = [
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=mark if number == 0 else " " * len(mark),
            subsequent_indent=" " * len(mark),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, line in enumerate(text.split("\n"))
    ]
    return "\n".join(lines)


def _inline(parent: Element) -> str:
    """The text of an element, with a line break for each `<br>`."""
    texts = [parent.text or ""]
    for child in parent:
        texts.append({"blank": _BLANK, "box": _BOX}.get(child.get("class") or "", "\0" if child.tag == "br" else ""))
        inside = _inline(child).replace("\n", "\0")
        texts += [f"{FIRST_STRONG_ISOLATE}{inside}{POP_ISOLATE}" if child.tag == "bdi" else inside, child.tail or ""]
    text = re.sub(r"[ \t\n\r]+", " ", "".join(texts))
    return "\n".join(part.strip(" ") for part in text.split("\0")).strip(" ")


def _parsed(page: str) -> Element:
    reader = _Reader()
    reader.feed(page)
    return reader.tree()


class _Reader(HTMLParser):
    """HTML whose every element is known and closed, as a tree."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._builder, self._open = TreeBuilder(), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ELEMENTS:
            raise PageUnreadable(f"<{tag}> is not an element of letters")
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            raise PageUnreadable(f"</{tag}> closes what is not open")
        self._builder.end(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._open:
            self._builder.data(data)
        elif data.strip():
            raise PageUnreadable("there is text outside the page")

    def tree(self) -> Element:
        if self._open:
            raise PageUnreadable(f"<{self._open[-1]}> is not closed")
        return self._builder.close()
