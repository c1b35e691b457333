"""What nobody has looked at yet: backdrops that are not signed off, and frames that were not reviewed.

Owns that list and its refusal, which names frames and their local times.  Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from cctv.db.site import Site
from cctv.kernel.phrases import Phrase, listed, phrase
from cctv.redaction.case.artefacts import SURVEY, read_times
from cctv.redaction.case.errors import NotReviewed
from cctv.redaction.case.file import CaseFile, sheet_path
from cctv.redaction.case.part import CasePart


def require_reviewed(site: Site, case: CaseFile) -> None:
    """Raises NotReviewed unless every backdrop is signed off and every frame reviewed, as the plans are now."""
    said = [
        phrase("{part}: {missing}", part=part.name, missing=listed(words))
        for part in case.parts
        if (words := list(missing_words(site, part)))
    ]
    if said:
        sheet = sheet_path(site, case.request.id)
        raise NotReviewed(request=case.request.id, missing=listed(said, between="; "), sheet=sheet)


def missing_words(site: Site, part: CasePart) -> Iterable[Phrase]:
    """What is missing of a part, one thing a line."""
    for number in part.plan.unsigned:
        yield phrase("backdrop {number} is not signed off", number=number)
    if part.unreviewed:
        times = read_times(site.root / part.directory / SURVEY)
        start = part.plan.span.start.astimezone(site.settings.site.timezone)
        for first, last in part.unreviewed:
            since, until = (start + timedelta(microseconds=times[frame]) for frame in (first, last))
            yield phrase(
                "frames {first}-{last} ({since:%d/%m %H:%M:%S} - {until:%H:%M:%S}) are not reviewed",
                first=first,
                last=last,
                since=since,
                until=until,
            )
