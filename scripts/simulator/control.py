"""The control port: one line in, one line out.

Owns the words of the commands.  What they do is the business of the camera and of the server.
"""

from __future__ import annotations

import json
import os
import socketserver
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.camera import Camera
from simulator.gst import GLib
from simulator.server import Server

ANSWER_SECONDS = 5


class CommandError(Exception):
    """A command was not understood."""


@dataclass(slots=True)
class Pace:
    """How late the pump ever was; a test that loses frames looks here first."""

    latest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Control:
    """Carries out one command at a time, in the thread of the main loop."""

    cameras: Sequence[Camera]
    server: Server
    pace: Pace

    def answer(self, line: str) -> str:
        """Reply to one line: JSON for `stat`, `ok` for what was done, `error: ...` for what was not."""
        try:
            return self._carry_out(line.split())
        except (CommandError, ValueError) as error:
            return f"error: {error}"

    def _carry_out(self, words: list[str]) -> str:
        if words == ["stat"]:
            return json.dumps(self._stat())
        if words == ["quit"]:
            os._exit(0)
        if len(words) < 2:
            raise CommandError("usage: stat | quit | COMMAND NAME [VALUE]")
        command, name, *values = words
        camera = next((camera for camera in self.cameras if camera.name == name), None)
        if camera is None:
            raise CommandError(f"no camera {name}")
        self._command(command, camera, values)
        return "ok"

    def _command(self, command: str, camera: Camera, values: list[str]) -> None:
        plain: dict[str, Callable[[], None]] = {
            "freeze": lambda: setattr(camera, "frozen", True),
            "thaw": lambda: setattr(camera, "frozen", False),
            "hang": lambda: self.server.hang(camera.name),
            "unhang": lambda: self.server.unhang(camera.name),
            "stop": lambda: self.server.stop(camera.name),
            "start": lambda: self.server.start(camera.name),
        }
        if command in plain and not values:
            plain[command]()
        elif command == "drop" and len(values) == 1:
            camera.drop = _probability(values[0])
        elif command == "alt" and len(values) == 1:
            camera.wanted = _place(values[0], camera)
        else:
            raise CommandError(f"not understood: {command} {' '.join(values)}".rstrip())

    def _stat(self) -> dict[str, object]:
        spent = os.times()
        return {
            "schema": 1,
            "pid": os.getpid(),
            "cpu_seconds": round(spent.user + spent.system, 3),
            "latest_ms": round(self.pace.latest_seconds * 1000, 1),
            "cameras": [self._stat_of(camera) for camera in self.cameras],
        }

    def _stat_of(self, camera: Camera) -> dict[str, object]:
        return {
            "name": camera.name,
            "index": camera.index,
            "codec": camera.clip.codec.value,
            "fps": float(camera.fps),
            "alt": camera.playing,
            "counter": camera.counter,
            "clip_index": camera.counter % len(camera.clip),
            "clip_frames": len(camera.clip),
            "connected": camera.connected,
            "asked": self.server.asked(camera.name),
            "frozen": camera.frozen,
            "hung": self.server.is_hung(camera.name),
            "stopped": self.server.is_stopped(camera.name),
            "sent": camera.sent.frames,
            "dropped": camera.sent.dropped,
            "bytes": camera.sent.bytes,
            "first": camera.sent.first,
            "last": camera.sent.last,
        }


def listen(control: Control, port: int) -> int:
    """Answer on the loopback interface in a thread of its own; return the port that was really bound."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                reply = _in_main_loop(lambda line=line: control.answer(line.decode(errors="replace")))
                self.wfile.write((reply + "\n").encode())

    class Listener(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    listener = Listener(("127.0.0.1", port), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    return listener.server_address[1]


def _in_main_loop(work: Callable[[], str]) -> str:
    done = threading.Event()
    replies: list[str] = []

    def run() -> bool:
        replies.append(work())
        done.set()
        return GLib.SOURCE_REMOVE

    GLib.idle_add(run)
    return replies[0] if done.wait(ANSWER_SECONDS) else "error: the server does not answer"


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise CommandError(f"not a probability: {text}")
    return value


def _place(text: str, camera: Camera) -> int:
    if not text.isdigit() or int(text) >= len(camera.clips):
        raise CommandError(f"{camera.name} has {len(camera.clips)} clip(s), no number {text}")
    return int(text)
