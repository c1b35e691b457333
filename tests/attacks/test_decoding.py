"""A decoder that a recording took over reads no keys, changes no log and reaches nobody; nothing is made by halves.

What a hostile recording would have libav do is put in the place of the decoding, in the process that decodes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "redaction_review"))

from casestages import REQUEST, acts, approved, footage_files, keep_file, opened, prepared, stages

from cctv.core import worker
from cctv.core.confine import fences
from cctv.core.worker import WorkerFailed
from cctv.core.worker_messages import Nonsense
from cctv.footage.ingest import file_before
from cctv.redaction.decoding import Decoding, decode_apart
from cctv.redaction.review import analysis, render
from cctv.redaction.review.artefact_checks import checked_analysis
from cctv.redaction.review.artefacts import CHANGES, OUTCOME, PICTURES, SURVEY, TRACKS
from cctv.redaction.review.case import silent
from cctv.viewing import contact_sheet

__all__ = ["approved", "footage_files", "keep_file", "opened", "prepared", "stages"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        fences().landlock is None or not fences().seccomp, reason="no Landlock, or libseccomp is missing"
    ),
]
COMMANDS = {
    "redaction prepare": f"redaction prepare {REQUEST} --again",
    "redaction keep": f"redaction keep {REQUEST} 1 --reason x",
    "redaction preview": f"redaction preview {REQUEST}",
    "export build": f"export build {REQUEST}",
}


def files_of(site) -> dict[str, bytes]:
    """What counts of a storage; a refused build is in the log."""
    kept = ("keys", "segments", "holds", "exports", "derived", "site.json")
    return {
        str(path): path.read_bytes()
        for name in kept
        for path in sorted((site.root / name).rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def taken_over(monkeypatch):
    """Put an act in the place of what opens the recordings."""

    def begin(act) -> None:
        def hostile(*_: object) -> None:
            act()
            raise ValueError("the attack was not refused")

        for module in (analysis, render):
            monkeypatch.setattr(module, "clip_for", hostile)

    return begin


@pytest.fixture
def victim(approved):
    """A site with a key, and the folder of another request."""
    approved.cctv("audit checkpoint")
    other = approved.root / "derived" / "REQ-2026-009"
    other.mkdir()
    (other / "sheet.html").write_text("somebody else")
    return approved


def _reads(path: Path) -> None:
    path.read_bytes()


def _connects() -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def attacks_on_files(root: Path) -> dict[str, Callable[[], object]]:
    """What a decoder that was taken over would like to do with files; none of it is its work."""
    film = next((root / "segments").rglob("*.mp4"))
    return {
        "read the index": lambda: _reads(root / "cctv.db"),
        "edit the log": lambda: (root / "cctv.db").open("r+b"),
        "read the key": lambda: _reads(root / "keys" / "signing"),
        "read of another request": lambda: _reads(root / "derived" / "REQ-2026-009" / "sheet.html"),
        "name the requests": lambda: list((root / "derived").iterdir()),
        "place a hold": lambda: (root / "holds" / "H-2026-009.json").write_text("{}"),
        "make a package": lambda: (root / "exports" / "EXP-2026-009").mkdir(),
        "change footage": lambda: film.open("r+b"),
        "cut footage": lambda: os.truncate(film, 0),
        "delete footage": film.unlink,
        "open footage for others": lambda: film.chmod(0o777),
        "date footage": lambda: os.utime(film, (0, 0)),
        "lay a link": lambda: (root / "derived" / REQUEST / "link").symlink_to("/etc/hostname"),
        "read the settings": lambda: _reads(root.parent / "cameras.toml"),
        "read the machine's accounts": lambda: _reads(Path("/etc/shadow")),
    }


ATTACKS_ON_OTHERS: dict[str, Callable[[], object]] = {
    "connect": _connects,
    "listen": lambda: socket.create_server(("127.0.0.1", 0)),
    "make a unix socket": lambda: socket.socket(socket.AF_UNIX),
    "start a program": lambda: os.execv("/bin/true", ["true"]),
    "start a process": os.fork,
    "kill its parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "look into its parent": lambda: _reads(Path(f"/proc/{os.getppid()}/environ")),
}


def test_what_decodes_for_a_request_reaches_no_other_file_and_nobody(victim, taken_over):
    before, attacks = files_of(victim), attacks_on_files(victim.root) | ATTACKS_ON_OTHERS

    def attack() -> None:
        done = []
        for name, act in attacks.items():
            try:
                act()
            except PermissionError:
                continue
            done.append(name)
        raise ValueError(f"done: {done}")

    taken_over(attack)
    said = victim.cctv(COMMANDS["redaction prepare"], exit=15)

    assert "done: []" in said.err
    assert files_of(victim) == before


def test_a_call_that_is_refused_is_told(victim, taken_over):
    taken_over(_connects)
    said = victim.cctv(COMMANDS["redaction prepare"], exit=15).err

    assert "tried a connection, a program or another process, which are closed to it" in said
    assert "next:" in said
    assert "run the command again" in said


def test_what_decodes_has_no_descriptor_of_its_parent_and_no_capability(victim, taken_over):
    def looks() -> None:
        held = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.exists()]
        status = Path("/proc/self/status").read_text()
        rights = [line.split()[1] for line in status.splitlines() if line.startswith(("CapEff", "CapPrm", "CapInh"))]
        if any(str(path).startswith(str(victim.root)) for path in held) or {int(one, 16) for one in rights} != {0}:
            os.abort()
        raise ValueError("as it should be")

    taken_over(looks)
    assert "as it should be" in victim.cctv(COMMANDS["redaction prepare"], exit=15).err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_decodes_a_request_does_so_behind_the_fence(victim, taken_over, command):
    before, log = files_of(victim), acts(victim)
    taken_over(lambda: _reads(victim.root / "keys" / "signing"))

    said = victim.cctv(COMMANDS[command], exit=15)

    assert "keys/signing, which is closed to it" in said.err
    assert files_of(victim) == before
    assert acts(victim) == log + ["export.refused"] * (command == "export build")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_worker_that_is_killed_makes_nothing(victim, taken_over, command):
    before, log = files_of(victim), acts(victim)
    taken_over(os.abort)

    said = victim.cctv(COMMANDS[command], exit=15)

    assert "was ended by signal SIGABRT. Nothing was made of it." in said.err
    assert files_of(victim) == before
    assert acts(victim) == log + ["export.refused"] * (command == "export build")


def says(*lines: bytes):
    """An act that tells the parent something and ends."""

    def tell() -> None:
        for line in lines:
            os.write(3, line)
        os._exit(0)

    return tell


NONSENSE = {
    "no message": b"\x80\x04cbuiltins\nexit\n",
    "another kind": b'{"run": "rm"}\n',
    "two at once": b'{"progress": ["x", 1, 2], "done": {}}\n',
    "no count": b'{"progress": ["backdrop", -1, 1e400]}\n',
    "a stage of a page": b'{"progress": ["' + b"x" * 100 + b'", 1, 2]}\n',
    "an error of elsewhere": b'{"error": {"class": "NotGranted", "fields": {}, "trace": ""}}\n',
    "a field too few": b'{"error": {"class": "SourceUnreadable", "fields": {}, "trace": ""}}\n',
    "a log of its own": b'{"log": {"logger": "root", "level": 50, "event": "x", "fields": {}, "shown": true, '
    b'"trace": null}}\n',
    "a result without files": b'{"done": {"samples": 0}}\n',
    "no result": b'{"done": [["__import__"]]}\n',
    "a deep one": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_worker_that_answers_nonsense_makes_nothing(victim, taken_over, kind):
    before = files_of(victim)
    taken_over(says(NONSENSE[kind]))

    said = victim.cctv(COMMANDS["redaction preview"], exit=15)

    assert "answered what cannot be. Nothing was made of it." in said.err
    assert files_of(victim) == before


def test_a_template_of_a_worker_names_no_attribute(victim, taken_over):
    message = {"text": "plain", "template": "{path.__class__.__mro__}", "context": None, "values": {"path": "x"}}
    fields = {"path": "film", "problem": message, "following": "-"}
    error = {"error": {"class": "SourceUnreadable", "fields": fields, "trace": ""}}
    taken_over(says(json.dumps(error).encode() + b"\n"))

    assert "film cannot be redacted: plain." in victim.cctv(COMMANDS["redaction prepare"], exit=15).err


def spoiled(folder: Path, how: str) -> None:
    """Change what an analysis wrote, as a hostile worker would."""
    match how:
        case "a link in place of a file":
            (folder / CHANGES).unlink()
            os.link(folder / TRACKS, folder / CHANGES)
        case "one file more":
            (folder / "run.sh").write_text("x")
        case "one file less":
            (folder / OUTCOME).unlink()
        case "no arrays":
            (folder / SURVEY).write_bytes(b"PK\x03\x04" + bytes(100))
        case "tracks beyond the end":
            told = json.loads((folder / TRACKS).read_text())
            told["tracks"][0]["first"] = 10**6
            (folder / TRACKS).write_text(json.dumps(told))
        case "an array of objects":
            analysis.np.savez(folder / PICTURES, **{"1-0": analysis.np.array([{}], dtype=object)})


@pytest.mark.parametrize(
    "how",
    ["a link in place of a file", "one file more", "one file less", "no arrays", "tracks beyond the end",
     "an array of objects"],
)  # fmt: skip
def test_files_that_a_worker_spoiled_are_no_analysis(prepared, tmp_path, how):
    (made,) = (path for path in (prepared.root / "derived" / REQUEST).iterdir() if path.is_dir())
    shutil.copytree(made, tmp_path / "made", ignore=lambda *_: ["finished.json"])
    assert checked_analysis(tmp_path / "made", has_tracks=True).backdrops == 1

    spoiled(tmp_path / "made", how)
    with pytest.raises(Nonsense):
        checked_analysis(tmp_path / "made", has_tracks=True)


def test_an_analysis_that_a_worker_spoiled_is_not_entered(victim, monkeypatch):
    before, real = files_of(victim), analysis._analyse

    def hostile(site, plan, directory, *rest):
        told = real(site, plan, directory, *rest)
        spoiled(directory, "one file more")
        return told

    monkeypatch.setattr(analysis, "_analyse", hostile)
    assert "answered what cannot be" in victim.cctv(COMMANDS["redaction prepare"], exit=15).err
    assert files_of(victim) == before


@pytest.mark.parametrize("told", [{}, {"frames": 5}, {"frames": 80, "live_pixels_outside": 1}])
def test_a_proof_that_is_none_makes_no_package(victim, monkeypatch, told):
    before, real = files_of(victim), render.asdict
    monkeypatch.setattr(render, "asdict", lambda result: {**real(result), **told} if told else told)

    said = victim.cctv(COMMANDS["export build"], exit=15)

    assert "answered what cannot be" in said.err
    assert files_of(victim) == before
    assert acts(victim)[-1] == "export.refused"


def test_an_interrupted_worker_ends_with_its_command(victim, monkeypatch):
    def endless(*_: object) -> None:
        while True:
            time.sleep(0.01)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "decode", interrupted)
    monkeypatch.setattr(analysis, "_analyse", lambda *given: (given[-1]("backdrop", 0, 1), endless()))
    before = files_of(victim)
    begun = time.monotonic()
    victim.cctv(COMMANDS["redaction prepare"], exit=130)

    assert time.monotonic() - begun < worker._LEAVE_SECONDS
    assert files_of(victim) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_look_at_footage_is_decoded_behind_the_fence(site, monkeypatch):
    site.record("gevel-1", "2026-11-01 10:00", minutes=2 / 30, segment=2)
    site.cctv("incident open x --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'")
    look = "--case INC-2026-001 --camera gevel-1 --from '2026-11-01 10:00:00' --to '2026-11-01 10:00:02'"
    index = site.root / "cctv.db"
    for module, name in ((contact_sheet, "show"), ("cctv.viewing.extract", "extract")):
        path = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{path}.clip_of", lambda *_: _reads(index))
        assert "cctv.db, which is closed to it" in site.cctv(f"footage {name} {look}", exit=15).err
    assert list((site.root / "derived" / "INC-2026-001" / "views").iterdir()) == []


def test_a_preview_that_is_made_again_takes_the_place_of_the_first(approved):
    for _ in range(2):
        approved.cctv(COMMANDS["redaction preview"])
    made = [path.name for path in (approved.root / "derived" / REQUEST).rglob("*") if "preview" in path.name]
    assert made == ["preview.mp4"]
    assert not list((approved.root / "derived").rglob("rendering"))


def test_a_worker_reads_the_recording_before_as_pictures_may_refer_to_it(approved):
    first, second = sorted((approved.root / "segments").glob("*/foyer-1/*/*T1000*.mp4"))[:2]
    assert file_before(second) == first

    def look(_progress: object) -> list[object]:
        before = file_before(second)
        return [str(before), first.read_bytes() == before.read_bytes()]

    assert decode_apart(look, Decoding((second,)), silent) == [str(first), True]
    with pytest.raises(WorkerFailed, match="closed to it"):
        decode_apart(look, Decoding((second,), is_led=False), silent)
