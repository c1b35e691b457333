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

from cctv.redaction.planes import Mask


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

    def append(self, mask: Mask) -> None:
        """Add the next mask."""
        packed = zlib.compress(np.packbits(mask).tobytes(), 1)
        self._file.seek(self._ends[-1])
        self._file.write(packed)
        self._ends.append(self._ends[-1] + len(packed))

    def __getitem__(self, index: int) -> Mask:
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        bits = np.frombuffer(zlib.decompress(self._file.read(end - start)), np.uint8)
        count = self.shape[0] * self.shape[1]
        return np.unpackbits(bits, count=count).view(np.bool_).reshape(self.shape)
