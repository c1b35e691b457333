"""A signed statement, from the index and the audit log, of why there is no footage to answer with.

Lists each span without picture with its cause, each deletion with the tombstone that proves it, and the head of the
log.  Names no one.  The signature is in OpenSSH's format: `ssh-keygen -Y verify` checks it without this program.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cctv.audit.log import chain_head
from cctv.cases.footage_status import FootageStatus, request_footage
from cctv.cases.requests.needs import scope_of
from cctv.core.clock import iso
from cctv.core.time_range import Span
from cctv.crypto.signing_key import signing_key
from cctv.crypto.sshsig import NAMESPACE, sign
from cctv.db.storage import Storage
from cctv.footage.coverage import inventory
from cctv.letters.facts import Absence, AbsenceCause, StatementFacts
from cctv.model.cases import AccessRequest
from cctv.model.footage import Reason

FILE = "statement.json"
_GONE = {
    Reason.PAST_LIMIT: AbsenceCause.EXPIRED,
    Reason.SPACE_NEEDED: AbsenceCause.SPACE_NEEDED,
    Reason.NEVER_ALLOWED: AbsenceCause.DELETED_BEFORE,
    Reason.ERASED: AbsenceCause.DELETED_BEFORE,
    Reason.SITE_CLOSED: AbsenceCause.DELETED_BEFORE,
    Reason.LOST: AbsenceCause.LOST,
    Reason.FORGOTTEN: AbsenceCause.LOST,
}


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """The statement's bytes and signature with the signer's public lines, and its facts for the letter."""

    text: bytes
    signature: str
    signers: str
    facts: StatementFacts


def absences(status: FootageStatus) -> tuple[Absence, ...]:
    """Every span of a camera without picture, in order, and why.

    Another person's erasure is not disclosed: it is listed as deleted because the site had to.
    """
    spans = [(deleted.span, _GONE[deleted.reason]) for deleted in status.gone]
    for hole in status.unrecorded:
        if hole.cause is not None:
            spans.append((hole.span, AbsenceCause(hole.cause.value)))
        else:
            spans.append((hole.span, AbsenceCause.NOT_YET_THERE if hole.began else AbsenceCause.NOT_RECORDED))
    return tuple(Absence(status.camera, span, cause) for span, cause in sorted(spans, key=lambda pair: pair[0]))


def signed_statement(connection: Connection, site: Storage, request: AccessRequest) -> SignedStatement:
    """The statement for a request, from the present index and log."""
    now, (entries, head) = site.clock.now(), chain_head(connection)
    span = scope_of(request)
    statement = {
        "schema": 1,
        "statement": "no footage",
        "request": request.id,
        "site": str(site.identity.site),
        "made": iso(now),
        "cameras": list(request.cameras),
        **_span(span),
        "absences": [_absence(absence) for status in request_footage(connection, site, request)
                     for absence in absences(status)],
        "deletions": _deletions(connection, request, now),
        "log": {"entries": entries, "hash": head},
    }  # fmt: skip
    text = json.dumps(statement, indent=2, ensure_ascii=False).encode() + b"\n"
    key = signing_key(site.root / "keys", site.disk)
    facts = StatementFacts(
        entries=entries,
        head=head,
        made=now,
        file=FILE,
        sha256=hashlib.sha256(text).hexdigest(),
        key=key.public.fingerprint,
    )
    signers = f'cctv namespaces="{NAMESPACE}" {key.public.line}\n'
    return SignedStatement(text, sign(text, key, NAMESPACE), signers, facts)


def _deletions(connection: Connection, request: AccessRequest, now: datetime) -> list[dict[str, object]]:
    """The tombstones of what was there once."""
    return [
        {
            "camera": tombstone.camera,
            **_span(tombstone.span),
            "sha256": tombstone.sha256,
            "limit": iso(tombstone.limit),
            "deleted": iso(tombstone.closed or tombstone.began),
            "cause": _GONE[tombstone.reason].value,
            "tombstone": tombstone.id,
        }
        for camera in request.cameras
        for tombstone in inventory(connection, camera, scope_of(request), now).gone
    ]


def _absence(absence: Absence) -> dict[str, object]:
    return {"camera": absence.camera, **_span(absence.span), "cause": absence.cause.value}


def _span(span: Span) -> dict[str, str]:
    return {"start": iso(span.start), "end": iso(span.end)}
