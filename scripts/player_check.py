"""Play every file that the product makes with real players: `./scripts/players`.

Makes a site in a scratch folder, records into it what cameras send (H.264 with B-frames, H.265, an odd size), and takes
of it a segment, an extract, an unredacted copy, a redacted video and a file redaction.  A held copy that was restored
is a segment, byte by byte (its hash is checked).
Prints a line of JSON for each player and file; exit 0 only where each plays what it must play.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.server
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from mp4_boxes import boxes_of, complaints

from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.config.loader import load_settings
from cctv.core.clock import Clock, SystemClock
from cctv.core.durable import DurableFiles
from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.db.storage import open_site
from cctv.footage.ingest import ingest
from cctv.footage.layout import incoming_directory
from cctv.footage.runs import begin_run, end_run
from cctv.model.audit import Actor
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.codec_params import first_format
from cctv.recording.segment_file import SegmentFile

SECONDS, RATE = 4, 25
KINDS = frozenset({"segment", "extract", "unredacted copy", "redacted video", "redaction file"})
_BROWSER_SECONDS = 60
TICK = Fraction(1, 90_000)
STREAMS = {  # a camera: its encoder, its picture, its codec's file format
    "b-frames": ("libx264 -bf 2 -g 25 -pix_fmt yuv420p", "640x360", "h264"),
    "odd": ("libx264 -bf 0 -g 25 -pix_fmt yuv444p", "639x359", "h264"),  # 4:2:0 has even sizes only
    "full-range": ("libx264 -bf 0 -g 25 -pix_fmt yuvj420p", "320x240", "h264"),
    "hevc": ("libx265 -g 25 -pix_fmt yuv420p -x265-params log-level=none:keyint=25", "640x360", "hevc"),
}
TOML = """
[site]
name = "Spelers"
storage = "storage"
timezone = "Europe/Brussels"
jurisdiction = "BE"
[zones.hall]
kind = "interior"
retention = "7d"
[controller]
name = "Spelers vzw"
address = ["Kaai 1", "8400 Oostende"]
mail = "a@example.org"
dpo = "b@example.org"
signatory = "Lieve Maes"
[policy]
two_person = []
""" + "".join(
    f'[cameras.{name}]\nzone = "hall"\npurpose = "theft and damage"\nrtsp = "rtsp://127.0.0.1:9/{name}"\n'
    for name in STREAMS
)
FFMPEG = "ffmpeg -v error -nostdin"


class _Steady:
    """The wall clock, an hour ahead of the footage."""

    def __init__(self, now: datetime) -> None:
        self._now, self._real = now, SystemClock()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._real.monotonic()


@dataclass(frozen=True)
class Sample:
    """A file, what it is, its pictures, whether it leaves the site, and whether the product encoded it."""

    what: str
    path: Path
    frames: int
    codec: str
    leaves: bool
    ours: bool


class Maker:
    """Makes samples with the product, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.start = folder, datetime(2026, 11, 1, 10, tzinfo=UTC)
        self.clock: Clock = _Steady(self.start + timedelta(hours=1))
        self.config = folder / "cameras.toml"
        self.config.write_text(TOML, "utf-8")
        self.config.chmod(0o600)

    def cctv(self, command: str) -> dict:
        box = Invocation(config_path=self.config, environ={"NO_COLOR": "1"}, clock=self.clock, language=Language.EN)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(shlex.split(command), box)
        if code:
            raise SystemExit(f"cctv {command}: exit {code}\n{out.getvalue()}{err.getvalue()}")
        return json.loads(out.getvalue().splitlines()[-1]) if "--json" in command else {}

    def record(self, camera: str) -> Path:
        """Two segments of a camera as the recorder writes them; returns the first."""
        settings = load_settings(self.config, environ={}).settings
        site = open_site(settings, disk=DurableFiles(), clock=self.clock, actor=Actor("recorder"))
        encoder, size, _ = STREAMS[camera]
        source = self.folder / f"{camera}.ts"
        picture = f"testsrc2=size={size}:rate={RATE}:duration={SECONDS}"
        command = f"{FFMPEG} -y -f lavfi -i {picture} -c:v {encoder} -preset ultrafast -f mpegts"
        subprocess.run([*shlex.split(command), str(source)], check=True)
        current = begin_run(site, CameraId(camera))
        at, paths = self.start, []
        for number in range(2):
            path = incoming_directory(site, CameraId(camera)) / f"run{current.id}-{number:06d}.mp4"
            self._segment(source, path)
            span = Span(at, at + timedelta(seconds=SECONDS))
            paths.append(site.root / ingest(site, current, path, span).path)
            at = span.end
        end_run(site, current, at, GapCause.RECORDER_STOPPED)
        return paths[0]

    def _segment(self, source: Path, path: Path) -> None:
        with av.open(str(source)) as container:
            stream = container.streams.video[0]
            file = SegmentFile(path, first_format(stream), TICK, DurableFiles())
            packets = [packet for packet in container.demux(stream) if packet.size]
            first = packets[0].dts or 0
            for packet in packets:
                assert packet.pts is not None
                assert packet.dts is not None
                file.write(packet, packet.pts - first, packet.dts - first)
            file.close(len(packets) * TICK.denominator // RATE)


def samples(folder: Path) -> list[Sample]:
    """Every file that the product makes of each camera."""
    maker = Maker(folder)
    maker.cctv("footage init")
    return [sample for camera in STREAMS for sample in samples_of(maker, camera)]


def samples_of(maker: Maker, camera: str, kinds: frozenset[str] | set[str] = KINDS) -> Iterator[Sample]:
    """The files of one camera, of each kind that is asked for."""
    codec, segment, total = STREAMS[camera][2], maker.record(camera), 2 * SECONDS * RATE
    where = f"--cameras {camera} --from 2026-11-01T10:00:00Z --to 2026-11-01T10:00:{2 * SECONDS:02d}Z --json"
    if "segment" in kinds:
        yield Sample(f"segment {camera}", segment, SECONDS * RATE, codec, leaves=False, ours=False)
    if "extract" in kinds:
        path = _extracted(maker, where)
        yield Sample(f"extract {camera}", path, total, "h264", leaves=False, ours=True)
    if "unredacted copy" in kinds:
        yield Sample(f"unredacted copy {camera}", _disclosed(maker, where), total, codec, leaves=True, ours=False)
    if "redacted video" in kinds:
        yield Sample(f"redacted video {camera}", _redacted(maker, where), total, "h264", leaves=True, ours=True)
    if "redaction file" in kinds:
        source, target = maker.folder / f"source-{camera}.mp4", maker.folder / f"file-{camera}.mp4"
        shutil.copyfile(segment, source)
        maker.cctv(f"redaction file {source} {target}")
        yield Sample(f"redaction file {camera}", target, SECONDS * RATE, "h264", leaves=True, ours=True)


def _extracted(maker: Maker, where: str) -> Path:
    case = _id(maker.cctv(f"incident open ruit --another --kind damage {where}"), "INC")
    looked = maker.cctv(f"footage extract --case {case} {where.replace('--cameras', '--camera')}")
    return Path(_first_mp4(looked, maker))


def _disclosed(maker: Maker, where: str) -> Path:
    order = (
        "--recipient police --duty ordered --authority Politie --reference X/1 --country BE --order-by rechter "
        f"--order-number 1 --order-on 1/11/2026 {where}"
    )
    disclosure = _id(maker.cctv(f"disclosure open {order}"), "DIS")
    maker.cctv(f"disclosure approve {disclosure} --reason gelezen")
    return _video(maker, _id(maker.cctv(f"disclosure build {disclosure} --json"), "EXP"))


def _redacted(maker: Maker, where: str) -> Path:
    who = "--no-prepare --name 'An Peeters' --contact an@example.be --type access"
    request = _id(maker.cctv(f"request open {who} {where}"), "REQ")
    maker.cctv(f"request identity {request} --method known-address --checker 'A. Peeters'")
    maker.cctv(f"redaction prepare {request}")
    maker.cctv(f"redaction approve {request} --all --reason 'niemand' --hidden-reason 'niemand te zien'")
    return _video(maker, _id(maker.cctv(f"export build {request} --json"), "EXP"))


def _video(maker: Maker, package: str) -> Path:
    (video,) = (maker.folder / "storage" / "exports" / package).glob("*.mp4")
    return video


def _first_mp4(data: dict, maker: Maker) -> str:
    found = re.search(r'[^"]+\.mp4', json.dumps(data))
    assert found is not None
    path = Path(found[0])
    return str(path if path.is_absolute() else maker.folder / path)


def _id(data: dict, kind: str) -> str:
    found = re.search(rf"{kind}-\d{{4}}-\d+", json.dumps(data))
    assert found is not None
    return found[0]


def by_boxes(sample: Sample, _: Path) -> list[str]:
    problems = complaints(boxes_of(sample.path), leaves=sample.leaves, encoded=sample.ours)
    if sample.ours:
        words = ["ffprobe", "-v", "error", "-show_entries", "stream=pix_fmt,width,height,start_time", "-of", "json"]
        told = subprocess.run([*words, str(sample.path)], capture_output=True, check=True).stdout
        stream = json.loads(told)["streams"][0]
        if stream["pix_fmt"] not in ("yuv420p", "yuvj420p"):
            problems.append(f"pixels {stream['pix_fmt']}")
        if stream["width"] % 2 or stream["height"] % 2:
            problems.append(f"an odd size, {stream['width']} x {stream['height']}")
        if float(stream["start_time"]) != 0:
            problems.append(f"begins at {stream['start_time']} s")
    return problems


def by_ffmpeg(sample: Sample, _: Path) -> list[str]:
    words = f"{FFMPEG} -xerror -err_detect explode -i {shlex.quote(str(sample.path))} -map 0:v -f framemd5 -"
    done = subprocess.run(shlex.split(words), capture_output=True, text=True, check=False)
    shown = sum(not line.startswith("#") for line in done.stdout.splitlines())
    return [done.stderr.strip()] if done.returncode or done.stderr else _counted(sample, shown)


def by_gstreamer(sample: Sample, _: Path) -> list[str]:
    words = ["gst-launch-1.0", "-v", "filesrc", f"location={sample.path}", "!", "decodebin", "!", "videoconvert", "!"]
    words += ["video/x-raw,format=GRAY8", "!", "fakesink", "silent=false"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    shown = len(re.findall(r"last-message = \"?chain", done.stdout))
    return [done.stderr.strip()[:300]] if done.returncode else _counted(sample, shown)


def by_vlc(sample: Sample, work: Path) -> list[str]:
    """As another account: VLC refuses to run as root."""
    copy = work / sample.path.name
    shutil.copyfile(sample.path, copy)
    for path in (work, copy):
        path.chmod(0o755)
    frames = work / "vlc"
    shutil.rmtree(frames, ignore_errors=True)
    frames.mkdir()
    frames.chmod(0o777)
    words = ["cvlc", "--play-and-exit", "--no-audio", "--avcodec-hw=none"]
    words += ["--no-drop-late-frames", "--no-skip-frames", "-V", "dummy", "-vv", str(copy), "vlc://quit"]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "nobody", "--", "env", f"HOME={frames}", *words]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=180)
    lines = [line for line in done.stderr.splitlines() if re.search(r"avcodec|mp4 demux|main input error", line)]
    problems = [line for line in lines if re.search(r"error|cannot|failed to (decode|open)", line)]
    if "Received first picture" not in done.stderr:
        problems.append("no picture was shown")
    if "EOF reached" not in done.stderr and "end of stream" not in done.stderr.lower():
        problems.append("it did not play to its end")
    return problems[:3]


