"""Builds the Debian package and tries it in a bare Debian 12: install, record, upgrade, remove, purge; scripts/install.

The part first-day boots it, by systemd-nspawn.  In the others no service manager runs: the units' own command runs by
hand, as their account, with the passwords in a folder as systemd hands them over.  Account and folders are made by the
real systemd-sysusers and systemd-tmpfiles.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from testbed.cameras import Cameras, make_clip, until  # noqa: E402
from testbed.debian import Bare, as_service, bare_debian  # noqa: E402
from testbed.first_day import first_day  # noqa: E402
from testbed.next_version import REVISION, build, build_next  # noqa: E402
from testbed.report import Figures, note, work_folder  # noqa: E402

CAMERA = "gevel-1"
STORAGE = "var/lib/cctv"
SETTINGS = """
[site]
name = "Trial"
timezone = "Europe/Brussels"
jurisdiction = "BE"
language = "en"
storage = "/var/lib/cctv"
[recording]
segment = "2s"
reserve = "1%"
[zones.facade]
kind = "facade"
retention = "7d"
[cameras.gevel-1]
zone = "facade"
purpose = "trial"
rtsp = "{address}"
credential = "gevel-1"
"""
PASSWORDS = '[gevel-1]\nusername = "viewer"\npassword = "trial"\n'
PARTS = ("build", "first-day", "package", "checkout")
FIRST = 4  # segments before something is done to the storage


def footage(bare: Bare) -> str:
    """How many files of footage, holds and settings there are, and a hash of their names and contents."""
    storage = bare.path(STORAGE)
    files = [*storage.glob("segments/**/*.mp4"), *storage.glob("holds/*.json"), bare.path("/etc/cctv/cameras.toml")]
    lines = sorted(f"{path.relative_to(bare.folder)} {_sha256(path)}\n" for path in files)
    return f"{len(files)} files, {hashlib.sha256(''.join(lines).encode()).hexdigest()[:16]}"


def of_others(bare: Bare) -> list[str]:
    """What is in the storage and does not belong to the account of the services."""
    account = next(line for line in bare.path("/etc/passwd").read_text().splitlines() if line.startswith("cctv:"))
    uid = int(account.split(":")[2])
    storage = bare.path(STORAGE)
    return [str(path) for path in (storage, *storage.rglob("*")) if path.lstat().st_uid != uid]


def record(bare: Bare, figures: Figures, name: str) -> None:
    """Let the recorder's unit record until there are some segments more, and end it as systemd does."""
    storage, began = bare.path(STORAGE), time.monotonic()
    before = len(list(storage.glob("segments/**/*.mp4")))
    service = as_service(bare, "cctv-record.service")
    until(
        lambda: service.poll() is not None or len(list(storage.glob("segments/**/*.mp4"))) >= before + FIRST,
        f"{name}: segments",
    )
    seconds = time.monotonic() - began
    service.send_signal(signal.SIGTERM)
    figures.equal(f"{name}: the recorder ends with", service.wait(timeout=60), 0)
    figures.at_most(f"{name}: seconds to {FIRST} segments of 2 s", seconds, 60)


def site(bare: Bare, address: str) -> None:
    """Settings and passwords, as docs/installing.md has them."""
    settings, passwords = bare.path("/etc/cctv/cameras.toml"), bare.path("/etc/cctv/credentials.toml")
    settings.write_text(SETTINGS.format(address=address))
    passwords.write_text(PASSWORDS)
    passwords.chmod(0o600)
    bare.run("systemd-tmpfiles", "--create", "cctv.conf")


def set_up(bare: Bare, figures: Figures, address: str, name: str) -> None:
    """From an installed program to footage with a hold."""
    site(bare, address)
    figures.equal(f"{name}: cctv config check", bare.run("cctv", "config", "check").returncode, 0)
    figures.equal(f"{name}: cctv footage init as root", bare.run("cctv", "footage", "init").returncode, 0)
    figures.equal(f"{name}: files of root in the new storage", of_others(bare), [])
    record(bare, figures, name)
    opened = ["incident", "open", "trial", "--kind", "theft", "--cameras", CAMERA, "--from", "-1h", "--to", "+1h"]
    now = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 3600))
    early = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - 3600))
    opened[-3], opened[-1] = early, now
    held = bare.run("cctv", *opened, environ={"TZ": "UTC"})
    figures.equal(f"{name}: a hold, placed by root", held.returncode, 0)
    figures.equal(f"{name}: hold files", len(list(bare.path(STORAGE).glob("holds/*.json"))), 1)
    swept = bare.run("cctv", "sweep", "--once")
    figures.equal(f"{name}: cctv sweep --once as root", swept.returncode, 0)
    figures.equal(f"{name}: files of root in the storage", of_others(bare), [])


