"""The open question about identity, and what is asked of a request before something is done for it.

Reads what the rule of `needs` is made of, and refuses by it: the commands by which a copy leaves wait for all of it,
preparing, approving and granting for the question that was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, audit_entries
from cctv.cases.errors.requests import CopyNotReady, QuestionOpen
from cctv.cases.requests.needs import lacking, open_question, step_label
from cctv.cases.requests.queries import checks_of, letters_of
from cctv.core.i18n import N_, join_messages
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.requests import IdentityCheck, LetterKind


def question_open(
    connection: Connection, request_id: str, asked: datetime | None, checks: Sequence[IdentityCheck]
) -> datetime | None:
    """When the question that still waits was asked; the log is read only where no check followed it."""
    if open_question(asked, checks, None) is None:
        return None
    withdrawn = audit_entries(connection, act=Act.QUESTION_WITHDRAWN, about=request_id, last=1)
    return open_question(asked, checks, withdrawn[0][0].at if withdrawn else None)


def question_of(connection: Connection, request: AccessRequest) -> datetime | None:
    """When identity was asked for, while that waits for a check or a withdrawal; else None."""
    made = [letter.made for letter in letters_of(connection, request.id) if letter.kind is LetterKind.IDENTITY]
    return question_open(connection, request.id, max(made, default=None), checks_of(connection, request.id))


def require_ready(connection: Connection, request: AccessRequest) -> None:
    """Raises CopyNotReady while a mandate, an identity or the answer to a question is missing; the caller logs it."""
    steps = tuple(lacking(request, checks_of(connection, request.id), question_of(connection, request)))
    if not steps:
        return
    following = steps[0].line
    if request.closed is not None:
        following = N_("{id} is closed: register it again with cctv request open, and enter it there.", id=request.id)
    raise CopyNotReady(id=request.id, missing=join_messages(step_label(step) for step in steps), following=following)


def require_answered(connection: Connection, site: Storage, request: AccessRequest) -> None:
    """Raises QuestionOpen while identity was asked for and the question is neither answered nor taken back."""
    asked = question_of(connection, request)
    if asked is None:
        return
    *_, answering = lacking(request, checks_of(connection, request.id), asked)
    when = asked.astimezone(site.settings.site.timezone).date()
    raise QuestionOpen(id=request.id, when=when, following=answering.line)


def require_question_answered(site: Storage, request: AccessRequest, what: str) -> None:
    """Raises QuestionOpen as `require_answered`, once the refusal of `what` is in the log."""
    try:
        with read_transaction(site.engine) as connection:
            require_answered(connection, site, request)
    except QuestionOpen as error:
        with write_transaction(site.engine) as connection:
            facts: AuditFacts = {"what": what, "code": error.code, "exit": int(error.exit_code)}
            append_entry(connection, site, Act.USE_REFUSED, request.id, case_id=request.id, facts=facts)
        raise
