"""Measure the redaction engine on annotated clips of fixed cameras, in three ways of deciding.

    ./scripts/bench redaction --data DIR [--clips NAME,...] [--people 1,2] [--quick] [--rows NAME,...] [--each]
        [--minutes 1,4]
    ./scripts/bench redaction CLIP --gt GT.txt [...]

DIR holds a folder for each clip, with clip.* (or an .avi, .mp4, .mpg) and gt.txt in MOT format: frame (from 1), person,
x, y (from 1), w, h; of a single clip it may be the truth.json of scripts/scene.  The head is the top quarter and the
middle 60 % of a box, visible when under 90 % of it is hidden; the subject is visible in a frame when 60 % of the box is
live.  In ways a and b each person is kept in turn, in both modes, and everything is counted in the files that the
product writes: by the mask, and by the video's pixels without it.  With --quick, a and b are rendered of four people of
each clip, and the row says "persons": "4 of 19"; of the rest they are counted by the decisions alone, which a render
proves that it follows.  Rows are printed as each clip, way and mode is done; stderr tells of each person.

rows: a (answers of a person who knows the truth, no boxes; with the tracks and the list of people), b (keyframes every
20 frames), hides (b with hide boxes), c (nothing decided, both modes), pixels (how far to rely on the look at pixels),
planted (whether the second witness finds people who are shown by mistake), speed, deface (with speed), still (footage
without movement), 1080p (speed and memory), memory (of the longest clip at 1080p, again and again for so many minutes),
looks (telling hidden people apart).  Speed, still and 1080p want an idle machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from redaction_bench.answers import AskedTwice
from redaction_bench.clips import ClipFiles, NoClips, clips_in
from redaction_bench.counting import Annotated
from redaction_bench.endurance import over_minutes
from redaction_bench.figures import Figure
from redaction_bench.looks import told_apart
from redaction_bench.planted import planted_leaks
from redaction_bench.rival import RivalMissing
from redaction_bench.speed import at_1080p, at_own_size, without_movement
from redaction_bench.studio import annotated, workers
from redaction_bench.truth import TruthUnreadable
from redaction_bench.ways import Case, by_answers, by_keyframes, nothing_decided, reliance
from testbed.report import note, tell, work_folder

from cctv.core.errors import CctvError

QUICK = ("a", "b", "c", "pixels")
SLOW = ("planted", "speed", "deface", "still", "1080p", "memory", "looks")
EXTRA = ("hides",)
_NO_CLIP = """bench: no clips given
next: lay annotated clips of fixed cameras into DIR, each with its gt.txt (MOT format) in a folder of its own, such as
  pets09-s2l1/    vtest.avi of OpenCV's samples (samples/data/vtest.avi of its sources, or Debian's package opencv-doc)
                  and gt.txt of PETS09-S2L1 in the training set of MOT15 (motchallenge.net)
  tud-stadtmitte/ its pictures and gt.txt in the same training set
then ./scripts/bench redaction --data DIR, or for a single clip
  ./scripts/bench redaction vtest.avi --gt gt.txt"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every goal is met, 1 if not, 2 if there is nothing to measure."""
    options = _options().parse_args(arguments)
    try:
        every = _clips(options)
    except NoClips as error:
        return refuse(f"bench: {error}" if error.args else _NO_CLIP)
    with work_folder("cctv-bench-") as folder, workers() as pool:
        try:
            clips = [annotated(files, folder) for files in every]
            people = [_people(options.people, on) for on in clips]
            cases = [
                Case(on, pool, kept, quick=options.quick, each=options.each)
                for on, kept in zip(clips, people, strict=True)
            ]
            rows = options.rows or (QUICK if options.quick else QUICK + SLOW)
            longest = max(clips, key=lambda on: on.frames)
            figures = (
                figure
                for case in cases
                for figure in measured(case, rows, options.minutes if case.on is longest else ())
            )
            return 0 if show(figures) else 1
        except (TruthUnreadable, NoClips) as error:
            return refuse(f"bench: {error}")
        except (RivalMissing, AskedTwice, CctvError) as error:
            note(f"bench: {error}")
            return 1


def measured(case: Case, rows: Sequence[str], minutes: Sequence[int]) -> Iterator[Figure]:
    """The figures of one clip, row after row; memory over clips of so many `minutes` each."""
    on = case.on
    groups: dict[str, Callable[[], Iterator[Figure]]] = {
        "a": lambda: by_answers(case),
        "b": lambda: by_keyframes(case),
        "hides": lambda: by_keyframes(case, with_hides=True),
        "c": lambda: nothing_decided(case),
        "pixels": lambda: reliance(on),
        "looks": lambda: told_apart(on),
        "planted": lambda: planted_leaks(on, case.prepared),
        "speed": lambda: at_own_size(on, beside_rival="deface" in rows),
        "still": lambda: without_movement(on),
        "1080p": lambda: at_1080p(on),
        "memory": lambda: over_minutes(on, minutes) if minutes else iter(()),
    }
    for name, group in groups.items():
        if name in rows or (name == "speed" and "deface" in rows):
            note(f"bench: {on.name}: {name}")
            for figure in group():
                yield replace(figure, name=f"{on.name}: {figure.name}")


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


def _clips(options: argparse.Namespace) -> list[ClipFiles]:
    """What to measure; raises NoClips, without a message where nothing was asked for."""
    clip = options.clip or options.clip_option
    if options.data is not None:
        if clip is not None or options.gt is not None:
            raise NoClips("--data and a single clip were given\nnext: leave one out")
        return clips_in(options.data, frozenset(options.clips or ()))
    if clip is None:
        raise NoClips
    if options.gt is None:
        raise NoClips("no ground truth given\nnext: add --gt GT.txt")
    for path in (clip, options.gt):
        if not path.is_file():
            raise NoClips(f"{path} is not a file\nnext: correct the path")
    return [ClipFiles(clip.stem, clip, options.gt)]


def _people(wanted: list[int] | None, on: Annotated) -> tuple[int, ...]:
    if unknown := {*(wanted or ())} - {*on.people}:
        raise NoClips(f"the ground truth of {on.name} knows nobody with number {', '.join(map(str, sorted(unknown)))}")
    return tuple(wanted or sorted(on.people))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench redaction", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, nargs="?", metavar="CLIP")
    parser.add_argument("--clip", dest="clip_option", type=Path, metavar="CLIP", help="the same, by name")
    parser.add_argument("--gt", type=Path, help="who is where in it")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder of annotated clips, all of them measured")
    parser.add_argument("--clips", type=_words, metavar="NAME,...", help="only these folders of DIR")
    parser.add_argument("--people", type=_numbers, metavar="1,2", help="those to keep in turn; default all")
    parser.add_argument(
        "--quick", action="store_true", help=f"only {', '.join(QUICK)}; a and b rendered of four people"
    )
    parser.add_argument("--rows", type=_rows, metavar="NAME,...", help=f"only these: {', '.join(QUICK + EXTRA + SLOW)}")
    parser.add_argument("--each", action="store_true", help="tell of each person kept on stderr")
    parser.add_argument(
        "--minutes",
        type=_numbers,
        default=[1, 4],
        metavar="1,4",
        help="lengths of the row memory; 60 takes hours and 10 GB on two idle cores",
    )
    return parser


def _words(text: str) -> list[str]:
    return text.split(",")


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def _rows(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in QUICK + EXTRA + SLOW:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(QUICK + EXTRA + SLOW)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
