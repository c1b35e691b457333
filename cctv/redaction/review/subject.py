"""The subject of a request in a part: in which frames they are visible, in which not, and why not.

`SubjectMeter` measures one pass over what a plan shows, and how much of each companion; it changes no decision and no
pixel.  `two_people` finds kept
boxes that cannot all be the requester's, `little_shown` the parts that show too little of them.  Pure, apart from the
masks that it reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, groupby

import numpy as np

from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_
from cctv.model.requests import Consent, HiddenCause
from cctv.redaction.background.scene_changes import runs
from cctv.redaction.render.visibility import FrameDecision
from cctv.redaction.review.errors import CompanionUnknown, ConsentLater
from cctv.redaction.review.plan import CasePart, CasePlan, Companion, HiddenStretch, PartDecisions, SubjectVisibility
from cctv.redaction.tracking.annotations import BoxPath, boxes_at
from cctv.redaction.tracking.bounds import at_border, grow_by_hide_margin, likeness
from cctv.redaction.tracking.overlap import MIN_VISIBLE_SHARE, EverybodyElse
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.tracking.tracks import Track, TrackBoundary, meets
from cctv.redaction.video.geometry import Rect, Size, inner, outer
from cctv.redaction.video.yuv import Mask, Planes

_MET = (TrackBoundary.MERGED, TrackBoundary.SPLIT)
# of the taller box: a person in clothes like the ground falls into head and legs, one above the other
_GAP_HEIGHTS = 0.5
_BELOW_WIDTHS = 0.5  # of the narrower box: head and legs stand in one column
_SHARED_HEIGHTS = (
    0.25  # of the lower box: the regions of one person are filled out, and their boxes may overlap a little
)
_MIN_WITHIN = 0.5  # of the smaller box
_MIN_LIKENESS = 0.5  # overlap by union of a drawn box and the region of the same person, which is a little smaller
_MAX_COMPARED_FRAMES = 200  # of two paths: people who stand apart do so for longer than a two hundredth of the time


@dataclass(frozen=True, slots=True)
class KeptPath:
    """A kept path as it was decided on; `track` is None for drawn boxes."""

    name: int | str
    path: BoxPath
    track: Track | None


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """Two kept tracks (numbers) or drawn boxes (ids) that are not one person, and a frame that shows it."""

    first: int | str
    second: int | str
    frame: int


def kept_paths(decisions: PartDecisions, tracks: Iterable[Track], paths: Sequence[BoxPath]) -> tuple[KeptPath, ...]:
    """What is kept, by its names; `paths` are those of `keep_of`: drawn boxes first, then tracks."""
    by_number = {track.id: track for track in tracks}
    drawn = [KeptPath(path.id, path, None) for path in paths[: len(decisions.boxes.keep)]]
    numbered = zip(decisions.keep, paths[len(drawn) :], strict=True)
    return (*drawn, *(KeptPath(number, path, by_number[number]) for number, path in numbered))


def only_kept(decisions: PartDecisions) -> PartDecisions:
    """The decisions with companions that consist only of what is kept; those of whom nothing is kept are gone."""
    kept: set[int | str] = {*decisions.keep}
    ids: set[int | str] = {path.id for path in decisions.boxes.keep}
    left = [
        Companion(
            companion.consent,
            tuple(number for number in companion.tracks if number in kept),
            tuple(name for name in companion.boxes if name in ids),
        )
        for companion in decisions.companions
    ]
    return replace(
        decisions,
        companions=tuple(some for some in left if some.tracks or some.boxes),
        one_person=tuple(name for name in decisions.one_person if name in kept | ids),
    )


def with_companion(decisions: PartDecisions, companion: Companion) -> PartDecisions:
    """The decisions with what a companion is said to be; nothing is two people's."""
    names = {*companion.tracks, *companion.boxes}
    others = [
        replace(
            other,
            tracks=tuple(number for number in other.tracks if number not in names),
            boxes=tuple(name for name in other.boxes if name not in names),
        )
        for other in decisions.companions
    ]
    mine = tuple(name for name in decisions.one_person if name not in names)
    return only_kept(replace(decisions, companions=(*others, companion), one_person=mine))


def consents_needed(decisions: PartDecisions, consents: Sequence[Consent]) -> tuple[PartDecisions, tuple[Consent, ...]]:
    """The consents that a companion rests on, each once, and the decisions with their numbers among these."""
    used = tuple(dict.fromkeys(consents[companion.consent - 1] for companion in decisions.companions))
    renumbered = tuple(
        replace(companion, consent=used.index(consents[companion.consent - 1]) + 1)
        for companion in decisions.companions
    )
    return replace(decisions, companions=renumbered), used


