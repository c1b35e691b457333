"""Translated help: copies of click commands in the language of the site, and click's own texts in it.

Responsible for how a help text is split into messages for translators: sentences and option helps, never a command
line, an option or a choice.  Never changes a command itself: docs/commands.md and the tests read its English.
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

from cctv.core.i18n import (
    DOMAIN,
    LOCALE,
    PLACEHOLDERS,
    Language,
    current_language,
    gettext_template,
    pgettext,
    set_language,
    translate_line,
)

_EXAMPLES = "\b\n"  # click: what follows keeps its lines
_TYPED = ("cctv ", "--")
_EXAMPLE = r"(\s*\S.*?)(?:(\s{2,})(\S.*))?"


def translated_command(command: click.Command) -> click.Command:
    """A copy of a command and all its subcommands, with help in the current language."""
    settings: dict[str, Any] = {
        "name": command.name,
        "context_settings": command.context_settings,
        "callback": command.callback,
        "params": [
            _translated_option(parameter) if isinstance(parameter, click.Option) else _translated_argument(parameter)
            for parameter in command.params
        ],
        "help": translate_help(command.help or "", _translate_text),
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
            "commands": {name: translated_command(subcommand) for name, subcommand in command.commands.items()},
            "invoke_without_command": command.invoke_without_command,
            "subcommand_metavar": pgettext(PLACEHOLDERS, command.subcommand_metavar),
            "chain": command.chain,
        }
    return type(command)(**settings)


def translate_help(text: str, translate: Callable[[str], str]) -> str:
    """A help text with each paragraph translated; of examples only the remarks beside the command lines."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        "\n".join(_translate_example(line, translate) for line in paragraph.splitlines())
        if paragraph.startswith(_EXAMPLES)
        else translate(" ".join(paragraph.split()))
        for paragraph in paragraphs
    )


def placeholder(option: click.Option) -> str | None:
    """The placeholder of an option's value in help; None for flags, counters and choices."""
    if option.is_flag or option.count or isinstance(option.type, click.Choice):
        return None
    return option.metavar or option.type.name.upper()


def argument_placeholder(argument: click.Parameter) -> str:
    """The placeholder of an argument in the line of its usage, such as `ID` or `[TRACK]...`."""
    return argument.make_metavar(click.Context(click.Command(None)))


def _translate_text(text: str) -> str:
    return translate_line(gettext_template(text))


def _translate_example(line: str, translate: Callable[[str], str]) -> str:
    if line.strip() in ("", "\b"):
        return line
    if not line.lstrip().startswith(_TYPED):
        return line[: len(line) - len(line.lstrip())] + translate(line.strip())
    typed = re.fullmatch(_EXAMPLE, line)
    assert typed is not None
    return typed[1] + (typed[2] + translate(typed[3]) if typed[3] else "")


def _translated_argument(argument: click.Parameter) -> click.Parameter:
    translated = copy.copy(argument)
    translated.metavar = translate_line(argument_placeholder(argument))
    return translated


def _translated_option(option: click.Option) -> click.Option:
    translated = copy.copy(option)
    translated.help = _option_help(option)
    if (value := placeholder(option)) is not None:
        translated.metavar = pgettext(PLACEHOLDERS, value)
    return translated


def _option_help(option: click.Option) -> str:
    """An option's help, followed by the meaning of each choice whose translation differs from it."""
    help_text = _translate_text(option.help) if option.help else ""
    if not isinstance(option.type, click.Choice) or (kind := getattr(option.type, "kind", None)) is None:
        return help_text  # `OneOf` has a kind; importing it would cost help of the root half a millisecond
    words = [(value, pgettext(kind, value)) for value in map(str, option.type.choices)]
    meant = "; ".join(f"{value}: {word}" for value, word in words if value != word)
    return f"{help_text}  {meant}." if meant else help_text


_LANGUAGE_VARIABLE = "LANGUAGE"  # gettext reads it before LC_ALL and LANG


@contextmanager
def click_translations() -> Iterator[None]:
    """Let click take its own texts, such as `Usage:` and `Missing option`, from our catalogs.

    click asks gettext for them, in the domain and the language that the process has set.  Both are as before when the
    block ends.
    """
    before, domain = os.environ.get(_LANGUAGE_VARIABLE), gettext.textdomain()
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)
    try:
        yield
    finally:
        use_language(Language.EN)
        gettext.textdomain(domain)
        if before is None:
            os.environ.pop(_LANGUAGE_VARIABLE, None)
        else:
            os.environ[_LANGUAGE_VARIABLE] = before


def use_language(language: Language) -> None:
    """Set the language of help and messages, click's own texts too."""
    set_language(lambda: language)
    os.environ[_LANGUAGE_VARIABLE] = language.value


def localized(command: click.Command) -> click.Command:
    """The command with help in the current language: itself in English, else a translated copy."""
    if current_language() is Language.EN:
        return command

    return translated_command(command)


class TranslatedGroup(click.Group):
    """A group; its commands named in `translated` use the language of the site, the operator's are in English."""

    translated: frozenset[str] = frozenset()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if command is None or ctx.obj is None or name not in self.translated:
            use_language(Language.EN)
            return name, command, rest
        use_language(ctx.obj.invocation.output_language)
        return name, localized(command), rest
