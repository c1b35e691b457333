"""Rendering: a letter as HTML page, text and PDF.

A page becomes PDF/A-2a (ISO 19005-2: archivable, tagged, with language and title), with its typefaces embedded (DejaVu,
and for what that lacks others of the machine) and nothing fetched.  Pure but for the typefaces of the machine; equal
pages give equal bytes.

Responsible for the templates, the variables that they may use and the errors of a template: file, line, problem.
Invariants: nothing is rendered of an incomplete letter; facts are escaped; a template that uses an unknown variable
stops the letter.  A site's own template wins over the built-in one of the same name, and can extend it as `cctv/NAME`.
"""

from __future__ import annotations

import os
import re
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, partial
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from cctv.core.i18n import N_, Language, translate_to
from cctv.core.text import bare, isolated
from cctv.letters import formatting
from cctv.letters.completeness import require_complete
from cctv.letters.errors import NothingFetched, TemplateRefused, TypefaceMissing
from cctv.letters.letter import Letter, Templates
from cctv.letters.plaintext import PageUnreadable, as_text
from cctv.letters.terms import words
from cctv.letters.typefaces import require_every_sign
from cctv.model.legal import authority_of

STYLE = "style.css"
VARIANT = "pdf/a-2a"
_EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
_GAP = "\u00a0"
_NUMBERED_WORDS = "[Aa]rtikel(?:en)?|[Aa]rticles?|lid|paragraphe|onder|point"
# What a template's own expressions can raise: an unknown fact, a sum of a date and a number, a term without a label.
_EXPRESSION_ERRORS = (TypeError, LookupError, AttributeError, ArithmeticError)
_TEMPLATE_ERRORS = (TemplateError, PageUnreadable, *_EXPRESSION_ERRORS)
_NEXT_STEP = N_("correct it, then `cctv config check`; docs/letters.md lists what a template may ask for.")


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter in three forms; `pdf` and `text` were made of the page `html`."""

    pdf: bytes
    text: str
    html: str


def render(letter: Letter, templates: Templates = Templates()) -> RenderedLetter:  # frozen
    """Render a letter; raises FactMissing, FactUnusable, TemplateRefused, TypefaceMissing, SignMissing.

    Equal letters give equal bytes on one machine, whenever they are made.
    """
    text, page = text_of(letter, templates)
    return RenderedLetter(as_pdf(page, letter.date), text, page)


def text_of(letter: Letter, templates: Templates = Templates()) -> tuple[str, str]:  # frozen
    """Return text and page of a letter without typesetting a PDF; raises as `render` does."""
    require_complete(letter)
    try:
        page = page_of(letter, templates)
        return as_text(page), page
    except _TEMPLATE_ERRORS as error:
        if templates.own is None and isinstance(error, _EXPRESSION_ERRORS):
            raise  # a built-in template failed: a fault of the program, not of a site's template
        raise refusal(error, letter, templates) from error


def page_of(letter: Letter, templates: Templates) -> str:
    """The whole page, with its style in it."""
    environment = environment_for(templates, letter.language, letter.sender.timezone)
    name = f"{letter.language.value}/{letter.kind.value}.html"
    page = _map_texts(environment.get_template(name).render(context_of(letter)), _bind_numbers)
    if letter.language is Language.FR:
        page = _map_texts(page, _bind_french_punctuation)
    style, _, _ = _loader(templates).get_source(environment, STYLE)
    return page.replace("</head>", f"<style>\n{style}</style>\n</head>", 1)


def subject_of(letter: Letter, templates: Templates) -> str:
    """The heading of a letter as plain text, empty for a page without one."""
    heading = re.search(r"<h1>(.*?)</h1>", page_of(letter, templates), re.DOTALL)
    return " ".join(unescape(heading[1]).split()) if heading else ""


def context_of(letter: Letter) -> dict[str, Any]:
    """The variables that a template may use."""
    return {
        "letter": letter,
        "sender": letter.sender,
        "to": letter.addressee,
        "facts": letter.facts,
        "authority": authority_of(letter.sender.jurisdiction).translated(
            partial(translate_to, language=letter.language)
        ),
    }


@cache
def environment_for(templates: Templates, language: Language, zone: ZoneInfo) -> ImmutableSandboxedEnvironment:
    """Templates of one language, with filters that write dates and numbers as it does."""
    environment = ImmutableSandboxedEnvironment(
        loader=_loader(templates),
        autoescape=True,
        finalize=isolated,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plain: dict[str, Callable[..., object]] = {
        "day": formatting.day,
        "weekday": formatting.weekday,
        "month": formatting.month,
        "duration": formatting.duration,
        "number": formatting.number,
        "listed": _listed,
        "words": words,
        "country": formatting.country_name,
    }
    local: dict[str, Callable[..., object]] = {"moment": formatting.moment, "period": formatting.period}
    environment.filters |= {name: partial(function, language=language) for name, function in plain.items()}
    environment.filters |= {name: partial(function, language=language, zone=zone) for name, function in local.items()}
    environment.filters["bare"] = bare
    environment.filters["join"] = _joined
    environment.filters["paragraphs"] = _paragraphs
    environment.filters["unbroken"] = _unbroken
    return environment


def refusal(error: Exception, letter: Letter, templates: Templates) -> TemplateRefused:
    """The error for a template that cannot be used: file, line, problem."""
    if isinstance(error, TemplateSyntaxError):
        place = f"{error.filename or error.name}, line {error.lineno}"
        return TemplateRefused(place=place, problem=_plain(str(error.message)), following=_NEXT_STEP)
    if isinstance(error, TemplateNotFound):
        place = str(templates.own or "the templates")
        problem = N_('there is no template "{name}" to build on; ours are "cctv/NAME"', name=error.name)
        return TemplateRefused(place=place, problem=problem, following=_NEXT_STEP)
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith((".html", ".css"))
    ]
    name = f"{letter.language.value}/{letter.kind.value}.html"
    place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else f"the letter made of {name}"
    return TemplateRefused(place=place, problem=_plain(str(error)), following=_NEXT_STEP)


def _loader(templates: Templates) -> BaseLoader:
    ours = PackageLoader("cctv.letters")
    overrides: list[BaseLoader] = [] if templates.own is None else [FileSystemLoader(templates.own)]
    return ChoiceLoader([*overrides, ours, PrefixLoader({"cctv": ours})])


def _listed(items: Sequence[str], language: Language) -> Markup:
    """As `formatting.listed`, each name by itself: two of them written from the right would change places."""
    return Markup(formatting.listed([str(escape(isolated(item))) for item in items], language))


def _joined(items: Iterable[object], between: str = "") -> Markup:
    """As jinja's `join`, each text by itself."""
    return Markup(escape(between)).join(escape(isolated(item)) for item in items)


