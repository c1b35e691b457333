"""What people would type into the specimens.  Invented, and marked so on every page."""

from __future__ import annotations

from cctv.kernel.phrases import worded
from cctv.model.language import Language
from cctv.tongue import told_in

_TEXTS = {
    "extension": worded(
        "specimen",
        "Six cameras and four hours of footage are concerned, in which many visitors pass the entrance all "
        "the time. Each of them has to be hidden in every picture, and a second person has to check that.",
    ),
    "not_identifiable": worded(
        "specimen",
        "The footage shows 43 people. Three of them wear a dark coat such as you describe; none of them "
        "crossed the foyer at the time that you give.",
    ),
    "lifted": worded(
        "specimen",
        "On 20 November 2026 we compared the footage with the timetable together with you. Date and time are right.",
    ),
    "yielded": worded(
        "specimen",
        "The investigating judge demanded this footage in an inquiry into theft. We had the order checked "
        "and gave only what it names.",
    ),
    "recipient": worded("specimen", "Investigating judge, Bruges"),
    "grounds": worded(
        "specimen",
        "On 21 November 2026 an instrument was stolen from the foyer (INC-2026-014). This footage alone "
        "shows who opened the cabinet. The police have asked us to keep it.",
    ),
    "balance": worded(
        "specimen",
        "You can be seen for eight seconds, in the background and without any link to the theft. We keep "
        "only the forty minutes around it, show them to nobody beyond what the inquiry needs, and delete "
        "them as soon as the matter is closed. The intrusion thus remains small for you, while the proof "
        "would be lost without this footage.",
    ),
    "statement": worded(
        "specimen", "I was in the foyer at that time to fetch my coat, at the request of the house manager."
    ),
    "refusal": worded(
        "specimen",
        "This is your ninth request since September about the same ten minutes. On 3 September 2026 you "
        "received a full copy of them (EXP-2026-021); nothing in the footage has changed since.",
    ),
    "place": worded("specimen", "reception, Hendrik Serruyslaan 18A, 8400 Ostend"),
    "found": worded(
        "specimen",
        "One of the two cameras in the foyer recorded a part of the street, which it should not have done. "
        "The other did what the sign at the entrance says.",
    ),
    "not_found": worded(
        "specimen",
        "The cameras in the foyer record the foyer alone, as the sign at the entrance says. We have checked that.",
    ),
    "masked": worded(
        "specimen",
        "Since 4 November 2026 the street has been covered in the picture of that camera. What was kept of "
        "it was deleted.",
    ),
    "nature": worded(
        "specimen", "An external disk with an encrypted back-up has disappeared from the office. The key was not on it."
    ),
    "categories": worded(
        "specimen",
        "Visitors and staff who made a request between 1 and 7 November 2026: name, contact details and the "
        "request itself. No footage.",
    ),
    "consequences": worded(
        "specimen",
        "Without the key the contents cannot be read. Anybody who also had the key would know who wrote to us and why.",
    ),
    "measures": worded("specimen", "The key was replaced, the police were informed and the other disks were counted."),
    "recurrence": worded("specimen", "Back-ups will be kept in a locked cabinet; whoever takes one signs for it."),
    "late": worded(
        "specimen",
        "The culprit had also erased the register of entries. It took three days to find out which disk was missing.",
    ),
    "advice": worded("specimen", "Be wary of messages that refer to your request. We never ask you for a password."),
    "change_1": worded("specimen", "Footage of the façade is kept for seven days instead of ten."),
    "change_2": worded("specimen", "The camera at the stage door has been removed."),
    "service": worded("specimen", "maintenance of the cameras"),
    "workstation": worded("specimen", "reception workstation"),
    "purpose_facade": worded("specimen", "theft and damage"),
    "purpose_foyer": worded("specimen", "safety of visitors and staff"),
}


def specimen_text(name: str, language: Language) -> str:
    """An invented text of a letter; raises KeyError for a name that is not in the table."""
    return told_in(_TEXTS[name], language)
