"""The certificate: what went under which rule, how, and which copies are known; signed, checked anywhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cctv.backup.state import HeldCopy, remember_held
from cctv.retention.certificate.files import NAMESPACE

pytestmark = pytest.mark.slow

MONTH = "--from '2026-11-01 0:00' --to '2026-12-01 0:00'"


@pytest.fixture
def swept(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    clock.advance(days=8)
    site.cctv("sweep --once")
    return site


def made(site, folder, language=None):
    if language:
        site.config.write_text(site.config.read_text().replace('language = "nl"', f'language = "{language}"'))
    return site.cctv(f"retention certificate {MONTH} --out {folder} --json").json["certificate"]


def test_it_says_what_went_under_which_rule_and_that_it_was_unlinked(swept, tmp_path):
    said = made(swept, tmp_path / "c")

    (row,) = said["deletions"]
    assert (row["camera"], row["zone"], row["rule"], row["segments"]) == ("gevel-1", "facade", "zone", 3)
    assert row["period_seconds"] == 7 * 86400
    assert row["beyond_limit_seconds"] > 0  # nobody swept for a day, and it says so
    assert said["how"] == "unlinked"
    assert said["sweeps"] == {"completed": 1, "stopped_by_guards": []}
    assert "erased" not in json.dumps(said)


def test_a_sweep_in_time_is_certified_as_such(site, clock, tmp_path):
    site.record("gevel-1", "2026-11-01 11:59")
    clock.set("2026-11-08 11:55")
    site.cctv("sweep --once")

    (row,) = made(site, tmp_path / "c")["deletions"]

    assert row["beyond_limit_seconds"] == 0


def test_what_went_outside_the_period_is_not_in_it(swept):
    asked = "retention certificate --from '2026-11-10 0:00' --to '2026-12-01 0:00' --dry-run --json"
    assert swept.cctv(asked).json["certificate"]["deletions"] == []


def test_its_signature_holds_for_our_check_and_for_stock_ssh_keygen(swept, tmp_path):
    made(swept, tmp_path / "c")
    key = shutil.copy(swept.root / "keys/signing.pub", tmp_path / "site.pub")

    checked = swept.cctv(f"retention certificate --verify {tmp_path}/c --key {key} --json").json
    assert checked["trusted"] is True
    assert "that lies beside it" in swept.cctv(f"retention certificate --verify {tmp_path}/c/certificate.html").out
    for name in ("certificate.json", "certificate.html"):
        command = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "cctv", "-n", NAMESPACE]
        data = (tmp_path / "c" / name).read_bytes()
        done = subprocess.run([*command, "-s", f"{name}.sig"], input=data, cwd=tmp_path / "c", capture_output=True,
                              check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["certificate.json", "certificate.html"])
def test_an_altered_certificate_does_not_hold(swept, tmp_path, name):
    made(swept, tmp_path / "c")
    path = tmp_path / "c" / name
    path.write_text(path.read_text().replace("facade", "ingang"))

    assert "changed after it was signed" in swept.cctv(f"retention certificate --verify {tmp_path}/c", exit=15).err


def test_a_certificate_of_another_key_does_not_hold(swept, tmp_path):
    made(swept, tmp_path / "c")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)

    swept.cctv(f"retention certificate --verify {tmp_path}/c --key {tmp_path}/other.pub", exit=15)


def test_it_is_in_the_log_with_its_hash_and_is_never_overwritten(swept, tmp_path):
    made(swept, tmp_path / "c")
    swept.cctv(f"retention certificate {MONTH} --out {tmp_path}/c", exit=2)

    (entry,) = swept.cctv("audit list --about certificate --json").json["entries"]
    sums = subprocess.run(["sha256sum", tmp_path / "c/certificate.json"], capture_output=True, text=True, check=True)
    assert entry["facts"]["sha256"] == sums.stdout.split()[0]


def test_a_dry_run_writes_nothing(swept, tmp_path):
    swept.cctv(f"retention certificate {MONTH} --out {tmp_path}/c --dry-run")

    assert not (tmp_path / "c").exists()
    assert swept.cctv("audit list --about certificate --json").json["entries"] == []


def test_it_still_answers_from_folded_days(swept, clock, tmp_path):
    before = made(swept, tmp_path / "before")
    swept.record("gevel-1", "2026-11-09 11:00")
    clock.advance(days=370)
    swept.cctv("sweep --once")
    swept.cctv("sweep --once")

    after = made(swept, tmp_path / "after")

    assert after["folded_lines"] == {"signed": 1, "not_holding": 0}
    assert after["deletions"] == before["deletions"]


def test_a_folded_day_that_was_altered_is_told(swept, clock, tmp_path):
    swept.record("gevel-1", "2026-11-09 11:00")
    clock.advance(days=370)
    swept.cctv("sweep --once")
    swept.cctv("sweep --once")
    with sqlite3.connect(swept.root / "cctv.db") as connection:
        connection.execute("UPDATE folded_days SET line = replace(line, '\"segments\":3', '\"segments\":2')")
    connection.close()

    assert made(swept, tmp_path / "c")["folded_lines"]["not_holding"] == 1


class Page(HTMLParser):
    """Tags that are open, and everything that a page would fetch."""

    void = frozenset({"meta", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.fetched, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.fetched += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("nl", "Attest van verwijdering van camerabeelden"),
        ("fr", "Attestation de suppression d'images de caméras"),
        ("en", "Certificate of deletion of camera footage"),
    ],
)
def test_the_page_is_whole_and_fetches_nothing_and_speaks_the_language_of_the_site(swept, tmp_path, language, title):
    made(swept, tmp_path / "c", language)
    page = Page()
    page.feed((tmp_path / "c/certificate.html").read_text())

    assert page.open == []
    assert page.fetched == []
    assert title in page.text
    assert "facade" in page.text


def test_the_page_names_copies_that_are_known(swept, tmp_path, clock):
    remember_held(swept.open(), HeldCopy("copy-1", "/media/usb/held", clock.now()))

    said = made(swept, tmp_path / "c")

    assert [one["where"] for one in said["copies"]] == ["/media/usb/held"]
    assert "/media/usb/held" in Path(tmp_path / "c/certificate.html").read_text()
