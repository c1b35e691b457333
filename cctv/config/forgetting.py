"""How long each register names people after its entry has ended; then the sweep erases their names and all free text.

Owns the defaults.  Pure.  Articles are those of the GDPR.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

_YEAR = timedelta(days=365)
_CLAIMS = (
    5 * _YEAR
)  # a claim for damage lapses after five years (BE: article 2262bis of the old Civil Code, NL: 3:310 BW)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """`[policy] forget_*`, counted from when a request was closed, an incident settled, an engagement ended, ...

    requests, complaints: whether one is repetitive (Article 12(5)) and how it was handled can be answered for a year.
    incidents, with the reasons of their holds: insurer and police have a file of their own by then.
    disclosures: who asked for footage on which order, while somebody may claim that it was wrong.
    breaches: the documentation that the authority may verify (Article 33(5)).
    processors: who answered for what (Article 28), while somebody may claim damage (Article 82).
    grants: why an account was given or lost a permission; the account itself stays in the log.
    checks: who signed for the workstations.
    """

    requests: timedelta = _YEAR
    complaints: timedelta = _YEAR
    incidents: timedelta = _YEAR
    disclosures: timedelta = _CLAIMS
    breaches: timedelta = _CLAIMS
    processors: timedelta = _CLAIMS
    grants: timedelta = _CLAIMS
    checks: timedelta = 2 * _YEAR
