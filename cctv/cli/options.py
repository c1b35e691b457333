"""Options that many commands share.

They set fields of the invocation, so that a command's own arguments stay its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TypeVar

import click

from cctv.cli.context import CommandContext, json_option
from cctv.model.national_number import refuse_national_number

F = TypeVar("F", bound=Callable[..., object])


class OneOf(click.Choice[str]):
    """A choice whose values translated help explains; `kind` is the gettext context of the values."""

    def __init__(self, words: Iterable[str], kind: str) -> None:
        super().__init__(list(words))
        self.kind = kind


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
