"""A command line that runs in the service for somebody else: what it may do, and what becomes of its paths.

The child of the service that runs it is the service account's: it could open what no caller may.  So every parameter
that is a path is one of `cctv.services.serve.places.WAYS`, and one that is not there is refused before the command
begins.  A command that is the box's own is refused too, whatever a client says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cctv.cli.invocation import Invocation
from cctv.core.access import account_name
from cctv.core.i18n import pgettext_lazy
from cctv.services.serve.errors import CallersFileRefused, NotThroughService, PathNotThroughService
from cctv.services.serve.files import CallersFiles, CallersPath
from cctv.services.serve.places import OWNERS, WAYS, Place, Way, owners_reason, place_of

_ID = re.compile(r"[A-Za-z]{2,4}-[0-9]{4}-[0-9]{1,6}")


class ServedPath(click.ParamType[Path]):
    """A path that a caller typed."""

    name = "path"

    def __init__(self, way: Way | None, files: CallersFiles) -> None:
        self._way, self._files = way, files

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401
        text = str(value)
        if self._way is Way.WRITES:
            return CallersPath(text)
        if self._way is Way.NAMES and _ID.fullmatch(text):
            return Path(text)
        if self._way is Way.READS:
            try:
                return self._files.fetch(text)
            except OSError as error:
                raise CallersFileRefused(path=text, problem=error.strerror or "") from error
        raise PathNotThroughService(path=text)


def guard_served(command: click.Command, words: tuple[str, ...], invocation: Invocation) -> None:
    """Let a command and all its subcommands take paths as the service may, and refuse those that are the box's.

    Changes the commands of this process, which runs one command and ends.
    """
    assert invocation.make_disk is not None
    files = invocation.make_disk()
    assert isinstance(files, CallersFiles)
    for parameter in command.params:
        if isinstance(parameter.type, click.Path):
            parameter.type = ServedPath(WAYS.get((*words, str(parameter.name))), files)
    if isinstance(command, click.Group):
        for name, subcommand in command.commands.items():
            guard_served(subcommand, (*words, name), invocation)
    elif place_of(words) is not Place.SERVICE:
        command.callback = _refusing(words)
        command.params = []
        command.context_settings = {"ignore_unknown_options": True, "allow_extra_args": True}


def _refusing(words: tuple[str, ...]) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        reason = pgettext_lazy(OWNERS, owners_reason(words)[1])
        raise NotThroughService(command=" ".join(words), reason=reason, owner=account_name(os.geteuid()))

    return refuse
