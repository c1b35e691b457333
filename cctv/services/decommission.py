"""Decommissioning: destroys everything that was recorded, so that a crash is finished by running the command again.

1. open a deletion session, which adopts hold files that the index does not have; take the recorder's lock
2. refuse while a hold is in force or a case is open; audit entry `site.closing`, in the same transaction
                                                               (crash: nothing is deleted yet)
3. footage, under that session; then quarantine, packages      (crash: the rest is deleted when the command is repeated)
4. check whether any file of footage is left; none may be
5. certificate outside of the storage, checkpoint, audit entry `site.closed`

Index, registers and log stay: the controller answers from them for as long as the registers require.  Make a last
back-up before handing them over; wipe the storage itself to destroy them.
"""

from __future__ import annotations

import logging
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.access.proposals import not_yet, require_two
from cctv.audit.chain import AuditFacts
from cctv.audit.checkpoints import sign_checkpoint
from cctv.audit.log import append_entry
from cctv.cases.compliance.breaches import list_breaches
from cctv.cases.disclosures.queries import select_disclosures
from cctv.cases.incident_queries import select_incidents
from cctv.cases.requests.queries import select_requests
from cctv.config.schema import TwoPersonAct
from cctv.core.disks import volume_of
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_, ngettext_lazy
from cctv.core.time_range import Span
from cctv.crypto.signing_key import signing_key
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion import delete_quarantined, delete_segments
from cctv.footage.layout import incoming_files, recorder_lock
from cctv.footage.quarantine import quarantined_files, take_in_unnoted, unnoted_files
from cctv.footage.repair.compare import walk
from cctv.footage.repair.queries import count_segments
from cctv.footage.repair.recover import recover_incoming
from cctv.footage.runs import archived_cameras
from cctv.footage.segments import segments_of
from cctv.holds.store import holds_in_force, unknown_files
from cctv.model.audit import Act
from cctv.model.footage import Reason, Segment
from cctv.packages.expiry import expire_packages
from cctv.packages.queries import select_packages
from cctv.redaction.review.cleanup import tidy_all
from cctv.retention.certificate.certificate import DeletionCopy, certify
from cctv.retention.certificate.files import issue
from cctv.retention.guards.storage import check_guards, same_storage
from cctv.retention.session import deletion_session
from cctv.viewing.cleanup import tidy_views

log = logging.getLogger(__name__)

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # before any recording
_MINUTE = timedelta(minutes=1)


class SiteHeld(CctvError):
    """The site is not closed: {holds} keep footage; nothing was deleted.

    next: settle or close their cases, or release them with cctv hold release ID --reason WHY; then close again.
    """

    exit_code = Exit.DECISION_MISSING


class CasesOpen(CctvError):
    """The site is not closed: {cases} {are} still open; nothing was deleted.

    next: answer, close or end them first; `list` of `cctv incident`, `request`, `disclosure` and `breach` shows them.
    """

    exit_code = Exit.DECISION_MISSING


class ClosingUndecided(CctvError):
    """The site is not closed: {segments} segments ({size}) would be destroyed for good, and nobody decided that.

    next: {line}
    """

    exit_code = Exit.DECISION_MISSING


class NotEmpty(CctvError):
    """The closing is not complete: {left} files still stand in {where}.

    next: cctv footage reconcile, then cctv site close again; the certificate is made once nothing is left.
    """

    exit_code = Exit.PARTLY


@dataclass(frozen=True, slots=True)
class ClosingPlan:
    """What closing would destroy: segments by zone, bytes in all, files in quarantine, packages by id."""

    segments: tuple[tuple[str, int], ...]
    size_bytes: int
    quarantined: int
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecommissionResult:
    """What was destroyed, and where the certificate is."""

    segments: int
    quarantined: int
    packages: int
    certificate: Path


def plan_closing(site: Storage) -> ClosingPlan:
    """What would be destroyed; raises SiteHeld, CasesOpen and the guards, as `close_site` does."""
    same_storage(site)
    with read_transaction(site.engine) as connection:
        check_guards(connection, site)
        _refuse_open(connection, site, [hold.id for hold in unknown_files(connection, site)])
        segments = _all_segments(connection, site)
        standing = tuple(package.id for package in select_packages(connection) if package.deleted is None)
    zones = Counter(str(segment.zone) for segment in segments)
    size = sum(segment.size_bytes for segment in segments)
    quarantined = len(quarantined_files(site)) + len(unnoted_files(site))
    return ClosingPlan(tuple(sorted(zones.items())), size, quarantined, standing)


