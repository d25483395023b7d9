"""Interval arithmetic that bounds a function of one input with its first two derivatives, for proofs.

Every result is rounded outward, so that the true real numbers lie inside.  A ``Jet`` goes through an ordinary Python
function made of + - * / ** and NumPy's exp, log, sqrt, sin, cos, tanh, arctan, square, abs, maximum, minimum and clip,
and comes out with intervals for the value, the slope and the curvature over a whole array of stretches at once.  On a
stretch with a kink the slope's interval holds the slopes of both sides, and the curvature's is unbounded.

source   Moore 1966, Interval Analysis; Griewank and Walther 2008, section 13, for the derivatives
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ULPS = 4  # NumPy's elementary functions are documented to err by less than 4 units in the last place
TURN = 2.0 * np.pi
# A quotient by 2 pi carries three roundings; a peak that might lie inside is counted inside, which only widens.
PEAK_ROUNDING = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Interval:
    """Arrays lo <= hi that hold the true numbers between them."""

    lo: Array
    hi: Array

    @classmethod
    def of(cls, value: Interval | ArrayLike) -> Interval:
        if isinstance(value, Interval):
            return value
        array = np.asarray(value, dtype=np.float64)
        return cls(array, array)

    @property
    def magnitude(self) -> Array:
        """The largest absolute value inside."""
        return np.maximum(np.abs(self.lo), np.abs(self.hi))

    def __neg__(self) -> Interval:
        return Interval(-self.hi, -self.lo)

    def __add__(self, other: Interval | float) -> Interval:
        o = Interval.of(other)
        return _outward(self.lo + o.lo, self.hi + o.hi)

    def __sub__(self, other: Interval | float) -> Interval:
        return self + -Interval.of(other)

    def __mul__(self, other: Interval | float) -> Interval:
        o = Interval.of(other)
        ends = np.stack(np.broadcast_arrays(self.lo * o.lo, self.lo * o.hi, self.hi * o.lo, self.hi * o.hi))
        return _outward(ends.min(axis=0), ends.max(axis=0))

    def square(self) -> Interval:
        ends = np.stack([self.lo**2, self.hi**2])
        out = _outward(ends.min(axis=0), ends.max(axis=0))
        return Interval(np.where((self.lo <= 0) & (self.hi >= 0), 0.0, np.maximum(out.lo, 0.0)), out.hi)

    def reciprocal(self) -> Interval:
        """1 / x, everything where x may be 0."""
        through = (self.lo <= 0) & (self.hi >= 0)
        out = _outward(1.0 / self.hi, 1.0 / self.lo)
        return Interval(np.where(through, -np.inf, out.lo), np.where(through, np.inf, out.hi))

    def power(self, n: int) -> Interval:
        if n == 0:
            return Interval.of(np.ones_like(self.lo))
        out = self if n % 2 else self.square()
        for _ in range((n - 1) // 2):
            out = out * self.square()
        return out

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        return Interval(np.minimum(self.lo, other.lo), np.maximum(self.hi, other.hi))

    def where(self, mask: NDArray[np.bool_], other: Interval) -> Interval:
        """This one where the mask is on, the other elsewhere."""
        return Interval(np.where(mask, self.lo, other.lo), np.where(mask, self.hi, other.hi))

    def is_point(self) -> NDArray[np.bool_]:
        return np.asarray(self.lo == self.hi)

    def through(self, rising: Callable[[Array], Array]) -> Interval:
        """A rising elementary function of the interval."""
        return _outward(rising(self.lo), rising(self.hi), ULPS)

    def sin(self) -> Interval:
        ends = np.stack([np.sin(self.lo), np.sin(self.hi)])
        out = _outward(ends.min(axis=0), ends.max(axis=0), ULPS)
        lo = np.where(self._meets(-0.25), -1.0, np.maximum(out.lo, -1.0))
        return Interval(lo, np.where(self._meets(0.25), 1.0, np.minimum(out.hi, 1.0)))

    def cos(self) -> Interval:
        ends = np.stack([np.cos(self.lo), np.cos(self.hi)])
        out = _outward(ends.min(axis=0), ends.max(axis=0), ULPS)
        lo = np.where(self._meets(0.5), -1.0, np.maximum(out.lo, -1.0))
        return Interval(lo, np.where(self._meets(0.0), 1.0, np.minimum(out.hi, 1.0)))

    def _meets(self, phase: float) -> NDArray[np.bool_]:
        """Whether a whole turn plus a phase (in turns) may lie inside."""
        a, b = self.lo / TURN - phase, self.hi / TURN - phase
        slack = PEAK_ROUNDING * (1.0 + np.maximum(np.abs(a), np.abs(b)))
        return np.ceil(a - slack) <= np.floor(b + slack)


def _outward(lo: Array, hi: Array, ulps: int = 1) -> Interval:
    return Interval(lo - ulps * np.spacing(np.abs(lo)), hi + ulps * np.spacing(np.abs(hi)))


@dataclass(frozen=True, eq=False)
class Jet:
    """Intervals for a function's value, slope and curvature.

    >>> jet = enclose(lambda x: x**2 + np.sin(x), 0.0, 1.0)
    >>> bool(jet.curvature.lo <= 2 - np.sin(1.0)), bool(jet.curvature.hi >= 2)
    (True, True)
    """

    value: Interval
    slope: Interval
    curvature: Interval

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        rule = _RULES.get(ufunc.__name__)
        if rule is None or method != "__call__" or options:
            raise TypeError(f"np.{ufunc.__name__} has no rule for intervals")
        answer: Jet = rule(*(_jet(v) for v in inputs))
        return answer

    def __neg__(self) -> Jet:
        return Jet(-self.value, -self.slope, -self.curvature)

    def __add__(self, other: Any) -> Jet:
        o = _jet(other)
        return Jet(self.value + o.value, self.slope + o.slope, self.curvature + o.curvature)

    def __sub__(self, other: Any) -> Jet:
        return self.__add__(-_jet(other))

    def __rsub__(self, other: Any) -> Jet:
        return _jet(other) - self

    def __mul__(self, other: Any) -> Jet:
        o = _jet(other)
        cross = self.slope * o.slope * 2.0
        return Jet(
            self.value * o.value,
            self.slope * o.value + self.value * o.slope,
            self.curvature * o.value + cross + self.value * o.curvature,
        )

    def __truediv__(self, other: Any) -> Jet:
        return self * _reciprocal(_jet(other))

    def __rtruediv__(self, other: Any) -> Jet:
        return _jet(other) * _reciprocal(self)

    def __pow__(self, n: Any) -> Jet:
        if n == 0.5:
            return _sqrt(self)
        if not (isinstance(n, int) and n >= 0):
            raise TypeError("a Jet takes whole powers of 0 or more, and 0.5")
        v = self.value
        return self.chain(v.power(n), v.power(max(n - 1, 0)) * n, v.power(max(n - 2, 0)) * (n * (n - 1)))

    def __abs__(self) -> Jet:
        return _absolute(self)

    def clip(self, lo: Any, hi: Any, out: None = None) -> Jet:
        """What np.clip calls."""
        return _minimum(_maximum(self, _jet(lo)), _jet(hi))

    __radd__, __rmul__ = __add__, __mul__

    def chain(self, g: Interval, g1: Interval, g2: Interval) -> Jet:
        """The jet of g(f) from intervals of g, g', g'' over f's values."""
        return Jet(g, g1 * self.slope, g2 * self.slope.square() + g1 * self.curvature)


def enclose(function: Callable[[Any], Any], lo: ArrayLike, hi: ArrayLike) -> Jet:
    """Return intervals for a function and its derivatives over every [lo, hi].

    raises   TypeError if the function does something that is not in the list above

    >>> float(enclose(np.exp, 0.0, 0.0).value.lo) <= 1.0 <= float(enclose(np.exp, 0.0, 0.0).value.hi)
    True
    """
    a, b = np.asarray(lo, dtype=np.float64), np.asarray(hi, dtype=np.float64)
    one, zero = Interval.of(np.ones_like(a)), Interval.of(np.zeros_like(a))
    with np.errstate(all="ignore"):  # a bound that overflows or leaves the domain is infinite or NaN: no proof
        return _jet(function(Jet(Interval(a, b), one, zero)))


def _jet(value: Any) -> Jet:
    if isinstance(value, Jet):
        return value
    constant = Interval.of(value)
    zero = Interval.of(np.zeros_like(constant.lo))
    return Jet(constant, zero, zero)


def _reciprocal(f: Jet) -> Jet:
    r = f.value.reciprocal()
    square = r.square()
    return f.chain(r, -square, square * r * 2.0)


def _exp(f: Jet) -> Jet:
    g = f.value.through(np.exp)
    return f.chain(g, g, g)


def _log(f: Jet) -> Jet:
    r = f.value.reciprocal()
    return f.chain(f.value.through(np.log), r, -r.square())


def _sqrt(f: Jet) -> Jet:
    # A root is a number only where its argument is not negative; what lies below 0 is the interval's slack.
    g = Interval(np.maximum(f.value.lo, 0.0), f.value.hi).through(np.sqrt)
    g = Interval(np.maximum(g.lo, 0.0), g.hi)
    r = g.reciprocal()
    return f.chain(g, r * 0.5, -(r * r.square() * 0.25))


def _sin(f: Jet) -> Jet:
    s, c = f.value.sin(), f.value.cos()
    return f.chain(s, c, -s)


def _cos(f: Jet) -> Jet:
    s, c = f.value.sin(), f.value.cos()
    return f.chain(c, -s, -c)


def _tanh(f: Jet) -> Jet:
    t = f.value.through(np.tanh)
    slope = -(t.square() - 1.0)
    return f.chain(t, slope, -(t * slope * 2.0))


def _arctan(f: Jet) -> Jet:
    slope = (f.value.square() + 1.0).reciprocal()
    return f.chain(f.value.through(np.arctan), slope, -(f.value * slope.square() * 2.0))


def _maximum(a: Jet, b: Jet) -> Jet:
    """The larger one where they are apart; where they may meet, slopes of both and no bound on the curvature."""
    value = Interval(np.maximum(a.value.lo, b.value.lo), np.maximum(a.value.hi, b.value.hi))
    first, second = a.value.lo > b.value.hi, b.value.lo > a.value.hi
    first = first | (a.value.is_point() & _equal(a.value, b.value) & _equal(a.slope, b.slope))  # one constant
    everything = Interval(np.full_like(value.lo, -np.inf), np.full_like(value.lo, np.inf))
    slope, curvature = (
        p.where(first, q.where(second, either))
        for p, q, either in ((a.slope, b.slope, a.slope.hull(b.slope)), (a.curvature, b.curvature, everything))
    )
    return Jet(value, slope, curvature)


def _equal(a: Interval, b: Interval) -> NDArray[np.bool_]:
    return np.asarray((a.lo == b.lo) & (a.hi == b.hi))


def _minimum(a: Jet, b: Jet) -> Jet:
    return -_maximum(-a, -b)


def _absolute(f: Jet) -> Jet:
    both = _maximum(f, -f)
    return Jet(Interval(np.maximum(both.value.lo, 0.0), both.value.hi), both.slope, both.curvature)


_RULES: dict[str, Callable[..., Jet]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda a: -a,
    "square": lambda a: a**2,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "sin": _sin,
    "cos": _cos,
    "tanh": _tanh,
    "arctan": _arctan,
    "absolute": _absolute,
    "fabs": _absolute,
    "maximum": _maximum,
    "minimum": _minimum,
}
