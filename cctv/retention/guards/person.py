"""Persons: whoever lets a guard's sweep go on, or shortens what was promised, is named."""

from __future__ import annotations

from cctv.core.errors import UsageError
from cctv.db.storage import Storage


class NobodyNamed(UsageError):
    """This is decided by a person, and none is named; nothing was changed.

    next: repeat the command with --for NAME
    """


def require_person(site: Storage) -> str:
    """The person on whose call this is done; raises NobodyNamed."""
    if site.actor.on_behalf_of is None:
        raise NobodyNamed
    return site.actor.on_behalf_of
