"""Forgetting: the people of a closed request leave the register, and what stays is anonymous.

An erasure is forgotten when it is closed ("vergeetverzoek: geanonimiseerde gegevens", docs/policies/002.txt), a
complaint after `[policy] forget_complaints`, any other request after `forget_requests`.  Names, addresses, what was
said, statements, reasons with the keys of their digests, and letters go: from the rows, from the database's free pages
(`secure_delete`) and from its log.  The audit entries stay, and still verify.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv import audit
from cctv.casework import requeststore
from cctv.casework.requests import moved
from cctv.casework.states import Move
from cctv.db.engine import fold_log, reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, RequestState, RequestType
from cctv.model.ids import RequestId

LETTERS = "letters"
UNSENT = timedelta(
    days=28
)  # an erasure whose letter nobody reported as sent keeps its address no longer than derived files


def letters_directory(site: Site, request_id: str) -> Path:
    """`letters/REQ-YYYY-NNN`."""
    return site.root / LETTERS / request_id


def forget_after(request: AccessRequest, keep: timedelta) -> datetime | None:
    """When the people of a request must be forgotten; None while it is open.  Pure."""
    if request.forgotten is not None:
        return None
    if request.type is RequestType.ERASURE and request.answered is not None:
        return request.closed or request.answered + UNSENT
    return None if request.closed is None else request.closed + keep


def forget(connection: Connection, site: Site, request: AccessRequest) -> AccessRequest:
    """Take the personal data out of the rows, in the caller's transaction; `forget_files` does the rest afterwards."""
    request = moved(connection, request, Move.FORGET)
    requeststore.forget(connection, request.id, site.clock.now())
    audit.forget(connection, request.id)
    audit.append(connection, site, Act.REQUEST_FORGOTTEN, request.id, case_id=request.id)
    return request


def forget_files(site: Site, request_id: str) -> None:
    """After the commit: letters go, and the database's log is folded, so that no page of it names anybody."""
    folder = letters_directory(site, request_id)
    if folder.is_dir():
        shutil.rmtree(folder)
        site.disk.sync_directory(folder.parent)
    fold_log(site.engine)


def forget_due(site: Site) -> tuple[RequestId, ...]:
    """Forget every request whose time has come; the sweep calls it.  Answers those that were forgotten."""
    now, policy = site.clock.now(), site.settings.policy
    with reading(site.engine) as connection:
        found = requeststore.select_unforgotten(connection)
    due = []
    for one in found:
        keep = policy.forget_complaints if one.type is RequestType.COMPLAINT else policy.forget_requests
        if (at := forget_after(one, keep)) is not None and at <= now:
            due.append(one)
    for request in due:
        with writing(site.engine) as connection:
            _forget_now(connection, site, request)
        forget_files(site, request.id)
    _remove_leftovers(site)
    return tuple(one.id for one in due)


def _forget_now(connection: Connection, site: Site, request: AccessRequest) -> None:
    if request.state is RequestState.ANSWERED:
        requeststore.mark_closed(connection, request.id, site.clock.now(), site.actor.account)
        facts: audit.Facts = {"outcome": request.outcome.value if request.outcome else "", "sent": "not reported"}
        audit.append(connection, site, Act.REQUEST_CLOSED, request.id, case_id=request.id, facts=facts)
        found = requeststore.select_request(connection, request.id)
        assert found is not None
        request = found
    forget(connection, site, request)


def _remove_leftovers(site: Site) -> None:
    """Letters of a forgotten request that a crash left."""
    root = site.root / LETTERS
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        with reading(site.engine) as connection:
            request = requeststore.select_request(connection, folder.name)
        if request is not None and request.forgotten is not None:
            forget_files(site, request.id)
