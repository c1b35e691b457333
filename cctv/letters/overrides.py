"""A site's own templates: which names are allowed, and whether every letter can still be rendered with them.

Every template is tried on specimens of each letter and branch when the configuration is checked, before the first
letter that needs it.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import PackageLoader

from cctv.config.fields import suggestion
from cctv.core.i18n import N_, Language
from cctv.letters.errors import TemplateRefused
from cctv.letters.facts import LetterTemplate
from cctv.letters.letter import Templates
from cctv.letters.render import render, text_of
from cctv.letters.specimens import specimens_of


def check_templates(templates: Templates) -> tuple[str, ...]:
    """The names of a site's own templates, each of them tried; raises TemplateRefused for the first that fails."""
    if templates.own is None:
        return ()
    if not templates.own.is_dir():
        following = N_("make the folder, or take templates out of [letters] in cameras.toml.")
        raise TemplateRefused(place=templates.own, problem=N_("it is not a folder"), following=following)
    names = tuple(sorted(_names(templates.own)))
    ours = PackageLoader("cctv.letters").list_templates()
    for name in names:
        if name not in ours:
            next_step = suggestion(name, ours) or "give it the name of one of ours; `cctv letter list` names them."
            problem = N_("no letter is made of it")
            raise TemplateRefused(place=templates.own / name, problem=problem, following=next_step)
    if names:
        _try_all(templates)
    return names


def _names(folder: Path) -> list[str]:
    paths = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return [path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts)]


def _try_all(templates: Templates) -> None:
    for kind in LetterTemplate:
        for language in Language:
            for letter in specimens_of(kind, language):
                text_of(letter, templates)
    render(specimens_of(LetterTemplate.RECEIPT, Language.NL)[0], templates)  # the style, which only typesetting reads
