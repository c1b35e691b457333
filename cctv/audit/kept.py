"""Checkpoints that are kept where the account of the services cannot rewrite them: root's folder, a mail, a timestamp.

`cctv audit keep`, which a timer runs as root, appends the storage's latest checkpoint to `SITE.jsonl` in a folder of
root's, and `cctv audit verify` compares the log with all of them.  Reads one small file of the storage, through no
link; no database.  `cctv.monitoring.checkpoint_sending` mails it, and has the first of each day stamped by a server
(RFC 3161); its reply is kept in the storage, and openssl verifies it.  Opens no connection itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.checkpoint_files import DAILY, FOLDER, LATEST, Checkpoint, latest, read_checkpoints
from cctv.audit.log import append_entry, audit_entries
from cctv.audit.proof import LogFinding, LogRead
from cctv.core.confine import Confinement
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError, FileUnreadable, ToolFailed
from cctv.core.i18n import N_, _
from cctv.core.process import run_process
from cctv.crypto.signing_key import PublicKey
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

KEPT = Path("/var/lib/cctv-checkpoints")
STAMPS = f"{FOLDER}/timestamps"
MOST_REPLY_BYTES = 100_000  # with a chain of certificates about 6000
_MOST_BYTES = 20_000  # a checkpoint has under a thousand
_OPENSSL_SECONDS = 20.0
_OPENSSL_READS = (Path("/usr/lib/ssl/openssl.cnf"), Path("/etc/ssl/openssl.cnf"))  # of Debian; it does nothing without
_STAMPED_AT = re.compile(r"Time stamp: (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT")
_RESTORES = (Act.BACKUP_RESTORED.value, Act.INDEX_REBUILT.value)  # a back-up has the latest reply only


class TimestampUnusable(CctvError):
    """The timestamp server's reply is refused: {detail}

    next: compare `timestamp` and `timestamp_ca` in [audit] of cameras.toml with what the server's operator says.
    """


@dataclass(frozen=True, slots=True)
class CheckpointMail:
    """A mail with the latest checkpoint: its text, and the files that it carries, by name."""

    subject: str
    body: str
    files: tuple[tuple[str, bytes], ...]


def kept_file(site: str, folder: Path = KEPT) -> Path:
    """Where the checkpoints of a site are kept."""
    return folder / f"{site}.jsonl"


def kept_checkpoints(site: str, folder: Path = KEPT) -> list[Checkpoint]:
    """The checkpoints of a site that are kept outside of its storage, none where there is no such folder."""
    path = kept_file(site, folder)
    return read_checkpoints(path) if path.exists() else []


def keep_latest(root: Path, site: str, disk: DurableFiles, folder: Path = KEPT) -> Checkpoint | None:
    """Append the storage's latest checkpoint unless it is there; returns it, None where nothing is new.

    Raises FileUnreadable for a file that is none, or a link.
    """
    own = root / FOLDER / LATEST
    if (root / FOLDER).is_symlink() or own.is_symlink() or (own.exists() and own.stat().st_size > _MOST_BYTES):
        following = N_("look who made it; nothing was kept")
        raise FileUnreadable(path=own, problem=N_("it is a link, or too large"), following=following)
    checkpoint = latest(root)
    known = {one.line for one in kept_checkpoints(site, folder)}
    if checkpoint is None or checkpoint.line in known:
        return None
    if not folder.is_dir():
        disk.make_directory(folder)
    disk.append_line(kept_file(site, folder), checkpoint.line)
    return checkpoint


def checkpoint_mail(site: str, checkpoint: Checkpoint, key: PublicKey) -> CheckpointMail:
    """The mail that lets its reader show later how far the log went; `site` is the name that people know."""
    name = f"checkpoint-{checkpoint.seq}.json"
    at = f"{checkpoint.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    subject = _("[cctv {site}] checkpoint of the audit log: {entries} entries", site=site, entries=checkpoint.seq)
    told = _(
        "The audit log of {site} had {entries} entries at {at} UTC.\nHash of the last one: {hash}",
        site=site, entries=checkpoint.seq, at=at, hash=checkpoint.hash,
    )  # fmt: skip
    kept = _(
        "Keep this mail and its two files: nobody who may write on the recorder can change them. They have no personal "
        "data. The key must be the one of every mail before: {fingerprint}",
        fingerprint=key.fingerprint,
    )
    compare = _(
        "To compare, have both files brought to the recorder and let this be typed there:\n\n"
        "    cctv audit verify --checkpoint {file} --key signing.pub\n\n"
        "Exit code 15 says that entries were removed or rewritten since.",
        file=name,
    )
    body = "\n\n".join((told, f"{checkpoint.text}\n\n{checkpoint.signature.strip()}", kept, compare)) + "\n"
    files = ((name, f"{checkpoint.line}\n".encode()), ("signing.pub", f"{key.line}\n".encode()))
    return CheckpointMail(subject, body, files)


def note_mailed(site: Storage, checkpoint: Checkpoint, to: str) -> None:
    """Enter into the log that a checkpoint was mailed."""
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"entries": checkpoint.seq, "head": checkpoint.hash, "to": to}
        append_entry(connection, site, Act.CHECKPOINT_MAILED, "checkpoint", facts=facts)


def unstamped(site: Storage) -> Checkpoint | None:
    """The first checkpoint of the newest day that has one, None where the log says that it was stamped."""
    path = site.root / FOLDER / DAILY
    daily = read_checkpoints(path) if path.exists() else []
    if not daily:
        return None
    with read_transaction(site.engine) as connection:
        return None if _is_stamped(connection, daily[-1]) else daily[-1]


def _is_stamped(connection: Connection, checkpoint: Checkpoint) -> bool:
    last = audit_entries(connection, act=Act.CHECKPOINT_STAMPED, last=1)
    return any(entry.facts.get("checkpoint") == _digest(checkpoint) for entry, _reason in last)


def stamp_checkpoint(site: Storage, checkpoint: Checkpoint, ca: Path, ask: Callable[[bytes], bytes]) -> datetime:
    """Have a checkpoint stamped and keep the reply; returns the time of the stamp.

    1. `ask` sends the query and returns the reply, which openssl verifies: certificates, digest and nonce
    2. keep the reply       (crash: the log does not name it; it is asked again, and replaced)
    3. enter it into the log

    Raises TimestampUnusable, FileUnreadable, ToolMissing, and what `ask` raises.
    """
    folder = site.root / STAMPS
    if folder.is_symlink():
        raise FileUnreadable(
            path=folder, problem=N_("a link is in its place"), following=N_("look who made it; nothing was kept")
        )
    query = run_process(
        ["openssl", "ts", "-query", "-digest", _digest(checkpoint), "-sha256", "-cert"], timeout=_OPENSSL_SECONDS
    )
    reply = ask(query)
    try:
        at = _verify(reply, ca, query=query)
    except ToolFailed as error:
        raise TimestampUnusable(detail=str(error.fields["detail"]).rstrip(".")) from error
    site.disk.make_directory(folder)
    site.disk.write(folder / _name(checkpoint.seq), reply)
    facts: AuditFacts = {
        "entries": checkpoint.seq,
        "checkpoint": _digest(checkpoint),
        "reply": hashlib.sha256(reply).hexdigest(),
        "stamped": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.CHECKPOINT_STAMPED, "checkpoint", facts=facts)
    return at


def stamp_findings(
    root: Path, log: LogRead, checkpoints: Sequence[Checkpoint], ca: Path | None
) -> Iterator[LogFinding]:
    """Replies that are not those of which the log says that they were kept, and the latest one where openssl refuses it
    for its checkpoint.  With `ca` None no certificate is verified.  Raises ToolMissing.
    """
    if (root / STAMPS).is_symlink():
        yield LogFinding(STAMPS, N_("a link is in its place"))
        return
    restored = max((entry["seq"] for entry in log.kept if entry["act"] in _RESTORES), default=0)
    stamps = {
        entry["facts"].get("entries"): entry for entry in log.kept if entry["act"] == Act.CHECKPOINT_STAMPED.value
    }
    for number, entry in stamps.items():
        if not isinstance(number, int):  # no entry of cctv's; each command may append one
            continue
        path, seq = root / STAMPS / _name(number), entry["seq"]
        if path.is_symlink() or not path.is_file():
            if seq > restored or path.is_symlink():
                yield LogFinding(f"{STAMPS}/{path.name}", N_("entry {seq} says that it was kept", seq=seq), seq)
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["facts"].get("reply"):
            yield LogFinding(f"{STAMPS}/{path.name}", N_("it is not the reply that entry {seq} names", seq=seq), seq)
    last = latest_reply(root)
    if last is not None and not last.is_symlink() and ca is not None:
        yield from _reply_findings(last, checkpoints, ca)


def latest_reply(root: Path) -> Path | None:
    """The reply for the most entries; None where none is kept."""
    named = [path for path in (root / STAMPS).glob("*.tsr") if path.stem.isdecimal() and len(path.stem) < 20]
    return max(named, key=lambda path: int(path.stem), default=None)


def _reply_findings(path: Path, checkpoints: Sequence[Checkpoint], ca: Path) -> Iterator[LogFinding]:
    name = f"{STAMPS}/{path.name}"
    named = {_digest(one) for one in checkpoints if one.seq == int(path.stem)}
    if not named:
        yield LogFinding(
            name, N_("no file has the checkpoint of {entries} entries, which it stamps", entries=path.stem)
        )
        return
    detail = ""
    for digest in sorted(named):  # of the same entries the latest may have been signed again
        try:
            _verify(path.read_bytes(), ca, digest=digest)
        except ToolFailed as error:
            detail = str(error.fields["detail"]).rstrip(".")
        else:
            return
    yield LogFinding(name, N_("openssl refuses it for its checkpoint: {detail}", detail=detail))


def _verify(reply: bytes, ca: Path, *, query: bytes = b"", digest: str = "") -> datetime:
    """The time of a stamp that fits a query, or a digest; raises ToolFailed.

    One that fits a digest was verified when it came: its certificates count at its own time, for they end sooner than
    the log does.
    """
    if len(reply) > MOST_REPLY_BYTES:
        raise ToolFailed(tool="openssl", status=1, detail=f"the reply is larger than {MOST_REPLY_BYTES} bytes")
    with TemporaryDirectory(prefix="cctv-timestamp-") as name:
        folder = Path(name)
        (folder / "reply.tsr").write_bytes(reply)
        (folder / "query.tsq").write_bytes(query)
        confined = Confinement((folder, ca, *filter(Path.exists, _OPENSSL_READS)), programs=("openssl",))
        shown = ["openssl", "ts", "-reply", "-in", f"{folder}/reply.tsr", "-text"]
        text = run_process(shown, timeout=_OPENSSL_SECONDS, confined=confined).decode("utf-8", "replace")
        if (match := _STAMPED_AT.search(text.rpartition("TST info:")[2])) is None:
            raise ToolFailed(
                tool="openssl", status=1, detail="the reply has no time stamp: " + " ".join(text.split())[:200]
            )
        at = datetime.strptime(" ".join(match.groups()), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        of = ["-queryfile", f"{folder}/query.tsq"] if query else ["-digest", digest]
        of += [] if query else ["-attime", str(int(at.timestamp()))]
        argv = ["openssl", "ts", "-verify", "-in", f"{folder}/reply.tsr", *of, "-CAfile", str(ca)]
        run_process(argv, timeout=_OPENSSL_SECONDS, confined=confined)
    return at


def _digest(checkpoint: Checkpoint) -> str:
    """Hex SHA-256 of a checkpoint as a file of its own, as `cctv audit checkpoint --out` writes it."""
    return hashlib.sha256(f"{checkpoint.line}\n".encode()).hexdigest()


def _name(entries: int | str) -> str:
    return f"{entries}.tsr"
