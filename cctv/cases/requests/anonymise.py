"""Anonymises closed requests.

An erasure is anonymised when it is closed ("vergeetverzoek: geanonimiseerde gegevens", docs/policies/002.txt), a
complaint after `[policy] forget_complaints`, any other request after `forget_requests`.

1. one transaction removes names, addresses, stated details, statements, letters' rows, and reasons with the keys of
   their digests; deleted rows are overwritten (`secure_delete`)
2. after the commit: the letters' folder is deleted        (crash: the next sweep deletes it)
3. the write-ahead log is checkpointed, so that no page of it holds a name

The audit entries remain, and still verify.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, forget_text
from cctv.cases.requests.lifecycle import Transition, apply_transition
from cctv.cases.requests.queries import anonymise_request, mark_closed, select_request, select_unforgotten
from cctv.db.engine import checkpoint_wal, read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import named_folder
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, RequestState, RequestType
from cctv.model.ids import RequestId

LETTERS = "letters"
UNSENT = timedelta(
    days=28
)  # an erasure whose letter is not reported as sent keeps its address as long as derived files


def letters_directory(site: Storage, request_id: str) -> Path:
    """`letters/REQ-YYYY-NNN`; raises PathOutside for an id that is no name."""
    return named_folder(site.root, LETTERS, request_id)


def forget_after(request: AccessRequest, keep: timedelta) -> datetime | None:
    """When a request must be anonymised; None while it is open, or once it is.  Pure."""
    if request.forgotten is not None:
        return None
    if request.type is RequestType.ERASURE and request.state is RequestState.WITHDRAWN and request.closed is not None:
        return request.closed + min(keep, UNSENT)  # the letter that confirms it must still go
    if request.type is RequestType.ERASURE and request.answered is not None:
        return request.closed or request.answered + UNSENT
    return None if request.closed is None else request.closed + keep


def forget(connection: Connection, site: Storage, request: AccessRequest) -> AccessRequest:
    """Remove the personal data from the rows, in the caller's transaction; `forget_files` does the rest afterwards."""
    request = apply_transition(connection, request, Transition.FORGET)
    anonymise_request(connection, request.id, site.clock.now())
    forget_text(connection, request.id)
    append_entry(connection, site, Act.REQUEST_FORGOTTEN, request.id, case_id=request.id)
    return request


def forget_files(site: Storage, request_id: str) -> None:
    """After the commit: delete the letters, and checkpoint the write-ahead log."""
    folder = letters_directory(site, request_id)
    if folder.is_symlink():
        folder.unlink()
        site.disk.sync_directory(folder.parent)
    elif folder.is_dir():
        shutil.rmtree(folder)
        site.disk.sync_directory(folder.parent)
    checkpoint_wal(site.engine)


def forget_due(site: Storage) -> tuple[RequestId, ...]:
    """Anonymise every request whose period is over; the sweep calls it.  Returns their ids.

    Raises PathOutside, and anonymises nothing, for an id that is no name.
    """
    now, policy = site.clock.now(), site.settings.policy
    with read_transaction(site.engine) as connection:
        requests = select_unforgotten(connection)
    due = []
    for request in requests:
        keep = policy.forget_complaints if request.type is RequestType.COMPLAINT else policy.forget_requests
        if (at := forget_after(request, keep)) is not None and at <= now:
            letters_directory(site, request.id)  # an id that is no name stops it before anything is forgotten
            due.append(request)
    for request in due:
        with write_transaction(site.engine) as connection:
            _forget_now(connection, site, request)
        forget_files(site, request.id)
    _remove_leftovers(site)
    return tuple(request.id for request in due)


def _forget_now(connection: Connection, site: Storage, request: AccessRequest) -> None:
    if request.state is RequestState.ANSWERED:
        mark_closed(connection, request.id, site.clock.now(), site.actor.account)
        facts: AuditFacts = {"outcome": request.outcome.value if request.outcome else "", "sent": "not reported"}
        append_entry(connection, site, Act.REQUEST_CLOSED, request.id, case_id=request.id, facts=facts)
        closed = select_request(connection, request.id)
        assert closed is not None
        request = closed
    forget(connection, site, request)


def _remove_leftovers(site: Storage) -> None:
    """Delete letters of an anonymised request that a crash left."""
    root = site.root / LETTERS
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        with read_transaction(site.engine) as connection:
            request = select_request(connection, folder.name)
        if request is not None and request.forgotten is not None:
            forget_files(site, request.id)
