"""Unredacted footage leaves on a named ground, approved by a second person, and bit for bit as it was recorded."""

from __future__ import annotations

import json
import re
import subprocess
from functools import partial

import pytest
from casescene import FRAMES, RATE
from casestages import OPEN, acts, record_people, stock_tools
from sqlalchemy import select

from cctv.cases.disclosures.disclosures import approve_disclosure
from cctv.db import schema
from cctv.db.engine import read_transaction
from cctv.packages import unredacted_copy
from cctv.packages.stream_copy import stretches
from cctv.packages.verify import verify_package

pytestmark = pytest.mark.slow

ORDER = (
    "disclosure open --recipient police --duty ordered --authority 'Lokale politie Oostende' --officer 'INP J. Claes'"
    " --reference OO.12.L1.004512/2026 --country BE"
    " --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on 1/11/2026"
    " --cameras foyer-1 --from '2026-11-01 11:00:02.5' --to '2026-11-01 11:00:05.5'"
)
DIS = "DIS-2026-001"
APPROVE = f"disclosure approve {DIS} --reason 'order read; the scope is what it names'"


@pytest.fixture
def ordered(bare_site, footage_files):
    """Two unbroken segments of four seconds, and an order for three seconds across their seam."""
    bare_site.cctv("footage init")
    record_people(bare_site, footage_files)
    bare_site.cctv(ORDER)
    return bare_site


def _colleague(site, disclosure=DIS):
    """Approve as another account; `cctv` on the command line is always this one."""
    approve_disclosure(site.open("chief"), disclosure, reason="order read; the scope is what it names")


def _packets(path) -> list[tuple[str, bool, str]]:
    """Hash, key flag and time of each packet, by ffprobe."""
    fields = "packet=data_hash,flags,pts_time"
    command = ["ffprobe", "-v", "error", "-show_data_hash", "sha256", "-show_entries", fields, "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packets"]
    return [(one["data_hash"], "K" in one["flags"], one["pts_time"]) for one in found]


def test_what_leaves_is_what_was_recorded_packet_by_packet(ordered):
    _colleague(ordered)

    built = ordered.cctv(f"disclosure build {DIS} --json").json

    folder = ordered.root / "exports" / built["package"]
    manifest = json.loads((folder / "manifest.json").read_text())
    (video,) = manifest["outputs"]
    recorded = [_packets(ordered.root / one.path) for one in ordered.footage("foyer-1")]
    shown = _packets(folder / video["file"])
    first = 2 * RATE  # the key frame before 2.5 s; a group of pictures is a second
    wanted = [*recorded[0][first:], *recorded[1]][: len(shown)]
    assert [one[:2] for one in shown] == [one[:2] for one in wanted]
    assert shown[0][1]
    assert video["frames"] == len(shown) >= FRAMES - first + 15
    assert max(float(time) for _, _, time in shown) - float(shown[0][2]) < 3.6
    assert video["span"]["start"] == "2026-11-01T10:00:02Z"
    assert [one["frames"] for one in video["sources"]] == [FRAMES - first, len(shown) - FRAMES + first]


def test_stock_tools_and_verify_prove_the_package_and_the_stream(ordered):
    _colleague(ordered)
    built = ordered.cctv(f"disclosure build {DIS} --json").json

    folder = ordered.root / "exports" / built["package"]
    said = (folder / "README.txt").read_text()
    line = next(one.strip() for one in said.splitlines() if "streamhash" in one)
    printed = subprocess.run(line, shell=True, cwd=folder, check=True, capture_output=True, text=True).stdout

    assert stock_tools(folder) == [0, 0]
    assert built["outputs"][0]["stream_sha256"] in printed.lower()
    assert ordered.cctv(f"export verify {folder} --json").json["disclosure"] == DIS
    assert "onderzoeksrechter Brugge, 46bis/112, 01/11/2026" in said
    assert "Claes" not in "".join(path.read_text(errors="replace") for path in folder.glob("[!f]*"))
    (folder / built["outputs"][0]["file"]).write_bytes(b"another")
    assert ordered.cctv(f"export verify {folder}", exit=15).err


def test_nothing_is_built_before_a_second_account_approved(ordered):
    refused = ordered.cctv(f"disclosure build {DIS}", exit=13)
    own = ordered.cctv(APPROVE, exit=13)

    assert "approve" in refused.err
    assert "two people" in own.err
    assert list((ordered.root / "exports").glob("EXP-*")) == []
    assert acts(ordered)[-1] == "export.refused"


def test_the_log_has_the_ground_as_a_digest_and_nobody_by_name(ordered):
    _colleague(ordered)
    ordered.cctv(f"disclosure build {DIS}")

    with read_transaction(ordered.open().engine) as connection:
        entries = "\n".join(connection.scalars(select(schema.audit.c.entry)))

    assert acts(ordered)[-4:] == ["disclosure.opened", "hold.placed", "disclosure.approved", "export.built"]
    for word in ("Claes", "Oostende", "004512", "vordering", "order read"):
        assert word not in entries
    assert '"recipient":"police"' in entries.replace(" ", "")


def test_a_pause_and_a_missing_minute_are_files_and_gaps_of_their_own(bare_site, footage_files):
    bare_site.cctv("footage init")
    record_people(bare_site, footage_files)
    record_people(bare_site, footage_files, "2026-11-01 11:00:30")
    bare_site.cctv(ORDER.replace("11:00:02.5", "11:00:00").replace("11:00:05.5", "11:01:00"))
    _colleague(bare_site)

    plan = bare_site.cctv(f"disclosure build {DIS} --dry-run --json").json
    built = bare_site.cctv(f"disclosure build {DIS} --json").json

    assert [one["frames"] for one in plan["outputs"]] == [2 * FRAMES, 2 * FRAMES]
    assert [one["file"][-12:] for one in built["outputs"]] == ["00-00_CET.mp4"[-12:], "00-30_CET.mp4"[-12:]]
    manifest = verify_package(bare_site.root / "exports" / built["package"]).manifest
    assert [(gap.span.start.second, gap.span.end.second) for gap in manifest.gaps] == [(8, 30), (38, 0)]


