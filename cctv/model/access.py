"""Roles and rights: who may do what at a site.  No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from cctv.model.ids import GrantId


class Role(Enum):
    """What an account is at a site.  The value is the key of `[roles]` and the word in the log; never rename one."""

    OPERATOR = "operator"  # runs the machine; sees nobody and decides nothing about people
    STAFF = "staff"  # reports incidents, takes requests in
    HANDLER = "handler"  # prepares answers and disclosures
    DECIDER = "decider"  # decides and approves for the controller, and gives grants
    DPO = "dpo"  # advises and audits (Article 39 GDPR); handles a case by recorded exception only (Article 38(6))
    AUDITOR = "auditor"  # reads registers and the log


class Right(Enum):
    """What an account may do; a command needs one.  The value is the word in the log; never rename one."""

    READ_STATE = "see how the machine does"
    START_SERVICES = "start services and mend the storage"
    OPERATE = "run the machine"
    PROVE = "verify proofs"
    READ_HOLDS = "see holds"
    READ_INCIDENTS = "read incidents"
    RECORD_INCIDENTS = "report incidents and keep footage"
    END_HOLDS = "end holds"
    RECEIVE = "take requests in"
    READ_REQUESTS = "read requests and disclosures"
    HANDLE = "prepare answers and disclosures"
    REVIEW = "look a redaction through"
    DECIDE = "decide and approve"
    VIEW = "view footage"
    EXPORT = "build and hand over packages"
    DISCLOSE = "disclose unredacted footage"
    REPORT_BREACH = "report breaches"
    RECORD_CHECKS = "record checks and reviews"
    KEEP_REGISTERS = "keep registers"
    READ_REGISTERS = "read registers"
    READ_LOG = "read the log"
    SET_POLICY = "adopt a policy"
    DESTROY = "destroy footage before its time"
    GRANT = "give grants"


# Roles that no account should have together: who prepares does not approve; who runs the machine decides nothing about
# people; who audits neither prepares, decides nor runs what is audited (Article 38(6) GDPR, for the officer).
APART = (
    (Role.HANDLER, Role.DECIDER),
    (Role.OPERATOR, Role.DECIDER),
    *(
        (watcher, worker)
        for watcher in (Role.DPO, Role.AUDITOR)
        for worker in (Role.OPERATOR, Role.HANDLER, Role.DECIDER)
    ),
)


class RoleSource(Enum):
    """From what an account has a role."""

    GROUP = "group"
    OWNER = "owner"  # of the storage: the account of the services
    DEPUTY = "deputy"


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that an account has now, and from what."""

    role: Role
    source: RoleSource
    name: str  # the group, the id of the deputyship, or the account that owns the storage
    until: date | None = None  # last day, None: without an end


@dataclass(frozen=True, slots=True)
class Deputyship:
    """A role that a named account has until the end of a day, local time."""

    id: GrantId
    account: str
    role: Role
    until: date  # last day
    named: datetime
    named_by: str
    reason: str | None  # None: forgotten
    withdrawn: datetime | None = None
    withdrawn_by: str | None = None

    def is_in_force(self, today: date) -> bool:
        return self.withdrawn is None and today <= self.until


@dataclass(frozen=True, slots=True)
class HandlingException:
    """That a data protection officer may handle one case although Article 38(6) GDPR keeps the tasks apart."""

    id: GrantId
    account: str
    case_id: str
    given: datetime
    given_by: str
    reason: str | None  # None: forgotten
    until: date | None = None  # last day, None: as long as the case is open
    withdrawn: datetime | None = None
    withdrawn_by: str | None = None

    def is_in_force(self, today: date) -> bool:
        return self.withdrawn is None and (self.until is None or today <= self.until)
