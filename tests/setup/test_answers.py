"""What is an answer, what is missing, and the text of cameras.toml that follows; without a box."""

from datetime import timedelta
from pathlib import Path

import pytest

from cctv.cli.commands.init import init
from cctv.cli.options import chosen
from cctv.config.errors import BadValue
from cctv.config.loader import check_text
from cctv.config.schema import SEVERAL_DECIDE
from cctv.core.durable import DurableFiles
from cctv.core.i18n import Language, translate_to
from cctv.model.legal import Jurisdiction, ZoneKind
from cctv.setup import settings_text as texts
from cctv.setup.answers import (
    QUESTIONS,
    Answers,
    AnswersUnreadable,
    Ask,
    CameraAnswer,
    camera_name,
    check_camera,
    machine_timezone,
    missing,
    named_camera,
    period_of,
    read_answers,
    typed_answer,
    with_proposals,
    write_answers,
)

DECIDED = {
    Ask.NAME: 'De "Grote" Post \\ Kaai',
    Ask.JURISDICTION: "NL",
    Ask.ADDRESS: "Kaai 1; 8400 Oostende",
    Ask.MAIL: "info@example.org",
    Ask.SIGNATORY: "Lieve Maes",
    Ask.PURPOSE: "theft and damage",
    Ask.RECOVERY: "none",
}
GEVEL = CameraAnswer("gevel-1", ZoneKind.FACADE, onvif="192.0.2.20", credential="cameras", sees_road=True)
FOYER = CameraAnswer("foyer-1", ZoneKind.FOYER, rtsp="rtsp://192.0.2.21/a?b='c'", location='boven de "balie"')


def complete(language="en", **changes):
    answers = with_proposals(Answers({Ask.LANGUAGE: language, **DECIDED}))
    return Answers(answers.texts, **{"cameras": (GEVEL, FOYER), **changes})


def question(ask):
    return next(question for question in QUESTIONS if question.ask is ask)


def test_each_question_has_an_option_of_the_command():
    options = {name for parameter in init.params for name in parameter.opts}

    assert {question.option for question in QUESTIONS} <= options


def test_what_a_person_must_decide_is_missing_and_the_rest_is_proposed():
    assert {question.ask for question in missing({}, taking_proposals=True)} == DECIDED.keys()
    assert missing(complete().texts, taking_proposals=False) == []
    assert complete()[Ask.CONTROLLER] == complete()[Ask.NAME]
    assert complete()[Ask.DPO] == "info@example.org"


