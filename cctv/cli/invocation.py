"""One run of the program: the options before the noun, the environment, and the parts that a test replaces.

Help needs no more than this, so it imports neither settings nor storage: `cctv.cli.context` adds those.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cctv.config.settings_file import site_language
from cctv.core.clock import Clock, SystemClock
from cctv.core.i18n import Language
from cctv.core.logs import LogFormat, configure, is_journal

if TYPE_CHECKING:
    from cctv.core.durable import DurableFiles


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
    language: Language | None = None  # of help and messages, where it is not the site's
    debug: bool = False
    log_format: LogFormat | None = None
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
