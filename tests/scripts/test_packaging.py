"""The Debian package and scripts/install, as far as no network and no bare Debian are needed: ./scripts/try-deb."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from cctv.cli.app import root

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "scripts" / "packaging"
UNITS = [path for ending in ("service", "timer", "socket") for path in (ROOT / "systemd").glob(f"*.{ending}")]
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def run(words: Sequence[object], **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **more)


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The package, of an environment that is a folder of links to that of the tests."""
    if shutil.which("dpkg-deb") is None or not Path("/usr/bin/python3").exists() or sys.version_info[:2] != (3, 11):
        pytest.skip("the package is made on Debian 12")
    folder = tmp_path_factory.mktemp("package")
    packages = folder / "environment" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.suffix != ".pth":
            (packages / path.name).symlink_to(path)
    (packages / "cctv").symlink_to(ROOT / "cctv")
    words = [
        ROOT / "scripts/build-deb",
        "--output",
        folder,
        "--environment",
        folder / "environment",
        "--version",
        "9.8",
    ]
    built = run(words, env={**os.environ, "CCTV_DEB_LEVEL": "0", "SOURCE_DATE_EPOCH": "1780000000"})
    assert built.returncode == 0, built.stderr
    return folder / "cctv_9.8_amd64.deb"


@pytest.fixture(scope="module")
def unpacked(package) -> Path:
    folder = package.parent / "unpacked"
    assert run(["dpkg-deb", "-R", package, folder]).returncode == 0
    return folder


def test_the_control_file_names_what_the_box_needs(package):
    depends = run(["dpkg-deb", "-f", package, "Depends"]).stdout.strip().split(", ")
    box = [line for line in (PACKAGING / "box-packages").read_text().splitlines() if not line.startswith("#")]

    assert run(["dpkg-deb", "-f", package, "Version"]).stdout == "9.8\n"
    assert set(box) <= set(depends)
    assert {"python3 (>= 3.11)", "python3 (<< 3.12)", "systemd"} <= set(depends)
    assert {"ffmpeg", "openssh-client", "fonts-dejavu-core", "libgl1"} <= set(box)


def test_every_unit_is_there_and_starts_the_program_of_the_package(unpacked):
    folder = unpacked / "usr/lib/systemd/system"

    assert {path.name for path in folder.iterdir()} == {path.name for path in UNITS}
    for unit in folder.iterdir():
        text = unit.read_text()
        assert "/opt/cctv" not in text
        pages = re.findall(r"^Documentation=file://(\S+)$", text, re.MULTILINE)
        assert pages
        assert [page for page in pages if not (unpacked / page[1:]).is_file()] == []
        programs = re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE)
        assert set(programs) <= {"/usr/bin/cctv"}
    assert (unpacked / "usr/bin/cctv").readlink() == Path("../lib/cctv/bin/cctv")
    assert (unpacked / "usr/lib/cctv/bin/cctv").read_text().startswith("#!/usr/lib/cctv/bin/python3\n")
    assert (unpacked / "usr/lib/sysusers.d/cctv.conf").is_file()
    assert (unpacked / "usr/lib/tmpfiles.d/cctv.conf").is_file()


def test_every_command_has_its_man_page_and_every_shell_its_completion(unpacked):
    def names(group: click.Group, ctx: click.Context, before: str) -> list[str]:
        found = [before]
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            below = click.Context(command, parent=ctx, info_name=name)
            found += names(command, below, f"{before}-{name}") if isinstance(command, click.Group) else []
            found += [] if isinstance(command, click.Group) else [f"{before}-{name}"]
        return found

    pages = {path.name for path in (unpacked / "usr/share/man/man1").iterdir()}
    context = click.Context(root, info_name="cctv", **root.context_settings)
    assert pages == {f"{name}.1.gz" for name in names(root, context, "cctv")}
    for page in ("cctv", "cctv-footage-init", "cctv-hold-place"):
        text = run(["zcat", unpacked / f"usr/share/man/man1/{page}.1.gz"]).stdout
        checked = run(["groff", "-man", "-Tutf8", "-wall", "-z", "-k"], input=text)
        assert (checked.returncode, checked.stderr) == (0, "")
    share = unpacked / "usr/share"
    for file in (
        "bash-completion/completions/cctv",
        "zsh/vendor-completions/_cctv",
        "fish/vendor_completions.d/cctv.fish",
    ):
        assert "_CCTV_COMPLETE" in (share / file).read_text()


