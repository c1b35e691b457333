"""What each role may and may not, and that nobody goes round the service."""

from __future__ import annotations

import stat
import subprocess
from collections import Counter

from accounts_story.box import CAMERA, Box
from accounts_story.facts import NOT_PERMITTED, Facts
from accounts_story.people import ROLE_OF, People

DATES = "--briefed yesterday --confidentiality yesterday"
INCIDENT = f"incident open laptop --kind theft --cameras {CAMERA} SPAN --another"
REQUEST = (
    f"request open --no-prepare --name 'An Peeters' --contact an@example.be --received today --channel email "
    f"--cameras {CAMERA} SPAN"
)
LOOK = f"footage show --case INC-2026-001 --camera {CAMERA} SPAN --stills 1 --copy-to ."
WELL = (0, 19)  # 19: `status` may say that the recorder stands still
# In this order: what one opens is there for the next.
MAY = (
    ("olaf", "status"), ("olaf", "cameras list"), ("olaf", "hold list"), ("olaf", "audit verify"),
    ("stan", INCIDENT), ("stan", REQUEST), ("stan", "incident list"), ("stan", "hold list"),
    ("hanna", "request list"), ("hanna", "request show REQ-2026-001"),
    ("hanna", "request statement REQ-2026-001 --text 'I wear a red coat'"),
    ("dora", "request board"), ("dora", "audit list"), ("dora", "incident show INC-2026-001"),
    ("anna", "request list"), ("anna", "register show grants"), ("anna", "audit list"),
    ("auke", "register show grants"), ("auke", "audit list"), ("auke", "audit search --act incident"),
    ("root", "status"),
)  # fmt: skip
MAY_NOT = (
    ("olaf", "request list"), ("olaf", "audit list"), ("olaf", "hold release HOLD-2026-001 --reason x"), ("olaf", LOOK),
    ("stan", "request show REQ-2026-001"), ("stan", "audit list"), ("stan", "redaction prepare REQ-2026-001"),
    ("stan", "request close REQ-2026-001 --outcome granted"),
    ("hanna", "redaction approve REQ-2026-001 --all --reason looked"),
    ("hanna", f"grant give nobody view {DATES} --reason x"),
    ("dora", "redaction keep REQ-2026-001 1 --reason x"),
    ("anna", "redaction prepare REQ-2026-001"), ("anna", "incident settle INC-2026-001 --reason x --yes"),
    ("auke", "request list"), ("auke", LOOK), ("auke", INCIDENT),
    ("nina", "status"), ("nina", "hold list"), ("nina", "request show REQ-2031-777"),
    ("root", "request list"), ("root", LOOK), ("root", "hold release HOLD-2026-001 --reason x"),
)  # fmt: skip


def storage_is_shut(box: Box, facts: Facts) -> None:
    facts.part("Nobody goes round the service")
    open_paths = [path for path in (box.storage, *box.storage.rglob("*")) if path.lstat().st_mode & 0o077]
    facts.equal("the storage's mode", oct(stat.S_IMODE(box.storage.stat().st_mode)), "0o700")
    facts.equal("files of the storage that others may open", len(open_paths), 0)
    for name in ("stan", "olaf", "nina"):
        tried = box.popen(name, ["sh", "-c", f"ls {box.storage}; cat {box.storage}/cctv.db; echo x >{box.storage}/x"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        out, err = tried.communicate()
        facts.equal(f"{name}: reads and writes in the storage", (out, err.count(b"ermission denied")), (b"", 3))


def each_does_what_it_may(people: People, box: Box, facts: Facts) -> None:
    """Each role is let and refused; as many refusals stand in the log, under the right names."""
    facts.part("Each does what its role gives")
    for name, command in MAY:
        facts.typed(_who(name), box.type(name, command), *(WELL if command == "status" else (0,)))
    for name in ROLE_OF:
        facts.typed(_who(name), box.type(name, "grant mine"), 0)
    facts.part("Each is refused what it does not give, and that is in the log")
    before = refusals(people, box)
    for name, command in MAY_NOT:
        facts.typed(_who(name), box.type(name, command), NOT_PERMITTED, says="may not")
    found = refusals(people, box) - before
    facts.equal("refusals in the log, by name", dict(found), dict(Counter(name for name, _ in MAY_NOT)))


def refusals(people: People, box: Box) -> Counter[str]:
    """How often the log has that each was refused."""
    listed = box.type("auke", "audit search --act right.refused --last 1000 --json").json["entries"]
    return Counter(people.plain(entry["actor"]) for entry in listed)


def _who(name: str) -> str:
    role = "administrator" if name == "root" else ROLE_OF[name] or "without a role"
    return f"{name} ({role})"
