"""Reading that shows people or requesters is an act of its own in the log, where a site tells accounts apart.

One entry for the same account, command and subject in an hour, so that the log does not drown in somebody's work of an
afternoon; what is read for the first time is always in it.  Raises nothing of its own: where no entry can be written,
nothing is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, entries_since
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

AGAIN_AFTER = timedelta(hours=1)  # the same reading is entered again


@dataclass(frozen=True, slots=True)
class AskedReading:
    """What is read: by which command, the id of what is shown (None for a list), and what a list was narrowed by."""

    command: str
    subject: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> AuditFacts:
        """The facts of its entry but for the count."""
        return {"command": self.command, "filter": [f"{name}={value}" for name, value in sorted(self.filters.items())]}


def record_reading(site: Storage, reading: AskedReading, *, count: int | None = None) -> bool:
    """Enter a reading before it is shown; `count` is how many entries a list shows.  Returns whether it was new."""
    if not site.settings.roles.is_set:
        return False
    subject = reading.subject or reading.command
    with read_transaction(site.engine) as connection:
        if _is_known(connection, site, subject, reading):
            return False
    facts: AuditFacts = {**reading.facts, **({} if count is None else {"count": count})}
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.READING_ASKED, subject, facts=facts)
    return True


def _is_known(connection: Connection, site: Storage, subject: str, reading: AskedReading) -> bool:
    """Whether the same account did the same within the hour."""
    now = site.clock.now()
    for entry in entries_since(connection, now - AGAIN_AFTER):
        is_same = entry.act is Act.READING_ASKED and entry.actor == site.actor and entry.subject == subject
        if is_same and entry.at <= now and reading.facts.items() <= entry.facts.items():
            return True
    return False
