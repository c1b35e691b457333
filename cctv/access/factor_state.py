"""What the log says of an account's second factor: enrolled or not, the codes that were used, failures, a lock.

The log is the only place that keeps it, so that a file put back from yesterday makes no used code good again.
`locked_until` is the rule of the lock, and pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.access.queries import factor_entries, newest_us
from cctv.audit.chain import AuditEntry, AuditFacts
from cctv.audit.log import entries_of_acts
from cctv.core.clock import from_us
from cctv.model.audit import Act

FAILURES = 5  # in a row, before the factor locks
LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(days=1)
WRONG, USED = "wrong", "used"  # causes of a refusal that count as failures; others are logged and do not
_BASES = (Act.FACTOR_ENROLLED, Act.FACTOR_RECOVERED, Act.FACTOR_RESET)
_ACTS = (*_BASES, Act.FACTOR_USED, Act.FACTOR_REFUSED)


@dataclass(frozen=True, slots=True)
class FactorState:
    """The state of an account's factor.

    `enrolled` is when it was, None where it has none; `fingerprint` that of its file; `last_step` the newest time step
    whose code was used; `recovery_used` the indexes of recovery codes that were; `failures` when each of the failures
    since the last success was.
    """

    account: str
    enrolled: datetime | None = None
    fingerprint: str = ""
    last_step: int = -1
    last_used: datetime | None = None
    recovery_used: frozenset[int] = frozenset()
    failures: tuple[datetime, ...] = ()

    def locked(self, now: datetime) -> datetime | None:
        """Until when it is locked; None where it is not."""
        until = locked_until(self.failures)
        return until if until is not None and now < until else None


def locked_until(failures: Sequence[datetime]) -> datetime | None:
    """Until when so many failures in a row lock a factor; None for less than five.  Pure.

    Every fifth failure locks for twice as long as the one before, a day at the most: 15 guesses an hour at first, five
    a day in the end, of a million codes.
    """
    rounds = len(failures) // FAILURES
    if not rounds:
        return None
    period = min(LOCK * (1 << min(rounds - 1, 10)), LONGEST_LOCK)
    return failures[rounds * FAILURES - 1] + period


def state_of(connection: Connection, account: str) -> FactorState:
    """The state of an account's factor; follows the entries since it was enrolled."""
    state = FactorState(account)
    for entry in factor_entries(connection, account, _BASES, Act.FACTOR_USED, _ACTS):  # each use has a later step
        state = _after(state, entry)
    return state


def enrolled_states(connection: Connection) -> list[FactorState]:
    """The states of all accounts that have a factor, by name."""
    accounts = sorted({entry.subject for entry in entries_of_acts(connection, {Act.FACTOR_ENROLLED})})
    states = (state_of(connection, account) for account in accounts)
    return [state for state in states if state.enrolled is not None]


def newest_entry(connection: Connection) -> datetime | None:
    """The latest time of the last 2,000 entries of the log, which a clock set back leaves out of order.

    None for an empty log.
    """
    newest = newest_us(connection)
    return from_us(newest) if newest is not None else None


def _after(state: FactorState, entry: AuditEntry) -> FactorState:
    """The state after one more entry.  Pure."""
    facts = entry.facts
    match entry.act:
        case Act.FACTOR_ENROLLED:
            return FactorState(state.account, entry.at, str(facts["factor"]), _number(facts, "step"), entry.at)
        case Act.FACTOR_RECOVERED | Act.FACTOR_RESET:
            return FactorState(state.account)
        case Act.FACTOR_USED:
            spent = {_number(facts, "recovery")} if "recovery" in facts else set()
            return replace(
                state,
                last_step=max(state.last_step, _number(facts, "step")) if "step" in facts else state.last_step,
                last_used=entry.at,
                recovery_used=state.recovery_used | spent,
                failures=(),
            )
        case Act.FACTOR_REFUSED if facts.get("cause") in (WRONG, USED):
            return replace(state, failures=(*state.failures, entry.at))
    return state


def _number(facts: AuditFacts, name: str) -> int:
    value = facts[name]
    return value if isinstance(value, int) else -1
