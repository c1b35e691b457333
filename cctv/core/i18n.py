"""Translation of what people read, into the language of the site (`nl`, `fr`, `en`).

English stands in the code; `cctv/locale` has the Dutch and the French.  Never touches JSON, the log, ids, or what a
person types.

Translatable text, as lazy gettext: a `str` that is English, and keeps what it was made of for its translation.

Modules below the command line make phrases and know no language; JSON and the log use the English.  Pure.

The translations of each language: gettext catalogs in `cctv/locale`, compiled from their `.po` files.

The `.mo` files are not in git: installing the package (`hatch_build.py`) and `./scripts/words` make them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING

from cctv.core.language import Language

if TYPE_CHECKING:
    from cctv.core.errors import CctvError


class Message(str):
    """English; `told` translates it.  An f-string or `+` makes plain English of it: use the fields of a template."""

    told: Callable[[NullTranslations], str]

    def __new__(cls, english: str, told: Callable[[NullTranslations], str]) -> Message:
        made = super().__new__(cls, english)
        made.told = told
        return made


def N_(template: str, /, **values: object) -> Message:
    """A sentence; `{fields}` are filled from the values, of which phrases and members of enums are told as well."""
    return Message(
        format_message(template, values), lambda words: format_message(words.gettext(template), values, words)
    )


def ngettext_lazy(count: int, one: str, many: str, /, **values: object) -> Message:
    """A sentence about a number of things; `{count}` is the number."""
    values = {"count": count, **values}
    return Message(
        format_message(one if count == 1 else many, values),
        lambda words: format_message(words.ngettext(one, many, count), values, words),
    )


def enum_label(member: Enum) -> Message:
    """The word of the log and of the options for a member of an enum; its class is the context of the translation."""
    return pgettext_lazy(type(member).__name__, str(member.value))


def pgettext_lazy(context: str, english: str) -> Message:
    """A text without fields that may mean another thing elsewhere: `context` is its `msgctxt`."""
    return Message(english, lambda words: words.pgettext(context, english))


def join_messages(items: Iterable[object], between: str = ", ") -> Message:
    """Things one after the other: text, phrases, members of enums."""
    parts = tuple(items)
    return Message(
        between.join(str(_shown(part, None)) for part in parts),
        lambda words: str(_shown(between, words)).join(str(_shown(part, words)) for part in parts),
    )


def format_message(template: str, values: Mapping[str, object], words: NullTranslations | None = None) -> str:
    """A template with its values."""
    return template.format(**{name: _shown(value, words) for name, value in values.items()})


def _shown(value: object, words: NullTranslations | None) -> object:
    if isinstance(value, Enum):
        value = enum_label(value)
    return value.told(words) if words is not None and isinstance(value, Message) else value


DOMAIN = "cctv"  # of gettext
LOCALE = Path(__file__).resolve().parent.parent / "locale"
_BUILD = "run ./scripts/words, or install the package again: pip install -e ."
_log = logging.getLogger(__name__)


@cache
def catalog(language: Language) -> NullTranslations:
    """The translations of a language; those of English, and of a catalog that was not built, leave text as it is.

    A catalog that is missing, or in a checkout older than its source, is logged once as a warning.
    """
    if language is Language.EN:
        return NullTranslations()
    compiled = LOCALE / language.value / "LC_MESSAGES" / f"{DOMAIN}.mo"
    source = compiled.with_suffix(".po")
    try:
        with compiled.open("rb") as file:
            if source.exists() and source.stat().st_mtime_ns > compiled.stat().st_mtime_ns:
                _log.warning("%s is older than %s: %s", compiled, source.name, _BUILD)
            return GNUTranslations(file)
    except FileNotFoundError:
        _log.warning("%s is missing, so that messages are in English: %s", compiled, _BUILD)
        return NullTranslations()


# Contexts (msgctxt) of short words, which may mean another thing in a sentence.  Members of an enum have its class.
HEADINGS = "heading"
PLACEHOLDERS = "placeholder"
_spoken: Callable[[], Language] = lambda: Language.EN  # noqa: E731


def set_language(language: Callable[[], Language]) -> None:
    """Set the language of the session; it is asked for at each message."""
    global _spoken
    _spoken = language


def current_language() -> Language:
    """The language of the session."""
    return _spoken()


def _(template: str, /, **values: object) -> str:
    """A message in the language of the session, its `{fields}` filled; see `cctv.core.i18n.phrase`."""
    return translate(N_(template, **values))


def ngettext(count: int, one: str, many: str, /, **values: object) -> str:
    """A message about a number of things, `{count}`, in the language of the session."""
    return translate(ngettext_lazy(count, one, many, **values))


def enum_text(member: Enum) -> str:
    """The label of a member of an enum, in the language of the session."""
    return translate(enum_label(member))


def pgettext(context: str, text: str) -> str:
    """A word by itself: the heading of a column, what stands for a value in help, a choice of an option."""
    return catalog(_spoken()).pgettext(context, text) if text else text


def decimal(number: str) -> str:
    """A number with its unit, with the decimal sign of the language of the session."""
    return number if current_language() is Language.EN else number.replace(".", ",")


def translate(text: str) -> str:
    """A phrase in the language of the session; any other text as it is."""
    return translate_to(text, _spoken())


def translate_to(text: str, language: Language) -> str:
    """A phrase in a given language, whatever that of the session: for a page that is kept."""
    return text.told(catalog(language)) if isinstance(text, Message) else text


def translator(language: Language) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
    """`gettext` and `pgettext` of a given language, for the templates of a page that is kept."""
    words = catalog(language)
    return words.gettext, words.pgettext


def translate_error(error: CctvError) -> tuple[str, str | None]:
    """The message and the next step of an error, in the language of the session."""
    return error.told(catalog(_spoken()))


def gettext_template(message: str) -> str:
    """The translation of a template that the caller fills, or of a text without fields."""
    return catalog(_spoken()).gettext(message) if message else message


def ngettext_template(one: str, many: str, count: int) -> str:
    """The same of a template that depends on a number."""
    return catalog(_spoken()).ngettext(one, many, count)
