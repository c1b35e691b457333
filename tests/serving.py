"""A real `cctv serve` for tests, and accounts of this machine that type commands to it."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cctv.services.serve.protocol import FrameChannel

SOURCES = Path(__file__).resolve().parent.parent
MAIN = "import sys; from cctv.cli.entry import main; sys.exit(main())"
SERVICE, *PEOPLE = ("nobody", "daemon", "bin", "sys", "games", "man")  # accounts that every Debian has
NAMELESS = 54321  # a user id without an account
START_SECONDS = 120.0
CONFIG = """
[site]
name = "Cultuurcentrum De Grote Post"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
max_retention = "28d"
[zones.interior]
kind = "interior"
retention = "28d"
[cameras.foyer-1]
zone = "interior"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/foyer-1"
[controller]
name = "Cultuurcentrum De Grote Post vzw"
address = ["Hendrik Serruyslaan 18A", "8400 Oostende"]
mail = "onthaal@example.org"
dpo = "privacy@example.org"
signatory = "Lieve Maes"
[roles]
handler = ["daemon", "bin", "sys", "games", "man"]
auditor = ["daemon", "bin", "sys", "games", "man"]
decider = ["root"]
"""


@dataclass(frozen=True)
class Typed:
    """What a command answered."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out.splitlines()[-1])


def interpreter() -> str:
    """A Python of this version that every account can run, with what the tests run with; skips where there is none."""
    if os.geteuid() != 0:
        pytest.skip("other accounts need root")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    for folder in (SOURCES, Path(packages)):
        if not _others_enter(folder):
            pytest.skip(f"other accounts cannot read {folder}")
    for python in (Path(sys.executable), Path("/usr/bin/python3")):
        if python.exists() and _others_enter(python.resolve()) and _version(python) == sys.version_info[:2]:
            return str(python)
    pytest.skip("there is no Python of this version that other accounts can run")


def _others_enter(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def _version(python: Path) -> tuple[int, ...]:
    text = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, check=True)
    return tuple(int(number) for number in text.stdout.split())


@dataclass
class Served:
    """A storage with its service; `folder` holds cameras.toml, the storage, the socket and homes of accounts."""

    folder: Path
    python: str
    process: subprocess.Popen[bytes] | None = None
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "cameras.toml"

    @property
    def root(self) -> Path:
        return self.folder / "storage"

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "cctv.sock"

    def home(self, account: str) -> Path:
        """The folder of an account, where its commands run and nobody else looks."""
        home = self.folder / "home" / account
        if not home.is_dir():
            home.parent.mkdir(exist_ok=True)
            home.parent.chmod(0o755)  # whatever umask an earlier test left
            home.mkdir()
            home.chmod(0o700)
            os.chown(home, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
        return home

    def popen(self, account: str, command: str, **options: object) -> subprocess.Popen[bytes]:
        """Start `cctv COMMAND` as an account, in its folder, in English."""
        user = pwd.getpwnam(account)
        arguments = [self.python, "-c", MAIN, "--language", "en", *shlex.split(command)]
        return subprocess.Popen(
            arguments,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd=self.home(account),
            **{"env": self.variables(), "stdin": subprocess.DEVNULL, **options},
        )

    def variables(self, **more: str) -> dict[str, str]:
        packages = next(path for path in sys.path if path.endswith("site-packages"))
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{SOURCES}:{packages}",
            "CCTV_SOCKET": str(self.socket),
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            **self.environ,
            **more,
        }

    def type(self, account: str, command: str, *, exit: int | None = 0, **options: object) -> Typed:
        """Run `cctv COMMAND` as an account to its end."""
        child = self.popen(account, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        out, err = child.communicate()
        typed = Typed(child.returncode, out.decode(), err.decode())
        if exit is not None:
            assert typed.exit == exit, f"{account}: cctv {command}: exit {typed.exit}\n{typed.out}{typed.err}"
        return typed

    def start(self) -> None:
        """Start the service and wait until it listens."""
        with (self.folder / "serve.log").open("ab") as log:
            self.process = self.popen(SERVICE, f"--config {self.config} serve", stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "serve.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
            return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()

    def acts(self, account: str = "daemon") -> list[tuple[str, str]]:
        """Who did what, from the log, through the service; not who read."""
        entries = self.type(account, "audit list --json").json["entries"]
        return [(entry["actor"], entry["act"]) for entry in entries if entry["act"] != "reading.asked"]

    def raw(self) -> tuple[socket.socket, FrameChannel]:
        """A connection of this process (root), which has been greeted."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.socket))
        channel = FrameChannel(connection)
        greeting, _ = channel.receive(seconds=START_SECONDS)
        assert greeting["cctv"] == 1
        return connection, channel


def make_served(config: str = CONFIG) -> Served:
    """A storage of SERVICE under a folder that every account can enter, not served yet."""
    python = interpreter()
    folder = Path(tempfile.mkdtemp(prefix="cctv-served-"))
    folder.chmod(0o755)
    served = Served(folder, python)
    served.config.write_text(config)
    served.config.chmod(0o644)
    owner = pwd.getpwnam(SERVICE)
    for path in (served.root.parent, folder / "run"):
        path.mkdir(exist_ok=True)
        os.chown(path, owner.pw_uid, owner.pw_gid)
        path.chmod(0o755)
    os.chown(served.config, owner.pw_uid, owner.pw_gid)
    served.type(SERVICE, f"--config {served.config} footage init")
    return served


def remove(served: Served) -> None:
    served.stop()
    shutil.rmtree(served.folder)
