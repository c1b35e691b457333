"""A site with a recovery key, a medium beside it, and a disk that can be lost."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Rig:
    """A site whose back-ups go to `medium`; the private key stands in `key`, outside the storage."""

    site: object
    medium: Path
    key: Path

    def cctv(self, command, *, exit=0):
        return self.site.cctv(command, exit=exit)

    def back_up(self, *, exit=0):
        """Make a back-up and answer its file; the clock goes on, so that no two have one name."""
        backup = self.cctv(f"backup {self.medium} --json", exit=exit).json
        self.site.clock.advance(seconds=1)
        return Path(backup["path"])

    def lose(self, *names):
        """The disk loses files or folders; all of the storage when none is named."""
        for path in [self.site.root / name for name in names] or [self.site.root]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def lose_index(self):
        for path in self.site.root.glob("cctv.db*"):
            path.unlink()

    def restore(self, file, more="", *, exit=0):
        return self.cctv(f"restore {file} --key {self.key} --reason 'new disk' {more}", exit=exit)

    def confirm(self):
        return self.cctv("hold confirm --for 'A. Peeters' --reason 'compared with the register'")

    def hold(self, start, end, camera="gevel-1"):
        """Keep footage of a camera; answers the id of the hold."""
        command = f"incident open ruit --another --kind damage --cameras {camera} --from '{start}' --to '{end}' --json"
        return self.cctv(command).json["hold"]["id"]

    def days_pass(self, days):
        self.site.clock.advance(days=days)


@pytest.fixture
def rig(site, tmp_path) -> Rig:
    medium, key = tmp_path / "medium", tmp_path / "recovery.key"
    medium.mkdir()
    public = site.cctv(f"backup key {key} --json").json["public"]
    site.config.write_text(site.config.read_text() + f'\n[backup]\nrecipients = ["{public}"]\n')
    return Rig(site, medium, key)
