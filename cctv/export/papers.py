"""The papers of a delivery: the receipt to print and sign, and the note beside an encrypted ZIP.

Owns their words, in templates in Dutch, French and English.  Pure.  Names nobody: the lines for names are empty, and
are filled in by hand.
"""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from markupsafe import Markup

from cctv.export.disclosed_manifest import AnyManifest
from cctv.export.readme import local_time, templates
from cctv.model.disclosures import Disclosure
from cctv.model.language import Language


def receipt_page(manifest: AnyManifest, disclosure: Disclosure, zone: ZoneInfo) -> str:
    """An HTML page of one sheet, which needs nothing else, in the package's language."""
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
        sums=[(name, said[0]) for name, said in manifest.hashes.items() if name.endswith(".mp4")],
        line=Markup('<span class="line"></span>'),
    )


def note_text(manifest: AnyManifest, zip_name: str) -> str:
    """What the ZIP is and how it opens, in the package's language."""
    note = templates().get_template(f"NOTE.{Language(manifest.language).value}.txt")
    return note.render(m=manifest, zip=zip_name).rstrip("\n") + "\n"
