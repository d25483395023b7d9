"""ONNX operators that bend values: units, clips, comparisons and what is chosen by them."""

from __future__ import annotations

from math import prod

import numpy as np

from ..errors import NetworkError
from .assembly import NO_LIMIT, SAMPLED, Affine, by_channel, common_shape, sum_is_exact
from .bends import beyond, shrunk
from .choices import choice, joins_softplus, times
from .onnx_linear import BY_AXIS, linear_rows, operands, scaled
from .onnx_step import Mask, Result, Step, Value

UNIT_OPS = {"Relu": "relu", "Abs": "abs", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus", "Sin": "sine"}
ROW_OPS = {"Softmax": "softmax", "LogSoftmax": "log_softmax"}
DEFAULT_ALPHA = float(np.float32(0.01))  # LeakyRelu; ONNX attributes are float32
DEFAULT_SLOPE = float(np.float32(0.2))  # HardSigmoid
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
    a, b = operands(step)
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


def connected(step: Step) -> Value:
    """Whether both of two comparisons hold, either, or one alone."""
    a, b = (_counted(step, i) for i in (0, 1))
    both = step.assembly.sum([a, b])
    if step.op == "And":
        return Mask(step.assembly.sum([both, Affine.of(np.array(-1.0))]))
    if step.op == "Or":
        return Mask(both)
    return Mask(step.assembly.unit("abs", step.assembly.sum([a, b.negative()])))


def _counted(step: Step, i: int) -> Affine:
    """A comparison, or a constant that is true or false, as 1 or 0."""
    value = step.given(i)
    if isinstance(value, (Mask, Affine)):
        return step.value(i)
    return Affine.of(value.astype(np.float64))


def where(step: Step) -> Result:
    """One value where a comparison holds, another where it does not."""
    chosen = step.given(0)
    if isinstance(chosen, Mask):
        return _where(step, chosen, step.value(1), step.value(2))
    assert not isinstance(chosen, Affine)
    a, b = step.value(1), step.value(2)
    shape = np.broadcast_shapes(chosen.shape, a.shape, b.shape)
    both = Affine.joined([a, b])
    at = np.where(chosen, np.broadcast_to(a.positions, shape), a.width + np.broadcast_to(b.positions, shape))
    return both.take(at)


def _where(step: Step, mask: Mask, a: Affine, b: Affine) -> Affine:
    """a where a mask holds, else b."""
    if mask.turned:
        a, b = b, a
    joint = joins_softplus(step.assembly, mask.over, a, b)
    if joint is None:
        return choice(step.assembly, mask.over, a, b)
    step.notes.append(
        f"softplus stays itself above {joint:g}, where the file goes over to a line: within {np.exp(-joint):.1g} of it"
    )
    return b.spread(common_shape([mask.over, a, b]))


def multiply(step: Step) -> Result:
    """A value times constants, times a comparison that bends it, or times what is constant in pieces of it."""
    masks = [i for i in (0, 1) if isinstance(step.given(i), Mask)]
    if len(masks) == 1 and not step.is_constant(1 - masks[0]):
        mask = step.given(masks[0])
        assert isinstance(mask, Mask)
        return _where(step, mask, step.value(1 - masks[0]), Affine.of(np.zeros(())))
    a, b = operands(step)
    if a.constant is not None:
        a, b = b, a
    factor = b.constant
    if factor is None:
        if (made := times(step.assembly, a, b)) is None:
            raise NetworkError(f"one constant factor; got two values. {SAMPLED}")
        return made
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


# Casts, labels' probabilities


def rounds_in(kind: int) -> str:
    """Return what is said of a graph whose numbers are of a narrow type."""
    return f"the file computes in {NARROW[kind]}, which rounds; here in real numbers"


def cast(step: Step) -> Value:
    """The same numbers: types change constants only, and what depends on the input stays a real number."""
    value, to = step.given(0), step.attributes.get("to", 1)
    if isinstance(to, bytes):  # opset 1 has the name
        to = {b"FLOAT": 1, b"DOUBLE": 11, b"FLOAT16": 10}.get(to, 7)
    if isinstance(value, Mask) and (to in REAL or to in NARROW or to in (2, 3, 4, 5, 6, 7, 9, 12, 13)):
        return value
    if to in NARROW:
        step.notes.append(rounds_in(to))
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
