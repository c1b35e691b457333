"""A finished video is proved anew, and one that is not what the render claims never gets its name.

The render is real; somebody changes the claim before it, a packet on its way, or the finished video or mask.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scenes import Person, Scene, keep_of, luma, walk, write

from cctv.redaction.background.inpaint import Fill
from cctv.redaction.errors import SourceUnreadable, VerifyFailed
from cctv.redaction.render import render
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.proof import PacketProof, VideoProof
from cctv.redaction.render.render import Work, redact
from cctv.redaction.render.verify import VisibleClaim, mask_picture, paired
from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes, Keyframe, read_keep
from cctv.redaction.video.geometry import Rect
from cctv.redaction.video.reader import clip_of

pytestmark = pytest.mark.slow

FRAMES = 12
SUBJECT = Person(walk(60, 5))


def silent(_step: str, _done: int, _of: int) -> None:
    pass


def filtered(path: Path, kind: str, *options: str) -> None:
    """Encode a video again with options of ffmpeg, as a file of that kind under its own name."""
    changed = path.with_name(f"changed-{path.name}")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-map_metadata", "-1", "-fps_mode", "passthrough"]
    subprocess.run([*command, *options, "-f", kind, "-y", str(changed)], check=True)
    changed.replace(path)


X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-enc_time_base", "1:1000000")
ANOTHER = r"its (configuration|packet \d+) is not the one that was proved"
FFV1 = ("-c:v", "ffv1", "-enc_time_base", "1:1000")


@pytest.fixture(scope="module")
def walker(tmp_path_factory):
    return write(tmp_path_factory.mktemp("clips") / "walker.mp4", Scene([SUBJECT], frames=FRAMES))


@pytest.fixture
def proved(desk, walker, monkeypatch):
    """Render the walker and prove it after `files` changed the video and the mask, against what `claim` made of it."""

    def run(files=None, options=None, claim=None):
        class Changed(VideoProof):
            def __init__(self, claimed: VisibleClaim, *others):
                super().__init__(claim(claimed) if claim else claimed, *others)

            def finish(self, output: Path, mask_output: Path | None):
                self.video.end()
                if files:
                    files(output, mask_output)
                return super().finish(output, mask_output)

        monkeypatch.setattr(render, "VideoProof", Changed)
        keep = read_keep(keep_of(desk.folder / "keep.json", SUBJECT, frames=FRAMES))
        chosen = options or Options(Mode.BACKDROP, caption=None)
        return redact(Work(clip_of([walker]), keep, chosen, desk.output, desk.mask), silent)

    return run


@pytest.mark.parametrize("options", [Options(Mode.BACKDROP), Options(Mode.MASK, Fill.BLUR, caption=None)])
def test_what_is_as_claimed_passes(desk, proved, options):
    report = proved(options=options)

    assert report.verified.frames == FRAMES
    assert report.verified.live_pixels_outside_kept == 0
    assert len(luma(desk.output)) == FRAMES


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (("-vf", "crop=300:200:0:0", *X264), "its picture is .*300.*200.* instead of .*320.*240"),
        (("-frames:v", str(FRAMES - 2), *X264), f"it has {FRAMES - 2} frames instead of {FRAMES}"),
        (("-vf", "tpad=stop=3", *X264), f"it has {FRAMES + 3} frames instead of {FRAMES}"),
        (("-vf", "setpts=PTS+0.03/TB*gte(N\\,5)", *X264), "frame 5 stands at"),
        (
            ("-vf", "drawbox=x=250:y=20:w=24:h=24:t=fill:c=white", *X264),
            "its (configuration|packet .*) is not the one that was",
        ),
        (X264, ANOTHER),
    ],
)
def test_a_video_that_was_changed_is_refused_and_removed(desk, proved, options, refusal):
    with pytest.raises(VerifyFailed, match=refusal):
        proved(lambda output, mask: filtered(output, "mp4", *options))

    assert not desk.output.exists()
    assert not desk.mask.exists()


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (("-vf", "negate", *FFV1), ANOTHER),
        (("-frames:v", str(FRAMES - 1), *FFV1), f"it has {FRAMES - 1} frames instead of {FRAMES}"),
        (("-vf", "setpts=PTS+0.03/TB*gte(N\\,5)", *FFV1), "frame 5 stands at"),
    ],
)
def test_a_mask_that_does_not_say_what_was_live_is_refused(desk, proved, options, refusal):
    with pytest.raises(VerifyFailed, match=refusal):
        proved(lambda output, mask: filtered(mask, "matroska", *options))

    assert not desk.output.exists()


def fixed(box: Rect) -> BoxPath:
    """A box that stays where it is."""
    return BoxPath("x", tuple(Keyframe(frame, box) for frame in (0, FRAMES - 1)))


def test_live_pixels_far_from_every_kept_box_are_refused(desk, proved):
    elsewhere = KeepBoxes((fixed(Rect(280, 10, 20, 20)),), ())

    with pytest.raises(VerifyFailed, match="live pixels lie outside of the kept boxes"):
        proved(claim=lambda claim: replace(claim, keep=elsewhere))
    assert not desk.output.exists()


@pytest.mark.parametrize("carried", [Rect(100, 130, 30, 60), Rect(10, 10, 6, 6)])
def test_live_pixels_in_a_hide_box_are_refused_wherever_it_says_it_was_carried(desk, proved, carried):
    hide = Rect(100, 130, 30, 60)  # where the subject walks

    def with_hide_box(claim: VisibleClaim) -> VisibleClaim:
        kept = replace(claim.analysis.kept, hide=(fixed(carried),))
        return replace(
            claim, keep=replace(claim.keep, hide=(fixed(hide),)), analysis=replace(claim.analysis, kept=kept)
        )

    with pytest.raises(VerifyFailed, match=r"live pixels lie outside of the kept boxes|what should be hidden"):
        proved(claim=with_hide_box)
    assert not desk.output.exists()


def test_live_pixels_where_the_backdrop_was_covered_by_hand_are_refused(desk, proved):
    def covered(claim: VisibleClaim) -> VisibleClaim:
        survey = claim.analysis.survey
        everything = np.ones(claim.analysis.differs.shape, np.bool_)
        backdrops = tuple(replace(one, covered=everything) for one in survey.backdrops)
        return replace(claim, analysis=replace(claim.analysis, survey=replace(survey, backdrops=backdrops)))

    with pytest.raises(VerifyFailed, match="live pixels lie outside of the kept boxes"):
        proved(claim=covered)
    assert not desk.output.exists()


def test_a_finished_file_of_which_one_bit_changed_is_refused(desk, proved):
    def flipped(output: Path, mask: Path) -> None:
        data = bytearray(output.read_bytes())
        data[data.rindex(b"mdat") + 600] ^= 1
        output.write_bytes(data)

    with pytest.raises(VerifyFailed, match=r"its packet \d+ is not the one that was proved|is no video"):
        proved(flipped)
    assert not desk.output.exists()


def test_a_file_whose_pictures_are_turned_on_display_is_refused(desk, proved):
    def turned(output: Path, mask: Path) -> None:
        data = bytearray(output.read_bytes())
        matrix = data.index(b"tkhd") + 44  # ISO/IEC 14496-12, 8.3.2: a and d are its first and fifth numbers
        data[matrix : matrix + 4] = data[matrix + 16 : matrix + 20] = b"\xff\xff\0\0"
        output.write_bytes(data)

    with pytest.raises(VerifyFailed, match="its picture is"):
        proved(turned)
    assert not desk.output.exists()


def test_a_picture_that_shows_more_than_was_rendered_is_refused_as_it_is_decoded(desk, walker, monkeypatch):
    written = render.write_planes

    def more(writer, planes):
        planes.y[20:60, 250:290] = 235
        written(writer, planes)

    monkeypatch.setattr(render, "write_planes", more)
    keep = read_keep(keep_of(desk.folder / "keep.json", SUBJECT, frames=FRAMES))

    with pytest.raises(VerifyFailed, match=r"frame 0 shows at .* what should be hidden"):
        redact(Work(clip_of([walker]), keep, Options(Mode.BACKDROP, caption=None), desk.output), silent)
    assert not desk.output.exists()


def test_a_mask_that_says_something_else_than_was_live_is_refused(desk, walker, monkeypatch):
    monkeypatch.setattr(render, "mask_picture", lambda live: 255 - mask_picture(live))
    keep = read_keep(keep_of(desk.folder / "keep.json", SUBJECT, frames=FRAMES))

    with pytest.raises(VerifyFailed, match="frame 0 of the mask is not what was rendered"):
        redact(Work(clip_of([walker]), keep, Options(Mode.BACKDROP, caption=None), desk.output, desk.mask), silent)
    assert not desk.output.exists()
    assert not desk.mask.exists()


def test_a_packet_that_is_lost_between_the_encoder_and_its_proof_is_refused(desk, walker, monkeypatch):
    passed = PacketProof.packet
    packets = []

    def without_the_fifth(self, packet):
        packets.append(packet)
        if len(packets) != 5:
            passed(self, packet)

    monkeypatch.setattr(PacketProof, "packet", without_the_fifth)
    keep = read_keep(keep_of(desk.folder / "keep.json", SUBJECT, frames=FRAMES))

    with pytest.raises(VerifyFailed):
        redact(Work(clip_of([walker]), keep, Options(Mode.BACKDROP, caption=None), desk.output), silent)
    assert not desk.output.exists()


def test_a_render_that_breaks_off_ends_the_thread_of_its_proof(desk, walker, monkeypatch):
    before = threading.active_count()

    def broken(_writer, _planes):
        raise ValueError("a fault of the program")

    monkeypatch.setattr(render, "write_planes", broken)
    keep = read_keep(keep_of(desk.folder / "keep.json", SUBJECT, frames=FRAMES))

    with pytest.raises(ValueError, match="a fault of the program"):
        redact(Work(clip_of([walker]), keep, Options(Mode.BACKDROP, caption=None), desk.output), silent)
    assert threading.active_count() == before


def test_a_source_that_grows_while_it_is_read_is_refused(walker, tmp_path):
    source = Path(shutil.copy(walker, tmp_path / "source.mp4"))

    with pytest.raises(SourceUnreadable, match="another number of frames than a moment ago"):
        list(paired(clip_of([source]), range(FRAMES - 1)))


def test_an_error_of_the_decision_itself_is_no_error_of_the_source(walker):
    def decisions():
        yield 1
        raise ValueError("a fault of the program")

    with pytest.raises(ValueError, match="a fault of the program"):
        list(paired(clip_of([walker]), decisions()))
