"""Every caller that deletes footage opens a deletion session; what may be wrong with a storage stops each of them."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cctv.audit.log import audit_entries, verify_log
from cctv.cases.requests.close import erase_ordered
from cctv.core.durable import DurableFiles, LockHeld
from cctv.core.errors import GuardError
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.db.identity import DATABASE_FILE, SITE_FILE
from cctv.db.storage import Storage
from cctv.footage.deletion import DeletionSession, delete_quarantined, delete_segments
from cctv.footage.layout import sweeper_lock
from cctv.footage.repair.recover import recover_incoming
from cctv.footage.segments import tombstones_of
from cctv.footage.space_requests import RoomWanted, ask_for_room
from cctv.model.audit import Act
from cctv.model.footage import Reason
from cctv.model.ids import CameraId
from cctv.retention.free_space import make_room
from cctv.retention.guards.storage import HoldFilesMissing
from cctv.retention.removal import remove
from cctv.retention.session import deletion_session
from cctv.retention.sweep import sweep_once
from cctv.services.decommission import SiteHeld, close_site

GEVEL = CameraId("gevel-1")
SPAN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:03'"
INCIDENT = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:01:10' --to '2026-11-01 10:01:50'"
ALWAYS = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
HELD = 1  # the second of the three minutes that are recorded


def want_room(site) -> None:
    ask_for_room(site.open(), RoomWanted(site.clock.now(), 1 << 60))


def order_erasure(site) -> None:
    """An order that stands in the log while nothing of it is deleted yet: another process had the lock."""
    with sweeper_lock(site.open()):
        site.cctv("request identity REQ-2026-001 --method known-address --checker P")
        answer = "request answer REQ-2026-001 --no-letter --erasure-ground unlawful --yes"
        if site.cctv(answer, exit=None).exit:  # a hold keeps some of it: that needs a ground of its own
            site.cctv(f"{answer} --outcome partly --ground legal-claims --reason claim")


@dataclass(frozen=True)
class Caller:
    """One way to delete footage: by the command line, and by an open storage as the resident processes have it.

    `days` pass before it; `prepare` is done before an older database is kept, `ask` right before the command.  `exit`
    is its exit code over an older database, where a hold file puts the hold back.
    """

    command: str
    resident: Callable[[Storage, Path], object]
    exit: int = 0
    days: int = 0
    prepare: str | None = None
    ask: Callable[[object], None] = lambda site: None
    left: tuple[int, ...] = (HELD,)  # minutes that stay under an older database


CALLERS = {
    "sweep": Caller("sweep --once", lambda site, out: sweep_once(site), days=8),
    "making room": Caller("sweep --once", lambda site, out: make_room(site, lambda: 0), days=4, ask=want_room),
    "footage delete": Caller(
        f"footage delete {SPAN} --reason straat",
        lambda site, out: remove(site, [GEVEL], ALWAYS, reason="straat"),
        exit=3,
    ),
    "erasure": Caller(
        "sweep --once",
        lambda site, out: erase_ordered(site),
        prepare=f"request open --no-prepare --name Q --contact q@example.be --type erasure {SPAN}",
        ask=order_erasure,
    ),
    "site close": Caller(
        "site close --out {out} --reason verhuis --yes",
        lambda site, out: close_site(site, reason="verhuis", folder=out),
        exit=13,
        left=(0, 1, 2),
    ),
}


@pytest.fixture(params=CALLERS)
def caller(request):
    return CALLERS[request.param]


@pytest.fixture
def recorded(site, caller):
    made = site.record(GEVEL, "2026-11-01 10:00", minutes=3)
    if caller.prepare:
        site.cctv(caller.prepare)
    return made


def run(site, caller: Caller, tmp_path: Path, **expected):
    return site.cctv(caller.command.format(out=tmp_path / "certificate"), **expected)


def refuse_to_close(site, caller: Caller, tmp_path: Path) -> None:
    """The command refuses by its plan, before it opens a session; so does what it calls, inside one."""
    if caller.exit == 13:
        with pytest.raises(SiteHeld):
            caller.resident(site.open(), tmp_path / "certificate")


def put_back(site, older: Path) -> None:
    """An older cctv.db in place of the storage's own."""
    for path in site.root.glob(f"{DATABASE_FILE}*"):
        path.unlink()
    shutil.copy(older, site.root / DATABASE_FILE)


def keep_database(site) -> Path:
    return Path(shutil.copy(site.root / DATABASE_FILE, site.folder / "older.db"))


def assert_nothing_went(site, recorded) -> None:
    assert all((site.root / segment.path).is_file() for segment in recorded)
    assert site.footage(GEVEL) == recorded


