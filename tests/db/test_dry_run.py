"""A dry run is the same write transaction, rolled back at its end."""

import logging

import pytest

from cctv.audit.log import append_entry, audit_entries
from cctv.db.engine import is_dry_run, read_transaction, write_transaction
from cctv.model.audit import Act


def entries(site):
    with read_transaction(site.engine) as connection:
        return [entry.act for entry, _ in audit_entries(connection)]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_dry_run_makes_the_same_entry_and_leaves_none(site, caplog, dry_run):
    opened = site.open()
    before = entries(opened)

    with caplog.at_level(logging.INFO, "cctv"), write_transaction(opened.engine, dry_run=dry_run) as connection:
        assert is_dry_run(connection) is dry_run
        made = append_entry(connection, opened, Act.SWEEP_DONE, "sweep")

    assert made.seq == len(before) + 1
    assert entries(opened) == before + ([] if dry_run else [Act.SWEEP_DONE])
    assert ("act.recorded" in caplog.messages) is not dry_run


def test_a_dry_run_is_rolled_back_where_its_block_returns(site):
    opened = site.open()
    before = entries(opened)

    def act():
        with write_transaction(opened.engine, dry_run=True) as connection:
            return append_entry(connection, opened, Act.SWEEP_DONE, "sweep").seq

    assert act() == act()
    assert entries(opened) == before
