"""`cctv init`: from an installed program to a box that records, in one conversation or by options alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cctv.cli.commands.init_cameras import AnswersMissing, CameraDialog, CameraRound, wishes_of
from cctv.cli.commands.status import status
from cctv.cli.context import CommandContext, ask_yes_or_no, restrict_umask
from cctv.cli.options import OptionRefused, mutation, password_options
from cctv.cli.output import echo, size
from cctv.config.credentials import Credential, read_credentials
from cctv.config.errors import BadValue
from cctv.config.loader import check_text
from cctv.config.settings_file import SYSTEM_WIDE, VARIABLE
from cctv.core.access import access_denied
from cctv.core.errors import CctvError, Exit
from cctv.core.typed_time.durations import format_duration, parse_duration
from cctv.model.legal import ZoneKind
from cctv.monitoring.status import status_now
from cctv.setup.answers import (
    NOWHERE,
    OUTDOOR,
    QUESTIONS,
    USUAL_STORAGE,
    Answers,
    AnswersUnreadable,
    Ask,
    CameraAnswer,
    Question,
    missing,
    period_of,
    read_answers,
    typed_answer,
    with_proposals,
    write_answers,
)
from cctv.setup.apply import (
    Box,
    PlannedStep,
    SetupStep,
    account_of,
    carry_out,
    lines_to_type,
    plan,
    refuse_hidden_storage,
    refuse_owned_storage,
    refuse_set_up,
    wait_for_pictures,
)
from cctv.setup.disks import (
    ExpectedStream,
    MountedDisk,
    bytes_needed,
    concerns,
    disk_of,
    mounted_disks,
    storage_on,
)
from cctv.setup.settings_text import settings_text

_RESERVE = 0.05  # what the new cameras.toml says


def _question_options(command: Any) -> Any:  # noqa: ANN401 - click's own decorators
    for question in reversed(QUESTIONS):
        option = click.option(question.option, _name(question), metavar="TEXT", help=f"{question.words}.")
        command = option(command)
    return command


def _name(question: Question) -> str:
    return f"answer_{question.ask.value}"


@click.command()
@_question_options
@click.option("--no-recovery-key", is_flag=True, help="Make none: then there are no back-ups, until one is made.")
@click.option(
    "--camera",
    "cameras",
    multiple=True,
    metavar="[NAME=]ADDRESS",
    help="A camera: host, host:port or rtsp:// address; may be repeated.",
)
@click.option("--no-discovery", is_flag=True, help="Do not look for cameras on the network.")
@click.option("--zone-of", multiple=True, metavar="NAME=ZONE", help="The zone of a camera, where it is another one.")
@click.option("--location", multiple=True, metavar="NAME=TEXT", help="Where a camera hangs and what it watches.")
@click.option("--road", multiple=True, metavar="NAME", help="The public road is in the picture of this camera.")
@password_options
@click.option(
    "--credentials-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="User names and passwords by the names of cameras, as in credentials.toml.",
)
@click.option(
    "--stills",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write the coarse picture of each camera into this folder.",
)
@click.option("--account", metavar="NAME", help="Who owns the storage and runs the services; cctv for root, else you.")
@click.option(
    "--wait", default="90s", show_default=True, metavar="DURATION", help="How long to wait for the first pictures."
)
@click.option("--no-start", is_flag=True, help="Do not start the services.")
@click.option(
    "--start-over", is_flag=True, help="Ask again what an interrupted run has asked; its answers are proposed."
)
@click.option("--yes", is_flag=True, help="Take what is proposed and do not ask; what must be decided must be given.")
@mutation
@click.pass_context
def init(ctx: click.Context, /, **options: Any) -> int:  # noqa: ANN401 - click's options
    """Set a new box up: ask, find the cameras, write cameras.toml, make the storage, start recording.

    Asks on a terminal; each question has an option too. A password is typed, or comes from a file, and never stands in
    a command. Interrupted, it goes on from there when it is typed again. --dry-run prints the plan and cameras.toml.

    \b
      cctv init
      cctv init --dry-run
      cctv init --camera gevel-1=192.0.2.20 --camera foyer-1=192.0.2.21 --no-discovery
    """
    context: CommandContext = ctx.obj
    restrict_umask()
    try:
        return _run(ctx, context, options)
    except (KeyboardInterrupt, click.Abort):
        if not context.dry_run:
            echo("\nWhat was answered is kept, but for passwords: `cctv init` goes on from here.", err=True)
        raise


def _run(ctx: click.Context, context: CommandContext, options: Mapping[str, Any]) -> int:
    box, patience = _box(context, options), parse_duration(options["wait"])
    kept = _started_over(box) if options["start_over"] else read_answers(box.answers_file)
    refuse_set_up(box, kept)
    dialog = _Dialog(context, box, options, kept)
    answers, credentials = dialog.run()
    steps = plan(answers, credentials, box)
    if context.dry_run:
        return _print_dry_run(context, box, answers, steps, dialog)
    if dialog.asks:
        _print_plan(steps)
        if not ask_yes_or_no("Do this?"):
            echo("Nothing was done. `cctv init --start-over` asks again, with these answers as proposals.", err=True)
            return int(Exit.DECISION_MISSING)
    site = carry_out(answers, credentials, box, lambda step: echo(f"  {step.value}", err=True))
    context.invocation.config_path = box.config
    ctx.obj = context = CommandContext(context.invocation)
    records = None
    if box.starts_services:
        records = wait_for_pictures(site, patience, _tell_progress)
    return _print_end(ctx, context, box, answers, dialog, records)


def _box(context: CommandContext, options: Mapping[str, Any]) -> Box:
    """The machine; raises AccessDenied where this account may not write the settings."""
    named = context.invocation.config_path or context.environ.get(VARIABLE) or SYSTEM_WIDE
    config = Path(named).absolute()
    box = Box(config, account_of(options["account"]), context.make_disk(), context.clock, context.actor,
              starts=not options["no_start"])  # fmt: skip
    there = next(folder for folder in config.parents if folder.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise access_denied(config)
    if os.geteuid() != 0:
        who = context.actor.account
        echo(f"note: {who} runs this, not root: files and storage will be {who}'s, and no service is started", err=True)
    return box


def _started_over(box: Box) -> Answers:
    """The answers of an interrupted run as proposals; what it has begun to make stays known."""
    try:
        return (read_answers(box.answers_file) or Answers()).started_over()
    except AnswersUnreadable:
        return Answers()


class _Dialog:
    """The questions, or the options in their place; every answer is kept at once."""

    def __init__(self, context: CommandContext, box: Box, options: Mapping[str, Any], kept: Answers | None) -> None:
        self._context, self._box, self._options = context, box, options
        self._answers = kept or Answers()
        self.round: CameraRound | None = None
        self.asks = context.interactive and not options["yes"]

    def run(self) -> tuple[Answers, Mapping[str, Credential]]:
        """Complete answers, and the credentials that their cameras name."""
        if SetupStep.SETTINGS.value in self._answers.begun and self._box.config.exists():
            echo(f"An interrupted run has written {self._box.config}: going on from there.", err=True)
            return self._answers, {}
        if self._answers.texts:
            echo(f"Going on with the answers of an interrupted run ({self._box.answers_file}).", err=True)
        self._take_options()
        if not self.asks:
            if lacking := missing(self._answers.texts, taking_proposals=self._options["yes"]):
                yes = [] if self._options["yes"] else ["--yes"]
                raise AnswersMissing(options=", ".join([question.option for question in lacking] + yes))
            self._keep(with_proposals(self._answers))
        for question in QUESTIONS:
            if question.ask is Ask.STORAGE:
                credentials = self._cameras()
            if question.ask in self._answers.texts:
                continue
            self._keep(self._answers.having(question.ask, self._asked(question)))
        refuse_hidden_storage(self._box, self._answers.storage)
        refuse_owned_storage(self._box, self._answers.storage)
        if not self.asks:
            self._warn(disk_of(self._answers.storage))
        self._warn_key()
        return self._answers, credentials

    def _take_options(self) -> None:
        """The options in place of answers; one that says the same as before is not checked against what it made."""
        for question in QUESTIONS:
            typed = self._options[_name(question)]
            if question.ask is Ask.RECOVERY and self._options["no_recovery_key"]:
                typed = NOWHERE
            if typed is None:
                continue
            texts = self._answers.texts
            try:
                if texts.get(question.ask) != question.read(typed, texts):
                    self._keep(self._answers.having(question.ask, typed_answer(question, typed, texts)))
            except BadValue as bad:
                raise OptionRefused(option=question.option, problem=bad.what, allowed=bad.allowed) from bad

    def _asked(self, question: Question) -> str:
        """The answer of a person, who is asked again with the reason."""
        if question.ask is Ask.STORAGE:
            return self._asked_storage(question)
        texts = self._answers.texts
        proposal = self._answers.earlier.get(question.ask) or question.propose(texts)
        while True:
            typed = str(click.prompt(question.words, default=proposal, err=True))
            if (answer := self._checked(question, typed)) is None:
                continue
            if (
                answer != NOWHERE
                or question.ask is not Ask.RECOVERY
                or ask_yes_or_no(
                    "Without it there are no back-ups: a lost disk loses all registers and holds. Go on without?"
                )
            ):
                return answer

    def _checked(self, question: Question, typed: str) -> str | None:
        """The answer, None after the reason was told."""
        try:
            return typed_answer(question, typed, self._answers.texts)
        except BadValue as bad:
            echo(f"  {bad.what}. Allowed: {bad.allowed}", err=True)
        except CctvError as error:
            echo(f"  {error.message}\n  next: {error.next_step}", err=True)
        return None

    def _asked_storage(self, question: Question) -> str:
        disks, needed = mounted_disks(), self.needed
        usual = disk_of(USUAL_STORAGE)
        if not any(disk.mount == usual.mount for disk in disks):
            disks.append(usual)
        disks.sort(key=lambda disk: (len(concerns(disk, needed, _RESERVE)), -disk.free))
        echo(f"\nThe cameras will write about {size(needed)} until the oldest footage expires. Disks:", err=True)
        echo("\n".join(_disk_lines(disks, needed)), err=True)
        proposal = self._answers.earlier.get(Ask.STORAGE) or str(storage_on(disks[0].mount, USUAL_STORAGE, usual.mount))
        while True:
            typed = str(
                click.prompt("Folder of the footage, or the number of a disk", default=proposal, err=True)
            ).strip()
            if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(disks):
                typed = str(storage_on(disks[int(typed) - 1].mount, USUAL_STORAGE, usual.mount))
                echo(f"  {typed}", err=True)
            if (answer := self._checked(question, typed)) is None:
                continue
            if not self._warn(disk_of(Path(answer))) or ask_yes_or_no("Use it all the same?"):
                return answer

    def _warn(self, disk: MountedDisk) -> bool:
        """Tell what is wrong with a disk; returns whether anything is."""
        found = concerns(disk, self.needed, _RESERVE)
        for concern in found:
            echo(f"warning: {concern.text}", err=True)
        return bool(found)

    def _warn_key(self) -> None:
        """Tell where the recovery key would share the fate of what it is to recover."""
        file = self._answers.recovery_file
        own = {Path("/").stat().st_dev, disk_of(self._answers.storage).mount.stat().st_dev}
        if file is not None and file.parent.is_dir() and file.parent.stat().st_dev in own:
            echo(
                f"warning: {file} is on a disk of this box: take it to another place, or back-ups are worth nothing",
                err=True,
            )

    @property
    def needed(self) -> int:
        """Bytes that the cameras will take."""
        law = self._answers.jurisdiction
        cameras = self._answers.cameras or ()
        return bytes_needed(ExpectedStream(camera.bit_rate, period_of(camera.kind, law)) for camera in cameras)

    def _cameras(self) -> Mapping[str, Credential]:
        """Find them unless an interrupted run did; its credentials are asked for again, as they are not kept."""
        zone = ZoneKind(self._answers[Ask.ZONE]) if Ask.ZONE in self._answers.texts else ZoneKind.INTERIOR
        wishes = wishes_of(self._options, asks=self.asks)
        if self._answers.cameras is not None and (self.asks or not wishes.addresses):
            named = {camera.credential for camera in self._answers.cameras if camera.credential}
            known = {**wishes.credentials, **self._known_credentials(named)}
            if missing_names := named - known.keys():
                echo("Passwords are not kept: they are asked for again.", err=True)
                dialog = CameraDialog(self._context, wishes, zone=zone, asks=self.asks)
                known |= dialog.credentials_again(self._answers.cameras, missing_names)
            return {name: known[name] for name in sorted(named)}
        if self.asks:
            law = self._answers.jurisdiction
            inside, outside = (format_duration(period_of(kind, law)) for kind in (ZoneKind.INTERIOR, ZoneKind.FACADE))
            places = ", ".join(kind.value for kind in OUTDOOR)
            echo(f"\nThe zones {places} keep footage {outside}, the others {inside} ({law.value}).", err=True)
        try:
            self.round = CameraDialog(self._context, wishes, zone=zone, asks=self.asks).run()
        except BadValue as bad:
            raise OptionRefused(option="--camera", problem=bad.what, allowed=bad.allowed) from bad
        shown = (*self._answers.shown, *self.round.shown)
        self._keep(replace(self._answers, cameras=self.round.cameras, shown=shown))
        return self.round.credentials

    def _known_credentials(self, names: set[str]) -> dict[str, Credential]:
        """Those that an interrupted run has written already."""
        file = self._box.credentials_file
        if not names or not file.exists():
            return {}
        return {name: credential for name, credential in read_credentials(file).items() if name in names}

    def _keep(self, answers: Answers) -> None:
        self._answers = answers
        if not self._context.dry_run:
            if not self._box.answers_file.parent.exists():
                self._box.disk.make_directory(self._box.answers_file.parent)
            write_answers(self._box.answers_file, answers, self._box.disk)


def _disk_lines(disks: Sequence[MountedDisk], needed: int) -> Iterator[str]:
    """Two lines for each disk: a table would not fit a narrow terminal."""
    for number, disk in enumerate(disks, 1):
        kind = f"{disk.facts.file_system} on {disk.device}"
        yield f"  {number}  {disk.mount}: {size(disk.free)} free of {size(disk.size)}, {kind}"
        found = ", ".join(concern.name for concern in concerns(disk, needed, _RESERVE))
        yield f"     {found or 'nothing against it'}"


def _print_plan(steps: Sequence[PlannedStep]) -> None:
    echo("\nPlan:", err=True)
    for step in steps:
        echo(f"  {'done already: ' if step.done else ''}{step.text}", err=True)


def _print_dry_run(
    context: CommandContext, box: Box, answers: Answers, steps: Sequence[PlannedStep], dialog: _Dialog
) -> int:
    checked = check_text(settings_text(answers, None), box.config)
    text = settings_text(answers, None if answers.recovery_file is None else "age1...")  # the key is not made yet
    data = {"dry_run": True, "settings": text, **_data(box, answers, steps, dialog)}

    def show(console: Console) -> None:
        for step in steps:
            echo(f"would {step.text}")
        echo(f"\n{text}", nl=False)

    context.emit(data, show)
    for warning in checked.warnings:
        echo(f"warning: {warning}", err=True)
    return int(Exit.OK)


def _data(box: Box, answers: Answers, steps: Sequence[PlannedStep], dialog: _Dialog) -> dict[str, Any]:
    left_out = dialog.round.left_out if dialog.round else ()
    return {
        "config": box.config,
        "credentials": box.credentials_file,
        "account": box.account.pw_name,
        "recovery_key": answers.recovery_file,
        "cameras": [_camera_data(camera, dialog) for camera in answers.cameras or ()],
        "left_out": [{"address": camera.address, "why": camera.why} for camera in left_out],
        "steps": [{"step": step.step, "text": step.text, "done": step.done} for step in steps],
    }


def _camera_data(camera: CameraAnswer, dialog: _Dialog) -> dict[str, Any]:
    checkup = dialog.round.checkups.get(camera.name) if dialog.round else None
    return {
        "camera": camera.name,
        "address": camera.address,
        "zone": camera.kind,
        "answers": checkup.facts is not None if checkup else None,
        "bits_per_second": camera.bit_rate,
    }


def _print_end(
    ctx: click.Context, context: CommandContext, box: Box, answers: Answers, dialog: _Dialog, records: bool | None
) -> int:
    """What was made, what is left to do, and `cctv status` where the services run."""
    partly = bool(dialog.round and dialog.round.left_out)
    if context.json:
        health = status_now(context.site).exit_code if records is not None else None
        context.emit({"dry_run": False, **_data(box, answers, [], dialog), "started": records is not None,
                      "records": records, "status_exit": health}, lambda _: None)  # fmt: skip
        return int(health or (Exit.PARTLY if partly or (box.starts and records is None) else Exit.OK))
    for line in _left_to_do(box, answers, dialog):
        echo(f"next:  {line}", err=True)
    if records is None:
        echo("Recording is not started yet. Type:", err=True)
        for line in lines_to_type(box):
            echo(f"  {line}")
        return int(Exit.PARTLY if partly or box.starts else Exit.OK)
    code = int(ctx.invoke(status, metrics=False))
    return code or int(Exit.PARTLY if partly else Exit.OK)


def _left_to_do(box: Box, answers: Answers, dialog: _Dialog) -> Sequence[str]:
    program = "cctv" if box.is_service else f"cctv --config {box.config}"
    lines = []
    if answers.texts and answers.recovery_file is not None:
        lines.append(f"take {answers.recovery_file} away from this box, then: {program} backup DIR")
    elif answers.texts:
        lines.append(f"make a recovery key, for there are no back-ups without: {program} backup key FILE")
    left_out = dialog.round.left_out if dialog.round else ()
    if left_out or not answers.cameras:
        where = f"--onvif {left_out[0].address if left_out else 'HOST'} --user NAME"
        lines.append(f"{program} cameras add NAME --zone interior --purpose WHY {where}")
    alerts = f"name somebody in [alerts] of {box.config}, then: {program} notify test"
    if not box.is_service:
        return [*lines, alerts]
    # A timer whose section of cameras.toml is not there would fail each time.
    lines.append(f"{alerts} && systemctl enable --now cctv-notify.timer")
    if answers.recovery_file is not None:
        lines.append(
            f"name a folder on another disk in [backup] of {box.config}, then: systemctl enable --now cctv-backup.timer"
        )
    lines.append("systemctl enable --now cctv-verify.timer cctv-doctor.timer")
    return lines


def _tell_progress(recording: int, cameras: int) -> None:
    echo(f"  {recording} of {cameras} cameras record", err=True)