def test_an_older_database_deletes_nothing_that_a_hold_file_keeps(site, clock, caller, recorded, tmp_path):
    older = keep_database(site)
    site.cctv(INCIDENT)
    placed = {path.name for path in (site.root / "holds").iterdir()}
    put_back(site, older)
    clock.advance(days=caller.days)
    caller.ask(site)

    said = run(site, caller, tmp_path, exit=caller.exit)
    refuse_to_close(site, caller, tmp_path)

    assert site.footage(GEVEL) == [recorded[minute] for minute in caller.left]
    in_force = [hold["id"] for hold in site.cctv("hold list --json").json["holds"]]
    assert f"{in_force[-1]}.json" in placed
    with read_transaction(site.open().engine) as connection:
        assert [entry.subject for entry, _ in audit_entries(connection, act=Act.HOLD_ADOPTED)] == [in_force[-1]]
        verify_log(connection)
    if caller.exit == 13:
        assert f"{in_force[-1]} keep footage" in said.err
        assert "cctv hold release" in said.err
        assert not (tmp_path / "certificate").exists()


def test_hold_files_that_are_missing_stop_every_deletion(site, clock, caller, recorded, tmp_path):
    site.cctv(INCIDENT)
    clock.advance(days=caller.days)
    caller.ask(site)
    for path in (site.root / "holds").iterdir():
        path.unlink()

    said = run(site, caller, tmp_path, exit=18)

    assert "holds/HOLD-2026-" in said.err
    assert "cctv footage reconcile --fix" in said.err
    assert_nothing_went(site, recorded)
    site.cctv("footage reconcile --fix")
    run(site, caller, tmp_path, exit=caller.exit)
    assert site.footage(GEVEL) == [recorded[minute] for minute in caller.left]


def test_a_folder_of_holds_that_is_missing_stops_every_deletion(site, clock, caller, recorded, tmp_path):
    clock.advance(days=caller.days)
    caller.ask(site)
    shutil.rmtree(site.root / "holds")

    assert "the storage lacks holds/," in run(site, caller, tmp_path, exit=18).err
    assert_nothing_went(site, recorded)
    site.cctv("footage reconcile --fix")
    run(site, caller, tmp_path)
    assert site.footage(GEVEL) == []


def test_a_foreign_site_json_stops_every_deletion(site, clock, caller, recorded, tmp_path):
    clock.advance(days=caller.days)
    caller.ask(site)
    opened = site.open()
    identity = (site.root / SITE_FILE).read_text()
    (site.root / SITE_FILE).write_text(
        json.dumps({**json.loads(identity), "site": str(uuid.uuid4()), "database": str(uuid.uuid4())})
    )

    said = run(site, caller, tmp_path, exit=18)
    with pytest.raises(GuardError, match=r"not the one that site\.json names"):
        caller.resident(opened, tmp_path / "certificate")

    assert "put the site's own cctv.db back" in said.err
    (site.root / SITE_FILE).write_text(identity)
    assert_nothing_went(site, recorded)
    assert not (tmp_path / "certificate").exists()


class DyingDisk(DurableFiles):
    """A disk under a process that dies before it removes its first file."""

    def unlink(self, path):
        raise KeyboardInterrupt


def begin_to_delete(site, segments) -> None:
    """Leave open tombstones behind, and every file."""
    with suppress(KeyboardInterrupt), deletion_session(replace(site.open(), disk=DyingDisk())) as session:
        delete_segments(session, segments, Reason.PAST_LIMIT)


def test_every_caller_finishes_what_a_crash_interrupted(site, clock, caller, recorded, tmp_path):
    clock.advance(days=caller.days)
    caller.ask(site)
    begin_to_delete(site, recorded[:2])
    assert all((site.root / segment.path).exists() for segment in recorded)
    with read_transaction(site.open().engine) as connection:
        assert len(tombstones_of(connection, GEVEL, ALWAYS)) == 2

    run(site, caller, tmp_path)

    assert not any((site.root / segment.path).exists() for segment in recorded)
    with read_transaction(site.open().engine) as connection:
        assert all(stone.closed for stone in tombstones_of(connection, GEVEL, ALWAYS))


