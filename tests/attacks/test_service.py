"""What another account, or a client that is not ours, can do to the service and through it: nothing."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
import socket
import stat
import struct
import subprocess
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest
from serving import MAIN, NAMELESS, PEOPLE, SERVICE, START_SECONDS

from cctv.services.serve.caller import Unserved, _Interrupts, hand_over, untrusted
from cctv.services.serve.listener import BURST, MOST_OF_ACCOUNT, AccountPace, Limits
from cctv.services.serve.outgoing import NotNamed, Outgoing
from cctv.services.serve.protocol import PROTOCOL, REQUEST_BYTES, Closed, FrameChannel, encode

pytestmark = pytest.mark.slow
ATTACKER, VICTIM = "games", "daemon"
ENGLISH = ["--language", "en"]
REQUEST = {"argv": ["hold", "list"], "environ": {}, "umask": 0o22, "encodings": ["utf-8"] * 3}
OPEN = "incident open x --kind theft --cameras foyer-1 --from 'gisteren 22:00' --to 'gisteren 23:00' --another"


def descriptors(served):
    """How many files the resident process has open."""
    return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))


def children(served):
    tasks = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    return len(tasks.read_text().split())


def gives_back(served, opened):
    """Whether the resident process soon has no more files open than it had."""
    deadline = time.monotonic() + START_SECONDS
    while descriptors(served) > opened and time.monotonic() < deadline:
        time.sleep(0.02)
    return descriptors(served) <= opened


def settled(served):
    deadline = time.monotonic() + START_SECONDS
    while children(served):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def speak(served, request, *, streams=3):
    """Send one request as root and return the exit code or the refusal, and what was printed."""
    connection, channel = served.raw()
    with closing(connection), tempfile.TemporaryFile() as printed:
        with suppress(Closed):  # it may have said why and hung up before all was sent
            channel.send({**request, "argv": [*ENGLISH, *request["argv"]]}, [printed.fileno()] * streams)
        while True:
            message, received = channel.receive(REQUEST_BYTES, START_SECONDS, most_descriptors=1)
            for descriptor in received:
                os.close(descriptor)
            if "ask" not in message:
                break
            channel.send({"error": [0, "not named"]})
        printed.seek(0)
        return message, printed.read().decode()


@pytest.mark.parametrize(
    "forged",
    [{"USER": VICTIM, "LOGNAME": VICTIM, "USERNAME": VICTIM, "SUDO_USER": VICTIM, "SUDO_UID": "1"}, {"HOME": "/root"}],
)
def test_a_name_in_the_environment_is_nobodys(served, forged):
    served.type(ATTACKER, OPEN, env=served.variables(**forged))

    assert served.acts()[-1] == (ATTACKER, "hold.placed")


def test_a_request_that_says_who_it_is_is_not_believed(served):
    forged = {**REQUEST, "argv": ["grant", "give", "man", "export", "--briefed", "1/1/2026", "--confidentiality",
              "1/1/2026", "--reason", "x"], "account": VICTIM, "uid": 1, "actor": VICTIM}  # fmt: skip

    message, printed = speak(served, forged)

    assert message == {"exit": 0}, printed
    assert served.acts()[-1] == ("root", "grant.given")


def test_settings_of_the_caller_are_not_used(served):
    mine = served.home(ATTACKER) / "mine.toml"
    mine.write_text(served.config.read_text().replace('"28d"', '"1d"'))
    os.chown(mine, pwd.getpwnam(ATTACKER).pw_uid, -1)

    by_option = served.type(ATTACKER, f"--config {mine} hold list", exit=None)
    by_variable = served.type(ATTACKER, "hold list", exit=None, env=served.variables(CCTV_CONFIG=str(mine)))
    message, printed = speak(served, {**REQUEST, "argv": ["--config", str(mine), "hold", "list"]})
    ignored, _ = speak(served, {**REQUEST, "environ": {"CCTV_CONFIG": str(mine)}})

    assert by_option.exit in (10, 12, 18)  # in the caller's process, by the caller's own rights
    assert by_variable.exit in (10, 12, 18)
    assert (message, "policy belongs to the storage" in printed) == ({"exit": 12}, True)
    assert ignored == {"exit": 0}


def test_a_settings_file_in_the_working_directory_is_not_the_services(served):
    shutil.copy(served.config, served.home(ATTACKER) / "cameras.toml")

    typed = served.type(ATTACKER, "hold list", exit=None)
    (served.home(ATTACKER) / "cameras.toml").unlink()

    assert typed.exit in (10, 12, 18)
    assert "Traceback" not in typed.err


@pytest.mark.parametrize(
    "words", ["record", "sweep --once", "serve", "footage init", "backup list", "redaction file a b"]
)
def test_commands_that_are_the_boxs_do_not_run_in_the_service(served, words):
    message, printed = speak(served, {**REQUEST, "argv": words.split()})

    assert message == {"exit": 12}
    assert "so it does not run in the service" in printed


@pytest.mark.parametrize(
    "words",
    [
        "export verify {root}/exports",
        "export verify {root}/keys/signing",
        "retention certificate --verify {root}/site.json",
        "retention certificate --verify {root}/site.json --key {root}/keys/signing",
    ],
)
def test_the_service_opens_no_path_that_a_request_names(served, words):
    message, printed = speak(served, {**REQUEST, "argv": words.format(root=served.root).split()})

    assert message["exit"] in (2, 12), printed
    assert "opens no file of its own" in printed or "cannot be used" in printed


@pytest.mark.parametrize(
    "words",
    [
        "audit checkpoint --out {root}/keys/signing",
        "register show incidents --format csv --output {root}/site.json",
        "register notice --address https://x.example --to {root}/holds",
        "audit verify --checkpoint {root}/site.json",
        "audit verify --key {root}/keys/signing",
        "letter preview no-footage --to {root}/x.txt",
    ],
)
def test_through_the_service_nobody_reaches_a_file_of_the_storage(served, words):
    before = {path: path.read_bytes() for path in served.root.rglob("*") if path.is_file() and path.suffix != ".db-shm"}

    typed = served.type(ATTACKER, words.format(root=served.root), exit=2)

    after = {path: path.read_bytes() for path in before if "cctv.db" not in path.name and "audit" not in path.parts}
    assert all(after[path] == before[path] for path in after)
    assert "Permission denied" in typed.err or "there is no folder" in typed.err


@pytest.mark.parametrize("path", ["cctv.db", "keys/signing", "site.json", "audit"])
def test_no_other_account_reads_or_writes_the_storage_itself(served, path):
    served.type(VICTIM, "audit checkpoint")
    command = f"cat {served.root}/{path}; echo x > {served.root}/{path}; ls {served.root}"
    user = pwd.getpwnam(ATTACKER)
    group = pwd.getpwnam(SERVICE).pw_gid  # even as a member of its group
    done = subprocess.run(["sh", "-c", command], user=user.pw_uid, group=group, extra_groups=[], capture_output=True)

    assert done.stdout == b""
    assert done.stderr.count(b"Permission denied") == 3


def test_a_link_in_the_way_of_an_output_is_not_followed(served):
    folder = Path(tempfile.mkdtemp(prefix="cctv-public-"))
    folder.chmod(0o1777)
    precious = served.home(VICTIM) / "precious"
    precious.write_text("mine")
    os.chown(precious, pwd.getpwnam(VICTIM).pw_uid, -1)
    (folder / "checkpoint.json").symlink_to(precious)

    served.type(VICTIM, f"audit checkpoint --out {folder}/checkpoint.json", exit=None)

    assert precious.read_text() == "mine"
    shutil.rmtree(folder)


def test_an_account_without_a_name_is_refused(served):
    arguments = [served.python, "-c", "import sys; from cctv.cli.entry import main; sys.exit(main())", "hold", "list"]

    done = subprocess.run(
        arguments, user=NAMELESS, group=NAMELESS, extra_groups=[], cwd="/", env=served.variables(), capture_output=True
    )

    assert done.returncode == 12
    assert str(NAMELESS).encode() in done.stderr


def garbage():
    yield "nothing that is a frame", b"\xff" * 4096
    yield "ten gigabytes", struct.pack("!I", 0xFFFFFFFF) + b"x" * 65536
    yield "no JSON", struct.pack("!I", 5) + b"hello"
    yield "no object", struct.pack("!I", 2) + b"[]"
    yield "nested too deeply", struct.pack("!I", 200_000) + b"[" * 200_000
    yield "no request", encode({"argv": 1})
    yield "half a frame", struct.pack("!I", 1000) + b"{"


@pytest.mark.parametrize(("what", "sent"), list(garbage()), ids=[what for what, _ in garbage()])
def test_garbage_harms_nobody_else(served, what, sent):
    settled(served)
    opened = descriptors(served)
    connection, channel = served.raw()
    with closing(connection):
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            answer, _ = channel.receive(seconds=START_SECONDS)
        except (Closed, OSError):
            answer = {"refused": "refused"}  # it hung up before all was sent

    assert answer["refused"] == "refused"
    served.type(VICTIM, "hold list")
    settled(served)
    assert gives_back(served, opened)


@pytest.mark.parametrize("count", [0, 1, 2, 4, 200])
def test_a_request_with_another_number_of_descriptors_is_refused(served, count):
    settled(served)
    opened = descriptors(served)

    message, _ = speak(served, REQUEST, streams=count)

    assert message["refused"] == "refused"
    settled(served)
    assert gives_back(served, opened)


def test_clients_that_hang_take_only_their_own_accounts_place(served):
    hanging = [served.raw()[0] for _ in range(MOST_OF_ACCOUNT)]  # of root, who says nothing
    try:
        started = time.monotonic()
        served.type(VICTIM, "hold list")
        assert time.monotonic() - started < START_SECONDS
        with socket.socket(socket.AF_UNIX) as one_more:
            one_more.connect(str(served.socket))
            refused, _ = FrameChannel(one_more).receive(seconds=START_SECONDS)
        assert refused == {"refused": "account-busy", "fields": {"count": MOST_OF_ACCOUNT}}
    finally:
        for connection in hanging:
            connection.close()
    settled(served)


def test_a_flood_of_connections_delays_nobody_for_long(served):
    has_to_stop = threading.Event()

    def flood():
        while not has_to_stop.is_set():
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                try:
                    connection.connect(str(served.socket))
                except OSError:
                    continue

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        answers = [served.type(VICTIM, "hold list --json").exit for _ in range(3)]
    finally:
        has_to_stop.set()
        thread.join()
    assert answers == [0, 0, 0]
    settled(served)


def test_an_account_that_begins_too_many_commands_is_slowed_and_no_other(served):
    """Each connection stays open until it is answered, so that each could have cost a child."""
    refusals = set()
    for _ in range(2 * BURST):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(served.socket))
            answer, _ = FrameChannel(connection).receive(seconds=START_SECONDS)
            refusals.add(answer.get("refused"))
    assert refusals <= {None, "account-fast", "account-busy"}

    served.type(VICTIM, "hold list")
    settled(served)


def test_the_pace_of_an_account_is_its_own():
    pace = AccountPace(Limits(burst=2, per_second=1.0))

    assert [pace.allows(1, 0.0), pace.allows(1, 0.0), pace.allows(1, 0.0)] == [True, True, False]
    assert pace.allows(2, 0.0)
    assert not pace.allows(1, 0.5)
    assert pace.allows(1, 1.5)
    assert [pace.allows(1, 100.0) for _ in range(3)] == [True, True, False]


def test_a_client_that_dies_in_mid_command_leaves_nothing_half_done(served):
    """It hangs at a question, its connection closes, and the child ends without having changed anything."""
    settled(served)
    before, opened = served.acts(VICTIM), descriptors(served)
    keyboard, out = os.pipe()
    connection, channel = served.raw()
    argv = ["export", "deliver", "EXP-2026-999", "--method", "hand", "--to", "/tmp"]
    channel.send({**REQUEST, "argv": argv}, [keyboard, out, out])
    connection.close()
    settled(served)

    assert served.acts(VICTIM) == before
    assert gives_back(served, opened)
    assert not (served.root / "handing-over").exists() or list((served.root / "handing-over").iterdir()) == []
    for descriptor in (keyboard, out):
        os.close(descriptor)


def test_a_client_that_never_answers_locks_nobody_out(served):
    """Asked for a file, it says nothing: the index is not locked meanwhile, and its child ends with it."""
    connection, channel = served.raw()
    with tempfile.TemporaryFile() as printed:
        argv = ["retention", "certificate", "--from", "2026-01-01 0:00", "--to", "2026-02-01 0:00", "--out", "x"]
        channel.send({**REQUEST, "argv": argv}, [printed.fileno()] * 3)
        asked, _ = channel.receive(REQUEST_BYTES, START_SECONDS)
        assert asked["ask"] == "look"

        served.type(VICTIM, OPEN)

    connection.close()
    settled(served)


def test_a_client_that_hangs_up_whenever_leaves_all_of_an_act_or_nothing(served):
    """From before the service read its request to after it answered, which is where the act falls into."""
    settled(served)
    for number in range(16):
        connection, channel = served.raw()
        with closing(connection), Path("/dev/null").open("r+b") as nowhere:
            channel.send({**REQUEST, "argv": [*ENGLISH, *shlex.split(OPEN)]}, [nowhere.fileno()] * 3)
            time.sleep(0.03 * number)
    settled(served)

    entries = served.type(VICTIM, "audit list --last 1000 --json").json["entries"]
    opened = [entry for entry in entries if (entry["actor"], entry["act"]) == ("root", "incident.opened")]
    placed = [entry for entry in entries if (entry["actor"], entry["act"]) == ("root", "hold.placed")]
    assert len(opened) == len(placed)
    served.type(SERVICE, f"--config {served.config} footage reconcile")
    assert served.type(VICTIM, "audit verify --json", exit=None).json.get("differences", []) == []


RUDE = Path(__file__).resolve().parents[2] / "scripts" / "accounts_story" / "rude.py"


def test_fifty_commands_at_once_are_done_while_clients_hang_flood_send_10_gb_hang_up_and_read_nothing(served):
    """None is lost and none is another's; the clients are of three accounts of which none types."""
    rude = {"man": ("hang",), "root": ("flood", "leave"), SERVICE: ("huge", "deaf")}
    typing = ("daemon", "bin", "sys", "games")
    log = "audit search --act incident.opened --last 10000 --json"
    settled(served)
    clients = [
        subprocess.Popen([served.python, RUDE, kind, served.socket], user=pwd.getpwnam(account).pw_uid, env={})
        for account, kinds in rude.items()
        for kind in kinds
    ]
    try:
        before = Counter(entry["actor"] for entry in served.type(VICTIM, log).json["entries"])
        accounts = [typing[number % len(typing)] for number in range(50)]
        children = [served.popen(account, OPEN, stdout=subprocess.DEVNULL) for account in accounts]
        assert [child.wait() for child in children] == [0] * len(children)
        assert [client.poll() for client in clients] == [None] * len(clients)
    finally:
        for client in clients:
            client.kill()
            client.wait()
    settled(served)

    after = Counter(entry["actor"] for entry in served.type(VICTIM, log).json["entries"])
    assert {account: after[account] - before[account] for account in typing} == Counter(accounts)
    served.type(SERVICE, f"--config {served.config} footage reconcile")
    assert list((served.root / "handing-over").glob("*")) == []


