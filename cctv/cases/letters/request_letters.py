"""Letters of a request, made of what the case holds, kept under `letters/REQ-YYYY-NNN/`.

Responsible for turning a request into a letter's facts, and for where letters are stored:

1. `draft` renders the letters and writes their files, flushed   (crash: a file without a row; anonymising removes it)
2. `enter` inserts their rows and audit entries in the caller's transaction

File names carry the request's id and the letter's kind, never a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.queries import select_processors
from cctv.cases.disclosures.queries import select_disclosures
from cctv.cases.errors.requests import NobodyToWriteTo
from cctv.cases.footage_status import Fate, ReleaseEffect
from cctv.cases.requests.anonymise import letters_directory
from cctv.cases.requests.needs import letter_address
from cctv.cases.requests.queries import MadeLetter, checks_of, insert_letter, letters_of
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.holds.store import find_hold
from cctv.letters.facts import Addressee, Asked, LetterTemplate, Processing, RecipientFacts
from cctv.letters.letter import Letter, LetterFacts
from cctv.letters.render import render, text_of
from cctv.letters.sender import controller_as_addressee, processing_of, sender_of, templates_of
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.disclosures import Disclosure, Recipient
from cctv.model.holds import GroundKind
from cctv.model.requests import LetterKind, RequesterRole

_PEOPLE = frozenset(
    {Recipient.SUBJECT, Recipient.NOMINEE, Recipient.PROXY}
)  # their copies are answers, and listed as such


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that can be entered: its text, and the files that were written for it."""

    kind: LetterKind
    text: str
    files: Mapping[str, str] = field(default_factory=dict)  # path relative to the storage: hex SHA-256 of the PDF


def asked_of(site: Storage, request: AccessRequest) -> Asked:
    """The type, day of receipt, cameras and span of a request, as letters state them, and how long it is held."""
    until = request.lapses
    return Asked(
        type=request.type,
        received=local_day(site, request.received),
        cameras=request.cameras,
        span=request.span,
        kept_until=local_day(site, until) if until else None,
        lapsed=until is not None and (request.provisional_hold is None or until <= site.clock.now()),
    )


def local_day(site: Storage, at: datetime) -> date:
    """The day of an instant in the site's time zone."""
    return at.astimezone(site.settings.site.timezone).date()


def processing_for(site: Storage, request: AccessRequest) -> Processing:
    """How the cameras of a request process, the processors, and to whom its footage was handed.

    Raises WordsUntranslated.
    """
    with read_transaction(site.engine) as connection:
        processors = select_processors(connection)
        recipients = recipients_of(connection, site, request)
    cameras = request.cameras or tuple(site.settings.cameras)  # not known which: all that may have filmed the person
    return processing_of(site.settings, cameras, request.language, processors, recipients)


def what_becomes(site: Storage, leaving: Sequence[ReleaseEffect]) -> tuple[date | None, GroundKind | None]:
    """What becomes of footage under released holds: the day by which it is deleted, or the ground that keeps it.

    The day is None where another hold keeps some of it; both are None where there is no footage.
    """
    now = site.clock.now()
    hold_id = next((effect.holds[0] for effect in leaving if effect.fate is Fate.STILL_HELD), None)
    if hold_id is not None:
        with read_transaction(site.engine) as connection:
            return None, find_hold(connection, hold_id).ground.kind
    return (local_day(site, max([now, *(effect.last_limit for effect in leaving)])) if leaving else None), None


def recipients_of(connection: Connection, site: Storage, request: AccessRequest) -> tuple[RecipientFacts, ...]:
    """To whom footage of a request's cameras and span was handed, except answers to data subjects."""
    return tuple(
        RecipientFacts(disclosure.receiver.authority, disclosure.recipient, local_day(site, disclosure.handed.at))
        for disclosure in select_disclosures(connection, closed_too=True)
        if disclosure.handed and disclosure.recipient not in _PEOPLE and _overlaps(disclosure, request)
    )


