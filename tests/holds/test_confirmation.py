"""After a restore or a new index a named person confirms the holds; until then nothing is deleted."""

import pytest

from cctv.core.durable import DurableFiles
from cctv.holds.confirmation import UNCONFIRMED, ask_confirmation

WHY = "the index was restored from a back-up"


@pytest.fixture
def waiting(site):
    """Footage past its limit, half of it held, and holds that somebody must confirm."""
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'")
    site.clock.advance(days=8)
    ask_confirmation(site.root, DurableFiles(), why=WHY, at=site.clock.now())
    return site


def test_nothing_is_deleted_before_a_named_person_confirms_the_holds(waiting):
    told = waiting.cctv("sweep --once", exit=18)
    assert WHY in told.err
    assert "cctv hold confirm --for NAME" in told.err
    assert len(waiting.footage("gevel-1")) == 2
    assert waiting.cctv("status --json", exit=None).json["guard"] == "HoldsUnconfirmed"

    told = waiting.cctv("hold confirm --for 'A. Peeters' --reason 'compared with the register'")

    assert "HOLD-2026-001" in told.out
    waiting.cctv("sweep --once")
    assert len(waiting.footage("gevel-1")) == 1
    logged = waiting.cctv("audit list --about holds --json").json["entries"][-1]
    assert logged["act"] == "holds.confirmed"
    assert logged["for"] == "A. Peeters"
    assert logged["facts"] == {"holds": ["HOLD-2026-001"]}


def test_a_confirmation_without_a_name_confirms_nothing(waiting):
    told = waiting.cctv("hold confirm --reason 'compared'", exit=2)
    assert "--for NAME" in told.err
    waiting.cctv("sweep --once", exit=18)


def test_looking_first_confirms_nothing(waiting):
    assert "HOLD-2026-001" in waiting.cctv("hold confirm --dry-run --reason look").out
    waiting.cctv("sweep --once", exit=18)


def test_a_note_that_cannot_be_read_stops_deletion_too(waiting):
    (waiting.root / UNCONFIRMED).write_text("{torn")
    waiting.cctv("sweep --once", exit=18)


def test_what_was_interrupted_cannot_be_confirmed(waiting):
    ask_confirmation(waiting.root, DurableFiles(), why=WHY, at=waiting.clock.now(), resume="cctv restore again")
    told = waiting.cctv("hold confirm --for 'A. Peeters' --reason x", exit=13)
    assert "cctv restore again" in told.err


def test_there_is_nothing_to_confirm_on_an_ordinary_day(site):
    told = site.cctv("hold confirm --for 'A. Peeters' --reason x", exit=2)
    assert "Nobody has to confirm" in told.err
