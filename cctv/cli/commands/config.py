"""`cctv config`: check cameras.toml, compare it with a published policy text, explain each setting, adopt a file."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from cctv.access.adoption import SettingsAdoption, adopt_settings, compare_policy
from cctv.access.policy import differences
from cctv.access.roles import roles_warnings
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, reason_option
from cctv.cli.output import echo, table
from cctv.cli.views.footage import print_next
from cctv.config.credentials import check_credentials
from cctv.config.explain import SettingRow, explain
from cctv.config.loader import load_settings
from cctv.config.policy_text.compare import ClaimStatus, Finding, compare
from cctv.config.policy_text.reader import PolicyTextDiffers, read_claims, read_policy_text
from cctv.config.schema import Settings
from cctv.core.access import owner_of
from cctv.core.errors import CctvError, ConfigError, Exit
from cctv.db.engine import read_transaction
from cctv.footage.runs import unfollowed_holds
from cctv.letters.overrides import check_templates
from cctv.letters.sender import templates_of
from cctv.redaction.people.detector import Detector
from cctv.redaction.people.weights import load_model


@click.group()
def config() -> None:
    """Check and explain cameras.toml."""


@config.command()
@click.option("--strict", is_flag=True, help="Refuse what would only be warned about.")
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Hold a published privacy text (nl, fr, en; text or HTML) against the settings.",
)
@json_option
@click.pass_obj
def check(context: CommandContext, strict: bool, policy: Path | None) -> None:
    """Read cameras.toml and say what is wrong or unwise, a password that is missing included; changes nothing.

    \b
      cctv config check
      cctv config check --strict
      cctv config check --policy privacy.html
    """
    checked = load_settings(context.invocation.config_path, environ=context.environ, strict=strict)
    settings = checked.settings
    if settings.letters.templates is not None:
        check_templates(templates_of(settings))
    if settings.redaction.detector is not None:
        Detector(load_model(settings.redaction.detector))
    findings = _findings(settings, policy) if policy is not None else ()
    warnings = [
        *(warning.message for warning in checked.warnings),
        *roles_warnings(settings.roles),
        *_site_warnings(context),
    ]
    try:
        unread = check_credentials(settings, context.environ)
    except ConfigError:
        for warning in () if context.json else warnings:
            echo(f"warning: {warning}", err=True)
        raise
    if unread is not None:
        owner = owner_of(unread)
        warnings.append(
            f"the passwords are not checked: only {owner} may read {unread}; `sudo -u {owner} cctv config check`"
        )

    def text(console: Console) -> None:
        for warning in warnings:
            echo(f"warning: {warning}", err=True)
        console.print(f"{settings.source.path}: {len(settings.cameras)} cameras in {len(settings.zones)} zones; usable")
        if policy is not None:
            _show_findings(console, findings)

    context.emit(
        {
            "path": settings.source.path,
            "cameras": list(settings.cameras),
            "zones": list(settings.zones),
            "warnings": warnings,
        }
        | ({"policy": policy, "findings": [_as_json(finding) for finding in findings]} if policy is not None else {}),
        text,
    )
    if policy is not None and strict:
        _refuse_differences(policy, findings)


@config.command()
@json_option
@click.pass_obj
def show(context: CommandContext) -> None:
    """Show every setting in force and where it comes from."""
    rows = explain(context.settings)
    context.emit(
        {
            "settings": [
                {"key": row.key, "value": row.value, "origin": row.origin, "line": row.line, "note": row.note}
                for row in rows
            ]
        },
        lambda console: console.print(
            table(("key", "value", "from", "note"), [(row.key, row.value, _origin(row), row.note) for row in rows])
        ),
    )


@config.command()
@reason_option()
@mutation
@click.pass_obj
def adopt(context: CommandContext, reason: str) -> None:
    """Let the storage follow this cameras.toml from now on, with its policy; what changes is logged.

    By two people where the policy in force asks for them: the first proposes it (exit 3), another account types the
    same, or somebody elsewhere signs it (`cctv board`).

    \b
      cctv config adopt --reason "the period of the facade was shortened"
      cctv --config /etc/cctv/cameras.toml config adopt --reason "the box was set up anew"
    """
    adopted = adopt_settings(context.site, reason=reason, dry_run=context.dry_run)
    changed = adopted.changed and not context.dry_run

    def text(console: Console) -> None:
        if not adopted.changed:
            console.print(f"the storage follows {adopted.after} already")
            return
        verb = "would follow" if context.dry_run else "follows"
        if adopted.before == adopted.after:
            console.print(f"the policy of {adopted.after} {'would be' if context.dry_run else 'is'} adopted:")
        else:
            console.print(f"the storage {verb} {adopted.after} (before: {adopted.before or 'no file was known'})")
        _print_changes(console, adopted)
        if adopted.takes_two and context.dry_run:
            console.print(
                "The policy in force asks two people for this: it would be proposed, and wait for the second."
            )

    context.emit({**_changes_data(adopted), "changed": changed}, text)


@config.command()
@json_option
@click.pass_obj
def diff(context: CommandContext) -> int:
    """Show what cameras.toml says otherwise than the policy that the storage follows; changes nothing.

    Exit 13 while something waits to be adopted.

    \b
      cctv config diff
    """
    compared = compare_policy(context.site)

    def text(console: Console) -> None:
        if not compared.changes:
            console.print(f"{compared.after}: its policy is the one that the storage follows")
            return
        other = "" if compared.before == compared.after else f" of {compared.before}"
        console.print(f"{compared.after} says otherwise than the policy{other} that was adopted:")
        _print_changes(console, compared)
        people = "two people" if compared.takes_two else "one person"
        print_next(f"cctv config adopt --reason WHY, by {people}; until then, acts are refused")

    context.emit(_changes_data(compared), text)
    return int(Exit.DECISION_MISSING if compared.changes else Exit.OK)


def _print_changes(console: Console, adoption: SettingsAdoption) -> None:
    if adoption.changes:
        rows = [(change.key, change.before or "-", change.after or "-") for change in adoption.changes]
        console.print(table(("key", "before", "now"), rows))


def _changes_data(adoption: SettingsAdoption) -> dict[str, object]:
    return {
        "before": adoption.before,
        "after": adoption.after,
        "differing": [change.key for change in adoption.changes],
        "changes": [{"key": change.key, "before": change.before, "now": change.after} for change in adoption.changes],
        "takes_two": adoption.takes_two,
    }


def _site_warnings(context: CommandContext) -> list[str]:
    """Holds that lose their camera under these settings, and a policy that nobody adopted.

    None where there is no storage, or none to be opened.
    """
    try:
        with read_transaction(context.site.engine) as connection:
            holds = unfollowed_holds(connection, context.settings, context.now)
            keys = ", ".join(change.key for change in differences(connection, context.site))
        unadopted = f"nobody adopted what the policy says now ({keys}): acts are refused until `cctv config adopt`"
        return [*holds, *([unadopted] if keys else [])]
    except CctvError:
        return []


def _findings(settings: Settings, policy: Path) -> tuple[Finding, ...]:
    return compare(read_claims(read_policy_text(policy)), settings)


def _show_findings(console: Console, findings: tuple[Finding, ...]) -> None:
    rows = [
        (finding.status.value, finding.message, str(finding.claim.line) if finding.claim else "-")
        for finding in findings
    ]
    console.print(table(("", "what runs, and what the text says", "line"), rows, right=("line",)))
    console.print("\nRead by fixed phrases: what is not listed was not recognised. It takes no lawyer's place.")


def _as_json(finding: Finding) -> dict[str, object]:
    claim = finding.claim
    return {
        "verdict": finding.status,
        "subject": finding.subject,
        "message": finding.message,
        "line": claim.line if claim else None,
        "quote": claim.quote if claim else None,
    }


def _refuse_differences(policy: Path, findings: tuple[Finding, ...]) -> None:
    wrong = sum(
        finding.status in {ClaimStatus.BROKEN, ClaimStatus.DIFFERS, ClaimStatus.MISSING} for finding in findings
    )
    if wrong:
        raise PolicyTextDiffers(path=policy, count=wrong)


def _origin(row: SettingRow) -> str:
    return f"{row.origin.value}, line {row.line}" if row.line else row.origin.value
