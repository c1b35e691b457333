"""A camera written into cameras.toml: what its author wrote stays, and who may read it too."""

import os
import tomllib

import pytest

from cctv.config.editor import CameraExists, SettingsNotWritten, add_camera, with_section, write_edit
from cctv.config.errors import ForbiddenPlace, SettingsRefused
from cctv.core.durable import DurableFiles

KEYS = {"zone": "facade", "purpose": "theft and damage", "rtsp": "rtsp://192.0.2.21/stream1"}

TEXT = """\
# De Grote Post, since 2024
[cameras.gevel-1]          # above the door
zone = "facade"
masks = [
  [[0, 0], [50, 0], [50, 50]],   # the neighbours
]
# schedule = ["mo-fr 08:00-18:00"]

# Passwords: see the safe
[credentials]
file = "credentials.toml"  # owner-only
"""


def test_the_new_section_stands_after_the_other_cameras_and_every_line_stays():
    after = with_section(TEXT, "cameras", "gevel-2", {"zone": "facade", "credential": None})

    assert '# schedule = ["mo-fr 08:00-18:00"]\n\n[cameras.gevel-2]\nzone = "facade"\n\n# Passwords' in after
    lines = after.splitlines()
    assert [line for line in TEXT.splitlines() if line not in lines] == []


@pytest.mark.parametrize(
    "text", ["", "a = 1", "a = 1\n", "[zones.x]\nkind = 'y'\n\n\n", TEXT, TEXT[: TEXT.index("# P")]]
)
@pytest.mark.parametrize("value", ["plain", 'quo"ted', "back\\slash", "line\nbreak", "tab\t\x7f", "één €"])
def test_the_file_says_the_same_as_before_and_the_new_camera(text, value):
    for given in (text, text.replace("\n", "\r\n")):
        after = with_section(given, "cameras", "gevel-2", {"purpose": value})

        said = tomllib.loads(after)
        assert said["cameras"].pop("gevel-2") == {"purpose": value}
        before = tomllib.loads(given)
        assert said == before if "cameras" in before else {**before, "cameras": {}}
        assert ("\r\n" in after) == ("\r\n" in given)


def test_a_camera_is_added_and_the_file_keeps_its_mode(site):
    site.load()
    site.file.chmod(0o640)
    previous_mask = os.umask(0o077)
    try:
        edit = add_camera(site.file, "gevel-2", KEYS)
        assert "gevel-2" not in site.file.read_text()
        write_edit(edit, DurableFiles())
    finally:
        os.umask(previous_mask)

    assert "+[cameras.gevel-2]" in edit.difference
    assert edit.checked.settings.camera("gevel-2").rtsp == KEYS["rtsp"]
    assert site.file.stat().st_mode & 0o777 == 0o640
    assert "gevel-2" in site.file.read_text()
    assert [path.name for path in site.file.parent.iterdir()] == ["cameras.toml"]


def test_a_link_stays_a_link(site, tmp_path):
    site.load()
    link = tmp_path / "link.toml"
    link.symlink_to(site.file)

    write_edit(add_camera(link, "gevel-2", KEYS), DurableFiles())

    assert link.is_symlink()
    assert "gevel-2" in site.file.read_text()


@pytest.mark.parametrize(
    ("name", "keys", "refused", "said"),
    [
        ("gevel-1", {}, CameraExists, "line 19"),
        ("Gevel_2", {}, SettingsRefused, "a-z, 0-9 and -"),
        ("gevel.2", {}, SettingsRefused, "a-z, 0-9 and -"),
        ("wc-gang", {}, ForbiddenPlace, "toilet"),
        ("gevel-2", {"purpose": "damesdouche"}, ForbiddenPlace, "toilet"),
        ("gevel-2", {"zone": "facde"}, SettingsRefused, 'no zone "facde"'),
        ("gevel-2", {"purpose": " "}, SettingsRefused, "purpose"),
        ("gevel-2", {"onvif": "192.0.2.20"}, SettingsRefused, "two addresses"),
        ("gevel-2", {"rtsp": None}, SettingsRefused, "no address"),
        ("gevel-2", {"rtsp": "rtsp://admin:S3cret@192.0.2.20/"}, SettingsRefused, "user name or password"),
    ],
)
def test_what_the_loader_refuses_is_refused_before_anything_is_written(site, name, keys, refused, said):
    site.load()
    before = site.file.read_bytes()

    with pytest.raises(refused, match=said) as error:
        add_camera(site.file, name, {**KEYS, **keys})

    assert "S3cret" not in str(error.value)
    assert site.file.read_bytes() == before


def test_a_disk_that_fails_leaves_the_file_as_it_was(site):
    class Broken(DurableFiles):
        def sync_file(self, path):
            raise OSError(28, "No space left on device")

    site.load()
    before = site.file.read_bytes()

    with pytest.raises(SettingsNotWritten, match="No space left"):
        write_edit(add_camera(site.file, "gevel-2", KEYS), Broken())

    assert site.file.read_bytes() == before
    assert [path.name for path in site.file.parent.iterdir()] == ["cameras.toml"]
