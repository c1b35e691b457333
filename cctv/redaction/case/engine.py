"""The engine as a request uses it: a part as one clip, its survey with samples from around, its tracks, its render.

Owns the wiring between a case and the engine's passes.  A survey that was reviewed is the one that is rendered: the
backdrop is never made anew behind the reviewer's back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2

from cctv.db.site import Site
from cctv.kernel.clock import to_us
from cctv.kernel.errors import CctvError
from cctv.kernel.logs import SHOWN
from cctv.kernel.phrases import phrase
from cctv.redaction.analysis import Analysis, Survey, analyse, sampled
from cctv.redaction.backdrop import FEWEST
from cctv.redaction.case.errors import DetectorFailed
from cctv.redaction.case.file import Progress
from cctv.redaction.case.part import CasePlan, Decisions
from cctv.redaction.case.samples import Samples
from cctv.redaction.cover import cover
from cctv.redaction.errors import SourceUnreadable
from cctv.redaction.keep import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.options import Options
from cctv.redaction.planes import frame_bytes
from cctv.redaction.render import Work, redact
from cctv.redaction.scratch import Scratch
from cctv.redaction.source import Clip, clip_of
from cctv.redaction.spool import MaskSpool
from cctv.redaction.stretches import backdrops_of
from cctv.redaction.tracks import Track
from cctv.redaction.verify import VerifyReport

log = logging.getLogger(__name__)

# What pictures can bring about; bad input has errors of its own, and any other exception is a fault of the program.
_OF_PICTURES = (cv2.error, ArithmeticError, MemoryError)
_BUDGET = 256 << 20  # bytes of samples held at once, as backdrop.Sampler's own
_FEWEST_OWN = 32
_SPREAD = 0.06  # of a track's sides: a region at half size ends a little inside of the person


def clip_for(site: Site, plan: CasePlan) -> Clip:
    """The part's frames, and no other, as one clip on the part's own time line, its masks covered.

    Raises SourceUnreadable.
    """
    paths = [site.root / source.path for source in plan.sources]
    start = to_us(plan.span.start)
    clip = clip_of(paths, [to_us(source.start) - start for source in plan.sources])
    return replace(clip, masks=plan.masks).within(0, to_us(plan.span.end) - start)


def survey_part(clip: Clip, keep: KeepBoxes, samples: Samples, progress: Progress, scratch: Scratch) -> Survey:
    """The empty scene of a part, from the part itself and from around it; drawn boxes do not count as empty.

    Notes the part's pictures in `scratch`.  Raises SourceUnreadable.
    """
    size = clip.size.even()
    sampler, times = sampled(clip, keep, progress, scratch)
    if not times:
        problem = phrase("none of its pictures lies in the span that was asked for")
        raise SourceUnreadable(path=clip.path, problem=problem, following=phrase("ask for a longer span."))
    own = sampler.kept
    if samples.count >= FEWEST:  # as many from around as from the part, so that who stood still in it is outvoted
        most = max(_FEWEST_OWN, min(samples.count, _BUDGET // frame_bytes(size) - samples.count))
        own = own[:: -(-len(own) // most)]
    masked = clip.masked
    before, after = ([replace(one, own=False) for one in each] for each in (samples.before, samples.after))
    every = [*before, *own, *after]
    return Survey(times, backdrops_of(every, size, masked=masked.half if masked else None))


@contextmanager
def analysed(clip: Clip, survey: Survey, keep: KeepBoxes, progress: Progress, scratch: Scratch) -> Iterator[Analysis]:
    """Everything that moves in a part, its tracks numbered from 1; raises SourceUnreadable."""
    with MaskSpool(_half(clip)) as differs:
        yield analyse(clip, survey, keep, differs, progress, scratch)


@contextmanager
def fail_closed(plan: CasePlan, progress: Progress) -> Iterator[Progress]:
    """Progress that is remembered, so that whatever goes wrong inside names its frame.

    Raises DetectorFailed for what pictures can bring about; a fault of the program keeps its type and its traceback.
    """
    at = ["start", 0]

    def watched(stage: str, done: int, of: int) -> None:
        at[:] = [stage, done]
        progress(stage, done, of)

    try:
        yield watched
    except CctvError:
        raise
    except _OF_PICTURES as error:
        log.warning("part.failed", extra={**_facts(plan, at), SHOWN: True}, exc_info=error)
        raise DetectorFailed(
            camera=plan.camera,
            part=plan.position,
            stage=at[0],
            frame=at[1],
            problem=f"{type(error).__name__}: {error}".splitlines()[0],
        ) from error
    except Exception as error:
        error.add_note(f"in {plan.camera} part {plan.position} of {plan.request}, {at[0]}, frame {at[1]}")
        log.error("part.failed", extra={**_facts(plan, at), SHOWN: True})  # the traceback is logged where it ends
        raise


def _facts(plan: CasePlan, at: Sequence[object]) -> dict[str, object]:
    return {"case": plan.request, "camera": plan.camera, "part": plan.position, "stage": at[0], "frame": at[1]}


def covered(survey: Survey, plan: CasePlan) -> Survey:
    """The survey with what a reviewer covered in its backdrops."""
    numbered = enumerate(survey.backdrops, 1)
    return replace(survey, backdrops=tuple(cover(one, plan.backdrop(number).covers) for number, one in numbered))


def keep_of(decisions: Decisions, tracks: Iterable[Track]) -> KeepBoxes:
    """What was decided, by number or by drawing, as boxes of the picture."""
    paths = {track.id: _path_of(track) for track in tracks if track.id in {*decisions.keep, *decisions.hide}}
    kept = tuple(paths[number] for number in decisions.keep)
    hidden = tuple(paths[number] for number in decisions.hide)
    return KeepBoxes((*decisions.boxes.keep, *kept), (*decisions.boxes.hide, *hidden))


def render(
    clip: Clip, survey: Survey, keep: KeepBoxes, options: Options, target: Path, progress: Progress
) -> VerifyReport:
    """Render a part from a survey that was reviewed, and prove the result; on any error there is no target."""
    return redact(Work(clip, keep, options, target, survey=survey), progress).verified


def _path_of(track: Track) -> BoxPath:
    """A track as a path of boxes: its box in every frame, at full size, grown a little."""
    keys = tuple(
        Keyframe(track.first + index, box.scaled(2).grown(2 + _SPREAD * box.w * 2, 2 + _SPREAD * box.h * 2))
        for index, box in enumerate(track.boxes)
    )
    return BoxPath(f"track-{track.id}", keys)


def _half(clip: Clip) -> tuple[int, int]:
    even = clip.size.even()
    return even.height // 2, even.width // 2
