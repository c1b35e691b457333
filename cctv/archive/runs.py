"""Runs and gaps: when a camera was recorded under which policy, and why it was not in between.

A run fixes zone, period and policy version for all its segments: a later policy never lengthens what was promised at
recording.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cctv import audit
from cctv.archive import runstore
from cctv.archive.runstore import Run
from cctv.db.engine import writing
from cctv.db.site import Site
from cctv.kernel.span import Span
from cctv.model.acts import Act
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId


def begin_run(site: Site, camera: CameraId) -> Run:
    """Fix zone, period and policy version for the recording that starts now."""
    settings, now = site.settings, site.clock.now()
    zone, policy = settings.cameras[camera].zone, settings.policy_digest
    with writing(site.engine) as connection:
        if runstore.insert_policy(connection, policy, settings.policy_text, now):
            audit.append(connection, site, Act.POLICY_CHANGED, policy)
        run = runstore.insert_run(
            connection, camera=camera, zone=zone, policy=policy, period=settings.limit_for(zone), started=now
        )
        facts: audit.Facts = {"run": run.id, "zone": zone, "policy": policy}
        audit.append(connection, site, Act.RECORDING_STARTED, camera, facts=facts)
    return run


def anchor_run(site: Site, run: Run, anchor: datetime) -> None:
    """Record the wall time of the run's media time 0."""
    with writing(site.engine) as connection:
        runstore.set_anchor(connection, run.id, anchor)


def note_clock_offset(site: Site, run: Run, offset: timedelta) -> None:
    """Keep by how much the camera's own clock was off when the run began: the text in its picture is off by that."""
    with writing(site.engine) as connection:
        runstore.set_clock_offset(connection, run.id, offset)


def end_run(site: Site, run: Run, at: datetime, cause: GapCause) -> None:
    """Close a run whose last frame ended at `at`; what follows is a gap with that cause."""
    with writing(site.engine) as connection:
        runstore.set_end(connection, run.id, at)
        runstore.begin_gap(connection, run.camera, at, cause)
        facts: audit.Facts = {"run": run.id, "cause": cause.value}
        audit.append(connection, site, Act.RECORDING_STOPPED, run.camera, facts=facts)


def open_gap(site: Site, camera: CameraId, at: datetime, cause: GapCause) -> None:
    """Begin a gap, or give the one that lasts its newer cause."""
    with writing(site.engine) as connection:
        runstore.begin_gap(connection, camera, at, cause)


def close_gap(site: Site, camera: CameraId, at: datetime) -> None:
    """End the gap that lasts, if one does, at the first frame of what follows."""
    with writing(site.engine) as connection:
        runstore.finish_gap(connection, camera, at)


def note_gap(site: Site, camera: CameraId, span: Span, cause: GapCause) -> None:
    """A gap that is over by the time that it is known: frames that are missing inside a run."""
    with writing(site.engine) as connection:
        runstore.insert_gap(connection, camera, span, cause)


def rename_gap(site: Site, camera: CameraId, at: datetime, cause: GapCause) -> None:
    """From then on the gap that lasts has another cause; nothing where none lasts, or one of that cause."""
    with writing(site.engine) as connection:
        lasting = runstore.lasting_gap(connection, camera)
        if lasting is not None and lasting.cause is not cause:
            runstore.finish_gap(connection, camera, at)
            runstore.begin_gap(connection, camera, at, cause)
