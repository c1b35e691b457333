"""A bare Debian 12 in a folder: made by debootstrap, entered by chroot, or booted with its own systemd."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from testbed.cameras import until
from testbed.report import note

_INSIDE = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


class Bare:
    """Entered by chroot with /proc and /dev of its own; no service manager runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def command(self, words: Sequence[str]) -> list[str]:
        """A command line that runs `words` inside; the process that it starts becomes theirs."""
        enter = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", enter, str(self.folder), *words]

    def run(self, *words: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; its output goes to stderr too."""
        done = subprocess.run(
            self.command(words),
            env={**_INSIDE, **(environ or {})},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        note(f"$ {' '.join(words)}\n{done.stdout}{done.stderr}(exit {done.returncode})")
        return done

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line as a person types it in the folder of the packages."""
        return self.run("sh", "-c", f"cd /srv; {line}")

    def path(self, name: str) -> Path:
        return self.folder / name.removeprefix("/")


class Booted(Bare):
    """Booted by systemd-nspawn, with the network of this machine, and left by `close`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        words = ["systemd-nspawn", "-q", "-D", str(folder), "--boot", "--register=no", "--keep-unit"]
        words += ["--machine=cctv-trial", "--resolv-conf=off", "--link-journal=no", "--console=read-only"]
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=sys.stderr)
        until(lambda: self._process.poll() is not None or self._is_up(), "systemd runs in the bare Debian")
        self.runs = self._process.poll() is None  # else this machine cannot: its message is above

    def command(self, words: Sequence[str]) -> list[str]:
        inside = ["nsenter", "--target", self._first_process(), "--all"]
        return [*inside, *words]

    def close(self) -> None:
        """Shut it down as a machine is."""
        self._process.terminate()
        self._process.wait(timeout=90)

    def _first_process(self) -> str:
        pid = self._process.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()

    def _is_up(self) -> bool:
        if not self._first_process():
            return False
        asked = subprocess.run(
            self.command(["systemctl", "is-system-running"]), capture_output=True, text=True, env=_INSIDE, check=False
        )
        return asked.stdout.strip() in ("running", "degraded")


def exec_start(bare: Bare, unit: str) -> list[str]:
    """The command of a unit."""
    for folder in ("/usr/lib/systemd/system", "/etc/systemd/system"):
        if (file := bare.path(f"{folder}/{unit}")).exists():
            return re.search(r"^ExecStart=(.*)$", file.read_text(), re.MULTILINE)[1].split()  # type: ignore[index]
    raise FileNotFoundError(unit)


def as_service(bare: Bare, unit: str) -> subprocess.Popen[bytes]:
    """Start a unit's command as its account with its environment."""
    handed = bare.path("/run/credentials/cctv-record.service")
    handed.mkdir(parents=True, exist_ok=True)
    shutil.copy(bare.path("/etc/cctv/credentials.toml"), handed / "credentials.toml")
    bare.run("chown", "-R", "cctv:cctv", "/run/credentials/cctv-record.service")
    bare.run("chmod", "0400", "/run/credentials/cctv-record.service/credentials.toml")
    words = ["setpriv", "--reuid", "cctv", "--regid", "cctv", "--clear-groups", "--no-new-privs", "env", "-i"]
    words += ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME=/var/lib/cctv", "USER=cctv"]
    words += ["CREDENTIALS_DIRECTORY=/run/credentials/cctv-record.service", *exec_start(bare, unit)]
    return subprocess.Popen(bare.command(words), stdin=subprocess.DEVNULL, stdout=sys.stderr)


def can_boot() -> bool:
    """Whether there is a systemd-nspawn; whether the kernel lets it work is seen when it is tried."""
    return shutil.which("systemd-nspawn") is not None


def bare_debian(folder: Path, like: Path | None) -> Bare:
    """Make one, or copy the one that was made before."""
    if like is not None:
        subprocess.run(["cp", "-a", str(like), str(folder)], check=True)
    else:
        note("debootstrap --variant=minbase bookworm")
        made = ["debootstrap", "--variant=minbase", "bookworm", str(folder), _mirror()]
        subprocess.run(made, check=True, stdout=sys.stderr)
        shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
        shutil.copy("/etc/hosts", folder / "etc/hosts")
    return Bare(folder)


def _mirror() -> str:
    """The address of Debian's packages, as apt of this machine has it."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Codename: bookworm"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[0]
