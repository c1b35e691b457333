"""What is wrong with a template that stopped a letter: file, line, problem.  Owns the wording."""

from __future__ import annotations

import traceback

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

from cctv.kernel.phrases import phrase
from cctv.letters.errors import TemplateRefused
from cctv.letters.letter import Letter, Templates
from cctv.letters.plain import PageUnreadable

# What a template's own expressions can raise: an unknown fact, a sum of a date and a number, a word without wording.
OF_PYTHON = (TypeError, LookupError, AttributeError, ArithmeticError)
OF_TEMPLATES = (TemplateError, PageUnreadable, *OF_PYTHON)
_CHECK = phrase("correct it, then `cctv config check`; docs/letters.md lists what a template may ask for.")


def refusal(error: Exception, letter: Letter, templates: Templates) -> TemplateRefused:
    """What to say of a template that cannot be used: file, line, problem."""
    if isinstance(error, TemplateSyntaxError):
        place = f"{error.filename or error.name}, line {error.lineno}"
        return TemplateRefused(place=place, problem=_plain(str(error.message)), following=_CHECK)
    if isinstance(error, TemplateNotFound):
        place = str(templates.own or "the templates")
        problem = phrase('there is no template "{name}" to build on; ours are "cctv/NAME"', name=error.name)
        return TemplateRefused(place=place, problem=problem, following=_CHECK)
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.endswith((".html", ".css"))]
    name = f"{letter.language.value}/{letter.kind.value}.html"
    place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else f"the letter made of {name}"
    return TemplateRefused(place=place, problem=_plain(str(error)), following=_CHECK)


def _plain(problem: str) -> str:
    return " ".join(problem.split()).rstrip(".")