def check_package(bare: Bare, figures: Figures) -> None:
    """What apt put there works: the account, folders, libraries, units, pages."""
    figures.equal("install: cctv --version", bare.run("cctv", "--version").returncode, 0)
    modes = bare.run("stat", "-c", "%a %U %G", "/etc/cctv", "/var/lib/cctv").stdout.split("\n")[:2]
    figures.equal("install: modes and owners", modes, ["750 root cctv", "700 cctv cctv"])
    each = "find /usr/lib/cctv -name '*.so*' | while read f; do ldd $f 2>&1 | grep 'not found' | sed \"s#^#$f #\"; done"
    # OpenCV's window on a screen, which nothing here opens, would need the libraries of X.
    missing = [line for line in bare.run("sh", "-c", each).stdout.splitlines() if "xcb" not in line.lower()]
    figures.equal("install: libraries that are not found", missing, [])
    load = "import av, cv2, numpy, weasyprint, lxml.etree, pyrage, zeep, onvif"
    figures.equal("install: modules load", bare.run("/usr/lib/cctv/bin/python3", "-c", load).returncode, 0)
    units = [str(path.relative_to(bare.folder)) for path in bare.path("/usr/lib/systemd/system").glob("cctv*")]
    figures.equal("install: units", len(units), len([*(ROOT / "systemd").glob("*.service"), *timers()]))
    verified = bare.run("systemd-analyze", "verify", "--man=no", *(f"/{unit}" for unit in sorted(units)))
    figures.equal("install: systemd-analyze verify", verified.stderr.strip(), "")
    limits = {"record": 2.0, "sweep": 1.0, "serve": 1.0, "checkpoint": 2.0, "notify": 2.0, "doctor": 3.0}
    for unit, worst in ((f"cctv-{name}", limit) for name, limit in limits.items()):
        told = _output(
            "systemd-analyze", "security", "--offline=true", str(bare.path(f"/usr/lib/systemd/system/{unit}.service"))
        )
        figures.at_most(f"install: exposure of {unit}", float(re.search(r"level for \S+: ([\d.]+)", told)[1]), worst)  # type: ignore[index]
    figures.equal("install: man pages", len(list(bare.path("/usr/share/man/man1").glob("cctv*.1.gz"))) > 100, True)
    figures.equal("install: compiled modules", bool(list(bare.path("/usr/lib/cctv").rglob("*.pyc"))), True)


def timers() -> list[Path]:
    return [path for ending in ("timer", "socket", "path") for path in (ROOT / "systemd").glob(f"*.{ending}")]


def try_package(bare: Bare, figures: Figures, first: Path, second: Path, address: str) -> None:
    """Install, upgrade, an upgrade that is refused, remove, purge; footage and hold stay in each of them."""
    for package in (first, second):
        shutil.copy(package, bare.path("/srv"))
    began = time.monotonic()
    bare.run("apt-get", "update", "-qq")
    installed = bare.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", f"/srv/{first.name}")
    figures.equal("install: apt install ./cctv_*.deb", installed.returncode, 0)
    figures.at_most("install: seconds", time.monotonic() - began, None)
    check_package(bare, figures)
    set_up(bare, figures, address, "package")
    kept = footage(bare)

    upgrade = ("apt-get", "install", "-y", "-qq", f"/srv/{second.name}")
    database = bare.path(f"{STORAGE}/cctv.db")
    whole = database.read_bytes()
    database.write_bytes(b"damaged" * 4096)
    refused = bare.run(*upgrade)
    figures.equal("upgrade: refused while the index cannot be copied", refused.returncode != 0, True)
    figures.equal(
        "upgrade: it says what to do", "CCTV_UPGRADE_WITHOUT_COPY=yes" in refused.stderr + refused.stdout, True
    )
    figures.equal("upgrade: the version that stays runs", bare.run("cctv", "--version").returncode, 0)
    database.write_bytes(whole)
    figures.equal("upgrade: apt install of the next version", bare.run(*upgrade).returncode, 0)
    version = bare.run("dpkg-query", "-W", "-f", "${Version} ${Status}", "cctv").stdout
    figures.equal("upgrade: installed", version, f"{second.name.split('_')[1]} install ok installed")
    with sqlite3.connect(database) as index:
        revision = index.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    figures.equal("upgrade: the tables are those of the next version", revision, REVISION)
    figures.equal("upgrade: a copy of the index", bare.path(f"{STORAGE}/cctv.db.before-upgrade").exists(), True)
    figures.equal("upgrade: files of root in the storage", of_others(bare), [])
    figures.equal("upgrade: footage, hold and settings as they were", footage(bare), kept)
    record(bare, figures, "upgrade")
    figures.equal("upgrade: cctv footage verify", bare.run("cctv", "footage", "verify", "--all").returncode, 0)
    way_back(bare, figures, first)
    kept = footage(bare)

    figures.equal("remove: apt remove", bare.run("apt-get", "remove", "-y", "-qq", "cctv").returncode, 0)
    figures.equal("remove: footage, hold and settings as they were", footage(bare), kept)
    left = list(bare.path("/usr/lib").glob("cctv*"))
    figures.equal("remove: what is left of the program", [str(path) for path in left], [])
    again = bare.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", f"/srv/{second.name}")
    figures.equal("install again", again.returncode, 0)
    figures.equal("install again: cctv hold list", "HOLD-" in bare.run("cctv", "hold", "list").stdout, True)
    figures.equal("purge: apt purge", bare.run("apt-get", "purge", "-y", "-qq", "cctv").returncode, 0)
    figures.equal("purge: footage, hold and settings as they were", footage(bare), kept)
    figures.equal("purge: the passwords are gone", bare.path("/etc/cctv/credentials.toml").exists(), False)


