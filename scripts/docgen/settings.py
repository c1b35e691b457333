"""docs/cameras-toml.md: the table of each section, from the declaration of the settings.

The text between the tables is written by hand and stays.
"""

from __future__ import annotations

import re
from collections.abc import Sized
from pathlib import Path

from cctv.config.fields import Setting, sections_in, settings_in
from cctv.config.schema import Settings

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "cameras-toml.md"
COLUMNS = "| key | value | default |\n|---|---|---|\n"


def settings_page() -> str:
    """The whole page; raises ValueError where it has no table for a section."""
    page = PAGE.read_text()
    for name, section in sections_in(Settings).items():
        heading = f"## [{name}.NAME]\n" if section.id_type else f"## [{name}]\n"
        table = re.compile(rf"({re.escape(heading)}(?:(?!## |\|).*\n)*){re.escape(COLUMNS)}(?:\|.*\n)*")
        rows = [_row(key, setting) for key, (_, setting) in settings_in(section.table).items()]
        match = table.search(page)
        if match is None:
            raise ValueError(f"docs/cameras-toml.md has no table of settings under {heading.strip()}")
        page = page[: match.start()] + match[1] + COLUMNS + "".join(rows) + page[match.end() :]
    return page


def _row(key: str, setting: Setting) -> str:
    choices = ", ".join(f'`"{choice}"`' for choice in setting.type.choices)
    return f"| `{key}` | {setting.help.replace('{choices}', choices)} | {_default(setting)} |\n"


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    value = setting.default
    if setting.default_help is not None:
        return setting.default_help
    if value is None or (isinstance(value, Sized) and not value):
        return "none"
    shown = setting.show(value)
    return f"`{shown}`" if isinstance(value, bool) else f'`"{shown}"`'
