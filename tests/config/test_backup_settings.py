"""[backup]: whom back-ups are encrypted to."""

from datetime import timedelta

import pytest

from cctv.config.errors import SettingsRefused

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
