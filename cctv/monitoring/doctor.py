"""The doctor: everything that would go wrong later, each finding with why it matters and the line that mends it.

Responsible for what a finding and a report are, for running the checks so that one that fails costs no other, and for
the JSON that a report is kept in.  What is checked stands in `doctor_machine`, `doctor_site`, `doctor_cameras`
and `doctor_trust`: thin readers in `machine_facts`, judgements that are pure.  Never changes anything.

What cannot be seen is a finding of its own, "not known": never a silent pass.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from cctv.config.errors import ConfigWarning
from cctv.config.schema import Settings
from cctv.core.access import access_denied
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_, Message
from cctv.core.text import parse_json
from cctv.db.storage import Storage

if TYPE_CHECKING:  # it loads libavcodec, which alarms and metrics do not need
    from cctv.monitoring.machine_facts import Machine

log = logging.getLogger(__name__)

REPORT_FILE = Path("/var/lib/cctv-doctor/report.json")  # where the service writes it: systemd/cctv-doctor.service
REPORT_LATE = timedelta(days=8)  # the timer runs weekly
_LINE = re.compile(
    r"`((?:cctv|systemctl|apt-get|timedatectl|install|chmod|chown) [^`]+)`|^((?:cctv|apt-get install|chmod|chown) .+)$"
)
_SCHEMA = 1
_TOLD = 3  # findings that the weekly message names


class CheckName(Enum):
    """What is checked; the value is what `--only` takes and what JSON has.  Never rename one."""

    SETTINGS = "settings"
    STORAGE = "storage"
    STATUS = "status"
    PROGRAMS = "programs"
    PYTHON = "python"
    CLOCK = "clock"
    DISK = "disk"
    SMART = "smart"
    MOUNTS = "mounts"
    ACCESS = "access"
    SWAP = "swap"
    CORE_DUMPS = "core-dumps"
    UNITS = "units"
    TIMERS = "timers"
    CREDENTIALS = "credentials"
    TRANSPORT = "transport"
    CAMERA_CLOCKS = "camera-clocks"
    FORECAST = "forecast"
    DATABASE = "database"
    VERIFY = "verify"
    BACKUP = "backup"
    AUDIT = "audit"
    TWO_PERSONS = "two-persons"
    REGISTERS = "registers"
    ALERTS = "alerts"
    DETECTOR = "detector"
    TRUST = "trust"


class Severity(Enum):
    """How bad a finding is."""

    OK = "ok"
    ADVICE = "advice"
    WRONG = "wrong"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """What a check found.

    `subject` is the camera, unit, file or key that it is about, empty for the whole.  `why` and `following` (a line to
    type) are empty for what is well.
    """

    check: CheckName
    severity: Severity
    text: Message | str
    why: Message | str = ""
    following: Message | str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What is examined: settings and open storage, or the error why there is none, and the machine."""

    settings: Settings | CctvError
    site: Storage | CctvError
    warnings: tuple[ConfigWarning, ...]
    environ: Mapping[str, str]
    now: datetime
    machine: Machine

    def require_settings(self) -> Settings:
        """The settings; raises the error why there are none."""
        if isinstance(self.settings, CctvError):
            raise self.settings
        return self.settings

    def require_site(self) -> Storage:
        """The storage; raises the error why there is none."""
        if isinstance(self.site, CctvError):
            raise self.site
        return self.site


Check = Callable[[Examined], Iterable[DoctorFinding]]


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor found at an instant."""

    at: datetime
    findings: tuple[DoctorFinding, ...]

    @property
    def exit_code(self) -> Exit:
        """UNSOUND where something is wrong; advice, and what is not known, change nothing."""
        return Exit.UNSOUND if self.count(Severity.WRONG) else Exit.OK

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(finding.severity is severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A kept report, as the weekly message and metrics tell it: counts by severity, and the texts of what is wrong.

    `wrong` is without what `cctv status` knows, which alarms tell.
    """

    at: datetime
    counts: Mapping[Severity, int]
    wrong: tuple[str, ...]

    @property
    def text(self) -> str:
        """In a sentence; English, as alarms are."""
        counts = ", ".join(f"{self.counts[severity]} {severity.value}" for severity in reversed(Severity))
        more = len(self.wrong) - _TOLD
        named = [f"{text}." for text in self.wrong[:_TOLD]] + ([f"{more} more."] if more > 0 else [])
        return " ".join([f"cctv doctor of {self.at:%Y-%m-%d}: {counts}.", *named])


