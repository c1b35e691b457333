"""Pages to print, each one HTML file without external resources: registers, and what visitors are told.  Pure.

Visitors are told in two layers.  The first is the pictogram at the entrance, the second a page for each zone, to which
a QR code beside the pictogram leads: what Article 13 GDPR asks for, since pictures are collected from the person (CJEU
C-422/24), dated and by the settings in force.

The pictogram says who records, why, and whom to contact.  BE: royal decree of 10 February 2008, changed on 28 May 2018:
"Camerabewaking - Wet van 21 maart 2007", the controller, its address, e-mail or telephone, the data protection officer.
NL: Article 13 GDPR, in its first layer.  Its size in Belgium: articles 1 and 2 of the
same decree, changed on 21 August 2009.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined

from cctv.cases.registers.register import Register, fixed_text, label, title
from cctv.config.schema import Settings, ZoneSettings
from cctv.core.errors import UsageError
from cctv.core.i18n import N_, Language, Message, pgettext_lazy, translate_to, translator
from cctv.core.text import bare, isolated
from cctv.letters.formatting import duration
from cctv.letters.sender import site_words
from cctv.model.ids import ZoneId
from cctv.model.legal import Jurisdiction, ZoneKind, authority_of

_HEAD = {
    Jurisdiction.BE: N_("Camera surveillance - Act of 21 March 2007"),
    Jurisdiction.NL: N_("Camera surveillance"),
}
_OUTDOORS = frozenset({ZoneKind.FACADE, ZoneKind.PARKING, ZoneKind.GROUNDS})
_LARGE = N_("0.60 x 0.40 m, one plate of aluminium of at least 1.5 mm")
_SMALL = N_("0.297 x 0.21 m or 0.15 x 0.10 m, a plate of aluminium of at least 1.5 mm or a plasticised sticker")
_QR_QUIET = 4  # modules of white around the code (ISO/IEC 18004, 9.1)
_ADDRESS = re.compile(r"https?://[^\s<>\"']{3,200}")


class NoticeAddressUnusable(UsageError):
    """{address} is no address of a page.

    next: give the address at which the page will stand, such as --address https://example.org/cameras
    """


@dataclass(frozen=True, slots=True)
class Sign:
    """The lines of one zone's sign, what it lacks (keys of cameras.toml), and its size; None where no law sets one."""

    zone: ZoneId
    lines: tuple[str, ...]
    missing: tuple[str, ...]
    size: str | None


@dataclass(frozen=True, slots=True)
class ZoneNotice:
    """The second layer for one zone: the page as HTML, and what it lacks (keys of cameras.toml)."""

    zone: ZoneId
    html: str
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
        purposes = _purposes(settings, zone, language)
        if not purposes:
            continue
        rows = [
            (pgettext_lazy("pictogram", "Purpose"), purposes),
            (pgettext_lazy("pictogram", "Kept"), duration(settings.limit_for(zone.id), language)),
            (pgettext_lazy("pictogram", "Controller"), controller_line),
            (pgettext_lazy("pictogram", "Questions"), questions),
        ]
        if controller.dpo:
            rows.append((N_("Data protection officer"), controller.dpo))
        lines = [
            _HEAD[settings.site.jurisdiction],
            *(N_("{heading}: {text}", heading=head, text=text) for head, text in rows),
        ]
        translated = tuple(translate_to(line, language) for line in lines)
        zone_signs.append(Sign(zone.id, translated, missing, _sign_size(settings, zone, language)))
    return tuple(zone_signs)


def _purposes(settings: Settings, zone: ZoneSettings, language: Language) -> str:
    """What the cameras of a zone are for, in the site's words of that language; empty where no camera watches it."""
    cameras = [camera for camera in settings.cameras.values() if camera.zone == zone.id]
    return "; ".join(dict.fromkeys(site_words(settings, camera.purpose, language) for camera in cameras))


def _sign_size(settings: Settings, zone: ZoneSettings, language: Language) -> str | None:
    """Out of doors no building bounds the entrance, and the large sign is required."""
    if settings.site.jurisdiction is not Jurisdiction.BE:
        return None
    return translate_to(_LARGE if zone.kind in _OUTDOORS else _SMALL, language)


