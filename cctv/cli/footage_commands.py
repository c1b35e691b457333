"""`cctv footage`: its commands, put together from their files."""

from __future__ import annotations

from cctv.cli.footage import footage
from cctv.cli.footage_anew import delete, rebuild
from cctv.cli.footage_repair import reconcile, verify
from cctv.cli.footage_view import extract, show

for command in (show, extract, reconcile, verify, rebuild, delete):
    footage.add_command(command)
footage.speaking = frozenset({"show", "extract"})

__all__ = ["footage"]
