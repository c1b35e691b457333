"""A part's analysis on disk: the survey and the tracks, in a directory of their own that a plan names by hash.

Owns those directories under `derived/REQ-YYYY-NNN/`.  One is written once and never changed: a new survey gets a new
one, and the old goes when no row names it any more.  So a crash leaves a directory too many, never one that lies.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2

from cctv.db.site import Site
from cctv.kernel.durable import sha256_file
from cctv.redaction.analysis import Survey
from cctv.redaction.case.artefacts import (
    PICTURES,
    SURVEY,
    TRACKS,
    read_tracks,
    write_pictures,
    write_survey,
    write_tracks,
)
from cctv.redaction.case.engine import clip_for, find_tracks, keep_of, survey_part
from cctv.redaction.case.file import Progress, case_directory
from cctv.redaction.case.part import Artefact, CasePart, CasePlan
from cctv.redaction.case.samples import samples_of
from cctv.redaction.keep import NOTHING_KEPT
from cctv.redaction.pictures import bgr, thumbnails

_BACKDROP = "backdrop-{number}.png"


def analyse_part(site: Site, plan: CasePlan, progress: Progress) -> CasePart:
    """Survey a new part and find its tracks; raises SourceUnreadable."""
    clip = clip_for(site, plan)
    samples = samples_of(site, plan, clip.size, progress)
    survey = survey_part(clip, NOTHING_KEPT, samples, progress)
    tracks = find_tracks(clip, survey, progress)
    directory = _new_directory(site, plan)
    write_tracks(directory / TRACKS, tracks)
    write_pictures(directory / PICTURES, thumbnails(clip, tracks))
    numbered = replace(plan, tracks=tuple(track.id for track in tracks), samples=samples.count)
    return _entered(site, numbered, survey, directory)


def survey_again(site: Site, part: CasePart, plan: CasePlan, progress: Progress) -> CasePart:
    """The part under a plan with other decisions: what was drawn no longer counts as empty scene.

    Tracks keep their numbers.
    """
    before = site.root / part.directory
    tracks = read_tracks(before / TRACKS)
    clip = clip_for(site, plan)
    samples = samples_of(site, plan, clip.size, progress)
    survey = survey_part(clip, keep_of(plan.decisions, tracks), samples, progress)
    directory = _new_directory(site, plan)
    for name in (TRACKS, PICTURES):
        shutil.copyfile(before / name, directory / name)
    entered = _entered(site, replace(plan, samples=samples.count), survey, directory)
    return replace(entered, prepared=part.prepared, prepared_by=part.prepared_by, approval=part.approval)


def backdrop_hashes(plan: CasePlan) -> tuple[str, ...]:
    """The hashes of the pictures of the empty scene that a reviewer saw."""
    return tuple(one.sha256 for one in plan.artefacts if one.name.startswith("backdrop-"))


def remove_unnamed(site: Site, request_id: str, parts: Iterable[CasePart]) -> None:
    """Remove the directories of a case that none of its parts names."""
    named = {site.root / part.directory for part in parts}
    directory = case_directory(site, request_id)
    for path in directory.iterdir():
        if path.is_dir() and path not in named:
            shutil.rmtree(path)
    site.disk.sync_directory(directory)


def _entered(site: Site, plan: CasePlan, survey: Survey, directory: Path) -> CasePart:
    write_survey(directory / SURVEY, survey)
    names = [SURVEY, TRACKS, PICTURES]
    for number, backdrop in enumerate(survey.backdrops, 1):
        name = _BACKDROP.format(number=number)
        cv2.imwrite(str(directory / name), bgr(backdrop.planes))
        names.append(name)
    for name in names:
        site.disk.sync_file(directory / name)
    site.disk.sync_directory(directory)
    artefacts = tuple(Artefact(name, sha256_file(directory / name)) for name in names)
    plan = replace(plan, artefacts=artefacts, frames=len(survey.times))
    return CasePart(plan, plan.digest, site.relative(directory), site.clock.now(), site.actor.account)


def _new_directory(site: Site, plan: CasePlan) -> Path:
    stem = f"{plan.camera}_{plan.span.start:%Y%m%dT%H%M%SZ}"
    number = 1
    while (directory := case_directory(site, plan.request) / f"{stem}_{number}").exists():
        number += 1
    site.disk.make_directory(directory)
    return directory
