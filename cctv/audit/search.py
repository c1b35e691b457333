"""Search of the log by several criteria at once: an entry is found when it fits all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from cctv.audit.chain import AuditEntry
from cctv.audit.log import audit_entries
from cctv.core.time_range import Span


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What is searched for; None asks nothing.  `act` is an act or the part before its point; `actor` an account, or
    the person on whose call it acted; `about` a subject or case; `text` is searched in subject, facts and reason.
    """

    act: str | None = None
    actor: str | None = None
    about: str | None = None
    span: Span | None = None
    text: str | None = None

    def fits(self, entry: AuditEntry, reason: str | None) -> bool:
        """Whether an entry, with the text of its reason while that exists, is what is searched for."""
        if self.act is not None and self.act.casefold() not in (entry.act.value, entry.act.value.partition(".")[0]):
            return False
        names = {name.casefold() for name in (entry.actor.account, entry.actor.on_behalf_of) if name}
        if self.actor is not None and self.actor.casefold() not in names:
            return False
        if self.span is not None and not self.span.start <= entry.at < self.span.end:
            return False
        if self.text is None:
            return True
        searched = f"{entry.subject} {json.dumps(dict(entry.facts), ensure_ascii=False)} {reason or ''}"
        return self.text.casefold() in searched.casefold()


def search_log(connection: Connection, query: LogQuery, *, last: int) -> list[tuple[AuditEntry, str | None]]:
    """The last so many entries that fit, in order, each with the text of its reason while that exists."""
    found = [pair for pair in audit_entries(connection, about=query.about) if query.fits(*pair)]
    return found[-last:]
