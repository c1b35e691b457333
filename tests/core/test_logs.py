"""The log: events with ids, codes, counts and durations; never a sentence, a name or a password."""

import ast
import io
import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

import cctv
from cctv.core.logs import _EVENT, FIELDS, REFUSED, SHOWN, LogFormat, configure, is_journal
from cctv.core.process import without_secrets

SOURCES = [path for path in sorted(Path(cctv.__file__).parent.rglob("*.py")) if "log." in path.read_text()]
METHODS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


@pytest.fixture
def stream():
    made = io.StringIO()
    yield made
    configure()


@pytest.fixture
def log():
    return logging.getLogger("cctv.test")


def test_an_event_is_one_json_object_with_what_it_is_about(stream, log):
    configure(logging.INFO, LogFormat.JSON, stream)

    log.info("segment.closed", extra={"camera": "foyer-1", "segment": "foyer-1/2026-11-01/x.mp4", "frames": 250})

    said = json.loads(stream.getvalue())
    assert list(said) == ["time", "level", "logger", "event", "camera", "segment", "case", "frames"]
    assert said["event"] == "segment.closed"
    assert (said["level"], said["logger"], said["case"]) == ("info", "cctv.test", None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["time"])


def test_an_event_is_one_line_for_people(stream, log):
    configure(logging.INFO, LogFormat.TEXT, stream)

    log.warning("camera.lost", extra={"camera": "foyer-1", "wait_seconds": timedelta(seconds=4)})

    assert stream.getvalue().partition(" ")[2] == "WARNING cctv.test camera.lost camera=foyer-1 wait_seconds=4.0\n"


def test_no_sentence_no_name_and_no_password_is_written(stream, log):
    configure(logging.INFO, LogFormat.JSON, stream)

    log.info("An Peeters asked", extra={"name_of": "An Peeters", "reason": "An Peeters asked", "case": "REQ-2026-001"})
    log.info("stream.opened", extra={"path": Path("/mnt/an/x.mp4"), "kind": "rtsp://u:p@host/"})

    assert "Peeters" not in stream.getvalue()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["reason"], first["case"]) == (REFUSED, REFUSED, "REQ-2026-001")
    assert (second["path"], second["kind"]) == (REFUSED, REFUSED)


def test_a_traceback_keeps_its_causes_and_loses_the_credentials(stream, log):
    configure(logging.INFO, LogFormat.JSON, stream)
    try:
        try:
            raise AttributeError("no camera at rtsp://admin:s3cret@10.0.0.1/one")
        except AttributeError as cause:
            raise RuntimeError("stopped") from cause
    except RuntimeError as error:
        log.critical("internal.error", exc_info=error)

    trace = json.loads(stream.getvalue())["traceback"]
    assert "AttributeError: no camera at rtsp://10.0.0.1/one" in trace
    assert "RuntimeError: stopped" in trace
    assert "s3cret" not in trace


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("rtsp://u:p@h/x", "rtsp://h/x"),
        ("rtsp://u:p@ss:w@h/x", "rtsp://h/x"),
        ("http://u@h", "http://h"),
        ("rtsp://h/x?user=admin&password=geheim&ch=1", "rtsp://h/x?user=&password=&ch=1"),
        ("rtsp://h/user=admin_password=ge_heim_channel=1.sdp?real", "rtsp://h/user=_password=_channel=1.sdp?real"),
        ("rtsp://h/user=admin&password=geheim&channel=1", "rtsp://h/user=&password=&channel=1"),
        ("mail to a@b.be about rtsp://h/x", "mail to a@b.be about rtsp://h/x"),
    ],
)
def test_credentials_of_an_address_are_taken_out(text, safe):
    assert without_secrets(text) == safe


def test_what_a_command_shows_itself_is_not_told_twice(stream, log):
    configure(logging.WARNING, LogFormat.TEXT, stream)
    log.warning("guard.stopped", extra={SHOWN: True})
    assert stream.getvalue() == ""

    configure(logging.DEBUG, LogFormat.TEXT, stream)
    log.warning("guard.stopped", extra={SHOWN: True})
    assert "guard.stopped" in stream.getvalue()


def test_other_libraries_are_heard_but_their_words_only_with_debug(stream):
    configure(logging.WARNING, LogFormat.TEXT, stream)
    logging.getLogger("library.transports").warning("posting %s", "<Password>geheim</Password>")
    assert "library.message source=test_logs:" in stream.getvalue()
    assert "geheim" not in stream.getvalue()


def test_the_journal_is_recognised_by_its_stream_and_not_by_the_variable_alone(tmp_path):
    with (tmp_path / "journal").open("w") as file:
        status = (tmp_path / "journal").stat()
        assert is_journal({"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}, file)
        assert not is_journal({"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino + 1}"}, file)
        assert not is_journal({}, file)
        assert not is_journal({"JOURNAL_STREAM": "8:1"}, io.StringIO())


def test_every_call_of_the_program_names_an_event_and_only_allowed_fields():
    wrong = [found for file in SOURCES for found in misused(file.read_text(), file.name)]

    assert wrong == []
    assert misused("log.info('segment closed')\nlog.info(f'{x}.y')\nlog.info('a.b', extra={'name': 1})", "x") == [
        "x:1: not an event", "x:2: not an event", "x:3: name",
    ]  # fmt: skip


def test_every_event_is_explained_in_the_documentation():
    page = (Path(cctv.__file__).parent.parent / "docs" / "logging.md").read_text()
    explained = set(re.findall(r"^\| `([a-z.-]+)` \|", page, re.MULTILINE))

    assert {event for file in SOURCES for event in events_in(file.read_text())} == explained


def events_in(source: str) -> set[str]:
    """The events that a module logs."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {
        str(argument.value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "log"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }


def misused(source: str, where: str) -> list[str]:
    """Calls of a module's `log` that say anything but an event, or have a field that is not allowed."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "log"):
            continue
        event = node.args[1 if node.func.attr == "log" else 0]
        if not (isinstance(event, ast.Constant) and re.fullmatch(_EVENT, str(event.value))):
            found.append(f"{where}:{node.lineno}: not an event")
        for keyword in node.keywords:
            if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
                keys = [key.value for key in keyword.value.keys if isinstance(key, ast.Constant)]
                found += [f"{where}:{node.lineno}: {key}" for key in keys if key not in FIELDS | {SHOWN}]
    return found
