"""The operators of ONNX that a network has a place for, each as what it does to affine values.

An operator that only moves numbers works on positions, so that one line does it for constants and data alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError
from .assembly import Affine, Assembly, by_channel, common_shape, product_is_exact
from .windows import Sliding, check_size, convolution, is_power_of_two, means, pools, transposed_convolution

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Result = Affine | list[Affine]

UNIT_OPS = {"Relu": "relu", "Abs": "abs", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus"}
ROW_OPS = {"Softmax": "softmax", "LogSoftmax": "log_softmax"}
DEFAULT_ALPHA = float(np.float32(0.01))  # LeakyRelu; ONNX attributes are float32
DEFAULT_EPSILON = float(np.float32(1e-5))  # BatchNormalization
DEFAULT_SLOPE = float(np.float32(0.2))  # HardSigmoid
WHOLE = (2, 3, 4, 5, 6, 7, 9, 12, 13)  # TensorProto's integer types and bool: a cast to them changes numbers
BY_AXIS = 7  # the opset from which operands fit by NumPy's broadcasting, and not by an attribute


@dataclass(frozen=True, eq=False)
class Step:
    """One node: its operator, attributes and inputs, and the network under construction."""

    op: str
    attributes: dict[str, Any]
    inputs: list[Affine | None]
    n_outputs: int
    opset: int
    assembly: Assembly

    def value(self, i: int = 0) -> Affine:
        value = self.inputs[i] if i < len(self.inputs) else None
        if value is None:
            raise NetworkError(f"an input {i}; got none")
        return value

    def data(self, i: int = 0) -> Affine:
        if not self.value(i).parts:
            raise NetworkError("data that depends on the input; got a constant")
        return self.value(i)

    def array(self, i: int, what: str) -> Array:
        array = self.value(i).constant
        if array is None:
            raise NetworkError(what)
        return array

    def has(self, i: int) -> bool:
        return i < len(self.inputs) and self.inputs[i] is not None

    def whole(self, name: str, i: int | None = None, default: Sequence[int] | None = None) -> list[int]:
        """Whole numbers of an attribute, or of input i in newer files."""
        given = self.attributes.get(name, default)
        if i is not None and self.has(i):
            given = self.array(i, f"a constant {name}; got one that depends on the input").reshape(-1).tolist()
        numbers = np.atleast_1d(np.asarray([] if given is None else given, dtype=np.float64))
        if given is None or np.any(numbers != np.round(numbers)):
            raise NetworkError(f"{name} of whole numbers; got {given}")
        return [int(n) for n in numbers.tolist()]

    @property
    def axis(self) -> int:
        """The attribute, counted from the front."""
        return int(self.attributes.get("axis", 1)) % max(len(self.value().shape), 1)


# Layers


def _gemm(step: Step) -> Affine:
    data, W = step.data(), step.array(1, "a constant matrix on the right")
    if step.attributes.get("transA", 0) or W.ndim != 2:
        raise NetworkError("a constant matrix on the right")
    W = W if step.attributes.get("transB", 0) else W.T
    out = step.assembly.product(W, data, (1, len(W)))
    out = _times(step, out, step.attributes.get("alpha", 1.0))
    if not step.has(2):
        return out
    bias, beta = step.value(2), step.attributes.get("beta", 1.0)
    if beta != 1.0 and bias.parts:
        bias = _times(step, bias, beta)
    elif beta != 1.0:
        bias = _times_constant(step, bias, np.array(beta))
    return step.assembly.sum([out, bias])


def _times(step: Step, value: Affine, factor: float) -> Affine:
    return value if factor == 1.0 else step.assembly.scaled(value, np.array(factor), np.zeros(()))


def _times_constant(step: Step, value: Affine, factor: Array) -> Affine:
    constant = value.offset.reshape(value.shape)
    if not product_is_exact(constant, factor):
        step.assembly.n_rounded += 1
    return Affine.of(constant * factor)


def _matmul(step: Step) -> Affine:
    a, b = step.value(0), step.value(1)
    left, right = a.constant, b.constant
    if (left is None) == (right is None):
        raise NetworkError("one constant matrix and one value")
    if right is not None:
        out = step.assembly.rows_times(_matrix(right).T, a)
        return out.reshaped(*(1,) * (right.ndim - len(a.shape)), *(a.shape[:-1] if right.ndim == 1 else out.shape))
    assert left is not None
    return _times_columns(step.assembly, left, b)


def _times_columns(assembly: Assembly, matrix: Array, b: Affine) -> Affine:
    """A matrix on the left times each column of the value."""
    A = _matrix(matrix if matrix.ndim > 1 else matrix[None, :])
    columns = b.shape[-1] if len(b.shape) > 1 else 1
    blocks = prod(b.shape[:-2])
    check_size(blocks * len(A) * columns, blocks * A.shape[1] * columns)
    W = np.kron(np.eye(blocks), np.kron(A, np.eye(columns)))
    tail = (() if matrix.ndim == 1 else (len(A),)) + ((columns,) if len(b.shape) > 1 else ())
    return assembly.product(W, b, (1,) * (matrix.ndim - len(b.shape)) + b.shape[:-2] + tail)


def _matrix(array: Array) -> Array:
    """A matrix, without the leading axes of length 1 that some exporters add; a vector is a column."""
    if array.ndim == 1:
        return array[:, None]
    if array.size != prod(array.shape[-2:]):
        raise NetworkError(f"one constant matrix and one value; got matrices of shape {list(array.shape)}")
    return array.reshape(array.shape[-2:])


def _image(step: Step) -> tuple[Affine, tuple[int, ...]]:
    """The value and its shape without the batch axis: channels, then positions."""
    data = step.data()
    if len(data.shape) < 3 or data.shape[0] != 1:
        raise NetworkError(f"a value of shape (1, channels, positions ...); got {list(data.shape)}")
    return data, data.shape[1:]


def _sliding(step: Step, kernel: Sequence[int], positions: Sequence[int]) -> Sliding:
    n = len(kernel)
    strides, dilations = (step.whole(name, default=[1] * n) for name in ("strides", "dilations"))
    pads = step.whole("pads", default=[0] * 2 * n)
    auto = step.attributes.get("auto_pad", b"NOTSET").decode()
    if auto == "VALID":
        pads = [0] * 2 * n
    elif auto in ("SAME_UPPER", "SAME_LOWER"):
        sides = zip(positions, kernel, strides, dilations, strict=True)
        total = [max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0) for size, k, s, d in sides]
        low = [(t + (auto == "SAME_LOWER")) // 2 for t in total]
        pads = [*low, *(t - part for t, part in zip(total, low, strict=True))]
    elif auto != "NOTSET":
        raise NetworkError(f"auto_pad out of NOTSET, VALID, SAME_UPPER, SAME_LOWER; got {auto}")
    sizes = tuple(kernel), tuple(strides), tuple(dilations), tuple(pads[:n]), tuple(pads[n:])
    return Sliding(*sizes, ceil=bool(step.attributes.get("ceil_mode", 0)))


def _conv(step: Step) -> Affine:
    data, shape = _image(step)
    kernels = step.array(1, "constant kernels")
    sliding = _sliding(step, kernels.shape[2:], shape[1:])
    W = convolution(kernels, shape, sliding, step.attributes.get("group", 1))
    return _with_bias(step, step.assembly.product(W, data, (1, len(kernels), *sliding.sizes(shape[1:]))))


def _conv_transpose(step: Step) -> Affine:
    data, shape = _image(step)
    kernels = step.array(1, "constant kernels")
    if "output_shape" in step.attributes or step.attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise NetworkError("pads instead of output_shape and auto_pad")
    sliding = _sliding(step, kernels.shape[2:], shape[1:])
    extra = step.whole("output_padding", default=[0] * len(shape[1:]))
    W, made = transposed_convolution(kernels, shape, sliding, step.attributes.get("group", 1), extra)
    return _with_bias(step, step.assembly.product(W, data, (1, *made)))


def _with_bias(step: Step, out: Affine) -> Affine:
    if not step.has(2):
        return out
    bias = step.array(2, "a constant bias")
    return step.assembly.sum([out, Affine.of(by_channel(bias, out.shape))])


def _batch_normalization(step: Step) -> Affine:
    if step.attributes.get("training_mode", 0) or step.n_outputs > 1:
        raise NetworkError("inference; got BatchNormalization in training mode. Export the model in eval()")
    gamma, beta, mean, variance = (step.array(i, "constant numbers") for i in range(1, 5))
    variance = variance + step.attributes.get("epsilon", DEFAULT_EPSILON)
    if np.any(variance <= 0):
        raise NetworkError("variances above 0")
    return step.assembly.normalised(step.data(), gamma, beta, mean, variance)


# Pools and reductions


def _max_pool(step: Step) -> Affine:
    if step.n_outputs > 1:
        raise NetworkError("one output; got the places of the largest values too")
    data, shape = _image(step)
    sliding = _sliding(step, step.whole("kernel_shape"), shape[1:])
    groups = pools(shape, sliding)
    return step.assembly.largest(data, [g[g >= 0] for g in groups], (1, shape[0], *sliding.sizes(shape[1:])))


def _average_pool(step: Step) -> Affine:
    data, shape = _image(step)
    sliding = _sliding(step, step.whole("kernel_shape"), shape[1:])
    counts = sliding.counts(shape[1:], padded=bool(step.attributes.get("count_include_pad", 0)))
    return step.assembly.mean(
        data, pools(shape, sliding), np.tile(counts, shape[0]), (1, shape[0], *sliding.sizes(shape[1:]))
    )


def _reduced(step: Step) -> tuple[Affine, Index, tuple[int, ...]]:
    """The value, the positions that fall together, (groups, n), and the shape of what is left."""
    data = step.data()
    n = len(data.shape)
    axes = range(n)
    if step.op.startswith("Global"):
        _image(step)
        axes = range(2, n)
    elif step.has(1) or "axes" in step.attributes:
        axes = sorted({axis % n for axis in step.whole("axes", 1)})  # type: ignore[assignment]
    elif step.attributes.get("noop_with_empty_axes", 0):
        axes = range(0)
    kept = [axis for axis in range(n) if axis not in axes]
    groups = data.positions.transpose(*kept, *axes).reshape(prod(data.shape[axis] for axis in kept), -1)
    if step.attributes.get("keepdims", 1) or step.op.startswith("Global"):
        return data, groups, tuple(1 if axis in axes else size for axis, size in enumerate(data.shape))
    return data, groups, tuple(data.shape[axis] for axis in kept)


def _reduce_mean(step: Step) -> Affine:
    data, groups, shape = _reduced(step)
    return step.assembly.mean(data, groups, np.full(len(groups), groups.shape[1]), shape)


def _reduce_sum(step: Step) -> Affine:
    data, groups, shape = _reduced(step)
    return step.assembly.product(means(groups, np.ones(len(groups), dtype=np.int64), data.width), data, shape)


def _reduce_max(step: Step) -> Affine:
    data, groups, shape = _reduced(step)
    return step.assembly.largest(data, list(groups), shape)


def _reduce_min(step: Step) -> Affine:
    data, groups, shape = _reduced(step)
    return step.assembly.largest(data.negative(), list(groups), shape).negative()


# Sums, products and the larger of two


def _operands(step: Step) -> list[Affine]:
    values = [step.value(i) for i in range(len(step.inputs))]
    if step.opset < BY_AXIS and len({value.shape for value in values}) > 1 and step.attributes.get("broadcast", 0):
        raise NetworkError(f"opset {BY_AXIS} or newer, or operands of one shape; got opset {step.opset}")
    return values


def _add(step: Step) -> Affine:
    return step.assembly.sum(_operands(step))


def _sub(step: Step) -> Affine:
    a, b = _operands(step)
    return step.assembly.sum([a, b.negative()])


def _mul(step: Step) -> Affine:
    a, b = _operands(step)
    if a.constant is not None:
        a, b = b, a
    factor = b.constant
    if factor is None:
        raise NetworkError("one constant factor; got two values")
    return _scaled(step, a, factor)


def _div(step: Step) -> Affine:
    a, b = _operands(step)
    divisor = b.constant
    if divisor is None or not np.all(divisor):
        raise NetworkError("a constant divisor that is not 0")
    if not a.parts:
        return Affine.of(a.offset.reshape(a.shape) / divisor)
    if not is_power_of_two(divisor):
        step.assembly.n_rounded += 1
    return _scaled(step, a, 1.0 / divisor)


def _scaled(step: Step, value: Affine, factor: Array) -> Affine:
    if not value.parts:
        return _times_constant(step, value, factor)
    value = value.spread(common_shape([value, Affine.of(factor)]))
    return step.assembly.scaled(value, factor, np.zeros(()))


def _max(step: Step) -> Affine:
    first, *rest = _operands(step)
    for value in rest:
        first = _larger(step, first, value)
    return first


def _min(step: Step) -> Affine:
    first, *rest = (value.negative() for value in _operands(step))
    for value in rest:
        first = _larger(step, first, value)
    return first.negative()


def _larger(step: Step, a: Affine, b: Affine) -> Affine:
    if a.parts or b.parts:
        return step.assembly.larger(a, b)
    return Affine.of(np.maximum(a.offset.reshape(a.shape), b.offset.reshape(b.shape)))


# Units


def _unit(step: Step) -> Affine:
    return step.assembly.unit(UNIT_OPS[step.op], step.data())


def identity_unit(step: Step) -> Affine:
    """Return the value as activations of a layer of identity units."""
    return step.assembly.unit("identity", step.data())


def _row_unit(step: Step) -> Affine:
    data = step.data()
    axis = int(step.attributes.get("axis", 1 if step.opset < 13 else -1)) % len(data.shape)
    if data.shape[axis] != data.width:
        raise NetworkError(f"all outputs along one axis; got axis {axis} of {list(data.shape)}")
    return step.assembly.unit(ROW_OPS[step.op], data)


def _leaky(step: Step) -> Affine:
    return step.assembly.unit("leaky_relu", step.data(), np.array([step.attributes.get("alpha", DEFAULT_ALPHA)]))


def _prelu(step: Step) -> Affine:
    data, slopes = step.data(), step.array(1, "constant slopes")
    if step.opset < BY_AXIS and len(data.shape) > 1:
        slopes = by_channel(slopes, data.shape)
    if common_shape([data, Affine.of(slopes)]) != data.shape:
        raise NetworkError(f"slopes that fit {list(data.shape)}; got {list(slopes.shape)}")
    return step.assembly.unit("leaky_relu", data, np.broadcast_to(slopes, data.shape) if slopes.size > 1 else slopes)


def _clip(step: Step) -> Affine:
    lo, hi = (
        float(step.array(i, "constant limits").reshape(-1)[0]) if step.has(i) else float(step.attributes.get(key, no))
        for i, key, no in ((1, "min", -np.inf), (2, "max", np.inf))
    )
    return step.assembly.clipped(step.data(), lo, hi)


def _hard_sigmoid(step: Step) -> Affine:
    """min(max(alpha z + beta, 0), 1)."""
    alpha, beta = step.attributes.get("alpha", DEFAULT_SLOPE), step.attributes.get("beta", 0.5)
    return step.assembly.clipped(step.assembly.scaled(step.data(), np.array(alpha), np.array(beta)), 0.0, 1.0)


# What only moves numbers


def _same(step: Step) -> Affine:
    if step.op == "Dropout" and step.has(2) and step.array(2, "a constant mode").any():
        raise NetworkError("inference; got Dropout in training mode")
    return step.value()


def _cast(step: Step) -> Affine:
    value, to = step.value(), step.attributes.get("to")
    if to not in WHOLE:
        return value
    if value.parts:
        raise NetworkError("data that stays real; got a cast to whole numbers")
    return Affine.of(np.trunc(value.offset).reshape(value.shape))


def _flatten(step: Step) -> Affine:
    value, axis = step.value(), int(step.attributes.get("axis", 1))
    axis += len(value.shape) if axis < 0 else 0
    return value.reshaped(prod(value.shape[:axis]), prod(value.shape[axis:]))


def _reshape(step: Step) -> Affine:
    value = step.value()
    shape = step.whole("shape", 1)
    keep_zero = step.attributes.get("allowzero", 0)
    return value.reshaped(*(value.shape[i] if n == 0 and not keep_zero else n for i, n in enumerate(shape)))


def _squeeze(step: Step) -> Affine:
    value = step.value()
    axes = step.whole("axes", 1) if step.has(1) or "axes" in step.attributes else None
    return value.reshaped(*np.squeeze(value.positions, None if axes is None else tuple(axes)).shape)


def _unsqueeze(step: Step) -> Affine:
    return step.value().reshaped(*np.expand_dims(step.value().positions, tuple(step.whole("axes", 1))).shape)


def _transpose(step: Step) -> Affine:
    return step.value().take(np.transpose(step.value().positions, step.attributes.get("perm")))


def _concat(step: Step) -> Affine:
    values = [step.value(i) for i in range(len(step.inputs))]
    starts = np.cumsum([0, *(value.width for value in values)])
    order = [value.positions + start for value, start in zip(values, starts, strict=False)]
    return Affine.joined(values).take(np.concatenate(order, axis=step.axis))


def _split(step: Step) -> list[Affine]:
    value = step.value()
    axis = int(step.attributes.get("axis", 0)) % len(value.shape)
    size, n = value.shape[axis], step.attributes.get("num_outputs", step.n_outputs)
    even = [-(-size // n)] * (n - 1)
    sizes = step.whole("split", 1, [*even, size - sum(even)])
    if sum(sizes) != size or min(sizes) < 0:
        raise NetworkError(f"parts that make up {size} values; got {sizes}")
    return [value.take(part) for part in np.split(value.positions, np.cumsum(sizes)[:-1], axis=axis)]


def _slice(step: Step) -> Affine:
    value = step.value()
    starts, ends = step.whole("starts", 1), step.whole("ends", 2)
    axes = step.whole("axes", 3, list(range(len(starts))))
    steps = step.whole("steps", 4, [1] * len(starts))
    at = [slice(None)] * len(value.shape)
    for axis, start, end, stride in zip(axes, starts, ends, steps, strict=True):
        back = stride < 0 and end < -value.shape[axis]  # a backward slice to the front, which Python writes None
        at[axis] = slice(start, None if back else end, stride)
    return value.take(value.positions[tuple(at)])


def _gather(step: Step) -> Affine:
    value, indices = step.value(), step.value(1)
    check_size(value.width, indices.width)
    at = np.array(step.whole("indices", 1), dtype=np.int64).reshape(indices.shape)
    return value.take(np.take(value.positions, at, axis=int(step.attributes.get("axis", 0))))


def _pad(step: Step) -> Affine:
    value, n = step.value(), len(step.value().shape)
    if step.has(3):
        raise NetworkError("pads for all axes; got some axes")
    pads, mode = step.whole("pads", 1), step.attributes.get("mode", b"constant").decode()
    widths = list(zip(pads[:n], pads[n:], strict=True))
    check_size(prod(size + sum(pair) for size, pair in zip(value.shape, widths, strict=True)), 1)
    if mode != "constant":
        return value.take(np.pad(value.positions, widths, mode=mode))
    at = np.pad(value.positions, widths, constant_values=-1)
    fill = step.array(2, "a constant to pad with").reshape(-1)[0] if step.has(2) else step.attributes.get("value", 0.0)
    return step.assembly.sum([value.take(at), Affine.of(np.where(at < 0, float(fill), 0.0))])


def _expand(step: Step) -> Affine:
    value = step.value()
    shape = np.broadcast_shapes(value.shape, tuple(step.whole("shape", 1)))
    check_size(prod(shape), 1)
    return value.spread(shape)


def _tile(step: Step) -> Affine:
    value, repeats = step.value(), step.whole("repeats", 1)
    check_size(prod(repeats) * value.width, 1)
    return value.take(np.tile(value.positions, repeats))


def _shape(step: Step) -> Affine:
    shape = step.value().shape
    return Affine.of(np.array(shape[slice(step.attributes.get("start", 0), step.attributes.get("end"))]))


def _constant_of_shape(step: Step) -> Affine:
    shape = step.whole("shape", 0)
    check_size(prod(shape), 1)
    return Affine.of(np.full(shape, float(np.asarray(step.attributes.get("value", 0.0)).flat[0])))


OPERATORS: dict[str, Callable[[Step], Result]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "BatchNormalization": _batch_normalization,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalMaxPool": _reduce_max,
    "GlobalAveragePool": _reduce_mean,
    "ReduceMax": _reduce_max,
    "ReduceMin": _reduce_min,
    "ReduceMean": _reduce_mean,
    "ReduceSum": _reduce_sum,
    "Add": _add,
    "Sum": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "Neg": lambda step: step.value().negative(),
    "Max": _max,
    "Min": _min,
    **dict.fromkeys(UNIT_OPS, _unit),
    **dict.fromkeys(ROW_OPS, _row_unit),
    "LeakyRelu": _leaky,
    "PRelu": _prelu,
    "Clip": _clip,
    "HardSigmoid": _hard_sigmoid,
    "Identity": _same,
    "Dropout": _same,
    "Cast": _cast,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Gather": _gather,
    "Pad": _pad,
    "Expand": _expand,
    "Tile": _tile,
    "Shape": _shape,
    "ConstantOfShape": _constant_of_shape,
}
