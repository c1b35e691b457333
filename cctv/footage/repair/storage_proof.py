"""Proof of a storage: the log, and everything on the disk and in the index that it speaks of.

`prove_storage` compares, and changes nothing: rows and texts with their digests, holds with rows and files, index.jsonl
with its seals, rows of segments with their lines, checkpoints with the log, the index with its storage.  What footage
itself is, `cctv footage verify` says; which files are missing or strange, `cctv footage reconcile`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from cctv.audit.checkpoint_files import DAILY, FOLDER, LATEST, Checkpoint, latest
from cctv.audit.checkpoints import Proved, key_digests, prove
from cctv.audit.kept import stamp_findings
from cctv.audit.proof import LogFinding, LogRead, checkpoint_findings, page_findings, read_log, row_findings
from cctv.core.clock import from_us
from cctv.core.errors import FileUnreadable
from cctv.core.i18n import N_
from cctv.crypto.signing_key import PublicKey
from cctv.db import schema
from cctv.db.engine import DatabaseDamaged, read_any_text, read_transaction
from cctv.db.identity import MARK_FILE, SITE_FILE, has_mark, identity_bytes, mark_bytes, read_mark
from cctv.db.storage import Storage
from cctv.db.types import ValueDamaged
from cctv.footage.deletion import KEPT_DAYS
from cctv.footage.deletion_summaries import from_line
from cctv.footage.ingest import lines_in
from cctv.footage.layout import INDEX
from cctv.footage.repair.adopted import adopted_periods
from cctv.footage.repair.differences import row_differs
from cctv.footage.repair.queries import IndexedRow, first_paths, rows_in
from cctv.footage.repair.seals import IndexSeal, names_in, seals_of
from cctv.holds.files import hold_path, read_hold_files
from cctv.holds.logged import HOLD_ACTS, compare_holds, file_differences, holds_of
from cctv.holds.store import all_holds, holds_in_force
from cctv.model.audit import Act
from cctv.model.ids import ZoneId

_PROVING = frozenset(
    {
        Act.FOOTAGE_SEALED,
        Act.POLICY_ADOPTED,
        Act.CHECKPOINT_SIGNED,
        Act.CHECKPOINT_STAMPED,
        Act.BACKUP_RESTORED,
        Act.INDEX_REBUILT,
    }
)
_WANTED = frozenset(act for act in Act if act.value in HOLD_ACTS or act in _PROVING)
FRESH = timedelta(days=1)  # a sweep signs each minute: an older log without any checkpoint has lost them


@dataclass(frozen=True, slots=True)
class StorageProof:
    """What was compared and what differs.

    `unsealed` lines of index.jsonl are newer than the last seal; `lacks_checkpoints` is true where nothing says how far
    the log should go, although it is old enough.
    """

    log: LogRead
    proved: Proved
    findings: tuple[LogFinding, ...]
    sealed: int
    unsealed: int
    lacks_checkpoints: bool


def prove_storage(
    site: Storage, checkpoints: Sequence[Checkpoint], key: PublicKey | None, *, kept: Sequence[Checkpoint] = ()
) -> StorageProof:
    """Compare everything once; `checkpoints` are those of the storage, `kept` those from elsewhere, both read before.

    Raises AuditBroken where the log is not whole, or does not contain a checkpoint and says no restart, or where one is
    not as the site's key signed it.
    """
    mark = read_mark(site.root)
    with read_transaction(site.engine) as connection:
        read_any_text(connection)
        log = read_log(connection, _WANTED)
        proved = prove(connection, [*checkpoints, *kept], key)
        damaged = page_findings(connection)
        findings = [*damaged, *row_findings(connection, log), *checkpoint_findings(log, checkpoints)]
        if not has_mark(connection, mark, strict=True):
            why = N_("the database is not the newest index of this storage, or {file} was changed", file=MARK_FILE)
            findings.append(LogFinding("cctv.db", why))
        seals = seals_of(log.kept)
        unsealed = 0
        if not damaged:  # what follows looks rows up by indexes
            unsealed, of_index = _index_findings(connection, site, log, seals)
            findings += of_index
    findings += [*_file_findings(site), *_signing_findings(site, log, proved.latest)]
    ca = site.settings.audit.timestamp_ca
    findings += stamp_findings(site.root, log, [*checkpoints, *kept], ca)
    age = site.clock.now() - from_us(log.first_us) if log.first_us is not None else timedelta(0)
    lacks = not checkpoints and not kept and age > FRESH
    return StorageProof(log, proved, tuple(findings), len(seals), unsealed, lacks)


def _index_findings(
    connection: Connection, site: Storage, log: LogRead, seals: Mapping[str, IndexSeal]
) -> tuple[int, list[LogFinding]]:
    """How many lines are newer than the last seal, and what differs between rows, files of holds and index.jsonl."""
    findings: list[LogFinding] = []
    unsealed = 0
    try:
        findings += _hold_findings(connection, site, log)
        folders = {path.rpartition("/")[0] for path in first_paths(connection)}
        unsealed, of_seals = _seal_findings(site, seals, folders, _deleted(connection))
        findings += [*of_seals, *_segment_findings(connection, site, log, folders)]
    except (ValueDamaged, DatabaseDamaged) as error:
        findings.append(LogFinding("cctv.db", error.message))
    except UnicodeEncodeError as error:  # a path in a row that is no UTF-8 names no file of cctv's
        why = N_("a row has a text that is no UTF-8: {text}", text=repr(error.object)[:200])
        findings.append(LogFinding("cctv.db", why))
    return unsealed, findings


def _segment_findings(
    connection: Connection, site: Storage, log: LogRead, folders: Collection[str]
) -> Iterator[LogFinding]:
    facts = (entry["facts"] for entry in log.kept if entry["act"] == Act.POLICY_ADOPTED.value)
    adopted = adopted_periods(facts)
    for folder in sorted(folders):
        try:
            yield from _row_findings(site, folder, rows_in(connection, folder), adopted)
        except ValueDamaged as error:
            yield LogFinding(f"{folder}/", error.message)


def _hold_findings(connection: Connection, site: Storage, log: LogRead) -> Iterator[LogFinding]:
    logged = holds_of(entry for entry in log.kept if entry["act"] in HOLD_ACTS)
    for difference in compare_holds(logged, holds_in_force(connection)):
        yield LogFinding(difference.hold, difference.why)
    known = {hold.id: hold for hold in all_holds(connection)}
    for hold in known.values():
        if hold.in_force and not hold_path(site, hold.id).is_file():
            yield LogFinding(f"holds/{hold.id}.json", N_("it is not there"))
    try:
        for difference in file_differences(connection, site, strict=True):
            yield LogFinding(f"holds/{difference.hold}.json", difference.why)
        for hold in read_hold_files(site):
            if hold.id not in known:
                yield LogFinding(f"holds/{hold.id}.json", N_("no entry of the log has it in force"))
    except FileUnreadable as error:
        yield LogFinding(str(error.fields["path"]), error.message)


def _file_findings(site: Storage) -> Iterator[LogFinding]:
    """Small files of which each byte is known: the storage's name, its mark, the latest checkpoint."""
    mark = read_mark(site.root)
    expected = {SITE_FILE: identity_bytes(site.identity)} | ({MARK_FILE: mark_bytes(mark)} if mark else {})
    for name, content in expected.items():
        if (path := site.root / name).is_symlink() or path.read_bytes() != content:
            yield LogFinding(name, N_("it was written by something else"))
    own = latest(site.root)
    path = site.root / FOLDER / LATEST
    if own is not None and (path.is_symlink() or path.read_bytes() != own.line.encode() + b"\n"):
        yield LogFinding(f"{FOLDER}/{LATEST}", N_("it was written by something else"))
    daily = site.root / FOLDER / DAILY
    if daily.is_symlink():
        yield LogFinding(f"{FOLDER}/{DAILY}", N_("a link is in its place"))
    elif daily.exists():
        lines = daily.read_bytes().split(b"\n")
        if any(line[:1] not in (b"{", b"\0") for line in (lines if lines[-1] else lines[:-1])):
            yield LogFinding(f"{FOLDER}/{DAILY}", N_("a line of it is no checkpoint, nor one that a power cut tore"))
    for folder in ("audit", "holds", "keys", "segments", "exports", "derived", "incoming", "quarantine"):
        if (site.root / folder).is_symlink():
            yield LogFinding(folder, N_("a link is in its place"))


