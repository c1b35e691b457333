"""Errors of the service and of its client."""

from __future__ import annotations

from string import Formatter

from cctv.core.errors import CctvError, Exit, UsageError
from cctv.core.i18n import pgettext_lazy
from cctv.services.serve.caller import Unserved
from cctv.services.serve.places import OWNERS


class ServiceBusy(CctvError):
    """The service does {count} commands at the moment, as many as it does at once: nothing was done.

    next: type it again in a moment.
    """

    exit_code = Exit.LOCKED


class AccountBusy(CctvError):
    """This account has {count} commands at work in the service, as many as one account may: nothing was done.

    next: wait until one of them has ended, and type it again.
    """

    exit_code = Exit.LOCKED


class AccountFast(CctvError):
    """This account begins more commands than the service takes from one ({count} each second): nothing was done.

    next: type it again in a moment.
    """

    exit_code = Exit.LOCKED


class AccountNameless(CctvError):
    """The user id {uid} has no account on this machine, and nobody can be named in the log: nothing was done.

    next: use an account that the machine knows, or ask who looks after it.
    """

    exit_code = Exit.NOT_PERMITTED


class ServiceVersion(CctvError):
    """The service is of version {service}, this command of version {client}: nothing was done.

    next: `sudo systemctl restart cctv-serve`, which makes both the version that is installed.
    """


class ServiceUntrusted(CctvError):
    """Not the service: {path} can be answered or replaced by another account (uid {uid}); nothing was sent to it.

    next: ask who looks after this machine; `systemctl status cctv.socket` tells which socket is the service's.
    """

    exit_code = Exit.NOT_PERMITTED


class ServiceUnreachable(CctvError):
    """The service cannot be reached at {path}: {problem}.

    next: ask who looks after this machine to look at `systemctl status cctv.socket`.
    """

    exit_code = Exit.NOT_PERMITTED


class ServiceSilent(CctvError):
    """The service does not answer: nothing was done.

    next: `systemctl status cctv-serve`; `sudo systemctl restart cctv-serve` starts it again.
    """


class ServiceGarbled(CctvError):
    """The service and this command do not understand each other.

    next: `sudo systemctl restart cctv-serve`, and type it again.
    """


class ServiceDown(CctvError):
    """The service does not run, which opens the storage for people: nobody listens at {path}.

    next: ask who looks after this machine to type `sudo systemctl start cctv.socket`, then type the command again.
    """

    exit_code = Exit.NOT_PERMITTED


class ServiceEnded(CctvError):
    """The service ended before the command did: what it had not finished, it took back.

    next: look whether it is done, for instance with `cctv audit list`, before you type it again.
    """


class ServiceSettings(CctvError):
    """The service follows {settings}, and no file that is named with --config: nothing was done.

    next: leave --config out; policy belongs to the storage.
    """

    exit_code = Exit.NOT_PERMITTED


class RequestTooLarge(UsageError):
    """The command line is too long for the service: nothing was done.

    next: type less in it; `--boxes FILE` and the like take what is long.
    """


class RequestRefused(UsageError):
    """The service does not take this request: {problem}.

    next: use the command cctv of the version that is installed.
    """


class NotThroughService(CctvError):
    """`cctv {command}` {reason}, so it does not run in the service.

    next: `sudo -u {owner} cctv {command} ...`, or ask who looks after this machine.
    """

    exit_code = Exit.NOT_PERMITTED


class OwnersCommand(CctvError):
    """`cctv {command}` {reason}: it is for root and for the account that owns the storage.

    next: `sudo cctv {command} ...`, or ask who looks after this machine.
    """

    exit_code = Exit.NOT_PERMITTED


class PathNotThroughService(CctvError):
    """The service opens no file of its own for somebody: {path} was not opened.

    next: give the path to the option that is for it; the help of the command says which.
    """

    exit_code = Exit.NOT_PERMITTED


class CallersFileRefused(UsageError):
    """{path} cannot be used: {problem}.

    next: correct it and type the command again.
    """


class CallerGone(CctvError):
    """Whoever typed the command is gone."""


class ServeNeedsOwner(CctvError):
    """The service runs as the account that owns the storage ({owner}), and not as {account}.

    next: `sudo systemctl start cctv.socket`, or `sudo -u {owner} cctv serve`.
    """

    exit_code = Exit.NOT_PERMITTED


class SocketTaken(CctvError):
    """Another service answers at {path}.

    next: `systemctl status cctv.socket cctv-serve`; stop it first.
    """

    exit_code = Exit.LOCKED


class SocketUnmade(CctvError):
    """The service cannot listen at {path}: {problem}.

    next: without systemd, make its folder for the account of the storage and for nobody else to write:
    `sudo install -d -o cctv -m 755 {folder}`.
    """

    exit_code = Exit.NOT_PERMITTED


REFUSALS: dict[str, type[CctvError]] = {
    "account-busy": AccountBusy,
    "account-fast": AccountFast,
    "busy": ServiceBusy,
    "down": ServiceDown,
    "ended": ServiceEnded,
    "garbled": ServiceGarbled,
    "nameless": AccountNameless,
    "other-settings": ServiceSettings,
    "other-version": ServiceVersion,
    "owners": OwnersCommand,
    "refused": RequestRefused,
    "silent": ServiceSilent,
    "too-large": RequestTooLarge,
    "unreachable": ServiceUnreachable,
    "untrusted": ServiceUntrusted,
}


def refusal_error(refusal: Unserved) -> CctvError:
    """The error of a refusal; of a code that a newer service made up, that the two do not understand each other."""
    error = REFUSALS.get(refusal.code, ServiceGarbled)
    names = [name for template in error.templates() for _, name, _, _ in Formatter().parse(template) if name]
    return error(**{name: _field(name, refusal.fields.get(name, "?")) for name in names})


def _field(name: str, value: object) -> object:
    """A field of a refusal; the reason of a command that is the box's can be translated."""
    return pgettext_lazy(OWNERS, value) if name == "reason" and isinstance(value, str) else value
