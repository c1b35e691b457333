"""Timekeeping: whether the clock can be believed when it says that much time has passed since the last sweep.

Pure.  The witnesses are footage without a hole, monotonic time, the cameras' own clocks and the network's time.  A box
that was off for ten days finds one of them; a clock that somebody set ten days ahead finds none, or one that denies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SLACK = timedelta(hours=1)  # believed without a witness: it is the most that footage could go too early
NEAR = timedelta(hours=3)  # a camera in another time zone still tells ten days from none
DRIFT = 100  # a part of this of the time that passed may lie between two honest clocks


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known about the time that passed.

    `known` is the last instant that was believed, `reached` how far footage without an hour's hole leads on from it.
    `expected` is `known` and the monotonic time since, None after a restart.  `offsets` are those of cameras (their
    clock less ours) that were asked since `known`.
    """

    known: datetime | None
    reached: datetime | None = None
    expected: datetime | None = None
    offsets: Sequence[timedelta] = ()
    synchronised: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the clock is believed, and what the witnesses said, in words."""

    believed: bool
    said: tuple[str, ...]


def judge(now: datetime, found: Witnesses) -> Verdict:
    """Believe the clock, or not.

    Without a witness it may run an hour ahead.  Beyond that footage or monotonic time proves it; where these are
    silent, more cameras that agree than that deny, or the network's time if no camera denies it.  Against monotonic
    time only cameras are believed: they alone kept time by themselves.
    """
    if found.known is None:
        return Verdict(True, ("this is the first sweep",))
    since = max(found.known, found.reached or found.known)
    if now - since <= SLACK:
        return Verdict(True, ("footage without a hole leads up to now" if since > found.known else "a sweep just ran",))
    said = [f"footage leads up to {since:%Y-%m-%d %H:%M} UTC"]
    denied = False
    if found.expected is not None:
        allowed = SLACK + abs(now - found.known) / DRIFT
        if abs(now - found.expected) <= allowed:
            return Verdict(True, ("monotonic time agrees",))
        denied = True
        said.append(f"this machine has been counting since the last sweep and makes it {found.expected:%Y-%m-%d %H:%M}")
    near = min(NEAR, (now - since) / 2)
    agree = sum(abs(offset) <= near for offset in found.offsets)
    # A camera whose clock was never set says nothing; one that stands where the last sweep left off denies the jump.
    deny = sum(since - now - SLACK <= offset < -near for offset in found.offsets)
    said.append(f"{agree} cameras agree with the clock, {deny} deny it" if agree or deny else "no camera told its time")
    said.append("the network keeps the time" if found.synchronised else "the network does not keep the time")
    believed = agree > deny or (found.synchronised and not denied and not deny)
    return Verdict(believed, tuple(said))
