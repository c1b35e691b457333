"""The rule of two persons: one proposes an act, another account does it, or a person elsewhere agrees by a signed text.

`require_two` is the rule, asked by every door of every act that `[policy] two_person` names, in the transaction that
would do it.  A proposal is an audit entry and nothing else; its number is its id, `P17`.  It counts for a week, for the
same act, subject and facts, and once.  Whoever proposed may withdraw it, whoever else may act may refuse it.

Who a person is comes from `site.actor.account` alone: never from what they say, so that `--for` changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.access.policy import known_policy, require_known_settings
from cctv.access.roles import accounts_with
from cctv.audit.chain import AuditEntry, AuditFacts
from cctv.audit.log import append_entry, audit_entries, entries_since
from cctv.config.fields import KEY_KIND, Approver
from cctv.config.policy_part import names_in
from cctv.config.schema import TwoPersonAct
from cctv.core.access import accounts_that_write
from cctv.core.errors import CctvError, Exit, Recorded, UsageError
from cctv.core.i18n import N_, Message, join_messages
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.access import Role
from cctv.model.audit import Act

VALIDITY = timedelta(days=7)  # later, the second person should be given the reason again
PROPOSING = frozenset({Act.ACT_PROPOSED, Act.RELEASE_ASKED, Act.LOOK_ASKED, Act.REFUSAL_SIGNED})
_ENDED = frozenset({Act.PROPOSAL_WITHDRAWN, Act.PROPOSAL_REFUSED, Act.PROPOSAL_SECONDED})
_LINE, _ACT, _PROPOSAL, _APPROVER, _KEY = "line", "act", "proposal", "approver", "key"  # names of facts
_NOT_COMPARED = frozenset({_LINE, _ACT})
_CASE_ENDS = frozenset({Act.INCIDENT_SETTLED, Act.REQUEST_CLOSED, Act.DISCLOSURE_CLOSED})
# What, about the same subject, leaves nothing to agree to.
_OVERTAKES: Mapping[Act, frozenset[Act]] = {
    Act.RELEASE_ASKED: frozenset({Act.HOLD_RENEWED, Act.HOLD_RELEASED}),
    Act.LOOK_ASKED: _CASE_ENDS,
    Act.ACT_PROPOSED: frozenset({Act.ERASURE_ORDERED, Act.SITE_CLOSED}),
    Act.REFUSAL_SIGNED: _CASE_ENDS | {Act.REQUEST_ANSWERED},
}
_LOOKS = frozenset({Act.FOOTAGE_VIEWED, Act.FOOTAGE_EXTRACTED})
_OF_ENTRY = {
    Act.RELEASE_ASKED: TwoPersonAct.HOLD_RELEASE.value,
    Act.LOOK_ASKED: TwoPersonAct.FOOTAGE_VIEW.value,
    Act.REFUSAL_SIGNED: "request.refuse",
}
_ID = re.compile(r"[pP]?([1-9][0-9]{0,15})")


class ActProposed(Recorded):
    """Proposal {id} recorded: {account} proposes {what}. Two people are asked for; nothing else changes until a second
    one agrees.

    next: {line}, typed by a second person from their own account before {until}: {who}
    """


class ProposalWaits(CctvError):
    """Not done yet: {account} proposed {what} on {when} ({id}), and two people are asked for.

    next: {line}, typed by a second person from their own account before {until}: {who}
    """

    exit_code = Exit.DECISION_MISSING


class ProposalUnknown(UsageError):
    """No proposal {id} waits for a second person: it was done, withdrawn or refused, is over a week old, or never was.

    next: cctv board
    """


class ProposalOfAnother(CctvError):
    """{account} proposed {id}, and only that account may withdraw it.

    next: cctv board refuse {id} --reason WHY
    """

    exit_code = Exit.NOT_PERMITTED


class ProposalOwn(CctvError):
    """{account} proposed {id}: another one agrees or refuses.

    next: cctv board withdraw {id} --reason WHY
    """

    exit_code = Exit.NOT_PERMITTED


@dataclass(frozen=True, slots=True)
class Signature:
    """The first of the two: which account gave it, when, the entry's number, and whether that was just now."""

    account: str
    at: datetime
    seq: int = 0
    is_new: bool = False

    def is_valid(self, now: datetime) -> bool:
        return now - self.at < VALIDITY


@dataclass(frozen=True, slots=True)
class Proposal:
    """What waits for a second person: who proposed which act on what, why, and the line that the second types.

    `reason` is None where none was given or it was forgotten; `line` is empty in entries of older releases.
    `approved_by` is the person elsewhere whose signed text was entered: then the proposer types the line again.
    """

    entry: AuditEntry
    act: str
    line: str
    reason: str | None
    approved_by: str | None = None

    @property
    def id(self) -> str:
        """`P17`."""
        return f"P{self.entry.seq}"

    @property
    def until(self) -> datetime:
        """When it ends to count."""
        return self.entry.at + VALIDITY

    @property
    def facts(self) -> AuditFacts:
        """What it binds to, without what only helps the second person."""
        return compared(self.entry.facts)


