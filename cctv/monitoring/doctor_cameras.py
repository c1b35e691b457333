"""What the doctor checks of the cameras: their passwords, what crosses the network readable, their clocks.

Each judgement is a pure function; the checks at the end read and judge.  Never prints a password.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cctv.cases.agenda.agenda import credential_items
from cctv.config.credentials import (
    SHORTEST_PASSWORD,
    Credential,
    PasswordWeakness,
    credentials_file,
    load_credentials,
    password_weakness,
)
from cctv.config.errors import CredentialsRefused, CredentialUnknown
from cctv.config.schema import CameraSettings
from cctv.core.clock import end_of_day
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction
from cctv.footage.runs import CLOCK_OFF, latest_run
from cctv.model.ids import CameraId
from cctv.monitoring.doctor import (
    CheckName,
    DoctorFinding,
    Examined,
    advice,
    line_of,
    unknown,
    well,
    wrong,
)

_YEAR = timedelta(days=365)


def judge_credentials(credentials: Mapping[str, Credential], now: datetime, zone: ZoneInfo) -> Iterator[DoctorFinding]:
    """Passwords that came with the camera, are short or shared, or were not changed for long."""
    name, sound = CheckName.CREDENTIALS, True
    change = "cctv cameras check"
    by_password: dict[str, list[str]] = defaultdict(list)
    for key, credential in credentials.items():
        by_password[credential.password].append(key)
        weakness = password_weakness(credential)
        if weakness is PasswordWeakness.KNOWN:
            sound = False
            text = N_("the password of {name} is the one that cameras come with, or none", name=key)
            why = N_("who reaches the camera sees what it sees, and may reach the network through it")
            yield wrong(name, text, why, change, key)
        elif weakness is PasswordWeakness.SHORT:
            sound = False
            text = N_("the password of {name} has fewer than {count} characters", name=key, count=SHORTEST_PASSWORD)
            yield advice(name, text, N_("it is guessed in hours"), change, key)
    for names in by_password.values():
        if len(names) > 1:
            sound = False
            text = N_("one password is used for {names}", names=", ".join(sorted(names)))
            yield advice(name, text, N_("who learns it from one camera has them all"), change, "shared")
    rotated = [(key, credential.rotated) for key, credential in credentials.items()]
    for item in credential_items(rotated, now, zone):
        last = credentials[item.id].rotated
        if item.due >= end_of_day(now.astimezone(zone).date(), zone) and last is not None:
            continue
        sound = False
        is_old = last is not None and now.astimezone(zone).date() - last > _YEAR
        since = N_("since {day}", day=last) if last is not None else N_("no change is written down")
        make = wrong if is_old else advice
        text = N_("{name}: {what} ({since})", name=item.id, what=item.what, since=since)
        why = N_("a password that left with somebody opens the camera until it is changed")
        yield make(name, text, why, N_("cctv request board  # {line}", line=item.line), item.id)
    if sound:
        yield well(
            name, N_("{count} credentials, none known from elsewhere, all changed in time", count=len(credentials))
        )


def judge_transport(cameras: Sequence[CameraSettings]) -> Iterator[DoctorFinding]:
    """Cameras whose pictures or passwords cross the network readable."""
    name = CheckName.TRANSPORT
    plain = [camera for camera in cameras if not _is_encrypted(camera)]
    basic = [camera.id for camera in plain if camera.allow_basic]
    if basic:
        text = N_("the password goes unencrypted to {cameras} (allow_basic)", cameras=", ".join(basic))
        why = N_("who listens on the network has it")
        yield wrong(name, text, why, "cctv cameras check", "basic")
    if plain:
        text = N_("not encrypted on the way: {cameras}", cameras=", ".join(camera.id for camera in plain))
        why = N_("who is on the cameras' network sees the pictures: a network of their own, or rtsps:// where they can")
        yield advice(name, text, why, "cctv cameras check", "streams")
    if cameras and not plain:
        yield well(name, N_("every camera is asked over TLS"))


def judge_camera_clocks(offsets: Mapping[CameraId, timedelta | None]) -> Iterator[DoctorFinding]:
    """Cameras' own clocks less ours, as read when their last run began; None where the camera told none."""
    name = CheckName.CAMERA_CLOCKS
    off = {camera: offset for camera, offset in offsets.items() if offset is not None and abs(offset) >= CLOCK_OFF}
    silent = [camera for camera, offset in offsets.items() if offset is None]
    for camera, offset in off.items():
        text = N_("the clock of {camera} is off by {seconds:+.0f} s", camera=camera, seconds=offset.total_seconds())
        why = N_("the time in its picture is wrong, and a large leap makes it refuse the password")
        yield advice(name, text, why, f"cctv cameras check {camera}", camera)
    if silent:
        text = N_("the clock is not known of {cameras}", cameras=", ".join(silent))
        yield unknown(name, text, "cctv cameras check", "silent")
    if offsets and not off and not silent:
        yield well(name, N_("the clocks of {count} cameras are right", count=len(offsets)))


def _is_encrypted(camera: CameraSettings) -> bool:
    """Whether what the camera is asked over is TLS; over ONVIF the stream's address follows the scheme."""
    address = camera.rtsp or camera.onvif or ""
    return "://" in address and urlsplit(address).scheme in ("rtsps", "https")


def check_credentials(examined: Examined) -> Iterator[DoctorFinding]:
    """Those that the recorder would load."""
    settings = examined.require_settings()
    if not any(camera.credential for camera in settings.cameras.values()):
        yield well(CheckName.CREDENTIALS, N_("no camera asks for a password"))
        return
    file = credentials_file(settings)
    try:  # and not access(2), which heeds no capability of a service
        if file is not None:
            file.open("rb").close()
    except PermissionError:
        text = N_("this account may not read {path}", path=file)
        yield unknown(CheckName.CREDENTIALS, text, "sudo cctv doctor --only credentials")
        return
    except OSError:
        pass  # it is not there, which is told below
    try:
        credentials = load_credentials(settings, examined.environ)
    except (CredentialsRefused, CredentialUnknown) as error:
        why = N_("the recorder cannot sign in to its cameras")
        yield wrong(CheckName.CREDENTIALS, error.phrase, why, line_of(error, "cctv cameras check"))
        return
    yield from judge_credentials(credentials, examined.now, settings.site.timezone)


def check_transport(examined: Examined) -> Iterator[DoctorFinding]:
    """What crosses the network readable."""
    return judge_transport(list(examined.require_settings().cameras.values()))


def check_camera_clocks(examined: Examined) -> Iterator[DoctorFinding]:
    """The clock of each camera, as its last run had it."""
    site, settings = examined.require_site(), examined.require_settings()
    with read_transaction(site.engine) as connection:
        runs = {camera: latest_run(connection, camera) for camera in settings.cameras}
    return judge_camera_clocks({camera: run.clock_offset if run else None for camera, run in runs.items()})
