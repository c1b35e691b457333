"""Folding: tombstones older than a year become one signed line for each camera and day of deletion.

What is left proves what was deleted, under which rule and when; the single files' names and hashes go, for after a year
they tell nothing but when somebody was filmed.  Never touches footage, an open deletion, or what was lost.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cctv import archive, audit
from cctv.archive import foldstore
from cctv.archive.disposal import tombstone_digest
from cctv.archive.folded import line_of
from cctv.db.engine import kept_open, reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act
from cctv.model.folded import FoldedDay
from cctv.model.ids import CameraId

if TYPE_CHECKING:
    from cctv.signing import SigningKey

KEPT = timedelta(days=365)
NAMESPACE = "cctv-deletions"


@dataclass(frozen=True, slots=True)
class Folded:
    """What one pass folded: lines, and the tombstones that they replace."""

    lines: int = 0
    tombstones: int = 0


def fold_oldest(site: Site) -> Folded:
    """Fold the oldest day of deletions that is more than a year ago; one day a pass, so that no sweep waits for many.

    Runs under the sweeper's lock.  Costs one look at the oldest tombstone when there is nothing to do.
    """
    with archive.sweeper_lock(site):
        with reading(site.engine) as connection:
            found = foldstore.oldest_day(connection, site.clock.now() - KEPT)
        if not found:
            return Folded()
        from cctv.signing import signing_key

        key = signing_key(site.root / "keys", site.disk)
        with kept_open(site.engine):
            counts = [_fold(site, key, camera, ids) for camera, ids in sorted(found.items())]
    return Folded(sum(count > 0 for count in counts), sum(counts))


def _fold(site: Site, key: SigningKey, camera: CameraId, ids: list[int]) -> int:
    """One camera's day: line, tombstones and audit entry in one transaction."""
    from cctv.signing import sign

    with writing(site.engine) as connection:
        stones = foldstore.tombstones_by_id(connection, ids)
        if not stones or stones[0].closed is None:
            return 0
        day = foldstore.day_of(stones[0].closed)
        part = foldstore.next_part(connection, day, camera)
        digest = tombstone_digest(stones)
        line, groups = line_of(site.identity.site, day, part, stones, digest, site.clock.now())
        folded = FoldedDay(day, camera, part, groups, line, sign(line.encode(), key, NAMESPACE))
        foldstore.replace_tombstones(connection, stones, folded)
        facts: audit.Facts = {
            "day": day,
            "segments": len(stones),
            "digest": digest,
            "line": hashlib.sha256(line.encode()).hexdigest(),
        }
        audit.append(connection, site, Act.TOMBSTONES_FOLDED, camera, facts=facts)
    return len(stones)
