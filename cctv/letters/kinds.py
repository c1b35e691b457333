"""Kinds of letter.  Owns their names.  Pure.

Adding a kind means a name here, a class in `answers` or `notices`, a specimen and three templates; the tests find what
is missing.
"""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """Every letter.  The value is the name of its template and its word on the command line; never rename one."""

    RECEIPT = "receipt"
    IDENTITY_ASKED = "identity-asked"
    EXTENSION = "extension"
    ACCESS_ANSWER = "access-answer"
    PORTABILITY_ANSWER = "portability-answer"
    VIEWING_INVITATION = "viewing-invitation"
    NO_FOOTAGE = "no-footage"
    NOT_IDENTIFIABLE = "not-identifiable"
    RESTRICTION_CONFIRMED = "restriction-confirmed"
    RESTRICTION_LIFTED = "restriction-lifted"
    BLOCK_YIELDED = "block-yielded"
    OBJECTION_UPHELD = "objection-upheld"
    OBJECTION_REJECTED = "objection-rejected"
    OBJECTION_WITHDRAWN = "objection-withdrawn"
    ERASURE_CONFIRMED = "erasure-confirmed"
    ERASURE_PARTLY = "erasure-partly"
    RECTIFICATION_RECORDED = "rectification-recorded"
    REFUSAL = "refusal"
    COMPLAINT_ACKNOWLEDGED = "complaint-acknowledged"
    COMPLAINT_DECIDED = "complaint-decided"
    PACKAGE_RECEIPT = "package-receipt"
    BREACH_CONTROLLER = "breach-controller"
    BREACH_AUTHORITY = "breach-authority"
    BREACH_PEOPLE = "breach-people"
    BREACH_PUBLIC = "breach-public"
    POLICY_CHANGED = "policy-changed"
    WORKSTATION_CHECK = "workstation-check"