def way_back(bare: Bare, figures: Figures, first: Path) -> None:
    """To the version before, without a recovery key, as docs/installing.md has it; nothing runs."""
    kept = footage(bare)
    # A copy that is less than a minute behind is no older index: rebuild refuses, and there is nothing to confirm.
    lines = (
        f"cd /{STORAGE} && for end in -wal -shm ''; do [ ! -e cctv.db$end ] || mv cctv.db$end cctv.db.newer$end; done",
        f"apt-get install -y -qq --allow-downgrades /srv/{first.name}",
        f"cp -p /{STORAGE}/cctv.db.before-upgrade /{STORAGE}/cctv.db",
        "cctv footage rebuild --reason 'back to the version before' || cctv footage reconcile --fix",
        "cctv hold confirm --for 'A. Peeters' --reason 'compared with the register' || cctv hold list",
    )
    for line in lines:
        figures.equal(f"back: {line}", bare.type(line).returncode, 0)
    figures.equal("back: footage, hold and settings as they were", footage(bare), kept)
    figures.equal("back: files of root in the storage", of_others(bare), [])
    record(bare, figures, "back")
    figures.equal("back: cctv footage reconcile", bare.run("cctv", "footage", "reconcile").returncode, 0)
    figures.equal("back: cctv footage verify", bare.run("cctv", "footage", "verify", "--all").returncode, 0)


def try_install(bare: Bare, figures: Figures, work: Path, address: str) -> None:
    """scripts/install from a copy of the checkout, twice; packages come from a folder, with the hashes of the lock."""
    wheels = bare.path("/srv/wheels")
    subprocess.run(["/usr/bin/python3", "-m", "venv", str(work / "tools")], check=True)
    pip = [str(work / "tools/bin/pip"), "download", "-q", "-d", str(wheels), "--no-deps", "--no-build-isolation"]
    lock = ["--require-hashes", "-r", str(ROOT / "requirements.lock")]
    subprocess.run([*pip, *lock], check=True, stdout=sys.stderr)
    names = _output("git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    weights = (ROOT / "cctv/redaction/people/weights").glob("*.tflite")  # as fetched: neither npm nor its network
    names += [str(path.relative_to(ROOT)) for path in weights]
    for name in filter(None, names):
        target = bare.path(f"/srv/checkout/{name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/srv/wheels"}
    script = "/srv/checkout/scripts/install"
    before = set(bare.path("/etc").rglob("*"))
    figures.equal("scripts/install --dry-run", bare.run(script, "--dry-run").returncode, 0)
    made = [str(path) for path in bare.path("/etc").rglob("*") if path not in before]
    figures.equal("scripts/install --dry-run: files that it made", made, [])
    figures.equal("scripts/install", bare.run(script, environ=offline).returncode, 0)
    set_up(bare, figures, address, "scripts/install")
    kept = footage(bare)
    figures.equal("scripts/install again", bare.run(script, environ=offline).returncode, 0)
    figures.equal("scripts/install again: footage, hold and settings as they were", footage(bare), kept)
    figures.equal(
        "scripts/install again: a copy of the index", bare.path(f"{STORAGE}/cctv.db.before-upgrade").exists(), True
    )
    figures.equal("scripts/install again: files of root in the storage", of_others(bare), [])
    record(bare, figures, "scripts/install again")


def try_all(work: Path, figures: Figures, parts: Collection[str]) -> None:
    """These parts, in a work folder."""
    first = build(work / "first")
    version = str(Version(first.name.split("_")[1]))
    if "build" in parts:
        shutil.rmtree(ROOT / "build/deb")
        figures.equal("build: the same bytes a second time", _sha256(build(work / "second")), _sha256(first))
        told = subprocess.run(["lintian", "--no-tag-display-limit", str(first)], capture_output=True, text=True)
        tags = [line for line in told.stdout.splitlines() if line.startswith(("E:", "W:"))]
        figures.equal("lintian: errors and warnings", tags, [])
    following = build_next(work / "following", f"{version}+next")
    base = work / "base"
    bare_debian(base, None)
    clip = make_clip(work / "clip.h264", "640x360", 1)
    if "first-day" in parts:
        first_day(bare_debian(work / "first-day", base), figures, first, following, clip)
    cameras = Cameras({CAMERA: clip})
    try:
        if "package" in parts:
            try_package(bare_debian(work / "package", base), figures, first, following, cameras.url(CAMERA))
        if "checkout" in parts:
            try_install(bare_debian(work / "checkout", base), figures, work, cameras.url(CAMERA))
    finally:
        cameras.close()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _output(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="work in this folder, which stays")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be repeated")
    options = parser.parse_args()
    figures = Figures()
    with work_folder("cctv-deb-", keep=options.keep) as work:
        try_all(work, figures, options.only or PARTS)
    if figures.missed:
        note(f"missed: {', '.join(figures.missed)}")
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
