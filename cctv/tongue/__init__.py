"""Translation of what people read, into the language of the site (`nl`, `fr`, `en`).

English stands in the code; `cctv/locale` has the Dutch and the French.  Never touches JSON, the log, ids, or what a
person types.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from cctv.kernel.phrases import Phrase, coded, counted, phrase
from cctv.model.language import Language
from cctv.tongue.catalogs import catalog

if TYPE_CHECKING:
    from cctv.kernel.errors import CctvError

# Contexts (msgctxt) of short words, which may mean another thing in a sentence.  Members of an enum have its class.
HEADINGS = "heading"
PLACEHOLDERS = "placeholder"
_spoken: Callable[[], Language] = lambda: Language.EN  # noqa: E731


def speak(language: Callable[[], Language]) -> None:
    """Set the language of the session; it is asked for at each message."""
    global _spoken
    _spoken = language


def spoken() -> Language:
    """The language of the session."""
    return _spoken()


def said(template: str, /, **values: object) -> str:
    """A message in the language of the session, its `{fields}` filled; see `cctv.kernel.phrases.phrase`."""
    return told(phrase(template, **values))


def said_of(count: int, one: str, many: str, /, **values: object) -> str:
    """A message about a number of things, `{count}`, in the language of the session."""
    return told(counted(count, one, many, **values))


def word(member: Enum) -> str:
    """The label of a member of an enum, in the language of the session."""
    return told(coded(member))


def short(context: str, text: str) -> str:
    """A word by itself: the heading of a column, what stands for a value in help, a choice of an option."""
    return catalog(_spoken()).pgettext(context, text) if text else text


def decimal(number: str) -> str:
    """A number with its unit, with the decimal sign of the language of the session."""
    return number if spoken() is Language.EN else number.replace(".", ",")


def told(text: str) -> str:
    """A phrase in the language of the session; any other text as it is."""
    return told_in(text, _spoken())


def told_in(text: str, language: Language) -> str:
    """A phrase in a given language, whatever that of the session: for a page that is kept."""
    return text.told(catalog(language)) if isinstance(text, Phrase) else text


def translator(language: Language) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
    """`gettext` and `pgettext` of a given language, for the templates of a page that is kept."""
    words = catalog(language)
    return words.gettext, words.pgettext


def told_error(error: CctvError) -> tuple[str, str | None]:
    """The message and the next step of an error, in the language of the session."""
    return error.told(catalog(_spoken()))


def template(message: str) -> str:
    """The translation of a template that the caller fills, or of a text without fields."""
    return catalog(_spoken()).gettext(message) if message else message


def counted_template(one: str, many: str, count: int) -> str:
    """The same of a template that depends on a number."""
    return catalog(_spoken()).ngettext(one, many, count)
