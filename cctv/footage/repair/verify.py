"""Verification: whether the footage on the disk still has the bytes that were recorded.

Reads every byte of the segments that it checks and changes no footage.  A segment that a sweep deletes meanwhile is no
damage.

In rounds: each call of `verify_part` checks as much as is needed for all that was stored at the round's start to be
checked within a period, and goes on where the last one stopped.  `verify.json` in the storage remembers how far that
is; when it is lost a new round begins.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from cctv.core.clock import iso
from cctv.core.durable import sha256_file
from cctv.core.i18n import N_
from cctv.core.logs import SHOWN
from cctv.core.text import parse_json
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.footage.repair.queries import all_ids, count_between, count_segments, is_row, last_id, segments_after
from cctv.holds.store import holds_in_force
from cctv.model.footage import Segment
from cctv.model.ids import HoldId

log = logging.getLogger(__name__)

VERIFY_FILE = "verify.json"
_PAGE = 500
_DAY = timedelta(days=1)
_SCHEMA = 1
Progress = Callable[[int, int], None]  # bytes read, of how many


class VerificationProblem(Enum):
    """What is wrong with a file."""

    MISSING = "missing"
    LENGTH = "another length"
    BYTES = "other bytes"
    UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class Damage:
    """A segment that is not as it was recorded, and the holds in force that cover it."""

    segment: Segment
    problem: VerificationProblem
    holds: tuple[HoldId, ...]


@dataclass(frozen=True, slots=True)
class VerifiedFootage:
    """Segments and bytes checked, segments stored, and what is damaged, in the order of the segments."""

    checked: int
    checked_bytes: int
    stored: int
    damaged: tuple[Damage, ...]


def verify_footage(site: Storage, *, sample: int | None, progress: Progress | None = None) -> VerifiedFootage:
    """Hash `sample` segments, chosen at random, or all of them with None, and compare with the index."""
    with read_transaction(site.engine) as connection:
        stored, stored_bytes = count_segments(connection)
    if sample is None or sample >= stored:
        chosen: Iterable[Segment] = _all(site)
    else:
        picked = _sample(site, sample)
        chosen, stored_bytes = picked, sum(segment.size_bytes for segment in picked)
    checked = checked_bytes = 0
    damaged: list[Damage] = []
    for segment in chosen:
        damage = _look(site, segment)
        if damage is not None:
            damaged.append(damage)
        checked, checked_bytes = checked + 1, checked_bytes + segment.size_bytes
        if progress is not None:
            progress(checked_bytes, max(stored_bytes, checked_bytes))
    return VerifiedFootage(checked, checked_bytes, stored, tuple(damaged))


@dataclass(frozen=True, slots=True)
class VerifyRound:
    """How far a round is: it began then, checks the segments up to the id `until`, and has checked those up to `after`.

    `damaged` counts its damaged segments.  `completed` is when the last whole round ended, and `completed_damaged` what
    it found.
    """

    began: datetime
    until: int
    after: int = 0
    damaged: int = 0
    last_run: datetime | None = None
    completed: datetime | None = None
    completed_damaged: int = 0

    @property
    def is_over(self) -> bool:
        """Whether everything of the round is checked."""
        return self.after >= self.until


@dataclass(frozen=True, slots=True)
class VerifiedPart:
    """What one call checked, and the round after it; `left` segments are still to be checked in the round."""

    footage: VerifiedFootage
    round: VerifyRound
    left: int


def part_size(left: int, elapsed: timedelta, within: timedelta) -> int:
    """How many of the segments that are left to check today, so that the last day of `within` has no more than others.

    One call a day is expected; after the period everything that is left is checked at once.
    """
    days = max(1, -(-(within - elapsed) // _DAY))
    return -(-left // days)


def verify_part(site: Storage, within: timedelta, progress: Progress | None = None) -> VerifiedPart:
    """Check the next part of the round, or the first one of a new round.  Remembered after each page."""
    now, before = site.clock.now(), read_round(site.root)
    with read_transaction(site.engine) as connection:
        stored, _ = count_segments(connection)
        if before is None or before.is_over:
            kept = before or VerifyRound(now, 0)
            before = replace(kept, began=now, until=last_id(connection), after=0, damaged=0)
        left = count_between(connection, before.after, before.until)
    size, state, checked_bytes, damaged = part_size(left, now - before.began, within), before, 0, list[Damage]()
    checked = 0
    while checked < size:
        with read_transaction(site.engine) as connection:
            page = segments_after(connection, state.after, min(_PAGE, size - checked))
        page = [segment for segment in page if segment.id <= state.until]
        if not page:
            break
        for segment in page:
            damage = _look(site, segment)
            damaged += [damage] if damage is not None else []
            checked, checked_bytes = checked + 1, checked_bytes + segment.size_bytes
            if progress is not None:
                progress(checked_bytes, checked_bytes * size // checked)
        state = replace(state, after=page[-1].id, damaged=before.damaged + len(damaged), last_run=now)
        _write_round(site, state)
    with read_transaction(site.engine) as connection:
        left = count_between(connection, state.after, state.until)
    state = replace(state, last_run=now)
    if not left:  # the last ones may have been deleted meanwhile
        state = replace(state, after=state.until, completed=site.clock.now(), completed_damaged=state.damaged)
    _write_round(site, state)
    return VerifiedPart(VerifiedFootage(checked, checked_bytes, stored, tuple(damaged)), state, left)


def read_round(root: Path) -> VerifyRound | None:
    """What `verify.json` remembers; None where it is missing or damaged."""
    try:
        payload = parse_json((root / VERIFY_FILE).read_text("utf-8"))
        if payload["schema"] != _SCHEMA:
            return None
        return VerifyRound(
            datetime.fromisoformat(payload["began"]),
            int(payload["until"]),
            int(payload["after"]),
            int(payload["damaged"]),
            _instant(payload["last_run"]),
            _instant(payload["completed"]),
            int(payload["completed_damaged"]),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _write_round(site: Storage, state: VerifyRound) -> None:
    payload = {
        "schema": _SCHEMA,
        "began": iso(state.began),
        "until": state.until,
        "after": state.after,
        "damaged": state.damaged,
        "last_run": iso(state.last_run) if state.last_run else None,
        "completed": iso(state.completed) if state.completed else None,
        "completed_damaged": state.completed_damaged,
    }
    site.disk.write(site.root / VERIFY_FILE, json.dumps(payload, indent=2).encode() + b"\n")


def _all(site: Storage) -> Iterator[Segment]:
    """Page by page: no transaction stays open while files are read."""
    after = 0
    while True:
        with read_transaction(site.engine) as connection:
            page = segments_after(connection, after, _PAGE)
        if not page:
            return
        yield from page
        after = page[-1].id


def _sample(site: Storage, count: int) -> list[Segment]:
    with read_transaction(site.engine) as connection:
        picked = random.SystemRandom().sample(all_ids(connection), count)
        return [segment for number in sorted(picked) for segment in segments_after(connection, number - 1, 1)]


def _look(site: Storage, segment: Segment) -> Damage | None:
    problem = _problem(site, segment)
    if problem is None:
        return None
    with read_transaction(site.engine) as connection:
        if not is_row(connection, segment):
            return None
        keeping = [hold.id for hold in holds_in_force(connection) if hold.covers(segment.camera, segment.span)]
    damage = {"camera": segment.camera, "segment": segment.path, "cause": problem, SHOWN: True}
    log.warning("segment.damaged", extra=damage)
    return Damage(segment, problem, tuple(keeping))


def _problem(site: Storage, segment: Segment) -> VerificationProblem | None:
    path = inside(site.root, segment.path, N_("segment {id}", id=segment.id))
    try:
        if path.stat().st_size != segment.size_bytes:
            return VerificationProblem.LENGTH
        return None if sha256_file(path) == segment.sha256 else VerificationProblem.BYTES
    except FileNotFoundError:
        return VerificationProblem.MISSING
    except OSError:
        return VerificationProblem.UNREADABLE
