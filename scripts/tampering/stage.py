"""A storage with something of everything: footage, holds, cases, registers, tombstones, letters, seals and checkpoints.

Made by commands, at times that a clock of its own tells; a segment is a handful of bytes.  `Stage.snapshots` are copies
of the storage at earlier times, for roll-backs; `Stage.kept` are the checkpoints that were kept outside of it.
"""

from __future__ import annotations

import contextlib
import io
import random
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from testbed.own_storage import OwnClock

from cctv.audit.checkpoint_files import Checkpoint, all_checkpoints, read_checkpoints
from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.config.loader import load_settings
from cctv.core.durable import DurableFiles
from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.db.storage import Storage, open_site
from cctv.footage.ingest import ingest
from cctv.footage.layout import incoming_directory
from cctv.footage.runs import begin_run, end_run
from cctv.model.audit import Actor
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId

CAMERAS = ("gevel-1", "foyer-1", "gang-2")
BEGIN = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
CAMERAS_TOML = """
[site]
name = "Tampering"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
max_retention = "28d"
[zones.facade]
kind = "facade"
retention = "1d"
[zones.interior]
kind = "interior"
retention = "28d"
[cameras.gevel-1]
zone = "facade"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/gevel-1"
[cameras.foyer-1]
zone = "interior"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/foyer-1"
[cameras.gang-2]
zone = "interior"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/gang-2"
[controller]
name = "Cultuurcentrum vzw"
address = ["Laan 18A", "8400 Oostende"]
mail = "onthaal@example.org"
dpo = "privacy@example.org"
signatory = "Lieve Maes"
[policy]
two_person = []
"""
SPAN = "--cameras foyer-1 --from '2026-11-01 09:02' --to '2026-11-01 09:05'"
FIRST_DAY = (
    f"incident open 'laptop, foyer' --kind theft {SPAN}",
    "incident open fiets --kind theft --another --cameras gevel-1 --from '2026-11-01 09:01' --to '2026-11-01 09:03'",
    f"request open --no-prepare --name 'An Petres' --contact an@example.org {SPAN} --type access",
    "request open --no-prepare --name Els --contact els@example.org --type objection --cameras gang-2 "
    "--from '2026-11-01 09:03' --to '2026-11-01 09:04'",
    "hold place --ground INC-2026-001 --cameras gang-2 --from '2026-11-01 09:00' --to '2026-11-01 09:04' --reason back",
    "hold renew HOLD-2026-001 --review 60d --reason insurer",
    "disclosure open --recipient police --duty ordered --order-by onderzoeksrechter --order-number 12 "
    f"--order-on 1/11/2026 --authority 'Politie Oostende' --reference 7 --country BE {SPAN}",
    "disclosure approve DIS-2026-001 --reason 'order read by me'",
    "grant give sofie export --briefed 1/10/2026 --confidentiality 1/10/2026 --reason 'answers questions'",
    "processor add 'Installatie NV' --service maintenance --country BE",
    "breach open 'stick lost' --aware '2026-11-01 09:00' --cameras foyer-1 --people 3",
    "register declare --kind first --on 1/10/2026 --reference 2026-77",
)
SECOND_DAY = (
    "hold release HOLD-2026-002 --reason 'found in the shed'",
    "grant withdraw GRA-2026-001 --reason left",
    "incident open sleutel --kind theft --cameras foyer-1 --from '2026-11-01 09:00' --to '2026-11-01 09:02'",
)


class Stage:
    """A generated storage in `folder`/storage, its earlier states, and how to open it."""

    def __init__(self, folder: Path) -> None:
        """Generate a storage; in a folder that `keep_all` made, take that one as it is, changed or not."""
        self.folder, self.clock = folder, OwnClock(BEGIN)
        self.config, self.pristine, self.elsewhere = (
            folder / name for name in ("cameras.toml", "pristine", "kept.jsonl")
        )
        is_kept = self.pristine.exists()
        if not is_kept:
            folder.mkdir(parents=True)
            self.config.write_text(CAMERAS_TOML)
            self.config.chmod(0o644)
        self.settings = load_settings(self.config, environ={}).settings
        self.snapshots: list[Path] = []
        self._noise = random.Random(1)
        if is_kept:
            self.clock.advance(datetime.fromisoformat((folder / "now").read_text()) - BEGIN)
            self.kept: list[Checkpoint] = read_checkpoints(self.elsewhere)
            return
        self._play()
        self.keep("pristine")
        self.kept = all_checkpoints(self.root)
        self.elsewhere.write_text("".join(f"{checkpoint.line}\n" for checkpoint in self.kept))
        (folder / "now").write_text(self.clock.now().isoformat())

    @property
    def root(self) -> Path:
        return self.folder / "storage"

    def open(self) -> Storage:
        """Open the storage as it is now; raises what the product raises."""
        return open_site(self.settings, disk=DurableFiles(), clock=self.clock, actor=Actor("tamper"))

    def cctv(self, command: str) -> tuple[int, str]:
        """Run a command; its exit code and what it printed."""
        box = Invocation(config_path=self.config, environ={"NO_COLOR": "1"}, clock=self.clock, language=Language.EN)
        out = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = run(shlex.split(command), box)
        return code, out.getvalue()

    def keep(self, name: str) -> Path:
        """A copy of the storage as it is."""
        copy = self.folder / name
        shutil.copytree(self.root, copy, symlinks=True)
        return copy

    def keep_all(self, target: Path) -> None:
        """Copy everything, the storage as it is now too: keys are random, so that no seed makes the same storage."""
        shutil.copytree(self.folder, target, symlinks=True)

    def reset(self) -> None:
        """Put the storage back as it was generated."""
        shutil.rmtree(self.root)
        shutil.copytree(self.pristine, self.root, symlinks=True)

    def _play(self) -> None:
        self._do("footage init")
        for camera in CAMERAS:
            self._record(camera, 6)
        self.clock.advance(timedelta(hours=2))
        for command in FIRST_DAY:
            self._do(command)
            self.clock.advance(timedelta(minutes=1))
        self._do("sweep --once")
        self.snapshots.append(self.keep("first"))
        self.clock.advance(timedelta(hours=30))
        self._do("sweep --once")  # the facade's footage goes, but what is held
        for command in SECOND_DAY:
            self._do(command)
            self.clock.advance(timedelta(minutes=1))
        for camera in CAMERAS:
            self._record(camera, 3)
        self._do("sweep --once")
        self.snapshots.append(self.keep("second"))
        self.clock.advance(timedelta(hours=2))
        self._do("hold renew HOLD-2026-001 --review 50d --reason again")
        self._do("sweep --once")
        self._do("audit checkpoint")

    def _do(self, command: str) -> None:
        code, said = self.cctv(command)
        if code != 0:
            raise RuntimeError(f"cctv {command}: exit {code}\n{said}")

    def _record(self, camera: str, segments: int) -> None:
        site, minute = self.open(), timedelta(minutes=1)
        run, at = begin_run(site, CameraId(camera)), self.clock.now()
        for index in range(segments):
            file = incoming_directory(site, run.camera) / f"run{run.id}-{index:06d}.mp4"
            file.write_bytes(b"moof" + self._noise.randbytes(60))
            ingest(site, run, file, Span(at, at + minute))
            at += minute
        end_run(site, run, at, GapCause.RECORDER_STOPPED)
