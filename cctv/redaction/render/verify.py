"""Verification that a rendered video shows nothing that it should not.

Compares each hidden block of a decoded picture with its covering, and the packets of the finished file with those that
were decoded (`proof`).  Repairs nothing, and does not rely on what the render reports: live pixels are checked against
the kept boxes, and privacy masks against their polygons.

The source need not be read for that.  A block leaks when it is like the source and unlike the covering: with mean
errors `near` and `error` against these, `near < error / 2` where source and covering are more than `3 / 2 *
_MAX_ERROR_LEVELS` apart.  Means of absolute differences keep the triangle inequality, `apart <= near + error`, so such
a block has `error > _MAX_ERROR_LEVELS` and is refused for that already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.core.i18n import N_
from cctv.redaction.errors import SourceUnreadable, VerifyFailed
from cctv.redaction.render.caption import Caption
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.privacy_masks import BLACK
from cctv.redaction.render.visibility import FrameDecision
from cctv.redaction.render.witness import WitnessReport
from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.tracking.bounds import surroundings
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.video.decoder import Undecodable
from cctv.redaction.video.encoder import from_first
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.packets import Contents, PacketDecoder, StreamHeader, contents_of
from cctv.redaction.video.reader import Clip, Reading, clip_of
from cctv.redaction.video.yuv import Mask, Plane, Planes, doubled

Decided = TypeVar("Decided")
_BLOCK_PIXELS = 8  # pixels each way: a head in the distance is larger
# levels by which a hidden block's mean error may differ from the covering: H.264 at CRF 20 stays below 9
_MAX_ERROR_LEVELS = 16.0
_MIN_MASKED_SHARE = (
    4 / _BLOCK_PIXELS**2
)  # share of a block that lies under a static mask, from which on that must be black
_SAME_TIME_US = 1000  # microseconds


@dataclass(frozen=True, slots=True)
class VisibleClaim:
    """What a render is about: its output is proved against it."""

    clip: Clip
    keep: KeepBoxes
    options: Options
    analysis: Analysis
    caption: Caption | None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was proved of an output.  `worst_error` is the largest mean error of a hidden block, in levels to 255.

    `witness`: what the second witness did.  `masked_pixels` are those under privacy masks, in each frame.
    """

    frames: int
    hidden_blocks: int
    worst_error: float
    live_pixels_outside_kept: int
    audio_streams: int
    witness: WitnessReport
    masked_pixels: int = 0
    masked_pixels_live: int = 0


class FrameCheck:
    """Checks the frames of one result in order, each against what it must show; counts what was proved."""

    def __init__(self, claim: VisibleClaim, output: Path) -> None:
        self._claim, self._output = claim, output
        self._black = _to_be_black(claim)
        self._frames = self._blocks = self._outside = self._uncovered = 0
        self._worst = 0.0

    def kept_at(self, frame: int) -> tuple[Rect, ...]:
        """Where the people who are kept stand in a frame: their boxes as drawn and as the tracks that fit them."""
        return (*self._claim.keep.kept_at(frame), *self._claim.analysis.kept.kept_at(frame))

    def frame(self, decision: FrameDecision, covering: Planes, shown: Planes) -> None:
        """Check a frame; raises VerifyFailed.

        covering: the picture with nothing live.  shown: what was decoded.
        """
        frame, live = decision.frame, decision.live
        if frame != self._frames or shown.size != covering.size:
            problem = N_("frame {frame} came out of the encoder as {size}", frame=self._frames, size=shown.size)
            raise VerifyFailed(path=self._output, problem=problem)
        self._outside += _outside(live, frame, self._claim)
        masked = self._claim.clip.masked
        if masked is not None:
            self._uncovered += 4 * int(np.count_nonzero(live & masked.half))
            _check_covered(shown, self._black, self._output, frame)
        count, error = _hidden_blocks(covering, shown, live, self._output, frame)
        self._blocks, self._worst = self._blocks + count, max(self._worst, error)
        self._frames += 1

    def report(self, witness: WitnessReport) -> VerifyReport:
        """What was proved of all frames; raises VerifyFailed."""
        total, masked = len(self._claim.analysis.survey.times), self._claim.clip.masked
        if self._frames != total:
            _refuse_count(self._output, self._frames, total)
        if self._uncovered:
            problem = N_("{uncovered} live pixels lie under the camera's masks", uncovered=self._uncovered)
            raise VerifyFailed(path=self._output, problem=problem)
        if self._outside:
            problem = N_("{outside} live pixels lie outside of the kept boxes", outside=self._outside)
            raise VerifyFailed(path=self._output, problem=problem)
        pixels = int(np.count_nonzero(masked.full)) if masked is not None else 0
        return VerifyReport(
            total, self._blocks, round(self._worst, 2), self._outside, 0, witness, pixels, self._uncovered
        )


