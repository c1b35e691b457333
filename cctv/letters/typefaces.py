"""Typefaces: whether every sign of a letter has a shape on this machine, and which Debian package has a missing one.

Asks the engine that sets the letter, Pango, and so counts exactly what is on the sheets.  Never names the text that a
sign stands in: it may be personal data.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cctv.core.i18n import N_
from cctv.core.text import code_point
from cctv.letters.errors import SignMissing

_ENGINE = logging.getLogger("weasyprint")
_WITHOUT_SHAPE = ".notdef glyph rendered"  # how WeasyPrint's warning begins; its last argument is the code point
# First and last code point, and the package that has them (Debian 12); whatever is in none of them: `_ANY`.
_PACKAGES = (
    (0x2600, 0x27BF, "fonts-noto-color-emoji"),
    (0x1F000, 0x1FAFF, "fonts-noto-color-emoji"),
    (0x1100, 0x11FF, "fonts-noto-cjk"),  # Hangul
    (0x2E80, 0x9FFF, "fonts-noto-cjk"),  # radicals, kana, bopomofo, Han and its extension A
    (0xA960, 0xA97F, "fonts-noto-cjk"),
    (0xAC00, 0xD7FF, "fonts-noto-cjk"),
    (0xF900, 0xFAFF, "fonts-noto-cjk"),
    (0xFE30, 0xFE4F, "fonts-noto-cjk"),
    (0xFF00, 0xFFEF, "fonts-noto-cjk"),
    (0x20000, 0x3FFFF, "fonts-noto-cjk fonts-hanazono"),  # rare Han: of extension B, noto-cjk has 2,108 of 42,720
)
_ANY = "fonts-noto-core"


class _Missing(logging.Filter):
    """Takes the engine's warnings of signs without a shape, and lets every other record pass."""

    def __init__(self) -> None:
        super().__init__()
        self.signs: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith(_WITHOUT_SHAPE):
            return True
        assert isinstance(record.args, tuple)
        self.signs.append(str(record.args[0]))
        return False


@contextmanager
def require_every_sign() -> Iterator[None]:
    """Around the typesetting of a page: raises SignMissing where a sign of it has no shape in any typeface."""
    missing = _Missing()
    _ENGINE.addFilter(missing)
    try:
        yield
    finally:
        _ENGINE.removeFilter(missing)
    signs = sorted(set(missing.signs))
    if signs:
        packages = sorted({package for sign in signs for package in package_of(sign).split()})
        others = N_(", nor {count} more of its signs", count=len(signs) - 1) if len(signs) > 1 else ""
        raise SignMissing(sign=code_point(signs[0]), more=others, packages=" ".join(packages))


def package_of(sign: str) -> str:
    """The Debian package, or packages, that have a shape for a sign.  Pure."""
    number = ord(sign)
    return next((package for first, last, package in _PACKAGES if first <= number <= last), _ANY)
