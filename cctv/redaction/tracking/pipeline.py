"""The second and third pass over a clip: what differs in each frame, and the people who are in it.

Memory grows by some hundred bytes a frame.  Decides no visible pixel; that is `cctv.redaction.render.visibility`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass

from cctv.redaction.background.illumination import Light
from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.people.detections import DetectionSpool
from cctv.redaction.people.search import search
from cctv.redaction.people.weights import Model
from cctv.redaction.progress import Progress
from cctv.redaction.render.privacy_masks import MaskedArea
from cctv.redaction.render.silhouettes import filter_person_tracks
from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.tracking.foreground import compared
from cctv.redaction.tracking.kept import kept_person
from cctv.redaction.tracking.people import FoundPeople, SearchedClip, people_in
from cctv.redaction.tracking.tracks import Track, Tracker, numbered
from cctv.redaction.video.geometry import Rect
from cctv.redaction.video.parallel import prefetch
from cctv.redaction.video.reader import Clip, HalfSizeAgain, Reading
from cctv.redaction.video.spill import MaskSpool, Scratch
from cctv.redaction.video.stillness import PictureRun, runs_of

_WAITING_RUNS = 1  # of eight pictures, 3 MB each at 1080p


@dataclass(frozen=True, slots=True)
class Analysis:
    """What differs in each frame of a clip, and who is in it; masks, tracks and regions at half size.

    `differs` holds one mask a frame, True = foreground, and its regions; `stretch` and `lights` give each frame's
    backdrop (from 0) and light; `regions` are the regions of difference followed through time.  `kept` are the kept and
    hidden paths with a box in each frame, and `own` the numbers of the tracks that are the person of each kept path.
    `masked` is what the camera's static masks hide, in every frame and whatever is kept.
    """

    survey: BackgroundModel
    differs: MaskSpool
    stretch: tuple[int, ...]
    lights: tuple[Light | None, ...]
    regions: tuple[Track, ...]
    people: FoundPeople
    kept: KeepBoxes
    own: tuple[frozenset[int], ...]
    masked: MaskedArea | None = None

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of people."""
        return self.people.tracks


def analyse(
    clip: Clip,
    background: BackgroundModel,
    keep: KeepBoxes,
    differs: MaskSpool,
    progress: Progress,
    people: FoundPeople | Model,
    scratch: Scratch | None = None,
    spool: DetectionSpool | None = None,
) -> Analysis:
    """Compare every frame with its backdrop, and find people by a model, if they were not found before.

    Fills `differs`; reads what is in `scratch`, or notes the clip's pictures there; goes on behind what `spool` holds.
    Raises SourceUnreadable; with a model PeopleSearchFailed and DetectorBlind too (15).
    """
    tracker = Tracker()
    stretch: list[int] = []
    lights: list[Light | None] = []
    masked = clip.masked.half if clip.masked else None
    with HalfSizeAgain(clip) as again, closing(prefetch(_runs(clip, scratch), _WAITING_RUNS)) as runs:
        for frame, comparison in enumerate(compared(runs, background.backdrops, masked, again)):
            differs.append(comparison.difference.mask, comparison.difference.regions)
            stretch.append(comparison.stretch)
            lights.append(comparison.difference.light)
            tracker.add([part.box for part in comparison.difference.parts])
            progress("regions", frame + 1, len(background.times))
    rows, columns = differs.shape
    regions = numbered(filter_person_tracks(tracker.finish(), rows * columns, background.rate))
    if isinstance(people, Model):
        with nullcontext(spool) if spool is not None else DetectionSpool() as found:
            search(clip, background, differs, lights, people, found, progress)
            standing = [background.backdrops[index].people for index in stretch]
            footage = SearchedClip(len(background.times), background.rate, clip.size.even(), standing)
            people = people_in(found, differs, footage)
    picture = Rect(0, 0, 2 * columns, 2 * rows)
    kept = [kept_person(path, people, picture) for path in keep.keep]
    hidden = [kept_person(path, people, picture) for path in keep.hide]
    return Analysis(
        background,
        differs,
        tuple(stretch),
        tuple(lights),
        regions,
        people,
        KeepBoxes(tuple(person.path for person in kept), tuple(person.path for person in hidden)),
        tuple(person.tracks for person in kept),
        clip.masked,
    )


def _runs(clip: Clip, scratch: Scratch | None) -> Iterator[PictureRun]:
    """Every picture at half size, in runs: as spilled to disk, else decoded."""
    if scratch is None:
        return runs_of(Reading(clip))
    return scratch.runs() or runs_of(scratch.noting(Reading(clip)))
