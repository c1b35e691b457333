"""Deletion of views: when their case ends, at the limit of the footage that they show, and after four weeks at most.

A link is removed, never what it leads to.

docs/policies/001.txt: "maximaal 4 weken bewaard".
"""

from __future__ import annotations

import logging
import shutil

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.disclosures.queries import select_disclosure
from cctv.cases.incident_queries import select_incident
from cctv.cases.requests.queries import select_request
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.ids import IdKind, id_kind
from cctv.retention.copies import VIEWS, view_limit

log = logging.getLogger(__name__)


def tidy_views(site: Storage, *, everything: bool = False) -> tuple[str, ...]:
    """Remove the views of ended cases and those made too long ago; returns the cases.  Safe to repeat.

    1. audit entry, committed   (crash: the files are there; the next call begins again)
    2. files removed, flushed
    """
    now, touched = site.clock.now(), []
    for folder in sorted((site.root / "derived").glob(f"*/{VIEWS}")):
        case = folder.parent.name
        if folder.parent.is_symlink() or not (folder.is_dir() or folder.is_symlink()):
            continue  # nothing of ours lies behind a link
        with read_transaction(site.engine) as connection:
            ended = everything or _ended(connection, case)
            is_link = folder.is_symlink()
            views = [] if is_link else sorted(folder.iterdir())
            limits = {path: view_limit(connection, site, path) for path in views}
            due = [path for path, limit in limits.items() if ended or (limit is not None and limit.due <= now)]
        due = [folder] if is_link else due
        if due:
            with write_transaction(site.engine) as connection:
                facts: AuditFacts = {"files": len(due)}
                append_entry(connection, site, Act.DERIVED_DELETED, site.relative(folder), case_id=case, facts=facts)
            for path in due:
                if path.is_dir() and not path.is_symlink():  # of a worker that a crash ended
                    shutil.rmtree(path)
                else:
                    site.disk.unlink(path)
            log.info("views.deleted", extra={"case": case, "files": len(due)})
            touched.append(case)
        if ended and not is_link:
            shutil.rmtree(folder)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
            site.disk.sync_directory(site.root / "derived")
    return tuple(touched)


def _ended(connection: Connection, case: str) -> bool:
    match id_kind(case):
        case IdKind.INCIDENT:
            incident = select_incident(connection, case)
            return incident is None or not incident.is_open
        case IdKind.REQUEST:
            request = select_request(connection, case)
            return request is None or not request.is_open
        case IdKind.DISCLOSURE:
            disclosure = select_disclosure(connection, case)
            return disclosure is None or disclosure.closed is not None
        case _:
            return False
