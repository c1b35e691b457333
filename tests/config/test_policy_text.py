"""A published privacy text is compared with the settings in force.  The five texts are those of docs/policies/."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cctv.config.loader import load_settings
from cctv.config.policy_text.claims import Subject
from cctv.config.policy_text.compare import ClaimStatus, compare
from cctv.config.policy_text.reader import PolicyTextUnreadable, read_claims, read_policy_text
from cctv.model.legal import ZoneKind

TEXTS = Path(__file__).parents[2] / "docs" / "policies"
SITE = """
[site]
name = "Zaal"
timezone = "Europe/Brussels"
jurisdiction = "{country}"
storage = "storage"
[zones.facade]
kind = "facade"
retention = "{facade}"
[zones.interior]
kind = "interior"
retention = "{interior}"
[cameras.gevel-1]
zone = "facade"
purpose = "{purpose}"
rtsp = "rtsp://192.0.2.20/1"
[policy]
two_person = {two_person}
"""
FRENCH = """Nos caméras de surveillance filment la façade et l'intérieur pour la sécurité et contre le vol.
Les images de la façade sont conservées sept jours au maximum et les images de l'intérieur sont conservées un mois.
Vos droits : droit d'accès, de rectification, l'effacement, la limitation du traitement et d'opposition.
Nous répondons à votre demande dans les 30 jours. Plainte : Autorité de protection des données."""
ENGLISH = """We use CCTV at our entrances for security and against theft. Footage is kept for up to fourteen days.
You have the right of access, rectification, erasure, restriction and objection.
We reply to a request within 14 days. Complain to the Belgian Data Protection Authority."""


@pytest.fixture
def settings(tmp_path):
    def make(country="BE", facade="7d", interior="28d", purpose="theft and damage", two_person="[]"):
        file = tmp_path / "cameras.toml"
        values = {"country": country, "facade": facade, "interior": interior}
        file.write_text(SITE.format(**values, purpose=purpose, two_person=two_person))
        return load_settings(file, environ={}).settings

    return make


def claims(name):
    return read_claims(read_policy_text(TEXTS / f"{name}.txt"))


def found(name, settings):
    return compare(claims(name), settings)


def said(findings, verdict, subject):
    return [each.message for each in findings if each.status is verdict and each.subject is subject]


def retention(name):
    return [(claim.kinds, claim.period, claim.at_most) for claim in claims(name) if claim.subject is Subject.RETENTION]


def test_each_place_of_003_has_its_own_period():
    facade, inside = retention("003")

    assert facade == (frozenset({ZoneKind.FACADE}), timedelta(days=7), False)
    assert ZoneKind.FOYER in inside[0]
    assert ZoneKind.FACADE not in inside[0]
    assert inside[1] == timedelta(days=30)


def test_001_keeps_footage_of_every_place_four_weeks_at_most():
    assert retention("001") == [(frozenset(), timedelta(weeks=4), True)]


@pytest.mark.parametrize("name", ["000", "002", "004"])
def test_what_a_text_keeps_for_years_or_hires_out_is_no_promise_about_cameras(name, settings):
    assert retention(name) == []
    assert said(found(name, settings()), ClaimStatus.MISSING, Subject.CAMERAS)


def test_thirty_days_that_run_at_28_are_a_difference(settings):
    findings = found("003", settings())

    assert said(findings, ClaimStatus.DIFFERS, Subject.RETENTION) == [
        "the zone interior keeps footage 28d, the text says dertig dagen"
    ]
    assert said(findings, ClaimStatus.KEPT, Subject.RETENTION) == [
        "the zone facade keeps footage 7d, the text says zeven dagen"
    ]


def test_footage_kept_longer_than_published_breaks_the_promise(settings):
    findings = found("003", settings(facade="10d"))

    assert findings[0].status is ClaimStatus.BROKEN
    assert "the zone facade keeps footage 10d, the text says zeven dagen" in said(
        findings, ClaimStatus.BROKEN, Subject.RETENTION
    )


def test_less_than_a_maximum_keeps_the_promise(settings):
    findings = found("001", settings(country="NL", interior="14d"))

    assert said(findings, ClaimStatus.DIFFERS, Subject.RETENTION) == []
    assert len(said(findings, ClaimStatus.KEPT, Subject.RETENTION)) == 2


def test_002_names_the_dutch_authority_for_a_belgian_company(settings):
    findings = found("002", settings())

    assert said(findings, ClaimStatus.DIFFERS, Subject.AUTHORITY) == [
        "the text names Autoriteit Persoonsgegevens (AP); "
        "the authority of this site is Gegevensbeschermingsautoriteit (GBA)"
    ]
    assert said(found("002", settings(country="NL")), ClaimStatus.DIFFERS, Subject.COUNTRY) == [
        "the text is written for BE, the site's jurisdiction is NL"
    ]


def test_001_is_the_right_text_for_a_dutch_site(settings):
    findings = found("001", settings(country="NL"))

    assert [
        each for each in findings if each.status in {ClaimStatus.BROKEN, ClaimStatus.DIFFERS, ClaimStatus.MISSING}
    ] == []
    kept = {each.subject for each in findings if each.status is ClaimStatus.KEPT}
    assert {Subject.SOUND, Subject.PRIVATE_PLACES, Subject.INCIDENT_ONLY, Subject.UNTIL_SETTLED, Subject.LOG} <= kept
    assert Subject.BREACH_CONTROLLER in kept


def test_a_purpose_that_the_text_does_not_name_is_a_broken_promise(settings):
    findings = found("001", settings(country="NL", purpose="overlast"))

    assert said(findings, ClaimStatus.BROKEN, Subject.PURPOSE) == [
        "the camera gevel-1 records for nuisance, which the text does not name for cameras"
    ]


@pytest.mark.parametrize("name", ["000", "004"])
def test_law_that_is_gone_is_named(name, settings):
    assert len(said(found(name, settings()), ClaimStatus.DIFFERS, Subject.OUTDATED_LAW)) == 1


def test_two_factors_are_held_against_the_second_person(settings):
    alone = found("000", settings())
    both = found("000", settings(two_person='["hold.release", "export.unredacted"]'))

    assert said(alone, ClaimStatus.DIFFERS, Subject.TWO_FACTOR)
    assert said(both, ClaimStatus.ASK, Subject.TWO_FACTOR)


def test_rights_are_those_that_a_text_calls_rights(settings):
    findings = found("003", settings())

    assert said(findings, ClaimStatus.MISSING, Subject.RIGHT) == [
        "the text does not name the right of objection (Article 13(2)(b) GDPR)"
    ]


def test_french_is_read(settings):
    findings = compare(read_claims(FRENCH), settings(purpose="vol"))

    assert [each.message for each in findings if each.status is not ClaimStatus.KEPT] == []
    assert len(said(findings, ClaimStatus.KEPT, Subject.RETENTION)) == 2


def test_english_is_read_and_a_deadline_that_nobody_counts_is_told(settings):
    findings = compare(read_claims(ENGLISH), settings(purpose="theft", interior="14d"))

    assert [each.message for each in findings if each.status is not ClaimStatus.KEPT] == [
        "requests are due after 30 days or a month, whichever is earlier; the text says 14 days"
    ]


def test_a_page_is_read_without_its_tags_and_scripts(tmp_path):
    page = tmp_path / "privacy.html"
    page.write_text("<!doctype html><html><body><script>9 weken</script><p>De camerabeelden</p><p>b</p></body></html>")

    assert read_policy_text(page).split() == ["De", "camerabeelden", "b"]


@pytest.mark.parametrize(
    ("content", "expected"), [(b"%PDF-1.7", "it is a PDF"), (b"\0\1", "it is no text"), (b"  \n", "it holds no words")]
)
def test_what_is_no_text_is_refused_with_the_way_to_one(tmp_path, content, expected):
    file = tmp_path / "policy"
    file.write_bytes(content)

    with pytest.raises(PolicyTextUnreadable, match=expected) as refused:
        read_policy_text(file)
    assert refused.value.exit_code == 10


def test_the_command_lists_every_difference_and_strict_refuses_them(bare_site):
    check = f"config check --policy {TEXTS / '003.txt'}"

    listed = bare_site.cctv(f"{check} --json").json["findings"]
    refused = bare_site.cctv(f"{check} --strict", exit=10)

    assert {"differs", "missing", "kept"} <= {each["verdict"] for each in listed}
    assert next(each["line"] for each in listed if each["subject"] == "retention") == 50
    assert "differ in" in refused.err
    assert "next:  change the published text" in refused.err


def test_roles_are_kept_only_where_each_permission_takes_a_grant(settings, tmp_path):
    claimed = found("003", settings())
    (said_of_roles,) = said(claimed, ClaimStatus.DIFFERS, Subject.ROLES)
    assert said_of_roles.startswith("[policy] granted_only does not name view, export, export.unredacted")

    file = tmp_path / "cameras.toml"
    granted = 'granted_only = ["view", "export", "export.unredacted"]\n'
    file.write_text(file.read_text().replace("[policy]\n", f"[policy]\n{granted}"))
    strict = found("003", load_settings(file, environ={}).settings)
    assert said(strict, ClaimStatus.KEPT, Subject.ROLES) == ["viewing and exporting take a grant to the account"]


def test_encrypted_communication_is_kept_only_where_every_stream_is(settings, tmp_path):
    (plain,) = said(found("003", settings()), ClaimStatus.DIFFERS, Subject.ENCRYPTED)
    assert plain.startswith("pictures and passwords of gevel-1 travel unencrypted")

    file = tmp_path / "cameras.toml"
    file.write_text(file.read_text().replace("rtsp://", "rtsps://"))
    encrypted = found("003", load_settings(file, environ={}).settings)
    assert said(encrypted, ClaimStatus.KEPT, Subject.ENCRYPTED)


@pytest.mark.parametrize(("name", "subject"), [("003", Subject.HOSTING), ("001", Subject.PENETRATION_TEST)])
def test_what_only_people_can_know_is_asked(settings, name, subject):
    assert len(said(found(name, settings(country="NL")), ClaimStatus.ASK, subject)) == 1
