"""Threads: prefetch the next items of an iterable, or map over all of them on every core.

Order, items and errors are those of the iterable; at most a few prefetched items wait, so memory is bounded.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_MAX_WAITING_ITEMS = 4  # items; a picture of 1080p is 3 MB


def prefetch(items: Iterable[Item], waiting: int = _MAX_WAITING_ITEMS) -> Generator[Item, None, None]:
    """The items, prefetched in a thread, which ends when the iterator is exhausted or closed."""
    ready: queue.Queue[tuple[list[Item], BaseException | None]] = queue.Queue(waiting)
    stop = threading.Event()

    def make() -> None:
        failure: BaseException | None = None
        try:
            for item in items:
                if stop.is_set():
                    break
                ready.put(([item], None))
        except BaseException as error:  # noqa: BLE001 - raised again where the items are used
            failure = error
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        ready.put(([], failure))

    worker = threading.Thread(target=make, name="ahead", daemon=True)
    worker.start()
    ended = False
    try:
        while True:
            batch, failure = ready.get()
            if batch:
                yield batch[0]
                continue
            ended = True
            if failure is not None:
                raise failure
            return
    finally:
        stop.set()
        while not ended:
            batch, _ = ready.get()
            ended = not batch
        worker.join()


def parallel_map(make: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The result of `make` for each item, in order, on every core: for work that numpy or OpenCV do."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(make, items))
