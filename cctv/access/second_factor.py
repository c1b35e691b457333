"""The second factor: codes by time (TOTP, RFC 6238) that an account types beside its login.

`[policy] second_factor` names the uses that ask for one; `require_code` is asked by the function of each use, so that
every door asks.  A code is good for one command of one account: its time step is entered in the log, durably, before
the act goes on, and only later steps count from then on.  One step of drift to either side is allowed.  Five failures
in a row lock the factor (`cctv.access.factor_state`).  A recovery code stands for one code.

The log says what was used; the file (`cctv.access.totp_store`) must be the one whose fingerprint was enrolled.  A code
is never logged, shown or kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.access.errors import (
    CodeMissing,
    CodeRefused,
    CodeUsed,
    FactorAbsent,
    FactorChanged,
    FactorClock,
    FactorEnrolled,
    FactorLocked,
    FactorMissing,
    FactorOwn,
)
from cctv.access.factor_state import (
    FAILURES,
    USED,
    WRONG,
    FactorState,
    enrolled_states,
    newest_entry,
    state_of,
)
from cctv.access.policy import knows_settings, require_known_settings
from cctv.access.proposals import not_yet, require_two
from cctv.access.totp_store import (
    RECOVERY_CODES,
    STEP_SECONDS,
    Factor,
    factor_path,
    is_recovery_code,
    is_time_code,
    new_factor,
    plain_code,
    read_factor,
    remove_factor,
    write_factor,
)
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.schema import SecondFactorUse, TwoPersonAct
from cctv.core.clock import iso
from cctv.core.errors import CctvError
from cctv.core.i18n import N_
from cctv.core.text import refuse_hidden
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import is_dry_run, read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

DRIFT_STEPS = 1  # RFC 6238, section 5.2: one step for the delay of typing and of the network
_CLOCK_SLACK = timedelta(seconds=90)  # what NTP may step back at once, and the drift allowed
_LOCKED, _CLOCK = "locked", "clock"
_RECOVERY, _RESET = "recover", "reset"  # what a code was typed for, beside the uses


@dataclass(frozen=True, slots=True)
class CodeProof:
    """What a right code was: a time step, or the index of a recovery code; the other is None."""

    step: int | None
    recovery: int | None = None

    @property
    def facts(self) -> dict[str, int]:
        return {"step": self.step} if self.step is not None else {"recovery": self.recovery or 0}


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A factor that is not enrolled yet, and its recovery codes, to be shown once."""

    factor: Factor
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactorRow:
    """What may be told of an account's factor."""

    account: str
    enrolled: datetime
    last_used: datetime | None
    recovery_left: int
    locked: datetime | None


def require_code(site: Storage, use: SecondFactorUse, *, dry_run: bool = False) -> None:
    """Ask for a code where the policy does, and use it up; at once where this command proved one before.

    To be called before the transaction of the act, because a refusal is committed too.  A dry run asks for none.
    Raises SettingsForeign (10); CodeMissing, FactorMissing (13); CodeRefused, CodeUsed, FactorLocked, FactorClock,
    FactorExposed (12); FactorChanged, FileUnreadable (15).
    """
    if dry_run:
        return
    _require_known(site)
    if use not in site.settings.policy.second_factor or _is_proved(site):
        return
    with read_transaction(site.engine) as connection:
        state = state_of(connection, site.actor.account)
    if state.enrolled is None:
        raise FactorMissing(account=site.actor.account, use=use.value)
    typed = site.code() if site.code is not None else None
    if typed is None:
        raise CodeMissing(account=site.actor.account, use=use.value)
    _prove(site, typed, use.value)


def unproved(connection: Connection, site: Storage, use: SecondFactorUse) -> CodeMissing | None:
    """What to raise unless this command proved a code, where the policy asks for one; asks nobody.

    For the transaction of an act whose function asked `require_code` before: a door that did not is shut.
    """
    if use not in site.settings.policy.second_factor or _is_proved(site) or is_dry_run(connection):
        return None
    return CodeMissing(account=site.actor.account, use=use.value)


