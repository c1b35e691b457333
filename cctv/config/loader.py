"""Reading cameras.toml: find it, parse it, check it, freeze it.

Reads every key with its line: tomllib reports no positions, so the text is scanned for headers and keys as well.  The
scan never reads values; a key that it misses gets the line of its section.  Never writes, never opens the storage,
never reads credentials.  The language of help is read by settings_file.py.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cctv.config import checks
from cctv.config.errors import (
    CREDENTIALS,
    BadValue,
    ConfigProblem,
    ConfigWarning,
    DefinedTwice,
    ForbiddenPlace,
    KeyPath,
    RetentionOverCap,
    SettingsAmbiguous,
    SettingsNotFound,
    SettingsRefused,
    SettingsUnreadable,
    SettingsUntrusted,
    TomlSyntax,
)
from cctv.config.fields import sections_in, settings_in, suggestion
from cctv.config.schema import Settings, SettingSource
from cctv.config.settings_file import MAX_BYTES, NAME, SYSTEM_WIDE, VARIABLE, candidates, toml_table
from cctv.core.access import WRITABLE, why_untrusted
from cctv.core.i18n import N_

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:\#.*)?")
_ENTRY = re.compile(rf"\s*({_DOTTED})\s*=")
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Checked settings, and warnings about them."""

    settings: Settings
    warnings: tuple[ConfigWarning, ...]


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """A header or key with its line, counted from 1."""

    path: KeyPath
    line: int
    is_table: bool
    repeatable: bool = False  # [[...]] may occur more than once


def load_settings(path: Path | None, *, environ: Mapping[str, str], strict: bool = False) -> LoadedSettings:
    """The checked settings; `strict` refuses what is otherwise capped with a warning.

    path: the file, or None to search for it as `find_settings` does.  Raises a ConfigError.
    """
    file = find_settings(path, environ)
    return check_text(read_text(file), file, strict=strict)


def check_text(text: str, file: Path, *, strict: bool = False) -> LoadedSettings:
    """The checked settings of the text of `file`, written or not; raises a ConfigError."""
    raw = _parsed(text, file)
    source = SettingSource(file, MappingProxyType(key_lines(text)), frozenset(_key_paths(raw)))
    _refuse(ForbiddenPlace, checks.forbidden_places(raw), source)
    values, wrong = _read_sections(raw)
    _refuse(SettingsRefused, [*checks.bad_ids(raw), *wrong], source)
    settings = _build(values, source)
    _refuse(SettingsRefused, checks.problems(settings), source)
    capped = checks.retention_warnings(settings)
    if strict:
        _refuse(RetentionOverCap, map(_as_problem, capped), source)
    return LoadedSettings(settings, (*capped, *checks.other_warnings(settings)))


def find_settings(path: Path | None, environ: Mapping[str, str]) -> Path:
    """The file to read: the given one, CCTV_CONFIG, ./cameras.toml, /etc/cctv/cameras.toml.

    Raises SettingsNotFound, and SettingsAmbiguous where the last two are both there: one is of a trial or an example,
    and the other is what the services of this box do.
    """
    places = candidates(path, environ)
    if path is not None:
        return _existing(places[0], "", "check the path that --config gives.")
    if environ.get(VARIABLE):
        return _existing(places[0], f", which {VARIABLE} names", f"correct or unset {VARIABLE}.")
    found = [place for place in places if place.exists()]
    if len(found) > 1 and not found[0].samefile(found[1]):
        raise SettingsAmbiguous(here=found[0].absolute(), system_wide=found[1], variable=VARIABLE)
    if found:
        return found[0].absolute()
    raise SettingsNotFound(
        wanted=NAME,
        origin=N_(" here ({cwd}) nor at {system_wide}", cwd=Path.cwd(), system_wide=SYSTEM_WIDE),
        following=N_(
            "`cctv init` on a new box; else go to the directory that holds it, give --config FILE, or set {variable}.",
            variable=VARIABLE,
        ),
    )


