"""A box before `cctv init`: an empty folder, and the command by options as the account that runs the tests."""

from __future__ import annotations

import json
import os
import pwd
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.core.i18n import Language
from cctv.core.process import clean_env

ACCOUNT = pwd.getpwuid(os.geteuid()).pw_name
FACTS = (
    '--name "De Grote Post" --jurisdiction BE --address "Kaai 1; 8400 Oostende" --mail info@example.org '
    '--signatory "Lieve Maes" --purpose "theft and damage"'
)


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out.splitlines()[-1])


@dataclass
class NewBox:
    """`cctv init` writes into `folder` alone."""

    folder: Path
    clock: Clock
    capsys: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        return self.folder / "etc" / "cameras.toml"

    @property
    def storage(self) -> Path:
        return self.folder / "disk" / "cctv"

    @property
    def key(self) -> Path:
        return self.folder / "usb" / "recovery.key"

    @property
    def answers(self) -> Path:
        return self.config.with_name(".cameras.toml.init.json")

    @property
    def arguments(self) -> list[str]:
        """Before what is typed."""
        return ["--config", str(self.config), "init", "--account", ACCOUNT]

    @property
    def environ(self) -> dict[str, str]:
        """Of a command in a process of its own."""
        return clean_env() | {"TERM": "xterm", "NO_COLOR": "1"}

    def cctv(self, command: str, *, exit: int | None = 0, disk: DurableFiles | None = None) -> Told:
        """Run `cctv COMMAND` on this box; `disk` injects faults."""
        self.capsys.readouterr()
        code = self.run(command, disk=disk)
        captured = self.capsys.readouterr()
        if exit is not None:
            assert code == exit, f"cctv {command}: exit {code}\n{captured.out}{captured.err}"
        return Told(code, captured.out, captured.err)

    def run(self, command: str, *, disk: DurableFiles | None = None) -> int:
        """Run it and return the exit code alone."""
        make_disk = None if disk is None else lambda: disk
        environ = {"NO_COLOR": "1"}
        box = Invocation(self.config, environ, self.clock, make_disk, language=Language.EN)
        return run(shlex.split(command), box)

    def by_options(self, command: str = "") -> str:
        """`init` without a question and without looking for cameras on the network."""
        return f"init --account {ACCOUNT} --yes --no-discovery {FACTS} --storage {self.storage} {command}"

    def init(self, command: str = "", *, exit: int | None = 3, disk: DurableFiles | None = None) -> Told:
        """By options; 3: nothing starts the services here."""
        return self.cctv(self.by_options(command), exit=exit, disk=disk)

    def files(self) -> list[str]:
        """All there is below the folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())
