"""The hash chain: how an entry is serialised, hashed and verified.

Pure.  An entry has ids, codes and numbers; of free text only a keyed digest, so that erasing the text and its key
leaves the chain intact and the text beyond guessing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any

from cctv.core.clock import from_us, to_us
from cctv.core.errors import CctvError, Exit
from cctv.core.text import parse_json
from cctv.model.audit import Act, Actor

GENESIS = "0" * 64
Fact = str | int | list[str]
AuditFacts = Mapping[str, Fact]
RowDigests = Mapping[str, str | None]
Payload = dict[str, Any]  # an entry as it is stored, parsed
_FIELDS = 11  # of an entry; one that wrote rows has another
_DECODER = json.JSONDecoder()
_ACTS = frozenset(act.value for act in Act)


class AuditBroken(CctvError):
    """The audit log is broken at entry {seq}: {problem}.  {good} entries before it are whole.

    next: keep the database as it is and compare it with the last back-up; do not delete anything.
    """

    exit_code = Exit.UNREADABLE


class EntryUnreadable(AuditBroken):
    """Entry {seq} of the audit log cannot be read: {problem}.

    next: keep the database as it is; `cctv audit verify` tells how far the log is whole, a back-up what stood there.
    """


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act.  `case_id` is the incident, request or disclosure it served; `facts` hold ids, codes and counts.

    `rows` are the rows that the act left behind, by name (`cctv.db.sealed_rows`): keyed digest, None for a removed one.
    """

    seq: int
    at: datetime
    actor: Actor
    act: Act
    subject: str
    case_id: str | None
    facts: AuditFacts
    reason_digest: str | None
    previous: str
    rows: RowDigests | None = None

    def to_json(self) -> str:
        """The canonical text that is hashed and stored: sorted keys, no spaces."""
        payload = {
            "schema": 1,
            "seq": self.seq,
            "at_us": to_us(self.at),
            "actor": self.actor.account,
            "for": self.actor.on_behalf_of,
            "act": self.act.value,
            "subject": self.subject,
            "case": self.case_id,
            "facts": dict(self.facts),
            "reason_digest": self.reason_digest,
            "previous": self.previous,
            **({"rows": dict(self.rows)} if self.rows else {}),
        }
        return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @staticmethod
    def read(seq: int, stored: bytes | None) -> AuditEntry:
        """The entry that stands under a number as canonical UTF-8; raises EntryUnreadable for anything else.

        Compared with what it would be written as: that no key stands twice, is left out or is one too many.
        """
        try:
            if stored is None:
                raise ValueError("it is no text")
            text = stored.decode()
            payload = parse_json(text)
            if not isinstance(payload, dict):
                raise ValueError("it is no object")
            _require_types(payload)
            entry = AuditEntry(
                seq=payload["seq"],
                at=from_us(payload["at_us"]),
                actor=Actor(payload["actor"], payload["for"]),
                act=Act(payload["act"]),
                subject=payload["subject"],
                case_id=payload["case"],
                facts=payload["facts"],
                reason_digest=payload["reason_digest"],
                previous=payload["previous"],
                rows=payload.get("rows"),
            )
            if entry.seq != seq:
                raise ValueError(f"it says that it is entry {entry.seq}")
            if entry.to_json() != text:
                raise ValueError("it is not written as cctv writes one")
        except KeyError as error:
            raise EntryUnreadable(seq=seq, good=0, problem=f"it lacks {error}") from error
        except (ValueError, RecursionError) as error:
            raise EntryUnreadable(seq=seq, good=0, problem=f"{error!s:.200}".rstrip(".")) from error
        return entry


_TYPES: Mapping[str, tuple[type, ...]] = {
    "seq": (int,),
    "at_us": (int,),
    "actor": (str,),
    "for": (str, NoneType),
    "act": (str,),
    "subject": (str,),
    "case": (str, NoneType),
    "facts": (dict,),
    "reason_digest": (str, NoneType),
    "previous": (str,),
}


def _require_types(payload: Payload) -> None:
    """Raise KeyError or ValueError for an entry whose values are not those that a later act may rely on."""
    for key, types in _TYPES.items():
        if type(payload[key]) not in types:  # True is an int, and no number of an entry
            raise ValueError(f"its {key} is no {types[0].__name__}")
    for key, fact in payload["facts"].items():
        listed = isinstance(fact, list) and all(isinstance(item, str) for item in fact)
        if type(fact) not in (str, int, bool) and not listed:
            raise ValueError(f"its fact {key!s:.40} is no text, number or list of texts")
    rows = payload.get("rows", {})
    if not isinstance(rows, dict) or any(not isinstance(digest, str | NoneType) for digest in rows.values()):
        raise ValueError("its rows are no digests")


def entry_hash(text: str) -> str:
    """Hex SHA-256 of an entry's canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def reason_digest(key: bytes, reason: str) -> str:
    """Hex HMAC-SHA-256 of a free text under the key that is stored beside it."""
    return hmac.new(key, reason.encode(), hashlib.sha256).hexdigest()


def key_bytes(stored: object) -> bytes | None:
    """The key that stands beside a digest, of lower-case hex digits as cctv writes it; None for anything else.

    `bytes.fromhex` takes capitals and blanks too, so that a changed key would give the same digest.
    """
    try:
        key = bytes.fromhex(stored) if isinstance(stored, str) else None
    except ValueError:
        return None
    return key if key is not None and key.hex() == stored else None


def row_digest(key: bytes, name: str, text: str) -> str:
    """Hex HMAC-SHA-256, cut to 128 bits, of a row's name and content under the key that is stored beside it."""
    return hmac.new(key, f"{name}\0{text}".encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:32]


def verified(rows: Iterable[tuple[int, str, str]], *, after: tuple[int, str] = (0, GENESIS)) -> Iterator[Payload]:
    """The entries of a chain of (seq, text, hash), each parsed once it is verified; `after` is where it goes on.

    Raises AuditBroken at the first that is invalid: what was yielded until then is whole.
    """
    (good, previous), sha256, scan = after, hashlib.sha256, _DECODER.raw_decode
    for seq, text, stored in rows:
        if seq != good + 1:
            raise AuditBroken(seq=good + 1, good=good, problem=f"it is missing (the next is {seq})")
        try:
            if sha256(text.encode("utf-8", "surrogateescape")).hexdigest() != stored:
                raise AuditBroken(seq=seq, good=good, problem="its text does not match its hash")
            entry, end = scan(text)
            is_entry = len(entry) >= _FIELDS and entry["act"] in _ACTS and entry["facts"].keys() is not None
            follows = entry["seq"] == seq and entry["previous"] == previous and end == len(text)
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError) as error:
            raise AuditBroken(seq=seq, good=good, problem=f"it cannot be read ({error})") from error
        if not is_entry:
            raise AuditBroken(seq=seq, good=good, problem="it cannot be read (it is no entry of a known act)")
        if not follows:
            raise AuditBroken(seq=seq, good=good, problem="it does not follow the entry before it")
        yield entry
        previous, good = stored, seq


def check_chain(rows: Iterable[tuple[int, str, str]]) -> tuple[int, str]:
    """Length and last hash of a chain of (seq, text, hash); raises AuditBroken at the first invalid one."""
    head = (0, GENESIS)

    def noted() -> Iterator[tuple[int, str, str]]:
        nonlocal head
        for row in rows:
            yield row
            head = (row[0], row[2])

    for _ in verified(noted()):
        pass
    return head