def check_file(
    path: Path, claim: VisibleClaim, header: StreamHeader, proved: PacketDecoder, *, is_mask: bool = False
) -> None:
    """Raises VerifyFailed unless a finished file holds one video, no metadata, and the packets that were proved."""
    contents = _contents(path, may_have_tags=is_mask)  # Matroska notes how long the mask lasts
    result = clip_of([path])
    even = claim.clip.size.even()
    if result.size != even or result.parts[0].stream.turn:
        raise VerifyFailed(
            path=path, problem=N_("its picture is {size} instead of {wanted}", size=result.size, wanted=even)
        )
    expected = from_first(claim.analysis.survey.times)
    if len(contents.packets) != len(expected) or len(proved.digests) != len(expected):
        _refuse_count(path, len(contents.packets), len(expected))
    _check_times(sorted(contents.times), expected, path)
    _check_times(proved.times, expected, path)
    if contents.header != header.digest:
        raise VerifyFailed(path=path, problem=N_("its configuration is not the one that was proved"))
    for number, (found, decoded) in enumerate(zip(contents.packets, proved.digests, strict=True)):
        if found != decoded:
            raise VerifyFailed(
                path=path, problem=N_("its packet {number} is not the one that was proved", number=number)
            )


def paired(clip: Clip, decisions: Iterable[Decided]) -> Iterator[tuple[Planes, Decided]]:
    """Each picture of a clip with its decision; raises SourceUnreadable when the clip has changed since the survey."""
    try:
        yield from zip(Reading(clip), decisions, strict=True)
    except ValueError as error:
        if "zip()" not in str(error):
            raise
        raise SourceUnreadable(
            path=clip.path,
            problem=N_("it has another number of frames than a moment ago"),
            following=N_("wait until nothing writes to the file, then run the command again."),
        ) from error


def mask_picture(live: Mask) -> Plane:
    """A frame of MASK.mkv, of the even size, uint8: 0 = live, 255 = hidden."""
    return np.where(doubled(live), np.uint8(0), np.uint8(255))


def _refuse_count(output: Path, count: int, total: int) -> NoReturn:
    raise VerifyFailed(path=output, problem=N_("it has {count} frames instead of {total}", count=count, total=total))


def _outside(live: Mask, frame: int, claim: VisibleClaim) -> int:
    """Live pixels far from every kept box (backdrop mode), inside of a hide box or where the backdrop was covered.

    The track that fits a kept box takes its place, and never leaves the surroundings of what was drawn.
    """
    half = Size(live.shape[1], live.shape[0])
    forbidden = np.full(live.shape, claim.options.mode is Mode.BACKDROP)
    for path in claim.keep.keep:
        bounds = surroundings(path, frame, Rect(0, 0, 2 * half.width, 2 * half.height))
        if bounds is not None:
            forbidden[outer(bounds.scaled(0.5), half).slices()] = False
    for box in (*claim.keep.hidden_at(frame), *claim.analysis.kept.hidden_at(frame)):
        forbidden[outer(box.scaled(0.5), half).slices()] = True
    covered = claim.analysis.survey.backdrops[claim.analysis.stretch[frame]].covered
    if covered is not None:
        forbidden |= covered
    return 4 * int(np.count_nonzero(live & forbidden))


def _hidden_blocks(cover: Planes, shown: Planes, live: Mask, output: Path, frame: int) -> tuple[int, float]:
    """Number of wholly hidden blocks and their worst mean error; raises VerifyFailed for a block that is off."""
    hidden = _blocks_without(live)
    if not hidden.any():
        return 0, 0.0
    error = _block_errors(shown.y, cover.y)
    off = hidden & (error > _MAX_ERROR_LEVELS)
    if off.any():
        row, column = (int(n) * _BLOCK_PIXELS for n in np.argwhere(off)[0])
        raise VerifyFailed(
            path=output,
            problem=N_(
                "frame {frame} shows at ({column}, {row}) what should be hidden", frame=frame, column=column, row=row
            ),
        )
    return int(np.count_nonzero(hidden)), float(error[hidden].max())


