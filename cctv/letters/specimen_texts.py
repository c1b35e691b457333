"""The footage and the copy that specimens are about, and the texts that a person would type into them.

Invented, and marked so on every page.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from cctv.core.i18n import Language, pgettext_lazy, translate_to
from cctv.core.time_range import Span
from cctv.letters.facts import Absence, AbsenceCause, HiddenFacts, PackageFacts, ShownFacts, StatementFacts
from cctv.model.disclosures import Delivery, PasswordWay
from cctv.model.ids import CameraId, ExportId
from cctv.model.requests import Consent, HiddenCause

TODAY = date(2026, 11, 25)
_AT = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
SPAN = Span(_AT, _AT + timedelta(minutes=30))
FIRST, REST = Span(_AT, _AT + timedelta(minutes=10)), Span(_AT + timedelta(minutes=10), SPAN.end)
FOYER, GEVEL = CameraId("foyer-1"), CameraId("gevel-1")
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
HIDDEN = tuple(
    HiddenFacts(Span(_AT + timedelta(seconds=90 * number), _AT + timedelta(seconds=90 * number + 10 * number)), cause)
    for number, cause in enumerate(HiddenCause, 1)
    if cause is not HiddenCause.OUTSIDE
)
_BLINK = HiddenFacts(Span(_AT, _AT + timedelta(milliseconds=200)), HiddenCause.PEOPLE)
UNSEEN = ShownFacts(FOYER, SPAN, 0, 0, ())
_SHOWN = (ShownFacts(FOYER, SPAN, 4_167, 5_289, (_BLINK, *HIDDEN[:2])), replace(UNSEEN, camera=GEVEL, span=FIRST))
PACKAGE = PackageFacts(
    ExportId("EXP-2026-021"), TODAY, 2, HASH, date(2026, 12, 25), Delivery.ENCRYPTED_MAIL, _SHOWN, PasswordWay.PHONE
)
CONSENT = Consent("Jan Smet", date(2026, 11, 20), "F-2026-012")  # the number of a form, the same in each language
IN_HAND = replace(
    PACKAGE,
    delivery=Delivery.IN_PERSON,
    password=None,
    encrypted=False,
    videos=1,
    shown=(ShownFacts(FOYER, SPAN, 5_289, 5_289, ()),),
)
POSTED = replace(IN_HAND, delivery=Delivery.REGISTERED_POST, encrypted=True)
ABSENCES = (
    Absence(FOYER, SPAN, AbsenceCause.EXPIRED),
    Absence(GEVEL, SPAN, AbsenceCause.UNREACHABLE),
)
HOLE = (Absence(GEVEL, REST, AbsenceCause.UNREACHABLE),)
STATEMENT = StatementFacts(
    entries=10234, head=HASH, made=datetime(2026, 11, 24, 19, 45, tzinfo=UTC), file="statement.json", sha256=HASH,
    key="SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
)  # fmt: skip

_TEXTS = {
    "extension": pgettext_lazy(
        "specimen",
        "Six cameras and four hours of footage are concerned, in which many visitors pass the entrance all "
        "the time. Each of them has to be hidden in every picture, and a second person has to check that.",
    ),
    "not_identifiable": pgettext_lazy(
        "specimen",
        "The footage shows 43 people. Three of them wear a dark coat such as you describe; none of them "
        "crossed the foyer at the time that you give.",
    ),
    "lifted": pgettext_lazy(
        "specimen",
        "On 20 November 2026 we compared the footage with the timetable together with you. Date and time are right.",
    ),
    "yielded": pgettext_lazy(
        "specimen",
        "The investigating judge demanded this footage in an inquiry into theft. We had the order checked "
        "and gave only what it names.",
    ),
    "recipient": pgettext_lazy("specimen", "Investigating judge, Bruges"),
    "grounds": pgettext_lazy(
        "specimen",
        "On 21 November 2026 an instrument was stolen from the foyer (INC-2026-014). This footage alone "
        "shows who opened the cabinet. The police have asked us to keep it.",
    ),
    "balance": pgettext_lazy(
        "specimen",
        "You can be seen for eight seconds, in the background and without any link to the theft. We keep "
        "only the forty minutes around it, show them to nobody beyond what the inquiry needs, and delete "
        "them as soon as the matter is closed. The intrusion thus remains small for you, while the proof "
        "would be lost without this footage.",
    ),
    "statement": pgettext_lazy(
        "specimen", "I was in the foyer at that time to fetch my coat, at the request of the house manager."
    ),
    "refusal": pgettext_lazy(
        "specimen",
        "This is your ninth request since September about the same ten minutes. On 3 September 2026 you "
        "received a full copy of them (EXP-2026-021); nothing in the footage has changed since.",
    ),
    "evidence": pgettext_lazy(
        "specimen",
        "On 20 November 2026 you wrote to us that you would go on asking until we paid you 500 euro. We keep that "
        "message, and the eight requests before this one.",
    ),
    "claim": pgettext_lazy(
        "specimen",
        "The owner of the bicycle reported the theft to the police and has announced a claim for damages. This footage "
        "is the only proof of who took it.",
    ),
    "place": pgettext_lazy("specimen", "reception, Hendrik Serruyslaan 18A, 8400 Ostend"),
    "found": pgettext_lazy(
        "specimen",
        "One of the two cameras in the foyer recorded a part of the street, which it should not have done. "
        "The other did what the sign at the entrance says.",
    ),
    "not_found": pgettext_lazy(
        "specimen",
        "The cameras in the foyer record the foyer alone, as the sign at the entrance says. We have checked that.",
    ),
    "masked": pgettext_lazy(
        "specimen",
        "Since 4 November 2026 the street has been covered in the picture of that camera. What was kept of "
        "it was deleted.",
    ),
    "nature": pgettext_lazy(
        "specimen", "An external disk with an encrypted back-up has disappeared from the office. The key was not on it."
    ),
    "categories": pgettext_lazy(
        "specimen",
        "Visitors and staff who made a request between 1 and 7 November 2026: name, contact details and the "
        "request itself. No footage.",
    ),
    "consequences": pgettext_lazy(
        "specimen",
        "Without the key the contents cannot be read. Anybody who also had the key would know who wrote to us and why.",
    ),
    "measures": pgettext_lazy(
        "specimen", "The key was replaced, the police were informed and the other disks were counted."
    ),
    "recurrence": pgettext_lazy(
        "specimen", "Back-ups will be kept in a locked cabinet; whoever takes one signs for it."
    ),
    "late": pgettext_lazy(
        "specimen",
        "The culprit had also erased the register of entries. It took three days to find out which disk was missing.",
    ),
    "advice": pgettext_lazy(
        "specimen", "Be wary of messages that refer to your request. We never ask you for a password."
    ),
    "change_1": pgettext_lazy("specimen", "Footage of the façade is kept for seven days instead of ten."),
    "change_2": pgettext_lazy("specimen", "The camera at the stage door has been removed."),
    "service": pgettext_lazy("specimen", "maintenance of the cameras"),
    "workstation": pgettext_lazy("specimen", "reception workstation"),
    "purpose_facade": pgettext_lazy("specimen", "theft and damage"),
    "purpose_foyer": pgettext_lazy("specimen", "safety of visitors and staff"),
}


class SpecimenTexts:
    """The typed texts of one language, by name; raises KeyError for a name that is not in the table."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __getitem__(self, name: str) -> str:
        return translate_to(_TEXTS[name], self._language)