def read_text(file: Path) -> str:
    """The file as text; raises SettingsUnreadable, SettingsUntrusted.  Checked opened, so that it cannot be swapped."""
    try:
        with file.open("rb") as opened:
            if (why := why_untrusted(file, os.fstat(opened.fileno()), WRITABLE)) is not None:
                raise SettingsUntrusted(path=file, problem=why.problem, following=why.following)
            data = opened.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                what_next = N_("remove what is not a setting.")
                raise SettingsUnreadable(path=file, reason=N_("it is larger than 1 MiB"), following=what_next)
            return data.decode("utf-8-sig")
    except OSError as error:
        reason, following = error.strerror or "unknown", "give this account read access to the file."
        raise SettingsUnreadable(path=file, reason=reason, following=following) from error
    except UnicodeDecodeError as error:
        following = "save it as UTF-8."
        raise SettingsUnreadable(
            path=file, reason=N_("byte {start} is not UTF-8", start=error.start), following=following
        ) from error


def declarations(text: str) -> Iterator[DeclaredKey]:
    """Every header and key, in order."""
    section: KeyPath = ()
    quote, depth = "", 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not quote and not depth:
            if (header := _HEADER.fullmatch(line)) is not None:
                section = _parts(header[2])
                yield DeclaredKey(section, number, is_table=True, repeatable=header[1] == "[[")
                continue
            if (entry := _ENTRY.match(line)) is not None:
                yield DeclaredKey(section + _parts(entry[1]), number, is_table=False)
        quote, depth = _after(line, quote, depth)


def key_lines(text: str) -> dict[KeyPath, int]:
    """The first line of every header and key."""
    lines: dict[KeyPath, int] = {}
    for declared in declarations(text):
        lines.setdefault(declared.path, declared.line)
    return lines


def find_duplicate_key(text: str) -> tuple[DeclaredKey, DeclaredKey] | None:
    """The first header or key that is written a second time, with its first."""
    seen: dict[KeyPath, DeclaredKey] = {}
    for declared in declarations(text):
        first = seen.setdefault(declared.path, declared)
        if first is not declared and not (first.repeatable or declared.repeatable):
            return first, declared
    return None


def _existing(path: Path, origin: str, following: str) -> Path:
    if not path.exists():
        raise SettingsNotFound(wanted=path, origin=origin, following=following)
    return path.absolute()


