"""Casework: incidents, requests and disclosures, their holds, their deadlines, and what exists of their footage.

Others use `disclosures` by its module, for what concerns those alone.
"""

from cctv.casework.blocks import require_unblocked, require_usable
from cctv.casework.closing import Closure, close_request, plan_closure
from cctv.casework.deadlines import days_left, due, due_date
from cctv.casework.departures import Departure, Fate, departures
from cctv.casework.erasing import Erased, erase_ordered
from cctv.casework.extension import Extended, extend, plan_extension
from cctv.casework.factstore import facts_of, open_facts
from cctv.casework.forgetting import forget_due
from cctv.casework.found import Found, Gone, Unrecorded, find_footage
from cctv.casework.grounds import find_ground, ground_of
from cctv.casework.holding import (
    NewHold,
    PlacedHold,
    ReleasedHold,
    hold_file,
    list_holds,
    place_hold,
    plan_hold,
    plan_release,
    plan_renewal,
    release_hold,
    renew_hold,
)
from cctv.casework.identity import NewCheck, add_party, check_identity
from cctv.casework.incidents import (
    IncidentFile,
    NewIncident,
    OpenedIncident,
    Settlement,
    find_incident,
    incident_file,
    list_incidents,
    open_incident,
    plan_settlement,
    settle_incident,
)
from cctv.casework.missing import Need, RequestFacts, Step, missing, next_line
from cctv.casework.opening import NewRequest, OpenedRequest, check_request, open_request
from cctv.casework.outcomes import GROUNDS, Ending
from cctv.casework.registerforgetting import forget_registers
from cctv.casework.requests import RequestFile, find_request, list_requests, request_file
from cctv.casework.rights import YieldTo, add_statement, decide_objection, lift, plan_yield, yield_block
from cctv.casework.scope import (
    Forecast,
    Scoped,
    change_scope,
    confirm_scope,
    end_lapsed,
    plan_confirmation,
    plan_freeze,
    plan_scope,
)
from cctv.casework.sending import Sent, mark_sent

__all__ = [
    "GROUNDS",
    "Closure",
    "Departure",
    "Ending",
    "Erased",
    "Extended",
    "Fate",
    "Forecast",
    "Found",
    "Gone",
    "IncidentFile",
    "Need",
    "NewCheck",
    "NewHold",
    "NewIncident",
    "NewRequest",
    "OpenedIncident",
    "OpenedRequest",
    "PlacedHold",
    "ReleasedHold",
    "RequestFacts",
    "RequestFile",
    "Scoped",
    "Sent",
    "Settlement",
    "Step",
    "Unrecorded",
    "YieldTo",
    "add_party",
    "add_statement",
    "change_scope",
    "check_identity",
    "check_request",
    "close_request",
    "confirm_scope",
    "days_left",
    "decide_objection",
    "departures",
    "due",
    "due_date",
    "end_lapsed",
    "erase_ordered",
    "extend",
    "facts_of",
    "find_footage",
    "find_ground",
    "find_incident",
    "find_request",
    "forget_due",
    "forget_registers",
    "ground_of",
    "hold_file",
    "incident_file",
    "lift",
    "list_holds",
    "list_incidents",
    "list_requests",
    "mark_sent",
    "missing",
    "next_line",
    "open_facts",
    "open_incident",
    "open_request",
    "place_hold",
    "plan_closure",
    "plan_confirmation",
    "plan_extension",
    "plan_freeze",
    "plan_hold",
    "plan_release",
    "plan_renewal",
    "plan_scope",
    "plan_settlement",
    "plan_yield",
    "release_hold",
    "renew_hold",
    "request_file",
    "require_unblocked",
    "require_usable",
    "settle_incident",
    "yield_block",
]
