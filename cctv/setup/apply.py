"""The steps of `cctv init`: the recovery key, the credentials, cameras.toml, the storage, its key, the services.

Each step may be interrupted anywhere and done again: it looks at what is there, finishes it, and does nothing twice.
What it would do first is told by `plan`, which changes nothing.  Never replaces a cameras.toml, a key or a credential,
and never deletes anything but the file that keeps the answers.
"""

from __future__ import annotations

import os
import pwd
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from cctv.audit.log import append_entry, audit_entries
from cctv.config.credentials import CREDENTIALS_FILE, Credential, add_credentials
from cctv.config.loader import check_text, read_text
from cctv.config.schema import Settings
from cctv.config.settings_file import SYSTEM_WIDE
from cctv.core.access import SERVICE_ACCOUNT, STORAGE_MODE, accounts_of_group
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError, Exit, UsageError
from cctv.core.process import run_process
from cctv.crypto.age import make_recovery_key, read_recovery_key
from cctv.crypto.signing_key import signing_key
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.footage.initialise import ensure_storage
from cctv.model.audit import Act, Actor
from cctv.recording.state import Phase, is_running, read_state
from cctv.setup.answers import USUAL_STORAGE, Answers, write_answers
from cctv.setup.network import WRITTEN, camera_networks, write_network
from cctv.setup.settings_text import settings_text

SERVICES = ("cctv-record", "cctv-sweep")
SOCKET = "cctv.socket"  # which starts cctv-serve when somebody types a command
_ALSO_WRITING = ("cctv-serve", "cctv-backup", "cctv-verify")  # of the socket and of timers; they need the storage
_LOOKING = ("cctv-notify", "cctv-doctor")
_READING = ("cctv-checkpoint",)
_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_DROP_INS = Path("/etc/systemd/system")
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # by ProtectHome= and PrivateTmp= of the units
_POLL_SECONDS = 0.5


class AlreadySetUp(UsageError):
    """{path} is there already: this box is set up, and nothing was changed.

    next: `cctv --config {path} config check`, and `cctv cameras add` for another camera; to begin anew, move the file
    away first.
    """


class AccountMissing(UsageError):
    """There is no account {account}, which runs the services and owns the footage.

    next: install the package, which makes it, or name another one with `--account`.
    """


class StorageHidden(UsageError):
    """The services cannot see {path}: their units keep {folder} from them.

    next: choose another folder with `--storage`, such as /var/lib/cctv or one of a disk of its own.
    """


class StorageOwned(CctvError):
    """{path} belongs to the account {owner}, not to {account}; nothing was changed in it.

    next: choose another folder with `--storage`, or give it away: chown {account} {path}
    """

    exit_code = Exit.NOT_PERMITTED


class RecoveryKeyUnwritten(CctvError):
    """The recovery key cannot be written to {path}: {reason}.

    next: mount the medium, or name another file with `--recovery-key`, then type the command again; it goes on from
    here.
    """


