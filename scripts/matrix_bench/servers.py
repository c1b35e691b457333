"""The servers of the matrix: films, GStreamer's, live555's, and those of tests/, each as a camera's address."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hostile import RtspServer, StreamQuirk
from matrix_bench.rows import PASSWORD, USER, Gst, Live555, Row
from onvif_device import Quirk, quirky

HERE = Path(__file__).resolve().parent
_FRAMES = {"": "bframes=0", "-b": "bframes=2", "-open": "bframes=2:open-gop=1"}
_CODECS = {"h264": ("libx264", "-x264-params", ""), "hevc": ("libx265", "-x265-params", ":log-level=none")}


def make_films(folder: Path, seconds: int) -> dict[str, Path]:
    """A minute and more of moving picture for each codec: without B-frames, with them, and with open GOPs too."""
    films = {}
    for codec, (encoder, option, more) in _CODECS.items():
        for ending, frames in _FRAMES.items():
            film = folder / f"{codec}{ending}.mp4"
            source = f"testsrc2=size=320x180:rate=10:duration={seconds}"
            command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", encoder, "-preset", "ultrafast"]
            command += ["-g", "10", "-pix_fmt", "yuv420p", option, f"{frames}{more}"]
            subprocess.run([*command, str(film)], check=True, stdin=subprocess.DEVNULL)
            films[film.stem] = film
    return films


@contextlib.contextmanager
def serving(rows: Sequence[Row], films: Mapping[str, Path], folder: Path) -> Iterator[dict[Row, str]]:
    """The line of cameras.toml that names each row's camera, while its server runs; none without that server."""
    with contextlib.ExitStack() as opened:
        streams = _gst_servers(opened, rows, films, folder) | _live555_server(opened, rows, films, folder)
        lines = {row: f'rtsp = "{url}"' for row, url in streams.items()}
        plain = _gst_servers(opened, [_FIRST, _LARGE], films, folder)
        told = {name: plain[_LARGE if name == "large" else _FIRST] for name in ("main", "large", "sub", "slow")}
        for row in rows:
            if isinstance(row.source, Quirk):
                device = opened.enter_context(quirky(row.source, told, PASSWORD))
                lines[row] = f'onvif = "{device.address}"'
            elif isinstance(row.source, StreamQuirk):
                lines[row] = f'rtsp = "{opened.enter_context(RtspServer(row.source.answer)).url}"'
        yield lines


_FIRST = Row("GStreamer", "a device's stream", Gst("h264"), ("h264",))
_LARGE = Row("GStreamer", "a device's stream", Gst("hevc"), ("hevc",))


def _gst_servers(
    opened: contextlib.ExitStack, rows: Sequence[Row], films: Mapping[str, Path], folder: Path
) -> dict[Row, str]:
    """One server for each set of options, and in it a mount for each row: two cameras never have one address."""
    sets: dict[Gst, dict[Row, str]] = {}
    for number, row in enumerate(rows):
        if isinstance(row.source, Gst):
            options = replace(row.source, film="", is_known=True)
            sets.setdefault(options, {})[row] = f"row{number}"
    urls = {}
    for options, mounts in sets.items():
        known = {
            name: row.source for row, name in mounts.items() if isinstance(row.source, Gst) and row.source.is_known
        }
        port = _start_gst(opened, options, {name: films[source.film] for name, source in known.items()}, folder)
        host = f"[{options.host}]" if ":" in options.host else options.host
        scheme = "rtsps" if options.is_encrypted else "rtsp"
        urls |= {row: f"{scheme}://{host}:{port}/{name}" for row, name in mounts.items()}
    return urls


def _start_gst(opened: contextlib.ExitStack, options: Gst, mounts: Mapping[str, Path], folder: Path) -> int:
    told = {
        "films": {name: str(film) for name, film in mounts.items()},
        "codecs": {name: "h265" if film.stem.startswith("hevc") else "h264" for name, film in mounts.items()},
        "host": options.host,
        "auth": options.auth,
        "user": USER,
        "password": PASSWORD,
        "certificate": str(_certificate(folder)) if options.is_encrypted else "",
        "protocols": options.protocols,
    }
    server = opened.enter_context(
        subprocess.Popen(
            ["/usr/bin/python3", str(HERE / "gst_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    )
    assert server.stdin is not None
    assert server.stdout is not None
    opened.callback(server.terminate)
    server.stdin.write(json.dumps(told) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


def _certificate(folder: Path) -> Path:
    """A certificate that a camera signed itself, with its key."""
    pem = folder / "camera.pem"
    if not pem.exists():
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", f"{pem}.key", "-out", str(pem), "-subj", "/CN=camera", "-days", "2"]
        subprocess.run(command, check=True, capture_output=True)
        pem.write_text(pem.read_text() + Path(f"{pem}.key").read_text())
    return pem


def _live555_server(
    opened: contextlib.ExitStack, rows: Sequence[Row], films: Mapping[str, Path], folder: Path
) -> dict[Row, str]:
    """live555MediaServer plays the files of its folder, by their names."""
    wanted = [row for row in rows if isinstance(row.source, Live555)]
    if not wanted or shutil.which("live555MediaServer") is None:
        return {}
    place, names = folder / "live555", {}
    place.mkdir()
    for number, row in enumerate(wanted):
        assert isinstance(row.source, Live555)
        film = films[row.source.film]
        names[row] = f"row{number}.{'265' if film.stem.startswith('hevc') else '264'}"
        remux = [
            "ffmpeg",
            "-v",
            "error",
            "-i",
            str(film),
            "-c",
            "copy",
            "-f",
            "hevc" if "265" in names[row] else "h264",
        ]
        subprocess.run([*remux, str(place / names[row])], check=True, stdin=subprocess.DEVNULL)
    server = opened.enter_context(
        subprocess.Popen(
            ["live555MediaServer"], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ}
        )
    )
    opened.callback(server.terminate)
    assert server.stdout is not None
    for line in server.stdout:
        if match := re.search(rb"rtsp://[^/]*?(?::(\d+))?/", line):
            port = int(match[1] or 554)
            return {row: f"rtsp://127.0.0.1:{port}/{name}" for row, name in names.items()}
    return {}