def test_an_older_database_with_open_deletions_keeps_what_a_hold_file_keeps(site, clock, caller, recorded, tmp_path):
    before = keep_database(site)
    clock.advance(days=caller.days)
    caller.ask(site)
    begin_to_delete(site, recorded[:2])
    open_deletions = Path(shutil.copy(site.root / DATABASE_FILE, site.folder / "open.db"))
    put_back(site, before)
    site.cctv(INCIDENT)
    put_back(site, open_deletions)

    run(site, caller, tmp_path, exit=caller.exit)
    refuse_to_close(site, caller, tmp_path)

    kept, *more = site.footage(GEVEL)
    assert (kept.path, kept.sha256, kept.limit) == (recorded[HELD].path, recorded[HELD].sha256, recorded[HELD].limit)
    assert more == (recorded[2:] if caller.exit == 13 else [])
    assert not (site.root / recorded[0].path).exists()
    with read_transaction(site.open().engine) as connection:
        stones = tombstones_of(connection, GEVEL, ALWAYS)
        [(entry, _)] = audit_entries(connection, act=Act.FOOTAGE_ADOPTED)
        verify_log(connection)
    assert recorded[HELD].path not in {stone.path for stone in stones}
    assert all(stone.closed for stone in stones)
    assert entry.subject == kept.path
    assert len(entry.facts["holds"]) == 1
    site.cctv("footage reconcile")


def test_a_starting_recorder_leaves_interrupted_deletions_to_a_session(site):
    recorded = site.record(GEVEL, "2026-11-01 10:00", minutes=3)
    begin_to_delete(site, recorded)

    report = recover_incoming(site.open())

    assert report.adopted == ()
    assert all((site.root / segment.path).exists() for segment in recorded)
    assert site.footage(GEVEL) == []


def test_reconciling_finishes_an_interrupted_deletion_unless_a_guard_stops_it(site):
    recorded = site.record(GEVEL, "2026-11-01 10:00", minutes=3)
    begin_to_delete(site, recorded[:1])
    (site.root / "holds-unconfirmed.json").write_text("{}")

    stopped = site.cctv("footage reconcile --fix --json", exit=3).json
    assert "nobody has confirmed the holds" in stopped["differences"][0]["why"]
    assert (site.root / recorded[0].path).exists()

    (site.root / "holds-unconfirmed.json").unlink()
    done = site.cctv("footage reconcile --fix --json").json
    assert [one["kind"] for one in done["fixed"]] == ["deletion begun, not finished"]
    assert not (site.root / recorded[0].path).exists()


def test_a_dry_run_of_the_closing_names_a_hold_that_only_its_file_knows(site, tmp_path):
    site.record(GEVEL, "2026-11-01 10:00", minutes=3)
    older = keep_database(site)
    site.cctv(INCIDENT)
    put_back(site, older)

    said = site.cctv(f"site close --out {tmp_path / 'c'} --reason verhuis --dry-run", exit=13)

    assert "HOLD-2026-001" in said.err
    assert site.cctv("hold list --json").json["holds"] == []


def test_a_new_hold_does_not_write_over_one_that_an_older_database_forgot(site):
    site.record(GEVEL, "2026-11-01 10:00", minutes=3)
    older = keep_database(site)
    site.cctv(INCIDENT)
    first = (site.root / "holds" / "HOLD-2026-001.json").read_bytes()
    put_back(site, older)

    site.cctv("incident open deur --kind damage --cameras gevel-1 --from '2026-11-01 10:02' --to '2026-11-01 10:03'")

    assert (site.root / "holds" / "HOLD-2026-001.json").read_bytes() == first
    assert (site.root / "holds" / "HOLD-2026-002.json").exists()


class TestTheSessionItself:
    def test_nothing_but_its_opener_makes_one(self, site):
        with pytest.raises(TypeError, match="begin_deletion alone"):
            DeletionSession(site.open(), (), (), (), opener=object())

    def test_it_refuses_to_delete_once_it_has_ended(self, site):
        recorded = site.record(GEVEL, "2026-11-01 10:00")
        with deletion_session(site.open()) as session:
            pass

        with pytest.raises(RuntimeError, match="has ended"):
            delete_segments(session, recorded, Reason.PAST_LIMIT)
        with pytest.raises(RuntimeError, match="has ended"):
            delete_quarantined(session, ())

        assert site.footage(GEVEL) == recorded

    def test_it_ends_where_its_block_raises(self, site):
        with suppress(KeyError), deletion_session(site.open()) as session:
            raise KeyError

        with pytest.raises(RuntimeError, match="has ended"):
            session.require_open()

    def test_one_at_a_time(self, site):
        with deletion_session(site.open()), pytest.raises(LockHeld), deletion_session(site.open()):
            pass

    def test_a_guard_is_told_to_whoever_records_refusals_and_nothing_was_finished(self, site):
        recorded = site.record(GEVEL, "2026-11-01 10:00")
        begin_to_delete(site, recorded)
        shutil.rmtree(site.root / "holds")
        refused: list[GuardError] = []

        with pytest.raises(HoldFilesMissing), deletion_session(site.open(), on_refusal=refused.append):
            pass

        assert [guard.code for guard in refused] == ["HoldFilesMissing"]
        assert (site.root / recorded[0].path).exists()
