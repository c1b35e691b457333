"""`cctv cameras`: list, find, add, check and aim cameras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console

from cctv.audit.log import append_entry
from cctv.cameras.check import check_cameras
from cctv.cameras.errors import StillNotWritten
from cctv.cameras.onvif import discover_cameras, stream_address
from cctv.cameras.probe import coarse_still
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import OptionRefused, mutation, password_options, typed_password
from cctv.cli.output import echo, table
from cctv.cli.views.camera_check import checkup_as_json, print_checkups
from cctv.config.credentials import (
    DIRECTORY,
    RESTART,
    Credential,
    add_credentials,
    check_credentials,
    credentials_file,
    load_credentials,
)
from cctv.config.editor import Edit, add_camera, write_edit
from cctv.config.errors import BadValue, SettingsNotFound
from cctv.config.loader import find_settings
from cctv.core.access import owner_of
from cctv.core.errors import ConfigError, Exit
from cctv.core.typed_time.durations import parse_duration
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.ids import CameraId
from cctv.setup.answers import CameraAnswer, check_camera


class CredentialsNowhere(ConfigError):
    """{path} names no credentials file, so there is none to put a password into; nothing was changed.

    next: add [credentials] with file = "credentials.toml" to it, then type the command again.
    """


@click.group()
def cameras() -> None:
    """List, find, add, check and aim cameras."""


@cameras.command("list")
@json_option
@click.pass_obj
def list_cameras(context: CommandContext) -> None:
    """Show the cameras of cameras.toml.  Asks none of them anything."""
    configured = list(context.settings.cameras.values())
    rows = [
        {
            "camera": camera.id,
            "zone": camera.zone,
            "purpose": camera.purpose,
            "address": camera.rtsp or camera.onvif,
            "via": "rtsp" if camera.rtsp else "onvif",
            "transport": camera.transport.value,
            "credential": camera.credential,
        }
        for camera in configured
    ]
    context.emit({"cameras": rows}, lambda console: _print_list(console, rows))


@cameras.command()
@click.argument("name", metavar="NAME")
@click.option("--zone", required=True, metavar="ZONE", help="A zone of cameras.toml.")
@click.option("--purpose", required=True, metavar="TEXT", help="Why it records, as registers and answers will say it.")
@click.option("--onvif", metavar="HOST", help="Host, host:port or http(s) address; the camera tells its stream itself.")
@click.option("--rtsp", metavar="URL", help="Address of its stream, without user name and password.")
@click.option("--credential", metavar="NAME", help="Name of a credential, as in the credentials file.")
@click.option("--location", metavar="TEXT", help="Where it hangs, for the register of cameras.")
@click.option("--road", is_flag=True, help="The public road is in its picture.")
@password_options
@mutation
@click.pass_obj
def add(
    context: CommandContext, /, name: str, road: bool, user: str | None, password_file: Path | None, **keys: str | None
) -> None:
    """Write a camera into cameras.toml, which otherwise stays as it is.

    Refuses whatever `cctv config check` would refuse. With --user its password goes into the credentials file, under
    the name of the camera or of --credential. `systemctl reload cctv-record` takes the camera up, and
    `systemctl restart cctv-record` its password.

    \b
      cctv cameras add gevel-2 --zone facade --purpose "theft and damage" --onvif 192.0.2.21 --credential gevel
      cctv cameras add gevel-3 --zone facade --purpose "theft and damage" --onvif 192.0.2.23 --user admin
      cctv cameras add kassa-1 --zone interior --purpose theft --rtsp rtsp://192.0.2.22/stream1 --dry-run
    """
    credential = keys["credential"] = keys["credential"] or (name if user is not None else None)
    edit = add_camera(find_settings(context.invocation.config_path, context.environ), name, keys)
    _check_road(edit, name, keys, road=road)
    if user is None or credential is None:
        _check_credential(context, edit, credential)
    elif not context.dry_run:
        file = edit.checked.settings.credentials.file
        if file is None:
            raise CredentialsNowhere(path=edit.file)
        password = typed_password(password_file, name, asks=context.interactive)
        add_credentials(file, {credential: Credential(user, password)}, context.make_disk())
    if not context.dry_run:
        write_edit(edit, context.make_disk())
    data = {"camera": name, "file": edit.file, "dry_run": context.dry_run, "difference": edit.difference}
    context.emit(data, lambda console: _print_edit(edit, name, dry_run=context.dry_run))
    for warning in edit.checked.warnings:
        if f"cameras.{name}." in f"{'.'.join(warning.key)}.":
            echo(f"warning: {warning}", err=True)


@cameras.command()
@click.argument("names", metavar="[CAMERA]...", nargs=-1)
@json_option
@click.pass_obj
def check(context: CommandContext, names: Sequence[str]) -> int:
    """Ask each camera for its stream, and show what it sends and says of itself.

    Exit 19 if one of them is down.  Keeps nothing of the picture.  GOP is the time between two key frames; clock is the
    camera's less ours; "on board" is whether it can record on itself (ONVIF Profile G).

    \b
      cctv cameras check
      cctv cameras check gevel-1 foyer-1
    """
    settings = context.settings
    selected = [settings.camera(name) for name in names] or list(settings.cameras.values())
    checkups = check_cameras(selected, load_credentials(settings, context.environ), context.clock)
    data = {"cameras": [checkup_as_json(checkup) for checkup in checkups]}
    context.emit(data, lambda console: print_checkups(console, checkups))
    return int(Exit.OK if all(checkup.facts for checkup in checkups) else Exit.CAMERA_DOWN)


@cameras.command()
@click.option("--wait", default="3s", show_default=True, metavar="DURATION", help="How long to listen for answers.")
@json_option
@click.pass_obj
def discover(context: CommandContext, wait: str) -> None:
    """Find ONVIF cameras on this network, also those that are not in cameras.toml.

    Asks by multicast (WS-Discovery), which routers do not pass on; it signs in nowhere.

    \b
      cctv cameras discover
      cctv cameras discover --wait 10s --json
    """
    devices = discover_cameras(parse_duration(wait))
    names_by_host = _names_by_host(context)
    rows = [
        {
            "host": device.host,
            "onvif": device.onvif,
            "name": device.name,
            "hardware": device.hardware,
            "answered_from": device.sender or None,
            "camera": names_by_host.get(device.host),
        }
        for device in devices
    ]
    context.emit({"found": rows}, lambda console: _print_found(console, rows, wait))


@cameras.command()
@click.argument("name", metavar="CAMERA")
@click.option("--reason", required=True, type=click.Choice(["maintenance"]), help="The one reason that there is.")
@click.option("--output", required=True, metavar="FILE", type=click.Path(dir_okay=False), help="PNG to write.")
@mutation
@click.pass_obj
def still(context: CommandContext, name: str, reason: str, output: str) -> None:
    """Write one picture of a camera in 32 columns of blocks, to aim it by.

    Enough to see door, counter and horizon, too coarse to know anybody. Goes into the audit log.
    There is no live view: footage is seen through `cctv request` and `cctv export` only.

    \b
      cctv cameras still gevel-1 --reason maintenance --output gevel-1.png
    """
    camera, target = context.settings.camera(name), Path(output).absolute()
    if context.dry_run:
        context.emit({"camera": name, "file": target, "dry_run": True}, lambda _: echo(f"would write {target}"))
        return
    site = context.site
    picture = coarse_still(camera, stream_address(camera, load_credentials(context.settings, context.environ)))
    _hand_over(site, camera.id, reason, target, picture)
    context.emit({"camera": name, "file": target, "dry_run": False}, lambda _: echo(f"{name} is in {target}"))


def _check_road(edit: Edit, name: str, keys: Mapping[str, str | None], *, road: bool) -> None:
    """The rule of `cctv init`: a camera that sees the public road is in a zone with the shorter period."""
    settings = edit.checked.settings
    kind = settings.zones[settings.cameras[CameraId(name)].zone].kind
    try:
        check_camera(CameraAnswer(name, kind, location=keys["location"], sees_road=road), ())
    except BadValue as bad:
        raise OptionRefused(option="--zone", problem=bad.what, allowed=bad.allowed) from bad


def _check_credential(context: CommandContext, edit: Edit, credential: str | None) -> None:
    """A credential that is nowhere would stop the whole recorder at its next start."""
    settings = edit.checked.settings
    if credential and credentials_file(settings) is None and not context.environ.get(DIRECTORY):
        why = "there is no credentials.toml beside cameras.toml, so systemd must hand it to the recorder"
        echo(f"note: the credential {credential} is not checked: {why}", err=True)
    elif credential and (unread := check_credentials(settings, context.environ)) is not None:
        echo(f"note: the credential {credential} is not checked: only {owner_of(unread)} may read {unread}", err=True)


def _print_edit(edit: Edit, name: str, *, dry_run: bool) -> None:
    if dry_run:
        echo(edit.difference)
        return
    echo(f"{name} is in {edit.file}")
    # systemd hands the credentials over when the service starts, and not on a reload
    line = RESTART if edit.checked.settings.camera(name).credential else "systemctl reload cctv-record"
    echo(f"next: cctv cameras check {name}, then {line}", err=True)


def _print_list(console: Console, rows: Sequence[Mapping[str, object]]) -> None:
    columns = ("camera", "zone", "address", "credential", "purpose")
    console.print(table(columns, [[str(row[name] or "-") for name in columns] for row in rows]))


def _names_by_host(context: CommandContext) -> dict[str, str]:
    """Which camera of cameras.toml has which host; none where there is no cameras.toml yet."""
    try:
        configured = context.settings.cameras.values()
    except SettingsNotFound:
        return {}
    addresses = {camera.id: camera.onvif or camera.rtsp or "" for camera in configured}
    return {
        urlsplit(address if "://" in address else f"//{address}").hostname or "": name
        for name, address in addresses.items()
    }


def _print_found(console: Console, rows: Sequence[dict[str, str | None]], wait: str) -> None:
    if not rows:
        echo(f"No camera answered within {wait}. Is ONVIF on in it, and is it on this network segment?", err=True)
        return
    columns = ("onvif", "name", "hardware", "camera")
    console.print(table(columns, [[str(row[name] or "-") for name in columns] for row in rows]))
    for row in rows:
        told, sender = row["host"] or "", row["answered_from"] or ""
        if sender and told != sender and (":" in told) == (":" in sender):
            where = f"{row['onvif']}: this was told by {row['answered_from']}"
            echo(f"note: {where}. Write the address that is the camera's; a password goes there.", err=True)
    if any(row["camera"] is None for row in rows):
        echo("next: cctv cameras add NAME --zone ZONE --purpose TEXT --onvif HOST --credential NAME", err=True)


def _hand_over(site: Storage, camera: CameraId, reason: str, target: Path, picture: bytes) -> None:
    """Log it, then write it: no picture without its entry."""
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.CAMERA_STILL, camera, facts={"reason": reason})
        try:
            site.disk.write(target, picture, mode=0o600)
        except OSError as error:
            raise StillNotWritten(path=target, reason=error.strerror or error) from error
