"""The rows on people: what mask mode hides, and who shows when one person is kept."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from cctv.redaction.render.options import Mode, Options
from redaction_bench.figures import Figure, at_least, at_most, tells
from redaction_bench.studio import Annotated, Job, Seen, look, looked, unhidden

_FOUND = 95  # % of the heads of an unhidden clip; a look that finds fewer proves little


def mask_mode(on: Annotated) -> Iterator[Figure]:
    """Nobody kept, in mask mode."""
    seen = look(Job("mask", Options(Mode.MASK, caption=None)), on)
    yield tells("mask: heads", seen.heads)
    yield at_most("mask: heads visible", seen.by_mask, 0)
    yield at_most("mask: heads visible by the output's pixels", seen.by_pixels.shown, 0)
    yield at_most("mask: harmless area hidden, %", round(100 * seen.harmless_hidden, 2), 5)


def kept(on: Annotated, people: Sequence[int], *, with_hides: bool) -> Iterator[Figure]:
    """Each of these people kept in turn, in backdrop mode."""
    name, goal = ("keep and hide", 0.85) if with_hides else ("keep", 0.6)
    options = Options(Mode.BACKDROP, caption=None)
    jobs = [Job(f"{name} {person}".replace(" ", "-"), options, person, with_hides) for person in people]
    results: list[Seen] = list(looked(jobs, on))
    yield at_most(f"{name}: heads of others visible", sum(seen.by_mask for seen in results), 0)
    pixels = sum(seen.by_pixels.shown for seen in results)
    yield at_most(f"{name}: heads of others visible by the output's pixels", pixels, 0)
    shares = {person: round(seen.subject, 3) for person, seen in zip(people, results, strict=True)}
    yield at_least(f"{name}: subject visible, median", statistics.median(shares.values()), goal)
    yield tells(f"{name}: subject visible, worst", min(shares.values()))


def reliance(on: Annotated) -> Iterator[Figure]:
    """How much the look at pixels can be relied on."""
    unhidden_heads = unhidden(on)
    heads = sum(len(boxes) for boxes in on.people.values())
    yield tells("pixels: heads that can be judged, %", round(100 * unhidden_heads.judged / heads, 1))
    share = round(100 * unhidden_heads.shown / max(unhidden_heads.judged, 1), 1)
    yield at_least("pixels: heads found when nothing is hidden, %", share, _FOUND)
