"""The rows of blocks, of the cases that they yield to, and of erasure orders.  Queries only."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.model.ids import CameraId, RequestId
from cctv.model.requests import Block, ErasureOrder, Yield

_IN_FORCE = schema.blocks.c.lifted_us.is_(None)


def insert_block(connection: Connection, block: Block) -> Block:
    """Store a block; returns it with its number."""
    key = connection.execute(
        insert(schema.blocks).values(
            request_id=block.request,
            kind=block.kind,
            start_us=block.span.start,
            end_us=block.span.end,
            placed_us=block.placed,
            placed_by=block.placed_by,
        )
    ).inserted_primary_key
    assert key is not None
    rows = [{"camera": camera, "block_id": key[0]} for camera in sorted(block.cameras)]
    connection.execute(insert(schema.block_cameras), rows)
    return _load(connection, schema.blocks.c.id == key[0])[0]


def mark_lifted(connection: Connection, block: Block, at: datetime, by: str) -> None:
    """Set when a block was lifted, and by which account."""
    table = schema.blocks
    connection.execute(update(table).where(table.c.id == block.id).values(lifted_us=at, lifted_by=by))


def blocks_of(connection: Connection, request_id: str, *, lifted_too: bool = False) -> list[Block]:
    """The blocks of one request, the first first."""
    own = schema.blocks.c.request_id == request_id
    return _load(connection, own if lifted_too else own & _IN_FORCE)


def blocks_over(connection: Connection, camera: CameraId, span: Span) -> list[Block]:
    """The blocks in force that cover any part of a camera's span."""
    block, covered = schema.blocks.c, schema.block_cameras.c
    named = select(covered.block_id).where(covered.camera == camera)
    meeting = (block.start_us < span.end) & (block.end_us > span.start)
    return _load(connection, _IN_FORCE & meeting & block.id.in_(named))


def insert_yield(connection: Connection, block: Block, granted: Yield) -> None:
    """Insert a case that a block yields to."""
    connection.execute(
        insert(schema.yields).values(
            block_id=block.id,
            case_id=granted.case_id,
            ground=granted.ground,
            decided_us=granted.decided,
            decided_by=granted.decided_by,
        )
    )


def mark_told(connection: Connection, request_id: RequestId, at: datetime) -> None:
    """Set when the person was informed of the cases that the blocks of a request yielded to so far."""
    table, block = schema.yields, schema.blocks.c
    own = table.c.block_id.in_(select(block.id).where(block.request_id == request_id))
    connection.execute(update(table).where(own, table.c.told_us.is_(None)).values(told_us=at))


def insert_erasure(connection: Connection, order: ErasureOrder) -> None:
    """Insert an order to erase footage."""
    connection.execute(
        insert(schema.erasures).values(
            request_id=order.request,
            ground=order.ground,
            cameras=order.cameras,
            start_us=order.span.start,
            end_us=order.span.end,
            ordered_us=order.ordered,
            ordered_by=order.ordered_by,
        )
    )


def open_erasures(connection: Connection, request_id: str | None = None) -> list[ErasureOrder]:
    """Erasures of which something is left, the first first."""
    table = schema.erasures
    query = select(table).where(table.c.done_us.is_(None)).order_by(table.c.id)
    if request_id is not None:
        query = query.where(table.c.request_id == request_id)
    return [_erasure(row) for row in connection.execute(query)]


def mark_erased(connection: Connection, order: ErasureOrder, at: datetime) -> None:
    """Set when an erasure order was done."""
    table = schema.erasures
    connection.execute(update(table).where(table.c.id == order.id).values(done_us=at))


def _load(connection: Connection, where: ColumnElement[bool]) -> list[Block]:
    block, covered, yields_table = schema.blocks, schema.block_cameras, schema.yields
    cameras: defaultdict[int, set[CameraId]] = defaultdict(set)
    for row in connection.execute(select(covered).join(block, block.c.id == covered.c.block_id).where(where)):
        cameras[row.block_id].add(row.camera)
    yields: defaultdict[int, list[Yield]] = defaultdict(list)
    joined = (
        select(yields_table).join(block, block.c.id == yields_table.c.block_id).where(where).order_by(yields_table.c.id)
    )
    for row in connection.execute(joined):
        yields[row.block_id].append(_yield(row))
    rows = connection.execute(select(block).where(where).order_by(block.c.placed_us, block.c.id))
    return [_block(row, frozenset(cameras[row.id]), tuple(yields[row.id])) for row in rows]


def _block(row: Row[Any], cameras: frozenset[CameraId], yields: tuple[Yield, ...]) -> Block:
    return Block(
        id=row.id,
        request=row.request_id,
        kind=row.kind,
        cameras=cameras,
        span=Span(row.start_us, row.end_us),
        placed=row.placed_us,
        placed_by=row.placed_by,
        lifted=row.lifted_us,
        lifted_by=row.lifted_by,
        yields=yields,
    )


def _yield(row: Row[Any]) -> Yield:
    return Yield(
        id=row.id,
        case_id=row.case_id,
        ground=row.ground,
        decided=row.decided_us,
        decided_by=row.decided_by,
        told=row.told_us,
    )


def _erasure(row: Row[Any]) -> ErasureOrder:
    return ErasureOrder(
        id=row.id,
        request=row.request_id,
        ground=row.ground,
        cameras=row.cameras,
        span=Span(row.start_us, row.end_us),
        ordered=row.ordered_us,
        ordered_by=row.ordered_by,
        done=row.done_us,
    )
