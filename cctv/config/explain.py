"""Where each effective setting comes from: the file, a default, or a cap.

Makes the rows of `cctv config show`.  Pure.  Never shows a credential, only the name of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cctv.config.errors import KeyPath
from cctv.config.fields import sections_in, settings_in
from cctv.config.schema import LimitRule, Settings


class Origin(Enum):
    """What decided a value."""

    FILE = "file"
    DEFAULT = "default"
    CAPPED = "capped"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One key of cameras.toml with the value in force."""

    key: str
    value: str
    origin: Origin
    line: int | None  # of the key in the file; None for a default
    note: str = ""


def explain(settings: Settings) -> list[SettingRow]:
    """Every key, in the order of the declaration."""
    rows: list[SettingRow] = []
    for name, section in sections_in(Settings).items():
        tables = getattr(settings, name)
        if section.id_type is None:
            rows += _rows(settings, (name,), tables)
        for item_id in tables if section.id_type is not None else ():
            rows += _rows(settings, (name, item_id), tables[item_id])
    return rows


def _rows(settings: Settings, section: KeyPath, table: object) -> Iterator[SettingRow]:
    for name, (attribute, setting) in settings_in(type(table)).items():
        if not setting.applies(table):
            continue
        key, value = (*section, name), getattr(table, attribute)
        in_file = key in settings.source.file_keys
        line = settings.source.line(key) if in_file else None
        if (cap := _cap(settings, key)) is not None:
            note = f"the file says {setting.show(value)}; {cap[1]}"
            yield SettingRow(".".join(key), setting.show(cap[0]), Origin.CAPPED, line, note)
        else:
            yield SettingRow(".".join(key), setting.show(value), Origin.FILE if in_file else Origin.DEFAULT, line)


def _cap(settings: Settings, key: KeyPath) -> tuple[object, str] | None:
    """The period after a cap, and which cap it is; None for a setting that no cap shortens."""
    site = settings.site
    if key == ("site", "max_retention") and site.max_retention > site.jurisdiction.cap:
        return site.jurisdiction.cap, site.jurisdiction.source
    if key[0] == "zones" and key[-1] == "retention":
        bound = settings.bound_for(settings.zone(key[1]).id)
        if bound.rule is not LimitRule.ZONE:
            return bound.period, f"the {bound.rule.value} is shorter"
    return None
