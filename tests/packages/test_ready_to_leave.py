"""Nothing leaves for a request while a mandate, a check of identity or the answer to a question is missing."""

from __future__ import annotations

import pytest
from casestages import REQUEST, acts, name_nominee
from sqlalchemy import update

from cctv.db import schema

pytestmark = pytest.mark.slow

PACKAGE = "EXP-2026-001"
ASK = f"request ask {REQUEST}"
CHECK = f"request identity {REQUEST} --method document-seen --checker 'A. Peeters'"
WITHDRAW = f"{ASK} --withdraw --reason 'she wrote from the known address'"


def to_another_address(site):
    """As it is registered with --deliver-to."""
    with site.open().engine.begin() as connection:
        connection.execute(update(schema.parties).values(deliver_to="Kerkstraat 1, Gent"))


def of_a_child(site):
    """As it is registered with --under-16."""
    with site.open().engine.begin() as connection:
        connection.execute(update(schema.requests).values(under_16=True))


def of_a_customer(site):
    """As a site that records for another controller, who said nothing yet."""
    text = site.config.read_text().replace('jurisdiction = "BE"', 'jurisdiction = "BE"\nrole = "processor"')
    processor = (
        'name = "Camerazorg nv"\naddress = ["Nijverheidslaan 3"]\nmail = "dienst@camerazorg.example"\n'
        'signatory = "Wim Coene"\ncontract = "2026/014"\ncontract_date = 2026-01-15\n'
    )
    site.config.write_text(f"{text}\n[processor]\n{processor}")
    site.cctv("config adopt --reason 'it records for a customer now'")


def asked(site):
    site.cctv(ASK)


def leaving(folder):
    deliver = f"export deliver {PACKAGE} --method zip --to {folder}"
    return (
        f"export build {REQUEST}",
        deliver,
        f"{deliver} --recipient subject",
        f"export deliver {PACKAGE} --method hand --to {folder}",
        f"export fetch {PACKAGE}",
    )


@pytest.mark.parametrize(
    ("make", "missing", "following"),
    [
        (to_another_address, "identity (subject)", f"cctv request identity {REQUEST} --role subject"),
        (name_nominee, "identity (subject), identity (nominee)", f"cctv request identity {REQUEST} --role subject"),
        (of_a_child, "mandate (guardian)", f"cctv request mandate {REQUEST} --as guardian"),
        (of_a_customer, "instruction", f"cctv request instruct {REQUEST} --do answer"),
        (asked, "question (subject)", f"cctv request identity {REQUEST} --role subject"),
    ],
)
def test_what_an_answer_needs_is_asked_by_every_command(built, tmp_path, make, missing, following):
    make(built)
    before = acts(built)

    for command in leaving(tmp_path):
        told = " ".join(built.cctv(command, exit=13).err.split())
        assert f"No copy leaves for {REQUEST} yet; what is missing: {missing}." in told
        assert following in told

    assert acts(built)[len(before) :] == ["export.refused"] * len(leaving(tmp_path))
    assert list(tmp_path.glob("*EXP*")) == []
    built.cctv(f"request answer {REQUEST}", exit=13)


def test_a_nominee_gets_the_copy_once_both_were_checked(built, tmp_path):
    name_nominee(built)
    built.cctv(f"{CHECK} --role subject")
    built.cctv(f"export deliver {PACKAGE} --method zip --to {tmp_path} --recipient nominee", exit=13)
    built.cctv(f"{CHECK} --role nominee")

    done = built.cctv(f"export deliver {PACKAGE} --method zip --to {tmp_path} --recipient nominee --json").json

    assert done["disclosure"] == "DIS-2026-001"


@pytest.mark.parametrize("recipient", ["nominee", "proxy"])
def test_a_recipient_whom_the_request_does_not_name_gets_nothing(built, tmp_path, recipient):
    told = built.cctv(f"export deliver {PACKAGE} --method zip --to {tmp_path} --recipient {recipient}", exit=13).err

    assert f"nobody is named as that in {REQUEST}" in " ".join(told.split())
    assert f"--as {recipient}" in told
    assert acts(built)[-1] == "export.refused"
    assert list(tmp_path.glob("*EXP*")) == []


