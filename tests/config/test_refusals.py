"""Bad input in cameras.toml: one clear message each, exit code 10."""

import pytest

from cctv.config.errors import (
    DefinedTwice,
    ForbiddenPlace,
    RetentionOverCap,
    SettingsRefused,
    SettingsUnreadable,
    TomlSyntax,
)
from cctv.config.loader import load_settings
from cctv.core.errors import ConfigError, Exit

REFUSALS = {
    "unknown key": ('retention = "7d"', 'retnetion = "7d"', ["line 13", "zones.facade.retnetion", 'mean "retention"']),
    "unknown section": ("[recording]", "[recordings]", ["line 8", "recordings", 'mean "recording"']),
    "missing key": ('timezone = "Europe/Brussels"\n', "", ["line 1", "site.timezone", "required"]),
    "missing purpose": ('purpose = "theft and damage"\n', "", ["no purpose, no recording", "add purpose"]),
    "blank purpose": ("theft and damage", "  ", ["cameras.gevel-1.purpose", "empty"]),
    "unknown zone": ('zone = "facade"', 'zone = "facde"', ["line 20", '"facde"', "facade, interior", 'mean "facade"']),
    "unknown unit": ('"7d"', '"7 weeks"', ["line 13", '"7 weeks"', '"weeks" is not a unit', "s, m, h or d", "28d"]),
    "number for a period": ('"7d"', "7", ["zones.facade.retention = 7", "not text"]),
    "unknown time zone": (
        "Europe/Brussels",
        "Europe/Brusels",
        ["line 3", '"Europe/Brusels"', "write", "Europe/Brussels"],
    ),
    "city as time zone": ("Europe/Brussels", "brussels", ["Europe/Brussels"]),
    "region as time zone": ("Europe/Brussels", "Europe", ["not a time zone"]),
    "leap seconds": ("Europe/Brussels", "right/Europe/Brussels", ["not a time zone", "Europe/Brussels"]),
    "path as time zone": ("Europe/Brussels", "../../etc/passwd", ["not a time zone"]),
    "root as storage": ('"storage"', '"/"', ["line 5", "root of the file system"]),
    "unknown jurisdiction": ('"BE"', '"be"', ["BE, NL", 'mean "BE"']),
    "unknown kind": ('kind = "facade"', 'kind = "facades"', ["facade, entrance", 'mean "facade"']),
    "section as text": ("[recording]\nsegment", "recording", ["recording", "line"]),
    "bad name": ("cameras.gevel-1", "cameras.Gevel_1", ["line 19", "Gevel_1", "a-z, 0-9 and -"]),
    "minimum over period": ('"7d"', '"7d"\nmin_retention = "8d"', ["line 14", "min_retention", "at most 7d"]),
    "shorter than two segments": ('"7d"', '"119s"', ["line 13", "whole segments", "at least 2m"]),
    "period of a photo booth": ('"7d"', '"730d"', ["line 13", "400d", "photo booths"]),
    "cap of years": ('max_retention = "28d"', 'max_retention = "500d"', ["site.max_retention", "400d"]),
    "segment of a day": ('segment = "60s"', 'segment = "1d"', ["recording.segment", "1s to 1h"]),
    "reserve": ('segment = "60s"', 'reserve = "20GB"', ["recording.reserve", "percentage"]),
    "two addresses": ("onvif =", 'rtsp = "rtsp://192.0.2.20/1"\nonvif =', ["line 19", "exactly one of onvif and rtsp"]),
    "no address": ('onvif = "192.0.2.20"\n', "", ["no address", "exactly one"]),
    "bad onvif": ("192.0.2.20", "192.0.2.20:99999", ["line 22", "not an address"]),
    "scheme of onvif": ("192.0.2.20", "rtsp://192.0.2.20", ['"rtsp" is not a scheme']),
    "http stream": ('onvif = "192', 'rtsp = "http://192', ["rtsp://"]),
    "stream without host": ('onvif = "192.0.2.20"', 'rtsp = "rtsp:///stream"', ["no host"]),
    "own password key": ("onvif =", 'password = "geheim"\nonvif =', ["credentials file"]),
    "transport": ("onvif =", 'transport = "http"\nonvif =', ["tcp, udp"]),
    "schedule": ("onvif =", 'schedule = ["xx 08:00-18:00"]\nonvif =', ['"xx" is not a weekday', "mo-fr 08:00-18:00"]),
    "schedule hours": ("onvif =", 'schedule = ["mo 08:00-25:00"]\nonvif =', ["24 hours"]),
    "schedule text": ("onvif =", 'schedule = "mo 08:00-18:00"\nonvif =', ["list of windows"]),
    "mask of two points": ("onvif =", "masks = [[[0, 0], [100, 0]]]\nonvif =", ["at least three points"]),
    "mask outside": ("onvif =", "masks = [[[0, 0], [101, 0], [5, 5]]]\nonvif =", ["[101, 0]", "outside"]),
    "mask of nothing": ("onvif =", "masks = [[[0, 0], [50, 50], [100, 100]]]\nonvif =", ["covers nothing"]),
    "mask of words": ("onvif =", 'masks = [[["a", 0], [1, 1], [2, 0]]]\nonvif =', ["two numbers"]),
    "mask of nan": ("onvif =", "masks = [[[nan, 0], [1, 1], [2, 0]]]\nonvif =", ["outside"]),
    "two person": ("[credentials]", '[policy]\ntwo_person = ["hold.place"]\n[credentials]', ["hold.release"]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_mistake_gets_file_line_key_and_the_way_out(site, case):
    old, new, words = REFUSALS[case]
    with pytest.raises(SettingsRefused) as refusal:
        site.load((old, new))
    error = refusal.value
    assert error.exit_code is Exit.CONFIG
    assert error.next_step
    assert str(site.file) in error.message
    told = f"{error.message}\n{error.next_step}"
    assert [word for word in words if word not in told] == []


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:geheim@192.0.2.20/1",
        "rtsp://admin:ge/heim@192.0.2.20/1",
        "rtsp//admin:geheim@192.0.2.20/1",
        "rtsp://192.0.2.20/user=admin_password=geheim_channel=1.sdp",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(site, address):
    with pytest.raises(SettingsRefused, match="user name or password") as refusal:
        site.load(('onvif = "192.0.2.20"', f'rtsp = "{address}"'))
    assert "credentials file" in (refusal.value.next_step or "")
    assert "heim" not in repr(refusal.value) + str(refusal.value.fields) + repr(refusal.value.__cause__)


def test_all_mistakes_are_told_at_once(site):
    with pytest.raises(SettingsRefused) as refusal:
        site.load(('"7d"', '"7"'), ("Europe/Brussels", "Mars"), ('onvif = "192.0.2.20"', 'onvif = ""'))
    assert len(refusal.value.message.split("\n")) == 3


def test_a_syntax_error_names_line_and_column(site):
    with pytest.raises(TomlSyntax, match="line 2, column 8"):
        site.load(('name = "De Grote Post"', "name = De Grote Post"))
    with pytest.raises(SettingsUnreadable, match="too deeply"):
        site.load(more="x = " + "[" * 5000)
    with pytest.raises(TomlSyntax, match="line 36"):
        site.load(more='x = """never closed\n\n')


def test_two_cameras_of_one_name_are_told_plainly(site):
    with pytest.raises(DefinedTwice, match="camera gevel-1 is defined twice, line 19 and line 34"):
        site.load(more='[cameras.gevel-1]\nzone = "interior"\n')
    with pytest.raises(DefinedTwice, match=r"the key zones\.facade\.retention is defined twice, line 13 and line 14"):
        site.load(('retention = "7d"', 'retention = "7d"\nretention = "7d"'))


def test_two_cameras_of_one_address_are_a_warning(site):
    again = '[cameras.gevel-2]\nzone = "facade"\npurpose = "theft"\nonvif = "http://192.0.2.20:80"\n'
    (warning,) = site.load(more=again).warnings
    assert warning.message.startswith("gevel-2 records the same address as gevel-1")
    assert warning.line == 37
    assert site.load(more=again + 'profile = "Profile_2"\n').warnings == ()


def test_a_period_over_the_cap_is_capped_with_one_warning_and_refused_when_strict(site):
    over = ('retention = "7d"', 'retention = "180d"')
    (warning,) = site.load(over).warnings
    assert "facade says 180d" in warning.message
    assert "change the published text to 28 days or 4 weeks" in warning.message
    with pytest.raises(RetentionOverCap, match="line 13") as refusal:
        site.load(over, strict=True)
    assert refusal.value.exit_code is Exit.CONFIG
    site.load(strict=True)


def test_a_site_cap_over_the_law_is_capped_too(site):
    (warning,) = site.load(('max_retention = "28d"', 'max_retention = "31d"')).warnings
    assert "max_retention says 31d" in warning.message
    assert "camera act" in warning.message


PLACES = [
    "wc",
    "toilet",
    "toiletten",
    "kleedkamer",
    "kleedhokjes",
    "pashokje",
    "paskamer",
    "douche",
    "sanitair",
    "vestiaire",
]


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("strict", [False, True])
def test_a_zone_or_camera_at_a_toilet_or_changing_room_is_refused(site, name, strict):
    changes = [
        ("zones.interior", f"zones.{name}"),
        ("cameras.gevel-1", f"cameras.{name}-1"),
        ('kind = "interior"', f'kind = "{name}"'),
        ("theft and damage", f"theft in the {name.upper()}"),
    ]
    for change in changes:
        with pytest.raises(ForbiddenPlace, match="no camera may watch") as refusal:
            site.load(change, strict=strict)
        assert isinstance(refusal.value, ConfigError)


def test_an_empty_file_says_which_section_comes_first(site):
    site.file.write_text("")
    with pytest.raises(SettingsRefused, match="site: it is required") as refusal:
        load_settings(site.file, environ={})
    assert refusal.value.next_step == "add a section [site]."
