"""Record and delete with periods of seconds while people place and settle holds, cameras are renamed and moved to
another zone, the policy changes and processes are killed; then judge by what lies on the disk alone.

Whatever was on the disk when a hold over it had been placed, or came after, is there until the hold is settled; and at
the end nothing without a hold is past its limit.  The same seed brings the same events, in the same order.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from random import Random

from testbed.cameras import FPS, Cameras, make_clip, named, until
from testbed.product import CCTV
from testbed.report import figure, note, work_folder

ZONES = ("facade", "interior")
PERIODS = {"facade": (20, 30), "interior": (40, 60)}  # seconds: what the policy changes between
SEGMENT_SECONDS = 2
_LOOK_SECONDS = 0.5
_SETTLED_WITHIN = 120.0  # seconds in which all that is past its limit must have gone, on the way and at the end
_KEPT_HOLDS = 3  # that are in force at the end
_USAGE, _LOCKED = 2, 11
_ADOPT_EXITS = (0, _USAGE, _LOCKED)
_NOTHING_TO_ADOPT = "there is nothing to adopt"  # the period did not become shorter
_STATUS_EXITS = (0, 17, 19)  # well, overdue, or no recorder runs any more
HEAD = """
[site]
name = "Soak"
timezone = "UTC"
jurisdiction = "BE"
language = "en"
storage = "storage"
[recording]
segment = "{segment}s"
reserve = "1%"
[policy]
two_person = []
"""


class Kind(Enum):
    """What happens.  The values are what the report calls them."""

    HOLD = "hold placed"
    SETTLE = "incident settled"
    REZONE = "camera moved to the other zone"
    RENAME = "camera renamed"
    POLICY = "period changed"
    ADOPT = "period changed and adopted"
    KILL_RECORDER = "recorder killed"
    KILL_SWEEPER = "sweeper killed"


def events(seed: int, seconds: float, every: float, holds: int) -> list[Kind]:
    """What happens, every so often: `holds` holds spread over the time, any other kind as often as its neighbours."""
    chance, count = Random(seed), max(holds, int(seconds / every))
    places = set(chance.sample(range(count), holds))
    others = [kind for kind in Kind if kind is not Kind.HOLD]
    deck: list[Kind] = []
    planned = []
    for place in range(count):
        if place in places:
            planned.append(Kind.HOLD)
            continue
        if not deck:
            deck = chance.sample(others, len(others))
        planned.append(deck.pop())
    return planned


@dataclass
class Hold:
    """An incident with its hold, as the person knows it who placed it; `settled_at` when that was asked for."""

    incident: str
    device: int
    start: datetime
    end: datetime
    placed_at: datetime
    settled_at: datetime | None = None
    must_keep: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class File:
    """A segment on the disk by its index line; the limit is the shortest that a line gives."""

    name: str
    device: int
    start: datetime
    end: datetime
    limit: datetime


class Venue:
    """A storage with its cameras.toml, its recorder and its sweeper, both of which may die at any time."""

    def __init__(self, folder: Path, cameras: Mapping[str, str]) -> None:
        self.folder, self.storage = folder, folder / "storage"
        folder.mkdir(parents=True, exist_ok=True)
        self.names = list(cameras)  # by device; the present id of each
        self.urls = list(cameras.values())
        self.zones = [ZONES[device % 2] for device in range(len(cameras))]
        self.periods = {zone: periods[1] for zone, periods in PERIODS.items()}
        self.earlier: dict[str, int] = {name: device for device, name in enumerate(cameras)}
        self._renamed_from: dict[int, list[str]] = {}
        self._services: dict[str, subprocess.Popen[bytes]] = {}
        self.write_settings()
        self.cctv("footage", "init")

    def write_settings(self) -> None:
        text = HEAD.format(segment=SEGMENT_SECONDS)
        for zone, seconds in self.periods.items():
            text += f'[zones.{zone}]\nkind = "{zone}"\nretention = "{seconds}s"\n'
        for device, name in enumerate(self.names):
            text += (
                f'[cameras.{name}]\nzone = "{self.zones[device]}"\npurpose = "trial"\nrtsp = "{self.urls[device]}"\n'
            )
            if device in self._renamed_from:
                text += f"renamed_from = {json.dumps(self._renamed_from[device])}\n"
        beside = self.folder / "cameras.toml.part"
        beside.write_text(text)
        beside.replace(self.folder / "cameras.toml")

    def rename(self, device: int) -> None:
        """Give a camera another id, as an installer does: the file first, then SIGHUP."""
        old = self.names[device]
        new = f"{old.split('-r')[0]}-r{sum(known == device for known in self.earlier.values())}"
        self.names[device], self.earlier[new] = new, device
        self._renamed_from.setdefault(device, []).append(old)
        self.apply()

    def apply(self) -> None:
        """Write the settings, adopt them, and tell the recorder; the sweeper reads them at its next start."""
        self.write_settings()
        self.cctv("config", "adopt", "--reason", "soak", "--for", "Soak")
        self.send("record", signal.SIGHUP)
        self.restart("sweep", signal.SIGTERM)

    def cctv(self, *words: str, exits: Collection[int] = (0,)) -> str:
        """What a command prints, run by `run`."""
        return self.run(*words, exits=exits).stdout

    def run(self, *words: str, exits: Collection[int]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; the soak ends where its exit code is none of `exits`."""
        command = [CCTV, "--config", str(self.folder / "cameras.toml"), *words]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode not in exits:
            sys.exit(f"cctv {' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, *services: str) -> None:
        for service in services:
            with (self.folder / f"{service}.log").open("ab") as log:
                command = [CCTV, "--config", str(self.folder / "cameras.toml"), service]
                self._services[service] = subprocess.Popen(command, stderr=log, stdout=log, stdin=subprocess.DEVNULL)

    def send(self, service: str, number: signal.Signals) -> None:
        os.kill(self._services[service].pid, number)

    def restart(self, service: str, number: signal.Signals) -> None:
        """End a service and start it again, as systemd would."""
        self.stop(service, number)
        self.start(service)
        if service == "record":
            self.wait_for_recorder()

    def wait_for_recorder(self) -> None:
        """Until the recorder listens: a signal before that would end it."""
        until(self._recorder_listens, "the recorder says how its cameras fare")

    def _recorder_listens(self) -> bool:
        process = self._services["record"]
        if process.poll() is not None:
            sys.exit(f"the recorder ended by itself:\n{(self.folder / 'record.log').read_text()[-2000:]}")
        state = self.storage / "recorder.json"
        return state.exists() and json.loads(state.read_text())["pid"] == process.pid

    def stop(self, service: str, number: signal.Signals = signal.SIGTERM) -> int:
        process = self._services[service]
        if process.poll() is None:
            process.send_signal(number)
        return process.wait()

    def close(self) -> None:
        for service in self._services:
            self.stop(service, signal.SIGKILL)

    def files(self) -> list[File]:
        """Every segment that lies on the disk and that a line of an index.jsonl names."""
        found: dict[str, File] = {}
        for directory in self.storage.glob("segments/*/*/*"):
            device = self.earlier[directory.parent.name]
            for line in _lines(directory / "index.jsonl"):
                name, limit = str(line["name"]), _instant(line["limit_us"])
                if name in found:
                    limit = min(limit, found[name].limit)
                if (directory / name).exists():
                    found[name] = File(name, device, _instant(line["start_us"]), _instant(line["end_us"]), limit)
        return list(found.values())


class Witness:
    """Looks at the disk twice a second and remembers what holds must keep, what was lost, and how late deletion was."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.failure: BaseException | None = None
        self.holds: list[Hold] = []
        self.lost: list[str] = []
        self.looks = 0
        self.worst_late = 0.0  # seconds

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def placed(self, hold: Hold) -> None:
        with self._lock:
            self.holds.append(hold)

    def settle(self, hold: Hold, act: Callable[[], object]) -> None:
        """Note that a hold ends before it does: from then on its footage may go."""
        with self._lock:
            hold.settled_at = datetime.now(UTC)
        act()

    def _watch(self) -> None:
        try:
            while not self._stopped.wait(_LOOK_SECONDS):
                self.look()
        except BaseException as error:  # noqa: BLE001 - raised again by `stop`
            self.failure = error

    def look(self) -> list[File]:
        """One look; returns what is on the disk past its limit although no hold covers it."""
        with self._lock:
            now = datetime.now(UTC)
            files = self._venue.files()
            names = {file.name for file in files}
            for hold in self.holds:
                if hold.settled_at is None:
                    self.lost += sorted(hold.must_keep - names)
                    hold.must_keep &= names
                    hold.must_keep |= {file.name for file in files if covers(hold, file)}
            overdue = [file for file in files if self._free_since(file) < now]
            late = [(now - self._free_since(file)).total_seconds() for file in overdue]
            self.worst_late = max([self.worst_late, *late])
            self.looks += 1
        return overdue

    def _free_since(self, file: File) -> datetime:
        """From when on a file should be gone: its limit, or the end of the last hold over it."""
        since = file.limit
        for hold in self.holds:
            if covers(hold, file):
                since = max(since, hold.settled_at or datetime.max.replace(tzinfo=UTC))
        return since


def covers(hold: Hold, file: File) -> bool:
    return hold.device == file.device and file.start < hold.end and hold.start < file.end


def _lines(path: Path) -> list[dict[str, object]]:
    """The whole lines of an index.jsonl; the last one may be under way."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line.startswith("{")]


def _instant(us: object) -> datetime:
    assert isinstance(us, int)
    return datetime.fromtimestamp(us / 1_000_000, UTC)


class Soak:
    """Carries the events out."""

    def __init__(self, venue: Venue, witness: Witness, seed: int) -> None:
        self._venue, self._witness, self._chance = venue, witness, Random(seed)

    def do(self, kind: Kind) -> None:
        device = self._chance.randrange(len(self._venue.names))
        acts: dict[Kind, Callable[[], None]] = {
            Kind.HOLD: lambda: self._hold(device),
            Kind.SETTLE: self._settle,
            Kind.REZONE: lambda: self._rezone(device),
            Kind.RENAME: lambda: self._venue.rename(device),
            Kind.POLICY: self._policy,
            Kind.ADOPT: lambda: (self._policy(), self._adopt())[1],
            Kind.KILL_RECORDER: lambda: self._venue.restart("record", signal.SIGKILL),
            Kind.KILL_SWEEPER: lambda: self._venue.restart("sweep", signal.SIGKILL),
        }
        acts[kind]()

    def _hold(self, device: int) -> None:
        """Over the last ten seconds and the next ten: footage that is there, that is recorded now, and to come."""
        now = datetime.now(UTC)
        start, end = now - timedelta(seconds=10), now + timedelta(seconds=10)
        words = ["--kind", "theft", "--cameras", self._venue.names[device]]
        words += ["--from", start.isoformat(), "--to", end.isoformat(), "--for", "Soak", "--another", "--json"]
        answer = json.loads(self._venue.cctv("incident", "open", f"soak {now:%H:%M:%S}", *words))
        self._witness.placed(Hold(answer["incident"]["id"], device, start, end, datetime.now(UTC)))

    def settle(self, hold: Hold) -> None:
        words = ["--reason", "soak", "--yes", "--for", "Soak"]
        self._witness.settle(hold, lambda: self._venue.cctv("incident", "settle", hold.incident, *words))

    def _settle(self) -> None:
        standing = [hold for hold in self._witness.holds if hold.settled_at is None]
        if standing:
            self.settle(self._chance.choice(standing))

    def _rezone(self, device: int) -> None:
        zones = self._venue.zones
        zones[device] = ZONES[1 - ZONES.index(zones[device])]
        self._venue.apply()

    def _policy(self) -> None:
        zone = self._chance.choice(ZONES)
        self._venue.periods[zone] = self._chance.choice(PERIODS[zone])
        self._venue.apply()

    def _adopt(self) -> None:
        """Apply the period to what is stored; a sweep that is under way is waited for."""
        until(self._try_to_adopt, "retention adopt gets the sweeper's lock")

    def _try_to_adopt(self) -> bool:
        words = ["retention", "adopt", "--reason", "soak", "--for", "Soak", "--yes"]
        done = self._venue.run(*words, exits=_ADOPT_EXITS)
        if done.returncode == _USAGE and _NOTHING_TO_ADOPT not in " ".join(done.stderr.split()):
            sys.exit(f"cctv {' '.join(words)}: {done.stderr}")
        return done.returncode != _LOCKED


def judge(venue: Venue, witness: Witness) -> list[bool]:
    """What is on the disk at the end, and what was missed on the way."""
    overdue = witness.look()
    deadline = time.monotonic() + _SETTLED_WITHIN
    while overdue and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        overdue = witness.look()
    for file in overdue:
        note(f"overdue: {file.name}, limit {file.limit}")
    for name in witness.lost:
        note(f"held and lost: {name}")
    standing = [hold for hold in witness.holds if hold.settled_at is None]
    kept = set[str]().union(*(hold.must_keep for hold in standing))
    ended = [venue.stop(service) for service in ("record", "sweep")]
    failed = [status for status in ended if status not in (0, -signal.SIGTERM)]  # stopped before it listens: no harm
    venue.cctv("audit", "verify")
    venue.cctv("footage", "verify")
    left = [path for path in (venue.storage / "quarantine").iterdir() if not path.name.startswith(".")]
    return [
        figure("looks at the disk", witness.looks),
        figure("segments that holds keep at the end", len(kept)),
        figure("most seconds past a limit, on the way", round(witness.worst_late, 1), _SETTLED_WITHIN),
        figure("held segments lost", len(witness.lost), 0),
        figure("segments past their limit at the end, by the disk", len(overdue), 0),
        figure("seconds past a limit that a sweep left, by `cctv status`", _left_overdue(venue), 0),
        figure("holds in force that keep nothing", sum(not hold.must_keep for hold in standing), 0),
        figure("files in quarantine", len(left), 0),
        figure("services that ended by a failure", len(failed), 0),
    ]


def _left_overdue(venue: Venue) -> float:
    """What a sweep did not delete; footage that comes due while the two commands run is no part of it."""
    began = time.monotonic()
    venue.cctv("sweep", "--once")
    answer = json.loads(venue.cctv("status", "--json", exits=_STATUS_EXITS))
    return max(0.0, round(float(answer["overdue_seconds"] or 0) - (time.monotonic() - began), 1))


def soak(options: argparse.Namespace, folder: Path) -> list[bool]:
    """All of it, in a folder."""
    names = list(named("cam", options.cameras))
    clip = make_clip(folder / "clip.h264", options.size, options.megabits, gop=FPS)
    cameras = Cameras(dict.fromkeys(names, clip))
    venue = Venue(folder / "venue", {name: cameras.url(name) for name in names})
    witness = Witness(venue)
    running = Soak(venue, witness, options.seed)
    planned = events(options.seed, options.minutes * 60, options.every, options.holds)
    try:
        venue.start("record", "sweep")
        venue.wait_for_recorder()
        until(lambda: len(venue.files()) >= 2 * len(names), "the first segments")
        witness.start()
        figure("seed", options.seed)
        figure("events", Counter(kind.value for kind in planned))
        run(running, planned, options.every)
        for hold in [hold for hold in witness.holds if hold.settled_at is None][:-_KEPT_HOLDS]:
            running.settle(hold)
        witness.stop()
        return judge(venue, witness)
    finally:
        venue.close()
        cameras.close()


def run(soak: Soak, planned: Sequence[Kind], every: float) -> None:
    """Each event at its time, or as soon after it as the ones before allow."""
    began = time.monotonic()
    for number, kind in enumerate(planned, 1):
        time.sleep(max(0.0, began + number * every - time.monotonic()))
        note(f"{time.monotonic() - began:7.1f} s  {kind.value}")
        soak.do(kind)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/soak retention", description=__doc__)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=15, help="seconds from one event to the next (default: 15)")
    parser.add_argument("--holds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the events (default: by the time)")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--megabits", type=float, default=0.5)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave everything there, to be looked at")
    options = parser.parse_args()
    with work_folder("soak-", keep=options.keep) as folder:
        return 0 if all(soak(options, folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
