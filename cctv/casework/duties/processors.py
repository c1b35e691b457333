"""Processors: who works on the site's behalf, under which contract, with whom, and what became of the data at the end.

Owns what may happen to an entry.  Never lets one in that is outside the area that the site promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from cctv import audit
from cctv.casework.duties import store
from cctv.casework.duties.errors import CountryUnreadable, OutsideArea, ProcessorUnknown
from cctv.casework.words import checked_text, typed_id
from cctv.db.engine import reading, writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.phrases import phrase
from cctv.model.accountability import End, Processor, SubProcessor
from cctv.model.acts import Act
from cctv.model.countries import Area
from cctv.model.ids import IdKind, ProcessorId


@dataclass(frozen=True, slots=True)
class NewProcessor:
    """What a person tells of a processor."""

    name: str
    service: str
    country: str
    contract: date | None = None


def checked_country(name: str, country: str, area: Area, following: str) -> str:
    """The code in capitals; raises CountryUnreadable, OutsideArea."""
    code = country.strip().upper()
    if len(code) != 2 or not code.isalpha() or not code.isascii():
        raise CountryUnreadable(country=country)
    if not area.holds(code):
        raise OutsideArea(name=name, country=code, area=area.value, following=following)
    return code


def add_processor(site: Site, new: NewProcessor, *, dry_run: bool = False) -> Processor:
    """Enter a processor.  Raises TextUnusable, CountryUnreadable, OutsideArea."""
    name = checked_text(phrase("name"), new.name, phrase("give the company's name."))
    service = checked_text(
        phrase("service"), new.service, phrase('say what it does, for example --service "maintains the recorder".')
    )
    following = phrase("choose a processor inside, or publish another policy first.")
    country = checked_country(name, new.country, site.settings.policy.area, following)
    with writing(site.engine, dry_run=dry_run) as connection:
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
        store.put_processor(connection, processor)
        audit.append(connection, site, Act.PROCESSOR_ADDED, processor.id, facts={"country": country})
    return processor


def engage(
    site: Site, processor_id: str, *, name: str, country: str, agreed: date | None, dry_run: bool = False
) -> Processor:
    """Enter whom a processor engages; the same name again writes its agreement anew."""
    name = checked_text(phrase("name"), name, phrase("give the company's name."))
    following = phrase("refuse your agreement to it (Article 28(2) GDPR).")
    code = checked_country(name, country, site.settings.policy.area, following)
    with writing(site.engine, dry_run=dry_run) as connection:
        before = _engaged(connection, processor_id)
        others = tuple(one for one in before.sub_processors if one.name != name)
        processor = replace(before, sub_processors=(*others, SubProcessor(name, code, agreed)))
        return _changed(connection, site, processor, {"sub_processor": code, "agreed": agreed is not None})


def audited(
    site: Site, processor_id: str, *, on: date, contract: date | None = None, dry_run: bool = False
) -> Processor:
    """Write down when a processor was audited, and the date of a new contract."""
    with writing(site.engine, dry_run=dry_run) as connection:
        before = _engaged(connection, processor_id)
        processor = replace(before, audited=on, contract=contract or before.contract)
        return _changed(connection, site, processor, {"audited": on.isoformat()})


def end_processor(
    site: Site, processor_id: str, *, on: date, how: End, reason: str, dry_run: bool = False
) -> Processor:
    """End an engagement: the data was returned or destroyed.

    docs/policies/004.txt: "terugzenden en/of vernietigen".
    """
    reason = checked_text(
        phrase("reason"), reason, phrase("say how it was shown, for example --reason certificate of 3 March.")
    )
    with writing(site.engine, dry_run=dry_run) as connection:
        processor = replace(_engaged(connection, processor_id), ended=on, end=how)
        store.put_processor(connection, processor)
        facts: audit.Facts = {"on": on.isoformat(), "how": how.value}
        audit.append(connection, site, Act.PROCESSOR_ENDED, processor.id, facts=facts, reason=reason)
    return processor


def list_processors(site: Site) -> Sequence[Processor]:
    """All of them, those that are engaged first."""
    with reading(site.engine) as connection:
        return store.select_processors(connection)


def _changed(connection: Connection, site: Site, processor: Processor, facts: audit.Facts) -> Processor:
    store.put_processor(connection, processor)
    audit.append(connection, site, Act.PROCESSOR_CHANGED, processor.id, facts=facts)
    return processor


def _engaged(connection: Connection, processor_id: str) -> Processor:
    wanted = typed_id(processor_id)
    for one in store.select_processors(connection):
        if one.id == wanted and one.ended is None:
            return one
    raise ProcessorUnknown(id=processor_id)