def test_nothing_lies_where_an_operator_or_the_footage_is(package, unpacked):
    assert {path.name for path in unpacked.iterdir()} == {"usr", "DEBIAN"}
    assert not (unpacked / "DEBIAN/conffiles").exists()
    assert (unpacked / "usr/share/doc/cctv/examples/cameras.toml").is_file()
    listed = run(["dpkg-deb", "-c", package]).stdout.splitlines()
    assert {line.split()[1] for line in listed} == {"root/root"}


def test_the_maintainer_scripts_are_sound_shell_and_never_remove_footage(unpacked):
    if shutil.which("shellcheck") is not None:
        shell = [ROOT / "scripts" / name for name in ("install", "build-deb")] + [PACKAGING / "tree.sh"]
        checked = run(["shellcheck", "-x", *(unpacked / "DEBIAN" / name for name in SCRIPTS), *shell], cwd=ROOT)
        assert checked.stdout == ""
    for name in SCRIPTS:
        removing = re.findall(r"\brm (?:-\w+ )*(.+)", (unpacked / "DEBIAN" / name).read_text())
        assert [
            line for line in removing if re.search(r"/var/lib/cctv(?!-notify|-doctor)|cameras\.toml|storage", line)
        ] == []


@pytest.fixture
def before(unpacked, tmp_path):
    """The script that runs before an upgrade, on a box in a folder; `does` is what its program's copying ends with."""
    text = (unpacked / "DEBIAN/preinst").read_text()
    (tmp_path / "preinst").write_text(
        text.replace("/etc/cctv", str(tmp_path)).replace("/usr/lib/cctv/bin", str(tmp_path))
    )

    def upgrade(does: int, earlier: str = "9.7", **environ: str) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "cctv"
        program.write_text(f'#!/bin/sh\necho "$*" >{tmp_path}/typed\necho because >&2\nexit {does}\n')
        program.chmod(0o755)
        return run(["sh", tmp_path / "preinst", "upgrade", earlier, "9.8"], env={"PATH": "/usr/bin:/bin", **environ})

    return upgrade


def test_an_upgrade_copies_the_index_first_and_is_refused_in_words_where_it_cannot(before, tmp_path):
    assert before(18).returncode == 0, "there is no cameras.toml, and so no index"
    assert not (tmp_path / "typed").exists()
    (tmp_path / "cameras.toml").touch()

    assert before(0).returncode == 0
    assert (tmp_path / "typed").read_text() == f"--config {tmp_path}/cameras.toml backup before-upgrade\n"
    refused = before(18)

    assert refused.returncode == 1
    assert "because" in refused.stderr
    assert "CCTV_UPGRADE_WITHOUT_COPY=yes apt install ./cctv_9.8_amd64.deb" in refused.stderr
    (tmp_path / "typed").unlink()
    assert before(18, CCTV_UPGRADE_WITHOUT_COPY="yes").returncode == 0
    assert not (tmp_path / "typed").exists()


def test_the_way_back_to_an_older_version_keeps_the_copy_from_before_the_newer_one(before, tmp_path):
    (tmp_path / "cameras.toml").touch()
    told = before(0, earlier="9.8+next")

    assert told.returncode == 0
    assert not (tmp_path / "typed").exists()
    assert "9.8+next, which is newer, was installed" in told.stderr


def test_an_installation_that_is_only_tried_says_what_it_would_do():
    if not Path("/etc/debian_version").exists():
        pytest.skip("not Debian")
    told = run([ROOT / "scripts/install", "--dry-run"])

    assert told.returncode == 0, told.stderr
    assert "put_units /etc/systemd/system /opt/cctv/bin/cctv /opt/cctv/docs" in told.stderr
    assert told.stderr.endswith("Dry run: nothing was changed.\n")
    assert not Path("/opt/cctv.new").exists()
    assert run([ROOT / "scripts/install", "--fast"]).returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_only_root_installs(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    told = run(["setpriv", "--reuid", "65534", "--clear-groups", tmp_path / "scripts/install"])

    assert (told.returncode, "sudo ./scripts/install" in told.stderr) == (1, True), told.stderr
