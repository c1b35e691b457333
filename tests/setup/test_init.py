"""`cctv init` by options: what it makes, what it refuses, and that it does nothing twice."""

import os
import pwd
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from newbox import ACCOUNT, FACTS

from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.config.schema import CameraSettings
from cctv.core.durable import DurableFiles
from cctv.crypto.age import read_recovery_key
from cctv.model.ids import CameraId, ZoneId
from cctv.setup.apply import write_drop_ins
from cctv.setup.network import camera_networks, write_network

NOBODY = 65534
ACCOUNT_OPTION = f"--account {ACCOUNT}"


class PowerCut(BaseException):
    """The machine loses its power: nothing catches it."""


class CutDisk(DurableFiles):
    """Loses its power before or after one operation on one file."""

    def __init__(self, operation: str, name: str, *, after: bool) -> None:
        self._operation, self._name, self._after, self.was_cut = operation, name, after, False

    def _cut(self, operation, path, *, after):
        if (operation, path.name, after) == (self._operation, self._name, self._after):
            self.was_cut = True
            raise PowerCut

    def write(self, path, data, mode=0o640):
        self._cut("write", path, after=False)
        super().write(path, data, mode)
        self._cut("write", path, after=True)

    def rename(self, source, target):
        self._cut("rename", target, after=False)
        super().rename(source, target)
        self._cut("rename", target, after=True)

    def make_directory(self, directory):
        self._cut("make_directory", directory, after=False)
        super().make_directory(directory)
        self._cut("make_directory", directory, after=True)

    def unlink(self, path):
        self._cut("unlink", path, after=False)
        gone = super().unlink(path)
        self._cut("unlink", path, after=True)
        return gone


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def made_once(box):
    """Everything is there, for its owner, and nothing twice or left over."""
    entries = box.cctv("audit list --json").json["entries"]
    public = str(read_recovery_key(box.key).to_public())
    assert [entry["act"] for entry in entries] == ["storage.created"]
    assert public in box.config.read_text()
    assert mode(box.config) == 0o640
    assert mode(box.config.with_name("credentials.toml")) == 0o600
    assert mode(box.storage) == 0o700
    assert mode(box.storage / "keys") == 0o700
    assert mode(box.storage / "keys" / "signing") == 0o600
    assert (box.storage / "keys" / "signing.pub").exists()
    left = [name for name in box.files() if ".part" in name or "init.json" in name or name.endswith(".new")]
    assert left == []
    return public


def test_a_dry_run_prints_plan_and_settings_and_changes_nothing(box):
    said = box.init(f"--recovery-key {box.key} --camera gevel-1=192.0.2.20 --dry-run", exit=0)

    assert f"would write {box.config} with 1 camera" in said.out
    assert "[cameras.gevel-1]" in said.out
    assert box.files() == []
    assert not box.config.parent.exists()


def test_a_box_is_made_by_one_command(box):
    said = box.init(f"--recovery-key {box.key}")

    made_once(box)
    assert f"cctv --config {box.config} record" in said.out
    assert "cameras add" in said.err
    assert "take" in said.err
    program = f"cctv --config {box.config}"
    adopted = f'{program} config adopt --reason "back-ups" && {program} backup'
    assert f"name a folder of another disk in [backup] of {box.config}, then: {adopted}" in said.err
    assert f"name somebody in [alerts] of {box.config}, and who gets proof of the log in [audit], then: " in said.err
    assert "usable" in box.cctv("config check --strict").out
    assert box.cctv("backup make --dry-run " + str(box.folder / "usb")).exit == 0
    box.init(f"--recovery-key {box.key}", exit=2)


def test_a_box_with_the_usual_storage_does_not_wait_for_the_disk_of_an_earlier_one(tmp_path):
    disk = DurableFiles()
    write_drop_ins(Path("/mnt/old"), disk, tmp_path)
    record = tmp_path / "cctv-record.service.d"
    assert "RequiresMountsFor=/mnt/old" in (record / "storage.conf").read_text()
    typed = tmp_path / "cctv-sweep.service.d" / "storage.conf"
    typed.write_text("# ours\n[Service]\nReadWritePaths=/mnt/old\n")

    write_drop_ins(Path("/var/lib/cctv"), disk, tmp_path)

    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.conf")] == [
        "cctv-sweep.service.d/storage.conf"
    ]


def test_back_ups_and_alarms_are_set_by_removing_a_sign(box):
    """What the timers need stands in cameras.toml already, behind a #."""
    box.init(f"--recovery-key {box.key}")
    text = box.config.read_text()
    for line in ("folder", "[alerts]", 'mail = "somebody', "[audit]", 'mail = "dpo'):
        assert text.count(f"\n# {line}") == 1
        text = text.replace(f"\n# {line}", f"\n{line}")
    box.config.write_text(text)

    shown = box.cctv("config show --json").json
    assert '"/mnt/offsite"' in str(shown).replace("'", '"')
    assert "somebody@example.org" in str(shown)
    assert "dpo@example.org" in str(shown)


