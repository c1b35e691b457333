"""The context of a command: settings and storage, opened when first used, the cameras and times it names, and output.

Imported with the first noun, so that help loads neither settings nor SQLAlchemy.
"""

from __future__ import annotations

import os
import pwd
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from cctv.access.policy import require_adopted
from cctv.cli.invocation import Invocation
from cctv.cli.output import console, echo, print_json
from cctv.cli.rights import enter_list, permit, running_command
from cctv.config.loader import LoadedSettings, load_settings
from cctv.config.schema import Settings
from cctv.core.access import require_owner
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError
from cctv.core.i18n import N_, _, translate
from cctv.core.text import printable, refuse_hidden
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import (
    YearUnsure,
    echo_date,
    echo_instant,
    echo_span,
    parse_ahead,
    parse_date,
    parse_instant,
    parse_review,
    parse_span,
)
from cctv.db.engine import read_transaction, require_no_transaction
from cctv.db.storage import CommandCode, Storage, open_site
from cctv.footage.runs import archived_cameras
from cctv.holds.store import check_end
from cctv.model.audit import Actor
from cctv.model.ids import CameraId, typed_name

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")
_YES = frozenset({"y", "yes", "j", "ja", "o", "oui"})
_NO = frozenset({"", "n", "no", "nee", "non"})
STORAGE_UMASK = 0o077  # names of requesters and pictures of people: nobody but the storage's owner reads them


class CommandContext:
    """One run of one command; `invocation` has the options and the parts that a test replaces."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation

    @property
    def json(self) -> bool:
        return self.invocation.json

    @property
    def dry_run(self) -> bool:
        return self.invocation.dry_run

    @property
    def environ(self) -> Mapping[str, str]:
        return self.invocation.environ

    @property
    def clock(self) -> Clock:
        return self.invocation.clock

    @property
    def now(self) -> datetime:
        return self.invocation.now

    def make_disk(self) -> DurableFiles:
        """The file operations that a storage is opened with."""
        return (self.invocation.make_disk or DurableFiles)()

    @cached_property
    def checked(self) -> LoadedSettings:
        """The checked settings with their warnings; raises ConfigError."""
        return load_settings(self.invocation.config_path, environ=self.environ)

    @property
    def settings(self) -> Settings:
        return self.checked.settings

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return self.settings.site.timezone

    @cached_property
    def actor(self) -> Actor:
        """Who acts: in the service the caller whom the kernel names, else the account of this process."""
        caller = self.invocation.caller
        account = caller.account if caller is not None else pwd.getpwuid(os.getuid()).pw_name
        return Actor(account, self.invocation.on_behalf_of)

    @cached_property
    def site(self) -> Storage:
        """The open storage; raises StorageOfAnother, StorageMissing, the guards of `cctv.db.identity`, and what
        `require_adopted` and `permit` raise.
        """
        restrict_umask()
        require_owner(self.settings.site.storage)
        site = open_site(
            self.settings, disk=self.make_disk(), clock=self.clock, actor=self.actor, code=CommandCode(self.typed_code)
        )
        require_adopted(site, running_command())
        permit(site, dry_run=self.dry_run, served=self.invocation.caller is not None)
        return site

    def typed_code(self) -> str | None:
        """The code of the second factor: of `--code`, else hidden from a terminal; None where nobody can be asked."""
        if self.invocation.code is not None or not self.interactive:
            return self.invocation.code
        return ask_hidden(_("Code of your second factor (not shown)"))

    def cameras(self, text: str | None, zones: str | None = None) -> list[CameraId]:
        """The cameras that `--cameras a,b` or `--zones z` name; all configured ones when neither is given."""
        return select_cameras(self.settings, self._archived, text, zones)

    def _archived(self) -> list[CameraId]:
        with read_transaction(self.site.engine) as connection:
            return archived_cameras(connection)

    @property
    def interactive(self) -> bool:
        """Whether somebody sits at a terminal, who can be asked."""
        return not self.json and sys.stdin.isatty() and sys.stdout.isatty()

    def decide(self, question: str, refusal: CctvError, *, yes: bool) -> None:
        """Go on with a yes: of `--yes`, or at a terminal; raises `refusal` without it.  A dry run asks nothing."""
        if not (yes or self.dry_run or (self.interactive and confirm(question))):
            raise refusal

    def span(self, start: str, end: str) -> Span:
        """The span between two times as people type them; both ends are echoed on stderr in local time and UTC."""
        first, last = self._sure(lambda sure: parse_span(start, end, now=self.now, zone=self.zone, year_sure=sure))
        if not self.json:
            echo(translate(echo_span(first, last, self.zone)), err=True)
        return Span(first, last)

    def held_span(self, start: str, end: str) -> Span:
        """A span whose footage is to be held; raises HoldTooLong where it ends further ahead than holds do."""
        span = self.span(start, end)
        check_end(span, self.now, self.zone)
        return span

    def day(self, text: str) -> date:
        """The day that a person typed, echoed with its weekday and year."""
        day = self._sure(lambda sure: parse_date(text, now=self.now, zone=self.zone, year_sure=sure))
        return self._echoed(text, echo_date(day), day)

    def instant(self, text: str) -> datetime:
        """The moment that a person typed, echoed."""
        instant = self._sure(lambda sure: parse_instant(text, now=self.now, zone=self.zone, year_sure=sure))
        return self._echoed(text, echo_instant(instant, self.zone), instant)

    def ahead(self, text: str) -> datetime:
        """An appointment that a person typed, echoed."""
        instant = self._sure(lambda sure: parse_ahead(text, now=self.now, zone=self.zone, year_sure=sure))
        return self._echoed(text, echo_instant(instant, self.zone), instant)

    def review(self, text: str) -> datetime:
        """When somebody decides again; echoed unless it was typed as a number of days."""
        instant = self._sure(lambda sure: parse_review(text, now=self.now, zone=self.zone, year_sure=sure))
        if re.fullmatch(r"\+?[0-9]+d", text.strip()):
            return instant
        return self._echoed(text, echo_instant(instant, self.zone), instant)

    def _echoed(self, text: str, reading: str, value: T) -> T:
        if not self.json:
            echo(f'"{text}" = {translate(reading)}', err=True)
        return value

    def _sure(self, parse: Callable[[bool], T]) -> T:
        """What was typed; a date without a year over a month off is asked about, and refused without a terminal."""
        try:
            return parse(False)
        except YearUnsure as doubt:
            question = _("{text} is {reading}?", text=doubt.fields["text"], reading=doubt.fields["first"])
            if not (self.interactive and confirm(question)):
                raise
            return parse(True)

    def emit(self, data: Mapping[str, Any], text: Callable[[Console], None]) -> None:
        """Print a result: one JSON object with `--json`, else what `text` draws on a rich console."""
        require_no_transaction()  # a terminal that is stopped takes no more output, for as long as it likes
        if "site" in vars(self):
            enter_list(self.site, data)
        if self.json:
            print_json(data)
        else:
            text(console(self.environ))


def restrict_umask() -> None:
    """Add the storage's umask to that of the process: whoever set a stricter one keeps it."""
    os.umask(os.umask(STORAGE_UMASK) | STORAGE_UMASK)


