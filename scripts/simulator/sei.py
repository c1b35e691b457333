"""Which frames arrived: reads the counter that the simulated camera put into every access unit.

Owns the form of the mark and its audit.  Never decodes, never imports anything but the standard library.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MARK_UUID = b"RIGCAMSIM-SEI-01"
MARK = re.compile(MARK_UUID + rb"([0-9a-f]{4}) ([0-9a-f]{12}) ([0-9a-f]{16})")


def mark(camera: int, counter: int, sent_us: int) -> bytes:
    """Payload of the user_data_unregistered message; plain text, so no emulation prevention byte ever splits it."""
    return MARK_UUID + b"%04x %012x %016x" % (camera, counter, sent_us)


@dataclass(frozen=True, slots=True)
class Frame:
    """One recorded picture and what its mark says."""

    camera: int
    counter: int
    sent_us: int
    pts_seconds: float | None
    key: bool
    size: int


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything that one file holds, in stored order."""

    file: str
    frames: tuple[Frame, ...]
    unmarked: int
    audio_streams: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Verdict on one file, or on the files of one camera taken as one recording."""

    file: str
    camera: int | None
    frames: int
    first: int | None
    last: int | None
    missing: int
    backwards: int
    unmarked: int
    first_sent_us: int | None
    last_sent_us: int | None
    audio_streams: int
    error: str | None

    @property
    def clean(self) -> bool:
        """Nothing is missing, out of order or unreadable."""
        return not (self.missing or self.backwards or self.unmarked or self.error)

    def as_json(self) -> str:
        """One line for a program to read."""
        return json.dumps({"schema": 1, **asdict(self)})


def scan(path: Path | str) -> Scan:
    """Read every mark of the first video stream, packet by packet."""
    try:
        packets, audio_streams = _packets(path)
        raw = _bitstream(path)
    except AuditError as error:
        return Scan(str(path), (), 0, 0, str(error))
    if len(raw) != sum(packet.size for packet in packets):
        return Scan(str(path), (), 0, audio_streams, "the copied stream has another length than its packets")
    return _read_marks(str(path), packets, raw, audio_streams)


def audit(scanned: Scan) -> Audit:
    """Count what is missing inside one file."""
    return _verdict(scanned.file, [scanned])


def across(scans: Iterable[Scan]) -> list[Audit]:
    """Take the files of each camera, in the order given, as one recording; count over the boundaries as well."""
    cameras: dict[int | None, list[Scan]] = {}
    for scanned in scans:
        camera = scanned.frames[0].camera if scanned.frames else None
        cameras.setdefault(camera, []).append(scanned)
    return [_verdict(f"{len(files)} files", files) for _, files in sorted(cameras.items(), key=_unknown_last)]


class AuditError(Exception):
    """A file could not be read; the message is the reader's own."""


@dataclass(frozen=True, slots=True)
class _Packet:
    size: int
    pts_seconds: float | None
    key: bool


def _packets(path: Path | str) -> tuple[list[_Packet], int]:
    entries = "stream=index,codec_type:packet=stream_index,size,pts_time,flags"
    text = _run(["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)])
    probed = json.loads(text)
    kinds = {stream["index"]: stream["codec_type"] for stream in probed.get("streams", [])}
    video = next((index for index, kind in sorted(kinds.items()) if kind == "video"), None)
    if video is None:
        raise AuditError("no video stream")
    packets = [
        _Packet(int(entry["size"]), float(entry["pts_time"]) if "pts_time" in entry else None, "K" in entry["flags"])
        for entry in probed.get("packets", [])
        if entry["stream_index"] == video
    ]
    return packets, sum(kind == "audio" for kind in kinds.values())


def _bitstream(path: Path | str) -> bytes:
    # copyinkf and copypriorss: a stream copy would otherwise leave out what comes before the first key frame.
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-map", "0:v:0", "-c", "copy"]
    return _run([*command, "-copyinkf", "-copypriorss", "1", "-f", "data", "pipe:1"])


def _run(command: Sequence[str]) -> bytes:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise AuditError(lines[-1] if lines else f"{command[0]} ended with status {done.returncode}")
    return done.stdout


def _read_marks(file: str, packets: Sequence[_Packet], raw: bytes, audio_streams: int) -> Scan:
    frames: list[Frame] = []
    start = unmarked = 0
    for packet in packets:
        mark = MARK.search(raw, start, start + packet.size)
        start += packet.size
        if mark is None:
            unmarked += 1
            continue
        camera, counter, sent_us = (int(text, 16) for text in mark.groups())
        frames.append(Frame(camera, counter, sent_us, packet.pts_seconds, packet.key, packet.size))
    error = None if frames else "no marked frame"
    return Scan(file, tuple(frames), unmarked, audio_streams, error)


def _verdict(file: str, scans: Sequence[Scan]) -> Audit:
    frames = [frame for scanned in scans for frame in scanned.frames]
    steps = [later.counter - earlier.counter for earlier, later in itertools.pairwise(frames)]
    first, last = (frames[0], frames[-1]) if frames else (None, None)
    errors = [
        f"{scanned.file}: {scanned.error}" if len(scans) > 1 else scanned.error for scanned in scans if scanned.error
    ]
    return Audit(
        file=file,
        camera=first.camera if first else None,
        frames=len(frames),
        first=first.counter if first else None,
        last=last.counter if last else None,
        missing=sum(step - 1 for step in steps if step > 1),
        backwards=sum(step <= 0 for step in steps),
        unmarked=sum(scanned.unmarked for scanned in scans),
        first_sent_us=first.sent_us if first else None,
        last_sent_us=last.sent_us if last else None,
        audio_streams=sum(scanned.audio_streams for scanned in scans),
        error="; ".join(error for error in errors if error) or None,
    )


def _unknown_last(entry: tuple[int | None, list[Scan]]) -> tuple[bool, int]:
    camera, _ = entry
    return camera is None, camera or 0
