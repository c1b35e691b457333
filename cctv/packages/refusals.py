"""Refusals of an export, in the log: by which error, with which exit code."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.errors import CctvError
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

log = logging.getLogger(__name__)


@contextmanager
def refusals_logged(
    site: Storage, subject: str, case_id: str, refusals: tuple[type[CctvError], ...], more: AuditFacts | None = None
) -> Iterator[None]:
    """Enter a refusal by one of these errors before it is raised on; `more` are further facts of the entry."""
    try:
        yield
    except refusals as error:
        log.info("package.refused", extra={"case": case_id, "error": error.code})
        with write_transaction(site.engine) as connection:
            facts: AuditFacts = {"code": error.code, "exit": int(error.exit_code), **(more or {})}
            append_entry(connection, site, Act.EXPORT_REFUSED, subject, case_id=case_id, facts=facts)
        raise
