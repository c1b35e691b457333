"""How fast many small cameras start and stop; the recorder against plain `ffmpeg -c copy -f segment` of the same
cameras, both at once on the same machine; then what a kill and a stall cost.  Simulated cameras mark every frame with a
counter and its send time (docs/simulator.md).

Both read the same mounts, so that every picture is made and packed once, and both get the same packets.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from testbed.cameras import FPS, Cameras, make_clip, named, until
from testbed.load import cpu_seconds, pss_mib
from testbed.product import Product, Segment
from testbed.report import figure, work_folder
from testbed.rivals import ALTERNATIVES, Plain
from testbed.starting import start_cost

_LOOK = 3.0  # seconds in which every camera's files must grow
_BEFORE_KILL = 8.0  # seconds of recording
_MANY_SIZE, _MANY_MEGABITS = "640x360", 0.5  # the second stream of a camera
_BEFORE_STOP = 5.0  # seconds of recording


class Writer(Protocol):
    """Something that records all cameras."""

    name: str

    def is_alive(self) -> bool: ...

    def pids(self) -> list[int]: ...

    def written(self) -> dict[str, int]: ...


def check_writing(writers: Sequence[Writer]) -> None:
    """End the bench unless every process lives and every camera's files grow: figures of less would be wrong."""
    before = [writer.written() for writer in writers]
    time.sleep(_LOOK)
    for writer, then in zip(writers, before, strict=True):
        if not writer.is_alive():
            sys.exit(f"bench: {writer.name} does not run any more")
        now = writer.written()
        if idle := sorted(camera for camera in then if now[camera] <= then[camera]):
            sys.exit(f"bench: {writer.name} writes nothing of {', '.join(idle)}")


def ratios(writer: Writer, reference: Writer, seconds: float) -> tuple[float, float]:
    """Processor time and memory of one, over those of the reference beside it."""
    check_writing([writer, reference])
    mine, others = writer.pids(), reference.pids()
    before = cpu_seconds(mine), cpu_seconds(others)
    time.sleep(seconds)
    ours, theirs = cpu_seconds(mine) - before[0], cpu_seconds(others) - before[1]
    memory = pss_mib(writer.pids()) / pss_mib(reference.pids())
    check_writing([writer, reference])
    return ours / theirs, memory


def lost_inside_runs(segments: Sequence[Segment]) -> int:
    runs: dict[tuple[str, int], list[int]] = {}
    for segment in segments:
        runs.setdefault((segment.camera, segment.run), []).extend(frame.counter for frame in segment.scan.frames)
    return sum(abs(later - earlier - 1) for counters in runs.values() for earlier, later in pairwise(counters))


def worst_start_ms(segments: Sequence[Segment]) -> float:
    return max(abs(segment.start_us - segment.scan.frames[0].sent_us) for segment in segments) / 1000


def tail_lost(product: Product, cameras: Cameras) -> float:
    """Seconds between what the cameras had sent when the recorder was killed and what it kept; the worst camera."""
    began = time.time_ns() // 1000
    product.start()
    product.wait()
    time.sleep(_BEFORE_KILL)
    sent: dict[str, int] = {name: entry["last"] for name, entry in cameras.stat().items()}
    product.stop(signal.SIGKILL)
    product.start()
    product.wait()
    product.stop()
    kept = dict.fromkeys(product.names, 0)
    for segment in product.segments(since_us=began):
        counters = [frame.counter for frame in segment.scan.frames if frame.counter <= sent[segment.camera]]
        kept[segment.camera] = max([kept[segment.camera], *counters])
    return max(sent[name] - kept[name] for name in product.names) / FPS


def stall_to_restart(product: Product, cameras: Cameras, fault: str, cure: str) -> float:
    """Seconds from a camera's last frame to the next time that anybody asks for it."""
    name = product.names[0]
    requests = cameras.stat()[name]["asked"]
    began = time.monotonic()
    cameras.tell(f"{fault} {name}")
    until(lambda: cameras.stat()[name]["asked"] > requests, f"the recorder asks again after {fault}")
    took = time.monotonic() - began
    cameras.tell(f"{cure} {name}")
    time.sleep(2)
    product.wait()
    time.sleep(5)
    return took


