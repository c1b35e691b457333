"""Whether a letter has every fact that it needs.

Responsible for the rule that a field without a default has a value, unless it is `MayBeEmpty`.  Pure.  Errors name the
path of a fact and never its value, which may be personal data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, get_type_hints

from cctv.core.i18n import N_, Message
from cctv.core.text import hidden_sign
from cctv.letters.answers import IdentityAsked, Refusal
from cctv.letters.errors import FactMissing, FactUnusable
from cctv.letters.facts import MAY_BE_EMPTY, Engaged, LetterTemplate, ProcessorFacts
from cctv.letters.letter import Letter
from cctv.letters.notices import BreachToAuthority, ComplaintDecided
from cctv.model.cases import CaseOutcome
from cctv.model.legal import Area
from cctv.model.requests import RefusalGround, RequesterRole

IN_TIME = timedelta(hours=72)  # Article 33(1)
# Letters to who acts for another that answer nothing, so that they are made before a mandate was seen.
_BEFORE_MANDATE = frozenset(
    {
        LetterTemplate.RECEIPT,
        LetterTemplate.IDENTITY_ASKED,
        LetterTemplate.SCOPE_ASKED,
        LetterTemplate.EXTENSION,
        LetterTemplate.REFUSAL,
        LetterTemplate.OBJECTION_REJECTED,
        LetterTemplate.OBJECTION_WITHDRAWN,
        LetterTemplate.RESTRICTION_LIFTED,
        LetterTemplate.BLOCK_YIELDED,
        LetterTemplate.COMPLAINT_ACKNOWLEDGED,
        LetterTemplate.COMPLAINT_DECIDED,
    }
)
_SENDER = N_("give it in [controller] of cameras.toml, then `cctv config check`.")
_CASE = N_("give it to the command that makes this letter; its --help names the option.")


def require_complete(letter: Letter) -> None:
    """Raise FactMissing or FactUnusable unless the letter can be made without an empty or a false field."""
    absent = missing_facts(letter)
    if absent:
        following = _SENDER if absent[0].startswith("sender.") else _CASE
        raise FactMissing(kind=letter.kind.value, missing=", ".join(absent), following=following)
    for path, value in _facts_by_path(letter):
        if problem := _problem_of(value):
            raise FactUnusable(kind=letter.kind.value, fact=path, problem=problem, following=_CASE)


def missing_facts(letter: Letter) -> tuple[str, ...]:
    """The missing facts, by their path (`sender.dpo`, `facts.package.id`)."""
    absent = [path for path, value in _facts_by_path(letter) if _is_empty(value)]
    if letter.addressee is None:
        absent += [] if letter.kind is LetterTemplate.BREACH_PUBLIC else ["addressee"]
    elif letter.addressee.capacity is not RequesterRole.SUBJECT:
        needed = ("on_behalf_of",) if letter.kind in _BEFORE_MANDATE else ("on_behalf_of", "mandate")
        absent += [f"addressee.{name}" for name in needed if not getattr(letter.addressee, name)]
    facts = letter.facts
    if isinstance(facts, Refusal) and facts.ground is RefusalGround.ABUSIVE and not facts.evidence:
        absent.append("facts.evidence")
    if isinstance(facts, IdentityAsked) and not facts.ways and not facts.proofs:
        absent.append("facts.ways")
    if not absent and isinstance(facts, BreachToAuthority) and _is_late_without_reason(facts):
        absent.append("facts.late_reason")
    if isinstance(facts, ComplaintDecided) and facts.finding is not CaseOutcome.REFUSED and not facts.measures:
        absent.append("facts.measures")
    return tuple(absent)


def _is_late_without_reason(facts: BreachToAuthority) -> bool:
    return facts.told - facts.breach.aware > IN_TIME and not facts.late_reason


def _facts_by_path(value: Any, path: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401  # any dataclass of facts
    """Yield every value with its path, recursing into dataclasses and tuples; skips what is empty and may be so."""
    for field in fields(value):
        fact, fact_path = getattr(value, field.name), f"{path}{field.name}"
        if _is_empty(fact) and (field.default is not MISSING or field.name in _may_be_empty(type(value))):
            continue
        elements = enumerate(fact, 1) if isinstance(fact, tuple) else ()
        for item_path, item in [(fact_path, fact), *((f"{fact_path}[{number}]", item) for number, item in elements)]:
            yield item_path, item
            if is_dataclass(item):
                yield from _facts_by_path(item, f"{item_path}.")


def _is_empty(value: object) -> bool:
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def _may_be_empty(kind: type[Any]) -> frozenset[str]:
    """The names of the fields that are `MayBeEmpty`."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if MAY_BE_EMPTY in getattr(hint, "__metadata__", ()))


def _problem_of(value: object) -> Message | None:
    if isinstance(value, str) and hidden_sign(value, "\n") is not None:
        return N_("holds a control character")
    if isinstance(value, datetime) and value.tzinfo is None:
        return N_("has no time zone")
    if isinstance(value, ProcessorFacts | Engaged) and not Area.EEA.holds(value.country):
        return N_("is outside the European Economic Area, and letters say that nothing goes there")
    return None
