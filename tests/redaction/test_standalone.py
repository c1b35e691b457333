"""Redacting a file from elsewhere, end to end."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from scenes import HEIGHT, WIDTH, Person, Scene, heads_visible, keep_of, luma, probe, share_visible, times, walk, write

from cctv.core.errors import CctvError, Exit
from cctv.redaction.background.inpaint import Fill
from cctv.redaction.errors import InputMissing, InsideStorage, KeepRefused, OutputRefused
from cctv.redaction.render.options import Mode, Options, Others
from cctv.redaction.standalone import FileRedaction, redact_file
from cctv.redaction.video.encoder import Picture, h264_writer
from cctv.redaction.video.geometry import Size

pytestmark = pytest.mark.slow

MASK = Options(Mode.MASK, caption=None)
BACKDROP = Options(Mode.BACKDROP)
LEFT = Person(walk(20, 5))
RIGHT = Person(walk(300, -5, 206), luma=200, u=150, v=100)


@pytest.fixture(scope="module")
def crossing(tmp_path_factory):
    return write(tmp_path_factory.mktemp("clips") / "crossing.mp4", Scene([LEFT, RIGHT]), audio=False)


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir())


def test_mask_mode_hides_every_head_and_little_else(desk, crossing):
    desk.redact(crossing, MASK)

    mask = desk.mask_frames()
    assert heads_visible(mask, [LEFT, RIGHT]) == []
    assert (mask >= 128).mean() < 0.25
    assert set(np.unique(mask)) <= {0, 255}


@pytest.mark.parametrize("options", [MASK, BACKDROP])
def test_a_crossing_shows_the_subject_and_nobody_else(desk, crossing, options):
    desk.redact(crossing, options, keep_of(desk.folder / "keep.json", LEFT))

    mask = desk.mask_frames()
    assert heads_visible(mask, [RIGHT]) == []
    assert share_visible(mask, LEFT) > 0.5


def test_hide_boxes_win_over_keep_boxes(desk, crossing):
    desk.redact(crossing, BACKDROP, keep_of(desk.folder / "keep.json", LEFT, [LEFT]))

    assert (desk.mask_frames() == 255).all()


def test_without_keep_backdrop_mode_shows_no_live_pixel(desk, crossing):
    report = desk.redact(crossing, BACKDROP)

    assert (desk.mask_frames() == 255).all()
    assert report.render.verified.live_pixels_outside_kept == 0


@pytest.mark.parametrize("mode", list(Mode))
def test_a_span_with_nobody_in_it_is_the_empty_scene_and_loses_nothing(desk, mode):
    source = write(desk.folder / "in.mp4", Scene(frames=30))

    report = desk.redact(source, Options(mode, caption=None))

    hidden = (desk.mask_frames() == 255).mean()
    assert hidden < 0.01 if mode is Mode.MASK else hidden == 1
    assert report.render.frames_kept == report.render.people_in_backdrops == 0
    assert np.abs(luma(source).astype(int) - luma(desk.output)).mean() < 4  # no shape, no grey: the scene itself


def test_colours_that_a_camera_leaves_reserved_are_not_told_on(desk):
    colours = "h264_metadata=colour_primaries=3:transfer_characteristics=0:matrix_coefficients=0"
    source = write(desk.folder / "in.mp4", Scene(frames=3), "-c:v", "libx264", "-bsf:v", colours)

    desk.redact(source, BACKDROP)

    (told,) = probe(desk.output, "stream=color_space,color_primaries,color_transfer")["streams"]
    assert set(told.values()) <= {"unknown"}


@pytest.mark.parametrize("fill", list(Fill))
def test_every_fill_replaces_what_the_mask_hides_and_keeps_what_it_shows(desk, crossing, fill):
    desk.redact(crossing, Options(Mode.MASK, fill, caption=None))

    source, shown, hidden = luma(crossing), luma(desk.output), desk.mask_frames() == 255
    frame = 20
    error = np.abs(source[frame].astype(int) - shown[frame])
    assert error[~hidden[frame]].mean() < 4
    assert error[hidden[frame]].mean() > 8


@pytest.mark.parametrize("others", list(Others))
def test_others_are_shapes_or_absent(desk, crossing, others):
    desk.redact(crossing, Options(Mode.BACKDROP, others=others, caption=None))

    grey = np.abs(luma(desk.output)[10].astype(int) - 140) < 7
    assert bool(grey[130:200, 60:80].mean() > 0.7) is (others is Others.SHAPE)


def test_sound_and_metadata_are_dropped(desk):
    source = write(
        desk.folder / "in.mp4",
        Scene([LEFT], frames=30),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"),
        *("-metadata", "title=secret", "-metadata", "comment=secret", "-metadata", "location=+51+3/"),
        audio=True,
    )

    desk.redact(source, MASK)

    said = json.dumps(probe(desk.output, "stream=codec_type:stream_tags:format_tags"))
    assert "audio" not in said
    assert "secret" not in said
    assert "+51" not in said
    assert "libx264" not in said
    assert b"x264" not in desk.output.read_bytes()


@pytest.mark.parametrize("codec", ["libx265", "mpeg4", "mjpeg"])
def test_other_codecs_are_read(desk, codec):
    more = ("-x265-params", "log-level=error") if codec == "libx265" else ("-q:v", "2")
    source = write(desk.folder / "in.mkv", Scene([LEFT], frames=20), "-c:v", codec, *more)

    report = desk.redact(source, MASK)

    assert report.render.frames == 20
    assert heads_visible(desk.mask_frames(), [LEFT]) == []


@pytest.mark.parametrize(("width", "height"), [(321, 241), (320, 241), (95, 63)])
def test_odd_sizes_become_even_as_every_player_needs_them(desk, width, height):
    person = Person(walk(10, 4, 60), w=12, h=36)
    source = write(desk.folder / "in.mkv", Scene([person], 20, width, height), "-c:v", "libx264", "-pix_fmt", "yuv444p")

    desk.redact(source, Options(Mode.BACKDROP), keep_of(desk.folder / "keep.json", person, frames=20))

    wide, high = width + width % 2, height + height % 2
    for path in (desk.output, desk.mask):
        stream = probe(path, "stream=width,height,pix_fmt")["streams"][0]
        assert (stream["width"], stream["height"]) == (wide, high)
        assert stream["pix_fmt"] in ("yuv420p", "gray")
    assert desk.mask_frames(wide, high).shape == (20, high, wide)


def test_a_variable_frame_rate_keeps_its_times(desk):
    uneven = "setpts='(N+0.7*mod(N,3)+4*gte(N,12))/10/TB'"
    source = write(
        desk.folder / "in.mkv",
        Scene([LEFT], frames=30),
        *(
            "-vf",
            uneven,
            "-fps_mode",
            "passthrough",
            "-enc_time_base",
            "1:1000",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-bf",
            "2",
        ),
    )

    desk.redact(source, MASK)

    assert len(set(np.diff(times(source)).round(3))) > 2
    assert np.allclose(times(desk.output), times(source), atol=0.001)
    assert np.allclose(times(desk.mask), times(source), atol=0.001)


def test_a_later_start_becomes_0_as_players_would_wait_for_it(desk):
    source = write(desk.folder / "in.ts", Scene([LEFT], frames=20))

    desk.redact(source, MASK)

    assert times(source)[0] > 1
    assert np.allclose(times(desk.output), np.array(times(source)) - times(source)[0], atol=0.001)


def test_a_turned_picture_is_redacted_as_it_is_displayed(desk):
    flat = write(desk.folder / "flat.mp4", Scene([LEFT], frames=20))
    turned = desk.folder / "turned.mp4"

    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", flat, "-c", "copy", "-metadata:s:v", "rotate=90", turned], check=True
    )

    desk.redact(turned, MASK)

    stream = probe(desk.mask, "stream=width,height")["streams"][0]
    assert (stream["width"], stream["height"]) == (HEIGHT, WIDTH)


def test_a_single_frame_is_hidden_throughout(desk):
    source = write(desk.folder / "in.mp4", Scene([LEFT], frames=1))

    report = desk.redact(source, MASK)

    assert (desk.mask_frames() == 255).all()
    assert report.warnings


def test_an_empty_scene_stays_live(desk):
    desk.redact(write(desk.folder / "in.mp4", Scene(frames=30)), MASK)

    assert (desk.mask_frames() == 255).mean() < 0.01


def test_somebody_who_stands_still_half_of_the_time_is_hidden(desk):
    person = Person(lambda frame: (40 + 5 * min(frame, 20), 200) if frame < 45 else (140 + 5 * (frame - 45), 200))

    desk.redact(write(desk.folder / "in.mp4", Scene([person])), MASK)

    assert heads_visible(desk.mask_frames(), [person]) == []


def test_a_subject_who_stands_still_stays_visible(desk):
    person = Person(lambda frame: (min(40 + 5 * frame, 140), 200))

    source = write(desk.folder / "in.mp4", Scene([person]))
    desk.redact(source, BACKDROP, keep_of(desk.folder / "keep.json", person))

    assert share_visible(desk.mask_frames(), person) > 0.9


@pytest.mark.parametrize(
    "light", [lambda frame: 45.0 if frame >= 30 else 0.0, lambda frame: 0.6 * frame], ids=["lamp", "dusk"]
)
def test_a_change_of_light_hides_people_and_not_the_scene(desk, light):
    person = Person(walk(20, 5))

    desk.redact(write(desk.folder / "in.mp4", Scene([person], light=light)), MASK)

    mask = desk.mask_frames()
    assert heads_visible(mask, [person]) == []
    assert (mask == 255).mean() < 0.3


def test_a_torn_file_is_refused_and_leaves_nothing(desk):
    whole = write(desk.folder / "whole.mkv", Scene([LEFT], frames=30))
    torn = desk.folder / "torn.mkv"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])

    with pytest.raises(CctvError) as refused:
        desk.redact(torn, MASK)

    assert refused.value.exit_code is Exit.UNREADABLE
    assert left_behind(desk.folder) == ["torn.mkv", "whole.mkv"]


@pytest.mark.parametrize("name", ["in.avi", "in.mp4", "frag.mp4"])
def test_a_file_cut_short_is_refused_in_every_container(desk, name):
    fragments = ("-movflags", "frag_keyframe+empty_moov", "-g", "10") if name == "frag.mp4" else ()
    plain = ("-movflags", "+faststart") if name == "in.mp4" else ()
    codec = ("-c:v", "mpeg4", "-q:v", "3") if name == "in.avi" else ("-c:v", "libx264", "-preset", "ultrafast")
    source = write(desk.folder / name, Scene([LEFT], frames=40), *codec, *fragments, *plain)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])

    with pytest.raises(CctvError) as refused:
        desk.redact(source, MASK)

    assert refused.value.exit_code is Exit.UNREADABLE
    assert left_behind(desk.folder) == [name]


def test_spoiled_bytes_are_refused(desk):
    source = write(desk.folder / "in.mp4", Scene([LEFT], frames=40))
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(range(200)) * 2
    source.write_bytes(data)

    with pytest.raises(CctvError) as refused:
        desk.redact(source, MASK)

    assert refused.value.exit_code is Exit.UNREADABLE


def test_a_text_file_is_not_a_video(desk):
    text = desk.folder / "in.mp4"
    text.write_text("not a video")

    with pytest.raises(CctvError) as refused:
        desk.redact(text, MASK)

    assert refused.value.exit_code is Exit.UNREADABLE


def test_footage_of_a_site_is_refused_even_through_a_link(desk, crossing):
    storage = desk.folder / "storage" / "segments"
    storage.mkdir(parents=True)
    (desk.folder / "storage" / "site.json").write_text("{}")
    (storage / "a.mp4").write_bytes(crossing.read_bytes())
    link = desk.folder / "innocent.mp4"
    link.symlink_to(storage / "a.mp4")

    for path in (storage / "a.mp4", link):
        with pytest.raises(InsideStorage) as refused:
            desk.redact(path, MASK)
        assert refused.value.exit_code is Exit.NOT_PERMITTED
    assert not desk.output.exists()


def test_an_interrupted_render_leaves_nothing(desk, crossing):
    def interrupt(step, done, _total):
        if (step, done) == ("render", 10):
            raise KeyboardInterrupt

    request = FileRedaction(crossing, desk.output, MASK, None, desk.mask)
    with pytest.raises(KeyboardInterrupt):
        redact_file(request, interrupt)

    assert left_behind(desk.folder) == []


def test_bad_paths_are_refused(desk, crossing):
    def attempt(source, output, mask=None, force=False):
        redact_file(FileRedaction(source, output, MASK, None, mask, force), lambda *_: None)

    existing = desk.folder / "there.mp4"
    existing.write_bytes(b"")
    with pytest.raises(InputMissing):
        attempt(desk.folder / "absent.mp4", desk.output)
    for output, mask in [
        (existing, None),
        (desk.folder / "no" / "out.mp4", None),
        (desk.folder / "out.txt", None),
        (desk.output, desk.folder / "mask.mp4"),
        (desk.output, desk.output),
    ]:
        with pytest.raises(OutputRefused) as refused:
            attempt(crossing, output, mask)
        assert refused.value.exit_code is Exit.USAGE
    with pytest.raises(OutputRefused):
        attempt(crossing, crossing, force=True)


def test_keyframes_past_the_end_are_refused_before_anything_is_written(desk, crossing):
    keep = keep_of(desk.folder / "keep.json", LEFT, frames=80)

    with pytest.raises(KeepRefused):
        desk.redact(crossing, MASK, keep)

    assert left_behind(desk.folder) == ["keep.json"]


def test_a_child_who_passes_in_front_is_never_seen(desk):
    subject = Person(walk(20, 2.3))
    child = Person(walk(300, -2.3), luma=180, u=140, w=14, h=38)
    source = write(desk.folder / "in.mp4", Scene([subject, child], frames=110))

    desk.redact(source, BACKDROP, keep_of(desk.folder / "keep.json", subject, frames=110, step=20))

    assert heads_visible(desk.mask_frames(), [child]) == []
    assert share_visible(desk.mask_frames(), subject) > 0.7


@pytest.mark.parametrize("frames", [37, 38, 39, 40, 41, 42])
def test_the_last_frame_is_played_however_frames_were_reordered(tmp_path, frames):
    moving = [Person(lambda frame, start=start: (start + 7 * frame % 300, 200)) for start in (0, 90, 180)]
    pictures = Scene(moving, frames=frames, noise=8).pictures()
    moments = [40_000 * number for number in range(frames)]

    with h264_writer(tmp_path / "out.mp4", Picture(Size(WIDTH, HEIGHT)), moments) as video:
        for planes in pictures:
            video.write(*planes)

    assert np.allclose(times(tmp_path / "out.mp4"), [moment / 1e6 for moment in moments], atol=0.001)
