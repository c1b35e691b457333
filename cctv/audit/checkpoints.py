"""Checkpoints: signatures of the log's last entry, so that truncating its tail is detected.

A chain proves that nothing in it was changed; only a signature by a key outside the database proves how long it was.
`cctv.audit.checkpoint_files` has the files.  Never signs over a checkpoint that the log no longer contains, unless the
log records that it was restarted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditBroken, AuditEntry, AuditFacts
from cctv.audit.checkpoint_files import DAILY, FOLDER, LATEST, Checkpoint, contained, latest, line_digest
from cctv.audit.log import append_entry, chain_head
from cctv.core.clock import to_us
from cctv.crypto.signing_key import PRIVATE, PUBLIC, PublicKey, signing_key
from cctv.crypto.sshsig import SignatureInvalid, sign, verify
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

log = logging.getLogger(__name__)

NAMESPACE = "cctv-audit"


@dataclass(frozen=True, slots=True)
class Proved:
    """The number of checkpoints with a valid signature, the latest that the log contains, and those of a log before it
    was restarted, each with the entry that records the restart.
    """

    checkpoints: int
    latest: Checkpoint | None
    set_aside: tuple[tuple[Checkpoint, AuditEntry], ...]


def sign_checkpoint(site: Storage) -> Checkpoint | None:
    """Sign the last entry; None when there is none, or it is signed already.

    1. replace the latest checkpoint     (crash: the day's line is missing; the next one writes it)
    2. append the day's line, once a day (crash: the log does not name it)
    3. once a day, enter that line's digest into the log, and sign that entry too: a lost file is missed from then on

    Raises AuditBroken where the log was truncated, KeyLost, KeyExposed or KeyUnreadable.
    """
    last = latest(site.root)
    with read_transaction(site.engine) as connection:
        seq, digest = chain_head(connection)
        if seq == 0 or (last is not None and (last.seq, last.hash) == (seq, digest)):
            return None
        if last is not None:
            contained(connection, last)
    checkpoint = _sign(site, seq, digest)
    if last is not None and last.at.astimezone(UTC).date() == checkpoint.at.astimezone(UTC).date():
        return checkpoint
    site.disk.append_line(site.root / FOLDER / DAILY, checkpoint.line)
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"entries": seq, "line": line_digest(checkpoint.line), **key_digests(site.root)}
        append_entry(connection, site, Act.CHECKPOINT_SIGNED, "checkpoint", facts=facts)
    with read_transaction(site.engine) as connection:
        return _sign(site, *chain_head(connection))


def _sign(site: Storage, seq: int, digest: str) -> Checkpoint:
    now = site.clock.now()
    payload = {"schema": 1, "site": site.identity.site, "seq": seq, "hash": digest, "at_us": to_us(now)}
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    key = signing_key(site.root / "keys", site.disk)
    checkpoint = Checkpoint(site.identity.site, seq, digest, now, text, sign(text.encode(), key, NAMESPACE))
    site.disk.make_directory(site.root / FOLDER)
    site.disk.write(site.root / FOLDER / LATEST, checkpoint.line.encode() + b"\n")
    log.info("checkpoint.signed", extra={"entries": seq, "head": digest})  # journald seals it where it is set up to
    return checkpoint


def key_digests(root: Path) -> dict[str, str]:
    """SHA-256 of the two files of the signing key, as far as this account may read them: no secret."""
    digests = {}
    for name in (PRIVATE, PUBLIC):
        with contextlib.suppress(OSError):
            digests[name] = hashlib.sha256((root / "keys" / name).read_bytes()).hexdigest()
    return digests


def prove(connection: Connection, checkpoints: Sequence[Checkpoint], key: PublicKey | None) -> Proved:
    """Compare the log with checkpoints that were read before it.

    Raises AuditBroken where the log does not contain one of them and records no restart, where one is not signed by the
    site's key, or where `key` is None.
    """
    superseded: list[tuple[Checkpoint, AuditEntry]] = []
    newest: Checkpoint | None = None
    for checkpoint in checkpoints:
        if key is None:
            raise AuditBroken(seq=checkpoint.seq, good=0, problem="keys/signing.pub, which signed it, is gone")
        try:
            verify(checkpoint.text.encode(), checkpoint.signature, key, NAMESPACE)
        except SignatureInvalid as error:
            problem = f"its checkpoint is not as the site's key signed it: {error.message.rstrip('.')}"
            raise AuditBroken(seq=checkpoint.seq, good=checkpoint.seq - 1, problem=problem) from error
        restart = contained(connection, checkpoint)
        if restart is not None:
            superseded.append((checkpoint, restart))
        elif newest is None or checkpoint.seq > newest.seq:
            newest = checkpoint
    return Proved(len(checkpoints), newest, tuple(superseded))
