"""Who looked at me: every consultation of the footage, by the log, with day and purpose and no name of staff."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cctv.audit.chain import GENESIS, AuditEntry
from cctv.cases.requests.viewings import consultations
from cctv.core.time_range import Span
from cctv.letters.answers import ViewingKind, ViewingPurpose
from cctv.model.audit import Act, Actor
from cctv.model.disclosures import Recipient
from cctv.model.ids import CameraId

ZONE = ZoneInfo("Europe/Brussels")
START = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
SPAN = Span(START, START + timedelta(minutes=30))
BEFORE = Span(START - timedelta(hours=2), START)
CAMERAS = (CameraId("foyer-1"), CameraId("gevel-1"))
MINE, THEIRS = "REQ-2026-007", "REQ-2026-008"
K, P = ViewingKind, ViewingPurpose


def log(*acts):
    """Entries of (act, subject, case, facts), a day apart."""
    return [
        AuditEntry(number, START + timedelta(days=number), Actor("els"), act, subject, case, facts, None, GENESIS)
        for number, (act, subject, case, facts) in enumerate(acts)
    ]


def about(span=SPAN, *cameras, **more):
    return {"cameras": list(cameras or CAMERAS), "span": str(span), **more}


def found(entries):
    return [
        (row.what, row.purpose, row.cameras, row.recipient) for row in consultations(entries, MINE, CAMERAS, SPAN, ZONE)
    ]


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        (
            [(Act.FOOTAGE_VIEWED, "INC-2026-001", "INC-2026-001", {"camera": "foyer-1", "span": str(SPAN)})],
            [(K.VIEWED, P.INCIDENT, ("foyer-1",), None)],
        ),
        ([(Act.FOOTAGE_VIEWED, "INC-2026-001", "INC-2026-001", {"camera": "foyer-1", "span": str(BEFORE)})], []),
        ([(Act.FOOTAGE_EXTRACTED, "DIS-2026-001", "DIS-2026-001", {"camera": "shop-1", "span": str(SPAN)})], []),
        (
            [(Act.FOOTAGE_EXTRACTED, "DIS-2026-001", "DIS-2026-001", {"camera": "gevel-1", "span": str(SPAN)})],
            [(K.EXTRACTED, P.DISCLOSURE, ("gevel-1",), None)],
        ),
        (
            [(Act.REQUEST_OPENED, MINE, MINE, about()), (Act.REDACTION_PREPARED, MINE, MINE, {"segments": 4})],
            [(K.REDACTED, P.YOUR_REQUEST, CAMERAS, None)],
        ),
        (
            [
                (Act.REQUEST_OPENED, THEIRS, THEIRS, about()),
                (Act.REDACTION_KEPT, THEIRS, THEIRS, {"camera": "gevel-1"}),
            ],
            [(K.REDACTED, P.OTHER_REQUEST, ("gevel-1",), None)],
        ),
        (  # what a case was about when it was looked at, whatever it is about since
            [
                (Act.REQUEST_OPENED, THEIRS, THEIRS, about()),
                (Act.EXPORT_BUILT, "EXP-2026-001", THEIRS, {}),
                (Act.REQUEST_SCOPED, THEIRS, THEIRS, about(BEFORE)),
                (Act.EXPORT_FETCHED, "EXP-2026-001", THEIRS, {}),
            ],
            [(K.EXPORTED, P.OTHER_REQUEST, CAMERAS, None)],
        ),
        (  # the same where it was corrected: away from here, and then to here
            [
                (Act.REQUEST_OPENED, THEIRS, THEIRS, about()),
                (Act.REDACTION_PREPARED, THEIRS, THEIRS, {"segments": 4}),
                (Act.REQUEST_CORRECTED, THEIRS, THEIRS, {"fields": ["span"], **about(BEFORE)}),
                (Act.EXPORT_BUILT, "EXP-2026-001", THEIRS, {}),
                (Act.REQUEST_CORRECTED, THEIRS, THEIRS, {"fields": ["name"]}),
                (Act.EXPORT_FETCHED, "EXP-2026-001", THEIRS, {}),
            ],
            [(K.REDACTED, P.OTHER_REQUEST, CAMERAS, None)],
        ),
        (  # an entry of a version that logged only what changed
            [
                (Act.DISCLOSURE_OPENED, "DIS-2026-001", "INC-2026-001", about(BEFORE, "gevel-1")),
                (Act.EXPORT_FETCHED, "EXP-2026-001", "DIS-2026-001", {}),
                (Act.DISCLOSURE_CORRECTED, "DIS-2026-001", "INC-2026-001", {"fields": ["span"], "span": str(SPAN)}),
                (Act.EXPORT_BUILT, "EXP-2026-001", "DIS-2026-001", {"mode": "unredacted"}),
            ],
            [(K.EXPORTED, P.DISCLOSURE, ("gevel-1",), None)],
        ),
        (
            [
                (Act.DISCLOSURE_OPENED, "DIS-2026-001", "INC-2026-001", about(recipient="police")),
                (Act.EXPORT_BUILT, "EXP-2026-001", "DIS-2026-001", {"mode": "unredacted"}),
                (Act.DISCLOSURE_HANDED, "DIS-2026-001", "INC-2026-001", about(recipient="police", method="hand")),
            ],
            [(K.EXPORTED, P.DISCLOSURE, CAMERAS, None), (K.HANDED, P.DISCLOSURE, CAMERAS, Recipient.POLICE)],
        ),
        (
            [(Act.DISCLOSURE_HANDED, "DIS-2026-002", THEIRS, about(recipient="subject", method="zip"))],
            [(K.HANDED, P.OTHER_REQUEST, CAMERAS, None)],
        ),
        (
            [(Act.DISCLOSURE_HANDED, "DIS-2026-002", THEIRS, about(recipient="subject", method="on-site"))],
            [(K.SHOWN, P.OTHER_REQUEST, CAMERAS, None)],
        ),
        ([(Act.CAMERA_STILL, "foyer-1", None, {"reason": "focus"})], [(K.STILL, P.CAMERA, ("foyer-1",), None)]),
        ([(Act.CAMERA_STILL, "shop-1", None, {"reason": "focus"})], []),
        ([(Act.HOLD_PLACED, "HOLD-2026-001", "INC-2026-001", about()), (Act.HELD_COPIED, "x", None, {})], []),
    ],
)
def test_what_the_log_says_of_the_footage(acts, expected):
    assert found(log(*acts)) == expected


def test_what_happened_often_on_a_day_for_one_purpose_is_one_line():
    looks = [(Act.FOOTAGE_VIEWED, "INC-2026-001", "INC-2026-001", {"camera": camera, "span": str(SPAN)})
             for camera in ("gevel-1", "foyer-1", "foyer-1")]  # fmt: skip
    entries = [AuditEntry(number, START, Actor("els"), *look, None, GENESIS) for number, look in enumerate(looks)]
    assert found(entries) == [(K.VIEWED, P.INCIDENT, CAMERAS, None)]


@pytest.mark.slow
class TestTyped:
    """Through the command line."""

    SPAN = "--from '2026-11-01 10:00:00' --to '2026-11-01 10:00:02'"
    ASK = (
        "request open --no-prepare --contact an@example.org --cameras gevel-1 "
        "--from '2026-11-01 10:00' --to '2026-11-01 10:05' --name"
    )

    @pytest.fixture
    def looked_at(self, site, clock):
        clock.set("2026-11-01 12:00")
        site.record("gevel-1", "2026-11-01 10:00", minutes=2 / 30, segment=2)
        site.cctv(
            "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"
        )
        site.cctv(f"footage show --case INC-2026-001 --camera gevel-1 {self.SPAN} --stills 1 --reason 'wie was het'")
        clock.advance(days=1)
        site.cctv(f"footage extract --case INC-2026-001 --camera gevel-1 {self.SPAN} --reason 'voor de verzekering'")
        site.cctv(f"{self.ASK} 'An Peeters'")
        return site

    def test_the_letter_names_days_and_purposes_and_nobody_of_the_staff(self, looked_at):
        told = looked_at.cctv("request viewings REQ-2026-001 --json").json

        assert [(row["on"], row["what"], row["purpose"], row["cameras"]) for row in told["viewings"]] == [
            ("2026-11-01", "viewed", "incident", ["gevel-1"]),
            ("2026-11-02", "extracted", "incident", ["gevel-1"]),
        ]
        text = " ".join(told["text"].split())
        assert "Dag: 1 november 2026; Wat er gebeurde: bekeken; Doel: afhandeling van een vastgelegd incident" in text
        assert "2 november 2026; Wat er gebeurde: er is een uittreksel gemaakt" in text
        account = looked_at.cctv("audit list --last 1 --json").json["entries"][0]["actor"]
        for hidden in (f" {account} ", "wie was het", "verzekering", "ruit", "INC-2026-001"):
            assert hidden not in text
        (path,) = told["letters"]
        assert path == "letters/REQ-2026-001/REQ-2026-001-viewings.pdf"
        assert (looked_at.root / path).read_bytes().startswith(b"%PDF")

    @pytest.mark.parametrize(("language", "says"), [("fr", "regardées"), ("en", "looked at")])
    def test_it_is_in_the_language_of_who_asks(self, looked_at, language, says):
        looked_at.cctv(f"{self.ASK} Els --language {language}")
        assert says in looked_at.cctv("request viewings REQ-2026-002 --dry-run --json").json["text"]

    def test_where_nobody_looked_the_letter_says_so(self, looked_at):
        looked_at.cctv(f"{self.ASK} Els --from '2026-11-01 10:03' --to '2026-11-01 10:05'")
        told = looked_at.cctv("request viewings REQ-2026-002 --dry-run --json").json
        assert told["viewings"] == []
        assert "Ons logboek vermeldt niet dat deze beelden" in " ".join(told["text"].split())

    def test_it_leaves_as_an_answer_does_once_identity_is_in_order(self, looked_at):
        looked_at.cctv("request ask REQ-2026-001")
        refused = looked_at.cctv("request viewings REQ-2026-001", exit=13)
        assert "cctv request identity REQ-2026-001" in refused.err
        looked_at.cctv("request identity REQ-2026-001 --method document-seen --checker 'A. Peeters'")
        looked_at.cctv("request viewings REQ-2026-001")

    def test_a_request_that_says_neither_where_nor_when_is_asked_for_that_first(self, looked_at):
        looked_at.cctv("request open --name Els --contact els@example.org --type access")
        refused = looked_at.cctv("request viewings REQ-2026-002", exit=13)
        assert "cctv request scope REQ-2026-002" in refused.err

    def test_a_complaint_is_not_asked_who_looked(self, looked_at):
        looked_at.cctv(f"{self.ASK} Els --type complaint")
        looked_at.cctv("request viewings REQ-2026-002", exit=2)
