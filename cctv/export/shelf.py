"""The packages that stand in exports/: listing them, and taking them away when their month is over.

Owns the end of a package ("maximaal één maand").  Tells
another desk how to copy one.  Deletes packages only, never footage: a package is a copy.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cctv import audit
from cctv.casework.duties import require
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.export.errors import PackageOver
from cctv.export.fetching import FetchLines, fetch_lines, host_name
from cctv.export.manifest import PUBLIC_KEY
from cctv.export.store import Package, find_package, mark_deleted, packages
from cctv.kernel.durable import exclusive
from cctv.model.accountability import Permission
from cctv.model.acts import Act
from cctv.signing import read_public_key

log = logging.getLogger(__name__)


def list_packages(site: Site, request_id: str | None = None) -> list[Package]:
    """Every package ever built, or those of one request, the oldest first."""
    with reading(site.engine) as connection:
        return packages(connection, request_id.strip().upper() if request_id else None)


def package_path(site: Site, package_id: str) -> Path:
    """Where a package stands; raises ExportUnknown."""
    with reading(site.engine) as connection:
        return site.root / find_package(connection, package_id.strip().upper()).path


def fetch(site: Site, package_id: str, *, dry_run: bool = False) -> FetchLines:
    """The lines by which another desk copies a package; the log has that they were asked for.

    Raises ExportUnknown, NotGranted, PackageOver.
    """
    with reading(site.engine) as connection:
        package = find_package(connection, package_id.strip().upper())
    require(site, Permission.EXPORT if package.disclosure is None else Permission.EXPORT_UNREDACTED)
    if package.deleted is not None or package.expires <= site.clock.now():
        raise PackageOver(id=package.id, when=package.expires.astimezone(site.settings.site.timezone).date())
    path = site.root.resolve() / package.path
    key = read_public_key(path / PUBLIC_KEY)
    with writing(site.engine, dry_run=dry_run) as connection:
        facts: audit.Facts = {"manifest": package.manifest_sha256}
        audit.append(connection, site, Act.EXPORT_FETCHED, package.id, case_id=package.case_id, facts=facts)
    return fetch_lines(site.actor.account, host_name(), path, key.fingerprint)


def expire_packages(site: Site, request_id: str | None = None) -> Sequence[Package]:
    """Take away the packages whose time is over; with a request, all of that request.

    1. row marked and audit entry, committed   (crash: the folder is there; the next call resumes at 2)
    2. folder removed, flushed
    """
    now = site.clock.now()
    with reading(site.engine) as connection:
        if not _to_remove(site, packages(connection, request_id), now, all_of_them=request_id is not None):
            return []  # without the lock: a build under way is not disturbed by a sweep with nothing to do
    with exclusive(site.root / "exports" / ".lock"):
        with writing(site.engine) as connection:
            found = _to_remove(site, packages(connection, request_id), now, all_of_them=request_id is not None)
            due = [one for one in found if one.deleted is None]
            for one in due:
                mark_deleted(connection, one.id, now)
                facts: audit.Facts = {"manifest": one.manifest_sha256}
                audit.append(connection, site, Act.EXPORT_DELETED, one.id, case_id=one.case_id, facts=facts)
        for one in found:
            _remove(site, one)
            log.info("package.deleted", extra={"package": one.id, "case": one.case_id})
    return due


def _to_remove(site: Site, known: Sequence[Package], now: datetime, *, all_of_them: bool) -> list[Package]:
    """Packages whose time is over, and those whose removal a crash interrupted."""
    return [
        one
        for one in known
        if (one.deleted is None and (all_of_them or one.expires <= now))
        or (one.deleted is not None and (site.root / one.path).is_dir())
    ]


def _remove(site: Site, package: Package) -> None:
    folder = site.root / package.path
    if folder.is_dir():
        shutil.rmtree(folder)
        site.disk.sync_directory(folder.parent)
