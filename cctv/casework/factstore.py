"""What is missing of open requests, read at once.  Queries only; costs what the open ones cost, however many closed.

Whether there is footage costs one look at the index of each camera; only where none is stored, what may still come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from cctv.casework import requeststore
from cctv.casework.found import look
from cctv.casework.missing import RequestFacts
from cctv.db import tables
from cctv.db.overlap import overlapping
from cctv.db.site import Site
from cctv.model.casework import AccessRequest

_OPEN = select(tables.requests.c.id).where(tables.requests.c.closed_us.is_(None))


def open_facts(connection: Connection, site: Site) -> list[RequestFacts]:
    """Every open request with what was done about it, the first due first."""
    found = _facts(connection, requeststore.select_requests(connection, closed_too=False), _OPEN)
    return [replace(one, has_footage=_has_footage(connection, site, one.request)) for one in found]


def facts_of(connection: Connection, site: Site, request: AccessRequest) -> RequestFacts:
    """One request, and whether there is footage to answer with."""
    only = select(tables.requests.c.id).where(tables.requests.c.id == request.id)
    (facts,) = _facts(connection, [request], only)
    return replace(facts, has_footage=_has_footage(connection, site, request))


def _has_footage(connection: Connection, site: Site, request: AccessRequest) -> bool:
    """Whether there is footage to answer with, or still to come."""
    segment = tables.segments.c
    for camera in request.cameras:
        stored = select(segment.id).where(overlapping(segment, camera, request.span)).limit(1)
        if connection.execute(stored).first() is not None:
            return True
    return not all(one.is_empty for one in look(connection, site, request.cameras, request.span))


def _facts(connection: Connection, requests: Sequence[AccessRequest], which: Select[Any]) -> list[RequestFacts]:
    checks = _grouped(connection, select(tables.identity_checks), tables.identity_checks.c.request_id, which)
    extensions = _grouped(connection, select(tables.extensions), tables.extensions.c.request_id, which)
    letters = _grouped(connection, select(tables.letters), tables.letters.c.request_id, which)
    statements = _counted(connection, tables.statements.c.request_id, which)
    part = tables.redactions.c
    plans = select(  # not the plans themselves: they are large
        part.request_id, part.digest, part.approved_digest, part.decided, part.signed_off, part.reviewed
    )
    parts = _grouped(connection, plans, part.request_id, which)
    untold = _untold(connection, which)
    return [
        RequestFacts(
            request=one,
            checks=tuple(requeststore.check_of(row) for row in checks[one.id]),
            extension=next((requeststore.extension_from(row) for row in extensions[one.id]), None),
            letters=frozenset(row.kind for row in letters[one.id]),
            sent=frozenset(row.kind for row in letters[one.id] if row.sent_us is not None),
            statements=statements.get(one.id, 0),
            untold_yields=untold.get(one.id, 0),
            parts=len(parts[one.id]),
            decided=sum(row.decided for row in parts[one.id]),
            signed_off=sum(row.signed_off for row in parts[one.id]),
            reviewed=sum(row.reviewed for row in parts[one.id]),
            approved=sum(row.approved_digest == row.digest for row in parts[one.id]),
        )
        for one in requests
    ]


def _grouped(
    connection: Connection, query: Select[Any], request_id: ColumnElement[str], which: Select[Any]
) -> defaultdict[str, list[Row[Any]]]:
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query.where(request_id.in_(which))):
        found[row.request_id].append(row)
    return found


def _counted(connection: Connection, request_id: ColumnElement[str], which: Select[Any]) -> dict[str, int]:
    query = select(request_id, func.count()).where(request_id.in_(which)).group_by(request_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _untold(connection: Connection, which: Select[Any]) -> dict[str, int]:
    block, given = tables.blocks.c, tables.yields.c
    query = (
        select(block.request_id, func.count())
        .join(tables.yields, given.block_id == block.id)
        .where(given.told_us.is_(None), block.request_id.in_(which))
        .group_by(block.request_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
