"""The catalogs in cctv/locale: read, brought up to date with the code, checked, written.  With Babel."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from cctv.cli.app import COMMANDS, root
from i18n.messages import ROOT, Message

LOCALE = ROOT / "cctv" / "locale"
LANGUAGES = ("nl", "fr")
_FIELD = re.compile(r"{(\w*)[^{}]*}|%\((\w+)\)s")


def source_of(language: str, folder: Path = LOCALE) -> Path:
    """The `.po` file of a language."""
    return folder / language / "LC_MESSAGES" / "cctv.po"


def read(language: str, folder: Path = LOCALE) -> Catalog:
    """What is translated; an empty catalog where there is no file yet."""
    file = source_of(language, folder)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def updated(old: Catalog, messages: Sequence[Message]) -> Catalog:
    """The catalog of these messages, in their order; what is no longer said is left out."""
    made = Catalog(locale=old.locale, charset="utf-8", header_comment=_HEADER, fuzzy=False)
    for one in messages:
        english = (one.english, one.plural) if one.plural else one.english
        known = old.get(one.english, one.context)
        said = known.string if known is not None and known.pluralizable == bool(one.plural) else None
        if not said and one.says_nothing:
            said = english
        made.add(english, said, context=one.context, locations=[(one.where, None)])
    return made


def problems(catalog: Catalog, messages: Sequence[Message]) -> Iterator[str]:
    """What is wrong with a catalog: not translated, stale, or with other fields or command lines than the English."""
    wanted = {one.key: one for one in messages}
    for entry in catalog:
        english = entry.id if isinstance(entry.id, str) else entry.id[0]
        if english and (entry.context, english) not in wanted:
            yield f"nobody says this any more: {english}"
    for one in messages:
        entry = catalog.get(one.english, one.context)
        string = (entry.string if entry is not None else None) or ""
        told = (string,) if isinstance(string, str) else tuple(string)
        if not all(told):
            yield f"not translated: {one.english}"
        for text in told:
            if text and (wrong := _differs(one, text)):
                yield f"{wrong}: {one.english} -> {text}"


def _differs(one: Message, told: str) -> str | None:
    if _fields(told) not in (_fields(one.english), _fields(one.plural or one.english)):
        return "other fields"
    return next((f"{typed} is lost" for typed in _typed(one.english) if typed not in told), None)


def _typed(english: str) -> Iterator[str]:
    """What a person types: options, what stands between backticks, commands."""
    yield from re.findall(r"--[a-z][a-z-]*|`[^`]+`", english)
    for noun, verb in re.findall(r"\bcctv ([a-z]+)(?: ([a-z-]+))?", english):
        if noun in COMMANDS:
            command = root.get_command(click.Context(root), noun)
            yield f"cctv {noun} {verb}" if isinstance(command, click.Group) and verb in command.commands else noun


def _fields(text: str) -> set[str]:
    return {one[1] or one[2] for one in _FIELD.finditer(text.replace("{{", "").replace("}}", ""))}


def written(catalog: Catalog) -> bytes:
    """As a translator reads it."""
    made = io.BytesIO()
    write_po(made, catalog, width=120, include_lineno=False)
    return b"".join(line for line in made.getvalue().splitlines(keepends=True) if not line.startswith(_DATES))


_DATES = tuple(
    f'"{name}'.encode()
    for name in (
        "Project-Id",
        "Report-Msgid",
        "POT-Creation",
        "PO-Revision",
        "Last-Transl",
        "Language-Team",
        "Generated",
    )
)  # of the header: what nobody reads and every change would touch
_HEADER = """\
# What people read: the casework commands, pages and letters.  docs/i18n.md says which word stands for what, and how to
# change one; ./scripts/words brings this file up to date with the program and compiles it."""