def test_what_masks_hide_leaves_only_where_the_order_names_it(ordered):
    toml = ordered.config.read_text()
    ordered.config.write_text(
        toml.replace("[cameras.foyer-1]", "[cameras.foyer-1]\nmasks = [[[0, 0], [50, 0], [50, 50]]]")
    )
    _colleague(ordered)
    said = ordered.cctv(f"disclosure build {DIS}", exit=13)
    assert "foyer-1" in said.err
    assert "--unmasked" in said.err

    named = ordered.cctv(f"{ORDER} --unmasked --json").json["disclosure"]["id"]
    _colleague(ordered, named)
    package = ordered.cctv(f"disclosure build {named} --json").json["package"]
    manifest = json.loads((ordered.root / "exports" / package / "manifest.json").read_text())
    assert manifest["outputs"][0]["unmasked"] == [[[0.0, 0.0], [50.0, 0.0], [50.0, 50.0]]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("--recipient police", "--recipient advertiser"), 2),
        (("--recipient police --duty ordered", "--recipient insurer --duty voluntary"), 12),
        (("--duty ordered", "--duty voluntary --unmasked"), 12),
        (("--reference OO.12.L1.004512/2026", "--reference ' '"), 2),
    ],
)
def test_a_disclosure_that_no_policy_allows_is_not_registered(bare_site, change, code):
    bare_site.cctv("footage init")

    assert bare_site.cctv(ORDER.replace(*change), exit=code).err

    assert bare_site.cctv("disclosure list --all --json").json["disclosures"] == []
    assert bare_site.cctv("hold list --json").json["holds"] == []


def test_a_disclosure_holds_its_footage_until_it_ends_and_not_longer(ordered):
    _colleague(ordered)
    held = ordered.cctv("hold list --json").json["holds"]
    assert [one["ground"] for one in held] == [DIS]

    ordered.cctv(f"disclosure end {DIS} --how handed --reason gone", exit=2)
    done = ordered.cctv(f"disclosure end {DIS} --how withdrawn --reason 'the order was withdrawn' --json").json

    assert done["released"] == [held[0]["id"]]
    assert ordered.cctv("hold list --json").json["holds"] == []
    assert ordered.cctv(f"disclosure build {DIS}", exit=2).err


def test_a_grant_is_asked_for_where_the_policy_says_so_and_a_block_stops_it(ordered):
    _colleague(ordered)
    toml = ordered.config.read_text()
    ordered.config.write_text(toml.replace("[policy]", '[policy]\ngranted_only = ["export.unredacted"]'))
    assert ordered.cctv(f"disclosure build {DIS}", exit=12).err
    assert acts(ordered)[-1] == "grant.missed"

    ordered.config.write_text(toml)
    ordered.cctv(f"{OPEN} --type restriction")
    assert "REQ-2026-001" in ordered.cctv(f"disclosure build {DIS}", exit=12).err
    assert acts(ordered)[-1] == "export.refused"


def test_a_recording_that_changed_is_not_disclosed(ordered):
    _colleague(ordered)
    path = ordered.root / ordered.footage("foyer-1")[0].path
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    assert path.name in ordered.cctv(f"disclosure build {DIS}", exit=15).err
    assert list((ordered.root / "exports").glob("*EXP*")) == []


def test_handing_over_writes_a_receipt_that_names_nobody_and_records_who_gave_it(ordered, tmp_path):
    _colleague(ordered)
    package = ordered.cctv(f"disclosure build {DIS} --json").json["package"]
    medium = tmp_path / "usb"
    medium.mkdir()

    done = ordered.cctv(f"export deliver {package} --method hand --to {medium} --json").json
    ordered.cctv(f"disclosure receipt {DIS} --on 1/11")

    page = (medium / f"{DIS}.html").read_text()
    assert stock_tools(medium / package) == [0, 0]
    assert done["disclosure"] == DIS
    assert done["passphrase"] is None
    assert "Claes" not in page
    assert page.count('class="line"') == 7
    assert not re.search(r"<script|https?://|src=", page)
    shown = ordered.cctv(f"disclosure show {DIS} --json").json["disclosure"]
    assert (shown["state"], shown["method"], shown["receipt"] is not None) == ("handed over", "hand", True)
    assert acts(ordered)[-2:] == ["disclosure.handed", "disclosure.receipted"]


def test_a_copy_too_large_for_fat_is_cut_between_two_segments_without_a_frame_lost(ordered, monkeypatch):
    _colleague(ordered)
    whole = ordered.cctv(f"disclosure build {DIS} --dry-run --json").json["outputs"]
    monkeypatch.setattr(unredacted_copy, "stretches", partial(stretches, largest_bytes=1))

    built = ordered.cctv(f"disclosure build {DIS} --json").json

    folder = ordered.root / "exports" / built["package"]
    manifest = verify_package(folder).manifest
    first, second = manifest.outputs
    assert first.frames + second.frames == whole[0]["frames"]
    assert first.span.end == second.span.start
    assert manifest.gaps == ()
    assert [_packets(folder / one.file)[0][1] for one in manifest.outputs] == [True, True]
