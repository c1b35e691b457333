"""Rendering: a letter as page, text and PDF.  Owns the order: nothing is made of a letter that is not complete."""

from __future__ import annotations

from dataclasses import dataclass

from cctv.letters.completeness import require_complete
from cctv.letters.letter import Letter, Templates
from cctv.letters.page import page_of
from cctv.letters.plain import as_text
from cctv.letters.templating import OF_PYTHON, OF_TEMPLATES, refusal


@dataclass(frozen=True, slots=True)
class Rendered:
    """One letter, three times; the page is what the other two were made of."""

    pdf: bytes
    text: str
    html: str


def render(letter: Letter, templates: Templates = Templates()) -> Rendered:  # frozen
    """The letter; raises FactMissing, FactUnusable, TemplateRefused, TypefaceMissing.

    Equal letters give equal bytes on one machine, whenever they are made.
    """
    from cctv.letters.pdf import as_pdf  # weasyprint: half a second

    text, page = text_of(letter, templates)
    return Rendered(as_pdf(page, letter.date), text, page)


def text_of(letter: Letter, templates: Templates = Templates()) -> tuple[str, str]:  # frozen
    """Only its text and its page, which cost no typesetting; raises as `render` does."""
    require_complete(letter)
    try:
        page = page_of(letter, templates)
        return as_text(page), page
    except OF_TEMPLATES as error:
        if templates.own is None and isinstance(error, OF_PYTHON):
            raise  # nobody but us wrote what failed: a fault of the program, not of a template
        raise refusal(error, letter, templates) from error
