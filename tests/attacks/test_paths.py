"""Paths that somebody put into the database, the folders of a storage or a command: none leads out of the storage.

Wherever a path leads here lies in the folder of the test: what does not pass deletes it, as root where root runs it.
Never `/`, nor the name of a folder of the machine.
"""

from __future__ import annotations

import csv
import io
import os
import socket
import sqlite3
import stat

import pytest

from cctv.cases.registers.register import Register, RegisterName, as_csv
from cctv.core.errors import ToolFailed
from cctv.core.process import run_process
from cctv.footage.media import MediaUnreadable, read_timing
from cctv.footage.repair.recover import recover_incoming
from cctv.packages.errors import RecordingUnreadable
from cctv.packages.stream_copy import _open_recording
from cctv.redaction.review.background_samples import first_picture_command
from cctv.redaction.video.decoder import Undecodable
from cctv.redaction.video.packets import contents_of

SPAN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'"


def sql(site, statement: str, *values: object) -> None:
    connection = sqlite3.connect(site.root / "cctv.db")
    connection.execute("PRAGMA foreign_keys=OFF")
    with connection:
        connection.execute(statement, values)
    connection.close()


@pytest.fixture
def theirs(site):
    """A folder beside the storage that no command may touch."""
    folder = site.folder / "theirs"
    folder.mkdir()
    for name in ("letter.txt", "run1-000000.mp4", "HOLD-2026-009.json", "x_20200101T000000Z.mp4"):
        (folder / name).write_text("theirs")
    return folder


def untouched(folder):
    return sorted(path.name for path in folder.iterdir()) == [
        "HOLD-2026-009.json",
        "letter.txt",
        "run1-000000.mp4",
        "x_20200101T000000Z.mp4",
    ] and {path.read_text() for path in folder.iterdir()} == {"theirs"}


# Ids of the index that are names of files and folders.


@pytest.mark.parametrize("identifier", ["../../theirs", "..", ".", "", "x/../../../theirs", "a\0b"])
def test_the_id_of_a_request_that_leads_elsewhere_deletes_nothing(site, clock, theirs, identifier):
    site.cctv(f"request open --no-prepare --name Q --contact q@example.be {SPAN}")
    site.cctv("request close REQ-2026-001 --outcome granted")
    before = [*site.root.rglob("*")]
    for table in ("requests", "parties", "blocks"):
        column = "id" if table == "requests" else "request_id"
        sql(site, f"UPDATE {table} SET {column} = ?", identifier)
    clock.advance(days=800)

    site.cctv("sweep --once", exit=18)

    assert untouched(theirs)
    assert set(before) <= {*site.root.rglob("*")}


@pytest.mark.parametrize("identifier", ["../../theirs", "..", "x/../../../theirs"])
def test_the_id_of_a_prepared_request_that_leads_elsewhere_deletes_nothing(site, theirs, identifier):
    site.cctv(f"request open --no-prepare --name Q --contact q@example.be {SPAN}")
    sql(site, "UPDATE requests SET id = ?", identifier)
    sql(
        site,
        "INSERT INTO redactions (request_id, camera, position, directory, digest, plan, prepared_us, prepared_by)"
        " VALUES (?, 'gevel-1', 1, 'derived/x/y', 'd', '{}', 0, 'test')",
        identifier,
    )
    before = [*site.root.rglob("*")]

    site.cctv("sweep --once", exit=18)

    assert untouched(theirs)
    assert set(before) <= {*site.root.rglob("*")}


@pytest.mark.parametrize("identifier", ["../../theirs/HOLD-2026-009", "../cctv", "x/../../../theirs/HOLD-2026-009"])
def test_the_id_of_a_hold_that_leads_elsewhere_deletes_nothing(site, theirs, identifier):
    site.cctv(f"incident open ruit --kind damage {SPAN}")
    sql(site, "UPDATE holds SET id = ?", identifier)
    sql(site, "UPDATE hold_cameras SET hold_id = ?", identifier)

    site.cctv("sweep --once", exit=18)
    site.cctv("incident settle INC-2026-001 --reason over --yes", exit=None)

    assert untouched(theirs)


