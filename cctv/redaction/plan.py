"""The redaction plan: everything that determines what a redacted video shows, in one value with one digest.

Owns the plan's JSON (schema 1) and its digest, to which reviews and approvals are bound.  The same plan always has the
same digest; changing anything that changes the output changes it.  Never holds a picture.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cctv.redaction.analysis import Progress
from cctv.redaction.errors import PlanUnreadable
from cctv.redaction.fill import Fill
from cctv.redaction.geometry import Box
from cctv.redaction.keep import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.options import Mode, Options, Others
from cctv.redaction.render import RenderReport, Work, redact
from cctv.redaction.source import clip_of
from cctv.redaction.tracks import Track

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """One file of the run: its path, the sha256 of its bytes, and its first frame's time in microseconds of the run."""

    path: str
    sha256: str
    starts_at: int


@dataclass(frozen=True, slots=True)
class RedactionPlan:
    """One camera's unbroken run: sources in order, what is kept and hidden, how.

    `backdrop_sources` is other footage of the same camera from which the backdrop is made too.
    """

    reference: str
    camera: str
    sources: tuple[PlannedSource, ...]
    keep: KeepBoxes
    options: Options
    backdrop_sources: tuple[PlannedSource, ...] = ()

    @property
    def digest(self) -> str:
        """sha256, in hexadecimal, of the plan's canonical JSON."""
        return hashlib.sha256(self._canonical().encode()).hexdigest()

    def to_json(self) -> str:
        """The plan as JSON with its digest, for people and for `plan_from_json`."""
        return json.dumps({**self._document(), "digest": self.digest}, indent=2, ensure_ascii=False) + "\n"

    def _canonical(self) -> str:
        return json.dumps(self._document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def _document(self) -> dict[str, object]:
        options = self.options
        return {
            "schema": SCHEMA,
            "reference": self.reference,
            "camera": self.camera,
            "sources": [asdict(source) for source in self.sources],
            "backdrop_sources": [asdict(source) for source in self.backdrop_sources],
            "boxes": _entries(self.keep.keep),
            "hide": _entries(self.keep.hide),
            "mode": options.mode.value,
            "fill": options.fill.value,
            "others": options.others.value,
            "caption": options.caption,
        }


def plan_from_json(text: str, path: Path) -> RedactionPlan:
    """The plan in a JSON text; raises PlanUnreadable (15) when it is none or when its digest does not match."""
    try:
        found = json.loads(text)
        plan = _plan(found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlanUnreadable(path=path, problem=f"it is not a plan of schema {SCHEMA} ({error!r})") from error
    if found.get("digest") != plan.digest:
        raise PlanUnreadable(path=path, problem="it was changed after it was written")
    return plan


def render_plan(plan: RedactionPlan, folder: Path, output: Path, progress: Progress) -> RenderReport:
    """Render a plan to one MP4; relative source paths start at `folder`.

    The caller has checked the sources' hashes.  Raises SourceUnreadable, RenderFailed, VerifyFailed.
    """
    clip = clip_of([folder / each.path for each in plan.sources], [each.starts_at for each in plan.sources])
    elsewhere = tuple(clip_of([folder / each.path]) for each in plan.backdrop_sources)
    return redact(Work(clip, plan.keep, plan.options, output, None, Path("plan"), elsewhere), progress)


def path_of_track(track: Track, spread: float = 0.06) -> BoxPath:
    """A kept path from a confirmed track: its box in every frame, at full size, `spread` of its sides larger."""
    keys = tuple(
        Keyframe(track.first + index, box.scaled(2).grown(2 + spread * box.w * 2, 2 + spread * box.h * 2))
        for index, box in enumerate(track.boxes)
    )
    return BoxPath(f"track-{track.id}", keys)


def _entries(paths: tuple[BoxPath, ...]) -> list[dict[str, object]]:
    return [
        {"id": path.id, "frame": key.frame, **{side: float(getattr(key.box, side)) for side in ("x", "y", "w", "h")}}
        for path in paths
        for key in path.keyframes
    ]


def _plan(found: Mapping[str, object]) -> RedactionPlan:
    if found["schema"] != SCHEMA:
        raise ValueError(f"schema {found['schema']!r}")
    caption = found["caption"]
    options = Options(
        Mode(found["mode"]), Fill(found["fill"]), Others(found["others"]), None if caption is None else str(caption)
    )
    return RedactionPlan(
        str(found["reference"]),
        str(found["camera"]),
        _sources(found["sources"]),
        KeepBoxes(_paths(found["boxes"]), _paths(found["hide"])),
        options,
        _sources(found["backdrop_sources"]),
    )


def _sources(entries: object) -> tuple[PlannedSource, ...]:
    if not isinstance(entries, list):
        raise TypeError("a list is missing")
    return tuple(PlannedSource(str(e["path"]), str(e["sha256"]), int(e["starts_at"])) for e in entries)


def _paths(entries: object) -> tuple[BoxPath, ...]:
    if not isinstance(entries, list):
        raise TypeError("a list is missing")
    found: dict[str, list[Keyframe]] = {}
    for e in entries:
        box = Box(float(e["x"]), float(e["y"]), float(e["w"]), float(e["h"]))
        found.setdefault(str(e["id"]), []).append(Keyframe(int(e["frame"]), box))
    return tuple(BoxPath(identity, tuple(sorted(keys, key=lambda k: k.frame))) for identity, keys in found.items())