@pytest.mark.parametrize(
    ("ask", "typed", "reason"),
    [
        (Ask.NAME, "  ", "empty"),
        (Ask.NAME, "De\u202e Post", "nobody sees"),
        (Ask.JURISDICTION, "FR", "not known"),
        (Ask.TIMEZONE, "Brussel", "not a time zone"),
        (Ask.ADDRESS, ";", "not an address"),
        (Ask.MAIL, "info", "not a mail address"),
        (Ask.PURPOSE, "toezicht op de kleedkamer", "changing room"),
        (Ask.ZONE, "toilet", "not known"),
        (Ask.STORAGE, "footage", "does not start with /"),
        (Ask.STORAGE, "/", "root of the file system"),
        (Ask.STORAGE, "/srv/my footage", "systemd"),
        (Ask.RECOVERY, "recovery.key", "whole path"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(ask, typed, reason):
    with pytest.raises(BadValue, match=reason):
        typed_answer(question(ask), typed, {})


def test_a_recovery_key_is_refused_inside_the_storage_and_where_a_file_is(tmp_path):
    texts = {Ask.STORAGE: str(tmp_path / "disk")}
    (tmp_path / "old.key").touch()

    with pytest.raises(BadValue, match="in the storage"):
        typed_answer(question(Ask.RECOVERY), str(tmp_path / "disk" / "keys" / "r.key"), texts)
    with pytest.raises(BadValue, match="is there already"):
        typed_answer(question(Ask.RECOVERY), str(tmp_path / "old.key"), texts)
    with pytest.raises(BadValue, match="no folder"):
        typed_answer(question(Ask.RECOVERY), str(tmp_path / "usb" / "r.key"), texts)
    assert typed_answer(question(Ask.RECOVERY), str(tmp_path / "r.key"), texts) == str(tmp_path / "r.key")


def test_a_camera_is_refused_that_may_not_be():
    with pytest.raises(BadValue, match="cannot be a name"):
        check_camera(CameraAnswer("Gevel 1", ZoneKind.FACADE), ())
    with pytest.raises(BadValue, match="already"):
        check_camera(GEVEL, (GEVEL,))
    with pytest.raises(BadValue, match="changing room"):
        check_camera(CameraAnswer("gang", ZoneKind.CORRIDOR, location="gang naast de toiletten"), ())
    with pytest.raises(BadValue, match="public road"):
        check_camera(CameraAnswer("foyer", ZoneKind.FOYER, sees_road=True), ())


def test_a_camera_gets_a_name_that_is_free_and_is_no_forbidden_place():
    assert camera_name("Gevel Zuid", []) == "gevel-zuid"
    assert camera_name("Gevel Zuid", ["gevel-zuid"]) == "camera-1"
    assert camera_name("toilet", ["camera-1"]) == "camera-2"
    assert camera_name("", []) == "camera-1"
    assert named_camera("gevel-1=192.0.2.20:8000") == ("gevel-1", "192.0.2.20:8000")
    assert named_camera("rtsp://192.0.2.20/a?b=c") == (None, "rtsp://192.0.2.20/a?b=c")


def test_no_zone_keeps_footage_longer_than_the_law():
    for kind in ZoneKind:
        assert period_of(kind, Jurisdiction.BE) <= Jurisdiction.BE.cap
    assert period_of(ZoneKind.FACADE, Jurisdiction.BE) == timedelta(days=7)
    assert period_of(ZoneKind.INTERIOR, Jurisdiction.BE) == timedelta(days=28)  # thirty days, capped


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("cameras", [(), (GEVEL, FOYER)])
def test_the_text_of_cameras_toml_says_what_was_answered_and_explains_each_line(tmp_path, language, cameras):
    answers = complete(language.value, cameras=cameras)

    text = texts.settings_text(answers, None)
    checked = check_text(text, tmp_path / "cameras.toml", strict=True)

    settings = checked.settings
    assert settings.site.name == DECIDED[Ask.NAME]
    assert settings.controller.address == ("Kaai 1", "8400 Oostende")
    assert settings.site.storage == Path("/var/lib/cctv").resolve()
    assert [camera.id for camera in settings.cameras.values()] == [camera.name for camera in cameras]
    assert not [warning for warning in checked.warnings if cameras]
    if cameras:
        assert settings.cameras["foyer-1"].location == FOYER.location
        assert settings.cameras["foyer-1"].rtsp == FOYER.rtsp
        assert settings.limit_for("facade") == timedelta(days=7)
        assert "masks" in text
    bare = [line for line in text.splitlines() if line and line[0] not in "#[" and " # " not in line]
    assert bare == []
    assert f"# {translate_to(texts._LANGUAGE, language)}" in text


def test_the_public_half_of_the_recovery_key_stands_in_the_text(tmp_path):
    public = "age1" + "q" * 58

    settings = check_text(texts.settings_text(complete(), public), tmp_path / "cameras.toml").settings

    assert settings.backup.recipients == (public,)


def test_a_site_of_more_accounts_asks_two_persons_for_what_two_can_decide(tmp_path):
    text = texts.settings_text(complete(), None, several=True)

    assert check_text(text, tmp_path / "cameras.toml", strict=True).settings.policy.two_person == set(SEVERAL_DECIDE)
    assert "[policy]" not in texts.settings_text(complete(), None)


def test_answers_are_kept_for_their_owner_only_and_come_back_as_they_were(tmp_path):
    path, answers = tmp_path / ".init.json", complete(shown=(("gevel-1", "2026-11-01T12:00:00+00:00"),))

    write_answers(path, answers, DurableFiles())

    assert read_answers(path) == answers
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_answers(tmp_path / "none.json") is None
    write_answers(path, answers.started_over(), DurableFiles())
    assert read_answers(path).earlier == answers.texts


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        "{}",
        '{"schema": 2}',
        '{"schema": 1, "texts": {"mail": "x"}, "cameras": null, "shown": [], "begun": []}',
    ],
)
def test_kept_answers_that_are_damaged_are_told(tmp_path, damage):
    (tmp_path / "a.json").write_text(damage)

    with pytest.raises(AnswersUnreadable, match=r"a\.json"):
        read_answers(tmp_path / "a.json")


def test_numbers_are_chosen_as_people_type_them():
    assert chosen("1, 3-5", 6) == [1, 3, 4, 5]
    assert chosen("all", 2) == [1, 2]
    assert chosen("None", 2) == []
    for wrong in ("0", "3", "2-1", "x", "1-"):
        with pytest.raises(BadValue, match="none of the numbers"):
            chosen(wrong, 2)


def test_the_machine_has_a_time_zone_only_if_it_is_a_place(tmp_path):
    zones = tmp_path / "zoneinfo"
    for name in ("Europe/Brussels", "Etc/UTC"):
        (zones / name).parent.mkdir(parents=True, exist_ok=True)
        (zones / name).touch()
    link = tmp_path / "localtime"

    link.symlink_to(zones / "Europe" / "Brussels")
    assert machine_timezone(link) == "Europe/Brussels"
    link.unlink()
    link.symlink_to(zones / "Etc" / "UTC")
    assert machine_timezone(link) is None
    assert machine_timezone(tmp_path / "none") is None
