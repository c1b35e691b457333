"""The packages in exports/: listing them, and deleting them when their lease is over; undelivered, with their footage.

Responsible for the lease, "maximaal één maand" (docs/policies/001.txt).  Deletes packages only, never footage: a
package is a copy.
"""

from __future__ import annotations

import logging
import os
import shutil
from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.durable import exclusive
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.ids import typed_id
from cctv.packages.folder import package_folder, package_place
from cctv.packages.queries import PackageRow, find_package, mark_deleted, select_packages
from cctv.retention.copies import package_limit

log = logging.getLogger(__name__)

_MAX_LEASE = timedelta(days=30)


def lease_end(built: datetime) -> datetime:
    """30 days after it was built, or the same day of the next month where that comes first (February)."""
    year, month = (built.year + 1, 1) if built.month == 12 else (built.year, built.month + 1)
    next_month = built.replace(year=year, month=month, day=min(built.day, monthrange(year, month)[1]))
    return min(built + _MAX_LEASE, next_month)


def list_packages(site: Storage, request_id: str | None = None) -> list[PackageRow]:
    """Every package ever built, or those of one request, the oldest first."""
    with read_transaction(site.engine) as connection:
        return select_packages(connection, typed_id(request_id) if request_id else None)


def package_path(site: Storage, package_id: str) -> Path:
    """Return the folder of a package; raises ExportUnknown."""
    with read_transaction(site.engine) as connection:
        return package_folder(site, find_package(connection, typed_id(package_id)))


def expire_packages(site: Storage, request_id: str | None = None) -> Sequence[PackageRow]:
    """Delete the packages whose lease is over; with a request, all of that request.  Returns those newly deleted.

    1. row marked and audit entry, committed   (crash: the folder is there; the next call resumes at 2)
    2. folder removed, flushed
    """
    now = site.clock.now()
    with read_transaction(site.engine) as connection:
        if not _to_remove(connection, site, request_id, now):
            return []  # before the lock: a sweep with nothing to do must not fail on a build under way
    with exclusive(site.root / "exports" / ".lock"):
        with write_transaction(site.engine) as connection:
            expired = _to_remove(connection, site, request_id, now)
            due = [package for package in expired if package.deleted is None]
            for package in due:
                mark_deleted(connection, package.id, now)
                facts: AuditFacts = {"manifest": package.manifest_sha256}
                append_entry(connection, site, Act.EXPORT_DELETED, package.id, case_id=package.case_id, facts=facts)
        for package in expired:
            _remove(site, package)
            log.info("package.deleted", extra={"package": package.id, "case": package.case_id})
    return due


def _to_remove(connection: Connection, site: Storage, request_id: str | None, now: datetime) -> list[PackageRow]:
    """Packages that are due, all of a request's, and those whose removal a crash interrupted."""
    return [
        package
        for package in select_packages(connection, request_id)
        if (
            package.deleted is None
            and (request_id is not None or package_limit(connection, site, package.id).due <= now)
        )
        or (package.deleted is not None and os.path.lexists(package_place(site, package)))
    ]


def _remove(site: Storage, package: PackageRow) -> None:
    folder = package_place(site, package)
    if folder.is_symlink():
        site.disk.unlink(folder)
    elif folder.is_dir():
        shutil.rmtree(folder)
        site.disk.sync_directory(folder.parent)
