"""What every test folder shares: a clock that the test owns; a site with real files, a real index, real ffmpeg."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from sqlalchemy import Engine, create_engine

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for hatch_build
from cctv.access.policy import differences
from cctv.audit.log import append_entry
from cctv.cli import context as cli_context
from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.config.loader import load_settings
from cctv.config.policy_part import settings_facts
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError
from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.db import engine as engines
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, open_site
from cctv.footage.ingest import ingest
from cctv.footage.layout import incoming_directory
from cctv.footage.runs import begin_run, close_gap, end_run
from cctv.footage.segments import segments_of
from cctv.model.audit import Act, Actor
from cctv.model.footage import GapCause, Segment
from cctv.model.ids import CameraId
from hatch_build import compile_catalogs

compile_catalogs(Path(__file__).resolve().parent.parent, only_stale=True)  # no test depends on when that was last done

# No test depends on how fast the machine is: an example may take as long as it takes.
hypothesis.settings.register_profile("cctv", deadline=None)
hypothesis.settings.load_profile("cctv")


def _share_compiled_sql() -> None:
    """Let every engine of this process use the SQL that earlier ones compiled.

    The program opens one engine in a process; tests open one for each command.  Measured: 17.0 CPU-s without, 11.3 with
    it, over tests/cases/test_rights.py and tests/retention/test_deletion_session.py.
    """
    first = create_engine("sqlite://")
    first.connect().close()  # the dialect learns what SQLite can do
    compiled: dict[object, object] = {}

    def create(*arguments: object, **options: object) -> Engine:
        engine = create_engine(*arguments, **options)
        engine.dialect = first.dialect  # part of the key of compiled SQL
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    engines.create_engine = create


_share_compiled_sql()

ZONE = ZoneInfo("Europe/Brussels")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots", action="store_true", help="Rewrite tests/cli/snapshots instead of comparing with them."
    )


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported: it looked at all of it again and again (5 % of CPU)."""
    gc.collect()
    gc.freeze()


CAMERAS_TOML = """
[site]
name = "Cultuurcentrum De Grote Post"
timezone = "Europe/Brussels"
jurisdiction = "BE"
language = "nl"
storage = "storage"
max_retention = "28d"

[recording]
segment = "60s"

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
[cameras.gang-2]
zone = "interior"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/gang-2"

[controller]
name = "Cultuurcentrum De Grote Post vzw"
address = ["Hendrik Serruyslaan 18A", "8400 Oostende"]
mail = "onthaal@example.org"
dpo = "privacy@example.org"
signatory = "Lieve Maes"

[policy]
two_person = ["export.unredacted"]
"""


class ManualClock:
    """A clock that moves when the test says so."""

    def __init__(self, local: str = "2026-11-01 12:00") -> None:
        self._now = datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, **duration: float) -> None:
        step = timedelta(**duration)
        self._now += step
        self._monotonic += step.total_seconds()

    def set(self, local: str) -> None:
        """Wall time only, as when somebody sets the clock."""
        self._now = datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))


