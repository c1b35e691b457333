"""Types the commands of a story and writes down what was answered, the same on every machine and at every time.

Substituted are only values that are new each time or on each machine: the folder, hashes, keys, passphrases, the sizes
of the disk and of what a tool encoded.  UUIDs count up, because tables break them over two lines.
Equal values get equal numbers, so that it stays visible which of them are the same.
"""

from __future__ import annotations

import itertools
import json
import pwd
import re
import socket
import uuid
from pathlib import Path
from types import SimpleNamespace

from cctv.core.i18n import Language

TESTS = Path(__file__).resolve().parent.parent
REFUSED = (2, 10, 12, 13, 14)  # exit codes
CLIP_BYTES = 128_000  # every file of footage; other sizes depend on what encodes, compresses or stores
MOST_FOOTAGE = 1000 * CLIP_BYTES  # what is more is the size of a disk
ALWAYS_NEW = {
    "hash": re.compile(r"\b[0-9a-f]{64}\b"),
    "key": re.compile(r"\bSHA256:[0-9A-Za-z+/]{43}"),
    "passphrase": re.compile(r"\b\d{5}(?:-\d{5}){4}\b"),
    "age key": re.compile(r"\bage1[0-9a-z]{58}\b"),
    "file system": re.compile(r"\b[0-9a-f]{16}\b"),  # the machine's
}
SIZE = re.compile(r"\b(\d+(?:[.,]\d)?) (B|kB|MB|GB|o|ko|Mo|Go)\b")
BYTES = re.compile(r'("\w*bytes": |_bytes )(\d+(?:\.0)?)\b')
BOX = re.compile(r'"box": \[\s*(?:-?\d+(?:\.\d+)?,?\s*){4}\]')  # of a person: its last digit is the processor's
PER_CENT = re.compile(r"(?<=<size> free of <size> )\(\d+%\)")


def pad(path: Path) -> Path:
    """Make an MP4 file `CLIP_BYTES` long by a box that readers skip, whatever the encoder made of it."""
    missing = CLIP_BYTES - path.stat().st_size
    with path.open("ab") as file:
        file.write(missing.to_bytes(4, "big") + b"free" + bytes(missing - 8))
    return path


class Teller:
    """One site, what is typed there, and its answers so far."""

    def __init__(self, site, clock, form: str, monkeypatch) -> None:
        """`form` is json, or the language in which the answers are text."""
        counter = itertools.count(1)
        monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=next(counter) << 96 | 0x4000_8000_0000_0000_0000))
        monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name=self._account))
        self.site, self.clock, self.folder = site, clock, site.folder
        self.answers: list[str] = []
        self._account, self._json = "staff", form == "json"
        self._exit = 0
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in ALWAYS_NEW}
        site.language = Language.EN if self._json else Language(form)

    def cctv(self, *commands: str, account: str = "staff") -> None:
        """Type commands one after the other; `{folder}` in them is the folder of the site."""
        self._account = account
        for command in commands:
            typed = command.replace("{folder}", str(self.folder)) + (" --json" if self._json else "")
            answer = self.site.cctv(typed, exit=None)
            self._exit = answer.exit
            parts = [f"$ cctv {typed}\nexit {answer.exit}\n"]
            if answer.err:
                parts.append(f"--- stderr\n{answer.err}")
            if answer.out:
                parts.append(f"--- stdout\n{self._readable(answer.out)}")
            self.answers.append(self._same("".join(parts)))

    def tried(self, *commands: str, account: str = "staff") -> None:
        """The same, each first with `--dry-run`, and not again where that is refused already."""
        for command in commands:
            self.cctv(f"{command} --dry-run", account=account)
            if self._exit not in REFUSED:
                self.cctv(command, account=account)

    def _readable(self, out: str) -> str:
        """JSON on lines of its own, once it is sure that nothing but its blanks is changed by that."""
        if not out.startswith('{"schema"'):
            return out
        answer = json.loads(out)
        ascii_only = json.dumps(answer) + "\n"
        assert out in (json.dumps(answer, ensure_ascii=False) + "\n", ascii_only)
        return json.dumps(answer, indent=1, ensure_ascii=out == ascii_only) + "\n"

    def _same(self, text: str) -> str:
        text = (
            text.replace(str(self.folder), "<folder>")
            .replace(str(TESTS), "<tests>")
            .replace(str(TESTS.parent), "<root>")
        )
        text = text.replace(f"staff@{socket.gethostname()}:", "staff@<host>:")
        for name, pattern in ALWAYS_NEW.items():
            numbers = self._numbers[name]
            text = pattern.sub(lambda hit, n=numbers, k=name: f"<{k} {n.setdefault(hit[0], len(n) + 1)}>", text)
        text = BOX.sub('"box": <box>', text)
        return PER_CENT.sub("(<n>%)", SIZE.sub(_size, BYTES.sub(_bytes, text)))


def _bytes(hit: re.Match[str]) -> str:
    count = int(float(hit[2]))
    return hit[0] if count % CLIP_BYTES == 0 and count < MOST_FOOTAGE else f"{hit[1]}<bytes>"


def _size(hit: re.Match[str]) -> str:
    is_footage = hit[2] in ("kB", "ko") and float(hit[1].replace(",", ".")) * 1000 % CLIP_BYTES == 0
    return hit[0] if is_footage or hit[1] == "0" else "<size>"
