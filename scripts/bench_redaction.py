"""Measure the redaction engine on one annotated clip of a fixed camera.

    ./scripts/bench redaction --clip CLIP --gt GT.TXT [--people 1,2,3] [--quick]

GT.TXT is in MOT format: frame (from 1), person, x, y (from 1), w, h.  A head is the top quarter and the middle 60 % of
a box, visible when under 90 % of it is hidden; the subject is visible in a frame when 60 % of the box is live.  Each
person is kept in turn by keyframes every 20 frames, once alone and once with hide keyframes for everybody who comes
within a box's width.  Speed is set against decoding and encoding the clip with the same settings.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.analysis import analyse, survey
from cctv.redaction.decide import Decisions
from cctv.redaction.encode import CRF, PRESET
from cctv.redaction.geometry import Box, Size, outer
from cctv.redaction.keep import NOTHING_KEPT, BoxPath, KeepBoxes, Keyframe
from cctv.redaction.options import Mode, Options
from cctv.redaction.planes import doubled
from cctv.redaction.render import Work, redact
from cctv.redaction.source import Clip, clip_of
from cctv.redaction.spool import MaskSpool

People = dict[int, dict[int, Box]]
Hidden = NDArray[np.bool_]
EVERY = 20  # frames between keyframes
AT_MOST = {
    "mask: heads visible": 0,
    "mask: harmless area hidden, %": 5,
    "keep: heads of others visible": 0,
    "keep and hide: heads of others visible": 0,
    "backdrop: size / pass-through": 1.2,
    "mask: size / pass-through": 1.2,
}
AT_LEAST = {
    "keep: subject visible, median": 0.6,
    "keep and hide: subject visible, median": 0.85,
    "backdrop: the same, with its proof": 0.8,
    "mask: the same, with its proof": 0.6,
}


@dataclass(frozen=True)
class Kept:
    """One person kept: heads of others that show, and the share of his frames in which he is visible."""

    person: int
    leaks: int
    visible: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--gt", type=Path, required=True)
    parser.add_argument("--people", help="ids to keep in turn, with commas between; default all")
    parser.add_argument("--quick", action="store_true", help="leave out the speed measurements")
    given = parser.parse_args()
    clip, people = clip_of([given.clip]), read_people(given.gt)
    chosen = [int(word) for word in given.people.split(",")] if given.people else sorted(people)
    figures: dict[str, float] = dict(mask_mode(clip, people))
    for name, with_hides in (("keep", False), ("keep and hide", True)):
        results = [keep_one(clip, people, person, with_hides=with_hides) for person in chosen]
        figures[f"{name}: heads of others visible"] = sum(result.leaks for result in results)
        figures[f"{name}: subject visible, median"] = round(statistics.median(r.visible for r in results), 3)
        figures[f"{name}: subject visible, worst"] = round(min(r.visible for r in results), 3)
    if not given.quick:
        figures |= speeds(clip, given.clip, people)
    return 0 if show(figures) else 1


def read_people(path: Path) -> People:
    """Each person's boxes by frame, both from 0."""
    people: People = {}
    for line in path.read_text().splitlines():
        words = line.split(",")
        if len(words) >= 6:
            frame, person = int(words[0]) - 1, int(words[1])
            x, y, w, h = (float(word) for word in words[2:6])
            people.setdefault(person, {})[frame] = Box(x - 1, y - 1, w, h)
    return people


def path_of(person: int, boxes: dict[int, Box]) -> BoxPath:
    """Keyframes every EVERY frames, and the first and the last."""
    frames = sorted(boxes)
    chosen = [frame for frame in frames if (frame - frames[0]) % EVERY == 0 or frame == frames[-1]]
    return BoxPath(str(person), tuple(Keyframe(frame, boxes[frame]) for frame in chosen))


def neighbours(people: People, person: int) -> Iterator[BoxPath]:
    """Hide paths for everybody within a box's width of a person, while near and half a keyframe longer."""
    for other, boxes in people.items():
        near = sorted(f for f, box in people[person].items() if f in boxes and boxes[f].distance(box) <= box.w)
        if other == person or not near:
            continue
        runs: list[list[int]] = [[near[0]]]
        for frame in near[1:]:
            if frame - runs[-1][-1] > EVERY:
                runs.append([])
            runs[-1].append(frame)
        for run in runs:
            first, last = run[0] - EVERY // 2, run[-1] + EVERY // 2
            yield path_of(other, {frame: box for frame, box in boxes.items() if first <= frame <= last})