def require_unenrolled(site: Storage) -> None:
    """Raise FactorEnrolled where the account has a factor."""
    with read_transaction(site.engine) as connection:
        _require_unenrolled(connection, site)


def begin_enrolment(site: Storage) -> NewFactor:
    """A new factor for the account that acts; nothing is kept before `finish_enrolment`.  Raises FactorEnrolled."""
    require_unenrolled(site)
    return NewFactor(*new_factor(site.actor.account))


def finish_enrolment(site: Storage, new: NewFactor, typed: str) -> None:
    """Keep the factor once a code of it was typed; that code is used up.  Raises CodeRefused, FactorEnrolled.

    1. the file, which counts for nothing without its entry; 2. the entry, with its fingerprint.
    """
    step = new.factor.step_of(plain_code(typed), _step(site.clock.now()), DRIFT_STEPS)
    if step is None:
        raise CodeRefused(account=site.actor.account, left=FAILURES)
    require_unenrolled(site)
    write_factor(site, new.factor)
    with write_transaction(site.engine) as connection:
        _require_unenrolled(connection, site)
        facts: AuditFacts = {"factor": new.factor.fingerprint, "step": step}
        append_entry(connection, site, Act.FACTOR_ENROLLED, site.actor.account, facts=facts)


def recover(site: Storage, typed: str) -> None:
    """End the account's own factor by one of its recovery codes, so that a new one can be enrolled.

    Raises FactorAbsent, and what a wrong code raises.
    """
    account = site.actor.account
    with read_transaction(site.engine) as connection:
        _require_enrolled(connection, account)
    _prove(site, typed, _RECOVERY, recovery_only=True)
    _end(site, account, Act.FACTOR_RECOVERED, None)


def plan_reset(site: Storage, account: str) -> None:
    """Raise what `reset` raises before it asks for a code."""
    if account == site.actor.account:
        raise FactorOwn(account=account)
    _require_known(site)
    with read_transaction(site.engine) as connection:
        _require_enrolled(connection, account)


def reset(site: Storage, account: str, *, reason: str) -> None:
    """End the factor of another account, which lost it or whom it locked.

    An account that has a factor itself proves a code of its own.  Raises FactorOwn, FactorAbsent, and what
    `require_code` raises; ActProposed or ProposalWaits, and ends nothing, while the policy asks for a second person.
    """
    plan_reset(site, account)
    refuse_hidden(N_("reason"), reason)
    with read_transaction(site.engine) as connection:
        own = state_of(connection, site.actor.account)
    if own.enrolled is not None and not _is_proved(site):
        typed = site.code() if site.code is not None else None
        if typed is None:
            raise CodeMissing(account=site.actor.account, use=_RESET)
        _prove(site, typed, _RESET)
    line = f"cctv factor reset {account} --reason WHY"
    with write_transaction(site.engine) as connection:
        _require_enrolled(connection, account)
        facts: AuditFacts = {"factor": state_of(connection, account).fingerprint or ""}
        act = TwoPersonAct.GRANT_CHANGE  # whoever has a factor ended may enrol another one
        first = require_two(connection, site, act, account, facts=facts, reason=reason, line=line)
        if first is None:
            append_entry(connection, site, Act.FACTOR_RESET, account, reason=reason)
    refusal = not_yet(site, first, N_("to end the second factor of {account}", account=account), line)
    if refusal is not None:
        raise refusal
    remove_factor(site, account)


def list_factors(site: Storage) -> Sequence[FactorRow]:
    """Which accounts have a factor, by name."""
    now = site.clock.now()
    with read_transaction(site.engine) as connection:
        return [_row(state, now) for state in enrolled_states(connection)]


def judge(
    factor: Factor, state: FactorState, typed: str, now: datetime, *, recovery_only: bool = False
) -> CodeProof | str:
    """What a typed code proves, or the cause for which it is refused.  Pure, and as slow for each typed code."""
    plain = plain_code(typed)
    if is_recovery_code(plain):
        index = factor.recovery_of(plain)
        if index is None:
            return WRONG
        return USED if index in state.recovery_used else CodeProof(None, index)
    if recovery_only or not is_time_code(plain):
        return WRONG
    step = factor.step_of(plain, _step(now), DRIFT_STEPS)
    if step is None:
        return WRONG
    return CodeProof(step) if step > state.last_step else USED


