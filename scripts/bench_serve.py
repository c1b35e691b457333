"""What a command costs through a warm `cctv serve`, against the same one in a process of its own, run in turn; and 50
commands at once by 5 accounts: none lost, none as another.

The processor time of the service is all of it: its resident process and the child of each command.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.report import figure, work_folder

GOAL = 0.5
PARALLEL = 50
START_SECONDS = 120.0
ROOT = Path(__file__).resolve().parent.parent
MAIN = "import sys; from cctv.cli.entry import main; sys.exit(main())"
PEOPLE = ("daemon", "bin", "sys", "games", "man")  # accounts that every Debian has
CAMERAS_TOML = """
[site]
name = "Bench"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
[zones.interior]
kind = "interior"
retention = "28d"
[cameras.foyer-1]
zone = "interior"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/foyer-1"
"""
OPEN = ("incident", "open", "x", "--kind", "theft", "--cameras", "foyer-1", "--from", "gisteren 22:00",
        "--to", "gisteren 23:00", "--another")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/bench serve", description=__doc__)
    parser.add_argument("--runs", type=int, default=21, help="pairs of runs (default: 21)")
    runs = parser.parse_args().runs
    with work_folder("bench-serve-") as folder:
        folder.chmod(0o755)
        config = folder / "cameras.toml"
        config.write_text(CAMERAS_TOML)
        (folder / "run").mkdir(mode=0o755)
        bench = Bench(folder, config)
        bench.run(bench.own, "footage", "init")
        with bench.service() as service:
            met = [bench.compare(service, words, runs) for words in (("status",), ("hold", "list"))]
            met.append(bench.at_once())
    return 0 if all(part for parts in met for part in parts) else 1


class Bench:
    """A storage of this account, its service, and commands through it and beside it."""

    def __init__(self, folder: Path, config: Path) -> None:
        self._folder, self._config = folder, config
        packages = next(path for path in sys.path if path.endswith("site-packages"))
        common = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{packages}", "LC_ALL": "C.UTF-8"}
        self.served = {**common, "CCTV_SOCKET": str(folder / "run" / "cctv.sock")}
        self.own = {**common, "CCTV_SOCKET": str(folder / "none"), "CCTV_CONFIG": str(config)}

    def run(self, environ: dict[str, str], *words: str) -> None:
        """Run a command to its end; it may find the box unwell."""
        subprocess.run(
            [sys.executable, "-c", MAIN, *words],
            env=environ, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    @contextmanager
    def service(self) -> Iterator[int]:
        """The process id of a service that listens."""
        words = [sys.executable, "-c", MAIN, "--config", str(self._config), "serve"]
        child = subprocess.Popen(words, env=self.served, cwd="/")
        try:
            deadline = time.monotonic() + START_SECONDS
            while not Path(self.served["CCTV_SOCKET"]).exists():
                if child.poll() is not None or time.monotonic() > deadline:
                    sys.exit("the service did not start")
                time.sleep(0.05)
            yield child.pid
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait()

    def compare(self, service: int, words: tuple[str, ...], runs: int) -> list[bool]:
        """Wall and processor time of one command: the median ratio of pairs, and the ratio of the sums."""
        for environ in (self.served, self.own):
            self.run(environ, *words)  # the first reads from disk
        walls, own_cpu, served_cpu = [], 0.0, 0.0
        for _ in range(runs):
            began, before = time.perf_counter(), _children() + _tree(service)
            self.run(self.served, *words)
            served = time.perf_counter() - began
            _wait_for_children(service)
            served_cpu += _children() + _tree(service) - before
            began, before = time.perf_counter(), _children()
            self.run(self.own, *words)
            walls.append(served / (time.perf_counter() - began))
            own_cpu += _children() - before
        name = f"cctv {' '.join(words)}: through the service / in a process of its own"
        return [
            figure(f"{name}, seconds", statistics.median(walls), GOAL),
            figure(f"{name}, processor seconds", served_cpu / own_cpu, GOAL),
        ]

    def at_once(self) -> list[bool]:
        """Commands of several accounts at once: how many were not done, and how many are in the log as another's."""
        python = _python_of_everybody() if os.geteuid() == 0 else None
        people = PEOPLE if python else ("",) * len(PEOPLE)
        own = pwd.getpwuid(os.geteuid()).pw_name
        children, began = [], time.perf_counter()
        for number in range(PARALLEL):
            account = people[number % len(people)]
            identity = {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": []} if account else {}
            words = [python or sys.executable, "-c", MAIN, *OPEN]
            children.append(
                subprocess.Popen(
                    words, env=self.served, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity  # type: ignore[call-overload]
                )
            )  # fmt: skip
        failed = sum(child.wait() != 0 for child in children)
        seconds = time.perf_counter() - began
        words = [sys.executable, "-c", MAIN, "audit", "list", "--last", "1000", "--json"]
        listed = subprocess.run(words, env=self.served, cwd="/", capture_output=True, check=True)
        entries = json.loads(listed.stdout.splitlines()[-1])["entries"]
        found = Counter(entry["actor"] for entry in entries if entry["act"] == "incident.opened")
        typed = Counter(people[number % len(people)] or own for number in range(PARALLEL))
        name = f"{PARALLEL} commands at once, {len(set(people))} accounts"
        return [
            figure(f"{name}: not done", failed, 0),
            figure(f"{name}: in the log as another's or not at all", sum((typed - found).values()), 0),
            figure(f"{name}: more in the log than typed", sum((found - typed).values()), 0),
            figure(f"{name}: seconds", seconds, None),
        ]


def _python_of_everybody() -> str | None:
    """A Python of this version that every account can run; None where there is none."""
    for python in (Path(sys.executable).resolve(), Path("/usr/bin/python3")):
        if python.exists() and all(folder.stat().st_mode & 0o001 for folder in (python, *python.parents)):
            told = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True)
            if told.stdout.split() == [str(number).encode() for number in sys.version_info[:2]]:
                return str(python)
    return None


def _children() -> float:
    """Processor seconds of this process's children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> float:
    """Processor seconds of a process and of its children that have ended."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in values[11:15]) / os.sysconf("SC_CLK_TCK")


def _wait_for_children(pid: int) -> None:
    while Path(f"/proc/{pid}/task/{pid}/children").read_text().strip():
        time.sleep(0.001)


if __name__ == "__main__":
    sys.exit(main())
