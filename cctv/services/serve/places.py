"""Which process runs a command, and what becomes of each path that it takes: one table for client and service.

Pure, and imported by every start of `cctv`.  A command that is not named here goes to the service; a path that is not
named here is refused there, so that no new option opens a file of the service for whoever types it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from enum import Enum


class Place(Enum):
    """Whose process runs a command where there is a service."""

    SERVICE = "service"
    CALLER = "caller"  # it needs no storage: the caller's own process, with the caller's rights
    OWNER = "owner"  # it is the box's: the account that owns the storage, or root, in a process of its own


class Way(Enum):
    """What a path is to a command that runs in the service."""

    READS = "reads"  # the client opens it; the command reads a copy
    WRITES = "writes"  # a file, or a folder that gets files: the client writes them
    NAMES = "names"  # an id of the storage, where on the command line a path may stand too


OWNERS = "owners"  # context of these reasons in the catalogs, where `errors.py` translates them
# Why they are the box's: what they need the service does not have.
OWNER_COMMANDS: dict[tuple[str, ...], str] = {
    ("audit", "keep"): "writes where only root may",
    ("init",): "writes the settings, which are root's",
    ("record",): "is a service of its own",
    ("sweep",): "is a service of its own",
    ("serve",): "is this service",
    ("restore",): "makes a storage, with the recovery key",
    ("doctor",): "asks disks and units, which the service may not",
    ("notify",): "needs the network, which the service has not",
    ("backup",): "writes to disks that are mounted for the box",
    ("cameras", "add"): "writes the settings, which are root's",
    ("cameras", "check"): "needs the cameras and their passwords",
    ("cameras", "discover"): "needs the cameras' network",
    ("cameras", "still"): "needs the cameras and their passwords",
    ("footage", "adopt-disk"): "is for when recorder and sweeper stand still",
    ("footage", "init"): "makes a storage",
    ("footage", "rebuild"): "is for when recorder and sweeper stand still",
    ("footage", "upgrade"): "is for when the version changes, the service's own too",
}
CALLER_COMMANDS = {("redaction", "file")}
WAYS: dict[tuple[str, ...], Way] = {
    ("audit", "checkpoint", "out"): Way.WRITES,
    ("audit", "export", "target"): Way.WRITES,
    ("audit", "verify", "checkpoint"): Way.READS,
    ("audit", "verify", "key"): Way.READS,
    ("board", "sign", "signature"): Way.READS,
    ("config", "check", "policy"): Way.READS,
    ("export", "deliver", "folder"): Way.WRITES,
    ("export", "verify", "key"): Way.READS,
    ("export", "verify", "path"): Way.NAMES,  # with a path it is the caller's
    ("footage", "extract", "folder"): Way.WRITES,
    ("footage", "show", "folder"): Way.WRITES,
    ("letter", "policy-changed", "folder"): Way.WRITES,
    ("letter", "preview", "target"): Way.WRITES,
    ("redaction", "hide", "boxes"): Way.READS,
    ("redaction", "keep", "boxes"): Way.READS,
    ("redaction", "people", "folder"): Way.WRITES,
    ("redaction", "show", "folder"): Way.WRITES,
    ("register", "notice", "folder"): Way.WRITES,
    ("register", "show", "output"): Way.WRITES,
    ("register", "workstation-form", "target"): Way.WRITES,
    ("request", "answer", "to"): Way.WRITES,
    ("request", "board", "calendar"): Way.WRITES,
    ("request", "show", "folder"): Way.WRITES,
    ("retention", "certificate", "out"): Way.WRITES,
    ("site", "close", "out"): Way.WRITES,
}
_VALUES = frozenset({"--config", "--language", "--log-format"})  # options before the noun that take one
_HELP = frozenset({"-h", "--help", "--version"})


def place_of(words: Sequence[str]) -> Place:
    """Where the command of these words runs, whatever its arguments are."""
    for length in (1, 2):
        if tuple(words[:length]) in OWNER_COMMANDS:
            return Place.OWNER
        if tuple(words[:length]) in CALLER_COMMANDS:
            return Place.CALLER
    return Place.SERVICE


def owners_reason(words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The words of a command that is the box's, and why it is; of another that it needs no storage."""
    for length in (1, 2):
        if (reason := OWNER_COMMANDS.get(tuple(words[:length]))) is not None:
            return tuple(words[:length]), reason
    return tuple(words[:2]), "needs no storage"


def place_for(argv: Sequence[str], exists: Callable[[str], bool] = os.path.lexists) -> Place:
    """Where a command line runs: help, and what only checks files, in the caller's own process."""
    rest = after_options(argv)
    if not rest or _HELP.intersection(argv[: argv.index("--")] if "--" in argv else argv):
        return Place.CALLER
    if tuple(rest[:2]) == ("export", "verify") and any("/" in word or exists(word) for word in rest[2:3]):
        return Place.CALLER
    if tuple(rest[:2]) == ("retention", "certificate") and any(word.split("=")[0] == "--verify" for word in rest):
        return Place.CALLER
    return place_of(rest[:2])


def after_options(argv: Sequence[str]) -> list[str]:
    """The words from the noun on."""
    words = list(argv)
    while words and words[0].startswith("-") and words[0] != "--":
        del words[: 2 if words[0] in _VALUES else 1]
    return words[1:] if words[:1] == ["--"] else words


def without_config(argv: Sequence[str]) -> tuple[list[str], str | None]:
    """A command line without `--config FILE` before its noun, and that file; the last one counts, as for click."""
    kept, config, words = [], None, list(argv)
    while words and words[0].startswith("-"):
        if words[0] == "--config" and len(words) > 1:
            config = words[1]
            del words[:2]
        elif words[0].startswith("--config="):
            config = words.pop(0).partition("=")[2]
        else:
            size = 2 if words[0] in _VALUES else 1
            kept += words[:size]
            del words[:size]
    return kept + words, config
