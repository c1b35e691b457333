"""A register as a page to print: one HTML file without anything from elsewhere, in the site's language.  Pure."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from cctv.casework.registers.register import Register
from cctv.casework.registers.words import label, title
from cctv.model.language import Language
from cctv.tongue import told_in, translator


def page_of(register: Register, language: Language, *, site: str, made: str, by: str) -> str:
    """The page; `made` is the local time as it should be read."""
    gettext, pgettext = translator(language)
    return (
        _templates()
        .get_template("register.html")
        .render(
            rows=[[told_in(cell, language) for cell in row] for row in register.rows],
            missing=[told_in(each, language) for each in register.missing],
            language=language.value,
            title=title(register.name, language),
            labels=[label(column, language) for column in register.columns],
            _=gettext,
            pgettext=pgettext,
            site=site,
            made=made,
            by=by,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("cctv.casework.registers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
