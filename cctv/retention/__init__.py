"""Retention: which footage must go, when, and why; and the sweep that makes it so."""

from cctv.retention.explain import Explanation, explain
from cctv.retention.guards import guards_now
from cctv.retention.plan import Plan, make_plan, overdue
from cctv.retention.policy import Action, Decision, decide, lead
from cctv.retention.resident import LONGEST_SLEEP, sleep_for
from cctv.retention.store import last_refusal, last_sweep
from cctv.retention.sweeper import SweepReport, sweep_once

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
]
