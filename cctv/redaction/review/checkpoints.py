"""Checkpoints: parts that an interrupted preparation had analysed, and videos that an interrupted build had rendered.

Analysis: a note in the part's directory, written last.  Render:

1. video rendered and verified in the part's own directory, flushed   (crash: no note, so it is rendered again)
2. note with its hash, durable                                        (crash: the next build resumes here)
3. linked into the package; both removed when the package is entered

A note counts only for the same plan (and caption), by the same version of this program, and for files with the hashes
that it names; otherwise the work is done again.  All lies under `derived/` and is deleted with its case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from cctv import __version__
from cctv.core.clock import iso
from cctv.core.durable import sha256_file
from cctv.core.i18n import Language
from cctv.core.text import parse_json
from cctv.db.storage import Storage
from cctv.redaction.review.case import case_directory, check_artefacts, part_directory
from cctv.redaction.review.errors import ArtefactChanged
from cctv.redaction.review.plan import CasePart, CasePlan
from cctv.redaction.review.render import RenderResult, caption_line

_FINISHED_NOTE = "finished.json"
_VIDEO, _KEPT_NOTE = "rendered.mp4", "rendered.json"


def note_finished(site: Storage, part: CasePart) -> None:
    """Write a durable note in a part's directory that its analysis is complete."""
    content = {
        "schema": 1,
        "software": __version__,
        "plan": part.plan.to_json(),
        "prepared": iso(part.prepared),
        "prepared_by": part.prepared_by,
    }
    site.disk.write(part_directory(site, part) / _FINISHED_NOTE, json.dumps(content).encode())


def finished_part(site: Storage, plan: CasePlan) -> CasePart | None:
    """The complete analysis of a plan without decisions yet; None where there is no reliable one."""
    for note in sorted(case_directory(site, plan.request).glob(f"*/{_FINISHED_NOTE}")):
        part = _noted_finished(site, note)
        if part is not None and _before_analysis(part.plan) == _before_analysis(plan):
            renumbered = replace(part.plan, position=plan.position)
            return replace(part, plan=renumbered, digest=renumbered.digest)
    return None


def kept_render(
    site: Storage, part: CasePart, language: Language, target: Path, render: Callable[[Path], RenderResult]
) -> RenderResult:
    """A part's proved video at `target`: the one that an earlier build left, or what `render` makes."""
    directory = part_directory(site, part)
    video, note = directory / _VIDEO, directory / _KEPT_NOTE
    expected = {
        "schema": 1,
        "software": __version__,
        "plan": part.digest,
        "line": caption_line(part, language, site.settings.site.timezone).at(0),
    }
    result = _noted_kept(video, note, expected)
    if result is None:
        note.unlink(missing_ok=True)
        video.unlink(missing_ok=True)
        result = render(video)
        site.disk.sync_file(video)
        content = {**expected, "sha256": sha256_file(video), "found": asdict(result)}
        site.disk.write(note, json.dumps(content).encode())
    target.hardlink_to(video)
    return result


def forget_renders(site: Storage, parts: Iterable[CasePart]) -> None:
    """Remove what `kept_render` left for these parts."""
    for part in parts:
        directory = part_directory(site, part)
        for name in (_KEPT_NOTE, _VIDEO):
            (directory / name).unlink(missing_ok=True)
        site.disk.sync_directory(directory)


def _before_analysis(plan: CasePlan) -> CasePlan:
    """A plan before its analysis; its number may change while nothing else does."""
    return CasePlan(plan.request, plan.camera, 0, plan.sources, plan.requested, masks=plan.masks, schema=plan.schema)


def _noted_finished(site: Storage, note: Path) -> CasePart | None:
    try:
        content = parse_json(note.read_bytes())
        if content["schema"] != 1 or content["software"] != __version__:
            return None
        plan = CasePlan.from_json(content["plan"])
        when = datetime.fromisoformat(content["prepared"])
        part = CasePart(plan, plan.digest, site.relative(note.parent), when, str(content["prepared_by"]))
        check_artefacts(site, part)
    except (OSError, ValueError, KeyError, TypeError, ArtefactChanged):
        return None
    return part


def _noted_kept(video: Path, note: Path, expected: dict[str, object]) -> RenderResult | None:
    try:
        content = parse_json(note.read_bytes())
        if not isinstance(content, dict):
            return None
        result = RenderResult(**content.pop("found"))
        same = content.pop("sha256") == sha256_file(video)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return result if same and content == expected else None
