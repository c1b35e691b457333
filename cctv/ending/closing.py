"""Closing a site, so that a crash at any point is finished by typing the same again.

1. open a deletion session, which takes in hold files that the index does not know; take the recorder's lock
2. refuse while a hold is in force or a case is open; audit entry `site.closing`, in the same transaction
                                                               (crash: nothing is gone yet)
3. footage, under that session; then quarantine, packages      (crash: what is left goes when this is typed again)
4. look whether any file of footage is left; none may be
5. certificate outside of the storage, checkpoint, audit entry `site.closed`

Index, registers and log stay: the controller answers from them for as long as the registers say.  Whoever hands them
over makes a last back-up first; whoever destroys them wipes the storage itself.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv import archive, audit, holds
from cctv.archive.disposal import delete_quarantined, delete_segments
from cctv.archive.repairstore import count_segments
from cctv.archive.walking import walk
from cctv.audit.checkpoints import sign_checkpoint
from cctv.casework import requeststore
from cctv.casework import store as cases
from cctv.casework.disclosurestore import select_disclosures
from cctv.casework.duties import list_breaches
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.ending.errors import CasesOpen, NotEmpty, SiteHeld
from cctv.export.shelf import expire_packages
from cctv.export.store import packages
from cctv.kernel.phrases import counted, phrase
from cctv.kernel.span import Span
from cctv.kernel.volumes import volume_of
from cctv.model.acts import Act
from cctv.model.footage import Reason, Segment
from cctv.redaction.case.tidy import tidy_all
from cctv.redaction.viewing import tidy_views
from cctv.retention.certificate import Copy, certify
from cctv.retention.certificate_files import issue
from cctv.retention.guards import guards_now, same_storage
from cctv.retention.session import deletion_session
from cctv.signing import signing_key

log = logging.getLogger(__name__)

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # before any recording
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ClosingPlan:
    """What closing would destroy: segments by zone, bytes in all, files in quarantine, packages by id."""

    segments: tuple[tuple[str, int], ...]
    size_bytes: int
    quarantined: int
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """What was destroyed, and where the certificate stands."""

    segments: int
    quarantined: int
    packages: int
    certificate: Path


def plan_closing(site: Site) -> ClosingPlan:
    """What would go; raises SiteHeld, CasesOpen and the guards, as `close_site` does."""
    same_storage(site)
    with reading(site.engine) as connection:
        guards_now(connection, site)
        _refuse_open(connection, site, [hold.id for hold in holds.unknown_files(connection, site)])
        found = _all_segments(connection, site)
        standing = tuple(one.id for one in packages(connection) if one.deleted is None)
    zones = Counter(str(one.zone) for one in found)
    size = sum(one.size_bytes for one in found)
    return ClosingPlan(tuple(sorted(zones.items())), size, len(list(archive.quarantined(site))), standing)


def close_site(site: Site, *, reason: str, folder: Path, copies: Sequence[Copy] = ()) -> Closed:
    """Destroy everything that was recorded, and certify it in `folder`, which must not exist yet.

    Raises LockHeld while recorder or sweeper run, SiteHeld, CasesOpen, NotEmpty, CertificateExists and the guards.
    """
    began = site.clock.now()
    with deletion_session(site) as session, archive.recorder_lock(site):
        with writing(site.engine) as connection:
            _refuse_open(connection, site)
            audit.append(connection, site, Act.SITE_CLOSING, "site", reason=reason)
        archive.recover_incoming(site)
        with reading(site.engine) as connection:
            doomed = _all_segments(connection, site)
        deleted = delete_segments(session, doomed, Reason.SITE_CLOSED)
        quarantine_deleted = delete_quarantined(session, archive.quarantined(site))
        with reading(site.engine) as connection:
            requests = sorted({one.request for one in packages(connection) if one.request})
        taken = sum(len(expire_packages(site, request)) for request in requests)
        tidy_all(site)
        tidy_views(site, everything=True)
        _require_empty(site)
        _certify(site, folder, copies)
        with writing(site.engine) as connection:
            facts: audit.Facts = {
                "segments": len(deleted),
                "seconds": round((site.clock.now() - began).total_seconds()),
            }
            audit.append(connection, site, Act.SITE_CLOSED, "site", facts=facts)
        sign_checkpoint(site)
        log.info("site.closed", extra={"deleted": len(deleted), "packages": taken})
    return Closed(len(deleted), len(quarantine_deleted), taken, folder)


def _refuse_open(connection: Connection, site: Site, on_disk: Sequence[str] = ()) -> None:
    """Raise SiteHeld, CasesOpen.  `on_disk`: ids of holds that only their files know, before they are taken in."""
    kept = [*(hold.id for hold in holds.in_force(connection)), *on_disk]
    if kept:
        raise SiteHeld(holds=", ".join(kept))
    waiting: list[str] = [one.id for one in cases.select_incidents(connection, settled_too=False)]
    waiting += [one.id for one in requeststore.select_requests(connection, closed_too=False)]
    waiting += [one.id for one in select_disclosures(connection, closed_too=False)]
    waiting += [one.id for one in list_breaches(site, closed_too=False)]
    if waiting:
        raise CasesOpen(cases=", ".join(waiting), are=counted(len(waiting), "is", "are"))


def _all_segments(connection: Connection, site: Site) -> list[Segment]:
    end = site.clock.now() + timedelta(days=1)
    return [
        segment
        for camera in archive.archived_cameras(connection)
        for segment in archive.segments_of(connection, camera, Span(_FIRST, end))
    ]


def _require_empty(site: Site) -> None:
    """Raise NotEmpty when any file of footage is left, whatever the index says."""
    with reading(site.engine) as connection:
        rows, _ = count_segments(connection)
    walked = walk(site.root)
    files = [path for folder in walked.folders for path in (site.root / folder).glob("*.mp4")]
    files += [site.root / stray for stray in walked.strays]
    files += [path for path in (site.root / "incoming").rglob("*") if path.is_file()]
    files += (site.root / "quarantine").rglob("*.mp4")
    if files or rows:
        where = site.relative(files[0].parent) if files else phrase("the index")
        raise NotEmpty(left=len(files) or rows, where=where)


def _certify(site: Site, folder: Path, copies: Sequence[Copy]) -> None:
    key = signing_key(site.root / "keys", site.disk)
    with reading(site.engine) as connection:
        span = Span(_FIRST, site.clock.now() + _MINUTE)
        made = certify(connection, site, span, volume_of(site.root / "segments"), copies, key.public)
    issue(site, made, key, folder)