def fake(greeting, answer=b""):
    """A service of this process that says something else; returns its socket's path."""
    folder = Path(tempfile.mkdtemp(prefix="cctv-fake-"))
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "cctv.sock"))
    listening.listen(1)

    def run():
        connection, _ = listening.accept()
        with closing(connection), closing(listening):
            connection.sendall(greeting)
            if answer:
                _, received, _, _ = socket.recv_fds(connection, 1 << 20, 3)
                connection.sendall(answer)
                for descriptor in received:
                    os.close(descriptor)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)

    thread = threading.Thread(target=run)
    thread.start()
    return folder / "cctv.sock", thread


def greeting(**change):
    from_service = {"cctv": PROTOCOL, "version": __import__("cctv").__version__, "settings": "/etc/cctv/cameras.toml"}
    return encode({**from_service, **change})


@pytest.mark.parametrize(
    ("sent", "answer", "code"),
    [
        (greeting(version="0.0.9"), b"", "other-version"),
        (greeting(version="99.0"), b"", "other-version"),
        (greeting(cctv=99), b"", "other-version"),
        (greeting(), b"\0\0\0\2{}", "garbled"),
        (greeting(), encode({"ask": "read", "path": "/etc/passwd"})[:7], "ended"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"", "garbled"),
        (b"\0", b"", "ended"),
        (encode({"refused": "busy", "fields": {"count": 64}}), b"", "busy"),
    ],
)
def test_a_service_that_is_not_ours_is_told_in_one_line(tmp_path, monkeypatch, sent, answer, code):
    monkeypatch.chdir(tmp_path)
    path, thread = fake(sent, answer)
    try:
        outcome = hand_over(["hold", "list"], {"CCTV_SOCKET": str(path)})
    finally:
        thread.join()
        shutil.rmtree(path.parent)

    assert isinstance(outcome, Unserved)
    assert outcome.code == code


