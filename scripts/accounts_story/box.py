"""The box of the story: a folder of its own with settings, storage and socket; the real service; accounts that type.

Imports nothing of cctv: commands are processes of the accounts that type them.
"""

from __future__ import annotations

import json
import os
import pty
import pwd
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from testbed.cameras import until

from accounts_story.people import SERVICE, People

SOURCES = Path(__file__).resolve().parent.parent.parent
CAMERA = "foyer-1"
_MAIN = "import sys; from cctv.cli.entry import main; sys.exit(main())"
_RUDE = Path(__file__).with_name("rude.py")
_SEGMENTS = 3  # of 2 s, before the story begins
_PATIENCE_SECONDS = 120.0
SETTINGS = """# Made by scripts/four-accounts.
[site]
name = "Cultuurcentrum De Grote Post (trial)"
timezone = "Europe/Brussels"
jurisdiction = "BE"
language = "en"
storage = "{storage}"
max_retention = "28d"
[recording]
segment = "2s"
reserve = "1%"
[zones.interior]
kind = "interior"
retention = "28d"
[cameras.foyer-1]
zone = "interior"
purpose = "theft and damage"
rtsp = "{address}"
[controller]
name = "Cultuurcentrum De Grote Post vzw"
address = ["Hendrik Serruyslaan 18A", "8400 Oostende"]
mail = "onthaal@example.org"
dpo = "privacy@example.org"
signatory = "Lieve Maes"
[policy]
two_person = ["hold.release", "export.unredacted", "policy.change"]
second_factor = ["view"]
"""


