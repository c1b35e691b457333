"""The translations of each language: gettext catalogs in `cctv/locale`, compiled from their `.po` files.

The `.mo` files are not in git: installing the package (`hatch_build.py`) and `./scripts/words` make them.
"""

from __future__ import annotations

import logging
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from cctv.model.language import Language

DOMAIN = "cctv"  # of gettext
LOCALE = Path(__file__).resolve().parent.parent / "locale"
_BUILD = "run ./scripts/words, or install the package again: pip install -e ."
_log = logging.getLogger(__name__)


@cache
def catalog(language: Language) -> NullTranslations:
    """The translations of a language; those of English, and of a catalog that was not built, leave text as it is.

    A catalog that is missing, or in a checkout older than its source, is logged once as a warning.
    """
    if language is Language.EN:
        return NullTranslations()
    compiled = LOCALE / language.value / "LC_MESSAGES" / f"{DOMAIN}.mo"
    source = compiled.with_suffix(".po")
    try:
        with compiled.open("rb") as file:
            if source.exists() and source.stat().st_mtime_ns > compiled.stat().st_mtime_ns:
                _log.warning("%s is older than %s: %s", compiled, source.name, _BUILD)
            return GNUTranslations(file)
    except FileNotFoundError:
        _log.warning("%s is missing, so that messages are in English: %s", compiled, _BUILD)
        return NullTranslations()