def require_two(
    connection: Connection,
    site: Storage,
    act: TwoPersonAct,
    subject: str,
    *,
    facts: AuditFacts | None = None,
    reason: str | None,
    line: str,
    case_id: str | None = None,
    entered_as: Act = Act.ACT_PROPOSED,
    verbatim: bool = False,
    whatever_the_policy: bool = False,
    repeatable: bool = False,
) -> Signature | None:
    """None when this account may do the act now; else the first signature, entered in this transaction if it is new.

    Returned rather than raised, so that the signature is committed: `not_yet` makes the refusal.  A signature counts
    for the same subject and facts, with `verbatim` for the same reason too, and once unless it is `repeatable`: then
    what is done ends it, and has entries of its own.
    `line` is what the second person types.  `whatever_the_policy` asks even where `two_person` does not name the act.
    Raises SettingsForeign, PolicyUnadopted.
    """
    if not whatever_the_policy:
        require_known_settings(connection, site)
        if act not in site.settings.policy.two_person:
            return None
    bound: AuditFacts = dict(facts or {}) | ({_ACT: act.value} if entered_as is Act.ACT_PROPOSED else {})
    now, account = site.clock.now(), site.actor.account
    words = (reason or "") if verbatim else None
    found = _first_signature(connection, entered_as, act, subject, bound, words)
    if found is not None and found.signature.is_valid(now):
        if found.signature.account == account and found.approver is None:
            return found.signature
        if not repeatable:
            done: AuditFacts = {_PROPOSAL: found.signature.seq, "proposed_by": found.signature.account}
            if found.approver is not None and found.signature.account == account:
                done = {**done, _APPROVER: found.approver.name, _KEY: found.approver.key}
            append_entry(connection, site, Act.PROPOSAL_SECONDED, subject, case_id=case_id, facts=done)
        return None
    entered: AuditFacts = {**bound, _LINE: line}
    entry = append_entry(connection, site, entered_as, subject, case_id=case_id, facts=entered, reason=reason)
    return Signature(entry.actor.account, entry.at, entry.seq, is_new=True)


def not_yet(
    site: Storage, first: Signature | None, what: Message | str, line: str
) -> ActProposed | ProposalWaits | None:
    """What to raise, after the commit, for what `require_two` returned; `what` is the act in words."""
    if first is None:
        return None
    refusal = ActProposed if first.is_new else ProposalWaits
    return refusal(id=f"P{first.seq}", what=what, **second_person(site, first, line))


def second_person(site: Storage, first: Signature, line: str) -> dict[str, object]:
    """What every refusal says of the first signature, and of who may give the second by typing `line`."""
    zone = site.settings.site.timezone
    return {
        "account": first.account,
        "when": first.at.astimezone(zone).date(),
        "until": echo_instant((first.at + VALIDITY).replace(microsecond=0), zone),
        "line": line,
        "who": _who_else(site, first),
    }


def waiting(connection: Connection, site: Storage) -> tuple[Proposal, ...]:
    """The proposals that wait for a second person, oldest first."""
    now = site.clock.now()
    proposed: dict[int, AuditEntry] = {}
    approved: dict[int, AuditEntry] = {}
    for entry in entries_since(connection, now - VALIDITY):
        if entry.act in PROPOSING and now - entry.at < VALIDITY:
            proposed[entry.seq] = entry
        elif entry.act in _ENDED:
            proposed.pop(_number(entry), None)
        elif entry.act is Act.PROPOSAL_SIGNED:
            approved[_number(entry)] = entry
        else:
            for seq in [seq for seq, open_entry in proposed.items() if _is_overtaken(open_entry, entry)]:
                del proposed[seq]
    return tuple(_proposal(connection, entry, approved.get(seq)) for seq, entry in sorted(proposed.items()))


def find_waiting(connection: Connection, site: Storage, typed: str) -> Proposal:
    """The waiting proposal of an id as a person typed it, `P17` or `17`; raises ProposalUnknown."""
    match = _ID.fullmatch(typed.strip())
    number = int(match[1]) if match else 0
    found = next((proposal for proposal in waiting(connection, site) if proposal.entry.seq == number), None)
    if found is None:
        raise ProposalUnknown(id=f"P{number}" if number else typed)
    return found


def end_proposal(site: Storage, typed: str, *, reason: str, refused: bool) -> Proposal:
    """Withdraw one's own proposal, or refuse another's; raises ProposalUnknown, ProposalOfAnother, ProposalOwn."""
    with write_transaction(site.engine) as connection:
        proposal = find_waiting(connection, site, typed)
        proposer, account = proposal.entry.actor.account, site.actor.account
        if refused and proposer == account:
            raise ProposalOwn(id=proposal.id, account=account)
        if not refused and proposer != account:
            raise ProposalOfAnother(id=proposal.id, account=proposer)
        facts: AuditFacts = {_PROPOSAL: proposal.entry.seq, "proposed_by": proposer, _ACT: proposal.act}
        act = Act.PROPOSAL_REFUSED if refused else Act.PROPOSAL_WITHDRAWN
        entry = proposal.entry
        append_entry(connection, site, act, entry.subject, case_id=entry.case_id, facts=facts, reason=reason)
    return proposal


