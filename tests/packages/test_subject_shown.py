"""The answer says how much of the requester the copy shows, and on whose consent anybody else is visible."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from casescene import BLUE, FRAMES, TALL, WIDE, Person, film
from casestages import OPEN, OTHER, REQUEST, SEGMENTS, SUBJECT, TOTAL, acts, record_people, write_keep
from terminal import on_a_terminal

from cctv.db import schema
from cctv.db.engine import read_transaction

pytestmark = pytest.mark.slow

ALL = "De kopie bevat alle beelden van de gevraagde periode waarop u te zien bent."
PASSING = Person(BLUE, start=170, speed=-1.2, bottom=66)  # in front of the subject, and past them
CONSENT = "--consent-by 'Jan Smet' --consent-on 31/10 --consent-how 'ondertekend formulier'"


def letter(site, done) -> str:
    return " ".join((site.root / done["letters"][0]).with_suffix(".txt").read_text().split())


def subject(site, request: str = REQUEST) -> dict:
    (part,) = site.cctv(f"redaction show {request} --json").json["parts"]
    return part["subject"]


def manifest(site) -> dict:
    return json.loads((site.root / "exports" / "EXP-2026-001" / "manifest.json").read_text())


def two_people(path: Path) -> Path:
    """Boxes around the subject, `an`, and around who comes towards them, `jan`."""
    boxes = [
        {"id": name, "frame": frame, "x": person.left(frame) - 3, "y": person.bottom - TALL - 3,
         "w": WIDE + 6, "h": TALL + 6}
        for name, person in (("an", SUBJECT), ("jan", OTHER))
        for frame in (0, TOTAL - 1)
    ]  # fmt: skip
    path.write_text(json.dumps({"schema": 1, "boxes": boxes, "hide": []}))
    return path


@pytest.fixture
def passed(bare_site, tmp_path, keep_file):
    """A request of somebody whom another passes closely; the subject is kept by drawn boxes, and approved."""
    bare_site.cctv("footage init")
    films = [film(tmp_path / f"{n}.mp4", [SUBJECT, PASSING], first=n * FRAMES) for n in range(SEGMENTS)]
    record_people(bare_site, {"people": films})
    bare_site.cctv(OPEN)
    bare_site.cctv(f"redaction prepare {REQUEST}")
    bare_site.cctv(f"redaction keep {REQUEST} --boxes {keep_file} --reason 'the red coat'")
    bare_site.cctv(f"redaction approve {REQUEST} --all --reason 'only the requester stays'")
    return bare_site


def test_who_is_passed_by_somebody_is_not_visible_in_all_frames_and_the_letter_says_in_how_many(passed):
    shown = subject(passed)
    (hidden,) = shown["hidden"]
    assert (shown["frames"], hidden["cause"]) == (TOTAL, "people")
    assert 70 <= shown["visible"] < TOTAL

    text = letter(passed, passed.cctv(f"request answer {REQUEST} --json").json)

    (output,) = manifest(passed)["outputs"]
    assert output["subject"]["visible"] == shown["visible"]
    assert output["subject"]["hidden"][0]["first"] == hidden["first"]
    percent = 100 * shown["visible"] // TOTAL
    assert (
        f"u bent zichtbaar op {shown['visible']} van de {TOTAL} losse beelden waarop u voorkomt ({percent} %)." in text
    )
    assert "U bent één keer minder dan een seconde niet te zien." in text
    assert ALL not in text
    assert (
        f"zichtbaar op {shown['visible']} van de {TOTAL}"
        in (passed.root / "exports" / "EXP-2026-001" / "README.txt").read_text()
    )


def test_all_is_said_where_it_is_true(opened):
    opened.cctv(
        "request open --no-prepare --name Els --contact els@example.be --cameras foyer-1 "
        "--from '2026-11-01 11:00' --to +4s"
    )
    two = "REQ-2026-002"
    opened.cctv(f"redaction prepare {two}")
    opened.cctv(f"redaction keep {two} 1 --reason 'the red coat'")
    opened.cctv(f"redaction approve {two} --all --reason looked")

    text = letter(opened, opened.cctv(f"request answer {two} --json").json)

    assert subject(opened, two) == {"visible": 40, "frames": 40, "share": 1.0, "hidden": []}
    assert ALL in text
    assert "redaction.partial" not in acts(opened)


def test_boxes_that_end_before_the_subject_is_gone_need_a_reason_which_the_log_keeps(prepared, tmp_path):
    short = write_keep(tmp_path / "short.json", last=39)
    said = prepared.cctv(f"redaction keep {REQUEST} --boxes {short} --reason 'the red coat'").out
    assert "the requester is visible in 40 of 80 frames (50 %)" in said

    told = " ".join(prepared.cctv(f"redaction approve {REQUEST} --all --reason looked", exit=13).err.split())
    assert "foyer-1 part 1: the requester is visible in 40 of 80 frames (50 %)" in told
    assert f"cctv redaction approve {REQUEST} --hidden-reason WHY --reason WHY" in told
    assert "redaction.approved" not in acts(prepared)

    prepared.cctv(f"redaction approve {REQUEST} --all --reason looked --hidden-reason 'they walk in a group'")
    entries = prepared.cctv("audit list --last 2 --json").json["entries"]
    assert [entry["act"] for entry in entries] == ["redaction.partial", "redaction.approved"]
    assert entries[0]["reason"] == "they walk in a group"
    assert entries[0]["facts"]["visible"] == ["foyer-1 part 1: 40 of 80"]

    page = (prepared.root / "derived" / REQUEST / "sheet.html").read_text()
    assert "40 " in page
    text = letter(prepared, prepared.cctv(f"request answer {REQUEST} --json").json)
    assert "u bent zichtbaar op 40 van de 80 losse beelden waarop u voorkomt (50 %)." in text
    assert "zondag 1 november 2026 van 11.00.04 uur tot 11.00.08 uur" in text
    assert "wij konden u daar niet met zekerheid aanwijzen" in text


def test_a_copy_in_which_nobody_is_kept_says_so(prepared):
    told = prepared.cctv(f"redaction approve {REQUEST} --all --reason looked", exit=13).err
    assert "visible in no frame" in " ".join(told.split())
    prepared.cctv(f"redaction approve {REQUEST} --all --reason looked --hidden-reason 'no red coat'")

    text = letter(prepared, prepared.cctv(f"request answer {REQUEST} --json").json)

    assert "U bent op geen enkel beeld van de kopie zichtbaar" in text
    assert "waarop u te zien bent" not in text


def test_the_site_sets_the_share_that_needs_no_reason(prepared, tmp_path):
    most = write_keep(tmp_path / "most.json", last=71)
    prepared.cctv(f"redaction keep {REQUEST} --boxes {most} --reason 'the red coat'")
    settings = prepared.config.read_text()
    prepared.config.write_text(settings.replace("[policy]", '[policy]\nleast_visible = "95%"'))
    told = prepared.cctv(f"redaction approve {REQUEST} --all --reason looked", exit=13).err
    assert "less of the requester than the 95 %" in " ".join(told.split())

    prepared.config.write_text(settings)
    prepared.cctv(f"redaction approve {REQUEST} --all --reason looked")


@pytest.mark.parametrize(("typed", "code"), [("zij loopt achter een zuil", 0), ("", 13)])
def test_on_a_terminal_the_reason_is_asked(prepared, typed, code):
    approval = ["redaction", "approve", REQUEST, "--all", "--reason", "looked"]

    answered, shown = on_a_terminal(prepared.box(), approval, typed)

    assert answered == code, shown
    entries = prepared.cctv(f"audit list --about {REQUEST} --json").json["entries"]
    assert [entry["reason"] for entry in entries if entry["act"] == "redaction.partial"] == ([typed] if typed else [])


def test_two_people_are_kept_with_a_consent_that_the_letter_names(prepared, tmp_path):
    both = two_people(tmp_path / "both.json")
    keep = f"redaction keep {REQUEST} --boxes {both} --reason 'she and her son'"
    told = " ".join(prepared.cctv(keep, exit=13).err.split())
    assert "box an and box jan of foyer-1 part 1 stand apart in frame 0: they are two people" in told
    assert f"cctv redaction keep {REQUEST} --boxes KEEP.json --companion jan --consent-by NAME" in told
    assert acts(prepared)[-1] == "redaction.prepared"

    prepared.cctv(f"{keep} --companion jan {CONSENT}")
    prepared.cctv(f"redaction approve {REQUEST} --all --reason looked --hidden-reason 'both in the picture'")
    done = prepared.cctv(f"request answer {REQUEST} --json").json

    text = letter(prepared, done)
    assert "Behalve u zijn deze personen zichtbaar gebleven, met hun toestemming:" in text
    assert "Jan Smet, toestemming gegeven op 31 oktober 2026 (ondertekend formulier)" in text
    assert "Alle andere personen zijn in de video’s onherkenbaar gemaakt" in text
    (companion,) = manifest(prepared)["outputs"][0]["companions"]
    assert companion["consented"] == "2026-10-31"
    assert companion["shown"]["visible"] > 0
    prepared.cctv(f"export deliver EXP-2026-001 --method hand --to {tmp_path}")
    assert "afgeschermd, behalve wie ermee instemde om zichtbaar te blijven." in (
        (tmp_path / "DIS-2026-001.html").read_text()
    )
    assert "Smet" not in json.dumps(manifest(prepared))
    assert "Jan Smet" in (prepared.root / "derived" / REQUEST / "sheet.html").read_text()

    prepared.clock.advance(days=400)
    prepared.cctv("sweep --once")
    with read_transaction(prepared.open().engine) as connection:
        assert list(connection.scalars(schema.redactions.select().with_only_columns(schema.redactions.c.consents))) == [
            "[]"
        ]


def test_a_consent_is_whole_was_given_and_ends_with_what_it_is_for(prepared):
    keep = f"redaction keep {REQUEST} 1 2 --reason 'she and her son'"
    assert "track 1 and track 2" in " ".join(prepared.cctv(keep, exit=13).err.split())
    prepared.cctv(f"{keep} --companion 2 --consent-by 'Jan Smet'", exit=2)
    prepared.cctv(f"{keep} {CONSENT}", exit=2)
    prepared.cctv(f"{keep} --companion 9 {CONSENT}", exit=2)
    prepared.cctv(f"{keep} --companion 2 {CONSENT.replace('31/10', '2/11/2026')}", exit=2)
    prepared.cctv(f"{keep} --one-person --dry-run")

    prepared.cctv(f"{keep} --companion 2 {CONSENT}")
    (part,) = prepared.cctv(f"redaction show {REQUEST} --json").json["parts"]
    assert [companion["tracks"] for companion in part["companions"]] == [[2]]
    assert part["companions"][0]["consent"] == {
        "who": "Jan Smet", "given": "2026-10-31", "recorded": "ondertekend formulier"
    }  # fmt: skip

    prepared.cctv(f"redaction hide {REQUEST} 2 --reason 'he took it back'")
    (part,) = prepared.cctv(f"redaction show {REQUEST} --json").json["parts"]
    assert part["companions"] == []
