"""Which right each command needs, and which commands show people: one table, and what is not in it does not run.

Asked twice.  Before a command runs (`guard_rights`): that it has a row, and for what runs without an open storage the
right by groups alone.  Where a command opens the storage (`permit`): the right, with its refusal in the log.  A command
that opens no storage shows and changes nothing of it, and needs none.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from cctv.access.policy import GO_ON, by_adopted_roles
from cctv.access.reading import AskedReading, record_reading
from cctv.access.roles import require_machine_right, require_right, require_sole_account
from cctv.core.errors import CctvError, Exit
from cctv.db.storage import Storage
from cctv.model.access import Right
from cctv.model.ids import id_in

# Without the storage: they read cameras.toml, templates, or files that are named on the command line.
FREE = frozenset(
    {"init", "config show", "cameras add", "cameras check", "cameras discover", "notify test", "backup key",
     "redaction file", "register signs", "register notice", "letter list", "letter preview"}
)  # fmt: skip
# With the storage, and for everybody: what one may do oneself.
OPEN = frozenset({"grant mine", "factor enrol", "factor recover"})
_BY_RIGHT: Mapping[Right, tuple[str, ...]] = {
    Right.READ_STATE: (
        "config check", "cameras list", "footage coverage", "footage list", "retention plan", "status", "doctor",
        "backup list", "config diff", "factor list",
    ),
    Right.START_SERVICES: (
        "footage adopt-disk", "footage init", "footage rebuild", "footage upgrade", "record", "serve", "sweep",
        "backup before-upgrade", "restore",
    ),
    Right.OPERATE: (
        "cameras still", "footage reconcile", "footage verify", "notify run", "backup make",
        "audit keep",
    ),
    Right.PROVE: ("retention certificate", "export verify", "audit checkpoint", "audit verify"),
    Right.READ_HOLDS: ("hold list", "hold show", "board", "board letter"),
    Right.READ_INCIDENTS: ("incident list", "incident show", "retention explain"),
    Right.RECORD_INCIDENTS: ("incident open", "incident correct", "hold place", "hold renew"),
    Right.END_HOLDS: ("incident settle", "hold release", "board refuse", "board sign", "board withdraw"),
    Right.RECEIVE: ("request open", "disclosure open"),
    Right.READ_REQUESTS: (
        "request board", "request list", "request show", "redaction people", "redaction show", "export list",
        "disclosure list", "disclosure show",
    ),
    Right.HANDLE: (
        "request ask", "request confirm", "request correct", "request extend", "request identity", "request invite",
        "request mandate", "request pass-on", "request receipt", "request scope", "request sent", "request statement",
        "request viewings", "request withdraw", "redaction ask", "redaction backdrop", "redaction hide",
        "redaction keep", "redaction prepare", "disclosure correct", "disclosure lease", "disclosure receipt",
    ),
    Right.REVIEW: ("redaction preview", "redaction review"),
    Right.DECIDE: (
        "request answer", "request close", "request instruct", "request lift", "request reject", "request uphold",
        "request yield", "redaction approve", "disclosure approve", "disclosure end", "hold confirm",
    ),
    Right.VIEW: ("footage show", "footage extract"),
    Right.EXPORT: ("export build", "export deliver", "export fetch"),
    Right.DISCLOSE: ("disclosure build", "disclosure viewed"),
    Right.REPORT_BREACH: ("breach open",),
    Right.RECORD_CHECKS: ("register review", "register workstation-check"),
    Right.KEEP_REGISTERS: (
        "register declare", "breach assess", "breach close", "breach measures", "breach tell", "processor add",
        "processor audited", "processor end", "processor engage", "letter policy-changed",
    ),
    Right.READ_REGISTERS: (
        "register show", "register workstation-form", "breach list", "breach show", "processor list", "grant list",
    ),
    Right.READ_LOG: ("audit list", "audit search", "audit export"),
    Right.SET_POLICY: ("config adopt", "retention adopt"),
    Right.DESTROY: ("footage delete", "retention accept-clock", "retention accept-sweep", "site close"),
    Right.GRANT: ("grant give", "grant withdraw", "grant deputy", "grant exception", "factor reset", "audit accept"),
}  # fmt: skip
RIGHTS: Mapping[str, Right] = {command: right for right, commands in _BY_RIGHT.items() for command in commands}
# Whoever prepares an answer may see what it would do; `--dry-run` changes nothing.
DRY_RUN: Mapping[str, Right] = {"request answer": Right.HANDLE, "request close": Right.HANDLE}
# What keeps the machine going, tells how it does and mends it: judged without the log, which may be what is damaged.
_WITHOUT_LOG = frozenset({Right.START_SERVICES, Right.OPERATE, Right.READ_STATE, Right.PROVE})
# What shows people or those who ask for their footage.  `register show` has an entry of its own (`register.shown`).
READS_ONE = frozenset(
    {"incident show", "request show", "redaction people", "redaction show", "disclosure show", "breach show"}
)
READS_LIST = frozenset(
    {
        "incident list",
        "request list",
        "request board",
        "disclosure list",
        "breach list",
        "audit list",
        "audit search",
        "board",
        "retention explain",
    }
)


class CommandWithoutRight(CctvError):
    """cctv {command} is in no table of rights, and does not run.

    next: whoever maintains the program adds it to `cctv/cli/rights.py`.
    """

    exit_code = Exit.NOT_PERMITTED


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A command as it was typed: its words, the id of what it is about, and its options as the log has them.

    The id is the first argument of a command that takes one, else the first option that has the form of an id.  None
    where what was typed is no id: it may be text about people, and is not logged.
    """

    command: str
    about: str | None
    filters: Mapping[str, str]


