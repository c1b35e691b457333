"""What a disclosure may be: which recipient on which duty, with which texts.  Pure.

Police and fire brigade: "wettelijk verplicht deze gegevens af te geven" (docs/policies/003.txt).  Insurer and lawyer:
never "zonder de uitdrukkelijke toestemming" (docs/policies/000.txt), or where a law says so.  Nobody commercial.
"""

from __future__ import annotations

from cctv.casework.errors import RecipientUnfit, UnmaskedUnfit
from cctv.casework.words import checked_text
from cctv.kernel.phrases import phrase
from cctv.model.disclosures import Duty, Receiver, Recipient

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


def check_recipient(recipient: Recipient, duty: Duty, *, unmasked: bool) -> None:
    """Raises RecipientUnfit for a pair that no policy allows; UnmaskedUnfit without an order."""
    allowed = DUTIES.get(recipient, frozenset())
    if duty not in allowed:
        raise RecipientUnfit(
            recipient=recipient,
            duty=duty,
            allowed=", ".join(one.value for one in Duty if one in allowed) or phrase("no duty at all"),
        )
    if unmasked and duty is not Duty.ORDERED:
        raise UnmaskedUnfit(duty=duty)


def check_texts(receiver: Receiver) -> Receiver:
    """The same, clean; the officer alone may be left out.  Raises TextUnusable."""
    return Receiver(
        authority=checked_text(
            phrase("authority"), receiver.authority, phrase('name it: --authority "Lokale politie Oostende".')
        ),
        officer=checked_text(phrase("officer"), receiver.officer, phrase("name whoever asks, or leave --officer out."))
        if receiver.officer
        else "",
        reference=checked_text(
            phrase("reference"), receiver.reference, phrase("give the number of their file: --reference NUMBER.")
        ),
        basis=checked_text(
            phrase("basis"), receiver.basis, phrase('name the order or the law: --basis "vordering 46bis Sv.".')
        ),
    )
