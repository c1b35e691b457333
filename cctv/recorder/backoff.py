"""How long to wait before a camera is tried again.

Pure; the caller gives the random numbers.  Short enough that recording resumes within a second of the camera's return:
a try costs a connection, not a process.  With jitter, so that sixteen cameras behind one switch do not return in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from cctv.model.footage import GapCause


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits of `first`, doubled at each failure in a row up to `cap`, and up to `jitter` of each shorter."""

    first: timedelta = timedelta(seconds=0.25)
    cap: timedelta = timedelta(seconds=0.8)
    # Many cameras lock an account after five to ten wrong passwords; a wrong one does not mend itself.
    cap_unauthorised: timedelta = timedelta(seconds=60)
    stable: timedelta = timedelta(seconds=30)
    jitter: float = 0.2

    def wait(self, failures: int, cause: GapCause, random: Random) -> timedelta:
        """After that many failures in a row, the last for that cause."""
        if failures < 1:
            return timedelta(0)
        cap = self.cap_unauthorised if cause is GapCause.UNAUTHORISED else self.cap
        full = min(self.first * float(2 ** min(failures - 1, 20)), cap)
        return full - full * self.jitter * random.random()

    def failures_after(self, failures: int, recorded: timedelta) -> int:
        """A recording of `stable` length forgets the failures before it."""
        return 1 if recorded >= self.stable else failures + 1
