"""The context of a command: settings and storage, opened when first used, the cameras and times it names, and output.

Imported with the first noun, so that help loads neither settings nor SQLAlchemy.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from cctv.cli.invocation import Invocation
from cctv.cli.output import console, print_json
from cctv.config.loader import LoadedSettings, load_settings
from cctv.config.schema import Settings
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.core.i18n import translate
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_span, parse_span
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage, open_site
from cctv.footage.runs import archived_cameras
from cctv.model.audit import Actor
from cctv.model.ids import CameraId, typed_name

F = TypeVar("F", bound=Callable[..., object])
STORAGE_UMASK = 0o027  # names of requesters and pictures of people: nobody outside the storage's group reads them


class CommandContext:
    """One run of one command; `invocation` has the options and the parts that a test replaces."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation

    @property
    def json(self) -> bool:
        return self.invocation.json

    @property
    def dry_run(self) -> bool:
        return self.invocation.dry_run

    @property
    def environ(self) -> Mapping[str, str]:
        return self.invocation.environ

    @property
    def clock(self) -> Clock:
        return self.invocation.clock

    @property
    def now(self) -> datetime:
        return self.invocation.now

    def make_disk(self) -> DurableFiles:
        """The file operations that a storage is opened with."""
        return (self.invocation.make_disk or DurableFiles)()

    @cached_property
    def checked(self) -> LoadedSettings:
        """The checked settings with their warnings; raises ConfigError."""
        return load_settings(self.invocation.config_path, environ=self.environ)

    @property
    def settings(self) -> Settings:
        return self.checked.settings

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return self.settings.site.timezone

    @cached_property
    def actor(self) -> Actor:
        return Actor(pwd.getpwuid(os.getuid()).pw_name, self.invocation.on_behalf_of)

    @cached_property
    def site(self) -> Storage:
        """The open storage; raises StorageMissing and the guards of `cctv.db.identity`."""
        os.umask(STORAGE_UMASK)
        return open_site(self.settings, disk=self.make_disk(), clock=self.clock, actor=self.actor)

    def cameras(self, text: str | None, zones: str | None = None) -> list[CameraId]:
        """The cameras that `--cameras a,b` or `--zones z` name; all configured ones when neither is given."""
        return select_cameras(self.settings, self._archived, text, zones)

    def _archived(self) -> list[CameraId]:
        with read_transaction(self.site.engine) as connection:
            return archived_cameras(connection)

    def span(self, start: str, end: str) -> Span:
        """The span between two times as people type them; both ends are echoed on stderr in local time and UTC."""
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


def select_cameras(
    settings: Settings, archived: Callable[[], Sequence[CameraId]], text: str | None, zones: str | None
) -> list[CameraId]:
    """The cameras named, in the order typed; all that are configured when neither names nor zones are given.

    A camera that only the index knows counts too; `archived` is called only for a name that cameras.toml lacks.
    Raises CameraUnknown, ZoneUnknown.
    """
    if not text and not zones:
        return list(settings.cameras)
    cameras = [CameraId(typed_name(name)) for name in _names(text)]
    for camera in cameras:
        if camera not in settings.cameras and camera not in archived():
            settings.camera(camera)
    for name in _names(zones):
        zone_id = settings.zone(name).id
        cameras += [camera for camera, section in settings.cameras.items() if section.zone == zone_id]
    return list(dict.fromkeys(cameras))


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def json_option(command: F) -> F:
    """`--json`: one object on stdout.  Here, because commands that take no text need no more options than this."""
    return click.option(
        "--json", is_flag=True, expose_value=False, is_eager=True, callback=_set_json, help="Print one JSON object."
    )(command)


def _set_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    context = ctx.find_object(CommandContext)
    if context is not None and value:
        context.invocation.json = True
