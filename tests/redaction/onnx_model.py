"""Small ONNX models with the form of a YOLOX export, written byte by byte (onnx.proto): no package is needed.

A convolution looks at cells of 32 x 32 pixels; each cell answers one row: its centre, a size, objectness and scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

_CELL = 32
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType


def write_model(
    path: Path,
    *,
    width: int = 128,
    height: int = 96,
    bias: Sequence[float] = (0, 0, 20, 40, 0, 0.9),
    red: Sequence[float] = (0, 0, 0, 0, 1 / 255, 0),
    decoded: bool = True,
    shape: Sequence[int] | None = None,
    operator: str = "Conv",
) -> Path:
    """A model that answers for each cell `bias` + `red` x its mean red, 1 x cells x len(bias).

    decoded: whether the middle of the cell, in pixels of the input, is added to the first two.  shape: of the input as
    the file declares it, where it is another than the true one.  operator: name of the first node's operator.
    """
    channels, cells = len(bias), (width // _CELL) * (height // _CELL)
    kernel = np.zeros((channels, 3, _CELL, _CELL), np.float32)
    kernel[:, 2] = np.asarray(red, np.float32)[:, None, None] / _CELL**2
    places = np.zeros((1, cells, channels), np.float32)
    if decoded:
        across, down = np.meshgrid(np.arange(width // _CELL), np.arange(height // _CELL))
        places[0, :, 0], places[0, :, 1] = (across.ravel() + 0.5) * _CELL, (down.ravel() + 0.5) * _CELL
    strides = _ints("strides", (_CELL, _CELL)) + _ints("kernel_shape", (_CELL, _CELL))
    nodes = [
        _node(operator, ("images", "kernel", "bias"), "cells", strides),
        _node("Reshape", ("cells", "rows"), "columns"),
        _node("Transpose", ("columns",), "answers", _ints("perm", (0, 2, 1))),
        _node("Add", ("answers", "places"), "output"),
    ]
    tensors = [
        _tensor("kernel", kernel),
        _tensor("bias", np.asarray(bias, np.float32)),
        _tensor("places", places),
        _tensor("rows", np.asarray([1, channels, cells], np.int64)),
    ]
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"cells")
    graph += b"".join(_field(5, tensor) for tensor in tensors)
    graph += _field(11, _value("images", shape or (1, 3, height, width)))
    graph += _field(12, _value("output", (1, cells, channels)))
    path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 13)))
    return path


def _node(operator: str, inputs: Sequence[str], output: str, attributes: bytes = b"") -> bytes:
    names = b"".join(_field(1, name.encode()) for name in inputs)
    return names + _field(2, output.encode()) + _field(4, operator.encode()) + attributes


def _ints(name: str, values: Sequence[int]) -> bytes:
    """An attribute of a node: a list of whole numbers."""
    return _field(5, _field(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7))


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = _INT64 if values.dtype == np.int64 else _FLOAT
    sides = b"".join(_number(1, side) for side in values.shape)
    return sides + _number(2, kind) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    sides = b"".join(_field(1, _number(1, side)) for side in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, _FLOAT) + _field(2, sides)))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes([*data, value])
