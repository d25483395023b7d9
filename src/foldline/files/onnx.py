"""Networks in ONNX files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..codes import Codes
from ..errors import InputError, NetworkError
from ..graph.onnx_graph import DOMAINS, network_of_model
from ..graph.onnx_inside import inlined
from ..grid import Grid
from ..network import Network
from ..slice import Slice
from ..text import json_text
from .description import description, network_of_description
from .external import load_external
from .source import content

Array = NDArray[Any]
PAGE = 8  # vertices of a grid with features near a surface alone that stand together, with a row or without
OPSET = 17  # of 2022: old enough for every runtime in use
IR_VERSION = 8  # the one that came with opset 17

FLOAT, INT64, DOUBLE = 1, 7, 11  # TensorProto's element types
PLAIN = {"relu": "Relu", "abs": "Abs", "sigmoid": "Sigmoid", "tanh": "Tanh", "softplus": "Softplus", "sine": "Sin"}
ROWS = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}
CLIPS = {"hard_tanh": (-1.0, 1.0), "relu6": (0.0, 6.0)}


def read_onnx(path: Path, *, output: str | None = None) -> Network:
    """Return the network of an ONNX file, every stored number unchanged (float32 numbers are float64 numbers).

    Layers with several readers, Concat and residual Add become skips; convolutions and pools become matrices of the
    stored numbers; MaxPool and Max become tournaments of ReLUs.  Where a step could only be merged into its neighbour
    by rounding, a layer of identity units keeps them apart.  What is made of constants alone is folded as the file's
    types have it.  A number that a node implies and that has no float64 (the 1/3 of a mean, the root in a batch
    normalisation) is the nearest one, and ``meta["rounded"]`` names those nodes.  Inputs and outputs of any shape are
    rows of numbers here, the last axis fastest; only a leading axis of no fixed size is a batch.

    output   the name of an output, or of any value inside; a label gives what it is chosen from
    raises   InputError if it is no ONNX model, keeps numbers anywhere but in a plain file beside it, or is newer than
             the installed onnx; NetworkError naming the node and operator that a network has no place for
    cost     loads onnx
    """
    data = content(path)
    if not data:
        raise InputError(f"{path.name}: an ONNX file needs a graph; got an empty model (0 bytes). Export it again.")
    model = _parsed(data, path.name)
    _check_text(model, path.name)
    _check_versions(model, path.name)
    model = inlined(model, path.name)
    load_external(_tensors(model.graph), path)
    field = None if output else _field_of(model, path.name)
    return field or _with_codes(network_of_model(model, path.name, output), model, path.name)


def _with_codes(network: Network, model: Any, name: str) -> Network:
    """The network with the codes that foldline wrote beside the graph, if there are any."""
    told = {entry.key: entry.value for entry in model.metadata_props}.get("codes")
    if told is None:
        return network
    try:
        found = json.loads(told)
        return replace(network, codes=Codes.of_meta(found["values"], found))
    except (ValueError, TypeError, KeyError, RecursionError):  # of another maker, or of another value of the graph
        return replace(network, assumed=(*network.assumed, "left out codes that do not fit the graph"))


def _field_of(model: Any, name: str) -> Network | None:
    """The field that foldline wrote, if the graph still is the one written for it; no graph of another maker is one."""
    import onnx

    told = {entry.key: entry.value for entry in model.metadata_props}
    if told.get("format") != "foldline" or '"grid"' not in str(told.get("network", "")):
        return None
    try:
        arrays = {_described(tensor.name): onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        field = network_of_description(told, _unpaged(arrays, json.loads(told["network"])["grid"]), name)
    except (InputError, NetworkError, TypeError, ValueError, LookupError, RecursionError):  # damaged: any other graph
        return None
    again = onnx.ModelProto.FromString(onnx_bytes(field)).graph
    return (
        field
        if again.SerializeToString(deterministic=True) == model.graph.SerializeToString(deterministic=True)
        else None
    )


def _described(name: str) -> str:
    """The name that a description has for the constant of a graph: W0 is weights.0, features_1 features.1."""
    stem, number = name.rstrip("0123456789_"), name.lstrip("abcdefghijklmnopqrstuvwxyzW_")
    known = {"W": "weights", "b": "biases", "slice_W": "slice_weights", "slice_b": "slice_biases", "slope": "slopes"}
    return known.get(stem, stem if stem in ("features", "pages") else name) + f".{number}"


def _paged(rows: NDArray[np.int64], features: NDArray[Any], n: int) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Where each page of vertices stands among those that have a row, 0 for none; and what stands on these pages.

    A page of zeros stands before the others.

    >>> [part.tolist() for part in _paged(np.array([9]), np.float32([[5.0]]), 17)][0]
    [0, 1, 0]
    """
    used, at = np.unique(rows // PAGE, return_inverse=True)
    table = np.zeros(-(-n // PAGE), dtype=np.int32)
    table[used] = np.arange(1, len(used) + 1)
    stored = np.zeros(((len(used) + 1) * PAGE, features.shape[1]), dtype=features.dtype)
    stored[(at.ravel() + 1) * PAGE + rows % PAGE] = features
    return table, stored


def _unpaged(arrays: dict[str, NDArray[Any]], grid: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """The arrays of a description: of a level that stands on pages, a row for each vertex of a page."""
    found = dict(arrays)
    for name in [name for name in arrays if name.startswith("pages.")]:
        level, used = name.removeprefix("pages."), np.flatnonzero(found.pop(name))
        rows = (used[:, None] * PAGE + np.arange(PAGE)).ravel()
        there = rows < (grid["sizes"][int(level)] + 1) ** len(grid["lo"])
        found[f"rows.{level}"], found[f"features.{level}"] = rows[there], arrays[f"features.{level}"][PAGE:][there]
    return found


def _parsed(data: bytes, name: str) -> Any:
    import google.protobuf.message
    import onnx

    try:
        model = onnx.ModelProto.FromString(data)
    except google.protobuf.message.DecodeError as error:
        raise InputError(f"{name}: not an ONNX model ({error}). Export it again.") from error
    if not model.graph.node:
        raise InputError(f"{name}: not an ONNX model: no nodes, an empty model. Export it again.")
    return model


def _check_text(model: Any, name: str) -> None:
    """Names that are no text come as bytes; they would fail wherever they are said."""
    texts = [(f"node {i}", (n.name, n.op_type, n.domain, *n.input, *n.output)) for i, n in enumerate(model.graph.node)]
    texts += [(f"node {i}", tuple(a.name for a in n.attribute)) for i, n in enumerate(model.graph.node)]
    graph = model.graph
    texts += [("the graph", tuple(value.name for value in (*graph.input, *graph.output, *graph.initializer)))]
    texts += [("what is told beside it", tuple(t for entry in model.metadata_props for t in (entry.key, entry.value)))]
    for where, names in texts:
        if any(isinstance(text, bytes) for text in names):
            raise InputError(f"{name}: an ONNX file needs names of text; got other bytes in {where}. Export it again.")


def _check_versions(model: Any, name: str) -> None:
    import onnx

    newest = onnx.defs.onnx_opset_version()
    for opset in model.opset_import:
        if opset.domain in DOMAINS and not 1 <= opset.version <= newest:
            raise InputError(
                f"{name}: an ONNX file needs opset 1 to {newest}; got opset {opset.version}. Export it again."
            )


def _tensors(graph: Any) -> Iterator[Any]:
    """Every tensor that a graph stores, subgraphs included."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                if inner.node or inner.initializer:
                    yield from _tensors(inner)


def onnx_bytes(network: Network) -> bytes:
    """Return the serialised model: one Gemm a layer, Concat for skips, input "x" (N, d_in), output "y" (N, d_out).

    Numbers are float32 if all of them are float32 numbers exactly, float64 otherwise; leaky slopes are PRelu tensors,
    since a LeakyRelu attribute is a float32.  A grid of features is made of Clip, Floor, TopK (which sorts the axes of
    Kuhn's simplex), CumSum (its corners) and Gather, in float64: positions on a grid need more digits than float32 has.
    Features are stored as they are, and where few vertices have a row, on pages of vertices with a table in front.
    """
    import onnx

    graph = _Graph(network)
    kind = graph.kind
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "network",
            [onnx.helper.make_tensor_value_info("x", kind, ["N", network.d_in])],
            [onnx.helper.make_tensor_value_info("y", kind, ["N", network.d_out])],
            [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in graph.arrays().items()],
        ),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="foldline",
    )
    codes = network.codes
    told = {"codes": json_text({**codes.as_meta(), "values": codes.values.tolist()}, compact=True)} if codes else {}
    onnx.helper.set_model_props(model, description(network) | told)
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and constants of a network, in the order they run."""

    def __init__(self, network: Network) -> None:
        self.network = network
        arrays = (*network.weights, *network.biases, *network.slopes.values())
        leaky = "leaky_relu" in (*network.layer_activations, network.output)
        single = (
            network.grid is None
            and not leaky
            and all(np.array_equal(a.astype(np.float32), a) for a in _within_float32(arrays))
        )
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self.kind = FLOAT if single else DOUBLE
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}
        self.whole: dict[str, Array] = {}
        self.stored: dict[str, NDArray[Any]] = {}
        values = [self._read(network.grid)]
        for layer in range(1, network.n_layers + 1):
            z = self._layer(layer, [values[s] for s in network.sources(layer)])
            last = layer == network.n_layers
            name = network.output if last else network.layer_activations[layer - 1]
            values.append(self._unit(layer, name, z, "y" if last else f"h{layer}"))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All constants, by name."""
        return {**self.constants, **self.whole, **self.stored}

    def _read(self, grid: Grid | Slice | None) -> str:
        """What the first layer reads: the inputs, what a grid makes of them, or what a slice of one does."""
        if grid is None:
            return "x"
        if isinstance(grid, Grid):
            return self._grid(grid, "x")
        at = "x"
        for i, (W, b) in enumerate(zip(grid.weights, grid.biases, strict=True)):
            layer = [at, self._constant(f"slice_W{i}", W), self._constant(f"slice_b{i}", b)]
            at = self._node("Gemm", layer, f"place{i}", transB=1)
        return self._node("Concat", ["x", self._grid(grid.grid, at)], "slice", axis=1)

    def _grid(self, grid: Grid, at: str) -> str:
        """The values of a grid: the inputs within its box, then each level's features."""
        lo, hi = self._constant("grid_lo", grid.box.lo), self._constant("grid_hi", grid.box.hi)
        inside = self._node("Min", [self._node("Max", [at, lo], "x_from"), hi], "x_inside")
        span = self._constant("grid_span", grid.box.hi - grid.box.lo)
        share = self._node("Div", [self._node("Sub", [inside, lo], "x_apart"), span], "x_share")
        levels = [self._level(grid, level, share) for level in range(len(grid.sizes))]
        return self._node("Concat", [inside, *levels], "grid", axis=1)

    def _level(self, grid: Grid, level: int, share: str) -> str:
        """One level's features: those at the corners of the simplex around each point, by their shares of it."""
        n, d, on = grid.sizes[level], grid.d, f"_{level}"
        along = self._node("Mul", [share, self._constant(f"cells{on}", np.array(float(n)))], f"along{on}")
        last = self._constant(f"last{on}", np.array(n - 1.0))
        cell = self._node("Min", [self._node("Floor", [along], f"floor{on}"), last], f"cell{on}")
        within = self._node("Sub", [along, cell], f"within{on}")
        falling, axes = f"falling{on}", f"axes{on}"
        self._nodes("TopK", [within, self._whole(f"d{on}", [d])], [falling, axes], axis=1, largest=1, sorted=1)
        strides = (n + 1.0) ** np.arange(d - 1, -1, -1)
        first = self._node("MatMul", [cell, self._constant(f"strides{on}", strides[:, None])], f"first{on}")
        step = self._node("Gather", [self._constant(f"stride{on}", strides), axes], f"step{on}", axis=0)
        path = self._node("Concat", [first, step], f"path{on}", axis=1)
        corner = self._node("CumSum", [path, self._whole(f"one{on}", 1)], f"corner{on}")
        vertex = self._node("Cast", [corner], f"vertex{on}", to=INT64)
        rows = self._features(grid, level, vertex)
        shares = self._node(
            "Sub", [self._beside(falling, 1.0, True, on), self._beside(falling, 0.0, False, on)], f"shares{on}"
        )
        wide = self._node("Unsqueeze", [shares, self._whole(f"across{on}", [2])], f"wide{on}")
        parts = self._node("Mul", [rows, wide], f"parts{on}")
        return self._node("ReduceSum", [parts, self._whole(f"corners{on}", [1])], f"level{on}", keepdims=0)

    def _features(self, grid: Grid, level: int, vertex: str) -> str:
        """A level's features at vertices given by number: of those with a row, found by the page that they stand on."""
        rows, features, on = grid.rows[level], f"features_{level}", f"_{level}"
        if rows is None:
            self.stored[features] = grid.features[level]
        else:
            table, self.stored[features] = _paged(rows, grid.features[level], grid.n_vertices(level))
            self.stored[f"pages{on}"] = table
            size = self._whole(f"page{on}", PAGE)
            page = self._node("Div", [vertex, size], f"on_page{on}")
            line = self._node("Sub", [vertex, self._node("Mul", [page, size], f"above{on}")], f"line{on}")
            there = self._node("Gather", [f"pages{on}", page], f"stands{on}", axis=0)
            there = self._node("Cast", [there], f"stands_on{on}", to=INT64)
            vertex = self._node("Add", [self._node("Mul", [there, size], f"begins{on}"), line], f"row{on}")
        found = self._node("Gather", [features, vertex], f"stored{on}", axis=0)
        return self._node("Cast", [found], f"rows{on}", to=self.kind)

    def _beside(self, values: str, number: float, before: bool, on: str) -> str:
        """The values (N, d) with a column of one number before or behind them."""
        pads = self._whole(f"pads{int(before)}{on}", [0, 1, 0, 0] if before else [0, 0, 0, 1])
        fill = self._constant(f"fill{int(before)}{on}", np.array(number))
        return self._node("Pad", [values, pads, fill], f"ends{int(before)}{on}")

    def _whole(self, name: str, numbers: int | list[int]) -> str:
        self.whole[name] = np.array(numbers, dtype=np.int64)
        return name

    def _layer(self, layer: int, reads: list[str]) -> str:
        source = reads[0]
        if len(reads) > 1:
            source = self._node("Concat", reads, f"read{layer}", axis=1)
        W = self._constant(f"W{layer - 1}", self.network.weights[layer - 1])
        b = self._constant(f"b{layer - 1}", self.network.biases[layer - 1])
        return self._node("Gemm", [source, W, b], f"z{layer}", transB=1)

    def _unit(self, layer: int, name: str, z: str, out: str) -> str:
        if name == "identity":
            return self._node("Identity", [z], out)
        if name == "leaky_relu":
            slope = self.network.slopes.get(layer, np.array([0.01]))
            return self._node("PRelu", [z, self._constant(f"slope{layer}", slope)], out)
        if name in ROWS:
            return self._node(ROWS[name], [z], out, axis=-1)
        if name in CLIPS:
            lo, hi = (
                self._constant(f"{w}{layer}", np.array(v)) for w, v in zip(("lo", "hi"), CLIPS[name], strict=True)
            )
            return self._node("Clip", [z, lo, hi], out)
        if name == "step":
            above = self._node("Greater", [z, self._constant(f"zero{layer}", np.zeros(()))], f"above{layer}")
            return self._node("Cast", [above], out, to=self.kind)
        return self._node(PLAIN[name], [z], out)

    def _node(self, op: str, inputs: list[str], out: str, **attributes: Any) -> str:
        self._nodes(op, inputs, [out], **attributes)
        return out

    def _nodes(self, op: str, inputs: list[str], outs: list[str], **attributes: Any) -> None:
        import onnx

        self.nodes.append(onnx.helper.make_node(op, inputs, outs, name=f"{op}_{outs[0]}", **attributes))

    def _constant(self, name: str, array: Array) -> str:
        self.constants[name] = np.ascontiguousarray(array, dtype=self.dtype)
        return name


def _within_float32(arrays: tuple[Array, ...]) -> list[Array]:
    """The arrays with numbers beyond float32 marked as 1 + 2^-52, which no float32 equals: no overflow warning."""
    top = float(np.finfo(np.float32).max)
    return [np.where(np.abs(a) > top, 1.0 + 2.0**-52, a) for a in arrays]
