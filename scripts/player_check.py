"""Play every file that the product makes with real players: `./scripts/players`.

Makes a site in a scratch folder, records into it what cameras send (H.264 with B-frames, H.265, an odd size), and takes
of it a segment, an extract, an unredacted copy, a redacted video, a file redaction and a held copy after a restore.
Prints a line of JSON for each player and file; exit 0 only where each plays what it must play.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

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
TICK = Fraction(1, 90_000)
STREAMS = {  # a camera: its encoder, its picture, its codec's file format
    "b-frames": ("libx264 -bf 2 -g 25 -pix_fmt yuv420p", "640x360", "h264"),
    "odd": ("libx264 -bf 0 -g 25 -pix_fmt yuv420p", "639x359", "h264"),
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
    """A file, what it is, its pictures, and whether it leaves the site."""

    what: str
    path: Path
    frames: int
    leaves: bool
    codec: str


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
    key = maker.cctv(f"backup key {folder / 'recovery.key'} --json")["public"]
    with maker.config.open("a", encoding="utf-8") as config:
        config.write(f'\n[backup]\nrecipients = ["{key}"]\n')
    total, made = 2 * SECONDS * RATE, []
    for camera, (_, _, codec) in STREAMS.items():
        segment = maker.record(camera)
        made.append(Sample(f"segment {camera}", segment, SECONDS * RATE, False, codec))
        span = f"--from 2026-11-01T10:00:00Z --to 2026-11-01T10:00:{2 * SECONDS:02d}Z"
        case = maker.cctv(f"incident open ruit --another --kind damage --cameras {camera} {span} --json")["incident"][
            "id"
        ]
        extract = maker.cctv(f"footage extract --case {case} --camera {camera} {span} --json")
        made.append(Sample(f"extract {camera}", Path(_first_mp4(extract, maker)), total, False, "h264"))
        order = (
            "--recipient police --duty ordered --authority Politie --reference X/1 --country BE --order-by rechter "
            f"--order-number 1 --order-on 1/11/2026 --cameras {camera} {span} --json"
        )
        disclosure = _id(maker.cctv(f"disclosure open {order}"), "DIS")
        maker.cctv(f"disclosure approve {disclosure} --reason gelezen")
        package = _id(maker.cctv(f"disclosure build {disclosure} --json"), "EXP")
        made.append(Sample(f"unredacted copy {camera}", _video(maker, package), total, True, codec))
        request = _id(
            maker.cctv(
                f"request open --no-prepare --name 'An Peeters' --contact an@example.be --type access --cameras {camera} {span} --json"
            ),
            "REQ",
        )
        maker.cctv(f"request identity {request} --method known-address --checker 'A. Peeters'")
        maker.cctv(f"redaction prepare {request}")
        maker.cctv(f"redaction approve {request} --all --reason 'niemand' --hidden-reason 'niemand te zien'")
        package = _id(maker.cctv(f"export build {request} --json"), "EXP")
        made.append(Sample(f"redacted video {camera}", _video(maker, package), total, True, "h264"))
        target = folder / f"file-{camera}.mp4"
        source = folder / f"source-{camera}.mp4"
        shutil.copyfile(segment, source)
        maker.cctv(f"redaction file {source} {target} --json")
        made.append(Sample(f"redaction file {camera}", target, SECONDS * RATE, True, "h264"))
    medium = folder / "medium"
    medium.mkdir()
    maker.cctv(f"backup {medium}")
    maker.cctv(f"backup --held {medium}")
    return made


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
    problems = complaints(boxes_of(sample.path), leaves=sample.leaves)
    if sample.codec == "h264" and sample.what.startswith(("redact", "extract")):
        words = f"ffprobe -v error -show_entries stream=pix_fmt,width,height,start_time -of json {shlex.quote(str(sample.path))}"
        stream = json.loads(subprocess.run(shlex.split(words), capture_output=True, check=True).stdout)["streams"][0]
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
    words = ["gst-launch-1.0", "-q", "filesrc", f"location={sample.path}", "!", "decodebin", "!", "videoconvert", "!"]
    words += ["video/x-raw,format=GRAY8", "!", "fakesink", "silent=false", "-v"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    shown = len(re.findall(r"last-message = (?:\")?chain", done.stdout))
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
    words = ["cvlc", "-q", "--play-and-exit", "--no-audio", "--codec=avcodec", "--vout=dummy", "--avcodec-hw=none"]
    words += ["--no-drop-late-frames", "--no-skip-frames", "-V", "dummy", "--stats", "-vv", str(copy), "vlc://quit"]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "nobody", "--", "env", f"HOME={frames}", *words]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=180)
    problems = [
        line for line in done.stderr.splitlines() if re.search(r"(error|cannot|failed to (decode|open)).*", line)
    ]
    problems = [line for line in problems if re.search(r"avcodec|mp4 demux|main input error", line)]
    if "Received first picture" not in done.stderr:
        problems.append("no picture was shown")
    if "EOF reached" not in done.stderr and "end of stream" not in done.stderr.lower():
        problems.append("it did not play to its end")
    return problems[:3]


PAGE = """<!doctype html><title>loading</title><video id=v muted src="{name}" width=640></video><script>
const v = document.getElementById("v"), at = () => [v.readyState, v.currentTime, v.duration, v.videoWidth, v.videoHeight];
v.onerror = () => document.title = "error " + v.error.message;
v.onended = () => document.title = "ended " + JSON.stringify([...at(), v.getVideoPlaybackQuality().totalVideoFrames]);
v.playbackRate = 4; v.play().catch(e => document.title = "refused " + e);
</script>"""


def by_chromium(sample: Sample, work: Path) -> list[str]:
    """Debian's Chromium without a screen: plays the file from a server that answers ranges, and takes a picture."""
    (work / "v.mp4").write_bytes(sample.path.read_bytes())
    (work / "page.html").write_text(PAGE.format(name="v.mp4"), "utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(work)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = [
            "chromium",
            "--headless=new",
            "--disable-gpu",
            "--no-sandbox",
            "--autoplay-policy=no-user-gesture-required",
        ]
        base += [f"--user-data-dir={work / 'profile'}", "--virtual-time-budget=60000"]
        page = f"http://127.0.0.1:{server.server_address[1]}/page.html"
        done = subprocess.run([*base, "--dump-dom", page], capture_output=True, text=True, check=False, timeout=180)
        picture = work / f"{sample.what.replace(' ', '-')}.png"
        subprocess.run([*base, f"--screenshot={picture}", page], capture_output=True, check=False, timeout=180)
    finally:
        server.shutdown()
    title = re.search("<title>(.*?)</title>", done.stdout)
    said = title[1] if title else done.stderr[-300:]
    return [] if said.startswith("ended") else [said]


class _Quiet(http.server.SimpleHTTPRequestHandler):
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