def _parsed(text: str, file: Path) -> dict[str, Any]:
    try:
        return toml_table(text)
    except tomllib.TOMLDecodeError as error:
        if (pair := find_duplicate_key(text)) is not None:
            first, second = pair
            raise DefinedTwice(
                path=file,
                first=first.line,
                second=second.line,
                thing=_thing(first.path, first.is_table),
                following=N_("give one of them another name, or remove it."),
            ) from error
        match = re.search(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
        last = text.count("\n") + 1
        reason, line, column = (match[1], match[2] or last, match[3] or 1) if match else (str(error), last, 1)
        raise TomlSyntax(path=file, line=line, column=column, reason=_lowered(reason)) from error
    except ValueError as error:
        reason = error.args[0]  # ours can be translated
        raise SettingsUnreadable(path=file, reason=reason, following=N_("remove what is not a setting.")) from error


def _key_paths(table: dict[str, Any], around: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (*around, key)
        if isinstance(value, dict):
            yield from _key_paths(value, (*around, key))


def _lowered(reason: str) -> str:
    return reason[:1].lower() + reason[1:]


def _thing(path: tuple[str, ...], is_table: bool) -> str:
    if is_table and len(path) == 2 and path[0] in ("cameras", "zones"):
        return f"{path[0][:-1]} {path[1]}"
    return f"the section [{'.'.join(path)}]" if is_table else f"the key {'.'.join(path)}"


def _read_sections(raw: dict[str, Any]) -> tuple[dict[str, Any], list[ConfigProblem]]:
    """The values of each section by key, and all problems of single keys, misspelt ones first.

    A misspelt key is also a missing one, and the next step of the misspelling is the better one.
    """
    sections = dict(sorted(sections_in(Settings).items(), key=lambda item: item[1].id_type is not None))
    wrong = [_unknown_key((name,), list(sections)) for name in raw if name not in sections]
    missing: list[ConfigProblem] = []
    values: dict[str, Any] = {}
    for name, section in sections.items():
        table = raw.get(name, {})
        if section.required and name not in raw:
            missing.append(_missing((name,), list(sections)))
        elif section.id_type is None:
            values[name] = _read(section.table, table, (name,), wrong, missing)
        elif isinstance(table, dict):
            values[name] = {
                item_id: _read(section.table, table[item_id], (name, item_id), wrong, missing) for item_id in table
            }
        else:
            wrong.append(_no_table((name, "NAME"), (name,), table))
    return values, wrong + missing


def _read(
    table: type[Any], raw: object, key: KeyPath, wrong: list[ConfigProblem], missing: list[ConfigProblem]
) -> dict[str, Any]:
    """The values that a table gives, by key; adds problems to `wrong` and `missing`."""
    if not isinstance(raw, dict):
        wrong.append(_no_table(key, key, raw))
        return {}
    settings = dict(sorted(settings_in(table).items(), key=lambda item: not item[1][1].required))
    wrong += [_unknown_key((*key, name), list(settings)) for name in raw if name not in settings]
    values: dict[str, Any] = {}
    for name, (_, setting) in settings.items():
        if name in raw:
            try:
                values[name] = setting.type.read(raw[name])
            except BadValue as bad:
                wrong.append(ConfigProblem((*key, name), bad.what, bad.allowed, bad.following, raw[name]))
        elif setting.required:
            missing.append(_missing((*key, name), list(settings)))
    return values


def _no_table(header: KeyPath, key: KeyPath, value: object) -> ConfigProblem:
    return ConfigProblem(key, "it is not a table", f"a table that starts with [{'.'.join(header)}]", value=value)


def _missing(key: KeyPath, keys: list[str]) -> ConfigProblem:
    required = "it is required" + ("; no purpose, no recording" if key[-1] == "purpose" else "")
    following = f"add a section [{key[0]}]." if len(key) == 1 else f"add {key[-1]} to [{'.'.join(key[:-1])}]."
    return ConfigProblem(key, required, f"the keys {', '.join(keys)}", following)


def _unknown_key(key: KeyPath, keys: list[str]) -> ConfigProblem:
    following = suggestion(key[-1], keys)
    if key[-1].casefold() in ("password", "passwd", "pass", "username", "user"):
        following = CREDENTIALS
    return ConfigProblem(key, f'"{key[-1]}" is not a key here', ", ".join(keys), following or "remove it.")


def _build(values: dict[str, Any], source: SettingSource) -> Settings:
    """The settings of what `_read_sections` read without problems; [site] first, since defaults depend on it."""
    site, built = None, {}
    for name, section in sections_in(Settings).items():
        if section.id_type is None:
            built[name] = _table(section.table, values[name], site, source.path.parent)
            site = built["site"]
        else:
            make = section.id_type
            tables = {
                make(item_id): _table(section.table, file_values, site, source.path.parent, id=make(item_id))
                for item_id, file_values in values[name].items()
            }
            built[name] = MappingProxyType(tables)
    return Settings(**built, source=source)


def _table(table: type[Any], file_values: dict[str, Any], site: Any, folder: Path, **more: Any) -> Any:  # noqa: ANN401
    """One section: the values that the file gives, paths made absolute, and the defaults that depend on others."""
    values = dict(more)
    for key, (attribute, setting) in settings_in(table).items():
        if key in file_values:
            locate = setting.type.locate
            values[attribute] = locate(folder / file_values[key]) if locate else file_values[key]
        elif setting.derive is not None:
            values[attribute] = setting.derive(file_values, site)
    return table(**values)


def _as_problem(warning: ConfigWarning) -> ConfigProblem:
    return ConfigProblem(
        warning.key, warning.message, following="give the shorter period here, or run without --strict."
    )


def _refuse(kind: type[SettingsRefused], problems: Iterable[ConfigProblem], source: SettingSource) -> None:
    """Raise all problems at once, one a line, if there are any; the next step is the first one's."""
    listed = list(problems)
    if not listed:
        return
    following = listed[0].following or f"correct {'.'.join(listed[0].key)}, then `cctv config check`."
    if len(listed) > 1:
        following = f"{following} Then the others, and `cctv config check`."
    lines = [problem.describe(source.path, source.line(problem.key)) for problem in listed]
    raise kind(problem="\n".join(lines), following=following)


def _parts(dotted: str) -> KeyPath:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in re.findall(_KEY, dotted))


def _after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """The open multi-line string and the depth of brackets after a line."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return quote, depth
            position, quote = end + 3, ""
            continue
        token = _TOKEN.search(line, position)
        if token is None:
            break
        position = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        depth = max(0, depth + (token[0] in ("[", "{")) - (token[0] in ("]", "}")))
    return quote, depth