class SetupStep(Enum):
    """A step, in order; the value names it in the file of answers."""

    RECOVERY_KEY = "recovery key"
    CREDENTIALS = "credentials"
    SETTINGS = "cameras.toml"
    STORAGE = "storage"
    SIGNING_KEY = "signing key"
    SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Box:
    """The machine as `cctv init` finds it: where settings go, who will own the storage, and what a test replaces."""

    config: Path
    account: pwd.struct_passwd
    disk: DurableFiles
    clock: Clock
    actor: Actor
    starts: bool  # whether the services may be started, should systemd run and know them

    @property
    def answers_file(self) -> Path:
        """The file that keeps the answers until all is done."""
        return self.config.with_name(f".{self.config.name}.init.json")

    @property
    def credentials_file(self) -> Path:
        return self.config.with_name(CREDENTIALS_FILE)

    @property
    def several(self) -> bool:
        """Whether more accounts than the one that will own the storage are in its group."""
        return bool(set(accounts_of_group(self.account.pw_gid)) - {self.account.pw_name, "root"})

    @property
    def is_service(self) -> bool:
        """Whether the units record by this cameras.toml."""
        return os.geteuid() == 0 and self.config == Path(SYSTEM_WIDE)

    @property
    def starts_services(self) -> bool:
        return self.starts and self.is_service and Path("/run/systemd/system").is_dir() and units_installed()


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, what it does, and whether an earlier run did it."""

    step: SetupStep
    text: str
    done: bool


def account_of(name: str | None) -> pwd.struct_passwd:
    """The account that will own the storage: the named one, else that of the services for root, else this one.

    Raises AccountMissing.
    """
    if name is None and os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(name or SERVICE_ACCOUNT)
    except KeyError as error:
        raise AccountMissing(account=name or SERVICE_ACCOUNT) from error


def units_installed() -> bool:
    """Whether systemd would know the services."""
    return all(any(Path(folder, f"{name}.service").exists() for folder in _UNIT_FOLDERS) for name in SERVICES)


def refuse_set_up(box: Box, answers: Answers | None) -> None:
    """Raise AlreadySetUp where there is a cameras.toml that no interrupted run has written."""
    begun = answers is not None and SetupStep.SETTINGS.value in answers.begun
    if not begun and (box.config.exists() or box.config.is_symlink()):
        raise AlreadySetUp(path=box.config)


def refuse_hidden_storage(box: Box, storage: Path) -> None:
    """Raise StorageHidden for a folder that the units keep from the services."""
    resolved = storage.resolve()
    for folder in _HIDDEN if box.is_service else ():
        if resolved.is_relative_to(folder):
            raise StorageHidden(path=storage, folder=folder)


def refuse_owned_storage(box: Box, storage: Path) -> None:
    """Raise StorageOwned for a folder that is another account's; root's own may be given away."""
    if storage.exists():
        owner = storage.stat().st_uid
        if owner != box.account.pw_uid and not (owner == 0 and os.geteuid() == 0):
            raise StorageOwned(path=storage, owner=_account_name(owner), account=box.account.pw_name)


def plan(answers: Answers, credentials: Mapping[str, Credential], box: Box) -> list[PlannedStep]:
    """The steps in order.  Changes nothing."""
    file, storage = answers.recovery_file, answers.storage
    names = ", ".join(credentials) or "nothing in it, as no camera asks for a password"
    count = len(answers.cameras or ())
    services = f"start {' and '.join(SERVICES)}" if box.starts_services else "tell which lines start the services"
    texts = {
        SetupStep.RECOVERY_KEY: f"make the recovery key in {file}" if file else "make no recovery key, so no back-ups",
        SetupStep.CREDENTIALS: f"write {box.credentials_file} (mode 600): {names}",
        SetupStep.SETTINGS: f"write {box.config} with {count} camera{'s' if count != 1 else ''}",
        SetupStep.STORAGE: f"make the storage in {storage}, owned by {box.account.pw_name}",
        SetupStep.SIGNING_KEY: "make the key that signs packages and the audit log",
        SetupStep.SERVICES: services,
    }
    return [PlannedStep(step, text, _is_done(step, answers, box)) for step, text in texts.items()]


def carry_out(
    answers: Answers, credentials: Mapping[str, Credential], box: Box, tell: Callable[[SetupStep], None]
) -> Storage:
    """Do what is left of the plan; `tell` is called before each step.  Returns the storage.

    1. recovery key  (crash: its file is there; its public half is read from it)
    2. credentials   (crash: they are there with the same values)
    3. cameras.toml  (crash: it is there, and from now on it counts, not the answers)
    4. storage       (crash: the folders are there; or the index without its first entry, which is added)
    5. signing key, and the entries about the pictures that were shown
    6. services      (crash: enabling them again changes nothing)
    7. the answers are removed
    """
    _make_settings_folder(box)
    if not _is_done(SetupStep.SETTINGS, answers, box):
        tell(SetupStep.RECOVERY_KEY)
        answers, recipient = _recovery_key(answers, box)
        tell(SetupStep.CREDENTIALS)
        add_credentials(box.credentials_file, credentials, box.disk)
        tell(SetupStep.SETTINGS)
        answers = _begin(SetupStep.SETTINGS, answers, box)
        _write_settings(settings_text(answers, recipient, several=box.several), box)
    settings = check_text(read_text(box.config), box.config).settings
    tell(SetupStep.STORAGE)
    answers = _begin(SetupStep.STORAGE, answers, box)
    _make_storage_folder(settings.site.storage, box)
    site = ensure_storage(settings, disk=box.disk, clock=box.clock, actor=box.actor)
    tell(SetupStep.SIGNING_KEY)
    signing_key(site.root / "keys", box.disk)
    _log_shown(site, answers.shown)
    tell(SetupStep.SERVICES)
    if box.is_service:
        write_drop_ins(site.root, box.disk)
        write_network(camera_networks(settings.cameras.values()), box.disk, _DROP_INS)
    if box.starts_services:
        run_process(["systemctl", "daemon-reload"])
        run_process(["systemctl", "enable", "--now", *SERVICES, SOCKET])
    box.disk.unlink(box.answers_file)
    return site


def wait_for_pictures(site: Storage, patience: timedelta, tell: Callable[[int, int], None]) -> bool:
    """Wait until the first segment of every camera is under way, or the recorder has given one up for now.

    `tell` gets how many record, and of how many, whenever that changes.  Returns whether all of them record.
    """
    cameras, before, ends_at = list(site.settings.cameras), -1, time.monotonic() + patience.total_seconds()
    while True:
        state = read_state(site.root) if is_running(site) else None
        known = state.cameras if state is not None else {}
        recording = [name for name in cameras if name in known and known[name].phase is Phase.RECORDING]
        under_way = [name for name in recording if any((site.root / "incoming" / name).glob("*.mp4"))]
        if len(under_way) != before:
            before = len(under_way)
            tell(before, len(cameras))
        given_up = [name for name in cameras if name in known and known[name].phase in (Phase.WAITING, Phase.STOPPED)]
        if state is not None and len(under_way) + len(given_up) == len(cameras):
            return not given_up
        if time.monotonic() >= ends_at:
            return False
        time.sleep(_POLL_SECONDS)


def lines_to_type(box: Box) -> list[str]:
    """What starts recording where this program did not."""
    if box.is_service:
        return ["systemctl daemon-reload", f"systemctl enable --now {' '.join((*SERVICES, SOCKET))}", "cctv status"]
    program = f"cctv --config {box.config}"
    return [f"{program} record", f"{program} sweep", f"{program} status"]


def _is_done(step: SetupStep, answers: Answers, box: Box) -> bool:
    written = SetupStep.SETTINGS.value in answers.begun and box.config.exists()
    if step in (SetupStep.RECOVERY_KEY, SetupStep.CREDENTIALS, SetupStep.SETTINGS):
        return written
    return step is SetupStep.STORAGE and written and (answers.storage / "site.json").exists()


def _begin(step: SetupStep, answers: Answers, box: Box) -> Answers:
    """Note durably that a step has begun, so that what it leaves behind is known as this program's own."""
    if step.value not in answers.begun:
        answers = replace(answers, begun=(*answers.begun, step.value))
        write_answers(box.answers_file, answers, box.disk)
    return answers