@pytest.mark.parametrize("kind", ["restriction", "objection"])
def test_a_blocked_package_is_not_fetched(built, kind):
    built.cctv(
        f"request open --no-prepare --name Els --contact els@example.be --type {kind} --cameras foyer-1 "
        "--from '2026-11-01 11:00' --to +1m"
    )
    told = built.cctv(f"export fetch {PACKAGE}", exit=12).err
    assert "REQ-2026-002 blocks it" in " ".join(told.split())
    assert acts(built)[-1] == "export.refused"


def test_closing_without_an_identity_opens_no_door(built, tmp_path):
    to_another_address(built)
    built.cctv(f"request close {REQUEST} --outcome granted")
    told = built.cctv(f"export deliver {PACKAGE} --method zip --to {tmp_path}", exit=13).err
    assert f"{REQUEST} is closed: register it again with cctv request open" in " ".join(told.split())


def board(site):
    (item,) = [one for one in site.cctv("request board --json").json["items"] if one["id"] == REQUEST]
    return item


def test_a_question_that_was_asked_binds_until_identity_was_checked(prepared, keep_file):
    prepared.cctv(f"redaction keep {REQUEST} --boxes {keep_file} --reason 'the red coat'")
    assert "question (subject)" not in str(board(prepared))
    prepared.cctv(ASK)

    for command in (
        f"redaction prepare {REQUEST}",
        f"redaction approve {REQUEST} --all --reason ok",
        f"request close {REQUEST} --outcome granted",
    ):
        told = " ".join(prepared.cctv(command, exit=13).err.split())
        assert f"{REQUEST} waits: identity was asked for on" in told
        assert f"{ASK} --withdraw --reason WHY" in told
    prepared.cctv(f"request answer {REQUEST}", exit=13)
    assert acts(prepared)[-2:] == ["use.refused", "use.refused"]
    assert "question (subject)" in prepared.cctv("request board").out.replace("\n", " ")
    assert board(prepared)["next"].startswith(f"cctv request identity {REQUEST} --role subject")

    prepared.cctv(CHECK)
    prepared.cctv(f"redaction approve {REQUEST} --all --reason ok")
    assert "question (subject)" not in str(board(prepared))


def test_a_question_is_taken_back_with_a_reason_that_the_log_keeps(prepared):
    prepared.cctv(WITHDRAW, exit=2)
    prepared.cctv(ASK)
    prepared.cctv(f"{ASK} --withdraw", exit=2)
    prepared.cctv(f"{ASK} --reason x", exit=2)
    prepared.cctv(f"{WITHDRAW} --dry-run")
    prepared.cctv(f"redaction approve {REQUEST} --all --reason ok", exit=13)

    said = prepared.cctv(WITHDRAW)

    assert "the question about identity is taken back" in said.out
    entry = prepared.cctv("audit list --last 1 --json").json["entries"][0]
    assert (entry["act"], entry["reason"]) == ("question.withdrawn", "she wrote from the known address")
    prepared.cctv(f"redaction approve {REQUEST} --all --reason ok --hidden-reason ok")
    prepared.clock.advance(minutes=1)
    prepared.cctv(ASK)
    prepared.cctv(f"request answer {REQUEST}", exit=13)


def test_who_does_not_show_who_they_are_may_be_refused(prepared):
    prepared.cctv(ASK)
    prepared.cctv(f"request answer {REQUEST} --outcome refused --ground identity-not-shown --reason 'no answer came'")


def test_a_copy_of_a_customers_footage_leaves_on_their_instruction(built, tmp_path):
    of_a_customer(built)
    built.cctv(f"request instruct {REQUEST} --do refuse --by 'Els Baert' --reference 'mail of 2/11'")
    deliver = f"export deliver {PACKAGE} --method zip --to {tmp_path}"
    assert "instruction (refuse)" in built.cctv(deliver, exit=13).err
    built.cctv(f"request instruct {REQUEST} --do answer --by 'Els Baert' --reference 'mail of 3/11'")
    built.cctv(deliver)
