"""One run of the program: its standard streams, the options before the noun, the environment, and the parts that a test
replaces.

Help needs no more than this, so it imports neither settings nor storage: `cctv.cli.context` adds those.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cctv.config.settings_file import site_language
from cctv.core.clock import Clock, SystemClock
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import Language
from cctv.core.logs import LogFormat, configure, is_journal

if TYPE_CHECKING:
    from cctv.core.durable import DurableFiles


ESCAPED = "backslashreplace"


class LocaleUnfit(CctvError):
    """The locale of this shell ({encoding}) has no {sign}, and a file of that name cannot be opened in it.

    next: repeat the command with LC_ALL=C.UTF-8 before it.
    """

    exit_code = Exit.USAGE


class OutputUnwritable(CctvError):
    """The answer could not be written to its end ({problem}); what the command does is done all the same.

    next: make room where the answer goes, and look with a command that changes nothing, such as cctv audit list
    """

    exit_code = Exit.FAILURE


class _CheckedOutput(io.RawIOBase):
    """A descriptor whose failing writes are an error of the answer, and not of the storage.  It fails once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._has_failed = descriptor, False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - a buffer, which has no type before Python 3.12
        if self._has_failed:
            return len(data)
        try:
            return os.write(self._descriptor, data)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._has_failed = True
            raise OutputUnwritable(problem=error.strerror) from error


def prepare_streams() -> None:
    """Make stdin, stdout and stderr usable, and tell a stdout that fails apart from a disk that does.

    A descriptor that was closed would be that of the next file opened: a database, to which a child then prints.  What
    the encoding of the locale has no sign for is printed escaped (`\\u00e9`), and a byte typed that is no text of it is
    kept as PEP 383 does, so that it is refused as a sign that does not show.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the whole process
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    encoding = sys.stdout.encoding if sys.stdout else "utf-8"
    output = io.BufferedWriter(_CheckedOutput(1))
    sys.stdout = io.TextIOWrapper(output, encoding=encoding, errors=ESCAPED, line_buffering=output.isatty())
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors=ESCAPED)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who typed a command that runs in the service, as the kernel knows them; and where the service's own log is."""

    account: str
    log: TextIO


@dataclass
class Invocation:
    """Options before the noun, those that every command shares, the environment, the clock and the file operations."""

    config_path: Path | None = None  # None: the usual places
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    make_disk: Callable[[], DurableFiles] | None = None  # None: the real one; tests inject faults
    json: bool = False
    dry_run: bool = False
    on_behalf_of: str | None = None
    code: str | None = field(default=None, repr=False)  # of the second factor, as `--code` gave it
    language: Language | None = None  # of help and messages, where it is not the site's
    debug: bool = False
    log_format: LogFormat | None = None
    caller: Caller | None = None  # None: whoever runs this process
    owns_process: bool = False  # whether the process is of this one command, so that it may confine itself
    is_service: bool = False  # whether the command runs until it is stopped, and logs to the journal

    @property
    def invocation(self) -> Invocation:
        """Itself, so that click's object has it before the noun (this) and after it (CommandContext) alike."""
        return self

    @property
    def output_language(self) -> Language:
        """The language of help and messages.  Never raises: help works without a cameras.toml too."""
        return self.language or site_language(self.config_path, self.environ)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def start_log(self, *, service: bool = False) -> LogFormat:
        """Configure logging by the options and return the format.  A service under systemd logs its steps as JSON."""
        self.is_service = service
        usual = LogFormat.JSON if service and is_journal(self.environ) else LogFormat.TEXT
        log_format = self.log_format or usual
        level = logging.INFO if service and log_format is LogFormat.JSON else logging.WARNING
        configure(logging.DEBUG if self.debug else level, log_format)
        return log_format
