"""The claims of a published text against the settings in force.

Pure: claims and settings in, findings out, each with its message.  Footage that is kept longer than the text states
breaks a promise; a text that promises more than is kept, or says nothing, is only inaccurate: both are differences, in
that order of severity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from cctv.config.policy_text import lexicon
from cctv.config.policy_text.claims import PolicyClaim, Subject, SubjectRight
from cctv.config.policy_text.reader import purposes_in
from cctv.config.schema import CameraSettings, Settings, TwoPersonAct, ZoneSettings
from cctv.core.i18n import Language, translate_to
from cctv.core.typed_time.durations import format_duration
from cctv.model.compliance import Permission
from cctv.model.legal import authority_of

# The earlier of 30 days and a month, which is 28 days at its shortest (cctv.cases.requests.deadlines).
ANSWER = timedelta(days=28)

_ALWAYS_KEPT = {
    Subject.SOUND: "no sound is ever recorded",
    Subject.PRIVATE_PLACES: "toilets and changing rooms are refused as zones and cameras",
    Subject.INCIDENT_ONLY: "a view or an extract needs an open incident, request or disclosure",
    Subject.UNTIL_SETTLED: "an incident holds its footage until it is settled",
    Subject.LOG: "every act is in the audit log",
}
_FOR_A_PERSON = {
    Subject.NO_BACKUP: "whether this is meant for registers and held footage too, which `cctv backup` copies encrypted",
    Subject.OUTSIDE_EU: "whether any of these parties sees camera footage: this program refuses parties outside the EU",
    Subject.HOSTING: "where the box stands and who keeps its back-ups; `cctv processor` refuses one outside the area",
    Subject.PENETRATION_TEST: "whether it was made this year: `cctv register show reviews` has the reports",
    Subject.IDENTITY_COPY: "a copy of the document is never stored here; the text should ask to see it, not to send it",
}


class ClaimStatus(Enum):
    """How a published text and the settings compare in one point; the most severe first."""

    BROKEN = "broken"  # what runs breaks what the text promises
    DIFFERS = "differs"  # the text says another thing than what runs, without harm
    MISSING = "missing"  # the text does not say what it must
    ASK = "ask"  # a person has to decide: it cannot be determined here
    KEPT = "kept"  # what runs keeps the promise


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of comparison.  `claim` is None where the text says nothing."""

    status: ClaimStatus
    subject: Subject
    message: str
    claim: PolicyClaim | None = None


def compare(claims: Sequence[PolicyClaim], settings: Settings) -> tuple[Finding, ...]:
    """Every point, the most severe first, and in the order of the text within one status."""
    by_subject = {subject: [claim for claim in claims if claim.subject is subject] for subject in Subject}
    findings = [
        *_camera_mentions(by_subject, settings),
        *_retention(by_subject[Subject.RETENTION], settings),
        *_purposes(by_subject, settings),
        *_authority(by_subject, settings),
        *_deadlines(by_subject, settings),
        *_customer(settings),
        *_rights(by_subject[Subject.RIGHT]),
        *_measures(by_subject, settings),
        *_outdated_law(by_subject),
    ]
    order = list(ClaimStatus)
    return tuple(
        sorted(findings, key=lambda finding: (order.index(finding.status), finding.claim.line if finding.claim else 0))
    )


def _camera_mentions(by_subject: dict[Subject, list[PolicyClaim]], settings: Settings) -> Iterator[Finding]:
    if settings.cameras and not by_subject[Subject.CAMERAS]:
        yield Finding(
            ClaimStatus.MISSING,
            Subject.CAMERAS,
            f"the text says nothing of cameras, and {len(settings.cameras)} record (Article 13 GDPR)",
        )


def _retention(claims: Sequence[PolicyClaim], settings: Settings) -> Iterator[Finding]:
    for zone in settings.zones.values():
        runs, claim = settings.limit_for(zone.id), _governing_claim(claims, zone)
        if claim is None or claim.period is None:
            yield Finding(
                ClaimStatus.MISSING,
                Subject.RETENTION,
                f"the text does not say how long footage of the zone {zone.id} ({zone.kind.value}) is kept; "
                f"it is kept {format_duration(runs)}",
            )
        elif runs > claim.period:
            yield _finding(ClaimStatus.BROKEN, claim, f"the zone {zone.id} keeps footage {_periods(runs, claim)}")
        elif runs < claim.period and not claim.at_most:
            yield _finding(ClaimStatus.DIFFERS, claim, f"the zone {zone.id} keeps footage {_periods(runs, claim)}")
        else:
            yield _finding(ClaimStatus.KEPT, claim, f"the zone {zone.id} keeps footage {_periods(runs, claim)}")


