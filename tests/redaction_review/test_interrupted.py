"""Long work that is broken off leaves nothing by halves, and goes on from what was finished."""

from __future__ import annotations

import pytest
from casestages import acts

from cctv.packages.build import build
from cctv.redaction.review.prepare import prepare

pytestmark = pytest.mark.slow

ASK = (
    "request open --name 'An Peeters' --contact an@example.be --cameras foyer-1 "
    "--from '2026-11-01 10:00' --to +20m --no-prepare"
)
TWO = "REQ-2026-002"  # two stretches, twelve minutes apart


class Watch:
    """Notes when a stage begins; breaks the work off when it begins for the `last`th time."""

    def __init__(self, stage: str, last: int = 99) -> None:
        self.stage, self.last, self.begun = stage, last, 0
        self._done = 0

    def __call__(self, stage: str, done: int, of: int) -> None:
        if stage != self.stage:
            self._done = 0
            return
        self.begun += done <= self._done or self._done == 0
        self._done = done
        if self.begun == self.last:
            raise KeyboardInterrupt


@pytest.fixture
def broken_off(opened):
    """A request of two parts whose preparation was broken off in the second."""
    opened.cctv(ASK)
    with pytest.raises(KeyboardInterrupt):
        prepare(opened.open("root"), TWO, Watch("backdrop", last=2))
    return opened


def test_a_preparation_goes_on_from_the_parts_that_were_finished(broken_off):
    watch = Watch("backdrop")

    made = prepare(broken_off.open("root"), TWO, watch)

    assert len(made.parts) == 2
    assert watch.begun == 1
    assert acts(broken_off).count("redaction.prepared") == 1


@pytest.mark.parametrize("harm", ["a file changed", "asked for anew"])
def test_what_was_finished_does_not_count_when_it_cannot_be_relied_on(broken_off, harm):
    tracks = next((broken_off.root / "derived" / TWO).glob("*/tracks.json"))
    if harm == "a file changed":
        tracks.write_text(tracks.read_text() + " ")
    watch = Watch("backdrop")

    prepare(broken_off.open("root"), TWO, watch, again=harm == "asked for anew")

    assert watch.begun == 2
    assert len(list((broken_off.root / "derived" / TWO).glob("*/tracks.json"))) == 2


def test_a_search_for_people_goes_on_where_it_was_broken_off(opened):
    opened.cctv(ASK)
    seen: list[int] = []

    def note(stage: str, done: int, _of: int) -> None:
        if stage == "people":
            seen.append(done)
            if len(seen) == 20:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(opened.open("root"), TWO, note)
    case = opened.root / "derived" / TWO
    assert [path.name.endswith(".search") for path in case.iterdir() if path.is_dir()] == [True]

    prepare(opened.open("root"), TWO, note)

    assert seen[20:].count(1) == 1  # of the other part: the worker may have been at the end of this one already
    assert not list(case.glob("*.search"))


def test_a_build_goes_on_from_the_videos_that_were_finished(opened):
    opened.cctv(ASK)
    opened.cctv(f"redaction prepare {TWO}")
    opened.cctv(f"redaction approve {TWO} --all --reason 'nobody is there' --hidden-reason 'nobody is there'")
    exports = opened.root / "exports"
    with pytest.raises(KeyboardInterrupt):
        build(opened.open("root"), TWO, Watch("render", last=2))
    assert [path.name for path in exports.iterdir()] == [".lock"]
    watch = Watch("render")

    built = build(opened.open("root"), TWO, watch)

    assert watch.begun == 1
    assert opened.cctv(f"export verify {built.package.id}").exit == 0
    assert len(built.manifest.outputs) == 2
    assert not list((opened.root / "derived").rglob("rendered.*"))
