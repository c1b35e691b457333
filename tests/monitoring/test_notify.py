"""`cctv notify` with a real mail host and a real command."""

import json
import os
import shutil
from datetime import timedelta

import pytest
from mailhost import MailHost

pytestmark = pytest.mark.slow

TELL = """#!/bin/sh
cat > "$1/told.$(ls "$1" | wc -l).json"
"""
BROKEN = """#!/bin/sh
echo "no modem" >&2
exit 3
"""


@pytest.fixture
def host():
    with MailHost() as running:
        yield running


@pytest.fixture
def alert(site):
    """Writes [alerts]; the state stands beside cameras.toml, outside the storage."""

    def write(**keys):
        text = site.config.read_text().split("[alerts]")[0]
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in keys.items())
        site.config.write_text(f'{text}[alerts]\nstate = "state/alarms.json"\n{lines}')

    return write


@pytest.fixture
def program(tmp_path):
    """A program that keeps what it is told; `told()` reads it."""

    class Program:
        folder = tmp_path / "told"

        def command(self, text=TELL):
            self.folder.mkdir(exist_ok=True)
            path = tmp_path / "tell"
            path.write_text(text)
            path.chmod(0o755)
            return [str(path), str(self.folder)]

        def told(self):
            return [json.loads(path.read_text()) for path in sorted(self.folder.iterdir())]

    return Program()


def test_a_test_message_goes_every_way_that_is_named(site, alert, host, program):
    alert(mail="techniek@example.org", smtp=host.address, command=program.command())

    said = site.cctv("notify test")

    [mail], [told] = host.mails, program.told()
    assert (mail["To"], mail["From"]) == ("techniek@example.org", "techniek@example.org")
    assert mail["Subject"].startswith("[cctv Cultuurcentrum De Grote Post] notice: This is a test")
    assert told["site"] == "Cultuurcentrum De Grote Post"
    assert [one["kind"] for one in told["alarms"]] == ["test"]
    assert "techniek@example.org" in said.out


@pytest.mark.parametrize("way", ["mail", "command"])
def test_one_way_is_enough(site, alert, host, program, way):
    keys = {"mail": "techniek@example.org", "smtp": host.address} if way == "mail" else {"command": program.command()}
    alert(**keys)

    assert site.cctv("notify test --json").json["failed"] == []


def test_a_recorder_that_stands_still_is_told_once_and_once_more_when_it_is_over(site, alert, host, clock):
    alert(mail="techniek@example.org", sender="recorder@example.org", smtp=host.address)
    site.cctv("sweep --once")

    first = site.cctv("notify run")
    clock.advance(minutes=3)
    second = site.cctv("notify run --json")
    third = site.cctv("notify run")

    weekly, stopped = host.mails
    assert "notice: Not all is well: Recording has stopped" in weekly["Subject"]
    assert weekly["From"] == "recorder@example.org"
    assert "alarm: Recording has stopped: no recorder runs." in stopped["Subject"]
    assert "since: 01/11/2026 12:00" in stopped.get_content()
    assert "systemctl status cctv-record" in stopped.get_content()
    assert "told: notice: Not all is well" in first.out
    assert [one["state"] for one in second.json["alarms"]] == ["raised"]
    assert "nothing new" in third.err


def test_a_storage_that_is_away_is_told_and_its_return_too(site, alert, program, clock):
    alert(command=program.command())
    site.cctv("sweep --once")
    site.cctv("notify run")
    away = site.folder / "elsewhere"
    site.root.rename(away)

    site.cctv("notify run")
    assert not site.root.exists()  # nothing is written where a mount was lost
    away.rename(site.root)
    site.cctv("notify run")

    _, lost, found = program.told()
    assert [(one["kind"], one["state"]) for one in lost["alarms"]] == [("storage", "raised")]
    assert [(one["kind"], one["state"]) for one in found["alarms"]] == [("storage", "over")]


