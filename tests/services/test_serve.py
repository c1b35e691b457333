"""`cctv serve`: the same command, as whoever typed it, with what is theirs opened by them."""

from __future__ import annotations

import csv
import os
import pty
import pwd
import select
import signal
import stat
import subprocess
import time
from pathlib import Path

import click
import pytest
from serving import SERVICE

from cctv.cli.app import root
from cctv.services.serve.places import OWNER_COMMANDS, WAYS, Place, place_for, place_of, without_config
from cctv.services.serve.protocol import Garbled, allowed_environment
from cctv.services.serve.session import checked_request

pytestmark = pytest.mark.slow
OPEN = "incident open '{what}' --kind theft --cameras foyer-1 --from 'gisteren 22:00' --to 'gisteren 23:00' --another"
TERMINAL_SECONDS = 60.0


def leaves(command=root, words=()):
    """Every command that does something, with its words."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    for name in command.list_commands(click.Context(command)):
        yield from leaves(command.get_command(click.Context(command), name), (*words, name))


def test_a_command_is_in_the_log_under_the_name_of_the_account_that_typed_it(served):
    served.type("daemon", OPEN.format(what="laptop"))
    served.type("bin", OPEN.format(what="fiets"))

    acts = served.acts()

    assert ("daemon", "incident.opened") in acts
    assert ("bin", "incident.opened") in acts
    assert {account for account, _ in acts} == {SERVICE, "daemon", "bin"}


def test_a_command_answers_as_in_its_own_process(served):
    own = served.type(SERVICE, f"--config {served.config} hold list --json", env=served.variables(CCTV_SOCKET="/none"))

    through = served.type("daemon", "hold list --json")

    assert through.json == own.json


def test_exit_code_and_messages_of_a_refusal_are_those_of_the_command(served):
    refused = served.type("daemon", "hold show HOLD-2026-999 --json", exit=2)

    assert refused.json["error"]["code"] == "HoldUnknown"
    assert "error:" in refused.err


def test_a_file_that_a_command_writes_is_the_callers(served):
    served.type("daemon", OPEN.format(what="jas"))

    served.type("daemon", "register show incidents --format csv --output ./incidents.csv")

    file = served.home("daemon") / "incidents.csv"
    assert file.stat().st_uid == pwd.getpwnam("daemon").pw_uid
    assert stat.S_IMODE(file.stat().st_mode) & 0o007 == stat.S_IMODE(file.stat().st_mode) & 0o004
    assert "id" in next(csv.reader(file.read_text().splitlines()))
    again = served.type("daemon", "register show incidents --format csv --output ./incidents.csv", exit=2)
    assert "exists" in again.err
    assert [path.name for path in served.home("daemon").glob(".*")] == []


def test_a_file_that_a_command_reads_may_be_the_callers_alone(served):
    served.type("bin", "audit checkpoint --out kept.json")
    (served.home("bin") / "kept.json").chmod(0o600)

    proved = served.type("bin", "audit verify --checkpoint kept.json --json")

    assert proved.json["checkpoints"] >= 1
    missing = served.type("bin", "audit verify --checkpoint other.json", exit=2)
    assert "other.json" in missing.err


def test_a_letter_goes_into_a_folder_of_the_caller(served):
    folder = served.home("sys") / "out"
    served.type("sys", "letter preview no-footage --to out/x.txt", exit=2)
    folder.mkdir()
    os.chown(folder, pwd.getpwnam("sys").pw_uid, pwd.getpwnam("sys").pw_gid)

    served.type("sys", "letter preview no-footage --to out/x.txt")

    assert (folder / "x.txt").read_text()
    assert [path.name for path in folder.iterdir()] == ["x.txt"]


def test_a_certificate_arrives_as_a_whole_folder(served):
    span = "--from '2026-01-01 0:00' --to '2026-02-01 0:00'"

    served.type("bin", f"retention certificate {span} --out deleted")

    names = {path.name for path in (served.home("bin") / "deleted").iterdir()}
    assert {"certificate.json", "certificate.json.sig", "certificate.html"} <= names
    assert ("bin", "certificate.made") in served.acts()
    served.type("bin", "retention certificate --verify deleted/certificate.json")


def test_what_nobody_received_is_not_recorded(served):
    before = served.acts().count(("sys", "certificate.made"))
    span = "--from '2026-01-01 0:00' --to '2026-02-01 0:00'"

    served.type("sys", f"retention certificate {span} --out /proc/deleted", exit=None)

    assert served.acts().count(("sys", "certificate.made")) == before


def talk(served, account, command, answer):
    """Run a command on a terminal, answer its first question, and return its exit code and what was shown."""
    keyboard, terminal = pty.openpty()
    child = served.popen(account, command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    shown, deadline = b"", time.monotonic() + TERMINAL_SECONDS
    while b"[y/N]" not in shown and child.poll() is None and time.monotonic() < deadline:
        if select.select([keyboard], [], [], 1.0)[0]:
            shown += os.read(keyboard, 4096)
    answer(keyboard, child)
    while True:
        try:
            if not (data := os.read(keyboard, 4096)):
                break
        except OSError:  # the other end is closed
            break
        shown += data
    os.close(keyboard)
    return child.wait(), shown.decode()


QUESTION = "hold place --ground INC-2026-001 --cameras foyer-1 --from '2 jan 10:00' --to '2 jan 11:00' --reason x"


def test_a_question_is_asked_and_answered_at_the_callers_terminal(served):
    served.type("daemon", OPEN.format(what="bril"))

    code, shown = talk(served, "daemon", QUESTION, lambda keyboard, child: os.write(keyboard, b"n\n"))

    assert "[y/N]" in shown
    assert code == 2


def test_control_c_interrupts_the_command_in_the_service(served):
    served.type("daemon", OPEN.format(what="tas"))

    code, shown = talk(served, "daemon", QUESTION, lambda keyboard, child: child.send_signal(signal.SIGINT))

    assert (code, "interrupted" in shown) == (130, True)


def test_commands_at_once_are_each_done_once_and_as_whoever_typed_it(served):
    people = {"daemon": 4, "bin": 4, "sys": 4, "games": 4, "man": 4}
    before = served.acts()
    children = [
        served.popen(account, OPEN.format(what=f"{account} {number}"), stdout=subprocess.DEVNULL)
        for account, count in people.items()
        for number in range(count)
    ]

    assert [child.wait() for child in children] == [0] * len(children)

    after = served.type("daemon", "audit list --last 1000 --json").json["entries"]
    opened = [entry["actor"] for entry in after if entry["act"] == "incident.opened"]
    was = [account for account, act in before if act == "incident.opened"]
    assert {account: opened.count(account) - was.count(account) for account in people} == people
    served.type("daemon", "audit verify")


def test_anybody_else_gets_one_line_where_no_service_answers(served):
    refused = served.type(
        "daemon", f"--config {served.config} hold list", exit=None, env=served.variables(CCTV_SOCKET="/none")
    )

    assert refused.exit in (10, 12)  # cameras.toml is another account's, or the storage
    assert "Traceback" not in refused.err
    assert "next:" in refused.err


@pytest.mark.skipif(Path("/etc/cctv/cameras.toml").exists(), reason="there is a box here")
def test_a_command_of_the_box_says_whose_it_is(served):
    refused = served.type("daemon", "backup make", exit=12)

    assert "it is for root and for the account that owns the storage" in refused.err


def test_a_service_says_why_it_cannot_listen(served):
    for path, why in ((served.folder / "none" / "x.sock", "cannot listen"), (served.socket, "Another service answers")):
        command = f"--config {served.config} serve"
        refused = served.type(SERVICE, command, exit=None, env=served.variables(CCTV_SOCKET=str(path)))
        assert refused.exit in (11, 12)
        assert why in refused.err


def test_another_account_cannot_be_the_service(served):
    refused = served.type("daemon", f"--config {served.config} serve", exit=None)

    assert refused.exit in (10, 12)


def test_the_storage_is_its_owners_alone(served):
    modes = {
        path: stat.S_IMODE(path.lstat().st_mode)
        for path in (served.root, *served.root.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    }

    assert modes == {}


def test_every_path_of_a_command_has_its_way():
    """A path that no table names would be opened by the service for whoever types it."""
    taken = {
        (*words, parameter.name)
        for words, command in leaves()
        for parameter in command.params
        if isinstance(parameter.type, click.Path) and place_of(words) is Place.SERVICE
    }

    callers = {("retention", "certificate", "verify"), ("retention", "certificate", "key")}  # the caller's process
    assert taken - callers == set(WAYS)


def test_every_command_of_the_table_exists():
    known = {words[:length] for words, _ in leaves() for length in (1, 2)}

    assert set(OWNER_COMMANDS) <= known


@pytest.mark.parametrize(
    ("argv", "place"),
    [
        ("", Place.CALLER),
        ("--language nl", Place.CALLER),
        ("hold list --help", Place.CALLER),
        ("hold list", Place.SERVICE),
        ("--language nl hold list", Place.SERVICE),
        ("--config x.toml hold list", Place.SERVICE),
        ("record", Place.OWNER),
        ("--debug sweep --once", Place.OWNER),
        ("backup make", Place.OWNER),
        ("cameras list", Place.SERVICE),
        ("cameras still foyer-1", Place.OWNER),
        ("redaction file a b", Place.CALLER),
        ("export verify EXP-2026-001", Place.SERVICE),
        ("export verify ./EXP-2026-001", Place.CALLER),
        ("retention certificate --verify x", Place.CALLER),
        ("retention certificate --from a --to b", Place.SERVICE),
    ],
)
def test_where_a_command_runs(argv, place):
    assert place_for(argv.split(), lambda path: False) is place


def test_the_settings_file_is_taken_off_the_command_line():
    assert without_config(["--config", "a", "--language", "nl", "hold", "--config", "b"]) == (
        ["--language", "nl", "hold", "--config", "b"],
        "a",
    )
    assert without_config(["--config=a", "status"]) == (["status"], "a")


def test_a_command_sees_the_language_of_a_caller_and_never_where_its_things_are():
    environ = {"LANG": "nl_BE.UTF-8", "LC_TIME": "fr_BE", "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "90"}
    dropped = {"PATH": "/tmp", "PYTHONPATH": "/tmp", "CCTV_CONFIG": "/tmp/x", "HOME": "/tmp", "LD_PRELOAD": "x.so",
               "LC_PATH": "/tmp/x", "TERMINFO": "/tmp", "LC_ALL": "C" * 200}  # fmt: skip

    assert allowed_environment(environ | dropped) == environ


@pytest.mark.parametrize(
    "change",
    [
        {"argv": "hold list"},
        {"argv": ["hold", 1]},
        {"argv": ["a\0b"]},
        {"argv": ["x"] * 5000},
        {"environ": [1]},
        {"environ": {"LANG": 1}},
        {"umask": "0"},
        {"umask": True},
        {"umask": 0o1000},
        {"encodings": ["utf-8"]},
    ],
)
def test_a_request_of_another_shape_is_refused(change):
    whole = {"argv": ["status"], "environ": {}, "umask": 0o22, "encodings": [None, "utf-8", "rot13"]}
    assert checked_request(whole).encodings == ("utf-8", "utf-8", "utf-8")

    with pytest.raises(Garbled):
        checked_request({**whole, **change})
