"""Give hostile inputs to every door where bytes from outside come in, and count what is no clear answer.

    ./scripts/fuzz [--inputs 100000] [--only NAME[,NAME]] [--seed N] [--jobs N] [--save FOLDER]
    ./scripts/fuzz --only NAME --seed N --again NUMBER      (one input once more, with its traceback)

An input passes when the product's function returns or refuses it with a clear error, in at most a second of processor
time and 200 MiB.  A seed and a number make the same input again.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
import traceback
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from fuzzing.camera_doors import CAMERA_DOORS
from fuzzing.door import Door
from fuzzing.file_doors import FILE_DOORS
from fuzzing.runner import LIMIT_BYTES, LIMIT_SECONDS, Outcome, judge, run, wrong_kinds
from testbed.report import figure, note, tell, work_folder

DOORS = {door.name: door for door in (*CAMERA_DOORS, *FILE_DOORS)}
_SHARE = 10_000  # inputs that one job takes at a time


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the scratch folder goes then too
    doors = [DOORS[name] for name in options.only.split(",")] if options.only else list(DOORS.values())
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    with work_folder("cctv-fuzz-", inside=Path("/dev/shm") if Path("/dev/shm").is_dir() else None) as folder:
        if options.again is not None:
            return again(doors[0], seed, options.again, folder)
        note(f"seed {seed}; {options.inputs} inputs for each of {len(doors)} doors, {options.jobs} at a time")
        return 0 if all(everything(doors, seed, options, folder)) else 1


def everything(doors: list[Door], seed: int, options: argparse.Namespace, folder: Path) -> list[bool]:
    """Run all doors, a share of inputs a job; a door's figures come as soon as it is done."""
    found: defaultdict[str, Outcome] = defaultdict(lambda: Outcome(""))
    began, ok = time.monotonic(), []
    shares = [(door.name, range(first, min(first + _SHARE, options.inputs)))
              for door in doors for first in range(0, options.inputs, _SHARE)]  # fmt: skip
    left = {door.name: sum(name == door.name for name, _ in shares) for door in doors}
    with ProcessPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(_share, name, seed, numbers, folder) for name, numbers in shares]
        for job in as_completed(jobs):
            outcome = job.result()
            _join(found.setdefault(outcome.door, Outcome(outcome.door)), outcome)
            left[outcome.door] -= 1
            if not left[outcome.door]:
                ok.append(_tell(found[outcome.door], seed, options))
                note(f"{outcome.door}: {time.monotonic() - began:.0f} s after the start")
    return ok


def again(door: Door, seed: int, number: int, folder: Path) -> int:
    """One input once more, here, without limits: what a debugger wants."""
    data = door.input(seed, number)
    note(f"{len(data)} bytes: {data[:300]!r}{'...' if len(data) > 300 else ''}")
    product = door.open(folder)
    result, wrong, seconds = judge(door, product, data)
    if wrong is not None and result != "read":
        try:
            product(data)
        except Exception:  # noqa: BLE001 - shown
            traceback.print_exc()
    tell({"door": door.name, "input": number, "result": result, "seconds": round(seconds, 3), "wrong": wrong})
    return 0 if wrong is None else 1


def _share(name: str, seed: int, numbers: range, folder: Path) -> Outcome:
    place = folder / f"{name}-{numbers.start}-{os.getpid()}"
    place.mkdir()
    return run(DOORS[name], seed, numbers, place)


def _join(whole: Outcome, part: Outcome) -> None:
    whole.tried += part.tried
    whole.results.update(part.results)
    whole.wrong.update(part.wrong)
    whole.most_bytes = max(whole.most_bytes, part.most_bytes)
    if part.slowest_seconds > whole.slowest_seconds:
        whole.slowest_seconds, whole.slowest_input = part.slowest_seconds, part.slowest_input


def _tell(outcome: Outcome, seed: int, options: argparse.Namespace) -> bool:
    """Print a door's figures; what was wrong goes to stderr with the line that repeats it."""
    read = outcome.results["read"]
    kinds = ", ".join(f"{name} {count}" for name, count in outcome.results.most_common(6))
    note(f"{outcome.door}: {kinds}; slowest {outcome.slowest_seconds:.2f} s (input {outcome.slowest_input})")
    for what, numbers in wrong_kinds(outcome):
        line = f"./scripts/fuzz --only {outcome.door} --seed {seed} --again {numbers[0]}"
        note(f"WRONG {outcome.door}, {len(numbers)} inputs: {what}\n      {line}")
        if options.save is not None:
            options.save.mkdir(parents=True, exist_ok=True)
            (options.save / f"{outcome.door}-{seed}-{numbers[0]}").write_bytes(
                DOORS[outcome.door].input(seed, numbers[0])
            )
    tried = {"figure": f"{outcome.door}: inputs", "value": outcome.tried, "goal": options.inputs}
    tell({**tried, "ok": outcome.tried >= options.inputs, "read": read})
    return all(
        (
            outcome.tried >= options.inputs,
            figure(f"{outcome.door}: inputs without a clear answer", len(outcome.wrong), 0),
            figure(f"{outcome.door}: slowest input (s)", outcome.slowest_seconds, LIMIT_SECONDS),
            figure(f"{outcome.door}: most memory (MiB)", outcome.most_bytes >> 20, LIMIT_BYTES >> 20),
        )
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each door")
    parser.add_argument("--only", metavar="NAME", help=", ".join(DOORS))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", type=int, metavar="NUMBER", help="one input, with its traceback")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="where inputs that went wrong are written")
    options = parser.parse_args()
    unknown = set((options.only or "").split(",")) - {"", *DOORS}
    if unknown or (options.again is not None and (not options.only or options.seed is None)):
        parser.error(f"no such door: {', '.join(unknown)}" if unknown else "--again needs --only NAME and --seed N")
    return options


if __name__ == "__main__":
    sys.exit(main())
