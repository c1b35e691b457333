"""Create a storage, accept that it was moved, and which cameras.toml it follows; each act has its audit entry.

A storage knows its cameras.toml by its place, relative to the storage so that both may be moved together, and by what
its [policy] says.  Whatever [policy] governs asks `require_known_settings`: a file elsewhere with another [policy]
would let one person do what two must.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, audit_entries, entry_at
from cctv.config.explain import policy_rules
from cctv.config.schema import Settings
from cctv.config.settings_file import NAME, SYSTEM_WIDE
from cctv.core.access import SERVICE_ACCOUNT, STORAGE_MODE, account_ids
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles, give_all
from cctv.core.errors import ConfigError
from cctv.db.engine import open_engine, read_transaction, write_transaction
from cctv.db.identity import (
    DATABASE_FILE,
    SITE_FILE,
    Identity,
    check,
    claim,
    file_system_of,
    next_mark,
    parse_identity,
    write_identity,
    write_mark,
)
from cctv.db.storage import DIRECTORIES, Storage, open_site, refuse_occupied
from cctv.db.upgrade import upgrade
from cctv.model.audit import Act, Actor

_PLACE, _RULES = "settings", "policy"  # names of facts


class SettingsForeign(ConfigError):
    """The storage follows {known}, and [policy] of {path} says something else ({keys}): nothing was changed.

    next: use the file that it follows, with `cctv --config {known}`; if the other one takes its place on purpose,
    `cctv --config {path} config adopt --reason WHY`.
    """


@dataclass(frozen=True, slots=True)
class KnownSettings:
    """A cameras.toml: its place relative to the storage, and each rule of its [policy], `two_person = hold.release`."""

    place: str
    rules: tuple[str, ...]

    def path(self, root: Path) -> Path:
        """Where the file is."""
        return Path(os.path.normpath(Path(os.path.realpath(root)) / self.place))

    def differing(self, other: KnownSettings) -> tuple[str, ...]:
        """The keys of [policy] on which the two differ."""
        return tuple(sorted({rule.partition(" = ")[0] for rule in {*self.rules} ^ {*other.rules}}))


@dataclass(frozen=True, slots=True)
class SettingsAdoption:
    """The file that the storage followed, None where none was known, the one in use, and what of [policy] differs."""

    before: Path | None
    after: Path
    differing: tuple[str, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class DiskAdoption:
    """The file system that site.json named, the one it names now (or would), and whether it was changed."""

    before: str
    after: str
    changed: bool


def create_site(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> Storage:
    """Create a storage in an empty folder, without an audit entry.

    Raises StorageExists or StorageNotEmpty and then changes nothing.
    """
    root = settings.site.storage
    refuse_occupied(root)
    disk.make_directory(root)
    root.chmod(STORAGE_MODE)
    give_to_service(root, settings)
    for name in DIRECTORIES:
        disk.make_directory(root / name)
    (root / "keys").chmod(0o700)
    identity = Identity.new(root)
    engine = open_engine(root / DATABASE_FILE, create=True)
    upgrade(engine)
    with write_transaction(engine) as connection:
        claim(connection, identity, clock.now())
        mark = next_mark(connection, root, clock.now())
    disk.sync_directory(root)
    write_mark(root, mark, disk)
    write_identity(root, identity, disk)
    give_all(root)
    return Storage(settings, root, identity, engine, disk, clock, actor)


def give_to_service(root: Path, settings: Settings, account: str = SERVICE_ACCOUNT) -> None:
    """Give the folder of a new storage, where root made it, to the account of the services that will use it.

    Only of the cameras.toml that the services read; nothing happens on a machine without that account.
    """
    if os.geteuid() != 0 or root.stat().st_uid != 0 or settings.source.path != Path(SYSTEM_WIDE):
        return
    if (ids := account_ids(account)) is not None:
        os.chown(root, *ids)


def create_storage(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> Storage:
    """Create a storage with its audit entry; raises StorageExists, StorageNotEmpty and then changes nothing."""
    site = create_site(settings, disk=disk, clock=clock, actor=actor)
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.STORAGE_CREATED, site.identity.site, facts=settings_facts(site))
    return site


def ensure_storage(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> Storage:
    """The storage of the settings, created where there is none; what a crash left of `create_storage` is finished.

    Only for whoever knows that the storage is its own: another's is opened as it is.  Raises as `create_storage` and
    `open_site` do.
    """
    root = settings.site.storage
    if not (root / SITE_FILE).exists():
        return create_storage(settings, disk=disk, clock=clock, actor=actor)
    give_all(root)
    site = open_site(settings, disk=disk, clock=clock, actor=actor)
    with write_transaction(site.engine) as connection:
        if entry_at(connection, 1) is None:
            append_entry(connection, site, Act.STORAGE_CREATED, site.identity.site, facts=settings_facts(site))
    return site


def settings_facts(site: Storage) -> dict[str, str | list[str]]:
    """Facts of an entry that says which cameras.toml the storage follows from then on."""
    current = _current(site)
    return {_PLACE: current.place, _RULES: list(current.rules)}


def knows_settings(connection: Connection, site: Storage) -> bool:
    """Whether [policy] in use is the one that the storage knows."""
    known = _known(connection)
    return known is not None and known.rules == _current(site).rules


def require_known_settings(connection: Connection, site: Storage) -> None:
    """Whoever does what [policy] governs asks first, in a write transaction; raises SettingsForeign (10).

    The file that the storage follows may be edited by those whom its owner and mode let: its new rules are logged.
    """
    known, current = _known(connection), _current(site)
    if known is not None and known.rules == current.rules:
        return
    if known is not None and known.place != current.place:
        raise SettingsForeign(
            known=known.path(site.root), path=site.settings.source.path, keys=", ".join(known.differing(current))
        )
    append_entry(connection, site, Act.SETTINGS_ADOPTED, NAME, facts=settings_facts(site))


def adopt_settings(site: Storage, *, reason: str, dry_run: bool = False) -> SettingsAdoption:
    """Let the storage follow the cameras.toml in use, from now on, with its [policy]."""
    current = _current(site)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        known = _known(connection)
        if known != current:
            append_entry(connection, site, Act.SETTINGS_ADOPTED, NAME, facts=settings_facts(site), reason=reason)
    return SettingsAdoption(
        before=known.path(site.root) if known is not None else None,
        after=current.path(site.root),
        differing=known.differing(current) if known is not None else (),
        changed=known != current and not dry_run,
    )


def _current(site: Storage) -> KnownSettings:
    place = os.path.relpath(os.path.realpath(site.settings.source.path), os.path.realpath(site.root))
    return KnownSettings(place, policy_rules(site.settings))


def _known(connection: Connection) -> KnownSettings | None:
    """By the last entry about it, else by the first entry of the log, which made or rebuilt the index."""
    adopted = [entry for entry, _ in audit_entries(connection, act=Act.SETTINGS_ADOPTED, about=NAME, last=1)]
    first = entry_at(connection, 1)
    for entry in (*adopted, *([first] if first is not None else [])):
        place, rules = entry.facts.get(_PLACE), entry.facts.get(_RULES)
        if isinstance(place, str) and isinstance(rules, Sequence) and not isinstance(rules, str):
            return KnownSettings(place, tuple(rules))
    return None


def adopt_disk(
    settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor, reason: str, dry_run: bool
) -> DiskAdoption:
    """Name the storage's present file system in site.json; raises DatabaseForeign unless its database moved with it.

    Typed by root, it also gives the storage's owner what root copied, else the services could not use it.
    """
    root = settings.site.storage
    identity = parse_identity(root)
    engine = open_engine(root / DATABASE_FILE)
    with read_transaction(engine) as connection:
        check(connection, identity, root)
    adopted = replace(identity, file_system=file_system_of(root))
    if dry_run or adopted == identity:
        if not dry_run:
            give_all(root)
        return DiskAdoption(identity.file_system, adopted.file_system, changed=False)
    site = Storage(settings, root, adopted, engine, disk, clock, actor)
    with write_transaction(engine) as connection:
        facts: AuditFacts = {"before": identity.file_system, "after": adopted.file_system}
        append_entry(connection, site, Act.DISK_ADOPTED, adopted.site, facts=facts, reason=reason)
    write_identity(root, adopted, disk)  # after the entry: a crash leaves an act that can be done again
    give_all(root)
    return DiskAdoption(identity.file_system, adopted.file_system, changed=True)
