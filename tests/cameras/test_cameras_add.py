"""`cctv cameras add`, as an operator types it."""

ADD = 'cameras add gevel-2 --zone facade --purpose "theft and damage" --rtsp rtsp://192.0.2.21/stream1'


def test_a_dry_run_prints_the_difference_and_changes_nothing(bare_site):
    before = bare_site.config.read_text()

    said = bare_site.cctv(f"{ADD} --dry-run")

    assert "+[cameras.gevel-2]" in said.out
    assert '+purpose = "theft and damage"' in said.out
    assert bare_site.config.read_text() == before


def test_the_camera_is_listed_once_it_is_added_and_refused_the_second_time(bare_site):
    added = bare_site.cctv(ADD)
    again = bare_site.cctv(ADD, exit=2)

    assert "cctv cameras check gevel-2" in added.err
    assert "rtsp://192.0.2.21/stream1" in bare_site.cctv("cameras list").out
    assert "There is a camera gevel-2 already" in again.err
    assert bare_site.cctv(f"{ADD.replace('gevel-2', 'gevel-3')} --json").json["camera"] == "gevel-3"


def test_a_second_camera_of_the_same_address_is_warned_about(bare_site):
    bare_site.cctv(ADD)

    assert "the same address as gevel-2" in bare_site.cctv(ADD.replace("gevel-2", "gevel-3")).err


def test_a_credential_that_is_nowhere_is_refused_since_it_would_stop_the_recorder(bare_site):
    before = bare_site.config.read_text() + '[credentials]\nfile = "credentials.toml"\n'
    bare_site.config.write_text(before)
    secrets = bare_site.folder / "credentials.toml"
    secrets.touch(0o600)
    secrets.write_text("[gevel]\nusername = 'admin'\npassword = 'S3cret'\n")

    refused = bare_site.cctv(f"{ADD} --credential gevle", exit=10)

    assert "gevle" in refused.err
    assert bare_site.config.read_text() == before
    bare_site.cctv(f"{ADD} --credential gevel")


def test_a_credential_that_systemd_will_hand_over_is_noted(bare_site):
    assert "is not checked" in bare_site.cctv(f"{ADD} --credential gevel").err


def test_a_password_goes_where_the_recorder_looks_for_it_without_any_setting(bare_site, tmp_path):
    """As in the settings that are written by hand: credentials.toml beside cameras.toml, and no [credentials]."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("lang-genoeg\n")

    bare_site.cctv(f"{ADD} --password-file {secret}", exit=2)
    bare_site.cctv(f"{ADD} --user kijker --password-file {secret}")

    file = bare_site.config.with_name("credentials.toml")
    assert "lang-genoeg" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert bare_site.cctv("config check").err == ""
