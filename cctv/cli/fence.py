"""The fence around `cctv redaction file`, put up before anything is imported that decodes.

Later the process has threads of libraries, which no fence of its first thread reaches; the command itself then begins
anew (`restart_confined`).  Which files the words name is read here as the command reads them: whoever adds an option
to it adds its name here, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cctv.config.settings_file import candidates
from cctv.core.confine import confine_thread, for_python, mark

_ROOT_VALUES = frozenset({"--config", "--language", "--code", "--log-format"})
_ROOT_FLAGS = frozenset({"--debug"})
_OWN = Path("/proc/self")  # how much memory this process may still take
FILE_VALUES = frozenset({"--mode", "--fill", "--others", "--keep", "--mask-out"})
FILE_FLAGS = frozenset({"--force", "--json"})


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """What `redaction file` reads and writes; `config` is that of `--config`, None for the usual places."""

    reads: tuple[Path, ...]
    writes: tuple[Path, ...]
    config: Path | None


def foreign_file(arguments: Sequence[str]) -> ForeignFile | None:
    """The files that `redaction file` with these words reads and writes; None for any other command.  Pure."""
    root, rest = _split(arguments, _ROOT_VALUES, _ROOT_FLAGS, most=1)
    if rest[:2] != ["redaction", "file"]:
        return None
    options, names = _split(rest[2:], FILE_VALUES, FILE_FLAGS)
    if len(names) != 2:
        return None
    config = root.get("--config")
    reads = (Path(names[0]), *(Path(options[name]) for name in ("--keep",) if name in options))
    writes = (Path(names[1]), *(Path(options[name]) for name in ("--mask-out",) if name in options))
    return ForeignFile(reads, writes, Path(config) if config is not None else None)


def fence_foreign_file(arguments: Sequence[str], environ: MutableMapping[str, str]) -> None:
    """Confine this process, which has one thread yet, where it is to decode a file from elsewhere."""
    if (named := foreign_file(arguments)) is None:
        return
    reads = [path.resolve() for path in (*named.reads, *candidates(named.config, environ), _OWN)]
    writes = [path.resolve().parent for path in named.writes]
    confine_thread(for_python(reads, writes))
    mark(environ, writes[0])


def _split(
    words: Sequence[str], values: frozenset[str], flags: frozenset[str], most: int | None = None
) -> tuple[dict[str, str], list[str]]:
    """Options with their values, and the other words; with `most` what follows so many words is left as it is."""
    options: dict[str, str] = {}
    others: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, has_value, value = word.partition("=")
        if word == "--" and most is None:
            return options, [*others, *waiting]
        if name in values and (has_value or waiting):
            options[name] = value if has_value else waiting.pop(0)
        elif word not in flags:
            others.append(word)
            if most is not None and len(others) >= most:
                return options, [*others, *waiting]
    return options, others
