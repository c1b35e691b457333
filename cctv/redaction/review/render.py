"""The redaction engine for a part of a request: its clip, its survey with samples from around, its tracks, its render.

Renders in a worker that reaches nothing, from the survey that was reviewed; a backdrop is never recreated after the
review.  Responsible for the caption, and for what a package reports of a render.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2

from cctv.core.clock import to_us
from cctv.core.errors import CctvError
from cctv.core.i18n import N_, Language
from cctv.core.logs import SHOWN
from cctv.core.worker_messages import Nonsense, is_count
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.redaction.background.lighting_segments import backdrops_of
from cctv.redaction.background.model import FEWEST, cover
from cctv.redaction.background.survey import BackgroundModel, sampled
from cctv.redaction.decoding import Decoding, believed, decode_apart, take_out, workroom
from cctv.redaction.errors import SourceUnreadable
from cctv.redaction.people.detections import DetectionSpool
from cctv.redaction.people.persons import Doubt
from cctv.redaction.people.questions import hidden_doubts, stretches_alone
from cctv.redaction.people.weights import Model
from cctv.redaction.render.caption import CLOCK, CaptionTime, Line
from cctv.redaction.render.options import Options
from cctv.redaction.render.render import Work, redact
from cctv.redaction.render.verify import VerifyReport
from cctv.redaction.review.artefacts import SURVEY, TRACKS, UNSEEN, FoundTracks, read_found, read_survey
from cctv.redaction.review.background_samples import Samples
from cctv.redaction.review.case import Progress, part_directory
from cctv.redaction.review.errors import ArtefactUnreadable, DetectorFailed
from cctv.redaction.review.plan import CasePart, CasePlan, PartDecisions
from cctv.redaction.review.sheet.labels import line_words
from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes
from cctv.redaction.tracking.kept import track_paths
from cctv.redaction.tracking.people import FoundPeople
from cctv.redaction.tracking.pipeline import Analysis, analyse
from cctv.redaction.video.reader import Clip, clip_of
from cctv.redaction.video.spill import MaskSpool, Scratch
from cctv.redaction.video.yuv import frame_bytes

log = logging.getLogger(__name__)

# What pictures can bring about in OpenCV and numpy, a size that does not fit for example; bad input has errors of its
# own, and any other exception is a fault of the program.
_OF_PICTURES = (cv2.error, ArithmeticError, MemoryError, RuntimeError, ValueError)
_BUDGET_BYTES = 256 << 20  # bytes of samples held at once, as model.Sampler's own
_MIN_OWN_SAMPLES = 32
_WORKROOM = "rendering"  # in a part's folder


@dataclass(frozen=True, slots=True)
class RenderResult:
    """What the verification of the finished video measured; the engine refuses anything but these zeros.

    `masked_pixels` may be more: how many pixels of each frame the camera's masks hide.  The last three say that the
    second witness looked: SHA-256 of its model, frames searched, how often it found who is kept.
    """

    frames: int
    live_pixels_outside: int
    same_times: bool
    audio_streams: int
    metadata_entries: int
    masked_pixels: int = 0
    masked_pixels_live: int = 0
    witness_model: str | None = None
    witness_frames: int = 0
    witness_subjects: int = 0


def clip_for(site: Storage, plan: CasePlan) -> Clip:
    """The part's frames, and no other, as one clip on the part's own time line, its masks covered.

    Raises SourceUnreadable.
    """
    paths = [inside(site.root, source.path) for source in plan.sources]
    start = to_us(plan.span.start)
    clip = clip_of(paths, [to_us(source.start) - start for source in plan.sources])
    return replace(clip, masks=plan.masks).within(0, to_us(plan.span.end) - start)


def survey_part(
    clip: Clip, keep: KeepBoxes, samples: Samples, progress: Progress, scratch: Scratch, model: Model
) -> BackgroundModel:
    """The empty scene of a part, from the part itself and from around it; drawn boxes do not count as empty.

    Notes the part's pictures in `scratch`; `model` finds who stands in the scene.  Raises SourceUnreadable,
    PeopleSearchFailed.
    """
    size = clip.size.even()
    sampler, times = sampled(clip, keep, progress, scratch)
    if not times:
        problem = N_("none of its pictures lies in the span that was asked for")
        raise SourceUnreadable(path=clip.path, problem=problem, following=N_("ask for a longer span."))
    own = sampler.kept
    if (
        samples.count >= FEWEST
    ):  # as many from around as from the part, so that a person who stood still in it is outvoted
        most = max(_MIN_OWN_SAMPLES, min(samples.count, _BUDGET_BYTES // frame_bytes(size) - samples.count))
        own = own[:: -(-len(own) // most)]
    masked = clip.masked.half if clip.masked else None
    before, after = ([replace(sample, own=False) for sample in group] for group in (samples.before, samples.after))
    every = [*before, *own, *after]
    return BackgroundModel(times, backdrops_of(every, size, masked=masked, model=model))


@contextmanager
def analysed(
    clip: Clip,
    survey: BackgroundModel,
    keep: KeepBoxes,
    progress: Progress,
    scratch: Scratch,
    people: FoundPeople | Model,
    spool: DetectionSpool | None = None,
) -> Iterator[Analysis]:
    """Everything that moves in a part; with a model people are found, numbered from 1.  Raises SourceUnreadable."""
    with MaskSpool(_half(clip)) as differs:
        yield analyse(clip, survey, keep, differs, progress, people, scratch, spool)


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


def covered(survey: BackgroundModel, plan: CasePlan) -> BackgroundModel:
    """The survey with what a reviewer covered in its backdrops."""
    numbered = enumerate(survey.backdrops, 1)
    return replace(
        survey, backdrops=tuple(cover(backdrop, plan.backdrop(number).covers) for number, backdrop in numbered)
    )


def keep_of(decisions: PartDecisions, found: FoundTracks, rate: float) -> KeepBoxes:
    """What was decided, by number or by drawing, as boxes of the picture; `rate` is frames a second.

    Short pauses between kept tracks of one person are bridged.  Where a kept track may hold two people, it is hidden
    until somebody answered that it does not; who may stand unseen in its box hides in it until then.
    """
    own = set(decisions.keep) - decisions.of_companions
    paths = track_paths(found.tracks, own, rate)
    for companion in decisions.companions:
        paths |= track_paths(found.tracks, companion.tracks, rate)
    paths |= {number: path for number in decisions.hide for path in track_paths(found.tracks, [number], rate).values()}
    alone = stretches_alone(found.doubts, decisions.answers)
    kept = tuple(replace(paths[number], alone=alone.get(number, ())) for number in decisions.keep)
    hidden = tuple(paths[number] for number in decisions.hide)
    doubted = tuple(
        _stretch_of(paths[doubt.track], doubt)
        for doubt in hidden_doubts(found.doubts, decisions.keep, decisions.answers)
    )
    return KeepBoxes((*decisions.boxes.keep, *kept), (*decisions.boxes.hide, *hidden, *doubted))


def render(work: Work, progress: Progress) -> VerifyReport:
    """Render a part from a survey and people that were reviewed, and prove it; on any error there is no target."""
    return redact(work, progress).verified


def render_part(site: Storage, part: CasePart, language: Language, target: Path, progress: Progress) -> RenderResult:
    """Render and prove one part in a worker; what stops it leaves nothing behind.

    Raises SourceUnreadable, DetectorFailed, VerifyFailed, PersonShown, PeopleSearchFailed, WorkerFailed (15),
    RenderFailed.
    """
    directory = part_directory(site, part)
    with workroom(site, directory, _WORKROOM) as room:
        decoding = Decoding(
            tuple(inside(site.root, source.path) for source in part.plan.sources),
            reads=tuple(directory / name for name in (SURVEY, TRACKS, UNSEEN)),
            writes=(room,),
            detector=site.settings.redaction.detector,
            errors=(DetectorFailed, ArtefactUnreadable),
        )
        made = room / target.name
        told = decode_apart(lambda watched: asdict(_rendered(site, part, language, made, watched)), decoding, progress)
        with believed(decoding):
            result = checked_result(told, part.plan.frames)
            take_out(site, room, target)
    return result


def _rendered(site: Storage, part: CasePart, language: Language, target: Path, progress: Progress) -> RenderResult:
    """The same in the worker."""
    directory = part_directory(site, part)
    found = read_found(directory)
    line = caption_line(part, language, site.settings.site.timezone)
    options = Options(others=part.plan.decisions.others, caption=line)
    survey = covered(read_survey(directory / SURVEY), part.plan)
    keep = keep_of(part.plan.decisions, found, survey.rate)
    with fail_closed(part.plan, progress) as watched:
        facts = {"case": part.plan.request, "camera": part.plan.camera, "part": part.plan.position}
        log.info("render.started", extra=facts)
        work = Work(
            clip_for(site, part.plan),
            keep,
            options,
            target,
            survey=survey,
            people=found.people,
            detector=site.settings.redaction.detector,
        )
        proved = render(work, watched)
    return RenderResult(
        frames=proved.frames,
        live_pixels_outside=proved.live_pixels_outside_kept,
        same_times=True,
        audio_streams=proved.audio_streams,
        metadata_entries=0,
        masked_pixels=proved.masked_pixels,
        masked_pixels_live=proved.masked_pixels_live,
        witness_model=proved.witness.model_sha256,
        witness_frames=proved.witness.frames_searched,
        witness_subjects=proved.witness.subjects_found,
    )


def checked_result(told: object, frames: int) -> RenderResult:
    """What a worker tells of a render of so many frames, where it is what a proof can say; raises Nonsense."""
    if not isinstance(told, dict) or set(told) != {field.name for field in fields(RenderResult)}:
        raise Nonsense
    numbers = [value for name, value in told.items() if name not in ("same_times", "witness_model")]
    model = told["witness_model"]
    is_model = model is None or (isinstance(model, str) and re.fullmatch(r"[0-9a-f]{64}", model) is not None)
    if told["same_times"] is not True or not is_model or not all(is_count(number) for number in numbers):
        raise Nonsense
    result = RenderResult(**told)
    zeros = result.live_pixels_outside, result.audio_streams, result.metadata_entries, result.masked_pixels_live
    if result.frames != frames or any(zeros):
        raise Nonsense
    return result


def caption_line(part: CasePart, language: Language, zone: ZoneInfo) -> Line:
    """Reference, camera, local time of each frame with its zone, and what was done to the picture."""
    text = f"{part.plan.request} {part.plan.camera} {CLOCK}: {line_words(language)}"
    return Line(text, CaptionTime(part.plan.span.start, zone))


def _facts(plan: CasePlan, at: Sequence[object]) -> dict[str, object]:
    return {"case": plan.request, "camera": plan.camera, "part": plan.position, "stage": at[0], "frame": at[1]}


def _stretch_of(path: BoxPath, doubt: Doubt) -> BoxPath:
    """The part of a track's path in which it may hold two people; a doubt beyond its ends counts as far as it goes."""
    keys = tuple(key for key in path.keyframes if doubt.first <= key.frame <= doubt.last)
    return BoxPath(f"doubt-{doubt.track}-{doubt.first}", keys or path.keyframes)


def _half(clip: Clip) -> tuple[int, int]:
    even = clip.size.even()
    return even.height // 2, even.width // 2
