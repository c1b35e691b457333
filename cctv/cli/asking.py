"""Asking a person at a terminal for a decision.  Never takes silence, or a word that it does not know, for a yes."""

from __future__ import annotations

import click

from cctv.tongue import said


def agreed(question: str) -> bool:
    """Whether a person says yes, in the language that is spoken or in English; the question goes to stderr."""
    answer = click.prompt(
        f"{question} {said('[y/N]')}", default="", show_default=False, prompt_suffix=": ", err=True, type=str
    )
    yes = {"y", "yes", *said("y yes").split()}
    return str(answer).strip().casefold() in yes
