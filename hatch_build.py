"""What a build of the program adds to its sources: compiled gettext catalogs, the weights of the detector of people.

A build hook of hatch: wheels and editable installs run it.  `./scripts/words` and the tests call `compile_catalogs`,
which makes of `cctv/locale/*/LC_MESSAGES/cctv.po` the `.mo` files that the program reads.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGS = "cctv/locale/*/LC_MESSAGES/cctv"
LOCK = "requirements.lock"
PEOPLE = "cctv/redaction/people"


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


def require_weights(root: Path) -> str:
    """The path below `root` of the detector's weights, which `./scripts/weights` fetched; raises RuntimeError.

    A wheel without them would find nobody, and refuse every redaction, on a machine that has no network.
    """
    pinned = json.loads((root / PEOPLE / "weights.json").read_text(encoding="utf-8"))
    path = f"{PEOPLE}/weights/{pinned['file']}"
    try:
        found = hashlib.sha256((root / path).read_bytes()).hexdigest()
    except OSError as error:
        raise RuntimeError(f"{path}: {error.strerror}; next: ./scripts/weights") from error
    if found != pinned["sha256"]:
        raise RuntimeError(f"{path} has the SHA-256 {found}, not the pinned one; next: ./scripts/weights")
    return path


class BuildHook(BuildHookInterface[Any]):
    """Puts the compiled catalogs, which git ignores, into the wheel, or beside the sources of an editable install; and
    the weights, ignored too, and the lock into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogs(Path(self.root))
        build_data["artifacts"].append(f"{CATALOGS}.mo")
        if version != "editable":  # a checkout has both; `cctv doctor` compares what is installed with the lock
            build_data["artifacts"].append(require_weights(Path(self.root)))
            build_data["force_include"][str(Path(self.root) / LOCK)] = f"cctv/{LOCK}"
