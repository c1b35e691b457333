"""`cctv serve`: the resident process that runs commands for the accounts of this machine."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import closing
from importlib import import_module
from pathlib import Path

import click

from cctv.cli.app import COMMANDS, complete
from cctv.cli.context import CommandContext
from cctv.cli.invocation import Caller, Invocation
from cctv.core.access import account_name
from cctv.core.process import ServiceManager
from cctv.db.identity import read_identity
from cctv.services.serve.errors import ServeNeedsOwner
from cctv.services.serve.files import CallersFiles
from cctv.services.serve.listener import CommandListener, bind_socket, passed_socket
from cctv.services.serve.protocol import SOCKET, VARIABLE
from cctv.services.serve.session import CallerConversation, Request, enter, serve_one

STAGING = "handing-over"  # below the storage: what is on its way to a caller is on the storage's disk only


@click.command()
@click.pass_obj
def serve(context: CommandContext) -> None:
    """Open the storage for people, each as their own account.

    Runs in the foreground, as the account that owns the storage; SIGTERM lets commands at work end. Whoever types a
    command on this machine is known by the kernel, and the command runs here as that account, by these settings.
    As a service: docs/service.md.
    """
    context.invocation.start_log(service=True)
    root, settings = context.settings.site.storage, Path(os.path.realpath(context.settings.source.path))
    read_identity(root)
    if (owner := root.stat().st_uid) != os.geteuid():
        raise ServeNeedsOwner(owner=account_name(owner), account=account_name(os.geteuid()))
    for module, _ in COMMANDS.values():
        import_module(module.partition(":")[0])
    staging = root / STAGING
    shutil.rmtree(staging, ignore_errors=True)  # of a service that was killed: no command is at work
    with closing(_listening(context)) as listening:
        CommandListener(
            listening,
            lambda connection, uid: _serve_one(connection, uid, settings, staging),
            ServiceManager(context.environ),
            ended=lambda pid: shutil.rmtree(staging / str(pid), ignore_errors=True),
        ).run()


def _listening(context: CommandContext) -> socket.socket:
    return passed_socket(context.environ) or bind_socket(Path(context.environ.get(VARIABLE) or SOCKET))


def _serve_one(connection: socket.socket, uid: int, settings: Path, staging: Path) -> int:
    log = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace")

    def run(request: Request, account: str, conversation: CallerConversation) -> int:
        enter(request)
        files = CallersFiles(conversation, staging / str(os.getpid()))
        invocation = Invocation(
            config_path=settings, environ=os.environ, make_disk=lambda: files, caller=Caller(account, log)
        )
        return complete(request.argv, invocation)

    return serve_one(connection, uid, str(settings), run)
