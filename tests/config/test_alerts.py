"""[alerts]: whom to tell."""

import pytest

from cctv.config.errors import SettingsRefused


def test_without_the_section_nobody_is_told(site):
    alerts = site.load().settings.alerts

    assert (alerts.mail, alerts.command) == (None, ())


def test_what_is_left_out_has_a_default(site):
    alerts = site.load(more='[alerts]\nmail = "techniek@example.org"\n').settings.alerts

    assert (alerts.sender, alerts.smtp.host, alerts.smtp.port) == ("techniek@example.org", "localhost", 25)


def test_a_relative_state_starts_at_the_file(site):
    alerts = site.load(more='[alerts]\nstate = "alarms.json"\nsmtp = "[::1]:2525"\n').settings.alerts

    assert alerts.state == site.file.parent / "alarms.json"
    assert (alerts.smtp.host, alerts.smtp.port) == ("::1", 2525)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('mail = "techniek"', "not a mail address"),
        ('mail = "a@b.be\\nBcc: c@d.be"', "not a mail address"),
        ('smtp = "user:S3cret@mail.example.org"', "user name or password"),
        ('smtp = "mail.example.org/x"', "more than a host"),
        ('command = "tell"', "not a list"),
        ("command = []", "not a list"),
        ('comand = ["tell"]', 'did you mean "command"'),
    ],
)
def test_what_could_not_work_is_refused(site, line, said):
    with pytest.raises(SettingsRefused) as refused:
        site.load(more=f"[alerts]\n{line}\n")

    told = f"{refused.value} {refused.value.next_step}"
    assert said in told
    assert "S3cret" not in told
