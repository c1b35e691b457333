"""Static masks: what a camera's polygons hide is seen in no picture, whatever is kept and in whichever mode."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from crops import thumbnails
from scenes import HEIGHT, WIDTH, Person, Scene, keep_of, luma, share_visible, walk, write

from cctv.redaction.background.inpaint import Fill
from cctv.redaction.background.model import Backdrop
from cctv.redaction.background.survey import survey
from cctv.redaction.errors import VerifyFailed
from cctv.redaction.render.compositor import Composer
from cctv.redaction.render.options import Mode, Options, Others
from cctv.redaction.render.privacy_masks import MaskedArea, masked_area
from cctv.redaction.render.render import Work, redact
from cctv.redaction.render.visibility import Cover, VisibilityPass
from cctv.redaction.review.sheet.thumbnails import backdrop_picture, bgr
from cctv.redaction.tracking.annotations import NOTHING_KEPT, read_keep
from cctv.redaction.tracking.tracks import Track, TrackBoundary
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import Reading, clip_of
from cctv.redaction.video.yuv import Planes

pytestmark = pytest.mark.slow

SUBJECT = Person(walk(20, 5))
ACROSS = ((25.0, 45.0), (62.0, 45.0), (62.0, 70.0), (25.0, 70.0))  # over the body of whoever walks behind it
CORNER = ((70.0, 0.0), (100.0, 0.0), (100.0, 60.0))
MASKS = (ACROSS, CORNER)
AREA = masked_area(MASKS, Size(WIDTH, HEIGHT))
EDGE = 24  # levels that H.264 may leave of the bright side of an edge
EVERY_MODE = [
    Options(Mode.BACKDROP),
    Options(Mode.BACKDROP, others=Others.SHAPE, caption=None),
    *(Options(Mode.MASK, fill, caption=None) for fill in Fill),
]


def silent(_step: str, _done: int, _of: int) -> None:
    pass


@pytest.fixture(scope="module")
def walker(tmp_path_factory):
    return write(tmp_path_factory.mktemp("clips") / "walker.mp4", Scene([SUBJECT]))


def work(desk, source, options, masks=MASKS):
    keep = read_keep(keep_of(desk.folder / "keep.json", SUBJECT))
    return Work(replace(clip_of([source]), masks=masks), keep, options, desk.output, desk.mask)


@pytest.mark.parametrize("options", EVERY_MODE)
def test_a_mask_over_the_kept_subject_stays_black_in_every_mode(desk, walker, options):
    assert AREA is not None
    report = redact(work(desk, walker, options), silent)

    shown, hidden = luma(desk.output).astype(int), desk.mask_frames() == 255
    black = AREA.full.copy()
    if options.caption:
        black[HEIGHT - HEIGHT // 8 :] = False  # the line stands at the bottom, and may lie over a mask
    assert hidden[:, AREA.full].all()
    assert shown[:, black].max() < 16 + EDGE
    assert report.verified.masked_pixels == np.count_nonzero(AREA.full) > 0
    assert report.verified.masked_pixels_live == 0
    assert luma(walker)[:, black].min(axis=1).max() > 30  # the source is bright there


def test_beside_the_mask_the_subject_is_shown_as_without_it(desk, walker):
    options = Options(Mode.BACKDROP, caption=None)
    corner = (((90.0, 0.0), (100.0, 0.0), (100.0, 40.0)),)

    redact(work(desk, walker, options, ()), silent)
    without = share_visible(desk.mask_frames(), SUBJECT)
    redact(work(desk, walker, options, corner), silent)

    assert share_visible(desk.mask_frames(), SUBJECT) >= without - 0.05 > 0.8


def test_a_changing_light_is_understood_beside_a_large_mask(desk):
    dimming = write(desk.folder / "in.mp4", Scene([SUBJECT], light=lambda frame: -50 * frame / 60))
    half = (((40.0, 0.0), (100.0, 0.0), (100.0, 100.0), (40.0, 100.0)),)

    report = redact(work(desk, dimming, Options(Mode.MASK, caption=None), half), silent)

    assert report.frames_unknown_light == 0
    assert (desk.mask_frames()[:, :, :120] == 255).mean() < 0.2


def test_a_mask_over_everything_hides_everything(desk, walker):
    whole = (((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)),)

    redact(work(desk, walker, Options(Mode.MASK, caption=None), whole), silent)

    assert (desk.mask_frames() == 255).all()
    assert luma(desk.output).max() < 16 + EDGE


def test_backdrops_and_pictures_for_the_sheet_are_masked(walker):
    assert AREA is not None
    clip = replace(clip_of([walker]), masks=MASKS)

    found = survey(clip, NOTHING_KEPT, silent, elsewhere=[clip_of([walker])])
    boxes = tuple(box.scaled(0.5) for frame in range(15, 31) if (box := SUBJECT.box(frame)) is not None)
    track = Track(1, 15, boxes, TrackBoundary.APPEARED, TrackBoundary.VANISHED)

    (backdrop,) = found.backdrops
    assert (backdrop.planes.y[AREA.full] == 16).all()
    assert backdrop_picture(backdrop)[AREA.full].max() == 0
    assert all((bgr(planes)[AREA.full] == 0).all() for planes in Reading(clip))
    behind = thumbnails(clip, [track])[track.id]
    assert len(behind) == 3
    assert all((one.picture.max(axis=2) < 4).mean() > 0.1 for one in behind)


def test_a_render_that_leaves_a_mask_open_is_caught_and_removed(desk, walker, monkeypatch):
    def forget(_self: MaskedArea, _planes: Planes) -> None:
        pass

    monkeypatch.setattr(MaskedArea, "cover", forget)
    with pytest.raises(VerifyFailed, match="under a mask"):
        redact(work(desk, walker, Options(Mode.BACKDROP, caption=None)), silent)
    assert not desk.output.exists()


def test_live_pixels_under_a_mask_are_caught_though_they_are_black(desk, walker, monkeypatch):
    def analysed_without(analysis, *rest):
        return VisibilityPass(replace(analysis, masked=None), *rest)

    monkeypatch.setattr("cctv.redaction.render.render.VisibilityPass", analysed_without)
    with pytest.raises(VerifyFailed, match="live pixels lie under the camera's masks"):
        redact(work(desk, walker, Options(Mode.BACKDROP, caption=None)), silent)
    assert not desk.output.exists()


def test_a_shape_for_somebody_else_never_lies_over_a_mask():
    assert AREA is not None
    planes = Planes(np.full((HEIGHT, WIDTH), 90, np.uint8), *np.full((2, HEIGHT // 2, WIDTH // 2), 128, np.uint8))
    everywhere = np.ones((HEIGHT // 2, WIDTH // 2), np.bool_)
    backdrop = Backdrop(planes, planes.stacked(), everywhere, ~everywhere, 40)
    composer = Composer((backdrop,), Options(Mode.BACKDROP, others=Others.SHAPE, caption=None), None, AREA)

    covering = composer.covering(planes, Cover(everywhere, 0))

    assert (covering.y[AREA.full] == 16).all()


@pytest.mark.parametrize("size", [Size(320, 240), Size(321, 239), Size(7, 5), Size(1920, 1080)])
def test_an_edge_hides_every_pixel_that_it_touches(size):
    left_half = masked_area((((0.0, 0.0), (50.1, 0.0), (50.1, 100.0), (0.0, 100.0)),), size)
    assert left_half is not None
    touched = int(np.ceil(0.501 * size.width))

    assert left_half.full.shape == (size.even().height, size.even().width)
    assert left_half.full[:, :touched].all()
    assert not left_half.full[:, touched + 4 :].any()


def test_a_polygon_that_crosses_itself_has_no_hole():
    star = tuple(
        (50 + 40 * float(np.sin(turn)), 50 - 40 * float(np.cos(turn))) for turn in np.arange(5) * 4 * np.pi / 5
    )
    area = masked_area((star,), Size(WIDTH, HEIGHT))

    assert area is not None
    assert area.full[HEIGHT // 2, WIDTH // 2]


def test_a_sliver_thinner_than_a_pixel_still_hides():
    area = masked_area((((0.0, 50.0), (100.0, 50.0), (100.0, 50.01)),), Size(WIDTH, HEIGHT))

    assert area is not None
    assert area.full[HEIGHT // 2].all()
    assert area.full.mean() < 0.05


def test_without_masks_nothing_is_covered():
    assert masked_area((), Size(WIDTH, HEIGHT)) is None
