"""Graphs inside an ONNX graph: functions of its own put in their places, and branches that constants choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NetworkError
from .windows import check_size

MOST_NODES = 2**17  # of a graph whose functions stand in their places


def inlined(model: Any, name: str) -> Any:
    """Return the model with every function of its own in the places where it is called.

    raises   InputError if they call themselves or one another without end, or make more than MOST_NODES nodes
    """
    if not model.functions:
        return model
    import onnx.inliner

    bodies = {(f.domain, f.name, f.overload): f.node for f in model.functions}
    sizes: dict[tuple[str, str, str], int] = {}
    try:
        n = _size(model.graph.node, bodies, sizes)
    except RecursionError:
        raise InputError(f"{name}: an ONNX file needs functions that end; got one that calls itself.") from None
    if n > MOST_NODES:
        raise InputError(f"{name}: an ONNX file needs at most {MOST_NODES} nodes; its functions make {n}. Simplify it.")
    try:
        return onnx.inliner.inline_local_functions(model)
    except Exception as error:  # onnx raises kinds of its own for a function that cannot be called so
        raise InputError(f"{name}: an ONNX file needs functions that can be called; got {error}.") from error


def _size(nodes: Any, bodies: dict[Any, Any], sizes: dict[tuple[str, str, str], int]) -> int:
    """How many nodes there are with all functions in their places, each counted once."""
    n = 0
    for node in nodes:
        key = node.domain, node.op_type, node.overload
        if key in bodies and key not in sizes:
            sizes[key] = _size(bodies[key], bodies, sizes)
        n += sizes.get(key, 1) + sum(_size(graph.node, bodies, sizes) for graph in graphs_of(node))
    return n


def graphs_of(node: Any) -> list[Any]:
    """Return the graphs that a node runs."""
    return [graph for a in node.attribute for graph in (*([a.g] if a.HasField("g") else []), *a.graphs)]


def reads(node: Any) -> list[str]:
    """Return the values that a node reads: its inputs, and what graphs inside it take from around them."""
    return [*filter(None, node.input), *(name for graph in graphs_of(node) for name in _from_around(graph))]


def _from_around(graph: Any) -> Iterator[str]:
    inside = {t.name for t in graph.initializer} | {t.values.name for t in graph.sparse_initializer}
    inside |= {value.name for value in graph.input} | {out for node in graph.node for out in node.output}
    names = [name for node in graph.node for name in reads(node)] + [value.name for value in graph.output]
    yield from (name for name in names if name not in inside)


def taken(node: Any, condition: Any) -> Any:
    """Return the graph that an If runs.

    condition   its input, a constant
    raises      NetworkError if that is no constant of one number, or there is no such branch
    """
    if not isinstance(condition, np.ndarray) or condition.size != 1:
        raise NetworkError("a condition that does not depend on the input; got one that does")
    which = "then_branch" if condition.reshape(-1)[0] else "else_branch"
    found = [a.g for a in node.attribute if a.name == which and a.HasField("g")]
    if not found or len(found[0].output) != len(node.output):
        raise NetworkError(f"a {which} with {len(node.output)} outputs; got another")
    return found[0]


def dense(sparse: Any) -> NDArray[Any]:
    """Return the numbers of a sparse tensor, 0 where it has none.

    raises   NetworkError for a place outside its shape, or more numbers than memory holds
    """
    import onnx

    values, at = (np.asarray(onnx.numpy_helper.to_array(t)) for t in (sparse.values, sparse.indices))
    shape = [int(side) for side in sparse.dims]
    check_size(int(np.prod([float(max(side, 0)) for side in shape])), 1)
    places = np.ravel_multi_index(tuple(at.T), tuple(shape)) if at.ndim == 2 else at
    whole = np.zeros(shape, dtype=values.dtype)
    if places.size and (places.min() < 0 or places.max() >= whole.size):
        raise NetworkError(f"places within {shape}; got {int(places.min())} to {int(places.max())}")
    whole.reshape(-1)[places] = values
    return whole
