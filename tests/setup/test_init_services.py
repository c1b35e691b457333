"""`cctv init` as root of a box: /etc/cctv, drop-ins of the units, and the services, started by a script."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import simrig
from newbox import FACTS

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

ROOT = Path(__file__).resolve().parents[2]
CCTV = f"{shlex.quote(sys.executable)} -c 'import sys; from cctv.cli.app import main; sys.exit(main())'"
# A box of its own: nothing of it is seen outside of these mounts.
BOX = f"""
set -e
cp -a /etc "$WORK/etc"
mount --bind "$WORK/etc" /etc
rm -rf /etc/cctv /etc/systemd/system/cctv*
mount -t tmpfs none /run
mkdir -p /run/systemd/system
mount -t tmpfs none /mnt
cp {shlex.quote(str(ROOT))}/systemd/*.service /etc/systemd/system/
export PATH="$WORK:$PATH"
cd /
trap 'kill "$(cat "$WORK/pid")"' EXIT
{CCTV} init --account root --yes {FACTS} --no-recovery-key --storage /mnt/cctv --camera "gevel-1=$CAMERA" --wait 120s
cp /etc/cctv/cameras.toml /etc/systemd/system/cctv-record.service.d/storage.conf "$WORK"
cd /etc/systemd/system && ls -d cctv-*.service.d > "$WORK/units"
stat -c "%a %n" /etc/cctv/* > "$WORK/modes"
"""
SYSTEMCTL = f"""#!/bin/sh
echo "$@" >> "$WORK/systemctl.log"
[ "$1" = enable ] || exit 0
setsid {CCTV} --config /etc/cctv/cameras.toml record < /dev/null > "$WORK/recorder.log" 2>&1 &
echo $! > "$WORK/pid"
"""


def may_mount() -> bool:
    """Whether this account may make a box of mounts of its own."""
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return os.geteuid() == 0 and subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(simrig.missing() is not None, reason=f"no simulated cameras: {simrig.missing()}")
def test_the_services_record_to_a_disk_of_their_own_after_one_command(tmp_path):
    if not may_mount():
        pytest.skip("only root may mount")
    script = tmp_path / "systemctl"
    script.write_text(SYSTEMCTL)
    script.chmod(0o755)
    clip = simrig.scene_clip(tmp_path / "scene", size="320x180", seconds=4, gop=1, fps=25, people=1)
    with simrig.Rig({"gevel": clip.stream}, fps=25) as rig:
        environ = os.environ | {"WORK": str(tmp_path), "CAMERA": rig.url("gevel"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", BOX], env=environ, capture_output=True, text=True, check=False
        )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 cameras record" in done.stderr
    # The timers that would only fail, without [alerts] and without a recovery key, are not among the lines to type.
    assert "cctv notify test && systemctl enable --now cctv-notify.timer\n" in done.stderr
    assert "next:  systemctl enable --now cctv-checkpoint.timer cctv-verify.timer cctv-doctor.timer\n" in done.stderr
    assert "cctv-backup.timer" not in done.stderr
    assert "gevel-1   recording" in done.stdout  # it ends with cctv status
    assert (tmp_path / "systemctl.log").read_text().splitlines() == [
        "daemon-reload",
        "enable --now cctv-record cctv-sweep cctv.socket",
    ]
    units = {path.name for path in (ROOT / "systemd").glob("*.service") if "/var/lib/cctv\n" in path.read_text()}
    assert (tmp_path / "units").read_text().split() == sorted(f"{unit}.d" for unit in units)
    assert "ReadWritePaths=/mnt/cctv" in (tmp_path / "storage.conf").read_text()
    assert 'storage = "/mnt/cctv"' in (tmp_path / "cameras.toml").read_text()
    assert (tmp_path / "modes").read_text() == "640 /etc/cctv/cameras.toml\n600 /etc/cctv/credentials.toml\n"
