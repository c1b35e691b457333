"""Who types a command brings no policy along: a file of one's own, one where one stands, the site's own once edited."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from cctv.access.policy import KnownPolicy
from cctv.cli.app import run
from cctv.config.policy_part import policy_rules

ORDER = (
    "disclosure open --recipient police --duty ordered --authority 'Lokale politie Oostende'"
    " --reference OO.12.L1.004512/2026 --country BE"
    " --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on 1/11/2026"
    " --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'"
)
APPROVE = "disclosure approve DIS-2026-001 --reason 'order read'"
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
OTHER = 12345


@pytest.fixture
def strict(bare_site, acting):
    """Two persons approve unredacted footage; `first` opened a disclosure."""
    bare_site.adopts = False
    bare_site.cctv("footage init")
    bare_site.record("gevel-1", "2026-11-01 10:00")
    bare_site.cctv(ORDER)
    bare_site.cctv(APPROVE, exit=13)
    return bare_site


@pytest.fixture
def mine(strict, tmp_path):
    """A cameras.toml of one's own, for the same storage, that asks for nobody else."""
    folder = tmp_path / "mine"
    folder.mkdir()
    text = strict.config.read_text().replace('two_person = ["export.unredacted"]', "two_person = []")
    file = folder / "cameras.toml"
    file.write_text(text.replace('storage = "storage"', f'storage = "{strict.root}"'))
    return file


def last_entry(site):
    return site.cctv("audit list --json").json["entries"][-1]


def with_config(site, path):
    site.config = path
    return site


@pytest.mark.parametrize("command", [APPROVE, "disclosure build DIS-2026-001", "export build REQ-2026-001"])
def test_a_file_of_ones_own_builds_no_unredacted_package(strict, mine, command):
    known = strict.config

    refused = with_config(strict, mine).cctv(command, exit=10)

    assert f"The storage follows {known}" in refused.err
    entry = last_entry(strict)
    assert (entry["act"], entry["actor"]) == ("policy.refused", "first")
    assert entry["facts"]["command"] == " ".join(command.split()[:2])
    assert entry["facts"]["changed"] == ["policy.two_person"]
    assert list((strict.root / "exports").iterdir()) == []


def test_one_person_does_not_adopt_what_asks_for_nobody_else(strict, mine, acting):
    with_config(strict, mine)
    strict.cctv("config adopt --reason 'I want it so'", exit=3)
    strict.cctv("config adopt --reason 'I want it so'", exit=13)
    strict.cctv("config adopt --reason 'I want it so' --for 'Els Maes'", exit=13)
    strict.cctv(APPROVE, exit=10)

    acting("second")
    assert "policy.two_person: export.unredacted -> -" in strict.cctv("board").out.replace("none", "-")
    strict.cctv("config adopt --reason 'agreed'")

    acting("first")
    strict.cctv(APPROVE)


def test_an_own_key_among_the_approvers_is_adopted_by_nobody_alone(strict, mine, tmp_path, acting):
    """The approvers who count are those of the policy in force, not of the file that somebody brings along."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    mine.write_text(mine.read_text() + f'approvers = {{ "Els Maes" = "{public}" }}\n')
    with_config(strict, mine).cctv("config adopt --reason 'a deputy'", exit=3)
    proposal = strict.cctv("board --json").json["proposals"][0]["id"]

    assert "names no approver" in strict.cctv(f"board letter {proposal}", exit=12).err


def test_a_proposal_of_one_file_agrees_to_no_other(strict, mine, acting):
    with_config(strict, mine).cctv("config adopt --reason 'less'", exit=3)
    mine.write_text(mine.read_text().replace('retention = "7d"', 'retention = "1d"'))

    acting("second")

    assert "Proposal" in strict.cctv("config adopt --reason 'less'", exit=3).out


def test_the_sites_own_file_once_edited_lets_nobody_act(strict):
    strict.config.write_text(strict.config.read_text().replace('["export.unredacted"]', "[]"))

    assert "policy.two_person" in strict.cctv(APPROVE, exit=10).err
    assert last_entry(strict)["act"] == "policy.refused"
    strict.cctv("config adopt --reason 'I want it so'", exit=3)


@ROOT_ONLY
@pytest.mark.parametrize("owner", ["the file", "the folder"])
def test_root_acts_by_no_file_of_another_account_where_it_stands(strict, owner, monkeypatch, tmp_path):
    told = tmp_path / "told"
    folder = tmp_path / "theirs"
    folder.mkdir()
    file = folder / "cameras.toml"
    file.write_text(f'{strict.config.read_text()}\n[alerts]\ncommand = ["/usr/bin/touch", "{told}"]\n')
    os.chown(file if owner == "the file" else folder, OTHER, -1)
    monkeypatch.chdir(folder)
    box = replace(strict.box(), config_path=None)

    for command in (["notify", "test"], ["notify", "run"], ["status"], ["config", "adopt", "--reason", "x"]):
        assert run(command, box) == 10

    assert not told.exists()


@ROOT_ONLY
def test_another_account_acts_by_no_file_of_a_third_where_it_stands(strict, tmp_path):
    """One clear line, by the real uid of a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="cctv-attack-"))
    try:
        folder.chmod(0o755)
        shutil.copy(strict.config, folder / "cameras.toml")
        (folder / "cameras.toml").chmod(0o644)
        os.chown(folder / "cameras.toml", OTHER, -1)
        box = replace(strict.box(), config_path=None)
        run(["config", "check"], strict.box())  # what it imports is read before the child gives up its rights
        said = tmp_path / "said"
        child = os.fork()
        if child == 0:
            sys.stderr = said.open("w")
            os.chdir(folder)
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            code = run(["config", "check"], box)
            sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        shutil.rmtree(folder)

    assert code == 10
    assert f"it belongs to another account (uid {OTHER})" in said.read_text()