def beside_reference(arguments: argparse.Namespace, folder: Path, cameras: Cameras, product: Product) -> list[bool]:
    """The product, and then what else was asked for, each in turn beside the same reference."""
    plain = Plain(folder / "reference", cameras, arguments.segment)
    plain.start()
    try:
        plain.wait()
        product.start()
        product.wait()
        time.sleep(arguments.warmup)
        processor, memory = ratios(product, plain, arguments.seconds)
        began = time.monotonic()
        ended = product.stop()
        took = time.monotonic() - began
        if ended:
            sys.exit(f"bench: {product.name} ended with status {ended}: {product.log.read_text()[-500:]}")
        met = [figure(f"CPU over {arguments.seconds:g} s / reference", processor, 1.10)]
        met += [figure("PSS / reference", memory, 1.20), figure("SIGTERM to exit, s", took, 5)]
        for kind in ALTERNATIVES if arguments.alternatives else ():
            other = kind(folder / "other", cameras, arguments.segment)
            other.start()
            try:
                other.wait()
                time.sleep(arguments.warmup)
                processor, memory = ratios(other, plain, arguments.seconds)
            finally:
                other.stop()
            figure(f"{kind.name}: CPU over {arguments.seconds:g} s / reference", processor, None)
            figure(f"{kind.name}: PSS / reference", memory, None)
    finally:
        plain.stop()
    return met


def start_and_stop(folder: Path, count: int, segment: int) -> list[bool]:
    """How long many small cameras take from nothing to the first bytes on disk of each, and to the end."""
    clip = make_clip(folder / "small.h264", _MANY_SIZE, _MANY_MEGABITS)
    cameras = Cameras(dict.fromkeys(named("many", count), clip))
    product = Product(folder / "many", {name: cameras.url(name) for name in cameras.names}, segment)
    try:
        began = time.monotonic()
        product.start()
        until(lambda: all(product.written().values()), f"{count} cameras on disk")
        started = time.monotonic() - began
        time.sleep(_BEFORE_STOP)
        began = time.monotonic()
        ended = product.stop()
        stopped = time.monotonic() - began
        if ended:
            sys.exit(f"bench: {product.name} ended with status {ended}: {product.log.read_text()[-500:]}")
        met = [figure(f"{count} cameras of {_MANY_SIZE}: start to all on disk, s", started, 10)]
        met.append(figure(f"{count} cameras of {_MANY_SIZE}: SIGTERM to exit, s", stopped, 5))
        lost = lost_inside_runs(product.segments())
        met.append(figure(f"{count} cameras of {_MANY_SIZE}: frames lost", lost, 0))
    finally:
        product.close()
        cameras.close()
    return met


def measure(arguments: argparse.Namespace, folder: Path, cameras: Cameras) -> list[bool]:
    product = Product(folder / "product", {name: cameras.url(name) for name in cameras.names}, arguments.segment)
    try:
        started = start_cost(cameras.url(cameras.names[0]), product.folder / "cameras.toml", folder)
        met = [figure("CPU of starting a camera / ffmpeg with default probing", started, 0.5)]
        met += beside_reference(arguments, folder, cameras, product)
        segments = product.segments()
        if broken := [segment for segment in segments if segment.scan.error or segment.scan.unmarked]:
            sys.exit(f"bench: {len(broken)} segments cannot be read, such as {broken[0].scan}")
        met.append(figure("frames lost over all boundaries", lost_inside_runs(segments), 0))
        met.append(figure("segment start error, worst, ms", worst_start_ms(segments), 50))
        met.append(figure("tail lost at kill -9, worst, s", tail_lost(product, cameras), 0.5))
        product.start()
        product.wait()
        time.sleep(5)
        for fault, cure, kind in (("freeze", "thaw", "RTCP goes on"), ("hang", "unhang", "silent")):
            met.append(figure(f"stall to restart, {kind}, s", stall_to_restart(product, cameras, fault, cure), 3))
        product.stop()
    finally:
        product.close()
    return met


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/bench recorder", description=__doc__)
    parser.add_argument("--cameras", type=int, default=16, help="beside the reference; 0 for none (default: 16)")
    parser.add_argument("--seconds", type=float, default=120, help="to measure, after the warm-up (default: 120)")
    parser.add_argument("--warmup", type=float, default=15)
    parser.add_argument("--segment", type=int, default=60, help="seconds (default: 60)")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--megabits", type=float, default=4)
    parser.add_argument("--many", type=int, default=64, help="small cameras to start and stop at once (default: 64)")
    parser.add_argument("--alternatives", action="store_true", help="measure the designs that were not chosen as well")
    options = parser.parse_args()
    with work_folder("bench-recorder-") as folder:
        clip = make_clip(folder / "clip.h264", options.size, options.megabits)
        met = start_and_stop(folder, options.many, options.segment) if options.many else []
        if options.cameras:
            cameras = Cameras(dict.fromkeys(named("cam", options.cameras), clip))
            try:
                met += measure(options, folder, cameras)
            finally:
                cameras.close()
        return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
