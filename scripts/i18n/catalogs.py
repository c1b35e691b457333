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
    catalog = Catalog(locale=old.locale, charset="utf-8", header_comment=_HEADER, fuzzy=False)
    for message in messages:
        english = (message.english, message.plural) if message.plural else message.english
        entry = old.get(message.english, message.context)
        translation = entry.string if entry is not None and entry.pluralizable == bool(message.plural) else None
        if not translation and message.says_nothing:
            translation = english
        catalog.add(english, translation, context=message.context, locations=[(message.where, None)])
    return catalog


def problems(catalog: Catalog, messages: Sequence[Message]) -> Iterator[str]:
    """What is wrong with a catalog: not translated, stale, or with other fields or command lines than the English."""
    by_key = {message.key: message for message in messages}
    for entry in catalog:
        english = entry.id if isinstance(entry.id, str) else entry.id[0]
        if english and (entry.context, english) not in by_key:
            yield f"nobody says this any more: {english}"
    for message in messages:
        entry = catalog.get(message.english, message.context)
        string = (entry.string if entry is not None else None) or ""
        translations = (string,) if isinstance(string, str) else tuple(string)
        if not all(translations):
            yield f"not translated: {message.english}"
        for text in translations:
            if text and (wrong := _differs(message, text)):
                yield f"{wrong}: {message.english} -> {text}"


def _differs(message: Message, translation: str) -> str | None:
    if _fields(translation) not in (_fields(message.english), _fields(message.plural or message.english)):
        return "other fields"
    return next((f"{typed} is lost" for typed in _typed(message.english) if typed not in translation), None)


def _typed(english: str) -> Iterator[str]:
    """What a person types: options, what stands between backticks, commands."""
    yield from re.findall(r"--[a-z][a-z-]*|`[^`]+`", english)
    for noun, verb in re.findall(r"\bcctv ([a-z]+)(?: ([a-z-]+))?", english):
        if noun in COMMANDS:
            command = root.get_command(click.Context(root, **root.context_settings), noun)
            yield f"cctv {noun} {verb}" if isinstance(command, click.Group) and verb in command.commands else noun


def _fields(text: str) -> set[str]:
    return {match[1] or match[2] for match in _FIELD.finditer(text.replace("{{", "").replace("}}", ""))}


def written(catalog: Catalog) -> bytes:
    """As a translator reads it."""
    file = io.BytesIO()
    write_po(file, catalog, width=120, include_lineno=False)
    return b"".join(line for line in file.getvalue().splitlines(keepends=True) if not line.startswith(_DATES))


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
