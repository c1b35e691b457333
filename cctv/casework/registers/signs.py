"""The text of the pictogram at each zone: who records, why, and where a person turns to.

BE: royal decree of 10 February 2008, changed on 28 May 2018: "Camerabewaking - Wet van 21 maart 2007", the controller,
its address, e-mail or telephone, the officer for data protection.  NL: Article 13 GDPR, in its first layer.  Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from cctv.config.schema import Settings
from cctv.kernel.durations import format_duration
from cctv.kernel.phrases import phrase
from cctv.model.ids import ZoneId
from cctv.model.jurisdiction import Jurisdiction
from cctv.model.language import Language
from cctv.tongue import told_in, translator

_HEAD = {
    Jurisdiction.BE: phrase("Camera surveillance - Act of 21 March 2007"),
    Jurisdiction.NL: phrase("Camera surveillance"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """The lines of one zone's sign, and what it lacks (keys of cameras.toml)."""

    zone: ZoneId
    lines: tuple[str, ...]
    missing: tuple[str, ...]


def signs(settings: Settings, language: Language) -> tuple[Sign, ...]:
    """One sign for each zone that a camera watches; purposes stand as cameras.toml has them."""
    given = settings.controller
    gettext, pgettext = translator(language)
    controller = ", ".join(part for part in (given.name, *given.address) if part)
    questions = ", ".join(part for part in (given.mail, given.phone) if part)
    wanted = {"name": given.name, "address": given.address, "mail or phone": given.mail or given.phone}
    missing = tuple(f"[controller] {key}" for key, value in wanted.items() if not value)
    found = []
    for zone in settings.zones.values():
        purposes = dict.fromkeys(camera.purpose for camera in settings.cameras.values() if camera.zone == zone.id)
        if not purposes:
            continue
        lines = [
            told_in(_HEAD[settings.site.jurisdiction], language),
            f"{pgettext('pictogram', 'Purpose')}: {'; '.join(purposes)}",
            f"{pgettext('pictogram', 'Kept')}: {format_duration(settings.limit_for(zone.id))}",
            f"{pgettext('pictogram', 'Controller')}: {controller}",
            f"{pgettext('pictogram', 'Questions')}: {questions}",
        ]
        if given.dpo:
            lines.append(f"{gettext('Data protection officer')}: {given.dpo}")
        found.append(Sign(zone.id, tuple(lines), missing))
    return tuple(found)
