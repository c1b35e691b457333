"""The review sheet as one HTML file, on which a person decides who is kept and checks what will be shown.

Self-contained (pictures inside, no script, no network), so that it opens from disk in any browser.  Shows people
unredacted: it stays on this computer and is never part of a package.  Decides nothing itself.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

import cv2
import jinja2

from cctv.core.i18n import Language, translate_line, translate_to, translator
from cctv.core.text import isolated
from cctv.redaction.background.scene_changes import ChangeKind
from cctv.redaction.review.sheet.labels import TERMS, ranges_text
from cctv.redaction.review.sheet.thumbnails import Bgr, Jpeg


class SheetDecision(Enum):
    """What was decided of a person."""

    UNDECIDED = "undecided"
    KEPT = "kept"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class SheetStretch:
    """A part of the time line, in local time."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SheetGap:
    """A part without footage, and why."""

    span: SheetStretch
    cause: str


@dataclass(frozen=True, slots=True)
class SheetBackdrop:
    """A backdrop by its number, its picture (`backdrop_picture`, covers drawn) and untrusted share, 0 to 1.

    `uses` is when it stands behind the picture; `command` signs it off.
    """

    number: int
    uses: tuple[SheetStretch, ...]
    picture: Bgr
    untrusted_share: float
    command: str
    covers: int = 0
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class SheetMoment:
    """One frame of a part: its number, its local time, and a picture of it."""

    frame: int
    at: datetime
    picture: Jpeg


@dataclass(frozen=True, slots=True)
class SheetDrawing:
    """A frame in which a person drew boxes: the source with them, and the ids of those to keep and to hide."""

    moment: SheetMoment
    kept: tuple[str, ...]
    hidden: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class SheetChange:
    """A change of scenery: what kind, when, and what was seen and is shown in its middle."""

    kind: ChangeKind
    span: SheetStretch
    first: int
    last: int
    seen: SheetMoment | None
    shown: SheetMoment | None


@dataclass(frozen=True, slots=True)
class SheetRange:
    """A range of frames to review: what is shown in it, and `command` to record its review."""

    first: int
    last: int
    span: SheetStretch
    moments: tuple[SheetMoment, ...]
    command: str
    reviewed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetHidden:
    """Frames in which the requester is not visible, and why, in the page's language."""

    first: int
    last: int
    span: SheetStretch
    cause: str


@dataclass(frozen=True, slots=True)
class SheetPerson:
    """A person of a part: their number in the request, when they are seen, pictures with their times, and what to type.

    The first picture is the best one.  `elsewhere` are other parts in which they are.  `shown` says how much of them is
    visible, and `hidden` when and why they are not; both are empty where nothing of them is kept.  `tracks` are the
    numbers of their pieces in this part.  `pieces` are people of other numbers who are probably the same, each with the
    time and the picture that shows them best, if there is one.
    """

    number: int
    spans: tuple[SheetStretch, ...]
    pictures: tuple[tuple[datetime, Bgr], ...]
    keep: str
    hide: str
    decision: SheetDecision = SheetDecision.UNDECIDED
    tracks: tuple[int, ...] = ()
    elsewhere: tuple[str, ...] = ()
    pieces: tuple[tuple[int, tuple[datetime, Bgr] | None], ...] = ()
    shown: str = ""
    hidden: tuple[SheetHidden, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetCompanion:
    """What is kept of somebody beside the requester, and their consent."""

    kept: str
    who: str
    given: date
    recorded: str


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One unbroken stretch of a camera; all times are local.

    `glimpses` is how many others are seen for less than a second; they are hidden and not among `people`.  `subject`
    says how much of the requester is shown, `hidden` when and why they are not.
    `live` is when anything of the source is shown; `others` is how other people appear; `preview` is a path beside
    the page.
    """

    position: int
    span: SheetStretch
    frames: int
    backdrops: tuple[SheetBackdrop, ...]
    people: tuple[SheetPerson, ...]
    glimpses: int = 0
    ranges: tuple[SheetRange, ...] = ()
    changes: tuple[SheetChange, ...] = ()
    drawings: tuple[SheetDrawing, ...] = ()
    live: tuple[SheetStretch, ...] = ()
    others: str = "shape"
    visible: str = ""
    subject: str = ""
    hidden: tuple[SheetHidden, ...] = ()
    companions: tuple[SheetCompanion, ...] = ()
    preview: str | None = None
    approved_by: str | None = None

    @property
    def undecided(self) -> tuple[int, ...]:
        """The people on whom no one decided."""
        return tuple(person.number for person in self.people if person.decision is SheetDecision.UNDECIDED)

    @property
    def signed(self) -> int:
        """How many backdrops are signed off."""
        return sum(backdrop.signed_by is not None for backdrop in self.backdrops)

    @property
    def reviewed(self) -> int:
        """How many ranges are reviewed."""
        return sum(bool(frame_range.reviewed_by) for frame_range in self.ranges)


@dataclass(frozen=True, slots=True)
class SheetCamera:
    """One camera: what was requested, what there is of it, and why the rest is missing."""

    name: str
    requested: SheetStretch
    coverage: tuple[SheetStretch, ...]
    gaps: tuple[SheetGap, ...]
    parts: tuple[SheetPart, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of the page.  `commands` are typed next, each with what it does; `language` is nl, fr or en."""

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
        loader=jinja2.PackageLoader("cctv.redaction.review.sheet"),
        autoescape=True,
        finalize=isolated,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(bar=_bar, clock=_clock, day=_day, data=_data_url, jpeg=_jpeg_url, ticks=_ticks)
    environment.globals.update(numbers=ranges_text, ruler=_ruler)
    template = environment.get_template("sheet.html.j2")
    language = Language(sheet.language)
    gettext, pgettext = translator(language)
    return template.render(
        sheet=sheet,
        _=gettext,
        pgettext=pgettext,
        term=lambda key: translate_to(TERMS[key], language),
        words_of=lambda command: _unbroken(translate_line(command, language)),
        Decision=SheetDecision,
    )


def _bar(span: SheetStretch, whole: SheetStretch) -> _Bar:
    length = max((whole.end - whole.start).total_seconds(), 1e-6)
    left = 100 * (span.start - whole.start).total_seconds() / length
    right = 100 * (span.end - whole.start).total_seconds() / length
    left, right = min(max(left, 0.0), 99.6), min(max(right, 0.0), 100.0)
    return _Bar(round(left, 3), round(max(right - left, 0.4), 3), f"{_clock(span.start)} - {_clock(span.end)}")


def _ticks(whole: SheetStretch, count: int = 5) -> Sequence[tuple[float, str]]:
    step = (whole.end - whole.start) / (count - 1)
    return [(100 * index / (count - 1), _clock(whole.start + step * index)) for index in range(count)]


def _ruler(width: int) -> int:
    """Pixels between the lines over a backdrop, to read coordinates to cover: about ten across."""
    return next((step for step in (10, 20, 50, 100, 200, 500) if step * 12 >= width), 1000)


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _day(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M:%S}"


def _unbroken(command: str) -> Sequence[str]:
    """What of a command must stay on one line: each word, an option together with its value."""
    words: list[str] = []
    for word in command.split():
        if words and words[-1].startswith("--") and " " not in words[-1] and not word.startswith("--"):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def _data_url(picture: Bgr) -> str:
    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])
    if not done:
        raise ValueError("a picture of the sheet could not be coded")
    return _jpeg_url(coded)


def _jpeg_url(coded: Jpeg) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode("ascii")
