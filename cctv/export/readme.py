"""README.txt: how to play and check a package, in the requester's language.

Owns its words, in templates.  Pure.  Says only what the manifest says, so that it never names a person.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache, partial
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from cctv.export.disclosed_manifest import AnyManifest, DisclosureManifest
from cctv.export.manifest import Manifest, Period
from cctv.letters.dates import weekday_name
from cctv.model.language import Language
from cctv.redaction.case.words import cause_words
from cctv.signing import NAMESPACE
from cctv.signing.sshsig import SIGNER


def readme(manifest: Manifest, zone: ZoneInfo) -> str:
    """The text for the package that the manifest describes; times are the site's."""
    return _filled("README", manifest, zone)


def disclosure_readme(manifest: DisclosureManifest, zone: ZoneInfo) -> str:
    """The same for a package of unredacted footage."""
    return _filled("UNREDACTED", manifest, zone)


def local_time(instant: datetime, language: Language, zone: ZoneInfo) -> str:
    """Day, date, time and zone, as a letter writes them."""
    at = instant.astimezone(zone)
    return f"{weekday_name(at, language)} {at:%d/%m/%Y %H:%M:%S} {at.tzname()}"


def _filled(name: str, manifest: AnyManifest, zone: ZoneInfo) -> str:
    language = Language(manifest.language)
    template = templates().get_template(f"{name}.{language.value}.txt")
    text = template.render(
        m=manifest,
        local=partial(local_time, language=language, zone=zone),
        cause=partial(cause_words, language=language),
        length=_length,
        title=_title,
        signer=SIGNER,
        namespace=NAMESPACE,
    )
    return text.rstrip("\n") + "\n"


def _length(span: Period) -> str:
    minutes, seconds = divmod(round((span.end - span.start).total_seconds()), 60)
    return f"{minutes} min {seconds:02d} s"


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"


@cache
def templates(*, html: bool = False) -> Environment:
    """The room's templates; what stands in an HTML page is escaped."""
    return Environment(
        loader=PackageLoader("cctv.export"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
