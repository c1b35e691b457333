"""Codes that were stolen, guessed, replayed or put back, at every door that asks for one."""

from __future__ import annotations

import os
import pwd
import shutil
import threading
from datetime import datetime, timedelta

import cv2
import numpy as np
import pyotp
import pytest
from terminal import conversation

from cctv.access import totp_store
from cctv.access.errors import CodeUsed
from cctv.access.factor_state import FactorState, locked_until
from cctv.access.second_factor import (
    CodeMissing,
    CodeProof,
    begin_enrolment,
    finish_enrolment,
    judge,
    list_factors,
    require_code,
    reset,
    unproved,
)
from cctv.audit.log import audit_entries
from cctv.backup.create import open_members
from cctv.config.schema import SecondFactorUse
from cctv.core.clock import SystemClock
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import CommandCode
from cctv.model.audit import Act

ME = pwd.getpwuid(os.getuid()).pw_name
SPAN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'"
USES = '["view", "export", "release", "disclosure"]'


class Authenticator:
    """The phone of an account."""

    def __init__(self, site, account):
        self.account, self._clock = account, site.clock
        opened = site.open(account)
        new = begin_enrolment(opened)
        self.secret, self.recovery = new.factor.secret, new.recovery_codes
        finish_enrolment(opened, new, self.code())
        site.clock.advance(seconds=30)  # the code of the enrolment is used up

    def code(self, seconds=0):
        """What it shows so many seconds from now."""
        return pyotp.TOTP(self.secret).at(self._clock.now() + timedelta(seconds=seconds))


@pytest.fixture
def strict(site):
    """A site that asks for a code everywhere, with an incident whose hold keeps a minute; one person ends it."""
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv(f"incident open ruit --kind damage {SPAN}")
    written = site.config.read_text()
    two = 'two_person = ["export.unredacted"]'
    assert two in written
    site.config.write_text(written.replace(two, f"two_person = []\nsecond_factor = {USES}"))
    return site


@pytest.fixture
def phone(strict):
    return Authenticator(strict, ME)


def entries(site, act):
    with read_transaction(site.open().engine) as connection:
        return [entry for entry, _ in audit_entries(connection, act=act)]


def release(site, code=None, **options):
    return site.cctv(f"{f'--code {code} ' if code else ''}hold release HOLD-2026-001 --reason over", **options)


def is_held(site):
    return site.cctv("hold list --json").json["holds"] != []


def test_a_factor_is_enrolled_at_a_terminal_by_its_picture(bare_site):
    """What the screen shows is what an authenticator reads, and its code ends the hidden prompt of the next command."""
    site = bare_site
    text = site.config.read_text().replace(
        'two_person = ["export.unredacted"]', f"two_person = []\nsecond_factor = {USES}"
    )
    site.config.write_text(text)
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    root = ["--config", str(site.config), "--language", "en"]
    site.clock = SystemClock()
    site.cctv("footage init")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from 'yesterday 10:00' --to 'yesterday 10:01'")
    read = {}

    def code(screen):
        picture = screen[: screen.index("Scan this")].strip("\n").splitlines()
        read["address"] = decoded(picture)
        return pyotp.parse_uri(read["address"]).now()

    code_, screen = conversation([*root, "factor", "enrol"], [("not shown here", code)], environ=environ)
    assert code_ == 0, screen
    assert read["address"] in screen
    totp = pyotp.parse_uri(read["address"])
    assert (totp.name, totp.issuer) == (ME, "Cultuurcentrum De Grote Post")
    recovery = [line.strip() for line in screen.splitlines() if line.startswith("  ")]
    assert len(set(recovery)) == 10

    line = [*root, "hold", "release", "HOLD-2026-001", "--reason", "over"]
    line[line.index("HOLD-2026-001")] = site.cctv("hold list --json").json["holds"][0]["id"]
    code_, screen = conversation(line, [("second factor (not shown)", lambda _: recovery[0])], environ=environ)
    assert code_ == 0, screen
    assert recovery[0] not in screen


