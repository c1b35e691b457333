"""The command line's root: which nouns there are, and how an error becomes a message and an exit code.

The one lazy boundary of the program: a noun's module, and with it settings, storage and all that the noun needs, is
imported when the noun is typed.  Everywhere else imports stand at the top of a module.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from cctv import __version__
from cctv.cli.fence import fence_foreign_file
from cctv.cli.i18n import TranslatedGroup, click_translations, localized, use_language
from cctv.cli.internal_error import InternalError, write_details
from cctv.cli.invocation import Invocation, LocaleUnfit, OutputUnwritable, prepare_streams
from cctv.core.errors import EXIT_MEANINGS, CctvError, Exit, Recorded
from cctv.core.i18n import N_, Language, _, gettext_template, translate_error
from cctv.core.logs import SHOWN, LogFormat, configure, is_journal
from cctv.core.medium import medium_error
from cctv.core.text import code_point, printable
from cctv.services.serve.caller import Unserved

log = logging.getLogger(__name__)

_SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Operator": {
        "init": ("cctv.cli.commands.init:init", "Set a new box up, from the first question to the first picture."),
        "config": ("cctv.cli.commands.config:config", "Check and explain cameras.toml."),
        "cameras": ("cctv.cli.commands.cameras:cameras", "List, find, add, check and aim cameras."),
        "footage": ("cctv.cli.commands.footage:footage", "Make the storage; list, compare, verify and repair footage."),
        "record": ("cctv.cli.commands.services:record", "Record every camera until told to stop."),
        "sweep": ("cctv.cli.commands.services:sweep", "Delete what has expired and no hold covers."),
        "serve": ("cctv.cli.commands.serve:serve", "Open the storage for people, each as their own account."),
        "retention": ("cctv.cli.commands.retention:retention", "Show what goes when, and why."),
        "status": ("cctv.cli.commands.status:status", "Tell whether recording and deletion are well."),
        "notify": ("cctv.cli.commands.notify:notify", "Tell somebody when they are not."),
        "doctor": ("cctv.cli.commands.doctor:doctor", "Find what would go wrong later, and what mends it."),
        "backup": ("cctv.cli.commands.backup:backup", "Copy index, log, keys and holds elsewhere, encrypted."),
        "restore": ("cctv.cli.commands.restore:restore", "Bring them back after a loss."),
        "site": ("cctv.cli.commands.site:site", "End a site, with a certificate."),
    },
    "Staff": {
        "incident": ("cctv.cli.commands.incident:incident", "Record an incident and keep its footage."),
        "hold": ("cctv.cli.commands.hold:hold", "Keep footage beyond its limit."),
    },
    "DPO": {
        "request": ("cctv.cli.commands.request:request", "Register and follow a data subject's request."),
        "redaction": ("cctv.cli.commands.redaction:redaction", "Decide who stays visible, and approve it."),
        "export": ("cctv.cli.commands.export:export", "Build, verify and hand over the package that leaves."),
        "disclosure": ("cctv.cli.commands.disclosure:disclosure", "Hand unredacted footage to police or court."),
        "register": ("cctv.cli.commands.register:register", "Show the registers that the authority may ask for."),
        "breach": ("cctv.cli.commands.breach:breach", "Record a breach, and whom to tell by when."),
        "processor": ("cctv.cli.commands.processor:processor", "Keep the register of processors."),
        "grant": ("cctv.cli.commands.grant:grant", "Say who may view and export."),
        "factor": ("cctv.cli.commands.factor:factor", "Enrol and end second factors, which prove who acts."),
        "letter": ("cctv.cli.commands.letter:letter", "Look at the letters that answer people."),
        "board": ("cctv.cli.commands.board:board", "See what waits for a second person; withdraw or refuse it."),
        "audit": ("cctv.cli.commands.audit:audit", "Search and prove the log of every act."),
    },
}
COMMANDS = {name: entry for section in _SECTIONS.values() for name, entry in section.items()}
# Their help and messages are in the language of the site.
TRANSLATED = frozenset(
    {"audit", "site", "doctor", "incident", "hold", "request", "redaction", "export", "disclosure", "register",
     "breach", "processor", "grant", "factor", "letter", "board"}
)  # fmt: skip


class LazyGroup(TranslatedGroup):
    """A group whose commands are imported when they are used."""

    translated = TRANSLATED

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _colon, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        resolved = super().resolve_command(ctx, args)
        module = import_module("cctv.cli.context")
        if isinstance(ctx.obj, Invocation):
            ctx.obj = module.CommandContext(ctx.obj)
        if resolved[1] is not None:
            module.guard_texts(resolved[1])
            import_module("cctv.cli.rights").guard_rights(resolved[1], resolved[0])
            if ctx.obj.invocation.caller is not None:
                import_module("cctv.cli.served").guard_served(resolved[1], (resolved[0],), ctx.obj.invocation)
        return resolved

    def get_usage(self, ctx: click.Context) -> str:
        group = localized(self)
        assert isinstance(group, LazyGroup)
        return super(LazyGroup, group).get_usage(ctx)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        group = localized(self)
        assert isinstance(group, LazyGroup)
        super(LazyGroup, group).format_help(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, commands in _SECTIONS.items():
            with formatter.section(gettext_template(section)):
                formatter.write_dl([(name, gettext_template(summary)) for name, (_, summary) in commands.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Exit codes")):
            meanings = [(str(code.value), gettext_template(meaning)) for code, meaning in EXIT_MEANINGS.items()]
            formatter.write_dl(meanings)


def _set_config(ctx: click.Context, _: click.Parameter, path: str | None) -> None:
    invocation = ctx.find_object(Invocation)
    if invocation is not None and path is not None:
        if invocation.caller is not None:
            raise import_module("cctv.services.serve.errors").ServiceSettings(settings=invocation.config_path)
        invocation.config_path = Path(path)
        use_language(invocation.output_language)


def _set_language(ctx: click.Context, _: click.Parameter, language: str | None) -> None:
    invocation = ctx.find_object(Invocation)
    if invocation is not None and language is not None:
        invocation.language = Language(language)
        use_language(invocation.output_language)


def _set_code(ctx: click.Context, _: click.Parameter, code: str | None) -> None:
    if (invocation := ctx.find_object(Invocation)) is not None:
        invocation.code = code


def _set_debug(ctx: click.Context, _: click.Parameter, debug: bool) -> None:
    if (invocation := ctx.find_object(Invocation)) is not None:
        invocation.debug = debug and invocation.caller is None  # what is inside the service is for its own log


def _set_log_format(ctx: click.Context, _: click.Parameter, log_format: str | None) -> None:
    invocation = ctx.find_object(Invocation)
    if invocation is not None and log_format is not None:
        invocation.log_format = LogFormat(log_format)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", type=click.Path(), expose_value=False, is_eager=True, callback=_set_config,
              help="cameras.toml to use instead of the usual ones.")  # fmt: skip
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    expose_value=False,
    is_eager=True,
    callback=_set_language,
    help="Of help and messages; else the site's.",
)
@click.option("--debug", is_flag=True, expose_value=False, is_eager=True, callback=_set_debug,
              help="Log every step, and internal errors in full.")  # fmt: skip
@click.option("--log-format", type=click.Choice([form.value for form in LogFormat]), expose_value=False,
              is_eager=True, callback=_set_log_format,
              help="Of the log; else json for the journal, and text.")  # fmt: skip
@click.option("--code", metavar="CODE", expose_value=False, is_eager=True, callback=_set_code,
              help="Of your second factor; else asked for at a terminal.")  # fmt: skip
@click.version_option(__version__, prog_name="cctv", help="Show the version and exit.")
@click.pass_context
def root(ctx: click.Context) -> None:
    """Keep camera footage as long as promised and no longer, and answer for it.

    \b
    Begin here:
      operator   cctv init                  then  cctv status
      staff      cctv incident open "laptop, foyer" --kind theft --cameras foyer-1 --from "za 22u" --to "ma 8u"
      DPO        cctv request open --help   then  cctv request list
    """
    if ctx.invoked_subcommand is not None and ctx.obj is not None:
        ctx.obj.invocation.start_log()


# Made here, in English: click keeps the first one that it makes, whatever the language is then.
root.get_help_option(click.Context(root, **root.context_settings))


def run(arguments: Sequence[str], invocation: Invocation) -> int:
    """Run one command and return its exit code; messages go to stderr, data to stdout.

    An exception that is neither a CctvError nor one of click's passes through; `main` reports it.
    """
    configure()
    with click_translations():
        use_language(invocation.output_language)
        try:
            result = root.main(
                args=list(arguments),
                prog_name="cctv",
                obj=invocation,
                standalone_mode=False,
                terminal_width=_help_width(),
            )
        except Recorded as recorded:
            _print_recorded(recorded, as_json=invocation.json)
            return int(recorded.exit_code)
        except CctvError as error:
            _log_refusal(error)
            _print_error(error, as_json=invocation.json)
            return int(error.exit_code)
        except PermissionError as error:
            if error.filename is None:
                raise
            denied = import_module("cctv.core.access").access_denied(Path(os.fsdecode(error.filename)))
            _log_refusal(denied)
            _print_error(denied, as_json=invocation.json)
            return int(denied.exit_code)
        except OSError as error:  # a medium that is full, read-only or gone, at a door that did not ask `on_medium`
            refused = medium_error(error)
            if refused is None or invocation.is_service:
                raise
            _log_refusal(refused)
            _print_error(refused, as_json=invocation.json)
            return int(refused.exit_code)
        except UnicodeEncodeError as error:  # output escapes: it is a name that the file system's encoding lacks
            unfit = LocaleUnfit(encoding=error.encoding, sign=code_point(error.object[error.start]))
            _log_refusal(unfit)
            _print_error(unfit, as_json=invocation.json)
            return int(unfit.exit_code)
        except click.exceptions.Exit as exiting:
            return exiting.exit_code
        except click.ClickException as error:
            error.message = printable(error.message)  # type: ignore[misc]  # its own `show` prints it as it stands
            error.show()
            return error.exit_code
        except (KeyboardInterrupt, click.Abort):
            click.echo(_("interrupted"), err=True)
            return int(Exit.INTERRUPTED)
        return result if isinstance(result, int) else int(Exit.OK)


def main(refusal: Unserved | None = None) -> int:
    """The `cctv` command in this process; `refusal` is why the service did not run it."""
    prepare_streams()
    fence_foreign_file(sys.argv[1:], os.environ)
    invocation = Invocation(owns_process=True)
    if refusal is not None:
        with click_translations():
            use_language(invocation.output_language)
            error = import_module("cctv.services.serve.errors").refusal_error(refusal)
            _print_error(error, as_json="--json" in sys.argv)
        return int(error.exit_code)
    return complete(sys.argv[1:], invocation)


def complete(arguments: Sequence[str], invocation: Invocation) -> int:
    """Run one command to its end, whatever happens, its output flushed; returns the exit code."""
    try:
        code = run(arguments, invocation)
        sys.stdout.flush()
    except OutputUnwritable as error:
        with click_translations():
            use_language(invocation.output_language)
            _print_error(error, as_json=False)
        return int(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.FAILURE)
    except Exception as error:  # noqa: BLE001 - the traceback is kept, and the message says where
        return report_internal_error(error, invocation)
    return code


def report_internal_error(error: Exception, invocation: Invocation) -> int:
    """Keep the traceback of an unexpected error, print where it is, and return the exit code.

    A service, or a command whose stderr is the journal, logs it there; with --debug it is on stderr; else it is written
    to a file.
    """
    place: object = N_("the log above")
    if invocation.caller is not None:
        configure(stream=invocation.caller.log)
        log.critical("internal.error", exc_info=error)
        place = N_("the log of the service (journalctl -u cctv-serve)")
    elif invocation.is_service or is_journal(invocation.environ):
        if is_journal(invocation.environ):
            place = N_("the journal (journalctl _PID={pid})", pid=os.getpid())
        log.critical("internal.error", exc_info=error)
    elif invocation.debug or (path := write_details(error, invocation.environ, invocation.now)) is None:
        log.critical("internal.error", exc_info=error)
    else:
        log.critical("internal.error", extra={"error": type(error).__name__, SHOWN: True})
        place = path
    failure = InternalError(kind=type(error).__name__, place=place)
    with click_translations():
        use_language(invocation.output_language)
        _print_error(failure, as_json=invocation.json)
    return int(failure.exit_code)


def _log_refusal(error: CctvError) -> None:
    """Log the code of a refusal, and with --debug its traceback; the message itself is printed."""
    level = logging.ERROR if error.exit_code is Exit.GUARD else logging.INFO
    extra = {"error": error.code, "exit": int(error.exit_code), SHOWN: True}
    log.log(level, "command.refused", extra=extra, exc_info=error if log.isEnabledFor(logging.DEBUG) else None)


def _print_error(error: CctvError, *, as_json: bool) -> None:
    message, following = (printable(text) if text else text for text in translate_error(error))
    click.echo(f"{click.style(_('error:'), fg='red', bold=True)} {message}", err=True, color=_colour())
    _print_following(following)
    if as_json:
        click.echo(json.dumps({"schema": 1, "error": _as_data(error)}))  # in ASCII: what does not show is escaped


def _print_recorded(recorded: Recorded, *, as_json: bool) -> None:
    message, following = (printable(text) if text else text for text in translate_error(recorded))
    click.echo(json.dumps({"schema": 1, "recorded": _as_data(recorded)}) if as_json else message)
    _print_following(following)


def _print_following(following: str | None) -> None:
    if following:
        click.echo(f"{click.style(_('next:'), bold=True)}  {following}", err=True, color=_colour())


def _as_data(error: CctvError) -> dict[str, object]:
    return {"code": error.code, "message": error.message, "next": error.next_step, "exit": int(error.exit_code)}


def _help_width() -> int:
    """Columns for help, 100 at the most.  click would ask shutil, a tenth of the time that `--help` takes."""
    try:
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 0
    except (OSError, ValueError):
        columns = 0
    return max(50, min(columns or 80, 100) - 2)


def _colour() -> bool | None:
    return False if os.environ.get("NO_COLOR") else None
