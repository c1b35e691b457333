"""Options that many commands share.

They set fields of the invocation, so that a command's own arguments stay its own.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import TypeVar

import click

from cctv.cli.context import CommandContext, json_option
from cctv.config.credentials import read_password
from cctv.config.errors import BadValue
from cctv.core.errors import UsageError
from cctv.core.i18n import Language, _, catalog, current_language, gettext_template, ngettext_template, pgettext
from cctv.core.text import printable
from cctv.core.time_range import Span
from cctv.model.ids import CameraId
from cctv.model.national_number import refuse_national_number

F = TypeVar("F", bound=Callable[..., object])


class OptionRefused(UsageError):
    """{option}: {problem}. Allowed: {allowed}.

    next: correct it and type the command again.
    """


class PasswordMissing(UsageError):
    """The password of {whose} is not given, and nobody can be asked for it here.

    next: give `--password-file FILE`, whose first line it is and which only its owner may read (chmod 600), or `-` for
    standard input; never put it into a command.
    """


class OneOf(click.Choice[str]):
    """A choice whose values translated help explains; `kind` is the gettext context of the values.

    What help and messages call a value may be typed too, in each language, or the first words of it that mean no other
    value: `theft`, `diefstal`, `vol`; `beperking` for `beperking van de verwerking`.
    """

    def __init__(self, words: Iterable[str], kind: str) -> None:
        super().__init__(list(words))
        self.kind = kind

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(self._meant(str(value)), param, ctx)

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        words = ", ".join(repr(self._label(choice)) for choice in self.choices)
        template = ngettext_template(
            "{value!r} is not {choice}.", "{value!r} is not one of {choices}.", len(self.choices)
        )
        return template.format(value=value, choice=words, choices=words)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        words = ",\n\t".join(map(self._label, self.choices))
        return gettext_template("Choose from:\n\t{choices}").format(choices=words)

    def _label(self, choice: str) -> str:
        return pgettext(self.kind, choice)

    def _meant(self, typed: str) -> str:
        """The value that a word means, in the language of the session first; what was typed where there is none."""
        if typed in self.choices:
            return typed
        word = plain_word(typed)
        for language in (current_language(), *Language):
            labels = {choice: plain_word(catalog(language).pgettext(self.kind, choice)) for choice in self.choices}
            exact = [choice for choice, label in labels.items() if label == word]
            begun = [choice for choice, label in labels.items() if label.startswith(f"{word}-")]
            if len(meant := exact or begun) == 1:
                return meant[0]
        return typed


def plain_word(word: str) -> str:
    """A word as it is compared: in small letters, without accents, with hyphens for blanks."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "-".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def one_of(members: Iterable[Enum]) -> OneOf:
    """The choice of a value of an enum, or of some of its members."""
    choices = list(members)
    return OneOf([str(member.value) for member in choices], type(choices[0]).__name__)


def chosen(text: str, count: int) -> list[int]:
    """`1,3-5` as numbers from 1 to `count`, `all` and `none`; raises BadValue.  Pure."""
    typed = text.strip().casefold()
    if typed in ("all", "none"):
        return list(range(1, count + 1)) if typed == "all" else []
    numbers: dict[int, None] = {}
    for part in filter(None, re.split(r"[,\s]+", typed)):
        match = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= count:
            raise BadValue(f'"{printable(part)}" is none of the numbers', f"1 to {count}, such as 1,3-5")
        numbers |= dict.fromkeys(range(first, last + 1))
    return list(numbers)


def password_options(command: F) -> F:
    """`--user` and `--password-file`: a password never stands in a command, where history and `ps` have it."""
    command = click.option(
        "--password-file",
        metavar="FILE",
        type=click.Path(path_type=Path, allow_dash=True),
        help="File with the password on its first line; - for standard input. Else it is asked for.",
    )(command)
    return click.option("--user", metavar="NAME", help="User name of the cameras.")(command)


def typed_password(file: Path | None, whose: str, *, asks: bool) -> str:
    """The password from a file, from standard input (`-`) or, hidden, from the terminal.

    Raises CredentialsRefused for a file that others can read, PasswordMissing where nobody can be asked.
    """
    if file is not None and str(file) != "-":
        return read_password(file)
    if file is None and not asks:
        raise PasswordMissing(whose=whose)
    if file is None:
        return str(click.prompt(f"Password of {whose} (not shown)", hide_input=True, err=True))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise PasswordMissing(whose=whose)
    return password


def mutation(command: F) -> F:
    """The options of every command that changes something: `--dry-run`, `--for` and `--json`."""
    command = json_option(command)
    command = click.option(
        "--for", metavar="NAME", expose_value=False, callback=_set("on_behalf_of"), help="On whose call this is done."
    )(command)
    return click.option(
        "--dry-run",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set("dry_run"),
        help="Show what would happen; change nothing.",
    )(command)


def reason_option(required: bool = True) -> Callable[[F], F]:
    """`--reason TEXT`: kept in the case's row; the log keeps its keyed digest."""

    def decorate(command: F) -> F:
        return click.option(
            "--reason",
            required=required,
            metavar="TEXT",
            callback=refuse_typed_number,
            help="Why; kept with the case.",
        )(command)

    return decorate


def yes_option(command: F) -> F:
    """`--yes`: the answer to the questions that a command asks on a terminal."""
    return click.option("--yes", is_flag=True, help="The decision is made; do not ask.")(command)


def span_options(required: bool = True) -> Callable[[F], F]:
    """`--cameras`, `--zones`, `--from` and `--to`."""

    def decorate(command: F) -> F:
        command = click.option(
            "--to", "end", required=required, metavar="TIME", help='Its end: "ma 8u", "14:30", "+2 uur", ISO.'
        )(command)
        command = click.option(
            "--from", "start", required=required, metavar="TIME", help='Its start: "za 22u", "gisteren 14:00", ISO.'
        )(command)
        command = click.option("--zones", metavar="A,B", help="All cameras of these zones.")(command)
        return click.option("--cameras", metavar="A,B", help="Cameras by their ids.")(command)

    return decorate


def corrected_span(context: CommandContext, options: Mapping[str, str | None]) -> Span | None:
    """The span that `--from` and `--to` correct; None without them, a usage error with one of them."""
    start, end = options["start"], options["end"]
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise click.UsageError(_("--from and --to go together"))
    return context.held_span(start, end)


def corrected_cameras(context: CommandContext, options: Mapping[str, str | None]) -> tuple[CameraId, ...] | None:
    """The cameras that `--cameras` or `--zones` correct; None without them."""
    if options["cameras"] is None and options["zones"] is None:
        return None
    return tuple(context.cameras(options["cameras"], options["zones"]))


def refuse_typed_number(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A free text as it was typed; raises NationalNumber, before anything happens, if it contains one."""
    if value:
        refuse_national_number(str(parameter.name).replace("_", " "), value)
    return value


def _set(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def callback(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
        context = ctx.find_object(CommandContext)
        if isinstance(value, str):
            refuse_typed_number(ctx, parameter, value)
        if context is not None and value:
            setattr(context.invocation, name, value)

    return callback
