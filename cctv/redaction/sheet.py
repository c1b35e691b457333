"""The sheet: one HTML file on which a person decides who is kept.

Owns the page.  Self-contained (pictures inside, no script, no network), so that it opens from disk in any browser.  It
shows people as they are: it stays on the box and is never part of an export.  Decides nothing itself.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import cv2
import jinja2

from cctv.redaction.pictures import Bgr
from cctv.redaction.words import WORDS


class Decision(Enum):
    """What was decided of a track."""

    UNDECIDED = "undecided"
    KEPT = "kept"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the time line, in local time."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SheetGap:
    """A part without footage, and why."""

    span: Stretch
    cause: str


@dataclass(frozen=True, slots=True)
class SheetBackdrop:
    """A backdrop, its span, its picture (`pictures.backdrop_picture`) and the untrusted share, 0 to 1."""

    span: Stretch
    picture: Bgr
    untrusted_share: float
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class SheetTrack:
    """A track: its number, when it is seen, its pictures with their times, and what was decided."""

    number: int
    span: Stretch
    pictures: tuple[tuple[datetime, Bgr], ...]
    decision: Decision = Decision.UNDECIDED


@dataclass(frozen=True, slots=True)
class SheetReview:
    """A range that somebody has reviewed."""

    span: Stretch
    by: str


@dataclass(frozen=True, slots=True)
class SheetCamera:
    """One camera's part of the request; all times are local."""

    name: str
    span: Stretch
    coverage: tuple[Stretch, ...]
    gaps: tuple[SheetGap, ...]
    backdrops: tuple[SheetBackdrop, ...]
    tracks: tuple[SheetTrack, ...]
    reviews: tuple[SheetReview, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page says.  `commands` are typed next, each with what it does; `language` is nl, fr or en."""

    reference: str
    made_at: datetime
    cameras: tuple[SheetCamera, ...]
    commands: tuple[tuple[str, str], ...]
    language: str = "nl"


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar of the time line, in percent of its width."""

    left: float
    width: float
    title: str


def render_sheet(sheet: Sheet) -> str:
    """The page as one HTML text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cctv.redaction", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(bar=_bar, clock=_clock, day=_day, data=_data_url, ticks=_ticks, total=_counts)
    template = environment.get_template("sheet.html.j2")
    return template.render(sheet=sheet, words=WORDS[sheet.language], Decision=Decision)


def _bar(span: Stretch, whole: Stretch) -> _Bar:
    length = max((whole.end - whole.start).total_seconds(), 1e-6)
    left = 100 * (span.start - whole.start).total_seconds() / length
    width = 100 * (span.end - span.start).total_seconds() / length
    left = min(max(left, 0.0), 100.0)
    return _Bar(
        round(left, 3), round(max(min(width, 100 - left), 0.25), 3), f"{_clock(span.start)} - {_clock(span.end)}"
    )


def _ticks(whole: Stretch, count: int = 5) -> list[tuple[float, str]]:
    step = (whole.end - whole.start) / (count - 1)
    return [(100 * index / (count - 1), _clock(whole.start + step * index)) for index in range(count)]


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _day(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M:%S}"


def _counts(tracks: Sequence[SheetTrack], decision: Decision) -> int:
    return sum(track.decision is decision for track in tracks)


def _data_url(picture: Bgr) -> str:
    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])
    if not done:
        raise ValueError("a picture of the sheet could not be coded")
    return "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode("ascii")
