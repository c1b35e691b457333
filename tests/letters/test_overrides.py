"""A site's own templates: tried at `config check`, with file and line of what is wrong."""

import pytest

pytestmark = pytest.mark.slow

OWN = '{% extends "cctv/nl/receipt.html" %}\n{% block closing %}\n<p>Tot ziens, CLOSING</p>\n{% endblock %}\n'


@pytest.fixture
def own(site):
    """Writes one of the site's own templates."""
    site.config.write_text(site.config.read_text() + '\n[letters]\ntemplates = "brieven"\n')

    def write(name, text):
        file = site.folder / "brieven" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return write


def test_an_own_template_wins_and_can_build_on_ours(site, own, tmp_path):
    own("nl/receipt.html", OWN.replace("CLOSING", "{{ sender.signatory }}, {{ facts.due | weekday }}"))

    site.cctv("config check")
    listed = site.cctv("letter list --json").json
    site.cctv(f"letter preview receipt --to {tmp_path}/l.txt")

    text = (tmp_path / "l.txt").read_text()
    assert "Tot ziens, Lieve Maes, donderdag 24" in text
    assert "Ontvangst van uw bezwaar" in text
    assert listed["own_templates"] == ["nl/receipt.html"]
    assert next(one for one in listed["letters"] if one["kind"] == "receipt")["own"] == ["nl"]


@pytest.mark.parametrize(
    ("closing", "said"),
    [
        ("{{ facts.deu | day }}", ("nl/receipt.html, line 3", "deu")),
        ("{{ facts.due | dag }}", ("nl/receipt.html, line 3", "dag")),
        ("{{ facts.due + 1 }}", ("nl/receipt.html, line 3", "int")),
        ("{% if %}", ("nl/receipt.html, line 3", "expression")),
        ("{{ ''.__class__.__mro__ }}", ("nl/receipt.html, line 3", "unsafe")),
        ('<img src="https://example.org/logo.png">', ("nl/receipt.html", "img")),
        ("<strong>", ("nl/receipt.html", "closes what is not open")),
        ("{% include 'nl/nowhere.html' %}", ("nl/nowhere.html",)),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_its_place(site, own, closing, said):
    own("nl/receipt.html", OWN.replace("CLOSING", closing))
    told = site.cctv("config check", exit=10)
    assert all(word in told.err for word in said), told.err
    assert "next:" in told.err


def test_a_template_that_no_letter_is_made_of_is_refused_with_the_nearest_name(site, own):
    own("nl/reciept.html", OWN)
    assert 'did you mean "nl/receipt.html"' in site.cctv("config check", exit=10).err


def test_a_folder_that_is_not_there_is_refused(site):
    site.config.write_text(site.config.read_text() + '\n[letters]\ntemplates = "brieven"\n')
    assert "not a folder" in site.cctv("config check", exit=10).err


def test_a_specimen_can_be_looked_at_before_the_sender_is_complete(site, tmp_path):
    site.config.write_text(site.config.read_text().replace('dpo = "privacy@example.org"', ""))
    told = site.cctv(f"letter preview refusal --language en --to {tmp_path}/l.html")
    assert "invented sender" in told.err
    assert "SPECIMEN" in (tmp_path / "l.html").read_text()


def test_a_style_that_wants_something_from_elsewhere_is_refused(site, own):
    own("style.css", "body { background: url(https://example.org/paper.png) }")
    assert "example.org" in site.cctv("config check", exit=10).err


@pytest.mark.parametrize("line", ["letter preview refuse --to l.pdf", "letter preview refusal --to l.doc",
                                  "letter preview refusal --to nowhere/l.pdf"])  # fmt: skip
def test_what_cannot_be_previewed_is_refused_before_anything_is_written(site, line):
    site.cctv(line, exit=2)
