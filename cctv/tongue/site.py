"""The language of the site, and where cameras.toml is looked for: what `--help` may know, at next to no cost.

Never raises, never checks: that is the business of `cctv.config`, which loads what help has no time for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cctv.model.language import USUAL, Language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "cameras.toml"
SYSTEM_WIDE = f"/etc/cctv/{NAME}"
VARIABLE = "CCTV_CONFIG"


def candidates(path: Path | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Where to look, the first first: the given file, or the one that CCTV_CONFIG names, or the usual places."""
    if path is not None:
        return (str(path),)
    return (environ[VARIABLE],) if environ.get(VARIABLE) else (NAME, SYSTEM_WIDE)


def site_language(path: Path | None, environ: Mapping[str, str]) -> Language:
    """The language of the site; English where there is no cameras.toml or it cannot be read."""
    for place in candidates(path, environ):
        try:
            with open(place, encoding="utf-8") as file:  # noqa: PTH123  pathlib takes 2 ms to load
                text = file.read()
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            break
        return language_in(text)
    return Language.EN


def language_in(text: str) -> Language:
    """What `language` of [site] says: the usual one where it says nothing, English for what is no language of ours.

    Reads what a person writes, a line `language = "fr"` below the header `[site]`; TOML proper takes 5 ms to load.
    """
    inside = False
    for line in map(str.strip, text.removeprefix("\ufeff").splitlines()):
        if line.startswith("["):
            inside = line.partition("#")[0].strip(" \t[]") == "site"
        key, _, value = line.partition("=")
        if inside and key.strip() == "language":
            said = value.partition("#")[0].strip(" \t\"'")
            return next((one for one in Language if one.value == said), Language.EN)
    return USUAL
