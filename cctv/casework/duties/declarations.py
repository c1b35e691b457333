"""Declarations of the cameras to the police: written down, so that the next one is known.

Never declares anything itself: that is done on the government's own page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cctv import audit
from cctv.casework.duties import store
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.model.accountability import Declaration, DeclarationKind
from cctv.model.acts import Act


def declare(site: Site, kind: DeclarationKind, *, on: date, reference: str, dry_run: bool = False) -> Declaration:
    """Write down that the cameras were declared on a day, with the reference that the page gave."""
    reference = checked_text(phrase("reference"), reference, phrase("give the number that the page printed."))
    declaration = Declaration(kind, on, reference, site.clock.now(), site.actor.account)
    with writing(site.engine, dry_run=dry_run) as connection:
        store.insert_declaration(connection, declaration)
        facts: audit.Facts = {"kind": kind.value, "on": on.isoformat()}
        audit.append(connection, site, Act.CAMERAS_DECLARED, "declaration", facts=facts)
    return declaration


def list_declarations(site: Site) -> Sequence[Declaration]:
    """All of them, the oldest first."""
    with reading(site.engine) as connection:
        return store.select_declarations(connection)
