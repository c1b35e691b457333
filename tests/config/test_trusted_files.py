"""Who may steer this program: cameras.toml and the credentials are read from where nobody else could write them."""

from __future__ import annotations

import os

import pytest

from cctv.core.access import WRITABLE, why_untrusted

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
OTHER = 12345


@pytest.mark.parametrize("mode", [0o602, 0o622, 0o666, 0o606])
def test_a_cameras_toml_that_others_can_write_is_not_read(bare_site, mode):
    bare_site.config.chmod(mode)

    refused = bare_site.cctv("config check", exit=10)

    assert f"other accounts can write it (mode {mode:04o})" in refused.err
    assert f"chmod go-w {bare_site.config}" in refused.err


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444])
def test_a_cameras_toml_that_others_can_read_is_read(bare_site, mode):
    bare_site.config.chmod(mode)
    bare_site.cctv("config check")


def test_a_folder_in_which_others_can_put_another_file_is_not_trusted(bare_site):
    bare_site.folder.chmod(0o777)

    refused = bare_site.cctv("config check", exit=10)

    assert "others can put another file in its place" in refused.err
    assert f"chmod go-w {bare_site.folder}" in refused.err
    bare_site.folder.chmod(0o1777)  # sticky, as /tmp
    bare_site.cctv("config check")


def test_the_folder_behind_a_link_is_asked_too(bare_site, tmp_path):
    behind = tmp_path / "behind"
    behind.mkdir()
    bare_site.config.rename(behind / "cameras.toml")
    bare_site.config.symlink_to(behind / "cameras.toml")
    bare_site.cctv("config check")
    behind.chmod(0o777)

    assert f"mode 0777 of {behind}" in bare_site.cctv("config check", exit=10).err


def test_credentials_in_such_a_folder_are_refused_by_the_same_rule(bare_site, tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    file = folder / "credentials.toml"
    file.write_text('[cam]\nusername = "u"\npassword = "p"\n')
    file.chmod(0o600)
    toml = bare_site.config.read_text().replace("rtsp =", 'credential = "cam"\nrtsp =', 1)
    bare_site.config.write_text(f'{toml}\n[credentials]\nfile = "{file}"\n')

    refused = bare_site.cctv("cameras check", exit=10)

    assert "others can put another file in its place" in refused.err


@ROOT_ONLY
def test_root_does_not_read_the_cameras_toml_of_another_account(bare_site, monkeypatch, tmp_path):
    told = tmp_path / "told"
    bare_site.config.write_text(f'{bare_site.config.read_text()}\n[alerts]\ncommand = ["/usr/bin/touch", "{told}"]\n')
    os.chown(bare_site.config, OTHER, -1)
    monkeypatch.chdir(bare_site.folder)

    for command in ("notify run", "notify test", "status", "config check"):
        assert f"another account (uid {OTHER})" in bare_site.cctv(command, exit=10).err

    assert not told.exists()


@ROOT_ONLY
def test_root_does_not_read_its_own_file_in_a_folder_of_another_account(bare_site):
    os.chown(bare_site.folder, OTHER, -1)

    refused = bare_site.cctv("config check", exit=10)

    assert f"its folder {bare_site.folder} belongs to another account (uid {OTHER})" in refused.err


def test_a_private_group_is_nobody_else(tmp_path, monkeypatch):
    """As on machines with umask 002, where every account has a group of its own."""
    file = tmp_path / "cameras.toml"
    file.write_text("")
    file.chmod(0o664)
    monkeypatch.setattr("cctv.core.access._is_private_group", lambda group, owner: True)
    assert why_untrusted(file, file.stat(), WRITABLE) is None
    monkeypatch.setattr("cctv.core.access._is_private_group", lambda group, owner: False)
    assert why_untrusted(file, file.stat(), WRITABLE) is not None
