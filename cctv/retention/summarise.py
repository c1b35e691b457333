"""Summarising: tombstones older than a year become one signed line for each camera and day of deletion.

What is left proves what was deleted, under which rule and when; the names and hashes of single files are dropped, for
after a year they tell only when a person was filmed.  Never touches footage, an open deletion, or what was lost.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.crypto.signing_key import SigningKey, signing_key
from cctv.crypto.sshsig import sign
from cctv.db.engine import keep_connection_open, read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion import tombstone_digest
from cctv.footage.deletion_summaries import day_of, line_of, next_part, oldest_day, replace_tombstones, tombstones_by_id
from cctv.footage.layout import sweeper_lock
from cctv.model.audit import Act
from cctv.model.footage import FoldedDay
from cctv.model.ids import CameraId

TOMBSTONE_PERIOD = timedelta(days=365)
NAMESPACE = "cctv-deletions"


@dataclass(frozen=True, slots=True)
class Summarised:
    """What one pass summarised: how many lines, and how many tombstones they replace."""

    lines: int = 0
    tombstones: int = 0


def summarise_oldest_day(site: Storage) -> Summarised:
    """Summarise the oldest day of deletions of more than a year ago; one day a pass, so that no sweep waits for many.

    Takes the sweeper's lock.  Costs one look-up of the oldest tombstone when there is nothing to do.
    """
    with sweeper_lock(site):
        with read_transaction(site.engine) as connection:
            ids_by_camera = oldest_day(connection, site.clock.now() - TOMBSTONE_PERIOD)
        if not ids_by_camera:
            return Summarised()

        key = signing_key(site.root / "keys", site.disk)
        with keep_connection_open(site.engine):
            counts = [_summarise_day(site, key, camera, ids) for camera, ids in sorted(ids_by_camera.items())]
    return Summarised(sum(count > 0 for count in counts), sum(counts))


def _summarise_day(site: Storage, key: SigningKey, camera: CameraId, ids: list[int]) -> int:
    """One camera's day: line, tombstones and audit entry in one transaction; returns how many tombstones."""
    with write_transaction(site.engine) as connection:
        stones = tombstones_by_id(connection, ids)
        if not stones or stones[0].closed is None:
            return 0
        day = day_of(stones[0].closed)
        part = next_part(connection, day, camera)
        digest = tombstone_digest(stones)
        line, groups = line_of(site.identity.site, day, part, stones, digest, site.clock.now())
        folded = FoldedDay(day, camera, part, groups, line, sign(line.encode(), key, NAMESPACE))
        replace_tombstones(connection, stones, folded)
        facts: AuditFacts = {
            "day": day,
            "segments": len(stones),
            "digest": digest,
            "line": hashlib.sha256(line.encode()).hexdigest(),
        }
        append_entry(connection, site, Act.TOMBSTONES_FOLDED, camera, facts=facts)
    return len(stones)