def letter_of(site: Storage, request: AccessRequest, facts: LetterFacts) -> Letter:
    """A letter to the requester, to `letter_address`, or to the controller that it is passed on to.

    Raises NobodyToWriteTo, SenderUnknown.
    """
    today, sender = local_day(site, site.clock.now()), sender_of(site.settings, facts.kind)
    if facts.kind is LetterTemplate.PASSED_ON:
        return Letter(
            site.settings.site.language, request.id, today, sender, controller_as_addressee(site.settings), facts
        )
    requester = request.requester
    if requester is None:
        raise NobodyToWriteTo(id=request.id)
    with read_transaction(site.engine) as connection:
        address = letter_address(request, requester, checks_of(connection, request.id))
    subject = request.party(RequesterRole.SUBJECT)
    addressee = Addressee(
        name=requester.name,
        lines=address_lines(address),
        capacity=requester.role,
        on_behalf_of=subject.name if subject and requester.role is not RequesterRole.SUBJECT else None,
        mandate=requester.mandated,
    )
    return Letter(request.language, request.id, today, sender, addressee, facts)


def draft(
    site: Storage,
    request: AccessRequest,
    kind: LetterKind,
    facts: Sequence[LetterFacts],
    enclosed: Mapping[str, bytes] | None = None,
    *,
    dry_run: bool = False,
) -> Draft:
    """Render the letters of one kind and write them with their enclosures; a dry run renders their text only.

    Raises SenderUnknown, WordsUntranslated (10), FactMissing (13).
    """
    templates = templates_of(site.settings)
    written = [letter_of(site, request, letter_facts) for letter_facts in facts]
    if dry_run:
        return Draft(kind, "\n\n".join(text_of(letter, templates)[0] for letter in written))
    rendered = [render(letter, templates) for letter in written]
    folder = letters_directory(site, request.id)
    site.disk.make_directory(folder)
    files: dict[str, str] = {}
    for output in rendered:
        stem = _free_stem(site, request, kind, len(files))
        site.disk.write(folder / f"{stem}.pdf", output.pdf)
        site.disk.write(folder / f"{stem}.txt", output.text.encode())
        files[site.relative(folder / f"{stem}.pdf")] = hashlib.sha256(output.pdf).hexdigest()
    for name, data in (enclosed or {}).items():
        site.disk.write(folder / name, data)
    return Draft(kind, "\n\n".join(output.text for output in rendered), files)


def letter_files(site: Storage, request_id: str) -> dict[str, Path]:
    """The files of a request's letters, by their names; raises PathOutside where a link is in the folder's place."""
    folder = letters_directory(site, request_id)
    if not folder.is_dir():
        return {}
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink()}


def enter(connection: Connection, site: Storage, request: AccessRequest, drafted: Draft) -> tuple[MadeLetter, ...]:
    """Insert the rows of drafted letters in the caller's transaction, each with its audit entry."""
    entered = tuple(
        MadeLetter(request.id, drafted.kind, path, sha256, site.clock.now(), site.actor.account)
        for path, sha256 in drafted.files.items()
    )
    for letter in entered:
        insert_letter(connection, letter)
        facts: AuditFacts = {"letter": drafted.kind.value, "sha256": letter.sha256}
        append_entry(connection, site, Act.LETTER_MADE, request.id, case_id=request.id, facts=facts)
    return entered


def _free_stem(site: Storage, request: AccessRequest, kind: LetterKind, more: int) -> str:
    """`receipt`, then `receipt-2`: an earlier letter is never overwritten."""
    with read_transaction(site.engine) as connection:
        existing = sum(letter.kind is kind for letter in letters_of(connection, request.id))
    number = existing + more + 1
    return f"{request.id}-{kind.value}" + (f"-{number}" if number > 1 else "")


def _overlaps(disclosure: Disclosure, request: AccessRequest) -> bool:
    if request.span is None or not set(disclosure.cameras) & set(request.cameras):
        return False
    return disclosure.span.overlaps(request.span)


def address_lines(address: str) -> tuple[str, ...]:
    """A postal address has a line for each part; a mail address is one."""
    return (address,) if "@" in address else tuple(part.strip() for part in address.split(",") if part.strip())
