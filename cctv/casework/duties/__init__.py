"""Duties of the controller around the footage: breaches and their clocks, processors, grants, declarations, checks.

Owns their rules (pure: `clocks`) and their acts; each act and its audit entry share a transaction.  What happened, what
was done and why is free text of the case: it goes with `audit.forget`.
"""

from cctv.casework.duties.breaches import (
    BreachFile,
    Findings,
    NewBreach,
    add_measures,
    assess,
    breach_file,
    close_breach,
    list_breaches,
    open_breach,
    tell,
)
from cctv.casework.duties.clocks import Clock, clocks, declaration_due, workstations_due
from cctv.casework.duties.declarations import declare, list_declarations
from cctv.casework.duties.grants import give_grant, list_grants, require, withdraw_grant
from cctv.casework.duties.processors import (
    NewProcessor,
    add_processor,
    audited,
    end_processor,
    engage,
    list_processors,
)
from cctv.casework.duties.workstations import check_workstations, list_checks

__all__ = [
    "BreachFile",
    "Clock",
    "Findings",
    "NewBreach",
    "NewProcessor",
    "add_measures",
    "add_processor",
    "assess",
    "audited",
    "breach_file",
    "check_workstations",
    "clocks",
    "close_breach",
    "declaration_due",
    "declare",
    "end_processor",
    "engage",
    "give_grant",
    "list_breaches",
    "list_checks",
    "list_declarations",
    "list_grants",
    "list_processors",
    "open_breach",
    "require",
    "tell",
    "withdraw_grant",
    "workstations_due",
]
