"""The engine as the bench drives it: prepare a clip once, then show it under the decisions on one person after another.

The only module that knows how the engine's passes fit together.  A preparation is everything that `cctv redaction
prepare` does to a clip before anybody decides; it is the same whoever is kept, so every person shares it.  It travels
to other processes as a file: spools on disk are pickled with their content.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator
from copyreg import pickle as pickled_by
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from cctv.redaction.background.survey import survey
from cctv.redaction.people.persons import Doubt
from cctv.redaction.people.weights import load_model
from cctv.redaction.progress import Progress
from cctv.redaction.render.options import Options
from cctv.redaction.render.render import RenderReport, Work, redact
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.review.artefacts import FoundTracks
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from cctv.redaction.tracking.doubts import doubts_of
from cctv.redaction.tracking.kept import kept_person
from cctv.redaction.tracking.pipeline import Analysis, analyse
from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.reader import clip_of
from cctv.redaction.video.spill import MaskSpool, Scratch
from redaction_bench.pictures import Hidden


@dataclass(frozen=True)
class Prepared:
    """What all redactions of a clip share: its empty scene, its foreground, and its people.

    `doubts` are stretches of a track that may hold two people.
    """

    analysis: Analysis
    doubts: tuple[Doubt, ...] = ()

    @property
    def found(self) -> FoundTracks:
        """Everybody who was followed, as a case keeps them; boxes at half size."""
        return FoundTracks(self.analysis.people, self.doubts)


def quiet(_step: str, _done: int, _total: int) -> None:
    """No progress."""


def prepare(clip: Path, folder: Path, progress: Progress = quiet) -> Prepared:
    """Everything that is done before anybody decides; raises what the engine raises."""
    reading = clip_of([clip])
    even = reading.size.even()
    model = load_model()
    with Scratch(folder, even, None) as scratch:
        background = survey(reading, NOTHING_KEPT, progress, scratch=scratch, model=model)
        differs = MaskSpool((even.height // 2, even.width // 2))
        analysis = analyse(reading, background, NOTHING_KEPT, differs, progress, model, scratch)
    return Prepared(analysis, doubts_of(analysis.people, background.rate))


def masks_of(prepared: Prepared, keep: KeepBoxes, options: Options, size: Size) -> Iterator[Hidden]:
    """What a redaction would hide in each frame, without rendering it: the masks that a render writes and proves."""
    analysis = prepared.analysis
    rows, columns = analysis.differs.shape
    picture = Rect(0, 0, 2 * columns, 2 * rows)
    kept = [kept_person(path, analysis.people, picture) for path in keep.keep]
    hidden = [kept_person(path, analysis.people, picture) for path in keep.hide]
    boxes = KeepBoxes(tuple(person.path for person in kept), tuple(person.path for person in hidden))
    decided = replace(analysis, kept=boxes, own=tuple(person.tracks for person in kept))
    for decision in VisibilityPass(decided, keep, options, None):
        yield ~np.repeat(np.repeat(decision.live, 2, 0), 2, 1)[: size.height, : size.width]


def redacted(
    clip: Path,
    keep: KeepBoxes,
    options: Options,
    output: Path,
    mask: Path | None = None,
    progress: Progress = quiet,
    prepared: Prepared | None = None,
    *,
    surveyed: bool = False,
) -> RenderReport:
    """Redact as `cctv redaction file` does, or, of a clip that was prepared, with the people that were found.

    `surveyed`: with its empty scene too, as `export build` renders what was reviewed.  Without, the empty scene is made
    anew, as after each decision: what is kept is no part of it.
    """
    work = Work(clip_of([clip]), keep, options, output, mask)
    if prepared is not None:
        work = replace(work, people=prepared.analysis.people, survey=prepared.analysis.survey if surveyed else None)
    return redact(work, progress)


def store(prepared: Prepared, path: Path) -> None:
    """Write a preparation for `stored` in other processes."""
    with path.open("wb") as file:
        pickle.dump(prepared, file)


@lru_cache(maxsize=1)
def stored(path: Path) -> Prepared:
    """A preparation that this bench wrote; the last one is kept in memory."""
    with path.open("rb") as file:
        prepared = pickle.load(file)
    assert isinstance(prepared, Prepared)
    return prepared


def _restored(state: dict[str, Any], content: bytes) -> MaskSpool:
    spool = MaskSpool.__new__(MaskSpool)
    spool.__dict__.update(state)
    spool.__dict__["_file"] = file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the spool
    file.write(content)
    return spool


def _reduced(spool: MaskSpool) -> tuple[Callable[..., MaskSpool], tuple[Any, ...]]:
    state = dict(spool.__dict__)
    file = state.pop("_file")
    file.seek(0)
    return _restored, (state, file.read())


pickled_by(MaskSpool, _reduced)
