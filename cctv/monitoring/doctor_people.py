"""What the doctor checks of who acts: a second person where the policy asks for one, and a policy that was adopted.

Each judgement is a pure function; the check at the end reads and judges.  Names accounts, never people of cases.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cctv.access.acceptance import replaced_alone
from cctv.access.policy import differences
from cctv.access.proposals import accounts_that_act, approvers_in_force, waiting
from cctv.audit.chain import AuditEntry
from cctv.config.schema import SEVERAL_DECIDE, TwoPersonAct
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction
from cctv.monitoring.doctor import CheckName, DoctorFinding, Examined, advice, well, wrong

_NAME = CheckName.TWO_PERSONS
_ADOPT = "cctv config adopt --reason WHY"


def judge_second_person(
    acts: Collection[TwoPersonAct], accounts: Sequence[str], approvers: Sequence[str]
) -> Iterator[DoctorFinding]:
    """Whether what asks for two persons finds them: `accounts` may act here, `approvers` agree from elsewhere."""
    asked = ", ".join(sorted(act.value for act in acts)) or "-"
    if len(accounts) < 2 and not approvers:
        text = N_(
            "one account acts here ({accounts}): there is no second person", accounts=", ".join(accounts) or "root"
        )
        why = N_(
            "one person cannot do what asks for two ({acts}), and nobody checks the rest: give another account the "
            "right, or name somebody elsewhere, `approvers` in [policy], and adopt that",
            acts=asked,
        )
        yield advice(_NAME, text, why, _ADOPT, "second person")
        return
    missing = [act.value for act in SEVERAL_DECIDE if act not in acts]
    if missing and len(accounts) > 1:
        text = N_(
            "{count} accounts act here, and each alone may do {acts}", count=len(accounts), acts=", ".join(missing)
        )
        why = N_("what two people could decide, one types alone: add it to two_person in [policy], and adopt that")
        yield advice(_NAME, text, why, _ADOPT, "acts")
        return
    yield well(_NAME, N_("what asks for two persons finds them ({acts})", acts=asked))


def judge_adopted(keys: Sequence[str]) -> Iterator[DoctorFinding]:
    """Whether cameras.toml says what was adopted; `keys` are those that differ."""
    if keys:
        text = N_("nobody adopted what the policy in cameras.toml says now ({keys})", keys=", ".join(keys))
        why = N_("acts are refused meanwhile, and footage is recorded by the limits before")
        yield wrong(_NAME, text, why, "cctv config diff", "policy")


def judge_replaced(
    entry: AuditEntry | None, acts: Collection[TwoPersonAct], accounts: Sequence[str]
) -> Iterator[DoctorFinding]:
    """Whether one person alone put another index in place, on a site that has a second; `entry` is that of the log."""
    if entry is not None and (TwoPersonAct.INDEX_REPLACE in acts or len(accounts) > 1):
        account, day = entry.actor.account, f"{entry.at:%d/%m/%Y}"
        text = N_("{account} alone put another index in place on {day}", account=account, day=day)
        why = N_("what it does not know, its log and its holds do not have; nobody else confirmed its holds since")
        yield advice(_NAME, text, why, "cctv audit verify", "index")


def judge_waiting(ids: Sequence[str]) -> Iterator[DoctorFinding]:
    """What waits for a second person."""
    if ids:
        text = N_("waiting for a second person: {ids}", ids=", ".join(ids))
        yield advice(_NAME, text, N_("after a week each must be proposed again"), "cctv board", "board")


def check_two_persons(examined: Examined) -> Iterator[DoctorFinding]:
    """Ask the storage, the groups of this machine and the policy in force."""
    site = examined.require_site()
    with read_transaction(site.engine) as connection:
        keys = [change.key for change in differences(connection, site)]
        approvers = [approver.name for approver in approvers_in_force(connection)]
        replaced = replaced_alone(connection)
        ids = [proposal.id for proposal in waiting(connection, site)]
    yield from judge_adopted(keys)
    yield from judge_second_person(site.settings.policy.two_person, accounts_that_act(site), approvers)
    yield from judge_replaced(replaced, site.settings.policy.two_person, accounts_that_act(site))
    yield from judge_waiting(ids)
