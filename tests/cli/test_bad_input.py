"""Bad input: one clear message, the next step, the exit code of docs/exit-codes.md, and nothing changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.core.errors import Exit

pytestmark = pytest.mark.slow

SPAN = "--from '2026-11-01 11:00' --to '2026-11-01 11:05'"


def everything(root: Path) -> dict[str, str]:
    """Every file of a storage by its hash; what SQLite keeps beside its database does not count."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith((".db-wal", ".db-shm", ".lock"))
    }


def refused(site, command: str, code: Exit, *words: str) -> None:
    """The command fails with that code, says those words and what to do next, and leaves the storage as it was."""
    before = everything(site.root)
    told = site.cctv(command, exit=int(code))
    assert "Traceback" not in told.err
    assert "next:" in told.err or "Usage:" in told.err
    for word in words:
        assert word in told.err, told.err
    assert everything(site.root) == before


@pytest.mark.parametrize(
    ("there", "instead", "words"),
    [
        ('segment = "60s"', 'segmant = "60s"', ("segmant", "segment", "line 11")),
        ('zone = "facade"', 'zone = "gevel"', ("gevel", "facade", "interior")),
        ('retention = "7d"', 'retention = "7w"', ("7w", "s, m, h", "retention")),
        ('"Europe/Brussels"', '"Europe/Brussel"', ("Europe/Brussel", "Europe/Brussels")),
        ("[cameras.gang-2]", "[cameras.foyer-1]", ("foyer-1", "twice")),
        ('kind = "interior"', 'kind = "toilet"', ("toilet",)),
        ('kind = "interior"', 'kind = "kleedhokje"', ("kleedhokje",)),
        ('kind = "interior"', 'kind = "vestiaire"', ("vestiaire",)),
        ('kind = "interior"', 'kind = "changing-room"', ("changing-room",)),
        ("[cameras.gang-2]", "[cameras.wc-heren]", ("wc-heren",)),
        ('retention = "7d"', 'retention = "100s"', ("100s", "segment")),
        ('purpose = "theft and damage"\nrtsp = "rtsp://127.0.0.1:9/gang-2"', "", ("purpose",)),
        ("rtsp://127.0.0.1:9/gang-2", "rtsp://admin:secret@127.0.0.1:9/gang-2", ("credential",)),
        ("[site]", "[site", ("line 2",)),
    ],
)
def test_a_wrong_cameras_toml_is_refused_with_its_line_and_what_is_allowed(site, there, instead, words):
    good = site.config.read_text()
    assert there in good
    site.config.write_text(good.replace(there, instead, 1))

    for command in ("config check", "status", f"incident open x --kind theft --cameras gevel-1 {SPAN}"):
        refused(site, command, Exit.CONFIG, *words)
    assert "secret@" not in site.cctv("config check", exit=10).err


def test_retention_over_the_cap_is_refused_with_strict_and_only_then(site):
    text = site.config.read_text()
    site.config.write_text(text.replace('\nretention = "28d"', '\nretention = "30d"'))
    warned = site.cctv("config check")
    assert warned.err.count("warning:") == 1
    assert "published text" in warned.err

    refused(site, "config check --strict", Exit.CONFIG, "30d", "28d", "published text")


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("hold show HOLD-2026-009", Exit.USAGE, ("HOLD-2026-009",)),
        ("hold release HOLD-2026-009 --reason x", Exit.USAGE, ("HOLD-2026-009",)),
        (f"hold place --ground INC-2026-009 --cameras gevel-1 {SPAN} --reason x", Exit.USAGE, ("INC-2026-009",)),
        (f"hold place --ground fiets --cameras gevel-1 {SPAN} --reason x", Exit.USAGE, ("FIETS",)),
        ("incident show INC-2026-009", Exit.USAGE, ("INC-2026-009",)),
        ("incident settle INC-2026-009 --reason x --yes", Exit.USAGE, ("INC-2026-009",)),
        ("request show REQ-2026-009", Exit.USAGE, ("REQ-2026-009",)),
        ("request close REQ-2026-009 --outcome granted --reason x", Exit.USAGE, ("REQ-2026-009",)),
        ("redaction prepare REQ-2026-009", Exit.USAGE, ("REQ-2026-009",)),
        ("redaction approve REQ-2026-009 --reason x", Exit.USAGE, ("REQ-2026-009",)),
        ("retention explain 4711", Exit.USAGE, ("4711",)),
        (f"footage list --cameras gevel-2 {SPAN}", Exit.USAGE, ("gevel-2", "gevel-1")),
        (f"footage list --zones kelder {SPAN}", Exit.USAGE, ("kelder", "facade")),
        ("footage list --cameras gevel-1 --from 14:00 --to 2026-10-01", Exit.USAGE, ("2026",)),
        ("footage list --cameras gevel-1 --from '2026-11-01 11:05' --to '2026-11-01 11:00'", Exit.USAGE, ("11:00",)),
        ("footage list --cameras gevel-1 --from 'ergens' --to nu", Exit.USAGE, ("ergens",)),
        ("footage list --cameras gevel-1 --from '2026-10-25 02:30' --to nu", Exit.USAGE, ("+01:00", "+02:00")),
        ("footage list --cameras gevel-1 --from '2026-03-29 02:30' --to nu", Exit.USAGE, ("+01:00", "+02:00")),
        (f"incident open x --kind picnic --cameras gevel-1 {SPAN}", Exit.USAGE, ("picnic", "theft")),
        (f"footage list --cameras gang-2 {SPAN}", Exit.NO_FOOTAGE, ("gang-2", "never recorded")),
        ("footage init", Exit.FAILURE, ("already a storage",)),
    ],
)
def test_a_wrong_command_is_refused_and_changes_nothing(site, command, code, words):
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)

    refused(site, command, code, *words)


def test_a_package_for_an_unknown_request_is_refused_and_only_the_log_changes(site):
    before = everything(site.root)

    told = site.cctv("export build REQ-2026-009", exit=2)

    assert "REQ-2026-009" in told.err
    assert {name for name, digest in everything(site.root).items() if before.get(name) != digest} == {"cctv.db"}
    assert site.cctv("audit list --last 1 --json").json["entries"][0]["act"] == "export.refused"


def test_every_refusal_is_one_json_object_for_a_program(site):
    told = site.cctv("hold show HOLD-2026-009 --json", exit=2)

    assert told.json["error"]["code"] == "HoldUnknown"
    assert told.json["error"]["exit"] == 2
    assert told.json["error"]["next"]


def test_a_storage_that_was_never_made_is_no_empty_archive(bare_site):
    told = bare_site.cctv("status", exit=18)

    assert "cctv footage init" in told.err
    assert not bare_site.root.exists()


def test_a_folder_with_other_things_in_it_becomes_no_storage(bare_site):
    bare_site.root.mkdir()
    (bare_site.root / "holiday.jpg").write_bytes(b"")

    told = bare_site.cctv("footage init", exit=1)

    assert "holiday.jpg" in told.err
    assert [path.name for path in bare_site.root.iterdir()] == ["holiday.jpg"]


def test_no_cameras_toml_says_where_it_was_looked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["status"], Invocation(environ={})) == 10
    assert "cameras.toml" in capsys.readouterr().err
