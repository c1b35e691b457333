"""The service files: systemd accepts them, and they keep the account inside its storage."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[2] / "systemd"
PROGRAM = "/opt/cctv/bin/cctv"
RECORD, SWEEP = "cctv-record.service", "cctv-sweep.service"
NOTIFY, TIMER = "cctv-notify.service", "cctv-notify.timer"


@pytest.fixture
def analyze(tmp_path):
    """Run systemd-analyze on copies of the units in which the program is one that exists here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        for name in (RECORD, SWEEP, NOTIFY, TIMER):
            (tmp_path / name).write_text((UNITS / name).read_text().replace(PROGRAM, "/bin/true"))
        command = ["systemd-analyze", *words[:-1], str(tmp_path / words[-1])]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


def service(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    section = ""
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("name", [RECORD, SWEEP, NOTIFY, TIMER])
def test_systemd_accepts_the_unit(analyze, name):
    verified = analyze("verify", "--man=no", name)

    assert verified.returncode == 0, verified.stderr
    assert verified.stderr == ""


@pytest.mark.parametrize(("name", "worst"), [(RECORD, 2.0), (SWEEP, 1.0), (NOTIFY, 2.0)])
def test_the_unit_is_exposed_little(analyze, name, worst):
    said = analyze("security", "--offline=true", name)
    if "unrecognized option" in said.stderr or "Unknown" in said.stderr:
        pytest.skip("this systemd-analyze cannot judge a unit offline")

    assert float(re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)[1]) < worst


@pytest.mark.parametrize("name", [RECORD, SWEEP])
def test_the_storage_is_the_only_place_it_can_write(name):
    unit = service(name)

    assert unit["ReadWritePaths"] == ["/var/lib/cctv"]
    assert unit["StateDirectory"] == ["cctv"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["User"] == unit["Group"] == ["cctv"]
    assert unit["CapabilityBoundingSet"] == [""]


def test_only_the_recorder_gets_the_passwords_and_only_the_sweeper_is_without_a_network():
    assert service(RECORD)["LoadCredential"] == ["credentials.toml:/etc/cctv/credentials.toml"]
    assert "LoadCredential" not in service(SWEEP)
    assert service(SWEEP)["PrivateNetwork"] == ["yes"]
    assert "PrivateNetwork" not in service(RECORD)


def test_alarms_write_beside_the_storage_get_no_password_and_speak_when_the_mount_is_away():
    unit, text = service(NOTIFY), (UNITS / NOTIFY).read_text()

    assert unit["ReadWritePaths"] == ["-/var/lib/cctv"]
    assert unit["StateDirectory"] == ["cctv-notify"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["User"] == unit["Group"] == ["cctv"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert "LoadCredential" not in unit
    assert "\nRequiresMountsFor" not in text


def test_only_the_recorder_itself_is_told_to_stop_so_that_its_ffmpeg_lose_no_frame():
    assert service(RECORD)["KillMode"] == ["mixed"]
