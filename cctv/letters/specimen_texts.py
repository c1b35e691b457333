"""The texts that a person would type into the specimens.  Invented, and marked so on every page."""

from __future__ import annotations

from cctv.core.i18n import pgettext_lazy, translate_to
from cctv.core.language import Language

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
    "kept": pgettext_lazy(
        "specimen",
        "The footage shows who broke the glass door of the entrance. We claim the damage from that person, and the "
        "insurer has asked us to keep it until the claim is settled.",
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


def specimen_text(name: str, language: Language) -> str:
    """An invented text of a letter; raises KeyError for a name that is not in the table."""
    return translate_to(_TEXTS[name], language)
