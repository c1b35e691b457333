"""The webhook of alarms, against a real server with TLS; and that no document names a person."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from webhost import WebHost

from cctv.core.process import UnitFacts
from cctv.monitoring.alarms import AlarmHistory, AlarmKind, alarms
from cctv.monitoring.doctor import ReportSummary, Severity
from cctv.monitoring.notify import AlarmMessage, failed_units, status_or_error
from cctv.monitoring.status import FailedUnit

pytestmark = pytest.mark.slow

SECRET = "zo-geheim-als-het-graf"


@pytest.fixture
def hook(site, tmp_path, monkeypatch):
    """Starts a server whose certificate is trusted, and lets [alerts] post to it."""
    running = []

    def start(*, trusted=True, **behaviour):
        host = WebHost(tmp_path, **behaviour).__enter__()
        running.append(host)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(host.certificate))
        text = site.config.read_text().split("[alerts]")[0]
        keys = 'webhook_credential = "hook"\n[credentials]\nfile = "credentials.toml"\n'
        site.config.write_text(
            f'{text}[alerts]\nstate = "state/alarms.json"\nwebhook = "{host.address}/api/webhook/geheim-pad"\n{keys}'
        )
        return host

    file = tmp_path / "credentials.toml"
    file.write_text(f'[hook]\nusername = "X-Alarm-Secret"\npassword = "{SECRET}"\n')
    file.chmod(0o600)
    yield start
    for host in running:
        host.__exit__()


def test_the_same_json_is_posted_with_the_secret_header_of_the_credentials(site, hook):
    host = hook()

    said = site.cctv("notify test")

    ((path, headers, data),) = host.posted
    document = json.loads(data)
    assert path == "/api/webhook/geheim-pad"
    assert (headers["X-Alarm-Secret"], headers["Content-Type"]) == (SECRET, "application/json")
    assert (document["schema"], [alarm["kind"] for alarm in document["alarms"]]) == (1, ["test"])
    assert "the webhook of 127.0.0.1" in said.out
    shown = said.out + said.err + site.cctv("config show").out
    assert SECRET not in shown
    assert "geheim-pad" not in shown


def test_a_redirect_is_not_followed_and_an_error_s_answer_is_told(site, hook, tmp_path):
    (tmp_path / "other").mkdir()
    with WebHost(tmp_path / "other") as other:
        hook(status=307, location=f"{other.address}/elsewhere")
        said = site.cctv("notify test", exit=1)
        assert "307" in said.err
        assert other.posted == []
    hook(status=500, body="out of order" + "x" * 100_000)
    said = site.cctv("notify test", exit=1)
    assert "500 out of order" in said.err
    assert len(said.err) < 1000
    assert SECRET not in said.err


def test_a_certificate_that_nobody_vouches_for_is_refused(site, hook):
    host = hook(trusted=False)

    assert "certificate verify failed" in site.cctv("notify test", exit=1).err
    assert host.posted == []


def test_a_server_that_drips_costs_the_time_given(site, hook, monkeypatch):
    monkeypatch.setattr("cctv.monitoring.notify.WEBHOOK_PATIENCE", timedelta(seconds=0.5))
    hook(drips=True)

    said = site.cctv("notify test", exit=1)

    assert "the webhook of 127.0.0.1" in said.err


def test_a_missing_credential_is_told_and_what_was_not_sent_is_sent_again(site, hook, tmp_path):
    host = hook()
    site.cctv("sweep --once")
    credentials = (tmp_path / "credentials.toml").read_text()
    (tmp_path / "credentials.toml").write_text("")
    assert "no credential is called hook" in site.cctv("notify run", exit=1).err
    assert host.posted == []

    (tmp_path / "credentials.toml").write_text(credentials)
    site.cctv("notify run")
    assert len(host.posted) == 1

    (tmp_path / "credentials.toml").write_text(credentials.replace(SECRET, f"{SECRET}\\r\\nX-Other: 1"))
    refused = site.cctv("notify test", exit=1).err
    assert "no header" in refused
    assert SECRET not in refused


@pytest.mark.parametrize("address", ["http://example.org/x", "https://u:p@example.org/x", "example.org", ""])
def test_only_an_address_over_tls_without_a_password_is_taken(site, address):
    site.config.write_text(f'{site.config.read_text()}\n[alerts]\nwebhook = "{address}"\n')
    site.cctv("config check", exit=10)


def test_no_document_of_any_alarm_names_a_person(site, clock, tmp_path):
    """Everything that can be wrong is wrong, with names in every register; each kind of alarm is looked at."""
    name, contact, words = "Zqxname", "zqxcontact", "zqxwords"
    site.record("gevel-1", "2026-11-01 10:00", minutes=2)
    site.cctv(f"incident open {words} --kind theft --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'")
    site.cctv(
        f"request open --name '{name} A' --contact {contact}@example.be --cameras gevel-1 "
        "--from '2026-10-29 10:00' --to '2026-11-01 10:10' --yes"
    )
    site.cctv(f"breach open {words} --aware '2026-11-01 09:00'")
    site.cctv("sweep --once")
    (site.root / site.footage("gevel-1")[0].path).unlink()
    site.cctv("footage reconcile --fix --accept-loss", exit=15)
    public = site.cctv(f"backup key {tmp_path / 'key'} --json").json["public"]
    site.config.write_text(f'{site.config.read_text()}\n[backup]\nrecipients = ["{public}"]\n')
    clock.advance(days=60)

    box = site.open()
    status = status_or_error(box.settings, lambda: box)
    status = replace(status, failed_units=(FailedUnit("cctv-backup.service", "exit-code"),), log_whole=False)
    report = ReportSummary(clock.now(), Counter({Severity.WRONG: 1}), ("the clock is not synchronised",))
    first = alarms(status, AlarmHistory(), clock.now(), report)
    document = AlarmMessage("De Grote Post", box.settings.site.timezone, clock.now(), first).as_json

    kinds = {alarm["kind"] for alarm in json.loads(document)["alarms"]}
    expected = {AlarmKind.REVIEW, AlarmKind.LATE, AlarmKind.LOST, AlarmKind.LAPSED, AlarmKind.TIMER, AlarmKind.LOG}
    assert {kind.value for kind in expected} <= kinds
    assert not [word for word in (name, contact, words) if word.casefold() in document.casefold()]
    for alarm in json.loads(document)["alarms"]:
        assert set(alarm) == {"kind", "state", "subject", "since", "text", "next"}
        assert all(value is None or isinstance(value, str) for value in alarm.values())


def test_the_weekly_message_carries_what_the_doctor_found_and_says_when_it_is_old(site, clock):
    box = site.open()
    status = replace(
        status_or_error(box.settings, lambda: box), recorder_running=True, cameras=(), last_sweep=clock.now()
    )
    sound = ReportSummary(clock.now(), Counter({Severity.OK: 30}), ())

    def weekly(report):
        (notice,) = [a for a in alarms(status, AlarmHistory(), clock.now(), report) if a.kind is AlarmKind.WEEKLY]
        return notice

    assert weekly(None).text == "All is well."
    assert weekly(sound).text.startswith("All is well. cctv doctor of 2026-11-01: ")
    bad = weekly(replace(sound, counts=Counter({Severity.WRONG: 5}), wrong=("one", "two", "three", "four", "five")))
    assert bad.text.startswith("Not all is well: cctv doctor of")
    assert bad.text.endswith("5 wrong, 0 advice, 0 ok. one. two. three. 2 more.")
    assert bad.next_step == "cctv doctor"
    assert weekly(replace(sound, at=clock.now() - timedelta(days=9))).text.startswith("Not all is well")


def test_a_failed_service_of_a_timer_is_an_alarm_until_it_has_run_well(monkeypatch):
    facts = UnitFacts("x", "loaded", "inactive", "static", "success", 0, (), False, None, 0, (), (), None)
    units = {
        "cctv-backup.service": replace(facts, name="cctv-backup.service", result="exit-code", active="failed"),
        "cctv-verify.service": replace(facts, name="cctv-verify.service"),
        "cctv-doctor.service": replace(facts, name="cctv-doctor.service", load="not-found", result="exit-code"),
    }
    monkeypatch.setattr("cctv.monitoring.notify.unit_facts", lambda names: units)

    assert failed_units() == (FailedUnit("cctv-backup.service", "exit-code"),)
