"""The packages that stand in exports/: listing them, and taking them away when their month is over.

Owns the end of a package ("maximaal één maand").  Tells
another desk how to copy one.  Deletes packages only, never footage: a package is a copy.

How long a package stays with us: "maximaal één maand" (docs/policies/001.txt).

Pure.  Never longer than either rule.
"""

from __future__ import annotations

import logging
import shutil
from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.grants import require
from cctv.core.durable import exclusive
from cctv.crypto.signing_key import read_public_key
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.compliance import Permission
from cctv.packages.deliver import FetchLines, fetch_lines, host_name
from cctv.packages.errors import PackageOver
from cctv.packages.manifest import PUBLIC_KEY
from cctv.packages.queries import PackageRow, find_package, mark_deleted, select_packages

LONGEST = timedelta(days=30)


def lease_end(built: datetime) -> datetime:
    """30 days after it was built, or the same day of the next month where that comes first (February)."""
    year, month = (built.year + 1, 1) if built.month == 12 else (built.year, built.month + 1)
    next_month = built.replace(year=year, month=month, day=min(built.day, monthrange(year, month)[1]))
    return min(built + LONGEST, next_month)


log = logging.getLogger(__name__)


def list_packages(site: Storage, request_id: str | None = None) -> list[PackageRow]:
    """Every package ever built, or those of one request, the oldest first."""
    with read_transaction(site.engine) as connection:
        return select_packages(connection, request_id.strip().upper() if request_id else None)


def package_path(site: Storage, package_id: str) -> Path:
    """Where a package stands; raises ExportUnknown."""
    with read_transaction(site.engine) as connection:
        return site.root / find_package(connection, package_id.strip().upper()).path


def fetch(site: Storage, package_id: str, *, dry_run: bool = False) -> FetchLines:
    """The lines by which another desk copies a package; the log has that they were asked for.

    Raises ExportUnknown, NotGranted, PackageOver.
    """
    with read_transaction(site.engine) as connection:
        package = find_package(connection, package_id.strip().upper())
    require(site, Permission.EXPORT if package.disclosure is None else Permission.EXPORT_UNREDACTED)
    if package.deleted is not None or package.expires <= site.clock.now():
        raise PackageOver(id=package.id, when=package.expires.astimezone(site.settings.site.timezone).date())
    path = site.root.resolve() / package.path
    key = read_public_key(path / PUBLIC_KEY)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        facts: AuditFacts = {"manifest": package.manifest_sha256}
        append_entry(connection, site, Act.EXPORT_FETCHED, package.id, case_id=package.case_id, facts=facts)
    return fetch_lines(site.actor.account, host_name(), path, key.fingerprint)


def expire_packages(site: Storage, request_id: str | None = None) -> Sequence[PackageRow]:
    """Take away the packages whose time is over; with a request, all of that request.

    1. row marked and audit entry, committed   (crash: the folder is there; the next call resumes at 2)
    2. folder removed, flushed
    """
    now = site.clock.now()
    with read_transaction(site.engine) as connection:
        if not _to_remove(site, select_packages(connection, request_id), now, all_of_them=request_id is not None):
            return []  # without the lock: a build under way is not disturbed by a sweep with nothing to do
    with exclusive(site.root / "exports" / ".lock"):
        with write_transaction(site.engine) as connection:
            found = _to_remove(site, select_packages(connection, request_id), now, all_of_them=request_id is not None)
            due = [one for one in found if one.deleted is None]
            for one in due:
                mark_deleted(connection, one.id, now)
                facts: AuditFacts = {"manifest": one.manifest_sha256}
                append_entry(connection, site, Act.EXPORT_DELETED, one.id, case_id=one.case_id, facts=facts)
        for one in found:
            _remove(site, one)
            log.info("package.deleted", extra={"package": one.id, "case": one.case_id})
    return due


def _to_remove(site: Storage, known: Sequence[PackageRow], now: datetime, *, all_of_them: bool) -> list[PackageRow]:
    """Packages whose time is over, and those whose removal a crash interrupted."""
    return [
        one
        for one in known
        if (one.deleted is None and (all_of_them or one.expires <= now))
        or (one.deleted is not None and (site.root / one.path).is_dir())
    ]


def _remove(site: Storage, package: PackageRow) -> None:
    folder = site.root / package.path
    if folder.is_dir():
        shutil.rmtree(folder)
        site.disk.sync_directory(folder.parent)
