"""Processors: who works on the site's behalf, under which contract, with whom, and how the data ended.

Responsible for what may be done with an entry.  Never enters a processor outside the area that the site promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from cctv.access.policy import require_known_settings
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.queries import put_processor, select_processors
from cctv.cases.errors.compliance import CountryUnreadable, OutsideArea, ProcessorUnknown
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.model.audit import Act
from cctv.model.compliance import End, Processor, SubProcessor
from cctv.model.ids import IdKind, ProcessorId, typed_id
from cctv.model.legal import Area


@dataclass(frozen=True, slots=True)
class NewProcessor:
    """What a person enters about a processor."""

    name: str
    service: str
    country: str
    contract: date | None = None


def checked_country(name: str, country: str, area: Area, following: str) -> str:
    """The country code in capitals; raises CountryUnreadable, OutsideArea."""
    code = country.strip().upper()
    if len(code) != 2 or not code.isalpha() or not code.isascii():
        raise CountryUnreadable(country=country)
    if not area.holds(code):
        raise OutsideArea(name=name, country=code, area=area, following=following)
    return code


def add_processor(site: Storage, new: NewProcessor, *, dry_run: bool = False) -> Processor:
    """Enter a processor.  Raises TextUnusable, CountryUnreadable, OutsideArea."""
    name = checked_text(N_("name"), new.name, N_("give the company's name."))
    service = checked_text(
        N_("service"), new.service, N_('say what it does, for example --service "maintains the recorder".')
    )
    following = N_("choose a processor inside, or publish another policy first.")
    country = checked_country(name, new.country, site.settings.policy.area, following)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        require_known_settings(connection, site)
        now = site.clock.now()
        processor = Processor(
            id=ProcessorId(next_short_id(connection, IdKind.PROCESSOR, now.year)),
            name=name,
            service=service,
            country=country,
            contract=new.contract,
            audited=None,
            sub_processors=(),
            added=now,
            added_by=site.actor.account,
        )
        put_processor(connection, processor)
        append_entry(connection, site, Act.PROCESSOR_ADDED, processor.id, facts={"country": country})
    return processor


def engage(
    site: Storage, processor_id: str, *, name: str, country: str, agreed: date | None, dry_run: bool = False
) -> Processor:
    """Enter a sub-processor; the same name again replaces its country and agreement.

    Raises TextUnusable, CountryUnreadable, OutsideArea, ProcessorUnknown.
    """
    name = checked_text(N_("name"), name, N_("give the company's name."))
    following = N_("refuse your agreement to it (Article 28(2) GDPR).")
    code = checked_country(name, country, site.settings.policy.area, following)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        require_known_settings(connection, site)
        before = _load_engaged(connection, processor_id)
        others = tuple(sub_processor for sub_processor in before.sub_processors if sub_processor.name != name)
        processor = replace(before, sub_processors=(*others, SubProcessor(name, code, agreed)))
        return _save_change(connection, site, processor, {"sub_processor": code, "agreed": agreed is not None})


def audited(
    site: Storage, processor_id: str, *, on: date, contract: date | None = None, dry_run: bool = False
) -> Processor:
    """Write down when a processor was audited, and the date of a new contract.  Raises ProcessorUnknown."""
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        before = _load_engaged(connection, processor_id)
        processor = replace(before, audited=on, contract=contract or before.contract)
        return _save_change(connection, site, processor, {"audited": on.isoformat()})


def end_processor(
    site: Storage, processor_id: str, *, on: date, how: End, reason: str, dry_run: bool = False
) -> Processor:
    """End an engagement: the data was returned or destroyed.

    docs/policies/004.txt: "terugzenden en/of vernietigen".
    """
    reason = checked_text(
        N_("reason"), reason, N_("say how it was shown, for example --reason certificate of 3 March.")
    )
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        processor = replace(_load_engaged(connection, processor_id), ended=on, end=how)
        put_processor(connection, processor)
        facts: AuditFacts = {"on": on.isoformat(), "how": how.value}
        append_entry(connection, site, Act.PROCESSOR_ENDED, processor.id, facts=facts, reason=reason)
    return processor


def list_processors(site: Storage) -> Sequence[Processor]:
    """All of them, those that are engaged first."""
    with read_transaction(site.engine) as connection:
        return select_processors(connection)


def _save_change(connection: Connection, site: Storage, processor: Processor, facts: AuditFacts) -> Processor:
    put_processor(connection, processor)
    append_entry(connection, site, Act.PROCESSOR_CHANGED, processor.id, facts=facts)
    return processor


def _load_engaged(connection: Connection, processor_id: str) -> Processor:
    typed = typed_id(processor_id)
    for processor in select_processors(connection):
        if processor.id == typed and processor.ended is None:
            return processor
    raise ProcessorUnknown(id=processor_id)
