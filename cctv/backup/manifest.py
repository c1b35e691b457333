"""The manifest of a back-up: which site, when, which schema, which files.  The first member of its bundle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cctv.backup.bundle import Member, of_bytes
from cctv.core.clock import iso
from cctv.core.durable import sha256_file
from cctv.core.text import parse_json
from cctv.crypto.errors import BackupTorn

MANIFEST = "manifest.json"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class BackupEntry:
    """One file of the back-up."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """`entries` and `head` are the length and the last hash of the audit log; `version` is that of the tables."""

    site: str
    database: str
    site_name: str
    made: datetime
    made_by: str
    program: str
    version: str
    audit_entries: int
    audit_head: str
    segments: int
    holds: tuple[str, ...]
    files: tuple[BackupEntry, ...]

    def as_member(self) -> Member:
        """The manifest as a bundle's member."""
        payload = {"schema": _SCHEMA, **asdict(self), "made": iso(self.made)}
        return of_bytes(MANIFEST, json.dumps(payload, indent=2, ensure_ascii=False).encode() + b"\n")


def entries_of(members: Sequence[Member]) -> tuple[BackupEntry, ...]:
    """The entries of these members, for the manifest."""
    return tuple(BackupEntry(member.name, member.size_bytes, member.sha256) for member in members)


def read_manifest(path: Path, folder: Path) -> BackupManifest:
    """The manifest of the unpacked back-up `path`, its files compared; raises BackupTorn."""
    try:
        payload = parse_json((folder / MANIFEST).read_text("utf-8"))
        if not isinstance(payload, dict):
            raise BackupTorn(path=path, problem="its manifest cannot be read (it is no object)")
        if payload.pop("schema") != _SCHEMA:
            raise BackupTorn(path=path, problem="a newer program wrote it")
        manifest = _adapter().validate_python(payload)
        if manifest.made.tzinfo is None:
            raise BackupTorn(path=path, problem="its manifest cannot be read (its time has no zone)")
    except FileNotFoundError as error:
        raise BackupTorn(path=path, problem="it has no manifest") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise BackupTorn(path=path, problem=f"its manifest cannot be read ({where}: {first['msg']})") from error
    except (ValueError, KeyError) as error:
        raise BackupTorn(path=path, problem=f"its manifest cannot be read ({error})") from error
    _compare(path, folder, manifest)
    return manifest


@cache
def _adapter() -> TypeAdapter[BackupManifest]:
    return TypeAdapter(BackupManifest)


def _compare(path: Path, folder: Path, manifest: BackupManifest) -> None:
    names = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} - {MANIFEST}
    if names != {entry.name for entry in manifest.files}:
        raise BackupTorn(path=path, problem="it does not hold the files that its manifest names")
    for entry in manifest.files:
        if sha256_file(folder / entry.name) != entry.sha256:
            raise BackupTorn(path=path, problem=f"{entry.name} is not as its manifest says")