def decoded(lines):
    """What a phone reads in a picture of half blocks."""
    rows = []
    for line in lines:
        rows.append([sign in "\u2588\u2580" for sign in line])
        rows.append([sign in "\u2588\u2584" for sign in line])
    width = max(map(len, rows))
    light = np.array([row + [True] * (width - len(row)) for row in rows], np.uint8) * 255
    text, *_ = cv2.QRCodeDetector().detectAndDecode(
        cv2.resize(light, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    )
    return text


def test_without_a_code_nothing_happens_and_what_to_type_is_told(strict, phone):
    refused = release(strict, exit=13)

    assert "cctv --code CODE" in " ".join(refused.err.split())
    assert is_held(strict)


def test_without_a_factor_nothing_happens_either(strict):
    refused = release(strict, "123456", exit=13)

    assert "cctv factor enrol" in refused.err
    assert is_held(strict)


def test_the_right_code_lets_one_command_go_on(strict, phone):
    release(strict, phone.code())

    assert not is_held(strict)
    (used,) = entries(strict, Act.FACTOR_USED)
    assert (used.subject, used.facts["use"]) == (ME, "release")


DOORS = {
    "hold release": "hold release HOLD-2026-001 --reason over",
    "incident settle": "incident settle INC-2026-001 --reason over --yes",
    "incident correct": "incident correct INC-2026-001 --from '2026-11-01 10:00' --to '2026-11-01 10:00:30' --reason x",
    "request close": "request close REQ-2026-001 --outcome refused --ground excessive --reason x --evidence y ",
    "request withdraw": "request withdraw REQ-2026-001 --reason x ",
    "footage show": "footage show --case INC-2026-001 --camera gevel-1 --from '2026-11-01 10:00:00' "
    "--to '2026-11-01 10:00:02'",
    "footage extract": "footage extract --case INC-2026-001 --camera gevel-1 --from '2026-11-01 10:00:00' "
    "--to '2026-11-01 10:00:02'",
    "redaction prepare": "redaction prepare REQ-2026-001",
    "disclosure approve": "disclosure approve DIS-2026-001 --reason checked",
    "disclosure end": "disclosure end DIS-2026-001 --how refused --reason x ",
}


@pytest.mark.parametrize("door", DOORS)
def test_each_door_asks(strict, phone, door):
    if "REQ-" in DOORS[door]:
        strict.cctv(f"request open --no-prepare --name Q --contact q@example.be {SPAN}")
    if "DIS-" in DOORS[door]:
        strict.cctv(
            "disclosure open --recipient police --duty ordered --authority 'PZ Brugge' --officer 'An' --reference BG.1 "
            f"--country BE --order-by 'procureur' --order-number 1 --order-on 2026-11-01 {SPAN}",
        )
    before = len(entries(strict, Act.FACTOR_REFUSED))

    assert "second factor" in strict.cctv(DOORS[door], exit=13).err
    assert strict.cctv(f"--code 000000 {DOORS[door]}", exit=12).err.count("error:") == 1

    assert len(entries(strict, Act.FACTOR_REFUSED)) == before + 1
    assert is_held(strict)


def test_a_dry_run_asks_for_none_and_uses_none_up(strict, phone):
    strict.cctv("hold release HOLD-2026-001 --reason over --dry-run")
    code = phone.code()
    strict.cctv(f"--code {code} hold release HOLD-2026-001 --reason over --dry-run")

    assert entries(strict, Act.FACTOR_USED) == []
    release(strict, code)


def test_a_stolen_code_does_not_work_a_second_time(strict, phone):
    strict.cctv(f"incident open deur --kind theft {SPAN}")
    code = phone.code()
    release(strict, code)

    refused = strict.cctv(f"--code {code} hold release HOLD-2026-002 --reason over", exit=12)

    assert "used already" in refused.err
    assert is_held(strict)
    strict.clock.advance(seconds=30)
    strict.cctv(f"--code {phone.code()} hold release HOLD-2026-002 --reason over")


def test_the_code_of_the_enrolment_and_those_before_it_are_used_up(strict):
    opened = strict.open(ME)
    new = begin_enrolment(opened)
    totp = pyotp.TOTP(new.factor.secret)
    code, before = totp.at(strict.clock.now()), totp.at(strict.clock.now() - timedelta(seconds=30))
    finish_enrolment(opened, new, code)

    for used in (code, before):
        release(strict, used, exit=12)
    assert is_held(strict)


def test_the_code_of_one_account_is_not_one_of_another(strict, phone):
    other = Authenticator(strict, "sofie")

    release(strict, other.code(), exit=12)

    assert is_held(strict)


def test_two_commands_at_once_with_one_code_are_one(strict, phone):
    code, outcomes = phone.code(), []
    start = threading.Barrier(4)

    def ask():
        site = strict.open(ME)
        opened = type(site)(*(getattr(site, name) for name in site.__slots__[:-1]), CommandCode(lambda: code))
        start.wait()
        try:
            require_code(opened, SecondFactorUse.RELEASE)
        except CodeUsed as error:
            outcomes.append(error.code)
        else:
            outcomes.append("through")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["CodeUsed", "CodeUsed", "CodeUsed", "through"]


@pytest.mark.parametrize(("seconds", "exit"), [(-60, 12), (-30, 0), (0, 0), (30, 0), (60, 12), (3600, 12)])
def test_one_step_of_drift_is_allowed(strict, phone, seconds, exit):
    strict.clock.advance(minutes=10)
    release(strict, phone.code(seconds), exit=exit)


def test_a_clock_that_is_set_back_makes_no_old_code_good(strict, phone):
    strict.clock.advance(minutes=10)
    seen = phone.code()  # over a shoulder, and never used
    strict.clock.advance(minutes=30)
    strict.cctv("incident open deur --kind theft " + SPAN)  # what the log has of that time
    strict.clock.advance(minutes=-30)

    refused = release(strict, seen, exit=12)

    assert "went back" in refused.err
    assert is_held(strict)


def test_a_used_step_stays_used_when_the_clock_goes_back_a_little(strict, phone):
    strict.cctv(f"incident open deur --kind theft {SPAN}")
    release(strict, phone.code())
    strict.clock.advance(seconds=-30)

    strict.cctv(f"--code {phone.code()} hold release HOLD-2026-002 --reason over", exit=12)


def test_guessing_locks_and_the_lock_holds_for_the_right_code_too(strict, phone):
    for left in (4, 3, 2, 1):
        assert f"{left} more wrong codes" in " ".join(release(strict, "000000", exit=12).err.split())
    assert "locked" in release(strict, "000000", exit=12).err
    (locked,) = entries(strict, Act.FACTOR_LOCKED)
    assert locked.facts["failures"] == 5

    strict.clock.advance(minutes=14)
    release(strict, phone.code(), exit=12)
    strict.clock.advance(minutes=2)
    release(strict, phone.code())


def test_locks_grow_to_a_day():
    start = datetime.fromisoformat("2026-11-01T12:00:00+00:00")
    waits = [locked_until([start] * count) for count in range(0, 60, 5)]

    assert waits[0] is None
    minutes = [(until - start).total_seconds() / 60 for until in waits[1:]]
    assert minutes[:4] == [15, 30, 60, 120]
    assert max(minutes) == 24 * 60
    assert locked_until([start] * 4) is None


def test_one_person_ends_no_factor_of_another(strict, phone, acting):
    """Whoever can have it ended can enrol their own: it is a change of who may do what."""
    strict.config.write_text(strict.config.read_text().replace("two_person = []", 'two_person = ["grant.change"]'))
    line = f"factor reset {ME} --reason 'lost her phone'"
    acting("sofie")
    strict.cctv(line, exit=3)
    strict.cctv(line, exit=13)
    assert totp_store.factor_path(strict.root, ME).exists()

    acting("bart")
    strict.cctv(line)

    assert not totp_store.factor_path(strict.root, ME).exists()
    (entry,) = entries(strict, Act.FACTOR_RESET)
    assert (entry.subject, entry.actor.account) == (ME, "bart")


def test_a_lock_ends_by_another_account_only(strict, phone):
    for _ in range(5):
        release(strict, "000000", exit=12)

    strict.cctv(f"factor reset {ME} --reason x", exit=12)
    Authenticator(strict, "sofie")
    with pytest.raises(CodeMissing):  # who has a factor proves it
        reset(strict.open("sofie"), ME, reason="lost her phone")
    reset(strict.open("bart"), ME, reason="lost her phone")

    assert not totp_store.factor_path(strict.root, ME).exists()
    (entry,) = entries(strict, Act.FACTOR_RESET)
    assert (entry.subject, entry.actor.account) == (ME, "bart")
    release(strict, phone.code(), exit=13)
    release(strict, Authenticator(strict, ME).code())


def test_a_recovery_code_stands_for_one_code_once(strict, phone):
    strict.cctv(f"incident open deur --kind theft {SPAN}")
    release(strict, phone.recovery[3].lower())

    strict.cctv(f"--code {phone.recovery[3]} hold release HOLD-2026-002 --reason over", exit=12)
    strict.cctv(f"--code {phone.recovery[4]} hold release HOLD-2026-002 --reason over")
    (row,) = strict.cctv("factor list --json").json["factors"]
    assert row["recovery_left"] == 8


def test_a_factor_is_replaced_by_a_recovery_code(strict, phone):
    strict.cctv(f"--code {phone.code()} factor recover", exit=12)
    strict.cctv(f"--code {phone.recovery[0]} factor recover")

    strict.clock.advance(minutes=1)
    release(strict, phone.code(), exit=13)
    strict.cctv("factor recover --help")
    release(strict, Authenticator(strict, ME).code())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_refused(strict, phone, mode):
    path = totp_store.factor_path(strict.root, ME)
    path.chmod(mode)

    refused = release(strict, phone.code(), exit=12)

    assert "can be read by others" in " ".join(refused.err.split())
    assert is_held(strict)


def test_the_secret_is_for_its_owner_only_and_nowhere_else(strict, phone):
    path = totp_store.factor_path(strict.root, ME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    release(strict, phone.code())
    secrets = [phone.secret, *phone.recovery, *(code.replace("-", "") for code in phone.recovery)]
    for file in strict.root.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            told = [secret for secret in secrets if secret.encode() in data]
            assert told == ([phone.secret] if file == path else [])


@pytest.mark.parametrize("what", ["older", "another's", "link", "torn", "gone"])
def test_another_file_in_its_place_is_noticed(strict, phone, what):
    path = totp_store.factor_path(strict.root, ME)
    kept = strict.folder / "kept.json"
    shutil.copy2(path, kept)
    exit = 15
    if what == "older":
        reset(strict.open("bart"), ME, reason="x")
        fresh = Authenticator(strict, ME)
        shutil.copy2(kept, path)
        release(strict, fresh.code(), exit=exit)
    elif what == "another's":
        shutil.copy2(totp_store.factor_path(strict.root, Authenticator(strict, "sofie").account), path)
    elif what == "link":
        path.unlink()
        path.symlink_to(kept)
    elif what == "torn":
        path.write_text('{"schema": 1, "recovery": [7]')
    else:
        path.unlink()

    release(strict, phone.code(), exit=exit)

    assert is_held(strict)


def test_used_steps_do_not_come_back_with_an_older_file(strict, phone):
    path = totp_store.factor_path(strict.root, ME)
    kept = path.read_bytes()
    strict.cctv(f"incident open deur --kind theft {SPAN}")
    code = phone.code()
    release(strict, code)
    path.write_bytes(kept)

    strict.cctv(f"--code {code} hold release HOLD-2026-002 --reason over", exit=12)


def test_a_policy_file_of_one_s_own_asks_for_the_code_all_the_same(strict, phone):
    own = strict.folder / "own" / "cameras.toml"
    own.parent.mkdir()
    text = strict.config.read_text().replace(USES, "[]")
    own.write_text(text.replace('storage = "storage"', f'storage = "{strict.root}"'))
    own.chmod(0o600)
    release(strict, phone.code())  # the storage knows the policy

    strict.cctv(f"incident open deur --kind theft {SPAN}")
    strict.cctv(f"--config {own} hold release HOLD-2026-002 --reason over", exit=10)
    assert is_held(strict)


def test_what_a_typed_code_proves():
    factor, codes = totp_store.new_factor("an")
    now = datetime.fromisoformat("2026-11-01T12:00:10+00:00")
    step = int(now.timestamp()) // 30
    code = pyotp.TOTP(factor.secret).at(now)
    fresh = FactorState("an", now, factor.fingerprint)

    assert judge(factor, fresh, f" {code[:3]} {code[3:]} ", now) == CodeProof(step)
    assert judge(factor, FactorState("an", now, "", step), code, now) == "used"
    assert judge(factor, FactorState("an", now, "", step - 1), code, now) == CodeProof(step)
    assert judge(factor, fresh, codes[9], now) == CodeProof(None, 9)
    assert judge(factor, FactorState("an", now, "", -1, None, frozenset({9})), codes[9], now) == "used"
    for wrong in ("", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "A" * 16, "A" * 4000, "\0" * 6, "12345\u0660"):
        assert judge(factor, fresh, wrong, now) == "wrong"


def test_a_door_that_forgot_to_ask_is_shut_in_the_transaction(strict, phone):
    opened = strict.open(ME)
    with write_transaction(opened.engine, dry_run=True) as connection:
        assert unproved(connection, opened, SecondFactorUse.RELEASE) is None
    with write_transaction(opened.engine) as connection:
        assert isinstance(unproved(connection, opened, SecondFactorUse.RELEASE), CodeMissing)


def test_list_tells_who_has_one_and_no_secret(strict, phone):
    Authenticator(strict, "sofie")
    told = strict.cctv("factor list")

    assert [row.account for row in list_factors(strict.open())] == sorted([ME, "sofie"])
    assert "sofie" in told.out
    assert phone.secret not in told.out
    assert strict.cctv("factor enrol", exit=2).err.count("terminal") >= 1


def test_a_back_up_has_the_factors_and_a_restore_brings_them_back(strict, phone, tmp_path):
    names = [member.name for member in open_members(strict.open(), strict.root / "cctv.db", hashed=False)]
    assert f"keys/second-factor/{ME}.json" in names
