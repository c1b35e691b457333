"""Rendering an approved part into a package.

Owns the line in the picture and what is reported of a render.  Renders from the survey that was reviewed; never from a
plan that is not approved exactly as it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from cctv.db.site import Site
from cctv.model.language import Language
from cctv.redaction.caption import CLOCK, Clock, Line
from cctv.redaction.case.artefacts import SURVEY, TRACKS, read_survey, read_tracks
from cctv.redaction.case.engine import clip_for, covered, fail_closed, keep_of, render
from cctv.redaction.case.file import Progress
from cctv.redaction.case.part import CasePart
from cctv.redaction.case.words import line_words
from cctv.redaction.options import Options

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was found when the finished video was decoded again; the engine refuses anything but these zeros.

    `masked_pixels` alone may be more: how many pixels of each frame the camera's masks hide.
    """

    frames: int
    live_pixels_outside: int
    same_times: bool
    audio_streams: int
    metadata_entries: int
    masked_pixels: int = 0
    masked_pixels_live: int = 0


def render_part(site: Site, part: CasePart, language: Language, target: Path, progress: Progress) -> Rendered:
    """Render and prove one part; what stops it leaves nothing behind.

    Raises SourceUnreadable, DetectorFailed, VerifyFailed (15), RenderFailed.
    """
    directory = site.root / part.directory
    keep = keep_of(part.plan.decisions, read_tracks(directory / TRACKS))
    line = caption_line(part, language, site.settings.site.timezone)
    options = Options(others=part.plan.decisions.others, caption=line)
    survey = covered(read_survey(directory / SURVEY), part.plan)
    with fail_closed(part.plan, progress) as watched:
        facts = {"case": part.plan.request, "camera": part.plan.camera, "part": part.plan.position}
        log.info("render.started", extra=facts)
        proved = render(clip_for(site, part.plan), survey, keep, options, target, watched)
    return Rendered(
        frames=proved.frames,
        live_pixels_outside=proved.live_pixels_outside_kept,
        same_times=True,
        audio_streams=proved.audio_streams,
        metadata_entries=0,
        masked_pixels=proved.masked_pixels,
        masked_pixels_live=proved.masked_pixels_live,
    )


def caption_line(part: CasePart, language: Language, zone: ZoneInfo) -> Line:
    """Reference, camera, local time of each frame with its zone, and what was done to the picture."""
    text = f"{part.plan.request} {part.plan.camera} {CLOCK}: {line_words(language)}"
    return Line(text, Clock(part.plan.span.start, zone))
