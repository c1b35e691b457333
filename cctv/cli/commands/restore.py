"""`cctv restore`: restore the index of a back-up, and held footage from its copy."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from cctv.audit.checkpoint_files import Checkpoint
from cctv.backup.rehearse import Rehearsal, record_rehearsal
from cctv.backup.rehearse import rehearse as rehearse_backup
from cctv.backup.restore import Restored, RestoreSources, plan_restore
from cctv.backup.restore import restore as restore_backup
from cctv.backup.restore_held import RestoreDecision, Returned, return_held
from cctv.cli.context import CommandContext, restrict_umask
from cctv.cli.options import mutation, reason_option
from cctv.cli.output import echo, local_date
from cctv.core.errors import CctvError, Exit, UsageError
from cctv.crypto.age import read_recovery_key


class OneOfTwo(UsageError):
    """Either a back-up or the copy of held footage is restored, one at a time.

    next: cctv restore FILE --key KEY --reason WHY, then `cctv restore --held DIR --key KEY --reason WHY`
    """


@click.command()
@click.argument("file", metavar="FILE", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--held", metavar="DIR", type=click.Path(path_type=Path), help="Bring held footage back from its copy.")
@click.option(
    "--key", "key_file", metavar="KEY", required=True, type=click.Path(path_type=Path), help="The recovery key's file."
)
@click.option("--rehearse", is_flag=True, help="Try the back-up in a scratch folder, and change nothing.")
@click.option(
    "--scratch", metavar="DIR", type=click.Path(path_type=Path), help="Where the scratch folder is made, not in /tmp."
)
@click.option("--replace", is_flag=True, help="Even though the storage has a whole index: it is set aside.")
@click.option("--new-disk", is_flag=True, help="The storage was moved to another disk on purpose.")
@reason_option(required=False)
@mutation
@click.pass_obj
def restore(
    context: CommandContext,
    file: Path | None,
    held: Path | None,
    key_file: Path,
    rehearse: bool,
    scratch: Path | None,
    replace: bool,
    new_disk: bool,
    reason: str | None,
) -> int:
    """Bring index, registers, log, keys and holds back from a back-up; held footage from its copy.

    No deleted footage comes back and no hold is lost.  Nothing is deleted afterwards until `cctv hold confirm`; held
    footage comes back after that, and only what is held and missing.

    \b
      cctv restore /mnt/offsite/cctv-1b2c3d4e-20261123T224500.000Z.age --key recovery.key --reason "new disk" --dry-run
      cctv restore /mnt/offsite/cctv-1b2c3d4e-20261123T224500.000Z.age --key recovery.key --rehearse
      cctv restore --held /mnt/offsite --key recovery.key --reason "new disk"
    """
    if (file is None) == (held is None) or (rehearse and file is None):
        raise OneOfTwo
    if rehearse:
        assert file is not None
        return _rehearsed(context, file, key_file, scratch, new_disk=new_disk)
    if reason is None:
        raise click.MissingParameter(param_hint="'--reason'", param_type="option")
    key = read_recovery_key(key_file)
    if held is not None:
        returned = return_held(context.site, held, key, reason=reason, dry_run=context.dry_run)
        return _returned(context, returned)

    assert file is not None
    restrict_umask()
    means = RestoreSources(context.settings, context.make_disk(), context.clock, context.actor, new_disk=new_disk)
    if context.dry_run:
        restored = plan_restore(means, file, key, replace_whole=replace)
    else:
        restored = restore_backup(means, file.absolute(), key, reason=reason, replace_whole=replace)
    _restored(context, restored)
    return int(Exit.OK)


def _restored(context: CommandContext, restored: Restored) -> None:
    outlook, manifest = restored.outlook, restored.manifest
    data = {
        "dry_run": context.dry_run,
        "site": manifest.site,
        "made": manifest.made,
        "holds": outlook.holds,
        "holds_from_disk": outlook.from_disk,
        "rows_without_file": outlook.gone_free,
        "held_without_file": outlook.gone_held,
        "set_aside": restored.set_aside,
        "signed_entries": restored.signed.seq if restored.signed else None,
        "signed_at": restored.signed.at if restored.signed else None,
        "reconciled": restored.found,
    }

    def text(console: Console) -> None:
        source = f"the back-up of {local_date(manifest.made, context.zone)} by {manifest.made_by}"
        console.print(f"{'Would restore' if context.dry_run else 'Restored'} {source}", style="bold")
        if restored.set_aside is not None:
            verb = "would be set aside" if context.dry_run else f"was set aside as {restored.set_aside.name}"
            console.print(f"The index that was there {verb}.")
        only_disk = f"; only the disk knew {', '.join(outlook.from_disk)}" if outlook.from_disk else ""
        console.print(f"Holds in force: {', '.join(outlook.holds) or 'none'}{only_disk}.")
        console.print(f"{outlook.gone_free} segments of the back-up have no file any more and do not come back.")
        if outlook.gone_held:
            echo(f"warning: {outlook.gone_held} held segments have no file: cctv restore --held DIR", err=True)
        if restored.signed is not None:
            echo(_missing_entries(restored.signed, manifest.audit_entries, context.zone), err=True)
        if context.dry_run:
            console.print("Dry run: nothing was changed.")
            return
        console.print(f"{restored.found} differences between disk and index were put right.")
        echo('next:  cctv hold list, then cctv hold confirm --for NAME --reason "..."', err=True)

    context.emit(data, text)


def _rehearsed(context: CommandContext, file: Path, key_file: Path, scratch: Path | None, *, new_disk: bool) -> int:
    restrict_umask()
    means = RestoreSources(context.settings, context.make_disk(), context.clock, context.actor, new_disk=new_disk)
    done = rehearse_backup(means, file.absolute(), read_recovery_key(key_file), scratch)
    unlogged = None
    if not context.dry_run:
        try:
            record_rehearsal(context.site, file, done)
        except CctvError as error:  # the storage is lost: that is what back-ups are for
            unlogged = error
    compared, manifest = done.compared, done.manifest
    data = {
        "site": manifest.site,
        "made": manifest.made,
        "sha256": done.sha256,
        "audit_entries": manifest.audit_entries,
        "segments": manifest.segments,
        "holds": done.holds,
        "holds_from_disk": done.outlook.from_disk,
        "rows_without_file": done.outlook.gone_free,
        "held_without_file": done.outlook.gone_held,
        "signed_entries": done.signed.seq if done.signed else None,
        "compared": {
            "audit_entries": compared.entries,
            "lost": compared.lost,
            "holds_in_force_again": compared.released,
            "named_again": compared.forgotten,
            "segments_recorded_since": compared.recorded,
        }
        if compared
        else None,
        "logged": unlogged is None and not context.dry_run,
    }
    context.emit(data, lambda console: _rehearsal_text(context, console, done))
    if unlogged is not None:
        echo(f"warning: no log says that it was rehearsed: {unlogged.message}", err=True)
    return int(Exit.OK)


def _rehearsal_text(context: CommandContext, console: Console, done: Rehearsal) -> None:
    manifest, compared = done.manifest, done.compared
    console.print(f"The back-up of {local_date(manifest.made, context.zone)} can be restored", style="bold")
    console.print(f"Every hash, the {manifest.audit_entries} entries of its log and its holds were checked. Holds in "
                  f"force after a restore: {', '.join(done.holds) or 'none'}.")  # fmt: skip
    if done.signed is not None:
        echo(_missing_entries(done.signed, manifest.audit_entries, context.zone), err=True)
    if compared is None:
        console.print("The storage has no index to compare it with.")
    else:
        since = compared.entries - manifest.audit_entries
        console.print(
            f"If it were restored now: {max(since, 0)} entries of the log would be in the set-aside index only."
        )
        for register, ids in compared.lost.items():
            console.print(f"  lost: {register.replace('_', ' ')} {', '.join(ids)}")
        if done.outlook.from_disk:
            console.print(f"  kept, by their files: {', '.join(done.outlook.from_disk)}")
        if compared.released:
            console.print(f"  in force again until somebody releases them: {', '.join(compared.released)}")
        if compared.forgotten:
            console.print(f"  people named again until the next sweep: {', '.join(compared.forgotten)}")
        if compared.recorded:
            console.print(f"  {compared.recorded} segments recorded since would be taken in again from the disk")
    if done.outlook.gone_free:
        console.print(f"  {done.outlook.gone_free} segments have no file any more and would not come back")
    if done.outlook.gone_held:
        echo(f"warning: {done.outlook.gone_held} held segments have no file", err=True)
    console.print("Nothing was changed, and the scratch folder is gone.")


def _missing_entries(signed: Checkpoint, entries: int, zone: ZoneInfo) -> str:
    day = local_date(signed.at, zone)
    if signed.seq <= entries:
        return f"warning: entry {signed.seq} of the log is another one than was signed on {day}"
    return (
        f"warning: the log of the back-up has {entries} entries; {signed.seq} were signed by {day}: the rest is missing"
    )


def _returned(context: CommandContext, returned: Returned) -> int:
    counts = {verdict.value: returned.count(verdict) for verdict in RestoreDecision}
    verdicts = [{"path": path, "verdict": verdict} for path, verdict in returned.verdicts]
    data = {"dry_run": context.dry_run, "segments": verdicts, "torn": returned.torn}

    def text(console: Console) -> None:
        for word, count in counts.items():
            if count:
                console.print(f"{count} segments {'would be ' if context.dry_run and word == 'returned' else ''}{word}")
        if not returned.verdicts:
            console.print("The copy is empty.")

    context.emit(data, text)
    for name in returned.torn:
        echo(f"warning: {name} in the copy cannot be read", err=True)
    return int(Exit.UNREADABLE if returned.torn else Exit.OK)
