"""Which model finds people: the default one, whose weights come with the program, or the one that a site names.

Owns where the file is, that its bytes are the expected ones, and that they are read once: what was hashed is what runs.
Knows nothing of what a model does (detector.py).  Never downloads: `scripts/weights` fetches the default weights before
the program is built, from what `weights.json` pins.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from cctv.core.i18n import N_
from cctv.redaction.errors import ModelRefused, WeightsDiffer, WeightsMissing

_FOLDER = Path(__file__).resolve().parent
_LARGEST = 512 * 2**20  # bytes; YOLOX-x, the largest of its family, has 396 MB
_OWN_MODEL = N_(
    "correct [redaction] detector in cameras.toml (docs/redaction.md), or leave it out for the default one."
)


class ModelKind(Enum):
    """What goes into a model and what its numbers mean."""

    SSD_OIDV4 = "ssd-oidv4"  # TFLite, 300 x 300; the default
    YOLOX = "yolox"  # ONNX, exported with its decoding; a site's own


@dataclass(frozen=True, slots=True)
class Model:
    """A model as read from its file; `sha256` is that of `data`, in hexadecimal."""

    kind: ModelKind
    path: Path
    sha256: str
    data: bytes


def load_model(own: Path | None = None) -> Model:
    """The model to find people with: a site's own ONNX file, or the default one where that is None.

    Raises WeightsMissing, WeightsDiffer, and ModelRefused for a site's own file (15).
    """
    return _default_model() if own is None else _own_model(own)


def default_weights() -> Path:
    """Where the default weights are, or should be."""
    return _FOLDER / "weights" / _pinned()["file"]


@cache
def _default_model() -> Model:
    path, expected = default_weights(), _pinned()["sha256"]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsMissing(path=path) from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise WeightsDiffer(path=path, found=found, expected=expected)
    return Model(ModelKind.SSD_OIDV4, path, found, data)


def _own_model(path: Path) -> Model:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ModelRefused(path=path, problem=error.strerror or str(error), following=_OWN_MODEL) from error
    if len(data) > _LARGEST:
        raise ModelRefused(path=path, problem=N_("it is larger than 512 MiB"), following=_OWN_MODEL)
    return Model(ModelKind.YOLOX, path, hashlib.sha256(data).hexdigest(), data)


@cache
def _pinned() -> dict[str, str]:
    """The strings of weights.json."""
    facts = json.loads((_FOLDER / "weights.json").read_text(encoding="utf-8"))
    return {key: value for key, value in facts.items() if isinstance(value, str)}
