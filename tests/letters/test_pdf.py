"""The PDF: the words of the text, on sheets that nothing leaves, the same bytes each time, with nothing fetched."""

import re
import subprocess

import cv2
import pytest

from cctv.core.i18n import Language
from cctv.letters.errors import NothingFetched
from cctv.letters.facts import LetterTemplate
from cctv.letters.render import as_pdf, render
from cctv.letters.specimen_texts import TODAY
from cctv.letters.specimens import specimens_of

pytestmark = pytest.mark.slow

# One letter of each language, the longest among them, and a form.
MADE = [
    (LetterTemplate.ACCESS_ANSWER, Language.FR),
    (LetterTemplate.ERASURE_PARTLY, Language.NL),
    (LetterTemplate.WORKSTATION_CHECK, Language.EN),
]

PAGES = {LetterTemplate.ACCESS_ANSWER: 3, LetterTemplate.ERASURE_PARTLY: 2, LetterTemplate.WORKSTATION_CHECK: 1}


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("letters")
    made = {}
    for kind, language in MADE:
        one = render(specimens_of(kind, language)[0])
        file = folder / f"{kind.value}.{language.value}.pdf"
        file.write_bytes(one.pdf)
        made[kind] = (one, file)
    return made


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", [kind for kind, _ in MADE], ids=lambda one: one.value)
def test_every_word_of_the_text_is_in_the_pdf(sheets, kind):
    made, file = sheets[kind]
    shown = run("pdftotext", "-raw", str(file), "-")
    gathered = re.sub(r"\W", "", shown)

    missing = [word for word in re.findall(r"\w+", made.text.replace("_", " ")) if word not in gathered]

    assert missing == []


@pytest.mark.parametrize("kind", [kind for kind, _ in MADE], ids=lambda one: one.value)
def test_it_is_archivable_tagged_titled_and_in_its_language_with_its_typefaces_in_it(sheets, kind):
    made, file = sheets[kind]
    info = dict(line.split(":", 1) for line in run("pdfinfo", str(file)).splitlines() if ":" in line)
    fonts = [line.split() for line in run("pdffonts", str(file)).splitlines()[2:]]
    metadata = run("pdfinfo", "-meta", str(file))

    assert info["Tagged"].strip() == "yes"
    assert "A4" in info["Page size"]
    assert info["Title"].strip() in made.html.replace("\u00a0", " ").replace("&#39;", "'")
    assert info["CreationDate"].strip().startswith("Wed Nov 25")
    assert int(info["Pages"]) == PAGES[kind]
    assert all("DejaVu" in font[0] and font[-5] == "yes" for font in fonts)
    assert 'pdfaid:part="2"' in metadata or "<pdfaid:part>2</pdfaid:part>" in metadata


@pytest.mark.parametrize("kind", [kind for kind, _ in MADE], ids=lambda one: one.value)
def test_nothing_touches_the_edge_of_a_sheet_and_the_address_lies_in_the_window(sheets, kind, tmp_path):
    _, file = sheets[kind]
    run("pdftoppm", "-r", "50", "-gray", str(file), str(tmp_path / "sheet"))
    pictures = [cv2.imread(str(one), cv2.IMREAD_GRAYSCALE) for one in sorted(tmp_path.glob("sheet*.pgm"))]
    millimetre = 50 / 25.4
    margin = round(8 * millimetre)  # what printers leave blank is 4 to 6 mm

    for picture in pictures:
        inner = picture[margin:-margin, margin:-margin].copy()
        picture[margin:-margin, margin:-margin] = 255
        assert picture.min() == 255, "ink in the margin"
        assert inner.min() < 100
    first = cv2.copyMakeBorder(inner if len(pictures) == 1 else _inner(tmp_path, margin), *[margin] * 4, 0, value=255)
    window = first[round(48 * millimetre) : round(70 * millimetre), round(108 * millimetre) : round(195 * millimetre)]
    beside = first[round(50 * millimetre) : round(76 * millimetre), : round(108 * millimetre)]
    assert window.min() < 100
    assert beside.min() > 200


def _inner(folder, margin):
    first = cv2.imread(str(sorted(folder.glob("sheet*.pgm"))[0]), cv2.IMREAD_GRAYSCALE)
    return first[margin:-margin, margin:-margin]


def test_the_same_letter_is_the_same_bytes(sheets):
    kind, language = MADE[2]
    assert render(specimens_of(kind, language)[0]).pdf == sheets[kind][0].pdf


def test_a_page_that_wants_something_from_elsewhere_is_not_set():
    page = '<html lang="nl"><head><title>x</title></head><body><img src="https://example.org/x.png"></body></html>'
    with pytest.raises(NothingFetched, match=r"example\.org"):
        as_pdf(page, TODAY)
