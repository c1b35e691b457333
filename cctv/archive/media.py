"""What a media file holds, as ffprobe reads it.

Reads every packet: used where a file is doubted, not at every ingest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cctv.kernel import process
from cctv.kernel.errors import FileUnreadable, ToolFailed
from cctv.kernel.phrases import phrase


@dataclass(frozen=True, slots=True)
class Media:
    """Length to the last packet's end, video packets, codec, picture size in pixels, sound streams."""

    duration: timedelta
    packets: int
    codec: str
    width: int
    height: int
    audio_streams: int


def probe(path: Path) -> Media:
    """Read a file's packets; raises FileUnreadable when it has no video or ends before its first packet."""
    fields = "stream=codec_type,codec_name,width,height:packet=pts_time,duration_time,stream_index"
    command = ["ffprobe", "-v", "error", "-show_entries", fields, "-select_streams", "v:0", "-of", "json", str(path)]
    following = "cctv footage list shows what else there is; the file is left as it is"
    try:
        said = json.loads(process.run(command))
        streams = json.loads(
            process.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "json", str(path)])
        )["streams"]
    except ToolFailed as error:
        raise FileUnreadable(path=path, problem=error.fields["detail"], following=following) from error
    packets = [packet for packet in said.get("packets", []) if "pts_time" in packet]
    if not said.get("streams") or not packets:
        raise FileUnreadable(path=path, problem=phrase("no picture in it"), following=following)
    stream = said["streams"][0]
    times = sorted(float(packet["pts_time"]) for packet in packets)
    last = float(packets[-1].get("duration_time", 0.0)) or _typical_step(times)
    return Media(
        duration=timedelta(seconds=times[-1] - times[0] + last),
        packets=len(packets),
        codec=stream["codec_name"],
        width=stream["width"],
        height=stream["height"],
        audio_streams=sum(one["codec_type"] == "audio" for one in streams),
    )


def _typical_step(times: list[float]) -> float:
    """Frame time in seconds where the container gives none: the mean of what it holds, 40 ms for one frame."""
    return (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 0.04
