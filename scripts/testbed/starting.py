"""What it costs to start a camera: in a process that already records, and as an ffmpeg of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from cctv.cameras.rtsp import StreamAddress, open_live
from cctv.cameras.sdp import Codec
from cctv.config.loader import load_settings
from cctv.config.schema import CameraSettings, Settings, Transport
from cctv.recording.codec_params import announced_format
from testbed.load import cpu_seconds


def start_cost(url: str, config: Path, folder: Path, runs: int = 5) -> float:
    """Processor time up to the first picture, ours against `ffmpeg` with its default probing; the median of each."""
    settings: Settings = load_settings(config, environ=os.environ).settings
    camera = next(iter(settings.cameras.values()))
    _open(camera, url)  # what the process pays once, a recorder has paid long ago
    ours = [_open(camera, url) for _ in range(runs)]
    theirs = [_until_first_frame(_default(url, folder / f"start-{number}.mp4")) for number in range(runs)]
    return statistics.median(ours) / statistics.median(theirs)


def _open(camera: CameraSettings, url: str) -> float:
    before = time.process_time()
    stream = open_live(camera, StreamAddress(url, Transport.TCP))
    try:
        picture = next(picture for picture, _ in stream if picture.is_key)
        announced_format(picture.data, stream.track.sets, is_h265=stream.track.codec is Codec.H265)
        return time.process_time() - before
    finally:
        stream.close()


def _default(url: str, target: Path) -> list[str]:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url, "-map", "0:v", "-c", "copy"]
    return [*command, "-progress", "pipe:1", "-stats_period", "0.1", str(target)]


def _until_first_frame(command: Sequence[str]) -> float:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"frame=") and int(line[6:]) > 0:
                break
        return cpu_seconds([process.pid])
    finally:
        process.kill()
        process.wait()
