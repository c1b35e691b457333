"""`cctv cameras`: which cameras there are, and whether they answer.  Parse, call one function, print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option
from cctv.kernel.errors import Exit

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.cameras import Checkup


@click.group()
def cameras() -> None:
    """List cameras and check that they answer."""


@cameras.command("list")
@json_option
@click.pass_obj
def list_cameras(box: Box) -> None:
    """Show the cameras of cameras.toml.  Asks none of them anything."""
    known = list(box.settings.cameras.values())
    rows = [
        {
            "camera": one.id,
            "zone": one.zone,
            "purpose": one.purpose,
            "address": one.rtsp or one.onvif,
            "via": "rtsp" if one.rtsp else "onvif",
            "transport": one.transport.value,
            "credential": one.credential,
        }
        for one in known
    ]
    box.emit({"cameras": rows}, lambda console: _print_list(console, rows))


@cameras.command()
@click.argument("names", metavar="[CAMERA]...", nargs=-1)
@json_option
@click.pass_obj
def check(box: Box, names: Sequence[str]) -> int:
    """Ask each camera for its stream, and show what it sends.

    Exit 19 if one of them is down.  Keeps nothing of the picture.

    \b
      cctv cameras check
      cctv cameras check gevel-1 foyer-1
    """
    from cctv.cameras import check_cameras
    from cctv.config import load_credentials

    settings = box.settings
    chosen = [settings.camera(name) for name in names] or list(settings.cameras.values())
    checkups = check_cameras(chosen, load_credentials(settings, box.environ))
    box.emit({"cameras": [_as_json(one) for one in checkups]}, lambda console: _print_checkups(console, checkups))
    return int(Exit.OK if all(one.facts for one in checkups) else Exit.CAMERA_DOWN)


def _print_list(console: Console, rows: Sequence[dict[str, str | None]]) -> None:
    from cctv.cli.output import table

    columns = ("camera", "zone", "address", "credential", "purpose")
    console.print(table(columns, [[row[name] or "-" for name in columns] for row in rows]))


def _print_checkups(console: Console, checkups: Sequence[Checkup]) -> None:
    from cctv.cli.output import table

    columns = ("camera", "reachable", "signed in", "codec", "size", "fps", "sound")
    console.print(table(columns, [_row(one) for one in checkups], right=("fps",)))
    for one in checkups:
        if one.fault is not None:
            click.echo(f"{one.fault.message}\n  next: {one.fault.next_step}", err=True)


def _row(one: Checkup) -> list[str]:
    said = [one.camera, _tick(one.reachable), _tick(one.signed_in)]
    if one.facts is None:
        return [*said, "-", "-", "-", "-"]
    facts = one.facts
    fps = f"{facts.fps:g}" if facts.fps else "?"
    return [*said, facts.codec, f"{facts.width}x{facts.height}", fps, "present, dropped" if facts.sound else "none"]


def _as_json(one: Checkup) -> dict[str, Any]:
    facts, fault = one.facts, one.fault
    return {
        "camera": one.camera,
        "address": one.address,
        "reachable": one.reachable,
        "signed_in": one.signed_in,
        "codec": facts.codec if facts else None,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "fps": facts.fps if facts else None,
        "sound": facts.sound if facts else None,
        "error": {"code": fault.code, "message": fault.message, "next": fault.next_step} if fault else None,
    }


def _tick(answer: bool | None) -> str:
    return "?" if answer is None else "yes" if answer else "no"
