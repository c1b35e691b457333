"""Signs that nobody sees: refused at every option and argument, escaped wherever something is printed."""

from __future__ import annotations

import ast
import json
import os
import shlex
import stat
from importlib import import_module
from pathlib import Path

import click
import pytest
from sqlalchemy import text

from cctv.cli.app import COMMANDS
from cctv.cli.context import FREE_TEXT, guard_texts
from cctv.core.text import hidden_sign
from cctv.db.engine import write_transaction

OVERRIDE, SPACE, ESCAPE = "\u202e", "\u200b", "\x1b"
SPAN = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
CLI = Path(__file__).resolve().parents[2] / "cctv" / "cli"


def every_command():
    """Each command with what it is typed as."""

    def below(words, command):
        if isinstance(command, click.Group):
            for name, subcommand in command.commands.items():
                yield from below((*words, name), subcommand)
        else:
            yield " ".join(words), command

    for name, (place, _) in COMMANDS.items():
        module, _colon, attribute = place.partition(":")
        yield from below((name,), getattr(import_module(module), attribute))


def test_every_option_and_argument_that_takes_text_refuses_them():
    for typed, command in every_command():
        guard_texts(command)
        kinds = {parameter.name: getattr(parameter.type, "types", [parameter.type]) for parameter in command.params}
        loose = [name for name, types in kinds.items() if click.STRING in types]
        assert loose == [], typed
    assert any(parameter.type is FREE_TEXT for _, command in every_command() for parameter in command.params)


@pytest.mark.parametrize(
    ("command", "option", "sign"),
    [
        ("incident open {} --kind damage " + SPAN, "HAPPENED|TITLE|WHAT", OVERRIDE),
        ("incident open ruit --kind damage --for {} " + SPAN, "--for", OVERRIDE),
        ("incident open ruit --kind damage --place {} " + SPAN, "--place", SPACE),
        ("request open --no-prepare --name {} --contact an@example.org " + SPAN, "--name", OVERRIDE),
        ("request open --no-prepare --name An --contact {} " + SPAN, "--contact", SPACE),
        ("hold release {} --reason done", "ID", ESCAPE),
        ("hold release HOLD-2026-001 --reason {}", "--reason", ESCAPE),
        ("breach open lost --aware {}", "--aware", OVERRIDE),
        ("processor add {} --service hosting --country BE", "NAME", SPACE),
        ("grant give {} export --briefed 1/10 --confidentiality 1/10 --reason x", "ACCOUNT", OVERRIDE),
    ],
)
def test_typed_text_with_a_hidden_sign_is_refused_and_the_code_point_named(site, command, option, sign):
    told = " ".join(site.cctv(command.format(shlex.quote(f"An{sign}x")), exit=2).err.split())

    assert f"U+{ord(sign):04X}" in told
    assert "next: type the text again without it" in told
    assert any(name in told for name in option.split("|"))
    assert hidden_sign(told) is None
    assert site.cctv("incident list --all --json").json["incidents"] == []


def test_the_refusal_is_in_the_language_of_the_site(site):
    site.language = None
    assert "U+202E" in site.cctv(f"incident open 'a{OVERRIDE}b' --kind damage {SPAN}", exit=2).err


def test_cameras_toml_holds_none(site):
    written = site.config.read_text()
    site.config.write_text(written.replace("Cultuurcentrum De Grote Post vzw", f"Cultuur{SPACE}centrum"))
    assert "U+200B ZERO WIDTH SPACE" in site.cctv("config check", exit=10).err


@pytest.fixture
def tainted(site):
    """An incident, a processor and a request whose rows hold such signs, as an older version may have stored them."""
    site.cctv(f"incident open ruit --kind damage --place foyer {SPAN}")
    site.cctv("processor add Hoster --service hosting --country BE")
    site.cctv(f"request open --no-prepare --name An --contact an@example.org {SPAN}")
    with write_transaction(site.open().engine) as connection:
        bad = f"ruit{ESCAPE}[2J{OVERRIDE}stuk\r{SPACE}"
        for statement in (
            "update incidents set title = :bad, place = :bad",
            "update processors set name = :bad",
            "update parties set name = :bad",
        ):
            connection.execute(text(statement), {"bad": bad})
    return site


@pytest.mark.parametrize(
    "command",
    ["incident list", "incident show INC-2026-001", "processor list", "request list", "request show REQ-2026-001",
     "register show incidents", "register show processors", "register show requests", "audit list"],
)  # fmt: skip
def test_what_is_stored_already_is_printed_escaped(tainted, command):
    shown = tainted.cctv(command)
    assert hidden_sign(shown.out + shown.err, "\n") is None

    as_json = tainted.cctv(f"{command} --json").out
    assert hidden_sign(as_json, "\n") is None
    json.loads(as_json.splitlines()[-1])


def test_a_table_and_json_show_the_code_point(tainted):
    assert "ruit\\x1b[2J\\u202estuk\\x0d\\u200b" in tainted.cctv("incident show INC-2026-001").out
    assert tainted.cctv("incident show INC-2026-001 --json").json["incident"]["title"] == (
        f"ruit{ESCAPE}[2J{OVERRIDE}stuk\r{SPACE}"
    )


def test_a_file_name_is_printed_escaped(site):
    stray = site.root / "quarantine" / f"gevel{ESCAPE}[2J{OVERRIDE}.mp4"
    stray.write_bytes(b"x")
    shown = site.cctv("footage verify")
    assert hidden_sign(shown.out + shown.err, "\n") is None

    refused = site.cctv(f"export verify '{site.folder}/no{OVERRIDE}such'", exit=2)
    assert hidden_sign(refused.out + refused.err, "\n") is None
    assert hidden_sign(site.cctv(f"incident '{OVERRIDE}'", exit=2).err, "\n") is None


def test_commands_print_by_the_escaping_console_and_echo_only():
    for path in sorted(CLI.rglob("*.py")):
        if path.name in ("output.py", "app.py"):
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        direct = [
            ast.unparse(call.func)
            for call in calls
            if ast.unparse(call.func) in ("click.echo", "click.secho", "Console")
        ]
        assert direct == [], path


@pytest.fixture
def strict_umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_every_file_that_is_written_out_has_the_umask_or_less(site, strict_umask):
    site.cctv(f"incident open ruit --kind damage {SPAN}")
    out = site.folder / "out"
    out.mkdir()
    for command in (
        f"register show incidents --format csv --output {out}/incidents.csv",
        f"request board --calendar {out}/due.ics",
        f"audit checkpoint --out {out}/checkpoint.json",
        f"retention certificate --from '2026-10-01 0:00' --to '2026-11-01 0:00' --out {out}/certificate",
        f"letter preview no-footage --to {out}/letter.txt",
    ):
        site.cctv(command)

    assert {path.name for path in out.iterdir()} >= {
        "incidents.csv",
        "due.ics",
        "checkpoint.json",
        "certificate",
        "letter.txt",
    }
    loose = {str(path): stat.filemode(path.stat().st_mode) for path in out.rglob("*") if path.stat().st_mode & 0o077}
    assert loose == {}
    assert os.umask(0o077) == 0o077  # a stricter umask than the storage's stays


def test_what_is_in_the_storage_is_for_its_group_at_most(site):
    before = os.umask(0o022)
    try:
        site.cctv(f"incident open ruit --kind damage {SPAN}")
        held = site.root / "holds" / "HOLD-2026-001.json"
        assert held.stat().st_mode & 0o007 == 0
    finally:
        os.umask(before)
