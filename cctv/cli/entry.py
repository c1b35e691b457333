"""The `cctv` command: to the service, where there is one for the settings in use, else into this process.

Light: what a command through the service needs is loaded, and click, settings and storage only where it is none.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from cctv.services.serve.caller import hand_over
from cctv.services.serve.places import after_options

_NUMPY_THREADS = "OPENBLAS_NUM_THREADS"  # read when numpy is loaded: the service forks, and must have one thread


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    outcome = hand_over(sys.argv[1:], os.environ)
    if isinstance(outcome, int):
        return outcome
    if after_options(sys.argv[1:])[:1] == ["serve"]:
        os.environ.setdefault(_NUMPY_THREADS, "1")
    code: int = import_module("cctv.cli.app").main(outcome)
    return code
