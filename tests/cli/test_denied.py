"""An account that may not read or write the storage gets a plain message and exit 12."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from cctv.cli.app import run

NOBODY = 65534
COMMANDS = [
    "hold list",
    "incident list",
    "request list",
    "status",
    "grant list",
    "footage reconcile",
    "footage verify",
    "sweep --once",
    "audit verify",
    "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'",
]


@pytest.fixture
def shared(bare_site, clock, clip, capsys):
    """A site in a folder that any account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="cctv-denied-"))
    folder.chmod(0o755)
    site = type(bare_site)(folder, clock, clip, capsys)
    site.config.chmod(0o644)
    site.cctv("footage init")
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'")
    yield site
    shutil.rmtree(folder)


def as_somebody_else(site, command: str) -> tuple[int, str]:
    """Run a command in a child process, under another account where this one is root; its exit code and stderr."""
    errors = site.folder / "stderr"
    site.cctv(f"{command} --help")
    errors.write_text("")
    if not (child := os.fork()):
        code = 99  # an exception passed through `run`
        try:
            descriptor = os.open(errors, os.O_WRONLY)
            os.dup2(descriptor, 2)
            os.dup2(descriptor, 1)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            sys.stderr = sys.stdout = os.fdopen(2, "w", closefd=False)
            code = run(shlex.split(command), site.box())
            sys.stderr.flush()
        except BaseException as error:  # noqa: BLE001 - the parent reads it
            os.write(2, f"passed through: {error!r}".encode())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), errors.read_text()


def change(root: Path, *, folders: int, files: int) -> None:
    for path in [root, *root.rglob("*")]:
        path.chmod(folders if path.is_dir() else files)


def is_told(text: str) -> bool:
    """Whether a message says that the storage is another account's, or that this one may not use its files."""
    return "may not read or write" in text or "no service answers here" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_member_of_the_storages_group_is_told_so(shared, command):
    """By their files they could act, under no rule: the service is the way."""
    if os.geteuid() != 0:
        pytest.skip("other accounts need root")
    change(shared.root, folders=0o770, files=0o660)
    os.chown(shared.root, -1, NOBODY)

    code, text = as_somebody_else(shared, command)

    assert (code, is_told(text)) == (12, True), text
    assert "Traceback" not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_an_account_that_may_not_enter_the_storage_is_told_so(shared, command):
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [shared.root]}
    shared.root.chmod(0o700 if os.geteuid() == 0 else 0)

    code, text = as_somebody_else(shared, command)

    for path, mode in modes.items():
        path.chmod(mode)
    assert (code, is_told(text)) == (12, True), text
    assert str(shared.root) in text
    assert "Traceback" not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_an_account_that_may_only_read_the_storage_is_told_so(shared, command):
    change(shared.root, folders=0o555, files=0o444)

    code, text = as_somebody_else(shared, command)

    change(shared.root, folders=0o700, files=0o600)
    assert (code, is_told(text)) == (12, True), text
    assert "Traceback" not in text


def test_the_message_names_the_account_to_use(shared):
    shared.root.chmod(0o700 if os.geteuid() == 0 else 0)

    code, text = as_somebody_else(shared, "hold list --json")

    shared.root.chmod(0o700)
    owner = pwd.getpwuid(shared.root.stat().st_uid).pw_name
    error = json.loads(text.splitlines()[-1])["error"]
    assert (code, error["code"], error["exit"]) == (12, "StorageOfAnother" if os.geteuid() == 0 else "AccessDenied", 12)
    assert f"sudo -u {owner} cctv" in error["next"]


def test_the_doctor_says_what_this_account_cannot_see_and_calls_nothing_of_it_well(shared):
    shared.cctv("doctor", exit=None)
    _, printed = as_somebody_else(shared, "doctor --json")

    found = {(finding["check"], finding["severity"]) for finding in json.loads(printed)["findings"]}
    hidden = {"storage", "status", "database", "backup", "audit", "registers", "forecast", "verify", "camera-clocks"}
    assert {(name, "not known") for name in hidden} <= found
    assert not {(name, "ok") for name in hidden} & found
