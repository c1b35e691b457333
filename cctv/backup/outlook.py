"""What the disk knows that a back-up does not: holds placed since, footage that is gone.  Looks only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv import holds
from cctv.backup import store
from cctv.db.engine import open_engine, reading
from cctv.model.ids import HoldId


@dataclass(frozen=True, slots=True)
class Outlook:
    """`in_force` are the holds of the back-up that keep footage again, `from_disk` those that only the disk knows.

    `gone_free` and `gone_held` are rows of the back-up whose files are not there: not brought back, and lost.
    """

    in_force: tuple[HoldId, ...]
    from_disk: tuple[HoldId, ...]
    gone_free: int
    gone_held: int

    @property
    def holds(self) -> tuple[HoldId, ...]:
        return tuple(sorted({*self.in_force, *self.from_disk}))


def outlook_of(root: Path, index: Path) -> Outlook:
    """Compare the index of a back-up with a storage."""
    on_disk = {HoldId(path.stem) for path in (root / "holds").glob("HOLD-*.json")}
    with reading(open_engine(index)) as connection:
        known = {hold.id for hold in holds.all_holds(connection)}
        in_force = tuple(hold.id for hold in holds.in_force(connection))
        gone = gone_ids(connection, root)
        held = store.count_held(connection, gone)
    return Outlook(in_force, tuple(sorted(on_disk - known)), len(gone) - held, held)


def gone_ids(connection: Connection, root: Path) -> list[int]:
    """Rows whose files are not on the disk."""
    return [row for row, path in store.paths_by_id(connection) if not os.path.lexists(root / path)]
