"""Try inputs in processes of their own, each input with a limit of processor time and of memory.

A process tells how far it is through memory that it shares.  One that an input kills, or keeps busy in a library that
no signal interrupts, is ended, counted against that input, and the next process goes on behind it.
"""

from __future__ import annotations

import gc
import json
import logging
import mmap
import os
import resource
import signal
import struct
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cctv.core.errors import CctvError
from fuzzing.door import Door, Try

LIMIT_SECONDS = 1.0
LIMIT_BYTES = 200 << 20
LONGEST_MESSAGE = 10_000  # signs; a longer one is no clear message
_ENDED_AFTER_SECONDS = 4.0  # of processor time on one input
_HANGS_AFTER_SECONDS = 120.0  # by the wall, without using the processor
_BATCH = 2000  # inputs of one process: what the heap keeps of earlier ones must not count
_POLL_SECONDS = 0.05
_STATE = struct.Struct("qddq")  # input, processor seconds at its start, slowest so far, its number
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Outcome:
    """What came of the inputs of a door; `wrong` are the inputs by number, each with what it did."""

    door: str
    tried: int = 0
    results: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, str] = field(default_factory=dict)
    slowest_seconds: float = 0.0
    slowest_input: int = -1
    most_bytes: int = 0

    def add(self, row: dict[str, object]) -> None:
        """Count a line that a process wrote."""
        match row:
            case {"input": int(number), "wrong": str(what)}:
                self.wrong[number] = what
            case {"tried": int(tried), "results": dict(results), "bytes": int(most), "slowest": [seconds, slowest]}:
                self.tried += tried
                self.results.update({str(name): int(str(count)) for name, count in results.items()})
                self.most_bytes = max(self.most_bytes, most)
                self._note_slow(float(str(seconds)), int(str(slowest)))

    def _note_slow(self, seconds: float, number: int) -> None:
        if seconds > self.slowest_seconds:
            self.slowest_seconds, self.slowest_input = seconds, number

    def lose(self, number: int, what: str, seconds: float = 0.0) -> None:
        """Count an input that ended its process."""
        self.tried += 1
        self.wrong[number] = what
        self._note_slow(seconds, number)


def judge(door: Door, product: Try, data: bytes) -> tuple[str, str | None, float]:
    """Give one input to the product: what it answered, what is wrong with that or None, and the seconds it took."""
    wrong: str | None = None
    began = time.process_time()
    try:
        result = "passed over" if product(data) is None else "read"
    except MemoryError:
        result, wrong = "MemoryError", f"more than {LIMIT_BYTES >> 20} MiB"
    except Exception as error:  # noqa: BLE001 - the figure of this campaign
        result = type(error).__name__
        if not door.refused(error):
            wrong = "".join(traceback.format_exception(error)[-4:]).strip()
        elif isinstance(error, CctvError) and not 0 < len(error.message) <= LONGEST_MESSAGE:
            wrong = f"{result} with a message of {len(error.message)} signs"
    seconds = time.process_time() - began
    if wrong is None and seconds > LIMIT_SECONDS:
        wrong = f"{seconds:.2f} s"
    return result, wrong, seconds


def run(door: Door, seed: int, numbers: range, folder: Path) -> Outcome:
    """Try the inputs of these numbers; the folder is scratch."""
    outcome, at = Outcome(door.name), numbers.start
    while at < numbers.stop:
        at = _process(door, seed, range(at, min(at + _BATCH, numbers.stop)), folder, outcome)
    return outcome


def _process(door: Door, seed: int, numbers: range, folder: Path, outcome: Outcome) -> int:
    """Let one process try inputs; returns the number to go on with."""
    report = folder / "report.jsonl"
    report.unlink(missing_ok=True)
    with mmap.mmap(-1, _STATE.size) as shared:
        _STATE.pack_into(shared, 0, -1, 0.0, 0.0, -1)
        child = os.fork()
        if child == 0:
            _try_all(door, seed, numbers, folder, report, shared)
        why, seconds = _watch(child, shared)
        current = _STATE.unpack_from(shared)[0]
    for line in report.read_text().splitlines() if report.exists() else ():
        outcome.add(json.loads(line))
    if why is None:
        return numbers.stop
    if current < numbers.start:
        raise RuntimeError(f"the door {door.name} cannot be opened: {why}")
    outcome.tried += current - numbers.start
    outcome.lose(current, why, seconds)
    return int(current) + 1


def _watch(child: int, shared: mmap.mmap) -> tuple[str | None, float]:
    """Wait for a process; why it ended before its last input, None where it did not, and how long that one took."""
    last, since = -2, time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if os.waitstatus_to_exitcode(status) == 0:
                return None, 0.0
            code = os.waitstatus_to_exitcode(status)
            return f"it ended the process ({signal.Signals(-code).name if code < 0 else f'status {code}'})", 0.0
        number, at_start, _, _ = _STATE.unpack_from(shared)
        now = time.monotonic()
        if number != last:
            last, since = number, now
        busy = _cpu_seconds(child) - at_start
        is_over = busy > _ENDED_AFTER_SECONDS or now - since > _HANGS_AFTER_SECONDS
        if number >= 0 and is_over and _STATE.unpack_from(shared)[0] == number:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return f"more than {busy:.0f} s of processor time, or it hangs", busy
        time.sleep(_POLL_SECONDS)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _try_all(door: Door, seed: int, numbers: range, folder: Path, report: Path, shared: mmap.mmap) -> None:
    """The process: tries, writes what was wrong as it comes and the counts at the end.  Never returns."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        logging.disable(logging.CRITICAL)
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        product = door.open(scratch)
        results: Counter[str] = Counter()
        slowest, slowest_at = 0.0, -1
        gc.collect()
        gc.freeze()
        most = 0
        with report.open("w") as out:
            for number in numbers:
                data = door.input(seed, number)
                _STATE.pack_into(shared, 0, number, time.process_time(), slowest, slowest_at)
                with _limited() as used:
                    result, wrong, seconds = judge(door, product, data)
                most = max(most, used())
                results[result] += 1
                if seconds > slowest:
                    slowest, slowest_at = seconds, number
                if wrong is not None:
                    print(json.dumps({"input": number, "wrong": wrong}), file=out, flush=True)
            row = {"tried": len(numbers), "results": results, "bytes": most, "slowest": [slowest, slowest_at]}
            print(json.dumps(row), file=out)
        status = 0
    except BaseException:  # noqa: BLE001 - a forked process must not go on in its parent's code
        traceback.print_exc()
    finally:
        os._exit(status)


@contextmanager
def _limited() -> Iterator[Callable[[], int]]:
    """Let what runs inside have so much more memory than this process has now; afterwards how much it had at most."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak that making the input had
    base = _own("VmRSS")
    resource.setrlimit(resource.RLIMIT_AS, (_own("VmSize") + LIMIT_BYTES, before[1]))
    try:
        yield lambda: max(0, _own("VmHWM") - base)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _own(name: str) -> int:
    """A size of this process in bytes, as /proc has it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    raise RuntimeError(f"/proc/self/status has no {name}")


def wrong_kinds(outcome: Outcome) -> Iterator[tuple[str, list[int]]]:
    """What went wrong, alike things together, the most frequent first: the last line of each and its inputs."""
    kinds: dict[str, list[int]] = {}
    for number, what in sorted(outcome.wrong.items()):
        last = what.splitlines()[-1]
        kinds.setdefault(last[:60], []).append(number)
    yield from sorted(kinds.items(), key=lambda kind: -len(kind[1]))