def list_waiting(site: Storage) -> tuple[Proposal, ...]:
    """The proposals that wait for a second person, oldest first."""
    with read_transaction(site.engine) as connection:
        return waiting(connection, site)


def compared(facts: AuditFacts) -> AuditFacts:
    """The facts that a signature counts for."""
    return {name: value for name, value in facts.items() if name not in _NOT_COMPARED}


def other_accounts(site: Storage, account: str) -> tuple[str, ...]:
    """Which accounts of this machine may act, but for one; sorted, empty where there is none."""
    return tuple(name for name in accounts_that_act(site) if name != account)


def accounts_that_act(site: Storage) -> tuple[str, ...]:
    """Which accounts of this machine may act: the members of the groups of [roles], else who writes the storage."""
    roles = site.settings.roles
    if not roles.is_set:
        return tuple(sorted(accounts_that_write(site.root)))
    names = {name for role in Role for name in accounts_with(roles, role)}
    return tuple(sorted(names))


@dataclass(frozen=True, slots=True)
class _Found:
    """The last first signature for some facts, and the person elsewhere who agreed."""

    signature: Signature
    approver: Approver | None


def _first_signature(
    connection: Connection,
    entered_as: Act,
    act: TwoPersonAct,
    subject: str,
    facts: AuditFacts,
    words: str | None,
) -> _Found | None:
    """The last one that was not ended; `words` is the text that it must have, None for any."""
    ended: set[int] = set()
    agreed: dict[int, AuditEntry] = {}
    wanted, overtakes = compared(facts), _OVERTAKES.get(entered_as, frozenset())
    for entry, text in reversed(audit_entries(connection, about=subject)):
        if entry.subject != subject:
            continue
        if entry.act in overtakes:
            return None
        if entry.act in _ENDED:
            ended.add(_number(entry))
        elif entry.act is Act.PROPOSAL_SIGNED:
            agreed[_number(entry)] = entry
        elif entry.act is entered_as and entry.facts.get(_ACT, act.value) == act.value:
            if compared(entry.facts) != wanted or (words is not None and (text or "") != words):
                continue
            if entry.seq not in ended:
                first = Signature(entry.actor.account, entry.at, entry.seq)
                return _Found(first, _approver(connection, agreed.get(entry.seq)))
    return None


def approvers_in_force(connection: Connection) -> tuple[Approver, ...]:
    """The people elsewhere whom the adopted policy names, whatever the cameras.toml in use says."""
    known = known_policy(connection)
    named = names_in(known.rules, "policy.approvers") if known is not None else ()
    people = (text.partition(f" {KEY_KIND} ") for text in sorted(named))
    return tuple(Approver(name, f"{KEY_KIND} {key}") for name, found, key in people if found)


def _approver(connection: Connection, signed: AuditEntry | None) -> Approver | None:
    """The person elsewhere who signed, where the policy in force still names them with that key."""
    if signed is None:
        return None
    named = Approver(str(signed.facts.get(_APPROVER)), str(signed.facts.get(_KEY)))
    return named if named in approvers_in_force(connection) else None


def _proposal(connection: Connection, entry: AuditEntry, signed: AuditEntry | None) -> Proposal:
    act = str(entry.facts.get(_ACT) or _OF_ENTRY.get(entry.act, entry.act.value))
    texts = {found.seq: text for found, text in audit_entries(connection, act=entry.act, about=entry.subject)}
    approver = _approver(connection, signed)
    name = approver.name if approver is not None else None
    return Proposal(entry, act, str(entry.facts.get(_LINE, "")), texts.get(entry.seq), name)


def _number(entry: AuditEntry) -> int:
    number = entry.facts.get(_PROPOSAL)
    return number if isinstance(number, int) else 0


def _is_overtaken(proposed: AuditEntry, entry: AuditEntry) -> bool:
    if entry.act in _LOOKS and proposed.act is Act.LOOK_ASKED:
        return entry.case_id == proposed.case_id and entry.actor.account != proposed.actor.account
    return entry.subject == proposed.subject and entry.act in _OVERTAKES.get(proposed.act, frozenset())


def _who_else(site: Storage, first: Signature) -> Message:
    """Who may give the second signature: whoever else may act here, and people elsewhere."""
    others = other_accounts(site, first.account)
    names = [person.name for person in site.settings.policy.approvers]
    if names:
        text = N_("{people} may by mail: cctv board letter {id}.", people=join_messages(names), id=f"P{first.seq}")
        return N_("{accounts} may; {by_mail}", accounts=join_messages(others), by_mail=text) if others else text
    if not others:
        return N_("no other account may act here yet; whoever runs the machine names groups in [roles].")
    return N_("{accounts} may.", accounts=join_messages(others))
