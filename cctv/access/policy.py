"""The policy that a storage follows: which cameras.toml, and every rule of its policy part, as they were adopted.

A storage knows its policy by entries of its log: place of the file, rules, their digest.  Acts are refused under
another file that says something else, and under the same file once it was changed, until `cctv config adopt`.
Recording and deletion go on by what was adopted.

An index that an older version made has [policy] alone, or all but [backup]: the rest is adopted, and logged, by the
first act.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditEntry, AuditFacts
from cctv.audit.log import append_entry, audit_entries, entry_at
from cctv.config.policy_part import (
    BACKUP,
    PolicyRule,
    RuleChange,
    changes,
    names_in,
    policy_rules,
    rules_digest,
    settings_facts,
    stored_rules,
    with_limits,
)
from cctv.config.schema import RolesSettings
from cctv.config.settings_file import NAME
from cctv.core.errors import ConfigError
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.access import Role
from cctv.model.audit import Act

_SHOWN = 5  # changes that a message names
# Commands that go on under a policy that was not adopted: they read the state of machine and log, keep recording and
# deletion going by what was adopted, and adopt.  Every other command is refused until then.
GO_ON = frozenset(
    {"audit checkpoint", "audit list", "audit search", "audit verify", "backup before-upgrade", "backup key",
     "backup list", "board", "board letter", "board refuse", "board sign", "board withdraw",
     "cameras add", "cameras check", "cameras discover", "cameras list", "config adopt", "config check",
     "config diff", "config show", "doctor", "export verify", "factor list", "footage adopt-disk", "footage coverage",
     "footage init", "footage list", "footage rebuild", "footage reconcile", "footage upgrade", "footage verify",
     "grant mine", "init", "letter list", "letter preview", "notify run", "notify test", "record", "restore",
     "retention certificate", "retention explain", "retention plan", "serve", "status", "sweep"}
)  # fmt: skip
# Commands that go on too, but not where one of these changed: whoever edits the file would have back-ups encrypted to
# another key, written elsewhere, or removed.
GO_ON_UNLESS = {"backup make": (f"{BACKUP}.", "policy.forget_")}


class SettingsForeign(ConfigError):
    """The storage follows {known}, and the policy of {path} says something else ({keys}): nothing was changed.

    next: use the file that it follows, with `cctv --config {known}`; if the other one takes its place on purpose,
    `cctv --config {path} config adopt --reason WHY`.
    """


class PolicyUnadopted(ConfigError):
    """The policy of {path} was changed and nobody adopted that ({keys}): nothing was done. Recording and deletion go on
    by the policy before.

    next: cctv config diff shows what changed; cctv config adopt --reason WHY adopts it; or put the old values back.
    """


@dataclass(frozen=True, slots=True)
class KnownPolicy:
    """The policy that a storage follows: the place of its file relative to the storage, rules, and the log entry.

    `is_partial`: an older release stored it, with the rules of [policy] alone.
    """

    place: str
    rules: tuple[PolicyRule, ...]
    entry: AuditEntry
    is_partial: bool

    @property
    def is_whole(self) -> bool:
        """Whether it has every section: releases before knew nothing of [backup]."""
        return not self.is_partial and any(_is_of_backup(rule.key) for rule in self.rules)

    @property
    def digest(self) -> str:
        """Of the rules."""
        return rules_digest(self.rules)

    def path(self, root: Path) -> Path:
        """Where the file is."""
        return Path(os.path.normpath(Path(os.path.realpath(root)) / self.place))

    def changed(self, rules: Sequence[PolicyRule]) -> tuple[RuleChange, ...]:
        """What other rules change in these."""
        found = changes(self.rules, rules)
        if self.is_whole:
            return found
        known = (change for change in found if change.before is not None)
        return tuple(known if self.is_partial else (change for change in found if not _is_of_backup(change.key)))


def _is_of_backup(key: str) -> bool:
    return key.startswith(f"{BACKUP}.")


def known_policy(connection: Connection) -> KnownPolicy | None:
    """The policy that the storage follows: the last one adopted, else that of the first entry, which made the index.

    None for a storage of a release that stored none.
    """
    adopted = [entry for entry, _ in audit_entries(connection, act=Act.SETTINGS_ADOPTED, about=NAME, last=1)]
    first = entry_at(connection, 1)
    for entry in (*adopted, *([first] if first is not None else [])):
        place, rules = entry.facts.get("settings"), entry.facts.get("policy")
        if isinstance(place, str) and isinstance(rules, Sequence) and not isinstance(rules, str):
            return KnownPolicy(place, stored_rules(rules), entry, is_partial="digest" not in entry.facts)
    return None


def current_place(site: Storage) -> str:
    """The place of the cameras.toml in use, relative to the storage."""
    return str(settings_facts(site.settings, site.root)["settings"])


def differences(connection: Connection, site: Storage) -> tuple[RuleChange, ...]:
    """What the policy in use changes in the one that the storage follows; empty where it is the same."""
    known = known_policy(connection)
    if known is None:
        return ()
    rules = policy_rules(site.settings)
    found = known.changed(rules)
    if not known.is_whole and known.place != current_place(site):  # the rest may be completed by its own file alone
        found = changes(known.rules, [replace(rule, is_default=False) for rule in rules])
    return found


def knows_settings(connection: Connection, site: Storage) -> bool:
    """Whether the policy in use is the one that the storage follows, as a whole."""
    known = known_policy(connection)
    return known is not None and known.is_whole and not known.changed(policy_rules(site.settings))


def require_known_settings(connection: Connection, site: Storage) -> None:
    """Whoever does what the policy governs asks first, in a write transaction.

    Raises SettingsForeign (10) for another file, PolicyUnadopted (10) for the same one that was changed.  What an older
    release did not store is stored now.
    """
    known = known_policy(connection)
    found = differences(connection, site)
    if known is not None and found:
        keys = ", ".join(change.key for change in found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        path = site.settings.source.path
        if known.place != current_place(site):
            raise SettingsForeign(known=known.path(site.root), path=path, keys=keys)
        raise PolicyUnadopted(path=path, keys=keys)
    if known is None or not known.is_whole:
        append_entry(connection, site, Act.SETTINGS_ADOPTED, NAME, facts=settings_facts(site.settings, site.root))


def require_adopted(site: Storage, command: str) -> None:
    """Ask before a command, `hold release`; a refusal is in the log.  Raises SettingsForeign, PolicyUnadopted (10)."""
    if command in GO_ON:
        return
    with read_transaction(site.engine) as connection:
        if knows_settings(connection, site) or _goes_on(connection, site, command):
            return
    try:
        with write_transaction(site.engine) as connection:
            require_known_settings(connection, site)
    except (SettingsForeign, PolicyUnadopted):
        with write_transaction(site.engine) as connection:
            place, digest = current_place(site), rules_digest(policy_rules(site.settings))
            keys = [change.key for change in differences(connection, site)]
            facts: AuditFacts = {"command": command, "settings": place, "digest": digest, "changed": keys}
            append_entry(connection, site, Act.POLICY_REFUSED, NAME, facts=facts)
        raise


def _goes_on(connection: Connection, site: Storage, command: str) -> bool:
    """Whether nothing of what the command follows was changed."""
    keys = [change.key for change in differences(connection, site)]
    return command in GO_ON_UNLESS and bool(keys) and not any(key.startswith(GO_ON_UNLESS[command]) for key in keys)


def by_adopted_limits(site: Storage) -> tuple[Storage, tuple[RuleChange, ...]]:
    """The storage with the periods that were adopted, for recording and deletion, and what waits to be adopted."""
    with read_transaction(site.engine) as connection:
        known = known_policy(connection)
        waiting = differences(connection, site)
    if known is None or not waiting:
        return site, ()
    return replace(site, settings=with_limits(site.settings, known.rules)), waiting


def by_adopted_roles(site: Storage) -> Storage:
    """The storage with the [roles] that were adopted, where the file in use says otherwise: nobody gets a right, or is
    asked for none, by an edit.  As it is where none were adopted.
    """
    with read_transaction(site.engine) as connection:
        known = known_policy(connection)
    if known is None:
        return site
    groups = {role.value: tuple(sorted(names_in(known.rules, f"roles.{role.value}"))) for role in Role}
    roles = RolesSettings(**groups)
    if not roles.is_set or all(set(roles.groups[role]) == set(site.settings.roles.groups[role]) for role in Role):
        return site
    return replace(site, settings=replace(site.settings, roles=roles))
