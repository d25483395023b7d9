"""ONNX operators that multiply and add: matrices, convolutions, pools, reductions, scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ..errors import NetworkError
from .assembly import Affine, Assembly, by_channel, common_shape, product_is_exact
from .onnx_step import Array, Index, Step
from .windows import Sliding, check_size, convolution, is_power_of_two, means, pools, transposed_convolution

DEFAULT_EPSILON = float(np.float32(1e-5))  # BatchNormalization
BY_AXIS = 7  # the opset from which operands fit by NumPy's broadcasting, and not from an axis on


# Matrices


def gemm(step: Step) -> Affine:
    """alpha A' B' + beta C, one of A and B constant."""
    a, b = (_turned(step.value(i), step.attributes.get(f"trans{'AB'[i]}", 0)) for i in (0, 1))
    out = _times(step, product_of(step, a, b), step.attributes.get("alpha", 1.0))
    if not step.has(2):
        return out
    bias, beta = step.value(2), step.attributes.get("beta", 1.0)
    if beta != 1.0:
        bias = _times(step, bias, beta) if bias.parts else _times_constant(step, bias, np.array(beta))
    return step.assembly.sum([out, bias])


def _turned(value: Affine, turn: int) -> Affine:
    return value.take(value.positions.T) if turn else value


def _times(step: Step, value: Affine, factor: float) -> Affine:
    return value if factor == 1.0 else step.assembly.scaled(value, np.array(factor), np.zeros(()))


def _times_constant(step: Step, value: Affine, factor: Array) -> Affine:
    constant = value.offset.reshape(value.shape)
    if not product_is_exact(constant, factor):
        step.assembly.n_rounded += 1
    return Affine.of(constant * factor)


def matmul(step: Step) -> Affine:
    """A B as NumPy multiplies arrays of any rank, one of them constant."""
    return product_of(step, step.value(0), step.value(1))


def product_of(step: Step, a: Affine, b: Affine) -> Affine:
    """Return the matrix product of two values, of which one is constant.

    raises   NetworkError if both depend on the input or both do not
    """
    if bool(a.parts) == bool(b.parts):
        raise NetworkError("one constant matrix and one value")
    left = a.reshaped(1, *a.shape) if len(a.shape) == 1 else a
    right = b.reshaped(*b.shape, 1) if len(b.shape) == 1 else b
    shape = _product_shape(a, b, left, right)
    if right.parts and len(right.shape) == 2 and right.shape[1] == 1 and left.width == prod(left.shape[-2:]):
        return step.assembly.product(left.offset.reshape(left.shape[-2:]), right, shape)
    if left.parts and left.width == left.shape[-1] and right.width == prod(right.shape[-2:]):
        return step.assembly.product(right.offset.reshape(right.shape[-2:]).T, left, shape)
    return _spread_product(step.assembly, left, right, shape)


def _product_shape(a: Affine, b: Affine, left: Affine, right: Affine) -> tuple[int, ...]:
    ahead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    rows, columns = a.shape[-2:-1], b.shape[-1:] if len(b.shape) > 1 else ()
    return (*ahead, *rows, *columns)


def _spread_product(assembly: Assembly, left: Affine, right: Affine, shape: Sequence[int]) -> Affine:
    """The product written out: for each number of the outcome the positions it reads and what multiplies them."""
    value = left if left.parts else right
    n, k = prod(shape), left.shape[-1]
    check_size(n, value.width)
    ahead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    whole = (*ahead, left.shape[-2], right.shape[-1], k)

    def spread(array: Any, *, rows: bool) -> Any:
        """One (..., m, n, k) array of a left (..., m, k) or right (..., k, n) one."""
        pairs = array[..., :, None, :] if rows else np.swapaxes(array, -1, -2)[..., None, :, :]
        return np.broadcast_to(pairs, whole).reshape(n, k)

    constant = right if left.parts else left
    factors = spread(constant.offset.reshape(constant.shape), rows=not left.parts)
    places = spread(value.positions, rows=bool(left.parts))
    W = np.zeros((n, value.width))
    W[np.arange(n)[:, None], places] = factors
    return assembly.product(W, value, shape)


def einsum(step: Step) -> Affine:
    """A sum of products over named axes, of one value and constants: its matrix is the same sum of unit arrays."""
    terms, ends = _einsum_terms(step)
    places = [i for i in range(len(step.inputs)) if not step.is_constant(i)]
    if len(places) != 1:
        raise NetworkError("one value and constants; got more values")
    at, value = places[0], step.value(places[0])
    new = next(letter for letter in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if letter not in "".join([*terms, ends]))
    arrays = [
        step.array(i, "") if i != at else np.eye(value.width).reshape(-1, *value.shape) for i in range(len(terms))
    ]
    sizes = {
        name: size
        for term, array in zip(terms, arrays, strict=True)
        if term != terms[at]
        for name, size in zip(term, array.shape, strict=False)
    }
    sizes |= dict(zip(terms[at], value.shape, strict=False))
    check_size(value.width, prod(sizes.values()))
    if len(terms) > 2 or any(set(term) - set(terms[at]) - set(ends) for term in terms):
        step.assembly.n_rounded += 1
    rule = ",".join(new + term if i == at else term for i, term in enumerate(terms)) + f"->{new}{ends}"
    made = np.einsum(rule, *arrays)
    return step.assembly.product(made.reshape(value.width, -1).T, value, made.shape[1:])


def _einsum_terms(step: Step) -> tuple[list[str], str]:
    rule = step.attributes.get("equation", b"").decode().replace(" ", "")
    left, arrow, ends = rule.partition("->")
    terms = left.split(",")
    if "." in rule or len(terms) != len(step.inputs):
        raise NetworkError(f"an equation of letters, one term an input; got {rule!r}")
    if not arrow:
        letters = left.replace(",", "")
        ends = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return terms, ends


# Convolutions and pools


def _each(step: Step, what: Callable[[Affine], Affine]) -> Affine:
    """What an operator makes of each image of a value of shape (images, channels, positions ...)."""
    data = step.data()
    if data.shape[0] == 1:
        return what(data)
    made = [what(data.take(data.positions[i : i + 1])) for i in range(data.shape[0])]
    return Affine.joined(made).reshaped(len(made), *made[0].shape[1:])


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


def conv(step: Step) -> Affine:
    """A convolution by constant kernels, as one matrix of their numbers."""
    kernels = step.array(1, "constant kernels")

    def one(data: Affine) -> Affine:
        shape = data.shape[1:]
        sliding = _sliding(step, kernels.shape[2:], shape[1:])
        W = convolution(kernels, shape, sliding, step.attributes.get("group", 1))
        return _with_bias(step, step.assembly.product(W, data, (1, len(kernels), *sliding.sizes(shape[1:]))))

    return _each(step, one)


def conv_transpose(step: Step) -> Affine:
    """The transpose of a convolution by constant kernels."""
    kernels = step.array(1, "constant kernels")
    if "output_shape" in step.attributes or step.attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise NetworkError("pads instead of output_shape and auto_pad")

    def one(data: Affine) -> Affine:
        shape = data.shape[1:]
        sliding = _sliding(step, kernels.shape[2:], shape[1:])
        extra = step.whole("output_padding", default=[0] * len(shape[1:]))
        W, made = transposed_convolution(kernels, shape, sliding, step.attributes.get("group", 1), extra)
        return _with_bias(step, step.assembly.product(W, data, (1, *made)))

    return _each(step, one)


def _with_bias(step: Step, out: Affine) -> Affine:
    if not step.has(2):
        return out
    bias = step.array(2, "a constant bias")
    return step.assembly.sum([out, Affine.of(by_channel(bias, out.shape))])


def batch_normalization(step: Step) -> Affine:
    """Scale and shift by channel, at inference."""
    old_training = step.opset < BY_AXIS and not step.attributes.get("is_test", 0)
    if step.attributes.get("training_mode", 0) or step.n_outputs > 1 or old_training:
        raise NetworkError("inference; got BatchNormalization in training mode. Export the model in eval()")
    gamma, beta, mean, variance = (step.array(i, "constant numbers") for i in range(1, 5))
    variance = variance + step.attributes.get("epsilon", DEFAULT_EPSILON)
    if np.any(variance <= 0):
        raise NetworkError("variances above 0")
    return step.assembly.normalised(step.data(), gamma, beta, mean, variance)


def _pooling(step: Step, positions: Sequence[int]) -> Sliding:
    """How a pool's window moves; refused where the text of ONNX and onnxruntime pad in two ways."""
    sliding = _sliding(step, step.whole("kernel_shape"), positions)
    auto = step.attributes.get("auto_pad", b"NOTSET").decode()
    spread = max(d * (k > 1) for d, k in zip(sliding.dilations, sliding.kernel, strict=True)) > 1
    between = any(-size % s + k < s - 1 for size, s, k in zip(positions, sliding.strides, sliding.kernel, strict=True))
    if auto.startswith("SAME") and (spread or between):
        why = "dilations" if spread else f"a kernel {list(sliding.kernel)} below its strides {list(sliding.strides)}"
        raise NetworkError(f"pads in numbers; got auto_pad={auto} with {why}, which runtimes read in two ways")
    return sliding


