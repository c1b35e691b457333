"""Decoding for the bench, by an ffmpeg of its own: what it sees must not rest on how the engine reads."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.video.encoder import CRF, PRESET
from cctv.redaction.video.geometry import Size

Picture = NDArray[np.uint8]
"""A picture at half size: (3, height, width), luma, u, v."""
Hidden = NDArray[np.bool_]
"""A frame of a mask at full size, True = hidden."""
_FINE = ["-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-pix_fmt", "yuv420p"]
_CAMERA = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"]
_NOISE_LEVELS = 4  # as in the noisy scenes of scripts/scene


def half(size: Size) -> Size:
    """The size at which pixels are compared: chroma's, so that the three planes agree."""
    return Size((size.width + 1) // 2, (size.height + 1) // 2)


def pictures(path: Path, size: Size) -> Iterator[Picture]:
    """Every picture of a file of that (full) size, at half size."""
    small = half(size)
    filters = f"scale={small.width}:{small.height}:flags=area,format=yuv444p"
    for data in _frames(path, filters, "yuv444p", 3 * small.width * small.height):
        yield data.reshape(3, small.height, small.width)


def hidden_in(mask: Path, size: Size) -> Iterator[Hidden]:
    """Every frame of a MASK.mkv."""
    for data in _frames(mask, "null", "gray", size.width * size.height):
        yield data.reshape(size.height, size.width) >= 128


def pass_through(source: Path, output: Path) -> None:
    """Decode and encode again with the engine's settings: nothing is hidden, and nothing else is done."""
    coding = ["-an", "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-pix_fmt", "yuv420p"]
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", f"file:{source}", "-fps_mode", "passthrough"]
    subprocess.run([*command, *coding, f"file:{output}"], check=True)


def enlarged(source: Path, output: Path, frames: int) -> None:
    """So many of its frames as 1080p25, nearly without loss; the clip again from its start where it has fewer."""
    filters = "scale=1920:1080:flags=lanczos,setsar=1,settb=1/25,setpts=N"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", f"file:{source}", "-vf", filters]
    subprocess.run([*command, "-r", "25", "-frames:v", str(frames), *_FINE, f"file:{output}"], check=True)


def repeated(source: Path, output: Path, frames: int) -> None:
    """So many frames of a clip at 25 frames a second, again and again from its start, and nothing encoded again."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", f"file:{source}", "-c", "copy"]
    subprocess.run([*command, "-frames:v", str(frames), f"file:{output}"], check=True)


def still(scene: Picture, output: Path, size: Size, frames: int) -> None:
    """A clip of this full size at 25 frames a second in which nothing but a sensor's noise moves."""
    command = ["ffmpeg", "-v", "error", "-y", *_of_scene(scene), "-vf", _noisy(size), "-frames:v", str(frames)]
    subprocess.run([*command, *_CAMERA, f"file:{output}"], input=np.ascontiguousarray(scene).tobytes(), check=True)


def mostly_still(scene: Picture, clip: Path, output: Path, size: Size, frames: int) -> None:
    """The same for nine parts of ten, and then the clip: people in a tenth of so many frames."""
    moving = frames // 10
    times = "settb=1/25,setpts=N"
    graph = (
        f"[0:v]{_noisy(size)},trim=end_frame={frames - moving},{times}[still];"
        f"[1:v]scale={size.width}:{size.height},setsar=1,trim=end_frame={moving},{times},format=yuv420p[moving];"
        f"[still][moving]concat=n=2,{times}"
    )
    command = ["ffmpeg", "-v", "error", "-y", *_of_scene(scene), "-stream_loop", "-1", "-i", f"file:{clip}"]
    command += ["-filter_complex", graph, "-r", "25", "-frames:v", str(frames), *_CAMERA, f"file:{output}"]
    subprocess.run(command, input=np.ascontiguousarray(scene).tobytes(), check=True)


def _of_scene(scene: Picture) -> list[str]:
    rows, columns = scene.shape[1:]
    return ["-f", "rawvideo", "-pix_fmt", "yuv444p", "-s", f"{columns}x{rows}", "-r", "25", "-i", "pipe:0"]


def _noisy(size: Size) -> str:
    looped = f"loop=loop=-1:size=1,scale={size.width}:{size.height},setsar=1,noise=alls={_NOISE_LEVELS}:allf=t"
    return f"{looped},format=yuv420p"


def decode(source: Path) -> None:
    """Decode a clip, and nothing else."""
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", f"file:{source}", "-f", "null", "-"], check=True)


def _frames(path: Path, filters: str, layout: str, frame_bytes: int) -> Iterator[NDArray[np.uint8]]:
    timed = f"{filters},settb=1/25,setpts=N"  # times of its own: some clips' are too close to tell apart
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:v:0", "-vf", timed]
    command += ["-fps_mode", "passthrough", "-enc_time_base", "1:25"]
    command += ["-pix_fmt", layout, "-f", "rawvideo", "pipe:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        while data := child.stdout.read(frame_bytes):
            if len(data) < frame_bytes:
                raise EOFError(f"{path}: a picture broke off")
            yield np.frombuffer(data, np.uint8)
    if child.returncode != 0:
        raise EOFError(f"{path}: ffmpeg ended with {child.returncode}")
