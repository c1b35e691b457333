"""[backup]: whom back-ups are encrypted to."""

from datetime import timedelta
from pathlib import Path

import pytest

from cctv.config.errors import SettingsRefused
from cctv.config.fields import BackupsKept

KEY = "age1nkcmntrc3ruatk97k2za5ew9s7vn2l2keu6q7uwxk33rppmtj90qy0hkzt"


def test_without_the_section_there_are_no_back_ups(site):
    backup = site.load().settings.backup

    assert (backup.recipients, backup.warn_after) == ((), timedelta(days=8))


def test_two_keys_are_two_that_open_it(site):
    other = KEY.replace("kzt", "kzq")
    backup = site.load(more=f'[backup]\nrecipients = ["{KEY}", "{other}"]\nwarn_after = "2d"\n').settings.backup

    assert (backup.recipients, backup.warn_after) == ((KEY, other), timedelta(days=2))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f'recipients = "{KEY}"', "not a list"),
        (f'recipients = ["{KEY[:-4]}"]', "not a public key"),
        ('recipients = ["AGE-SECRET-KEY-1ABC"]', "private half"),
        (f'recipient = ["{KEY}"]', 'did you mean "recipients"'),
    ],
)
def test_what_could_not_open_a_back_up_is_refused(site, line, said):
    with pytest.raises(SettingsRefused) as refused:
        site.load(more=f"[backup]\n{line}\n")
    assert said in str(refused.value) + str(refused.value.next_step)


def test_the_private_half_is_never_repeated(site):
    with pytest.raises(SettingsRefused) as refused:
        site.load(more='[backup]\nrecipients = ["AGE-SECRET-KEY-1ABC"]\n')
    assert "1ABC" not in str(refused.value) + str(refused.value.next_step)


def test_how_long_back_ups_stay_by_itself_and_where_the_file_says(site):
    plain = site.load().settings
    assert (plain.backup.folder, plain.backup.keep) == (None, BackupsKept(daily=7, weekly=5))
    assert plain.backups_longest == timedelta(days=31)

    lines = '[backup]\nfolder = "/mnt/offsite"\nkeep = { monthly = 12 }\nlongest = "300d"\nrehearse_after = "90d"\n'
    backup = site.load(more=lines).settings.backup

    assert (backup.folder, backup.keep) == (Path("/mnt/offsite"), BackupsKept(monthly=12))
    assert (backup.longest, backup.rehearse_after) == (timedelta(days=300), timedelta(days=90))


def test_no_back_up_may_name_people_longer_than_a_register_does(site):
    settings = site.load(more='[policy]\nforget_requests = "90d"\n[backup]\nlongest = "300d"\n').settings
    assert settings.backups_longest == timedelta(days=90)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("7", "not a table"),
        ("{ dayly = 7 }", 'did you mean "daily"'),
        ("{ daily = -1 }", "not from 0"),
        ("{ daily = true }", "not from 0"),
        ("{ weekly = 1.5 }", "not from 0"),
        ("{ daily = 0 }", "keeps none"),
        ("{}", "keeps none"),
    ],
)
def test_a_rule_that_keeps_none_or_cannot_be_read_is_refused(site, value, said):
    with pytest.raises(SettingsRefused) as refused:
        site.load(more=f"[backup]\nkeep = {value}\n")
    assert said in str(refused.value) + str(refused.value.next_step)
