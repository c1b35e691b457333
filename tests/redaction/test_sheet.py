"""The sheet: one file that says everything and fetches nothing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from crops import thumbnails
from scenes import Person, Scene, walk, write

from cctv.redaction.background.survey import survey
from cctv.redaction.review.sheet.page import (
    Sheet,
    SheetBackdrop,
    SheetCamera,
    SheetDecision,
    SheetGap,
    SheetPart,
    SheetPerson,
    SheetStretch,
    render_sheet,
)
from cctv.redaction.review.sheet.thumbnails import backdrop_picture
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.tracking.people import NOBODY
from cctv.redaction.tracking.pipeline import analyse
from cctv.redaction.video.reader import clip_of
from cctv.redaction.video.spill import MaskSpool

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 21, 22, 0)  # noqa: DTZ001 - the sheet shows local time as it is given
WHOLE = SheetStretch(START, START + timedelta(seconds=6))


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("sheet") / "a.mp4", Scene([Person(walk(20, 5))], frames=40))
    clip = clip_of([path])
    found = survey(clip, NOTHING_KEPT, lambda *_: None)
    with MaskSpool((120, 160)) as differs:
        tracks = analyse(clip, found, NOTHING_KEPT, differs, lambda *_: None, NOBODY).regions
    crops = thumbnails(clip, tracks)
    shown = tuple(
        SheetPerson(
            track.id,
            (WHOLE,),
            tuple((START, crop.picture) for crop in crops[track.id]),
            "keep 1",
            "hide 1",
            SheetDecision.KEPT,
        )
        for track in tracks
    )
    backdrop = SheetBackdrop(1, (WHOLE,), backdrop_picture(found.backdrops[0]), 0.012, "sign it off")
    gap = SheetGap(WHOLE, "<camera> down")
    return SheetCamera("gevel-1", WHOLE, (WHOLE,), (gap,), (SheetPart(1, WHOLE, 40, (backdrop,), shown),))


def test_one_walker_is_one_person_with_three_pictures(camera):
    (person,) = camera.parts[0].people

    assert len(person.pictures) == 3
    assert all(picture.shape[0] == 180 for _, picture in person.pictures)


@pytest.mark.parametrize(
    ("language", "title"),
    [("nl", "Anonimiseringsblad"), ("fr", "Fiche d&#39;anonymisation"), ("en", "Redaction sheet")],
)
def test_the_sheet_says_what_to_do_and_fetches_nothing(camera, language, title):
    command = "cctv redaction keep REQ-2026-007 --person 1"

    page = render_sheet(Sheet("REQ-2026-007", START, (camera,), ((command, "keep"),), language))

    assert command in page.replace("<span>", "").replace("</span>", "")
    assert title in page
    assert "&lt;camera&gt; down" in page
    assert not re.search(r'src="(?!data:)|href="(?!#)', page)
    assert "<script" not in page
