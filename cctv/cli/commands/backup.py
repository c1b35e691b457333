"""`cctv backup`: back up index, registers, log, keys and holds, and the one copy of held footage.

Everything is encrypted to a recovery key whose private half is not on this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console

from cctv.backup.before_upgrade import copy_index, plan_copy
from cctv.backup.create import Made, make_backup, plan_backup
from cctv.backup.held_copy import HeldDone, HeldPlan, copy_held, plan_held
from cctv.backup.pruning import Pruned, plan_pruning, prune_backups
from cctv.backup.state import backup_folder, check_place, lacking_settings
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation
from cctv.cli.output import echo, length, local_date, size, table
from cctv.core.errors import Exit
from cctv.crypto.age import make_recovery_key
from cctv.db.identity import StorageMissing
from cctv.retention.guards.clock import ClockUnproved, require_proved


class _MakesByDefault(click.Group):
    """`cctv backup [DIR]` is `cctv backup make [DIR]`; a folder that is called `key` or `list` is written ./key."""

    def with_default(self, arguments: Sequence[str]) -> list[str]:
        """The arguments with `make` before them, unless they begin with a command or ask for help."""
        named = bool(arguments) and (arguments[0] in self.commands or arguments[0] in ("-h", "--help"))
        return list(arguments) if named else ["make", *arguments]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.with_default(args))


@click.group(cls=_MakesByDefault)
def backup() -> None:
    """Copy index, registers, log, keys and holds elsewhere, encrypted; held footage only when asked.

    \b
      cctv backup key /media/usb/recovery.key    once: the key that opens back-ups, kept away from this box
      cctv backup /mnt/offsite                   index, registers, log, keys, holds; then old ones go
      cctv backup list /mnt/offsite              those that are there, and which would go
      cctv backup --held /mnt/offsite            the one copy of held footage
    """


@backup.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@mutation
@click.pass_obj
def key(context: CommandContext, file: Path) -> None:
    """Make a recovery key: the private half goes to FILE (or with - to the screen) and must leave this box.

    The public half goes into cameras.toml.  Without the private half nobody opens a back-up, this box included.

    \b
      cctv backup key /media/usb/recovery.key
    """
    shown = str(file) == "-"
    if context.dry_run:
        context.emit({"dry_run": True}, lambda console: console.print(f"Would make a recovery key in {file}."))
        return
    public, text = make_recovery_key(context.settings, None if shown else file, context.now, context.make_disk())

    def print_key(console: Console) -> None:
        if shown:
            echo(text, nl=False)
        where = "shown once: write it down" if shown else f"written to {file}: take it away from this box"
        lines = [
            f"Recovery key {where}.",
            "Put these lines into cameras.toml:",
            "",
            "[backup]",
            f'recipients = ["{public}"]',
            "",
            "then, where there is a storage already: cctv config adopt --reason WHY",
        ]
        echo("\n".join(lines), err=shown)

    context.emit(
        {"public": public, "file": None if shown else str(file), **({"key": text} if shown else {})}, print_key
    )


@backup.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--held", is_flag=True, help="Bring the one encrypted copy of held footage up to date instead.")
@click.option("--new-copy", metavar="WHY", help="Begin another copy: why the earlier one is no more.")
@click.option("--if-set", is_flag=True, help="Do nothing where [backup] names no recipients or no folder.")
@mutation
@click.pass_obj
def make(context: CommandContext, directory: Path | None, held: bool, new_copy: str | None, if_set: bool) -> int:
    """Back up to a folder of another disk: `cctv backup DIR` is short for it.

    Without DIR to the `folder` of [backup] in cameras.toml, as the timer cctv-backup does each night, with --if-set:
    what is not set up is no failure of the timer, and `cctv status` and `cctv doctor` tell it.  Never ordinary footage.
    Every back-up also takes out of the copy of held footage what was released since, and then removes the back-ups of
    that folder that `keep` and `longest` of [backup] let go.

    \b
      cctv backup /mnt/offsite --dry-run
      cctv backup /mnt/offsite
      cctv backup --held /mnt/offsite
    """
    lacking = lacking_settings(context.settings.backup, directory) if if_set else ()
    if lacking:
        words = f"Nothing is backed up: [backup] of cameras.toml has no {' and no '.join(lacking)}."
        context.emit({"dry_run": context.dry_run, "lacking": lacking}, lambda _: echo(words))
        return int(Exit.OK)
    site = context.site
    folder = backup_folder(site, directory)
    if held:
        return _held(context, folder, new_copy)

    if context.dry_run:
        bundle = plan_backup(site, folder)
        pruned = plan_pruning(site, bundle.path.parent, require_proved, also=bundle.manifest.made)
    else:
        bundle = make_backup(site, folder)
        pruned = prune_backups(site, bundle.path.parent, require_proved)

    def text(console: Console) -> None:
        _bundle_text(console, bundle, dry_run=context.dry_run)
        for backup in pruned.going:
            verb = "Would remove" if context.dry_run else "Removed"
            console.print(f"{verb} {backup.path.name}: {backup.fate.value.partition(': ')[2]}.")
        if context.dry_run:
            console.print("Dry run: nothing was written.")

    context.emit({"dry_run": context.dry_run, **_made_data(bundle, pruned)}, text)
    _warn_same_disk(bundle.same_disk)
    return _left(bundle.held) or _unpruned(pruned)


def _made_data(bundle: Made, pruned: Pruned) -> dict[str, object]:
    manifest = bundle.manifest
    return {
        "path": bundle.path,
        "site": manifest.site,
        "version": manifest.version,
        "files": [
            {"name": entry.name, "bytes": entry.bytes, "sha256": entry.sha256 or None} for entry in manifest.files
        ],
        "segments": manifest.segments,
        "holds": manifest.holds,
        "audit_entries": manifest.audit_entries,
        "bytes": bundle.size_bytes,
        "interrupted_removed": bundle.swept,
        "held_copy": _held_data(bundle.held) if bundle.held else None,
        "pruned": [backup.path.name for backup in pruned.going],
        "torn": [backup.path.name for backup in pruned.torn],
        "pruning_refused": pruned.refused.code if pruned.refused else None,
    }


@backup.command(name="list")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def list_backups(context: CommandContext, directory: Path | None) -> int:
    """Show this site's back-ups in a folder, newest first: age, size, and which the next back-up would remove.

    \b
      cctv backup list
      cctv backup list /mnt/offsite
    """
    site = context.site
    folder = check_place(site, backup_folder(site, directory))
    plan = plan_pruning(site, folder, require_proved)
    data = {
        "folder": folder,
        "backups": [
            {
                "name": backup.path.name,
                "made": backup.made,
                "bytes": backup.size_bytes,
                "goes": backup.fate.goes and plan.refused is None,
                "why": backup.fate.value,
            }
            for backup in plan.backups
        ],
        "pruning_refused": plan.refused.code if plan.refused else None,
    }

    def text(console: Console) -> None:
        if not plan.backups:
            console.print(f"No back-up of this site is in {folder}.")
            return
        for backup in plan.backups:
            age, bytes_ = length(max(context.now - backup.made, timedelta(0))), size(backup.size_bytes)
            facts = f"{local_date(backup.made, context.zone)}, {age} ago, {bytes_}: {backup.fate.value}"
            echo(f"{backup.path.name}\n  {facts}")

    context.emit(data, text)
    return _unpruned(plan)


@backup.command("before-upgrade")
@mutation
@click.pass_obj
def before_upgrade(context: CommandContext) -> None:
    """Copy the index beside it, before another version is installed; the Debian package does it by itself.

    Encrypted where cameras.toml names a recovery key.  There is one such copy: the next one replaces it.  It holds
    personal data, so remove it once the new version has run for some days.  It is no back-up.
    """
    try:
        site = context.site
    except StorageMissing as missing:
        why = missing.message
        context.emit({"dry_run": context.dry_run, "path": None}, lambda console: console.print(f"Not copied: {why}"))
        return
    copy = plan_copy(site) if context.dry_run else copy_index(site)
    data = {
        "dry_run": context.dry_run,
        "path": copy.path,
        "encrypted": copy.encrypted,
        "bytes": copy.size_bytes,
    }
    verb = "Would copy the index to" if context.dry_run else "The index is copied to"
    context.emit(data, lambda console: console.print(f"{verb} {copy.path}"))


def _held(context: CommandContext, directory: Path, new_copy: str | None) -> int:
    if context.dry_run:
        plan: HeldPlan = plan_held(context.site, directory, new_copy=new_copy is not None)
        data = {"dry_run": True, "folder": plan.folder, "copy": [file.path for file in plan.copy],
                "destroy": [path.name for path in plan.destroy], "kept": plan.kept}  # fmt: skip
        summary = (
            f"Would copy {len(plan.copy)} held segments ({size(plan.size_bytes)}), destroy {len(plan.destroy)} files"
        )
        context.emit(data, lambda console: console.print(f"{summary}, keep {plan.kept}, in {plan.folder}."))
        return int(Exit.OK)
    result = copy_held(context.site, directory, new_copy=new_copy)
    context.emit({"dry_run": False, **_held_data(result)}, lambda console: console.print(_held_text(result)))
    _warn_same_disk(result.same_disk)
    for path in result.unreadable:
        echo(f"warning: {path} is not as it was written, and was left out: cctv footage verify", err=True)
    return int(Exit.UNREADABLE if result.unreadable else Exit.OK)


def _held_data(result: HeldDone) -> dict[str, object]:
    return {
        "folder": result.folder,
        "reached": result.reached,
        "copied": result.copied,
        "destroyed": result.destroyed,
        "kept": result.kept,
        "unreadable": result.unreadable,
        "holds_released_since": result.released,
    }


def _held_text(result: HeldDone) -> str:
    return (
        f"Copy of held footage in {result.folder}: {result.copied} segments copied, {result.destroyed} destroyed "
        f"that nothing holds any more, {result.kept} kept."
    )


def _bundle_text(console: Console, bundle: Made, *, dry_run: bool) -> None:
    manifest = bundle.manifest
    console.print(f"{'Would write' if dry_run else 'Written:'} {bundle.path}", style="bold")
    rows = [(entry.name, size(entry.bytes)) for entry in manifest.files]
    console.print(table(("file", "size"), rows, right=("size",)))
    console.print(f"\n{manifest.segments} segments are indexed (no footage is copied), {len(manifest.holds)} holds in "
                  f"force, {manifest.audit_entries} entries in the log.")  # fmt: skip
    for path in bundle.swept:
        verb = "would be removed" if dry_run else "removed"
        echo(f"{path.name} {verb}: a back-up that was interrupted", err=True)
    if bundle.held is not None and bundle.held.reached:
        console.print(_held_text(bundle.held))


def _unpruned(pruned: Pruned) -> int:
    """The exit code: what should have gone and stays is a part that is left."""
    for backup in pruned.torn:
        echo(f"warning: {backup.path.name} is torn: it is no back-up; look at it, and remove it by hand", err=True)
    if pruned.refused is None:
        return int(Exit.OK)
    echo(f"warning: no back-up was removed. {pruned.refused.message}", err=True)
    if pruned.refused.next_step:
        echo(f"next:  {pruned.refused.next_step}", err=True)
    return int(Exit.OK if isinstance(pruned.refused, ClockUnproved) else Exit.PARTLY)  # a new storage has no sweep yet


def _warn_same_disk(same: bool) -> None:
    if same:
        echo("warning: that folder is on the disk of the storage, and would be lost with it", err=True)


def _left(result: HeldDone | None) -> int:
    """The exit code: an unreachable copy counts only when something in it should be destroyed."""
    if result is None or result.reached:
        return int(Exit.OK)
    echo(
        f"warning: the copy of held footage is not at {result.folder}; {result.released} holds were released since "
        "it was last seen, and their footage is still in it",
        err=True,
    )
    return int(Exit.PARTLY if result.released else Exit.OK)
