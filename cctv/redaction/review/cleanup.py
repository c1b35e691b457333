"""Deletion of derived files: when their case closes, at the limit of their footage, and after four weeks at most.

docs/policies/001.txt: "maximaal één maand".

Responsible for the end of `derived/REQ-YYYY-NNN/`.  Deletes what was made from footage, never footage.  A case that is
still open then must be prepared again.  A link in place of a folder is removed, never what it leads to.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.durable import exclusive
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import named_folder
from cctv.model.audit import Act
from cctv.model.ids import RequestId
from cctv.redaction.review.case import LOCK
from cctv.redaction.review.queries import prepared_requests
from cctv.retention.copies import derived_limit

log = logging.getLogger(__name__)


def delete_derived(site: Storage) -> tuple[RequestId, ...]:
    """Remove the derived files of closed requests, and those that are past their limit; safe to repeat.

    1. audit entry, committed   (crash: the folder is there; the next call begins again)
    2. folder removed, flushed
    """
    now = site.clock.now()
    with read_transaction(site.engine) as connection:
        due = [
            prepared.request
            for prepared in prepared_requests(connection)
            if os.path.lexists(named_folder(site.root, "derived", prepared.request))
            and (prepared.closed or derived_limit(connection, site, prepared.request).due <= now)
        ]
    return tuple(request for request in due if _remove(site, request))


def tidy_all(site: Storage) -> tuple[RequestId, ...]:
    """Remove the derived files of every request, whatever its age: the site ends."""
    with read_transaction(site.engine) as connection:
        requests = prepared_requests(connection)
    return tuple(prepared.request for prepared in requests if _remove(site, prepared.request))


def _remove(site: Storage, request: RequestId) -> bool:
    directory = named_folder(site.root, "derived", request)
    if directory.is_symlink():
        return _remove_link(site, request, directory)
    if not directory.is_dir():
        return False
    with exclusive(directory / LOCK):
        with write_transaction(site.engine) as connection:
            append_entry(connection, site, Act.DERIVED_DELETED, site.relative(directory), case_id=request)
        shutil.rmtree(directory)
        log.info("derived.deleted", extra={"case": request})
        site.disk.sync_directory(directory.parent)
    return True


def _remove_link(site: Storage, request: RequestId, link: Path) -> bool:
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"why": "a link in place of the folder"}
        append_entry(connection, site, Act.DERIVED_DELETED, site.relative(link), case_id=request, facts=facts)
    site.disk.unlink(link)
    log.info("derived.deleted", extra={"case": request})
    return True