class BoxRefused(Exception):
    """The story cannot be played here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a command answered."""

    command: str
    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object that `--json` prints; raises BoxRefused where there is none."""
        try:
            answer: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        except (IndexError, ValueError) as error:
            problem = f"cctv {self.command} ended with {self.exit}\n{self.out}{self.err}"
            raise BoxRefused(problem) from error
        return answer

    @property
    def crashed(self) -> bool:
        return "Traceback" in self.out + self.err


def interpreter() -> str:
    """A Python of this version that every account can run, with the environment's packages; raises BoxRefused."""
    for folder in (SOURCES, _packages()):
        if not _others_enter(folder):
            raise BoxRefused(
                f"other accounts cannot read {folder}\nnext:  clone it where they can, as into /srv or /tmp"
            )
    for python in (Path(sys.executable), Path("/usr/bin/python3")):
        if python.exists() and _others_enter(python.resolve()):
            told = subprocess.run(
                [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
            )
            if told.stdout.split() == [str(number) for number in sys.version_info[:2]]:
                return str(python)
    raise BoxRefused("there is no Python of this version that other accounts can run\nnext:  apt-get install python3")


def _packages() -> Path:
    return Path(next(path for path in sys.path if path.endswith("site-packages")))


def _others_enter(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


class Box:
    """Settings are root's, the storage is the service account's, as an installation has them."""

    def __init__(self, folder: Path, people: People, python: str) -> None:
        self.folder, self.people, self._python = folder, people, python
        self.config, self.storage = folder / "etc" / "cameras.toml", folder / "storage"
        self.socket = folder / "run" / "cctv.sock"
        self.log = folder / "service.log"
        self.span = ""  # the options of the time that was recorded, which SPAN in a command stands for
        self._services: list[subprocess.Popen[bytes]] = []

    def set_up(self, address: str) -> None:
        """Settings of root, and the folders of the service account."""
        owner = pwd.getpwnam(self.people[SERVICE])
        folders = ((self.config.parent, 0o750, 0), (self.folder / "home", 0o755, 0))
        own = ((self.storage, 0o700, owner.pw_uid), (self.socket.parent, 0o755, owner.pw_uid))
        for path, mode, uid in (*folders, *own):
            path.mkdir()
            path.chmod(mode)
            os.chown(path, uid, owner.pw_gid)
        self.write_settings(SETTINGS.format(storage=self.storage, address=address) + self.people.roles)

    def write_settings(self, text: str) -> None:
        """As root edits them."""
        self.config.write_text(text)
        self.config.chmod(0o640)
        os.chown(self.config, 0, pwd.getpwnam(self.people[SERVICE]).pw_gid)

    def home(self, name: str) -> Path:
        """The folder of an account, where its commands run and nobody else looks."""
        home = self.folder / "home" / name
        if not home.is_dir():
            home.mkdir()
            home.chmod(0o700)
            entry = pwd.getpwnam(self.people[name])
            os.chown(home, entry.pw_uid, entry.pw_gid)
        return home

    def variables(self, **more: str) -> dict[str, str]:
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": f"{SOURCES}:{_packages()}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "CCTV_SOCKET": str(self.socket),
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "COLUMNS": "200",
            **more,
        }

    def words(self, command: str) -> list[str]:
        """The process that types a command."""
        command = command.replace("SPAN", self.span)
        return [self._python, "-c", _MAIN, "--language", "en", *shlex.split(command)]

    def popen(self, name: str, words: list[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - of Popen
        """Start a program as an account, with the groups that the machine gives it."""
        entry = pwd.getpwnam(self.people[name])
        groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
        options = {"env": self.variables(), "stdin": subprocess.DEVNULL, "cwd": self.home(name), **options}
        return subprocess.Popen(words, user=entry.pw_uid, group=entry.pw_gid, extra_groups=groups, **options)

    def type(self, name: str, command: str, **variables: str) -> Typed:
        """Run `cctv COMMAND` as an account to its end; `variables` are what it says of itself."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with self.popen(name, self.words(command), env=self.variables(**variables), **pipes) as child:
            out, err = child.communicate()
        return Typed(command.replace("SPAN", self.span), child.returncode, out.decode(), err.decode())

    def rude(self, name: str, kind: str) -> subprocess.Popen[bytes]:
        """Start a client that misbehaves, as an account."""
        words = [self._python, str(_RUDE), kind, str(self.socket)]
        child = self.popen(name, words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._services.append(child)
        return child

    def at_terminal(self, name: str, command: str, wanted: str, answer: Any) -> tuple[int, str]:  # noqa: ANN401 - a function of the screen
        """Run a command at a terminal, answer what it asks with what `answer` makes of the screen; exit and screen."""
        keyboard, terminal = pty.openpty()
        child = self.popen(
            name, self.words(command), stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
        )
        os.close(terminal)
        screen, has_answered, deadline = "", False, time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if select.select([keyboard], [], [], 1.0)[0]:
                try:
                    piece = os.read(keyboard, 65536)
                except OSError:  # the command has ended
                    break
                if not piece:
                    break
                screen += piece.decode(errors="replace").replace("\r\n", "\n")
            if not has_answered and wanted in screen:
                os.write(keyboard, f"{answer(screen)}\n".encode())
                has_answered = True
        os.close(keyboard)
        return child.wait(timeout=_PATIENCE_SECONDS), screen

    def record(self) -> None:
        """Let the recorder record some segments as the service account, and end it."""
        began = datetime.now(UTC) - timedelta(minutes=1)
        recorder = self._start("record")
        until(
            lambda: recorder.poll() is not None or len(list(self.storage.glob("segments/**/*.mp4"))) >= _SEGMENTS,
            "segments on the disk",
        )
        self._end(recorder)
        self.span = f"--from {began:%Y-%m-%dT%H:%M:%SZ} --to {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def at_work(self) -> bool:
        """Whether the service runs a command."""
        pid = self._serving.pid
        return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text().strip())

    def serve(self) -> None:
        """Start the service and wait until it listens."""
        service = self._serving = self._start("serve")
        until(lambda: service.poll() is not None or self._answers(), "the service listens")
        if service.poll() is not None:
            raise BoxRefused(f"the service did not start:\n{self.log.read_text()[-2000:]}")

    def close(self) -> None:
        """End every process of this box."""
        for process in reversed(self._services):
            self._end(process)

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = self.popen(SERVICE, self.words(f"--config {self.config} {command}"), stdout=log, stderr=log)
        self._services.append(process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=_PATIENCE_SECONDS)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
            return True


@contextmanager
def new_box(people: People, python: str) -> Iterator[Box]:
    """A box in a temporary folder of its own; its processes end and the folder goes, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="cctv-accounts-"))
    folder.chmod(0o755)
    box = Box(folder, people, python)
    try:
        yield box
    finally:
        box.close()
        shutil.rmtree(folder)
