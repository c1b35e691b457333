"""Adding a camera to cameras.toml by command: the text stays as its author wrote it, with one section more.

Decides the place of the section, and replaces the file atomically.  Never writes a file that the loader would refuse,
and never changes who may read it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tomlkit import key, string

from cctv.config.loader import LoadedSettings, check_text, declarations, read_text
from cctv.core.durable import DurableFiles, beside, remove_leftovers
from cctv.core.errors import CctvError, UsageError
from cctv.model.ids import CameraId


class CameraExists(UsageError):
    """There is a camera {camera} already ({path}, line {line}).

    next: give another name, or change that section; footage stays under the name that it was recorded by.
    """


class SettingsNotWritten(CctvError):
    """{path} cannot be changed: {reason}. It is as it was.

    next: run the command as the owner of the file and its folder, or add the lines that --dry-run shows by hand.
    """


@dataclass(frozen=True, slots=True)
class Edit:
    """The text of cameras.toml before and after a change, and the settings of the new one."""

    file: Path
    before: str
    after: str
    checked: LoadedSettings

    @property
    def difference(self) -> str:
        """What changes, as `diff -u` shows it."""
        old, new = self.before.splitlines(), self.after.splitlines()
        return "\n".join(difflib.unified_diff(old, new, str(self.file), f"{self.file} (new)", lineterm=""))


def add_camera(file: Path, name: str, keys: Mapping[str, str | None]) -> Edit:
    """The file with the camera added; raises CameraExists, or ConfigError as the loader does.  Writes nothing."""
    before = read_text(file)
    current = check_text(before, file).settings
    if CameraId(name) in current.cameras:
        raise CameraExists(camera=name, path=file, line=current.source.line(("cameras", name)))
    after = with_section(before, "cameras", name, keys)
    return Edit(file, before, after, check_text(after, file))


def with_section(text: str, kind: str, name: str, keys: Mapping[str, str | None]) -> str:
    """The text with `[kind.name]` after the last section of its kind; pure.

    Comments that stand right above the next header belong to that header and stay with it.
    """
    ending = "\r\n" if "\r\n" in text else "\n"
    section = [f"[{kind}.{key(name).as_string()}]"]
    section += [f"{name} = {string(value).as_string()}" for name, value in keys.items() if value is not None]
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    index = _end_of_last(lines, kind)
    blank_before, blank_after = ([""] if index else []), ([""] if index < len(lines) and lines[index].strip() else [])
    return ending.join([*lines[:index], *blank_before, *section, *blank_after, *lines[index:]]) + ending


def write_edit(edit: Edit, disk: DurableFiles) -> None:
    """Replace the old file, or the target of a link, by the new one, with the same owner, group and mode.

    Raises SettingsNotWritten; then nothing was changed.
    """
    file = edit.file.resolve()
    temporary = beside(file)
    try:
        _write_like(file, temporary, edit.after.encode())
        disk.sync_file(temporary)
        temporary.replace(file)
        remove_leftovers(file)
        disk.sync_directory(file.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise SettingsNotWritten(path=edit.file, reason=error.strerror or error) from error


def _end_of_last(lines: list[str], kind: str) -> int:
    """The index of the line before which a new section of the kind is inserted."""
    headers = [declared for declared in declarations("\n".join(lines)) if declared.is_table]
    of_kind = [number for number, header in enumerate(headers) if header.path[0] == kind]
    if not of_kind or of_kind[-1] + 1 == len(headers):
        return len(lines)
    index = headers[of_kind[-1] + 1].line - 1
    while index and lines[index - 1].lstrip().startswith("#"):
        index -= 1
    while index and not lines[index - 1].strip():
        index -= 1
    return index


def _write_like(file: Path, temporary: Path, data: bytes) -> None:
    """Write a file with the owner, group and mode of another, set before any data is in it."""
    status = file.stat()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as writer:
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, status.st_mode & 0o7777)
        writer.write(data)
