"""Accounts and groups for the story: made under a prefix that nobody has, and removed by exactly their names.

Never removes a name that it did not make, nor a file: the accounts have no home.
"""

from __future__ import annotations

import grp
import pwd
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SERVICE, _SERVICE_GROUP = "service", "serving"
# The venue of four of docs/roles.md, with an auditor, a second decider and somebody without a role.
ROLE_OF = {
    "olaf": "operator",
    "stan": "staff",
    "hanna": "handler",
    "dora": "decider",
    "dirk": "decider",
    "anna": "dpo",
    "auke": "auditor",
    "nina": None,
}
_ROLES = tuple(dict.fromkeys(role for role in ROLE_OF.values() if role))
_NOBODYS_GROUP = "nogroup"
_LOCKED = 10  # of groupadd(8) and useradd(8): somebody else writes the account database at this moment
_TRIES, _PAUSE_SECONDS = 300, 0.1  # a command that was begun may still end


class AccountsRefused(Exception):
    """An account could not be made; the message is that of the tool."""


class People:
    """The accounts; `people["stan"]` is the name that this machine knows."""

    def __init__(self) -> None:
        taken = [entry.pw_name for entry in pwd.getpwall()] + [entry.gr_name for entry in grp.getgrall()]
        self._prefix = f"cctv-{secrets.token_hex(2)}-"
        while any(name.startswith(self._prefix) for name in taken):
            self._prefix = f"cctv-{secrets.token_hex(2)}-"
        self._accounts: list[str] = []
        self._groups: list[str] = []

    def __getitem__(self, name: str) -> str:
        """root is root."""
        return name if name == "root" else f"{self._prefix}{name}"

    def plain(self, account: str) -> str:
        """The name in the story of an account."""
        return account.removeprefix(self._prefix)

    @property
    def made(self) -> tuple[str, ...]:
        return tuple(self._accounts)

    @property
    def roles(self) -> str:
        """The section of cameras.toml that gives each group its role."""
        return "\n".join(["[roles]", *(f'{role} = ["{self[role]}"]' for role in _ROLES), ""])

    def make(self) -> None:
        """Raises AccountsRefused; what was made until then is `remove`d as the rest."""
        for role in (*_ROLES, _SERVICE_GROUP):
            self._run("groupadd", self[role])
            self._groups.append(self[role])
        for name, role in {SERVICE: None, **ROLE_OF}.items():
            group = self[_SERVICE_GROUP] if name == SERVICE else _NOBODYS_GROUP
            member = ("-G", self[role]) if role else ()
            self._run(
                "useradd", "-M", "-N", "-d", "/nonexistent", "-s", "/usr/sbin/nologin", "-g", group, *member, self[name]
            )
            self._accounts.append(self[name])

    def remove(self) -> list[str]:
        """Remove what `make` made; returns what could not be removed, for a person to do."""
        left = []
        for tool, names in (("userdel", self._accounts), ("groupdel", self._groups)):
            for name in reversed(names):
                try:
                    self._run(tool, name)
                except AccountsRefused as refused:
                    left.append(f"{tool} {name}    ({refused})")
        self._accounts, self._groups = [], []
        return left

    @staticmethod
    def _run(*command: str) -> None:
        for _ in range(_TRIES):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            is_passing = "lock" in done.stderr or "used by process" in done.stderr
            if done.returncode != _LOCKED and not is_passing:
                break
            time.sleep(_PAUSE_SECONDS)
        raise AccountsRefused(done.stderr.strip() or f"{' '.join(command)} ended with {done.returncode}")


@contextmanager
def accounts() -> Iterator[People]:
    """The accounts as long as the story lasts; whatever ends it, they go."""
    people = People()
    try:
        people.make()
        print(f"    accounts of this story: {', '.join(people.made)}", file=sys.stderr)
        yield people
    finally:
        for line in people.remove():
            print(f"not removed, type:  {line}", file=sys.stderr)
