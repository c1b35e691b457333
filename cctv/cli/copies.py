"""`--copy-to DIR`: a copy of what a command shows, for the account that typed it.

The storage is its owner's alone, so a page or a letter in it opens for nobody else.  A copy is written as the caller,
outlives the case, and is for its reader to delete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import click

from cctv.cli.context import CommandContext
from cctv.cli.output import echo
from cctv.core.i18n import N_, _
from cctv.core.medium import on_medium
from cctv.services.serve.errors import CallersFileRefused

F = TypeVar("F", bound=Callable[..., object])


def copy_option(command: F) -> F:
    """`--copy-to DIR`."""
    return click.option(
        "--copy-to",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Also copy the files that it names there, readable for you alone; delete them afterwards.",
    )(command)


def copy_files(context: CommandContext, files: Mapping[str, Path], folder: Path | None) -> list[Path]:
    """Copy files of the storage into a folder of the caller, in place of older copies; where each is now.

    None, or a dry run, copies nothing.  Raises CallersFileRefused where there is no such folder.
    """
    if folder is None or context.dry_run:
        return []
    disk = context.site.disk
    if not disk.is_folder(folder):
        raise CallersFileRefused(path=folder, problem=N_("it is not a folder"))
    with on_medium(folder):
        copies = disk.copy_out(files, folder)
    if not context.json:
        for copy in copies:
            echo(_("copied: {file}", file=copy), err=True)
    return copies
