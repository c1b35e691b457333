"""What a person or a script sees of the command line stays as it is: every help text, and the answers of a story.

The snapshots of tests/cli/snapshots are compared byte by byte.  Rewrite them on purpose, and read the difference:

    pytest tests/cli/test_snapshots.py --update-snapshots
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
from kept_texts import Snapshot
from stories import STORIES
from telling import Teller, pad

from cctv.cli.app import root

COLUMNS = 80
# Every answer as JSON, and as text in the languages that the commands of the story speak; what is dear in one of them.
FORMS = {
    "operator": ("json", "en"),
    "lost_index": ("json", "en"),
    "incidents": ("json", "nl"),
    "requests": ("json", "nl"),
    "redaction": ("json", "fr"),
    "accountability": ("json", "fr"),
    "elsewhere": ("json", "fr"),
    "refusals": ("json", "en", "nl", "fr"),
}


@pytest.fixture(autouse=True)
def fixed_width(monkeypatch):
    """Help and tables are as wide as on a terminal of `COLUMNS`, whatever pytest runs in."""
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((COLUMNS, 24)))


def names_of(group: click.Group, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every group and command below a group, as the words that a person types after `cctv`."""
    context = click.Context(group, info_name="cctv")
    names: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        words = (*prefix, name)
        names.append(words)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            names += names_of(command, words)
    return names


@pytest.mark.parametrize("language", ["en", "fr", "nl"])
def test_every_help_text_is_as_it_was(bare_site, snapshot: Snapshot, language):
    pages = []
    for words in [(), *names_of(root)]:
        shown = bare_site.cctv(" ".join(("--language", language, *words, "--help")))
        assert shown.err == ""
        pages.append(f"$ cctv {' '.join((*words, '--help'))}\n{shown.out}")
    snapshot(f"help/{language}.txt", "\n".join(pages))


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder whose name is always as long, because tables are as wide as the paths in them."""
    with TemporaryDirectory(dir="/tmp", prefix="cctv-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def clip(clip: Path, tmp_path_factory) -> Path:
    """The footage of the stories, as long whatever encoded it."""
    return pad(Path(shutil.copy(clip, tmp_path_factory.mktemp("padded"))))


@pytest.mark.slow
@pytest.mark.parametrize(("story", "form"), [(story, form) for story, forms in FORMS.items() for form in forms])
def test_every_answer_of_a_story_is_as_it_was(bare_site, clock, monkeypatch, snapshot: Snapshot, story, form):
    teller = Teller(bare_site, clock, form, monkeypatch)
    STORIES[story](teller)
    snapshot(f"{story}/{form}.txt", "\n".join(teller.answers))
