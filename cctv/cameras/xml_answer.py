"""Reading XML from a device: a tree of elements by their local names, within limits of depth and number.

Responsible for what is taken from an answer whatever its namespaces, its encoding and the signs in it.  Pure.  Knows no
ONVIF, and never reads an entity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

MAX_ELEMENTS, MAX_DEPTH = 50_000, 64  # a recorder of 64 channels tells its profiles in some 30,000 elements, 12 deep
_PIECE_BYTES = 16_384
_NONE: Mapping[str, str] = MappingProxyType({})
_CONTROLS = bytes.maketrans(bytes((*range(9), 11, 12, *range(14, 32))), b" " * 29)  # signs that XML 1.0 does not allow
_WIDE = (b"\xfe\xff", b"\xff\xfe", b"\0<", b"<\0")  # UTF-16


class Unreadable(ValueError):
    """The bytes are no XML, or more of it than any answer needs; its text says which."""


@dataclass(slots=True)
class Node:
    """An element of an answer, its attributes, children and text; all names are local ones."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=lambda: _NONE)
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def every(self, name: str) -> list[Node]:
        """Its children of that name."""
        return [child for child in self.children if child.name == name]

    def child(self, *path: str) -> Node | None:
        """The first element that the path leads to; None where there is none."""
        node: Node | None = self
        for name in path:
            node = next(iter(node.every(name)), None) if node is not None else None
        return node

    def said(self, *path: str) -> str:
        """The text of that element; empty where there is none."""
        node = self.child(*path)
        return node.text.strip() if node is not None else ""

    def walk(self) -> Iterator[Node]:
        """It and every element inside it, in the order of the document."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_xml(data: bytes) -> Node:
    """The root of a document, whatever namespaces and however many bytes of other signs; raises Unreadable.  Pure.

    Devices put signs into texts that XML does not allow, and Latin-1 into what they call UTF-8.
    """
    data = data.lstrip(b" \t\r\n")
    if not data.startswith(_WIDE):
        data = data.translate(_CONTROLS)
    problem = ""
    for encoding in (None, "utf-8", "iso-8859-1"):
        try:
            return _Builder().read(data, encoding)
        except (expat.ExpatError, ValueError, LookupError) as error:
            if isinstance(error, Unreadable):
                raise
            problem = problem or f"it is no XML ({error})"
    raise Unreadable(problem)


class _Builder:
    """Builds the tree of one document, and stops at what no answer needs."""

    def __init__(self) -> None:
        self._open: list[Node] = []
        self._texts: list[list[str]] = []  # of the open elements
        self._root: Node | None = None
        self._elements = 0

    def read(self, data: bytes, encoding: str | None) -> Node:
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say
        parser.StartDoctypeDeclHandler = self._refuse  # no SOAP message has one (SOAP 1.2 part 1, section 5)
        try:
            for at in range(0, len(data), _PIECE_BYTES):  # expat keeps a copy of what it is given at once
                parser.Parse(data[at : at + _PIECE_BYTES], False)
            parser.Parse(b"", True)
        except expat.ExpatError:
            if self._root is None or self._open:  # what follows the answer does not matter
                raise
        if self._root is None:
            raise Unreadable("it is empty")
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise Unreadable("it has more elements than any answer needs")
        node = Node(_local(name))
        if attributes:
            node.attributes = {_local(key): value for key, value in attributes.items()}
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)
        self._texts.append([])

    def _end(self, _: str) -> None:
        node = self._open.pop()
        node.text = "".join(self._texts.pop())
        if not self._open and self._root is None:
            self._root = node

    def _say(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def _refuse(self, *_: object) -> None:
        raise Unreadable("it defines entities, which none may")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
