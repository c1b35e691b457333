"""A cameras.toml here and one of the box: none is guessed; and what `config check` says of the passwords."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from cctv.config import loader, settings_file
from cctv.config.errors import SettingsAmbiguous
from cctv.config.loader import find_settings

PASSWORDS = '[foyer-1]\nusername = "viewer"\npassword = "s3cr3t"\n'


@pytest.fixture
def box(tmp_path, monkeypatch) -> Path:
    """The cameras.toml of the services, and a checkout with an example beside it, which is the working directory."""
    there = tmp_path / "etc" / "cameras.toml"
    there.parent.mkdir()
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    for module in (loader, settings_file):
        monkeypatch.setattr(module, "SYSTEM_WIDE", str(there))
    there.write_text("# of the box")
    return there


def test_an_example_in_this_directory_does_not_hide_the_settings_of_the_box(box):
    Path("cameras.toml").write_text("# an example")

    with pytest.raises(SettingsAmbiguous) as refusal:
        find_settings(None, {})

    assert f"cctv --config {box} ..." in (refusal.value.next_step or "")
    assert find_settings(box, {}) == box
    assert find_settings(None, {"CCTV_CONFIG": "cameras.toml"}) == Path("cameras.toml").absolute()


def test_one_of_them_is_read_and_so_is_a_link_to_the_other(box):
    assert find_settings(None, {}) == box
    Path("cameras.toml").symlink_to(box)
    assert find_settings(None, {}).samefile(box)
    Path("cameras.toml").unlink()
    box.unlink()
    Path("cameras.toml").write_text("# a trial")
    assert find_settings(None, {}) == Path("cameras.toml").absolute()


@pytest.fixture
def asking(bare_site):
    """A camera that needs a password."""
    text = bare_site.config.read_text()
    address = 'rtsp = "rtsp://127.0.0.1:9/foyer-1"\n'
    bare_site.config.write_text(text.replace(address, f'{address}credential = "foyer-1"\n'))
    return bare_site


def test_a_missing_password_is_refused_before_the_recorder_is(asking):
    assert 'camera "foyer-1" names the credential "foyer-1"' in asking.cctv("config check", exit=10).err
    file = asking.folder / "credentials.toml"
    file.write_text(PASSWORDS.replace("foyer-1", "gevel-1"))
    file.chmod(0o600)
    assert "add [foyer-1]" in asking.cctv("config check", exit=10).err
    file.write_text(PASSWORDS)
    assert asking.cctv("config check").err == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_whoever_may_not_read_the_passwords_is_told_that_they_are_not_checked(bare_site, asking, capsys):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        site = type(bare_site)(folder, bare_site.clock, Path(), capsys)
        shutil.copy(asking.config, site.config)
        (folder / "credentials.toml").write_text(PASSWORDS)
        (folder / "credentials.toml").chmod(0o600)
        os.seteuid(65534)
        try:
            told = site.cctv("config check")
        finally:
            os.seteuid(0)
    assert "the passwords are not checked: only root may read" in told.err
    assert "sudo -u root cctv config check" in told.err
