"""`cctv letter policy-changed`: everybody whom the registers can reach is told of a new policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation
from cctv.kernel.errors import Exit
from cctv.model.language import Language
from cctv.tongue import said, said_of

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework.policyletters import PolicyTold

_LANGUAGES = click.Choice([one.value for one in Language])


@click.command("policy-changed")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Outside the storage."
)
@click.option(
    "--change",
    "changes",
    required=True,
    multiple=True,
    type=(_LANGUAGES, str),
    metavar="LANGUAGE TEXT",
    help="What changes, in a language that somebody on the list reads; once for each change and language.",
)
@click.option("--where", required=True, metavar="TEXT", help="Where the whole text can be read.")
@click.option("--since", metavar="DATE", help="With its year; else since the policy of cameras.toml is in force.")
@click.option("--again", is_flag=True, help="Also to whoever was written to about this version.")
@mutation
@click.pass_obj
def policy_changed(
    box: Box, folder: Path, changes: tuple[tuple[str, str], ...], where: str, since: str | None, again: bool
) -> int:
    """Write the letter that tells of a new policy, as PDF and text, for each person on the list of addressees.

    `cctv register show addressees` lists them.  Nobody is written to twice about one version of the policy, and the log
    says who was, by the id of their case.  Whoever has no address in the registers is named: exit 3.

    \b
      cctv letter policy-changed --to letters --where example.org/privacy --dry-run \\
        --change nl "Beelden van de gevel blijven zeven dagen." --change fr "Images de la façade : sept jours."
    """
    from cctv.casework.policyletters import PolicyNews, tell_policy
    from cctv.kernel.times import parse_date

    given: dict[Language, list[str]] = {}
    for language, text in changes:
        given.setdefault(Language(language), []).append(text)
    day = parse_date(since, now=box.now, zone=box.zone) if since else None
    news = PolicyNews(given, where, day)
    done = tell_policy(box.site, folder, news, again=again, dry_run=box.dry_run)
    box.emit(_data(box, done), lambda console: _text(console, box, done))
    return int(Exit.PARTLY if done.unreachable and not box.dry_run else Exit.OK)


def _data(box: Box, done: PolicyTold) -> dict[str, object]:
    return {
        "dry_run": box.dry_run,
        "policy": done.policy,
        "since": done.since,
        "letters": [{"cases": one.cases, "language": one.language, "files": one.files} for one in done.written],
        "written_before": done.before,
        "without_address": done.unreachable,
    }


def _text(console: Console, box: Box, done: PolicyTold) -> None:
    from cctv.cli.preserved import print_dry

    count = len(done.written)
    if box.dry_run:
        for language in dict.fromkeys(one.language for one in done.written):  # one of each, to read
            console.print(next(one.text for one in done.written if one.language is language), soft_wrap=True)
        told = said_of(count, "{count} letter would be written.", "{count} letters would be written.")
    else:
        told = said_of(count, "{count} letter written.", "{count} letters written.")
    console.print(told, style="bold")
    for one in done.written:
        console.print(f"{', '.join(one.cases)}: {one.files[0] if one.files else one.language.value}", soft_wrap=True)
    if done.before:
        console.print(said("Written to before: {cases}.", cases=", ".join(done.before)), soft_wrap=True)
    if done.unreachable:
        lacking = said("No address in the registers, write by hand: {cases}.", cases=", ".join(done.unreachable))
        console.print(lacking, style="bold", soft_wrap=True)
    if box.dry_run:
        print_dry(console)
    elif done.written:
        console.print(said("They name people: send them, then delete them."))
