"""What is True in a mask or shortly before or after it, for a long row of masks.

Pure.  Two stacks make a queue, and each knows the union of what lies in it: three unions a mask, however far the
window reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cctv.redaction.planes import Mask


def within(masks: Iterable[Mask], hold: int) -> Iterator[Mask]:
    """For each mask, what is True in it or in any of the `hold` masks before and after it."""
    queue = _Queue()
    count = oldest = 0

    def around(frame: int) -> Mask:
        nonlocal oldest
        while oldest < frame - hold:
            queue.drop()
            oldest += 1
        return queue.union()

    for mask in masks:
        queue.push(mask)
        count += 1
        if count > hold:
            yield around(count - 1 - hold)
    yield from (around(frame) for frame in range(max(0, count - hold), count))


class _Queue:
    def __init__(self) -> None:
        self._new: list[Mask] = []
        self._all_new: Mask | None = None
        self._old: list[Mask] = []  # each with all that came after it to this stack; the oldest last

    def push(self, mask: Mask) -> None:
        self._new.append(mask)
        self._all_new = mask if self._all_new is None else self._all_new | mask

    def drop(self) -> None:
        """Forget the oldest."""
        if not self._old:
            for mask in reversed(self._new):
                self._old.append(self._old[-1] | mask if self._old else mask)
            self._new, self._all_new = [], None
        self._old.pop()

    def union(self) -> Mask:
        """What is True in any; an array of its own only where there is more than one stack."""
        if self._all_new is None:
            return self._old[-1]
        return self._old[-1] | self._all_new if self._old else self._all_new
