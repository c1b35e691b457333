"""The answer to a request: the copy, then one transaction that ends the request, then the ordered erasure.

1. the package, built and committed, unless one of the same plans exists      (crash: the next call uses it)
2. the letter, written                                    (crash: a file without a row; it is deleted with the request)
3. answer, outcome, released holds and order to erase, committed              (crash: the sweep does the rest)
4. files of released holds, and the footage
5. the copy handed over, where that was requested: its disclosure             (crash: `cctv export deliver` does it)

Responsible for that order.  A package is rebuilt when a decision, a recording or an approval changed after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cctv.cases.disclosures.leases import taker
from cctv.cases.letters.answer_letters import LetterCopy, Wording, facts_for
from cctv.cases.letters.request_letters import Draft, draft, enter, local_day
from cctv.cases.requests.answer import AnswerPlan, answer, plan_answer, sign_answer
from cctv.cases.requests.close import Erased, ErasurePlan, erase_ordered, finish, require_agreed
from cctv.cases.requests.outcomes import RequestOutcome
from cctv.core.durable import LockHeld, sha256_file
from cctv.core.errors import GuardError
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import match_files
from cctv.letters.facts import HiddenFacts, ShownFacts
from cctv.model.cases import AccessRequest
from cctv.model.disclosures import Method
from cctv.model.ids import CameraId
from cctv.model.requests import HiddenCause, LetterKind
from cctv.packages.build import build, plan_build
from cctv.packages.deliver import Delivered, deliver
from cctv.packages.folder import is_current, package_folder
from cctv.packages.manifest import MANIFEST, Manifest, Output
from cctv.packages.queries import PackageRow, select_packages
from cctv.redaction.review.case import Progress, silent, unapproved
from cctv.redaction.review.queries import parts_of


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered, with its copy and what was erased.

    `delayed` is the reason why the ordered erasure is not done yet: a sweep under way, or a guard.
    """

    request: AccessRequest
    plan: AnswerPlan
    package: PackageRow | None
    letter: Draft | None = None
    erased: Erased | None = None
    delayed: str | None = None
    handed: Delivered | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """The folder into which a copy is handed over at once, and the method."""

    to: Path
    method: Method


def prepare_answer(
    site: Storage, request_id: str, outcome: RequestOutcome, wording: Wording | None, progress: Progress = silent
) -> Answered:
    """What `answer_request` would do, with the letter's text where no package must be built first.

    Raises what `answer_request` raises.
    """
    with read_transaction(site.engine) as connection:
        plan = plan_answer(connection, site, request_id, outcome)
    package = _current_package(site, plan.request) if plan.copied else None
    if plan.copied and package is None:
        plan_build(site, plan.request.id, progress)
    if wording is None or (plan.copied and package is None):
        return Answered(plan.request, plan, package)
    return Answered(plan.request, plan, package, _write_letter(site, plan, wording, package, dry_run=True))


def answer_request(
    site: Storage,
    request_id: str,
    outcome: RequestOutcome,
    wording: Wording | None,
    progress: Progress = silent,
    hand_over: HandOver | None = None,
    agreed: ErasurePlan | None = None,
) -> Answered:
    """Answer a request; without `wording` no letter is made, without `hand_over` the copy waits in exports/.

    `agreed` is the erasure that a person agreed to.  Raises what `plan_answer`, `require_agreed`, `sign_answer` (which
    answers nothing while a second person is required) and, with a copy, `build` raise; for the letter BalanceMissing,
    BasisMissing, SenderUnknown, WordsUntranslated, FactMissing.
    """
    match_files(site)  # holds of others that an older index does not know keep what an erasure would promise to delete
    with read_transaction(site.engine) as connection:
        plan = plan_answer(connection, site, request_id, outcome)
    if plan.erasure is not None:
        require_agreed(plan.request.id, plan.erasure, agreed)
    sign_answer(site, plan)
    package = None
    if plan.copied:
        package = _current_package(site, plan.request) or build(site, plan.request.id, progress).package
        if hand_over is not None:
            _hand_over(site, plan.request, package, hand_over, dry_run=True)
    letter = _write_letter(site, plan, wording, package) if wording is not None else None
    with write_transaction(site.engine) as connection:
        if letter is not None:
            enter(connection, site, plan.request, letter)
        request = answer(connection, site, plan, package.id if package else None, agreed)
    finish(site, request, plan.releases)
    answered = Answered(request, plan, package, letter)
    if plan.erasure is not None:
        try:
            (erased,) = erase_ordered(site, request.id)
            answered = replace(answered, erased=erased)
        except (LockHeld, GuardError) as error:
            answered = replace(answered, delayed=error.phrase)
    if package is None or hand_over is None:
        return answered
    return replace(answered, handed=_hand_over(site, plan.request, package, hand_over, dry_run=False))


def _hand_over(
    site: Storage, request: AccessRequest, package: PackageRow, way: HandOver, *, dry_run: bool
) -> Delivered:
    return deliver(site, package.id, way.to, way.method, taker(request), dry_run=dry_run)


def _write_letter(
    site: Storage, plan: AnswerPlan, wording: Wording, package: PackageRow | None, *, dry_run: bool = False
) -> Draft | None:
    """The letter of an answer, written; None where there is none of its kind."""
    copy = None
    if package is not None:
        manifest = Manifest.from_json((package_folder(site, package) / MANIFEST).read_bytes())
        copy = LetterCopy(
            id=package.id,
            made=local_day(site, package.built),
            videos=len(manifest.outputs),
            manifest_sha256=package.manifest_sha256,
            expires=local_day(site, package.expires),
            shown=tuple(_shown(output) for output in manifest.outputs),
        )
    with read_transaction(site.engine) as connection:
        if copy is not None:
            consents = [consent for part in parts_of(connection, plan.request.id) for consent in part.consents]
            copy = replace(copy, consents=tuple(dict.fromkeys(consents)))
        facts = facts_for(connection, site, plan, wording, copy)
    if not facts.letters:
        return None
    return draft(site, plan.request, LetterKind.ANSWER, facts.letters, facts.enclosed, dry_run=dry_run)


def _shown(output: Output) -> ShownFacts:
    """What a video shows of the requester, as the letter says it; frames in which they were elsewhere do not count."""
    hidden = [stretch for stretch in output.subject.hidden if stretch.cause != HiddenCause.OUTSIDE.value]
    return ShownFacts(
        CameraId(output.camera),
        Span(output.span.start, output.span.end),
        output.subject.visible,
        output.subject.frames,
        tuple(
            HiddenFacts(Span(stretch.span.start, stretch.span.end), HiddenCause(stretch.cause)) for stretch in hidden
        ),
    )


def _current_package(site: Storage, request: AccessRequest) -> PackageRow | None:
    """Return the newest package of this request that still matches what is approved and asked, or None."""
    with read_transaction(site.engine) as connection:
        packages = select_packages(connection, request.id)
        parts = parts_of(connection, request.id)
    if not parts or unapproved(request, parts):
        return None
    for package in reversed(packages):
        path = package_folder(site, package) / MANIFEST
        if package.deleted is not None or package.expires <= site.clock.now() or not path.is_file():
            continue
        if sha256_file(path) != package.manifest_sha256:
            continue
        manifest = Manifest.from_json(path.read_bytes())
        built = {output.plan_sha256 for output in manifest.outputs}
        if built == {part.digest for part in parts} and is_current(manifest, request):
            return package
    return None