def _paragraphs(text: str) -> list[str]:
    """What a person typed, paragraph by paragraph."""
    return [part for part in (line.strip() for line in text.split("\n")) if part]


def _unbroken(text: str) -> str:
    """On one line, as a telephone number is read."""
    return text.replace(" ", _GAP)


def _map_texts(page: str, change: Callable[[str], str]) -> str:
    """The page with its texts changed, and none of its tags."""
    return re.sub(r">[^<>]+<", lambda text: change(text[0]), page)


def _bind_numbers(text: str) -> str:
    """No line ends between "article" or "paragraph" and its number."""
    return re.sub(rf"\b({_NUMBERED_WORDS}) (?=[0-9]|[a-z]\))", rf"\1{_GAP}", text)


def _bind_french_punctuation(text: str) -> str:
    """The blanks of French typography, which must not break a line: before : ; ? ! and within guillemets."""
    return re.sub(r" ([:;?!»])", rf"{_GAP}\1", text).replace("« ", f"«{_GAP}")


def _plain(problem: str) -> str:
    return " ".join(problem.split()).rstrip(".")


def as_pdf(page: str, dated: date) -> bytes:
    """The page as a PDF of A4 sheets, dated in itself as the letter is.

    Raises TypefaceMissing, SignMissing, NothingFetched.
    """
    try:
        with _fixed_timestamp(dated), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file of its colour profile open
            return _typeset(page)
    except FatalURLFetchingError as error:
        raise NothingFetched(wanted=error) from error


@contextmanager
def _fixed_timestamp(dated: date) -> Iterator[None]:
    """fontTools, which subsets the typefaces, writes the current time into them unless this variable gives one."""
    previous = os.environ.get(_EPOCH_VARIABLE)
    os.environ[_EPOCH_VARIABLE] = str(int(datetime.combine(dated, time(), UTC).timestamp()))
    try:
        yield
    finally:
        os.environ.pop(_EPOCH_VARIABLE)
        if previous is not None:
            os.environ[_EPOCH_VARIABLE] = previous


class _NoFetcher(URLFetcher):  # type: ignore[misc]  # it has no types
    """Refuses every address, of the network and of the disk: a letter consists of its own page."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        raise FatalURLFetchingError(url)


def _typeset(page: str) -> bytes:
    with require_every_sign():
        document = HTML(string=page, url_fetcher=_NoFetcher()).render(pdf_variant=VARIANT)
        pdf: bytes = document.write_pdf(pdf_variant=VARIANT)
    if not any(b"DejaVu" in font.name for font in document.fonts.values()):
        raise TypefaceMissing
    return pdf