def _recovery_key(answers: Answers, box: Box) -> tuple[Answers, str | None]:
    """The public half of the recovery key, which is made unless an earlier run did; None for no key."""
    file = answers.recovery_file
    if file is None:
        return answers, None
    if SetupStep.RECOVERY_KEY.value in answers.begun and file.exists():
        return answers, str(read_recovery_key(file).to_public())
    answers = _begin(SetupStep.RECOVERY_KEY, answers, box)
    settings = _settings(settings_text(answers, None, several=box.several), box)
    try:
        return answers, make_recovery_key(settings, file, box.clock.now(), box.disk)[0]
    except OSError as error:
        raise RecoveryKeyUnwritten(path=file, reason=error.strerror or error) from error


def _settings(text: str, box: Box) -> Settings:
    return check_text(text, box.config).settings


def _make_settings_folder(box: Box) -> None:
    """The folder of the settings, into which the account can go; one of its own that keeps it out is opened for it."""
    folder = box.config.parent
    is_new = not folder.exists()
    if is_new:
        box.disk.make_directory(folder)
    status = folder.stat()
    keeps_out = (status.st_uid, status.st_gid) == (0, 0) and not status.st_mode & stat.S_IXOTH
    if os.geteuid() == 0 and (is_new or (box.is_service and keeps_out)):
        os.chown(folder, -1, box.account.pw_gid)
        folder.chmod(0o750)


