"""Everybody whom the registers can reach is told of a new policy, in their language, once for each version of it."""

from datetime import timedelta

import pytest

from cctv.cases.disclosures.queries import insert_disclosure
from cctv.core.time_range import Span
from cctv.model.disclosures import Disclosure, Duty, Handing, Method, Receiver, Recipient
from cctv.model.ids import DisclosureId

ASK = "request open --no-prepare --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'"
NL, FR = "--change nl 'Zeven dagen in plaats van tien.'", "--change fr 'Sept jours au lieu de dix.'"


@pytest.fixture
def outbox(tmp_path):
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


@pytest.fixture
def people(site, clock):
    """An asked twice, Luc reads French; something was recorded, so that the policy is in force."""
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00")
    site.cctv(f"{ASK} --name 'An Peeters' --contact an@example.be")
    site.cctv(f"{ASK} --name 'An Peeters' --contact an@example.be")
    site.cctv(f"{ASK} --name 'Luc Dubois' --contact 'rue Haute 1, 1000 Bruxelles' --language fr")
    return site


def test_each_person_gets_one_letter_in_their_language_in_a_file_that_names_nobody(people, outbox):
    line = f"letter policy-changed --to {outbox} --where example.org/privacy"
    assert "--change fr" in people.cctv(f"{line} {NL}", exit=2).err
    shown = people.cctv(f"{line} {NL} {FR} --dry-run --json").json
    assert (len(shown["letters"]), list(outbox.iterdir())) == (2, [])

    done = people.cctv(f"{line} {NL} {FR} --json").json

    assert [one["cases"] for one in done["letters"]] == [["REQ-2026-001", "REQ-2026-002"], ["REQ-2026-003"]]
    version = done["policy"][:8]
    names = {file.name for file in outbox.iterdir()}
    assert names == {f"REQ-2026-00{n}-policy-{version}.{form}" for n in (1, 3) for form in ("pdf", "txt")}
    french = (outbox / f"REQ-2026-003-policy-{version}.txt").read_text()
    assert "1000 Bruxelles" in french
    assert "Sept jours au lieu de dix." in french
    assert "Zeven" not in french
    entry = people.cctv("audit list --about REQ-2026-003 --json").json["entries"][-1]
    assert (entry["facts"]["letter"], entry["facts"]["policy"]) == ("policy-changed", done["policy"])


def test_nobody_is_written_to_twice_about_one_version_of_the_policy(people, outbox):
    line = f"letter policy-changed --to {outbox} --where example.org/privacy {NL} {FR}"
    people.cctv(line)
    people.cctv(f"{ASK} --name 'Els Nieuw' --contact els@example.be")

    second = people.cctv(f"{line} --json").json
    people.config.write_text(people.config.read_text().replace('retention = "7d"', 'retention = "6d"'))
    newer = people.cctv(f"{line} --since 1/12/2026 --dry-run --json").json

    assert [one["cases"] for one in second["letters"]] == [["REQ-2026-004"]]
    assert second["written_before"] == ["REQ-2026-001", "REQ-2026-003"]
    assert (len(newer["letters"]), newer["written_before"]) == (3, [])


def test_the_letter_goes_elsewhere_than_to_the_known_address_only_once_identity_was_checked(people, outbox):
    people.cctv(f"{ASK} --name 'Els Nieuw' --contact els@example.be --deliver-to 'Kerkstraat 1, Gent'")
    line = f"letter policy-changed --to {outbox} --where example.org/privacy {NL} {FR} --again"

    def text():
        people.cctv(line)
        (letter,) = outbox.glob("REQ-2026-004-*.txt")
        return letter.read_text()

    assert "els@example.be" in text()
    assert "Kerkstraat" not in text()
    people.cctv("request identity REQ-2026-004 --method document-seen --checker 'A. Peeters'")
    assert "Kerkstraat 1" in text()


def test_a_policy_that_is_not_in_force_yet_needs_its_day_and_a_folder_outside(site, outbox):
    line = f"letter policy-changed --where example.org/privacy {NL}"
    assert "--since" in site.cctv(f"{line} --to {outbox}", exit=2).err
    assert "inside the storage" in site.cctv(f"{line} --to {site.root / 'holds'} --since 1/1/2027", exit=2).err


def test_who_has_a_copy_on_loan_and_no_address_is_named_to_be_written_to_by_hand(people, outbox):
    at = people.instant("2026-11-01 11:00")
    lent = Disclosure(
        id=DisclosureId("DIS-2026-001"), recipient=Recipient.LAWYER, duty=Duty.CONSENT, receiver=Receiver("Mr Claes"),
        cameras=(), span=Span(at, at + timedelta(hours=1)), opened=at, opened_by="test",
        handed=Handing(at, "test", Method.ZIP), lease_end=at + timedelta(days=30),
    )  # fmt: skip
    with people.open().engine.begin() as connection:
        insert_disclosure(connection, lent)

    told = people.cctv(f"letter policy-changed --to {outbox} --where example.org {NL} {FR}", exit=3)

    assert "by hand: DIS-2026-001" in told.out + told.err
    assert "Claes" not in told.out + told.err
