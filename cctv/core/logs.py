"""Logging: one line, or one JSON object, for each event of the program; docs/logging.md describes both.

Responsible for the convention, the formats and which fields may be logged.  A module that logs has

    log = logging.getLogger(__name__)
    log.info("segment.closed", extra={"camera": camera, "segment": path, "frames": 250})

The message is the event: a constant name, `noun.past-participle`, without arguments.  Its fields are in
`extra`, whose keys are those of FIELDS: ids, codes, counts, durations, paths inside the storage.  No other key is
written, and no value that could be a sentence: names of people, reasons and addresses never reach the log.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path, PurePath
from typing import TextIO, TypeAlias

from cctv.core.text import printable, printable_json, without_secrets

IDS = frozenset({"camera", "segment", "case", "hold", "package", "part", "run"})
CODES = frozenset(
    {"action", "cause", "error", "exit", "guard", "kind", "method", "phase", "reason", "stage", "transport",
     "uid", "head"}
)  # fmt: skip
COUNTS = frozenset(
    {"added", "adopted", "bytes", "cameras", "cases", "changed", "copied", "count", "deleted", "entries",
     "failures", "files", "finished", "frame", "frames", "free_bytes", "holds", "kept", "lost", "missing", "packages",
     "quarantined", "removed", "segments", "settings"}
)  # fmt: skip
DURATIONS = frozenset({"overdue_seconds", "seconds", "step_seconds", "wait_seconds"})
PATHS = frozenset({"path", "folder"})
FIELDS = IDS | CODES | COUNTS | DURATIONS | PATHS
ALWAYS = ("camera", "segment", "case")  # keys of every JSON object, null where they do not apply
SHOWN = "shown"  # in `extra`: the command shows this to the person itself, as text

REFUSED = "(refused)"  # instead of a value that may not be logged
_OURS = "cctv"
_LIBRARY_EVENT = "library.message"
_EVENT = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")
_CODE = re.compile(r"[\w.:+/-]{1,200}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

Json: TypeAlias = str | int | float | bool | None


class LogFormat(Enum):
    """How the log looks."""

    JSON = "json"
    TEXT = "text"


def configure(level: int = logging.WARNING, format: LogFormat = LogFormat.TEXT, stream: TextIO | None = None) -> None:
    """Send records from `level` on to a stream; replaces an earlier configuration.

    `stream` None is the process's stderr, whichever that is when something is logged.  In text, without DEBUG, an event
    that its command shows to the person itself (`SHOWN`) is left out.  Other libraries log from WARNING on.
    """
    top = logging.getLogger()
    for handler in [existing for existing in top.handlers if isinstance(existing, _StreamHandler)]:
        top.removeHandler(handler)
    debug = level <= logging.DEBUG
    handler = _StreamHandler(stream)
    handler.setFormatter(_JsonFormatter(debug=debug) if format is LogFormat.JSON else _TextFormatter(debug=debug))
    if format is LogFormat.TEXT and not debug:
        handler.addFilter(lambda record: not getattr(record, SHOWN, False))
    top.addHandler(handler)
    logging.getLogger(_OURS).setLevel(level)


def is_journal(environ: Mapping[str, str], stream: TextIO | None = None) -> bool:
    """Whether the stream (None: stderr) is a connection to the systemd journal, as JOURNAL_STREAM says.

    The variable alone is not enough: a child whose stderr was redirected inherits it.
    """
    device, _, inode = environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        status = os.fstat((stream or sys.stderr).fileno())
    except (OSError, ValueError):  # no file, or a closed one
        return False
    return (device, inode) == (str(status.st_dev), str(status.st_ino))


def fields(record: logging.LogRecord) -> dict[str, Json]:
    """The fields of a record: the allowed keys of its `extra`, each with a value that may be logged."""
    values = {key: value for key, value in vars(record).items() if key not in _STANDARD and key in FIELDS}
    return {key: _value(key, value) for key, value in values.items() if value is not None}


def event_of(record: logging.LogRecord) -> str:
    """The name of a record's event; REFUSED for a message that is not a name."""
    if not record.name.startswith(_OURS):
        return _LIBRARY_EVENT
    return record.msg if isinstance(record.msg, str) and _EVENT.fullmatch(record.msg) else REFUSED


def traceback_of(error: BaseException) -> str:
    """A traceback with every cause, without credentials of addresses."""
    return without_secrets("".join(traceback.format_exception(error))).rstrip("\n")


def _value(key: str, value: object) -> Json:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float):
        return value
    text = str(value) if isinstance(value, str | PurePath) else ""
    if key in PATHS | {"segment"} and Path(text).is_absolute():
        return REFUSED
    return printable(text) if _CODE.fullmatch(text) else REFUSED


class _StreamHandler(logging.Handler):
    """Writes to the stream, or to what `sys.stderr` is at that moment."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            stream = self._stream or sys.stderr
            stream.write(self.format(record) + "\n")
            stream.flush()
        except (OSError, ValueError):  # the reader closed the stream
            self.handleError(record)


class _Formatter(logging.Formatter):
    """What both formats share."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def head(self, record: logging.LogRecord) -> dict[str, Json]:
        """All keys of a record but its traceback, in the order in which they are written."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head: dict[str, Json] = {
            "time": at, "level": record.levelname.lower(), "logger": record.name, "event": event_of(record)
        }  # fmt: skip
        if head["event"] in (_LIBRARY_EVENT, REFUSED):
            head["source"] = f"{record.module}:{record.lineno}"
            if self._debug:  # free text of libraries: at DEBUG only
                head["detail"] = without_secrets(record.getMessage())
        return head | fields(record)

    def traceback(self, record: logging.LogRecord) -> str | None:
        """The traceback of a record that has one."""
        error = record.exc_info[1] if record.exc_info else None
        return traceback_of(error) if error is not None else None


class _JsonFormatter(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        head = self.head(record)
        payload = {**dict.fromkeys((*list(head)[:4], *ALWAYS)), **head}
        if (trace := self.traceback(record)) is not None:
            payload["traceback"] = trace
        return printable_json(json.dumps(payload, ensure_ascii=False))


class _TextFormatter(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        payload = self.head(record)
        head = (
            str(payload.pop("time")),
            str(payload.pop("level")).upper(),
            str(payload.pop("logger")),
            str(payload.pop("event")),
        )
        line = " ".join((*head, *(f"{key}={value}" for key, value in payload.items())))
        trace = self.traceback(record)
        return printable(line, "") if trace is None else f"{printable(line, '')}\n{printable(trace)}"
