"""What the tests of casework share."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from cctv.cli import context as cli_context


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """From now on the account that is named types; at first, `first`."""

    def become(account: str) -> None:
        monkeypatch.setattr(cli_context, "pwd", SimpleNamespace(getpwuid=lambda uid: SimpleNamespace(pw_name=account)))

    become("first")
    return become