@pytest.fixture
def backed_up(bare_site, tmp_path):
    """A site whose back-ups are encrypted to its own key; a folder, and a key of somebody else."""
    bare_site.cctv("footage init")
    own = bare_site.cctv(f"backup key {tmp_path}/own.key --json").json["public"]
    theirs = bare_site.cctv(f"backup key {tmp_path}/theirs.key --json").json["public"]
    (tmp_path / "medium").mkdir()
    text = bare_site.config.read_text()
    bare_site.config.write_text(f'{text}\n[backup]\nrecipients = ["{own}"]\nfolder = "{tmp_path}/medium"\n')
    bare_site.cctv("backup make")
    bare_site.adopts = False
    return bare_site, tmp_path / "medium", (own, theirs)


def test_a_back_up_goes_by_no_settings_of_back_ups_that_nobody_adopted(backed_up, tmp_path):
    site, medium, (own, theirs) = backed_up
    adopted, copies = site.config.read_text(), list(medium.iterdir())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for edited in (
        adopted.replace(own, theirs),
        adopted.replace(f'folder = "{medium}"', f'folder = "{elsewhere}"'),
        f'{adopted}longest = "1d"\n',
        adopted.replace("[policy]", '[policy]\nforget_requests = "1d"'),
    ):
        assert edited != adopted
        site.config.write_text(edited)
        for command in ("backup make --if-set", f"backup {medium}", "backup make --held"):
            site.clock.advance(days=3)
            assert "nobody adopted that" in site.cctv(command, exit=10).err
        entry = last_entry(site)
        assert (entry["act"], entry["facts"]["command"]) == ("policy.refused", "backup make")
    assert (list(medium.iterdir()), list(elsewhere.iterdir())) == (copies, [])

    site.config.write_text(adopted.replace(own, theirs))
    site.cctv("config adopt --reason 'a new key'")
    site.clock.advance(days=1)
    site.cctv("backup make")


def test_a_back_up_goes_on_while_another_rule_waits(backed_up):
    site, medium, _ = backed_up
    site.config.write_text(site.config.read_text().replace("[policy]", '[policy]\nleast_visible = "10%"'))
    site.clock.advance(days=1)

    site.cctv("backup make")
    site.cctv("hold list", exit=None)

    assert len(list(medium.iterdir())) == 2


def test_what_an_older_release_adopted_learns_the_settings_of_back_ups(backed_up):
    """It knew no rule of [backup]: the first act enters them, and no other key passes by that."""
    site, _, _ = backed_up
    rules = policy_rules(site._open("first").settings)
    older = [rule for rule in rules if not rule.key.startswith("backup.")]
    known = KnownPolicy("../cameras.toml", tuple(older), None, is_partial=False)

    assert not known.is_whole
    assert known.changed(rules) == ()
    edited = [replace(rule, value="1%", is_default=False) if "least" in rule.key else rule for rule in rules]
    assert [change.key for change in known.changed(edited)] == ["policy.least_visible"]
    assert KnownPolicy("../cameras.toml", rules, None, is_partial=False).is_whole
