"""A short sample of scripts/faults: every state that a power cut may leave, real kills, flushes left out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from crashtest.campaign import kill_writers, look_at
from crashtest.journal import Change, Journal
from crashtest.scenarios import ALL, play
from crashtest.stage import BEGIN, played_here
from crashtest.states import crash_states

from cctv.core.durable import DurableFiles

pytestmark = pytest.mark.slow

FEW = 6  # states of each scenario; ./scripts/faults looks at all of many seeds
FLUSHES = {  # each with the scenario and seed that misses it soonest
    "append_line, the line": ("os.fsync(descriptor)", "append_line", "ingest", 0),
    "append_line, a new file's name": ("sync_directory(path.parent)", "append_line", "ingest", 0),
    "make_directory": ("sync_directory(path.parent)", "make_directory", "ingest", 0),
    "rename": ("sync_directory(target.parent)", "rename", "ingest", 0),
    "ingest": ("ingest._ingest", "sync_file", "ingest", 0),
    "write, the bytes": ("os.fsync(descriptor)", "write", "hold", 0),
    "write, the name": ("sync_directory(path.parent)", "write", "hold", 0),
    "unlink": ("sync_directory(directory)", "unlink", "sweep", 0),
    "what a kill left": ("recover.recover_incoming", "settle", "restart", 4),
    "what a killed placing left": ("store.match_files", "settle", "placing killed", 4),
    "what a kill left to reconcile": ("reconcile.reconcile_locked", "settle", "ingest killed", 0),
    "a restored index": ("restore._prepare", "sync_file", "restore", 0),
}


@pytest.fixture(autouse=True)
def _played_here():
    with played_here():
        yield


@pytest.mark.parametrize("name", ALL)
def test_nothing_promised_is_lost_whatever_a_power_cut_takes_back(name, tmp_path):
    played = play(ALL[name], tmp_path, seed=0)
    states = list(crash_states(played.journal))

    for state in states[:: max(1, len(states) // FEW)]:
        assert played.look(state) == [], f"./scripts/faults --again {name}:0:{state.number}"


def test_two_writers_may_be_killed_at_any_instant(tmp_path):
    outcome = kill_writers(1, tmp_path, rounds=5)

    assert outcome.looked == 10
    assert outcome.failures == []


@pytest.mark.parametrize("flush", FLUSHES)
def test_a_flush_that_is_left_out_is_missed(flush, tmp_path):
    said, operation, name, seed = FLUSHES[flush]
    sites = [
        site for site in play(ALL[name], tmp_path, seed).sites if f"DurableFiles.{operation}" in site and said in site
    ]

    assert sites, "the scenario does not come by it any more"
    assert any(look_at(name, seed, tmp_path, without=site, first=True).failures for site in sites)


def test_an_index_that_does_not_flush_its_commits_is_missed(tmp_path, monkeypatch):
    def hasty(connection, _):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    monkeypatch.setattr("cctv.db.engine._on_connect", hasty)

    assert look_at("release", 0, tmp_path, first=True).failures


def test_the_model_loses_what_is_not_flushed_alone_and_in_pairs():
    journal = Journal.of(["a"], {"a/old": b"old"})
    node = journal.new_node()
    journal.put("create", BEGIN, Change(0, names=(("a/new", node),)))
    journal.put("write", BEGIN, Change(0, node=node, data=b"data"))
    journal.put("unlink", BEGIN, Change(0, names=(("a/old", None),)))
    left = [state.files for state in crash_states(journal)]

    assert {"a/old": b"old"} in left
    assert {"a/old": b"old", "a/new": b""} in left
    assert {"a/old": b"old", "a/new": b"da"} in left
    assert {"a/new": b"\0\0\0\0"} in left
    assert {"a/new": b"data"} in left
    assert {} in left

    journal.flush_directory("flush", BEGIN, "a")
    journal.flush_file("flush", BEGIN, node)
    last = len(journal.events) - 1
    assert not any(event.change.pending(last) for event in journal.events if event.change)


def test_every_operation_of_the_disk_is_one_that_the_recorder_sees():
    known = {"sync_file", "sync_directory", "create", "append", "sync", "settle", "make_directory", "write",
             "append_line", "rename", "unlink"}  # fmt: skip
    # Of what a person typed a path for, outside of the storage; they are made of the operations above.
    known |= {"exists", "is_folder", "resolved", "workshop", "hand_out", "copy_out", "publish"}

    assert {name for name in vars(DurableFiles) if not name.startswith("_")} == known
