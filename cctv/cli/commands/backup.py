"""`cctv backup`: back up index, registers, log, keys and holds, and the one copy of held footage.

Everything is encrypted to a recovery key whose private half is not on this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from cctv.backup.create import Made, make_backup, plan_backup
from cctv.backup.held_copy import HeldDone, HeldPlan, copy_held, plan_held
from cctv.backup.state import BackupFolderMissing
from cctv.cli.context import CommandContext
from cctv.cli.options import mutation
from cctv.cli.output import echo, size, table
from cctv.core.errors import Exit
from cctv.crypto.age import make_recovery_key


class _MakesByDefault(click.Group):
    """`cctv backup DIR` is `cctv backup make DIR`; a folder that is called `key` is written ./key."""

    def with_default(self, arguments: Sequence[str]) -> list[str]:
        """The arguments with `make` before them, unless they begin with a command or ask for help."""
        named = not arguments or arguments[0] in self.commands or arguments[0] in ("-h", "--help")
        return list(arguments) if named else ["make", *arguments]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.with_default(args))


@click.group(cls=_MakesByDefault)
def backup() -> None:
    """Copy index, registers, log, keys and holds elsewhere, encrypted; held footage only when asked.

    \b
      cctv backup key /media/usb/recovery.key    once: the key that opens back-ups, kept away from this box
      cctv backup /mnt/offsite                   index, registers, log, keys, holds
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
        ]
        echo("\n".join(lines), err=shown)

    context.emit(
        {"public": public, "file": None if shown else str(file), **({"key": text} if shown else {})}, print_key
    )


@backup.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--held", is_flag=True, help="Bring the one encrypted copy of held footage up to date instead.")
@click.option("--new-copy", metavar="WHY", help="Begin another copy: why the earlier one is no more.")
@mutation
@click.pass_obj
def make(context: CommandContext, directory: Path | None, held: bool, new_copy: str | None) -> int:
    """Back up to a folder of another disk: `cctv backup DIR` is short for it.

    Without DIR to the `folder` of [backup] in cameras.toml, as the timer cctv-backup does each night.  Never ordinary
    footage.  Every back-up also takes out of the copy of held footage what was released since.

    \b
      cctv backup /mnt/offsite --dry-run
      cctv backup /mnt/offsite
      cctv backup --held /mnt/offsite
    """
    directory = directory or context.settings.backup.folder
    if directory is None:
        raise BackupFolderMissing
    if held:
        return _held(context, directory, new_copy)

    bundle = plan_backup(context.site, directory) if context.dry_run else make_backup(context.site, directory)
    manifest = bundle.manifest
    data = {
        "dry_run": context.dry_run,
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
    }
    context.emit(data, lambda console: _bundle_text(console, bundle, dry_run=context.dry_run))
    _warn_same_disk(bundle.same_disk)
    return _left(bundle.held)


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
    if dry_run:
        console.print("Dry run: nothing was written.")


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