def hidden_frames(clip: Clip, keep: KeepBoxes, options: Options) -> Iterator[tuple[int, Hidden]]:
    """Each frame's hidden pixels at full size, without rendering."""
    even = clip.size.even()
    with MaskSpool((even.height // 2, even.width // 2)) as differs:
        analysis = analyse(clip, survey(clip, keep, quiet), keep, differs, quiet)
        for decision in Decisions(analysis, keep, options, None):
            yield decision.frame, ~doubled(decision.live)[: clip.size.height, : clip.size.width]


def head_shows(hidden: Hidden, box: Box) -> bool:
    left, right = round(box.x + 0.2 * box.w), round(box.x + 0.8 * box.w)
    region = hidden[max(round(box.y), 0) : max(round(box.y + 0.25 * box.h), 0), max(left, 0) : max(right, 0)]
    return bool(region.size and region.mean() < 0.9)


def mask_mode(clip: Clip, people: People) -> Iterator[tuple[str, float]]:
    visible = heads = harmless_pixels = harmless_hidden = 0
    for frame, hidden in hidden_frames(clip, NOTHING_KEPT, Options(Mode.MASK, caption=None)):
        harmless = np.ones(hidden.shape, np.bool_)
        for boxes in people.values():
            if frame in boxes:
                box = boxes[frame]
                heads += 1
                visible += head_shows(hidden, box)
                harmless[outer(box.grown(0.1 * box.w, 0.1 * box.h), clip.size).slices()] = False
        harmless_pixels += int(harmless.sum())
        harmless_hidden += int((harmless & hidden).sum())
    yield "mask: heads", heads
    yield "mask: heads visible", visible
    yield "mask: harmless area hidden, %", round(100 * harmless_hidden / harmless_pixels, 2)


def keep_one(clip: Clip, people: People, person: int, *, with_hides: bool) -> Kept:
    hides = tuple(neighbours(people, person)) if with_hides else ()
    keep = KeepBoxes((path_of(person, people[person]),), hides)
    leaks = seen = 0
    for frame, hidden in hidden_frames(clip, keep, Options(Mode.BACKDROP, caption=None)):
        leaks += sum(
            head_shows(hidden, boxes[frame]) for other, boxes in people.items() if other != person and frame in boxes
        )
        own = people[person].get(frame)
        seen += own is not None and _live_share(hidden, own, clip.size) >= 0.6
    return Kept(person, leaks, seen / len(people[person]))


def _live_share(hidden: Hidden, box: Box, size: Size) -> float:
    region = hidden[outer(box, size).slices()]
    return 1.0 - float(region.mean()) if region.size else 0.0


def speeds(clip: Clip, path: Path, people: People) -> dict[str, float]:
    """Frames a second of pass-through, and of both modes with their proof."""
    figures: dict[str, float] = {}
    subject = max(people, key=lambda person: len(people[person]))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mp4"
        began = time.monotonic()
        coding = ["-an", "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-pix_fmt", "yuv420p"]
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(path), *coding, str(out)], check=True)
        seconds = time.monotonic() - began
        size = out.stat().st_size
        for mode, keep in (
            (Mode.BACKDROP, KeepBoxes((path_of(subject, people[subject]),))),
            (Mode.MASK, NOTHING_KEPT),
        ):
            ended: dict[str, float] = {}

            def note(step: str, _done: int, _total: int, into: dict[str, float] = ended) -> None:
                into[step] = time.monotonic()

            began = time.monotonic()
            report = redact(Work(clip, keep, Options(mode, caption=None), out), note)
            figures["pass-through, fps"] = round(report.frames / seconds, 1)
            rendered, proved = ended["render"] - began, time.monotonic() - began
            figures[f"{mode.value}: speed / pass-through"] = round(seconds / rendered, 2)
            figures[f"{mode.value}: the same, with its proof"] = round(seconds / proved, 2)
            figures[f"{mode.value}: size / pass-through"] = round(out.stat().st_size / size, 2)
    return figures


def show(figures: dict[str, float]) -> bool:
    """One JSON object a line; whether every goal is met."""
    met = [_tell(name, value) for name, value in figures.items()]
    return all(met)


def _tell(name: str, value: float) -> bool:
    """A figure without a goal tells what the others are measured against."""
    goal = AT_MOST.get(name, AT_LEAST.get(name))
    ok = value <= AT_MOST.get(name, math.inf) and value >= AT_LEAST.get(name, -math.inf)
    print(json.dumps({"figure": name, "value": value, "goal": goal, "ok": ok}), flush=True)
    return ok


def quiet(_step: str, _done: int, _total: int) -> None:
    """No progress."""


if __name__ == "__main__":
    sys.exit(main())
