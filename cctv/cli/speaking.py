"""Which commands speak the language of the site, and click's own words in it."""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from cctv import tongue
from cctv.cli.box import Box
from cctv.model.language import Language
from cctv.tongue.catalogs import DOMAIN, LOCALE

_CHOICE = "LANGUAGE"  # the variable that tells gettext which catalog to read; it comes before LC_ALL and LANG


@contextmanager
def click_in_our_words() -> Iterator[None]:
    """Let click take its own words, such as `Usage:` and `Missing option`, from our catalogs.

    click asks gettext for them, in the domain and the language that the process has set.  Both are as before when the
    block ends.
    """
    before, domain = os.environ.get(_CHOICE), gettext.textdomain()
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)
    try:
        yield
    finally:
        speak(Language.EN)
        gettext.textdomain(domain)
        if before is None:
            os.environ.pop(_CHOICE, None)
        else:
            os.environ[_CHOICE] = before


def speak(language: Language) -> None:
    """From now on help and messages are in this language, click's own words too."""
    tongue.speak(lambda: language)
    os.environ[_CHOICE] = language.value


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
            speak(Language.EN)
            return name, command, rest
        speak(box.tongue)
        return name, in_tongue(command), rest
