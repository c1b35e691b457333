import re
import sys

import pytest
from docgen.commands import commands_page
from docgen.errors import errors_page, every_error
from docgen.main import main
from docgen.roles import roles_page
from docgen.settings import settings_page
from pages import ROOT


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("commands.md", commands_page),
        ("exit-codes.md", errors_page),
        ("cameras-toml.md", settings_page),
        ("roles.md", roles_page),
    ],
)
def test_a_generated_page_says_what_the_program_says(name, page):
    assert (ROOT / "docs" / name).read_text() == page(), f"docs/{name} is stale; run ./scripts/docs"


def test_a_stale_page_is_told_and_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("docgen.main.DOCS", tmp_path)
    monkeypatch.setattr("docgen.main.stale_pages", lambda: [tmp_path / "commands.md"])
    monkeypatch.setattr(sys, "argv", ["docs", "--check"])

    assert main() == 1

    assert "docs/commands.md is stale" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_every_command_line_of_the_help_is_in_the_page_of_commands(commands):
    page = (ROOT / "docs/commands.md").read_text()
    missing = [path for path in commands if not re.search(rf"^##+ {path}$", page, re.MULTILINE)]
    assert missing == []


def test_every_error_says_what_is_wrong_and_names_its_class_once_in_its_module():
    errors = list(every_error())
    assert [error.name for error in errors if not error.message] == []
    assert len({(error.module, error.name) for error in errors}) == len(errors)


def test_a_page_without_the_table_of_a_section_is_refused(tmp_path, monkeypatch):
    page = tmp_path / "cameras-toml.md"
    page.write_text((ROOT / "docs" / page.name).read_text().replace("## [backup]", "## [back-up]"))
    monkeypatch.setattr("docgen.settings.PAGE", page)

    with pytest.raises(ValueError, match=r"\[backup\]"):
        settings_page()


def test_what_is_recorded_for_a_second_person_is_no_row_of_its_own_among_the_errors():
    assert "| `Recorded` |" not in errors_page()
