"""The box: what every command is handed.  Opens settings and storage when they are first asked for, and prints results.

The clock, the disk and the environment are its fields, so that a test owns them.
"""

from __future__ import annotations

import logging
import os
import pwd
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from cctv.cli.camera_selection import select_cameras
from cctv.cli.output import console, print_json
from cctv.config.loader import LoadedSettings, load_settings
from cctv.config.schema import Settings
from cctv.config.settings_file import site_language
from cctv.core.clock import Clock, SystemClock
from cctv.core.durable import DurableFiles
from cctv.core.i18n import translate
from cctv.core.language import Language
from cctv.core.logs import LogFormat, configure, is_journal
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_span, parse_span
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage, open_site
from cctv.footage.runs import archived_cameras
from cctv.model.audit import Actor
from cctv.model.ids import CameraId

STORAGE_UMASK = 0o027  # names of requesters and pictures of people: nobody outside the storage's group reads them


def _system_clock() -> Clock:
    return SystemClock()


def _real_disk() -> DurableFiles:
    return DurableFiles()


@dataclass
class CommandContext:
    """One run of one command."""

    config_path: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=_system_clock)
    make_disk: Callable[[], DurableFiles] = _real_disk
    json: bool = False
    dry_run: bool = False
    on_behalf_of: str | None = None
    language: Language | None = None  # of help and messages, where it is not the site's
    debug: bool = False
    log_format: LogFormat | None = None
    is_service: bool = False  # whether the command stays until it is told to stop, and speaks to the journal

    @property
    def tongue(self) -> Language:
        """The language of help and messages.  Never raises: help is there without a cameras.toml too."""

        return self.language or site_language(self.config_path, self.environ)

    def start_log(self, *, service: bool = False) -> LogFormat:
        """Log as the options say; answers the format.  A service under systemd logs its steps as JSON."""
        self.is_service = service
        usual = LogFormat.JSON if service and is_journal(self.environ) else LogFormat.TEXT
        chosen = self.log_format or usual
        level = logging.INFO if service and chosen is LogFormat.JSON else logging.WARNING
        configure(logging.DEBUG if self.debug else level, chosen)
        return chosen

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @cached_property
    def checked(self) -> LoadedSettings:
        """The checked settings with their warnings; raises ConfigError."""

        return load_settings(self.config_path, environ=self.environ)

    @property
    def settings(self) -> Settings:
        return self.checked.settings

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return self.settings.site.timezone

    @cached_property
    def actor(self) -> Actor:
        return Actor(pwd.getpwuid(os.getuid()).pw_name, self.on_behalf_of)

    @cached_property
    def site(self) -> Storage:
        """The open storage; raises StorageMissing and the guards of `cctv.db.identity`."""

        os.umask(STORAGE_UMASK)
        return open_site(self.settings, disk=self.make_disk(), clock=self.clock, actor=self.actor)

    def cameras(self, text: str | None, zones: str | None = None) -> list[CameraId]:
        """The cameras that `--cameras a,b` or `--zones z` name; all of them when neither is given."""

        return select_cameras(self.settings, self._archived, text, zones)

    def _archived(self) -> list[CameraId]:
        with read_transaction(self.site.engine) as connection:
            return archived_cameras(connection)

    def span(self, start: str, end: str) -> Span:
        """The span between two times as people type them; both ends are echoed in local time and UTC."""

        first, last = parse_span(start, end, now=self.now, zone=self.zone)
        if not self.json:
            click.echo(translate(echo_span(first, last, self.zone)), err=True)
        return Span(first, last)

    def emit(self, data: Mapping[str, Any], text: Callable[[Console], None]) -> None:
        """Print a result: one JSON object with `--json`, else what `text` draws on a rich console."""

        if self.json:
            print_json(data)
        else:
            text(console(self.environ))
