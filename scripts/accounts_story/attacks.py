"""What whoever does not play by the rules can do: forge a name, misbehave as a client, edit a row."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections import Counter

from testbed.cameras import until

from accounts_story.box import CAMERA, Box
from accounts_story.facts import NOT_PERMITTED, Facts
from accounts_story.people import SERVICE, People
from accounts_story.rude import answer, connect, request

PARALLEL = 50
TYPING = ("stan", "hanna", "dora", "anna", "olaf")
RUDE = (("nina", "hang"), ("nina", "flood"), ("dirk", "leave"), ("auke", "huge"), ("auke", "deaf"))
DAMAGED = 15


def forge_a_name(people: People, box: Box, facts: Facts) -> None:
    facts.part("A name in the environment, in a request or by sudo is nobody's")
    dora = people["dora"]
    command = "audit list"
    for variable in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
        facts.typed(f"stan with {variable}={dora}", box.type("stan", command, **{variable: dora}), NOT_PERMITTED)
    facts.typed("stan with SUDO_UID of root", box.type("stan", command, SUDO_UID="0", SUDO_USER="root"), NOT_PERMITTED)
    facts.typed("root as sudo leaves it for dora", box.type("root", command, SUDO_USER=dora, USER=dora), NOT_PERMITTED)
    if shutil.which("sudo"):
        variables = [f"{name}={value}" for name, value in box.variables(SUDO_USER=dora).items()]
        words = ["sudo", "-n", "-u", people["stan"], "env", *variables, *box.words(command)]
        done = subprocess.run(words, cwd="/", capture_output=True, check=False)
        facts.equal("root by sudo as stan, who says that he is dora", done.returncode, NOT_PERMITTED)
    with connect(str(box.socket)) as connection, open("/dev/null", "r+b") as nowhere:  # noqa: PTH123
        answer(connection)
        forged = request(*command.split(), account=dora, uid=0, actor=dora, user=dora)
        socket.send_fds(connection, [forged], [nowhere.fileno()] * 3)
        facts.equal("a request of root's that says it is dora's", answer(connection), {"exit": NOT_PERMITTED})


def misbehave(people: People, box: Box, facts: Facts) -> None:
    """Fifty commands of five accounts while clients of three others misbehave in five ways."""
    facts.part(
        f"{PARALLEL} commands at once while clients hang, flood, send 10 GB, hang up in mid-command, read nothing"
    )
    rude = [box.rude(name, kind) for name, kind in RUDE]
    time.sleep(2)  # so that they are at it
    before, began = _opened(people, box), time.monotonic()
    typing = [TYPING[number % len(TYPING)] for number in range(PARALLEL)]
    children = [box.popen(name, box.words(_command(name, number)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                for number, name in enumerate(typing)]  # fmt: skip
    ends = []
    for child in children:
        _, err = child.communicate()
        ends.append(child.returncode)
        if child.returncode:
            print(err.decode())
    facts.equal("commands that ended otherwise than with 0", sum(end != 0 for end in ends), 0)
    facts.add("seconds for all", f"{time.monotonic() - began:.1f}", True)
    facts.equal("clients that misbehaved to the end", sum(client.poll() is None for client in rude), len(RUDE))
    for client in rude:
        client.send_signal(signal.SIGTERM)
        client.wait()
    until(lambda: not box.at_work(), "the commands of whoever hung up have ended")
    wanted = Counter(name for number, name in enumerate(typing) if _command(name, number).startswith("incident open"))
    found = _opened(people, box) - before
    half = found.pop("dirk", 0)
    facts.equal("opened in the log, by name: none lost, none as another", dict(found), dict(wanted))
    placed = box.type("dora", f"audit search --act hold.placed --actor {people['dirk']} --last 100000 --json").json[
        "entries"
    ]
    facts.equal("what dirk asked for before he hung up: all of it or nothing", (half, len(placed)), (half, half))
    facts.typed("dora", box.type("dora", "audit verify"), 0)
    facts.typed("the service", box.type(SERVICE, f"--config {box.config} footage reconcile"), 0)
    left = list((box.storage / "handing-over").glob("*"))
    facts.equal("half-made files in the storage", len(left), 0)


def _command(name: str, number: int) -> str:
    """What an account types: staff and those who decide open an incident, the others look."""
    if name in ("anna", "olaf"):
        return "hold list"
    return (f"incident open 'number {number}' --kind theft --cameras {CAMERA} --from 'yesterday 22:00' "
            "--to 'yesterday 23:00' --another")  # fmt: skip


def _opened(people: People, box: Box) -> Counter[str]:
    entries = box.type("dora", "audit search --act incident.opened --last 100000 --json").json["entries"]
    return Counter(people.plain(entry["actor"]) for entry in entries)


def edit_a_row(box: Box, facts: Facts) -> None:
    facts.part("The log holds: green, and after one row was edited it is not")
    facts.typed("auke takes a checkpoint home", box.type("auke", "audit checkpoint --out kept.json"), 0)
    facts.typed("auke", box.type("auke", "audit verify --checkpoint kept.json"), 0)
    with sqlite3.connect(box.storage / "cctv.db") as index:
        index.execute("UPDATE incidents SET kind = 'damage' WHERE id = (SELECT min(id) FROM incidents)")
    facts.typed("auke after an edit of a row by root", box.type("auke", "audit verify --checkpoint kept.json"), DAMAGED)
