"""How long short commands take, against what they cannot do without.  Each pair is run in turn, so that a drifting
machine touches both; the figure is the median ratio of processor time.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from testbed.report import figure, work_folder

CCTV = str(Path(sys.executable).with_name("cctv"))
GOAL = 2.0
CAMERAS_TOML = """
[site]
name = "Bench"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
[zones.facade]
kind = "facade"
retention = "7d"
[cameras.gevel-1]
zone = "facade"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/gevel-1"
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/bench cli", description=__doc__)
    parser.add_argument("--runs", type=int, default=21, help="pairs of runs (default: 21)")
    runs = parser.parse_args().runs
    with work_folder("bench-cli-") as folder:
        config = folder / "cameras.toml"
        config.write_text(CAMERAS_TOML)
        os.environ["CCTV_CONFIG"] = str(config)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode, as the reference has
        subprocess.run([CCTV, "footage", "init"], check=True, capture_output=True)
        met = [
            measure("cctv --help / import click", [CCTV, "--help"], "import click", runs),
            measure(
                "cctv status / import click, rich, sqlalchemy", [CCTV, "status"], "import click, rich, sqlalchemy", runs
            ),
        ]
    return 0 if all(met) else 1


def measure(name: str, command: Sequence[str], reference: str, runs: int) -> bool:
    """Print the figure of one command; whether its goal is met."""
    floor = [sys.executable, "-c", reference]
    cpu(command), cpu(floor)  # the first run reads from disk
    ratios = [cpu(command) / cpu(floor) for _ in range(runs)]
    return figure(name, statistics.median(ratios), GOAL)


def cpu(command: Sequence[str]) -> float:
    """Processor seconds of one run, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
