import re
import tomllib
from importlib import import_module

import pytest
from pages import ROOT

ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", (ROOT / "docs/language.md").read_text(), re.MULTILINE)[1:]
TERMS = {
    term.strip(): (meaning.strip(), code.strip(" `")) for term, meaning, code in ROWS if not term.startswith("---")
}
PROMISED = (
    *("camera", "zone", "segment", "span", "gap", "coverage", "cap", "sweep", "plan", "decision", "guard", "tombstone"),
    *("quarantine", "incident", "hold", "subject", "track", "backdrop", "package", "manifest", "actor"),
)


def test_the_words_of_the_design_are_explained():
    assert [word for word in PROMISED if word not in TERMS] == []
    assert all(meaning for meaning, _ in TERMS.values())


@pytest.mark.parametrize("name", sorted({code for _, code in TERMS.values() if code}))
def test_a_term_stands_where_the_table_says(name):
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[split:]:
            found = getattr(found, attribute)
        return
    pytest.fail(f"{name} is not there")


def test_the_rooms_of_the_house_are_those_of_the_program_in_the_order_of_the_contract():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    page = (ROOT / "docs/house.md").read_text()
    assert "```text\n" + "\n".join(contract) + "\n```" in page
    rooms = {path.name for path in (ROOT / "cctv").iterdir() if (path / "__init__.py").exists()}
    assert set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)) == rooms


def test_words_that_are_no_terms_name_nothing_in_the_code():
    banned = re.compile(r"\b(?:class|def)\s+\w*(?:evidence|Evidence)\w*")
    found = [str(path) for path in (ROOT / "cctv").rglob("*.py") if banned.search(path.read_text())]
    assert found == []