@pytest.mark.parametrize(
    "path", ["../theirs", "exports/../../theirs", "absolute", ".", "exports", "segments", "keys", "derived"]
)
def test_the_path_of_a_package_that_is_no_package_deletes_nothing(site, clock, theirs, path):
    site.record("gevel-1", "2026-11-01 10:00")
    path = str(theirs) if path == "absolute" else path
    sql(
        site,
        "INSERT INTO exports (id, path, manifest_sha256, built_us, built_by, expires_us)"
        " VALUES ('EXP-2026-001', ?, 'x', 0, 'me', 1)",
        path,
    )
    before = [*site.root.rglob("*")]

    site.cctv("sweep --once", exit=18)

    assert untouched(theirs)
    assert set(before) <= {*site.root.rglob("*")}


# Links in place of folders and files.


@pytest.mark.parametrize("name", ["incoming", "quarantine", "derived", "exports", "holds", "audit", "keys"])
def test_a_link_in_place_of_a_folder_of_the_storage_stops_deletion(site, clock, theirs, name):
    site.record("gevel-1", "2026-11-01 10:00")
    (site.root / name).rename(site.folder / "moved")
    (site.root / name).symlink_to(theirs)
    clock.advance(days=400)

    refused = site.cctv("sweep --once", exit=18)

    assert name in refused.err
    assert untouched(theirs)
    assert len(site.footage("gevel-1")) == 1


PLACES = ["exports", "derived", "quarantine", "incoming", "incoming/gevel-1", "exports/package"]


@pytest.mark.parametrize("target", ["theirs", "nowhere", "self"])
@pytest.mark.parametrize(
    "place", ["exports", "derived", "quarantine", "incoming", "incoming/gevel-1", "exports/package"]
)
def test_links_are_neither_followed_nor_fatal(site, clock, theirs, place, target):
    site.record("gevel-1", "2026-11-01 10:00")
    link = site.root / place / "EXP-2026-009"
    if place == "exports/package":
        sql(
            site,
            "INSERT INTO exports (id, path, manifest_sha256, built_us, built_by, expires_us)"
            " VALUES ('EXP-2026-009', 'exports/EXP-2026-009', 'x', 0, 'me', 1)",
        )
        link = site.root / "exports" / "EXP-2026-009"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to({"theirs": theirs, "nowhere": "/nowhere", "self": link}[target])
    clock.advance(days=400)

    site.cctv("sweep --once")
    site.cctv("status", exit=None)
    site.cctv("footage verify", exit=None)
    site.cctv("footage reconcile", exit=None)
    site.cctv("footage reconcile --fix", exit=None)
    site.cctv("sweep --once")
    clock.advance(days=400)
    site.cctv("sweep --once")

    assert untouched(theirs)
    assert site.footage("gevel-1") == []
    recover_incoming(site.open())  # as the recorder does when it starts: incoming/ is its own
    assert not link.is_symlink()
    assert untouched(theirs)


def test_what_lies_behind_a_link_in_incoming_is_not_taken_for_footage(site, theirs):
    (site.root / "incoming" / "gang-2").symlink_to(theirs)

    recover_incoming(site.open())

    assert untouched(theirs)


@pytest.mark.parametrize("note", ["x.mp4.json", "x.json"])
def test_a_note_of_quarantine_that_is_a_link_is_not_fatal(site, clock, theirs, note):
    (site.root / "quarantine" / note).symlink_to("/nowhere")
    (site.root / "quarantine" / "x.mp4").write_bytes(b"x")

    site.cctv("status", exit=None)
    site.cctv("footage verify", exit=None)
    site.cctv("sweep --once", exit=None)

    assert untouched(theirs)
    assert "Internal error" not in site.cctv("doctor", exit=None).err


# Who may read what is written out.


@pytest.fixture
def no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


