"""Verification that a rendered video shows nothing that it should not.

Decodes the result and compares each hidden block with its covering.  Repairs nothing, and does not rely on what the
render reports: live pixels are checked against the kept boxes, and privacy masks against their polygons.

The source need not be read for that.  A block leaks when it is like the source and unlike the covering: with mean
errors `near` and `error` against these, `near < error / 2` where source and covering are more than `3 / 2 *
_MAX_ERROR_LEVELS` apart.  Means of absolute differences keep the triangle inequality, `apart <= near + error`, so such
a block has `error > _MAX_ERROR_LEVELS` and is refused for that already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.core.i18n import N_
from cctv.redaction.errors import SourceUnreadable, VerifyFailed
from cctv.redaction.progress import Progress
from cctv.redaction.render.caption import Caption
from cctv.redaction.render.compositor import Composer
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.privacy_masks import BLACK
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.tracking.bounds import surroundings
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.video.encoder import from_first
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.parallel import prefetch
from cctv.redaction.video.reader import Clip, Reading, clip_of
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import Mask, Plane, Planes, doubled

Decided = TypeVar("Decided")
_BLOCK_PIXELS = 8  # pixels each way: a head in the distance is larger
# levels by which a hidden block's mean error may differ from the covering: H.264 at CRF 20 stays below 9
_MAX_ERROR_LEVELS = 16.0
_MIN_MASKED_SHARE = (
    4 / _BLOCK_PIXELS**2
)  # share of a block that lies under a static mask, from which on that must be black
_SAME_TIME_US = 1000  # microseconds
_KNOWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "language", "handler_name", "vendor_id", "encoder"}


@dataclass(frozen=True, slots=True)
class VisibleClaim:
    """What a render reports: to be proved against its output.  `live` holds every frame's half-size mask."""

    clip: Clip
    keep: KeepBoxes
    options: Options
    analysis: Analysis
    caption: Caption | None
    live: MaskSpool


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was proved of an output.  `worst_error` is the largest mean error of a hidden block, in levels to 255.

    `masked_pixels` are those under privacy masks, in each frame.
    """

    frames: int
    hidden_blocks: int
    worst_error: float
    live_pixels_outside_kept: int
    audio_streams: int
    masked_pixels: int = 0
    masked_pixels_live: int = 0


def verify(claim: VisibleClaim, output: Path, mask_output: Path | None, progress: Progress) -> VerifyReport:
    """Prove an output; raises VerifyFailed (15), and the caller removes the output then."""
    _check_streams(output)
    result = clip_of([output])
    if result.size != claim.clip.size.even():
        raise VerifyFailed(
            path=output,
            problem=N_("its picture is {size} instead of {wanted}", size=result.size, wanted=claim.clip.size.even()),
        )
    blocks, worst, outside, uncovered = 0, 0.0, 0, 0
    masked = claim.clip.masked
    reading = Reading(result)
    composer = Composer(claim.analysis.survey.backdrops, claim.options, claim.caption, masked)
    covered = _to_be_black(claim)
    total = len(claim.analysis.survey.times)
    covers, pictures = prefetch(_covers(claim, composer)), _all(reading, total, output)
    for frame, (cover, shown) in enumerate(zip(covers, pictures, strict=True)):
        live = claim.live[frame]
        outside += _outside(live, frame, claim)
        if masked is not None:
            uncovered += 4 * int(np.count_nonzero(live & masked.half))
            _check_covered(shown, covered, output, frame)
        count, error = _hidden_blocks(cover, shown, live, output, frame)
        blocks, worst = blocks + count, max(worst, error)
        progress("verify", frame + 1, total)
    _check_times(reading.times, from_first(claim.analysis.survey.times), output)
    if mask_output is not None:
        _check_mask(claim, mask_output)
    if uncovered:
        raise VerifyFailed(
            path=output, problem=N_("{uncovered} live pixels lie under the camera's masks", uncovered=uncovered)
        )
    if outside:
        raise VerifyFailed(
            path=output, problem=N_("{outside} live pixels lie outside of the kept boxes", outside=outside)
        )
    pixels = int(np.count_nonzero(masked.full)) if masked is not None else 0
    return VerifyReport(total, blocks, round(worst, 2), outside, 0, pixels, uncovered)


def _covers(claim: VisibleClaim, composer: Composer) -> Iterator[Planes]:
    """For each frame the picture in which nothing is live; the source is read only for fills that depend on it."""
    covers = VisibilityPass(claim.analysis, claim.keep, claim.options, claim.caption).covers()
    if composer.needs_source:
        yield from (composer.covering(source, cover) for source, cover in paired(claim.clip, covers))
    else:
        yield from (composer.covering(None, cover) for cover in covers)


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


def _all(reading: Reading, total: int, output: Path) -> Iterator[Planes]:
    count = 0
    for planes in reading:
        count += 1
        if count <= total:
            yield planes
    if count != total:
        raise VerifyFailed(
            path=output, problem=N_("it has {count} frames instead of {total}", count=count, total=total)
        )


def _outside(live: Mask, frame: int, claim: VisibleClaim) -> int:
    """Live pixels far from every kept box (backdrop mode), inside of a hide box or where the backdrop was covered.

    A kept box is propagated by the subject's region, and never leaves the surroundings of what was drawn.
    """
    half = Size(live.shape[1], live.shape[0])
    forbidden = np.full(live.shape, claim.options.mode is Mode.BACKDROP)
    for path in claim.keep.keep:
        bounds = surroundings(path, frame, Rect(0, 0, 2 * half.width, 2 * half.height))
        if bounds is not None:
            forbidden[outer(bounds.scaled(0.5), half).slices()] = False
    for box in _hidden(claim, frame, Rect(0, 0, 2 * half.width, 2 * half.height)):
        forbidden[outer(box.scaled(0.5), half).slices()] = True
    covered = claim.analysis.survey.backdrops[claim.analysis.stretch[frame]].covered
    if covered is not None:
        forbidden |= covered
    return 4 * int(np.count_nonzero(live & forbidden))


def _hidden(claim: VisibleClaim, frame: int, picture: Rect) -> Iterator[Rect]:
    """Each hide box of a frame as it was propagated; as it was drawn where that does not bear out the other."""
    for drawn, carried in zip(claim.keep.hide, claim.analysis.kept.hide, strict=True):
        box, bounds = carried.box_at(frame), surroundings(drawn, frame, picture)
        line = drawn.box_at(frame)
        within = box is not None and bounds is not None and box.overlap(bounds) >= 0.999 * box.area
        exact = all(key.frame != frame or key.box == box for key in drawn.keyframes)
        if box is not None and within and exact:
            yield box
        elif line is not None:
            yield line


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


def _check_streams(output: Path) -> None:
    """Raises VerifyFailed unless the file holds one video and no metadata."""
    try:
        with av.open(f"file:{output}") as container:
            kinds = [stream.type for stream in container.streams]
            tags = {*container.metadata, *(tag for stream in container.streams.video for tag in stream.metadata)}
            more = sorted(tags - _KNOWN_TAGS) + ["chapters"] * bool(container.chapters())
    except (av.error.FFmpegError, OSError) as error:
        raise VerifyFailed(path=output, problem=N_("it is no video ({error})", error=error)) from error
    if kinds != ["video"]:
        raise VerifyFailed(
            path=output,
            problem=N_("it holds {kinds} instead of one video", kinds=", ".join(kinds) or N_("nothing")),
        )
    if more:
        raise VerifyFailed(path=output, problem=N_("it carries metadata ({tags})", tags=", ".join(more)))


def _check_times(shown: list[int], expected: tuple[int, ...], output: Path) -> None:
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


def _check_mask(claim: VisibleClaim, mask_output: Path) -> None:
    """Raises VerifyFailed unless the mask file holds exactly what was live, in every frame."""
    clip = clip_of([mask_output])
    reading = Reading(clip)
    total = len(claim.live)
    for frame, planes in enumerate(_all(reading, total, mask_output)):
        expected = mask_picture(claim.live[frame])
        seen = planes.y >= 128
        if not np.array_equal(seen, expected == 255):
            raise VerifyFailed(
                path=mask_output, problem=N_("frame {frame} of the mask is not what was rendered", frame=frame)
            )
    _check_times(reading.times, from_first(claim.analysis.survey.times), mask_output)
