"""Facts that a page repeats from the code: each must be there, and none that is not."""

import json
import re

from docgen.errors import every_error
from pages import ROOT

from cctv.core.durable import DurableFiles
from cctv.core.errors import Exit
from cctv.db.identity import Identity, write_identity
from cctv.db.migrate import HEAD
from cctv.db.schema import metadata
from cctv.model.audit import Act


def page(name):
    return (ROOT / "docs" / name).read_text()


def test_the_page_of_the_audit_log_names_every_act_and_no_other():
    rows = [line for line in page("audit.md").splitlines() if re.match(r"\| `[a-z]+\.[a-z]+`", line)]
    named = {word for line in rows for word in re.findall(r"`([a-z]+\.[a-z]+)`", line.split("|")[1])}
    assert named == {act.value for act in Act}


def test_the_page_of_the_disk_names_every_table_and_the_version_of_the_schema():
    listed = page("on-disk.md").partition("Tables of `cctv.db`, schema version ")[2].partition("Instants")[0]
    assert listed.startswith(HEAD)
    assert set(re.findall(r"`([a-z_]+)`", listed)) == set(metadata.tables)


def test_the_page_of_the_disk_names_every_key_of_site_json(tmp_path):
    write_identity(tmp_path, Identity.new(tmp_path), DurableFiles())
    keys = json.loads((tmp_path / "site.json").read_text())
    assert [key for key in keys if f"| `{key}` |" not in page("on-disk.md")] == []


def test_the_page_of_retention_names_every_guard():
    guards = {error.code for error in every_error() if error.exit_code is Exit.GUARD and error.code != "GuardError"}
    assert set(re.findall(r"^\| `(\w+)` \|", page("retention.md"), re.MULTILINE)) == guards


def test_every_promise_of_the_policies_is_answered_in_order():
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| .+ \| (yes|partly|no) \| .*\|$", page("obligations.md"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 45))


def test_the_page_of_errors_shows_an_error_in_json_as_it_is(site):
    said = site.cctv("hold show HOLD-2026-999 --json", exit=2).json
    shown = re.search(r"`(\{\"schema\".*?)`", page("exit-codes.md"))
    assert shown is not None
    assert re.findall(r"\"(\w+)\":", shown[1]) == ["schema", "error", *said["error"]]
