"""How far apart a camera's key frames are: the least that a lost connection costs, and where segments can be cut.

Looks at the stream until the second key frame and keeps nothing of it.  Decodes nothing.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction

from cctv.cameras.commands import packet_list_command
from cctv.cameras.stream import StreamAddress
from cctv.kernel import process

PATIENCE = timedelta(seconds=12)


def measure_gop(address: StreamAddress, *, patience: timedelta = PATIENCE) -> timedelta | None:
    """The time between two key frames; None where no second one came in time.  Blocks for `patience` at the most."""
    child = process.start(packet_list_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    alarm = threading.Timer(patience.total_seconds(), child.kill)
    with child:
        alarm.start()
        try:
            child.stdin.write(address.script(timeout=patience))
            child.stdin.close()
            return key_frame_distance(line.decode() for line in child.stdout)
        except BrokenPipeError:
            return None
        finally:
            alarm.cancel()
            child.kill()


def key_frame_distance(lines: Iterable[str]) -> timedelta | None:
    """From ffmpeg's list of packets as it comes: the time between the first two key frames.  Pure."""
    unit, first = Fraction(0), None
    for line in lines:
        if line.startswith("#tb 0:"):
            unit = Fraction(line.removeprefix("#tb 0:").strip())
        if line.startswith("#") or "F=0x" in line:  # a key frame is a packet without that mark
            continue
        shown = int(line.split(",")[2])
        if first is not None and shown > first:
            return timedelta(microseconds=round((shown - first) * unit * 1_000_000))
        first = shown if first is None else first
    return None
