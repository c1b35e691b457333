"""Which commands speak the language of the site, and click's own words in it.  Light: every command loads it."""

from __future__ import annotations

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

from cctv import tongue
from cctv.cli.box import Box
from cctv.model.language import Language

_SPEAKING = (core, decorators, exceptions, formatting, parser, termui, types)  # modules of click with words of its own


def teach_click() -> None:
    """Let click's own words, such as `Usage:` and `Missing option`, be told in the language that is spoken."""
    for module in _SPEAKING:
        for name, ours in (("_", tongue.template), ("ngettext", tongue.counted_template)):
            if hasattr(module, name):
                setattr(module, name, ours)


def in_tongue(command: click.Command) -> click.Command:
    """The command in the language that is spoken, with all that is below it."""
    if tongue.spoken() is Language.EN:
        return command
    from cctv.cli.spoken import spoken

    return spoken(command)


class Speaking(click.Group):
    """A group some of whose commands speak the language of the site; the others are for whoever installs it."""

    speaking: frozenset[str] = frozenset()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        box = ctx.find_object(Box)
        if box is None or command is None or name not in self.speaking:
            tongue.speak(lambda: Language.EN)
            return name, command, rest
        tongue.speak(lambda: box.tongue)
        return name, in_tongue(command), rest
