"""Renders that a build had finished before it was broken off: the next build takes them as they are.

1. video rendered and proved in the part's own directory, flushed   (crash: no note, so it is rendered again)
2. note with its hash, durable                                      (crash: the next build goes on from here)
3. linked into the package; both removed when the package is entered

Owns those two files.  A note counts only for the same plan and line, by the same version of this program, and for a
video with that hash.  They stand under `derived/`, so they go with their case whatever happens to the build.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from cctv import __version__
from cctv.db.site import Site
from cctv.kernel.durable import sha256_file
from cctv.model.language import Language
from cctv.redaction.case.part import CasePart
from cctv.redaction.case.render import Rendered, caption_line

_VIDEO, _NOTE = "rendered.mp4", "rendered.json"


def kept_render(
    site: Site, part: CasePart, language: Language, target: Path, render: Callable[[Path], Rendered]
) -> Rendered:
    """A part's proved video at `target`: the one that an earlier build left, or what `render` makes."""
    directory = site.root / part.directory
    video, note = directory / _VIDEO, directory / _NOTE
    wanted = {
        "schema": 1,
        "software": __version__,
        "plan": part.digest,
        "line": caption_line(part, language, site.settings.site.timezone).at(0),
    }
    found = _noted(video, note, wanted)
    if found is None:
        note.unlink(missing_ok=True)
        video.unlink(missing_ok=True)
        found = render(video)
        site.disk.sync_file(video)
        said = {**wanted, "sha256": sha256_file(video), "found": asdict(found)}
        site.disk.write(note, json.dumps(said).encode())
    target.hardlink_to(video)
    return found


def forget_renders(site: Site, parts: Iterable[CasePart]) -> None:
    """Remove what `kept_render` left for these parts."""
    for part in parts:
        directory = site.root / part.directory
        for name in (_NOTE, _VIDEO):
            (directory / name).unlink(missing_ok=True)
        site.disk.sync_directory(directory)


def _noted(video: Path, note: Path, wanted: dict[str, object]) -> Rendered | None:
    try:
        said = json.loads(note.read_bytes())
        if not isinstance(said, dict):
            return None
        found = Rendered(**said.pop("found"))
        same = said.pop("sha256") == sha256_file(video)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if same and said == wanted else None
