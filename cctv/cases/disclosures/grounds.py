"""On which ground unredacted footage leaves: which recipient, in which country, with which facts.  Pure.

Police and fire brigade: "wettelijk verplicht deze gegevens af te geven" (docs/policies/003.txt).  Insurer and lawyer:
never "zonder de uitdrukkelijke toestemming" (docs/policies/000.txt), or where a law says so.  No one commercial, and no
one outside the area that the policies promise (docs/policies/001.txt, 003.txt).

An order, a law and a consent are three grounds, each with facts of its own that a person can look up afterwards: free
words are none.  Whether they are true is for the person who approves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from cctv.cases.compliance.processors import checked_country
from cctv.cases.errors.disclosures import (
    GroundForeign,
    GroundIncomplete,
    GroundLater,
    GroundUnnamed,
    RecipientUnfit,
    UnmaskedUnfit,
)
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_
from cctv.model.disclosures import Duty, Receiver, Recipient
from cctv.model.legal import Area

_PUBLIC = frozenset({Duty.ORDERED, Duty.OBLIGED, Duty.VOLUNTARY})
_PRIVATE = frozenset({Duty.ORDERED, Duty.OBLIGED, Duty.CONSENT})
DUTIES: dict[Recipient, frozenset[Duty]] = {
    Recipient.POLICE: _PUBLIC,
    Recipient.FIRE_BRIGADE: _PUBLIC,
    Recipient.COURT: _PUBLIC,
    Recipient.INSURER: _PRIVATE,
    Recipient.LAWYER: _PRIVATE,
}
"""Who may receive unredacted footage, and on which duties.  A data subject never does."""

_DIGIT = re.compile(r"\d")
# Words that name nobody: a consent of "everybody" cannot be looked up, nor withdrawn by anybody.
_NOBODY_TEXT = (
    "a all anyone everybody everyone nobody of the people persons visitors present picture in consent "
    "alle alles allen iedereen aanwezigen bezoekers de het van personen mensen toestemming beeld op "
    "tous toutes tout le monde les personnes visiteurs présents consentement image dans l"
)
_NOBODY = frozenset(_NOBODY_TEXT.split())


@dataclass(frozen=True, slots=True)
class _Fact:
    """A fact of a ground: the field of `Receiver`, the option that gives it, whether it is a day."""

    field: str
    option: str
    is_day: bool = False


_LAW = _Fact("law", "--law")
FACTS: dict[Duty, tuple[_Fact, ...]] = {
    Duty.ORDERED: (
        _Fact("order_by", "--order-by"),
        _Fact("order_number", "--order-number"),
        _Fact("order_on", "--order-on", is_day=True),
    ),
    Duty.OBLIGED: (_LAW,),
    Duty.CONSENT: (
        _Fact("consent_of", "--consent-of"),
        _Fact("consent_on", "--consent-on", is_day=True),
        _Fact("consent_record", "--consent-record"),
    ),
    Duty.VOLUNTARY: (),
}
"""The facts that each ground needs.  An order may name its law too; a report of an offence names its incident."""


def check_recipient(recipient: Recipient, duty: Duty, *, unmasked: bool) -> None:
    """Raises RecipientUnfit for a pair that no policy allows; UnmaskedUnfit without an order."""
    allowed = DUTIES.get(recipient, frozenset())
    if duty not in allowed:
        raise RecipientUnfit(
            recipient=recipient,
            duty=duty,
            allowed=", ".join(candidate.value for candidate in Duty if candidate in allowed) or N_("no duty at all"),
        )
    if unmasked and duty is not Duty.ORDERED:
        raise UnmaskedUnfit(duty=duty)


def check_receiver(duty: Duty, receiver: Receiver, area: Area, today: date) -> Receiver:
    """The same, clean; the officer alone may be left out.

    Raises TextUnusable, HiddenSign, CountryUnreadable; OutsideArea (12); what `check_facts` raises.
    """
    following = N_("it does not leave: tell them so, or let an authority inside ask for it.")
    return replace(
        check_facts(duty, receiver, today),
        authority=checked_text(
            N_("authority"), receiver.authority, N_('name it: --authority "Lokale politie Oostende".')
        ),
        officer=checked_text(N_("officer"), receiver.officer, N_("name whoever asks, or leave --officer out."))
        if receiver.officer
        else "",
        reference=checked_text(
            N_("reference"), receiver.reference, N_("give the number of their file: --reference NUMBER.")
        ),
        country=checked_country(N_("The recipient"), receiver.country, area, following),
    )


def check_facts(duty: Duty, receiver: Receiver, today: date) -> Receiver:
    """The facts of a ground, clean.

    Raises GroundIncomplete, GroundForeign, GroundUnnamed, GroundLater; TextUnusable, HiddenSign.
    """
    own = FACTS[duty]
    missing = [fact.option for fact in own if not getattr(receiver, fact.field).strip()]
    if missing:
        raise GroundIncomplete(duty=duty, missing=", ".join(missing))
    allowed = (*own, _LAW) if duty is Duty.ORDERED else own
    for fact in (fact for facts in FACTS.values() for fact in facts if fact not in allowed):
        if getattr(receiver, fact.field):
            raise GroundForeign(duty=duty, option=fact.option)
    given = {fact: getattr(receiver, fact.field) for fact in allowed if getattr(receiver, fact.field)}
    for fact, value in given.items():
        if fact.is_day and date.fromisoformat(value) > today:
            raise GroundLater(option=fact.option, when=date.fromisoformat(value))
    texts = {
        fact.field: checked_text(
            N_("text of {option}", option=fact.option),
            value,
            N_("say what stands on the paper: {option}.", option=fact.option),
        )
        for fact, value in given.items()
        if not fact.is_day
    }
    _refuse_unnamed(texts)
    return replace(receiver, **texts)


def _refuse_unnamed(texts: dict[str, str]) -> None:
    if (law := texts.get("law")) is not None and not _DIGIT.search(law):
        raise GroundUnnamed(
            option="--law",
            problem=N_("no article of a law is in it"),
            following=N_('name the article: --law "Article 9 Camera Act".'),
        )
    if (number := texts.get("order_number")) is not None and not _DIGIT.search(number):
        raise GroundUnnamed(
            option="--order-number",
            problem=N_("no number is in it"),
            following=N_("give the number that stands on the order."),
        )
    if (names := texts.get("consent_of")) is not None and set(re.findall(r"\w+", names.casefold())) <= _NOBODY:
        raise GroundUnnamed(
            option="--consent-of",
            problem=N_("no person is named in it"),
            following=N_('name each of them: --consent-of "An Peeters, Bart Maes".'),
        )
