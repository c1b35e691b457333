"""A person accepts that the log does not contain what was signed: deletion and signing go on from there.

`cctv audit verify` says so from then on, with the name; nothing makes the log whole again.
"""

from __future__ import annotations

from cctv.audit.chain import AuditBroken, AuditFacts, EntryUnreadable
from cctv.audit.checkpoint_files import Checkpoint, contained, latest
from cctv.audit.log import append_entry
from cctv.core.errors import UsageError
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act


class LogReaches(UsageError):
    """The log contains what was signed: there is nothing to accept.

    next: cctv audit verify
    """


class NobodyAccepts(UsageError):
    """That the log was cut is accepted by a person, and none is named.

    next: cctv audit accept --for NAME --reason WHY
    """


def plan_accept(site: Storage) -> Checkpoint:
    """The latest checkpoint, which the log does not contain; raises LogReaches, FileUnreadable, EntryUnreadable."""
    last = latest(site.root)
    if last is None:
        raise LogReaches
    with read_transaction(site.engine) as connection:
        try:
            contained(connection, last)
        except EntryUnreadable:
            raise  # nothing that is accepted makes it readable
        except AuditBroken:
            return last
    raise LogReaches


def accept_log(site: Storage, *, reason: str) -> Checkpoint:
    """Enter into the log that a named person accepts it as it is; raises LogReaches, NobodyAccepts."""
    lost = plan_accept(site)
    if site.actor.on_behalf_of is None:
        raise NobodyAccepts
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"signed_entries": lost.seq, "signed_head": lost.hash}
        append_entry(connection, site, Act.LOG_ACCEPTED, "log", facts=facts, reason=reason)
    return lost
