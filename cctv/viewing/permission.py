"""Permission to view footage: an open case that holds it, a grant where one is required, no block.

Logs every refusal in the audit log.  Reads no picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.grants import require
from cctv.cases.errors.requests import FootageBlocked, GroundClosed, GroundUnknown, GroundUnreadable
from cctv.cases.footage_status import find_footage
from cctv.cases.holds import find_ground
from cctv.cases.requests.blocks import require_unblocked
from cctv.cases.two_person import sign_look
from cctv.config.fields import Polygon
from cctv.config.schema import SecondFactorUse
from cctv.core.clock import iso
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_, Message, enum_label
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import derived_directory
from cctv.footage.segments import segments_of
from cctv.holds.store import holds_of
from cctv.model.audit import Act
from cctv.model.compliance import Permission
from cctv.model.footage import Segment
from cctv.model.ids import CameraId, id_in
from cctv.redaction.review.prepare import split_into_parts
from cctv.redaction.review.privacy_masks import masks_in_force
from cctv.retention.copies import VIEWS


class NotCovered(CctvError):
    """{case} does not justify looking at {camera} over that span: no hold of it covers it; the refusal is in the log.

    next: look at what it is about (cctv hold list), or hold it: cctv hold place --ground {case} --cameras {camera}
    """

    exit_code = Exit.NOT_PERMITTED


class NothingToSee(CctvError):
    """There is no footage of {camera} in that span: {cause}.

    next: cctv footage list --cameras {camera}
    """

    exit_code = Exit.NO_FOOTAGE


@dataclass(frozen=True, slots=True)
class Look:
    """What may be viewed: unbroken stretches of one camera, in order, and the masks that cover them."""

    case: str
    camera: CameraId
    span: Span
    stretches: tuple[tuple[Segment, ...], ...]
    masks: tuple[Polygon, ...]


def require_view(
    site: Storage, case_id: str, camera: CameraId, span: Span, what: str, *, reason: str | None, dry_run: bool
) -> Look:
    """Footage that a case may view of a camera in a span.

    Raises GroundUnreadable, GroundUnknown, GroundClosed, NotGranted, NotCovered, FootageBlocked, NothingToSee; all but
    the last are logged as refusals of `what`: an unknown or settled case by the id that was typed.  LookSigned, with
    the first signature committed, or LookAsked while the policy requires a second person; a dry run shows no picture
    and signs nothing.
    """
    require(site, Permission.VIEW)
    case = id_in(case_id)
    try:
        with read_transaction(site.engine) as connection:
            case = find_ground(connection, site, case_id).case_id
            _require_covered(connection, case, camera, span)
            require_unblocked(connection, site, case, [camera], span)
            stretches = tuple(split_into_parts(segments_of(connection, camera, span)))
            masks = masks_in_force(site, connection, camera, span)
    except (GroundUnreadable, GroundUnknown, GroundClosed, NotCovered, FootageBlocked) as error:
        with write_transaction(site.engine) as connection:
            facts: AuditFacts = {"what": what, "camera": camera, "span": str(span), "exit": int(error.exit_code)}
            append_entry(connection, site, Act.USE_REFUSED, case or camera, case_id=case, facts=facts)
        raise
    if not stretches:
        raise NothingToSee(camera=camera, cause=_cause(site, camera, span))
    require_code(site, SecondFactorUse.VIEW, dry_run=dry_run)
    if not dry_run:
        _require_signed(site, case, camera, span, what, reason)
    return Look(case, camera, span, stretches, masks)


def views_directory(site: Storage, case_id: str) -> Path:
    """`derived/INC-YYYY-NNN/views`, created when it is missing."""
    directory = derived_directory(site.root, case_id) / VIEWS
    site.disk.make_directory(directory)
    return directory


def _require_signed(site: Storage, case: str, camera: CameraId, span: Span, what: str, reason: str | None) -> None:
    line = f"cctv {what} --case {case} --camera {camera} --from {iso(span.start)} --to {iso(span.end)}"
    with write_transaction(site.engine) as connection:
        refusal = sign_look(connection, site, case, camera, span, reason=reason, line=line)
    if refusal is not None:
        raise refusal


def _require_covered(connection: Connection, case: str, camera: CameraId, span: Span) -> None:
    """Raises NotCovered unless a hold of the case covers the span: a case may view what it holds, and no more."""
    own = [hold.span for hold in holds_of(connection, case) if camera in hold.cameras]
    if not any(held.start <= span.start and span.end <= held.end for held in own):
        raise NotCovered(case=case, camera=camera)


def _cause(site: Storage, camera: CameraId, span: Span) -> Message:
    (status,) = find_footage(site, [camera], span)
    if status.gone:
        return N_("it was deleted: {reason}", reason=status.gone[0].reason)
    if status.unrecorded:
        cause = status.unrecorded[0].cause
        why = enum_label(cause) if cause is not None else N_("the first recording began later")
        return N_("it was not recorded ({why})", why=why)
    return N_("it is still being written, or still to come")