def right_for(command: str, *, dry_run: bool = False) -> Right | None:
    """The right that a command needs, None for one that needs none.  Pure; raises CommandWithoutRight."""
    if command in FREE | OPEN:
        return None
    if command not in RIGHTS:
        raise CommandWithoutRight(command=command)
    return DRY_RUN.get(command, RIGHTS[command]) if dry_run else RIGHTS[command]


def guard_rights(command: click.Command, path: str) -> None:
    """Let a command and all its subcommands ask for their row, and for a right by groups, before they run."""
    for name, subcommand in command.commands.items() if isinstance(command, click.Group) else ():
        guard_rights(subcommand, f"{path} {name}")
    if does_something(command) and command.callback is not None and not hasattr(command.callback, "asks_right"):
        command.callback = _asking(command.callback, path)


def does_something(command: click.Command) -> bool:
    """Whether a command does anything without a subcommand: every one but a group that only has some."""
    return not isinstance(command, click.Group) or command.invoke_without_command


def _asking(callback: Any, path: str) -> Any:  # noqa: ANN401 - whatever click calls
    @functools.wraps(callback)
    def asked(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        if click.get_current_context().invoked_subcommand is not None:  # of a group that is a command as well
            return callback(*arguments, **options)
        right = right_for(path)
        if right is Right.START_SERVICES:
            context = click.get_current_context().obj
            require_machine_right(context.settings, context.actor.account, right)
        return callback(*arguments, **options)

    asked.asks_right = path  # type: ignore[attr-defined]
    return asked


def permit(site: Storage, *, dry_run: bool, served: bool = False) -> None:
    """Raises RightMissing (12) where the account may not do what was typed; enters what shows one case.

    `served`: this process acts for a caller, so that the files do not decide who may.  Raises OneAccountOnly then.
    """
    site = _in_force(site)
    if not (site.settings.roles.is_set or served):
        return
    typed = typed_now()
    right = right_for(typed.command, dry_run=dry_run)
    if right is None and typed.command in OPEN:
        return
    right = right or Right.START_SERVICES  # of FREE, `cctv init` opens the storage that it made
    require_sole_account(site, right, about=typed.about, command=typed.command)
    require_right(site, right, about=typed.about, command=typed.command)
    if typed.command in READS_ONE:
        record_reading(site, AskedReading(typed.command, typed.about))


def enter_list(site: Storage, data: Mapping[str, Any]) -> None:
    """Enter that a list of people was read, before it is printed."""
    if click.get_current_context(silent=True) is None or not (site := _in_force(site)).settings.roles.is_set:
        return
    if (typed := typed_now()).command not in READS_LIST:
        return
    count = sum(len(value) for value in data.values() if isinstance(value, list | tuple))
    record_reading(site, AskedReading(typed.command, filters=typed.filters), count=count)


def _in_force(site: Storage) -> Storage:
    """The storage with the roles by which a command is judged: every other command stops before, at another policy."""
    command = running_command()
    return by_adopted_roles(site) if command in GO_ON and RIGHTS.get(command) not in _WITHOUT_LOG else site


def running_command() -> str:
    """The command that runs, `hold release`: without the program's name and arguments; empty where none does."""
    context = click.get_current_context(silent=True)
    return " ".join(step.info_name or "" for step in _steps(context)) if context is not None else ""


def typed_now() -> TypedCommand:
    """The command that runs now."""
    context = click.get_current_context()
    arguments = [item.name for item in context.command.params if isinstance(item, click.Argument)]
    values = {name: value for name, value in context.params.items() if value not in (None, False, ())}
    named = [values.get(arguments[0])] if arguments and arguments[0] else [*values.values()]
    ids = [found for value in named if isinstance(value, str) and (found := id_in(value)) is not None]
    filters = {name: _filter(value) for name, value in values.items()}
    return TypedCommand(running_command(), ids[0] if ids else None, filters)


def _steps(context: click.Context) -> Iterator[click.Context]:
    """The contexts below the root, outermost first."""
    if context.parent is not None:
        yield from _steps(context.parent)
        yield context


def _filter(value: object) -> str:
    """An option as the log has it: ids, numbers and flags; of any other text only that there was some."""
    if isinstance(value, bool | int) or str(value).isdecimal():
        return str(value).lower()
    return id_in(str(value)) or "text"
