"""A hold's review date, moved: the one thing about a hold in force that changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, update

from cctv import audit
from cctv.db import tables
from cctv.db.site import Site
from cctv.holds.files import write_hold_file
from cctv.kernel.clock import iso
from cctv.model.acts import Act
from cctv.model.holds import Hold


def renew(connection: Connection, site: Site, hold: Hold, review: datetime, *, reason: str) -> Hold:
    """Move the review date in the caller's transaction, its file first: a crash can only leave an earlier row.

    Nothing else reads the date of the file but an index that is made again, and a later review deletes nothing.
    """
    renewed = replace(hold, review=review)
    write_hold_file(site, renewed)
    connection.execute(update(tables.holds).where(tables.holds.c.id == hold.id).values(review_us=review))
    facts: audit.Facts = {"review": iso(review), "before": iso(hold.review)}
    audit.append(connection, site, Act.HOLD_RENEWED, hold.id, case_id=hold.ground.case_id, facts=facts, reason=reason)
    return renewed
