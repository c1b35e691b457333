"""An access request from the sheet to the copy, by two accounts that have different roles."""

from __future__ import annotations

import pytest
from casestages import REQUEST

from cctv.access import roles
from cctv.cli.context import CommandContext
from cctv.model.audit import Actor

pytestmark = pytest.mark.slow

GROUPS = {"hanna": {"handlers"}, "dora": {"deciders"}}
SECTION = '\n[roles]\nhandler = ["handlers"]\ndecider = ["deciders"]\n'
DATES = "--briefed 1/11 --confidentiality 1/11"


@pytest.fixture
def types(prepared, monkeypatch):
    """What an account of the two types; the machine's own groups are asked in tests/attacks."""
    prepared.config.write_text(prepared.config.read_text() + SECTION)
    monkeypatch.setattr(roles, "groups_of", lambda account: frozenset(GROUPS.get(account, ())))
    monkeypatch.setattr("cctv.cases.compliance.deputies.account_ids", lambda account: (1, 1))

    def run(account, command, *, exit=0):
        actor = property(lambda context: Actor(account, context.invocation.on_behalf_of))
        with monkeypatch.context() as patch:
            patch.setattr(CommandContext, "actor", actor)
            return prepared.cctv(command, exit=exit)

    return run


def test_one_prepares_another_approves_and_answers_and_the_first_hands_over(types, keep_file, tmp_path):
    approve = f"redaction approve {REQUEST} --all --reason 'only the requester stays'"
    types("hanna", f"redaction keep {REQUEST} --boxes {keep_file} --reason 'the red coat'")
    types("hanna", approve, exit=12)
    types("dora", "grant deputy hanna --role decider --until 3/11 --reason leave")
    types("hanna", approve, exit=13)  # as a deputy she may approve, and not what she prepared
    types("dora", approve)

    types("hanna", f"export build {REQUEST}", exit=12)
    types("dora", f"grant give hanna export {DATES} --reason answers")
    types("hanna", f"export build {REQUEST}")
    types("dora", "grant withdraw GRA-2026-001 --reason back")
    types("dora", f"request identity {REQUEST} --method document-seen --checker X", exit=12)
    types("hanna", f"request identity {REQUEST} --method document-seen --checker 'A. Peeters'")
    types("hanna", f"request answer {REQUEST} --dry-run")
    types("hanna", f"request answer {REQUEST}", exit=12)
    types("dora", f"request answer {REQUEST}")
    types("dora", f"export deliver EXP-2026-001 --method hand --to {tmp_path} --recipient subject", exit=12)
    types("hanna", f"export deliver EXP-2026-001 --method hand --to {tmp_path} --recipient subject")

    entries = types("dora", "audit list --last 1000 --json").json["entries"]
    who = {entry["act"]: entry["actor"] for entry in entries}
    assert (who["redaction.approved"], who["request.answered"]) == ("dora", "dora")
    assert (who["redaction.kept"], who["export.built"], who["disclosure.handed"]) == ("hanna", "hanna", "hanna")
