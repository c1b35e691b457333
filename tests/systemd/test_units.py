"""The service files: systemd accepts them, and they keep the account inside its storage."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from cctv.cli.app import root
from cctv.core.errors import Exit
from cctv.monitoring import doctor_machine
from cctv.monitoring.doctor import REPORT_FILE
from cctv.monitoring.notify import TIMED_SERVICES
from cctv.services.serve import protocol
from cctv.services.serve.places import Place, place_for

UNITS = Path(__file__).resolve().parents[2] / "systemd"
PROGRAM = "/opt/cctv/bin/cctv"
RECORD, SWEEP = "cctv-record.service", "cctv-sweep.service"
SERVE, SOCKET = "cctv-serve.service", "cctv.socket"
NOTIFY, BACKUP, VERIFY, DOCTOR = (f"cctv-{name}.service" for name in ("notify", "backup", "verify", "doctor"))
CHECKPOINT = "cctv-checkpoint.service"  # of root alone
SERVICES = (RECORD, SWEEP, SERVE, NOTIFY, BACKUP, VERIFY, DOCTOR)
TIMERS = tuple(name.replace(".service", ".timer") for name in (NOTIFY, BACKUP, VERIFY, DOCTOR, CHECKPOINT))
UNIT_FILES = (*SERVICES, CHECKPOINT, *TIMERS, SOCKET)


@pytest.fixture
def analyze(tmp_path):
    """Run systemd-analyze on copies of the units in which the program is one that exists here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        for name in UNIT_FILES:
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


@pytest.mark.parametrize("name", UNIT_FILES)
def test_systemd_accepts_the_unit(analyze, name):
    verified = analyze("verify", "--man=no", name)

    assert verified.returncode == 0, verified.stderr
    assert verified.stderr == ""


@pytest.mark.parametrize(
    ("name", "worst"),
    [(RECORD, 2.0), (SWEEP, 1.0), (SERVE, 1.5), (NOTIFY, 2.0), (BACKUP, 1.0), (VERIFY, 1.0), (DOCTOR, 3.0)],
)
def test_the_unit_is_exposed_little(analyze, name, worst):
    said = analyze("security", "--offline=true", name)
    if "unrecognized option" in said.stderr or "Unknown" in said.stderr:
        pytest.skip("this systemd-analyze cannot judge a unit offline")

    assert float(re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)[1]) < worst


@pytest.mark.parametrize("name", [RECORD, SWEEP, SERVE, VERIFY])
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


def test_the_service_of_people_has_neither_network_nor_passwords_and_knows_who_calls():
    unit = service(SERVE)

    assert unit["PrivateNetwork"] == unit["ProtectHome"] == unit["PrivateTmp"] == ["yes"]
    assert "LoadCredential" not in unit
    assert "PrivateUsers" not in unit  # SO_PEERCRED would tell the same user id for everybody


def test_nobody_else_can_put_a_socket_in_the_place_of_the_services():
    text = (UNITS / SOCKET).read_text()

    assert f"\nListenStream={protocol.SOCKET}\n" in text
    assert "\nDirectoryMode=0755\n" in text
    assert "\nSocketMode=0666\n" in text  # who may do what is decided by roles, and not by who may ask


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_writes_is_its_accounts_alone(name):
    assert service(name)["UMask"] == ["0077"]
    assert service(name).get("StateDirectoryMode", ["0700"]) == ["0700"]
    assert "\nd /var/lib/cctv 0700 cctv cctv -\n" in (UNITS / "cctv.tmpfiles.conf").read_text()


