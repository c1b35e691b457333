"""Which back-ups go, and what never does."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cctv.backup.pruning import BackupFate, judge_backups
from cctv.config.fields import BackupsKept
from cctv.core.durable import DurableFiles

ZONE = ZoneInfo("Europe/Brussels")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONGEST = timedelta(days=31)
DAY = timedelta(days=1)


def stay(instants, keep, longest=LONGEST, now=NOON):
    fates = judge_backups(instants, now, keep, longest, ZONE)
    return sorted(((now - instant) // DAY for instant, fate in fates.items() if not fate.goes))


def test_the_last_of_each_day_week_and_month_stays():
    daily = [NOON - number * DAY for number in range(60)]
    assert stay(daily, BackupsKept(daily=3)) == [0, 1, 2]
    assert stay(daily, BackupsKept(weekly=3)) == [0, 1, 8]  # 30 November 2026 is a Monday: its week, then two Sundays
    assert stay(daily, BackupsKept(monthly=2), longest=timedelta(days=400)) == [0, 30]
    assert stay(daily, BackupsKept(daily=2, weekly=2)) == [0, 1]


def test_of_one_day_the_last_stays():
    fates = judge_backups([NOON, NOON - timedelta(hours=1)], NOON, BackupsKept(daily=7), LONGEST, ZONE)
    assert list(fates.values()) == [BackupFate.NEWEST, BackupFate.REPLACED]


def test_one_that_is_too_old_goes_whatever_the_counts_say_but_never_the_newest():
    old = [NOON - number * DAY for number in (40, 50, 60)]
    assert stay(old, BackupsKept(monthly=12)) == [40]
    assert stay([], BackupsKept(daily=1)) == []


def test_a_clock_that_went_back_prunes_nothing():
    ahead = [NOON + DAY, NOON - 50 * DAY, NOON - 51 * DAY]
    assert set(judge_backups(ahead, NOON, BackupsKept(daily=1), LONGEST, ZONE).values()) == {BackupFate.CLOCK}


def test_whatever_the_rule_the_newest_stays_and_no_more_than_the_rule_keeps():
    rng = random.Random(1)
    for _ in range(300):
        instants = [NOON - timedelta(hours=rng.randrange(5000)) for _ in range(rng.randrange(1, 40))]
        keep = BackupsKept(*(rng.randrange(6) for _ in range(3)))
        fates = judge_backups(instants, NOON, keep, timedelta(days=rng.randrange(1, 300)), ZONE)
        kept = [instant for instant, fate in fates.items() if not fate.goes]
        assert max(instants) in kept
        assert len(kept) <= 1 + sum(keep)


def names(rig):
    return sorted(path.name for path in rig.medium.iterdir())


def set_rule(rig, line):
    rig.site.config.write_text(rig.site.config.read_text() + line + "\n")


@pytest.fixture
def swept(rig):
    """A storage whose clock a sweep has trusted, and that keeps two days of back-ups."""
    set_rule(rig, "keep = { daily = 2 }")
    rig.cctv("sweep --once")
    return rig


def a_day(rig):
    rig.site.clock.advance(days=1)
    rig.cctv("sweep --once")


def test_each_back_up_removes_those_that_a_later_one_stands_for(swept):
    files = []
    for _ in range(4):
        files.append(swept.back_up())
        a_day(swept)
    assert names(swept) == [file.name for file in files[2:]]
    entries = [one for one in swept.cctv("audit list --json").json["entries"] if one["act"] == "backup.pruned"]
    assert [one["facts"]["files"] for one in entries] == [[files[0].name], [files[1].name]]
    assert entries[0]["facts"]["longest"] == "31d"


def test_a_dry_run_says_what_would_go_and_removes_nothing(swept):
    for _ in range(2):
        swept.back_up()
        a_day(swept)
    before = names(swept)
    told = swept.cctv(f"backup {swept.medium} --dry-run")
    assert f"Would remove {before[0]}: a later one stands for it." in told.out
    assert names(swept) == before
    assert swept.cctv(f"backup {swept.medium} --dry-run --json").json["pruned"] == before[:1]


def test_what_is_not_ours_or_torn_is_never_removed_and_stands_for_no_day(swept):
    first = swept.back_up()
    a_day(swept)
    torn = swept.back_up()
    torn.write_bytes(torn.read_bytes()[:-9])
    a_day(swept)
    foreign = first.with_name(first.name.replace(first.name[5:13], "00000000"))
    foreign.write_bytes(first.read_bytes())
    plain = first.with_name(f"{first.name[:14]}20200101T000000.000Z.age")
    plain.write_text("notes of somebody")
    link = first.with_name(f"{first.name[:14]}20200102T000000.000Z.age")
    link.symlink_to(first)
    third = swept.back_up(exit=None)

    assert {first.name, torn.name, foreign.name, plain.name, link.name, third.name} <= set(names(swept))
    told = swept.cctv(f"backup list {swept.medium}")
    assert "torn" in told.err
    assert torn.name in told.out
    assert foreign.name not in told.out
    assert plain.name not in told.out


def test_a_clock_that_jumps_ahead_prunes_nothing_and_says_so(swept):
    first = swept.back_up()
    swept.site.clock.set("2031-01-01 12:00")
    told = swept.cctv(f"backup {swept.medium}", exit=3)
    assert "no back-up was removed" in told.err
    assert "accept-clock" in told.err
    assert first.exists()


def test_before_the_first_sweep_nothing_is_pruned(rig):
    set_rule(rig, "keep = { daily = 1 }")
    first = rig.back_up()
    told = rig.cctv(f"backup {rig.medium}")
    assert "no sweep has run here yet" in told.err
    assert first.exists()


def test_a_pruning_that_a_crash_cut_short_is_finished_by_the_next(swept, monkeypatch):
    class Died(BaseException):
        pass

    def die(*_):
        raise Died

    old = swept.back_up()
    a_day(swept)
    newest = swept.back_up()
    swept.site.config.write_text(swept.site.config.read_text().replace("daily = 2", "daily = 1"))
    a_day(swept)
    with monkeypatch.context() as patch:
        patch.setattr(DurableFiles, "unlink", die)
        with pytest.raises(Died):
            swept.back_up()
    assert old.exists()
    assert newest.exists()
    swept.site.clock.advance(seconds=1)
    last = swept.back_up()
    assert names(swept) == [last.name]
    acts = [one["act"] for one in swept.cctv("audit list --json").json["entries"]]
    assert acts.count("backup.pruned") >= 2


def test_the_list_shows_age_size_and_what_goes(swept):
    files = [swept.back_up()]
    a_day(swept)
    files.append(swept.back_up())
    set_rule(swept, "")
    swept.site.config.write_text(swept.site.config.read_text().replace("daily = 2", "daily = 1"))
    listed = swept.cctv(f"backup list {swept.medium} --json").json["backups"]
    assert [(one["name"], one["goes"]) for one in listed] == [(files[1].name, False), (files[0].name, True)]
    assert listed[0]["bytes"] == files[1].stat().st_size
    text = swept.cctv(f"backup list {swept.medium}").out
    assert "goes: a later one stands for it" in text
    assert "kept: the newest" in text


def test_the_folder_of_cameras_toml_is_taken_where_none_is_typed(rig):
    told = rig.cctv("backup", exit=2)
    assert "[backup] of cameras.toml names none" in told.err
    set_rule(rig, f'folder = "{rig.medium}"')
    rig.cctv("backup")
    assert len(names(rig)) == 1
    assert names(rig)[0] in rig.cctv("backup list").out
