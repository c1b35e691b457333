"""Wires the cameras, the RTSP server and the control port, and keeps time for all of them."""

from __future__ import annotations

import heapq
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from simulator.arguments import Arguments, parse
from simulator.camera import Camera
from simulator.clips import ClipError, load_clip
from simulator.control import Control, Pace, listen
from simulator.gst import GLib
from simulator.server import Login, Options, Server, run_forever

WORTH_SLEEPING = 0.002


def main() -> int:
    """Run until stopped; 2 if the clips cannot be played, 1 if a port is taken."""
    arguments = parse()
    try:
        cameras = _cameras(arguments)
    except ClipError as error:
        print(f"camsim: {error}", file=sys.stderr)
        return 2
    login = Login(arguments.auth, arguments.user, arguments.password) if arguments.auth != "none" else None
    pace = Pace()
    try:
        server = Server(cameras, arguments.port, Options(arguments.audio, login, arguments.packet_loss))
        control_port = listen(Control(cameras, server, pace), arguments.control_port)
    except OSError as error:
        print(f"camsim: {error}", file=sys.stderr)
        return 1
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, os._exit, 0)
    if arguments.die_with_stdin:
        threading.Thread(target=_die_with_stdin, daemon=True).start()
    threading.Thread(target=_pump, args=(cameras, pace), daemon=True).start()
    _announce(cameras, server, control_port)
    run_forever()
    return 0


def _cameras(arguments: Arguments) -> list[Camera]:
    cameras = []
    for index, (name, path) in enumerate(arguments.clips.items()):
        clips = [load_clip(path)]
        if name in arguments.alternatives:
            clips.append(load_clip(arguments.alternatives[name]))
            if clips[1].codec is not clips[0].codec:
                raise ClipError(f"{clips[1].path}: {name} cannot change from {clips[0].codec.value} to another codec")
        cameras.append(Camera(index, name, clips, arguments.rates[name], arguments.start_idr))
    return cameras


def _announce(cameras: Sequence[Camera], server: Server, control_port: int) -> None:
    ready = {
        "schema": 1,
        "rtsp_port": server.port,
        "control_port": control_port,
        "pid": os.getpid(),
        "cameras": [
            {
                "name": camera.name,
                "url": server.url(camera.name),
                "index": camera.index,
                "codec": camera.clip.codec.value,
                "fps": float(camera.fps),
                "clip_frames": len(camera.clip),
            }
            for camera in cameras
        ],
    }
    print(json.dumps(ready), flush=True)


def _die_with_stdin() -> None:
    # Not sys.stdin: a buffered reader would hold its lock while the interpreter ends.
    while os.read(0, 4096):
        pass
    os._exit(0)


def _pump(cameras: Sequence[Camera], pace: Pace) -> None:
    """Give every camera its pictures in time, spread over a frame time as real cameras are not in step either."""
    start = time.monotonic()
    begins = [start + float(place / len(cameras) / camera.fps) for place, camera in enumerate(cameras)]
    queue = list(zip(begins, range(len(cameras)), strict=True))
    while True:
        due, place = queue[0]
        wait = due - time.monotonic()
        if wait > WORTH_SLEEPING:
            time.sleep(wait)
        else:
            pace.latest_seconds = max(pace.latest_seconds, -wait)
        camera = cameras[place]
        camera.tick()
        heapq.heapreplace(queue, (begins[place] + float(camera.counter / camera.fps), place))
