"""Confirmation of the holds by a named person, after a restore or a rebuild of the index from the disk.

`holds-unconfirmed.json` in the storage records that it is pending; it is outside `holds/`, so that it is not read as a
hold.  While it exists, readable or not, nothing is deleted.

1. write and flush the file, before the new index is put in place
2. commit the confirmation     (crash before: the file still asks for it)
3. remove the file             (crash before: the confirmation is asked for once more)

2 and 3 are `cctv.access.acceptance.confirm_holds`, which asks for a second person where the policy does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cctv.core.clock import iso
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError, Exit, GuardError, UsageError
from cctv.core.i18n import N_
from cctv.core.text import parse_json
from cctv.db.storage import Storage

UNCONFIRMED = "holds-unconfirmed.json"
# Why holds must be confirmed, as the file says it; the first is followed by the instant of the back-up.
RESTORED = "the index was restored from a back-up of "
REBUILT = "the index was made again from the disk"


class HoldsUnconfirmed(GuardError):
    """Deletion stops: {why}, and nobody has confirmed the holds since.

    next: compare `cctv hold list` with what you know, release what was released since, then
    `cctv hold confirm --for NAME --reason WHY`; nothing was deleted.
    """


class NoHoldsToConfirm(UsageError):
    """Nobody has to confirm the holds: the index was neither restored nor made again since they were last confirmed.

    next: cctv hold list
    """

    code = "NothingToConfirm"


class NoNameGiven(UsageError):
    """The holds are confirmed by a person, and none is named.

    next: cctv hold confirm --for NAME --reason WHY
    """


class IndexNotReady(CctvError):
    """The holds cannot be confirmed yet: {why}, and that was interrupted.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Why the holds must be confirmed; `resume` is the command that finishes what was interrupted, if it was."""

    why: str
    resume: str | None


def ask_confirmation(root: Path, disk: DurableFiles, *, why: str, at: datetime, resume: str | None = None) -> None:
    """Stop deletion until the holds are confirmed; with `resume`, that command must finish first."""
    payload = {"schema": 1, "why": why, "at": iso(at), "resume": resume}
    disk.write(root / UNCONFIRMED, json.dumps(payload, indent=2, ensure_ascii=False).encode() + b"\n")


def unconfirmed(root: Path) -> Unconfirmed | None:
    """The pending confirmation, None when there is none."""
    try:
        payload = parse_json((root / UNCONFIRMED).read_text("utf-8"))
        return Unconfirmed(_phrased(str(payload["why"])), payload["resume"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return Unconfirmed(N_("{file} stands in the storage and cannot be read", file=UNCONFIRMED), None)


def _phrased(why: str) -> str:
    """A reason as the file has it, in English, so that it can be translated; another text as it is."""
    if why.startswith(RESTORED):
        return N_("the index was restored from a back-up of {made}", made=why.removeprefix(RESTORED))
    return N_("the index was made again from the disk") if why == REBUILT else why


def require_confirmed(root: Path) -> None:
    """Raise HoldsUnconfirmed while a confirmation is pending."""
    if (waiting := unconfirmed(root)) is not None:
        raise HoldsUnconfirmed(why=waiting.why)


def check_confirmation(site: Storage) -> None:
    """Raise NoHoldsToConfirm or IndexNotReady unless the holds can be confirmed now."""
    waiting = unconfirmed(site.root)
    if waiting is None:
        raise NoHoldsToConfirm
    if waiting.resume is not None:
        raise IndexNotReady(why=waiting.why, following=waiting.resume)
