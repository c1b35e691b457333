"""`cctv export` with all its commands: build, list and verify a package, and hand it over."""

from cctv.cli.export import export
from cctv.cli.handing import deliver, fetch

export.add_command(deliver)
export.add_command(fetch)

__all__ = ["export"]
