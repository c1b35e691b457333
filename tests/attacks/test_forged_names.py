"""Who a person is comes from the account alone: no name in the environment, in an option or in `--for` is another."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace

import pytest

from cctv.cli.app import run

WHEN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"


@pytest.fixture
def held(bare_site):
    bare_site.config.write_text(bare_site.config.read_text().replace('["export', '["hold.release", "export'))
    bare_site.cctv("footage init")
    bare_site.record("gevel-1", "2026-11-01 10:00", minutes=5)
    bare_site.cctv(f"incident open ruit --kind damage {WHEN}")
    return bare_site


def accounts(site):
    return {entry["actor"] for entry in site.cctv("audit list --json").json["entries"]}


@pytest.mark.parametrize("name", ["USER", "LOGNAME", "SUDO_USER", "USERNAME", "SUDO_UID"])
def test_a_name_in_the_environment_is_nobody_else(held, monkeypatch, name):
    held.cctv("hold release HOLD-2026-001 --reason over", exit=3)
    monkeypatch.setenv(name, "second")
    environ = {**os.environ, "NO_COLOR": "1", name: "second"}

    again = run(["hold", "release", "HOLD-2026-001", "--reason", "over"], replace(held.box(), environ=environ))

    assert again == 13
    assert accounts(held) <= {pwd.getpwuid(os.getuid()).pw_name, "recorder"}


def test_the_same_person_for_another_name_is_one_person(held, acting):
    held.cctv("hold release HOLD-2026-001 --reason over --for 'An Peeters'", exit=3)
    held.cctv("hold release HOLD-2026-001 --reason over --for 'Bart Claes'", exit=13)
    held.cctv("incident settle INC-2026-001 --reason over --yes --for 'Bart Claes'", exit=13)


@pytest.mark.parametrize("option", ["--user second", "--account second", "--as second"])
def test_no_option_is_another_person(held, option):
    held.cctv("hold release HOLD-2026-001 --reason over", exit=3)

    held.cctv(f"hold release HOLD-2026-001 --reason over {option}", exit=2)


def test_whoever_proposed_neither_refuses_nor_agrees_and_nobody_else_withdraws(held, acting):
    held.cctv("hold release HOLD-2026-001 --reason over", exit=3)
    (waiting,) = held.cctv("board --json").json["proposals"]

    held.cctv(f"board refuse {waiting['id']} --reason x", exit=12)
    acting("second")
    held.cctv(f"board withdraw {waiting['id']} --reason x", exit=12)
