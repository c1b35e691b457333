"""Output: consoles, tables, JSON, sizes, local times.  Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import pairwise
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cctv.core.clock import iso
from cctv.core.i18n import HEADINGS, _, decimal, pgettext, translate
from cctv.core.text import printable, printable_json
from cctv.core.time_range import Span
from cctv.core.typed_time.parser import shown
from cctv.footage.coverage import Inventory

UNIT = "unit"  # context of their translation
UNITS = ("B", "kB", "MB", "GB", "TB")


class PlainConsole(Console):
    """A console that escapes what does not show in every text that it is given, in tables and headings too."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - rich's own options
        return super().render_str(printable(text), **options)


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text as it stands, what does not show in it escaped; commands print by this or by a console."""
    click.echo(printable(text), err=err, nl=nl)


def console(environ: Mapping[str, str]) -> Console:
    """A console on stdout, as wide as the terminal; 120 columns where there is none."""
    width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 120
    return PlainConsole(
        file=sys.stdout,
        width=int(environ.get("COLUMNS", width)),
        no_color=bool(environ.get("NO_COLOR")),
        highlight=False,
        soft_wrap=False,
        emoji=False,
        markup=False,
    )


def print_json(data: Mapping[str, Any]) -> None:
    """One object, `"schema": 1` first; in ASCII where stdout's encoding lacks a sign of it."""
    content = {"schema": 1, **as_json(data)}
    line = printable_json(json.dumps(content, ensure_ascii=False))
    click.echo(line if _is_encodable(line) else json.dumps(content))


def _is_encodable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def as_json(value: Any) -> Any:  # noqa: ANN401 - whatever a command prints
    """A value in JSON's own types: the one place that defines how each of ours looks.

    A dataclass becomes an object of its fields, with `start` and `end` in place of a field `span`; an enum becomes its
    value, an instant ISO 8601 in UTC, a day ISO 8601, a duration its seconds, a path its text, a set a sorted list.
    Raises TypeError for any other type.
    """
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {as_json(key): as_json(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(as_json(item) for item in value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [as_json(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {key: item for field in fields(value) for key, item in _field(field.name, getattr(value, field.name))}
    raise TypeError(f"not JSON: {value!r}")


def _field(name: str, value: object) -> list[tuple[str, Any]]:
    if name == "span" and isinstance(value, Span):
        return [("start", as_json(value.start)), ("end", as_json(value.end))]
    return [(name, as_json(value))]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> Table:
    """A plain table, its headings translated; columns named in `right` are aligned to the right."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        grid.add_column(pgettext(HEADINGS, name), justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(printable(cell, "\n") for cell in row))
    return grid


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table without rich, for `cctv status`: monitors call it each minute, and rich takes a fifteenth of its time."""
    cells = [columns, *([printable(cell, "") for cell in row] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    rule = "─" * (sum(widths) + 3 * (len(widths) - 1))
    return [line.rstrip() for line in (lines[0], rule, *lines[1:])]


def local(instant: datetime, zone: ZoneInfo) -> str:
    """`Sat 21/11 22:00:05` in the site's time."""
    at = instant.astimezone(zone)
    return f"{weekday(at)} {at:%d/%m %H:%M:%S}"


def local_date(instant: datetime, zone: ZoneInfo) -> str:
    """`Sat 21/11/2026 22:00` in the site's time, for deadlines and limits."""
    at = instant.astimezone(zone)
    return f"{weekday(at)} {at:%d/%m/%Y %H:%M}"


def joined(parts: Iterable[str]) -> str:
    """Parts of a line, separated as the current language separates them."""
    return _("; ").join(parts)


def weekday(at: datetime) -> str:
    """`Sat`, in the current language."""
    return translate(shown(at))


def length(duration: timedelta) -> str:
    """`2 d 3 h`, `4 h 05 min`, `12 min 05 s`, `8.4 s`: two units at the most."""
    seconds = duration.total_seconds()
    if seconds < 60:
        return decimal(f"{seconds:.1f} s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("{hours} h {minutes:02d} min", hours=hours, minutes=minutes)
    return _("{days} d {hours} h", days=hours // 24, hours=hours % 24)


def size(count: int) -> str:
    """Bytes as people read them, in powers of 1000."""
    value, units = float(count), iter(UNITS)
    unit = next(units)
    while value >= 1000 and unit != UNITS[-1]:
        value, unit = value / 1000, next(units)
    shown = pgettext(UNIT, unit)
    return f"{value:.0f} {shown}" if unit == "B" else decimal(f"{value:.1f} {shown}")


def coverage_bar(inventory: Inventory, cells: int) -> str:
    """A span as a bar of characters: full recorded, half partly, dot deleted, blank never recorded or still to come.

    A character is full only if nothing of it is missing.
    """
    edges = [inventory.span.start + inventory.span.duration * index / cells for index in range(cells + 1)]
    bar = ""
    for cell in (Span(start, end) for start, end in pairwise(edges)):
        recorded = sum(
            (shared.duration for span in inventory.saved if (shared := span.intersection(cell))), timedelta(0)
        )
        if recorded >= cell.duration:
            bar += "█"
        elif recorded:
            bar += "▌"
        else:
            bar += "·" if any(span.overlaps(cell) for span in inventory.deleted) else " "
    return f"|{bar}|"
