"""Validates free text and ids that people type, before they reach a row.

Pure.  An error never repeats the text: it may hold personal data.
"""

from __future__ import annotations

from cctv.cases.errors.incidents import TextUnusable
from cctv.core.i18n import N_
from cctv.core.text import refuse_hidden
from cctv.model.national_number import refuse_national_number

ERASED = N_("erased")  # in the place of a name or text that was anonymised
MAX_CHARACTERS = 500  # a title, a name or a reason, not a statement


def checked_text(what: str, text: str, following: str) -> str:
    """The text on one line without surrounding blanks.

    Raises TextUnusable when it is empty or too long, HiddenSign when it holds a sign that does not show,
    NationalNumberTyped when it holds such a number.
    """
    refuse_hidden(what, text)
    line = " ".join(text.split())
    if not line:
        raise TextUnusable(what=what, problem=N_("it is empty"), following=following)
    if len(line) > MAX_CHARACTERS:
        raise TextUnusable(
            what=what, problem=N_("it is longer than {longest} characters", longest=MAX_CHARACTERS), following=following
        )
    refuse_national_number(what, line)
    return line


def typed_id(text: str) -> str:
    """A short id as people type it: blanks around it and small letters do not matter."""
    return text.strip().upper()