def max_pool(step: Step) -> Affine:
    """The largest value of each window, as a tournament."""
    if step.n_outputs > 1:
        raise NetworkError("one output; got the places of the largest values too")

    def one(data: Affine) -> Affine:
        shape = data.shape[1:]
        sliding = _pooling(step, shape[1:])
        groups = pools(shape, sliding)
        return step.assembly.largest(data, [g[g >= 0] for g in groups], (1, shape[0], *sliding.sizes(shape[1:])))

    return _each(step, one)


def average_pool(step: Step) -> Affine:
    """The mean of each window."""

    def one(data: Affine) -> Affine:
        shape = data.shape[1:]
        sliding = _pooling(step, shape[1:])
        counts = sliding.counts(shape[1:], padded=bool(step.attributes.get("count_include_pad", 0)))
        made = (1, shape[0], *sliding.sizes(shape[1:]))
        return step.assembly.mean(data, pools(shape, sliding), np.tile(counts, shape[0]), made)

    return _each(step, one)


# Reductions


def _reduced(step: Step, data: Affine) -> tuple[Index, tuple[int, ...]]:
    """The positions that fall together, (groups, n), and the shape of what is left."""
    n = len(data.shape)
    axes = set(range(n))
    if step.op.startswith("Global"):
        axes = set(range(2, n))
    else:
        named = step.whole("axes", 1, []) if step.has(1) or "axes" in step.attributes else []
        if named or step.attributes.get("noop_with_empty_axes", 0):
            axes = {axis % n for axis in named}
    kept = [axis for axis in range(n) if axis not in axes]
    groups = data.positions.transpose(*kept, *sorted(axes)).reshape(prod(data.shape[axis] for axis in kept), -1)
    if step.attributes.get("keepdims", 1) or step.op.startswith("Global"):
        return groups, tuple(1 if axis in axes else size for axis, size in enumerate(data.shape))
    return groups, tuple(data.shape[axis] for axis in kept)


