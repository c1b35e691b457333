"""`backup.json` in the storage: when the last back-up was made, and where the one copy of held footage is.

No secret and no footage.  Lost, it makes `cctv status` say that there is no back-up: better than the other way about.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cctv.db.site import Site
from cctv.kernel.clock import iso

FILE = "backup.json"


@dataclass(frozen=True, slots=True)
class HeldCopy:
    """The copy of held footage: its own id, where it was last, when it was last brought up to date."""

    id: str
    directory: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last back-up and the copy of held footage, as far as they are known."""

    last: datetime | None = None
    file: str | None = None
    held: HeldCopy | None = None

    def age(self, now: datetime) -> timedelta | None:
        """How long ago the last back-up was made."""
        return now - self.last if self.last else None

    def is_late(self, now: datetime, warn_after: timedelta) -> bool:
        age = self.age(now)
        return age is None or age > warn_after


def read_memory(root: Path) -> Remembered:
    """What is remembered; nothing where the file is not there or not whole."""
    try:
        said = json.loads((root / FILE).read_text())
        held = said["held"]
        copy = HeldCopy(held["id"], held["directory"], datetime.fromisoformat(held["at"])) if held else None
        last = datetime.fromisoformat(said["last"]) if said["last"] else None
        return Remembered(last, said["file"], copy)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Remembered()


def remember_backup(site: Site, at: datetime, file: Path) -> None:
    _write(site, replace(read_memory(site.root), last=at, file=str(file)))


def remember_held(site: Site, copy: HeldCopy) -> None:
    _write(site, replace(read_memory(site.root), held=copy))


def _write(site: Site, known: Remembered) -> None:
    held = {"id": known.held.id, "directory": known.held.directory, "at": iso(known.held.at)} if known.held else None
    said = {"schema": 1, "last": iso(known.last) if known.last else None, "file": known.file, "held": held}
    site.disk.write(site.root / FILE, json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n")
