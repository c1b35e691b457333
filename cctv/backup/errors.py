"""What goes wrong with back-ups, each with the next step."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, UsageError


class BackupPlaceUnfit(UsageError):
    """Nothing can be backed up to {path}: {problem}.

    next: mount the medium that is meant, and give a folder on it that exists.
    """


class BackupNotWritten(CctvError):
    """The back-up could not be written to {path}: {problem}.  What is unfinished ends in .part and is no back-up.

    next: make room there or give another folder, then repeat the command: it removes what is unfinished.
    """

    exit_code = Exit.STORAGE_FULL


class HeldCopyElsewhere(CctvError):
    """Of held footage there is one copy, and it is in {directory}: {path} is not that copy.

    next: cctv backup --held {directory}, or, when that copy is destroyed, `cctv backup --held DIR --new-copy WHY`.
    """

    exit_code = Exit.DECISION_MISSING


class BackupForeign(CctvError):
    """{path} is a back-up of another site: {found}, and this is {expected}.  Nothing was changed.

    next: give this site's own back-up, or see that cameras.toml is this site's.
    """

    exit_code = Exit.NOT_PERMITTED


class StorageIntact(CctvError):
    """The storage has its own index, and it is whole: {entries} entries in its log, the back-up has {backed_up}.

    next: there is nothing to restore. If this index must go all the same, give --replace: it is set aside, not removed.
    """

    code = "StorageWhole"

    exit_code = Exit.DECISION_MISSING
