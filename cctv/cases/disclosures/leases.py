"""Leases: which handed copies must come back or be destroyed, and which the recipient may keep.  Pure.

A data subject's copy is theirs (Article 15(3) GDPR), also when a parent or guardian receives it in their place.  So is
one that is sent to another controller by the right to portability (Article 20(2)).  Police, fire brigade and court keep
theirs in a file of their own, unless it was agreed otherwise.  Any other recipient (nominee, proxy, insurer, lawyer)
has the copy on loan.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from cctv.core.clock import end_of_day, months_after
from cctv.model.cases import AccessRequest, RequestType
from cctv.model.disclosures import Recipient
from cctv.model.requests import Mandate, RequesterRole

FOR_SUBJECT = frozenset({Recipient.NOMINEE, Recipient.PROXY})
"""Who may end a lease by giving the copy to the data subject."""
LENT = FOR_SUBJECT | {Recipient.INSURER, Recipient.LAWYER}
"""Whose copy is a lease, whether or not an end was agreed."""


def taker(request: AccessRequest) -> Recipient:
    """Who receives the package of a request: the nominee, else the proxy, else the data subject.

    A person with custody or guardianship receives it as the subject.
    """
    if request.party(RequesterRole.NOMINEE) is not None:
        return Recipient.NOMINEE
    proxy = request.party(RequesterRole.PROXY)
    represents = proxy is not None and proxy.mandate is Mandate.GUARDIANSHIP
    return Recipient.PROXY if proxy is not None and not represents else Recipient.SUBJECT


def lease_end(
    recipient: Recipient, handed: datetime, zone: ZoneInfo, right: RequestType | None = None
) -> datetime | None:
    """When a copy without an agreed end must be back: a month after it was handed over.

    docs/policies/001.txt: "maximaal één maand".

    None where it is no lease; `right` is the type of the request that it answers.
    """
    if recipient not in LENT or (recipient is Recipient.NOMINEE and right is RequestType.PORTABILITY):
        return None
    return end_of_day(months_after(handed.astimezone(zone).date(), 1), zone)
