"""Pages to print: a register as one HTML file without external resources, and the pictogram text of each zone.  Pure.

The pictogram says who records, why, and whom to contact.  BE: royal decree of 10 February 2008, changed on 28 May 2018:
"Camerabewaking - Wet van 21 maart 2007", the controller, its address, e-mail or telephone, the data protection officer.
NL: Article 13 GDPR, in its first layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from cctv.cases.registers.register import Register, label, title
from cctv.config.schema import Settings
from cctv.core.i18n import N_, translate_to, translator
from cctv.core.language import Language
from cctv.letters.formatting import duration
from cctv.letters.sender import site_words
from cctv.model.ids import ZoneId
from cctv.model.legal import Jurisdiction

_HEAD = {
    Jurisdiction.BE: N_("Camera surveillance - Act of 21 March 2007"),
    Jurisdiction.NL: N_("Camera surveillance"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """The lines of one zone's sign, and what it lacks (keys of cameras.toml)."""

    zone: ZoneId
    lines: tuple[str, ...]
    missing: tuple[str, ...]


def page_of(register: Register, language: Language, *, site: str, made: str, by: str) -> str:
    """The page as HTML; `made` is the local time as it is printed, `by` the account."""
    gettext, pgettext = translator(language)
    return (
        _templates()
        .get_template("register.html")
        .render(
            rows=[[translate_to(cell, language) for cell in row] for row in register.rows],
            missing=[translate_to(item, language) for item in register.missing],
            language=language.value,
            title=title(register.name, language),
            labels=[label(column, language) for column in register.columns],
            _=gettext,
            pgettext=pgettext,
            site=site,
            made=made,
            by=by,
        )
    )


def signs(settings: Settings, language: Language) -> tuple[Sign, ...]:
    """One sign for each zone that a camera watches; usual purposes are translated, others worded as in cameras.toml."""
    controller = settings.controller
    gettext, pgettext = translator(language)
    controller_line = ", ".join(part for part in (controller.name, *controller.address) if part)
    questions = ", ".join(part for part in (controller.mail, controller.phone) if part)
    required = {
        "name": controller.name,
        "address": controller.address,
        "mail or phone": controller.mail or controller.phone,
    }
    missing = tuple(f"[controller] {key}" for key, value in required.items() if not value)
    zone_signs = []
    for zone in settings.zones.values():
        purposes = dict.fromkeys(
            site_words(settings, camera.purpose, language)
            for camera in settings.cameras.values()
            if camera.zone == zone.id
        )
        if not purposes:
            continue
        lines = [
            translate_to(_HEAD[settings.site.jurisdiction], language),
            f"{pgettext('pictogram', 'Purpose')}: {'; '.join(purposes)}",
            f"{pgettext('pictogram', 'Kept')}: {duration(settings.limit_for(zone.id), language)}",
            f"{pgettext('pictogram', 'Controller')}: {controller_line}",
            f"{pgettext('pictogram', 'Questions')}: {questions}",
        ]
        if controller.dpo:
            lines.append(f"{gettext('Data protection officer')}: {controller.dpo}")
        zone_signs.append(Sign(zone.id, tuple(lines), missing))
    return tuple(zone_signs)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("cctv.cases.registers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