@dataclass(frozen=True)
class Outcome:
    """What a command answered."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out.splitlines()[-1])


def _written_config(folder: Path) -> Path:
    """The cameras.toml of a site, under the mode that it has whatever umask runs the tests."""
    config = folder / "cameras.toml"
    config.write_text(CAMERAS_TOML)
    config.chmod(0o644)  # the program reads none that others can write
    return config


class SiteUnderTest:
    """A storage with its cameras.toml, driven by the command line in this process.

    It speaks English, which is what the tests read; with `language` None, what cameras.toml says.
    """

    language: Language | None = Language.EN
    adopts = True  # a changed policy, before the next command, as whoever runs the site would with `config adopt`

    def __init__(self, folder: Path, clock: ManualClock, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.clock, self._clip, self._capsys = folder, clock, clip, capsys
        self.config = _written_config(folder)
        self._adopted = ""

    @property
    def root(self) -> Path:
        return self.folder / "storage"

    def box(self) -> Invocation:
        return Invocation(config_path=self.config, environ={"NO_COLOR": "1"}, clock=self.clock, language=self.language)

    def cctv(self, command: str, *, exit: int | None = 0) -> Outcome:
        """Run `cctv COMMAND` in the site's folder; `exit` is the code to expect, None for any."""
        if self.adopts:
            self._adopt()
        self._capsys.readouterr()
        with contextlib.chdir(self.folder):  # a relative path that it writes never lands among the sources
            code = run(shlex.split(command), self.box())
        captured = self._capsys.readouterr()
        outcome = Outcome(code, captured.out, captured.err)
        if exit is not None:
            assert code == exit, f"cctv {command}: exit {code}\n{captured.out}{captured.err}"
        return outcome

    def _adopt(self) -> None:
        """Adopt a policy that a test changed; without a storage, or with a file that is refused, the command tells."""
        text = self.config.read_text() if self.config.exists() else ""
        if text in ("", self._adopted) or not (self.root / "cctv.db").exists():
            return
        with contextlib.suppress(CctvError, OSError):
            site = self._open("adopter")
            with write_transaction(site.engine) as connection:
                if differences(connection, site):
                    append_entry(
                        connection,
                        site,
                        Act.SETTINGS_ADOPTED,
                        "cameras.toml",
                        facts=settings_facts(site.settings, site.root),
                    )
            self._adopted = text

    def open(self, account: str = "test") -> Storage:
        if self.adopts:
            self._adopt()
        return self._open(account)

    def _open(self, account: str) -> Storage:
        settings = load_settings(self.config, environ={}).settings
        return open_site(settings, disk=DurableFiles(), clock=self.clock, actor=Actor(account))

    def instant(self, local: str) -> datetime:
        return datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)

    def record(
        self, camera: str, start: str, *, minutes: float = 1, segment: float = 60, clip: Path | None = None
    ) -> list[Segment]:
        """Ingest a real file for every `segment` seconds from a local time; the file's own length does not matter."""
        site, at = self.open("recorder"), self.instant(start)
        run = begin_run(site, CameraId(camera))
        close_gap(site, run.camera, at)
        segments = []
        end = at + timedelta(minutes=minutes)
        index = 0
        while at < end:
            span = Span(at, min(at + timedelta(seconds=segment), end))
            file = incoming_directory(site, run.camera) / f"run{run.id}-{index:06d}.mp4"
            shutil.copy(clip or self._clip, file)
            segments.append(ingest(site, run, file, span))
            at, index = span.end, index + 1
        end_run(site, run, end, GapCause.RECORDER_STOPPED)
        return segments

    def footage(self, camera: str) -> list[Segment]:
        """What the index knows of a camera; each of its files stands on the disk."""
        site = self.open()
        with read_transaction(site.engine) as connection:
            whole = Span(self.instant("2000-01-01"), self.instant("2100-01-01"))
            segments = segments_of(connection, CameraId(camera), whole)
        assert all((site.root / segment.path).is_file() for segment in segments)
        return segments


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of picture in fragmented MP4, as the recorder writes it."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    command = (
        "ffmpeg -v error -f lavfi -i testsrc2=size=160x120:rate=10:duration=2 -c:v libx264 -preset ultrafast -g 10"
    )
    flags = "-movflags frag_keyframe+empty_moov+default_base_moof"
    subprocess.run([*shlex.split(f"{command} {flags}"), str(path)], check=True)
    return path


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bare_site(tmp_path: Path, clock: ManualClock, clip: Path, capsys: pytest.CaptureFixture[str]) -> SiteUnderTest:
    """A cameras.toml without a storage."""
    return SiteUnderTest(tmp_path, clock, clip, capsys)


@pytest.fixture
def entered_by_all(tmp_path: Path) -> Path:
    """The folder of a test, which other accounts may enter too: what root decodes is decoded as its owner."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


@pytest.fixture(scope="session")
def new_storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cctv footage init` makes of CAMERAS_TOML at the hour at which a ManualClock begins."""
    folder = tmp_path_factory.mktemp("new")
    config = _written_config(folder)
    box = Invocation(config_path=config, environ={"NO_COLOR": "1"}, clock=ManualClock(), language=Language.EN)
    with contextlib.redirect_stdout(io.StringIO()):
        assert run(["footage", "init"], box) == 0
    return folder / "storage"


@pytest.fixture
def site(bare_site: SiteUnderTest, clock: ManualClock, new_storage: Path) -> SiteUnderTest:
    """A site whose storage was made on purpose; copied where it would be the same, which takes a tenth of the time."""
    if clock.now() == ManualClock().now() and bare_site.config.read_text() == CAMERAS_TOML:
        shutil.copytree(new_storage, bare_site.root, symlinks=True)
    else:
        bare_site.cctv("footage init")
    return bare_site


@pytest.fixture
def broken(site, clock):
    """Recorded from nine to ten past, and again from half past; at one o'clock nothing more is under way."""
    clock.set("2026-11-01 09:00")
    site.record("gevel-1", "2026-11-01 09:00", minutes=10)
    clock.set("2026-11-01 09:30")
    site.record("gevel-1", "2026-11-01 09:30", minutes=10)
    clock.set("2026-11-01 13:00")
    return site


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """From now on the account that is named types; at first, `first`."""

    def become(account: str) -> None:
        monkeypatch.setattr(cli_context, "pwd", SimpleNamespace(getpwuid=lambda uid: SimpleNamespace(pw_name=account)))

    become("first")
    return become
