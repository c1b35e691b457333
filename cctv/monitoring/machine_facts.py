"""Facts of the machine that the doctor judges: programs, packages, units of systemd, SMART values, mounts, accounts.

Reads only, each call within seconds; a program that is missing or does not answer is a ToolMissing or ToolFailed, so
that the check says so.  Judges nothing.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import av

import cctv
from cctv.core.access import account_name, accounts_of_group
from cctv.core.confine import Fences, fences
from cctv.core.disks import SYS, DiskFacts, plain_swaps, read_disk
from cctv.core.process import BOOTED, UnitFacts, last_lines, run_process, start_process, synchronised, unit_facts

PATIENCE_SECONDS = 20.0  # a disk that sleeps answers smartctl after some ten
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(\s*;)?")
_VIA = re.compile(r"    # +(?:via +)?(?!via$)(\S.*)$")  # who asks for the pin above
_GROUP = re.compile(r"\(pyproject\.toml:[\w-]+\)$")  # a group of dependencies, none of which the program runs on
_ADMINISTRATORS = frozenset({"sudo", "wheel", "admin"})  # groups whose members become root by sudo
_LOOKED_INTO = ("", "audit", "derived", "exports", "holds", "incoming", "keys")  # folders of a storage without footage


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """Versions of programs by name, None for one that is missing; what libavcodec can do; other versions."""

    tools: Mapping[str, str | None]
    encoders: frozenset[str]
    decoders: frozenset[str]
    libraries: Mapping[str, str]
    fences: Fences | None = None  # what bounds a child that decodes; None where it was not asked


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """The versions that the lock allows by name, what is installed, and names that only other machines need.

    `pins` is None where the lock is not there.
    """

    pins: Mapping[str, frozenset[str]] | None
    installed: Mapping[str, str]
    elsewhere: frozenset[str]
    python: str


@dataclass(frozen=True, slots=True)
class SmartFacts:
    """What a disk says of itself; None where it does not.  `problem` is why it says nothing."""

    disk: str
    passed: bool | None
    worn: float | None = None  # share of what its maker planned, of a solid-state disk
    bad_sectors: int | None = None  # reallocated, pending and uncorrectable; or errors of the medium
    hours: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FstabLine:
    """A line of /etc/fstab."""

    source: str
    point: Path
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """Who owns a storage, its mode, and what in it belongs to another account; `unread` are folders not looked into.

    `members` are the accounts of its group, by name.
    """

    root: Path
    owner: str
    mode: int
    strangers: tuple[str, ...]
    open_keys: tuple[str, ...]  # key files that other accounts can reach
    unread: tuple[str, ...]
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Who can be root here: accounts with its number, members of groups that `sudo` usually serves, and logins by ssh.

    `root_login` is what sshd_config says of root (`PermitRootLogin`), its default where it says nothing, None where no
    ssh server is installed.  `root_keys` is how many public keys open root's account, None where this account may not
    look.
    """

    as_root: tuple[str, ...]
    administrators: tuple[str, ...]
    root_login: str | None
    root_keys: int | None


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that this runs on; the folders are replaced in tests only."""

    etc: Path = Path("/etc")
    proc: Path = Path("/proc")
    sys: Path = SYS
    booted: Path = BOOTED
    journal: Path = Path("/var/log/journal")

    @property
    def has_systemd(self) -> bool:
        """Whether systemd runs here."""
        return self.booted.is_dir()

    def disk(self, folder: Path) -> DiskFacts:
        """What a folder stands on; raises OSError."""
        return read_disk(folder, mounts=self.proc / "self" / "mountinfo", sys=self.sys)

    def clock_is_kept(self) -> bool | None:
        """Whether NTP keeps the clock; None where the kernel does not tell."""
        return synchronised()

    def plain_swaps(self) -> tuple[str, ...]:
        """Swap that is not encrypted."""
        return plain_swaps(swaps=self.proc / "swaps", sys=self.sys)

    def core_dumps(self) -> tuple[str, int]:
        """What the kernel does with a core dump (core(5)), and how large one of a typed command may be, in bytes."""
        pattern = (self.proc / "sys" / "kernel" / "core_pattern").read_text("utf-8").strip()
        return pattern, resource.getrlimit(resource.RLIMIT_CORE)[0]

    def accounts(self) -> AccountFacts:
        """Who can be root; raises OSError."""
        everybody = [line.split(":") for line in (self.etc / "passwd").read_text("utf-8").splitlines()]
        groups = [line.split(":") for line in (self.etc / "group").read_text("utf-8").splitlines()]
        as_root = [row[0] for row in everybody if len(row) > 2 and row[2] == "0" and row[0] != "root"]
        of_sudo = [row for row in groups if len(row) > 3 and row[0] in _ADMINISTRATORS]
        members = {name for row in of_sudo for name in row[3].split(",") if name}
        first = {row[0] for row in everybody if len(row) > 3 and row[3] in {group[2] for group in of_sudo}}
        home = next((Path(row[5]) for row in everybody if row[0] == "root" and len(row) > 5), Path("/root"))
        return AccountFacts(
            tuple(sorted(as_root)), tuple(sorted(members | first - {"root"})), self._root_login(), _key_lines(home)
        )

    def journal_is_sealed(self) -> bool | None:
        """Whether journald seals what it keeps (forward secure sealing); None where it keeps nothing."""
        kept = [folder for folder in self.journal.glob("*") if folder.is_dir()]
        return any((folder / "fss").exists() for folder in kept) if kept else None

    def _root_login(self) -> str | None:
        """The first value counts, and files that are included come first (sshd_config(5))."""
        folder = self.etc / "ssh"
        if not (folder / "sshd_config").is_file():
            return None
        for path in (*sorted((folder / "sshd_config.d").glob("*.conf")), folder / "sshd_config"):
            for line in path.read_text("utf-8", "replace").splitlines():
                words = line.lower().split()
                if words[:1] == ["match"]:
                    break
                if len(words) > 1 and words[0] == "permitrootlogin":
                    return words[1]
        return "prohibit-password"

    def fstab(self) -> tuple[FstabLine, ...]:
        """The lines of /etc/fstab; raises OSError."""
        rows = (line.split() for line in (self.etc / "fstab").read_text("utf-8").splitlines())
        return tuple(
            FstabLine(row[0], Path(row[1]), frozenset(row[3].split(",")))
            for row in rows
            if len(row) >= 4 and not row[0].startswith("#")
        )

    def programs(self) -> ProgramFacts:
        """The programs that this one starts or leans on."""
        tools = {"ffmpeg": ["-version"], "ffprobe": ["-version"], "setpriv": ["--version"], "ssh-keygen": None}
        encoders = frozenset(name for name in ("libx264", "ffv1") if _has_codec(name, "w"))
        decoders = frozenset(name for name in ("h264", "hevc") if _has_codec(name, "r"))
        libraries = {"PyAV": av.__version__, "FFmpeg of PyAV": str(av.ffmpeg_version_info)}
        libraries |= {"SQLite": sqlite3.sqlite_version, "Python": platform.python_version()}
        return ProgramFacts(
            {name: _version(name, words) for name, words in tools.items()}, encoders, decoders, libraries, fences()
        )

    def packages(self) -> EnvironmentFacts:
        """What is installed beside the program, and what the lock names; raises OSError."""
        package = Path(cctv.__file__).parent
        locks = [
            path for path in (package / "requirements.lock", package.parent / "requirements.lock") if path.exists()
        ]
        installed: dict[str, str] = {}
        for distribution in metadata.distributions():  # the first of a name is the one that is imported
            installed.setdefault(_plain(distribution.metadata["Name"]), distribution.version)
        pins, elsewhere = parse_lock(locks[0].read_text("utf-8")) if locks else (None, frozenset[str]())
        return EnvironmentFacts(pins, installed, elsewhere, platform.python_version())

    def units(self, names: Sequence[str]) -> Mapping[str, UnitFacts]:
        """The units of those names; raises SystemdAbsent, ToolMissing, ToolFailed."""
        return unit_facts(names, booted=self.booted)

    def smart(self, name: str) -> SmartFacts:
        """What `smartctl` says of a disk, of that name below /dev; raises ToolMissing."""
        disk = f"/dev/{self._whole(name)}"
        process = start_process(
            ["smartctl", "--json", "--info", "--health", "--attributes", disk],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return SmartFacts(disk, None, problem="smartctl does not answer")
        # Its status is a set of bits, of which most tell of the disk: the JSON decides.
        try:
            return parse_smart(disk, json.loads(out))
        except ValueError:
            return SmartFacts(disk, None, problem=last_lines(err))

    def access(self, root: Path) -> AccessFacts:
        """Owners and modes in a storage, without those of footage; raises OSError."""
        status = root.stat()
        strangers, unread = [], []
        for name in _LOOKED_INTO:
            folder = root / name
            try:
                entries = list(os.scandir(folder)) if folder.is_dir() else []
            except PermissionError:
                unread.append(name or str(root))
                continue
            strangers += [
                str(Path(name, entry.name))
                for entry in entries
                if entry.stat(follow_symlinks=False).st_uid != status.st_uid and entry.name != "lost+found"
            ]
        keys = [path for path in (root / "keys", root / "keys" / "signing") if _reachable(path)]
        return AccessFacts(
            root,
            account_name(status.st_uid),
            status.st_mode & 0o7777,
            tuple(sorted(strangers)),
            tuple(str(path) for path in keys),
            tuple(unread),
            accounts_of_group(status.st_gid),
        )

    def _whole(self, name: str) -> str:
        """The disk that a partition is of."""
        device = self.sys / "class" / "block" / name
        return device.resolve().parent.name if (device / "partition").exists() else name


def parse_smart(disk: str, answer: Mapping[str, Any]) -> SmartFacts:
    """What the JSON of smartctl 7 says, of a disk of any kind; raises ValueError for what is no such JSON."""
    if not isinstance(answer, dict) or "smartctl" not in answer:
        raise ValueError("not of smartctl")
    messages = "; ".join(str(message.get("string", "")) for message in answer["smartctl"].get("messages", []))
    passed = answer.get("smart_status", {}).get("passed")
    hours = answer.get("power_on_time", {}).get("hours")
    if (log := answer.get("nvme_smart_health_information_log")) is not None:
        worn, bad = log.get("percentage_used"), log.get("media_errors")
        return SmartFacts(disk, passed, worn / 100 if worn is not None else None, bad, hours, messages)
    counted = {5, 197, 198}  # reallocated, pending, offline uncorrectable sectors
    table = answer.get("ata_smart_attributes", {}).get("table", [])
    sectors = [row["raw"]["value"] for row in table if row.get("id") in counted]
    return SmartFacts(disk, passed, None, sum(sectors) if sectors else None, hours, messages)


def parse_lock(text: str) -> tuple[Mapping[str, frozenset[str]], frozenset[str]]:
    """The versions that each name may have, and the names that this machine may do without.

    Those are names whose every line is for some machines only (`; marker`), and those that only building the program
    asks for, by the lock's comments of who asks (`# via`): the Debian package has no tools that build it.
    """
    pins: dict[str, set[str]] = {}
    everywhere: set[str] = set()
    asked_by: dict[str, set[str]] = {}
    name = ""
    for line in text.splitlines():
        if (match := _PIN.match(line)) is not None:
            name = _plain(match[1])
            pins.setdefault(name, set()).add(match[2])
            everywhere |= {name} if match[3] is None else set()
        elif name and (match := _VIA.match(line)) is not None:
            asked_by.setdefault(name, set()).add(match[1])
    elsewhere = (pins.keys() - everywhere) | _only_for_building(asked_by)
    return {name: frozenset(versions) for name, versions in pins.items()}, frozenset(elsewhere)


def _only_for_building(asked_by: Mapping[str, set[str]]) -> set[str]:
    """The names for which nobody asks but a group of pyproject.toml, or others of these names."""
    found: set[str] = set()
    while more := {
        name
        for name, askers in asked_by.items()
        if name not in found and all(_GROUP.search(asker) or _plain(asker) in found for asker in askers)
    }:
        found |= more
    return found


def _plain(name: str) -> str:
    """A name as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _has_codec(name: str, mode: Any) -> bool:  # noqa: ANN401 - PyAV's own literal
    try:
        av.codec.Codec(name, mode)
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _version(tool: str, words: Sequence[str] | None) -> str | None:
    """The first line that a program says about itself, None for one that is missing."""
    if shutil.which(tool) is None:
        return None
    if words is None:
        return "there"
    out = run_process([tool, *words], timeout=PATIENCE_SECONDS).decode("utf-8", "replace")
    return out.strip().partition("\n")[0]


def _key_lines(home: Path) -> int | None:
    """How many public keys open an account by ssh; None where this account may not look."""
    try:
        lines = (home / ".ssh" / "authorized_keys").read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return 0
    except PermissionError:
        return None
    return sum(bool(line.strip()) and not line.startswith("#") for line in lines)


def _reachable(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:
        return False
    except PermissionError:
        return False  # a folder above it is closed to this account: `unread` names it
