"""The plan: one digest for one outcome; several files as one run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scenes import Person, Scene, times, walk, write

from cctv.redaction.errors import PlanUnreadable, SourceUnreadable
from cctv.redaction.geometry import Box
from cctv.redaction.keep import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.options import Options, Others
from cctv.redaction.plan import PlannedSource, RedactionPlan, plan_from_json, render_plan

KEEP = KeepBoxes((BoxPath("a", (Keyframe(0, Box(1, 2, 3, 4.5)), Keyframe(9, Box(2, 2, 3, 4)))),))
SOURCES = (PlannedSource("a.mp4", "0" * 64, 0), PlannedSource("b.mp4", "1" * 64, 2_000_000))
PLAN = RedactionPlan("REQ-2026-007", "gevel-1", SOURCES, KEEP, Options())


def test_a_plan_survives_its_json():
    assert plan_from_json(PLAN.to_json(), Path("plan.json")) == PLAN


def test_whatever_changes_the_outcome_changes_the_digest():
    changed = [
        replace(PLAN, options=Options(others=Others.ABSENT)),
        replace(PLAN, keep=KeepBoxes()),
        replace(PLAN, sources=SOURCES[:1]),
        replace(PLAN, camera="gevel-2"),
    ]

    assert len({PLAN.digest, *(each.digest for each in changed)}) == 5
    assert replace(PLAN).digest == PLAN.digest


@pytest.mark.parametrize(
    "spoil", [lambda d: d.pop("mode"), lambda d: d.update(camera="x"), lambda d: d.update(schema=9)]
)
def test_a_changed_plan_is_refused(spoil):
    document = json.loads(PLAN.to_json())
    spoil(document)

    with pytest.raises(PlanUnreadable):
        plan_from_json(json.dumps(document), Path("plan.json"))


def test_several_files_render_as_one_run_with_their_own_times(tmp_path):
    person = Person(walk(20, 5))
    for name in ("a.mp4", "b.mp4"):
        write(tmp_path / name, Scene([person], frames=20))

    report = render_plan(PLAN, tmp_path, tmp_path / "out.mp4", lambda *_: None)

    assert report.frames == 40
    assert np.allclose(times(tmp_path / "out.mp4"), [n / 10 for n in range(40)], atol=0.001)


def test_files_of_two_sizes_are_no_run(tmp_path):
    write(tmp_path / "a.mp4", Scene(frames=5))
    write(tmp_path / "b.mp4", Scene(frames=5, width=160, height=120))

    with pytest.raises(SourceUnreadable, match="the one before"):
        render_plan(PLAN, tmp_path, tmp_path / "out.mp4", lambda *_: None)
    assert not (tmp_path / "out.mp4").exists()
