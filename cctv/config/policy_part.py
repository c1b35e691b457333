"""The part of cameras.toml that is the site's policy: its rules as text, their digest, what two versions differ in.

Who may do what and who must agree ([policy], [roles]), who is told ([alerts]), who gets proof of the log ([audit]), who
can open back-ups, where they go and how long they stay ([backup]), how long footage is kept ([site] and zones).  Pure.
Knows no storage; never shows a secret.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from cctv.config.errors import BadValue, KeyPath
from cctv.config.fields import Setting, duration, sections_in, settings_in
from cctv.config.schema import Settings
from cctv.model.ids import ZoneId
from cctv.model.legal import Jurisdiction, ZoneKind

BACKUP = "backup"
_WHOLE = ("policy", "roles", "alerts", "audit", BACKUP)  # sections
_OF_SITE = ("jurisdiction", "max_retention", "role")
_PLACES = frozenset({("alerts", "state")})  # where this machine keeps a file is no policy
_SECRET = frozenset({("alerts", "webhook")})  # its path may be one: a digest shows that it changed
_EQUALS = " = "


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """A key of the policy with the text of its value; `is_default` where the file does not have it."""

    key: str
    value: str
    is_default: bool = False

    def __str__(self) -> str:
        return f"{self.key}{_EQUALS}{self.value}"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A key with its value before and now; None where there is none."""

    key: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.key}: {self.before or '-'} -> {self.after or '-'}"


def policy_rules(settings: Settings) -> tuple[PolicyRule, ...]:
    """Every key of the policy with its value, defaults too, sorted."""
    return tuple(sorted(_rules(settings), key=lambda rule: rule.key))


def rules_digest(rules: Iterable[PolicyRule]) -> str:
    """Hex SHA-256 of rules, one a line."""
    return hashlib.sha256("".join(f"{rule}\n" for rule in rules).encode()).hexdigest()


def settings_facts(settings: Settings, root: Path) -> dict[str, str | list[str]]:
    """What a log entry says of the policy that a storage follows from then on: place of the file, rules, their digest.

    The place is relative to the storage `root`, so that both may be moved together.
    """
    place = os.path.relpath(os.path.realpath(settings.source.path), os.path.realpath(root))
    rules = policy_rules(settings)
    return {"settings": place, "policy": [str(rule) for rule in rules], "digest": rules_digest(rules)}


def stored_rules(lines: Sequence[object]) -> tuple[PolicyRule, ...]:
    """Rules as they were stored, `policy.area = EU`; what an older release stored lacks the name of the section."""
    pairs = [str(line).partition(_EQUALS) for line in lines]
    return tuple(PolicyRule(key if "." in key else f"policy.{key}", value) for key, _, value in pairs)


def changes(before: Iterable[PolicyRule], after: Iterable[PolicyRule]) -> tuple[RuleChange, ...]:
    """What differs, by key.  A default of a key that was not known before changes nothing: the program learnt it."""
    old, new = {rule.key: rule.value for rule in before}, {rule.key: rule for rule in after}
    found = []
    for key in sorted(old.keys() | new.keys()):
        rule = new.get(key)
        if key not in old and rule is not None and rule.is_default:
            continue
        if old.get(key) != (value := rule.value if rule is not None else None):
            found.append(RuleChange(key, old.get(key), value))
    return tuple(found)


def names_in(rules: Iterable[PolicyRule], key: str) -> frozenset[str]:
    """The members of a list, `policy.two_person`, as stored rules have them; empty where there is none."""
    value = next((rule.value for rule in rules if rule.key == key), "")
    return frozenset(name for name in value.split(", ") if name not in ("", "none"))


def with_limits(settings: Settings, rules: Iterable[PolicyRule]) -> Settings:
    """The settings with periods, caps and kinds of zones as rules say, where they say it: what recording goes on by."""
    known = {rule.key: rule.value for rule in rules}

    def period(key: str, otherwise: timedelta) -> timedelta:
        try:
            return duration(known[key]) if key in known else otherwise
        except BadValue:
            return otherwise

    zones = {}
    for name, zone in settings.zones.items():
        kept = replace(
            zone,
            kind=ZoneKind(known.get(f"zones.{name}.kind", zone.kind.value)),
            retention=period(f"zones.{name}.retention", zone.retention),
            min_retention=period(f"zones.{name}.min_retention", zone.min_retention),
        )
        zones[ZoneId(name)] = kept
    site = replace(
        settings.site,
        jurisdiction=Jurisdiction(known.get("site.jurisdiction", settings.site.jurisdiction.value)),
        max_retention=period("site.max_retention", settings.site.max_retention),
    )
    return replace(settings, site=site, zones=MappingProxyType(zones))


def _rules(settings: Settings) -> Iterator[PolicyRule]:
    for name, section in sections_in(Settings).items():
        tables = getattr(settings, name)
        if section.id_type is not None:
            for item_id in tables if name == "zones" or name in _WHOLE else ():
                yield from _table(settings, (name, item_id), tables[item_id])
        elif name in _WHOLE:
            yield from _table(settings, (name,), tables)
        elif name == "site":
            yield from (rule for rule in _table(settings, (name,), tables) if rule.key.split(".")[-1] in _OF_SITE)


def _table(settings: Settings, section: KeyPath, table: object) -> Iterator[PolicyRule]:
    for name, (attribute, setting) in settings_in(type(table)).items():
        key = (*section, name)
        if key not in _PLACES:
            text = _shown(key, setting, getattr(table, attribute))
            yield PolicyRule(".".join(key), text, key not in settings.source.file_keys)


def _shown(key: KeyPath, setting: Setting, value: object) -> str:
    shown = setting.show(value)
    if key in _SECRET and isinstance(value, str):
        return f"{shown} (sha256 {hashlib.sha256(value.encode()).hexdigest()[:16]})"
    return repr(dict(value)) if isinstance(value, Mapping) else shown
