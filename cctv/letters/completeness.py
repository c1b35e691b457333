"""Whether a letter has every fact that it needs.

Owns the rule: a field without a default holds something, unless it is `Known`.  Pure.  Never repeats a fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, get_type_hints

from cctv.core.i18n import N_, Message
from cctv.letters.errors import FactMissing, FactUnusable
from cctv.letters.facts import MAY_BE_EMPTY, Engaged, LetterTemplate, ProcessorFacts
from cctv.letters.letter import Letter
from cctv.letters.notices import BreachToAuthority, ComplaintDecided
from cctv.model.cases import CaseOutcome
from cctv.model.legal import Area
from cctv.model.requests import RequesterRole

IN_TIME = timedelta(hours=72)  # Article 33(1)
_SENDER = N_("give it in [controller] of cameras.toml, then `cctv config check`.")
_CASE = N_("give it to the command that makes this letter; its --help names the option.")


def require_complete(letter: Letter) -> None:
    """Raise FactMissing or FactUnusable unless the letter can be made without an empty or a false field."""
    absent = missing_facts(letter)
    if absent:
        following = _SENDER if absent[0].startswith("sender.") else _CASE
        raise FactMissing(kind=letter.kind.value, missing=", ".join(absent), following=following)
    for path, value in _held(letter):
        if problem := _problem(value):
            raise FactUnusable(kind=letter.kind.value, fact=path, problem=problem, following=_CASE)


def missing_facts(letter: Letter) -> tuple[str, ...]:
    """The facts that are not there, by their path (`sender.dpo`, `facts.package.id`)."""
    absent = [path for path, value in _held(letter) if _is_empty(value)]
    if letter.addressee is None:
        absent += [] if letter.kind is LetterTemplate.BREACH_PUBLIC else ["addressee"]
    elif letter.addressee.capacity is not RequesterRole.SUBJECT:
        absent += [f"addressee.{name}" for name in ("on_behalf_of", "mandate") if not getattr(letter.addressee, name)]
    facts = letter.facts
    if not absent and isinstance(facts, BreachToAuthority) and _unexplained(facts):
        absent.append("facts.late_reason")
    if isinstance(facts, ComplaintDecided) and facts.finding is not CaseOutcome.REFUSED and not facts.measures:
        absent.append("facts.measures")
    return tuple(absent)


def _unexplained(facts: BreachToAuthority) -> bool:
    return facts.told - facts.breach.aware > IN_TIME and not facts.late_reason


def _held(value: Any, path: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401  # any dataclass of facts
    """Every value by its path, into dataclasses and tuples; what may be empty and is stays out."""
    for one in fields(value):
        held, where = getattr(value, one.name), f"{path}{one.name}"
        if _is_empty(held) and (one.default is not MISSING or one.name in _optional(type(value))):
            continue
        items = enumerate(held, 1) if isinstance(held, tuple) else ()
        for place, item in [(where, held), *((f"{where}[{number}]", item) for number, item in items)]:
            yield place, item
            if is_dataclass(item):
                yield from _held(item, f"{place}.")


def _is_empty(value: object) -> bool:
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def _optional(kind: type[Any]) -> frozenset[str]:
    """The fields that are `Known`: given, and perhaps empty."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if MAY_BE_EMPTY in getattr(hint, "__metadata__", ()))


def _problem(value: object) -> Message | None:
    if isinstance(value, str) and any(ord(sign) < 32 and sign != "\n" for sign in value):
        return N_("holds a control character")
    if isinstance(value, datetime) and value.tzinfo is None:
        return N_("has no time zone")
    if isinstance(value, ProcessorFacts | Engaged) and not Area.EEA.holds(value.country):
        return N_("is outside the European Economic Area, and letters say that nothing goes there")
    return None