def test_a_box_that_is_set_up_is_left_alone(box):
    box.init("--no-recovery-key")
    before = {name: (box.folder / name).read_bytes() for name in box.files()}

    refused = box.init("--no-recovery-key", exit=2)

    assert "this box is set up" in refused.err
    assert {name: (box.folder / name).read_bytes() for name in box.files()} == before


def test_what_must_be_decided_is_listed_and_nothing_is_made(box):
    by_yes = box.cctv(f"init --account {ACCOUNT} --yes --mail info@example.org", exit=2)
    asking = box.cctv(f"init --account {ACCOUNT} --name Post", exit=2)

    for option in ("--name", "--jurisdiction", "--address", "--signatory", "--purpose", "--recovery-key"):
        assert option in by_yes.err
    assert "--mail" not in by_yes.err
    assert "--yes" in asking.err
    assert not box.config.exists()


def test_no_recovery_key_says_what_that_means(box):
    said = box.init("--no-recovery-key --language en")

    assert "there are no back-ups" in said.err
    assert "there are no back-ups" in " ".join(box.config.read_text().replace("\n#", "").split())
    assert "[backup]" not in box.config.read_text()
    assert box.cctv(f"backup make {box.folder / 'usb'}", exit=10).err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--no-recovery-key --mail nobody", "not a mail address"),
        ("--no-recovery-key --camera 'rtsp://admin:secret@192.0.2.20/'", "user name or password"),
        ("--no-recovery-key --camera gevel-1=192.0.2.20 --zone-of gevel-1=toilet", "is no zone"),
        ("--no-recovery-key --camera gevel-1=127.0.0.1:9 --location 'gevel-1=naast het toilet'", "toilet"),
        ("--no-recovery-key --camera gevel-1=127.0.0.1:9 --road gevel-1", "public road"),
        ("--no-recovery-key --camera gevel-1=127.0.0.1:9 --camera gevel-1=127.0.0.2:9", "already"),
        ("--no-recovery-key --camera toilet-1=127.0.0.1:9", "toilet"),
        ("--no-recovery-key --location gevel-1", "has no ="),
        ("--recovery-key {storage}/r.key", "in the storage"),
        ("--no-recovery-key --user admin", "--password-file"),
        ("--no-recovery-key --wait soon", "soon"),
        ("--no-recovery-key --password-file -", "--user"),
        ("--no-recovery-key --account nobody-of-that-name", "no account"),
    ],
)
def test_what_may_not_be_is_refused_before_anything_is_made(box, options, reason):
    refused = box.init(options.format(storage=box.storage), exit=2)

    assert reason in refused.err
    assert "secret" not in refused.err
    assert not box.config.exists()
    assert not box.storage.exists()


def test_a_storage_of_another_site_is_refused(box, site):
    refused = box.cctv(
        f"init --account {ACCOUNT} --yes --no-discovery {FACTS} --no-recovery-key --storage {site.root}", exit=None
    )

    assert refused.exit == 1
    assert "storage" in refused.err
    assert not box.config.exists()


def test_a_storage_folder_of_another_account_is_refused_before_anything_is_made(box):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    box.storage.mkdir(parents=True)
    os.chown(box.storage, NOBODY, NOBODY)

    refused = box.init("--no-recovery-key", exit=12)

    assert f"chown {ACCOUNT} {box.storage}" in refused.err
    assert not box.config.exists()


def test_a_password_file_that_others_can_read_is_refused(box):
    password = box.folder / "password"
    password.write_text("S3cret\n")
    password.chmod(0o644)

    refused = box.init(f"--no-recovery-key --user admin --password-file {password}", exit=10)

    assert "chmod 600" in refused.err
    assert "S3cret" not in refused.err


def test_an_answer_may_be_corrected_in_the_next_command_and_the_others_are_kept(box):
    box.cctv(f"init --account {ACCOUNT} --yes --no-discovery {FACTS} --storage {box.storage}", exit=2)
    kept = box.answers.read_text()

    said = box.cctv(f"init --account {ACCOUNT} --yes --no-discovery --name Kaai --no-recovery-key", exit=3)

    assert "Lieve Maes" in kept
    assert "interrupted run" in said.err
    assert 'name = "Kaai"' in box.config.read_text()
    assert "Lieve Maes" in box.config.read_text()


