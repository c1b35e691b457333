"""Holds: what keeps footage beyond its limit.  Deletion asks here, inside its own transaction, and nowhere else."""

from cctv.holds.confirming import (
    HoldsUnconfirmed,
    ask_confirmation,
    check_confirmation,
    confirm,
    require_confirmed,
    unconfirmed,
)
from cctv.holds.files import read_hold_files, remove_hold_file
from cctv.holds.store import (
    HoldReleased,
    HoldUnknown,
    all_holds,
    covering,
    find_hold,
    holds_of,
    in_force,
    match_files,
    place,
    release,
)

__all__ = [
    "HoldReleased",
    "HoldUnknown",
    "HoldsUnconfirmed",
    "all_holds",
    "ask_confirmation",
    "check_confirmation",
    "confirm",
    "covering",
    "find_hold",
    "holds_of",
    "in_force",
    "match_files",
    "place",
    "read_hold_files",
    "release",
    "remove_hold_file",
    "require_confirmed",
    "unconfirmed",
]