def test_a_dry_run_tells_nobody_and_remembers_nothing(site, alert, program):
    alert(command=program.command())

    said = site.cctv("notify run --dry-run")

    assert "would tell: notice" in said.out
    assert program.told() == []
    assert not (site.folder / "state").exists()


def test_a_message_that_does_not_get_through_is_an_error_and_is_sent_again(site, alert, program, host):
    site.cctv("sweep --once")
    alert(command=program.command(BROKEN))
    failed = site.cctv("notify run", exit=1)
    alert(command=["/there/is/no/such"])
    site.cctv("notify test", exit=1)
    alert(mail="techniek@example.org", smtp="127.0.0.1:1")
    unreachable = site.cctv("notify run", exit=1)
    with MailHost(refuses=True) as refusing:
        alert(mail="techniek@example.org", smtp=refusing.address)
        refused = site.cctv("notify run --json", exit=1)
    alert(mail="techniek@example.org", smtp=host.address)
    site.cctv("notify run")

    assert "no modem" in failed.err
    assert "Connection refused" in unreachable.err
    assert "nobody of that name" in refused.err
    assert len(host.mails) == 1


def test_one_way_that_fails_does_not_silence_the_other_nor_repeat_it(site, alert, program, host):
    alert(mail="techniek@example.org", smtp=host.address, command=program.command(BROKEN))
    site.cctv("sweep --once")

    assert "no modem" in site.cctv("notify run", exit=1).err
    site.cctv("notify run")

    assert len(host.mails) == 1


def test_a_program_that_hangs_costs_the_time_given(site, alert, program, monkeypatch):
    monkeypatch.setattr("cctv.monitoring.notify.PATIENCE", timedelta(seconds=0.1))
    alert(command=program.command("#!/bin/sh\nexec sleep 300\n"))

    assert "did not end within" in site.cctv("notify test", exit=1).err


def test_without_somebody_to_tell_the_next_step_is_to_name_one(site):
    for command in ("notify run", "notify test"):
        assert "[alerts]" in site.cctv(command, exit=10).err


def test_a_memory_that_cannot_be_kept_is_an_error_before_anything_is_sent(site, alert, program):
    alert(command=program.command())
    (site.folder / "state").write_text("a file in the way")

    assert "state/alarms.json" in site.cctv("notify run", exit=1).err
    assert program.told() == []


def test_a_memory_that_is_not_whole_is_told_anew(site, alert, program):
    alert(command=program.command())
    site.cctv("sweep --once")
    site.cctv("notify run")
    (site.folder / "state/alarms.json").write_text('{"schema": 1, "trou')

    site.cctv("notify run")

    assert len(program.told()) == 2
    shutil.rmtree(program.folder)


def test_what_is_past_its_day_is_told_once_and_names_nobody(site, alert, program, clock):
    alert(command=program.command())
    site.cctv(
        "request open --name 'Zqx Marked' --contact zqx@example.be --cameras gevel-1 "
        "--from '2026-11-01 10:00' --to '2026-11-01 10:10'"
    )
    site.cctv("breach open kwijt --aware '2026-11-01 09:00'")
    clock.advance(days=31)

    site.cctv("notify run")
    site.cctv("notify run")

    late = [one for said in program.told() for one in said["alarms"] if one["kind"] == "late"]
    assert sorted(one["subject"].split()[0] for one in late) == ["BRE-2026-001", "BRE-2026-001", "REQ-2026-001"]
    assert "zqx" not in json.dumps(program.told()).casefold()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_told_can_be_remembered_by_the_account_of_the_timer(site, alert, program):
    alert(command=program.command())
    folder = site.folder / "state"
    folder.mkdir()
    os.chown(folder, 12345, 23456)

    site.cctv("notify run")

    assert {path.name: path.stat().st_uid for path in folder.iterdir()} == {
        "alarms.json": 12345,
        "alarms.json.lock": 12345,
    }
