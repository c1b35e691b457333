"""The PDF of a letter.

Responsible for how an HTML page becomes PDF/A-2a (ISO 19005-2: archivable, tagged, with language and title), with
DejaVu embedded and nothing fetched.  Pure but for the typefaces of the machine; equal pages give equal bytes.
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
_EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"


def as_pdf(page: str, dated: date) -> bytes:
    """The page as a PDF of A4 sheets, dated in itself as the letter is; raises TypefaceMissing, NothingFetched."""
    try:
        with _fixed_timestamp(dated), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file of its colour profile open
            return _typeset(page)
    except FatalURLFetchingError as error:
        raise NothingFetched(wanted=error) from error


@contextmanager
def _fixed_timestamp(dated: date) -> Iterator[None]:
    """fontTools, which subsets the typefaces, writes the current time into them unless this variable gives one."""
    previous = os.environ.get(_EPOCH_VARIABLE)
    os.environ[_EPOCH_VARIABLE] = str(int(datetime.combine(dated, time(), UTC).timestamp()))
    try:
        yield
    finally:
        os.environ.pop(_EPOCH_VARIABLE)
        if previous is not None:
            os.environ[_EPOCH_VARIABLE] = previous


class _NoFetcher(URLFetcher):  # type: ignore[misc]  # it has no types
    """Refuses every address, of the network and of the disk: a letter consists of its own page."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        raise FatalURLFetchingError(url)


def _typeset(page: str) -> bytes:
    document = HTML(string=page, url_fetcher=_NoFetcher()).render(pdf_variant=VARIANT)
    pdf: bytes = document.write_pdf(pdf_variant=VARIANT)
    if any(b"DejaVu" not in font.name for font in document.fonts.values()):
        raise TypefaceMissing
    return pdf
