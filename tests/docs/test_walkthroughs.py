"""The walkthroughs run as they are typed: each command of a page, in its order, on a new storage with real footage."""

from __future__ import annotations

import pwd
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from pages import ROOT

sys.path.insert(0, str(ROOT / "tests" / "redaction_review"))
from casescene import BLUE, FRAMES, RED, SEEN, SEGMENT, film, pictures_of, pixels_of
from casestages import OTHER, SUBJECT, acts

from cctv.cli.app import run
from cctv.core.i18n import Language

pytestmark = pytest.mark.slow

MEDIUM = "/media/usb"
NOW = "2026-11-02 09:00"  # the Monday of the pages

# What is meant to be refused: how a command begins, and the exit codes of its turns on the page.  Everything else is 0.
REFUSED = {
    "staff": {
        "disclosure approve": (13, 0),
        "incident settle INC-2026-001 --reason 'handed to the police'": (0, 13, 0),
    },
    "dpo": {"request answer": (13, 0), "request close": (2,)},
}
# Who types it, where it is not the person whom the page is for: the second approval of a disclosure is the DPO's.
ACCOUNTS = {("staff", "disclosure approve", 2): "dpo"}


@dataclass(frozen=True)
class Step:
    """A command of a page, and the lines that the page says the program prints."""

    words: tuple[str, ...]
    printed: tuple[str, ...]

    @property
    def line(self) -> str:
        return shlex.join(self.words)


def _page(role: str, language: str) -> str:
    return (ROOT / f"docs/walkthrough-{role}.{language}.md").read_text()


def steps(text: str) -> list[Step]:
    """The indented `cctv ...` lines in order, each with the fenced lines between it and the next one."""
    found: list[tuple[tuple[str, ...], list[str]]] = []
    fenced = False
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            found[-1][1].append(line)
        elif line.startswith("    cctv "):
            found.append((tuple(shlex.split(line)[1:]), []))
    return [Step(words, tuple(printed)) for words, printed in found]


def _like(line: str) -> re.Pattern[str]:
    """A line of a page as a pattern: `...` is anything, blanks are any number of blanks."""
    words = [".*?".join(re.escape(piece) for piece in word.split("...")) for word in line.split()]
    return re.compile(r"\s+".join(words))


def _expected(role: str, page: list[Step]) -> Iterator[tuple[Step, int, str]]:
    """Each step with its exit code and the account that types it."""
    turns: Counter[str] = Counter()
    for step in page:
        prefix = next((one for one in REFUSED[role] if step.line.startswith(one)), None)
        if prefix is None:
            yield step, 0, role
            continue
        turns[prefix] += 1
        yield step, REFUSED[role][prefix][turns[prefix] - 1], ACCOUNTS.get((role, prefix, turns[prefix]), role)
    assert turns == {prefix: len(codes) for prefix, codes in REFUSED[role].items()}


def walk(site, role: str, language: str, medium: Path, capsys) -> None:
    """Type the page of a role, on a site that speaks its language."""
    for step, code, account in _expected(role, steps(_page(role, language))):
        box = site.box()
        box.language = Language(language)
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pwd, "getpwuid", lambda _, name=account: SimpleNamespace(pw_name=name))
            exit_code = run([str(medium) if word == MEDIUM else word for word in step.words], box)
        said = "".join(capsys.readouterr())
        assert exit_code == code, f"cctv {step.line}\n{said}"
        unsaid = [line for line in step.printed if not _like(line).search(said)]
        assert unsaid == [], f"cctv {step.line}\n{said}"


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> tuple[Path, Path]:
    """Four seconds of nobody, four of two people."""
    folder = tmp_path_factory.mktemp("films")
    return film(folder / "nobody.mp4", []), film(folder / "people.mp4", [SUBJECT, OTHER])


@pytest.fixture
def saturday(bare_site, clock, films):
    """A foyer in which two people walk on Saturday at 22:00, one of them in red, and nobody in the hour before."""
    clock.set(NOW)
    bare_site.cctv("footage init")
    nobody, people = films
    for minute in (0, 20, 40):
        bare_site.record("foyer-1", f"2026-10-31 21:{minute:02d}", minutes=SEGMENT / 60, segment=SEGMENT, clip=nobody)
    bare_site.record("foyer-1", "2026-10-31 22:00", minutes=SEGMENT / 60, segment=SEGMENT, clip=people)
    return bare_site


@pytest.fixture
def medium(tmp_path) -> Path:
    """The stick of the pages."""
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("role", ["staff", "dpo"])
def test_both_languages_of_a_walkthrough_type_the_same_and_show_as_much(role):
    english, dutch = ([(one.words, len(one.printed)) for one in steps(_page(role, lang))] for lang in ("en", "nl"))
    assert english == dutch
    assert len(english) >= 8


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("role", ["staff", "dpo"])
def test_a_page_says_of_every_refusal_that_it_is_one(role, language):
    marks = re.findall(r"^\*\*(?:Refused|Geweigerd), exit code (\d+)", _page(role, language), re.MULTILINE)
    assert [int(code) for code in marks] == [
        code for _, code, _ in _expected(role, steps(_page(role, language))) if code
    ]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_theft_goes_from_the_report_to_the_police_and_to_its_end(saturday, medium, capsys, language):
    walk(saturday, "staff", language, medium, capsys)

    assert {path.name for path in medium.iterdir()} == {"EXP-2026-001", "DIS-2026-001.html"}
    assert saturday.cctv("hold list --json").json["holds"] == []
    assert acts(saturday)[-2:] == ["incident.settled", "hold.released"]
    saturday.cctv("sweep --once")
    assert not list((saturday.root / "derived").rglob("*.html"))


@pytest.mark.parametrize("language", ["en", "nl"])
def test_an_access_request_goes_from_the_mail_to_the_register_and_shows_nobody_else(saturday, medium, capsys, language):
    walk(saturday, "dpo", language, medium, capsys)

    pictures = pictures_of(next((saturday.root / "exports/EXP-2026-001").glob("foyer-1_*.mp4")))
    assert len(pictures) == FRAMES
    assert (pixels_of(pictures, BLUE) == 0).all()
    assert (pixels_of(pictures, RED) > SEEN).mean() > 0.5
    assert {path.name for path in medium.iterdir()} == {"EXP-2026-001.zip", "EXP-2026-001.txt"}
    assert saturday.cctv("register show requests --json").json["rows"][0]["state"] == "closed"
