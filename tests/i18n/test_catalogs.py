"""Every message is in both catalogs, with its fields and what a person types; none is stale.  How they are compiled."""

import os

import pytest
from docgen.errors import every_error
from i18n.catalogs import LANGUAGES, problems, read
from i18n.messages import PACKAGES, Message, calls_in, every_message, plain_fields, sources, unsaid

from cctv.core.i18n import Language, catalog
from cctv.redaction.review.sheet.labels import line_words
from hatch_build import compile_catalogs


@pytest.fixture(scope="module")
def messages():
    return every_message()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_says_all_there_is_to_say(language, messages):
    assert list(problems(read(language), messages)) == []


def test_pages_and_tables_are_among_the_messages(messages):
    keys = {one.key for one in messages}

    assert {("sheet", "Camera"), (None, "What was deleted"), ("column", "police number"), ("letter", "theft")} <= keys


@pytest.mark.parametrize("language", Language)
def test_the_line_in_the_picture_has_no_accents(language):
    assert line_words(language).isascii()


def test_what_is_wrong_with_a_catalog_is_told(tmp_path):
    catalog = read("nl", folder=tmp_path)  # there is none
    catalog.add("{id} is gone; see `cctv hold list --all`", "{nr} is weg; zie `cctv hold list`")
    catalog.add("nobody says this", "niemand zegt dit")
    said = [Message("{id} is gone; see `cctv hold list --all`", "here"), Message("hello", "here")]

    told = list(problems(catalog, said))

    assert [one.partition(":")[0] for one in told] == ["nobody says this any more", "other fields", "not translated"]


def test_no_error_of_casework_has_a_field_in_plain_english():
    errors = {one.name for one in every_error() if one.module.split(".")[1] in PACKAGES}
    rooms = [
        file for room in ("cases", "redaction", "viewing", "packages", "holds", "services") for file in sources(room)
    ]

    assert [found for file in rooms for found in plain_fields(file.read_text(), str(file), errors)] == []


def test_a_sentence_must_stand_in_the_call():
    assert [one.english for one in calls_in('_("a" " b", x=1); ngettext(n, "one", "more")', "here")] == ["a b", "one"]
    with pytest.raises(ValueError, match="here:1"):
        list(calls_in("_(text)", "here"))


OPERATORS = (
    *("audit", "backup", "cameras", "camera_check", "config", "notify", "record", "restore", "retention"),
    *(
        "retention_explain",
        "retention_certificate",
        "status",
        "sweep",
        "footage",
        "footage_repair",
        "init",
        "init_cameras",
        "init_end",
        "init_options",
    ),
)  # files of the command line for whoever installs it


def test_the_casework_commands_print_nothing_in_plain_english():
    files = [file for file in sources("cli") if file.stem not in OPERATORS]

    assert [found for file in files for found in unsaid(file.read_text(), file.name)] == []
    assert list(unsaid('console.print(f"{one} released")', "here")) == ["here:1: f'{one} released'"]
    assert list(unsaid('print_next(f"cctv hold show {one}"); echo(said("x"))', "here")) == []


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one catalog, that was not compiled yet."""
    source = tmp_path / "cctv/locale/nl/LC_MESSAGES/cctv.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid "site"\nmsgstr "plaats"\n')
    monkeypatch.setattr("cctv.core.i18n.LOCALE", tmp_path / "cctv/locale")
    catalog.cache_clear()
    yield source
    catalog.cache_clear()


def test_a_catalog_that_was_not_compiled_leaves_english_and_a_warning_how_to_build_it(checkout, caplog):
    assert catalog(Language.NL).gettext("site") == "site"
    assert "./scripts/words" in caplog.text


def test_a_compiled_catalog_translates_until_its_source_is_newer(checkout, caplog):
    compile_catalogs(checkout.parents[4])
    assert catalog(Language.NL).gettext("site") == "plaats"
    assert caplog.text == ""

    catalog.cache_clear()
    checkout.write_text(checkout.read_text().replace("plaats", "locatie"))
    later = checkout.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(checkout, ns=(later, later))
    assert catalog(Language.NL).gettext("site") == "plaats"
    assert "is older than cctv.po" in caplog.text

    catalog.cache_clear()
    compile_catalogs(checkout.parents[4], only_stale=True)
    assert catalog(Language.NL).gettext("site") == "locatie"
