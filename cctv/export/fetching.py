"""The line by which another desk fetches a package.  Pure, but for the name of this machine.

Never copies anything: whoever types the line needs an account here that may read exports/.
"""

from __future__ import annotations

import shlex
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FetchLines:
    """What to type at the other desk: copy, then check."""

    copy: str
    verify: str
    stock: str


def fetch_lines(account: str, host: str, path: Path, fingerprint: str) -> FetchLines:
    """The lines for a package at an absolute path; quoted for a shell, whatever the path holds.

    `scp` speaks SFTP (OpenSSH 9 and later): its path is taken as it is, by no shell on this side.
    """
    name = shlex.quote(path.name)
    return FetchLines(
        copy=f"scp -pr {shlex.quote(f'{account}@{host}:{path}')} .",
        verify=f"cctv export verify {name}",
        stock=f"cd {name} && ssh-keygen -Y verify -f allowed_signers -I cctv -n cctv-package -s manifest.json.sig"
        f" < manifest.json && sha256sum -c SHA256SUMS   # {fingerprint}",
    )


def host_name() -> str:
    """The name by which this machine is known in its network; `localhost` would be the other desk itself."""
    name = socket.getfqdn()
    return socket.gethostname() if name.startswith("localhost") else name
