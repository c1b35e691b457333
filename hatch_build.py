"""Compile the gettext catalogs, `cctv/locale/*/LC_MESSAGES/cctv.po`, into the `.mo` files that the program reads.

A build hook of hatch: wheels and editable installs run it.  `./scripts/words` and the tests call `compile_catalogs`.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGS = "cctv/locale/*/LC_MESSAGES/cctv"
LOCK = "requirements.lock"


def compile_catalogs(root: Path, *, only_stale: bool = False) -> None:
    """Write the `.mo` beside each `.po`, in one step, as several test processes may; raises OSError.

    `only_stale` leaves alone those that are newer than their source.
    """
    for source in root.glob(f"{CATALOGS}.po"):
        compiled = source.with_suffix(".mo")
        if only_stale and compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name)
        catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # equal bytes each time
        with tempfile.NamedTemporaryFile(dir=source.parent, suffix=".tmp", delete=False) as target:
            write_mo(target, catalog)
        Path(target.name).chmod(0o644)
        Path(target.name).replace(compiled)


class CatalogsBuildHook(BuildHookInterface[Any]):
    """Puts the compiled catalogs, which git ignores, into the wheel, or beside the sources of an editable install; and
    the lock into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogs(Path(self.root))
        build_data["artifacts"].append(f"{CATALOGS}.mo")
        if version != "editable":  # `cctv doctor` compares what is installed with it; a checkout has it already
            build_data["force_include"][str(Path(self.root) / LOCK)] = f"cctv/{LOCK}"
