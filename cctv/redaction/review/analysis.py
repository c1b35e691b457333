"""Analysis of a part on disk: survey, tracks and pictures, in a directory that a plan names by hash.

The work is a worker's, which decodes and reaches nothing (`redaction/decoding.py`); what it leaves counts when it was
checked, and is flushed and hashed here.  Responsible for those directories under `derived/REQ-YYYY-NNN/`.  Each is
written once and never changed: a new survey gets a new directory, and the old one is removed when no row names it.  A
crash leaves an extra directory, never one with wrong content.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from cctv.core.clock import to_us
from cctv.core.durable import sha256_file
from cctv.core.worker_messages import Nonsense
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.redaction.background.scene_changes import scenery_changes
from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.decoding import Decoding, believed, decode_apart
from cctv.redaction.people.detections import SavedDetections, SearchIdentity
from cctv.redaction.people.search import RULES
from cctv.redaction.people.weights import Model, load_model
from cctv.redaction.render.options import Options
from cctv.redaction.render.visibility import FrameDecision
from cctv.redaction.review.artefact_checks import MOST_BACKDROPS, checked_analysis, count_in, shown_in, told_of
from cctv.redaction.review.artefacts import (
    PICTURES,
    SURVEY,
    TRACKS,
    UNSEEN,
    FoundTracks,
    RenderOutcome,
    read_found,
    read_survey,
    read_times,
    write_outcome,
    write_pictures,
    write_survey,
    write_tracks,
)
from cctv.redaction.review.background_samples import MOST_SAMPLES, RawPicture, pictures_around, samples_of
from cctv.redaction.review.case import Progress, case_directory, part_directory
from cctv.redaction.review.checkpoints import note_finished
from cctv.redaction.review.errors import ArtefactUnreadable, DetectorFailed
from cctv.redaction.review.plan import Artefact, BackdropDecision, CasePart, CasePlan
from cctv.redaction.review.render import analysed, clip_for, covered, fail_closed, keep_of, survey_part
from cctv.redaction.review.sheet.thumbnails import (
    GalleryRequest,
    Thumbnails,
    bgr,
    frame_ranges,
    gallery,
    keyframes,
    moments,
)
from cctv.redaction.review.subject import SubjectMeter
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from cctv.redaction.tracking.doubts import doubts_of
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.video.reader import Clip
from cctv.redaction.video.spill import Scratch
from cctv.redaction.video.yuv import Planes

log = logging.getLogger(__name__)

_BACKDROP = "backdrop-{number}.png"
_SEARCH = ".search"  # in the name of a directory that is no part's


def analyse_part(site: Storage, plan: CasePlan, progress: Progress) -> CasePart:
    """Survey a new part and find its tracks, in a worker; raises SourceUnreadable, DetectorFailed, WorkerFailed."""
    with _new_directory(site, plan) as directory, _search_folder(site, plan) as search:
        pictures = pictures_around(site, plan, progress)
        decoding = _decoding(site, plan, (directory, search), handed=pictures)
        told = decode_apart(
            lambda watched: _analyse(site, plan, directory, search, pictures, watched), decoding, progress
        )
        with believed(decoding):
            checked = checked_analysis(directory, has_tracks=True)
            found, samples = checked.found, count_in(told, "samples", MOST_SAMPLES)
        tracks = found.tracks if found is not None else ()
        numbered = replace(plan, tracks=tuple(track.id for track in tracks), samples=samples)
        part = _entered(site, numbered, checked.frames, directory)
        note_finished(site, part)
        facts = {"case": plan.request, "camera": plan.camera, "part": plan.position, "frames": checked.frames}
        log.info("part.analysed", extra=facts)
        return part


def _analyse(
    site: Storage, plan: CasePlan, directory: Path, search: Path, pictures: list[RawPicture], progress: Progress
) -> dict[str, object]:
    """The same in the worker, which writes its files into `directory`."""
    with ExitStack() as stack:
        watched = stack.enter_context(fail_closed(plan, progress))
        clip = clip_for(site, plan)
        scratch = stack.enter_context(Scratch(directory, clip.size.even(), None))
        samples = samples_of(site, plan, clip.size, pictures)
        model = load_model(site.settings.redaction.detector)
        survey = survey_part(clip, NOTHING_KEPT, samples, watched, scratch, model)
        spool = stack.enter_context(_search_of(site, plan, survey, model, search))
        with analysed(clip, survey, NOTHING_KEPT, watched, scratch, model, spool) as analysis:
            found = FoundTracks(analysis.people, doubts_of(analysis.people, survey.rate))
            write_tracks(directory, found)
            numbered = replace(plan, tracks=tuple(track.id for track in found.tracks), samples=samples.count)
            crops = Thumbnails(found.tracks, found.doubts)
            outcome = _outcome(
                clip, analysis, numbered, NOTHING_KEPT, watched, lambda shown, planes: crops.see(shown.frame, planes)
            )
            write_outcome(directory, outcome)
        write_pictures(directory / PICTURES, crops.crops)
        _write_survey(directory, survey)
    return {"samples": samples.count}


def analyse_again(site: Storage, part: CasePart, plan: CasePlan, progress: Progress) -> CasePart:
    """The part under a plan with other decisions, with pictures and a measure of what it shows now.

    What is newly drawn no longer counts as empty scene: the backdrops are recreated.  Tracks keep their numbers, and
    what was covered stays covered.  Raises SourceUnreadable, DetectorFailed, WorkerFailed.
    """
    before = part_directory(site, part)
    found, rate = read_found(before), BackgroundModel(read_times(before / SURVEY), ()).rate
    is_redrawn = keep_of(plan.decisions, found, rate) != keep_of(part.plan.decisions, found, rate)
    del found
    with _new_directory(site, plan) as directory:
        pictures = pictures_around(site, plan, progress) if is_redrawn else []
        decoding = _decoding(site, plan, (directory,), reads=(before,), handed=pictures)
        told = decode_apart(
            lambda watched: _analyse_anew(site, part, plan, directory, pictures if is_redrawn else None, watched),
            decoding,
            progress,
        )
        with believed(decoding):
            checked = checked_analysis(directory, has_tracks=False)
            if is_redrawn:
                samples, count = count_in(told, "samples", MOST_SAMPLES), count_in(told, "before", MOST_BACKDROPS)
                plan = _covered_anew(replace(plan, samples=samples), count, checked.backdrops)
            if checked.frames != part.plan.frames:
                raise Nonsense
            subject, *companions = shown_in(told, 1 + len(plan.decisions.companions), checked.frames)
            plan = replace(plan, subject=subject, companions=tuple(companions))
        for name in (TRACKS, UNSEEN, PICTURES):
            shutil.copyfile(before / name, directory / name)
        entered = _entered(site, plan, checked.frames, directory)
    return replace(
        entered,
        prepared=part.prepared,
        prepared_by=part.prepared_by,
        approval=part.approval,
        reviews=part.reviews,
        consents=part.consents,
    )


def _analyse_anew(
    site: Storage,
    part: CasePart,
    plan: CasePlan,
    directory: Path,
    pictures: list[RawPicture] | None,
    progress: Progress,
) -> dict[str, object]:
    """The same in the worker; `pictures` is None where the backdrops stay as they are."""
    before = part_directory(site, part)
    found = read_found(before)
    survey = read_survey(before / SURVEY)
    told: dict[str, object] = {"before": len(survey.backdrops)}
    keep = keep_of(plan.decisions, found, survey.rate)
    with ExitStack() as stack:
        watched = stack.enter_context(fail_closed(plan, progress))
        clip = clip_for(site, plan)
        scratch = stack.enter_context(Scratch(directory, clip.size.even(), None))
        if pictures is not None:
            samples = samples_of(site, plan, clip.size, pictures)
            backdrop_count = len(survey.backdrops)
            model = load_model(site.settings.redaction.detector)
            survey = survey_part(clip, keep, samples, watched, scratch, model)
            plan = _covered_anew(replace(plan, samples=samples.count), backdrop_count, len(survey.backdrops))
            told["samples"] = samples.count
        with analysed(clip, covered(survey, plan), keep, watched, scratch, found.people) as analysis:
            meter = SubjectMeter(analysis, plan.decisions, found.tracks)
            write_outcome(directory, _outcome(clip, analysis, plan, keep, watched, meter.see))
            shown = (meter.result(), *meter.companions())
        _write_survey(directory, survey)
    return told | {"shown": told_of(shown)}


def _decoding(
    site: Storage,
    plan: CasePlan,
    writes: tuple[Path, ...],
    reads: tuple[Path, ...] = (),
    handed: list[RawPicture] | None = None,
) -> Decoding:
    return Decoding(
        tuple(inside(site.root, source.path) for source in plan.sources),
        reads=reads,
        writes=writes,
        detector=site.settings.redaction.detector,
        errors=(DetectorFailed, ArtefactUnreadable),
        handed=[] if handed is None else handed,
    )


def _outcome(
    clip: Clip,
    analysis: Analysis,
    plan: CasePlan,
    keep: KeepBoxes,
    progress: Progress,
    also: Callable[[FrameDecision, Planes], None],
) -> RenderOutcome:
    """What a plan shows, and what changed in the scene, for the sheet."""
    times = analysis.survey.times
    drawn = (*plan.decisions.boxes.keep, *plan.decisions.boxes.hide)
    lit = [light is not None for light in analysis.lights]
    shifts = [backdrop.shift for backdrop in analysis.survey.backdrops]
    changes = scenery_changes(analysis.regions, analysis.stretch, lit, analysis.survey.rate, analysis.kept, shifts)
    of_changes = {(change.first + change.last) // 2 for change in changes}
    paths = (*keep.keep, *keep.hide)
    shown = {at for within in frame_ranges(times) for at in moments(within, analysis.tracks, paths)}
    marks = {(change.first + change.last) // 2: change.box for change in changes if change.box}
    request = GalleryRequest(shown | of_changes, {*keyframes(drawn), *of_changes}, marks)
    options = Options(others=plan.decisions.others, caption=None)
    pictures = gallery(clip, analysis, keep, options, request, progress, also)
    return RenderOutcome(pictures, changes, analysis.stretch)


def _covered_anew(plan: CasePlan, before: int, now: int) -> CasePlan:
    """The plan for new backdrops: where their number changed, every one of them is covered as each was."""
    if before == now:
        return plan
    covers = tuple(dict.fromkeys(box for decision in plan.backdrops for box in decision.covers))
    numbers = range(1, now + 1) if covers else ()
    return replace(plan, backdrops=tuple(BackdropDecision(number, covers) for number in numbers))


def backdrop_hashes(plan: CasePlan) -> tuple[str, ...]:
    """The hashes of the pictures of the empty scene that a reviewer saw."""
    return tuple(file.sha256 for file in plan.backdrop_files)


def remove_unnamed(site: Storage, request_id: str, parts: Iterable[CasePart]) -> None:
    """Remove the directories of a case that none of its parts names."""
    named = {part_directory(site, part) for part in parts}
    directory = case_directory(site, request_id)
    for path in directory.iterdir():
        if path.is_symlink():
            site.disk.unlink(path)
        elif path.is_dir() and path not in named:
            shutil.rmtree(path)
    site.disk.sync_directory(directory)


def _write_survey(directory: Path, survey: BackgroundModel) -> None:
    write_survey(directory / SURVEY, survey)
    for number, backdrop in enumerate(survey.backdrops, 1):
        cv2.imwrite(str(directory / _BACKDROP.format(number=number)), bgr(backdrop.planes))


def _entered(site: Storage, plan: CasePlan, frames: int, directory: Path) -> CasePart:
    names = sorted(path.name for path in directory.iterdir())
    for name in names:
        site.disk.sync_file(directory / name)
    site.disk.sync_directory(directory)
    artefacts = tuple(Artefact(name, sha256_file(directory / name)) for name in names)
    plan = replace(plan, artefacts=artefacts, frames=frames)
    return CasePart(plan, plan.digest, site.relative(directory), site.clock.now(), site.actor.account)


@contextmanager
def _search_folder(site: Storage, plan: CasePlan) -> Iterator[Path]:
    """Where the search for people in a part saves what it finds; it stays where one that breaks off found some."""
    folder = case_directory(site, plan.request) / f"{plan.camera}_{plan.span.start:%Y%m%dT%H%M%SZ}{_SEARCH}"
    site.disk.make_directory(folder)
    try:
        yield folder
    except BaseException:
        if not any(folder.iterdir()):
            folder.rmdir()
        raise
    shutil.rmtree(folder)
    site.disk.sync_directory(folder.parent)


@contextmanager
def _search_of(
    site: Storage, plan: CasePlan, survey: BackgroundModel, model: Model, folder: Path
) -> Iterator[SavedDetections]:
    """The search for people in a part, beside its directories: one that was broken off goes on, when it is the same."""
    scene = hashlib.sha256()
    for backdrop in survey.backdrops:
        scene.update(backdrop.planes.to_bytes())
        scene.update(np.packbits(backdrop.trusted).tobytes())
    span = to_us(plan.span.start), to_us(plan.span.end)
    sources = tuple(source.sha256 for source in plan.sources)
    identity = SearchIdentity(sources, span, plan.masks, model.sha256, RULES, scene.hexdigest())
    spool = SavedDetections(folder, identity, site.disk)
    with spool:
        try:
            yield spool
        except BaseException:
            spool.finish()
            raise


@contextmanager
def _new_directory(site: Storage, plan: CasePlan) -> Iterator[Path]:
    """A directory for one analysis; removed when that breaks off."""
    stem = f"{plan.camera}_{plan.span.start:%Y%m%dT%H%M%SZ}"
    number = 1
    while (directory := case_directory(site, plan.request) / f"{stem}_{number}").exists():
        number += 1
    site.disk.make_directory(directory)
    try:
        yield directory
    except BaseException:
        shutil.rmtree(directory)
        raise
