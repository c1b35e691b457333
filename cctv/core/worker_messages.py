"""What a confined child tells its parent: JSON, one message a line, which is hostile until it is checked.

Pure.  Owns the form of messages and their limits.  Nothing here runs what it reads: no pickle, no class by name but of
those that the caller expects, and no template but with plain `{fields}`.
"""

from __future__ import annotations

import json
import logging
import re
import string
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any, TypeGuard

from cctv.core.errors import CctvError
from cctv.core.i18n import Message, Recipe, enum_label, made_again
from cctv.core.logs import FIELDS, SHOWN, traceback_of
from cctv.core.text import parse_json

LINE_BYTES = 64 << 20
"""The longest message: stills of a page, or the packets of a segment."""
_MOST_TEXT = 4000  # signs of a text in an error; of a traceback more
_MOST_TRACE = 30_000
_MOST_FIELDS, _MOST_DEPTH = 32, 6
_LARGEST = 2**53  # what JSON keeps whole
_NAME = re.compile(r"[A-Za-z_]\w{0,63}")
_STAGE = re.compile(r"[a-z-]{1,32}")
_LOGGER = re.compile(r"(cctv|libav)(\.\w+){0,8}")


class Nonsense(Exception):
    """A message that is none of those expected."""


class WorkerTrace(Exception):
    """The traceback of a child, as text, where the parent has an error raised from it."""


def encode(message: Mapping[str, object]) -> bytes:
    """A message as one line."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> tuple[str, Any]:
    """The kind of a message and its content; raises Nonsense."""
    try:
        message = parse_json(line)
    except ValueError as error:
        raise Nonsense from error
    if not isinstance(message, dict) or len(message) != 1:
        raise Nonsense
    ((kind, content),) = message.items()
    return kind, content


def progress_of(content: object) -> tuple[str, int, int]:
    """Stage, done, of how much; raises Nonsense."""
    match content:
        case [str(stage), done, of] if _STAGE.fullmatch(stage) and is_count(done) and is_count(of):
            return stage, done, of
    raise Nonsense


def is_count(value: object, most: int = _LARGEST) -> TypeGuard[int]:
    """Whether a value from a child is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def packed_error(error: CctvError) -> dict[str, object]:
    """An error of this program: its class, its fields, and its traceback for --debug."""
    fields = {name: packed(value) for name, value in error.fields.items()}
    return {"class": type(error).__name__, "fields": fields, "trace": _trace(error)}


def error_of(content: object, expected: Iterable[type[CctvError]]) -> CctvError:
    """The error, one of those expected, with its traceback as its cause; raises Nonsense."""
    match content:
        case {"class": str(name), "fields": dict(fields), "trace": str(trace), **others} if not others:
            kind = {one.__name__: one for one in expected}.get(name)
            if kind is None or len(fields) > _MOST_FIELDS:
                raise Nonsense
            values = {_name(name): unpacked(value) for name, value in fields.items()}
            try:
                error = kind(**values)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
                raise Nonsense from problem
            error.__cause__ = WorkerTrace(trace[-_MOST_TRACE:])
            return error
    raise Nonsense


def packed_fault(error: BaseException) -> dict[str, object]:
    """A fault of the program: its class's name, its text, its traceback."""
    return {"class": type(error).__name__, "text": str(error)[:_MOST_TEXT], "trace": _trace(error)}


def fault_of(content: object) -> tuple[str, str]:
    """Class and text on one line, and the traceback; raises Nonsense."""
    match content:
        case {"class": str(name), "text": str(text), "trace": str(trace), **others} if not others:
            return f"{name[:64]}: {text[:_MOST_TEXT]}", trace[-_MOST_TRACE:]
    raise Nonsense


def packed_record(record: logging.LogRecord) -> dict[str, object]:
    """A record of the log: its logger, level, event, the fields that may be logged, and a traceback."""
    values = {key: value for key, value in vars(record).items() if key in FIELDS}
    error = record.exc_info[1] if record.exc_info else None
    return {
        "logger": record.name,
        "level": record.levelno,
        "event": record.getMessage()[:_MOST_TEXT],
        "fields": {key: _plain(value) for key, value in values.items()},
        "shown": bool(getattr(record, SHOWN, False)),
        "trace": None if error is None else _trace(error),
    }


def record_of(content: object) -> logging.LogRecord:
    """The record, which the log's own rules judge further; raises Nonsense."""
    match content:
        case {"logger": str(logger), "level": int(level), "event": str(event), "fields": dict(fields), "shown": shown,
              "trace": trace} if _LOGGER.fullmatch(logger) and isinstance(shown, bool):  # fmt: skip
            if level not in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
                raise Nonsense
            if not FIELDS.issuperset(fields) or not all(_is_plain(value) for value in fields.values()):
                raise Nonsense
            facts = {"name": logger, "levelno": level, "levelname": logging.getLevelName(level)}
            record = logging.makeLogRecord({**fields, **facts, "msg": event[:_MOST_TEXT], SHOWN: shown})
            if isinstance(trace, str):
                record.exc_info = (WorkerTrace, WorkerTrace(trace[-_MOST_TRACE:]), None)
            return record
    raise Nonsense


def packed(value: object, depth: int = 0) -> object:
    """A field of an error as JSON: messages with what they were made of, anything else as it is printed."""
    if isinstance(value, Enum):
        value = enum_label(value)
    if isinstance(value, Message):
        made = value.recipe
        if made is None or depth >= _MOST_DEPTH:
            return str(value)[:_MOST_TEXT]
        values = {name: packed(one, depth + 1) for name, one in made.values.items()}
        return {"text": str(value), "template": made.template, "context": made.context, "values": values}
    return _plain(value)


def unpacked(value: object, depth: int = 0) -> object:
    """The field again; a message whose template is not plain is its English text.  Raises Nonsense."""
    if _is_plain(value):
        return value[:_MOST_TEXT] if isinstance(value, str) else value
    match value:
        case {"text": str(text), "template": str(template), "context": context, "values": dict(values)}:
            if depth >= _MOST_DEPTH or len(values) > _MOST_FIELDS or len(template) > _MOST_TEXT:
                raise Nonsense
            if isinstance(context, str):
                return made_again(Recipe(template, {}, context[:_MOST_TEXT]))
            fields = {_name(name): unpacked(one, depth + 1) for name, one in values.items()}
            return made_again(Recipe(template, fields)) if _is_template(template, fields) else text[:_MOST_TEXT]
    raise Nonsense


def _is_template(template: str, fields: Mapping[str, object]) -> bool:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        return False
    return all(name is None or (name in fields and not spec and not turned) for _, name, spec, turned in parts)


def _name(name: object) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Nonsense
    return name


def _plain(value: object) -> str | int | float | bool | None:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < _LARGEST else str(value)
    return str(value if isinstance(value, str | PurePath | BaseException) else f"{value}")[:_MOST_TEXT]


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | str) or (isinstance(value, int | float) and abs(value) < _LARGEST)


def _trace(error: BaseException) -> str:
    return traceback_of(error)[-_MOST_TRACE:]
