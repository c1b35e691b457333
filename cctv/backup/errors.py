"""What goes wrong with back-ups, each with the next step."""

from __future__ import annotations

from cctv.core.errors import CctvError, ConfigError, Exit, UsageError


class RecoveryKeyMissing(ConfigError):
    """Back-ups are encrypted to a recovery key, and cameras.toml names none.

    next: `cctv backup key FILE` makes one; put its public half in [backup] of cameras.toml.
    """


class RecoveryKeyUnusable(ConfigError):
    """{key} in [backup] of cameras.toml is not a public key of age: {problem}.

    next: copy the line again from the file that `cctv backup key FILE` made, or from `age-keygen -y FILE`.
    """


class KeyFileUnreadable(UsageError):
    """{path} holds no recovery key: {problem}.

    next: give the file that `cctv backup key FILE` made; it has a line that starts with AGE-SECRET-KEY-1.
    """


class KeyFileTaken(UsageError):
    """{path} is there already; nothing was written.

    next: give a name that is free: a recovery key is never replaced, for old back-ups need the old one.
    """


class KeyFileOnBox(UsageError):
    """{path} is in the storage: whoever takes the disk would have the back-ups' key too.

    next: write it to a medium that leaves this box, or print it: cctv backup key - > /media/usb/recovery.key
    """


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


class RecoveryKeyWrong(CctvError):
    """{path} is not encrypted to that recovery key; nothing was changed.

    next: give the key whose public half was in cameras.toml when the back-up was made.
    """

    exit_code = Exit.NOT_PERMITTED


class BackupTorn(CctvError):
    """{path} is not a whole back-up: {problem}.  Nothing was changed.

    next: fetch it from its medium again, or take the back-up before it.
    """

    exit_code = Exit.UNREADABLE


class BackupForeign(CctvError):
    """{path} is a back-up of another site: {found}, and this is {expected}.  Nothing was changed.

    next: give this site's own back-up, or see that cameras.toml is this site's.
    """

    exit_code = Exit.NOT_PERMITTED


class StorageIntact(CctvError):
    """The storage has its own index, and it is whole: {entries} entries in its log, the back-up has {backed_up}.

    next: there is nothing to restore. If this index must go all the same, give --replace: it is set aside, not removed.
    """

    exit_code = Exit.DECISION_MISSING
