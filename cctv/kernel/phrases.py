"""Phrases: English text that can be told in another language.

Rooms make phrases and know no language.  A phrase is the English `str`, for JSON, the log and whoever does not care; it
also keeps what it was made of, for whoever shows it to a person (`cctv.tongue`).  Pure.  Never holds a translation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    class Words(Protocol):
        """A language's words, called as those of gettext; LookupError for what it does not have."""

        def gettext(self, message: str) -> str: ...
        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str: ...
        def pgettext(self, context: str, message: str) -> str: ...


class Phrase(str):
    """English, and `told` gives it in other words.  An f-string or `+` makes plain English of it: fill templates."""

    told: Callable[[Words], str]

    def __new__(cls, english: str, told: Callable[[Words], str]) -> Phrase:
        made = super().__new__(cls, english)
        made.told = told
        return made


def phrase(template: str, /, **values: object) -> Phrase:
    """A sentence; `{fields}` are filled from the values, of which phrases and members of enums are told as well."""
    return Phrase(filled(template, values), lambda words: filled(words.gettext(template), values, words))


def counted(count: int, one: str, many: str, /, **values: object) -> Phrase:
    """A sentence about a number of things; `{count}` is the number."""
    values = {"count": count, **values}
    return Phrase(
        filled(one if count == 1 else many, values),
        lambda words: filled(words.ngettext(one, many, count), values, words),
    )


def coded(member: Enum) -> Phrase:
    """The word of the log and of the options for a member of an enum; its class is the context of the translation."""
    return worded(type(member).__name__, str(member.value))


def worded(context: str, english: str) -> Phrase:
    """A word by itself, which may mean another thing elsewhere; it stays English where a language does not have it."""

    def told(words: Words) -> str:
        try:
            return words.pgettext(context, english)
        except LookupError:
            return english

    return Phrase(english, told)


def listed(items: Iterable[object], between: str = ", ") -> Phrase:
    """Things one after the other: text, phrases, members of enums."""
    parts = tuple(items)
    return Phrase(
        between.join(str(_shown(part, None)) for part in parts),
        lambda words: str(_shown(between, words)).join(str(_shown(part, words)) for part in parts),
    )


def filled(template: str, values: Mapping[str, object], words: Words | None = None) -> str:
    """A template with its values."""
    return template.format(**{name: _shown(value, words) for name, value in values.items()})


def _shown(value: object, words: Words | None) -> object:
    if isinstance(value, Enum):
        value = coded(value)
    return value.told(words) if words is not None and isinstance(value, Phrase) else value
