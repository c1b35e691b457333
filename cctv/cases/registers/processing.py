"""The register of processing activities (Article 30 GDPR) and the Belgian register of cameras, from the settings.

Responsible for what each must name.  Pure.  Never fills in what the settings lack: it is listed as missing.

Sources: Article 30(1) GDPR, and 30(2) where a site records for a customer; act of 21 March 2007 (BE) articles 5 to 7,
royal decree of 8 May 2018: controller, ground, kind of place, description and place of each camera,
pictogram, retention, recipients, measures, live viewing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cctv.cases.registers.register import Register, RegisterName, fixed
from cctv.config.schema import CameraSettings, Settings
from cctv.core.i18n import N_, Language, enum_label, translate_to
from cctv.core.typed_time.durations import format_duration
from cctv.letters.sender import site_words
from cctv.model.compliance import Declaration, Processor
from cctv.model.legal import Jurisdiction


def processing_register(settings: Settings, processors: Sequence[Processor], language: Language) -> Register:
    """One activity for each purpose that a camera records for; on a processor's site what is done for its customer."""
    if settings.for_customer:
        return _processing_for_customer(settings, processors, language)
    columns = ("activity", "cameras", "controller", "contact", "dpo", "ground", "categories", "recipients",
               "processors", "transfers", "retention", "measures")  # fmt: skip
    engaged = [processor for processor in processors if processor.ended is None]
    controller = settings.controller
    rows = []
    for purpose, cameras in _by_purpose(settings):
        rows.append((
            site_words(settings, purpose, language),
            ", ".join(camera.id for camera in cameras),
            _joined(controller.name, *controller.address),
            controller.mail or "",
            controller.dpo or "",
            fixed("public ground" if controller.public_body else "ground", language),
            fixed("categories", language),
            fixed("recipients", language),
            "; ".join(_engaged(settings, processor, language) for processor in engaged),
            fixed("transfers", language).format(area=translate_to(enum_label(settings.policy.area), language)),
            _periods(settings, cameras),
            fixed("measures", language),
        ))  # fmt: skip
    return Register(RegisterName.PROCESSING, columns, tuple(rows), tuple(_lacking(settings)))


def _processing_for_customer(settings: Settings, processors: Sequence[Processor], language: Language) -> Register:
    """Article 30(2): by whom and for whom, what is done for them, transfers and security."""
    columns = ("controller", "contact", "dpo", "processor", "processor_contact", "processor_dpo", "contract",
               "processing", "cameras", "processors", "transfers", "measures")  # fmt: skip
    controller, processor = settings.controller, settings.processor
    engaged = [entry for entry in processors if entry.ended is None]
    row = (
        _joined(controller.name, *controller.address),
        controller.mail or "",
        controller.dpo or "",
        _joined(processor.name, *processor.address),
        processor.mail or "",
        processor.dpo or "",
        contract_of(settings),
        fixed("processing", language),
        ", ".join(settings.cameras),
        "; ".join(_engaged(settings, entry, language) for entry in engaged),
        fixed("transfers", language).format(area=settings.policy.area.value),
        fixed("measures", language),
    )
    return Register(RegisterName.PROCESSING, columns, (row,), tuple(_lacking(settings)))


def contract_of(settings: Settings) -> str:
    """The contract under which a site records for a customer, with its date."""
    return _joined(settings.processor.contract, str(settings.processor.contract_date))


def camera_register(settings: Settings, declarations: Sequence[Declaration], language: Language) -> Register:
    """One row a camera, as the Belgian register wants it."""
    columns = ("camera", "zone", "kind_of_place", "location", "purpose", "ground", "recorded", "retention", "masks",
               "live_viewing", "controller", "pictogram", "declared")  # fmt: skip
    controller = settings.controller
    last = max((declaration.on for declaration in declarations), default=None)
    rows = []
    for camera in settings.cameras.values():
        zone = settings.zone(camera.zone)
        rows.append((
            camera.id,
            zone.id,
            enum_label(zone.kind),
            camera.location or "",
            site_words(settings, camera.purpose, language),
            fixed("public ground" if controller.public_body else "ground", language),
            fixed("always" if camera.schedule is None else "scheduled", language),
            format_duration(settings.limit_for(zone.id)),
            str(len(camera.masks)),
            fixed("live", language),
            _joined(controller.name, *controller.address),
            "cctv register signs",
            last.isoformat() if last else "",
        ))  # fmt: skip
    missing = [*_lacking(settings), *_unplaced(settings)]
    if last is None and settings.site.jurisdiction is Jurisdiction.BE:
        line = "cctv register declare --kind first --on DATE --reference NUMBER"
        missing.append(N_("the declaration to the police: {line}", line=line))
    return Register(RegisterName.CAMERAS, columns, tuple(rows), tuple(missing))


def _by_purpose(settings: Settings) -> Iterator[tuple[str, list[CameraSettings]]]:
    for purpose in dict.fromkeys(camera.purpose for camera in settings.cameras.values()):
        yield purpose, [camera for camera in settings.cameras.values() if camera.purpose == purpose]


def _engaged(settings: Settings, processor: Processor, language: Language) -> str:
    return f"{processor.name} ({processor.country}): {site_words(settings, processor.service, language)}"


def _periods(settings: Settings, cameras: Iterable[CameraSettings]) -> str:
    zones = dict.fromkeys(camera.zone for camera in cameras)
    return "; ".join(f"{zone} {format_duration(settings.limit_for(zone))}" for zone in zones)


def _lacking(settings: Settings) -> Iterator[str]:
    """What a register must name of the controller, and [controller] does not."""
    controller = settings.controller
    required = {"name": controller.name, "address": controller.address, "mail": controller.mail, "dpo": controller.dpo}
    for key, value in required.items():
        if not value:
            yield N_("{key} in cameras.toml", key=f"[controller] {key}")


def _unplaced(settings: Settings) -> Iterator[str]:
    for camera in settings.cameras.values():
        if not camera.location:
            yield N_(
                "{key} in cameras.toml: where it hangs, as the plan of the site has it",
                key=f"[cameras.{camera.id}] location",
            )


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
