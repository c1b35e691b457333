"""Answering: what must be so before a request is answered, and the one transaction that answers it.

Owns the refusals (a person's mandate, identity or decision is missing) and what an answer does to holds, blocks and
footage.  The copy itself is the export room's.  Never deletes: an erasure is ordered here and taken afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.casework import requeststore
from cctv.casework.closing import end, release_own
from cctv.casework.departures import Departure, departures
from cctv.casework.erasing import order_erasure, plan_erasure
from cctv.casework.errors import AnswerNotReady, FootageThere
from cctv.casework.factstore import facts_of
from cctv.casework.missing import copy_wanted, missing, words_of
from cctv.casework.outcomes import Ending, check_ending
from cctv.casework.requests import find_request, moved, moving
from cctv.casework.states import Move, after
from cctv.db.site import Site
from cctv.kernel.phrases import listed
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, Outcome, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.ids import HoldId
from cctv.retention.removal import RemovalPlan

_HANDED_OVER = frozenset({Outcome.GRANTED, Outcome.PARTLY})


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """What answering would do; it was allowed when this was made.

    `copied` says whether a package goes with it, `erasure` what deleting would take, `releases` which holds end,
    `departures` what becomes of the footage under them where nothing is erased.
    """

    request: AccessRequest
    wanted: Ending
    ending: Ending
    copied: bool
    erasure: RemovalPlan | None
    releases: tuple[Hold, ...]
    departures: tuple[Departure, ...]

    @property
    def waiting(self) -> tuple[HoldId, ...]:
        """The holds that keep what should be erased."""
        kept = self.erasure.held if self.erasure else ()
        return tuple(dict.fromkeys(hold for one in kept for hold in one.holds))


def plan_answer(connection: Connection, site: Site, request_id: str, wanted: Ending) -> AnswerPlan:
    """Check that a request may be answered so, and say what that would do.

    Raises RequestUnknown, RequestClosed, MoveRefused, what `check_ending` raises; AnswerNotReady, FootageThere (13).
    """
    request = moving(connection, site, request_id, Move.ANSWER)
    ending = check_ending(request.type, request.state, wanted)
    facts = facts_of(connection, site, request)
    waiting = [step for step in missing(facts, site.clock.now()) if step.must]
    if waiting and ending.outcome is not Outcome.REFUSED:
        needs = listed(words_of(step) for step in waiting)
        raise AnswerNotReady(id=request.id, missing=needs, following=waiting[0].line)
    if ending.outcome is Outcome.NO_FOOTAGE and facts.has_footage:
        raise FootageThere(id=request.id)
    erasure = plan_erasure(connection, request) if _erases(request, ending) else None
    if erasure is not None and erasure.held and ending.outcome is Outcome.GRANTED and not copy_wanted(request):
        ending = Ending(Outcome.PARTLY, None, ending.reason)  # the rest waits for the holds of others
    ends = after(request.type, request.state, Move.ANSWER) is not RequestState.RESTRICTED
    own = tuple(holds.holds_of(connection, request.id)) if ends else ()
    leaving = departures(connection, own, site.clock.now()) if own and erasure is None else ()
    copied = copy_wanted(request) and ending.outcome in _HANDED_OVER
    return AnswerPlan(request, wanted, ending, copied, erasure, own, leaving)


def answer(connection: Connection, site: Site, plan: AnswerPlan, package: str | None) -> AccessRequest:
    """Answer in the caller's transaction, as it was planned; `package` is the id of the copy, if there is one.

    The caller hands `plan.releases` to `finish` after the commit, and then takes what was ordered erased.  Raises what
    `plan_answer` raises where things moved.
    """
    now = plan_answer(connection, site, plan.request.id, plan.wanted)
    request, ending = now.request, now.ending
    requeststore.mark_answered(connection, request.id, ending.outcome, ending.ground, site.clock.now())
    facts: audit.Facts = {
        "outcome": ending.outcome.value,
        "ground": ending.ground.value if ending.ground else "none",
        "package": package or "none",
    }
    audit.append(
        connection, site, Act.REQUEST_ANSWERED, request.id, case_id=request.id, facts=facts, reason=ending.reason
    )
    if now.erasure is not None:
        release_own(connection, site, now.releases, f"{request.id}: its footage is to be erased")
        order_erasure(connection, site, request)
    request = find_request(connection, request.id)
    if after(request.type, request.state, Move.ANSWER) is RequestState.CLOSED:
        end(connection, site, request, ending, Move.ANSWER)
    else:
        moved(connection, request, Move.ANSWER)
        if now.erasure is None and request.type is RequestType.ERASURE:
            release_own(connection, site, now.releases, f"{request.id} answered: {ending.outcome.value}")
    return find_request(connection, request.id)


def _erases(request: AccessRequest, ending: Ending) -> bool:
    if ending.outcome not in _HANDED_OVER:
        return False
    return request.type is RequestType.ERASURE or request.state is RequestState.UPHELD