PAGE = b"""<!doctype html><video id=v muted src="v.mp4"></video><script>
const v = document.getElementById("v"), c = document.createElement("canvas");
const tell = (said) => fetch("/told", {method: "POST", body: JSON.stringify({said, picture: c.toDataURL(), shown:
  v.getVideoPlaybackQuality().totalVideoFrames, at: v.currentTime, length: v.duration, types: [v.canPlayType(
  'video/mp4; codecs="avc1.640028"'), v.canPlayType('video/mp4; codecs="hvc1.1.6.L93.B0"')]})});
v.onerror = () => tell("error: " + v.error.message);
v.onended = () => { c.width = v.videoWidth; c.height = v.videoHeight; c.getContext("2d").drawImage(v, 0, 0);
  tell("ended"); };
v.playbackRate = 4; v.play().catch(e => tell("refused: " + e));
</script>"""


def by_chromium(sample: Sample, work: Path) -> list[str]:
    """Debian's Chromium without a screen: plays a file to its end from a server, and sends the last picture."""
    server = _Cinema(sample.path)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = ["chromium", "--headless=new", "--disable-gpu", "--no-sandbox", f"--user-data-dir={work / 'profile'}"]
    words += ["--autoplay-policy=no-user-gesture-required", f"http://127.0.0.1:{server.server_address[1]}/"]
    browser = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not server.heard.wait(_BROWSER_SECONDS):
            return [f"nothing was heard for {_BROWSER_SECONDS} s"]
    finally:
        browser.terminate()
        browser.wait()
        server.shutdown()
    told = server.told
    picture = base64.b64decode(told["picture"].partition(",")[2])
    (work.parent / f"{sample.what.replace(' ', '-')}.png").write_bytes(picture)
    if told["said"] != "ended":
        return [f"{told['said']} {told['types']}"]
    seconds = sample.frames / RATE
    late = max(abs(told["length"] - seconds), abs(told["at"] - seconds)) > 3 / RATE  # B-frames begin two frames late
    return [f"it ended at {told['at']} of {told['length']} s, of {seconds}"] if late else []


