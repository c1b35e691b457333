"""Texts of a request's sheet, videos and package: decisions, causes of missing footage, commands, the caption.

Never names a person.
"""

from __future__ import annotations

from collections.abc import Collection

from cctv.core.i18n import N_, Language, Message, pgettext_lazy, translate_to
from cctv.model.footage import GapCause
from cctv.model.requests import HiddenCause, shown_percent
from cctv.redaction.review.plan import SubjectVisibility

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
TERMS = {
    "shape": pgettext_lazy("sheet", "as flat shapes"),
    "absent": pgettext_lazy("sheet", "absent"),
    "kept": pgettext_lazy("sheet", "kept"),
    "hidden": pgettext_lazy("sheet", "hidden"),
    "undecided": pgettext_lazy("sheet", "undecided"),
    "stayed": pgettext_lazy("sheet", "something stayed where it was put, or somebody stood still"),
    "light": pgettext_lazy("sheet", "the light changed at once"),
    "nudged": pgettext_lazy("sheet", "the camera was nudged"),
    "unexplained": pgettext_lazy(
        "sheet", "the light or where the camera looks cannot be explained; these frames are hidden throughout"
    ),
    "person": pgettext_lazy("sheet", "person"),
    "plate": pgettext_lazy("sheet", "number plate"),
    "screen": pgettext_lazy("sheet", "screen"),
    "badge": pgettext_lazy("sheet", "badge"),
    "document": pgettext_lazy("sheet", "document"),
    "other": pgettext_lazy("sheet", "other"),
}
"""Decisions, kinds of scene change and reasons to hide, by the value that stands in files."""

HIDDEN_CAUSES: dict[HiddenCause, Message] = {
    HiddenCause.PEOPLE: N_("together with another person, or too near one"),
    HiddenCause.LOST: N_("nothing that is kept says where the requester is"),
    HiddenCause.COVERED: N_("a hide box lies there"),
    HiddenCause.MASKED: N_("behind a mask of the camera"),
    HiddenCause.LIGHT: N_("the light or where the camera looks cannot be explained"),
    HiddenCause.BACKGROUND: N_("somebody may stand in the empty scene there"),
    HiddenCause.OUTSIDE: N_("outside of the picture"),
}
_LINE = pgettext_lazy("caption, without accents", "background reconstructed, others hidden")  # OpenCV draws ASCII only
_COMMANDS = (
    N_("keep a person visible, in every camera and part"),
    N_("look at two pictures: is this the requester again? Repeat it until there is no question left"),
    N_("hide a person, whatever else is kept"),
    N_('for what is left: keep what drawn boxes enclose; hide what stands under "hide"'),
    N_("cover somebody or something in a backdrop, and sign it off"),
    N_("make videos of what will be shown, to watch from start to end"),
    N_("approve, after every backdrop and every range was looked at"),
    N_("all at once: you looked at every backdrop and every range on this sheet"),
    N_("answer: the copy, the letter, and the end of the request"),
    N_("build the package only"),
)


def visible_words(visibility: SubjectVisibility) -> Message:
    """In how many frames the requester is visible, of those with them in the picture."""
    if not visibility.frames:
        return N_("the requester is visible in no frame: nobody is kept")
    return N_(
        "the requester is visible in {visible} of {frames} frames ({share} %)",
        visible=visibility.visible,
        frames=visibility.frames,
        share=shown_percent(visibility.visible, visibility.frames),
    )


def companion_words(visibility: SubjectVisibility) -> Message:
    """In how many frames somebody beside the requester is visible, of those with them in the picture."""
    return N_(
        "visible in {visible} of {frames} frames ({share} %)",
        visible=visibility.visible,
        frames=visibility.frames,
        share=shown_percent(visibility.visible, visibility.frames),
    )


def ranges_text(numbers: Collection[int]) -> str:
    """`1-4, 7`: as people write lists of numbers."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def cause_words(code: str, language: Language) -> str:
    """Why there is no picture, for a person; the code itself when it is not known here."""
    return translate_to(_CAUSES.get(code, code), language)


def line_words(language: Language) -> str:
    """What was done to the picture, for the line in it; ASCII."""
    return translate_to(_LINE, language)


def command_words(language: Language) -> tuple[str, ...]:
    """What each command at the foot of the sheet does, in its order."""
    return tuple(translate_to(text, language) for text in _COMMANDS)
