"""What a media file says of itself, held against ffprobe; and files that would mislead or never end."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from fractions import Fraction

import pytest

from cctv.footage.media import MediaTimeout, MediaUnreadable, NoVideo, probe, read_timing

pytestmark = pytest.mark.slow

X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "2"]
BT709 = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
OPTIONS = {"bt709": "1", "bt470bg": "5", "smpte170m": "6"}  # by their code points in H.273
FILES = {
    "plain.mp4": X264,
    "wide.mp4": [*X264, *BT709, "-vf", "setsar=4/3"],
    "sound.mp4": [*X264, "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac"],
    "h265.mkv": ["-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p"],
    "slow.mkv": [*X264, "-r", "5/2"],
    "motion.avi": ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"],
    "pieces.mp4": [*X264, "-movflags", "frag_keyframe+empty_moov", "-g", "5"],
    "sd.mp4": [*X264, "-colorspace", "smpte170m", "-color_primaries", "bt470bg", "-color_trc", "smpte170m"],
}


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def write(path, options):
    inputs = options[options.index("-f") : options.index("-f") + 4] if "-f" in options else []
    rest = [one for one in options if one not in inputs]
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=1", *inputs, *rest, path)
    return path


def ffprobed(path):
    entries = "stream:packet=pts_time,stream_index:format=format_name"
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_ffprobe_says_of_it(tmp_path, name):
    path = write(tmp_path / name, FILES[name])
    shown = ffprobed(path)
    (video,) = [one for one in shown["streams"] if one["codec_type"] == "video"]
    sound = [one["codec_name"] for one in shown["streams"] if one["codec_type"] == "audio"]

    media = probe(path)

    assert (media.codec, media.width, media.height) == (video["codec_name"], 64, 48)
    assert media.container == shown["format"]["format_name"]
    assert media.pixel_aspect == Fraction(video.get("sample_aspect_ratio", "1:1").replace(":", "/"))
    assert media.frame_rate == Fraction(video["avg_frame_rate"])
    assert media.sound == (sound[0] if sound else None)
    assert media.display_matrix is None
    assert media.declared_frames == (int(video["nb_frames"]) if "nb_frames" in video else None)
    told = {"colorspace": "color_space", "color_primaries": "color_primaries", "color_trc": "color_transfer"}
    colours = {option: OPTIONS[video[key]] for option, key in told.items() if video.get(key, "unknown") in OPTIONS}
    assert dict(media.colour) == colours


@pytest.mark.parametrize("name", FILES)
def test_the_times_of_all_pictures_are_those_of_ffprobe(tmp_path, name):
    path = write(tmp_path / name, FILES[name])
    index = next(one["index"] for one in ffprobed(path)["streams"] if one["codec_type"] == "video")
    times = sorted(float(one["pts_time"]) for one in ffprobed(path)["packets"] if one["stream_index"] == index)

    timing = read_timing(path)

    assert [one.total_seconds() for one in timing.times] == pytest.approx(times, abs=2e-6)
    step = 0.4 if name == "slow.mkv" else 0.1
    assert timing.duration.total_seconds() == pytest.approx(times[-1] - times[0] + step, abs=0.002)


@pytest.mark.parametrize(("degrees", "matrix"), [(90, (0, -1, 1, 0)), (180, (-1, 0, 0, -1)), (270, (0, 1, -1, 0))])
def test_how_a_picture_is_to_be_turned_is_read_from_the_container(tmp_path, degrees, matrix):
    upright = write(tmp_path / "upright.mp4", X264)
    ffmpeg("-i", upright, "-c", "copy", "-metadata:s:v", f"rotate={degrees}", tmp_path / "turned.mp4")

    a, b, _, c, d, *_ = probe(tmp_path / "turned.mp4").display_matrix

    assert tuple(one // 65536 for one in (a, b, c, d)) == matrix


def test_a_file_that_breaks_off_has_the_pictures_before_its_end(tmp_path):
    path = write(tmp_path / "pieces.mp4", FILES["pieces.mp4"])
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"moof") + 60])  # in the head of the second piece

    assert len(read_timing(path).times) == 5


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "sound.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", path)
    for read in (probe, read_timing):
        with pytest.raises(NoVideo, match="no picture in it"):
            read(path)


def test_what_is_no_media_is_refused_with_the_cause(tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no film\n" * 100)
    with pytest.raises(MediaUnreadable, match="Invalid data found") as refused:
        probe(path)
    assert refused.value.path == path
    assert refused.value.__cause__ is not None


def test_a_folder_a_missing_file_and_a_pipe_that_nobody_writes_to_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "none.mp4", tmp_path):
        with pytest.raises(MediaUnreadable, match="not a file"):
            read_timing(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n"),
        ("list.txt", "ffconcat version 1.0\nfile '{url}'\n"),
        ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
    ],
)
def test_a_file_that_names_an_address_is_not_followed(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text.format(url="http://127.0.0.1:9/video.mp4"))
    with pytest.raises(MediaUnreadable):
        probe(path, patience=timedelta(seconds=5))


@pytest.mark.parametrize("read", [probe, read_timing])
def test_a_file_that_takes_too_long_is_given_up(tmp_path, read):
    path = write(tmp_path / "plain.mp4", X264)
    with pytest.raises(MediaTimeout, match="not read within 1e-06 seconds"):
        read(path, patience=timedelta(microseconds=1))
