"""Accounts that want more than their roles give: typed by real accounts in real groups, where the machine is root's.

A command runs in this process as an account (`as_`), whose groups the program looks up in the machine's database;
one test runs it as the account's own process.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cctv.access.reading import AGAIN_AFTER
from cctv.access.roles import OneAccountOnly, require_sole_account
from cctv.audit.log import audit_entries, verify_log
from cctv.cli.context import CommandContext
from cctv.cli.rights import READS_LIST, READS_ONE
from cctv.db.engine import read_transaction
from cctv.model.access import Right, Role
from cctv.model.audit import Act, Actor
from cctv.services.record import _adopted as limits_to_record

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("useradd") is None, reason="accounts and groups are made by root"
)

ROLE_OF = {
    "olaf": "operator",
    "stan": "staff",
    "hanna": "handler",
    "dora": "decider",
    "dirk": "decider",
    "anna": "dpo",
    "auke": "auditor",
    "nina": None,
}
SPAN = '--cameras foyer-1 --from "2026-11-01 11:00" --to "2026-11-01 11:01"'
INCIDENT = f"incident open laptop --kind theft {SPAN}"
REQUEST = f'request open --name "An Peeters" --contact an@example.be --received 1/11 --channel email {SPAN}'
LOOK = 'footage show --case INC-2026-001 --camera foyer-1 --from "2026-11-01 11:00" --to "2026-11-01 11:01" --stills 1'
MAIN = "import sys; from cctv.cli.app import main; sys.exit(main())"
DATES = "--briefed 1/11 --confidentiality 1/11"


def _as_root(*command: str) -> None:
    """Run a tool of the account database, which one process at a time may write."""
    for _ in range(50):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 10 and "lock" not in done.stderr:  # 10: cannot update the group file
            assert done.returncode == 0, done.stderr
            return
        time.sleep(0.1)
    raise AssertionError(done.stderr)


class Venue:
    """A site with roles whose people have accounts; names as the machine has them are `venue["stan"]`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __getitem__(self, name: str) -> str:
        return f"{self.prefix}{name}"

    @property
    def section(self) -> str:
        lines = [f'{role.value} = ["{self[role.value]}"]' for role in Role]
        return "\n".join(["", "[roles]", *lines, ""])


@pytest.fixture(scope="module")
def venue() -> Iterator[Venue]:
    """Eight accounts and a group for each role, gone afterwards."""
    venue = Venue(f"t{os.getpid()}-")
    try:
        for role in Role:
            _as_root("groupadd", venue[role.value])
        for name, role in ROLE_OF.items():
            groups = ["-G", venue[role]] if role else []
            _as_root("useradd", "-M", "-N", "-g", "nogroup", *groups, venue[name])
        yield venue
    finally:
        for name in ROLE_OF:
            subprocess.run(["userdel", venue[name]], capture_output=True)
        for role in Role:
            subprocess.run(["groupdel", venue[role.value]], capture_output=True)


