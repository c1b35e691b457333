"""Errors: one class, one message, one exit code.

The class's docstring is the message.  Its first paragraph is the sentence a person reads, with `{fields}` filled from
the keyword arguments; the text after `next:` is what to type or do.  Defines the exit codes (docs/exit-codes.md is
generated from here).  Never prints.
"""

from __future__ import annotations

import inspect
from enum import IntEnum
from functools import cache
from gettext import NullTranslations
from typing import ClassVar

from cctv.core.i18n import Message, format_message, translate_placeholders

_LONGEST_FIELD = 4000  # signs; what comes from outside may be millions, and no one reads a message of a page and more


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    PARTLY = 3
    CONFIG = 10
    LOCKED = 11
    NOT_PERMITTED = 12
    DECISION_MISSING = 13
    NO_FOOTAGE = 14
    UNREADABLE = 15
    STORAGE_FULL = 16
    OVERDUE = 17
    GUARD = 18
    CAMERA_DOWN = 19
    UNSOUND = 20
    INTERRUPTED = 130


EXIT_MEANINGS: dict[Exit, str] = {
    Exit.OK: "done",
    Exit.FAILURE: "failure",
    Exit.USAGE: "the command line is not understood",
    Exit.PARTLY: "partly done; the message says what is left",
    Exit.CONFIG: "cameras.toml or the credentials are wrong",
    Exit.LOCKED: "another process is doing this",
    Exit.NOT_PERMITTED: "not permitted",
    Exit.DECISION_MISSING: "a human decision is missing (hold, review, sign-off)",
    Exit.NO_FOOTAGE: "no footage",
    Exit.UNREADABLE: "bytes unreadable or not matching their hash",
    Exit.STORAGE_FULL: "storage full",
    Exit.OVERDUE: "footage is overdue for deletion",
    Exit.GUARD: "a guard stops deletion",
    Exit.CAMERA_DOWN: "a camera or the recorder is down",
    Exit.UNSOUND: "cctv doctor found something wrong",
    Exit.INTERRUPTED: "interrupted",
}


class CctvError(Exception):
    """Something went wrong."""

    exit_code: ClassVar[Exit] = Exit.FAILURE
    code: ClassVar[str] = "CctvError"  # stable name in JSON: the class's first name

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = cls.__name__

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        message, following = self.templates()
        self._shown = {name: _shortened(value) for name, value in fields.items()}
        self.message = format_message(message, self._shown)
        self.next_step: str | None = format_message(following, self._shown) or None
        super().__init__(self.message)

    @classmethod
    @cache
    def templates(cls) -> tuple[str, str]:
        """The message and the next step before their fields are filled; the latter may be empty."""
        message, _, following = inspect.cleandoc(cls.__doc__ or "").partition("next:")
        return " ".join(message.split()), " ".join(following.split())

    @property
    def phrase(self) -> Message:
        """The message as translatable text, for use inside another message."""
        return Message(self.message, lambda translations: self.translated(translations)[0])

    def translated(self, translations: NullTranslations) -> tuple[str, str | None]:
        """The message and the next step, translated; the latter is None where there is none."""
        message, following = (self._translated(template, translations) for template in self.templates())
        return message, following or None

    def _translated(self, template: str, translations: NullTranslations) -> str:
        if not template:
            return ""
        shown = format_message(translations.gettext(template), self._shown, translations)
        return translate_placeholders(shown, translations)


def _shortened(value: object) -> object:
    """A field as the message has it: a text that is too long for one without its end."""
    text = str(value) if isinstance(value, BaseException) else value
    if not isinstance(text, str) or len(text) <= _LONGEST_FIELD:
        return value
    short = f"{text[:_LONGEST_FIELD]}..."
    if isinstance(text, Message):
        return Message(short, lambda translations: f"{text.render(translations)[:_LONGEST_FIELD]}...")
    return short


class Recorded(CctvError):
    """What was typed is recorded, and waits for another person."""

    # A result rather than an error: the command line prints it without `error:`, and as `recorded` in JSON.
    exit_code = Exit.PARTLY


class UsageError(CctvError):
    """{problem}

    next: {following}
    """

    exit_code = Exit.USAGE


class ConfigError(CctvError):
    """{problem}

    next: {following}
    """

    exit_code = Exit.CONFIG


class GuardError(CctvError):
    """A guard stops deletion."""

    exit_code = Exit.GUARD


class FileUnreadable(CctvError):
    """{path} cannot be read: {problem}.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class ToolFailed(CctvError):
    """{tool} failed (status {status}): {detail}

    next: look at what {tool} says above; if it is not clear, `{tool} -version` tells which release is installed.
    """


class ToolMissing(CctvError):
    """{tool} is not installed.

    next: apt-get install {package}
    """
