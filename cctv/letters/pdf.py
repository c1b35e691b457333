"""The PDF of a letter.

Owns how a page becomes one: PDF/A-2a (ISO 19005-2: archivable, tagged, with language and title), with DejaVu embedded
and nothing fetched from anywhere.  Pure but for the typefaces of the machine; equal pages give equal bytes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from cctv.letters.errors import NothingFetched, TypefaceMissing

VARIANT = "pdf/a-2a"
_EPOCH = "SOURCE_DATE_EPOCH"


@contextmanager
def _time_stopped(dated: date) -> Iterator[None]:
    """fontTools, which cuts the typefaces down, writes the time into them unless this variable gives one."""
    before = os.environ.get(_EPOCH)
    os.environ[_EPOCH] = str(int(datetime.combine(dated, time(), UTC).timestamp()))
    try:
        yield
    finally:
        os.environ.pop(_EPOCH)
        if before is not None:
            os.environ[_EPOCH] = before


class _FetchNothing(URLFetcher):  # type: ignore[misc]  # it has no types
    """A letter is made of its own page: no address is ever opened, of the network or of the disk."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        raise FatalURLFetchingError(url)


def as_pdf(page: str, dated: date) -> bytes:
    """The page as a PDF of A4 sheets, dated in itself as the letter is; raises TypefaceMissing, NothingFetched."""
    try:
        with _time_stopped(dated), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file of its colour profile open
            return _set(page)
    except FatalURLFetchingError as error:
        raise NothingFetched(wanted=error) from error


def _set(page: str) -> bytes:
    document = HTML(string=page, url_fetcher=_FetchNothing()).render(pdf_variant=VARIANT)
    made: bytes = document.write_pdf(pdf_variant=VARIANT)
    if any(b"DejaVu" not in font.name for font in document.fonts.values()):
        raise TypefaceMissing
    return made
