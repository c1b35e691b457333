"""Privacy masks that a part of a request must cover.

The union of those in cameras.toml now and those under which the footage was recorded, so that neither a mask that was
added later nor one that was removed since shows what it hid.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection

from cctv.config.fields import Polygon
from cctv.core.i18n import join_messages
from cctv.core.time_range import Span
from cctv.db.storage import Storage
from cctv.model.ids import CameraId
from cctv.redaction.review.errors import MasksAdded
from cctv.redaction.review.plan import CasePart
from cctv.redaction.review.queries import policy_texts


def masks_in_force(site: Storage, connection: Connection, camera: CameraId, span: Span) -> tuple[Polygon, ...]:
    """The masks of a camera's footage in a span, in a fixed order."""
    settings = site.settings.cameras.get(camera)
    masks = set(settings.masks) if settings is not None else set()
    for text in policy_texts(connection, camera, span):
        masks.update(_recorded(text, camera))
    return tuple(sorted(masks))


def require_masked(site: Storage, connection: Connection, parts: Iterable[CasePart]) -> None:
    """Raises MasksAdded for parts whose analysis, pictures and backdrops leave a mask in force uncovered."""
    bare = [
        part
        for part in parts
        if set(masks_in_force(site, connection, part.plan.camera, part.plan.span)) - set(part.plan.masks)
    ]
    if bare:
        raise MasksAdded(request=bare[0].plan.request, parts=join_messages(part.name for part in bare))


def _recorded(text: str, camera: CameraId) -> Iterable[Polygon]:
    """The masks that a policy's text names; one of which only the digest is left names none."""
    for polygon in json.loads(text).get("masks", {}).get(camera, []):
        yield tuple((float(x), float(y)) for x, y in polygon)
