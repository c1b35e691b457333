"""The product as its users drive it: the `cctv` command in processes of its own.  Imports nothing of cctv."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

STOP_PATIENCE = 120  # seconds; only a service that hangs takes that long
CCTV = str(Path(sys.executable).with_name("cctv"))


def utc(at: float) -> str:
    """A time as the command line reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class CommandFailed(Exception):
    """A command of the demo ended as it should not; the message holds what it said."""


class Product:
    """`cctv` with the demo's cameras.toml; every command is shown as a person would type it."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config, self._log = config, log
        self._services: list[tuple[str, subprocess.Popen[bytes]]] = []

    def run(self, command: str, *, expect: int = 0, quiet: bool = False) -> dict[str, Any]:
        """Run `cctv COMMAND --json` and answer its object."""
        if not quiet:
            print(f"    $ cctv {command}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [CCTV, *shlex.split(command), "--json"],
            capture_output=True,
            text=True,
            check=False,
            env=self._environment(),
        )
        if done.returncode != expect:
            raise CommandFailed(f"cctv {command}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def start(self, command: str) -> None:
        """Start a service, as systemd would; it writes to the demo's log."""
        print(f"    $ cctv {command} &", file=sys.stderr, flush=True)
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [CCTV, *shlex.split(command)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment()
            )
        self._services.append((command, process))

    def stop(self, command: str) -> None:
        """SIGTERM a service and wait for its orderly end."""
        for name, process in self._services:
            if name == command and process.poll() is None:
                process.terminate()
                if process.wait(STOP_PATIENCE) != 0:
                    raise CommandFailed(f"cctv {command} ended with {process.returncode}; see {self._log}")

    def alive(self) -> None:
        """Raise CommandFailed when a service died on its own."""
        for name, process in self._services:
            if process.poll() not in (None, 0):
                raise CommandFailed(f"cctv {name} ended with {process.returncode}; see {self._log}")

    def kill_all(self) -> None:
        for _, process in self._services:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CCTV_CONFIG": str(self._config), "NO_COLOR": "1"}