class Typing:
    """The command line as accounts of the venue type it."""

    def __init__(self, site, venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site, self.venue, self._patch = site, venue, monkeypatch

    def __call__(self, name: str, command: str, *, exit: int | None = 0):
        account = name if name == "root" else self.venue[name]
        actor = property(lambda context: Actor(account, context.invocation.on_behalf_of))
        with self._patch.context() as patch:
            patch.setattr(CommandContext, "actor", actor)
            return self.site.cctv(command, exit=exit)

    def entries(self, act: Act) -> list[tuple[str, str, str | None, dict]]:
        """Who, about what, for which case, and the facts, of every entry of an act."""
        with read_transaction(self.site.open().engine) as connection:
            entries = [entry for entry, _ in audit_entries(connection, act=act)]
        return [
            (entry.actor.account.removeprefix(self.venue.prefix), entry.subject.removeprefix(self.venue.prefix),
             entry.case_id, dict(entry.facts))
            for entry in entries
        ]  # fmt: skip


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """Where the first test leaves a copy of its storage for the others; it is not there before that."""
    return tmp_path_factory.mktemp("begun") / "storage"


@pytest.fixture
def as_(site, venue, begun, monkeypatch) -> Typing:
    """Accounts of the venue at a site with roles, a minute of footage, an open incident and an open request."""
    site.config.write_text(site.config.read_text() + venue.section)
    typing = Typing(site, venue, monkeypatch)
    if begun.exists():
        shutil.rmtree(site.root)
        shutil.copytree(begun, site.root, symlinks=True)
    else:
        site.record("foyer-1", "2026-11-01 11:00", minutes=1)
        typing("stan", INCIDENT)
        typing("stan", REQUEST)
        shutil.copytree(site.root, begun, symlinks=True)
    return typing


REFUSED = [
    ("nina", "status"),
    ("nina", "request list"),
    ("nina", "hold list"),
    ("olaf", "request list"),
    ("olaf", "incident show INC-2026-001"),
    ("olaf", "audit list"),
    ("olaf", 'footage delete --cameras foyer-1 --from "2026-11-01 11:00" --to "2026-11-01 11:01" --reason x'),
    ("olaf", "hold release HOLD-2026-001 --reason x"),
    ("olaf", LOOK),
    ("root", "request list"),
    ("root", "site close --out closing --reason x --dry-run"),
    ("stan", "request show REQ-2026-001"),
    ("stan", "request board"),
    ("stan", "redaction prepare REQ-2026-001"),
    ("stan", "request close REQ-2026-001 --outcome granted"),
    ("stan", "audit list"),
    ("hanna", "redaction approve REQ-2026-001 --all --reason looked"),
    ("hanna", "request answer REQ-2026-001 --outcome no-footage"),
    ("hanna", "disclosure approve DIS-2026-001 --reason x"),
    ("hanna", f"grant give nobody view {DATES} --reason x"),
    ("hanna", "retention adopt --reason x --dry-run"),
    ("dora", "redaction keep REQ-2026-001 1 --reason x"),
    ("dora", "backup make --dry-run"),
    ("anna", "redaction prepare REQ-2026-001"),
    ("anna", "request answer REQ-2026-001 --outcome no-footage"),
    ("anna", "incident settle INC-2026-001 --reason x --yes"),
    ("anna", "grant withdraw GRA-2026-001 --reason x"),
    ("auke", "request list"),
    ("auke", "incident list"),
    ("auke", "register review --kind audit --on 1/11 --by me --report x"),
    ("auke", LOOK),
]


@pytest.mark.parametrize("name", [*ROLE_OF, "root"])
def test_what_no_role_gives_is_refused_with_whom_to_ask_and_logged(as_, name):
    for command in (command for who, command in REFUSED if who == name):
        told = as_(name, command, exit=12).err

        assert "may not" in told
        assert as_.venue["dora"] in told or as_.venue["dirk"] in told
        entry = as_.entries(Act.RIGHT_REFUSED)[-1]
        assert (entry[0], entry[1]) == (name, name)
        assert command.startswith(str(entry[3]["command"]))
    assert len(as_.entries(Act.RIGHT_REFUSED)) == sum(who == name for who, _ in REFUSED)


def test_what_runs_without_an_open_storage_is_asked_for_too(as_):
    for name in ("nina", "stan", "dora"):
        told = as_(name, "footage rebuild --reason x", exit=12).err
        assert "Nothing was done.\n" in told  # there may be no log to write to

    as_("olaf", "footage upgrade")
    as_("root", "footage upgrade")


def test_what_the_roles_give_is_done(as_):
    as_("olaf", "status", exit=None)
    as_("olaf", "hold list")
    as_("stan", "incident show INC-2026-001")
    as_("hanna", "request show REQ-2026-001")
    as_("hanna", "request answer REQ-2026-001 --outcome no-footage --dry-run", exit=None)
    as_("dora", "request board")
    as_("anna", "request list")
    as_("auke", "register show grants")
    as_("auke", "audit verify")
    as_("root", "sweep --once --dry-run")
    for name in ROLE_OF:
        as_(name, "grant mine")

    assert as_.entries(Act.RIGHT_REFUSED) == []


@pytest.mark.parametrize("typed", ["REQ-2026-001", "req-2026-1", "REQ-2031-777"])
def test_a_refusal_is_logged_by_the_id_that_was_typed_whether_there_is_such_a_case_or_not(as_, typed):
    as_("stan", f"request show {typed}", exit=12)

    (entry,) = as_.entries(Act.RIGHT_REFUSED)
    assert entry[2] == ("REQ-2026-001" if "001" in typed or typed.startswith("req") else typed)


def test_a_refusal_for_a_closed_case_is_logged_too(as_):
    as_("dora", "request close REQ-2026-001 --outcome no-footage")

    as_("stan", "request correct REQ-2026-001 --name x --reason y", exit=12)

    assert as_.entries(Act.RIGHT_REFUSED)[-1][2] == "REQ-2026-001"


@pytest.mark.parametrize("typed", ["'An Peeters, Kerkstraat'", "'../../x'", "'REQ-2026-001 An Peeters'"])
def test_a_text_in_place_of_an_id_is_not_in_the_log(as_, typed):
    as_("stan", f"request show {typed}", exit=12)

    (entry,) = as_.entries(Act.RIGHT_REFUSED)
    assert entry[2] is None
    assert "Peeters" not in json.dumps(entry[3])


@pytest.mark.parametrize("case", ["INC-2031-009", "INC-2026-001"])
def test_a_look_for_no_case_and_for_a_settled_one_is_logged(as_, case):
    as_("dora", f"grant give {as_.venue['stan']} view {DATES} --reason desk")
    as_("stan", "incident settle INC-2026-001 --reason done --yes")

    as_("stan", LOOK.replace("INC-2026-001", case), exit=2)

    (entry,) = as_.entries(Act.USE_REFUSED)
    assert (entry[0], entry[1], entry[2]) == ("stan", case, case)


def test_a_package_for_an_unknown_or_closed_request_is_logged(as_):
    as_("dora", f"grant give {as_.venue['hanna']} export {DATES} --reason answers")
    as_("dora", "request close REQ-2026-001 --outcome no-footage")

    as_("hanna", "export build REQ-2031-009", exit=2)
    as_("hanna", "export deliver EXP-2031-009 --method zip --to .", exit=2)

    assert [entry[1] for entry in as_.entries(Act.EXPORT_REFUSED)] == ["REQ-2031-009", "EXP-2031-009"]


def test_who_leaves_a_group_loses_the_role_with_the_next_command(as_):
    as_("hanna", "request list")
    hanna, group = as_.venue["hanna"], as_.venue["handler"]
    try:
        _as_root("gpasswd", "-d", hanna, group)
        as_("hanna", "request list", exit=12)
    finally:
        _as_root("gpasswd", "-a", hanna, group)
    as_("hanna", "request list")


def test_a_role_opens_no_footage_and_a_grant_without_a_role_opens_none_either(as_):
    assert f"{as_.venue['dirk']} or {as_.venue['dora']} types cctv grant give" in as_("stan", LOOK, exit=12).err
    for name in ("stan", "olaf", "nina"):
        as_("dora", f"grant give {as_.venue[name]} view {DATES} --reason desk")

    as_("stan", LOOK)
    as_("olaf", LOOK, exit=12)
    as_("nina", LOOK, exit=12)
    assert [entry[0] for entry in as_.entries(Act.GRANT_MISSED)] == ["stan"]


def test_a_grant_ends_with_its_last_day(as_, clock):
    as_("dora", f"grant give {as_.venue['stan']} view {DATES} --until 2/11 --reason desk")
    clock.set("2026-11-02 23:59")
    as_("stan", LOOK)

    clock.set("2026-11-03 00:00")
    as_("stan", LOOK, exit=12)

    assert as_.entries(Act.GRANT_MISSED)[-1][0] == "stan"
    assert as_("dora", "grant list --json").json["grants"] == []
    assert [grant["until"] for grant in as_("dora", "grant list --all --json").json["grants"]] == ["2026-11-02"]


def test_nobody_grants_to_themselves_and_an_end_that_is_past_is_none(as_):
    dora = as_.venue["dora"]

    as_("dora", f"grant give {dora} view {DATES} --reason x", exit=2)
    as_("dora", f"grant deputy {dora} --role handler --until 3/11 --reason x", exit=2)
    as_("dora", f"grant exception {dora} REQ-2026-001 --reason x", exit=2)
    as_("dora", f"grant give {as_.venue['stan']} view {DATES} --until 31/10/2026 --reason x", exit=2)
    as_("dora", f"grant deputy {as_.venue['stan']} --role handler --until 31/10/2026 --reason x", exit=2)
    as_("dora", f"grant deputy {as_.venue['stan']} --role handler --until 3/2/2027 --reason x", exit=2)
    as_("dora", "grant deputy no-such-account --role handler --until 3/11 --reason x", exit=2)

    assert as_.entries(Act.GRANT_GIVEN) == as_.entries(Act.DEPUTY_NAMED) == []


def test_a_deputyship_is_a_role_until_its_last_day(as_, clock):
    stan = as_.venue["stan"]
    as_("stan", "request show REQ-2026-001", exit=12)
    as_("dora", f"grant deputy {stan} --role handler --until 3/11 --reason leave")

    clock.set("2026-11-03 23:59")
    as_("stan", "request show REQ-2026-001")
    assert "until 03/11/2026" in as_("stan", "grant mine").out

    clock.set("2026-11-04 00:00")
    as_("stan", "request show REQ-2026-001", exit=12)
    assert as_("dora", "grant list --json").json["deputies"] == []


def test_a_deputyship_that_is_withdrawn_gives_nothing_from_then_on(as_):
    as_("dora", f"grant deputy {as_.venue['stan']} --role handler --until 3/11 --reason leave")
    as_("stan", "request list")

    as_("dora", 'grant withdraw GRA-2026-001 --reason "back" --dry-run')
    as_("stan", "request list")
    as_("dora", 'grant withdraw GRA-2026-001 --reason "back"')
    as_("stan", "request list", exit=12)
    as_("dora", 'grant withdraw GRA-2026-001 --reason "again"', exit=2)


def test_a_deputy_of_a_decider_names_nobody_and_grants_nothing(as_):
    stan = as_.venue["stan"]
    as_("dora", f"grant deputy {stan} --role decider --until 3/11 --reason leave")

    as_("stan", "request close REQ-2026-001 --outcome no-footage")
    as_("stan", f"grant give {as_.venue['hanna']} view {DATES} --reason x", exit=12)
    as_("stan", f"grant deputy {stan} --role decider --until 31/12 --reason x", exit=12)
    as_("stan", f"grant deputy {as_.venue['nina']} --role decider --until 31/12 --reason x", exit=12)


@pytest.mark.parametrize(("name", "role"), [("olaf", "decider"), ("anna", "handler"), ("auke", "decider")])
def test_who_runs_or_watches_is_no_deputy_of_those_who_handle_or_decide(as_, name, role):
    as_("dora", f"grant deputy {as_.venue[name]} --role {role} --until 3/11 --reason x", exit=2)

    assert as_.entries(Act.DEPUTY_NAMED) == []


def test_the_officer_handles_a_case_by_recorded_exception_that_case_only_and_decides_nothing(as_, clock):
    as_("stan", REQUEST.replace("An Peeters", "Bo Peeters"))
    anna = as_.venue["anna"]
    statement = 'statement REQ-2026-001 --text "I was there"'
    as_("anna", f"request {statement}", exit=12)
    as_("dora", f'grant exception {anna} REQ-2026-001 --until 3/11 --reason "hanna is ill"')

    as_("anna", f"request {statement}")
    as_("anna", f"request {statement.replace('001', '002')}", exit=12)
    as_("anna", "request close REQ-2026-001 --outcome no-footage", exit=12)
    shown = as_("hanna", "request show REQ-2026-001 --json").json["exceptions"]
    assert [(given["account"], given["article"], given["reason"]) for given in shown] == [
        (anna, "38(6)", "hanna is ill")
    ]
    assert "Article 38(6)" in as_("dora", "register show grants").out
    assert as_.entries(Act.EXCEPTION_GIVEN)[0][:3] == ("dora", "anna", "REQ-2026-001")

    clock.set("2026-11-04 00:00")
    as_("anna", f"request {statement}", exit=12)


def test_an_exception_is_for_an_officer_and_an_open_case(as_):
    as_("dora", f"grant exception {as_.venue['stan']} REQ-2026-001 --reason x", exit=2)
    as_("dora", f"grant exception {as_.venue['anna']} REQ-2031-009 --reason x", exit=2)
    as_("dora", "request close REQ-2026-001 --outcome no-footage")
    as_("dora", f"grant exception {as_.venue['anna']} REQ-2026-001 --reason x", exit=2)

    assert as_.entries(Act.EXCEPTION_GIVEN) == []


def test_an_exception_is_not_spent_on_a_case_that_another_option_names(as_):
    as_("dora", f"grant exception {as_.venue['anna']} REQ-2026-001 --reason x")

    as_("anna", "request statement REQ-2031-009 --text REQ-2026-001", exit=12)
    as_("anna", "request statement x --text REQ-2026-001", exit=12)


def test_reading_is_logged_with_what_was_read_and_once_an_hour(as_, clock):
    as_("hanna", "request show req-2026-1")
    as_("hanna", "request list --all")
    as_("hanna", "request list")
    as_("dora", "audit list --about REQ-2026-001 --last 5")

    read = as_.entries(Act.READING_ASKED)
    assert [entry[:2] for entry in read] == [
        ("hanna", "REQ-2026-001"), ("hanna", "request list"), ("hanna", "request list"), ("dora", "audit list"),
    ]  # fmt: skip
    assert [entry[3].get("count") for entry in read] == [None, 1, 1, 4]
    assert read[1][3]["filter"] == ["closed_too=true"]
    assert read[3][3]["filter"] == ["about=REQ-2026-001", "last=5"]

    as_("hanna", "request show REQ-2026-001 --json")
    as_("hanna", "request list")
    assert as_.entries(Act.READING_ASKED) == read
    as_("anna", "request show REQ-2026-001")
    clock.advance(seconds=AGAIN_AFTER.total_seconds() + 1)
    as_("hanna", "request show REQ-2026-001")
    assert [entry[0] for entry in as_.entries(Act.READING_ASKED)[len(read) :]] == ["anna", "hanna"]


UNKNOWN = {"incident": "INC-2031-009", "request": "REQ-2031-009", "redaction": "REQ-2031-009",
           "disclosure": "DIS-2031-009", "breach": "BRE-2031-009"}  # fmt: skip


def test_every_command_that_shows_people_enters_that(as_):
    """Of one case before it is looked up, of a list before it is printed."""
    for command in sorted(READS_ONE):
        unknown = UNKNOWN[command.split()[0]]
        as_("hanna", f"{command} {unknown}", exit=2)
        assert as_.entries(Act.READING_ASKED)[-1][1:4:2] == (unknown, {"command": command, "filter": []})
    for command in sorted(READS_LIST):
        who = "dora" if command.startswith("audit") else "hanna"
        as_(who, f"{command} 1" if command == "retention explain" else command)
        entry = as_.entries(Act.READING_ASKED)[-1]
        assert (entry[0], entry[1]) == (who, command)
        assert "count" in entry[3]


def test_help_a_dry_run_and_the_state_of_the_machine_leave_no_entry(as_):
    before = as_.site.cctv("audit verify --json").json["entries"]

    as_("hanna", "request show --help")
    as_("olaf", "status", exit=None)
    as_("olaf", "footage coverage --from '2026-11-01 11:00' --to '2026-11-01 11:01'")
    as_("olaf", "cameras list")
    as_("hanna", "request answer REQ-2026-001 --outcome no-footage --dry-run", exit=None)

    assert as_.site.cctv("audit verify --json").json["entries"] == before


def test_a_box_of_one_person_logs_no_reading_and_asks_for_no_role(site):
    site.cctv(REQUEST)
    before = site.cctv("audit verify --json").json["entries"]

    site.cctv("request show REQ-2026-001")
    site.cctv("request list")
    site.cctv("audit list")
    assert "has no roles" in site.cctv("grant mine").out
    site.cctv("grant deputy root --role handler --until 3/11 --reason x", exit=2)

    assert site.cctv("audit verify --json").json["entries"] == before


def test_without_roles_the_service_acts_for_the_owner_and_root_alone(site, venue):
    nina = site.open(venue["nina"])

    with pytest.raises(OneAccountOnly):
        require_sole_account(nina, Right.READ_REQUESTS, about="req-2026-1", command="request show")
    require_sole_account(site.open("root"), Right.READ_REQUESTS)

    with read_transaction(nina.engine) as connection:
        (entry,) = [entry for entry, _ in audit_entries(connection, act=Act.RIGHT_REFUSED)]
    assert (entry.subject, entry.case_id) == (venue["nina"], "REQ-2026-001")


def test_what_one_may_and_whom_to_ask_is_told(as_):
    told = as_("nina", "grant mine").out
    assert "You have no role here" in told
    assert as_.venue["dirk"] in told

    own = as_("stan", "grant mine --json").json
    assert own["roles"] == [{"role": "staff", "by": "group", "name": as_.venue["staff"], "until": None}]
    assert "read requests and disclosures" in own["refused"]
    assert "a grant for view is missing" in as_("stan", "grant mine").out


def test_the_log_stays_whole_through_all_of_it(as_):
    as_("nina", "request list", exit=12)
    as_("dora", f"grant deputy {as_.venue['stan']} --role handler --until 3/11 --reason leave")
    as_("stan", "request list")

    with read_transaction(as_.site.open().engine) as connection:
        verify_log(connection)


def test_a_name_in_the_environment_is_nobody_s_role(as_, venue):
    """A process of nina's, in the group of the storage's files, says that it is dora."""
    nina = venue["nina"]
    launch = ["setpriv", f"--reuid={nina}", f"--regid={venue['staff']}", "--clear-groups"]
    reaches = subprocess.run([*launch, sys.executable, "-c", "import cctv.cli.app"], capture_output=True)
    if reaches.returncode != 0:
        pytest.skip("the account cannot read this checkout")
    with tempfile.TemporaryDirectory() as place:  # the folders of pytest are root's alone
        folder = Path(place)
        shutil.copytree(as_.site.root, folder / "storage")
        config = shutil.copy(as_.site.config, folder)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, group=venue["staff"])
            path.chmod(0o770 if path.is_dir() else 0o660)
        for path in (folder, config):
            Path(path).chmod(0o750)
        done = subprocess.run(
            [*launch, sys.executable, "-c", MAIN, "request", "list"],
            capture_output=True,
            text=True,
            cwd=folder,
            env={
                **dict.fromkeys(("USER", "LOGNAME", "SUDO_USER"), venue["dora"]),
                "CCTV_CONFIG": config,
                "HOME": "/",
            },
        )

    assert done.returncode == 12, done.stderr
    assert "Peeters" not in done.stdout + done.stderr


