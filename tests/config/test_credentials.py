"""Camera passwords: read by their owner, shown to nobody."""

import os
import traceback
from datetime import date

import pytest

from cctv.config.credentials import Credential, load_credentials
from cctv.config.errors import CredentialsRefused, CredentialUnknown
from cctv.core.errors import Exit

TEXT = '[gevel-1]\nusername = "kijker"\npassword = "s3cr3t-w0rd"\nrotated = 2026-11-01\n'


@pytest.fixture
def credentials(site):
    file = site.file.parent / "credentials.toml"

    def write(text=TEXT, mode=0o600):
        file.write_text(text)
        file.chmod(mode)
        return file

    return write


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_an_owner_only_file_gives_the_credential(site, credentials, mode):
    credentials(mode=mode)
    settings = site.load().settings
    loaded = load_credentials(settings, {})
    assert loaded["gevel-1"] == Credential("kijker", "s3cr3t-w0rd", date(2026, 11, 1))
    assert "s3cr3t" not in repr(loaded) + str(loaded["gevel-1"])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_can_reach_is_refused_with_the_chmod_line(site, credentials, mode):
    file = credentials(mode=mode)
    with pytest.raises(CredentialsRefused, match=f"mode {mode:04o}") as refusal:
        load_credentials(site.load().settings, {})
    assert refusal.value.exit_code is Exit.CONFIG
    assert refusal.value.next_step == f"chmod 600 {file}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_account_is_refused(site, credentials):
    os.chown(credentials(), 12345, -1)
    with pytest.raises(CredentialsRefused, match="uid 12345"):
        load_credentials(site.load().settings, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[gevel-1]\nusername = "kijker"\npassword = s3cr3t-w0rd\n', "not TOML"),
        ('[gevel-1]\nusername = "kijker"\n', "needs a username and a password"),
        ('[gevel-1]\nusername = ""\npassword = "s3cr3t-w0rd"\n', "needs a username"),
        ('gevel-1 = "s3cr3t-w0rd"\n', "not a section"),
        ('[gevel-1]\nusername = "k"\npassword = "s3cr3t-w0rd"\npasword = "x"\n', '"pasword" is not a key'),
        ('[gevel-1]\nusername = "k"\npassword = "s3cr3t-w0rd"\nrotated = "gisteren"\n', "not a date"),
    ],
)
def test_a_malformed_file_is_refused_without_repeating_it(site, credentials, text, words):
    credentials(text)
    with pytest.raises(CredentialsRefused, match=words) as refusal:
        load_credentials(site.load().settings, {})
    told = "".join(traceback.format_exception(refusal.value)) + str(refusal.value.fields) + str(refusal.value.next_step)
    assert "s3cr3t" not in told


def test_a_credential_that_is_nowhere_names_the_camera_and_the_line(site, credentials):
    credentials(TEXT.replace("gevel-1", "gevel-9"))
    with pytest.raises(CredentialUnknown, match='line 23: camera "gevel-1" names') as refusal:
        load_credentials(site.load().settings, {})
    assert "gevel-9" in (refusal.value.next_step or "")


def test_no_source_at_all_says_how_to_add_one(site):
    settings = site.load(('[credentials]\nfile = "credentials.toml"\n', "")).settings
    with pytest.raises(CredentialUnknown) as refusal:
        load_credentials(settings, {})
    assert str(settings.source.path.with_name("credentials.toml")) in (refusal.value.next_step or "")


def test_the_file_beside_cameras_toml_needs_no_naming(site, credentials):
    settings = site.load(('[credentials]\nfile = "credentials.toml"\n', "")).settings
    credentials()
    assert load_credentials(settings, {})["gevel-1"].username == "kijker"


def test_a_name_that_systemd_did_not_hand_over_takes_a_restart_and_not_the_file_of_root(site, tmp_path):
    directory = tmp_path / "given"
    directory.mkdir()
    (directory / "credentials.toml").write_text(TEXT.replace("gevel-1", "gevel-9"))
    (directory / "credentials.toml").chmod(0o400)
    settings = site.load(('[credentials]\nfile = "credentials.toml"\n', "")).settings
    with pytest.raises(CredentialUnknown) as refusal:
        load_credentials(settings, {"CREDENTIALS_DIRECTORY": str(directory)})
    assert "systemctl restart cctv-record" in (refusal.value.next_step or "")
    assert "chown" not in (refusal.value.next_step or "")


def test_a_missing_file_is_refused_with_the_line_that_makes_it(site):
    with pytest.raises(CredentialsRefused, match="no such file") as refusal:
        load_credentials(site.load().settings, {})
    assert "install -m 600" in (refusal.value.next_step or "")


def test_nothing_is_read_when_no_camera_asks(site):
    assert len(load_credentials(site.load(('credential = "gevel-1"\n', "")).settings, {})) == 0


def test_systemd_gives_one_file_a_credential(site, tmp_path):
    directory = tmp_path / "given"
    directory.mkdir()
    (directory / "gevel-1").write_text("kijker:s3cr3t:w0rd\n")
    (directory / "gevel-1").chmod(0o440)
    loaded = load_credentials(site.load().settings, {"CREDENTIALS_DIRECTORY": str(directory)})
    assert loaded["gevel-1"] == Credential("kijker", "s3cr3t:w0rd")
    (directory / "gevel-1").write_text("s3cr3t")
    with pytest.raises(CredentialsRefused, match="USERNAME:PASSWORD") as refusal:
        load_credentials(site.load().settings, {"CREDENTIALS_DIRECTORY": str(directory)})
    assert "s3cr3t" not in refusal.value.message


def test_systemd_may_give_the_whole_file(site, tmp_path):
    directory = tmp_path / "given"
    directory.mkdir()
    (directory / "credentials.toml").write_text(TEXT)
    (directory / "credentials.toml").chmod(0o400)
    assert (
        load_credentials(site.load().settings, {"CREDENTIALS_DIRECTORY": str(directory)})["gevel-1"].username
        == "kijker"
    )
