"""`cctv board`: what waits for a second person, and a person elsewhere who agrees with a key kept apart."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import click
import pytest

from cctv.access.adoption import takes_two_persons
from cctv.access.policy import GO_ON, KnownPolicy
from cctv.cli.app import root
from cctv.config.policy_part import PolicyRule, RuleChange, stored_rules

WHEN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"
RELEASE = "hold release HOLD-2026-001 --reason over"
ORDER = (
    "disclosure open --recipient police --duty ordered --authority 'Lokale politie Oostende'"
    " --reference OO.12.L1.004512/2026 --country BE"
    " --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on 1/11/2026"
    " --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'"
)


class Deputy:
    """A person elsewhere: an OpenSSH key that the machine never has, and what they sign with it."""

    def __init__(self, folder, name="key"):
        self.key = folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        self.public = " ".join(self.key.with_suffix(".pub").read_text().split()[:2])

    def sign(self, file, namespace="cctv-approval"):
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(self.key), str(file)]
        subprocess.run(command, check=True, capture_output=True)
        return file.with_name(f"{file.name}.sig")


@pytest.fixture
def deputy(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Deputy(folder)


@pytest.fixture
def alone(bare_site, deputy, acting):
    """A site with a deputy elsewhere, and a hold."""
    toml = bare_site.config.read_text().replace('["export', '["hold.release", "export')
    bare_site.config.write_text(f'{toml}approvers = {{ "Els Maes" = "{deputy.public} els@home" }}\n')
    bare_site.adopts = False
    bare_site.cctv("footage init")
    bare_site.record("gevel-1", "2026-11-01 10:00", minutes=5)
    bare_site.cctv(f"incident open ruit --kind damage {WHEN}")
    return bare_site


def waiting(site):
    return site.cctv("board --json").json["proposals"]


def acts(site):
    return [entry["act"] for entry in site.cctv("audit list --json").json["entries"]]


def letter_for(site, tmp_path, name="letter.txt"):
    (proposal,) = waiting(site)
    file = tmp_path / name
    site.cctv(f"board letter {proposal['id']} --output {file}")
    return proposal["id"], file


def test_another_account_sees_who_when_why_and_what_to_type(alone, acting):
    assert "Nothing waits" in alone.cctv("board").out
    told = alone.cctv(RELEASE, exit=3)
    assert "Els Maes may by mail: cctv board letter P" in told.err

    own = alone.cctv("board").out
    acting("second")
    shown = alone.cctv("board").out

    assert "yours: another account agrees" in own
    assert "by mail, with Els Maes: cctv board letter P" in own
    assert "hold.release  HOLD-2026-001" in shown
    assert "proposed by first on " in shown
    assert "reason: over" in shown
    assert "to agree: cctv hold release HOLD-2026-001 --reason WHY" in shown
    alone.cctv(RELEASE)
    assert waiting(alone) == []


def test_what_was_proposed_ends_after_a_week(alone, clock):
    alone.cctv(RELEASE, exit=3)
    clock.advance(days=7)

    assert waiting(alone) == []


def test_a_person_elsewhere_agrees_by_a_signed_text(alone, deputy, tmp_path):
    alone.cctv(RELEASE, exit=3)
    number, file = letter_for(alone, tmp_path)
    text = file.read_text()
    assert "act: hold.release" in text
    assert "about: HOLD-2026-001" in text
    assert "reason: over" in text

    agreed = alone.cctv(f"board sign {number} --signature {deputy.sign(file)}")

    assert f"Els Maes agreed to {number}, with the key SHA256:" in agreed.out
    assert "cctv hold release HOLD-2026-001 --reason WHY" in agreed.err
    assert "Els Maes agreed elsewhere: first types it now" in alone.cctv("board").out
    alone.cctv(RELEASE)
    assert waiting(alone) == []
    entries = alone.cctv("audit list --json").json["entries"]
    (signed,) = [entry for entry in entries if entry["act"] == "proposal.signed"]
    assert signed["facts"]["approver"] == "Els Maes"
    assert signed["facts"]["key"] == deputy.public


def test_a_text_whose_lines_mail_changed_is_the_same_text(alone, deputy, tmp_path):
    alone.cctv(RELEASE, exit=3)
    number, file = letter_for(alone, tmp_path)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    alone.cctv(f"board sign {number} --signature {deputy.sign(file)}")


@pytest.mark.parametrize("how", ["another key", "another text", "another purpose", "another proposal", "no signature"])
def test_a_signature_that_is_not_theirs_for_this_counts_for_nothing(alone, deputy, tmp_path, how):
    alone.cctv(RELEASE, exit=3)
    number, file = letter_for(alone, tmp_path)
    if how == "another key":
        signature = Deputy(tmp_path).sign(file)
    elif how == "another purpose":
        signature = deputy.sign(file, "git")
    elif how == "another text":
        file.write_text(file.read_text().replace("over", "gone"))
        signature = deputy.sign(file)
    elif how == "another proposal":
        signature = deputy.sign(file)
        alone.cctv(f"board withdraw {number} --reason x")
        alone.cctv(RELEASE, exit=3)
        (proposal,) = waiting(alone)
        number = proposal["id"]
    else:
        signature = file

    alone.cctv(f"board sign {number} --signature {signature}", exit=15)

    alone.cctv(RELEASE, exit=13)


def test_a_key_that_was_taken_from_the_policy_counts_no_longer(alone, deputy, tmp_path, acting):
    alone.cctv(RELEASE, exit=3)
    number, file = letter_for(alone, tmp_path)
    alone.cctv(f"board sign {number} --signature {deputy.sign(file)}")
    other = Deputy(tmp_path)
    alone.config.write_text(alone.config.read_text().replace(deputy.public, other.public))
    alone.cctv("config adopt --reason 'a new key'", exit=3)
    acting("second")
    alone.cctv("config adopt --reason 'a new key'")
    acting("first")

    alone.cctv(RELEASE, exit=13)


def test_the_person_elsewhere_changes_the_policy_with_the_one_here(alone, deputy, tmp_path):
    alone.config.write_text(alone.config.read_text().replace('"hold.release", ', ""))
    alone.cctv("config adopt --reason 'too slow'", exit=3)
    number, file = letter_for(alone, tmp_path)
    assert "policy.two_person: export.unredacted, hold.release -> export.unredacted" in file.read_text()
    alone.cctv(f"board sign {number} --signature {deputy.sign(file)}")

    alone.cctv("config adopt --reason 'too slow'")

    alone.cctv(RELEASE)
    assert acts(alone)[-4:-1] == ["proposal.signed", "proposal.seconded", "settings.adopted"]


def test_a_disclosure_is_approved_with_a_person_elsewhere(alone, deputy, tmp_path):
    alone.cctv(ORDER)
    shown = alone.cctv("board").out
    assert "registered by first on " in shown
    assert "to agree: cctv disclosure approve DIS-2026-001 --reason WHAT-WAS-CHECKED" in shown
    approve = "disclosure approve DIS-2026-001 --reason 'order read'"
    alone.cctv(approve, exit=3)
    alone.cctv("disclosure build DIS-2026-001", exit=13)
    number, file = letter_for(alone, tmp_path)
    alone.cctv(f"board sign {number} --signature {deputy.sign(file)}")

    alone.cctv(approve)

    shown = alone.cctv("disclosure show DIS-2026-001 --json").json
    assert "Els Maes" in str(shown)


def test_the_proposer_is_no_approver_under_their_own_name(bare_site, deputy, tmp_path, acting):
    toml = bare_site.config.read_text().replace('["export', '["hold.release", "export')
    bare_site.config.write_text(f'{toml}approvers = {{ "First" = "{deputy.public}" }}\n')
    bare_site.cctv("footage init")
    bare_site.record("gevel-1", "2026-11-01 10:00", minutes=5)
    bare_site.cctv(f"incident open ruit --kind damage {WHEN}")
    bare_site.cctv(RELEASE, exit=3)
    number, file = letter_for(bare_site, tmp_path)

    bare_site.cctv(f"board sign {number} --signature {deputy.sign(file)}", exit=12)


@pytest.mark.parametrize("typed", ["P999999", "17", "HOLD-2026-001", "P0", "P" + "9" * 40, "P1"])
def test_an_id_of_nothing_that_waits_is_refused(alone, typed):
    alone.cctv(f"board withdraw {typed} --reason x", exit=2)


def test_under_a_changed_policy_only_what_changes_it_is_shown(alone):
    alone.cctv(RELEASE, exit=3)
    alone.config.write_text(alone.config.read_text().replace('"hold.release", ', ""))
    assert waiting(alone) == []
    alone.cctv("config adopt --reason 'too slow'", exit=3)

    assert [proposal["act"] for proposal in waiting(alone)] == ["policy.change"]


def known(**rules):
    lines = [f"policy.{key} = {value}" for key, value in rules.items()]
    return KnownPolicy("cameras.toml", stored_rules(lines), None, is_partial=False)


@pytest.mark.parametrize(
    ("two", "change", "alone", "takes_two"),
    [
        ("none", ("policy.two_person", "none", "hold.release"), False, False),
        ("hold.release", ("zones.facade.retention", "7d", "5d"), False, False),
        ("hold.release, policy.change", ("zones.facade.retention", "7d", "5d"), False, True),
        ("hold.release", ("policy.two_person", "hold.release", "none"), False, True),
        ("hold.release", ("policy.two_person", "hold.release", "export.unredacted"), False, True),
        ("hold.release", ("policy.two_person", "hold.release", "hold.release, policy.change"), False, False),
        ("hold.release", ("policy.granted_only", "view", "none"), False, True),
        ("hold.release", ("policy.granted_only", "none", "view"), False, False),
        ("hold.release", ("policy.approvers", "none", "An ssh-ed25519 A"), False, True),
        ("hold.release", ("policy.approvers", "none", "An ssh-ed25519 A"), True, False),
        ("hold.release, policy.change", ("policy.approvers", None, "An ssh-ed25519 A"), True, False),
        ("hold.release", ("policy.approvers", "An ssh-ed25519 A", "An ssh-ed25519 B"), True, True),
        ("hold.release", ("roles.decider", "dpo", "staff"), False, True),
        ("hold.release", ("roles.decider", "none", "staff"), False, False),
    ],
)
def test_the_policy_in_force_decides_who_may_change_it(two, change, alone, takes_two):
    assert takes_two_persons(known(two_person=two), (RuleChange(*change),), alone=alone) is takes_two


def leaves(command, path=()):
    """The names of all commands that do something."""
    if not isinstance(command, click.Group):
        return {" ".join(path)}
    context = click.Context(command)
    below = [leaves(command.get_command(context, name), (*path, name)) for name in command.list_commands(context)]
    return set().union(*below, {" ".join(path)} if command.invoke_without_command else set())


def test_only_commands_that_there_are_go_on_under_a_policy_that_nobody_adopted():
    assert leaves(root) >= GO_ON
    nouns = {name.split()[0] for name in GO_ON - {"grant mine"}}  # which shows whoever types it their own roles
    assert nouns.isdisjoint({"hold", "incident", "request", "redaction", "disclosure", "grant", "register", "site"})


@pytest.mark.parametrize(
    ("deciders", "change", "takes_two"),
    [
        ("none", ("roles.decider", "none", "deciders"), False),  # the first roles of a site
        ("deciders", ("roles.auditor", "none", "mine"), True),
        ("deciders", ("roles.decider", "deciders", "deciders, mine"), True),
        ("deciders", ("zones.facade.retention", "7d", "5d"), False),
    ],
)
def test_once_a_site_has_roles_nobody_gives_another_group_one_alone(deciders, change, takes_two):
    policy = known(two_person="hold.release")
    policy = replace(policy, rules=(*policy.rules, PolicyRule("roles.decider", deciders)))

    assert takes_two_persons(policy, (RuleChange(*change),), alone=False) is takes_two
