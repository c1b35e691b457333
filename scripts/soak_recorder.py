"""Record simulated cameras while something goes wrong every few seconds, and look at the end whether every second that
is not on disk has its cause.  The same seed brings the same faults, at the same times.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from testbed.cameras import FPS, Cameras, make_clip, named, until
from testbed.explained import Stretch, lost_frames, twice, unexplained_seconds
from testbed.faults import Fault, Kind, faults
from testbed.product import Product, Segment
from testbed.report import figure, note, work_folder

_LOSS = 0.01
_SETTLES = 6.0  # seconds of recording after the last fault
_FIRST, _LAST = "2000-01-01 00:00", "2100-01-01 00:00"


class Soak:
    """Brings the faults and takes them away again."""

    def __init__(self, cameras: Cameras, product: Product) -> None:
        self._cameras, self._product = cameras, product
        self._all = list(product.names)
        self.never_sent: dict[str, list[Stretch]] = {name: [] for name in self._all}

    def run(self, planned: Sequence[Fault]) -> None:
        """Every fault at its time, or as soon after it as the ones before allow."""
        began = time.monotonic()
        due: list[tuple[float, int, Fault | Callable[[], None]]] = [
            (fault.at, place, fault) for place, fault in enumerate(planned)
        ]
        heapq.heapify(due)
        while due:
            at, place, what = heapq.heappop(due)
            time.sleep(max(0.0, began + at - time.monotonic()))
            if isinstance(what, Fault):
                note(f"{at:7.1f} s  {what.kind.value}, {what.camera}, {what.lasts:.1f} s")
                heapq.heappush(due, (time.monotonic() - began + what.lasts, place, self._begin(what)))
            else:
                what()

    def _begin(self, fault: Fault) -> Callable[[], None]:
        """Do it, and answer what undoes it."""
        name = fault.camera
        commands = {
            Kind.FREEZE: ("freeze", "thaw"),
            Kind.SOFT_FREEZE: ("freeze", "thaw"),
            Kind.HANG: ("hang", "unhang"),
            Kind.STOP: ("stop", "start"),
            Kind.RESTART: ("stop", "start"),
        }
        if fault.kind in commands:
            harm, cure = commands[fault.kind]
            return self._told(f"{harm} {name}", f"{cure} {name}")
        if fault.kind is Kind.SIZE:
            return self._told(f"alt {name} 1", f"alt {name} 0")
        if fault.kind is Kind.LOSS:
            return self._lose(name)
        if fault.kind is Kind.REMOVED:
            self._name_cameras([camera for camera in self._all if camera != name])
            return lambda: self._name_cameras(self._all)
        self._kill()
        return lambda: None

    def _told(self, harm: str, cure: str) -> Callable[[], None]:
        self._cameras.tell(harm)
        return lambda: _ignore(self._cameras.tell(cure))

    def _lose(self, name: str) -> Callable[[], None]:
        began = time.time_ns() // 1000
        self._cameras.tell(f"drop {name} {_LOSS}")

        def heal() -> None:
            self._cameras.tell(f"drop {name} 0")
            self.never_sent[name].append(Stretch(began, time.time_ns() // 1000))

        return heal

    def _name_cameras(self, names: list[str]) -> None:
        self._product.write_settings(names)
        self._product.hang_up()

    def _kill(self) -> None:
        self._product.stop(signal.SIGKILL)
        self._product.start()
        # A signal before the recorder listens would end it.
        until(lambda: self._product.is_alive() and self._product.has_spoken(), "the recorder after kill -9")


def _ignore(_: str) -> None:
    return


def missing(product: Product, camera: str) -> tuple[list[Stretch], list[Stretch]]:
    """What the recorder says it did not record: for a cause, and for none."""
    answer = json.loads(
        product.cctv("footage", "coverage", "--cameras", camera, "--from", _FIRST, "--to", _LAST, "--json")
    )
    gaps: tuple[list[Stretch], list[Stretch]] = ([], [])
    for hole in answer["cameras"][0]["never_recorded"]:
        gaps[hole["cause"] is None].append(Stretch(_us(hole["start"]), _us(hole["end"])))
    return gaps


def _us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def files_unlike_index(product: Product) -> int:
    """Files without a row, rows without a file, and files with other bytes than their row says."""
    answer = json.loads(product.cctv("footage", "list", "--from", _FIRST, "--to", _LAST, "--json"))
    rows: dict[str, str] = {row["path"]: row["sha256"] for row in answer["segments"]}
    there = {str(path.relative_to(product.storage)): path for path in product.storage.glob("segments/*/*/*/*.mp4")}
    wrong = set(rows) ^ set(there)
    for path in set(rows) & set(there):
        if hashlib.sha256(there[path].read_bytes()).hexdigest() != rows[path]:
            wrong.add(path)
    for path in sorted(wrong):
        note(f"not as the index says: {path}")
    return len(wrong)


def judge(product: Product, soak: Soak, names: Sequence[str]) -> list[bool]:
    """The figures of what is on disk."""
    segments = product.segments()
    of: dict[str, list[Segment]] = {name: [segment for segment in segments if segment.camera == name] for name in names}
    unreadable = [segment for segment in segments if segment.scan.error or segment.scan.unmarked]
    for segment in unreadable:
        note(f"unreadable: {segment.path}: {segment.scan.error or f'{segment.scan.unmarked} pictures without a mark'}")
    if unrecorded := [name for name in names if not of[name]]:
        sys.exit(f"soak: nothing was ever recorded of {', '.join(unrecorded)}")
    seconds, lost, again = {}, {}, 0
    for name in names:
        explained, without_cause = missing(product, name)
        seconds[name] = unexplained_seconds(without_cause, of[name])
        lost[name] = lost_frames(of[name], explained, soak.never_sent[name])
        again += twice(of[name])
    note(f"by camera: unexplained seconds {seconds}, lost frames {lost}")
    left = [path for folder in ("incoming", "quarantine") for path in (product.storage / folder).rglob("*.*")]
    return [
        figure("segments", len(segments)),
        figure("seconds unexplained, worst camera", round(max(seconds.values()), 3), 0),
        figure("frames lost that no gap explains, worst camera", max(lost.values()), 0),
        figure("frames twice on disk", again, 0),
        figure("files that cannot be read", len(unreadable), 0),
        figure("files left in incoming", sum("incoming" in path.parts for path in left), 0),
        figure("files in quarantine", sum("quarantine" in path.parts for path in left), 0),
        figure("files unlike the index", files_unlike_index(product), 0),
    ]


def soak(options: argparse.Namespace, folder: Path) -> list[bool]:
    """All of it, in a folder."""
    names = list(named("cam", options.cameras))
    clips = [
        make_clip(folder / f"{size}.h264", size, options.megabits, gop=FPS) for size in (options.size, options.other)
    ]
    planned = faults(options.seed, names, options.minutes * 60, options.every)
    cameras = Cameras(dict.fromkeys(names, clips[0]), dict.fromkeys(names, clips[1]))
    product = Product(folder / "product", {name: cameras.url(name) for name in names}, options.segment)
    try:
        product.start()
        product.wait()
        soaked: dict[str, Any] = {"seed": options.seed, "faults": Counter(fault.kind.value for fault in planned)}
        for name, value in soaked.items():
            figure(name, value)
        running = Soak(cameras, product)
        running.run(planned)
        product.wait()
        time.sleep(_SETTLES)
        product.wait()
        ended = figure("exit status of the recorder", product.stop(), 0)
        return [ended, *judge(product, running, names)]
    finally:
        product.close()
        cameras.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/soak", description=__doc__)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=20, help="seconds from one fault to the next (default: 20)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the faults (default: by the time)")
    parser.add_argument("--segment", type=int, default=60, help="seconds (default: 60)")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--other", default="640x360", help="size after a size change")
    parser.add_argument("--megabits", type=float, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave everything there, to be looked at")
    options = parser.parse_args()
    with work_folder("soak-", keep=options.keep) as folder:
        return 0 if all(soak(options, folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
