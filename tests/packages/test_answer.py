"""From receipt to the copy in the person's hands, by the command line: access, portability, an objection upheld."""

import pytest
from casestages import REQUEST, acts, record_people

from cctv.cases.disclosures.disclosures import approve_disclosure

pytestmark = pytest.mark.slow

TWO = "REQ-2026-002"
OBJECT = "request open --no-prepare --name Els --contact els@example.be --type objection --cameras foyer-1 " \
         "--from '2026-11-01 11:00' --to +1m"  # fmt: skip


def letter(site, said):
    return " ".join((site.root / said["letters"][0]).with_suffix(".txt").read_text().split())


def test_an_access_request_is_answered_by_one_command(approved, tmp_path):
    done = approved.cctv(f"request answer {REQUEST} --to {tmp_path} --json").json

    assert (done["package"], done["disclosure"]) == ("EXP-2026-001", "DIS-2026-001")
    assert (tmp_path / "EXP-2026-001.zip").is_file()
    assert len(done["passphrase"]) > 10
    text = letter(approved, done)
    assert "An Peeters" in text
    assert "EXP-2026-001" in text
    assert "gegevensbeschermingsautoriteit" in text.lower()
    said = approved.cctv(f"request show {REQUEST} --json").json["request"]
    assert (said["state"], said["outcome"]) == ("closed", "granted")
    assert acts(approved)[-6:] == ["export.built", "letter.made", "request.answered", "request.closed", "hold.released",
                                   "disclosure.handed"]  # fmt: skip


def test_a_letter_says_of_a_plain_folder_neither_that_it_is_encrypted_nor_that_it_has_a_passphrase(built, tmp_path):
    hand = f"request answer {REQUEST} --method hand --to {tmp_path} --delivery registered-post"
    refused = built.cctv(f"{hand} --password phone", exit=2)
    assert "has no passphrase" in " ".join(refused.err.split())

    plain = built.cctv(f"{hand} --dry-run --json").json["text"].casefold()
    zipped = built.cctv(f"{hand.replace('hand', 'zip')} --dry-run --json").json["text"].casefold()

    assert "aangetekende zending" in " ".join(plain.split())
    assert [word in plain for word in ("wachtzin", "versleuteld")] == [False, False]
    assert [word in zipped for word in ("wachtzin", "versleuteld")] == [True, True]


def test_a_copy_that_stands_is_not_built_again(built, tmp_path):
    done = built.cctv(f"request answer {REQUEST} --no-letter --method hand --to {tmp_path} --json").json
    assert done["package"] == "EXP-2026-001"
    assert acts(built).count("export.built") == 1
    assert (tmp_path / "EXP-2026-001" / "manifest.json").is_file()


def test_what_cannot_be_handed_over_there_is_not_answered(built, tmp_path):
    built.cctv(f"request answer {REQUEST} --no-letter --to {built.root}", exit=2)
    assert built.cctv(f"request show {REQUEST} --json").json["request"]["state"] == "open"


@pytest.mark.parametrize("stage", ["opened", "prepared"])
def test_nothing_is_answered_that_nobody_reviewed(stage, request):
    site = request.getfixturevalue(stage)
    site.cctv(f"request answer {REQUEST}", exit=13)
    assert site.cctv(f"request show {REQUEST} --json").json["request"]["answered"] is None


def test_a_block_that_comes_later_stops_an_approved_export_and_its_delivery(built, tmp_path):
    built.cctv(OBJECT)
    for command in (f"export build {REQUEST}", f"request answer {REQUEST} --no-letter --to {tmp_path}",
                    f"export deliver EXP-2026-001 --method hand --to {tmp_path}",
                    f"redaction show {REQUEST}"):  # fmt: skip
        assert f"{TWO} blocks it" in built.cctv(command, exit=12).err
    assert list(tmp_path.glob("EXP*")) == []


def test_an_objection_that_is_upheld_gives_a_copy_and_then_deletes_what_nobody_holds(opened, tmp_path):
    opened.cctv(OBJECT)
    opened.cctv(f"redaction prepare {TWO}", exit=12)
    opened.cctv(f"request uphold {TWO} --reason 'she lives there'")
    opened.cctv(f"redaction prepare {TWO}")
    opened.cctv(f"redaction approve {TWO} --all --reason 'nobody else stays' --hidden-reason 'not there'")
    assert "identity (subject)" in opened.cctv(f"request answer {TWO} --no-letter --yes", exit=13).err
    opened.cctv(f"request identity {TWO} --method known-address --checker 'A. Peeters'")
    assert "nobody agreed" in opened.cctv(f"request answer {TWO} --no-letter", exit=13).err

    done = opened.cctv(f"request answer {TWO} --yes --json").json

    assert (done["erased"]["gone"], done["erased"]["holds"]) == (0, ["HOLD-2026-001"])
    text = " ".join(done["text"].split())
    assert "De beelden wissen wij nog niet. Ze blijven intussen afgeschermd" in text
    assert "bewaard voor een verzoek over dezelfde beelden dat nog niet is afgehandeld" in text
    assert "Wachtzin: langs een andere weg dan het pakket" in text
    opened.cctv(f"export deliver {done['package']} --method hand --to {tmp_path}")
    opened.cctv(f"redaction prepare {REQUEST}", exit=12)  # what waits stays blocked
    opened.cctv(f"request answer {REQUEST} --no-letter --outcome not-identifiable --reason 'no red coat'")
    assert f"erased for {TWO}" in opened.cctv("sweep --once").out
    shown = opened.cctv(f"request show {TWO} --json").json
    assert shown["blocks"][0]["lifted"]
    assert shown["footage"][0]["saved_seconds"] == 0


def test_portability_is_answered_with_the_same_package(opened):
    opened.cctv(OBJECT.replace("objection", "portability"))
    opened.cctv(f"redaction prepare {TWO}")
    opened.cctv(f"redaction approve {TWO} --all --reason 'nobody else stays' --hidden-reason 'not there'")
    done = opened.cctv(f"request answer {TWO} --no-letter --json").json
    assert done["package"] == "EXP-2026-001"
    assert opened.cctv("export verify EXP-2026-001 --json").json["verified"]


def test_whoever_received_the_footage_is_informed_before_a_restriction_is_answered(bare_site, footage_files, tmp_path):
    bare_site.cctv("footage init")
    record_people(bare_site, footage_files)
    bare_site.cctv("disclosure open --recipient police --duty ordered --authority 'Politie Oostende' --reference 7 "
                   "--country BE --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on 1/11/2026 "
                   "--cameras foyer-1 --from '2026-11-01 11:00' --to +5s")  # fmt: skip
    approve_disclosure(bare_site.open("chief"), "DIS-2026-001", reason="the order names it")
    package = bare_site.cctv("disclosure build DIS-2026-001 --json").json["package"]
    bare_site.cctv(f"export deliver {package} --method hand --to {tmp_path}")
    bare_site.cctv(OBJECT.replace("objection", "restriction"))

    basis = "--basis unlawful"
    assert "Article 19" in bare_site.cctv(f"request answer {REQUEST} {basis}", exit=13).err

    said = bare_site.cctv(f"request answer {REQUEST} {basis} --told --dry-run --json").json
    assert "Politie Oostende" in " ".join(said["text"].split())
