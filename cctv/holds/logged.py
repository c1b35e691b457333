"""Holds as the log says them: rebuilt from its entries, and compared with rows and files before anything is deleted.

`holds_of` is pure.  The guard `require_as_logged` stops deletion where a hold in force by the log has no row or another
one, where a row has none in the log, and where a file says something else.  What a crash leaves is no difference: a
file without a row, the file of a released hold, and a file that is ahead of its row by a review date or a camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from cctv.audit.chain import GENESIS, Payload, entry_hash
from cctv.audit.log import chain_head, stored_entry_hash
from cctv.core.clock import from_us, iso
from cctv.core.errors import FileUnreadable, GuardError
from cctv.core.i18n import N_, Message
from cctv.core.text import parse_json
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.storage import Storage
from cctv.holds.files import hold_file_bytes, hold_path, read_hold_file
from cctv.holds.store import holds_in_force
from cctv.model.audit import Act
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId

PLACING = frozenset((Act.HOLD_PLACED.value, Act.HOLD_ADOPTED.value))
HOLD_ACTS = PLACING | {act.value for act in (Act.HOLD_FOLLOWED, Act.HOLD_RENEWED, Act.HOLD_RELEASED)}


class HoldsDiffer(GuardError):
    """Deletion stops: {hold} is not what the log says it is: {why}.

    next: compare `cctv hold list` and `cctv audit list --about {hold}` with what you know;
    `cctv footage reconcile --fix` puts back what the log says; nothing was deleted.
    """


class LogUnreadable(GuardError):
    """Deletion stops: what is held cannot be read from the log, which is broken at entry {seq}: {problem}.

    next: `cctv audit verify`, and compare the database with the last back-up; nothing was deleted.
    """


@dataclass(frozen=True, slots=True)
class LoggedHold:
    """A hold as the log says it.  `span` is None before version 2 of the facts, which named whole seconds (`said`).

    `review` and `kind` are None where an old entry does not name them.
    """

    id: HoldId
    case_id: str
    kind: GroundKind | None
    cameras: frozenset[CameraId]
    span: Span | None
    said: str
    review: datetime | None
    placed: datetime
    placed_by: str

    def differs(self, hold: Hold, *, strict: bool = True) -> Message | None:
        """How a row or file differs, None where it does not; leniently it may be ahead by a camera or a review date."""
        if hold.ground.case_id != self.case_id or (self.kind is not None and hold.ground.kind is not self.kind):
            return N_("another ground, {ground}", ground=hold.ground.case_id)
        if (self.span is not None and hold.span != self.span) or str(hold.span) != self.said:
            return N_("another span, {span}", span=str(hold.span))
        if not (hold.cameras == self.cameras if strict else hold.cameras >= self.cameras):
            return N_("other cameras, {cameras}", cameras=", ".join(sorted(hold.cameras)))
        if strict and self.review is not None and hold.review != self.review:
            return N_("another review date, {date}", date=iso(hold.review))
        if self.span is not None and (hold.placed, hold.placed_by) != (self.placed, self.placed_by):
            return N_("placed at another time, or by another account: {when}", when=iso(hold.placed))
        return None

    def as_hold(self, row: Hold | None) -> Hold | None:
        """The hold to put back; None where an old entry does not say enough and no row or file does either."""
        if self.span is not None and self.kind is not None and self.review is not None:
            span, kind, review = self.span, self.kind, self.review
        elif row is not None and str(row.span) == self.said:
            span, kind, review = row.span, self.kind or row.ground.kind, self.review or row.review
        else:
            return None
        return Hold(self.id, Ground(kind, self.case_id), self.cameras, span, review, self.placed, self.placed_by)


@dataclass(frozen=True, slots=True)
class HoldDifference:
    """A hold that is not as the log says: its id and why.  `logged` is None where the log does not know it in force."""

    hold: HoldId
    why: Message
    logged: LoggedHold | None
    row: Hold | None


def holds_of(entries: Iterable[Payload]) -> dict[HoldId, LoggedHold]:
    """The holds that are in force by the entries of a log, in their order; entries of other acts are ignored."""
    return fold({}, entries)


def fold(holds: Mapping[HoldId, LoggedHold], entries: Iterable[Payload]) -> dict[HoldId, LoggedHold]:
    """The holds in force after more entries."""
    after = dict(holds)
    for entry in entries:
        act, hold = entry["act"], HoldId(entry["subject"])
        if act in PLACING:
            after[hold] = _placed(hold, entry)
        elif act == Act.HOLD_RELEASED.value:
            after.pop(hold, None)
        elif hold in after and act == Act.HOLD_RENEWED.value:
            review = entry["facts"].get("review_us")
            after[hold] = replace(after[hold], review=from_us(review) if review is not None else None)
        elif hold in after and act == Act.HOLD_FOLLOWED.value:
            new = {CameraId(pair.rpartition(" -> ")[2]) for pair in entry["facts"]["renamed"]}
            after[hold] = replace(after[hold], cameras=after[hold].cameras | new)
    return after


def _placed(hold: HoldId, entry: Payload) -> LoggedHold:
    facts: dict[str, Any] = entry["facts"]
    is_full = "start_us" in facts
    return LoggedHold(
        id=hold,
        case_id=entry["case"],
        kind=GroundKind(facts["ground"]) if is_full else None,
        cameras=frozenset(CameraId(camera) for camera in facts["cameras"]),
        span=Span(from_us(facts["start_us"]), from_us(facts["end_us"])) if is_full else None,
        said=facts["span"],
        review=from_us(facts["review_us"]) if is_full else None,
        placed=from_us(facts["placed_us"] if is_full else entry["at_us"]),
        placed_by=facts["placed_by"] if is_full else entry["actor"],
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """How far a log was read in this process, and the holds in force there."""

    seq: int
    digest: str
    holds: dict[HoldId, LoggedHold]


_READ: dict[Path, _Read] = {}
# Canonical JSON: within a text the quotes would be escaped, so that this is the act.
_HOLD_ENTRIES = """
    SELECT one.seq, one.entry, one.hash, next.seq IS NULL OR instr(next.entry, '"previous":"' || one.hash || '"')
    FROM audit AS one LEFT JOIN audit AS next ON next.seq = one.seq + 1
    WHERE one.seq > ? AND instr(one.entry, '"act":"hold.') ORDER BY one.seq
