"""ONNX operators that only move numbers: the onnx package moves positions, and the values follow."""

from __future__ import annotations

from math import prod

import numpy as np

from ..errors import NetworkError
from .assembly import Affine
from .onnx_step import Mask, Result, Step, Value
from .windows import check_size

NONE = 0  # the position that stands for the number 0; those of values begin at 1


def moved(step: Step) -> Result:
    """Return what an operator makes of a value by running it on the positions of its numbers."""
    many = range(len(step.inputs)) if step.op == "Concat" else range(1)
    values = [step.value(i) for i in many]
    starts = np.cumsum([1, *(value.width for value in values)])
    feeds = [None if value is None else np.asarray(value) for value in _parameters(step, set(many))]
    for i, value, start in zip(many, values, starts, strict=False):
        feeds[i] = (value.positions + start).astype(np.float64)
    whole = values[0] if len(values) == 1 else Affine.joined(values)
    made: list[Value] = [whole.take(np.rint(np.asarray(out)).astype(np.int64) - 1) for out in step.run(feeds)]
    return made if len(made) > 1 else made[0]


def _parameters(step: Step, data: set[int]) -> list[object]:
    """The inputs that say how to move, None in the places of values."""
    out: list[object] = []
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
    """Constants, or copies of numbers, around a value."""
    value, mode = step.value(), step.attributes.get("mode", b"constant").decode()
    fill = step.array(2, "a constant to pad with").reshape(-1)[0] if step.has(2) else step.attributes.get("value", 0.0)
    feeds = [None if part is None else np.asarray(part) for part in _parameters(step, {0, 2})]
    feeds[0] = (value.positions + 1).astype(np.float64)
    if len(feeds) > 2:
        feeds[2] = np.array(float(NONE))
    made = step.run(feeds)[0]
    at = np.rint(np.asarray(made)).astype(np.int64) - 1
    if mode != "constant" or fill == 0:
        return value.take(at)
    return step.assembly.sum([value.take(at), Affine.of(np.where(at < 0, float(fill), 0.0))])


def resize(step: Step) -> Result:
    """The nearest value of each place of a finer or coarser grid."""
    mode = step.attributes.get("mode", b"nearest").decode()
    if mode != "nearest" or step.attributes.get("coordinate_transformation_mode", b"") == b"tf_crop_and_resize":
        raise NetworkError(f"the nearest value; got mode {mode}")
    return moved(step)


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
