"""A door: where bytes from outside come in, how hostile ones are made, and what the product may answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cctv.core.errors import CctvError

Make = Callable[[Random], bytes]
Try = Callable[[bytes], object]


@dataclass(frozen=True)
class Door:
    """`open` sets up in a scratch folder what one process needs, and returns the product's function for one input.

    `allowed` are the refusals that the function's docstring names; a CctvError always is one.
    """

    name: str
    make: Make
    open: Callable[[Path], Try]
    allowed: tuple[type[Exception], ...] = ()

    def input(self, seed: int, number: int) -> bytes:
        """The input of that number: always the same one."""
        return self.make(Random(f"{self.name}:{seed}:{number}"))

    def refused(self, error: Exception) -> bool:
        """Whether an error is a refusal that the door may answer with."""
        return isinstance(error, (CctvError, *self.allowed))
