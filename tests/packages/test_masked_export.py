"""A camera's static masks, from cameras.toml to the package: no picture of a request shows what they hide."""

from __future__ import annotations

import base64
import json
import re

import cv2
import numpy as np
import pytest
from casescene import HEIGHT, RED, SEEN, WIDTH, pictures_of, pixels_of
from casestages import OPEN, REQUEST, TOTAL, acts, record_people

from cctv.redaction.render.privacy_masks import MaskedArea, masked_area
from cctv.redaction.video.geometry import Size

pytestmark = pytest.mark.slow

ACROSS = ((30.0, 0.0), (60.0, 0.0), (60.0, 100.0), (30.0, 100.0))  # the subject walks behind it, and out again
CORNER = ((0.0, 80.0), (20.0, 80.0), (20.0, 100.0), (0.0, 100.0))
SECTION = "[cameras.foyer-1]\n"
VIDEO = "foyer-1_2026-11-01_11-00-00_CET.mp4"
CAPTION = 24  # rows at the top or bottom of the picture that the line may take


def mask(site, *polygons) -> None:
    """Make these foyer-1's masks from now on."""
    bare = re.sub(r"masks = .*\n", "", site.config.read_text())
    site.config.write_text(bare.replace(SECTION, f"{SECTION}masks = {json.dumps(polygons)}\n" if polygons else SECTION))


def area(*polygons) -> MaskedArea:
    found = masked_area(polygons, Size(WIDTH, HEIGHT))
    assert found is not None
    return found


def answer(site, keep_file) -> dict:
    """Prepare, keep the subject, approve, build; the manifest."""
    site.cctv(f"redaction prepare {REQUEST}")
    return package(site, keep_file)


def package(site, keep_file) -> dict:
    site.cctv(f"redaction keep {REQUEST} --boxes {keep_file} --reason 'the red coat'")
    site.cctv(f"redaction approve {REQUEST} --all --reason 'only the requester stays' --hidden-reason 'the mask'")
    site.cctv(f"export build {REQUEST}")
    return json.loads((site.root / "exports" / "EXP-2026-001" / "manifest.json").read_text())


def black_rows(shown: np.ndarray) -> np.ndarray:
    return shown[:, CAPTION : HEIGHT - CAPTION]


def backdrops(site) -> list[np.ndarray]:
    return [cv2.imread(str(path)) for path in (site.root / "derived" / REQUEST).rglob("backdrop-*.png")]


def test_a_mask_over_the_subject_is_black_in_every_picture_and_the_manifest_tells(opened, keep_file):
    mask(opened, ACROSS, CORNER)

    output = answer(opened, keep_file)["outputs"][0]

    hidden = area(ACROSS, CORNER).full
    pictures = pictures_of(opened.root / "exports" / "EXP-2026-001" / VIDEO)
    assert black_rows(pictures)[:, hidden[CAPTION : HEIGHT - CAPTION]].max() < 40
    assert (pixels_of(pictures, RED) > SEEN).sum() > 10  # before and behind it the subject is seen
    assert {stretch["cause"] for stretch in output["subject"]["hidden"]} >= {"masked"}
    assert output["masks"] == [list(map(list, polygon)) for polygon in sorted((ACROSS, CORNER))]
    assert output["verified"]["masked_pixels"] == np.count_nonzero(hidden)
    assert output["verified"]["masked_pixels_live"] == 0
    assert output["verified"]["frames"] == TOTAL
    assert [picture[hidden].max() for picture in backdrops(opened)] == [0]
    assert "Zwarte vlakken" in (opened.root / "exports" / "EXP-2026-001" / "README.txt").read_text()


def test_the_sheet_shows_nothing_that_a_mask_hides(opened):
    everything = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
    right = ((50.0, 0.0), (100.0, 0.0), (100.0, 100.0), (50.0, 100.0))

    mask(opened, right)
    opened.cctv(f"redaction prepare {REQUEST}")
    empty, *crops = sheet_pictures(opened)
    assert empty[:, WIDTH // 2 + 8 :].max() < 24  # JPEG blurs the edge
    assert crops

    mask(opened, everything)
    opened.cctv(f"redaction prepare {REQUEST}")
    assert all(picture.max() < 24 for picture in sheet_pictures(opened)[1:])


def sheet_pictures(site) -> list[np.ndarray]:
    page = (site.root / "derived" / REQUEST / "sheet.html").read_text()
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page)
    return [cv2.imdecode(np.frombuffer(base64.b64decode(one), np.uint8), cv2.IMREAD_COLOR) for one in found]


@pytest.mark.parametrize(
    "command",
    [
        f"redaction approve {REQUEST} --all --reason x",
        f"redaction keep {REQUEST} 1 --reason x",
        f"redaction hide {REQUEST} 1 --reason x",
        f"export build {REQUEST}",
        f"export build {REQUEST} --dry-run",
    ],
)
def test_a_mask_that_came_after_the_review_stops_everything_until_it_is_prepared_again(approved, command):
    mask(approved, ACROSS)

    said = approved.cctv(command, exit=13)

    assert "foyer-1 part 1" in said.err
    assert f"cctv redaction prepare {REQUEST}" in said.err
    assert not list((approved.root / "exports").glob("EXP-*"))


def test_preparing_again_covers_a_new_mask_and_voids_what_was_decided(approved):
    mask(approved, ACROSS)

    part = approved.cctv(f"redaction prepare {REQUEST} --json").json["parts"][0]

    assert not part["kept_from_before"]
    assert "not approved" in approved.cctv(f"export build {REQUEST}", exit=13).err
    assert [picture[area(ACROSS).full].max() for picture in backdrops(approved)] == [0]
    assert acts(approved)[-1] == "export.refused"


def test_a_sheet_that_went_missing_is_not_written_with_an_open_mask(prepared):
    mask(prepared, ACROSS)
    sheet = prepared.root / "derived" / REQUEST / "sheet.html"
    sheet.unlink()

    prepared.cctv(f"redaction show {REQUEST}", exit=13)

    assert not sheet.exists()


def test_footage_keeps_the_mask_that_it_was_recorded_under(bare_site, footage_files, keep_file):
    bare_site.cctv("footage init")
    mask(bare_site, ACROSS)
    record_people(bare_site, footage_files)
    mask(bare_site, CORNER)
    bare_site.cctv(OPEN)

    output = answer(bare_site, keep_file)["outputs"][0]

    assert output["masks"] == [list(map(list, polygon)) for polygon in sorted((ACROSS, CORNER))]


def test_a_camera_that_left_cameras_toml_keeps_its_masks(bare_site, footage_files, keep_file):
    bare_site.cctv("footage init")
    mask(bare_site, ACROSS)
    record_people(bare_site, footage_files)
    bare_site.cctv(OPEN)
    text = bare_site.config.read_text()
    start = text.index(SECTION)
    bare_site.config.write_text(text[:start] + text[text.index("[cameras.gang-2]") :])

    assert answer(bare_site, keep_file)["outputs"][0]["masks"] == [list(map(list, ACROSS))]


def test_a_mask_taken_away_after_preparing_still_hides(opened, keep_file):
    mask(opened, CORNER)
    opened.cctv(f"redaction prepare {REQUEST}")
    mask(opened)

    assert package(opened, keep_file)["outputs"][0]["masks"] == [list(map(list, CORNER))]
