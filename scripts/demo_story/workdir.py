"""Where the demo works: a folder of its own.  Never one that holds, or stands in, a storage with real footage.

Owns the marker that tells a demo's folder from any other.  Removes only what an earlier demo left in a marked folder.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

MARKER = "demo.json"
SITE_FILE = "site.json"


class WorkdirRefused(Exception):
    """The folder is not the demo's to use; the message says why and what to type."""


def prepare(chosen: Path | None) -> Path:
    """An empty marked folder: a new temporary one, or `chosen` when nothing but an earlier demo stands in it."""
    if chosen is None:
        workdir = Path(tempfile.mkdtemp(prefix="cctv-demo-"))
    else:
        workdir = chosen.resolve()
        _refuse_real_footage(workdir)
        _clear(workdir)
    (workdir / MARKER).write_text('{"schema": 1, "demo": true}\n')
    return workdir


def _refuse_real_footage(workdir: Path) -> None:
    for folder in (workdir, *workdir.parents):
        if (folder / SITE_FILE).exists():
            raise WorkdirRefused(f"{folder} is a storage with footage of a real site; choose an empty --workdir")
    if (workdir / "storage" / SITE_FILE).exists() and not _is_demo(workdir):
        raise WorkdirRefused(f"{workdir} holds a storage with footage of a real site; choose an empty --workdir")


def _clear(workdir: Path) -> None:
    workdir.mkdir(parents=True, exist_ok=True)
    if not any(workdir.iterdir()):
        return
    if not _is_demo(workdir):
        raise WorkdirRefused(f"{workdir} is not empty and no earlier demo made it; choose an empty --workdir")
    for path in workdir.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _is_demo(workdir: Path) -> bool:
    try:
        return json.loads((workdir / MARKER).read_text()).get("demo") is True
    except (OSError, ValueError):
        return False
