"""Change a generated storage by hand, again and again, and look whether the product finds and names each change.

./scripts/tamper [--changes 10000] [--seed N] [--dir FOLDER]
./scripts/tamper --again SEED:NUMBER
./scripts/tamper --look FOLDER
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tampering.changes import KINDS, Change, Effect
from tampering.look import CRASH, VERIFY, found
from tampering.stage import Stage
from testbed.own_storage import one_engine
from testbed.report import note, tell, work_folder

_DRAWS = 50  # of one number, until a change can be done to what was drawn
_ALL_EVERY = 10  # of these all three commands must say something sensible; of others the first that names the change
_CLI_EVERY = 100  # a sample is looked at through the command line as well


@dataclass(frozen=True, slots=True)
class Look:
    """A change that was done, and what found it: the command and its message, None where nothing did."""

    number: int
    kind: str
    change: Change
    by: str | None
    said: str
    named: bool
    idle: tuple[Change, ...] = ()  # drawn before it, without effect
    kept: Path | None = None


def main() -> int:
    options = _options()
    logging.disable(logging.CRITICAL)
    if options.look:
        return look_at(Stage(options.look))
    with work_folder("cctv-tamper-", inside=options.dir) as folder, one_engine():
        stage = Stage(folder / "site")
        if clean := list(found(stage)):
            note(f"WRONG before anything was changed: {clean[:3]}")
            return 1
        if options.again:
            seed, _, number = options.again.partition(":")
            return again(stage, int(seed), int(number))
        seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
        note(f"seed {seed}; {options.changes} changes in {folder}")
        return campaign(stage, seed, options.changes, options.dir)


def campaign(stage: Stage, seed: int, changes: int, keep_in: Path | None) -> int:
    """Print a row for each kind of change, and each that was missed; 0 where none was."""
    done, missed, unnamed = Counter[str](), list[Look](), list[Look]()
    idle = Counter[str]()
    by = Counter[str]()
    for look in _interruptible(looks(stage, seed, changes, keep_in)):
        done[look.kind] += 1
        idle.update(change.effect.value for change in look.idle)
        by[look.by or "nothing"] += 1
        if look.by is None:
            missed.append(look)
            note(f"MISSED {seed}:{look.number} {look.kind}: {look.change.what} {look.said}; kept: --look {look.kept}")
        elif not look.named:
            unnamed.append(look)
            note(f"NOT NAMED {seed}:{look.number} {look.change.what}: {look.said}")
    for kind, count in sorted(done.items()):
        lost = sum(look.kind == kind for look in missed)
        tell({"kind": kind, "changes": count, "found": count - lost, "ok": not lost})
    ok = not missed and not unnamed
    tell(
        {"seed": seed, "changes": sum(done.values()), "missed": len(missed), "not named": len(unnamed), **by}
        | {**idle, "ok": ok}
    )
    return 0 if ok else 1


def _interruptible(looks: Iterator[Look]) -> Iterator[Look]:
    """Up to Ctrl-C: what was looked at until then is told."""
    with contextlib.suppress(KeyboardInterrupt):
        yield from looks


def looks(stage: Stage, seed: int, changes: int, keep_in: Path | None = None) -> Iterator[Look]:
    """Do the changes of a seed, one after the other, each to the storage as it was generated.

    The storage of one that was missed is kept in a folder of its own, below `keep_in`, None being the system's.
    """
    for number in range(changes):
        kind, change, idle = do(stage, seed, number)
        messages = found(stage)
        told = list(messages) if number % _ALL_EVERY == 0 else _until_named(change, messages)
        by, said = told[0] if told else (None, "")
        if crashed := [text for name, text in told if name == CRASH]:
            by, said = None, crashed[0]
        named = any(_is_named(change, text) for _, text in told)
        if (
            number % _CLI_EVERY == 0
            and by == VERIFY
            and stage.cctv(f"audit verify --checkpoint {stage.elsewhere}")[0] == 0
        ):
            by = None  # the command does not say what the function does
        kept = None
        if by is None:
            kept = Path(tempfile.mkdtemp(prefix=f"cctv-tamper-missed-{seed}-{number}-", dir=keep_in)) / "site"
            stage.keep_all(kept)
        yield Look(number, kind, change, by, said, named, idle, kept)
        stage.reset()


def _until_named(change: Change, messages: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is said up to the first message that names the change."""
    told = []
    for name, text in messages:
        told.append((name, text))
        if _is_named(change, text):
            break
    return told


def do(stage: Stage, seed: int, number: int) -> tuple[str, Change, tuple[Change, ...]]:
    """Do one change, drawn again until there is one that can be done and has an effect; last those that had none."""
    rng = random.Random(f"{seed}:{number}")
    idle: list[Change] = []
    for _ in range(_DRAWS):
        kind = rng.choices(list(KINDS), [weight for _, weight in KINDS.values()])[0]
        try:
            change = KINDS[kind][0](stage.root, rng, stage.snapshots)
        except (OSError, ArithmeticError):
            change = None
        except Exception as error:
            if type(error).__module__ != "sqlite3":  # a constraint refused what was drawn
                raise
            change = None
        if change is not None and change.effect is Effect.SOME:
            return kind, change, tuple(idle)
        if change is not None:
            idle.append(change)
        stage.reset()
    raise RuntimeError(f"nothing could be changed: {seed}:{number}")


def again(stage: Stage, seed: int, number: int) -> int:
    """One change once more, and everything that finds it."""
    kind, change, _ = do(stage, seed, number)
    note(f"{kind}: {change.what}; one of {change.words} must be named")
    return look_at(stage)


def look_at(stage: Stage) -> int:
    """Everything that finds what was changed in a storage."""
    messages = list(found(stage))
    for by, text in messages:
        note(f"  {by}: {text}")
    return 0 if messages else 1


def _is_named(change: Change, said: str) -> bool:
    return any(word in said for word in change.words)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--dir", type=Path, help="Where to work; a memory file system is fastest.")
    parser.add_argument("--again", metavar="SEED:NUMBER", help="One change once more, to a storage with other keys.")
    parser.add_argument("--look", metavar="FOLDER", type=Path, help="The storage that was kept of a change not found.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
