"""ONNX operators that bend values: units, clips, comparisons and what is chosen by them."""

from __future__ import annotations

from math import prod

import numpy as np

from ..errors import NetworkError
from .assembly import SAMPLED, Affine, Assembly, by_channel, common_shape, product_is_exact, sum_is_exact
from .bends import beyond, shrunk
from .onnx_linear import BY_AXIS, linear_rows, operands, scaled
from .onnx_step import Array, Mask, Result, Step, Value

UNIT_OPS = {"Relu": "relu", "Abs": "abs", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus", "Sin": "sine"}
ROW_OPS = {"Softmax": "softmax", "LogSoftmax": "log_softmax"}
DEFAULT_ALPHA = float(np.float32(0.01))  # LeakyRelu; ONNX attributes are float32
DEFAULT_SLOPE = float(np.float32(0.2))  # HardSigmoid
NO_LIMIT = float(np.finfo(np.float32).max)  # of a Clip: exporters write the end of float32 for none
NARROW = {10: "float16", 16: "bfloat16", 17: "float8", 18: "float8", 19: "float8", 20: "float8"}
REAL = (1, 11)  # TensorProto: float32, float64


def unit(step: Step) -> Affine:
    """The value through a layer of units."""
    return step.assembly.unit(UNIT_OPS[step.op], step.data())


def identity_unit(step: Step) -> Affine:
    """Return the value as activations of a layer of identity units."""
    return step.assembly.unit("identity", step.data())


def row_unit(step: Step) -> Affine:
    """Softmax or its logarithm over all outputs."""
    data = step.data()
    n = len(data.shape)
    axis = int(step.attributes.get("axis", 1 if step.opset < 13 else -1)) % max(n, 1)
    together = prod(data.shape[axis:]) if step.opset < 13 else data.shape[axis]  # older: all axes from this one on
    if together != data.width:
        raise NetworkError(f"all outputs along one axis; got axis {axis} of {list(data.shape)}")
    if data.width == 1:
        return Affine.of(np.full(data.shape, 1.0 if step.op == "Softmax" else 0.0))
    return step.assembly.unit(ROW_OPS[step.op], data)


def leaky(step: Step) -> Affine:
    """Leaky ReLU; the slope is the attribute's float32."""
    return step.assembly.unit("leaky_relu", step.data(), np.array([step.attributes.get("alpha", DEFAULT_ALPHA)]))


def prelu(step: Step) -> Affine:
    """ReLU with constant slopes below zero."""
    data, slopes = step.data(), step.array(1, "constant slopes")
    if step.opset < BY_AXIS and len(data.shape) > 1:
        slopes = by_channel(slopes, data.shape)
    if common_shape([data, Affine.of(slopes)]) != data.shape:
        raise NetworkError(f"slopes that fit {list(data.shape)}; got {list(slopes.shape)}")
    return step.assembly.unit("leaky_relu", data, np.broadcast_to(slopes, data.shape) if slopes.size > 1 else slopes)


def clip(step: Step) -> Affine:
    """min(max(z, lo), hi); a limit at the end of float32 or beyond is none."""
    lo, hi = _limit(step, 1, "min", -np.inf), _limit(step, 2, "max", np.inf)
    lo, hi = (limit if abs(limit) < NO_LIMIT else np.copysign(np.inf, limit) for limit in (lo, hi))
    if lo >= hi:
        if np.isinf(hi):
            raise NetworkError(f"limits that leave a number; got ({lo:g}, {hi:g})")
        return Affine.of(np.full(step.data().shape, hi))  # ONNX: where they cross, the upper limit
    return step.assembly.clipped(step.data(), lo, hi)


def _limit(step: Step, i: int, key: str, none: float) -> float:
    if not step.has(i):
        return float(step.attributes.get(key, none))
    limit = step.typed(i, "constant limits").astype(np.float64).reshape(-1)
    if limit.size != 1 or np.isnan(limit[0]):
        raise NetworkError(f"limits of one number; got {limit.tolist()[:4]}")
    return float(limit[0])


def hard_sigmoid(step: Step) -> Affine:
    """min(max(alpha z + beta, 0), 1)."""
    alpha, beta = step.attributes.get("alpha", DEFAULT_SLOPE), step.attributes.get("beta", 0.5)
    return step.assembly.clipped(step.assembly.scaled(step.data(), np.array(alpha), np.array(beta)), 0.0, 1.0)


def thresholded(step: Step) -> Affine:
    """z where z > alpha, else 0."""
    alpha = float(step.attributes.get("alpha", 1.0))
    return beyond(step.assembly, step.data(), alpha, alpha)


def shrink(step: Step) -> Affine:
    """z - bias above lambd, z + bias below -lambd, 0 between."""
    lambd, bias = float(step.attributes.get("lambd", 0.5)), float(step.attributes.get("bias", 0.0))
    step.assembly.n_rounded += not sum_is_exact(np.array(lambd), np.array(-bias))
    return shrunk(step.assembly, step.data(), lambd, lambd - bias)


def sign(step: Step) -> Affine:
    """-1, 0 or 1, by steps on both sides."""
    z = step.data()
    up, down = (step.assembly.unit("step", side) for side in (z, z.negative()))
    return step.assembly.sum([up, down.negative()])


# Comparisons


def compared(step: Step) -> Mask:
    """Whether a > b, and the like."""
    a, b = step.value(0), step.value(1)
    if step.op in ("Less", "GreaterOrEqual"):
        a, b = b, a
    if b.constant is not None and not b.offset.any():
        over = a.spread(common_shape([a, b]))
    else:
        over = step.assembly.sum([a, b.negative()])
    return Mask(over, turned=step.op.endswith("OrEqual"))


def negated(step: Step) -> Mask:
    """Not a comparison."""
    mask = step.given(0)
    assert isinstance(mask, Mask)  # nothing else that depends on the input is true or false
    return Mask(mask.over, not mask.turned)


def where(step: Step) -> Result:
    """One value where a comparison holds, another where it does not."""
    chosen = step.given(0)
    if isinstance(chosen, Mask):
        return where_positive(step, chosen, step.value(1), step.value(2))
    assert not isinstance(chosen, Affine)
    a, b = step.value(1), step.value(2)
    shape = np.broadcast_shapes(chosen.shape, a.shape, b.shape)
    both = Affine.joined([a, b])
    at = np.where(chosen, np.broadcast_to(a.positions, shape), a.width + np.broadcast_to(b.positions, shape))
    return both.take(at)


def multiply(step: Step) -> Result:
    """A value times constants, or times a comparison that bends it."""
    masks = [i for i in (0, 1) if isinstance(step.given(i), Mask)]
    if len(masks) == 1 and not step.is_constant(1 - masks[0]):
        mask = step.given(masks[0])
        assert isinstance(mask, Mask)
        return where_positive(step, mask, step.value(1 - masks[0]), Affine.of(np.zeros(())))
    a, b = operands(step)
    if a.constant is not None:
        a, b = b, a
    factor = b.constant
    if factor is None:
        raise NetworkError(f"one constant factor; got two values. {SAMPLED}")
    return scaled(step, a, factor)


def power(step: Step) -> Affine:
    """A value to the power of 1, and 1 for the power of 0; others bend everywhere."""
    if step.is_constant(0):
        raise NetworkError(f"an exponent that does not depend on the input. {SAMPLED}")
    exponent = step.array(1, f"a constant exponent; got one that depends on the input. {SAMPLED}")
    x = step.value(0)
    shape = np.broadcast_shapes(x.shape, exponent.shape)
    if (exponent == 1).all():
        return x.spread(shape)
    if (exponent == 0).all():
        return Affine.of(np.ones(shape))
    worst = float(exponent[exponent != 1].flat[0])
    raise NetworkError(f"a power of 1; got {worst:g}, which is not piecewise linear. {SAMPLED}")


def where_positive(step: Step, mask: Mask, a: Affine, b: Affine) -> Affine:
    """Return a where a mask holds, b where it does not: both bend where the mask's value z is 0.

    Each must be k z + d with constants k, d; then it is kept by ReLUs of z and -z, and by a step where the two do not
    meet.
    raises   NetworkError if one is not
    """
    if mask.turned:
        a, b = b, a
    shape = np.broadcast_shapes(mask.over.shape, a.shape, b.shape)
    z, a, b = (_as_it_was(step.assembly, value.spread(shape)) for value in (mask.over, a, b))
    (k, d), (m, e) = (_line(step.assembly, value, z) for value in (a, b))
    jump = d - e
    step.assembly.n_rounded += not sum_is_exact(d, -e)
    if not k.any() and not m.any():
        parts = []
    elif np.all(k == 1.0):
        bent = step.assembly.unit("relu", z) if not m.any() else step.assembly.unit("leaky_relu", z, m.reshape(shape))
        parts = [bent]
    else:
        both = step.assembly.unit("relu", Affine.joined([z, z.negative()]))
        up, down = (both.take(half) for half in np.arange(2 * z.width).reshape(2, *shape))
        zero = np.zeros(())
        parts = [step.assembly.scaled(up, k.reshape(shape), zero), step.assembly.scaled(down, -m.reshape(shape), zero)]
    if jump.any():
        parts.append(step.assembly.scaled(step.assembly.unit("step", z), jump.reshape(shape), np.zeros(())))
    return step.assembly.sum([*parts, Affine.of(e.reshape(shape))])


def _as_it_was(assembly: Assembly, value: Affine) -> Affine:
    """The value before a layer of identity units, where it is such a layer's activations."""
    while len(value.parts) == 1:
        (layer, M), *_ = value.parts.items()
        one = bool(np.all((M == 1).sum(axis=1) == 1) and np.count_nonzero(M) == value.width)
        if layer == 0 or assembly.names[layer - 1] != "identity" or not one or value.offset.any():
            break
        value = assembly.before[layer - 1].take(M.argmax(axis=1)).reshaped(*value.shape)
    return value


def _line(assembly: Assembly, value: Affine, z: Affine) -> tuple[Array, Array]:
    """The k, d with value = k z + d, number by number.

    raises   NetworkError if there are none that no rounding hides
    """
    if not value.parts or not any(M.any() for M in value.parts.values()):
        return np.zeros(value.width), value.offset
    if len(value.parts) == 1 and not (value.parts.keys() <= z.parts.keys()):
        (layer, M), *_ = value.parts.items()
        if layer and assembly.names[layer - 1] == "identity" and np.all(np.count_nonzero(M, axis=1) <= 1):
            at = np.abs(M).argmax(axis=1)
            inner, factor = assembly.before[layer - 1].take(at), M[np.arange(len(M)), at]
            k, d = _line(assembly, _as_it_was(assembly, inner), z)
            if product_is_exact(k, factor) and not d.any():
                return k * factor, value.offset
    rows = {s: (value.parts.get(s, np.zeros_like(z.parts[s])), z.parts[s]) for s in z.parts}
    if value.parts.keys() <= z.parts.keys():
        k = np.zeros(value.width)
        for V, Z in rows.values():
            at = np.abs(Z).argmax(axis=1)[:, None]
            top, base = np.take_along_axis(V, at, 1)[:, 0], np.take_along_axis(Z, at, 1)[:, 0]
            k = np.where((k == 0) & (base != 0), top / np.where(base == 0, 1.0, base), k)
        fits = all(np.array_equal(V, k[:, None] * Z) and product_is_exact(k[:, None], Z) for V, Z in rows.values())
        shift = value.offset - k * z.offset
        if fits and product_is_exact(k, z.offset) and np.array_equal(shift + k * z.offset, value.offset):
            return k, shift
    raise NetworkError("branches that are lines in what is compared with 0; got another choice")


# Casts, labels' probabilities


def cast(step: Step) -> Value:
    """The same numbers: types change constants only, and what depends on the input stays a real number."""
    value, to = step.given(0), step.attributes.get("to", 1)
    if isinstance(value, Mask) and (to in REAL or to in NARROW or to in (2, 3, 4, 5, 6, 7, 9, 12, 13)):
        return value
    if to in NARROW:
        step.notes.append(f"the file computes in {NARROW[to]}, which rounds; here in real numbers")
    elif to not in REAL:
        raise NetworkError("data that stays real; got a cast to whole numbers")
    return step.value()


def linear_classifier(step: Step) -> list[Value]:
    """The scores of scikit-learn's linear classifiers, behind a label that is not read."""
    kind = step.attributes.get("post_transform", b"NONE").decode()
    scores = linear_rows(step)
    labels = step.attributes.get("classlabels_ints") or step.attributes.get("classlabels_strings") or []
    if scores.width < 2 or scores.width != len(labels):
        raise NetworkError(f"a score a class; got {scores.width} for {len(labels)} classes")
    if kind == "NONE":
        return [np.zeros(0), scores]
    units = {"SOFTMAX": "softmax", "LOGISTIC": "sigmoid"}
    if kind not in units:
        raise NetworkError(f"post_transform out of NONE, {', '.join(units)}; got {kind}")
    return [np.zeros(0), step.assembly.unit(units[kind], scores)]


def normalizer(step: Step) -> Affine:
    """Probabilities that sum to 1 already, which a division by their sum does not change."""
    data = step.data()
    norm = step.attributes.get("norm", b"MAX").decode()
    (layer, M), *others = data.parts.items()
    name = step.assembly.names[layer - 1] if layer and not others else ""
    z = step.assembly.before[layer - 1] if name else data
    pair = z.width == 2 and all(np.array_equal(Z[0], -Z[1]) for Z in z.parts.values()) and z.offset[0] == -z.offset[1]
    sums = name == "softmax" or (name == "sigmoid" and pair)
    if norm != "L1" or not sums or not np.array_equal(M, np.eye(data.width)) or data.offset.any():
        raise NetworkError("probabilities that sum to 1 already; got other values to divide by their size")
    return data


def imputer(step: Step) -> Affine:
    """The value: numbers of the input are never missing here."""
    step.notes.append("missing values, which the file would fill in, have no place in a network")
    return step.data()
