"""Validates free text that people type, before it reaches a row; tells what a correction of typed facts changes.

Pure.  An error never repeats the text: it may hold personal data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any

from cctv.audit.chain import AuditFacts
from cctv.cases.errors.incidents import NothingCorrected, TextUnusable
from cctv.core.i18n import N_, Message, pgettext_lazy
from cctv.core.text import refuse_hidden
from cctv.model.national_number import refuse_national_number

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ERASED = N_("erased")  # in the place of a name or text that was anonymised
MAX_CHARACTERS = 500  # a title, a name or a reason, not a statement
_MOST_TYPED = 20 * MAX_CHARACTERS  # with blanks that go; more is not looked at
FIELDS = "field"  # context of the names of corrected fields
CORRECTABLE = (
    *("name", "contact", "deliver_to", "received", "due", "type", "cameras", "span", "language", "relation", "channel"),
    *(
        "under_16",
        "kind",
        "title",
        "place",
        "finder",
        "police_reference",
        "authority",
        "officer",
        "reference",
        "country",
        "basis",
    ),
)  # every field that a correction may name
# The facts of which the log has the values too; the others name people or are free text, and have to be forgotten.
_LOGGED = frozenset(
    {"received", "due", "type", "kind", "cameras", "span", "language", "relation", "channel", "under_16"}
)
_SCOPE = ("cameras", "span")


def field_label(name: str) -> Message:
    """A field that was corrected, as people read it."""
    return pgettext_lazy(FIELDS, name)


def checked_text(what: str, text: str, following: str) -> str:
    """The text on one line without surrounding blanks.

    Raises TextUnusable when it is empty or too long, HiddenSign when it holds a sign that does not show,
    NationalNumberTyped when it holds such a number.
    """
    if len(text) > _MOST_TYPED:
        raise TextUnusable(
            what=what, problem=N_("it is longer than {longest} characters", longest=MAX_CHARACTERS), following=following
        )
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


def given_of(correction: DataclassInstance) -> dict[str, Any]:
    """The fields of a correction that were typed: the others are None."""
    typed = {field.name: getattr(correction, field.name) for field in fields_of(correction)}
    return {name: value for name, value in typed.items() if value is not None}


def changed_fields(case_id: str, old: AuditFacts, new: AuditFacts) -> tuple[str, ...]:
    """The names of the facts that differ; raises NothingCorrected."""
    changed = tuple(name for name in new if old[name] != new[name])
    if not changed:
        raise NothingCorrected(id=case_id)
    return changed


def logged_facts(changed: Iterable[str], old: AuditFacts, new: AuditFacts) -> AuditFacts:
    """What the log has of a correction: the fields, and before and after of what is no personal data.

    Where the cameras or the span changed it has both: which footage a case was about is read from a single entry.
    """
    changed = list(changed)
    facts: dict[str, str | int | list[str]] = {"fields": changed}
    for name in dict.fromkeys((*changed, *(_SCOPE if not set(_SCOPE).isdisjoint(changed) else ()))):
        if name in _LOGGED:
            facts |= {name: new[name], f"{name}_before": old[name]}
    return facts
