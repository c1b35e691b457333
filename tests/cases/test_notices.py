"""What visitors are told: the size of the sign, and the page behind its QR code, by the live settings."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

URL = "https://example.org/cameras"


def pages(site, folder) -> dict[str, str]:
    made = site.cctv(f"register notice --address {URL} --to {folder} --json").json
    assert [page["missing"] for page in made["notices"]] == [[], []]
    return {page["zone"]: Path(page["file"]).read_text() for page in made["notices"]}


def test_each_zone_has_a_page_with_its_own_period_and_purpose(site, tmp_path):
    made = pages(site, tmp_path / "out")

    assert set(made) == {"facade", "interior"}
    assert "7\N{NO-BREAK SPACE}dagen" in made["facade"]
    assert "28\N{NO-BREAK SPACE}dagen" in made["interior"]
    for text in made.values():
        assert "01/11/2026" in text
        assert "Cultuurcentrum De Grote Post vzw" in text
        assert "privacy@example.org" in text
        assert "<dt>Waarom</dt><dd>diefstal en schade</dd>" in text
        assert "theft" not in text
        assert "http" not in re.sub(re.escape(URL) + r"|http://www.w3.org/2000/svg", "", text)  # nothing is loaded


def test_signs_and_pages_in_french_have_its_colon_and_its_name_of_the_union(site, tmp_path):
    (sign, *_) = site.cctv("register signs --language fr --json").json["signs"]
    site.cctv(f"register notice --language fr --address {URL} --to {tmp_path / 'out'}")

    assert all(" : " in line for line in sign["lines"][1:])
    assert "Hors de l’UE" in (tmp_path / "out" / "facade-fr.html").read_text()


def test_a_page_has_the_purpose_in_its_language_and_in_the_words_of_the_site(site, tmp_path):
    words = '[letters.words."theft and damage"]\nen = "theft, damage and safety"\n'
    site.config.write_text(f"{site.config.read_text()}\n{words}")
    for language, purpose in (("fr", "vol et dégradations"), ("en", "theft, damage and safety")):
        site.cctv(f"register notice --language {language} --address {URL} --to {tmp_path / language}")
        (sign, *_) = site.cctv(f"register signs --language {language} --json").json["signs"]
        assert f"<dd>{purpose}</dd>" in (tmp_path / language / f"facade-{language}.html").read_text()
        assert any(line.endswith(purpose) for line in sign["lines"])


def test_the_code_leads_to_the_address(site, tmp_path):
    text = pages(site, tmp_path / "out")["facade"]
    size = int(re.search(r'viewBox="0 0 (\d+)', text)[1])
    picture = np.full((size, size), 255, np.uint8)
    for column, row in re.findall(r"M(\d+) (\d+)h1v1h-1z", text):
        picture[int(row), int(column)] = 0

    read, *_ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=8, fy=8, interpolation=0))
    assert read == URL


def test_a_page_is_never_overwritten_and_an_address_must_be_one(site, tmp_path):
    pages(site, tmp_path / "out")
    assert "exists" in site.cctv(f"register notice --address {URL} --to {tmp_path / 'out'}", exit=2).err
    assert "no address of a page" in site.cctv(f"register notice --address ftp://x --to {tmp_path / 'b'}", exit=2).err
    assert not (tmp_path / "b").exists()


def test_the_sign_says_its_size_where_a_decree_sets_one(site):
    sizes = {sign["zone"]: sign["size"] for sign in site.cctv("register signs --language en --json").json["signs"]}
    assert sizes["facade"].startswith("0.60 x 0.40 m")
    assert sizes["interior"].startswith("0.297 x 0.21 m or 0.15 x 0.10 m")

    site.config.write_text(site.config.read_text().replace('"BE"', '"NL"'))
    assert [sign["size"] for sign in site.cctv("register signs --json").json["signs"]] == [None, None]


def test_a_zone_may_have_an_address_of_its_own(site, tmp_path):
    site.cctv(f"register notice --address 'https://example.org/{{zone}}.html' --to {tmp_path / 'out'}")
    assert "https://example.org/facade.html" in (tmp_path / "out" / "facade-nl.html").read_text()
