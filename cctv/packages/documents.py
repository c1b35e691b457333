"""The documents of a package and of its delivery: README.txt, the receipt to print and sign, the note beside a ZIP.

Responsible for their wording, in templates in Dutch, French and English.  Pure.  Uses only what the manifest holds, so
that no document names a person: the lines for names are empty, and are filled in by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cctv.core.i18n import Language
from cctv.core.text import isolated
from cctv.crypto.sshsig import NAMESPACE, SIGNER
from cctv.letters.formatting import weekday_name
from cctv.model.disclosures import Disclosure
from cctv.packages.manifest import AnyManifest, DisclosureManifest, Manifest, Period
from cctv.redaction.review.sheet.labels import cause_words


def readme(manifest: Manifest, zone: ZoneInfo) -> str:
    """README.txt for the package that the manifest describes; times are the site's."""
    return _render_text("README", manifest, zone)


def disclosure_readme(manifest: DisclosureManifest, zone: ZoneInfo) -> str:
    """README.txt for a package of unredacted footage."""
    return _render_text("UNREDACTED", manifest, zone)


def receipt_page(manifest: AnyManifest, disclosure: Disclosure, zone: ZoneInfo) -> str:
    """The receipt: a self-contained HTML page of one sheet, in the package's language."""
    language = Language(manifest.language)
    page = templates(html=True).get_template(f"RECEIPT.{language.value}.html")
    handed = disclosure.handed
    assert handed is not None
    return page.render(
        m=manifest,
        disclosure=disclosure.id,
        handed=local_time(handed.at, language, zone),
        by=handed.by,
        local=partial(local_time, language=language, zone=zone),
        lease=f"{disclosure.lease_end.astimezone(zone):%d/%m/%Y}" if disclosure.lease_end else "",
        sums=[(name, digest_and_size[0]) for name, digest_and_size in manifest.hashes.items() if name.endswith(".mp4")],
        line=Markup('<span class="line"></span>'),
    )


def note_text(manifest: AnyManifest, files: Sequence[str]) -> str:
    """The note beside a ZIP of one file or of several parts: what it is and how it opens, in the package's language."""
    note = templates().get_template(f"NOTE.{Language(manifest.language).value}.txt")
    return note.render(m=manifest, zip=files[0], parts=len(files), last=files[-1]).rstrip("\n") + "\n"


def local_time(instant: datetime, language: Language, zone: ZoneInfo) -> str:
    """Day, date, time and zone, as letters write them."""
    at = instant.astimezone(zone)
    return f"{weekday_name(at, language)} {at:%d/%m/%Y %H:%M:%S} {at.tzname()}"


@cache
def templates(*, html: bool = False) -> Environment:
    """The templates of the package; with `html`, values are escaped."""
    return Environment(
        loader=PackageLoader("cctv.packages"),
        autoescape=html,
        finalize=isolated if html else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render_text(name: str, manifest: AnyManifest, zone: ZoneInfo) -> str:
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
