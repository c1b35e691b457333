"""Errors of packages, and the log entry of a refusal: by which error, with which exit code."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.errors import CctvError, Exit, UsageError
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act


class ExportUnknown(UsageError):
    """There is no package {id}.

    next: cctv export list
    """


class NotApproved(CctvError):
    """{request} cannot be exported: {parts} not approved{why}.

    next: look at the sheet (cctv redaction show {request}), then cctv redaction approve {request} --all --reason WHY
    """

    exit_code = Exit.DECISION_MISSING


class PackageOver(CctvError):
    """{id} is not handed over: its time was over on {when}.

    next: build a new one, if there is still reason to.
    """

    exit_code = Exit.NOT_PERMITTED


class PackageOutdated(CctvError):
    """{id} is not handed over: it was built for {built}, and {case} asks for {asked} now.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class DeliveryOvertaken(CctvError):
    """Another copy was handed over while {package} was being copied: nothing was recorded, and nothing has its name.

    next: type the command again.
    """

    exit_code = Exit.LOCKED


class TargetUnfit(UsageError):
    """Nothing can be handed over in {path}: {problem}.

    next: {following}
    """


class RecipientTyped(UsageError):
    """{id} is not for {recipient}: it was made for {case}.

    next: leave --recipient out; cctv disclosure open registers footage for an authority.
    """


class RecipientAbsent(CctvError):
    """{id} is not handed over to a {recipient}: nobody is named as that in {case}.  Nothing was changed.

    next: leave --recipient out, or, while {case} is open, name them:
    cctv request mandate {case} --as {role} --by NAME --by-contact ADDRESS --mandate KIND --mandated DATE
    """

    exit_code = Exit.DECISION_MISSING


class DisclosureChanged(CctvError):
    """{id} changed while its package was being made; nothing was kept.

    next: cctv disclosure show {id}, then repeat the command.
    """

    exit_code = Exit.DECISION_MISSING


class MasksHide(CctvError):
    """{id} cannot be built: the recordings of {cameras} hold what masks hide, and its order does not name that.

    next: end it, and register one without these cameras, or, where the order names what is masked, with --unmasked.
    """

    exit_code = Exit.DECISION_MISSING


class RecordingUnreadable(CctvError):
    """The recording {path} cannot be copied: {problem}.  Nothing was left behind.

    next: cctv footage verify, and restore the file from the copy of held footage.
    """

    exit_code = Exit.UNREADABLE


class CopyDiffers(CctvError):
    """The copy {path} is not what was recorded and was removed: {problem}.

    next: run the command again; if it fails again, keep the recordings and report this message.
    """

    exit_code = Exit.UNREADABLE


class FootageAdded(CctvError):
    """{request} cannot be exported: {count} segments of {cameras} came in after it was prepared and are
    not reviewed.

    next: cctv redaction prepare {request}, which keeps the decisions on footage that did not change
    """

    exit_code = Exit.DECISION_MISSING


log = logging.getLogger(__name__)


NO_ID = "-"  # subject of a refusal where what was typed has not the form of an id


@contextmanager
def refusals_logged(
    site: Storage,
    subject: str,
    case_id: str | None,
    refusals: tuple[type[CctvError], ...],
    more: AuditFacts | None = None,
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
