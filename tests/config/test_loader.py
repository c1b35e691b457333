"""cameras.toml: what is read, where it is looked for, what each default is."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cctv.config.errors import SettingsNotFound, SettingsUnreadable
from cctv.config.explain import Origin, explain
from cctv.config.fields import sections_in, settings_in
from cctv.config.loader import load_settings
from cctv.config.schema import (
    CameraSettings,
    Limit,
    LimitRule,
    ProcessorSettings,
    Settings,
    Transport,
    TwoPersonAct,
    ZoneSettings,
    retention_limit,
)
from cctv.core.errors import Exit, UsageError
from cctv.core.i18n import Language
from cctv.model.ids import CameraId, ZoneId
from cctv.model.legal import Jurisdiction

REPOSITORY = Path(__file__).parents[2]
DAY = timedelta(days=1)


def test_the_example_passes_with_one_warning_about_the_interior():
    checked = load_settings(REPOSITORY / "cameras.toml", environ={})
    (warning,) = checked.warnings
    assert warning.key == ("zones", "interior", "retention")
    assert "interior says 30d" in warning.message
    assert "longer than 28d" in warning.message
    assert "it runs at 28d" in warning.message
    assert "28 days or 4 weeks" in warning.message
    assert checked.settings.limit_for(ZoneId("interior")) == 28 * DAY
    assert checked.settings.limit_for(ZoneId("facade")) == 7 * DAY


def test_a_minimal_file_gets_the_documented_defaults(site):
    settings = site.load(('max_retention = "28d"\n', "")).settings
    camera = settings.cameras[CameraId("gevel-1")]
    assert settings.site.max_retention == 28 * DAY
    assert settings.site.language is Language.NL
    assert settings.recording.reserve_fraction == 0.05
    assert settings.zones[ZoneId("facade")].min_retention == timedelta(hours=72)
    assert settings.policy.two_person == {TwoPersonAct.HOLD_RELEASE, TwoPersonAct.EXPORT_UNREDACTED}
    assert (camera.transport, camera.schedule, camera.masks) == (Transport.TCP, None, ())


def test_a_zone_that_keeps_less_than_72_hours_has_its_period_as_minimum(site):
    settings = site.load(('retention = "7d"', 'retention = "10m"')).settings
    assert settings.zones[ZoneId("facade")].min_retention == timedelta(minutes=10)


def test_relative_paths_start_at_the_file(site, monkeypatch):
    monkeypatch.chdir("/")
    settings = site.load().settings
    assert settings.site.storage == site.file.parent.resolve() / "storage"
    assert settings.credentials.file == site.file.parent / "credentials.toml"


def test_the_search_order_is_the_path_the_variable_then_here(site, tmp_path, monkeypatch):
    site.load()
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    (here / "cameras.toml").write_text(site.file.read_text().replace("De Grote Post", "here"))
    other = tmp_path / "other.toml"
    other.write_text(site.file.read_text().replace("De Grote Post", "other"))
    environ = {"CCTV_CONFIG": str(other)}
    assert load_settings(site.file, environ=environ).settings.site.name == "De Grote Post"
    assert load_settings(None, environ=environ).settings.site.name == "other"
    assert load_settings(None, environ={"CCTV_CONFIG": ""}).settings.site.name == "here"


def test_no_file_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cctv.config.settings_file.SYSTEM_WIDE", str(tmp_path / "etc" / "cameras.toml"))
    with pytest.raises(SettingsNotFound, match=r"no cameras\.toml here") as refusal:
        load_settings(None, environ={})
    assert refusal.value.exit_code is Exit.CONFIG
    assert "--config" in (refusal.value.next_step or "")
    with pytest.raises(SettingsNotFound, match="CCTV_CONFIG names"):
        load_settings(None, environ={"CCTV_CONFIG": "nowhere.toml"})
    with pytest.raises(SettingsNotFound, match=r"no gone\.toml"):
        load_settings(Path("gone.toml"), environ={})


def test_what_is_not_text_is_refused(tmp_path):
    with pytest.raises(SettingsUnreadable, match="directory"):
        load_settings(tmp_path, environ={})
    (tmp_path / "cameras.toml").write_bytes(b'[site]\nname = "caf\xe9"\n')
    with pytest.raises(SettingsUnreadable, match="not UTF-8"):
        load_settings(tmp_path / "cameras.toml", environ={})


def test_a_byte_order_mark_and_windows_lines_are_read(site):
    site.load()
    site.file.write_bytes(b"\xef\xbb\xbf" + site.file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_settings(site.file, environ={}).settings.site.name == "De Grote Post"


@pytest.mark.parametrize(
    ("declared", "cap", "limit"),
    [
        (7, 28, Limit(7 * DAY, LimitRule.ZONE)),
        (28, 28, Limit(28 * DAY, LimitRule.ZONE)),
        (30, 28, Limit(28 * DAY, LimitRule.SITE_CAP)),
        (30, 14, Limit(14 * DAY, LimitRule.SITE_CAP)),
        (30, 31, Limit(28 * DAY, LimitRule.JURISDICTION_CAP)),
    ],
)
@pytest.mark.parametrize("law", Jurisdiction)
def test_the_shortest_bound_wins_and_is_named(declared, cap, limit, law):
    assert retention_limit(declared * DAY, cap * DAY, law) == limit


def test_a_changed_policy_has_another_digest_and_a_new_camera_has_not(site):
    first = site.load().settings.policy_digest
    assert site.load().settings.policy_digest == first
    assert site.load(('retention = "7d"', 'retention = "6d"')).settings.policy_digest != first
    assert site.load(('max_retention = "28d"', 'max_retention = "27d"')).settings.policy_digest != first
    assert site.load(("gevel-1", "gevel-2")).settings.policy_digest == first
    assert len(first) == 64


def test_masks_warn_of_nothing_and_belong_to_the_policy(site):
    masked = site.load(("onvif =", "masks = [[[0, 0], [100, 0], [100, 50]]]\nonvif ="))
    settings = masked.settings

    assert masked.warnings == site.load().warnings
    assert '"masks":{"gevel-1":[[[0.0,0.0],[100.0,0.0],[100.0,50.0]]]}' in settings.policy_text
    assert settings.policy_digest != site.load().settings.policy_digest
    assert "masks" not in site.load().settings.policy_text


def test_an_unknown_camera_or_zone_is_a_usage_error_that_lists_them(site):
    settings = site.load().settings
    assert settings.camera("gevel-1").zone == "facade"
    with pytest.raises(UsageError, match="gevel-1") as refusal:
        settings.camera("gevel1")
    assert refusal.value.next_step == 'did you mean "gevel-1"?'
    with pytest.raises(UsageError, match="facade, interior"):
        settings.zone("garden")


def test_explain_says_where_each_value_comes_from():
    rows = {row.key: row for row in explain(load_settings(REPOSITORY / "cameras.toml", environ={}).settings)}
    assert rows["zones.interior.retention"].value == "28d"
    assert rows["zones.interior.retention"].origin is Origin.CAPPED
    assert rows["zones.interior.min_retention"].origin is Origin.DEFAULT
    assert rows["site.name"].origin is Origin.FILE
    lines = (REPOSITORY / "cameras.toml").read_text().split("\n")
    for row in rows.values():
        if row.line is not None:
            assert lines[row.line - 1].startswith(row.key.rsplit(".", 1)[-1])


def test_explain_knows_inline_tables(site):
    settings = site.load(
        ("[recording]\n", ""), ('segment = "60s"\n', ""), ("[site]", 'recording = { segment = "30s" }\n[site]')
    )
    row = next(row for row in explain(settings.settings) if row.key == "recording.segment")
    assert (row.value, row.origin, row.line) == ("30s", Origin.FILE, 1)


def test_explain_has_a_row_for_every_declared_key(site):
    tables = {name: section for name, section in sections_in(Settings).items() if section.id_type is None}
    keys = {f"{name}.{key}" for name, section in tables.items() for key in settings_in(section.table)}
    keys -= {f"processor.{key}" for key in settings_in(ProcessorSettings)}  # of a site that records for a customer
    keys |= {f"zones.{name}.{key}" for name in ("facade", "interior") for key in settings_in(ZoneSettings)}
    keys |= {f"cameras.gevel-1.{key}" for key in settings_in(CameraSettings) if key != "rtsp"}

    rows = [row.key for row in explain(site.load().settings)]

    assert len(rows) == len(set(rows))
    assert set(rows) == keys


def test_reading_the_settings_needs_no_pydantic():
    code = "import sys, cctv.config.loader; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
