"""Man pages of every command, from what it says of itself with --help: `manpages.py FOLDER`.

Run with the environment that is installed.  The date is that of SOURCE_DATE_EPOCH (seconds), so that the same sources
give the same bytes.
"""

from __future__ import annotations

import gzip
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from commands import walk  # beside this script

from cctv import __version__
from cctv.cli.app import root
from cctv.cli.invocation import Invocation
from cctv.core.errors import EXIT_MEANINGS

VERBATIM = "\b"  # click's mark of a paragraph whose lines stay as they are


def main(folder: Path, date: datetime) -> None:
    """Write a page for the program and for each command below it, compressed."""
    top = root.make_context("cctv", [], resilient_parsing=True, obj=Invocation())
    for ctx in (top, *walk(top)):
        name = ctx.command_path.replace(" ", "-")
        text = "\n".join(_page(ctx, name, f"{date:%Y-%m-%d}")) + "\n"
        (folder / f"{name}.1.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def _page(ctx: click.Context, name: str, date: str) -> Iterator[str]:
    command = ctx.command
    yield f'.TH "{name.upper()}" "1" "{date}" "cctv {__version__}" "cctv"'
    yield ".ad l"
    yield ".SH NAME"
    yield f"{_line(name)} \\- {_line(command.get_short_help_str(200).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield f".B {_line(ctx.command_path)}"
    yield _line(" ".join(command.collect_usage_pieces(ctx)))
    yield ".SH DESCRIPTION"
    yield from _paragraphs(command.help or "")
    records = [record for parameter in command.get_params(ctx) if (record := parameter.get_help_record(ctx))]
    if records:
        yield ".SH OPTIONS"
    for names, meaning in records:
        yield from (".TP", f"\\fB{_line(names)}\\fR", _line(meaning) or "\\&")
    if isinstance(command, click.Group):
        yield ".SH COMMANDS"
        for verb in command.list_commands(ctx):
            below = command.get_command(ctx, verb)
            assert below is not None
            yield from (".TP", f"\\fB{_line(f'{name}-{verb}')}\\fR(1)", _line(below.get_short_help_str(200)))
    if ctx.parent is None:
        yield ".SH EXIT STATUS"
        for code, meaning in EXIT_MEANINGS.items():
            yield from (".TP", f"\\fB{code.value}\\fR", _line(meaning))
        yield ".SH FILES"
        yield from (".TP", "\\fI/etc/cctv/cameras.toml\\fR", "Settings of the site.")
        yield from (".TP", "\\fI/var/lib/cctv\\fR", "The storage, where the settings name no other place.")
    else:
        yield ".SH SEE ALSO"
        yield f".BR {_line(ctx.parent.command_path.replace(' ', '-'))} (1)"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = paragraph.splitlines()
        if lines and lines[0].strip() == VERBATIM:
            yield from (".PP", ".nf", *(_line(line) for line in lines[1:]), ".fi")
        else:
            yield from (".PP", _line(" ".join(line.strip() for line in lines)))


def _line(text: str) -> str:
    """A line of text, in which roff sees no request and no escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC))
