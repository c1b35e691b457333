"""What `cctv init` prints: its plan, what it would do, and what is left to do once the box is set up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console

from cctv.cli.commands.init_cameras import CameraRound
from cctv.cli.commands.status import status
from cctv.cli.context import CommandContext
from cctv.cli.output import echo
from cctv.config.loader import check_text
from cctv.core.errors import Exit
from cctv.monitoring.doctor_machine import BACKUP_TIMER, NOTIFY_TIMER, TIMERS
from cctv.monitoring.status import status_now
from cctv.setup.answers import Answers, CameraAnswer
from cctv.setup.apply import Box, PlannedStep, lines_to_type
from cctv.setup.settings_text import settings_text


def print_plan(steps: Sequence[PlannedStep]) -> None:
    """What would be done, and what an interrupted run has done, before a person says yes."""
    echo("\nPlan:", err=True)
    for step in steps:
        echo(f"  {'done already: ' if step.done else ''}{step.text}", err=True)


def print_dry_run(
    context: CommandContext, box: Box, answers: Answers, steps: Sequence[PlannedStep], found: CameraRound | None
) -> int:
    """The plan and the cameras.toml that it would write; returns the exit code."""
    checked = check_text(settings_text(answers, None, several=box.several), box.config)
    recipient = None if answers.recovery_file is None else "age1..."  # the key is not made yet
    text = settings_text(answers, recipient, several=box.several)
    data = {"dry_run": True, "settings": text, **_data(box, answers, steps, found)}

    def show(console: Console) -> None:
        for step in steps:
            echo(f"would {step.text}")
        echo(f"\n{text}", nl=False)

    context.emit(data, show)
    for warning in checked.warnings:
        echo(f"warning: {warning}", err=True)
    return int(Exit.OK)


def _data(box: Box, answers: Answers, steps: Sequence[PlannedStep], found: CameraRound | None) -> dict[str, Any]:
    left_out = found.left_out if found else ()
    return {
        "config": box.config,
        "credentials": box.credentials_file,
        "account": box.account.pw_name,
        "recovery_key": answers.recovery_file,
        "cameras": [_camera_data(camera, found) for camera in answers.cameras or ()],
        "left_out": [{"address": camera.address, "why": camera.why} for camera in left_out],
        "steps": [{"step": step.step, "text": step.text, "done": step.done} for step in steps],
    }


def _camera_data(camera: CameraAnswer, found: CameraRound | None) -> dict[str, Any]:
    checkup = found.checkups.get(camera.name) if found else None
    return {
        "camera": camera.name,
        "address": camera.address,
        "zone": camera.kind,
        "answers": checkup.facts is not None if checkup else None,
        "bits_per_second": camera.bit_rate,
    }


def print_end(
    ctx: click.Context,
    context: CommandContext,
    box: Box,
    answers: Answers,
    found: CameraRound | None,
    records: bool | None,
) -> int:
    """What was made, what is left to do, and `cctv status` where the services run."""
    partly = bool(found and found.left_out)
    if context.json:
        health = status_now(context.site).exit_code if records is not None else None
        context.emit({"dry_run": False, **_data(box, answers, [], found), "started": records is not None,
                      "records": records, "status_exit": health}, lambda _: None)  # fmt: skip
        return int(health or (Exit.PARTLY if partly or (box.starts and records is None) else Exit.OK))
    for line in _left_to_do(box, answers, found):
        echo(f"next:  {line}", err=True)
    if records is None:
        echo("Recording is not started yet. Type:", err=True)
        for line in lines_to_type(box):
            echo(f"  {line}")
        return int(Exit.PARTLY if partly or box.starts else Exit.OK)
    code = int(ctx.invoke(status, metrics=False))
    return code or int(Exit.PARTLY if partly else Exit.OK)


def _left_to_do(box: Box, answers: Answers, found: CameraRound | None) -> Sequence[str]:
    program = "cctv" if box.is_service else f"cctv --config {box.config}"
    lines = []
    if answers.texts and answers.recovery_file is not None:
        lines.append(f"take {answers.recovery_file} away from this box")
        nightly = f" && systemctl enable --now {BACKUP_TIMER}" if box.is_service else ""
        lines.append(
            f"name a folder of another disk in [backup] of {box.config}, then: "
            f'{program} config adopt --reason "back-ups" && {program} backup{nightly}'
        )
    elif answers.texts:
        lines.append(f"make a recovery key, for there are no back-ups without: {program} backup key FILE")
    left_out = found.left_out if found else ()
    if left_out or not answers.cameras:
        where = f"--onvif {left_out[0].address if left_out else 'HOST'} --user NAME"
        lines.append(f"{program} cameras add NAME --zone interior --purpose WHY {where}")
    told = f" && systemctl enable --now {NOTIFY_TIMER}" if box.is_service else ""  # which fails while it has nobody
    adopt = f'{program} config adopt --reason "who is told"'
    named = f"name somebody in [alerts] of {box.config}, and who gets proof of the log in [audit]"
    lines.append(f"{named}, then: {adopt} && {program} notify test{told}")
    if box.is_service:
        others = [timer for timer in TIMERS if timer not in (NOTIFY_TIMER, BACKUP_TIMER)]
        lines.append(f"systemctl enable --now {' '.join(others)}")
    return lines


def tell_progress(recording: int, cameras: int) -> None:
    """How many cameras record by now."""
    echo(f"  {recording} of {cameras} cameras record", err=True)