class _Cinema(http.server.ThreadingHTTPServer):
    """A page with one video, and what it tells of it."""

    def __init__(self, video: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Screen)
        self.video, self.told, self.heard = video.read_bytes(), dict[str, Any](), threading.Event()


class _Screen(http.server.BaseHTTPRequestHandler):
    server: _Cinema

    def do_GET(self) -> None:
        is_video = self.path == "/v.mp4"
        body = self.server.video if is_video else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4" if is_video else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def do_POST(self) -> None:
        self.server.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.heard.set()

    def log_message(self, format: str, *args: object) -> None:
        pass


def _counted(sample: Sample, shown: int) -> list[str]:
    return [] if shown == sample.frames else [f"{shown} of {sample.frames} pictures"]


PLAYERS = {"boxes": by_boxes, "ffmpeg": by_ffmpeg, "gstreamer": by_gstreamer, "vlc": by_vlc, "chromium": by_chromium}
PROGRAMS = {"gstreamer": "gst-launch-1.0", "vlc": "cvlc", "chromium": "chromium"}
# What a player lacks by its licence and not by our file: Debian's Chromium decodes no H.265.
EXCEPTED = {("chromium", "hevc")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workdir", type=Path, help="kept; else a scratch folder")
    parser.add_argument("--players", nargs="*", choices=PLAYERS, default=list(PLAYERS))
    given = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="players-") as scratch:
        folder = (given.workdir or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        for sample in samples(folder):
            for player in given.players:
                if player in PROGRAMS and shutil.which(PROGRAMS[player]) is None:
                    problems, result = [f"{PROGRAMS[player]} is not installed"], "absent"
                elif (player, sample.codec) in EXCEPTED:
                    problems, result = [], "excepted"
                else:
                    work = folder / "play"
                    work.mkdir(exist_ok=True)
                    problems = PLAYERS[player](sample, work)
                    result = "failed" if problems else "plays"
                failed += result in ("failed", "absent")
                print(
                    json.dumps({"player": player, "file": sample.what, "result": result, "problems": problems}),
                    flush=True,
                )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