def _require_known(site: Storage) -> None:
    with read_transaction(site.engine) as connection:
        is_known = knows_settings(connection, site)
    if not is_known:
        with write_transaction(site.engine) as connection:
            require_known_settings(connection, site)


def _prove(site: Storage, typed: str, use: str, *, recovery_only: bool = False) -> None:
    """Use a code up, and let this command go on; a refusal is committed before it is raised."""
    with write_transaction(site.engine) as connection:
        refusal = _used_up(connection, site, typed, use, recovery_only=recovery_only)
    if refusal is not None:
        raise refusal
    if site.code is not None:
        site.code.proved = site.actor.account


def _used_up(connection: Connection, site: Storage, typed: str, use: str, *, recovery_only: bool) -> CctvError | None:
    """None with the code entered as used, else what to raise with the refusal entered; in the caller's transaction.

    The write lock is held from its start: of two commands with one code one is the first.
    """
    now, account = site.clock.now(), site.actor.account
    state, newest = state_of(connection, account), newest_entry(connection)
    zone = site.settings.site.timezone
    if newest is not None and now < newest - _CLOCK_SLACK:
        _refused(connection, site, use, _CLOCK)
        return FactorClock(newest=echo_instant(newest, zone), now=echo_instant(now, zone))
    if (until := state.locked(now)) is not None:
        _refused(connection, site, use, _LOCKED)
        return FactorLocked(account=account, until=echo_instant(until, zone))
    factor = read_factor(site, account)
    if factor.fingerprint != state.fingerprint:
        return FactorChanged(path=factor_path(site.root, account), account=account)
    verdict = judge(factor, state, typed, now, recovery_only=recovery_only)
    if isinstance(verdict, CodeProof):
        append_entry(connection, site, Act.FACTOR_USED, account, facts={**verdict.facts, "use": use})
        return None
    _refused(connection, site, use, verdict)
    after = state_of(connection, account)
    if (until := after.locked(now)) is not None:
        facts: AuditFacts = {"failures": len(after.failures), "until": iso(until)}
        append_entry(connection, site, Act.FACTOR_LOCKED, account, facts=facts)
        return FactorLocked(account=account, until=echo_instant(until, zone))
    left = FAILURES - len(after.failures) % FAILURES
    return CodeUsed(account=account) if verdict == USED else CodeRefused(account=account, left=left)


def _refused(connection: Connection, site: Storage, use: str, cause: str) -> None:
    facts: AuditFacts = {"use": use, "cause": cause}
    append_entry(connection, site, Act.FACTOR_REFUSED, site.actor.account, facts=facts)


def _end(site: Storage, account: str, act: Act, reason: str | None) -> None:
    """1. the entry, from which the factor counts for nothing; 2. the file."""
    with write_transaction(site.engine) as connection:
        _require_enrolled(connection, account)
        append_entry(connection, site, act, account, reason=reason)
    remove_factor(site, account)


def _require_enrolled(connection: Connection, account: str) -> None:
    if state_of(connection, account).enrolled is None:
        raise FactorAbsent(account=account)


def _require_unenrolled(connection: Connection, site: Storage) -> None:
    state = state_of(connection, site.actor.account)
    if state.enrolled is not None:
        since = state.enrolled.astimezone(site.settings.site.timezone).date()
        raise FactorEnrolled(account=state.account, since=since)


def _is_proved(site: Storage) -> bool:
    return site.code is not None and site.code.proved == site.actor.account


def _row(state: FactorState, now: datetime) -> FactorRow:
    assert state.enrolled is not None
    left = RECOVERY_CODES - len(state.recovery_used)
    return FactorRow(state.account, state.enrolled, state.last_used, left, state.locked(now))


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS
