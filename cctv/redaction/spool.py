"""A long row of half-size masks on disk, so that a clip of any length is worked on in bounded memory.

Owns a temporary file without a name: it vanishes with the process, whatever happens.  Never holds a picture, only
which pixels are meant.
"""

from __future__ import annotations

import tempfile
import zlib
from array import array
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.planes import Mask

Regions = NDArray[np.int32]
"""The connected regions of a mask, a row each: left, top, width, height, pixels."""


class MaskSpool:
    """Masks of one shape, appended in order and read back by index, by one thread at a time.  A context manager."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._ends = array("q", [0])

    def __enter__(self) -> MaskSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, mask: Mask, regions: Regions | None = None) -> None:
        """Add the next mask, and what it is made of."""
        beside = b"" if regions is None else np.asarray(regions, np.int32).tobytes()
        packed = zlib.compress(np.packbits(mask).tobytes() + beside, 1)
        self._file.seek(self._ends[-1])
        self._file.write(packed)
        self._ends.append(self._ends[-1] + len(packed))

    def __getitem__(self, index: int) -> Mask:
        return self._unpacked(self._row(index))

    def with_regions(self, index: int) -> tuple[Mask, Regions]:
        """A mask and what it is made of; no row where that was not said."""
        row = self._row(index)
        return self._unpacked(row), row[self._packed_bytes :].view(np.int32).reshape(-1, 5)

    def _row(self, index: int) -> NDArray[np.uint8]:
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        return np.frombuffer(zlib.decompress(self._file.read(end - start)), np.uint8)

    def _unpacked(self, row: NDArray[np.uint8]) -> Mask:
        count = self.shape[0] * self.shape[1]
        return np.unpackbits(row[: self._packed_bytes], count=count).view(np.bool_).reshape(self.shape)

    @property
    def _packed_bytes(self) -> int:
        return -(-self.shape[0] * self.shape[1] // 8)
