"""From a file with a published privacy text to the claims that the text makes.

Owns the reading of plain text and HTML, the cutting into sentences and clauses, and what a period in one of them
belongs to.  A file that is neither text nor HTML is refused with the way to text.  A period is a promise about camera
footage only where a clause names footage and keeping; everything else that a company keeps for months or years
(accounts, invoices, photo booths for hire) is none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

from cctv.config.policy_text import lexicon
from cctv.config.policy_text.claims import PolicyClaim, Subject
from cctv.core.errors import ConfigError
from cctv.model.legal import ZoneKind

_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\w)[^.!?\n]+)*[.!?]?")
_CLAUSE = re.compile(r"\s*(?:[,;:]|\b(?:en|and|et|terwijl|while|tandis que)\b)\s*")
_NEAR = 3  # sentences: "De beelden worden ... bewaard" stands right after the one that names the cameras
_COUNT = "|".join(sorted((*lexicon.NUMBERS, r"\d{1,3}"), key=len, reverse=True))
_PERIOD = re.compile(
    rf"\b({_COUNT})[ -](?:\w+ )?(" + "|".join(f"(?:{units})" for units in lexicon.UNITS.values()) + r")\b"
)


_MAX_BYTES = 4 << 20  # the longest policies of large companies have some hundred thousand
_BREAKS = frozenset({"p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "section", "article", "td"})
_UNREAD = frozenset({"script", "style", "head", "nav", "template"})


class PolicyTextUnreadable(ConfigError):
    """{path} cannot be read as a privacy text: {problem}.

    next: {following}
    """


class PolicyTextDiffers(ConfigError):
    """{path} and cameras.toml differ in {count} points.

    next: change the published text or the settings, then run the same again.
    """


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str  # as published
    plain: str  # folded, sign for sign
    line: int


def read_policy_text(path: Path) -> str:
    """The words of a text or HTML file; raises PolicyTextUnreadable (10)."""
    try:
        data = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else None
    except OSError as error:
        following = "give a file that exists and that you may read."
        raise PolicyTextUnreadable(path=path, problem=error.strerror or "unreadable", following=following) from error
    if data is None:
        raise PolicyTextUnreadable(path=path, problem="it is larger than 4 MiB", following="give the text alone.")
    if data.startswith(b"%PDF"):
        raise PolicyTextUnreadable(path=path, problem="it is a PDF", following=f"pdftotext -layout {path} policy.txt")
    if b"\0" in data:
        raise PolicyTextUnreadable(path=path, problem="it is no text", following="save it as text or HTML.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what older editors write
    if "<html" in text[:2000].lower() or "<!doctype html" in text[:200].lower():
        text = _without_tags(text)
    if not text.strip():
        raise PolicyTextUnreadable(path=path, problem="it holds no words", following="save the page with its text.")
    return text


def read_claims(text: str) -> tuple[PolicyClaim, ...]:
    """Every claim that the text makes, in its order; `line` counts from 1."""
    sentences = list(_sentences(text))
    claims: list[PolicyClaim] = []
    last_camera = -_NEAR - 1
    surveyed = any(lexicon.SURVEILLANCE.search(sentence.plain) for sentence in sentences)
    for number, sentence in enumerate(sentences):
        if surveyed and lexicon.CAMERAS.search(sentence.plain):
            last_camera = number
        near = number - last_camera <= _NEAR
        claims.extend(_of_sentence(sentence, near=near, camera=number == last_camera))
    return tuple(claims)


def purposes_in(text: str) -> frozenset[str]:
    """The classes of purpose that some words name."""
    plain = lexicon.folded(text)
    return frozenset(purpose.value for pattern, purpose in lexicon.PURPOSES if pattern.search(plain))


def _sentences(text: str) -> Iterator[_Sentence]:
    for line, content in enumerate(text.split("\n"), 1):
        for match in _SENTENCE.finditer(content):
            sentence = match[0].strip(" \t•-")
            if sentence:
                yield _Sentence(sentence, lexicon.folded(sentence), line)


def _of_sentence(sentence: _Sentence, *, near: bool, camera: bool) -> Iterator[PolicyClaim]:
    plain = sentence.plain

    def claim(subject: Subject, value: str = "") -> PolicyClaim:
        return PolicyClaim(subject, sentence.text, sentence.line, value)

    if camera:
        yield claim(Subject.CAMERAS)
        yield from (claim(Subject.PURPOSE, value) for value in sorted(purposes_in(sentence.text)))
    if near:
        yield from _retention(sentence)
    for pattern, subject in lexicon.SIMPLE:
        if pattern.search(plain):
            yield claim(subject)
    for pattern, name, _ in lexicon.AUTHORITIES:
        if pattern.search(plain):
            yield claim(Subject.AUTHORITY, name)
    for pattern, country in lexicon.COUNTRIES:
        if pattern.search(plain):
            yield claim(Subject.COUNTRY, country.value)
    if lexicon.A_RIGHT.search(plain):
        yield from (claim(Subject.RIGHT, right.value) for pattern, right in lexicon.RIGHTS if pattern.search(plain))
    yield from _deadlines(sentence)


def _retention(sentence: _Sentence) -> Iterator[PolicyClaim]:
    """Each clause that says how long footage is kept.  A verb or a noun may stand in a clause beside it."""
    if not (lexicon.KEPT.search(sentence.plain) and lexicon.FOOTAGE.search(sentence.plain)):
        return
    for clause in _clauses(sentence.plain):
        period = _PERIOD.search(clause)
        if period is None or _unit(period[2]) < timedelta(days=1) or not lexicon.KEPT.search(clause):
            continue
        yield PolicyClaim(
            Subject.RETENTION,
            sentence.text,
            sentence.line,
            period=_length(period),
            said=period[0],
            kinds=_places(clause),
            at_most=bool(lexicon.AT_MOST.search(clause)),
        )


def _clauses(plain: str) -> Iterator[str]:
    """The sentence in pieces that hold one period each."""
    start, seen = 0, False
    for joint in _CLAUSE.finditer(plain):
        seen = seen or bool(_PERIOD.search(plain, start, joint.start()))
        if seen and _PERIOD.search(plain, joint.end()):
            yield plain[start : joint.start()]
            start, seen = joint.end(), False
    yield plain[start:]


def _places(clause: str) -> frozenset[ZoneKind]:
    """The kinds of place that a clause is limited to: the most exact word decides."""
    places = [kinds for pattern, kinds in lexicon.PLACES if pattern.search(clause)]
    return min(places, key=len) if places else frozenset()


def _deadlines(sentence: _Sentence) -> Iterator[PolicyClaim]:
    """Within how long a request is answered, and a breach told."""
    for period in _PERIOD.finditer(sentence.plain):
        unit, length = _unit(period[2]), _length(period)
        if unit == timedelta(hours=1):
            if lexicon.CONTROLLER.search(sentence.plain):
                subject = Subject.BREACH_CONTROLLER
            elif lexicon.LEAK.search(sentence.plain):
                subject = Subject.BREACH
            else:
                continue
        elif (
            lexicon.REQUEST.search(sentence.plain)
            and length <= timedelta(days=120)
            and lexicon.AT_MOST.search(sentence.plain)
        ):
            subject = Subject.ANSWER
        else:
            continue
        yield PolicyClaim(subject, sentence.text, sentence.line, period=length, said=period[0], at_most=True)


def _unit(word: str) -> timedelta:
    return next(unit for unit, names in lexicon.UNITS.items() if re.fullmatch(names, word))


def _length(match: re.Match[str]) -> timedelta:
    count = match[1]
    return (lexicon.NUMBERS[count] if count in lexicon.NUMBERS else int(count)) * _unit(match[2])


def _without_tags(text: str) -> str:
    parser = _VisibleText()
    parser.feed(text)
    parser.close()
    return "".join(parser.words)


class _VisibleText(HTMLParser):
    """What a reader of the page sees, one block a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        if tag in _BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD and self._unread > 0
        if tag in _BREAKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data.replace("\n", " "))
