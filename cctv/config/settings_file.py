"""The search for cameras.toml, and the language of the site: what `--help` needs of it.

Apart from loader.py, so that help does not import and check everything else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from cctv.core.i18n import USUAL, Language

NAME = "cameras.toml"
SYSTEM_WIDE = f"/etc/cctv/{NAME}"
VARIABLE = "CCTV_CONFIG"


def candidates(path: Path | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where to look, in order: the given file, or the one that CCTV_CONFIG names, or the usual places."""
    if path is not None:
        return (path,)
    return (Path(environ[VARIABLE]),) if environ.get(VARIABLE) else (Path(NAME), Path(SYSTEM_WIDE))


def site_language(path: Path | None, environ: Mapping[str, str]) -> Language:
    """The language of the site; English where there is no cameras.toml or it cannot be read.  Never raises."""
    for place in candidates(path, environ):
        try:
            return language_in(place.read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):  # ValueError: bytes that are not UTF-8, a path with a null byte
            break
    return Language.EN


def language_in(text: str) -> Language:
    """The `language` of [site]: the default where it is left out, English where the text is not usable."""
    try:
        site = tomllib.loads(text).get("site", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return Language.EN
    name = site.get("language", USUAL.value) if isinstance(site, dict) else None
    return next(
        (language for language in Language if isinstance(name, str) and language.value == name.strip()), Language.EN
    )