def test_a_service_that_answers_before_the_client_has_looked_up_is_heard(monkeypatch):
    """It takes the request, tells the exit code and is gone, while the client still comes back from sending."""
    ours, theirs = socket.socketpair()
    real = socket.send_fds

    def send_and_be_overtaken(*words):
        sent = real(*words)
        FrameChannel(theirs).receive(most_descriptors=1)[1].clear()
        FrameChannel(theirs).send({"exit": 2})
        theirs.close()
        return sent

    monkeypatch.setattr(socket, "send_fds", send_and_be_overtaken)
    with closing(ours), tempfile.TemporaryFile() as stream:
        channel = FrameChannel(ours)
        channel.send({"argv": ["hold", "show"]}, [stream.fileno()])
        interrupts = _Interrupts(channel)
        interrupts.interrupt()

        assert channel.receive()[0] == {"exit": 2}


def test_a_service_of_an_older_version_is_told_to_whoever_types(served):
    """As after an upgrade under it: a real service of another version, and the client of this one."""
    path = served.folder / "run" / "old.sock"
    older = f"import cctv; cctv.__version__ = '0.0.9'; {MAIN}"
    owner, environ = pwd.getpwnam(SERVICE), served.variables(CCTV_SOCKET=str(path))
    words = [served.python, "-c", older, "--config", served.config, "serve"]
    service = subprocess.Popen(words, user=owner.pw_uid, group=owner.pw_gid, extra_groups=[], cwd="/", env=environ)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not path.exists():
            assert service.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        refused = served.type(VICTIM, OPEN, exit=None, env=environ)
    finally:
        service.terminate()
        service.wait()

    assert refused.exit == 1
    assert "version 0.0.9" in refused.err
    assert "restart cctv-serve" in refused.err


