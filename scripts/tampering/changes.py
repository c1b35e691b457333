"""What somebody who may write the storage can do to it by hand, one change at a time, chosen by a seed.

A change returns what it did and the words of which the product must say one.  `None`: it could not be done to what was
drawn, or it changed nothing that anything relies on (`IRRELEVANT` says what and why).
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

Rows = list[tuple[object, ...]]

# What nothing relies on, or what nothing can tell from what cctv itself does; docs/audit.md has the same list.
IRRELEVANT_TABLES = {"sweeps", "gaps", "short_ids", "index_marks", "sqlite_sequence"}
IRRELEVANT_COLUMNS = {
    "tombstones": {"closed_us"},
    "runs": {"anchor_us", "ended_us", "clock_offset_us"},
    "segments": {"id"},
    "camera_totals": {"longest_us"},
}
IRRELEVANT_FILES = {"clock.json", "verify.json", "recorder.lock", "sweeper.lock", "keys/.signing.lock", "cctv.db-shm"}


class Effect(Enum):
    """What a change altered; anything but SOME is counted apart, and nothing need find it."""

    SOME = "some"
    NONE = "without effect"  # no row, no definition, no index and no page says anything else: `logical_content`
    IRRELEVANT = "nothing relies on it"  # only what IRRELEVANT_TABLES and IRRELEVANT_COLUMNS name


@dataclass(frozen=True, slots=True)
class Change:
    """What was done, the words of which what is found must have one, and whether it changed anything that counts."""

    what: str
    words: tuple[str, ...]
    effect: Effect = Effect.SOME


Kind = Callable[[Path, random.Random, Sequence[Path]], Change | None]


def database(root: Path) -> sqlite3.Connection:
    """The index as an editor opens it: no foreign keys, no checks of cctv."""
    connection = sqlite3.connect(root / "cctv.db")
    connection.execute("PRAGMA foreign_keys=OFF")
    return connection


def _tables(connection: sqlite3.Connection) -> list[str]:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    filled = (name for name in names if name not in IRRELEVANT_TABLES)
    return [name for name in filled if connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    return [name for name in names if name not in IRRELEVANT_COLUMNS.get(table, set())]


def content(root: Path) -> dict[str, Rows]:
    """Everything in the database that something relies on; raises sqlite3.Error for one that cannot be read."""
    with closing(database(root)) as connection:
        connection.text_factory = bytes
        names = [row[0].decode() for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {}
        for table in sorted(set(names) - IRRELEVANT_TABLES):
            connection.text_factory = str  # a column whose name or type is no text: something to be found
            columns = _columns(connection, table)
            connection.text_factory = bytes
            tables[table] = sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall(), key=repr)
        return tables


def logical_content(root: Path) -> list[object]:
    """Everything that a query of the database can answer: each row by its table alone, with the type of each value;
    definitions; the numbers of the header; and that pages are sound and each index is what its table says.

    Raises sqlite3.Error or UnicodeDecodeError for a database that cannot be read.
    """
    with closing(database(root)) as connection:
        connection.text_factory = bytes
        definitions = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        content: list[object] = [definitions]
        for kind, name, _, _ in definitions:
            if kind == b"table":
                columns = [row[1].decode() for row in connection.execute(f"PRAGMA table_info({name.decode()})")]
                values = ", ".join(f"{column}, typeof({column})" for column in columns)
                rows = connection.execute(f"SELECT rowid, {values} FROM {name.decode()} NOT INDEXED")
                content.append((name, sorted(rows.fetchall(), key=repr)))
        for pragma in ("integrity_check", "foreign_key_check", "application_id", "user_version", "encoding"):
            content.append(connection.execute(f"PRAGMA {pragma}").fetchall())
        return content


def _changed(value: object, rng: random.Random) -> object:
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 1_000_000, -1_000_000, 86_400_000_000, -86_400_000_000))
    if isinstance(value, str) and value:
        place = rng.randrange(len(value))
        return rng.choice((value[:place] + rng.choice("abz059") + value[place + 1 :], value + "x", value[1:], None))
    return rng.choice(("x", 1))


def edit_row(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """One value of one row."""
    with closing(database(root)) as connection:
        table = rng.choice(_tables(connection))
        column = rng.choice(_columns(connection, table))
        number, before = rng.choice(connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall())
        after = _changed(before, rng)
        if after == before:
            return None
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (after, number))
        connection.commit()
    return Change(f"{table}.{column} of row {number}: {before!r} -> {after!r}", _words(table))


def _words(table: str) -> tuple[str, ...]:
    """How the product names a row of a table."""
    return {
        "audit": ("entry",),
        "audit_names": ("audit_names", "entry"),
        "segments": ("segments/", "index", "cctv.db"),
        "camera_totals": ("totals", "cctv.db"),
        "alembic_version": ("version",),
        "holds": ("HOLD-", "holds/"),
        "hold_cameras": ("HOLD-", "hold_cameras/"),
        "row_keys": ("/",),
        "site": ("site",),
    }.get(table, (f"{table}/",))


def delete_row(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """One row."""
    with closing(database(root)) as connection:
        table = rng.choice(_tables(connection))
        number = rng.choice(connection.execute(f"SELECT rowid FROM {table}").fetchall())[0]
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
        connection.commit()
    return Change(f"row {number} of {table} deleted", _words(table))


def insert_row(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A row like another one, under another key."""
    with closing(database(root)) as connection:
        table = rng.choice(_tables(connection))
        info = connection.execute(f"PRAGMA table_info({table})").fetchall()
        row = list(rng.choice(connection.execute(f"SELECT * FROM {table}").fetchall()))
        for index, (_, name, kind, _, _, key) in enumerate(info):
            if key or name in ("path", "hash", "seq"):
                row[index] = (
                    rng.randrange(10_000, 99_999) if "INT" in kind.upper() else f"{row[index]}{rng.randrange(9)}"
                )
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        connection.commit()
    return Change(f"a row of {table} inserted: {row[:3]!r}", _words(table))


