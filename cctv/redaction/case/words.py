"""What a request's sheet, videos and package say: causes of missing picture, commands, the line in the picture.

Never names a person.
"""

from __future__ import annotations

from cctv.kernel.phrases import Phrase, phrase, worded
from cctv.model.footage import GapCause
from cctv.model.language import Language
from cctv.tongue import told_in

DELETED, NEVER_RECORDED, TO_COME = "deleted", "never recorded", "not recorded yet"
"""Causes of missing picture beside those of `GapCause`."""

_CAUSES: dict[str, Phrase] = {
    GapCause.UNREACHABLE.value: worded("cause", "the camera could not be reached"),
    GapCause.REFUSED.value: worded("cause", "the camera refused"),
    GapCause.UNAUTHORISED.value: worded("cause", "the camera refused the password"),
    GapCause.STALLED.value: worded("cause", "the camera had frozen"),
    GapCause.FRAMES_MISSING.value: worded("cause", "pictures are missing"),
    GapCause.RECORDER_STOPPED.value: worded("cause", "nothing was recorded: the recorder was stopped"),
    GapCause.STORAGE_FULL.value: worded("cause", "the storage was full"),
    GapCause.CLOCK_STEP.value: worded("cause", "the clock was changed"),
    GapCause.SCHEDULE.value: worded("cause", "the camera does not record at that hour"),
    GapCause.CAMERA_REMOVED.value: worded("cause", "the camera had been removed"),
    GapCause.UNREADABLE.value: worded("cause", "the recording cannot be read"),
    DELETED: worded("cause", "erased when its retention period ended"),
    NEVER_RECORDED: worded("cause", "nothing was recorded"),
    TO_COME: worded("cause", "not recorded yet"),
}
_LINE = worded("caption, without accents", "background reconstructed, others hidden")  # OpenCV draws ASCII only
_COMMANDS = (
    phrase("keep these tracks visible"),
    phrase('keep what drawn boxes enclose; hide what stands under "hide"'),
    phrase("hide these tracks, whatever else is kept"),
    phrase("cover somebody or something in a backdrop, and sign it off"),
    phrase("make videos of what will be shown, to watch from start to end"),
    phrase("approve, after every backdrop and every range was looked at"),
    phrase("all at once: you looked at every backdrop and every range on this sheet"),
    phrase("answer: the copy, the letter, and the end of the request"),
    phrase("build the package only"),
)


def cause_words(code: str, language: Language) -> str:
    """Why there is no picture, for a person; the code itself when it is not known here."""
    return told_in(_CAUSES.get(code, code), language)


def line_words(language: Language) -> str:
    """What was done to the picture, for the line in it; ASCII."""
    return told_in(_LINE, language)


def command_words(language: Language) -> tuple[str, ...]:
    """What each command at the foot of the sheet does, in its order."""
    return tuple(told_in(one, language) for one in _COMMANDS)
