"""Checkpoints: the log's last entry, signed, kept beside the database; so that its tail cannot be cut unseen.

`audit/checkpoint.json` is the latest, `audit/checkpoints.jsonl` has one of each day.  A chain proves that nothing in it
was changed; only a signature by a key that is not in the database proves how far it went.  Never signs over a
checkpoint that the log does not contain any more, unless the log itself says that it was begun again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import Connection

from cctv.audit.chain import AuditBroken, AuditEntry
from cctv.audit.checkpoint_files import DAILY, FOLDER, LATEST, Checkpoint, contained, latest
from cctv.audit.log import chain_head
from cctv.core.clock import to_us
from cctv.crypto.signing_key import PublicKey, signing_key
from cctv.crypto.sshsig import sign, verify
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage

NAMESPACE = "cctv-audit"


@dataclass(frozen=True, slots=True)
class Proved:
    """Checkpoints whose signature holds, the latest that the log contains, and those of a log before it was begun
    again, by the entry that says so.
    """

    checkpoints: int
    latest: Checkpoint | None
    set_aside: tuple[tuple[Checkpoint, AuditEntry], ...]


def sign_checkpoint(site: Storage) -> Checkpoint | None:
    """Sign the last entry; None when it is signed already.  Raises AuditBroken where the log was cut, or what is wrong
    with the key.

    1. the latest, in place of the one before     (crash: the day's line is missing; the next one writes it)
    2. the day's line, once a day
    """
    folder = site.root / FOLDER
    last = latest(site.root)
    with read_transaction(site.engine) as connection:
        seq, found = chain_head(connection)
        if seq == 0 or (last is not None and (last.seq, last.hash) == (seq, found)):
            return None
        if last is not None:
            contained(connection, last)

    now = site.clock.now()
    said = {"schema": 1, "site": site.identity.site, "seq": seq, "hash": found, "at_us": to_us(now)}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    key = signing_key(site.root / "keys", site.disk)
    made = Checkpoint(site.identity.site, seq, found, now, text, sign(text.encode(), key, NAMESPACE))
    site.disk.make_directory(folder)
    site.disk.write(folder / LATEST, made.line.encode() + b"\n")
    if last is None or last.at.astimezone(UTC).date() != now.astimezone(UTC).date():
        site.disk.append_line(folder / DAILY, made.line)
    return made


def prove(connection: Connection, found: Sequence[Checkpoint], key: PublicKey | None) -> Proved:
    """Compare the log with checkpoints that were read before it.

    Raises AuditBroken where the log does not contain one of them and does not say that it was begun again,
    SignatureInvalid where one is not signed by the site's key.
    """

    aside: list[tuple[Checkpoint, AuditEntry]] = []
    whole: Checkpoint | None = None
    for one in found:
        if key is None:
            raise AuditBroken(seq=one.seq, good=0, problem="keys/signing.pub, which signed it, is gone")
        verify(one.text.encode(), one.signature, key, NAMESPACE)
        parted = contained(connection, one)
        if parted is not None:
            aside.append((one, parted))
        elif whole is None or one.seq > whole.seq:
            whole = one
    return Proved(len(found), whole, tuple(aside))
