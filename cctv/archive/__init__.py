"""The archive: footage on disk and in the index.  `disposal` is the only place that deletes footage."""

from typing import TYPE_CHECKING

from cctv.kernel.lazy import exports

if TYPE_CHECKING:
    from cctv.archive.comparing import disk_and_index, is_locked
    from cctv.archive.coverage import Missing, Parts, overlapping, part, unexplained
    from cctv.archive.ingesting import ingest
    from cctv.archive.inventories import Inventory, NoFootage, absence, inventory
    from cctv.archive.layout import incoming_directory, recorder_lock, sweeper_lock
    from cctv.archive.quarantine import quarantined
    from cctv.archive.rebuilding import plan_rebuild, rebuild
    from cctv.archive.reconciliation import reconcile, reconcile_locked
    from cctv.archive.recover import RecoveryReport, recover_incoming
    from cctv.archive.repairstore import count_segments, lost_under_holds
    from cctv.archive.runs import anchor_run, begin_run, close_gap, end_run, note_clock_offset, open_gap
    from cctv.archive.runstore import Run, archived_cameras, gaps_of, runs_of
    from cctv.archive.storage import adopt_disk, create_storage, refuse_occupied
    from cctv.archive.store import (
        candidates,
        find_segment,
        held_over,
        next_limit,
        segments_of,
        tombstones_of,
    )
    from cctv.archive.verification import verify_footage

__getattr__ = exports(
    __name__,
    {
        "comparing": (
            "disk_and_index",
            "is_locked",
        ),
        "coverage": (
            "Missing",
            "Parts",
            "overlapping",
            "part",
            "unexplained",
        ),
        "ingesting": ("ingest",),
        "inventories": (
            "Inventory",
            "NoFootage",
            "absence",
            "inventory",
        ),
        "layout": (
            "incoming_directory",
            "recorder_lock",
            "sweeper_lock",
        ),
        "quarantine": ("quarantined",),
        "rebuilding": (
            "plan_rebuild",
            "rebuild",
        ),
        "reconciliation": (
            "reconcile",
            "reconcile_locked",
        ),
        "recover": (
            "RecoveryReport",
            "recover_incoming",
        ),
        "repairstore": (
            "count_segments",
            "lost_under_holds",
        ),
        "runs": (
            "anchor_run",
            "begin_run",
            "close_gap",
            "end_run",
            "note_clock_offset",
            "open_gap",
        ),
        "runstore": (
            "Run",
            "archived_cameras",
            "gaps_of",
            "runs_of",
        ),
        "storage": (
            "adopt_disk",
            "create_storage",
            "refuse_occupied",
        ),
        "store": (
            "candidates",
            "find_segment",
            "held_over",
            "next_limit",
            "segments_of",
            "tombstones_of",
        ),
        "verification": ("verify_footage",),
    },
)

__all__ = [
    "Inventory",
    "Missing",
    "NoFootage",
    "Parts",
    "RecoveryReport",
    "Run",
    "absence",
    "adopt_disk",
    "anchor_run",
    "archived_cameras",
    "begin_run",
    "candidates",
    "close_gap",
    "count_segments",
    "create_storage",
    "disk_and_index",
    "end_run",
    "find_segment",
    "gaps_of",
    "held_over",
    "incoming_directory",
    "ingest",
    "inventory",
    "is_locked",
    "lost_under_holds",
    "next_limit",
    "note_clock_offset",
    "open_gap",
    "overlapping",
    "part",
    "plan_rebuild",
    "quarantined",
    "rebuild",
    "reconcile",
    "reconcile_locked",
    "recorder_lock",
    "recover_incoming",
    "refuse_occupied",
    "runs_of",
    "segments_of",
    "sweeper_lock",
    "tombstones_of",
    "unexplained",
    "verify_footage",
]
