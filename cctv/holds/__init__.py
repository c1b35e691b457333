"""Holds: what keeps footage beyond its limit.  Deletion asks here, inside its own transaction, and nowhere else."""

from cctv.holds.confirming import (
    UNCONFIRMED,
    HoldsUnconfirmed,
    ask_confirmation,
    check_confirmation,
    confirm,
    require_confirmed,
    unconfirmed,
)
from cctv.holds.coverstore import count_held_over, covering, hold_over, look_again, no_longer_held_over
from cctv.holds.files import read_hold_files, remove_hold_file
from cctv.holds.renewstore import renew
from cctv.holds.store import (
    HoldReleased,
    HoldUnknown,
    all_holds,
    find_hold,
    holds_of,
    in_force,
    match_files,
    place,
    release,
    unknown_files,
    without_file,
)

__all__ = [
    "UNCONFIRMED",
    "HoldReleased",
    "HoldUnknown",
    "HoldsUnconfirmed",
    "all_holds",
    "ask_confirmation",
    "check_confirmation",
    "confirm",
    "count_held_over",
    "covering",
    "find_hold",
    "hold_over",
    "holds_of",
    "in_force",
    "look_again",
    "match_files",
    "no_longer_held_over",
    "place",
    "read_hold_files",
    "release",
    "remove_hold_file",
    "renew",
    "require_confirmed",
    "unconfirmed",
    "unknown_files",
    "without_file",
]
