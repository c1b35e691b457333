"""People of a request and questions about them, through the command line.

The tracker of the clip is replaced by one that loses the person in red for half a second: what it found before and
after is linked, and it doubts a stretch.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from casescene import BLUE, RED, pictures_of, pixels_of
from casestages import REQUEST, acts, record_people

from cctv.redaction.people.detections import LOOK_VALUES
from cctv.redaction.people.persons import Doubt
from cctv.redaction.review import analysis
from cctv.redaction.review.artefacts import FoundTracks
from cctv.redaction.tracking.people import FoundPeople
from cctv.redaction.tracking.tracks import Link, Track, TrackBoundary

pytestmark = pytest.mark.slow

LOST = range(25, 30)
IN_DOUBT = (38, 52)
GLIMPSES = 5
OPEN_TWO = (
    "request open --no-prepare --name 'An Peeters' --contact an@example.be "
    "--cameras foyer-1,gang-2 --from '2026-11-01 11:00' --to +1m"
)


def _look(bin_: int) -> bytes:
    values = np.zeros((LOOK_VALUES // 16, 16), np.uint8)
    values[:, bin_] = 255
    return values.tobytes()


def _found(people: FoundPeople, _doubts: tuple[Doubt, ...]) -> FoundTracks:
    """The two who walk, in red (tracks 1 and 3) and in blue (2), and glimpses; red is lost once."""
    red, blue = sorted(people.tracks, key=lambda track: -len(track.boxes))[:2]
    if red.boxes[0].y > blue.boxes[0].y:
        red, blue = blue, red
    lost, again = LOST.start - red.first, LOST.stop - red.first
    before = _piece(red, 1, 0, lost, ended=TrackBoundary.VANISHED)
    after = _piece(red, 3, again, len(red.boxes), began=TrackBoundary.APPEARED)
    glimpses = [_piece(blue, number, 6 * number, 6 * number + 4) for number in range(4, 4 + GLIMPSES)]
    tracks = (before, replace(blue, id=2, look=_look(9)), after, *glimpses)
    return FoundTracks(FoundPeople(tracks, (Link(1, 3, 0.8),)), (Doubt(3, *IN_DOUBT),))


def _piece(track: Track, number: int, begin: int, end: int, **more: object) -> Track:
    return replace(
        track, id=number, first=track.first + begin, boxes=track.boxes[begin:end], sure=track.sure[begin:end],
        look=_look(2), **more,
    )  # fmt: skip


@pytest.fixture
def people(bare_site, stages, request, monkeypatch):
    """A request whose footage has two people, one of them in two pieces."""
    monkeypatch.setattr(analysis, "FoundTracks", _found)
    return stages.reach(
        bare_site, "people", lambda: request.getfixturevalue("opened").cctv(f"redaction prepare {REQUEST}")
    )


@pytest.fixture
def kept(bare_site, stages, request):
    """The same, with the person in red kept as far as the first piece goes."""

    def make() -> None:
        site = request.getfixturevalue("people")
        site.cctv(f"redaction keep {REQUEST} --person 1 --reason 'the red coat'")

    return stages.reach(bare_site, "people-kept", make)


@pytest.fixture
def two_cameras(bare_site, stages, footage_files, monkeypatch):
    """The same two people before two cameras, at other times."""

    def make() -> None:
        bare_site.cctv("footage init")
        record_people(bare_site, footage_files)
        record_people(bare_site, footage_files, start="2026-11-01 11:00:30", camera="gang-2")
        bare_site.cctv(OPEN_TWO)
        bare_site.cctv(f"redaction prepare {REQUEST}")

    monkeypatch.setattr(analysis, "FoundTracks", _found)
    return stages.reach(bare_site, "two-cameras", make)


def _people(site):
    return site.cctv(f"redaction people {REQUEST} --json").json


def _part(site, number: int = 0):
    return site.cctv(f"redaction show {REQUEST} --json").json["parts"][number]


def _question(site, more: str = ""):
    return site.cctv(f"redaction ask {REQUEST} --json {more}").json["question"]


def _answer(site, verdict: str, more: str = "", **options):
    question = _question(site)["id"]
    line = f"redaction ask {REQUEST} --question {question} --answer {verdict} --reason 'same coat' {more}"
    return site.cctv(line, **options)


def _keep(site, person: int = 1) -> None:
    site.cctv(f"redaction keep {REQUEST} --person {person} --reason 'the red coat'")


def _directory(site) -> str:
    return next(path.name for path in (site.root / "derived" / REQUEST).iterdir() if path.is_dir())


def test_people_are_listed_and_glimpses_counted(people):
    said = _people(people)
    assert [(one["number"], one["decision"], one["appearances"][0]["tracks"]) for one in said["people"]] == [
        (1, "undecided", [1]), (2, "undecided", [2]),
    ]  # fmt: skip
    assert [[piece["number"] for piece in one["pieces"]] for one in said["people"]] == [[3], []]
    assert said["people"][0]["pieces"][0]["appearances"][0]["tracks"] == [3]
    assert said["glimpses"] == 5
    assert [piece["number"] for piece in said["short"]] == [4, 5, 6, 7, 8]
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(said["people"][0]["picture"]["jpeg"]), np.uint8), 1)
    assert pixels_of(picture[None, :, :, ::-1], RED)[0] > 300
    text = people.cctv(f"redaction people {REQUEST}").out
    assert "and 5 short glimpses, hidden: 4, 5, 6, 7, 8" in text
    assert "perhaps: short of certain" in text
    assert f"cctv redaction keep {REQUEST} --person N" in text


def test_pictures_are_written_one_a_person_for_their_owner_only(people, tmp_path):
    said = people.cctv(f"redaction people {REQUEST} --pictures {tmp_path / 'out'}")
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [f"person-{number}.jpg" for number in range(1, 9)]  # pieces too
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert "delete them" in said.out
    assert acts(people)[-1] == "redaction.pictured"
    red = cv2.imread(str(files[0]))
    assert pixels_of(red[None, :, :, ::-1], RED)[0] > pixels_of(red[None, :, :, ::-1], BLUE)[0]


def test_one_yes_joins_what_belongs_together_and_shows_it(kept):
    question = _question(kept)
    assert (question["kind"], question["people"]) == ("same", [1, 3])
    assert len(question["pictures"]) == 2
    assert "11:00:03 to 11:00:08" in question["text"]  # local time
    sheet = (kept.root / "derived" / REQUEST / "sheet.html").read_text()
    assert "Misschien dezelfde persoon, verborgen tot iemand het zegt: 3<" in sheet
    said = _answer(kept, "yes", "--json").json
    assert (said["joined"], said["people"]) == (True, [1, 3])
    assert _part(kept)["keep"] == [1, 3]
    assert [one["number"] for one in _people(kept)["people"]] == [1, 2]
    assert acts(kept)[-2:] == ["redaction.kept", "redaction.answered"]
    page = (kept.root / "derived" / REQUEST / "sheet.html").read_text()
    page = page.replace("<span>", "").replace("</span>", "")  # around each word of a command
    assert page.count('<article class="person') == 2
    assert page.count('<article class="person kept"') == 1
    assert f"cctv redaction ask {REQUEST}" in page
    second = _question(kept)
    assert (second["kind"], second["frames"]) == ("second", [*IN_DOUBT])

    _answer(kept, "unsure")
    assert _question(kept) is None
    assert "no question left" in kept.cctv(f"redaction ask {REQUEST}").out
    assert _question(kept, "--again")["id"] == second["id"]
    kept.cctv(f"redaction approve {REQUEST} --all --reason 'looked' --hidden-reason 'a stretch is in doubt'")
    built = kept.cctv(f"export build {REQUEST} --json").json
    red = pixels_of(pictures_of(Path(built["path"]) / built["outputs"][0]["file"]), RED)
    assert (red[30:36] > 60).all()
    assert (red[IN_DOUBT[0] : IN_DOUBT[1] + 1] == 0).all()
    assert (red[56:62] > 60).all()
    causes = {stretch["cause"] for stretch in _part(kept)["subject"]["hidden"]}
    assert causes == {"people"}


def test_a_no_keeps_apart_and_renders_nothing(kept):
    kept.cctv(f"redaction review {REQUEST} --all --reason 'looked'")
    before, directory = _part(kept), _directory(kept)
    said = _answer(kept, "no").out
    after = _part(kept)
    assert "Person 3 is not taken for person 1" in said
    assert (after["keep"], after["unreviewed"], _directory(kept)) == (before["keep"], [], directory)
    assert after["plan"] != before["plan"]
    assert _question(kept) is None
    refused = kept.cctv(f"redaction keep {REQUEST} --person 3 --reason x", exit=13)
    assert "two people" in refused.err
    assert "--take-back" in refused.err


def test_an_answer_that_shows_more_voids_the_approval(kept):
    kept.cctv(f"redaction approve {REQUEST} --all --reason looked --hidden-reason 'only half of it'")
    assert _answer(kept, "yes", "--json").json["approval_void"]
    assert not _part(kept)["approved"]
    assert _part(kept)["unreviewed"]


def test_a_stretch_in_doubt_is_shown_after_a_no(people):
    _keep(people, 3)
    hidden = _part(people)["subject"]["hidden"]
    assert any((one["first"], one["cause"]) <= (IN_DOUBT[0], "people") <= (one["last"], "people") for one in hidden)
    while (question := _question(people))["kind"] != "second":
        _answer(people, "no")
    before = _part(people)["subject"]["visible"]
    assert question["people"] == [3]
    stretch = [picture["frame"] for picture in question["pictures"]][:3]
    assert stretch == [IN_DOUBT[0], sum(IN_DOUBT) // 2, IN_DOUBT[1]]
    assert "somebody else's head" in people.cctv(f"redaction ask {REQUEST}").out
    assert len([*(people.root / "derived" / REQUEST).glob("question-*-[A-D].jpg")]) == len(question["pictures"])
    _answer(people, "no")
    assert _part(people)["subject"]["visible"] > before + 10


def test_an_answer_holds_for_the_question_that_was_shown(kept):
    line = f"redaction ask {REQUEST} --question %s --answer yes --reason x"
    stale = kept.cctv(line % "0123456789ab", exit=13)
    assert f"cctv redaction ask {REQUEST}" in stale.err
    shown = _question(kept)["id"]
    _answer(kept, "no")
    kept.cctv(line % shown, exit=13)
    assert _part(kept)["keep"] == [1]


def test_an_answer_is_taken_back_with_what_it_joined(kept):
    question = _question(kept)["id"]
    _answer(kept, "yes")
    kept.cctv(f"redaction ask {REQUEST} --take-back {question} --reason 'it was her sister'")
    assert _part(kept)["keep"] == [1]
    assert _question(kept)["id"] == question
    assert _people(kept)["answers"] == []
    unknown = kept.cctv(f"redaction ask {REQUEST} --take-back {question} --reason x", exit=2)
    assert question in unknown.err


def test_dry_runs_say_what_they_would_do(kept):
    before = _part(kept)
    said = _answer(kept, "yes", "--dry-run").out
    assert "Person 3 would be person 1" in said
    kept.cctv(f"redaction keep {REQUEST} --person 2 --person 3 --reason x --dry-run", exit=13)
    kept.cctv(f"redaction hide {REQUEST} --person 2 --reason x --dry-run")
    assert _part(kept) == before


def test_the_pictures_of_a_question_lie_beside_the_sheet_until_the_next(kept):
    said = kept.cctv(f"redaction ask {REQUEST}").out
    files = sorted((kept.root / "derived" / REQUEST).glob("question-*.jpg"))
    assert len(files) == 2
    assert all(file.name in said.replace("\n", "") for file in files)
    assert "--answer ANSWER --reason" in said  # nothing is proposed
    _answer(kept, "yes")
    kept.cctv(f"redaction ask {REQUEST}")
    assert not {*files} & {*(kept.root / "derived" / REQUEST).glob("question-*.jpg")}


def test_a_second_person_needs_a_consent_and_has_a_share_of_their_own(kept):
    refused = kept.cctv(f"redaction keep {REQUEST} --person 2 --reason 'her son'", exit=13)
    assert "person 1 and person 2" in refused.err
    assert "--person 2 --companion 2" in refused.err
    consent = "--companion 2 --consent-by 'Jan Smet' --consent-on 1/11/2026 --consent-how 'in a signed form'"
    kept.cctv(f"redaction keep {REQUEST} --person 2 {consent} --reason 'her son'")
    part = _part(kept)
    son = part["companions"][0]["shown"]
    assert (part["keep"], part["companions"][0]["tracks"]) == ([1, 2], [2])
    assert son["frames"] > part["subject"]["frames"] > 0
    assert son["share"] > 0.5
    assert _question(kept)["people"] == [1, 3]  # the son is not asked about
    kept.cctv(f"redaction approve {REQUEST} --all --reason looked --hidden-reason 'lost once'")
    built = kept.cctv(f"export build {REQUEST} --json").json
    beside = json.loads((Path(built["path"]) / "manifest.json").read_text())["outputs"][0]["companions"]
    assert [(one["consented"], one["shown"]["frames"]) for one in beside] == [("2026-11-01", son["frames"])]


def test_a_person_is_decided_on_in_every_camera(two_cameras):
    said = _people(two_cameras)["people"]
    assert [(one["number"], one["appearances"][0]["camera"]) for one in said] == [
        (1, "foyer-1"), (2, "foyer-1"), (3, "gang-2"), (4, "gang-2"),
    ]  # fmt: skip
    _keep(two_cameras)
    _answer(two_cameras, "yes")
    across = _question(two_cameras)
    assert (across["camera"], across["people"][0]) == ("gang-2", 1)
    assert across["pictures"][0]["camera"] == "foyer-1"
    _answer(two_cameras, "yes")
    parts = [_part(two_cameras, number) for number in range(2)]
    assert (parts[0]["keep"], bool(parts[1]["keep"])) == ([1, 3], True)
    assert parts[0]["answers"][1] == parts[1]["answers"][0]  # stored with both parts
    two_cameras.cctv(f"redaction hide {REQUEST} --person 1 --reason 'not she'")
    assert [_part(two_cameras, number)["keep"] for number in range(2)] == [[], []]
    assert acts(two_cameras)[-2:] == ["redaction.hidden", "redaction.hidden"]


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (f"keep {REQUEST} --person 99 --reason x", "no person 99"),
        (f"keep {REQUEST} 1 --person 1 --reason x", "one by one"),
        (
            f"keep {REQUEST} --person 1 --companion 2 --consent-by A --consent-on 1/11/2026 --consent-how B --reason x",
            "2",
        ),
        (f"keep {REQUEST} --person 1 --part 7 --reason x", "part"),
        (f"ask {REQUEST} --answer yes --reason x", "go together"),
        (f"ask {REQUEST} --question 0123456789ab --answer maybe --reason x", "maybe"),
        (f"ask {REQUEST} --take-back 0123456789ab", "--reason"),
        ("people REQ-2026-099", "REQ-2026-099"),
    ],
)
def test_bad_input_is_refused_with_the_next_step(people, command, word):
    assert word in people.cctv(f"redaction {command}", exit=2).err
