import re
import shutil
import subprocess

import click
import pytest
from docgen.errors import every_error
from pages import PAGES, ROOT, anchors, command_lines, links

from cctv.cli.app import root
from cctv.cli.invocation import Invocation
from cctv.core.errors import Exit

NAMED = re.compile(r"(?:^|`|\(|run |then |use |see )cctv ([a-z][a-z -]*)")  # in a next step, in code or at its start
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page):
    broken = []
    for target in links(page.read_text()):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and anchor not in anchors(place.read_text())):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_line_in_a_page_is_one_that_the_program_takes(page):
    wrong = [
        f"cctv {' '.join(words)}: {problem}" for words in command_lines(page.read_text()) if (problem := parse(words))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["hold", "place", "--ground", "INC-2026-014"], None),
        (["hold", "plaice"], "no command plaice"),
        (["hold", "place", "--gruond", "INC-2026-014"], "No such option"),
        (["hold", "show", "HOLD-2026-003", "more"], "unexpected more"),
        (["incident", "open", "fiets", "--kind", "picnic"], "picnic"),
        (["request", "list", "--all", "--json"], None),
    ],
)
def test_a_command_line_that_the_program_does_not_take_is_found(words, problem):
    found = parse(words)
    assert found is None if problem is None else problem in found


def test_every_command_in_a_next_step_is_one_that_there_is():
    wrong = [
        f"{error.name}: cctv {name}: {problem}"
        for error in every_error()
        for name in NAMED.findall(error.next_step)
        if (problem := parse(_command(name.split())))
    ]
    assert wrong == []


def test_every_option_in_a_next_step_is_one_that_there_is(commands):
    options = {option for command in (root, *commands.values()) for one in command.params for option in one.opts}
    named = {one: error.name for error in every_error() for one in re.findall(r"--[a-z-]+", error.next_step)}
    assert {one: name for one, name in named.items() if one not in options} == {}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_an_exit_code_in_a_page_is_one_that_there_is(page):
    told = {int(code) for code in re.findall(r"\bexit(?: code)?s? (\d+)", page.read_text(), re.IGNORECASE)}
    assert told <= {int(code) for code in Exit}


def test_the_first_screen_of_the_readme_has_a_first_command_for_each_of_the_three():
    first_screen = (ROOT / "README.md").read_text().splitlines()[:40]
    for person, noun in (
        ("operator", "cctv init"),
        ("staff", "cctv incident open"),
        ("DPO", "cctv request open"),
    ):
        assert any(f"**{person}**" in line and noun in line for line in first_screen)
    assert "./scripts/demo" in "\n".join(first_screen)
    assert "./scripts/test" in "\n".join(first_screen)


@pytest.mark.parametrize("folder", ["docs", "docs/decisions", "docs/policies"])
def test_every_page_is_in_the_index_of_its_folder(folder):
    index = set(links((ROOT / folder / "README.md").read_text()))
    pages = {page.name for page in (ROOT / folder).iterdir() if page.suffix in (".md", ".txt")} - {"README.md"}
    assert pages - index == set()


def test_every_folder_of_the_documentation_is_in_its_index():
    index = set(links((ROOT / "docs/README.md").read_text()))
    folders = {f"{page.parent.name}/README.md" for page in (ROOT / "docs").glob("*/README.md")}
    assert folders - index == set()


def test_the_example_storage_keeps_its_readme_and_nothing_else():
    assert (ROOT / "storage/README.md").is_file()
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"storage/*", "!storage/README.md"} <= set(ignored)
    assert [name for name in tracked() if name.startswith("storage/")] == ["storage/README.md"]


def test_no_tracked_file_names_a_place_of_one_machine_or_a_registry():
    homes = re.compile(r"/(?:home|root|Users)/[A-Za-z0-9._-]+")
    registries = re.compile(r"https?://[^\s\"')]*(?:pypi|pythonhosted|/simple\b)|index-url\s*=|extra-index-url [^$]")
    found = []
    for name in tracked():
        path = ROOT / name
        if not path.is_file() or path == ROOT / "tests/docs/test_pages.py":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if homes.search(line) or registries.search(line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    assert found == []


def parse(words: list[str]) -> str | None:
    """What is wrong with `cctv WORDS`: a command, an option or a choice that there is not.  Runs nothing."""
    ctx = click.Context(root, info_name="cctv", obj=Invocation(), **root.context_settings)
    words = list(words)
    while isinstance(ctx.command, click.Group):
        if not words or words[0].isupper() or words[0] in ("--help", "--version", "..."):
            return None
        if words[0] == "--debug":
            words = words[1:]
            continue
        if words[0] in ("--config", "--language", "--log-format", "--code"):
            words = words[2:]
            continue
        words = getattr(ctx.command, "with_default", list)(words)
        name = words.pop(0)
        alternatives = [ctx.command.get_command(ctx, one) for one in name.split("|")]
        if None in alternatives:
            return None if name == "{command}" else f"no command {name}"  # whatever was typed
        ctx = click.Context(alternatives[0], parent=ctx, info_name=name)
    return _parse_options(ctx, words)


def _parse_options(ctx: click.Context, words: list[str]) -> str | None:
    try:
        options, rest, _ = ctx.command.make_parser(ctx).parse_args([word for word in words if word != "..."])
    except click.UsageError as error:
        return error.format_message()
    if rest:
        return f"unexpected {' '.join(rest)}"
    for parameter in ctx.command.get_params(ctx):
        value = options.get(parameter.name)
        if isinstance(parameter.type, click.Choice) and isinstance(value, str) and not value.isupper():
            unknown = set(value.split("|")) - {str(choice) for choice in parameter.type.choices}
            if unknown:
                return f"{', '.join(unknown)} is not a choice of {parameter.opts[0]}"
    return None


def _command(words: list[str]) -> list[str]:
    """`export list shows packages` is `export list` and prose."""
    group = isinstance(
        root.get_command(click.Context(root, obj=Invocation(), **root.context_settings), words[0]), click.Group
    )
    return words[: 2 if group else 1]


def tracked() -> list[str]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: tracked files cannot be told from others")
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in found.stdout.split("\0") if name]