def _signing_findings(site: Storage, log: LogRead, newest: Checkpoint | None) -> Iterator[LogFinding]:
    """A latest checkpoint that is older than another one, and key files that are not those that signed last."""
    own = latest(site.root)
    if newest is not None and (own is None or own.seq < newest.seq):
        why = N_("it is older than another checkpoint, of {entries} entries", entries=newest.seq)
        yield LogFinding(f"{FOLDER}/{LATEST}", why)
    signed = [entry for entry in log.kept if entry["act"] == Act.CHECKPOINT_SIGNED.value]
    now = key_digests(site.root)
    for name in ("signing", "signing.pub") if signed else ():
        known = signed[-1]["facts"].get(name)
        path = site.root / "keys" / name
        is_read = name in now or not path.exists()
        if path.is_symlink() or (known is not None and is_read and now.get(name) != known):
            why = N_("it is not the file of the key that signed entry {seq}", seq=signed[-1]["seq"])
            yield LogFinding(f"keys/{name}", why, signed[-1]["seq"])


def _deleted(connection: Connection) -> Counter[str]:
    """How many segments of each day's folder are deleted, by tombstones and by what they were folded to."""
    deleted = Counter[str]()
    for (path,) in connection.execute(select(schema.tombstones.c.path)):
        deleted[path.rpartition("/")[0]] += 1
    for (line,) in connection.execute(select(schema.folded_days.c.line)):
        for group in from_line(line):
            deleted[f"segments/{group.zone}/{group.camera}/{group.recorded}"] += group.segments
    return deleted


