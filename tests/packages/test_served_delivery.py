"""A package handed over through the service: the caller writes it, and it is recorded when the caller has all of it."""

from __future__ import annotations

import stat
from dataclasses import replace

import pytest
from casestages import REQUEST, acts

from cctv.model.disclosures import Method
from cctv.packages.deliver import deliver
from cctv.packages.errors import TargetUnfit
from cctv.packages.verify import verify_package
from cctv.services.serve.caller import _answer
from cctv.services.serve.errors import CallerGone, CallersFileRefused, PathNotThroughService
from cctv.services.serve.files import CallersFiles, CallersPath
from cctv.services.serve.outgoing import Outgoing

pytestmark = pytest.mark.slow
PACKAGE = "EXP-2026-001"


class Client:
    """The client's own answers, without a socket between; it is gone from the question `leaves_at` on."""

    def __init__(self, leaves_at=None, before=lambda ask: None):
        self.outgoing = Outgoing(["export", "deliver", PACKAGE, "--to", "out"])
        self._leaves_at, self._before = leaves_at, before

    def ask(self, message, descriptors=()):
        if message["ask"] == self._leaves_at:
            self.outgoing.drop()
            raise CallerGone
        self._before(message["ask"])
        answer, opened = _answer(self.outgoing, message, descriptors)
        return answer, list(opened)


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def handed(built, client, method=Method.HAND):
    site = replace(built.open(), disk=CallersFiles(client, built.root / "handing-over" / "1"))
    return deliver(site, PACKAGE, CallersPath("out"), method)


def test_a_copy_by_hand_arrives_whole_with_its_receipt(built, out):
    delivered = handed(built, Client())

    assert {path.name for path in out.iterdir()} == {path.name for path in delivered.files}
    verify_package(out / PACKAGE)
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in (out / PACKAGE).iterdir())
    assert list((built.root / "handing-over" / "1").iterdir()) == []
    assert acts(built)[-1] == "disclosure.handed"


def test_a_zip_arrives_with_its_note(built, out):
    handed(built, Client(), Method.ZIP)

    assert {path.name for path in out.iterdir()} == {f"{PACKAGE}.zip", f"{PACKAGE}.txt"}


@pytest.mark.parametrize("step", ["look", "begin_folder", "put"])
def test_a_caller_who_leaves_early_has_nothing_and_nothing_is_recorded(built, out, step):
    before = acts(built)

    with pytest.raises(CallerGone):
        handed(built, Client(leaves_at=step))

    assert acts(built) == before
    assert list(out.iterdir()) == []


def test_what_stands_in_the_way_is_refused_before_anything_is_copied(built, out):
    (out / PACKAGE).mkdir()

    with pytest.raises(TargetUnfit):
        handed(built, Client())


def test_a_target_that_appears_meanwhile_is_not_replaced(built, out):
    def before(ask):
        if ask == "commit":
            (out / PACKAGE).mkdir(exist_ok=True)

    with pytest.raises(CallersFileRefused):
        handed(built, Client(before=before))

    assert list((out / PACKAGE).iterdir()) == []


def test_while_the_caller_is_asked_the_index_is_not_locked(built, out):
    """Whoever does not answer must not stop the recorder."""

    def before(_):
        built.cctv("hold list")
        built.cctv("incident open x --kind theft --cameras foyer-1 --from '1/11 11:00' --to '1/11 11:01' --another")

    handed(built, Client(before=before))


def test_a_path_of_a_caller_opens_nothing_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("x")
    path = CallersPath("there")

    for use in (path.read_text, path.exists, path.is_dir, path.stat, path.unlink, (path / "x").mkdir, path.open):
        with pytest.raises(PathNotThroughService):
            use()
    assert str(path / "x") == "there/x"
    assert isinstance(path.with_name("y").absolute(), CallersPath)


def test_what_lies_in_the_storage_is_copied_for_whoever_asks(built, out):
    """The sheet is a page of people: the copy is for its reader alone, and in the log."""
    built.cctv(f"redaction show {REQUEST} --copy-to {out}")
    built.cctv(f"request show {REQUEST} --copy-to {out}")

    copied = built.folder.joinpath(out, "sheet.html")
    assert copied.read_bytes() == next(built.root.rglob("sheet.html")).read_bytes()
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert acts(built)[-1] == "redaction.pictured"
    assert not [path for path in out.iterdir() if path.name.endswith(".part")]


def test_a_copy_for_a_caller_is_written_by_the_caller(built, out):
    sheet = next(built.root.rglob("sheet.html"))
    files = CallersFiles(Client(), built.root / "handing-over" / "1")

    (copy,) = files.copy_out({"sheet.html": sheet}, CallersPath("out"))

    assert str(copy) == "out/sheet.html"
    assert (out / "sheet.html").read_bytes() == sheet.read_bytes()
    assert stat.S_IMODE((out / "sheet.html").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_refused(built):
    refused = built.cctv(f"redaction show {REQUEST} --copy-to nowhere", exit=2)

    assert "it is not a folder" in refused.err
