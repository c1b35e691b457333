"""Render a clip and its decisions to a redacted video and its mask: decode, compose, encode, prove.

1. video and mask, written under a temporary name beside their target, and proved packet by packet meanwhile (`proof`)
2. both files read again: they hold what was proved
3. flushed, then renamed to their target

An interrupted or failed render leaves nothing behind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from math import hypot
from pathlib import Path

import numpy as np

from cctv.core.durable import DurableFiles, create_beside
from cctv.core.i18n import N_
from cctv.core.medium import medium_error
from cctv.redaction.background.scene_changes import runs
from cctv.redaction.background.survey import BackgroundModel, survey
from cctv.redaction.errors import RenderFailed, SceneLost
from cctv.redaction.people.weights import load_model
from cctv.redaction.progress import Progress
from cctv.redaction.render.caption import Caption, caption
from cctv.redaction.render.compositor import Composer
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.proof import VideoProof
from cctv.redaction.render.verify import VerifyReport, VisibleClaim, mask_picture, paired
from cctv.redaction.render.visibility import FrameDecision, VisibilityPass
from cctv.redaction.render.witness import Witness
from cctv.redaction.tracking.annotations import KeepBoxes, check_within
from cctv.redaction.tracking.people import FoundPeople
from cctv.redaction.tracking.pipeline import Analysis, analyse
from cctv.redaction.video.encoder import Picture, from_first, h264_writer, mask_writer, write_planes
from cctv.redaction.video.parallel import prefetch
from cctv.redaction.video.reader import Clip, require_memory
from cctv.redaction.video.spill import MaskSpool, Scratch, whole
from cctv.redaction.video.yuv import Planes

_SETTLE_US = 1_000_000  # microseconds; a lamp or an infrared filter takes less, and hides for as long


@dataclass(frozen=True, slots=True)
class Work:
    """One redaction: what to read, what was decided, where to write.

    `keep_path` is only named in messages.  `elsewhere` is other footage of the same camera for the backdrop;
    `survey` is one that was reviewed, and `people` those that were found with it: they are used unchanged.  `detector`
    is a model of the site's own; None is the one that comes with the program.
    """

    clip: Clip
    keep: KeepBoxes
    options: Options
    output: Path
    mask_output: Path | None = None
    keep_path: Path = Path("KEEP.json")
    elsewhere: tuple[Clip, ...] = ()
    survey: BackgroundModel | None = None
    people: FoundPeople | None = None
    detector: Path | None = None


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a render did.  Shares are 0 to 1; times are microseconds; `nudged` is the camera's largest shift, pixels."""

    frames: int
    first_time: int
    last_time: int
    backdrops: int
    untrusted_share: float
    nudged: float
    people_in_backdrops: int
    frames_unknown_light: int
    frames_kept: int
    frames_subject_visible: int
    hidden_share: float
    verified: VerifyReport


@dataclass(frozen=True, slots=True)
class _Tally:
    hidden_share: float
    frames_kept: int
    frames_visible: int