def edit_row_and_key(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A sealed row, with another key, or none, beside it."""
    with closing(database(root)) as connection:
        tables = [row[0].partition("/")[0] for row in connection.execute("SELECT name FROM row_keys")]
        table = rng.choice(sorted(set(tables) - {"tombstones"}))
        column = rng.choice(_columns(connection, table))
        number, before = rng.choice(connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall())
        after = _changed(before, rng)
        if after == before:
            return None
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (after, number))
        key = rng.randbytes(16).hex()
        connection.execute("UPDATE row_keys SET key = ? WHERE name LIKE ?", (key, f"{table}/%"))
        connection.commit()
    return Change(f"{table}.{column} {before!r} -> {after!r}, keys of {table} replaced", _words(table))


def forge_note(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """Another text of a reason, under another key."""
    with closing(database(root)) as connection:
        number = rng.choice(connection.execute("SELECT id FROM notes").fetchall())[0]
        values = (f"forged {rng.random()}", rng.randbytes(32).hex(), number)
        connection.execute("UPDATE notes SET text = ?, key = ? WHERE id = ?", values)
        connection.commit()
    return Change(f"text and key of note {number}", ("notes/",))


def rewrite_chain(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """An entry changed, and every hash from it on made anew: only a signature tells."""
    with closing(database(root)) as connection:
        entries = connection.execute("SELECT seq, entry, hash FROM audit ORDER BY seq").fetchall()
        place = rng.randrange(len(entries))
        previous = entries[place - 1][2] if place else "0" * 64
        for index, (seq, text, _) in enumerate(entries[place:]):
            payload = json.loads(text)
            if index == 0:
                payload["at_us"] += rng.choice((1, -1, 3_600_000_000))
                payload["actor"] = rng.choice((payload["actor"], "somebody"))
            payload["previous"] = previous
            text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            previous = hashlib.sha256(text.encode()).hexdigest()
            connection.execute("UPDATE audit SET entry = ?, hash = ? WHERE seq = ?", (text, previous, seq))
        connection.commit()
    return Change(f"the chain written anew from entry {place + 1} on", ("checkpoint",))


def cut_chain(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """The last entries, with their names and texts."""
    with closing(database(root)) as connection:
        last = connection.execute("SELECT max(seq) FROM audit").fetchone()[0]
        keep = rng.randrange(1, last)
        for table, column in (("audit", "seq"), ("audit_names", "seq"), ("notes", "audit_seq")):
            connection.execute(f"DELETE FROM {table} WHERE {column} > ?", (keep,))
        connection.commit()
    return Change(f"the log cut after entry {keep}", ("checkpoint",))


def flip_database(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A bit of cctv.db, of which much is free space."""
    before, relevant = logical_content(root), content(root)
    path = root / "cctv.db"
    original = path.read_bytes()
    place = _flip(path, rng)
    flipped = path.read_bytes()
    try:
        same, is_sound = logical_content(root) == before, _is_sound(root)
        effect = Effect.NONE if same else Effect.SOME
        if not same and is_sound and content(root) == relevant and _definitions(root) == before[0]:
            effect = Effect.IRRELEVANT
    except (sqlite3.Error, UnicodeDecodeError):
        effect = Effect.SOME
    for name in ("cctv.db-wal", "cctv.db-shm"):  # of looking
        (root / name).unlink(missing_ok=True)
    path.write_bytes(flipped)
    bit = (original[place] ^ flipped[place]).bit_length() - 1
    return Change(f"bit {bit} of byte {place} of cctv.db", ("",), effect)


def _is_sound(root: Path) -> bool:
    with closing(database(root)) as connection:
        header = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)] and header == [(0,), (0,)]