def test_alarms_write_beside_the_storage_get_no_password_and_speak_when_the_mount_is_away():
    unit, text = service(NOTIFY), (UNITS / NOTIFY).read_text()

    assert unit["ReadWritePaths"] == ["-/var/lib/cctv"]
    assert unit["StateDirectory"] == ["cctv-notify"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["User"] == unit["Group"] == ["cctv"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert "LoadCredential" not in unit
    assert "\nRequiresMountsFor" not in text


def test_a_back_up_writes_to_other_disks_too_and_reaches_no_network():
    unit = service(BACKUP)

    assert unit["ReadWritePaths"] == ["/var/lib/cctv -/mnt -/media -/srv"]
    assert [line.partition("cameras.toml ")[2] for line in unit["ExecStart"]] == [
        "backup make --if-set",
        "backup make --held --if-set",
    ]
    assert unit["User"] == ["cctv"]
    assert unit["PrivateNetwork"] == ["yes"]


def test_the_doctor_may_read_everything_and_write_no_more_than_a_reader_of_the_index_must():
    unit, text = service(DOCTOR), (UNITS / DOCTOR).read_text()

    assert unit["User"] == ["cctv"]
    assert unit["ReadWritePaths"] == ["-/var/lib/cctv"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == ["CAP_DAC_READ_SEARCH CAP_SYS_RAWIO"]
    assert unit["SuccessExitStatus"] == [str(int(Exit.UNSOUND))]
    assert "\nRequiresMountsFor" not in text


def test_the_folder_of_the_report_is_there_before_the_service():
    """systemd opens the file of StandardOutput= as root, following links: nobody else may make one in that folder.

    The folder's group is that of what is made in it: the alarms read the report.
    """
    assert service(DOCTOR)["StandardOutput"] == [f"truncate:{REPORT_FILE}"]
    assert "StateDirectory" not in service(DOCTOR)
    assert f"\nd {REPORT_FILE.parent} 2750 root cctv -\n" in (UNITS / "cctv.tmpfiles.conf").read_text()


@pytest.mark.parametrize("name", [SWEEP, DOCTOR])
def test_who_asks_whether_the_clock_is_kept_may_ask(name):
    """ProtectClock= denies adjtimex(3), reading included, and @system-service has neither call that glibc may make."""
    assert "ProtectClock" not in service(name)
    assert "capset adjtimex clock_adjtime" in service(name)["SystemCallFilter"]
    assert "CAP_SYS_TIME" not in service(name)["CapabilityBoundingSet"][0]


@pytest.mark.parametrize("name", [*SERVICES, CHECKPOINT])
def test_no_service_leaves_a_dump_of_its_memory_or_takes_that_of_the_machine(name):
    assert service(name)["LimitCORE"] == ["0"]
    assert service(name)["MemoryMax"][0][-1] in "GM%"


@pytest.mark.parametrize("name", [*SERVICES, CHECKPOINT])
def test_the_command_of_a_unit_runs_in_that_unit(name):
    """Handed over to the service, it would run by the service's bounds and share of the machine."""
    is_handed_over = any(place_for(line.split()[1:]) is Place.SERVICE for line in service(name)["ExecStart"])

    assert service(name).get("Environment", []) == ["CCTV_SOCKET=/run/cctv/none"] * is_handed_over


def test_timers_make_up_for_what_they_missed_and_the_doctor_knows_each():
    for name in TIMERS:
        if name != TIMERS[0]:  # every two minutes: there is nothing to make up for
            assert "\nPersistent=yes\n" in (UNITS / name).read_text()
    assert set(doctor_machine.TIMERS) == set(TIMERS)
    assert {name.replace(".service", ".timer") for name in TIMED_SERVICES} == set(TIMERS[1:])


def test_each_command_of_a_unit_is_one():
    for name in SERVICES:
        for line in service(name)["ExecStart"]:
            words = line.split()
            assert words[:3] == [PROGRAM, "--config", "/etc/cctv/cameras.toml"]
            context, here = click.Context(root, info_name="cctv", **root.context_settings), root
            rest = words[3:]
            while isinstance(here, click.Group):
                here = here.get_command(context, rest.pop(0))
                assert here is not None, line
            here.make_parser(context).parse_args(rest)


def test_only_the_recorder_itself_is_told_to_stop_so_that_its_ffmpeg_lose_no_frame():
    assert service(RECORD)["KillMode"] == ["mixed"]
