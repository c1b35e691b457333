"""Every path that a page names in the code, and every page that the code names, exists."""

import re
import tomllib
from pathlib import Path

import pytest
from pages import PAGES, ROOT

PACKAGE = ROOT / "cctv"
SOURCES = sorted(
    path
    for folder in ("cctv", "scripts", "tests", "systemd")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".toml", ".service", ".timer", ".j2", ".html") or (path.is_file() and not path.suffix)
)
ARCHITECTURE = ROOT / "docs/architecture.md"
GLOSSARY = ROOT / "docs/glossary.md"
DECISIONS = sorted((ROOT / "docs/decisions").glob("0*.md"))
CODE = re.compile(r"`((?:cctv/)?(?:[a-z_]+/)*[a-z0-9_]+\.py|(?:cctv/)?(?:[a-z_]+/)+)`")
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", GLOSSARY.read_text(), re.MULTILINE)
TERMS = {
    term.strip(): (meaning.strip(), code.strip(" `"))
    for term, meaning, code in ROWS
    if term != "term" and not term.startswith("---")
}
REQUIRED = (
    *("camera", "zone", "segment", "span", "gap", "coverage", "cap", "sweep", "plan", "decision", "guard", "tombstone"),
    *("quarantine", "incident", "hold", "subject", "track", "backdrop", "package", "manifest", "actor"),
)


def test_every_page_that_the_code_names_exists():
    named = re.compile(r"\bdocs/[\w./-]*\.(?:md|txt)\b")
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        if path != Path(__file__)
        for name in named.findall(path.read_text(errors="replace"))
        if not (ROOT / name).is_file()
    ]
    assert missing == []


def test_the_code_names_a_policy_by_its_path_only():
    bare = re.compile(r"\bpolic(?:y|ies) 00\d\b|\((?:00\d(?:, | and )?)+[):]|\bS1\b")
    found = [str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*.py") if bare.search(path.read_text())]
    assert found == []


@pytest.mark.parametrize("page", [ARCHITECTURE, ROOT / "CONTRIBUTING.md", *DECISIONS], ids=lambda page: page.name)
def test_every_module_and_package_that_a_page_names_exists(page):
    missing = [name for name in CODE.findall(page.read_text()) if not _exists(name)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_below_the_package_in_a_page_exists(page):
    named = re.findall(r"`(cctv/[a-z_]+(?:/[a-z0-9_.]+)*/?)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_layers_are_those_of_the_import_contract_and_every_package_has_a_row():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    text = ARCHITECTURE.read_text()
    assert "```text\n" + "\n".join(contract) + "\n```" in text
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} | {"locale"}
    assert set(re.findall(r"^\| `([a-z]+)/` \|", text, re.MULTILINE)) == packages


def test_the_terms_of_the_design_are_explained():
    assert [word for word in REQUIRED if word not in TERMS] == []
    assert all(meaning for meaning, _ in TERMS.values())


@pytest.mark.parametrize("place", sorted({code for _, code in TERMS.values() if code}))
def test_a_term_is_defined_where_the_glossary_says(place):
    path, _, name = place.partition(": ")
    text = (PACKAGE / path).read_text()
    assert not name or re.search(rf"^(?:class|def) {name}\b|^{name}\b.*=", text, re.MULTILINE)


def test_words_that_are_no_terms_name_nothing_in_the_code():
    banned = re.compile(r"\b(?:class|def)\s+\w*(?:evidence|Evidence)\w*")
    found = [str(path) for path in PACKAGE.rglob("*.py") if banned.search(path.read_text())]
    assert found == []


def _exists(name: str) -> bool:
    """Whether a path below cctv/ ends in `name`: a page shortens `retention/guards/clock.py` to `guards/clock.py`.

    Folders of the storage (`segments/`) and of the repository (`scripts/`) are named with a slash, too.
    """
    short = name.removeprefix("cctv/").rstrip("/")
    in_storage = {"incoming", "segments", "quarantine", "holds", "exports", "derived", "keys", "audit", "storage"}
    return short in in_storage or (ROOT / short).exists() or any(PACKAGE.glob(f"**/{short}"))
