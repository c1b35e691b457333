"""Adopting a policy: another cameras.toml, or the same one after a change; by the policy in force until then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv.access.policy import KnownPolicy, current_place, differences, known_policy
from cctv.access.proposals import ActProposed, ProposalWaits, not_yet, other_accounts, require_two
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.policy_part import RuleChange, names_in, policy_rules, rules_digest, settings_facts
from cctv.config.schema import TwoPersonAct
from cctv.config.settings_file import NAME
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

_TWO, _APPROVERS, _ROLES = "policy.two_person", "policy.approvers", "roles."
_CONTROLS = frozenset({_TWO, "policy.granted_only", "policy.second_factor"})  # lists of what is asked for


@dataclass(frozen=True, slots=True)
class SettingsAdoption:
    """The file that the storage followed, None where none was known, the one in use, what of the policy differs.

    `takes_two`: whether the policy in force asks two persons for this change.
    """

    before: Path | None
    after: Path
    changes: tuple[RuleChange, ...]
    takes_two: bool
    changed: bool


def takes_two_persons(known: KnownPolicy, found: tuple[RuleChange, ...], *, alone: bool) -> bool:
    """Whether the policy in force asks two persons for a change of it.  Pure.

    For every change where it names `policy.change`; else, where it asks for two persons at all, for what would let one
    person do what two must: another approver, other groups in a role, a control less.
    `alone`: no other account may act on this machine.  Then the first approvers are named by one person: there is
    nobody to ask, and the log has it.
    """
    asked = names_in(known.rules, _TWO)
    if not asked or not found:
        return False
    if alone and all(change.key == _APPROVERS and not _members(change.before) for change in found):
        return False
    if TwoPersonAct.POLICY_CHANGE.value in asked:
        return True
    has_roles = any(rule.key.startswith(_ROLES) and _members(rule.value) for rule in known.rules)
    return any(_weakens(change, has_roles=has_roles) for change in found)


def _weakens(change: RuleChange, *, has_roles: bool) -> bool:
    """Whether a change takes a control away, or lets somebody else act; the first roles of a site are one person's."""
    before, after = _members(change.before), _members(change.after)
    if change.key in _CONTROLS:
        return bool(before - after)
    if change.key == _APPROVERS:
        return True
    return change.key.startswith(_ROLES) and (has_roles or bool(before))


def _members(value: str | None) -> frozenset[str]:
    return frozenset(name for name in (value or "").split(", ") if name not in ("", "none"))


def compare_policy(site: Storage) -> SettingsAdoption:
    """What `adopt_settings` would change."""
    with read_transaction(site.engine) as connection:
        return _adoption(connection, site, known_policy(connection))


def adopt_settings(site: Storage, *, reason: str, dry_run: bool = False) -> SettingsAdoption:
    """Let the storage follow the cameras.toml in use, from now on, with its policy.

    Raises ActProposed or ProposalWaits, and changes nothing, while the policy in force asks for a second person.
    """
    refusal: ActProposed | ProposalWaits | None = None
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        known = known_policy(connection)
        adoption = _adoption(connection, site, known)
        if known is not None and adoption.takes_two and not dry_run:
            refusal = _second_person(connection, site, known, adoption, reason)
        if refusal is None and adoption.changed:
            facts: AuditFacts = {
                **settings_facts(site.settings, site.root),
                "changed": [str(change) for change in adoption.changes],
            }
            append_entry(connection, site, Act.SETTINGS_ADOPTED, NAME, facts=facts, reason=reason)
    if refusal is not None:
        raise refusal
    return adoption


def _second_person(
    connection: Connection, site: Storage, known: KnownPolicy, adoption: SettingsAdoption, reason: str
) -> ActProposed | ProposalWaits | None:
    line = f"cctv --config {adoption.after} config adopt --reason WHY"
    facts: AuditFacts = {
        "settings": current_place(site),
        "in_force": known.digest,
        "digest": rules_digest(policy_rules(site.settings)),
        "changed": [str(change) for change in adoption.changes],
    }
    first = require_two(
        connection, site, TwoPersonAct.POLICY_CHANGE, NAME, facts=facts, reason=reason, line=line,
        whatever_the_policy=True,
    )  # fmt: skip
    return not_yet(site, first, N_("a change of the policy"), line)


def _adoption(connection: Connection, site: Storage, known: KnownPolicy | None) -> SettingsAdoption:
    rules, place = policy_rules(site.settings), current_place(site)
    found = differences(connection, site)
    alone = not other_accounts(site, site.actor.account)
    after = KnownPolicy(place, rules, known.entry, is_partial=False).path(site.root) if known else _path(site)
    return SettingsAdoption(
        before=known.path(site.root) if known is not None else None,
        after=after,
        changes=found,
        takes_two=known is not None and takes_two_persons(known, found, alone=alone),
        changed=known is None or bool(found) or known.place != place or not known.is_whole,
    )


def _path(site: Storage) -> Path:
    return site.settings.source.path.resolve()
