"""Errors of recovery keys and of encrypted back-ups."""

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

    next: give the file that `cctv backup key FILE` made, as an account that may read it (root may use a storage of
    another account); it has a line that starts with AGE-SECRET-KEY-1.
    """


class KeyFileTaken(UsageError):
    """{path} is there already; nothing was written.

    next: give a name that is free: a recovery key is never replaced, for old back-ups need the old one.
    """


class KeyFileOnBox(UsageError):
    """{path} is in the storage: whoever takes the disk would have the back-ups' key too.

    next: write it to a medium that leaves this box, or print it: cctv backup key - > /media/usb/recovery.key
    """


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
