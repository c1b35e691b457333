"""The tongue: what people read on the command line, in the language of the site.

Owns the catalogs (`nl.po`, `fr.po`; `./scripts/words` compiles them) and which language is spoken now.  English stands
in the code and costs nothing: a catalog loads when something is said in its language.  Never decides; never touches
JSON, the log, ids, or what a person types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cctv.model.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum

    from cctv.kernel.errors import CctvError
    from cctv.kernel.phrases import Words

# Contexts: short words that may mean another thing in a sentence.  The words of an enum have its class as context.
HEADINGS = "heading"
PLACEHOLDERS = "placeholder"
_spoken: Callable[[], Language] = lambda: Language.EN  # noqa: E731


def speak(language: Callable[[], Language]) -> None:
    """From now on everything is said in this language, which is asked for when there is something to say."""
    global _spoken
    _spoken = language


def spoken() -> Language:
    """The language that is spoken now."""
    return _spoken()


def said(template: str, /, **values: object) -> str:
    """A sentence in the language that is spoken; see `cctv.kernel.phrases.phrase`."""
    from cctv.kernel.phrases import phrase

    return told(phrase(template, **values))


def said_of(count: int, one: str, many: str, /, **values: object) -> str:
    """A sentence about a number of things, `{count}`, in the language that is spoken."""
    from cctv.kernel.phrases import counted

    return told(counted(count, one, many, **values))


def word(member: Enum) -> str:
    """The word for a member of an enum."""
    from cctv.kernel.phrases import coded

    return told(coded(member))


def short(context: str, text: str) -> str:
    """A word by itself: the heading of a column, what stands for a value in help, a choice of an option."""
    if not text or (words := _words()) is None:
        return text
    try:
        return words.pgettext(context, text)
    except LookupError:
        return text


def decimal(number: str) -> str:
    """A number with its unit, with the decimal sign of the language that is spoken."""
    return number if spoken() is Language.EN else number.replace(".", ",")


def told(text: str) -> str:
    """A phrase in the language that is spoken; any other text as it is."""
    return told_in(text, _spoken())


def told_in(text: str, language: Language) -> str:
    """A phrase in a language of its own, whatever is spoken: of a page that is kept."""
    if language is Language.EN:
        return str(text)
    from cctv.kernel.phrases import Phrase
    from cctv.tongue.catalogs import catalog

    try:
        return text.told(catalog(language)) if isinstance(text, Phrase) else text
    except LookupError:
        return str(text)


def told_error(error: CctvError) -> tuple[str, str | None]:
    """The message and the next step of an error; both in English where one of them is not translated."""
    words = _words()
    return (error.message, error.next_step) if words is None else error.told(words)


def template(message: str) -> str:
    """The translation of a template that somebody else fills, or of a text without fields."""
    if (words := _words()) is None:
        return message
    try:
        return words.gettext(message)
    except LookupError:
        return message


def counted_template(one: str, many: str, count: int) -> str:
    """The same of a template that depends on a number."""
    english = one if count == 1 else many
    if (words := _words()) is None:
        return english
    try:
        return words.ngettext(one, many, count)
    except LookupError:
        return english


def _words() -> Words | None:
    if (language := _spoken()) is Language.EN:
        return None
    from cctv.tongue.catalogs import catalog

    return catalog(language)
