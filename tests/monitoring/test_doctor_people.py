"""What the doctor says of the second person, of a policy that nobody adopted, and of what waits."""

from __future__ import annotations

import pytest

from cctv.config.schema import SEVERAL_DECIDE, TwoPersonAct
from cctv.monitoring.doctor import Severity
from cctv.monitoring.doctor_people import judge_second_person

TWO = {TwoPersonAct.HOLD_RELEASE, TwoPersonAct.EXPORT_UNREDACTED}


def findings(site):
    return site.cctv("doctor --only two-persons --json", exit=None).json["findings"]


@pytest.mark.parametrize(
    ("acts", "accounts", "approvers", "severity", "says"),
    [
        (TWO, ["an"], [], Severity.ADVICE, "one account acts here (an)"),
        (set(), ["an"], [], Severity.ADVICE, "there is no second person"),
        (TWO, ["an"], ["Els Maes"], Severity.OK, "finds them (export.unredacted, hold.release)"),
        (TWO, ["an", "bart"], [], Severity.ADVICE, "each alone may do policy.change, grant.change, footage.destroy"),
        (set(SEVERAL_DECIDE), ["an", "bart"], [], Severity.OK, "what asks for two persons finds them"),
    ],
)
def test_whether_two_persons_can_be_found(acts, accounts, approvers, severity, says):
    (found,) = judge_second_person(acts, accounts, approvers)

    assert found.severity is severity
    assert says in str(found.text)


def test_a_policy_that_nobody_adopted_is_wrong_and_what_waits_is_told(site):
    site.adopts = False
    site.config.write_text(site.config.read_text().replace('["export.unredacted"]', "[]"))
    site.cctv("config adopt --reason less", exit=3)

    wrong, *_, waits = findings(site)

    assert wrong["severity"] == "wrong"
    assert "policy.two_person" in wrong["text"]
    assert wrong["next"] == "cctv config diff"
    assert waits["text"].startswith("waiting for a second person: P")
    assert waits["next"] == "cctv board"
