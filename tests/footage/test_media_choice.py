"""Which stream of a file is its film, and which files are none, whatever their names."""

import subprocess

import pytest

from cctv.footage.media import MediaUnreadable, probe
from cctv.redaction.errors import SourceUnreadable
from cctv.redaction.video.decoder import Decoder, Undecodable
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import stream_of

pytestmark = pytest.mark.slow

SMALL, LARGE = "size=64x48:rate=5:duration=1", "size=128x96:rate=5:duration=2"


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


def film(path, shape=LARGE):
    ffmpeg("-f", "lavfi", "-i", f"testsrc2={shape}", "-c:v", "libx264", "-preset", "ultrafast", path)
    return path


def frames(path, size):
    with Decoder(path, size) as decoder:
        return len(list(decoder))


def test_a_cover_in_front_is_not_taken_for_the_film(tmp_path):
    cover, path = tmp_path / "cover.png", tmp_path / "covered.mp4"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2={SMALL}", "-frames:v", 1, cover)
    inputs = ("-i", cover, "-i", film(tmp_path / "film.mp4"))
    ffmpeg(*inputs, "-map", 0, "-map", 1, "-c", "copy", "-disposition:v:0", "attached_pic", path)

    stream = stream_of(path)

    assert (stream.size, stream.further_videos) == (Size(128, 96), 0)
    assert frames(path, stream.size) == 10


def test_the_longest_of_several_videos_is_read_and_the_others_are_counted(tmp_path):
    path = tmp_path / "two.mkv"
    inputs = ("-i", film(tmp_path / "short.mp4", SMALL), "-i", film(tmp_path / "long.mp4"))
    ffmpeg(*inputs, "-map", 0, "-map", 1, "-c", "copy", path)

    stream = stream_of(path)

    assert (stream.size, stream.further_videos) == (Size(128, 96), 1)
    assert frames(path, stream.size) == 10


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{film}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{film}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
    ids=["playlist", "list", "session"],
)
@pytest.mark.parametrize("name", ["film.mp4", "film.m3u8", "film.sdp"])
def test_a_file_that_names_others_is_no_film(tmp_path, text, name):
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / name
    path.write_text(text.format(film=film(tmp_path / "real.ts")))

    with pytest.raises(MediaUnreadable):
        probe(path)
    with pytest.raises(SourceUnreadable):
        stream_of(path)
    with pytest.raises(Undecodable):
        Decoder(path, Size(128, 96))
