"""`cctv request`: its commands, put together from their files."""

from __future__ import annotations

from cctv.cli.request import request
from cctv.cli.request_close import close
from cctv.cli.request_open import open_
from cctv.cli.request_scope import confirm, scope

for command in (open_, scope, confirm, close):
    request.add_command(command)

__all__ = ["request"]