def _seal_findings(
    site: Storage, seals: Mapping[str, IndexSeal], indexed: Collection[str], deleted: Mapping[str, int]
) -> tuple[int, list[LogFinding]]:
    """How many lines are newer than the last seal, and every index.jsonl that does not begin with what was sealed."""
    findings, unsealed = [], 0
    for folder, seal in sorted(seals.items()):
        path = site.root / folder / INDEX
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            gone = deleted.get(folder, 0)
            if folder in indexed or gone < seal.segments or _is_young(site, folder):
                why = N_(
                    "it is gone, and of {segments} segments that it named {gone} were deleted",
                    segments=seal.segments, gone=gone,
                )  # fmt: skip
                findings.append(LogFinding(f"{folder}/{INDEX}", why))
            continue
        if path.is_symlink() or not seal.fits(content):
            findings.append(
                LogFinding(f"{folder}/{INDEX}", N_("its first {size} bytes are not those sealed", size=seal.size))
            )
        else:
            unsealed += content[seal.size :].count(b"\n")
            if (broken := content[seal.size :]) and len(names_in(broken, folder)) != broken.count(b"\n"):
                findings.append(LogFinding(f"{folder}/{INDEX}", N_("a line of it is no line of a segment")))
    for folder in sorted(set(indexed) - seals.keys()):
        if (path := site.root / folder / INDEX).is_file():
            unsealed += path.read_bytes().count(b"\n")
    return unsealed, findings


def _is_young(site: Storage, folder: str) -> bool:
    """Whether a folder is there that no deletion empties yet: its index stays for two days."""
    day = datetime.fromisoformat(folder.rpartition("/")[2]).replace(tzinfo=UTC)
    return (site.root / folder).is_dir() and site.clock.now() - day < KEPT_DAYS


def _row_findings(
    site: Storage, folder: str, rows: Mapping[str, IndexedRow], adopted: Mapping[ZoneId, frozenset[timedelta]]
) -> Iterator[LogFinding]:
    lines = lines_in(site.root / folder, folder) if folder.count("/") == 3 else {}
    for path, row in rows.items():
        line = lines.get(path)
        why = N_("its row has no line in index.jsonl") if line is None else row_differs(row, line, adopted)
        if why is not None:
            yield LogFinding(path, why)
