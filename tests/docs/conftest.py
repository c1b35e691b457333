from __future__ import annotations

import sys

import click
import pytest
from pages import ROOT

from cctv.cli.app import root
from cctv.cli.invocation import Invocation

sys.path.insert(0, str(ROOT / "scripts"))  # for the generator, scripts/docgen


def tree(ctx: click.Context) -> dict[str, click.Command]:
    """Every command below one by its whole name."""
    commands: dict[str, click.Command] = {}
    assert isinstance(ctx.command, click.Group)
    for name in ctx.command.list_commands(ctx):
        command = ctx.command.get_command(ctx, name)
        assert command is not None
        below = click.Context(command, parent=ctx, info_name=name)
        commands[below.command_path] = command
        if isinstance(command, click.Group):
            commands |= tree(below)
    return commands


@pytest.fixture(scope="session")
def commands() -> dict[str, click.Command]:
    """`cctv hold place` and all the others."""
    return tree(click.Context(root, info_name="cctv", obj=Invocation(), **root.context_settings))