def _definitions(root: Path) -> object:
    with closing(database(root)) as connection:
        connection.text_factory = bytes
        return connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()


def _flip(path: Path, rng: random.Random) -> int:
    data = bytearray(path.read_bytes())
    place = rng.randrange(len(data))
    data[place] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return place


def _files(root: Path) -> list[str]:
    """Every file that something relies on, but the database."""
    found = (str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(name for name in found if name not in IRRELEVANT_FILES and not name.startswith("cctv.db"))


def _file_words(name: str) -> tuple[str, ...]:
    if name.startswith("keys/"):
        return ("signing", "key", "signature")
    if name.startswith("audit/"):
        return ("checkpoint", "audit/")
    if name == "index-mark.json":
        return ("index-mark.json", "cctv.db")
    if name == "site.json":
        return ("site.json", "site", "cctv.db")
    return (name, name.rpartition("/")[2])


def flip_file(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A bit of a file."""
    name = rng.choice(_files(root))
    if (root / name).stat().st_size == 0:
        return None
    place = _flip(root / name, rng)
    return Change(f"byte {place} of {name}", _file_words(name))


def edit_file(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A file shorter, longer, empty or gone; a line more or less."""
    name = rng.choice(_files(root))
    path = root / name
    data = path.read_bytes()
    how = rng.choice(("cut", "longer", "empty", "gone", "line"))
    if how == "gone":
        path.unlink()
    elif how == "line":
        lines = data.splitlines(keepends=True)
        if len(lines) < 2:
            return None
        del lines[rng.randrange(len(lines))]
        path.write_bytes(b"".join(lines))
    else:
        path.write_bytes({"cut": data[: rng.randrange(len(data) or 1)], "longer": data + b"\n ", "empty": b""}[how])
        if path.read_bytes() == data:
            return None
    return Change(f"{name}: {how}", _file_words(name))


def move_file(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A file under another name, in place of another, or behind a link."""
    names = _files(root)
    name, other = rng.choice(names), rng.choice(names)
    path = root / name
    how = rng.choice(("renamed", "swapped", "linked", "copied over"))
    if how == "renamed":
        path.rename(path.with_name(f"{path.name}.old"))
    elif how == "linked":
        target = root.parent / "elsewhere"
        shutil.copy(path, target)
        path.unlink()
        path.symlink_to(target)
    elif path.read_bytes() == (root / other).read_bytes():
        return None
    elif how == "swapped":
        first, second = path.read_bytes(), (root / other).read_bytes()
        path.write_bytes(second)
        (root / other).write_bytes(first)
    else:
        path.write_bytes((root / other).read_bytes())
    return Change(f"{name} {how} ({other})", (*_file_words(name), *_file_words(other)))


def _segment(root: Path, rng: random.Random) -> tuple[sqlite3.Row, Path]:
    with closing(database(root)) as connection:
        connection.row_factory = sqlite3.Row
        row = rng.choice(connection.execute("SELECT * FROM segments").fetchall())
    return row, (root / row["path"]).parent / "index.jsonl"


def _edit_line(index: Path, name: str, **values: object) -> None:
    lines = []
    for line in index.read_text().splitlines():
        payload = json.loads(line)
        if payload["name"] == name:
            payload |= values
        lines.append(json.dumps(payload, sort_keys=True, separators=(",", ":")))
    index.write_text("".join(f"{line}\n" for line in lines))


def move_limit(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A limit, or a span, in row and line alike."""
    row, index = _segment(root, rng)
    column = rng.choice(("limit_us", "limit_us", "end_us"))
    value = row[column] + rng.choice((-1, 1)) * rng.choice((1, 1_000_000, 86_400_000_000, 30 * 86_400_000_000))
    with closing(database(root)) as connection:
        connection.execute(f"UPDATE segments SET {column} = ? WHERE id = ?", (value, row["id"]))
        connection.commit()
    _edit_line(index, Path(row["path"]).name, **{column: value})
    return Change(f"{column} of {row['path']} in row and line", (str(index.relative_to(root)),))


def replace_footage(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A file with other bytes, and their hash and size in row and line."""
    row, index = _segment(root, rng)
    data = b"moof" + rng.randbytes(rng.randrange(1, 90))
    (root / row["path"]).write_bytes(data)
    values = (hashlib.sha256(data).hexdigest(), len(data))
    with closing(database(root)) as connection:
        connection.execute("UPDATE segments SET sha256 = ?, size_bytes = ? WHERE id = ?", (*values, row["id"]))
        connection.commit()
    _edit_line(index, Path(row["path"]).name, sha256=values[0], bytes=values[1])
    return Change(f"other footage as {row['path']}, with its hash", (str(index.relative_to(root)),))


def erase_footage(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A segment without a trace: file, row and line; sometimes with a tombstone that says it was due."""
    row, index = _segment(root, rng)
    (root / row["path"]).unlink()
    lines = [line for line in index.read_text().splitlines() if json.loads(line)["name"] != Path(row["path"]).name]
    leaves_line = rng.random() < 0.5
    if not leaves_line:
        index.write_text("".join(f"{line}\n" for line in lines))
    with closing(database(root)) as connection:
        connection.execute("DELETE FROM segments WHERE id = ?", (row["id"],))
        if buried := leaves_line or rng.random() < 0.5:
            copied = "camera, zone, start_us, end_us, limit_us, path, sha256, size_bytes, policy"
            values = [row[name] for name in copied.split(", ")]
            connection.execute(
                f"INSERT INTO tombstones (segment_id, {copied}, reason, began_us, closed_us)"
                f" VALUES ({', '.join('?' * 13)})",
                (row["id"], *values, "past its limit", row["limit_us"], row["limit_us"]),
            )
        connection.commit()
    words = (str(index.relative_to(root)), "tombstones/", "totals")
    return Change(f"{row['path']} erased{', with a tombstone' if buried else ''}", words)


def weaken_hold(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A hold with another span, ground, review or fewer cameras, or released, or gone: in row and file alike."""
    with closing(database(root)) as connection:
        holds = connection.execute("SELECT id, end_us, review_us FROM holds WHERE released_us IS NULL").fetchall()
        hold, end, review = rng.choice(holds)
        path = root / "holds" / f"{hold}.json"
        payload = json.loads(path.read_text())
        how = rng.choice(("end", "gone", "released", "camera", "review"))
        if how == "gone":
            connection.execute("DELETE FROM hold_cameras WHERE hold_id = ?", (hold,))
            connection.execute("DELETE FROM holds WHERE id = ?", (hold,))
            path.unlink()
        elif how == "released":
            connection.execute("UPDATE holds SET released_us = ?, released_by = 'an' WHERE id = ?", (end, hold))
            path.unlink()
        elif how == "camera":
            connection.execute("UPDATE hold_cameras SET camera = 'gang-9' WHERE hold_id = ?", (hold,))
            payload["cameras"] = ["gang-9"]
        elif how == "end":
            connection.execute("UPDATE holds SET end_us = ? WHERE id = ?", (end - 60_000_000, hold))
            payload["end"] = payload["start"]
        else:
            connection.execute("UPDATE holds SET review_us = ? WHERE id = ?", (review + 86_400_000_000, hold))
            payload["review"] = payload["end"]
        connection.commit()
        if path.exists():
            path.write_text(json.dumps(payload, indent=2) + "\n")
    return Change(f"{hold}: {how}, in row and file", (hold,))


def roll_back(root: Path, rng: random.Random, snapshots: Sequence[Path]) -> Change | None:
    """An earlier state of the database, the storage, its checkpoints, holds or indexes, and of what belongs to them."""
    earlier = rng.choice(snapshots)
    sets = {
        "the whole storage": ("",),
        "cctv.db": ("cctv.db",),
        "cctv.db and its mark": ("cctv.db", "index-mark.json"),
        "cctv.db, its mark and checkpoints": ("cctv.db", "index-mark.json", "audit"),
        "cctv.db, its mark, checkpoints and holds": ("cctv.db", "index-mark.json", "audit", "holds"),
        "checkpoints": ("audit",),
        "the latest checkpoint": ("audit/checkpoint.json",),
        "holds": ("holds",),
        "segments": ("segments",),
        "an index.jsonl": tuple(
            rng.sample(sorted(str(path.relative_to(earlier)) for path in earlier.rglob("index.jsonl")), 1)
        ),
    }
    name = rng.choice(sorted(sets))
    before = _digest(root)
    for part in sets[name]:
        old, now = earlier / part, root / part
        if now.is_dir():
            shutil.rmtree(now)
        elif now.exists():
            now.unlink()
        if old.is_dir():
            shutil.copytree(old, now, symlinks=True)
        elif old.exists():
            now.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, now)
    if _digest(root) == before:
        return None
    words = ("checkpoint", "cctv.db", "index", "HOLD-", "holds/", "segments/")
    return Change(f"{name} rolled back to {earlier.name}", words)


def _digest(root: Path) -> str:
    """Of the files that something relies on, and of what is in the database."""
    digest = hashlib.sha256(repr(content(root)).encode())
    for name in _files(root):
        digest.update(f"{name} {hashlib.sha256((root / name).read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def hide_footage(root: Path, rng: random.Random, _: Sequence[Path]) -> Change | None:
    """A folder of a day away, or behind a link; a path of a row that leads elsewhere."""
    row, index = _segment(root, rng)
    folder, how = index.parent, rng.choice(("moved", "linked", "path"))
    if how == "path":
        path = rng.choice(
            (f"../{row['path']}", "/etc/hostname", "segments/../cctv.db", f"{row['path']}x", "holds/x.mp4")
        )
        with closing(database(root)) as connection:
            connection.execute("UPDATE segments SET path = ? WHERE id = ?", (path, row["id"]))
            connection.commit()
        return Change(f"path of segment {row['id']}: {path}", ("path", "segments/", "totals"))
    target = root.parent / "elsewhere-day"
    folder.rename(target)
    if how == "linked":
        folder.symlink_to(target)
    return Change(f"{folder.relative_to(root)} {how}", (str(folder.relative_to(root)),))


KINDS: dict[str, tuple[Kind, int]] = {
    "row edited": (edit_row, 8),
    "row deleted": (delete_row, 4),
    "row inserted": (insert_row, 3),
    "row and key edited": (edit_row_and_key, 3),
    "text forged": (forge_note, 1),
    "chain written anew": (rewrite_chain, 2),
    "chain cut": (cut_chain, 1),
    "bit of the database": (flip_database, 4),
    "bit of a file": (flip_file, 4),
    "file edited": (edit_file, 3),
    "file moved": (move_file, 3),
    "limit moved": (move_limit, 2),
    "footage replaced": (replace_footage, 1),
    "footage erased": (erase_footage, 2),
    "footage hidden": (hide_footage, 2),
    "hold weakened": (weaken_hold, 3),
    "rolled back": (roll_back, 2),
}
