"""Checkpoints that are kept where the account of the services cannot rewrite them: a folder of root's.

`cctv audit keep`, which a timer runs as root, appends the storage's latest checkpoint to `SITE.jsonl` there, and `cctv
audit verify` compares the log with all of them.  Reads one small file of the storage, through no link; no database.
"""

from __future__ import annotations

from pathlib import Path

from cctv.audit.checkpoint_files import FOLDER, LATEST, Checkpoint, latest, read_checkpoints
from cctv.core.durable import DurableFiles
from cctv.core.errors import FileUnreadable
from cctv.core.i18n import N_

KEPT = Path("/var/lib/cctv-checkpoints")
_MOST_BYTES = 20_000  # a checkpoint has under a thousand


def kept_file(site: str, folder: Path = KEPT) -> Path:
    """Where the checkpoints of a site are kept."""
    return folder / f"{site}.jsonl"


def kept_checkpoints(site: str, folder: Path = KEPT) -> list[Checkpoint]:
    """The checkpoints of a site that are kept outside of its storage, none where there is no such folder."""
    path = kept_file(site, folder)
    return read_checkpoints(path) if path.exists() else []


def keep_latest(root: Path, site: str, disk: DurableFiles, folder: Path = KEPT) -> Checkpoint | None:
    """Append the storage's latest checkpoint unless it is there; returns it, None where nothing is new.

    Raises FileUnreadable for a file that is none, or a link.
    """
    own = root / FOLDER / LATEST
    if (root / FOLDER).is_symlink() or own.is_symlink() or (own.exists() and own.stat().st_size > _MOST_BYTES):
        following = N_("look who made it; nothing was kept")
        raise FileUnreadable(path=own, problem=N_("it is a link, or too large"), following=following)
    checkpoint = latest(root)
    known = {one.line for one in kept_checkpoints(site, folder)}
    if checkpoint is None or checkpoint.line in known:
        return None
    if not folder.is_dir():
        disk.make_directory(folder)
    disk.append_line(kept_file(site, folder), checkpoint.line)
    return checkpoint