def close_site(site: Storage, *, reason: str, folder: Path, copies: Sequence[DeletionCopy] = ()) -> DecommissionResult:
    """Destroy everything that was recorded, and certify it in `folder`, which must not exist yet.

    Raises LockHeld while recorder or sweeper run, SiteHeld, CasesOpen, NotEmpty, CertificateExists and the guards;
    ActProposed or ProposalWaits, and destroys nothing, while the policy asks for a second person.
    """
    began = site.clock.now()
    with deletion_session(site) as session, recorder_lock(site):
        with write_transaction(site.engine) as connection:
            _refuse_open(connection, site)
            waiting = _sign(connection, site, folder, reason)
            if waiting is None:
                append_entry(connection, site, Act.SITE_CLOSING, "site", reason=reason)
        if waiting is not None:
            raise waiting
        recover_incoming(site)
        with read_transaction(site.engine) as connection:
            doomed = _all_segments(connection, site)
        deleted = delete_segments(session, doomed, Reason.SITE_CLOSED)
        take_in_unnoted(site)
        quarantine_deleted = delete_quarantined(session, quarantined_files(site))
        with read_transaction(site.engine) as connection:
            requests = sorted({package.request for package in select_packages(connection) if package.request})
        packages = sum(len(expire_packages(site, request)) for request in requests)
        tidy_all(site)
        tidy_views(site, everything=True)
        _require_empty(site)
        _certify(site, folder, copies)
        with write_transaction(site.engine) as connection:
            facts: AuditFacts = {
                "segments": len(deleted),
                "seconds": round((site.clock.now() - began).total_seconds()),
            }
            append_entry(connection, site, Act.SITE_CLOSED, "site", facts=facts)
        sign_checkpoint(site)
        log.info("site.closed", extra={"deleted": len(deleted), "packages": packages})
    return DecommissionResult(len(deleted), len(quarantine_deleted), packages, folder)


def _sign(connection: Connection, site: Storage, folder: Path, reason: str) -> CctvError | None:
    """What to raise where a second person must agree: to this footage and these packages, or what is left of them."""
    segments = _all_segments(connection, site)
    facts: AuditFacts = {
        "newest": max((segment.id for segment in segments), default=0),
        "packages": [package.id for package in select_packages(connection)],
    }
    line = f"cctv site close --out {shlex.quote(str(folder))} --reason WHY --yes"
    first = require_two(
        connection, site, TwoPersonAct.FOOTAGE_DESTROY, "site", facts=facts, reason=reason, line=line, repeatable=True
    )
    return not_yet(site, first, N_("to close the site, and to destroy all that was recorded"), line)


def _refuse_open(connection: Connection, site: Storage, on_disk: Sequence[str] = ()) -> None:
    """Raise SiteHeld, CasesOpen.  `on_disk`: ids of holds that only their files have, before they are adopted."""
    holds = [*(hold.id for hold in holds_in_force(connection)), *on_disk]
    if holds:
        raise SiteHeld(holds=", ".join(holds))
    open_cases: list[str] = [incident.id for incident in select_incidents(connection, settled_too=False)]
    open_cases += [request.id for request in select_requests(connection, closed_too=False)]
    open_cases += [disclosure.id for disclosure in select_disclosures(connection, closed_too=False)]
    open_cases += [breach.id for breach in list_breaches(site, closed_too=False)]
    if open_cases:
        raise CasesOpen(cases=", ".join(open_cases), are=ngettext_lazy(len(open_cases), "is", "are"))


def _all_segments(connection: Connection, site: Storage) -> list[Segment]:
    end = site.clock.now() + timedelta(days=1)
    return [
        segment
        for camera in archived_cameras(connection)
        for segment in segments_of(connection, camera, Span(_FIRST, end))
    ]


def _require_empty(site: Storage) -> None:
    """Raise NotEmpty when any file of footage is left, whatever the index says."""
    with read_transaction(site.engine) as connection:
        rows, _ = count_segments(connection)
    walked = walk(site.root)
    files = [path for folder in walked.folders for path in (site.root / folder).glob("*.mp4")]
    files += [site.root / stray for stray in walked.strays]
    files += [path for path in incoming_files(site.root) if path.is_file()]
    files += (site.root / "quarantine").rglob("*.mp4")
    if files or rows:
        where = site.relative(files[0].parent) if files else N_("the index")
        raise NotEmpty(left=len(files) or rows, where=where)


def _certify(site: Storage, folder: Path, copies: Sequence[DeletionCopy]) -> None:
    key = signing_key(site.root / "keys", site.disk)
    with read_transaction(site.engine) as connection:
        span = Span(_FIRST, site.clock.now() + _MINUTE)
        certificate = certify(connection, site, span, volume_of(site.root / "segments"), copies, key.public)
    issue(site, certificate, key, folder)
