"""Who may look at which footage: an open case that holds it, an account with a grant where one is asked for, no block.

Every refusal is in the log.  Reads no picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.archive import segments_of
from cctv.casework.blocks import require_unblocked
from cctv.casework.duties import require
from cctv.casework.errors import FootageBlocked
from cctv.casework.found import find_footage
from cctv.casework.grounds import find_ground
from cctv.config.fields import Polygon
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.phrases import Phrase, coded, phrase
from cctv.kernel.span import Span
from cctv.model.accountability import Permission
from cctv.model.acts import Act
from cctv.model.footage import Segment
from cctv.model.ids import CameraId
from cctv.redaction.case.cut import cut
from cctv.redaction.case.masks import masks_in_force
from cctv.redaction.viewing.errors import NotCovered, NothingToSee

VIEWS = "views"


@dataclass(frozen=True, slots=True)
class Look:
    """What may be looked at: unbroken stretches of one camera, in order, and the masks that cover them."""

    case: str
    camera: CameraId
    span: Span
    stretches: tuple[tuple[Segment, ...], ...]
    masks: tuple[Polygon, ...]


def require_view(site: Site, case_id: str, camera: CameraId, span: Span, what: str) -> Look:
    """Let a case look at a camera over a span.

    Raises GroundUnknown, GroundClosed, NotGranted, NotCovered, FootageBlocked, NothingToSee; the last four are logged
    as refusals of `what`, NothingToSee excepted.
    """
    require(site, Permission.VIEW)
    with reading(site.engine) as connection:
        case = find_ground(connection, site, case_id).case_id
    try:
        with reading(site.engine) as connection:
            _require_covered(connection, case, camera, span)
            require_unblocked(connection, site, case, [camera], span)
            stretches = tuple(cut(segments_of(connection, camera, span)))
            masks = masks_in_force(site, connection, camera, span)
    except (NotCovered, FootageBlocked) as error:
        with writing(site.engine) as connection:
            facts: audit.Facts = {"what": what, "camera": camera, "span": str(span), "exit": int(error.exit_code)}
            audit.append(connection, site, Act.USE_REFUSED, case, case_id=case, facts=facts)
        raise
    if not stretches:
        raise NothingToSee(camera=camera, cause=_cause(site, camera, span))
    return Look(case, camera, span, stretches, masks)


def views_directory(site: Site, case_id: str) -> Path:
    """`derived/INC-YYYY-NNN/views`, made when it is missing."""
    directory = site.root / "derived" / case_id / VIEWS
    site.disk.make_directory(directory)
    return directory


def _require_covered(connection: Connection, case: str, camera: CameraId, span: Span) -> None:
    """What a case may look at is what it holds: no more than it is about."""
    own = [hold.span for hold in holds.holds_of(connection, case) if camera in hold.cameras]
    if not any(one.start <= span.start and span.end <= one.end for one in own):
        raise NotCovered(case=case, camera=camera)


def _cause(site: Site, camera: CameraId, span: Span) -> Phrase:
    (found,) = find_footage(site, [camera], span)
    if found.gone:
        return phrase("it was deleted: {reason}", reason=found.gone[0].reason)
    if found.unrecorded:
        cause = found.unrecorded[0].cause
        why = coded(cause) if cause is not None else phrase("the first recording began later")
        return phrase("it was not recorded ({why})", why=why)
    return phrase("it is still being written, or still to come")
