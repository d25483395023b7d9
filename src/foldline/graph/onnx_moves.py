"""ONNX operators that only move numbers: the onnx package moves positions, and the values follow."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError
from .assembly import Affine
from .onnx_step import Index, Mask, Result, Step, Value
from .windows import check_size

NONE = -1  # the position that stands for the number 0, which an operator that moves positions from 1 on leaves as 0

SCATTERS = ("Scatter", "ScatterElements", "ScatterND")  # move what they put in, too


def moved(step: Step) -> Result:
    """Return what an operator makes of a value by running it on the positions of its numbers."""
    many = {"Concat": range(len(step.inputs)), **dict.fromkeys(SCATTERS, (0, 2))}.get(step.op, range(1))
    if step.attributes.get("reduction", b"none") != b"none":
        raise NetworkError(f"numbers put in their places; got reduction {step.attributes['reduction'].decode()}")
    values = [step.value(i) for i in many]
    starts = np.cumsum([1, *(value.width for value in values)])
    feeds = [None if value is None else np.asarray(value) for value in _parameters(step, set(many))]
    for i, value, start in zip(many, values, starts, strict=False):
        feeds[i] = (value.positions + start).astype(np.float64)
    whole = values[0] if len(values) == 1 else Affine.joined(values)
    made: list[Value] = [whole.take(np.rint(np.asarray(out)).astype(np.int64) + NONE) for out in step.run(feeds)]
    return made if len(made) > 1 else made[0]


def _parameters(step: Step, data: set[int]) -> list[Any]:
    """The inputs that say how to move, None in the places of values."""
    out: list[Any] = []
    for i, value in enumerate(step.inputs):
        if i in data or value is None:
            out.append(None)
        else:
            out.append(step.typed(i, f"a constant input {i}; got one that depends on the input"))
    return out


def reshape(step: Step) -> Affine:
    """The same numbers in another shape; -1 is what is left over, 0 the size that was there."""
    value = step.value()
    shape = step.whole("shape", 1)
    keep_zero = step.attributes.get("allowzero", 0)
    return value.reshaped(*(value.shape[i] if n == 0 and not keep_zero else n for i, n in enumerate(shape)))


def flatten(step: Step) -> Affine:
    """The same numbers as a matrix."""
    value, axis = step.value(), int(step.attributes.get("axis", 1))
    axis += len(value.shape) if axis < 0 else 0
    return value.reshaped(prod(value.shape[:axis]), prod(value.shape[axis:]))


def same(step: Step) -> Value:
    """The value itself."""
    if step.op == "Dropout" and step.has(2) and step.array(2, "a constant mode").any():
        raise NetworkError("inference; got Dropout in training mode")
    value = step.given(0)
    return value if isinstance(value, Mask) else step.value()


def pad(step: Step) -> Affine:
    """Constants, or copies of numbers, around a value; less than none cuts off."""
    value, mode = step.value(), step.attributes.get("mode", b"constant").decode()
    fill = step.array(2, "a constant to pad with").reshape(-1)[0] if step.has(2) else step.attributes.get("value", 0.0)
    low, high = _pads(step, len(value.shape))
    check_size(prod(max(n + a + b, 0) for n, a, b in zip(value.shape, low, high, strict=True)), 1)
    kept = [slice(max(-a, 0), n - max(-b, 0)) for n, a, b in zip(value.shape, low, high, strict=True)]
    around = [(max(a, 0), max(b, 0)) for a, b in zip(low, high, strict=True)]
    at = np.pad(value.positions[tuple(kept)], around, mode, **({"constant_values": NONE} if mode == "constant" else {}))
    made = value.take(at)
    return replace(made, offset=np.where(at.reshape(-1) < 0, float(fill), made.offset))


def _pads(step: Step, n: int) -> tuple[list[int], list[int]]:
    """How many numbers to put before and behind, an axis each."""
    pads = step.whole("pads" if "pads" in step.attributes else "paddings", 1)
    axes = step.whole("axes", 3, range(n))
    low, high = [0] * n, [0] * n
    for i, axis in enumerate(axes):
        low[axis], high[axis] = pads[i], pads[len(axes) + i]
    return low, high


def resize(step: Step) -> Affine:
    """The nearest value of each place of a finer or coarser grid, where runtimes agree which that is.

    raises   NetworkError for another mode, or where the onnx package and ONNX Runtime's float32 formula choose
             differently
    """
    mode = step.attributes.get("mode", b"nearest").decode()
    if mode != "nearest" or step.attributes.get("coordinate_transformation_mode", b"") == b"tf_crop_and_resize":
        raise NetworkError(f"the nearest value; got mode {mode}")
    value = step.value()
    if _is_old(step):
        scales = _scales(step)
        if scales is None:
            raise NetworkError("constant scales; got none")
        made = tuple(int(np.floor(np.float32(n) * s)) for n, s in zip(value.shape, scales, strict=True))
        check_size(prod(made), 1)
        return value.take(value.positions[_nearest(step, made)])
    made = np.rint(np.asarray(step.run([value.positions.astype(np.float64), *_parameters(step, {0})[1:]])[0]))
    if made.ndim != len(value.shape) or not np.array_equal(made, value.positions[_nearest(step, made.shape)]):
        raise NetworkError("nearest values that runtimes agree on; got a grid between which they choose differently")
    return value.take(made.astype(np.int64))


def _is_old(step: Step) -> bool:
    """Whether a node is of the opsets that know one way only: floor, or ceil for a coarser grid."""
    return step.op == "Upsample" or step.opset < 11


def _scales(step: Step) -> NDArray[np.float32] | None:
    """The scales of a node, an axis each, or None where it has sizes instead."""
    if "scales" in step.attributes:  # opset 7
        return np.array(step.attributes["scales"], dtype=np.float32)
    if "height_scale" in step.attributes:  # opset 1
        sides = step.attributes["height_scale"], step.attributes.get("width_scale", 1.0)
        return np.array([1.0, 1.0, *sides], dtype=np.float32)
    at = 1 if _is_old(step) else 2
    if step.has(at) and step.typed(at, "constant scales").size:
        return step.typed(at, "constant scales").reshape(-1).astype(np.float32)
    return None


def _nearest(step: Step, made: tuple[int, ...]) -> tuple[Index, ...]:
    """Where each place of a grid of this shape reads, an index array an axis."""
    shape = step.value().shape
    given = _scales(step)
    scales = np.array(made, dtype=np.float32) / np.array(shape, dtype=np.float32) if given is None else given
    sides = [_nearest_along(step, n, size, scale) for n, size, scale in zip(shape, made, scales, strict=True)]
    return np.ix_(*sides)


def _nearest_along(step: Step, n: int, size: int, scale: Any) -> Index:
    """The place that each of ``size`` places along an axis of n reads, in float32 as ONNX Runtime takes it."""
    x, half, one = np.arange(size, dtype=np.float32), np.float32(0.5), np.float32(1)
    old = _is_old(step)
    how = "asymmetric" if old else step.attributes.get("coordinate_transformation_mode", b"half_pixel").decode()
    if scale == 1 and size == n:
        return np.arange(n)
    if how == "align_corners":
        x = x * np.float32(n - 1) / np.float32(size - 1) if size > 1 else x * 0
    elif how == "asymmetric":
        x = x / scale
    elif how == "half_pixel" or (how == "pytorch_half_pixel" and size > 1):
        x = (x + half) / scale - half
    elif how == "pytorch_half_pixel":
        x = x * 0
    else:
        raise NetworkError(f"a known coordinate_transformation_mode; got {how}")
    name = step.attributes.get("nearest_mode", b"round_prefer_floor").decode()
    if old:
        name = "ceil" if scale < one else "floor"
    nearest = {"floor": np.floor(x), "ceil": np.ceil(x), "round_prefer_ceil": np.floor(x + half)}
    return np.asarray(np.clip(nearest.get(name, np.ceil(x - half)), 0, n - 1).astype(np.int64))


def feature_extractor(step: Step) -> Affine:
    """Chosen columns of a value."""
    value, at = step.value(0), step.typed(1, "constant columns").reshape(-1).astype(np.int64)
    check_size(value.width, len(at))
    columns = np.atleast_2d(value.positions)[..., at]
    return value.take(columns)


def shape_of(step: Step) -> Value:
    """The shape of a value, which is a constant."""
    shape = np.array(step.value().shape, dtype=np.int64)
    if step.op == "Size":
        return np.array(prod(shape.tolist()), dtype=np.int64)
    return shape[slice(step.attributes.get("start", 0), step.attributes.get("end"))]
