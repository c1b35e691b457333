"""Letters about a new privacy policy, to everyone whom the registers can reach (docs/policies/002.txt: "per e-mail").

Responsible for who still has to be informed of the policy version of cameras.toml.  For each person:

1. the letter's files are written and flushed   (crash: files without a row; the next call writes them again)
2. one transaction inserts a row for each case and the audit entry

Files and rows carry the ids of cases and no names.  Sends nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import ChangesUntold, LettersUnplaced, PolicyNotYet
from cctv.cases.letters.request_letters import address_lines, local_day
from cctv.cases.registers.addressees import ReachedRequester, policy_since, reachable_people
from cctv.cases.requests.queries import cases_told, insert_policy_letter
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_, Language
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.letters.facts import Addressee
from cctv.letters.letter import Letter
from cctv.letters.notices import PolicyChanged
from cctv.letters.render import render, text_of
from cctv.letters.sender import sender_of, templates_of
from cctv.model.audit import Act

_VERSION_HEX_DIGITS = 8  # of the policy version in a file's name


@dataclass(frozen=True, slots=True)
class PolicyNews:
    """What changes, in each language; `where` the full text is; `since` when, None for when it came into force."""

    changes: Mapping[Language, Sequence[str]]
    where: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class PolicyLetter:
    """One person's letter: the cases that they are known by, its text and its files; none in a dry run."""

    cases: tuple[str, ...]
    language: Language
    text: str
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyTold:
    """People by their first case: `written` to now, `before`, and without an address in the registers."""

    policy: str
    since: date
    written: tuple[PolicyLetter, ...]
    before: tuple[str, ...]
    unreachable: tuple[str, ...]


def tell_policy(
    site: Storage, folder: Path, news: PolicyNews, *, again: bool = False, dry_run: bool = False
) -> PolicyTold:
    """Write a letter to each person who has none about this policy version; with `again`, to everyone.

    Raises PolicyNotYet, ChangesUntold, LettersUnplaced, TextUnusable, SenderUnknown, FactMissing before any is written.
    """
    _check_folder(site, folder)
    policy, people = site.settings.policy_digest, reachable_people(site)
    with read_transaction(site.engine) as connection:
        informed = cases_told(connection, policy)
        in_force = policy_since(connection, site.settings)
    since = news.since or (local_day(site, in_force) if in_force else None)
    if since is None:
        raise PolicyNotYet
    before = [person for person in people if informed.intersection(person.cases)]
    owed = [person for person in people if person.contact and (again or person not in before)]
    drafts = _drafts(site, owed, news, since)
    templates = templates_of(site.settings)
    texts = [text_of(letter, templates)[0] for letter in drafts]  # every refusal comes before the first file
    if dry_run:
        written = [PolicyLetter(person.cases, person.language, text) for person, text in zip(owed, texts, strict=True)]
    else:
        written = [_write(site, folder, policy, *pair) for pair in zip(owed, drafts, strict=True)]
    return PolicyTold(
        policy=policy,
        since=since,
        written=tuple(written),
        before=() if again else tuple(person.cases[0] for person in before if person.contact),
        unreachable=tuple(person.cases[0] for person in people if not person.contact),
    )


def _drafts(site: Storage, owed: Sequence[ReachedRequester], news: PolicyNews, since: date) -> list[Letter]:
    following = N_('say it in the language of the letter: --change nl "WHAT".')
    changes = {
        language: tuple(checked_text(N_("change"), text, following) for text in texts)
        for language, texts in news.changes.items()
    }
    missing = sorted({person.language.value for person in owed if not changes.get(person.language)})
    if missing:
        raise ChangesUntold(languages=", ".join(missing), first=missing[0])
    where = checked_text(N_("where"), news.where, N_("say where the whole text can be read: --where ADDRESS."))
    today, sender = local_day(site, site.clock.now()), sender_of(site.settings)
    return [
        Letter(
            person.language,
            person.cases[0],
            today,
            sender,
            Addressee(person.name, address_lines(person.contact)),
            PolicyChanged(since, changes[person.language], where),
        )
        for person in owed
    ]


def _write(site: Storage, folder: Path, policy: str, person: ReachedRequester, letter: Letter) -> PolicyLetter:
    rendered = render(letter, templates_of(site.settings))
    stem = f"{person.cases[0]}-policy-{policy[:_VERSION_HEX_DIGITS]}"
    files = (folder / f"{stem}.pdf", folder / f"{stem}.txt")
    for file, contents in zip(files, (rendered.pdf, rendered.text.encode()), strict=True):
        site.disk.write(file, contents)
    sha256 = hashlib.sha256(rendered.pdf).hexdigest()
    with write_transaction(site.engine) as connection:
        for case in person.cases:
            insert_policy_letter(connection, policy, case, sha256, site.clock.now(), site.actor.account)
        facts: AuditFacts = {"letter": letter.kind.value, "policy": policy, "sha256": sha256}
        append_entry(connection, site, Act.LETTER_MADE, person.cases[0], case_id=person.cases[0], facts=facts)
    return PolicyLetter(person.cases, person.language, rendered.text, files)


def _check_folder(site: Storage, folder: Path) -> None:
    if not site.disk.is_folder(folder):
        raise LettersUnplaced(path=folder, problem=N_("it is not a folder"), following=N_("make it first."))
    if site.disk.resolved(folder).is_relative_to(site.root.resolve()):
        following = N_("give a folder from which the letters are sent.")
        raise LettersUnplaced(path=folder, problem=N_("it lies inside the storage"), following=following)