def _governing_claim(claims: Sequence[PolicyClaim], zone: ZoneSettings) -> PolicyClaim | None:
    """The claim that names the place of a zone most exactly, of equals the shortest, which binds; None without one."""
    fitting = [claim for claim in claims if not claim.kinds or zone.kind in claim.kinds]
    return min(fitting, key=lambda claim: (len(claim.kinds) or 99, claim.period or timedelta.max), default=None)


def _periods(runs: timedelta, claim: PolicyClaim) -> str:
    return f"{format_duration(runs)}, the text says {claim.wording}"


def _purposes(by_subject: dict[Subject, list[PolicyClaim]], settings: Settings) -> Iterator[Finding]:
    if not by_subject[Subject.CAMERAS]:
        return
    named = {claim.value for claim in by_subject[Subject.PURPOSE]}
    for camera in settings.cameras.values():
        lacking = sorted(purposes_in(camera.purpose) - named)
        if lacking:
            yield Finding(
                ClaimStatus.BROKEN,
                Subject.PURPOSE,
                f"the camera {camera.id} records for {' and '.join(lacking)}, which the text does not name for cameras",
            )
        elif not purposes_in(camera.purpose):
            yield Finding(
                ClaimStatus.ASK, Subject.PURPOSE, f'whether the text covers "{camera.purpose}", why {camera.id} records'
            )


def _authority(by_subject: dict[Subject, list[PolicyClaim]], settings: Settings) -> Iterator[Finding]:
    jurisdiction = settings.site.jurisdiction
    authority = translate_to(authority_of(jurisdiction).name, Language.NL)
    countries = {name: country for _, name, country in lexicon.AUTHORITIES}
    matching = [claim for claim in by_subject[Subject.AUTHORITY] if countries[claim.value] is jurisdiction]
    for claim in _distinct(by_subject[Subject.AUTHORITY]):
        if countries[claim.value] is not jurisdiction:
            message = f"the text names {claim.value}; the authority of this site is {authority}"
            yield _finding(ClaimStatus.DIFFERS, claim, message)
    if matching:
        yield _finding(ClaimStatus.KEPT, matching[0], f"the text names the authority of this site, {matching[0].value}")
    elif not by_subject[Subject.AUTHORITY]:
        message = f"the text does not name the authority where people complain: {authority} (Article 13(2)(d))"
        yield Finding(ClaimStatus.MISSING, Subject.AUTHORITY, message)
    for claim in _distinct(by_subject[Subject.COUNTRY]):
        if claim.value != jurisdiction.value:
            message = f"the text is written for {claim.value}, the site's jurisdiction is {jurisdiction.value}"
            yield _finding(ClaimStatus.DIFFERS, claim, message)


def _customer(settings: Settings) -> Iterator[Finding]:
    """Visitors are told by the controller: the text to compare with is the customer's own."""
    if settings.for_customer:
        message = (
            f"whether this is the text of {settings.controller.name}, for whom this site records: the controller "
            "informs visitors (Article 13 GDPR), and its periods are those to keep"
        )
        yield Finding(ClaimStatus.ASK, Subject.CONTROLLER, message)


def _deadlines(by_subject: dict[Subject, list[PolicyClaim]], settings: Settings) -> Iterator[Finding]:
    for claim in _distinct(by_subject[Subject.ANSWER]):
        period = claim.period or ANSWER
        if period < ANSWER:
            message = f"requests are due after 30 days or a month, whichever is earlier; the text says {claim.wording}"
            yield _finding(ClaimStatus.BROKEN, claim, message)
        else:
            yield _finding(ClaimStatus.KEPT, claim, "requests are due within 30 days and within a month")
    for claim in _distinct(by_subject[Subject.BREACH]):
        if settings.for_customer:
            message = f"whether {settings.controller.name} keeps this: this site tells it of a breach, and nobody else"
            yield _finding(ClaimStatus.ASK, claim, message)
            continue
        yield from _notification(claim, timedelta(hours=72), "the authority and the people concerned")
    for claim in _distinct(by_subject[Subject.BREACH_CONTROLLER]):
        yield from _notification(claim, timedelta(hours=18), "the controller")


