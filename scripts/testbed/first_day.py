"""A box's first days as docs/installing.md and docs/setting-up.md have them typed, on a bare Debian that is booted.

`apt install ./cctv_*.deb`, `cctv init --yes`, a camera that records, its timers, an upgrade that changes the tables
while it records, and the way back.  Where systemd cannot be booted, the units' commands run by hand as far as the first
footage.
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from onvif_device import OnvifDevice
from simrig import Rig

from testbed.cameras import FPS, until
from testbed.debian import Bare, Booted, as_service, can_boot
from testbed.next_version import REVISION, ROOT
from testbed.report import Figures, note

_PASSWORD = "S3cret/p@ss:w %d'"
_STORAGE = "/var/lib/cctv"
_SERVICES = ("cctv-record.service", "cctv-sweep.service")
_FACTS = (
    '--name "De Grote Post" --jurisdiction BE --address "Hendrik Serruyslaan 18A; 8400 Oostende" '
    '--mail onthaal@example.org --signatory "Lieve Maes" --purpose "diefstal en schade"'
)
_INIT = (
    f"cctv init --yes {_FACTS} --recovery-key /media/usb/recovery.key --user admin --password-file /media/usb/password "
    "--camera gevel-1={device} --zone-of gevel-1=facade --road gevel-1 --camera foyer-1={foyer}"
)
# Lines of the two pages and of what `cctv init` prints, once [alerts] and [backup] are there.
_TYPED = (
    "chown cctv: /mnt/offsite",
    "cctv config adopt --reason 'alarms are told'",
    "cctv config check && systemctl reload cctv-record && systemctl restart cctv-sweep",
    "cctv config check && systemctl restart cctv-record",
    "systemctl status cctv-record",
    "systemctl status cctv.socket",
    "useradd -m sofie",
    "! runuser -u sofie -- cctv hold list",
    "! runuser -u sofie -- ls /var/lib/cctv",
    "cctv backup /mnt/offsite",
    "cctv notify test && systemctl enable --now cctv-notify.timer",
    "systemctl enable --now cctv-backup.timer",
    "systemctl enable --now cctv-checkpoint.timer cctv-verify.timer cctv-doctor.timer",
    "systemctl start cctv-notify cctv-backup cctv-verify cctv-doctor cctv-checkpoint",
    "systemd-analyze security cctv-record",
)
# Lines of docs/roles.md and docs/service.md; the settings get [roles] between the two.
_GROUPS = (
    "for group in operators staff handlers deciders dpo; do groupadd cctv-$group; done",
    "for name in olaf stan hanna dora anna; do useradd -m $name; done",
    "gpasswd -a olaf cctv-operators",
    "gpasswd -a stan cctv-staff",
    "gpasswd -a hanna cctv-handlers",
    "gpasswd -a dora cctv-deciders",
    "gpasswd -a anna cctv-dpo",
)
_ROLES = """
[roles]
operator = ["cctv-operators"]
staff = ["cctv-staff"]
handler = ["cctv-handlers"]
decider = ["cctv-deciders"]
dpo = ["cctv-dpo"]
"""
_SPAN = "--from 'yesterday 22:00' --to 'yesterday 23:00'"
_PEOPLE = (
    "cctv config check",
    "runuser -u dora -- cctv config adopt --reason 'who may do what'",
    "systemctl stop cctv-serve",
    f"runuser -u stan -- cctv incident open 'laptop, foyer' --kind theft --cameras foyer-1 {_SPAN}",
    "systemctl is-active cctv-serve",
    "runuser -u olaf -- cctv status",
    "runuser -u hanna -- cctv request list",
    "runuser -u hanna -- sh -c 'cd && cctv register show incidents --format csv --output incidents.csv'",
    "runuser -u anna -- cctv audit list",
    "for name in olaf stan hanna dora anna sofie; do runuser -u $name -- cctv grant mine || exit; done",
    "runuser -u dora -- cctv grant give stan view --briefed yesterday --confidentiality yesterday --reason 'desk'",
    "! runuser -u sofie -- cctv hold list",
    "! runuser -u stan -- cctv request list",
    "! runuser -u olaf -- cctv audit list",
    "! cctv request list",
    "! runuser -u anna -- cat /var/lib/cctv/cctv.db",
    "cctv sweep --once",
)
# What the doctor finds wrong with where this is tried: no NTP, one disk for all, and nobody told the police in time.
_TRIAL = frozenset({"clock", "disk", "forecast", "status: disk", "backup: disk", "registers: cameras"})


def first_day(bare: Bare, figures: Figures, first: Path, following: Path, clip: Path) -> None:
    """All of it, in a bare Debian that nothing else uses."""
    for package, folder in ((first, "/srv"), (following, "/srv/next")):
        bare.path(folder).mkdir(exist_ok=True)
        shutil.copy(package, bare.path(folder))
    began = time.monotonic()
    bare.type("apt-get update -qq")
    figures.equal("first day: apt install ./cctv_*.deb", bare.type("apt install -qq -y ./cctv_*.deb").returncode, 0)
    figures.at_most("first day: seconds of apt install", time.monotonic() - began, None)
    wanted = [line for line in (ROOT / "scripts/packaging/box-packages").read_text().split("\n") if line[:1].isalpha()]
    told = bare.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *wanted).stdout.splitlines()
    figures.equal("first day: Debian packages of a box", sorted(told), sorted(f"installed {name}" for name in wanted))
    box = Booted(bare.folder) if can_boot() else None
    try:
        if box is not None and box.runs:
            with _cameras(clip) as (device, foyer):
                _init(box, figures, device, foyer, by_hand=False)
                _typed(box, figures)
                _upgrade(box, figures)
                _back(box, figures, first)
                _people(box, figures)
                _remove(box, figures)
        else:
            note("systemd cannot be booted here: the units' commands run by hand")
            with _cameras(clip) as (device, foyer):
                _init(bare, figures, device, foyer, by_hand=True)
    finally:
        if box is not None:
            box.close()


@contextmanager
def _cameras(clip: Path) -> Iterator[tuple[str, str]]:
    """An ONVIF device and an RTSP camera with one password; yields their addresses."""
    with Rig({"gevel": clip, "foyer": clip}, fps=FPS, auth="digest", password=_PASSWORD) as rig:
        streams = {name: rig.url("gevel", credentials=False) for name in ("main", "sub")}
        with OnvifDevice(streams, password=_PASSWORD, clock_off=95) as device:
            yield device.address, rig.url("foyer", credentials=False)


def _init(box: Bare, figures: Figures, device: str, foyer: str, *, by_hand: bool) -> None:
    """One command from an installed package to footage on the disk."""
    secret = box.path("/media/usb/password")
    secret.parent.mkdir(parents=True)
    secret.touch(0o600)
    secret.write_text(f"{_PASSWORD}\n")
    line = _INIT.format(device=device, foyer=foyer)
    tried = box.type(f"{line} --dry-run")
    figures.equal("init: --dry-run", (tried.returncode, box.path("/etc/cctv/cameras.toml").exists()), (0, False))
    began, services = time.monotonic(), []
    done = box.type(line)
    figures.equal("init: cctv init --yes", done.returncode, 3 if by_hand else 0)
    figures.equal("init: the password in what it says", _PASSWORD in done.stdout + done.stderr, False)
    if by_hand:
        services = [as_service(box, unit) for unit in _SERVICES]
    else:
        figures.equal("init: 2 of 2 cameras record", "2 of 2 cameras record" in done.stderr, True)
        figures.at_most("init: seconds until they do", time.monotonic() - began, 60)
    until(lambda: all(_footage(box, camera) for camera in ("gevel-1", "foyer-1")), "the first segments of 60 s", 200)
    figures.at_most("init: seconds to the first segments of 60 s on the disk", time.monotonic() - began, 150)
    figures.equal("init: cctv status", box.type("cctv status").returncode, 0)
    allowed = {"backup", "alerts", "timers", *(("units",) if by_hand else ())}  # the lines to type that are left
    figures.equal("init: what the doctor finds wrong but for the lines that are left", _wrong(box, allowed), [])
    figures.equal("init: cctv footage verify --all", box.type("cctv footage verify --all").returncode, 0)
    for service in services:
        service.send_signal(signal.SIGTERM)
        figures.equal("init: a service ends with", service.wait(timeout=60), 0)


def _typed(box: Bare, figures: Figures) -> None:
    """The lines of the pages, after [alerts] and [backup] were edited."""
    box.path("/mnt/offsite").mkdir()
    settings = box.path("/etc/cctv/cameras.toml")
    text = settings.read_text().replace("[backup]\n", '[backup]\nfolder = "/mnt/offsite"\n')
    settings.write_text(text + '\n[alerts]\ncommand = ["/bin/true"]\n')
    for line in _TYPED:
        figures.equal(f"typed: {line}", box.type(line).returncode, 0)
    _hardened(box, figures)
    failed = box.run("systemctl", "--failed", "--plain", "--no-legend").stdout
    figures.equal("typed: units that failed", failed.strip(), "")
    figures.equal("typed: what the doctor still finds wrong", _wrong(box, frozenset()), [])


def _hardened(box: Bare, figures: Figures) -> None:
    """What runs has the bounds of its unit; what this machine does not enforce is told by `systemd-analyze` alone."""
    for unit in sorted(path.name for path in box.path("/usr/lib/systemd/system").glob("cctv-*.service")):
        asked = box.run("systemctl", "show", unit, "-p", "MemoryMax", "-p", "LimitCORE", "-p", "IPAddressDeny").stdout
        told = dict(line.split("=", 1) for line in asked.splitlines())
        bounded = told["MemoryMax"].isdigit() and told["LimitCORE"] == "0"
        figures.equal(f"units: {unit} has a limit of memory and writes no core", bounded, True)
        if unit != "cctv-notify.service":  # a mail host may be anywhere
            figures.equal(
                f"units: {unit} is denied the network", sorted(told["IPAddressDeny"].split()), ["0.0.0.0/0", "::/0"]
            )
        security = box.run("systemd-analyze", "security", unit).stdout.splitlines()[-1]
        figures.at_most(f"units: exposure of {unit}", float(security.partition(": ")[2].split()[0]), 2.0)
    bounds = {"CapEff": "0000000000000000", "CapBnd": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}
    for unit in (*_SERVICES, "cctv-serve.service"):
        pid = box.run("systemctl", "show", unit, "-p", "MainPID", "--value").stdout.strip()
        status = dict(line.split(":\t", 1) for line in box.run("cat", f"/proc/{pid}/status").stdout.splitlines())
        figures.equal(
            f"units: capabilities and system calls of {unit}", {name: status[name] for name in bounds}, bounds
        )
    mode = box.run("stat", "-c", "%a %U", _STORAGE, "/var/lib/cctv-checkpoints").stdout.splitlines()
    figures.equal(
        "units: the storage is its account's alone, the kept checkpoints are root's", mode, ["700 cctv", "755 root"]
    )
    kept = list(box.path("/var/lib/cctv-checkpoints").glob("*.jsonl"))
    figures.equal("units: cctv-checkpoint kept a checkpoint", [path.stat().st_uid for path in kept], [0])


def _people(box: Bare, figures: Figures) -> None:
    """The accounts of docs/roles.md, and the first command of one, which starts the service by its socket."""
    for line in _GROUPS:
        figures.equal(f"people: {line}", box.type(line).returncode, 0)
    with box.path("/etc/cctv/cameras.toml").open("a") as settings:
        settings.write(_ROLES)
    for line in _PEOPLE:
        done = box.type(line)
        figures.equal(f"people: {line}", (done.returncode, "Traceback" in done.stdout + done.stderr), (0, False))


def _upgrade(box: Bare, figures: Figures) -> None:
    """The next version changes the tables while the services run."""
    before = _gap(box)
    done = box.type("apt install -qq -y ./next/cctv_*.deb")
    figures.equal("changed tables: apt install of the next version", done.returncode, 0)
    figures.equal("changed tables: it says so", f"was brought to {REVISION}" in done.stderr + done.stdout, True)
    with sqlite3.connect(f"file:{box.path(_STORAGE)}/cctv.db?mode=ro", uri=True) as index:
        copied = index.execute("SELECT count(*), max(segment) FROM trial").fetchone()
        there = index.execute("SELECT count(*) FROM segments WHERE id <= ?", copied[1:]).fetchone()
    figures.equal("changed tables: segments in the table that is filled from another", copied[0], there[0])
    _runs(box, figures, "changed tables")
    figures.at_most("changed tables: seconds that the worst camera missed", _gap(box) - before, 30)


def _back(box: Bare, figures: Figures, first: Path) -> None:
    """The way back to the version before, as docs/installing.md has it."""
    lines = (
        "systemctl stop cctv.socket 'cctv-*'",
        f"cd {_STORAGE} && for end in -wal -shm ''; do [ ! -e cctv.db$end ] || mv cctv.db$end cctv.db.newer$end; done",
        f"apt install -qq -y --allow-downgrades ./{shlex.quote(first.name)}",
        "cctv restore /var/lib/cctv/cctv.db.before-upgrade.age --key /media/usb/recovery.key --reason 'back'",
        "cctv hold confirm --for 'A. Peeters' --reason 'compared with the register'",
        "systemctl start cctv-record cctv-sweep cctv.socket",
    )
    for line in lines:
        figures.equal(f"back: {line}", box.type(line).returncode, 0)
    _runs(box, figures, "back")
    figures.equal("back: cctv footage reconcile", box.type("cctv footage reconcile").returncode, 0)
    figures.equal("back: cctv footage verify --all", box.type("cctv footage verify --all").returncode, 0)


def _remove(box: Bare, figures: Figures) -> None:
    """The services stop, and what they recorded stays."""
    figures.equal("removed: apt remove cctv", box.type("apt remove -qq -y cctv").returncode, 0)
    active = [unit for unit in _SERVICES if box.run("systemctl", "is-active", unit).stdout.strip() == "active"]
    figures.equal("removed: services that still run", active, [])
    figures.equal("removed: footage is there", bool(_footage(box, "gevel-1")), True)


def _runs(box: Bare, figures: Figures, name: str) -> None:
    """Wait until both cameras record and a sweep was made."""
    asked: list[subprocess.CompletedProcess[str]] = []

    def is_well() -> bool:
        asked.append(box.type("cctv status"))
        return asked[-1].returncode == 0

    until(is_well, f"{name}: cctv status says that all is well", look=1)
    figures.equal(f"{name}: cctv status", asked[-1].returncode, 0)


def _wrong(box: Bare, allowed: Collection[str]) -> list[str]:
    """What the doctor calls wrong, but for checks that are allowed to be and for where this is tried."""
    findings = json.loads(box.type("cctv doctor --json").stdout)["findings"]
    wrong = [found for found in findings if found["severity"] == "wrong" and found["check"] not in allowed]
    names = [f"{found['check']}: {found['subject']}" if found["subject"] else found["check"] for found in wrong]
    return sorted(set(names) - _TRIAL)


def _footage(box: Bare, camera: str) -> list[Path]:
    return list(box.path(_STORAGE).glob(f"segments/*/{camera}/**/*.mp4"))


def _gap(box: Bare) -> float:
    """The seconds that the worst camera missed in its last day."""
    cameras = json.loads(box.type("cctv status --json").stdout)["cameras"]
    return max(float(camera["unrecorded_seconds_last_day"]) for camera in cameras)