@pytest.mark.parametrize("change", ["removed", "widened"])
def test_an_edit_of_the_roles_gives_nobody_a_right_before_it_was_adopted(as_, change):
    """What goes on under a policy that nobody adopted, `config adopt` above all, is judged by the roles in force."""
    as_.site.adopts = False
    decider = f'decider = ["{as_.venue["decider"]}"]'
    wider = decider.replace("]", f', "{as_.venue["operator"]}"]')
    text, section = as_.site.config.read_text(), as_.venue.section
    assert section in text
    as_.site.config.write_text(text.replace(section, "" if change == "removed" else section.replace(decider, wider)))

    for name, command in (("olaf", "config adopt --reason mine"), ("olaf", "audit list"), ("root", "audit search")):
        assert "may not" in as_(name, command, exit=12).err
        assert as_.entries(Act.RIGHT_REFUSED)[-1][0] == name
    as_("auke", "audit list")
    assert as_.entries(Act.READING_ASKED)[-1][0] == "auke"
    as_("root", "status", exit=None)
    assert as_.venue["decider"] not in as_("olaf", "grant mine").out
    assert "  operator: by the group" in as_("olaf", "grant mine").out
    as_("dora", "config adopt --reason agreed", exit=3)
    as_("dirk", "config adopt --reason agreed")


def test_a_damaged_entry_of_the_policy_stops_neither_what_keeps_going_nor_what_tells(as_):
    """The rights of `status` and `sweep` are asked for without the log."""
    as_.site.adopts = False
    with sqlite3.connect(as_.site.root / "cctv.db") as database:
        database.executescript("DROP TRIGGER IF EXISTS audit_no_update; UPDATE audit SET entry = 'no json'")
    told = as_("olaf", "backup list", exit=None)

    assert "Traceback" not in told.err
    assert "may not" not in told.err
    warnings: list[str] = []
    opened = as_.site.open()
    assert limits_to_record(opened, warnings.append) is opened
    assert "the log does not say which limits were adopted" in warnings[0]
