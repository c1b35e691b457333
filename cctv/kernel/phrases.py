"""Translatable text, as lazy gettext: a `str` that is English, and keeps what it was made of for its translation.

Modules below the command line make phrases and know no language; JSON and the log use the English.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from gettext import NullTranslations


class Phrase(str):
    """English; `told` translates it.  An f-string or `+` makes plain English of it: use the fields of a template."""

    told: Callable[[NullTranslations], str]

    def __new__(cls, english: str, told: Callable[[NullTranslations], str]) -> Phrase:
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
    """A text without fields that may mean another thing elsewhere: `context` is its `msgctxt`."""
    return Phrase(english, lambda words: words.pgettext(context, english))


def listed(items: Iterable[object], between: str = ", ") -> Phrase:
    """Things one after the other: text, phrases, members of enums."""
    parts = tuple(items)
    return Phrase(
        between.join(str(_shown(part, None)) for part in parts),
        lambda words: str(_shown(between, words)).join(str(_shown(part, words)) for part in parts),
    )


def filled(template: str, values: Mapping[str, object], words: NullTranslations | None = None) -> str:
    """A template with its values."""
    return template.format(**{name: _shown(value, words) for name, value in values.items()})


def _shown(value: object, words: NullTranslations | None) -> object:
    if isinstance(value, Enum):
        value = coded(value)
    return value.told(words) if words is not None and isinstance(value, Phrase) else value