def redact(work: Work, progress: Progress) -> RenderReport:
    """Survey, analyse, render and prove; then put the output and the mask in place.

    Raises SourceUnreadable, KeepRefused, RenderFailed or VerifyFailed, SceneLost where a reviewed survey no longer
    explains frames that keep a person, PersonShown where the second witness sees somebody, WeightsMissing,
    WeightsDiffer, ModelRefused or PeopleSearchFailed where it cannot look; leaves nothing behind then.
    """
    require_memory(work.clip)
    model = load_model(work.detector)
    with ExitStack() as stack:
        output = _PartialFile(work.output)
        stack.callback(output.remove)
        mask = _PartialFile(work.mask_output) if work.mask_output is not None else None
        if mask is not None:
            stack.callback(mask.remove)
        even = work.clip.size.even()
        kept = work.keep if work.options.mode is Mode.BACKDROP else None
        scratch = stack.enter_context(Scratch(work.output.parent, even, kept, pictures=work.survey is None))
        background = work.survey or survey(work.clip, work.keep, progress, work.elsewhere, scratch, model)
        check_within(work.keep, len(background.times), work.keep_path)
        differs = stack.enter_context(MaskSpool((even.height // 2, even.width // 2)))
        found = model if work.people is None else work.people
        analysis = analyse(work.clip, background, work.keep, differs, progress, found, scratch)
        if work.survey is not None:
            _require_scene(work, analysis)
        line = _caption(work, background.times)
        claim = VisibleClaim(work.clip, work.keep, work.options, analysis, line)
        composer = Composer(background.backdrops, work.options, line, work.clip.masked)
        witness = stack.enter_context(
            Witness(model, background.backdrops, work.options.mode, background.rate, output.path)
        )
        proof = stack.enter_context(VideoProof(claim, composer, witness, output.path))
        targets = _Targets(output.path, mask.path if mask else None, proof)
        tally = _render(work, analysis, _composed(work, analysis, line, scratch, composer), targets, progress)
        verified = proof.finish(targets.video, targets.masks)
        progress("verify", len(background.times), len(background.times))
        for part in (output, mask):
            if part is not None:
                part.settle()
        return _report(analysis, tally, verified)


def _require_scene(work: Work, analysis: Analysis) -> None:
    """Raises SceneLost where a person who was kept would silently be hidden for longer than a light takes to settle."""
    times = analysis.survey.times
    hidden = [light is None and bool(work.keep.kept_at(frame)) for frame, light in enumerate(analysis.lights)]
    for first, last in runs(hidden):
        if times[last] - times[first] >= _SETTLE_US:
            start, end = ((times[frame] - times[0]) / 1e6 for frame in (first, last))
            following = N_(
                "look at the recording; keep nobody in frames {first} to {last} to let them be hidden, "
                "or disclose that part otherwise.",
                first=first,
                last=last,
            )
            raise SceneLost(path=work.clip.path, start=f"{start:.1f}", end=f"{end:.1f}", following=following)


def _report(analysis: Analysis, tally: _Tally, verified: VerifyReport) -> RenderReport:
    background = analysis.survey
    return RenderReport(
        frames=len(background.times),
        first_time=background.times[0],
        last_time=background.times[-1],
        backdrops=len(background.backdrops),
        untrusted_share=max(backdrop.untrusted_share for backdrop in background.backdrops),
        nudged=max(hypot(*backdrop.shift) for backdrop in background.backdrops),
        people_in_backdrops=sum(len(backdrop.people) for backdrop in background.backdrops),
        frames_unknown_light=sum(light is None for light in analysis.lights),
        frames_kept=tally.frames_kept,
        frames_subject_visible=tally.frames_visible,
        hidden_share=tally.hidden_share,
        verified=verified,
    )


@dataclass(frozen=True, slots=True)
class _Targets:
    """What the render writes: the video and the mask's video if wanted; and what proves them."""

    video: Path
    masks: Path | None
    proof: VideoProof


@dataclass(frozen=True, slots=True, eq=False)
class _Composed:
    """A picture as it is to be shown, and its covering where that cannot be made again without the source."""

    picture: Planes
    decision: FrameDecision
    covering: Planes | None


def _render(
    work: Work, analysis: Analysis, pictures: Iterator[_Composed], targets: _Targets, progress: Progress
) -> _Tally:
    """The third pass: compose every frame, say what it must show, and write it."""
    clip, times = work.clip, from_first(analysis.survey.times)
    stream = clip.parts[0].stream
    composed, proof = prefetch(pictures), targets.proof
    kept = visible = 0
    hidden = 0.0
    with ExitStack() as stack:
        stack.enter_context(closing(composed))
        look = Picture(clip.size, stream.aspect, stream.colour)
        video = stack.enter_context(h264_writer(targets.video, look, times, proof.video))
        masks = stack.enter_context(mask_writer(targets.masks, clip.size, times, proof.mask)) if targets.masks else None
        for frame in composed:
            decision = frame.decision
            proof.expect(decision, frame.covering, masked=masks is not None)
            write_planes(video, frame.picture)
            if masks is not None:
                masks.write(mask_picture(decision.live))
            hidden += 1.0 - int(np.count_nonzero(decision.live)) / decision.live.size
            boxes = work.keep.kept_at(decision.frame)
            kept += bool(boxes)
            visible += bool(boxes) and bool(decision.live.any())
            progress("render", decision.frame + 1, len(times))
    return _Tally(hidden / len(times), kept, visible)


def _composed(
    work: Work, analysis: Analysis, line: Caption | None, scratch: Scratch, composer: Composer
) -> Iterator[_Composed]:
    """Every picture as it is to be shown, from what is known of its source: patches where all were stored."""
    with closing(prefetch(VisibilityPass(analysis, work.keep, work.options, line))) as decisions:
        patches = scratch.patches()
        if patches is not None:
            for patch, decision in zip(patches, decisions, strict=True):
                yield _Composed(composer.compose(patch, decision), decision, None)
        else:
            for planes, decision in paired(work.clip, decisions):
                covering = composer.covering(planes, decision.cover) if composer.needs_source else None
                yield _Composed(composer.compose(whole(planes), decision), decision, covering)


def _caption(work: Work, times: Sequence[int]) -> Caption | None:
    if work.options.caption is None:
        return None
    return caption(work.options.caption, work.clip.size.even(), work.keep, times)


class _PartialFile:
    """A file under a temporary name beside its target."""

    def __init__(self, target: Path) -> None:
        self.target = target
        try:
            self.path, descriptor = create_beside(target)
        except OSError as error:
            if (refused := medium_error(error, target)) is not None:
                raise refused from error
            raise RenderFailed(path=target, problem=error.strerror or str(error)) from error
        os.close(descriptor)  # the encoder opens it by its name, which nobody else knew

    def remove(self) -> None:
        if self.path.exists():  # see VideoWriter
            self.path.unlink()

    def settle(self) -> None:
        """Flush the file, give it its name, flush the name."""
        disk = DurableFiles()
        disk.sync_file(self.path)
        self.path.replace(self.target)
        disk.sync_directory(self.target.parent)
