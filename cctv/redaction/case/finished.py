"""Parts that a preparation had finished before it was broken off: the next one goes on from them.

Owns the note in a part's directory, written last, that says what was analysed.  A note counts only for the very same
plan by the same version of this program, with every file as its hash says; anything else is analysed anew.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cctv import __version__
from cctv.db.site import Site
from cctv.kernel.clock import iso
from cctv.redaction.case.errors import ArtefactChanged
from cctv.redaction.case.file import case_directory, check_artefacts
from cctv.redaction.case.part import CasePart, CasePlan

_NOTE = "finished.json"


def note_finished(site: Site, part: CasePart) -> None:
    """Say in a part's directory, durably, that its analysis is whole."""
    said = {
        "schema": 1,
        "software": __version__,
        "plan": part.plan.to_json(),
        "prepared": iso(part.prepared),
        "prepared_by": part.prepared_by,
    }
    site.disk.write(site.root / part.directory / _NOTE, json.dumps(said).encode())


def finished_part(site: Site, plan: CasePlan) -> CasePart | None:
    """The whole analysis of a plan on which nothing was decided yet; None where there is none that can be relied on."""
    for note in sorted(case_directory(site, plan.request).glob(f"*/{_NOTE}")):
        part = _noted(site, note)
        if part is not None and _asked(part.plan) == _asked(plan):
            moved = replace(part.plan, position=plan.position)
            return replace(part, plan=moved, digest=moved.digest)
    return None


def _asked(plan: CasePlan) -> CasePlan:
    """A plan before its analysis; its number may change while nothing else does."""
    return CasePlan(plan.request, plan.camera, 0, plan.sources, plan.requested, masks=plan.masks, schema=plan.schema)


def _noted(site: Site, note: Path) -> CasePart | None:
    try:
        said = json.loads(note.read_bytes())
        if said["schema"] != 1 or said["software"] != __version__:
            return None
        plan = CasePlan.from_json(said["plan"])
        when = datetime.fromisoformat(said["prepared"])
        part = CasePart(plan, plan.digest, site.relative(note.parent), when, str(said["prepared_by"]))
        check_artefacts(site, part)
    except (OSError, ValueError, KeyError, TypeError, ArtefactChanged):
        return None
    return part
