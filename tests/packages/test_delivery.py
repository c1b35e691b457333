"""A package leaves in somebody's hand or as an encrypted ZIP, and that it left is written down."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from casestages import REQUEST, acts, check_identities, name_nominee, stock_tools
from sqlalchemy import text

from cctv.cases.disclosures.disclosures import find_disclosure
from cctv.db.engine import read_transaction, write_transaction
from cctv.model.disclosures import Delivery
from cctv.packages.deliver import fetch_lines, lent_since
from cctv.packages.documents import readme, receipt_page
from cctv.packages.encrypted_zip import DIGITS, GROUPS, new_passphrase
from cctv.packages.manifest import CompanionShown, Manifest
from cctv.packages.verify import verify_package

pytestmark = pytest.mark.slow

PACKAGE = "EXP-2026-001"


@pytest.fixture
def outgoing(tmp_path):
    folder = tmp_path / "outgoing"
    folder.mkdir()
    return folder


def _open_zip(path, passphrase: str, target) -> int:
    """What the free program that the note names answers."""
    command = ["7z", "x", "-y", f"-p{passphrase}", f"-o{target}", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_the_zip_opens_with_7z_and_its_passphrase_only_and_holds_the_package(built, outgoing, tmp_path):
    done = built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing} --json").json

    parcel = outgoing / f"{PACKAGE}.zip"
    assert _open_zip(parcel, "00000-00000-00000-00000-00000", tmp_path / "wrong") != 0
    assert not any(path.stat().st_size for path in (tmp_path / "wrong").rglob("*.mp4"))
    assert _open_zip(parcel, done["passphrase"], tmp_path / "right") == 0
    assert stock_tools(tmp_path / "right" / PACKAGE) == [0, 0]
    listed = subprocess.run(["7z", "l", "-slt", str(parcel)], check=True, capture_output=True, text=True).stdout
    assert set(re.findall("^Method = (.*)$", listed, re.M)) == {"AES-256 Store"}


def test_the_note_names_a_free_opener_and_not_the_passphrase_and_nothing_else_knows_it(built, outgoing):
    done = built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing} --json").json

    note = (outgoing / f"{PACKAGE}.txt").read_text()
    assert "7-Zip" in note
    assert "Keka" in note
    assert sorted(path.name for path in outgoing.iterdir()) == [f"{PACKAGE}.txt", f"{PACKAGE}.zip"]
    secret = done["passphrase"].encode()
    kept = [*built.root.rglob("*"), *outgoing.iterdir()]
    assert not any(secret in path.read_bytes() for path in kept if path.is_file())


def test_that_it_left_is_a_disclosure_which_does_not_name_the_requester(built, outgoing):
    name_nominee(built)
    check_identities(built, "subject", "nominee")
    done = built.cctv(f"export deliver {PACKAGE} --method hand --to {outgoing} --recipient nominee --json").json

    shown = built.cctv(f"disclosure show {done['disclosure']} --json").json["disclosure"]
    assert (shown["recipient"], shown["duty"], shown["case"], shown["package"], shown["method"]) == (
        "nominee",
        "right",
        REQUEST,
        PACKAGE,
        "hand",
    )
    assert acts(built)[-1] == "disclosure.handed"
    page = (outgoing / f"{done['disclosure']}.html").read_text()
    with read_transaction(built.open().engine) as connection:
        row = str(connection.execute(text("select * from disclosures")).one())
    for said in (page, row, built.cctv(f"audit list --about {REQUEST} --json").out):
        assert "Peeters" not in said
        assert "an@example.be" not in said
    assert stock_tools(outgoing / PACKAGE) == [0, 0]


@pytest.mark.parametrize(
    ("language", "except_"),
    [
        ("nl", "behalve wie ermee instemde"),
        ("fr", "sauf celles qui ont consenti"),
        ("en", "except those who consented"),
    ],
)
def test_a_receipt_and_a_readme_name_companions_only_where_there_are_some(built, outgoing, language, except_):
    built.cctv(f"export deliver {PACKAGE} --method hand --to {outgoing}")
    with read_transaction(built.open().engine) as connection:
        disclosure = find_disclosure(connection, "DIS-2026-001")
    alone = replace(Manifest.from_json((outgoing / PACKAGE / "manifest.json").read_bytes()), language=language)
    beside = replace(alone.outputs[0], companions=(CompanionShown(date(2026, 10, 31)),))
    together, zone = replace(alone, outputs=(beside,)), ZoneInfo("Europe/Brussels")

    for manifest, said in ((alone, False), (together, True)):
        assert (except_ in receipt_page(manifest, disclosure, zone)) == said
        assert (except_ in " ".join(readme(manifest, zone).split())) == said


def test_a_dry_run_hands_nothing_over(built, outgoing):
    said = built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing} --dry-run --json").json

    assert said["dry_run"]
    assert said["passphrase"] is None
    assert list(outgoing.iterdir()) == []
    assert built.cctv("disclosure list --all --json").json["disclosures"] == []


def test_a_package_that_is_over_changed_or_already_there_is_not_handed_over(built, outgoing):
    inside = built.root / "derived"
    assert "storage" in built.cctv(f"export deliver {PACKAGE} --method zip --to {inside}", exit=2).err
    (outgoing / f"{PACKAGE}.zip").write_bytes(b"")
    assert "already" in built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing}", exit=2).err
    (built.root / "exports" / PACKAGE / "README.txt").write_text("another")
    assert built.cctv(f"export deliver {PACKAGE} --method hand --to {outgoing}", exit=15).err
    built.clock.advance(days=31)
    assert "over" in built.cctv(f"export deliver {PACKAGE} --method hand --to {outgoing}", exit=12).err
    assert [path.name for path in outgoing.iterdir()] == [f"{PACKAGE}.zip"]
    assert "disclosure.handed" not in acts(built)


def test_the_fetch_line_copies_the_package_and_the_other_line_verifies_it(built, tmp_path):
    lines = built.cctv(f"export fetch {PACKAGE} --json").json
    source = shlex.split(lines["copy"])[2].partition(":")[2]

    shutil.copytree(source, tmp_path / "desk" / PACKAGE)
    code = subprocess.run(lines["stock_tools"], shell=True, cwd=tmp_path / "desk", capture_output=True, check=False)

    assert shlex.split(lines["copy"])[:2] == ["scp", "-pr"]
    assert code.returncode == 0
    assert lines["verify"] == f"cctv export verify {PACKAGE}"
    assert acts(built)[-1] == "export.fetched"


def test_the_fetch_line_of_who_reads_nothing_in_the_storage_works_for_them(built, acting):
    """Storage and packages are 0700: what is copied is what `export deliver` put into a folder of the caller."""
    acting("sofie")
    (built.root.parent / "home").mkdir()
    line = built.cctv(f"export fetch {PACKAGE} --json").json["copy"]

    ssh, scp = line.split(" && ")
    *login, command = shlex.split(ssh)
    assert login[:2] == ["ssh", "-t"]
    assert login[2].startswith("sofie@")
    assert str(built.root) not in line
    home = built.root.parent / "home"
    assert command == f"cctv export deliver {PACKAGE} --method hand --to ."
    built.cctv(command.removeprefix("cctv ").replace("--to .", f"--to {home}"))
    assert shlex.split(scp) == ["scp", "-pr", f"{login[2]}:{PACKAGE}", "."]
    verify_package(home / PACKAGE)
    assert acts(built)[-1] == "disclosure.handed"


def test_the_form_of_the_workstations_lists_what_passed_one(built, outgoing):
    since = built.clock.now()
    built.cctv(f"export fetch {PACKAGE}")
    built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing}")
    built.cctv(f"export deliver {PACKAGE} --method hand --to {outgoing}")

    with read_transaction(built.open().engine) as connection:
        lent = lent_since(connection, since, built.open().settings.site.timezone)

    assert [(one.package, one.delivery) for one in lent] == [
        (PACKAGE, Delivery.DOWNLOAD),
        (PACKAGE, Delivery.ENCRYPTED_MAIL),
    ]


def test_a_path_with_blanks_and_quotes_stays_one_word(tmp_path):
    path = tmp_path / "it's a 'box'" / PACKAGE

    copied = shlex.split(fetch_lines("dpo", "recorder.local", path, "SHA256:x").copy)

    assert copied == ["scp", "-pr", f"dpo@recorder.local:{path}", "."]


def test_passphrases_are_digits_of_more_than_80_bits_and_differ():
    found = {new_passphrase() for _ in range(20)}

    assert len(found) == 20
    assert all(re.fullmatch(r"\d{5}(-\d{5}){4}", one) for one in found)
    assert 10 ** (GROUPS * DIGITS) > 2**80


@pytest.mark.parametrize(("method", "name"), [("zip", f"{PACKAGE}.zip"), ("hand", PACKAGE)])
def test_a_carrier_is_not_written_into_what_somebody_made_beforehand(built, outgoing, tmp_path, method, name):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for planted in (outgoing / f".{name}.part", outgoing / f".{name}.0123456789abcdef.part"):
        planted.symlink_to(elsewhere if method == "hand" else elsewhere / "file")

    built.cctv(f"export deliver {PACKAGE} --method {method} --to {outgoing}")

    assert list(elsewhere.iterdir()) == []
    assert (outgoing / name).exists()
    assert list(outgoing.glob(".*.part")) == []


def test_the_parts_of_a_zip_that_was_interrupted_go_with_the_next(built, outgoing):
    """They are as large as the package, and nothing else would make room for it on the stick."""
    for number in (1, 2):
        (outgoing / f".{PACKAGE}.zip.{number:03d}.0123456789abcdef.part").write_bytes(b"begun")

    built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing}")

    assert list(outgoing.glob(".*.part")) == []


@pytest.mark.parametrize(
    "command", ["export deliver {id} --method hand --to {to}", "export fetch {id}", "sweep --once"]
)
def test_a_package_whose_row_leaves_the_storage_is_neither_handed_over_nor_deleted(built, clock, outgoing, command):
    theirs = built.folder / "theirs"
    shutil.copytree(built.root / "exports" / PACKAGE, theirs)
    with write_transaction(built.open().engine) as connection:
        connection.execute(text("UPDATE exports SET path = '../theirs'"))
    if command == "sweep --once":
        clock.advance(days=60)

    refused = built.cctv(command.format(id=PACKAGE, to=outgoing), exit=18)

    assert f"package {PACKAGE} has the path ../theirs" in refused.err
    assert (theirs / "manifest.json").exists()
    assert list(outgoing.iterdir()) == []
