"""A delivered copy is lent unless it is the data subject's own: an end, a reminder, an alarm, a confirmation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from casestages import check_identities, name_nominee

from cctv.cases.disclosures.leases import lease_end, taker
from cctv.cases.requests.lifecycle import find_request
from cctv.db.engine import read_transaction
from cctv.model.cases import RequestType
from cctv.model.disclosures import Recipient
from cctv.model.requests import Mandate, Party, RequesterRole
from cctv.monitoring.notify import owed

pytestmark = pytest.mark.slow

ZONE = ZoneInfo("Europe/Brussels")
HANDED = datetime(2027, 1, 31, 15, tzinfo=UTC)
LAWYER = Party(RequesterRole.PROXY, "x", "y", mandate=Mandate.POWER_OF_ATTORNEY)


@pytest.mark.parametrize("recipient", [Recipient.NOMINEE, Recipient.PROXY, Recipient.INSURER, Recipient.LAWYER])
def test_with_anybody_but_subject_and_authority_it_is_a_lease_of_a_calendar_month(recipient):
    assert lease_end(recipient, HANDED, ZONE, RequestType.ACCESS) == datetime(2027, 2, 28, 23, 59, 59, tzinfo=ZONE)


def test_a_subject_an_authority_and_another_controller_keep_theirs():
    for recipient in (Recipient.SUBJECT, Recipient.POLICE, Recipient.FIRE_BRIGADE, Recipient.COURT):
        assert lease_end(recipient, HANDED, ZONE) is None
    assert lease_end(Recipient.NOMINEE, HANDED, ZONE, RequestType.PORTABILITY) is None


def test_who_has_custody_or_guardianship_takes_the_copy_as_the_subject(built):
    with read_transaction(built.open().engine) as connection:
        request = find_request(connection, "REQ-2026-001")

    def with_(*parties):
        return taker(replace(request, parties=(*request.parties, *parties)))

    assert with_() is Recipient.SUBJECT
    assert with_(Party(RequesterRole.GUARDIAN, "x", "y")) is Recipient.SUBJECT
    assert with_(replace(LAWYER, mandate=Mandate.GUARDIANSHIP)) is Recipient.SUBJECT
    assert with_(LAWYER) is Recipient.PROXY
    assert with_(LAWYER, Party(RequesterRole.NOMINEE, "x", "y")) is Recipient.NOMINEE


def leases(site):
    return [one for one in site.cctv("request board --json").json["items"] if one["kind"] == "lease"]


def test_a_lent_copy_is_on_the_board_reminds_alarms_and_ends_when_it_is_confirmed(built, clock, tmp_path):
    name_nominee(built)
    check_identities(built, "subject", "nominee")
    done = built.cctv(f"export deliver EXP-2026-001 --method zip --to {tmp_path} --recipient nominee --json").json
    (item,) = leases(built)
    assert item["due"] == done["until"]
    assert item["days_left"] == (built.instant("2026-12-01") - built.instant("2026-11-01")).days

    clock.advance(days=24)
    late, soon = owed(built.open())
    assert ([one.id for one in soon], "DIS-2026-001" in {one.id for one in late}) == (["DIS-2026-001"], False)
    clock.advance(days=7)
    late, soon = owed(built.open())
    assert "DIS-2026-001" in {one.id for one in late}
    assert [one.id for one in soon] == ["DIS-2026-001"]

    assert "lent" in built.cctv("disclosure end DIS-2026-001 --how handed --reason x", exit=2).err
    built.cctv("disclosure lease DIS-2026-001 --until 60d --reason 'the case is before the court'")
    assert owed(built.open())[1] == ()
    built.cctv("disclosure end DIS-2026-001 --how passed-on --reason 'mail of the nominee'")
    assert leases(built) == []


@pytest.mark.parametrize(
    "command",
    [
        "correct DIS-2026-001 --from '2026-11-01 11:00' --to +30s --reason typo",
        "correct DIS-2026-001 --authority Notaris --reason typo",
        "correct DIS-2026-001 --officer Jan --reason typo",
        "approve DIS-2026-001 --reason read",
        "build DIS-2026-001",
        "viewed DIS-2026-001",
    ],
)
def test_a_lent_copy_has_no_ground_to_correct_or_to_approve(built, tmp_path, command):
    name_nominee(built)
    check_identities(built, "subject", "nominee")
    built.cctv(f"export deliver EXP-2026-001 --method zip --to {tmp_path} --recipient nominee")
    before = built.cctv("disclosure show DIS-2026-001 --json").json

    told = built.cctv(f"disclosure {command}", exit=2)

    assert "DIS-2026-001 records what was given on REQ-2026-001" in " ".join(told.err.split())
    assert built.cctv("disclosure show DIS-2026-001 --json").json == before


def test_a_copy_of_the_subject_is_theirs_it_is_never_lent_and_does_not_keep_the_site_open(built, tmp_path):
    done = built.cctv(f"export deliver EXP-2026-001 --method zip --to {tmp_path} --json").json

    assert (done["until"], leases(built)) == (None, [])
    assert "theirs" in built.cctv("disclosure lease DIS-2026-001 --until 60d --reason x", exit=2).err
    (one,) = built.cctv("disclosure list --all --json").json["disclosures"]
    assert (one["state"], one["ending"]) == ("closed", "handed")
    built.cctv("disclosure receipt DIS-2026-001 --on 1/11")
    built.cctv("request close REQ-2026-001 --outcome granted")
    built.cctv(f"site close --out {tmp_path / 'closing'} --reason verhuis --yes")
