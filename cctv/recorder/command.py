"""The ffmpeg command that records one camera.

Pure.  Owns every option of it and why it is there.  Holds no address: that comes on standard input (cameras.stream).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import ffmpeg

from cctv.cameras import PROTOCOLS

# Fragments a player can open without us.  A killed recorder loses the one that is not full, and two frames that are
# still on their way through ffmpeg: with 0.4 s that stays under half a second at 25 frames a second.
_FRAGMENTS = "movflags=frag_keyframe+empty_moov+default_base_moof:frag_duration=400000:flush_packets=1"

# A key frame this much early still closes the segment: the first frames of a stream may be a frame time off.
_EARLY = "0.05"

PROGRESS_PERIOD = timedelta(milliseconds=500)  # twice as often costs the recorder twice the time to listen


def record_command(pattern: Path, progress_descriptor: int, segment: timedelta) -> list[str]:
    """Read the script on stdin; write segments by `pattern`, closed ones to stdout, progress to the descriptor."""
    source = ffmpeg.input("pipe:0", f="concat", safe="0", protocol_whitelist=PROTOCOLS)
    output = ffmpeg.output(
        source["v:0"],  # the picture only: sound is never recorded
        str(pattern),
        **{
            "an": None,
            "c": "copy",
            "tag:v": "hvc1",  # what players want of H.265 in MP4; ffmpeg drops it for H.264, where it does not fit
            "f": "segment",
            "segment_time": f"{segment.total_seconds():g}",
            "segment_time_delta": _EARLY,
            "segment_format": "mp4",
            "segment_format_options": _FRAGMENTS,
            "segment_list": "pipe:1",
            "segment_list_type": "csv",
            "reset_timestamps": "1",
        },
    )
    talk = ["-hide_banner", "-loglevel", "error", "-nostats", "-progress", f"pipe:{progress_descriptor}"]
    period = ["-stats_period", f"{PROGRESS_PERIOD.total_seconds():g}"]
    compiled: list[str] = output.global_args(*talk, *period).compile()
    return compiled


def file_pattern(run_id: int) -> str:
    """What a run's files are called; `archive.layout` reads it back."""
    return f"run{run_id}-%06d.mp4"
