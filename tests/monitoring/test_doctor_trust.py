"""`cctv doctor --only trust`: who can be root, and private keys that lie where a thief finds them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cctv.monitoring.doctor import CheckName, Severity
from cctv.monitoring.doctor_trust import find_keys, judge_accounts, judge_journal, judge_keys
from cctv.monitoring.machine_facts import AccountFacts, Machine

PASSWD = """root:x:0:0:root:/root:/bin/bash
cctv:x:990:990::/var/lib/cctv:/usr/sbin/nologin
an:x:1000:1000:An:/nonexistent:/bin/bash
bo:x:1001:27:Bo:/nonexistent:/bin/bash
"""
GROUP = "root:x:0:\nsudo:x:27:an\nan:x:1000:\n"
RECOVERY = "# created: 2026-11-01\nAGE-SECRET-KEY-1QQQQ\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    etc = tmp_path / "etc"
    (etc / "ssh" / "sshd_config.d").mkdir(parents=True)
    (etc / "passwd").write_text(PASSWD.replace("/root:", f"{tmp_path}/root:"))
    (etc / "group").write_text(GROUP)
    (tmp_path / "root" / ".ssh").mkdir(parents=True)
    return Machine(etc=etc)


def severities(findings):
    return {(finding.subject, finding.severity) for finding in findings}


def test_members_of_sudo_are_found_by_the_group_and_by_their_first_group(machine):
    assert machine.accounts() == AccountFacts((), ("an", "bo"), None, 0)


def test_another_account_of_number_zero_is_wrong(machine):
    (machine.etc / "passwd").write_text(PASSWD + "toor:x:0:0::/root:/bin/bash\n")

    assert ("toor", Severity.WRONG) in severities(judge_accounts(machine.accounts()))


@pytest.mark.parametrize(
    ("settings", "keys", "told"),
    [
        ("PermitRootLogin yes\n", "", True),
        ("PermitRootLogin no\n", "ssh-ed25519 AAAA a\n", False),
        ("", "ssh-ed25519 AAAA a\n", True),  # the default is prohibit-password: a key opens it
        ("", "# none\n\n", False),
        ("Match User an\nPermitRootLogin yes\n", "", False),
    ],
)
def test_that_root_can_log_in_is_told(machine, settings, keys, told):
    (machine.etc / "ssh" / "sshd_config").write_text(settings)
    (machine.etc.parent / "root" / ".ssh" / "authorized_keys").write_text(keys)

    assert (("ssh", Severity.ADVICE) in severities(judge_accounts(machine.accounts()))) is told


def test_a_file_that_is_included_counts_before_the_settings_of_ssh(machine):
    (machine.etc / "ssh" / "sshd_config").write_text("PermitRootLogin no\n")
    (machine.etc / "ssh" / "sshd_config.d" / "10-cloud.conf").write_text("PermitRootLogin yes\n")

    assert machine.accounts().root_login == "yes"


def test_many_administrators_are_told_by_name():
    facts = AccountFacts((), ("an", "bo", "cas"), None, 0)

    [told] = judge_accounts(facts)

    assert told.severity is Severity.ADVICE
    assert "an, bo, cas" in str(told.text)


def test_a_recovery_key_beside_the_back_ups_is_wrong(tmp_path):
    (tmp_path / "recovery.key").write_text(RECOVERY)
    (tmp_path / "cctv-2026-11-01.age").write_bytes(b"age-encryption.org/v1\n")

    [told] = judge_keys([find_keys(tmp_path, beside_backups=True)], tmp_path)

    assert (told.severity, told.subject) == (Severity.WRONG, "recovery.key")
    assert "beside the back-ups" in str(told.text)


def test_only_recovery_keys_count_elsewhere_and_links_are_not_followed(tmp_path):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    (here / "tls.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    (elsewhere / "recovery.key").write_text(RECOVERY)
    (here / "link").symlink_to(elsewhere / "recovery.key")

    assert find_keys(here, beside_backups=False).keys == ()
    assert find_keys(here, beside_backups=True).keys == ("tls.pem",)
    assert find_keys(tmp_path / "missing", beside_backups=True).keys == ()


def test_the_doctor_tells_a_recovery_key_that_was_left_beside_the_settings(site):
    (site.config.parent / "recovery.key").write_text(RECOVERY)

    found = site.cctv("doctor --only trust --json", exit=20).json["findings"]

    assert [row["subject"] for row in found if row["severity"] == "wrong"] == ["recovery.key"]
    assert {row["check"] for row in found} == {CheckName.TRUST.value}


def told(site, check):
    """What `cctv doctor` says of a check, by the subject of each finding."""
    found = site.cctv(f"doctor --only {check} --json", exit=None).json["findings"]
    return {finding["subject"]: (finding["severity"], finding["text"]) for finding in found}


@pytest.fixture
def weak(site, machine, tmp_path, monkeypatch):
    """A site on a machine that has every weakness of trust."""
    (machine.etc / "passwd").write_text((machine.etc / "passwd").read_text() + "toor:x:0:0::/root:/bin/bash\n")
    (machine.etc / "group").write_text("root:x:0:\nsudo:x:27:an,cctv\nan:x:1000:\n")
    (machine.etc / "ssh" / "sshd_config").write_text("PermitRootLogin yes\n")
    journal, booted, medium = tmp_path / "journal", tmp_path / "booted", tmp_path / "medium"
    (journal / "0123456789abcdef").mkdir(parents=True)
    booted.mkdir()
    medium.mkdir()
    (medium / "recovery.key").write_text(RECOVERY)
    found = replace(machine, journal=journal, booted=booted)
    monkeypatch.setattr("cctv.cli.commands.doctor.Machine", lambda: found)
    key = site.cctv(f"backup key {tmp_path}/own.key --json").json["public"]
    site.config.write_text(f'{site.config.read_text()}\n[backup]\nrecipients = ["{key}"]\nfolder = "{medium}"\n')
    return site


def test_the_doctor_names_each_weakness_of_trust(weak, monkeypatch):
    weak.root.chmod(0o750)
    monkeypatch.setattr("cctv.monitoring.machine_facts.accounts_of_group", lambda gid: ("bart", "sofie"))
    trust, access = told(weak, "trust"), told(weak, "access")

    assert trust["toor"] == ("wrong", "toor is root under another name (uid 0)")
    assert trust["administrators"] == ("advice", "3 accounts can become root: an, bo, cctv")
    assert trust["ssh"][1].startswith("root itself can log in over the network")
    assert trust["journal"] == ("advice", "the journal is not sealed")
    assert trust["recovery.key"][1].endswith("recovery.key is a private key beside the back-ups")
    assert access["group"] == ("wrong", f"the group of {weak.root} may enter it (mode 0750): bart, sofie")
    assert "there is no second person" in told(weak, "two-persons")["second person"][1]
    assert told(weak, "audit")["elsewhere"][1].startswith("no signed checkpoint of the log leaves this machine")
    assert told(weak, "audit")["age"] == ("advice", "the audit log has no signed checkpoint yet")


def test_what_is_mended_is_told_no_more(weak, tmp_path):
    (tmp_path / "journal" / "0123456789abcdef" / "fss").write_text("")
    text = weak.config.read_text()
    alerts = '[alerts]\nmail = "a@example.org"\nsender = "cctv@example.org"\nsmtp = "mail.example.org"\n'
    weak.config.write_text(f'{text}\n[audit]\nmail = "dpo@example.org"\n{alerts}')
    weak.cctv("audit checkpoint")

    assert told(weak, "trust")["journal"][0] == "ok"
    assert told(weak, "audit")["elsewhere"][0] == "ok"


def test_a_machine_without_a_kept_journal_is_told(machine):
    assert machine.journal_is_sealed() in (None, False, True)
    assert replace(machine, journal=machine.etc / "none").journal_is_sealed() is None
    (found,) = judge_journal(None)
    assert found.severity is Severity.ADVICE
