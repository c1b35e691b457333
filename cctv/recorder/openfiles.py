"""Open files: what ffmpeg is still writing is brought to the disk, and looked at for a change in the stream.

Called every two seconds by a thread of its own, so that a slow disk holds nothing up.  Never writes, never closes.
"""

from __future__ import annotations

import os
from pathlib import Path

from cctv.kernel.durable import Disk
from cctv.recorder.fragments import fragments, read_header

FLUSH_PERIOD = 2.0  # seconds: what a power cut may cost of an open file


class OpenFiles:
    """The files of one run that are not taken in yet."""

    def __init__(self, directory: Path, prefix: str, disk: Disk) -> None:
        self._directory, self._prefix, self._disk = directory, prefix, disk
        self._flushed: dict[str, int] = {}  # size at the last flush
        self._read: dict[str, int] = {}  # how far each was looked through
        self._parameters: bytes | None = None

    def flush(self) -> bool:
        """Flush what has grown; True when the stream is another one than at the run's first key frame."""
        changed = False
        present = set()
        for entry in self._entries():
            present.add(entry.name)
            path = Path(entry.path)
            try:
                if entry.stat().st_size == self._flushed.get(entry.name):
                    continue
                if entry.name not in self._flushed:
                    self._disk.sync_directory(self._directory)
                self._flushed[entry.name] = entry.stat().st_size
                self._disk.sync_file(path)
                changed = self._look(path) or changed
            except FileNotFoundError:
                continue  # taken in meanwhile, flushed
        self._flushed = {name: size for name, size in self._flushed.items() if name in present}
        self._read = {name: offset for name, offset in self._read.items() if name in present}
        return changed

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._directory) as found:
                mine = [one for one in found if one.name.startswith(self._prefix) and one.name.endswith(".mp4")]
                return sorted(mine, key=lambda one: one.name)
        except FileNotFoundError:
            return []

    def _look(self, path: Path) -> bool:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            header = read_header(descriptor)
            if header is None:
                return False
            for one in fragments(descriptor, header, self._read.get(path.name, 0)):
                self._read[path.name] = one.offset + one.size
                if one.parameters is None:
                    continue
                if self._parameters is not None and one.parameters != self._parameters:
                    return True
                self._parameters = one.parameters
            return False
        finally:
            os.close(descriptor)