OUTPUTS = {
    "register": "register show incidents --format csv --output {out}/file.csv",
    "registers": "register show incidents --format page --output {out}/file.html",
    "calendar": "request board --calendar {out}/due.ics",
    "checkpoint": "audit checkpoint --out {out}/checkpoint.json",
    "certificate": "retention certificate --from '2026-10-01 0:00' --to '2026-11-01 0:00' --out {out}/certificate",
    "letter": "letter preview no-footage --to {out}/letter.txt",
    "key": "backup key {out}/recovery.key",
    "redaction": "redaction file {clip} {out}/redacted.mp4 --mode mask --fill pixelate",
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_nothing_that_is_written_out_is_for_others(site, clip, no_umask, name):
    out = site.folder / "out"
    out.mkdir(mode=0o700)
    os.umask(0)

    site.cctv(OUTPUTS[name].format(out=out, clip=clip))

    written = [*out.rglob("*")]
    assert written
    loose = {str(path): stat.filemode(path.lstat().st_mode) for path in written if path.lstat().st_mode & 0o007}
    assert loose == {}


# Files that name other files.

LISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{url}'\n",
    "list.sdp": "v=0\no=- 0 0 IN IP4 {host}\ns=x\nc=IN IP4 {host}\nt=0 0\nm=video {port} RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
}


@pytest.fixture
def listener():
    """A port at which nobody may ever knock."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        yield server


@pytest.mark.parametrize("disguise", ["list", "film.mp4"])
@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("scheme", ["file", "http", "tcp"])
def test_a_list_of_other_files_opens_none_of_them(site, clip, listener, tmp_path, kind, disguise, scheme):
    host, port = listener.getsockname()
    url = f"file:{clip}" if scheme == "file" else f"{scheme}://{host}:{port}/film.mp4"
    named = tmp_path / (kind if disguise == "list" else disguise)
    named.write_text(LISTS[kind].format(url=url, host=host, port=port))

    refused = site.cctv(f"redaction file {named} {tmp_path / 'out.mp4'}", exit=15)

    assert "next:" in refused.err
    assert not (tmp_path / "out.mp4").exists()
    for read in (
        lambda: contents_of(named),
        lambda: read_timing(named),
        lambda: _open_recording(named),
        lambda: run_process(first_picture_command(named)),
    ):
        with pytest.raises((MediaUnreadable, Undecodable, RecordingUnreadable, ToolFailed)):
            read()
    with pytest.raises(TimeoutError):
        listener.accept()


# What a table or a line on the screen does with names.


@pytest.mark.parametrize("name", ["[red]x[/red]", "[/]", "[link=file:///etc/passwd]x[/link]", ":smile: [bold"])
def test_markup_in_a_name_is_printed_as_it_stands(site, name):
    site.cctv(f"incident open '{name}' --kind damage {SPAN}")
    for command in ("incident list", "incident show INC-2026-001", "audit list", "register show incidents"):
        assert "".join(name.split()) in "".join(site.cctv(command).out.split())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝"])
def test_a_name_is_no_formula_of_a_spreadsheet(site, start):
    text = f"{start}HYPERLINK(1)".replace("\t", "")
    site.cctv(f"incident open -- '{text}' --kind damage {SPAN}", exit=None)
    site.cctv(f"incident open --kind damage {SPAN} -- '{text}'", exit=None)
    rows = list(csv.reader(site.cctv("register show incidents --format csv").out.splitlines()))
    (row,) = rows[1:]
    assert not any(cell.startswith(start) for cell in row)
    assert f"'{text}" in row


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_of_a_register_is_a_formula(cell):
    register = Register(RegisterName.INCIDENTS, ("what",), ((cell,),))
    assert list(csv.reader(io.StringIO(as_csv(register), newline="")))[1] == [f"'{cell}"]


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r", "\u2028"])
def test_a_name_adds_no_line_to_a_calendar_and_no_element_to_a_page(site, line_end):
    site.cctv(f"request open --no-prepare --name Q --contact q@example.be {SPAN}")
    site.cctv(f"incident open ruit --kind damage --place foyer {SPAN}")
    bad = f"x{line_end}ATTENDEE:mailto:evil@example.org{line_end}<script>alert(1)</script>"
    for statement in (
        "UPDATE parties SET name = ?",
        "UPDATE incidents SET title = ?",
        "UPDATE incidents SET place = ?",
    ):
        sql(site, statement, bad)

    site.cctv("request board --calendar due.ics")
    lines = (site.folder / "due.ics").read_bytes().decode().replace("\r\n ", "").splitlines()
    assert not any(line.startswith("ATTENDEE") for line in lines)
    for name in ("incidents", "requests"):
        page = site.cctv(f"register show {name} --format page").out
        assert "<script>" not in page