def checked_consent(consent: Consent, today: date) -> Consent:
    """A consent as it is stored; raises ConsentLater, and a usage error for a name or text that is empty."""
    if consent.given > today:
        raise ConsentLater(when=consent.given)
    return Consent(
        checked_text(N_("name"), consent.who, N_("name who consented: --consent-by NAME.")),
        consent.given,
        checked_text(N_("consent"), consent.recorded, N_("say how it is recorded: --consent-how HOW.")),
    )


def companion_named(part: CasePart, decisions: PartDecisions, name: str) -> int | str:
    """The drawn box or the track that a name means; raises CompanionUnknown."""
    if any(path.id == name for path in decisions.boxes.keep):
        return name
    if name.isdecimal() and int(name) in decisions.keep:
        return int(name)
    raise CompanionUnknown(request=part.plan.request, part=part.name, names=name)


def two_people(decisions: PartDecisions, kept: Sequence[KeptPath]) -> TwoPeople | None:
    """Two paths that are both said to be the requester's and stand apart in one frame; None without any.

    Drawn boxes of different ids are different people wherever they lie: an id is a person.
    """
    own = [path for path in kept if path.name not in decisions.of_companions]
    for first, second in combinations(own, 2):
        if {first.name, second.name} <= {*decisions.one_person}:
            continue
        shared = range(max(first.path.first, second.path.first), min(first.path.last, second.path.last) + 1)
        both_drawn = first.track is None and second.track is None
        for frame in shared[:: max(1, len(shared) // _MAX_COMPARED_FRAMES)]:
            box, other = first.path.box_at(frame), second.path.box_at(frame)
            if box is None or other is None:
                continue
            drawn_beside = (first.track is None) != (second.track is None) and _largely_within(box, other)
            if both_drawn or not (drawn_beside or _one_body(box, other)):
                return TwoPeople(first.name, second.name, frame)
    return None


def little_shown(plans: Sequence[CasePlan], least: float) -> tuple[CasePlan, ...]:
    """The plans that show the requester in less than this share of the frames with them; all where nobody is kept."""
    with_subject = [plan for plan in plans if plan.subject.frames]
    if not with_subject:
        return tuple(plans) if least > 0 else ()
    return tuple(plan for plan in with_subject if plan.subject.share < least)


class SubjectMeter:
    """Takes the decision of each frame of a part in order; says how much of the subject and of companions they show."""

    def __init__(self, analysis: Analysis, decisions: PartDecisions, tracks: Sequence[Track]) -> None:
        kept = kept_paths(decisions, tracks, analysis.kept.keep)
        names: frozenset[int | str] = frozenset(path.name for path in kept)
        own = names - decisions.of_companions
        beside: list[frozenset[int | str]] = [
            frozenset([*companion.tracks, *companion.boxes]) for companion in decisions.companions
        ]
        self._subject, *self._companions = (
            _PersonMeter(analysis, decisions, tracks, kept, person) for person in (own, *beside)
        )

    def see(self, decision: FrameDecision, planes: Planes) -> None:
        """Note who is visible in the next frame."""
        for meter in (self._subject, *self._companions):
            meter.see(decision, planes)

    def result(self) -> SubjectVisibility:
        """What the frames that were seen show of the subject."""
        return self._subject.result()

    def companions(self) -> tuple[SubjectVisibility, ...]:
        """What they show of each companion, in the order of the decisions."""
        return tuple(meter.result() for meter in self._companions)


class _PersonMeter:
    """The same for one person, whose tracks and drawn boxes are `person`."""

    def __init__(
        self,
        analysis: Analysis,
        decisions: PartDecisions,
        tracks: Sequence[Track],
        kept: Sequence[KeptPath],
        person: frozenset[int | str],
    ) -> None:
        self._analysis, self._tracks, self._people = analysis, tracks, EverybodyElse(analysis)
        self._own = [(number, path) for number, path in enumerate(kept) if path.name in person]
        self._others = frozenset(path.name for path in kept if path.name not in person) | {*decisions.hide}
        self._drawn_hides = len(decisions.boxes.hide)  # they come first; behind them, hidden tracks and doubts
        rows, columns = analysis.differs.shape
        self._half, self._picture = Size(columns, rows), Rect(0, 0, columns, rows)
        self._boxed: list[bool] = []
        self._causes: list[HiddenCause | None] = []

    def see(self, decision: FrameDecision, _planes: Planes) -> None:
        """Note whether the subject is visible in the next frame."""
        boxes = [(number, kept.path.box_at(decision.frame)) for number, kept in self._own]
        here = [(number, box.scaled(0.5)) for number, box in boxes if box is not None]
        self._boxed.append(bool(here))
        if not here or any(self._visible(decision.live, box) for _, box in here):
            self._causes.append(None)
        else:
            self._causes.append(self._cause(decision.frame, *max(here, key=lambda item: item[1].area)))

    def result(self) -> SubjectVisibility:
        """What the frames that were seen show of the subject."""
        boxed = [frame for frame, held in enumerate(self._boxed) if held]
        if not boxed:
            return SubjectVisibility()
        first, last = boxed[0], boxed[-1]
        causes = dict(enumerate(self._causes[first : last + 1], first))
        for start, end in runs([not held for held in self._boxed]):
            if first < start and end < last:
                causes |= dict.fromkeys(range(start, end + 1), self._gap_cause(start, end))
        for edge, step in ((first, -1), (last, 1)):
            causes |= dict.fromkeys(*self._beyond(edge, step))
        in_picture = [cause for cause in causes.values() if cause is not HiddenCause.OUTSIDE]
        visible = sum(cause is None for cause in in_picture)
        return SubjectVisibility(visible, len(in_picture), tuple(_stretches(causes)))

    def _visible(self, live: Mask, box: Rect) -> bool:
        """Whether as much of a box (half size) is live as the engine takes for worth showing."""
        own = inner(box, self._half)
        return not own.empty and int(np.count_nonzero(live[own.slices()])) >= MIN_VISIBLE_SHARE * own.area

    def _cause(self, frame: int, number: int, box: Rect) -> HiddenCause:
        """Why a kept box (half size) is hidden: by a mask or hide box over nearly all of it, by people, or by most."""
        own, analysis = inner(box, self._half), self._analysis
        if own.empty:
            return HiddenCause.OUTSIDE
        if analysis.lights[frame] is None:
            return HiddenCause.LIGHT
        hidden = self._coverings(frame)
        for cause in (HiddenCause.MASKED, HiddenCause.COVERED, HiddenCause.PEOPLE):
            if np.count_nonzero(~hidden[cause][own.slices()]) < MIN_VISIBLE_SHARE * own.area:
                return cause
        backdrop = analysis.survey.backdrops[analysis.stretch[frame]]
        hidden[HiddenCause.PEOPLE] |= self._drawn(self._people.hiding(number, frame, backdrop))
        return max(hidden, key=lambda cause: int(np.count_nonzero(hidden[cause][own.slices()])))

    def _coverings(self, frame: int) -> dict[HiddenCause, Mask]:
        """What hides pixels of a frame whoever stands there."""
        analysis = self._analysis
        backdrop = analysis.survey.backdrops[analysis.stretch[frame]]
        drawn, people = (
            self._drawn(grow_by_hide_margin(hide.scaled(0.5)) for hide in boxes_at(paths, frame))
            for paths in (analysis.kept.hide[: self._drawn_hides], analysis.kept.hide[self._drawn_hides :])
        )
        covered = drawn
        if backdrop.covered is not None:
            covered |= backdrop.covered
        return {
            HiddenCause.MASKED: analysis.masked.half if analysis.masked is not None else self._drawn(()),
            HiddenCause.COVERED: covered,
            HiddenCause.PEOPLE: people,
            HiddenCause.BACKGROUND: self._drawn(person.scaled(0.5) for person in backdrop.people) & ~covered & ~people,
        }

    def _drawn(self, boxes: Iterable[Rect]) -> Mask:
        mask = np.zeros(self._analysis.differs.shape, np.bool_)
        for box in boxes:
            mask[outer(box, self._half).slices()] = True
        return mask

    def _gap_cause(self, start: int, end: int) -> HiddenCause:
        """Why nothing is kept in these frames, by how the paths around them end and begin."""
        before = [kept for _, kept in self._own if kept.path.last == start - 1]
        after = [kept for _, kept in self._own if kept.path.first == end + 1]
        edges = [kept.track.ended for kept in before if kept.track] + [kept.track.began for kept in after if kept.track]
        if any(edge in _MET for edge in edges):
            return HiddenCause.PEOPLE
        boxes = [kept.path.keyframes[-1].box for kept in before] + [kept.path.keyframes[0].box for kept in after]
        left = all(at_border(box.scaled(0.5), self._picture) for box in boxes)
        return HiddenCause.OUTSIDE if left else HiddenCause.LOST

    def _beyond(self, edge: int, step: int) -> tuple[range, HiddenCause]:
        """The frames beyond the first (`step` -1) or last (1) kept one in which the subject is surely in the picture.

        In a group that a kept track came from or went into, or in the track of which drawn boxes hold only a part.
        """
        reach = _followed(self._tracks, self._others, step)
        known = [(edge, HiddenCause.LOST)]
        for _, kept in self._own:
            if kept.path.last != edge if step == 1 else kept.path.first != edge:
                continue
            if kept.track is not None:
                known.append((reach[kept.track.id], HiddenCause.PEOPLE))
            elif (drawn := self._track_at(kept.path, edge)) is not None:
                known.append((reach[drawn.id], HiddenCause.LOST))
        farthest, cause = max(known, key=lambda item: step * item[0])
        return range(edge + step, farthest + step, step), cause

    def _track_at(self, path: BoxPath, frame: int) -> Track | None:
        """The track of the person whom a drawn path holds in a frame."""
        box = path.box_at(frame)
        assert box is not None  # a path has a box from its first frame to its last
        there = [(track, held) for track in self._tracks if (held := track.box_at(frame)) is not None]
        alike = [(likeness(held, box.scaled(0.5)), track) for track, held in there if track.id not in self._others]
        best, track = max(alike, key=lambda item: item[0], default=(0.0, None))
        return track if best >= _MIN_LIKENESS else None


def _followed(tracks: Sequence[Track], others: frozenset[int | str], step: int) -> dict[int, int]:
    """For each track, by its number, the frame up to which (`step` 1) or from which (-1) its person is surely there.

    Who merged into a region is in it.  Of the regions that it splits into they are in one that is nobody else's, and so
    in the picture for as long as the first of them that is lost.
    """
    starting: dict[int, list[Track]] = defaultdict(list)
    for track in tracks:
        starting[_edge(track, -step)[0]].append(track)
    reach: dict[int, int] = {}
    for track in sorted(tracks, key=lambda track: step * _edge(track, -step)[0], reverse=True):
        edge, boundary, box = _edge(track, step)
        joined = [other for other in starting[edge + step] if boundary in _MET and _joins(other, box, -step)]
        if len(joined) > 1:
            joined = [other for other in joined if other.id not in others]
        ends = [reach[other.id] for other in joined]
        reach[track.id] = (min(ends) if step == 1 else max(ends)) if ends else edge
    return reach


def _edge(track: Track, step: int) -> tuple[int, TrackBoundary, Rect]:
    """The last frame (`step` 1) or the first one (-1) of a track, why it is that, and its box there."""
    if step == 1:
        return track.last, track.ended, track.boxes[-1]
    return track.first, track.began, track.boxes[0]


def _joins(track: Track, box: Rect, step: int) -> bool:
    _, boundary, near = _edge(track, step)
    return boundary in _MET and meets(box, near)


def _one_body(box: Rect, other: Rect) -> bool:
    """Whether two boxes at one time may be parts of one person: one straight above the other, and near.

    People side by side whose boxes overlap a little, or of whom one stands before the other, are two.
    """
    across = min(box.right, other.right) - max(box.x, other.x)
    along = min(box.bottom, other.bottom) - max(box.y, other.y)  # negative: a gap
    straight = across >= _BELOW_WIDTHS * min(box.w, other.w)
    return straight and -_GAP_HEIGHTS * max(box.h, other.h) <= along <= _SHARED_HEIGHTS * min(box.h, other.h)


def _largely_within(box: Rect, other: Rect) -> bool:
    """Whether a drawn box and the region of a track are of one person: the smaller lies in the other, for the most."""
    return box.overlap(other) >= _MIN_WITHIN * min(box.area, other.area)


def _stretches(causes: Mapping[int, HiddenCause | None]) -> Iterator[HiddenStretch]:
    """The runs of one cause; the frames have no hole."""
    for cause, run in groupby(sorted(causes), key=lambda frame: causes[frame]):
        frames = [*run]
        if cause is not None:
            yield HiddenStretch(frames[0], frames[-1], cause)
