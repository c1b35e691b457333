"""What the doctor checks of trust: who can pass by the rules of this program, and where its secrets lie.

No software keeps its promises against whoever is root of its machine, or holds its keys: so each weakness is named.
Each judgement is a pure function; the check at the end reads and judges.  Never changes anything.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from cctv.core.i18n import N_
from cctv.monitoring.doctor import Check, CheckName, DoctorFinding, Examined, advice, unknown, well, wrong
from cctv.monitoring.machine_facts import AccountFacts

_MANY_ADMINISTRATORS = 2  # one, and one for the holidays
_MOST_FILES = 1000  # of a folder that are looked into
_KEY_BYTES = 64 << 10  # a file with a private key is far smaller
_RECOVERY, _ANY = b"AGE-SECRET-KEY-1", b"PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class KeyLook:
    """Files of a folder that hold a private key; `unread` are those that this account may not look into."""

    folder: Path
    keys: tuple[str, ...]
    unread: int


def judge_accounts(facts: AccountFacts) -> Iterator[DoctorFinding]:
    """Who can be root, for whom no rule of this program holds."""
    name = CheckName.TRUST
    why = N_("root reads and changes everything, past roles, two persons and the log")
    sound = True
    for account in facts.as_root:
        sound = False
        text = N_("{account} is root under another name (uid 0)", account=account)
        yield wrong(name, text, why, f"userdel {account}  # -f where somebody is logged in by it", account)
    if len(facts.administrators) > _MANY_ADMINISTRATORS:
        sound = False
        names = ", ".join(facts.administrators)
        text = N_("{count} accounts can become root: {names}", count=len(facts.administrators), names=names)
        yield advice(name, text, why, f"deluser {facts.administrators[-1]} sudo", "administrators")
    if facts.root_login == "yes" or (facts.root_login not in (None, "no") and facts.root_keys):
        sound = False
        text = N_("root itself can log in over the network (PermitRootLogin {value})", value=facts.root_login)
        line = "printf 'PermitRootLogin no\\n' > /etc/ssh/sshd_config.d/00-cctv.conf  # then: systemctl reload ssh"
        yield advice(name, text, N_("the machine's journal then names nobody"), line, "ssh")
    elif facts.root_login not in (None, "no") and facts.root_keys is None:
        sound = False
        text = N_("whether root can log in by ssh is not known: its keys cannot be read")
        yield unknown(name, text, "sudo cctv doctor --only trust", "ssh")
    if sound:
        names = ", ".join(facts.administrators) or "-"
        yield well(name, N_("few can become root ({names}), and root does not log in itself", names=names), "accounts")


def judge_journal(sealed: bool | None) -> Iterator[DoctorFinding]:
    """Whether the journal, which has each signed checkpoint of the log, can be rewritten unseen; None: none is kept."""
    if sealed is None:
        text = N_("this machine keeps no journal over a restart")
        why = N_("it is one of the places where signed checkpoints of the log stay")
        line = "mkdir -p /var/log/journal && systemctl restart systemd-journald"
        yield advice(CheckName.TRUST, text, why, line, "journal")
    elif not sealed:
        text = N_("the journal is not sealed")
        why = N_("whoever is root rewrites it unseen, with the signed checkpoints of the log that are in it")
        line = "journalctl --setup-keys  # and keep what it prints elsewhere"
        yield advice(CheckName.TRUST, text, why, line, "journal")
    else:
        yield well(CheckName.TRUST, N_("the journal is sealed"), "journal")


def judge_keys(looks: Sequence[KeyLook], backups: Path | None) -> Iterator[DoctorFinding]:
    """Private keys that lie where a thief of the disk, or of the back-up, finds them; `backups` is that folder."""
    name, sound = CheckName.TRUST, True
    for look in looks:
        for key in look.keys:
            sound = False
            path = look.folder / key
            if look.folder == backups:
                text = N_("{path} is a private key beside the back-ups", path=path)
                why = N_("whoever takes the back-ups opens them with it")
            else:
                text = N_("{path} is a private key on this machine", path=path)
                why = N_("back-ups are encrypted so that this machine cannot open them")
            yield wrong(name, text, why, f"rm {path}  # after it was copied to where only its keeper is", key)
        if look.unread:
            sound = False
            text = N_("{count} files of {path} cannot be looked into", count=look.unread, path=look.folder)
            yield unknown(name, text, "sudo cctv doctor --only trust", str(look.folder))
    if sound:
        yield well(name, N_("no private key of the back-ups lies on this machine or beside them"), "keys")


def find_keys(folder: Path, *, beside_backups: bool) -> KeyLook:
    """The files right in a folder that hold a recovery key (age); none where there is no such folder.

    Beside back-ups no other private key has a place either.
    """
    marks = (_RECOVERY, _ANY) if beside_backups else (_RECOVERY,)
    found, unread = [], 0
    for entry in islice(_entries(folder), _MOST_FILES):
        try:
            if _holds(entry, marks):
                found.append(entry.name)
        except PermissionError:
            unread += 1
        except OSError:
            continue  # it went meanwhile
    return KeyLook(folder, tuple(sorted(found)), unread)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return


def _holds(entry: os.DirEntry[str], marks: Sequence[bytes]) -> bool:
    if not entry.is_file(follow_symlinks=False) or entry.stat(follow_symlinks=False).st_size > _KEY_BYTES:
        return False
    descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return False
        text = file.read(_KEY_BYTES)
    return any(mark in text for mark in marks)


def _trust(examined: Examined) -> Iterable[DoctorFinding]:
    settings = examined.require_settings()
    folder = settings.backup.folder
    yield from judge_accounts(examined.machine.accounts())
    if examined.machine.has_systemd:
        yield from judge_journal(examined.machine.journal_is_sealed())
    places = [settings.source.path.parent, settings.site.storage, *([folder] if folder is not None else [])]
    yield from judge_keys([find_keys(place, beside_backups=place == folder) for place in dict.fromkeys(places)], folder)


TRUST_CHECKS: Mapping[CheckName, Check] = MappingProxyType({CheckName.TRUST: _trust})
