"""One node of an ONNX graph with its inputs, as the operators see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError
from .assembly import Affine, Assembly

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Typed = NDArray[Any]

EXACT_INTEGER = 2**53  # every integer up to it is a float64
ENDLESS = ("Max", "Min", "Pad", "MaxPool", "GlobalMaxPool", "ReduceMax", "ReduceMin")  # infinities are no limit there


@dataclass(frozen=True, eq=False)
class Mask:
    """Whether each value of ``over`` is above 0; ``turned``: whether it is not."""

    over: Affine
    turned: bool = False


Value = Affine | Mask | Typed  # numbers that depend on the input, a comparison of such, constants of the file's type
Result = Value | list[Value]


@dataclass(frozen=True, eq=False)
class Step:
    """One node: its operator, attributes and inputs, and the network under construction.

    names    of the inputs, for what is said of them
    run      what the onnx package makes of this node for other inputs
    notes    what is to be said of the network
    """

    op: str
    attributes: dict[str, Any]
    inputs: list[Value | None]
    names: list[str]
    n_outputs: int
    opset: int
    assembly: Assembly
    run: Callable[[Sequence[Typed | None]], list[Any]]
    notes: list[str]

    def given(self, i: int) -> Value:
        value = self.inputs[i] if i < len(self.inputs) else None
        if value is None:
            raise NetworkError(f"an input {i}; got none")
        return value

    def value(self, i: int = 0) -> Affine:
        """Input i as numbers of the network; a comparison is 0 or 1."""
        value = self.given(i)
        if isinstance(value, Mask):
            return self.switched(value)
        if not isinstance(value, Affine):
            return Affine.of(self._numbers(value, self.names[i]))
        if self.op not in ENDLESS and np.isinf(value.offset).any():
            raise NetworkError(f"finite numbers; got infinite ones in {self.names[i]!r}")
        return value

    def switched(self, mask: Mask) -> Affine:
        """1 where a comparison holds, else 0, by a layer of steps."""
        on = self.assembly.unit("step", mask.over)
        one = Affine.of(np.ones(mask.over.shape))
        return self.assembly.sum([one, on.negative()]) if mask.turned else on

    def data(self, i: int = 0) -> Affine:
        value = self.value(i)
        if not value.parts:
            raise NetworkError("data that depends on the input; got a constant")
        return value

    def is_constant(self, i: int) -> bool:
        return not isinstance(self.given(i), (Affine, Mask))

    def array(self, i: int, what: str) -> Array:
        """Finite numbers of a constant."""
        value = self.given(i)
        if isinstance(value, (Affine, Mask)):
            raise NetworkError(what)
        return self._numbers(value, self.names[i])

    def typed(self, i: int, what: str) -> Typed:
        """A constant as the file holds it."""
        value = self.given(i)
        if isinstance(value, (Affine, Mask)):
            raise NetworkError(what)
        return value

    def has(self, i: int) -> bool:
        return i < len(self.inputs) and self.inputs[i] is not None

    def whole(self, name: str, i: int | None = None, default: Sequence[int] | None = None) -> list[int]:
        """Whole numbers of an attribute, or of input i in newer files."""
        given = self.attributes.get(name, default)
        if i is not None and self.has(i):
            given = self.typed(i, f"a constant {name}; got one that depends on the input").reshape(-1).tolist()
        return [int(n) for n in np.atleast_1d(np.asarray(given)).tolist()]

    def _numbers(self, array: Typed, name: str) -> Array:
        if (
            array.dtype.kind in "iu"
            and array.size
            and max(abs(int(array.max())), abs(int(array.min()))) > EXACT_INTEGER
        ):
            raise NetworkError(f"integers up to 2^53, which have an exact float64; got larger ones in {name!r}")
        values = array.astype(np.float64)
        bad = np.argwhere(np.isnan(values) if self.op in ENDLESS else ~np.isfinite(values))
        if len(bad):
            at = tuple(map(int, bad[0]))
            raise NetworkError(f"finite numbers; got {name}{list(at)} = {values[at]}")
        return values