def _blocks_without(live: Mask) -> Mask:
    """True for each block in which no pixel is live."""
    filled = _filled(live.view(np.uint8), _BLOCK_PIXELS // 2)
    quads = filled.view(np.uint32)  # a block's half-size row is four bytes
    return np.asarray(np.bitwise_or.reduce(quads.reshape(-1, _BLOCK_PIXELS // 2, quads.shape[1]), axis=1) == 0)


def _block_errors(first: Plane, second: Plane) -> NDArray[np.float32]:
    """The mean difference of each block, to a sixteenth of a level."""
    apart = _filled(_apart(first, second), _BLOCK_PIXELS)
    sums = apart.reshape(-1, _BLOCK_PIXELS, apart.shape[1]).sum(axis=1, dtype=np.uint16)
    means = cv2.resize(sums, (apart.shape[1] // _BLOCK_PIXELS, sums.shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32) / np.float32(_BLOCK_PIXELS)


def _to_be_black(claim: VisibleClaim) -> Mask:
    """The pixels (full size) that must be black in every frame: the privacy masks, less what the caption covers."""
    even = claim.clip.size.even()
    masked = claim.clip.masked
    black = np.zeros((even.height, even.width), np.bool_) if masked is None else masked.full.copy()
    if claim.caption is not None:
        black[claim.caption.rect.slices()] = False
    return black


def _check_covered(shown: Planes, black: Mask, output: Path, frame: int) -> None:
    """Raises VerifyFailed for a block whose masked pixels are not black in the mean."""
    share = _block_mean(black.view(np.uint8))
    error = _block_mean(np.where(black, _apart(shown.y, np.full_like(shown.y, BLACK[0])), np.uint8(0)))
    off = (share >= _MIN_MASKED_SHARE) & (error > _MAX_ERROR_LEVELS * share)
    if off.any():
        row, column = (int(n) * _BLOCK_PIXELS for n in np.argwhere(off)[0])
        raise VerifyFailed(
            path=output,
            problem=N_(
                "frame {frame} is not covered at ({column}, {row}), under a mask", frame=frame, column=column, row=row
            ),
        )


def _apart(first: Plane, second: Plane) -> Plane:
    return np.asarray(cv2.absdiff(first, second), np.uint8)


def _block_mean(plane: Plane) -> NDArray[np.float32]:
    """The mean of each block, exactly."""
    whole = _filled(plane, _BLOCK_PIXELS).astype(np.float32)
    size = whole.shape[1] // _BLOCK_PIXELS, whole.shape[0] // _BLOCK_PIXELS
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)


def _filled(plane: Plane, block: int) -> Plane:
    """A plane of whole blocks: those that the picture's right or lower edge cuts off are filled up with that edge."""
    below, beside = (-length % block for length in plane.shape)
    if below or beside:
        return np.asarray(cv2.copyMakeBorder(plane, 0, below, 0, beside, cv2.BORDER_REPLICATE), np.uint8)
    return np.ascontiguousarray(plane)


def _contents(output: Path, *, may_have_tags: bool = False) -> Contents:
    """What a finished file holds; raises VerifyFailed unless it is one video, without metadata where that matters."""
    try:
        contents = contents_of(output)
    except Undecodable as error:
        raise VerifyFailed(path=output, problem=N_("it is no video ({error})", error=error)) from error
    if contents.kinds != ("video",):
        raise VerifyFailed(
            path=output,
            problem=N_("it holds {kinds} instead of one video", kinds=", ".join(contents.kinds) or N_("nothing")),
        )
    if contents.tags and not may_have_tags:
        raise VerifyFailed(path=output, problem=N_("it carries metadata ({tags})", tags=", ".join(contents.tags)))
    return contents


def _check_times(shown: Sequence[int], expected: tuple[int, ...], output: Path) -> None:
    for frame, (shown_time, expected_time) in enumerate(zip(shown, expected, strict=True)):
        if abs(shown_time - expected_time) > _SAME_TIME_US:
            raise VerifyFailed(
                path=output,
                problem=N_(
                    "frame {frame} stands at {one} us instead of {other} us",
                    frame=frame,
                    one=shown_time,
                    other=expected_time,
                ),
            )