def test_cameras_that_are_named_again_win_over_those_of_an_interrupted_run(box):
    disk = CutDisk("write", "credentials.toml", after=False)
    with pytest.raises(PowerCut):
        box.init("--no-recovery-key --camera gevel-1=127.0.0.1:9", disk=disk)

    box.init("--camera foyer-1=127.0.0.2:9 --no-recovery-key")

    assert [camera["camera"] for camera in box.cctv("cameras list --json").json["cameras"]] == ["foyer-1"]
    assert "gevel-1" not in box.config.read_text()


POINTS = [
    ("make_directory", "etc"),
    ("write", "recovery.key"),
    ("write", "credentials.toml"),
    ("write", ".cameras.toml.new"),
    ("rename", "cameras.toml"),
    ("make_directory", "cctv"),
    ("make_directory", "keys"),
    ("write", "index-mark.json"),
    ("write", "site.json"),
    ("write", "signing"),
    ("write", "signing.pub"),
    ("unlink", ".cameras.toml.init.json"),
]


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("operation", "name"), POINTS, ids=[f"{operation} {name}" for operation, name in POINTS])
def test_an_interrupted_init_goes_on_from_there_and_does_nothing_twice(box, operation, name, after):
    disk = CutDisk(operation, name, after=after)
    with pytest.raises(PowerCut):
        box.init(f"--recovery-key {box.key}", disk=disk)
    assert disk.was_cut
    public = str(read_recovery_key(box.key).to_public()) if box.key.exists() else None
    signing = box.storage / "keys" / "signing"
    signature = signing.read_bytes() if signing.exists() else None
    ended = operation == "unlink" and after

    again = box.init(f"--recovery-key {box.key}", exit=2 if ended else 3)

    assert public in (None, made_once(box))
    assert signature in (None, signing.read_bytes())
    assert ("this box is set up" in again.err) == ended


def test_another_account_than_root_sets_up_its_own_and_is_told_so(box):
    folder = Path(tempfile.mkdtemp(prefix="cctv-init-"))
    owner = pwd.getpwuid(NOBODY if os.geteuid() == 0 else os.geteuid())
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    box.folder = folder
    (folder / "usb").mkdir(mode=0o777)
    (folder / "usb").chmod(0o777)
    box.cctv("init --help")  # imports, before the account changes

    command = box.by_options("--no-recovery-key").replace(ACCOUNT_OPTION, "")
    elsewhere = Invocation(environ={"CCTV_CONFIG": "/proc/none/cameras.toml"})
    code, text = as_account(owner.pw_uid, lambda: box.run(command))
    refused, why = as_account(owner.pw_uid, lambda: run(["init", "--yes"], elsewhere))

    assert code == 3, text
    assert "not root" in text
    assert {path.stat().st_uid for path in folder.rglob("*") if path.name != "usb"} == {owner.pw_uid}
    assert refused == 12, why
    shutil.rmtree(folder)


def as_account(account, command):
    """Run a function in a child process under another account; its exit code and what it printed."""
    reader, writer = os.pipe()
    if not (child := os.fork()):
        code = 99  # an exception passed through
        try:
            os.close(reader)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(pwd.getpwuid(account).pw_gid)
                os.setuid(account)
            sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - for the whole process
            sys.stdout = sys.stderr = os.fdopen(writer, "w")
            code = command()
            sys.stdout.flush()
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as printed:
        text = printed.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text


def test_the_recorder_reaches_the_networks_of_its_cameras_alone(tmp_path):
    disk = DurableFiles()
    addresses = {"a": "rtsp://192.0.2.7/1", "b": "rtsp://192.0.2.99:8554/1", "c": "rtsps://[2001:db8:1:2:3::4]/1"}
    cameras = [camera_at(name, rtsp) for name, rtsp in addresses.items()]
    networks = camera_networks(cameras)
    assert networks == ("192.0.2.0/24", "2001:db8:1:2::/64")
    assert camera_networks([*cameras, camera_at("d", "rtsp://gate.example/1")]) == ()

    write_network(networks, disk, tmp_path)
    file = tmp_path / "cctv-record.service.d" / "network.conf"
    written = file.read_text().splitlines()
    assert written[-2:] == ["IPAddressDeny=any", "IPAddressAllow=192.0.2.0/24 2001:db8:1:2::/64"]
    assert file.stat().st_mode & 0o777 == 0o644

    write_network((), disk, tmp_path)
    assert not file.exists()
    file.write_text("# ours\n[Service]\nIPAddressDeny=any\n")
    write_network((), disk, tmp_path)
    assert file.exists()


def camera_at(name, rtsp):
    return CameraSettings(id=CameraId(name), zone=ZoneId("z"), purpose="theft", rtsp=rtsp)
