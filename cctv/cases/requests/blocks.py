"""Blocks: no viewing and no export of footage, from receipt of a restriction or an objection until it is lifted.

A block stops use and a hold stops deletion; the same request has one of each (Articles 18 and 21 GDPR,
docs/policies/002.txt).  Responsible for whether a case may use footage.  A block yields only to a named legal claim or
authority, by decision of the DPO.  An upheld objection lets through the copy for its own requester, also once it is
closed and its footage waits for the holds of others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import FootageBlocked
from cctv.cases.requests.block_queries import blocks_of, blocks_over, insert_block, mark_lifted
from cctv.cases.requests.needs import scope_of
from cctv.cases.requests.queries import select_request
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, RequestState, RequestType
from cctv.model.ids import CameraId
from cctv.model.requests import Block, BlockKind

_KINDS = {RequestType.RESTRICTION: BlockKind.RESTRICTION, RequestType.OBJECTION: BlockKind.OBJECTION}


def place_block(connection: Connection, site: Storage, request: AccessRequest) -> Block | None:
    """Block the footage of a restriction or an objection in the caller's transaction.

    None for any other type, and while it is not known which footage that is.
    """
    kind = _KINDS.get(request.type)
    if kind is None or request.span is None or not request.cameras:
        return None
    block = Block(
        id=0,
        request=request.id,
        kind=kind,
        cameras=frozenset(request.cameras),
        span=request.span,
        placed=site.clock.now(),
        placed_by=site.actor.account,
    )
    placed = insert_block(connection, block)
    facts: AuditFacts = {"kind": kind.value, "cameras": sorted(block.cameras), "span": str(block.span)}
    append_entry(connection, site, Act.BLOCK_PLACED, request.id, case_id=request.id, facts=facts)
    return placed


def lift_blocks(
    connection: Connection, site: Storage, request: AccessRequest, *, reason: str | None
) -> tuple[Block, ...]:
    """Lift every block of a request in the caller's transaction."""
    lifted = blocks_of(connection, request.id)
    for block in lifted:
        mark_lifted(connection, block, site.clock.now(), site.actor.account)
    if lifted:
        facts: AuditFacts = {"kind": lifted[0].kind.value}
        append_entry(connection, site, Act.BLOCK_LIFTED, request.id, case_id=request.id, facts=facts, reason=reason)
    return tuple(replace(block, lifted=site.clock.now(), lifted_by=site.actor.account) for block in lifted)


def blocking(connection: Connection, case_id: str, cameras: Iterable[CameraId], span: Span) -> tuple[Block, ...]:
    """The blocks that stop a case from using footage of these cameras over a span."""
    blocks = {block.id: block for camera in cameras for block in blocks_over(connection, camera, span)}
    return tuple(block for block in blocks.values() if not _lets_through(connection, block, case_id))


def require_unblocked(
    connection: Connection, site: Storage, case_id: str, cameras: Iterable[CameraId], span: Span
) -> None:
    """Raises FootageBlocked while a block covers any of the footage; the caller logs its refusal."""
    stopping = blocking(connection, case_id, cameras, span)
    if stopping:
        first = stopping[0]
        raise FootageBlocked(
            case=case_id,
            cameras=", ".join(sorted(first.cameras)),
            span=echo_span(first.span.start, first.span.end, site.settings.site.timezone),
            kind=first.kind,
            block=first.request,
        )


def require_usable(site: Storage, case: AccessRequest, what: str) -> None:
    """Raises FootageBlocked while a block covers footage of a request, once the refusal of `what` is in the log."""
    try:
        with read_transaction(site.engine) as connection:
            require_unblocked(connection, site, case.id, case.cameras, scope_of(case))
    except FootageBlocked as error:
        with write_transaction(site.engine) as connection:
            facts: AuditFacts = {"what": what, "block": str(error.fields["block"]), "exit": int(error.exit_code)}
            append_entry(connection, site, Act.USE_REFUSED, case.id, case_id=case.id, facts=facts)
        raise


def _lets_through(connection: Connection, block: Block, case_id: str) -> bool:
    if block.yields_to(case_id):
        return True
    if block.request != case_id or block.kind is not BlockKind.OBJECTION:
        return False
    request = select_request(connection, block.request)
    return request is not None and request.state not in {RequestState.OPEN, RequestState.REJECTED}
