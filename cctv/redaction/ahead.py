"""Working ahead: the next items are made in a thread of their own while the last one is used.

Owns that thread.  Order, items and errors are those of the iterable; at most a few items wait, so memory is bounded.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")
_WAITING = 4  # items; a picture of 1080p is 3 MB


def ahead(items: Iterable[Item], waiting: int = _WAITING) -> Generator[Item, None, None]:
    """The items, made ahead of their use.  Close the iterator (or end it) and the thread has ended too."""
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
            made, failure = ready.get()
            if made:
                yield made[0]
                continue
            ended = True
            if failure is not None:
                raise failure
            return
    finally:
        stop.set()
        while not ended:
            made, _ = ready.get()
            ended = not made
        worker.join()