def _write_settings(text: str, box: Box) -> None:
    """Put the file in place in one piece, readable by the account's group; raises ConfigError for what is refused."""
    _settings(text, box)
    new = box.config.with_name(f".{box.config.name}.new")
    new.unlink(missing_ok=True)
    box.disk.write(new, text.encode(), mode=0o640)
    new.chmod(0o640)  # whatever the umask: the services read it by their group
    if os.geteuid() == 0:
        os.chown(new, -1, box.account.pw_gid)
    new.chmod(0o640)  # the umask is the storage's, which is for one account alone
    try:
        box.disk.rename(new, box.config)
    except FileExistsError as error:
        raise AlreadySetUp(path=box.config) from error


def _make_storage_folder(root: Path, box: Box) -> None:
    """The folder of the storage with its owner and mode; folders above it that are missing may be passed by all."""
    missing = [path for path in root.parents if not path.exists()]
    for folder in reversed(missing):
        box.disk.make_directory(folder)
        folder.chmod(0o755)
    if not root.exists():
        box.disk.make_directory(root)
    refuse_owned_storage(box, root)
    if root.stat().st_uid != box.account.pw_uid:
        os.chown(root, box.account.pw_uid, box.account.pw_gid)
        root.chmod(STORAGE_MODE)


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _log_shown(site: Storage, shown: Sequence[tuple[str, str]]) -> None:
    """An entry for each picture that was shown before there was a log to put it in."""
    with write_transaction(site.engine) as connection:
        if not any(True for _ in audit_entries(connection, act=Act.CAMERA_STILL)):
            for camera, at in shown:
                when = datetime.fromisoformat(at)
                append_entry(connection, site, Act.CAMERA_STILL, camera, facts={"reason": "setup"}, at=when)


def write_drop_ins(root: Path, disk: DurableFiles, folder_of_units: Path = _DROP_INS) -> None:
    """Let the units reach a storage in another place than the usual one; what an earlier box has of it goes.

    With the drop-in of a storage that was elsewhere the services would wait for its mount for ever.
    """
    for name in (*SERVICES, *_ALSO_WRITING, *_LOOKING, *_READING):
        folder = folder_of_units / f"{name}.service.d"
        file = folder / "storage.conf"
        if root == USUAL_STORAGE:
            if file.exists() and file.read_text("utf-8").startswith(WRITTEN):
                disk.unlink(file)
            continue
        optional = name in _LOOKING  # that the disk is away is what they tell
        unit = "" if optional else f"[Unit]\nRequiresMountsFor={root}\n\n"
        paths = "ReadOnlyPaths" if name in _READING else "ReadWritePaths"
        text = f"{WRITTEN}\n{unit}[Service]\n{paths}={'-' if optional else ''}{root}\n"
        disk.make_directory(folder)
        folder.chmod(0o755)
        disk.write(file, text.encode(), mode=0o644)
