"""Translation of what people read, into the language of the site (`nl`, `fr`, `en`).

The code has the English text.  Modules below the command line make `Message`s, which are English strings that keep
their template for translation, and know no language; JSON and the log use the English.  The command line sets the
language of the session and translates.  Ids and what a person types are never translated.

The catalogs in `cctv/locale` are compiled from `.po` to `.mo` files, which are not in git: installing the package
(`hatch_build.py`) and `./scripts/words` make them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # cctv.core.errors imports this module
    from cctv.core.errors import CctvError

_log = logging.getLogger(__name__)  # text for people who build the catalogs, not events: not `log`, which tests check

DOMAIN = "cctv"  # of gettext
LOCALE = Path(__file__).resolve().parent.parent / "locale"
# Contexts (msgctxt) of short texts, which may mean another thing in a sentence.  Members of an enum have its class.
HEADINGS = "heading"
PLACEHOLDERS = "placeholder"
# What stands for a value in a line to type: capitals that belong to no id.  Those of options are in their help.
LINE_WORDS = (
    *("WHY", "HOW", "WHAT", "METHOD", "KIND", "TRACK", "POINT", "START", "END", "DAY", "KEY", "REFERENCE", "REQUEST"),
    *("X,Y,WIDTH,HEIGHT", "CAMERAS", "WHERE", "ANSWER"),
)
CAPITALS = re.compile(r"(?<![\w-])[A-Z](?:[A-Z,-]*[A-Z])?(?![\w-])")
_BUILD = "run ./scripts/words, or install the package again: pip install -e ."


class Language(Enum):
    """A language that the people concerned read; the value is its ISO 639-1 code."""

    NL = "nl"
    FR = "fr"
    EN = "en"


USUAL = Language.NL  # where cameras.toml names none
_session_language: Callable[[], Language] = lambda: Language.EN  # noqa: E731


class Message(str):
    """Translatable English text; `render` translates it.

    An f-string or `+` makes plain English of it: use the fields of a template.
    """

    render: Callable[[NullTranslations], str]
    recipe: Recipe | None

    def __new__(cls, english: str, render: Callable[[NullTranslations], str], recipe: Recipe | None = None) -> Message:
        message = super().__new__(cls, english)
        message.render = render
        message.recipe = recipe
        return message


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a message was made of, so that another process can make it again: its template and the values.

    `context` is that of gettext.  A message that was made otherwise has none.
    """

    template: str
    values: Mapping[str, object]
    context: str | None = None


def N_(template: str, /, **values: object) -> Message:  # noqa: N802 - the name by convention of gettext
    """A sentence; `{fields}` are filled from the values, of which messages and enum members are translated too."""
    return Message(
        format_message(template, values),
        lambda translations: format_message(translations.gettext(template), values, translations),
        Recipe(template, values),
    )


def ngettext_lazy(count: int, singular: str, plural: str, /, **values: object) -> Message:
    """A sentence about a number of things; `{count}` is the number."""
    values = {"count": count, **values}
    return Message(
        format_message(singular if count == 1 else plural, values),
        lambda translations: format_message(translations.ngettext(singular, plural, count), values, translations),
    )


def made_again(recipe: Recipe) -> Message:
    """The message of a recipe, which another process made."""
    if recipe.context is not None:
        return pgettext_lazy(recipe.context, recipe.template)
    return N_(recipe.template, **recipe.values)


def enum_label(member: Enum) -> Message:
    """The value of an enum member, as the log and options write it; its class is the context of the translation."""
    return pgettext_lazy(type(member).__name__, str(member.value))


def pgettext_lazy(context: str, english: str) -> Message:
    """A text without fields that may mean another thing elsewhere: `context` is its `msgctxt`."""
    return Message(english, lambda translations: translations.pgettext(context, english), Recipe(english, {}, context))


def join_messages(items: Iterable[object], between: str = ", ") -> Message:
    """Text, messages and enum members, joined."""
    parts = tuple(items)
    return Message(
        between.join(str(_shown(part, None)) for part in parts),
        lambda translations: str(_shown(between, translations)).join(str(_shown(part, translations)) for part in parts),
    )


def format_message(template: str, values: Mapping[str, object], translations: NullTranslations | None = None) -> str:
    """A template with its fields filled; messages and enum members among the values are translated."""
    return template.format(**{name: _shown(value, translations) for name, value in values.items()})


def _shown(value: object, translations: NullTranslations | None) -> object:
    if isinstance(value, Enum):
        value = enum_label(value)
    return value.render(translations) if translations is not None and isinstance(value, Message) else value


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


def set_language(language: Callable[[], Language]) -> None:
    """Set the language of the session, as a function that is called for each message."""
    global _session_language
    _session_language = language


def current_language() -> Language:
    """The language of the session."""
    return _session_language()


def _(template: str, /, **values: object) -> str:
    """A message in the language of the session, its `{fields}` filled; see `N_`."""
    return translate(N_(template, **values))


def ngettext(count: int, singular: str, plural: str, /, **values: object) -> str:
    """A message about a number of things, `{count}`, in the language of the session."""
    return translate(ngettext_lazy(count, singular, plural, **values))


def enum_text(member: Enum) -> str:
    """The label of a member of an enum, in the language of the session."""
    return translate(enum_label(member))


def pgettext(context: str, text: str) -> str:
    """A text by itself: a column heading, a placeholder in help, a choice of an option."""
    return catalog(_session_language()).pgettext(context, text) if text else text


def decimal(number: str) -> str:
    """A number with its unit, with the decimal sign of the language of the session."""
    return number if current_language() is Language.EN else number.replace(".", ",")


def translate(text: str) -> str:
    """A message in the language of the session; any other text as it is."""
    return translate_to(text, _session_language())


def translate_to(text: str, language: Language) -> str:
    """A message in a given language, whatever that of the session: for a page that is stored."""
    return text.render(catalog(language)) if isinstance(text, Message) else text


def translate_line(text: str, language: Language | None = None) -> str:
    """A line to type in the language of the session, or in a given one: `--reason WHY` is `--reason WAAROM` in Dutch.

    Commands, options and ids stay as they are.
    """
    language = language or _session_language()
    return translate_placeholders(translate_to(text, language), catalog(language))


def translate_placeholders(text: str, translations: NullTranslations) -> str:
    """A text in which the capitals that stand for a value are translated; other words in capitals stay."""
    return CAPITALS.sub(lambda word: translations.pgettext(PLACEHOLDERS, word[0]), text)


def translator(language: Language) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
    """`gettext` and `pgettext` of a given language, for the templates of a page that is stored."""
    translations = catalog(language)
    return translations.gettext, translations.pgettext


def translate_error(error: CctvError) -> tuple[str, str | None]:
    """The message and the next step of an error, in the language of the session."""
    return error.translated(catalog(_session_language()))


def gettext_template(message: str) -> str:
    """The translation of a template that the caller fills, or of a text without fields."""
    return catalog(_session_language()).gettext(message) if message else message


def ngettext_template(singular: str, plural: str, count: int) -> str:
    """The translation of a template that depends on a number."""
    return catalog(_session_language()).ngettext(singular, plural, count)
