"""The search for cameras.toml, and the language of the site: what `--help` needs of it.

Apart from loader.py, so that help does not import and check everything else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cctv.core.i18n import N_, USUAL, Language

NAME = "cameras.toml"
SYSTEM_WIDE = f"/etc/cctv/{NAME}"
VARIABLE = "CCTV_CONFIG"
MAX_BYTES = 1 << 20  # a site of 1,000 cameras has a third of it
_MAX_PARTS = 16  # of a dotted key; tomllib takes a minute for one of 50,000, and no key of ours has more than three
_TEXT_OR_COMMENT = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\Z)|\'\'\'.*?(?:\'\'\'|\Z)|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:[A-Za-z0-9_-]++[ \t]*+\.[ \t]*+){{{_MAX_PARTS}}}")  # in linear time


def candidates(path: Path | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where to look, in order: the given file, or the one that CCTV_CONFIG names, or the usual places."""
    if path is not None:
        return (path,)
    return (Path(environ[VARIABLE]),) if environ.get(VARIABLE) else (Path(NAME), Path(SYSTEM_WIDE))


def toml_table(text: str) -> dict[str, Any]:
    """The tables of a TOML text that may be hostile; raises ValueError, of which TOMLDecodeError is one."""
    if _LONG_KEY.search(_TEXT_OR_COMMENT.sub("x", text)) is not None:
        raise ValueError(N_("a key has more than {most} parts", most=_MAX_PARTS))
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(N_("it nests too deeply")) from error


def site_language(path: Path | None, environ: Mapping[str, str]) -> Language:
    """The language of the site; English where there is no cameras.toml or it cannot be read.  Never raises."""
    for place in candidates(path, environ):
        try:
            with place.open("rb") as file:
                return language_in(file.read(MAX_BYTES).decode("utf-8-sig"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):  # ValueError: bytes that are not UTF-8, a path with a null byte
            break
    return Language.EN


def language_in(text: str) -> Language:
    """The `language` of [site]: the default where it is left out, English where the text is not usable."""
    try:
        site = toml_table(text).get("site", {})
    except ValueError:
        return Language.EN
    name = site.get("language", USUAL.value) if isinstance(site, dict) else None
    return next(
        (language for language in Language if isinstance(name, str) and language.value == name.strip()), Language.EN
    )
