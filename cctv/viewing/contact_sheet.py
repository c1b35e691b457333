"""The contact sheet: stills of one camera at even steps, on one page that opens from disk.

1. audit entry, committed      (crash: the log names a view that was not made)
2. the page, flushed           (crash: a .part that the next sweep removes with the folder)
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.clock import to_us
from cctv.core.text import isolated
from cctv.core.time_range import Span
from cctv.core.worker_messages import Nonsense, is_count
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.model.audit import Act
from cctv.model.footage import Segment
from cctv.model.ids import CameraId
from cctv.redaction.decoding import Decoding, believed, decode_apart
from cctv.redaction.review.case import Progress, silent
from cctv.redaction.review.sheet.thumbnails import Bgr, bgr
from cctv.redaction.video.reader import Reading, clip_of
from cctv.retention.copies import view_stem
from cctv.viewing.permission import Look, require_view, views_directory

MOST = 60  # stills: a page that a person can still survey
_WIDTH_PIXELS = 480  # pixels of a still: enough to see what happened, too few to publish
_QUALITY = 80
_JPEG = b"\xff\xd8\xff"
_MOST_CODED = 1 << 20  # signs of a still in base64; of that width it has 60,000


@dataclass(frozen=True, slots=True)
class ContactSheet:
    """The page, and the instants of its stills."""

    path: Path
    times: tuple[datetime, ...]


def show(
    site: Storage, case_id: str, camera: CameraId, span: Span, *, stills: int, reason: str | None, dry_run: bool = False
) -> ContactSheet:
    """Write a page with at most `stills` stills of a span.

    Raises what `require_view` raises, SourceUnreadable (15) for a segment that cannot be decoded, WorkerFailed (15).
    """
    look = require_view(site, case_id, camera, span, "footage show", reason=reason, dry_run=dry_run)
    times = instants(look, min(stills, MOST))
    if dry_run:
        return ContactSheet(site.root / "derived" / look.case, times)
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"camera": camera, "span": str(span), "stills": len(times)}
        append_entry(connection, site, Act.FOOTAGE_VIEWED, look.case, case_id=look.case, facts=facts, reason=reason)
    pictures = list(_pictures(site, look, times))
    zone = site.settings.site.timezone
    page = _template().render(
        language=site.settings.site.language.value,
        case=look.case,
        camera=camera,
        site=site.settings.site.name,
        stills=[(f"{at.astimezone(zone):%d/%m/%Y %H:%M:%S}", _data(picture)) for at, picture in pictures],
    )
    path = views_directory(site, look.case) / f"{camera}_{view_stem(span, site.clock.now())}.html"
    site.disk.write(path, page.encode())
    return ContactSheet(path, tuple(at for at, _ in pictures))


def instants(look: Look, count: int) -> tuple[datetime, ...]:
    """At most `count` instants with footage, evenly spread over what there is of it.  Pure."""
    pieces = [
        piece
        for stretch in look.stretches
        for segment in stretch
        if (piece := segment.span.intersection(look.span)) is not None
    ]
    whole = sum((piece.duration for piece in pieces), timedelta())
    step = whole / max(count, 1)
    chosen: list[datetime] = []
    passed = timedelta()
    for piece in pieces:
        while len(chosen) < count and (at := step * len(chosen) + step / 2 - passed) < piece.duration:
            chosen.append(piece.start + at)
        passed += piece.duration
    return tuple(chosen)


def _pictures(site: Storage, look: Look, times: tuple[datetime, ...]) -> Iterator[tuple[datetime, bytes]]:
    """The first picture at or after each instant as JPEG, decoded by a worker; raises WorkerFailed."""
    for stretch in look.stretches:
        if not any(segment.span.start <= at < segment.span.end for segment in stretch for at in times):
            continue
        decoding = Decoding(tuple(inside(site.root, segment.path) for segment in stretch))
        told = decode_apart(partial(_stills, site, look, stretch, times), decoding, silent)
        with believed(decoding):
            yield from ((times[number], picture) for number, picture in checked_stills(told, len(times)))


def _stills(
    site: Storage, look: Look, stretch: tuple[Segment, ...], times: tuple[datetime, ...], _progress: Progress
) -> list[list[object]]:
    """In the worker: the number of each instant that has a picture, and the picture in base64."""
    told: list[list[object]] = []
    for segment in stretch:
        wanted = [at for at in times if segment.span.start <= at < segment.span.end]
        if wanted:
            told += [[times.index(at), _coded(picture)] for at, picture in _of_segment(site, look, segment, wanted)]
    return told


def checked_stills(told: object, count: int) -> list[tuple[int, bytes]]:
    """The pictures that a worker tells, of `count` instants; raises Nonsense."""
    if not isinstance(told, list) or len(told) > count:
        raise Nonsense
    stills: list[tuple[int, bytes]] = []
    for item in told:
        match item:
            case [number, str(text)] if is_count(number, count - 1) and len(text) <= _MOST_CODED:
                try:
                    stills.append((number, base64.b64decode(text, validate=True)))
                except ValueError as error:
                    raise Nonsense from error
            case _:
                raise Nonsense
    numbers = [number for number, _ in stills]
    if numbers != sorted(set(numbers)) or not all(picture.startswith(_JPEG) for _, picture in stills):
        raise Nonsense
    return stills


def _of_segment(site: Storage, look: Look, segment: Segment, wanted: list[datetime]) -> Iterator[tuple[datetime, Bgr]]:
    start = to_us(segment.span.start)
    clip = replace(clip_of([inside(site.root, segment.path)], [0]), masks=look.masks)
    for at in wanted:
        reading = Reading(clip.within(to_us(at) - start, to_us(segment.span.end) - start))
        for planes in reading:
            yield at, bgr(planes)
            break


def _data(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _coded(picture: Bgr) -> str:
    height, width = picture.shape[:2]
    if width > _WIDTH_PIXELS:
        picture = cv2.resize(
            picture, (_WIDTH_PIXELS, round(height * _WIDTH_PIXELS / width)), interpolation=cv2.INTER_AREA
        )  # type: ignore[assignment]
    encoded, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert encoded
    return base64.b64encode(data.tobytes()).decode()


@cache
def _template() -> Template:
    loader = PackageLoader("cctv.viewing")
    environment = Environment(
        loader=loader, autoescape=True, finalize=isolated, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("contact.html")
