"""Retention: which footage must go, when, and why; and the sweep that makes it so."""

from typing import TYPE_CHECKING

from cctv.kernel.lazy import exports

if TYPE_CHECKING:
    from cctv.retention.adoption import zones_to_adopt
    from cctv.retention.explanations import Explanation, explain
    from cctv.retention.guards import guards_now
    from cctv.retention.plan import Plan, make_plan, overdue
    from cctv.retention.policy import Action, Decision, decide, lead
    from cctv.retention.resident import LONGEST_SLEEP, sleep_for
    from cctv.retention.store import last_refusal, last_sweep
    from cctv.retention.sweeper import SweepReport, sweep_once

__getattr__ = exports(
    __name__,
    {
        "adoption": ("zones_to_adopt",),
        "explanations": (
            "Explanation",
            "explain",
        ),
        "guards": ("guards_now",),
        "plan": (
            "Plan",
            "make_plan",
            "overdue",
        ),
        "policy": (
            "Action",
            "Decision",
            "decide",
            "lead",
        ),
        "resident": (
            "LONGEST_SLEEP",
            "sleep_for",
        ),
        "store": (
            "last_refusal",
            "last_sweep",
        ),
        "sweeper": (
            "SweepReport",
            "sweep_once",
        ),
    },
)

__all__ = [
    "LONGEST_SLEEP",
    "Action",
    "Decision",
    "Explanation",
    "Plan",
    "SweepReport",
    "decide",
    "explain",
    "guards_now",
    "last_refusal",
    "last_sweep",
    "lead",
    "make_plan",
    "overdue",
    "sleep_for",
    "sweep_once",
    "zones_to_adopt",
]
