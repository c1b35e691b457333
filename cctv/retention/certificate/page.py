"""The certificate as a page to print: one HTML file without external resources, in the site's language.  Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from cctv.core.i18n import Language, pgettext_lazy, translate_to, translator
from cctv.core.text import bare, isolated

_TERMS = {  # terms of rules, reasons and copies in certificate.json
    "erased at a person's request": pgettext_lazy("certificate", "erased at a person's request"),
    "past its limit": pgettext_lazy("certificate", "past its limit"),
    "space needed": pgettext_lazy("certificate", "space needed"),
    "site closed": pgettext_lazy("certificate", "site closed"),
    "should never have been made": pgettext_lazy("certificate", "should never have been made"),
    "lost": pgettext_lazy("certificate", "lost"),
    "gone before the index was made again": pgettext_lazy("certificate", "gone before the index was made again"),
    "zone": pgettext_lazy("certificate", "zone"),
    "site cap": pgettext_lazy("certificate", "site cap"),
    "jurisdiction cap": pgettext_lazy("certificate", "jurisdiction cap"),
    "packages": pgettext_lazy("certificate", "package for a requester"),
    "held": pgettext_lazy("certificate", "encrypted copy of held footage"),
}


def page_of(contents: Mapping[str, Any], language: Language, zone: ZoneInfo, sha256: str) -> str:
    """The page; `sha256` is that of certificate.json, which the page repeats."""
    gettext, pgettext = translator(language)
    template = _templates().get_template("certificate.html")
    return template.render(
        c=contents,
        _=gettext,
        pgettext=pgettext,
        language=language.value,
        zones=_by_zone(contents),
        local=lambda text: f"{datetime.fromisoformat(text).astimezone(zone):%d/%m/%Y %H:%M %Z}",
        days=_days,
        size=_size,
        late=lambda seconds: str(timedelta(seconds=round(seconds))) if seconds else gettext("in time"),
        word=lambda text: _term(text, language),
        sha256=sha256,
    )


def _term(text: str, language: Language) -> str:
    return translate_to(_TERMS.get(text, text), language)


def _by_zone(contents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The deletions by zone, rule and reason: a page of cameras and policies is for the JSON."""
    parted: defaultdict[tuple[str, str, str, float], list[dict[str, Any]]] = defaultdict(list)
    for row in contents["deletions"]:
        parted[row["zone"], row["rule"] or "?", row["reason"], row["period_seconds"] or 0.0].append(row)
    return [
        {
            "zone": zone,
            "rule": rule,
            "reason": reason,
            "period": period,
            "cameras": len({row["camera"] for row in rows}),
            "segments": sum(row["segments"] for row in rows),
            "bytes": sum(row["bytes"] for row in rows),
            "recorded_from": min(row["recorded_from"] for row in rows),
            "recorded_to": max(row["recorded_to"] for row in rows),
            "first_deleted": min(row["first_deleted"] for row in rows),
            "last_deleted": max(row["last_deleted"] for row in rows),
            "late": max(row["beyond_limit_seconds"] for row in rows),
        }
        for (zone, rule, reason, period), rows in sorted(parted.items())
    ]


def _days(seconds: float) -> str:
    days = seconds / 86400
    return f"{days:g} d" if days >= 1 else f"{seconds:g} s"


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cctv.retention.certificate"),
        autoescape=True,
        finalize=isolated,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["bare"] = bare
    return environment
