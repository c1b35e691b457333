"""Whatever ends a hold asks for two persons where the policy does: the first signs, another account ends it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cctv.cli import context as cli_context

pytestmark = pytest.mark.slow

SPAN = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
REQUEST = f"request open --no-prepare --name An --contact an@example.org {SPAN} --type"
DISCLOSURE = (
    "disclosure open --recipient police --duty ordered --authority 'Politie Oostende' --reference 7 "
    f"--basis 'vordering 46bis Sv.' {SPAN}"
)
ENDINGS = [
    (f"incident open ruit --kind damage {SPAN}", "hold release HOLD-2026-001 --reason done", "hold.released"),
    (
        f"incident open ruit --kind damage {SPAN}",
        "incident settle INC-2026-001 --reason done --yes",
        "incident.settled",
    ),
    (f"{REQUEST} access", "request close REQ-2026-001 --outcome granted", "request.closed"),
    (
        f"{REQUEST} access",
        "request close REQ-2026-001 --outcome refused --ground excessive --reason 'the fifth time'",
        "request.closed",
    ),
    (f"{REQUEST} restriction", "request lift REQ-2026-001 --reason 'she wrote'", "block.lifted"),
    (f"{REQUEST} objection", "request lift REQ-2026-001 --reason 'she wrote'", "block.lifted"),
    (DISCLOSURE, "disclosure end DIS-2026-001 --how withdrawn --reason 'not needed'", "disclosure.closed"),
]


@pytest.fixture
def acting(monkeypatch):
    """From now on another account types."""

    def become(account: str) -> None:
        monkeypatch.setattr(cli_context, "pwd", SimpleNamespace(getpwuid=lambda uid: SimpleNamespace(pw_name=account)))

    become("first")
    return become


@pytest.fixture
def guarded(site):
    site.config.write_text(site.config.read_text().replace('["export.unredacted"]', '["hold.release"]'))
    site.record("foyer-1", "2026-11-01 11:00")
    return site


def acts(site):
    """Without that the settings which the fixture changed were adopted: any act may be the first under them."""
    entries = site.cctv("audit list --last 100 --json").json["entries"]
    return [entry["act"] for entry in entries if entry["act"] != "settings.adopted"]


def holds(site):
    return [hold["id"] for hold in site.cctv("hold list --json").json["holds"]]


@pytest.mark.parametrize(("opening", "ending", "act"), ENDINGS)
def test_the_first_person_signs_and_another_account_ends_the_hold(guarded, acting, opening, ending, act):
    guarded.cctv(opening)
    before = acts(guarded)

    told = guarded.cctv(ending, exit=13).err
    guarded.cctv(ending, exit=13)

    assert "HOLD-2026-001 is not released yet: first asked for it" in " ".join(told.split())
    assert " ".join(ending.split()[:3]) in told
    assert acts(guarded)[len(before) :] == ["release.asked"]
    assert holds(guarded) == ["HOLD-2026-001"]
    assert list((guarded.root / "letters").glob("*/*")) == []

    acting("second")
    guarded.cctv(ending)

    assert act in acts(guarded)
    assert holds(guarded) == []
    assert not (guarded.root / "holds/HOLD-2026-001.json").exists()
    assert guarded.cctv("audit verify --json").json["entries"]


def test_every_hold_of_a_case_needs_its_first_signature(guarded, acting):
    guarded.cctv(f"incident open ruit --kind damage {SPAN}")
    guarded.cctv("hold release HOLD-2026-001 --reason 'seen'", exit=13)
    guarded.cctv(f"hold place --ground INC-2026-001 --reason 'the other door' {SPAN.replace('foyer-1', 'gang-2')}")

    acting("second")
    told = guarded.cctv("incident settle INC-2026-001 --reason done --yes", exit=13).err
    assert "HOLD-2026-002 is not released yet: second asked" in " ".join(told.split())

    acting("third")
    guarded.cctv("incident settle INC-2026-001 --reason done --yes")
    assert holds(guarded) == []


@pytest.mark.parametrize("between", ["a week", "a renewal"])
def test_a_signature_ends_after_a_week_and_with_a_renewal(guarded, acting, clock, between):
    guarded.cctv(f"incident open ruit --kind damage {SPAN}")
    guarded.cctv("incident settle INC-2026-001 --reason done --yes", exit=13)
    if between == "a week":
        clock.advance(days=7)
    else:
        guarded.cctv("hold renew HOLD-2026-001 --reason insurer")

    acting("second")
    guarded.cctv("incident settle INC-2026-001 --reason done --yes", exit=13)
    assert holds(guarded) == ["HOLD-2026-001"]


def test_a_case_that_keeps_nothing_any_more_ends_with_one_person(guarded, acting):
    guarded.cctv(f"incident open ruit --kind damage {SPAN}")
    guarded.cctv("hold release HOLD-2026-001 --reason done", exit=13)
    acting("second")
    guarded.cctv("hold release HOLD-2026-001 --reason done")

    guarded.cctv("incident settle INC-2026-001 --reason done --yes")


def test_a_refused_ending_is_no_signature(guarded, acting):
    guarded.cctv(f"{REQUEST} access")
    guarded.cctv("request close REQ-2026-001 --outcome refused", exit=2)
    guarded.cctv("request close REQ-2026-001 --outcome granted --dry-run")
    assert "release.asked" not in acts(guarded)
