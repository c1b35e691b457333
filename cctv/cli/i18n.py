"""Commands in the language of the site: a copy of a click command whose help is told in other words.

Owns how a help text is cut into what a translator sees: sentences and option helps, never a command line, an option or
a choice.  Never changes the command itself: its English is what docs/commands.md and the tests read.

Which commands speak the language of the site, and click's own words in it.
"""

from __future__ import annotations

import copy
import gettext
import inspect
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from cctv.core.i18n import DOMAIN, LOCALE, PLACEHOLDERS, current_language, gettext_template, pgettext, set_language
from cctv.core.language import Language

_EXAMPLES = "\b\n"  # click: what follows keeps its lines
_TYPED = ("cctv ", "--")
_EXAMPLE = r"(\s*\S.*?)(?:(\s{2,})(\S.*))?"


def spoken(command: click.Command) -> click.Command:
    """A new command like this one, in the language that is spoken, with all that is below it."""
    settings: dict[str, Any] = {
        "name": command.name,
        "context_settings": command.context_settings,
        "callback": command.callback,
        "params": [
            _spoken_option(parameter) if isinstance(parameter, click.Option) else parameter
            for parameter in command.params
        ],
        "help": told_help(command.help or "", gettext_template),
        "epilog": command.epilog,
        "short_help": command.short_help,
        "options_metavar": pgettext(PLACEHOLDERS, command.options_metavar or ""),
        "add_help_option": command.add_help_option,
        "no_args_is_help": command.no_args_is_help,
        "hidden": command.hidden,
        "deprecated": command.deprecated,
    }
    if isinstance(command, click.Group):
        settings |= {
            "commands": {name: spoken(subcommand) for name, subcommand in command.commands.items()},
            "invoke_without_command": command.invoke_without_command,
            "subcommand_metavar": pgettext(PLACEHOLDERS, command.subcommand_metavar),
            "chain": command.chain,
        }
    return type(command)(**settings)


def told_help(text: str, tell: Callable[[str], str]) -> str:
    """A help text, each paragraph told; of examples only what is said about them."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        "\n".join(_told_example(line, tell) for line in paragraph.splitlines())
        if paragraph.startswith(_EXAMPLES)
        else tell(" ".join(paragraph.split()))
        for paragraph in paragraphs
    )


def placeholder(option: click.Option) -> str | None:
    """What stands for its value in help; None where choices or nothing do."""
    if option.is_flag or option.count or isinstance(option.type, click.Choice):
        return None
    return option.metavar or option.type.name.upper()


def _told_example(line: str, tell: Callable[[str], str]) -> str:
    if line.strip() in ("", "\b"):
        return line
    if not line.lstrip().startswith(_TYPED):
        return line[: len(line) - len(line.lstrip())] + tell(line.strip())
    typed = re.fullmatch(_EXAMPLE, line)
    assert typed is not None
    return typed[1] + (typed[2] + tell(typed[3]) if typed[3] else "")


def _spoken_option(option: click.Option) -> click.Option:
    translated = copy.copy(option)
    translated.help = _told_option(option)
    if (value := placeholder(option)) is not None:
        translated.metavar = pgettext(PLACEHOLDERS, value)
    return translated


def _told_option(option: click.Option) -> str:
    """Its help, and what each choice means where that is another word."""
    help_text = gettext_template(option.help) if option.help else ""
    if not isinstance(option.type, click.Choice) or (kind := getattr(option.type, "kind", None)) is None:
        return help_text  # `OneOf` has a kind; importing it would cost help of the root half a millisecond
    words = [(value, pgettext(kind, value)) for value in map(str, option.type.choices)]
    meant = "; ".join(f"{value}: {word}" for value, word in words if value != word)
    return f"{help_text}  {meant}." if meant else help_text


_CHOICE = "LANGUAGE"  # the variable that tells gettext which catalog to read; it comes before LC_ALL and LANG


@contextmanager
def click_in_our_words() -> Iterator[None]:
    """Let click take its own words, such as `Usage:` and `Missing option`, from our catalogs.

    click asks gettext for them, in the domain and the language that the process has set.  Both are as before when the
    block ends.
    """
    before, domain = os.environ.get(_CHOICE), gettext.textdomain()
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)
    try:
        yield
    finally:
        speak(Language.EN)
        gettext.textdomain(domain)
        if before is None:
            os.environ.pop(_CHOICE, None)
        else:
            os.environ[_CHOICE] = before


def speak(language: Language) -> None:
    """From now on help and messages are in this language, click's own words too."""
    set_language(lambda: language)
    os.environ[_CHOICE] = language.value


def localized(command: click.Command) -> click.Command:
    """The command in the language that is spoken, with all that is below it."""
    if current_language() is Language.EN:
        return command

    return spoken(command)


class TranslatedGroup(click.Group):
    """A group some of whose commands speak the language of the site; the others are for whoever installs it."""

    speaking: frozenset[str] = frozenset()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if command is None or ctx.obj is None or name not in self.speaking:
            speak(Language.EN)
            return name, command, rest
        speak(ctx.obj.invocation.spoken_language)
        return name, localized(command), rest
