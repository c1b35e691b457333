"""What decodes bytes from elsewhere reads no keys, opens no connection and starts no program.

The children here stand for a decoder that a file took over: they try what such a one would.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import click
import pytest

from cctv.cli.commands.redaction import file as redaction_file
from cctv.cli.fence import FILE_FLAGS, FILE_VALUES, foreign_file
from cctv.core import confine
from cctv.core.confine import Confinement, Fences, fences, for_python
from cctv.core.errors import ToolFailed
from cctv.core.process import run_process, start_process
from cctv.monitoring.doctor_machine import judge_programs
from cctv.monitoring.machine_facts import Machine, ProgramFacts
from cctv.redaction.review.background_samples import first_picture_command

pytestmark = pytest.mark.skipif(
    fences().landlock is None or not fences().seccomp, reason="this kernel has no Landlock, or libseccomp is missing"
)
FFMPEG = Confinement(programs=("ffmpeg",))
CAT = Confinement(programs=("cat",))


def as_decoder(code: str, *reads: Path, writes: tuple[Path, ...] = ()) -> str:
    """What a Python child prints that is confined as `redaction file` is."""
    return run_process([sys.executable, "-c", code], confined=for_python(reads, writes)).decode()


def refused(code: str, *reads: Path, writes: tuple[Path, ...] = ()) -> str:
    """The error that the same raises."""
    with pytest.raises(ToolFailed) as error:
        as_decoder(code, *reads, writes=writes)
    return error.value.message


@pytest.fixture
def key(site):
    """The signing key of a storage."""
    site.cctv("audit checkpoint")
    return site.root / "keys" / "signing"


def test_a_confined_child_reads_what_it_is_given_and_nothing_else(key, tmp_path):
    given = tmp_path / "given"
    given.write_text("picture")

    assert run_process(["cat", str(given)], confined=Confinement((given,), programs=("cat",))) == b"picture"
    for path in (key, key.parent / "signing.pub", key.parent.parent / "cctv.db", Path("/etc/hostname"), given):
        with pytest.raises(ToolFailed, match="Permission denied"):
            run_process(["cat", str(path)], confined=CAT)
    assert run_process(["cat", str(key)]).startswith(b"-----BEGIN")  # without a fence


def test_a_link_beside_what_it_is_given_leads_nowhere(key, tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    (given / "link").symlink_to(key)
    with pytest.raises(ToolFailed, match="Permission denied"):
        run_process(["cat", str(given / "link")], confined=Confinement((given,), programs=("cat",)))


@pytest.mark.parametrize(
    "address",
    ["AF_INET, socket.SOCK_STREAM", "AF_INET, socket.SOCK_DGRAM", "AF_INET6, socket.SOCK_STREAM",
     "AF_UNIX, socket.SOCK_STREAM", "AF_NETLINK, socket.SOCK_RAW"],
)  # fmt: skip
def test_a_confined_child_makes_no_socket(address):
    assert "PermissionError" in refused(f"import socket; socket.socket(socket.{address})")


def test_a_confined_ffmpeg_reaches_no_server(tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/film.mp4"
        with pytest.raises(ToolFailed, match="not permitted"):
            run_process(
                ["ffmpeg", "-v", "error", "-i", url, "-f", "null", "-"], confined=Confinement(programs=("ffmpeg",))
            )
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_confined_child_starts_no_other_program():
    assert "PermissionError" in refused("import subprocess; subprocess.run(['/usr/bin/id'])")
    with pytest.raises(ToolFailed, match="Permission denied"):
        run_process(["id"], confined=CAT)


def test_a_confined_child_looks_into_no_other_process_and_kills_none():
    victim = os.getpid()
    assert "denied" in refused(f"open('/proc/{victim}/environ').read()")
    assert "PermissionError" in refused(f"import os; os.kill({victim}, 0)") or (fences().landlock or 0) < 6


def test_a_confined_child_writes_into_its_output_folder_alone(tmp_path, key):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    as_decoder(f"open('{out}/video', 'w').write('x')", writes=(out,))

    assert (out / "video").read_text() == "x"
    before = key.read_bytes()
    for path in (elsewhere / "video", tmp_path / "video", key):
        assert "PermissionError" in refused(f"open('{path}', 'w')", writes=(out,))
    for act in ("os.link", "os.rename"):
        assert "Error" in refused(f"import os; {act}('{key}', '{out}/key')", writes=(out,))
    assert "PermissionError" in refused(f"import os; os.unlink('{key}')", writes=(out,))
    assert key.read_bytes() == before


def test_this_process_stays_free(tmp_path):
    (tmp_path / "file").write_text("x")
    run_process(["cat", "/dev/null"], confined=CAT)

    assert (tmp_path / "file").read_text() == "x"
    with socket.socket():
        assert threading.current_thread() is threading.main_thread()


def test_a_started_child_lives_until_it_is_done_and_its_status_is_its_own(tmp_path):
    pipe = subprocess.PIPE
    child = start_process(["cat"], stdin=pipe, stdout=pipe, confined=CAT)
    time.sleep(0.2)
    assert child.poll() is None
    assert child.communicate(b"through", timeout=20)[0] == b"through"
    assert child.returncode == 0
    gone = Confinement((tmp_path / "gone",), programs=("cat",))  # what is not there is left out of the fence
    assert run_process(["cat"], confined=gone, stdin=b"x") == b"x"


def test_the_first_picture_of_a_segment_is_decoded_behind_the_fence(clip):
    free = run_process(first_picture_command(clip))
    confined = run_process(first_picture_command(clip), confined=Confinement((clip,), programs=("ffmpeg",)))

    assert confined == free != b""


@pytest.mark.slow
def test_redaction_file_decodes_behind_the_fence(clip, tmp_path):
    """The whole program: confined by the time that it decodes, and its result is the same."""
    words = [sys.executable, "-c", "import sys; from cctv.cli.app import main; sys.exit(main())", "redaction", "file"]
    with subprocess.Popen([*words, str(clip), str(tmp_path / "out.mp4")], cwd=tmp_path) as child:
        states = set()
        while child.poll() is None:
            status = Path(f"/proc/{child.pid}/status").read_text()
            states.add(tuple(line for line in status.splitlines() if line.startswith(("Seccomp:", "NoNewPrivs:"))))
            time.sleep(0.05)
    assert child.returncode == 0
    assert ("NoNewPrivs:\t1", "Seccomp:\t2") in states
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.mp4"]


def test_the_fence_reads_the_words_of_redaction_file_as_the_command_does():
    options = [one for one in redaction_file.params if isinstance(one, click.Option)]
    assert {name for one in options if not one.is_flag for name in one.opts} == FILE_VALUES
    assert {name for one in options if one.is_flag for name in one.opts} == FILE_FLAGS

    words = "--config c.toml --debug redaction file --keep=K.json in.mp4 --mask-out m.mkv --force out/x.mp4"
    named = foreign_file(words.split())
    assert named is not None
    assert named.reads == (Path("in.mp4"), Path("K.json"))
    assert named.writes == (Path("out/x.mp4"), Path("m.mkv"))
    assert named.config == Path("c.toml")
    for other in (
        "redaction prepare REQ-2026-001",
        "redaction file",
        "redaction file in.mp4",
        "",
        "incident redaction file",
    ):
        assert foreign_file(other.split()) is None


def test_without_landlock_the_rest_holds_and_the_doctor_says_so(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(confine, "fences", lambda: Fences(None, True))
    assert run_process(["cat", str(tmp_path / "file")], confined=CAT) == b"x"
    assert "PermissionError" in refused("import socket; socket.socket()")

    facts = ProgramFacts({}, frozenset({"libx264", "ffv1"}), frozenset({"h264", "hevc"}), {}, Fences(None, False))
    told = [str(finding.text) for finding in judge_programs(facts)]
    assert any("Landlock" in text for text in told)
    assert any("libseccomp" in text for text in told)
    assert Machine().programs().fences == fences()
