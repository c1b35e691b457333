"""Measure the redaction engine on one annotated clip of a fixed camera.

    ./scripts/bench redaction CLIP --gt GT.txt [--people 1,2,3] [--quick] [--rows NAME,...]

GT.txt is in MOT format: frame (from 1), person, x, y (from 1), w, h; or it is the truth.json of scripts/scene.  A head
is the top quarter and the middle 60 % of a box, visible when under 90 % of it is hidden; the subject is visible in a
frame when 60 % of the box is live.  Each person is kept in turn by keyframes every 20 frames, once alone and once with
hide keyframes for everybody who comes within a box's width.  Everything is counted in the files that the product
writes: by the mask, and by the video's pixels without it.

rows: mask, keep, hide (the same with hide boxes), pixels (how far to rely on the look at pixels), speed, deface (with
speed), 1080p (speed and memory), looks (telling hidden people apart).  The last four want an idle machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from redaction_bench.figures import Figure
from redaction_bench.looks import told_apart
from redaction_bench.rival import RivalMissing
from redaction_bench.rows import kept, mask_mode, reliance
from redaction_bench.speed import at_1080p, at_own_size
from redaction_bench.studio import Annotated, annotated
from redaction_bench.truth import TruthUnreadable
from testbed.report import note, tell, work_folder

from cctv.core.errors import CctvError

QUICK = ("mask", "pixels", "keep", "hide")
SLOW = ("speed", "deface", "1080p", "looks")
_NO_CLIP = """bench: no clip given
next: get PETS09-S2L1, view 1: vtest.avi of OpenCV's samples (samples/data/vtest.avi of its sources, or Debian's package
opencv-doc) and gt.txt of PETS09-S2L1 in the training set of MOT15 (motchallenge.net), then
  ./scripts/bench redaction vtest.avi --gt gt.txt"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every goal is met, 1 if not, 2 if there is nothing to measure."""
    options = _options().parse_args(arguments)
    clip = options.clip or options.clip_option
    if clip is None or options.gt is None:
        return refuse(_NO_CLIP if clip is None else "bench: no ground truth given\nnext: add --gt GT.txt")
    for path in (clip, options.gt):
        if not path.is_file():
            return refuse(f"bench: {path} is not a file\nnext: correct the path")
    with work_folder("cctv-bench-") as folder:
        try:
            on = annotated(clip, options.gt, folder)
            people = options.people or sorted(on.people)
            if unknown := set(people) - set(on.people):
                return refuse(f"bench: {options.gt} knows nobody with number {', '.join(map(str, sorted(unknown)))}")
            return 0 if show(measured(on, people, options.rows or (QUICK if options.quick else QUICK + SLOW))) else 1
        except TruthUnreadable as error:
            return refuse(f"bench: {error}")
        except (RivalMissing, CctvError) as error:
            note(f"bench: {error}")
            return 1


def measured(on: Annotated, people: Sequence[int], rows: Sequence[str]) -> Iterator[Figure]:
    """The figures of the rows, one after another."""
    deface = "deface" in rows
    groups: dict[str, Callable[[], Iterator[Figure]]] = {
        "mask": lambda: mask_mode(on),
        "pixels": lambda: reliance(on),
        "keep": lambda: kept(on, people, with_hides=False),
        "hide": lambda: kept(on, people, with_hides=True),
        "looks": lambda: told_apart(on),
        "speed": lambda: at_own_size(on, beside_rival=deface),
        "1080p": lambda: at_1080p(on),
    }
    for name, group in groups.items():
        if name in rows or (name == "speed" and deface):
            yield from group()


def show(figures: Iterator[Figure]) -> bool:
    """Print them as they come; whether every goal is met."""
    met = True
    for figure in figures:
        tell(figure.row())
        met &= figure.ok
    return met


def refuse(message: str) -> int:
    """Say why there is nothing to measure."""
    note(message)
    return 2


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench redaction", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, nargs="?", metavar="CLIP")
    parser.add_argument("--clip", dest="clip_option", type=Path, metavar="CLIP", help="the same, by name")
    parser.add_argument("--gt", type=Path, help="who is where in it")
    parser.add_argument("--people", type=_numbers, metavar="1,2", help="those to keep in turn; default all")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--rows", type=_rows, metavar="NAME,...", help=f"only these: {', '.join(QUICK + SLOW)}")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def _rows(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in QUICK + SLOW:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(QUICK + SLOW)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
