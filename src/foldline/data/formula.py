"""A formula in x that somebody typed -> its values; parsed into what is known, so that no code runs."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Array = NDArray[np.float64]

LONGEST = 300  # characters
TWO: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: np.power,
    ast.Gt: operator.gt, ast.Lt: operator.lt,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    name: getattr(np, name) for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "tanh", "sign", "floor")
}
NUMBERS = {"pi": np.pi, "e": np.e}


def formula(text: str, values: Mapping[str, Array]) -> Array:
    """Return a formula's value at each place.

    text     numbers, the names of ``values``, pi, e, + - * / ** (also ^), < >, and the functions of ``FUNCTIONS``
    raises   InputError for anything else, and where a value is not finite

    >>> formula("2 x1^2 + 1".replace("2 x1", "2*x1"), {"x1": np.array([0.0, 3.0])}).tolist()
    [1.0, 19.0]
    """
    if len(text) > LONGEST:
        raise InputError(f"formula needs up to {LONGEST} characters; got {len(text)}. Shorten it.")
    try:
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(f"formula needs an expression like sin(3*x1) + x2^2; got {text!r:.60}. Check it.") from None
    with np.errstate(all="ignore"):
        found = _value(tree.body, values)
    made = np.broadcast_to(np.asarray(found, dtype=np.float64), np.shape(next(iter(values.values()))))
    if not np.isfinite(made).all():
        raise InputError(
            f"formula needs finite values everywhere; got others from {text!r:.60}. Keep logs and roots inside."
        )
    return np.array(made)


def _value(node: ast.AST, values: Mapping[str, Array]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and (node.id in values or node.id in NUMBERS):
        return values[node.id] if node.id in values else NUMBERS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _value(node.operand, values)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and type(node.op) in TWO:
        return TWO[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in TWO:
        return TWO[type(node.ops[0])](_value(node.left, values), _value(node.comparators[0], values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        if len(node.args) == 1 and not node.keywords:
            return FUNCTIONS[node.func.id](_value(node.args[0], values))
    known = ", ".join([*values, *NUMBERS, *FUNCTIONS])
    raise InputError(f"formula needs {known} and + - * / ^ < >; got {ast.unparse(node)!r:.40}. Write it with those.")
