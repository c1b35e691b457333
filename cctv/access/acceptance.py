"""A person accepts what the proofs do not show: a log that lacks what was signed, holds of an index put in place.

Deletion and signing go on from there, and nothing makes it whole again: `cctv audit verify` and `cctv doctor` say so
from then on, with the account.  Where `[policy] two_person` names `index.replace`, two persons accept.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from cctv.access.policy import known_policy
from cctv.access.proposals import not_yet, require_two
from cctv.audit.chain import AuditBroken, AuditEntry, AuditFacts, EntryUnreadable
from cctv.audit.checkpoint_files import Checkpoint, contained, latest
from cctv.audit.log import append_entry, audit_entries
from cctv.config.policy_part import names_in
from cctv.config.schema import TwoPersonAct
from cctv.core.errors import UsageError
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.confirmation import UNCONFIRMED, NoNameGiven, check_confirmation
from cctv.holds.store import holds_in_force, match_files
from cctv.model.audit import Act
from cctv.model.holds import Hold

log = logging.getLogger(__name__)

_AGREED = ("proposed_by", "approver")  # facts of `proposal.seconded`
_REPLACED = (Act.BACKUP_RESTORED, Act.INDEX_REBUILT)


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
    """Enter into the log that a named person accepts it as it is.

    Raises LogReaches, NobodyAccepts; ActProposed or ProposalWaits while the policy asks for a second person.
    """
    lost = plan_accept(site)
    if site.actor.on_behalf_of is None:
        raise NobodyAccepts
    line = "cctv audit accept --for NAME --reason WHY"
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"signed_entries": lost.seq, "signed_head": lost.hash}
        first = require_two(
            connection, site, TwoPersonAct.INDEX_REPLACE, "log", facts=facts, reason=reason, line=line
        )  # fmt: skip
        if first is None:
            append_entry(connection, site, Act.LOG_ACCEPTED, "log", facts=facts, reason=reason)
    if (refusal := not_yet(site, first, N_("to go on with a log that was cut"), line)) is not None:
        raise refusal
    return lost


def confirm_holds(site: Storage, *, reason: str) -> Sequence[Hold]:
    """Record that a named person confirms the holds in force, and allow deletion again; returns those holds.

    Whatever hold is not among them has ended by that.  Raises NoHoldsToConfirm, NoNameGiven, IndexNotReady; ActProposed
    or ProposalWaits while the policy asks for a second person, who confirms the same holds.
    """
    check_confirmation(site)
    if site.actor.on_behalf_of is None:
        raise NoNameGiven
    match_files(site)
    line = "cctv hold confirm --for NAME --reason WHY"
    with write_transaction(site.engine) as connection:
        holds = holds_in_force(connection)
        facts: AuditFacts = {"holds": [hold.id for hold in holds]}
        first = require_two(
            connection, site, TwoPersonAct.INDEX_REPLACE, "holds", facts=facts, reason=reason, line=line
        )  # fmt: skip
        if first is None:
            append_entry(connection, site, Act.HOLDS_CONFIRMED, "holds", facts=facts, reason=reason)
    if (refusal := not_yet(site, first, N_("to delete again by the holds of this index"), line)) is not None:
        raise refusal
    site.disk.unlink(site.root / UNCONFIRMED)
    log.info("holds.confirmed", extra={"holds": len(holds)})
    return holds


def sign_replacement(site: Storage, backup: str, digest: str, *, reason: str) -> AuditFacts:
    """Ask for a second person before a back-up takes the place of a whole index, which is that of `site`.

    `digest` is the SHA-256 of the file.  The proposal is entered into the index that goes, and asked for by the policy
    that this one follows, whatever the cameras.toml in use says.  Returns who proposed it, for the log of the new
    index; empty where one person is enough.  Raises ActProposed, ProposalWaits.
    """
    line = f"cctv restore {backup} --key FILE --replace --reason WHY"
    with write_transaction(site.engine) as connection:
        known = known_policy(connection)
        named = names_in(known.rules, "policy.two_person") if known is not None else frozenset()
        if TwoPersonAct.INDEX_REPLACE.value not in named:
            return {}
        facts: AuditFacts = {"sha256": digest}
        first = require_two(
            connection, site, TwoPersonAct.INDEX_REPLACE, "index", facts=facts, reason=reason, line=line,
            whatever_the_policy=True,
        )  # fmt: skip
        agreed = audit_entries(connection, act=Act.PROPOSAL_SECONDED, about="index", last=1) if first is None else []
    if (refusal := not_yet(site, first, N_("to put a back-up in place of the index"), line)) is not None:
        raise refusal
    return {name: value for entry, _ in agreed for name, value in entry.facts.items() if name in _AGREED}


def replaced_alone(connection: Connection) -> AuditEntry | None:
    """The entry by which one person put another index in place, where no other one confirmed its holds since.

    None where that never happened, or another person proposed it or confirmed them.
    """
    entries = [entry for act in _REPLACED for entry, _ in audit_entries(connection, act=act, last=1)]
    last = max(entries, key=lambda entry: entry.seq, default=None)
    if last is None or "proposed_by" in last.facts:
        return None
    confirmed = audit_entries(connection, act=Act.HOLDS_CONFIRMED, last=1)
    others = {entry.actor.account for entry, _ in confirmed if entry.seq > last.seq} - {last.actor.account}
    seconded = audit_entries(connection, act=Act.PROPOSAL_SECONDED, about="holds", last=1)
    return None if others or any(entry.seq > last.seq for entry, _ in seconded) else last
