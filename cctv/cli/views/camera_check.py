"""How the check of a camera looks: one row, what needs a person's eye below it, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click
from rich.console import Console

from cctv.cameras.check import Checkup
from cctv.cli.output import table

_COLUMNS = ("camera", "answers", "codec", "size", "fps", "GOP", "sound", "clock", "encrypted", "on board")
CLOCK_OFF = timedelta(seconds=2)  # the same as the recorder calls a clock step


def print_checkups(console: Console, checkups: Sequence[Checkup]) -> None:
    """The table on stdout; faults and what to confirm on stderr."""

    console.print(table(_COLUMNS, [_row(one) for one in checkups], right=("fps", "GOP", "clock")))
    for one in checkups:
        if one.fault is not None:
            click.echo(f"{one.fault.message}\n  next: {one.fault.next_step}", err=True)
    for line in _notes(checkups):
        click.echo(f"note: {line}", err=True)


def checkup_as_json(one: Checkup) -> dict[str, Any]:
    """Everything that a check found."""
    facts, fault, device = one.facts, one.fault, one.device
    offset = device.clock_offset if device else None
    return {
        "camera": one.camera,
        "address": one.address,
        "reachable": one.reachable,
        "signed_in": one.signed_in,
        "codec": facts.codec if facts else None,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "fps": facts.fps if facts else None,
        "gop_seconds": one.gop.total_seconds() if one.gop else None,
        "sound": facts.sound if facts else None,
        "clock_offset_seconds": round(offset.total_seconds(), 1) if offset is not None else None,
        "encrypted": one.encrypted.value,
        "records_on_board": device.records_on_board if device else None,
        "model": device.model if device else None,
        "firmware": device.firmware if device else None,
        "error": {"code": fault.code, "message": fault.message, "next": fault.next_step} if fault else None,
    }


def _row(one: Checkup) -> list[str]:
    answers = "yes" if one.facts else "no login" if one.signed_in is False else "no stream" if one.reachable else "no"
    if one.facts is None:
        return [one.camera, answers, *("-" for _ in _COLUMNS[2:])]
    facts, device = one.facts, one.device
    return [
        one.camera,
        answers,
        facts.codec,
        f"{facts.width}x{facts.height}",
        f"{facts.fps:g}" if facts.fps else "?",
        f"{one.gop.total_seconds():.3g} s" if one.gop else "?",
        "dropped" if facts.sound else "none",
        _clock(device.clock_offset if device else None),
        one.encrypted.value,
        {True: "yes", False: "no", None: "unknown"}[device.records_on_board if device else None],
    ]


def _clock(offset: timedelta | None) -> str:
    return "?" if offset is None else f"{offset.total_seconds():+.0f} s" if abs(offset) >= CLOCK_OFF else "right"


def _notes(checkups: Sequence[Checkup]) -> list[str]:
    """What the table only hints at, once for all the cameras that it is about."""
    up = [one for one in checkups if one.facts]
    heard = [one.camera for one in up if one.facts and one.facts.sound]
    recording = [one.camera for one in up if one.device and one.device.records_on_board]
    unknown = [one.camera for one in up if not one.device or one.device.records_on_board is None]
    off = [one.camera for one in up if one.device and abs(one.device.clock_offset or timedelta(0)) >= CLOCK_OFF]
    said = []
    if heard:
        said.append(f"{_names(heard)}: sends sound. It is never recorded; switch it off in the camera as well.")
    if recording:
        said.append(
            f"{_names(recording)}: can record on board (Profile G). Such copies outlive every limit: confirm it is off."
        )
    if unknown:
        said.append(
            f"{_names(unknown)}: on-board recording unknown, confirm in the camera's own settings that it is off."
        )
    if off:
        said.append(
            f"{_names(off)}: its clock is off. Footage is not affected, its own text in the picture is: give it NTP."
        )
    return said


def _names(cameras: Sequence[str]) -> str:
    return ", ".join(cameras)