def notices(settings: Settings, language: Language, *, address: str, on: date) -> tuple[ZoneNotice, ...]:
    """The second layer of each zone that a camera watches; `address` is where the pages will stand, `{zone}` in it the
    zone's id.

    Raises NoticeAddressUnusable.
    """
    if not _ADDRESS.fullmatch(address):
        raise NoticeAddressUnusable(address=address)
    made = []
    for sign in signs(settings, language):
        zone = settings.zone(sign.zone)
        lacking = () if settings.controller.dpo else ("[controller] dpo",)
        page = _notice_page(settings, zone, language, address.replace("{zone}", zone.id), on)
        made.append(ZoneNotice(zone.id, page, (*sign.missing, *lacking)))
    return tuple(made)


def _notice_page(settings: Settings, zone: ZoneSettings, language: Language, address: str, on: date) -> str:
    gettext, pgettext = translator(language)
    rows = [
        (translate_to(heading, language), translate_to(text, language))
        for heading, text in notice_rows(settings, zone, language)
    ]
    return (
        _templates()
        .get_template("notice.html")
        .render(
            language=language.value, site=settings.site.name, zone=zone.id, rows=rows, address=address,
            qr=qr_svg(address), on=f"{on:%d/%m/%Y}", _=gettext, pgettext=pgettext,
        )
    )  # fmt: skip


def notice_rows(settings: Settings, zone: ZoneSettings, language: Language) -> list[tuple[Message, Message | str]]:
    """What Article 13(1) and (2) GDPR ask for, in their order, about one zone."""
    controller, authority = settings.controller, authority_of(settings.site.jurisdiction)
    ground = "public ground" if controller.public_body else "ground"
    contact = ", ".join(part for part in (controller.mail, controller.phone) if part)
    rows: list[tuple[Message, Message | str]] = [
        (N_("Who records"), ", ".join(part for part in (controller.name, *controller.address, contact) if part)),
        (N_("Data protection officer"), controller.dpo or ""),
        (N_("Who records for them"), settings.processor.name or ""),
        (N_("Why"), _purposes(settings, zone, language)),
        (N_("On which ground"), fixed_text(ground)),
        (N_("What"), fixed_text("categories")),
        (N_("Who may receive it"), fixed_text("recipients")),
        (N_("Outside the {area}", area=settings.policy.area), N_("nothing is sent there")),
        (
            N_("How long"),
            N_("{period}, then it is deleted; longer only for an incident or a request that is being dealt with",
               period=duration(settings.limit_for(zone.id), language)),
        ),
        (
            N_("Your rights"),
            N_("you may ask for access, rectification, erasure and restriction, and object. Write to {contact}; you "
               "get an answer within a month. Say where and when you were there, so that you can be found.",
               contact=controller.dpo or contact),
        ),
        (N_("Complaints"), N_("{name}, {address}, {contact}",
                              name=authority.name, address=authority.address, contact=authority.contact)),
        (N_("Where it comes from"), N_("from you: the camera records whoever enters. Nobody has to enter this place.")),
        (N_("Automated decisions"), N_("none: nobody is recognised, followed or judged by a program")),
    ]  # fmt: skip
    return [(heading, text) for heading, text in rows if text]


def qr_svg(text: str) -> str:
    """A QR code as SVG, one unit a module, with its margin of white."""
    modules = cv2.QRCodeEncoder.create().encode(text)
    rows, columns = (modules < 128).nonzero()
    top, left, size = rows.min(), columns.min(), int(rows.max() - rows.min()) + 1
    dark = "".join(
        f"M{column - left + _QR_QUIET} {row - top + _QR_QUIET}h1v1h-1z"
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    )
    wide = size + 2 * _QR_QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {wide}" shape-rendering="crispEdges">'
        f'<rect width="{wide}" height="{wide}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>'
    )


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cctv.cases.registers"),
        autoescape=True,
        finalize=isolated,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["bare"] = bare
    return environment