def examine(examined: Examined, checks: Mapping[CheckName, Check], only: Sequence[CheckName] = ()) -> Report:
    """Run the checks, all or those that are named, in their order."""
    chosen = [name for name in checks if not only or name in only]
    findings = [finding for name in chosen for finding in _found(name, checks[name], examined)]
    return Report(examined.now, tuple(findings))


def _found(name: CheckName, check: Check, examined: Examined) -> list[DoctorFinding]:
    """What one check found; that it cannot be made is a finding."""
    try:
        return list(check(examined))
    except CctvError as error:
        return [unknown(name, error.phrase, line_of(error, f"cctv doctor --only {name.value}"))]
    except PermissionError as error:
        path = Path(str(error.filename or ""))
        return [unknown(name, access_denied(path).phrase, f"sudo cctv doctor --only {name.value}")]
    except Exception as error:
        log.error("doctor.failed", extra={"error": type(error).__name__}, exc_info=error)
        text = N_("the check itself failed ({kind})", kind=type(error).__name__)
        return [unknown(name, text, f"cctv --debug doctor --only {name.value}")]


def line_of(error: CctvError, usual: str) -> str:
    """The first line to type that an error's next step names; `usual` where it names none."""
    match = _LINE.search(error.next_step or "")
    return (match[1] or match[2]) if match is not None else usual


def first_line(line: str) -> str:
    """A line of the agenda without the second one that it has in brackets."""
    return line.partition("  (")[0]


def well(check: CheckName, text: Message | str, subject: str = "") -> DoctorFinding:
    """A finding that all is well."""
    return DoctorFinding(check, Severity.OK, text, subject=subject)


def unknown(check: CheckName, text: Message | str, following: Message | str = "", subject: str = "") -> DoctorFinding:
    """A finding that something cannot be seen, and what would show it."""
    why = N_("what was not looked at is not known to be well")
    return DoctorFinding(check, Severity.UNKNOWN, text, why, following, subject)


def wrong(
    check: CheckName, text: Message | str, why: Message | str, following: Message | str, subject: str = ""
) -> DoctorFinding:
    """A finding that something is wrong."""
    return DoctorFinding(check, Severity.WRONG, text, why, following, subject)


def advice(
    check: CheckName, text: Message | str, why: Message | str, following: Message | str, subject: str = ""
) -> DoctorFinding:
    """A finding that something is unwise."""
    return DoctorFinding(check, Severity.ADVICE, text, why, following, subject)


def report_as_json(report: Report) -> dict[str, object]:
    """A report as JSON, in English; `"schema": 1` is added where it is printed."""
    return {
        "at": report.at,
        "exit": int(report.exit_code),
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "findings": [
            {
                "check": finding.check,
                "severity": finding.severity,
                "subject": finding.subject or None,
                "text": str(finding.text).rstrip("."),
                "why": str(finding.why) or None,
                "next": str(finding.following) or None,
            }
            for finding in report.findings
        ],
    }


def read_summary(path: Path) -> ReportSummary | None:
    """The summary of the report that the service wrote last; None where there is none, or it cannot be read."""
    try:
        payload = parse_json(path.read_text("utf-8"))
        if payload["schema"] != _SCHEMA:
            return None
        counts = Counter(Severity(row["severity"]) for row in payload["findings"])
        bad = [row for row in payload["findings"] if row["severity"] == Severity.WRONG.value]
        # What the status found is an alarm of its own.
        texts = tuple(str(row["text"]) for row in bad if row["check"] != CheckName.STATUS.value)
        return ReportSummary(datetime.fromisoformat(payload["at"]), counts, texts)
    except (OSError, ValueError, KeyError, TypeError):
        return None