LISTENS = """
import socket, sys
with socket.socket(socket.AF_UNIX) as listening:
    listening.bind(sys.argv[1])
    listening.listen(1)
    print(flush=True)
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(60)
        print(len(connection.recv(1 << 20)))
"""


def test_a_socket_that_another_account_put_there_gets_not_a_byte(served):
    folder = Path(tempfile.mkdtemp(prefix="cctv-public-"))
    folder.chmod(0o1777)
    path, user = folder / "cctv.sock", pwd.getpwnam(ATTACKER)
    words = [served.python, "-c", f"import os; os.umask(0); {LISTENS}", path]
    with subprocess.Popen(words, user=user.pw_uid, group=user.pw_gid, extra_groups=[], stdout=subprocess.PIPE) as rogue:
        assert rogue.stdout is not None
        rogue.stdout.readline()
        refused = served.type(VICTIM, OPEN, exit=None, env=served.variables(CCTV_SOCKET=str(path)))
        received = rogue.stdout.read()
    shutil.rmtree(folder)

    assert received.strip() == b"0"
    assert refused.exit not in (0, 1)
    assert "another account" in refused.err


def test_a_service_of_other_settings_is_passed_by(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, thread = fake(greeting())
    outcome = hand_over(["--config", str(tmp_path / "x.toml"), "hold", "list"], {"CCTV_SOCKET": str(path)})
    thread.join()
    shutil.rmtree(path.parent)

    assert outcome is None


def test_a_service_that_is_down_leaves_the_command_to_its_own_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "cctv.sock"
    assert hand_over(["hold", "list"], {"CCTV_SOCKET": str(path)}) is None
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    outcome = hand_over(["hold", "list"], {"CCTV_SOCKET": str(path)})
    assert outcome is None if os.geteuid() == 0 else outcome.code == "down"


@pytest.mark.skipif(Path("/etc/cctv/cameras.toml").exists(), reason="there is a box here")
def test_whoever_may_not_read_the_settings_is_told_that_the_service_is_down(served):
    left = served.home("man") / "left.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    left.chmod(0o666)

    refused = served.type("man", "hold list", exit=12, env=served.variables(CCTV_SOCKET=str(left)))

    assert "nobody listens" in refused.err
    assert "systemctl start cctv.socket" in refused.err


@pytest.mark.skipif(os.geteuid() != 0, reason="gives folders to other accounts")
@pytest.mark.parametrize(
    ("owner", "mode", "listener", "is_trusted"),
    [
        ("nobody", 0o755, "nobody", True),
        ("nobody", 0o755, "root", True),  # systemd listens for it
        ("root", 0o755, "root", True),
        ("root", 0o755, "games", False),
        ("nobody", 0o755, "games", False),
        ("nobody", 0o775, "nobody", False),
        ("nobody", 0o1777, "nobody", False),
        ("root", 0o1777, "root", False),
    ],
)
def test_only_a_socket_that_nobody_else_can_replace_is_trusted(owner, mode, listener, is_trusted):
    folder = Path(tempfile.mkdtemp(prefix="cctv-folder-"))
    os.chown(folder, pwd.getpwnam(owner).pw_uid, -1)
    folder.chmod(mode)

    stranger = untrusted(str(folder / "cctv.sock"), pwd.getpwnam(listener).pw_uid)

    folder.rmdir()
    assert (stranger is None) == is_trusted


def test_a_client_opens_only_what_its_own_command_line_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept.json").write_text("x")
    (tmp_path / "other.json").write_text("x")
    outgoing = Outgoing(["audit", "verify", "--checkpoint", "./kept.json", "--key=key.pub"])

    os.close(outgoing.open_for_reading("kept.json"))
    for path in ("other.json", "/etc/shadow", "kept.json/../other.json", "../x", "", "\0", "/"):
        with pytest.raises(NotNamed):
            outgoing.open_for_reading(path)
        with pytest.raises(NotNamed):
            outgoing.put(path, 0, 0o600)


def test_a_client_writes_into_a_named_folder_plain_names_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    outgoing = Outgoing(["export", "deliver", "EXP-2026-001", "--to", "out/"])
    with tempfile.TemporaryFile() as made:
        made.write(b"package")
        made.flush()
        outgoing.put("out/EXP-2026-001.zip", made.fileno(), 0o640)
        for path in ("out/a/b", "out/../b", "out/..", "b"):
            with pytest.raises(NotNamed):
                outgoing.put(path, made.fileno(), 0o640)
        with pytest.raises((NotNamed, OSError)):
            outgoing.put("out", made.fileno(), 0o640)

    assert [path.name.endswith(".part") for path in (tmp_path / "out").iterdir()] == [True]
    outgoing.commit()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["EXP-2026-001.zip"]
    assert stat.S_IMODE((tmp_path / "out" / "EXP-2026-001.zip").stat().st_mode) & 0o007 == 0


def test_what_was_not_committed_is_removed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outgoing = Outgoing(["x", "--out", "folder", "--output", "file"])
    with tempfile.TemporaryFile() as made:
        outgoing.begin_folder("folder")
        outgoing.put("folder", made.fileno(), 0o600, "a")
        outgoing.put("file", made.fileno(), 0o600)
        with pytest.raises(NotNamed):
            outgoing.put("folder", made.fileno(), 0o600, "../a")
    outgoing.drop()

    assert list(tmp_path.iterdir()) == []


def test_the_log_of_the_service_names_no_one_and_no_words(served):
    served.type(VICTIM, "hold show HOLD-2026-123", exit=2)
    text = (served.folder / "serve.log").read_text()

    assert "HOLD-2026-123" not in text
    assert json.dumps("x") not in text
    assert set(PEOPLE) & set(text.split()) == set()
