"""`cctv letter`: which letters there are, and how each looks here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.letter_policy import policy_changed
from cctv.cli.options import OneOf, json_option
from cctv.tongue import said, told_error

if TYPE_CHECKING:
    from pathlib import Path

    from cctv.letters import Kind, Sender

_LANGUAGES = ("nl", "fr", "en")


@click.group()
def letter() -> None:
    """Look at the letters that the acts of a case make."""


@letter.command("list")
@json_option
@click.pass_obj
def list_letters(box: Box) -> None:
    """List every kind of letter, and which templates are this site's own.

    \b
      cctv letter list
    """
    from cctv.cli.output import table
    from cctv.letters import Kind, check_templates, specimens_of, subject_of, templates_of
    from cctv.model.language import Language

    templates = templates_of(box.settings)
    own = check_templates(templates)
    language = box.settings.site.language
    rows: list[tuple[str, str, list[str]]] = [
        (
            kind.value,
            subject_of(specimens_of(kind, language)[0], templates),
            [one.value for one in Language if f"{one.value}/{kind.value}.html" in own],
        )
        for kind in Kind
    ]
    box.emit(
        {
            "letters": [{"kind": kind, "subject": subject, "own": mine} for kind, subject, mine in rows],
            "own_templates": list(own),
        },
        lambda console: console.print(
            table(
                ("kind", "subject", "own template"), [(kind, subject, ", ".join(mine)) for kind, subject, mine in rows]
            )
        ),
    )


@letter.command()
@click.argument("kind")
@click.option("--language", type=OneOf(_LANGUAGES, "Language"), help="Its language; the site's when it is not given.")
@click.option("--to", "target", required=True, type=click.Path(), metavar="FILE", help="Ends in .pdf, .txt or .html.")
@json_option
@click.pass_obj
def preview(box: Box, kind: str, language: str | None, target: str) -> None:
    """Write a specimen of a letter, with invented facts and marked so on every page.

    \b
      cctv letter preview no-footage --language fr --to no-footage.pdf
    """
    from pathlib import Path

    from cctv.letters import render, specimens_of, templates_of, text_of
    from cctv.model.language import Language

    file, chosen = _target(Path(target)), _kind(kind)
    spoken = Language(language) if language else box.settings.site.language
    made = specimens_of(chosen, spoken, _sender(box))[0]
    templates = templates_of(box.settings)
    if file.suffix == ".pdf":
        contents = render(made, templates).pdf
    else:
        text, page = text_of(made, templates)
        contents = (text if file.suffix == ".txt" else page).encode()
    file.write_bytes(contents)
    box.emit(
        {"kind": chosen, "language": spoken, "file": file, "bytes": len(contents)},
        lambda console: console.print(said("{file}: a specimen, nobody's letter", file=file), soft_wrap=True),
    )


def _target(file: Path) -> Path:
    if file.suffix not in (".pdf", ".txt", ".html"):
        raise click.UsageError(said("--to names a file that ends in .pdf, .txt or .html"))
    if not file.parent.is_dir():
        raise click.UsageError(said("there is no folder {folder}", folder=file.parent))
    return file


def _kind(text: str) -> Kind:
    from cctv.letters import Kind

    known = [one.value for one in Kind]
    if text not in known:
        raise click.UsageError(said('there is no letter "{kind}"; letters: {known}', kind=text, known=", ".join(known)))
    return Kind(text)


def _sender(box: Box) -> Sender:
    """This site, or the specimen's where [controller] is not complete yet."""
    from cctv.letters import SPECIMEN_SENDER, SenderUnknown, sender_of

    try:
        return sender_of(box.settings)
    except SenderUnknown as unknown:
        click.echo(said("an invented sender is used: {why}", why=told_error(unknown)[0]), err=True)
        return SPECIMEN_SENDER


letter.add_command(policy_changed)
