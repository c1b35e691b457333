"""`cctv config`: check and explain cameras.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.config import Row


@click.group()
def config() -> None:
    """Check and explain cameras.toml."""


@config.command()
@click.option("--strict", is_flag=True, help="Refuse what would only be warned about.")
@json_option
@click.pass_obj
def check(box: Box, strict: bool) -> None:
    """Read cameras.toml and say what is wrong or unwise; changes nothing.

    \b
      cctv config check
      cctv config check --strict
    """
    from cctv.config import load_settings

    checked = load_settings(box.config_path, environ=box.environ, strict=strict)
    settings = checked.settings

    def text(console: Console) -> None:
        for warning in checked.warnings:
            click.echo(f"warning: {warning.message}", err=True)
        console.print(f"{settings.source.path}: {len(settings.cameras)} cameras in {len(settings.zones)} zones; usable")

    box.emit(
        {
            "path": str(settings.source.path),
            "cameras": list(settings.cameras),
            "zones": list(settings.zones),
            "warnings": [warning.message for warning in checked.warnings],
        },
        text,
    )


@config.command()
@json_option
@click.pass_obj
def show(box: Box) -> None:
    """Show every setting in force and where it comes from."""
    from cctv.cli.output import table
    from cctv.config import explain

    rows = explain(box.settings)
    box.emit(
        {
            "settings": [
                {"key": row.key, "value": row.value, "origin": row.origin.value, "line": row.line, "note": row.note}
                for row in rows
            ]
        },
        lambda console: console.print(
            table(("key", "value", "from", "note"), [(row.key, row.value, _origin(row), row.note) for row in rows])
        ),
    )


def _origin(row: Row) -> str:
    return f"{row.origin.value}, line {row.line}" if row.line else row.origin.value
