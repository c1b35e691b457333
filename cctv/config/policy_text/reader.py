"""From a file with a published privacy text to the claims of the text.

Reads plain text and HTML, splits it into sentences and clauses, and decides what a period in one of them refers to.  A
file of another format is refused, with the command that converts it.  A period is a promise about camera footage only
where a clause names footage and keeping; whatever else a company keeps for months or years (accounts, invoices, photo
booths for hire) is ignored.
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
_NEAR_SENTENCES = 3  # "De beelden worden ... bewaard" follows the sentence that names the cameras
_COUNT = "|".join(sorted((*lexicon.NUMBERS, r"\d{1,3}"), key=len, reverse=True))
_PERIOD = re.compile(
    rf"\b({_COUNT})[ -](?:\w+ )?(" + "|".join(f"(?:{units})" for units in lexicon.UNITS.values()) + r")\b"
)
_MAX_SIGNS = 512 << 10  # of text; the longest policies of large companies have some hundred thousand
_SHORTEST_SENTENCE = len("cctv")
_LONGEST_SENTENCE = 4000  # signs; a longer one is read in pieces, for some patterns look back and forth in it
_MAX_BYTES = 4 << 20  # of a page with its scripts
_BLOCK_TAGS = frozenset({"p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "section", "article", "td"})
_HIDDEN_TAGS = frozenset({"script", "style", "head", "nav", "template"})


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
    plain: str  # folded, with the same indexes
    line: int


def read_policy_text(path: Path) -> str:
    """The text of a text or HTML file; raises PolicyTextUnreadable."""
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
    if len(text) > _MAX_SIGNS:
        problem = "its text is longer than half a million signs"
        raise PolicyTextUnreadable(path=path, problem=problem, following="give the privacy text alone.")
    if not text.strip():
        raise PolicyTextUnreadable(path=path, problem="it holds no words", following="save the page with its text.")
    return text


def read_claims(text: str) -> tuple[PolicyClaim, ...]:
    """Every claim of the text, in its order; lines count from 1."""
    sentences = list(_sentences(text))
    claims: list[PolicyClaim] = []
    last_camera = -_NEAR_SENTENCES - 1
    surveyed = any(lexicon.SURVEILLANCE.search(sentence.plain) for sentence in sentences)
    for number, sentence in enumerate(sentences):
        if surveyed and lexicon.CAMERAS.search(sentence.plain):
            last_camera = number
        near = number - last_camera <= _NEAR_SENTENCES
        claims.extend(_of_sentence(sentence, near=near, camera=number == last_camera))
    return tuple(claims)


def purposes_in(text: str) -> frozenset[str]:
    """The values of `Purpose` that a text names."""
    plain = lexicon.folded(text)
    return frozenset(purpose.value for pattern, purpose in lexicon.PURPOSES if pattern.search(plain))


def _sentences(text: str) -> Iterator[_Sentence]:
    for line, content in enumerate(text.split("\n"), 1):
        for match in _SENTENCE.finditer(content):
            for start in range(0, len(match[0]), _LONGEST_SENTENCE):
                sentence = match[0][start : start + _LONGEST_SENTENCE].strip(" \t•-")
                if len(sentence) >= _SHORTEST_SENTENCE:
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
            wording=period[0],
            kinds=_places(clause),
            at_most=bool(lexicon.AT_MOST.search(clause)),
        )


def _clauses(plain: str) -> Iterator[str]:
    """The sentence split into parts with at most one period each."""
    start, seen = 0, False
    last = max((period.start() for period in _PERIOD.finditer(plain)), default=-1)
    for joint in _CLAUSE.finditer(plain):
        seen = seen or bool(_PERIOD.search(plain, start, joint.start()))
        if seen and last >= joint.end():
            yield plain[start : joint.start()]
            start, seen = joint.end(), False
    yield plain[start:]


def _places(clause: str) -> frozenset[ZoneKind]:
    """The kinds of place that a clause is limited to: the most exact phrase decides; empty for none."""
    places = [kinds for pattern, kinds in lexicon.PLACES if pattern.search(clause)]
    return min(places, key=len) if places else frozenset()


def _deadlines(sentence: _Sentence) -> Iterator[PolicyClaim]:
    """Within how long a request is answered, and a breach notified."""
    periods = list(_PERIOD.finditer(sentence.plain))
    if not periods:
        return
    # Of the whole sentence, once: a text of nothing but periods took minutes.
    to_controller, leak = lexicon.CONTROLLER.search(sentence.plain), lexicon.LEAK.search(sentence.plain)
    answers = lexicon.REQUEST.search(sentence.plain) and lexicon.AT_MOST.search(sentence.plain)
    for period in periods:
        unit, length = _unit(period[2]), _length(period)
        if unit == timedelta(hours=1):
            if to_controller:
                subject = Subject.BREACH_CONTROLLER
            elif leak:
                subject = Subject.BREACH
            else:
                continue
        elif answers and length <= timedelta(days=120):
            subject = Subject.ANSWER
        else:
            continue
        yield PolicyClaim(subject, sentence.text, sentence.line, period=length, wording=period[0], at_most=True)


def _unit(word: str) -> timedelta:
    return next(unit for unit, names in lexicon.UNITS.items() if re.fullmatch(names, word))


def _length(match: re.Match[str]) -> timedelta:
    count = match[1]
    return (lexicon.NUMBERS[count] if count in lexicon.NUMBERS else int(count)) * _unit(match[2])


def _without_tags(text: str) -> str:
    parser = _VisibleText()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


class _VisibleText(HTMLParser):
    """The visible text of a page, one block a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden_depth += tag in _HIDDEN_TAGS
        if tag in _BLOCK_TAGS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden_depth -= tag in _HIDDEN_TAGS and self._hidden_depth > 0
        if tag in _BLOCK_TAGS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden_depth:
            self.parts.append(data.replace("\n", " "))
