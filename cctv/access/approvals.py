"""The second person elsewhere: a text about a proposal, which they sign with a key that this machine never had.

`letter` writes the text; `ssh-keygen -Y sign -n cctv-approval` makes the signature; `enter_signature` checks it against
the public keys that the policy in force names, and records who agreed.  Then whoever proposed types the line again.

The text is made of the log: its number, act, subject, facts, and the hash of the entry, which binds all of it to this
storage and to everything before it.  A signature for one proposal is none for another.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from sqlalchemy import Connection

from cctv.access.proposals import Proposal, approvers_in_force, find_waiting
from cctv.audit.chain import AuditFacts, entry_hash
from cctv.audit.log import append_entry
from cctv.config.fields import Approver
from cctv.core.errors import CctvError, Exit, FileUnreadable
from cctv.core.i18n import N_
from cctv.core.text import plain_line
from cctv.crypto.signing_key import PublicKey, public_key_of
from cctv.crypto.sshsig import SignatureInvalid, verify
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

NAMESPACE = "cctv-approval"
_MAX_SIGNATURE_BYTES = 16 << 10


class NoApprovers(CctvError):
    """Nobody elsewhere may be the second person here: the policy in force names no approver.

    next: name one in cameras.toml, `[policy] approvers`, with their public key; then cctv config adopt --reason WHY
    """

    exit_code = Exit.NOT_PERMITTED


class ApprovalRefused(CctvError):
    """The signature does not count for {id}: {problem}; nothing was changed.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class ApproverProposed(CctvError):
    """{name} proposed {id}, and cannot be the second person too.

    next: somebody else signs it, or agrees from their own account.
    """

    exit_code = Exit.NOT_PERMITTED


def letter(site: Storage, typed: str) -> tuple[Proposal, str]:
    """The proposal and the text to sign; raises ProposalUnknown, NoApprovers."""
    with read_transaction(site.engine) as connection:
        proposal = find_waiting(connection, site, typed)
        if not approvers_in_force(connection):
            raise NoApprovers
    return proposal, text_of(site, proposal)


def text_of(site: Storage, proposal: Proposal) -> str:
    """What the second person reads and signs, in lines; the same bytes each time.  Ends with a line break."""
    entry = proposal.entry
    actor = entry.actor.account + (f" (for {entry.actor.on_behalf_of})" if entry.actor.on_behalf_of else "")
    lines = [
        "cctv approval 1",
        f"site: {site.identity.site}",
        f"proposal: {proposal.id}",
        f"act: {proposal.act}",
        f"about: {entry.subject}",
        f"proposed by: {actor}",
        f"proposed at: {entry.at.isoformat(timespec='seconds')}",
        f"counts until: {proposal.until.isoformat(timespec='seconds')}",
        f"reason: {plain_line(proposal.reason or '-')}",
        *(f"{name}: {_shown(value)}" for name, value in sorted(proposal.facts.items())),
        f"digest: sha256 {entry_hash(entry.to_json())}",
        "Whoever signs this text agrees, as the second person, that it is done.",
    ]
    return "".join(f"{line}\n" for line in lines)


def enter_signature(site: Storage, typed: str, signature: str) -> tuple[Proposal, Approver]:
    """Record that a person elsewhere agreed to a proposal.

    Raises ProposalUnknown, NoApprovers, ApprovalRefused, ApproverProposed.
    """
    with write_transaction(site.engine) as connection:
        proposal = find_waiting(connection, site, typed)
        approver = _who_signed(connection, site, proposal, signature)
        entry = proposal.entry
        if approver.name.casefold() == entry.actor.account.casefold():
            raise ApproverProposed(name=approver.name, id=proposal.id)
        facts: AuditFacts = {
            "proposal": entry.seq,
            "approver": approver.name,
            "key": approver.key,
            "fingerprint": key_of(approver).fingerprint,
            "digest": entry_hash(entry.to_json()),
        }
        append_entry(connection, site, Act.PROPOSAL_SIGNED, entry.subject, case_id=entry.case_id, facts=facts)
    return proposal, approver


def read_signature(path: Path) -> str:
    """The armoured signature in a file; raises FileUnreadable."""
    following = N_("give the .sig file that `ssh-keygen -Y sign` wrote.")
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_SIGNATURE_BYTES + 1)
    except OSError as error:
        problem = error.strerror or "unreadable"
        raise FileUnreadable(path=path, problem=problem, following=following) from error
    if len(data) > _MAX_SIGNATURE_BYTES or not data.isascii():
        raise FileUnreadable(path=path, problem=N_("it is not an SSH signature"), following=following)
    return data.decode("ascii")


def key_of(approver: Approver) -> PublicKey:
    """The public key that the policy names; raises WireError for one that no release wrote."""
    return public_key_of(base64.b64decode(approver.key.split()[1], validate=True))


def _who_signed(connection: Connection, site: Storage, proposal: Proposal, signature: str) -> Approver:
    """Whose signature it is, of those whom the policy in force names; mail may have changed the ends of lines."""
    approvers = approvers_in_force(connection)
    if not approvers:
        raise NoApprovers
    text = text_of(site, proposal)
    problem: SignatureInvalid | None = None
    for approver in approvers:
        for data in (text, text.replace("\n", "\r\n")):
            try:
                verify(data.encode(), signature, key_of(approver), NAMESPACE)
            except SignatureInvalid as error:
                problem = error
            else:
                return approver
    assert problem is not None
    following = N_("cctv board letter {id} writes the text that is signed now.", id=proposal.id)
    raise ApprovalRefused(id=proposal.id, problem=problem.fields["problem"], following=following) from problem


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
