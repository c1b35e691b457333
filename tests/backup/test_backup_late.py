"""Whoever set back-ups up is told when the last one is too old."""


def told(rig):
    return rig.cctv("status --json", exit=None).json


def test_a_site_without_a_recovery_key_is_told_nothing(site):
    assert site.cctv("status --json", exit=None).json["backup_late"] is False
    assert "back-up" not in site.cctv("status", exit=None).out


def test_a_back_up_that_was_never_made_is_said(rig):
    assert told(rig)["backup_late"] is True
    assert "none was made; TOO OLD" in rig.cctv("status", exit=None).out


def test_a_back_up_becomes_too_old(rig):
    made = rig.site.clock.now()
    rig.back_up()
    assert (told(rig)["backup_late"], told(rig)["last_backup"][:19]) == (False, made.isoformat()[:19])
    rig.days_pass(9)
    assert told(rig)["backup_late"] is True


def test_a_late_back_up_is_an_alarm_of_its_own_and_changes_no_exit_code(rig):
    before = rig.cctv("status --json", exit=None).exit
    rig.back_up()
    assert rig.cctv("status --json", exit=None).exit == before
    rig.days_pass(9)
    alarms = rig.cctv("notify run --dry-run --json", exit=None).json["alarms"]
    assert "too old" in next(one["text"] for one in alarms if one["kind"] == "weekly")


def test_after_a_restore_there_is_no_back_up_until_one_is_made(rig):
    file = rig.back_up()
    rig.lose()
    rig.restore(file)
    assert told(rig)["backup_late"] is True