"""


def logged_holds(connection: Connection, root: Path) -> dict[HoldId, LoggedHold]:
    """The holds in force by the log, of which only the entries of holds since the last call are read.

    Each of them must fit its hash and the entry after it, and no number may be missing from the log; that what stands
    there was not written anew as a whole, only a signed checkpoint tells.  Raises LogUnreadable.
    """
    read = _READ.get(root)
    if read is None or stored_entry_hash(connection, read.seq) != read.digest:
        read = _Read(0, GENESIS, {})
    head = chain_head(connection)
    if head == (read.seq, read.digest):
        return read.holds
    if (count := connection.execute(select(func.count()).select_from(schema.audit)).scalar_one()) != head[0]:
        raise LogUnreadable(seq=count, problem=N_("its number says {last}", last=head[0]))
    holds = fold(read.holds, _hold_entries(connection, read.seq))
    _READ[root] = _Read(*head, holds)
    return holds


def _hold_entries(connection: Connection, after: int) -> Iterator[Payload]:
    for seq, text, digest, follows in connection.exec_driver_sql(_HOLD_ENTRIES, (after,)):
        if entry_hash(text) != digest:
            raise LogUnreadable(seq=seq, problem=N_("its text does not match its hash"))
        if not follows:
            raise LogUnreadable(seq=seq + 1, problem=N_("it does not follow the entry before it"))
        try:
            entry: Payload = parse_json(text)
            if entry["act"] in HOLD_ACTS:
                fold({}, [entry])  # raises for what no entry of a hold says
                yield entry
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise LogUnreadable(seq=seq, problem=N_("it is no entry of a hold ({error})", error=error)) from error


def row_differences(connection: Connection, root: Path) -> list[HoldDifference]:
    """Where the rows of holds in force are not what the log says; raises LogUnreadable."""
    return compare_holds(logged_holds(connection, root), holds_in_force(connection))


def compare_holds(logged: Mapping[HoldId, LoggedHold], in_force: Iterable[Hold]) -> list[HoldDifference]:
    """Pure: the holds of a log and the rows in force that differ."""
    rows = {hold.id: hold for hold in in_force}
    found = []
    for name, said in logged.items():
        row = rows.get(name)
        why = N_("its row is gone, or says that it was released") if row is None else said.differs(row)
        if why is not None:
            found.append(HoldDifference(name, why, said, row))
    for name in rows.keys() - logged.keys():
        found.append(HoldDifference(name, N_("no entry of the log has it in force"), None, rows[name]))
    return sorted(found, key=lambda difference: difference.hold)


def file_differences(connection: Connection, site: Storage, *, strict: bool = False) -> list[HoldDifference]:
    """Where the file of a hold in force is not what its row says; a missing file has a guard of its own.

    With `strict` every byte counts.  Raises FileUnreadable for a file that is no hold.
    """
    found, logged = [], logged_holds(connection, site.root)
    for hold in holds_in_force(connection):
        said, path = logged.get(hold.id), hold_path(site, hold.id)
        try:
            written = path.read_bytes()
            on_disk = read_hold_file(path, site)
        except FileNotFoundError:
            continue
        why = said.differs(on_disk, strict=strict) if said is not None else None
        if why is None and on_disk.id != hold.id:
            why = N_("another id, {id}", id=on_disk.id)
        if why is None and strict and (written != hold_file_bytes(hold) or path.is_symlink()):
            why = N_("it was written by something else")
        if why is not None:
            found.append(HoldDifference(hold.id, N_("its file has {why}", why=why), said, hold))
    return found


def require_as_logged(connection: Connection, site: Storage) -> None:
    """Raise HoldsDiffer unless rows and files of holds say what the log says; LogUnreadable where that is broken."""
    for difference in (*row_differences(connection, site.root), *_files(connection, site)):
        raise HoldsDiffer(hold=difference.hold, why=difference.why)


def _files(connection: Connection, site: Storage) -> Iterator[HoldDifference]:
    try:
        yield from file_differences(connection, site)
    except FileUnreadable:
        return  # `match_files` reads it next, and says which file it is
