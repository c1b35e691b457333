"""Every command that root types on the storage of another account leaves nothing of root there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from stories import STORIES
from telling import Teller

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")]

OWNER, GROUP = 12345, 23456


class RootTeller(Teller):
    """Types as root, and looks after each command at what root left."""

    def cctv(self, *commands: str, account: str = "staff") -> None:
        for command in commands:
            self._give()  # what the story itself put there, damaged or took away
            super().cctv(command, account=account)
            self.left_of_root += [f"{command}: {path}" for path in of_root(self.site.root)]

    def _give(self) -> None:
        self.site.root.mkdir(exist_ok=True)  # a new disk, mounted
        for path in [self.site.root, *self.site.root.rglob("*")]:
            os.chown(path, OWNER, GROUP, follow_symlinks=False)


def of_root(root: Path) -> list[str]:
    return [str(path) for path in [root, *root.rglob("*")] if path.lstat().st_uid != OWNER]


@pytest.mark.usefixtures("entered_by_all")
@pytest.mark.parametrize("story", list(STORIES))
def test_root_s_commands_leave_nothing_of_root(bare_site, clock, monkeypatch, story):
    bare_site.root.mkdir()
    teller = RootTeller(bare_site, clock, "json", monkeypatch)
    teller.left_of_root = []

    STORIES[story](teller)

    assert teller.left_of_root == []
