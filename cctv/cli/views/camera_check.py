"""How the check of a camera is printed: a row, notes on what a person must confirm, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from cctv.cameras.check import Checkup
from cctv.cameras.probe import Blocks
from cctv.cli.output import echo, length, table
from cctv.footage.runs import CLOCK_OFF

_COLUMNS = ("camera", "answers", "codec", "size", "fps", "GOP", "sound", "clock", "encrypted", "on board")
_SHADES = " ░▒▓█"


def print_checkups(console: Console, checkups: Sequence[Checkup]) -> None:
    """The table on stdout; faults and what to confirm on stderr."""
    console.print(table(_COLUMNS, [_row(checkup) for checkup in checkups], right=("fps", "GOP", "clock")))
    for checkup in checkups:
        if checkup.fault is not None:
            echo(f"{checkup.fault.message}\n  next: {checkup.fault.next_step}", err=True)
    for line in _notes(checkups):
        echo(f"note: {line}", err=True)


def described(checkup: Checkup) -> str:
    """A check in a line: what the camera sends, or why nothing; and a clock that is off."""
    if checkup.facts is None:
        return checkup.fault.message if checkup.fault else ""
    facts, offset = checkup.facts, checkup.device.clock_offset if checkup.device else None
    parts = [f"{facts.codec} {facts.width}x{facts.height}"]
    parts += [f"{facts.bit_rate / 1e6:.1f} Mbit/s"] if facts.bit_rate is not None else []
    if offset is not None and abs(offset) > CLOCK_OFF:
        parts.append(f"its clock is {length(abs(offset))} {'ahead' if offset > CLOCK_OFF else 'behind'}: set it by NTP")
    if facts.sound:
        parts.append("it sends sound, which is never recorded: switch it off there")
    return ", ".join(parts)


def print_blocks(console: Console, blocks: Blocks) -> None:
    """A coarse picture in half as many lines as it has rows; in shades of one colour where there are no others."""
    even = blocks if len(blocks) % 2 == 0 else np.vstack([blocks, blocks[-1:]])
    for upper, lower in zip(even[0::2], even[1::2], strict=True):
        line = Text()
        for above, below in zip(upper, lower, strict=True):
            if console.no_color or console.color_system is None:
                grey = float(np.concatenate([above, below]).mean())
                line.append(_SHADES[int(grey * len(_SHADES) / 256)])
            else:
                line.append("▀", Style(color=_colour(above), bgcolor=_colour(below)))
        console.print(line)


def _colour(pixel: Blocks) -> Color:
    blue, green, red = (int(part) for part in pixel)
    return Color.from_rgb(red, green, blue)


def checkup_as_json(checkup: Checkup) -> dict[str, Any]:
    """The result of a check as JSON; what the camera did not answer is None."""
    facts, fault, device = checkup.facts, checkup.fault, checkup.device
    offset = device.clock_offset if device else None
    return {
        "camera": checkup.camera,
        "address": checkup.address,
        "reachable": checkup.reachable,
        "signed_in": checkup.signed_in,
        "codec": facts.codec if facts else None,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "fps": facts.fps if facts else None,
        "gop_seconds": facts.gop.total_seconds() if facts and facts.gop else None,
        "lesser_stream": str(checkup.lesser) if checkup.lesser else None,
        "sound": facts.sound if facts else None,
        "clock_offset_seconds": round(offset.total_seconds(), 1) if offset is not None else None,
        "encrypted": checkup.encrypted.value,
        "records_on_board": device.records_on_board if device else None,
        "model": device.model if device else None,
        "firmware": device.firmware if device else None,
        "error": {"code": fault.code, "message": fault.message, "next": fault.next_step} if fault else None,
    }


def _row(checkup: Checkup) -> list[str]:
    answers = (
        "yes"
        if checkup.facts
        else "no login"
        if checkup.signed_in is False
        else "no stream"
        if checkup.reachable
        else "no"
    )
    if checkup.facts is None:
        return [checkup.camera, answers, *("-" for _ in _COLUMNS[2:])]
    facts, device = checkup.facts, checkup.device
    return [
        checkup.camera,
        answers,
        facts.codec,
        f"{facts.width}x{facts.height}",
        f"{facts.fps:g}" if facts.fps else "?",
        f"{facts.gop.total_seconds():.3g} s" if facts.gop else "?",
        "dropped" if facts.sound else "none",
        _clock(device.clock_offset if device else None),
        checkup.encrypted.value,
        {True: "yes", False: "no", None: "unknown"}[device.records_on_board if device else None],
    ]


def _clock(offset: timedelta | None) -> str:
    return "?" if offset is None else f"{offset.total_seconds():+.0f} s" if abs(offset) >= CLOCK_OFF else "right"


def _notes(checkups: Sequence[Checkup]) -> list[str]:
    """What the table only hints at, one note for all cameras that it concerns."""
    answering = [checkup for checkup in checkups if checkup.facts]
    with_sound = [checkup.camera for checkup in answering if checkup.facts and checkup.facts.sound]
    recording = [checkup.camera for checkup in answering if checkup.device and checkup.device.records_on_board]
    unknown = [checkup.camera for checkup in answering if not checkup.device or checkup.device.records_on_board is None]
    clock_off = [
        checkup.camera
        for checkup in answering
        if checkup.device and abs(checkup.device.clock_offset or timedelta(0)) >= CLOCK_OFF
    ]
    notes = [
        f"{checkup.camera}: {checkup.lesser}. Change that stream in the camera, or name one by `profile`."
        for checkup in checkups
        if checkup.lesser is not None
    ]
    if with_sound:
        notes.append(f"{_names(with_sound)}: sends sound. It is never recorded; switch it off in the camera as well.")
    if recording:
        notes.append(
            f"{_names(recording)}: can record on board (Profile G). Such copies outlive every limit: confirm it is off."
        )
    if unknown:
        notes.append(
            f"{_names(unknown)}: on-board recording unknown, confirm in the camera's own settings that it is off."
        )
    if clock_off:
        notes.append(
            f"{_names(clock_off)}: its clock is off. "
            "Footage is not affected, its own text in the picture is: give it NTP."
        )
    return notes


def _names(cameras: Sequence[str]) -> str:
    return ", ".join(cameras)
