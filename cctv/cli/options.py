"""Options that many commands share, and the question that asks for a decision.

The options set fields of the invocation, so that a command's own arguments stay its own.  `confirm` takes
neither silence nor an answer that it does not know for a yes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TypeVar

import click

from cctv.cli.context import CommandContext, json_option
from cctv.core.i18n import _
from cctv.model.national_number import refuse_national_number

F = TypeVar("F", bound=Callable[..., object])


class OneOf(click.Choice[str]):
    """A choice whose values translated help explains; `kind` is the gettext context of the values."""

    def __init__(self, words: Iterable[str], kind: str) -> None:
        super().__init__(list(words))
        self.kind = kind


def agreed(context: CommandContext, question: str) -> bool:
    """Whether a person at a terminal says yes; without a terminal, and with `--json`, nobody is asked: no."""
    return not context.json and sys.stdin.isatty() and sys.stdout.isatty() and confirm(question)


def confirm(question: str) -> bool:
    """Whether the answer is yes, in the current language or in English; the question goes to stderr."""
    answer = click.prompt(
        f"{question} {_('[y/N]')}", default="", show_default=False, prompt_suffix=": ", err=True, type=str
    )
    yes = {"y", "yes", *_("y yes").split()}
    return str(answer).strip().casefold() in yes


def one_of(members: Iterable[Enum]) -> OneOf:
    """The choice of a value of an enum, or of some of its members."""
    choices = list(members)
    return OneOf([str(member.value) for member in choices], type(choices[0]).__name__)


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
            callback=_refuse_national_number,
            help="Why; kept with the case.",
        )(command)

    return decorate


def span_options(required: bool = True) -> Callable[[F], F]:
    """`--cameras`, `--zones`, `--from` and `--to`."""

    def decorate(command: F) -> F:
        command = click.option(
            "--to", "end", required=required, metavar="TIME", help='Its end: "ma 8u", "14:30", "+2h", ISO.'
        )(command)
        command = click.option(
            "--from", "start", required=required, metavar="TIME", help='Its start: "za 22u", "gisteren 14:00", ISO.'
        )(command)
        command = click.option("--zones", metavar="A,B", help="All cameras of these zones.")(command)
        return click.option("--cameras", metavar="A,B", help="Cameras by their ids.")(command)

    return decorate


def _refuse_national_number(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A free text as it was typed; raises NationalNumber, before anything happens, if it contains one."""
    if value:
        refuse_national_number(str(parameter.name).replace("_", " "), value)
    return value


def _set(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def callback(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
        context = ctx.find_object(CommandContext)
        if isinstance(value, str):
            _refuse_national_number(ctx, parameter, value)
        if context is not None and value:
            setattr(context.invocation, name, value)

    return callback
