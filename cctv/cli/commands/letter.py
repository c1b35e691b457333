"""`cctv letter`: list and preview letters, and write the letters about a changed policy."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from cctv.cases.letters.policy_change import PolicyNews, PolicyTold, tell_policy
from cctv.cli.context import CommandContext, json_option, restrict_umask
from cctv.cli.options import OneOf, mutation
from cctv.cli.output import echo, table
from cctv.cli.views.footage import print_dry
from cctv.core.durable import DurableFiles
from cctv.core.errors import Exit
from cctv.core.i18n import Language, _, ngettext, translate_error
from cctv.core.medium import on_medium
from cctv.letters.errors import SenderUnknown
from cctv.letters.facts import LetterTemplate, Sender
from cctv.letters.overrides import check_templates
from cctv.letters.render import render, subject_of, text_of
from cctv.letters.sender import sender_of, templates_of
from cctv.letters.specimens import SPECIMEN_SENDER, specimens_of

_POLICY_LANGUAGES = click.Choice([language.value for language in Language])
_LANGUAGES = ("nl", "fr", "en")


@click.group()
def letter() -> None:
    """Look at the letters that the acts of a case make."""


@letter.command("list")
@json_option
@click.pass_obj
def list_letters(context: CommandContext) -> None:
    """List every kind of letter, and which templates are this site's own.

    \b
      cctv letter list
    """
    templates = templates_of(context.settings)
    overridden = check_templates(templates)
    language = context.settings.site.language
    rows: list[tuple[str, str, list[str]]] = [
        (
            kind.value,
            subject_of(specimens_of(kind, language)[0], templates),
            [language.value for language in Language if f"{language.value}/{kind.value}.html" in overridden],
        )
        for kind in LetterTemplate
    ]
    context.emit(
        {
            "letters": [{"kind": kind, "subject": subject, "own": own} for kind, subject, own in rows],
            "own_templates": list(overridden),
        },
        lambda console: console.print(
            table(("kind", "subject", "own template"), [(kind, subject, ", ".join(own)) for kind, subject, own in rows])
        ),
    )


@letter.command()
@click.argument("kind")
@click.option("--language", type=OneOf(_LANGUAGES, "Language"), help="Its language; the site's when it is not given.")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ends in .pdf, .txt or .html.",
)
@json_option
@click.pass_obj
def preview(context: CommandContext, kind: str, language: str | None, target: Path) -> None:
    """Write a specimen of a letter, with invented facts and marked so on every page.

    \b
      cctv letter preview no-footage --language fr --to no-footage.pdf
    """
    restrict_umask()
    disk = context.make_disk()
    file, kind_ = _target(disk, target), _kind(kind)
    spoken = Language(language) if language else context.settings.site.language
    specimen = specimens_of(kind_, spoken, _sender(context, kind_))[0]
    templates = templates_of(context.settings)
    if file.suffix == ".pdf":
        contents = render(specimen, templates).pdf
    else:
        text, page = text_of(specimen, templates)
        contents = (text if file.suffix == ".txt" else page).encode()
    with on_medium(file):
        disk.write(file, contents)
    context.emit(
        {"kind": kind_, "language": spoken, "file": file, "bytes": len(contents)},
        lambda console: console.print(_("{file}: a specimen, nobody's letter", file=file), soft_wrap=True),
    )


@letter.command("policy-changed")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Outside the storage."
)
@click.option(
    "--change",
    "changes",
    required=True,
    multiple=True,
    type=(_POLICY_LANGUAGES, str),
    metavar="LANGUAGE TEXT",
    help="What changes, in a language that somebody on the list reads; once for each change and language.",
)
@click.option("--where", required=True, metavar="TEXT", help="Where the whole text can be read.")
@click.option("--since", metavar="DATE", help="With its year; else since the policy of cameras.toml is in force.")
@click.option("--again", is_flag=True, help="Also to whoever was written to about this version.")
@mutation
@click.pass_obj
def policy_changed(
    context: CommandContext,
    folder: Path,
    changes: tuple[tuple[str, str], ...],
    where: str,
    since: str | None,
    again: bool,
) -> int:
    """Write the letter that tells of a new policy, as PDF and text, for each person on the list of addressees.

    `cctv register show addressees` lists them.  Nobody is written to twice about one version of the policy, and the log
    says who was, by the id of their case.  Whoever has no address in the registers is named: exit 3.

    \b
      cctv letter policy-changed --to letters --where example.org/privacy --dry-run \\
        --change nl "Beelden van de gevel blijven zeven dagen." --change fr "Images de la façade : sept jours."
    """
    texts: dict[Language, list[str]] = {}
    for language, text in changes:
        texts.setdefault(Language(language), []).append(text)
    day = context.day(since) if since else None
    news = PolicyNews(texts, where, day)
    notices = tell_policy(context.site, folder, news, again=again, dry_run=context.dry_run)
    context.emit(_data(context, notices), lambda console: _text(console, context, notices))
    return int(Exit.PARTLY if notices.unreachable and not context.dry_run else Exit.OK)


def _data(context: CommandContext, notices: PolicyTold) -> dict[str, object]:
    return {
        "dry_run": context.dry_run,
        "policy": notices.policy,
        "since": notices.since,
        "letters": [
            {"cases": letter.cases, "language": letter.language, "files": letter.files} for letter in notices.written
        ],
        "written_before": notices.before,
        "without_address": notices.unreachable,
    }


def _text(console: Console, context: CommandContext, notices: PolicyTold) -> None:
    count = len(notices.written)
    if context.dry_run:
        for language in dict.fromkeys(letter.language for letter in notices.written):  # one of each, to read
            console.print(
                next(letter.text for letter in notices.written if letter.language is language), soft_wrap=True
            )
        summary = ngettext(count, "{count} letter would be written.", "{count} letters would be written.")
    else:
        summary = ngettext(count, "{count} letter written.", "{count} letters written.")
    console.print(summary, style="bold")
    for letter in notices.written:
        console.print(
            f"{', '.join(letter.cases)}: {letter.files[0] if letter.files else letter.language.value}", soft_wrap=True
        )
    if notices.before:
        console.print(_("Written to before: {cases}.", cases=", ".join(notices.before)), soft_wrap=True)
    if notices.unreachable:
        lacking = _("No address in the registers, write by hand: {cases}.", cases=", ".join(notices.unreachable))
        console.print(lacking, style="bold", soft_wrap=True)
    if context.dry_run:
        print_dry(console)
    elif notices.written:
        console.print(_("They name people: send them, then delete them."))


def _target(disk: DurableFiles, file: Path) -> Path:
    if file.suffix not in (".pdf", ".txt", ".html"):
        raise click.UsageError(_("--to names a file that ends in .pdf, .txt or .html"))
    if not disk.is_folder(file.parent):
        raise click.UsageError(_("there is no folder {folder}", folder=file.parent))
    return file


def _kind(text: str) -> LetterTemplate:
    kinds = [kind.value for kind in LetterTemplate]
    if text not in kinds:
        raise click.UsageError(_('there is no letter "{kind}"; letters: {known}', kind=text, known=", ".join(kinds)))
    return LetterTemplate(text)


def _sender(context: CommandContext, kind: LetterTemplate) -> Sender:
    """This site, or the specimen's where [controller] is not complete yet."""
    try:
        return sender_of(context.settings, kind)
    except SenderUnknown as error:
        echo(_("an invented sender is used: {why}", why=translate_error(error)[0]), err=True)
        return SPECIMEN_SENDER
