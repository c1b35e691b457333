"""Where scenarios play: a storage of its own, a clock that the scenario owns, footage that is a handful of bytes.

A fragment is the word `moof` and noise, a second long; what the packets of a real file would say is counted from that.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from pyrage.x25519 import Identity as RecoveryIdentity
from testbed.own_storage import OwnClock, one_engine

from cctv.config.loader import check_text, load_settings
from cctv.config.schema import Settings
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db.storage import Storage, open_site
from cctv.footage.ingest import ingest
from cctv.footage.initialise import create_site
from cctv.footage.layout import incoming_directory
from cctv.footage.media import NoVideo, Timing
from cctv.footage.repair import compare, recover
from cctv.footage.runs import Run, anchor_run, begin_run, end_run
from cctv.model.audit import Actor
from cctv.model.footage import GapCause, Segment
from cctv.model.ids import CameraId
from crashtest.truth import Kept

GEVEL, FOYER = CameraId("gevel-1"), CameraId("foyer-1")
RENAMED = CameraId("gevel-9")  # what gevel-1 is called after a rename
BEGIN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CAMERAS_TOML = """
[site]
name = "Faults"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
max_retention = "28d"
[zones.facade]
kind = "facade"
retention = "7d"
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
[policy]
two_person = ["export.unredacted"]
[backup]
recipients = ["{recipient}"]
"""


def counted(path: Path) -> Timing:
    """In place of reading a file's packets: a second for each fragment."""
    fragments = path.read_bytes().count(b"moof")
    if not fragments:
        raise NoVideo(path, "no picture in it")
    return Timing(tuple(timedelta(seconds=number) for number in range(fragments)), timedelta(seconds=fragments))


@contextmanager
def played_here() -> Iterator[None]:
    """Read the handful of bytes that stand for footage here as footage, and open one engine for each path."""
    real = recover.read_timing, recover.holes_in, compare.read_timing  # type: ignore[attr-defined]
    recover.read_timing = compare.read_timing = counted  # type: ignore[attr-defined]
    recover.holes_in = lambda path: []  # type: ignore[attr-defined]
    try:
        with one_engine():
            yield
    finally:
        recover.read_timing, recover.holes_in, compare.read_timing = real  # type: ignore[attr-defined]


class Promises(Protocol):
    """Whoever takes note of what must be true from now on."""

    def promise(self, what: object) -> None: ...


class Stage:
    """One storage, played on by one seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.seed, self.random = folder, seed, random.Random(seed)
        self.clock = OwnClock(BEGIN)
        self.settings = _settings(folder)
        self.recorder: Promises | None = None
        self.earlier: list[object] = []
        self._site: Storage | None = None
        self._text: str | None = None  # of a changed cameras.toml

    @property
    def root(self) -> Path:
        return self.folder / "storage"

    @property
    def site(self) -> Storage:
        if self._site is None:
            actor, disk = Actor("faults"), DurableFiles()
            self._site = (
                open_site(self.settings, disk=disk, clock=self.clock, actor=actor)
                if (self.root / "site.json").exists()
                else create_site(self.settings, disk=disk, clock=self.clock, actor=actor)
            )
        return self._site

    def reopen(self) -> Storage:
        self._site = None
        return self.site

    def change(self, old: str, new: str) -> None:
        """Replace text of cameras.toml and go on under the new settings; the file itself stays, for other seeds."""
        file = self.settings.source.path
        text = self._text or file.read_text()
        assert old in text
        self._text = text.replace(old, new)
        self.settings = check_text(self._text, file).settings
        self.reopen()

    def promise(self, what: object) -> None:
        """Noted while recording; before, `earlier` says it."""
        if self.recorder is not None:
            self.recorder.promise(what)
        else:
            self.earlier.append(what)

    def fragment(self) -> bytes:
        return b"moof" + self.random.randbytes(self.random.randrange(20, 90)).replace(b"moof", b"mooo")

    def start_run(self, camera: CameraId) -> Run:
        run = begin_run(self.site, camera)
        anchor_run(self.site, run, self.clock.now())
        return run

    def write(self, run: Run, index: int, fragments: int, *, close: bool = True) -> Segment | None:
        """Record a segment as the recorder does: appended, flushed now and then, entered when it is closed."""
        site, disk, start = self.site, self.site.disk, self.clock.now()
        directory = incoming_directory(site, run.camera)
        path = directory / f"run{run.id}-{index:06d}.mp4"
        descriptor = disk.create(path)
        data, named = b"", False
        for _ in range(fragments):
            piece = self.fragment()
            disk.append(descriptor, len(data), [piece])
            data += piece
            self.clock.advance(SECOND)
            if self.random.random() < 0.4:
                disk.sync(descriptor)
                if not named:
                    disk.sync_directory(directory)
                    named = True
                self.promise(Kept(run.camera, start, start + run.period, data))
        os.close(descriptor)
        if not close:
            return None
        segment = ingest(site, run, path, Span(start, self.clock.now()))
        self.promise(Kept(run.camera, start, segment.limit, data))
        return segment

    def record(self, camera: CameraId, segments: int) -> list[Segment]:
        """A whole run."""
        run = self.start_run(camera)
        closed = [self.write(run, index, self.random.randrange(1, 4)) for index in range(segments)]
        end_run(self.site, run, self.clock.now(), GapCause.RECORDER_STOPPED)
        return [segment for segment in closed if segment is not None]


_LOADED: dict[Path, Settings] = {}


def _settings(folder: Path) -> Settings:
    """The settings of a folder, with a recovery key beside it."""
    if folder not in _LOADED:
        key = RecoveryIdentity.generate()
        (folder / "recovery.key").write_text(f"{key}\n")
        config = folder / "cameras.toml"
        config.write_text(CAMERAS_TOML.replace("{recipient}", str(key.to_public())))
        _LOADED[folder] = load_settings(config, environ={}).settings
    return _LOADED[folder]


def reopened(stage: Stage, at: datetime) -> Storage:
    """The storage as a new process finds it."""
    return open_site(stage.settings, disk=DurableFiles(), clock=OwnClock(at), actor=Actor("faults"))