def _notification(claim: PolicyClaim, runs: timedelta, whom: str) -> Iterator[Finding]:
    status = ClaimStatus.KEPT if claim.period is not None and claim.period >= runs else ClaimStatus.BROKEN
    yield _finding(status, claim, f"the clock to tell {whom} of a breach runs {runs // timedelta(hours=1)} hours")


def _rights(claims: Sequence[PolicyClaim]) -> Iterator[Finding]:
    named = {claim.value for claim in claims}
    for right in SubjectRight:
        if right.value not in named:
            message = f"the text does not name the right of {right.value} (Article 13(2)(b) GDPR)"
            yield Finding(ClaimStatus.MISSING, Subject.RIGHT, message)


def _measures(by_subject: dict[Subject, list[PolicyClaim]], settings: Settings) -> Iterator[Finding]:
    for subject, message in _ALWAYS_KEPT.items():
        yield from (_finding(ClaimStatus.KEPT, claim, message) for claim in by_subject[subject][:1])
    for subject, message in _FOR_A_PERSON.items():
        yield from (_finding(ClaimStatus.ASK, claim, message) for claim in by_subject[subject][:1])
    for claim in by_subject[Subject.TWO_FACTOR][:1]:
        promised = (TwoPersonAct.EXPORT_UNREDACTED, TwoPersonAct.HOLD_RELEASE)
        lacking = [act.value for act in promised if act not in settings.policy.two_person]
        if lacking:
            yield _finding(
                ClaimStatus.DIFFERS, claim, f"[policy] two_person does not ask a second person for {lacking[0]}"
            )
        else:
            message = "whether accounts log in with two factors: releases and unredacted exports take two persons"
            yield _finding(ClaimStatus.ASK, claim, message)
    for claim in by_subject[Subject.ROLES][:1]:
        yield _roles(claim, settings)
    for claim in by_subject[Subject.ENCRYPTED][:1]:
        yield _encrypted(claim, settings)
    for claim in by_subject[Subject.BACKUP][:1]:
        if settings.backup.recipients:
            yield _finding(ClaimStatus.KEPT, claim, "back-ups are encrypted to a recovery key")
        else:
            yield _finding(ClaimStatus.DIFFERS, claim, "[backup] names no recovery key: no back-up can be made")


def _roles(claim: PolicyClaim, settings: Settings) -> Finding:
    lacking = [permission.value for permission in Permission if permission not in settings.granted_only]
    if lacking:
        message = f"[policy] granted_only does not name {', '.join(lacking)}: any account of the box may do it"
        return _finding(ClaimStatus.DIFFERS, claim, message)
    return _finding(ClaimStatus.KEPT, claim, "viewing and exporting take a grant to the account")


def _encrypted(claim: PolicyClaim, settings: Settings) -> Finding:
    plain = sorted(camera.id for camera in settings.cameras.values() if _is_plain(camera))
    if plain:
        message = f"pictures and passwords of {', '.join(plain)} travel unencrypted: use rtsps:// and https://"
        return _finding(ClaimStatus.DIFFERS, claim, f"{message}, or a network of their own")
    return _finding(ClaimStatus.KEPT, claim, "every camera is reached by an encrypted connection")


def _is_plain(camera: CameraSettings) -> bool:
    """ONVIF may name a stream that is not encrypted, even where it is asked by https."""
    return camera.rtsp is None or not camera.rtsp.startswith("rtsps://")


def _outdated_law(by_subject: dict[Subject, list[PolicyClaim]]) -> Iterator[Finding]:
    for claim in by_subject[Subject.OUTDATED_LAW][:1]:
        message = "the law that the text relies on is gone: the act of 1992 since 2018, the Privacy Shield since 2020"
        yield _finding(ClaimStatus.DIFFERS, claim, message)


def _distinct(claims: Sequence[PolicyClaim]) -> list[PolicyClaim]:
    """The first claim of each value and period."""
    first: dict[tuple[str, timedelta | None], PolicyClaim] = {}
    for claim in claims:
        first.setdefault((claim.value, claim.period), claim)
    return list(first.values())


def _finding(status: ClaimStatus, claim: PolicyClaim, message: str) -> Finding:
    return Finding(status, claim.subject, message, claim)
