"""The page of a letter: facts put into the template of its kind and language.

Owns the templates and what they may ask for.  A site's own template wins over ours of the same name, and can build
on it as `cctv/NAME`.  Facts are escaped; a template that asks for what is not there stops the letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from cctv.letters import dates
from cctv.letters.letter import Letter, Templates
from cctv.letters.terms import words
from cctv.model.authorities import authority_of
from cctv.model.language import Language
from cctv.tongue import told_in

STYLE = "style.css"
_GAP = "\u00a0"
_COUNTED = "[Aa]rtikel(?:en)?|[Aa]rticles?|lid|paragraphe|onder|point"


def page_of(letter: Letter, templates: Templates) -> str:
    """The whole page, with its style in it."""
    environment = environment_for(templates, letter.language, letter.sender.timezone)
    name = f"{letter.language.value}/{letter.kind.value}.html"
    page = _texts(environment.get_template(name).render(context_of(letter)), _numbered)
    if letter.language is Language.FR:
        page = _texts(page, _french)
    style, _, _ = _loader(templates).get_source(environment, STYLE)
    return page.replace("</head>", f"<style>\n{style}</style>\n</head>", 1)


def subject_of(letter: Letter, templates: Templates) -> str:
    """What a letter is about, in its own words."""
    found = re.search(r"<h1>(.*?)</h1>", page_of(letter, templates), re.DOTALL)
    return " ".join(unescape(found[1]).split()) if found else ""


def context_of(letter: Letter) -> dict[str, Any]:
    """What a template may ask for."""
    return {
        "letter": letter,
        "sender": letter.sender,
        "to": letter.addressee,
        "facts": letter.facts,
        "authority": authority_of(letter.sender.jurisdiction).translated(partial(told_in, language=letter.language)),
    }


@cache
def environment_for(templates: Templates, language: Language, zone: ZoneInfo) -> ImmutableSandboxedEnvironment:
    """Templates of one language, with filters that write dates and numbers as it does."""
    environment = ImmutableSandboxedEnvironment(
        loader=_loader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plain: dict[str, Callable[..., object]] = {
        "day": dates.day,
        "weekday": dates.weekday,
        "month": dates.month,
        "duration": dates.duration,
        "number": dates.number,
        "listed": dates.listed,
        "words": words,
        "country": dates.country_name,
    }
    local: dict[str, Callable[..., object]] = {"moment": dates.moment, "period": dates.period}
    environment.filters |= {name: partial(one, language=language) for name, one in plain.items()}
    environment.filters |= {name: partial(one, language=language, zone=zone) for name, one in local.items()}
    environment.filters["paragraphs"] = _paragraphs
    environment.filters["unbroken"] = _unbroken
    return environment


def _loader(templates: Templates) -> BaseLoader:
    ours = PackageLoader("cctv.letters")
    mine: list[BaseLoader] = [] if templates.own is None else [FileSystemLoader(templates.own)]
    return ChoiceLoader([*mine, ours, PrefixLoader({"cctv": ours})])


def _paragraphs(text: str) -> list[str]:
    """What a person typed, paragraph by paragraph."""
    return [part for part in (line.strip() for line in text.split("\n")) if part]


def _unbroken(text: str) -> str:
    """On one line, as a telephone number is read."""
    return text.replace(" ", _GAP)


def _texts(page: str, change: Callable[[str], str]) -> str:
    """The page with its texts changed, and none of its tags."""
    return re.sub(r">[^<>]+<", lambda text: change(text[0]), page)


def _numbered(text: str) -> str:
    """No line ends between "article" or "paragraph" and its number."""
    return re.sub(rf"\b({_COUNTED}) (?=[0-9]|[a-z]\))", rf"\1{_GAP}", text)


def _french(text: str) -> str:
    """The blanks of French typography, which must not break a line: before : ; ? ! and within guillemets."""
    return re.sub(r" ([:;?!»])", rf"{_GAP}\1", text).replace("« ", f"«{_GAP}")
