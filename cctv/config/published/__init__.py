"""A published privacy text, read for what it promises of cameras, and held against the settings in force.

Owns the three steps: a file to text (`textfile`), a text to claims (`reading`), claims against settings (`comparing`).
The last two are pure.  Reads Dutch, French and English by their fixed phrases; what it does not recognise it does not
guess at, so an empty list means that nothing was found, never that a lawyer has read the text.
"""

from cctv.config.published.claims import Claim, Subject
from cctv.config.published.comparing import Finding, Verdict, compare
from cctv.config.published.reading import read_claims
from cctv.config.published.textfile import PolicyTextDiffers, PolicyTextUnreadable, policy_text

__all__ = [
    "Claim",
    "Finding",
    "PolicyTextDiffers",
    "PolicyTextUnreadable",
    "Subject",
    "Verdict",
    "compare",
    "policy_text",
    "read_claims",
]