def ask_hidden(question: str) -> str:
    """What is typed at the terminal, which does not show it; the question goes to stderr."""
    require_no_transaction()
    return str(click.prompt(printable(question), default="", show_default=False, hide_input=True, err=True))


def confirm(question: str) -> bool:
    """Whether the answer is yes, in the current language or in English; the question goes to stderr.

    Neither silence nor an answer that it does not know is a yes.
    """
    require_no_transaction()
    answer = click.prompt(
        printable(f"{question} {_('[y/N]')}"), default="", show_default=False, prompt_suffix=": ", err=True, type=str
    )
    yes = {"y", "yes", *_("y yes").split()}
    return str(answer).strip().casefold() in yes


def ask_yes_or_no(question: str) -> bool:
    """The answer in any of the languages, nothing typed is no; asked again for what is neither.

    For a question of which no is as much a decision as yes.
    """
    require_no_transaction()
    while True:
        typed = str(click.prompt(printable(f"{question} [y/N]"), default="", show_default=False, err=True)).strip()
        if typed.casefold() in _YES:
            return True
        if typed.casefold() in _NO:
            return False
        echo(_("  it is neither yes nor no. Allowed: y, n"), err=True)


def select_cameras(
    settings: Settings, archived: Callable[[], Sequence[CameraId]], text: str | None, zones: str | None
) -> list[CameraId]:
    """The cameras named, in the order typed; all that are configured when neither names nor zones are given.

    A camera that only the index knows counts too; `archived` is called only for a name that cameras.toml lacks.
    Raises CameraUnknown, ZoneUnknown.
    """
    if not text and not zones:
        return list(settings.cameras)
    cameras = [CameraId(typed_name(name)) for name in _names(text)]
    for camera in cameras:
        is_former = settings.successor(camera) is not None
        if camera not in settings.cameras and not is_former and camera not in archived():
            settings.camera(camera)
    for name in _names(zones):
        zone_id = settings.zone(name).id
        cameras += [camera for camera, section in settings.cameras.items() if section.zone == zone_id]
    return list(dict.fromkeys(cameras))


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


class FreeText(click.types.StringParamType):
    """Text that a person types: nothing in it that does not show.  In help it is click's own type of text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401
        text = str(super().convert(value, param, ctx))
        name = (param.opts[-1] if isinstance(param, click.Option) else param.make_metavar(ctx)) if param and ctx else ""
        refuse_hidden(N_("text of {option}", option=name), text)
        return text


FREE_TEXT = FreeText()


def guard_texts(command: click.Command) -> None:
    """Let a command and all its subcommands refuse text with signs that do not show, in every option and argument.

    Paths and choices have types of their own: a path must be usable as it stands, a choice is known.
    """
    for parameter in command.params:
        if parameter.type is click.STRING:
            parameter.type = FREE_TEXT
        elif isinstance(parameter.type, click.Tuple):
            parameter.type.types = [FREE_TEXT if kind is click.STRING else kind for kind in parameter.type.types]
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        guard_texts(subcommand)


def json_option(command: F) -> F:
    """`--json`: one object on stdout.  Here, because commands that take no text need no more options than this."""
    return click.option(
        "--json", is_flag=True, expose_value=False, is_eager=True, callback=_set_json, help="Print one JSON object."
    )(command)


def _set_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    context = ctx.find_object(CommandContext)
    if context is not None and value:
        context.invocation.json = True