def reduce_mean(step: Step) -> Affine:
    """The mean over axes."""
    groups, shape = _reduced(step, step.data())
    return step.assembly.mean(step.data(), groups, np.full(len(groups), groups.shape[1]), shape)


def reduce_sum(step: Step) -> Affine:
    """The sum over axes; of the absolute values for ReduceL1."""
    data = step.data()
    groups, shape = _reduced(step, data)
    if step.op == "ReduceL1":
        data = step.assembly.unit("abs", data)
    return step.assembly.product(means(groups, np.ones(len(groups), dtype=np.int64), data.width), data, shape)


def reduce_max(step: Step) -> Affine:
    """The largest over axes, as a tournament."""
    groups, shape = _reduced(step, step.data())
    return step.assembly.largest(step.data(), list(groups), shape)


def reduce_min(step: Step) -> Affine:
    """The least over axes, as a tournament of negatives."""
    groups, shape = _reduced(step, step.data())
    return step.assembly.largest(step.data().negative(), list(groups), shape).negative()


# Sums, products and the larger of two


def operands(step: Step) -> list[Affine]:
    """Return the inputs of a sum or product."""
    values = [step.value(i) for i in range(len(step.inputs))]
    if step.opset < BY_AXIS and step.attributes.get("broadcast", 0) and "axis" in step.attributes:
        a, b = values
        behind = len(a.shape) - int(step.attributes["axis"]) % len(a.shape) - len(b.shape)
        values[1] = b.reshaped(*b.shape, *(1,) * behind)
    return values


