"""What a request's sheet, videos and package say: causes of missing picture, commands, the line in the picture.

Never names a person.
"""

from __future__ import annotations

from cctv.core.i18n import N_, Message, pgettext_lazy, translate_to
from cctv.core.language import Language
from cctv.model.footage import GapCause

DELETED, NEVER_RECORDED, TO_COME = "deleted", "never recorded", "not recorded yet"
"""Causes of missing picture beside those of `GapCause`."""

_CAUSES: dict[str, Message] = {
    GapCause.UNREACHABLE.value: pgettext_lazy("cause", "the camera could not be reached"),
    GapCause.REFUSED.value: pgettext_lazy("cause", "the camera refused"),
    GapCause.UNAUTHORISED.value: pgettext_lazy("cause", "the camera refused the password"),
    GapCause.STALLED.value: pgettext_lazy("cause", "the camera had frozen"),
    GapCause.FRAMES_MISSING.value: pgettext_lazy("cause", "pictures are missing"),
    GapCause.RECORDER_STOPPED.value: pgettext_lazy("cause", "nothing was recorded: the recorder was stopped"),
    GapCause.STORAGE_FULL.value: pgettext_lazy("cause", "the storage was full"),
    GapCause.CLOCK_STEP.value: pgettext_lazy("cause", "the clock was changed"),
    GapCause.SCHEDULE.value: pgettext_lazy("cause", "the camera does not record at that hour"),
    GapCause.CAMERA_REMOVED.value: pgettext_lazy("cause", "the camera had been removed"),
    GapCause.UNREADABLE.value: pgettext_lazy("cause", "the recording cannot be read"),
    DELETED: pgettext_lazy("cause", "erased when its retention period ended"),
    NEVER_RECORDED: pgettext_lazy("cause", "nothing was recorded"),
    TO_COME: pgettext_lazy("cause", "not recorded yet"),
}
_LINE = pgettext_lazy("caption, without accents", "background reconstructed, others hidden")  # OpenCV draws ASCII only
_COMMANDS = (
    N_("keep these tracks visible"),
    N_('keep what drawn boxes enclose; hide what stands under "hide"'),
    N_("hide these tracks, whatever else is kept"),
    N_("cover somebody or something in a backdrop, and sign it off"),
    N_("make videos of what will be shown, to watch from start to end"),
    N_("approve, after every backdrop and every range was looked at"),
    N_("all at once: you looked at every backdrop and every range on this sheet"),
    N_("answer: the copy, the letter, and the end of the request"),
    N_("build the package only"),
)


def cause_words(code: str, language: Language) -> str:
    """Why there is no picture, for a person; the code itself when it is not known here."""
    return translate_to(_CAUSES.get(code, code), language)


def line_words(language: Language) -> str:
    """What was done to the picture, for the line in it; ASCII."""
    return translate_to(_LINE, language)


def command_words(language: Language) -> tuple[str, ...]:
    """What each command at the foot of the sheet does, in its order."""
    return tuple(translate_to(one, language) for one in _COMMANDS)
