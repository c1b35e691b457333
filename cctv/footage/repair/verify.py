"""Verification: whether the footage on the disk still has the bytes that were recorded.

Reads every byte of the segments that it checks and changes nothing.  A segment that a sweep deletes meanwhile is no
damage.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from cctv.core.durable import sha256_file
from cctv.core.i18n import N_
from cctv.core.logs import SHOWN
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.footage.repair.queries import all_ids, count_segments, is_row, segments_after
from cctv.holds.store import holds_in_force
from cctv.model.footage import Segment
from cctv.model.ids import HoldId

log = logging.getLogger(__name__)

_PAGE = 500
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