def add(step: Step) -> Affine:
    """The sum of values of shapes that fit."""
    return step.assembly.sum(operands(step))


def subtract(step: Step) -> Affine:
    """The difference of two values."""
    a, b = operands(step)
    return step.assembly.sum([a, b.negative()])


def mean(step: Step) -> Affine:
    """The mean of values."""
    n = len(step.inputs)
    if not is_power_of_two(np.array(n)):
        step.assembly.n_rounded += 1
    return step.assembly.scaled(step.assembly.sum(operands(step)), np.array(1.0 / n), np.zeros(()))


def divide(step: Step) -> Affine:
    """A value divided by constants."""
    a, b = operands(step)
    divisor = b.constant
    if divisor is None or not np.all(divisor):
        raise NetworkError("a constant divisor that is not 0")
    if not is_power_of_two(divisor):
        step.assembly.n_rounded += 1
    return scaled(step, a, 1.0 / divisor)


def scaled(step: Step, value: Affine, factor: Array) -> Affine:
    """Return a value times constants of a shape that fits."""
    value = value.spread(common_shape([value, Affine.of(factor)]))
    return step.assembly.scaled(value, factor, np.zeros(()))


def largest(step: Step) -> Affine:
    """The largest of values, number by number."""
    first, *rest = operands(step)
    for value in rest:
        first = _larger(step, first, value)
    return first


def least(step: Step) -> Affine:
    """The least of values, number by number."""
    first, *rest = (value.negative() for value in operands(step))
    for value in rest:
        first = _larger(step, first, value)
    return first.negative()


def _larger(step: Step, a: Affine, b: Affine) -> Affine:
    if a.parts or b.parts:
        return step.assembly.larger(a, b)
    return Affine.of(np.maximum(a.offset.reshape(a.shape), b.offset.reshape(b.shape)))


# What scikit-learn's converter writes


def scaler(step: Step) -> Affine:
    """(x - offset) * scale, a number a column."""
    data = step.data()
    offset, scale = (
        np.array(step.attributes.get(name, default), dtype=np.float64)
        for name, default in (("offset", [0.0]), ("scale", [1.0]))
    )
    return scaled(step, step.assembly.sum([data, Affine.of(-offset)]), scale)


def linear_rows(step: Step) -> Affine:
    """Return x C' + c for the coefficients in a node's attributes, a row an output."""
    data = step.data()
    C = np.array(step.attributes.get("coefficients", []), dtype=np.float64)
    if len(data.shape) != 2 or C.size == 0 or C.size % data.shape[1]:
        raise NetworkError(f"coefficients that fit {list(data.shape)}; got {C.size}")
    C = C.reshape(-1, data.shape[1])
    c = np.array(step.attributes.get("intercepts", np.zeros(len(C))), dtype=np.float64)
    out = step.assembly.rows_times(C, data)
    return step.assembly.sum([out, Affine.of(c)]) if c.size else out
