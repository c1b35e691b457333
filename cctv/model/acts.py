"""Acts: what the audit log records, by whom.  No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Act(Enum):
    """Everything that changes, shows or refuses something.  The value is the word in the log; never rename one."""

    STORAGE_CREATED = "storage.created"
    DISK_ADOPTED = "disk.adopted"
    POLICY_CHANGED = "policy.changed"
    POLICY_ADOPTED = "policy.adopted"
    RECORDING_STARTED = "recording.started"
    RECORDING_STOPPED = "recording.stopped"
    FOOTAGE_QUARANTINED = "footage.quarantined"
    FOOTAGE_ADOPTED = "footage.adopted"
    FOOTAGE_MISSING = "footage.missing"
    INDEX_RECONCILED = "index.reconciled"
    INDEX_REBUILT = "index.rebuilt"
    DELETION_ORDERED = "deletion.ordered"
    SWEEP_DONE = "sweep.done"
    SWEEP_REFUSED = "sweep.refused"
    SWEEP_ACCEPTED = "sweep.accepted"
    CLOCK_ACCEPTED = "clock.accepted"
    SEGMENT_DELETED = "segment.deleted"
    TOMBSTONES_FOLDED = "tombstones.folded"
    CERTIFICATE_MADE = "certificate.made"
    HOLD_PLACED = "hold.placed"
    HOLD_ADOPTED = "hold.adopted"
    HOLD_RENEWED = "hold.renewed"
    RELEASE_ASKED = "release.asked"
    HOLD_RELEASED = "hold.released"
    HOLDS_CONFIRMED = "holds.confirmed"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_SETTLED = "incident.settled"
    REQUEST_OPENED = "request.opened"
    REQUEST_SCOPED = "request.scoped"
    REQUEST_CONFIRMED = "request.confirmed"
    REQUEST_LAPSED = "request.lapsed"
    REQUEST_CLOSED = "request.closed"
    BLOCK_PLACED = "block.placed"
    BLOCK_LIFTED = "block.lifted"
    USE_REFUSED = "use.refused"
    REDACTION_PREPARED = "redaction.prepared"
    REDACTION_KEPT = "redaction.kept"
    REDACTION_HIDDEN = "redaction.hidden"
    REDACTION_BACKDROP = "redaction.backdrop"
    REDACTION_REVIEWED = "redaction.reviewed"
    REDACTION_PREVIEWED = "redaction.previewed"
    REDACTION_APPROVED = "redaction.approved"
    EXPORT_BUILT = "export.built"
    EXPORT_REFUSED = "export.refused"
    EXPORT_DELETED = "export.deleted"
    DERIVED_DELETED = "derived.deleted"
    CAMERA_STILL = "camera.still"
    BREACH_OPENED = "breach.opened"
    BREACH_CHANGED = "breach.changed"
    BREACH_TOLD = "breach.told"
    BREACH_MEASURES = "breach.measures"
    BREACH_CLOSED = "breach.closed"
    PROCESSOR_ADDED = "processor.added"
    PROCESSOR_CHANGED = "processor.changed"
    PROCESSOR_ENDED = "processor.ended"
    GRANT_GIVEN = "grant.given"
    GRANT_WITHDRAWN = "grant.withdrawn"
    GRANT_MISSED = "grant.missed"
    CAMERAS_DECLARED = "cameras.declared"
    REGISTER_SHOWN = "register.shown"
    BACKUP_MADE = "backup.made"
    HELD_COPIED = "backup.held"
    BACKUP_RESTORED = "backup.restored"
    HELD_RETURNED = "footage.returned"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a unix account, and the person on whose call (`--for NAME`), if another."""

    account: str
    on_behalf_of: str | None = None
