"""An interrupt never leaves half an act: not its file without its row."""

from __future__ import annotations

import signal
import threading

import pytest

from cctv.db.engine import write_transaction

HELD = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'"


@pytest.fixture
def interrupted(bare_site, monkeypatch):
    """Ctrl-C comes when the file of a hold is on the disk and its row is not yet."""
    bare_site.cctv("footage init")
    site = bare_site.open()
    real = type(site.disk).write

    def write(disk, path, *words, **options):
        written = real(disk, path, *words, **options)
        if path.parent.name == "holds":
            signal.raise_signal(signal.SIGINT)
        return written

    monkeypatch.setattr(type(site.disk), "write", write)
    return bare_site


def test_an_act_that_has_begun_to_write_is_done_whole(interrupted):
    assert interrupted.cctv(HELD, exit=130).exit == 130

    (hold,) = interrupted.cctv("hold list --json").json["holds"]
    assert [path.stem for path in (interrupted.root / "holds").iterdir()] == [hold["id"]]
    interrupted.cctv("footage reconcile")
    interrupted.cctv("audit checkpoint")
    interrupted.cctv("audit verify")


def test_an_interrupt_raises_when_the_transaction_has_ended(bare_site):
    bare_site.cctv("footage init")
    engine = bare_site.open().engine
    read = []

    def act():
        with write_transaction(engine) as connection:
            signal.raise_signal(signal.SIGINT)
            read.append(connection.exec_driver_sql("SELECT 1").scalar_one())

    with pytest.raises(KeyboardInterrupt):
        act()

    assert read == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_of_the_block_is_not_lost_behind_an_interrupt(bare_site):
    bare_site.cctv("footage init")

    def act():
        with write_transaction(bare_site.open().engine):
            signal.raise_signal(signal.SIGINT)
            raise ValueError("mine")

    with pytest.raises(KeyboardInterrupt) as caught:
        act()

    assert isinstance(caught.value.__context__, ValueError)


def test_another_thread_writes_without_touching_signals(bare_site):
    bare_site.cctv("footage init")
    engine, seen = bare_site.open().engine, []

    def write():
        with write_transaction(engine):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()

    assert seen == [signal.default_int_handler]
