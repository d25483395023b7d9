"""Networks in ONNX files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assembly import Affine, Assembly
from ..errors import InputError, NetworkError
from ..network import Network

Array = NDArray[np.float64]
Value = Affine | NDArray[Any]

DOMAINS = ("", "ai.onnx")
UNIT_OPS = {
    "Relu": "relu",
    "Abs": "abs",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
}
CLIPS = {(-1.0, 1.0): "hard_tanh", (0.0, 6.0): "relu6", (0.0, np.inf): "relu"}
SHAPE_OPS = ("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast", "Transpose")


def read_onnx(path: Path) -> Network:
    """Return the network of an ONNX file, every stored number unchanged (float32 numbers are float64 numbers).

    Layers with several readers, Concat and residual Add become skips; a Gemm right after another one is kept apart by
    a layer of identity units.  Normalisations (BatchNormalization, Mul, Div by constants) are folded in float64, and
    ``meta["folded"]`` names their nodes.
    raises   InputError if it is no ONNX model, keeps data in other files (none is touched) or is newer than the
             installed onnx; NetworkError naming the node and operator that a network has no place for
    cost     loads onnx
    """
    data = path.read_bytes()
    if not data:
        raise InputError(f"{path.name}: an ONNX file needs a graph; got an empty model (0 bytes). Export it again.")
    model = _parsed(data, path.name)
    _check_versions(model, path.name)
    for tensor in _tensors(model.graph):
        if tensor.data_location == 1 or tensor.external_data:
            raise InputError(
                f"{path.name}: an ONNX file needs its numbers inside; got external data for {tensor.name!r}, which is "
                "never opened. Save it as one file."
            )
    return _Graph(model, path.name).network()


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


def _check_versions(model: Any, name: str) -> None:
    import onnx

    newest = onnx.defs.onnx_opset_version()
    for opset in model.opset_import:
        if opset.domain in DOMAINS and not 1 <= opset.version <= newest:
            raise InputError(
                f"{name}: an ONNX file needs opset 1 to {newest}; got opset {opset.version}. Export it again."
            )
    for index, node in enumerate(model.graph.node):
        if node.domain not in DOMAINS:
            raise NetworkError(
                f"{name}: an ONNX file needs operators of ONNX itself; got {node.op_type} of domain {node.domain!r} "
                f"({node.name or 'no name'}, node {index}). Export it without custom operators."
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


class _Graph:
    """A graph under evaluation: ``values`` holds, by name, constants and affine values."""

    def __init__(self, model: Any, name: str) -> None:
        self.name, self.graph = name, model.graph
        self.properties = {entry.key: entry.value for entry in model.metadata_props}
        self.nodes = list(model.graph.node)
        self.values: dict[str, Value] = {t.name: self._stored(t, t.name) for t in model.graph.initializer}
        self.folded: list[str] = []
        if model.graph.sparse_initializer:
            raise InputError(f"{name}: an ONNX file needs dense tensors; got a sparse one. Export it again.")
        self.assembly = Assembly(1)

    def network(self) -> Network:
        inputs = [value for value in self.graph.input if value.name not in self.values]
        if len(inputs) != 1 or len(self.graph.output) != 1:
            names = [v.name for v in inputs], [v.name for v in self.graph.output]
            raise NetworkError(
                f"{self.name}: a network needs 1 input and 1 output; got inputs {names[0]} and outputs {names[1]}. "
                "Export the part between one of each."
            )
        self.assembly = Assembly(self._size(inputs[0]))
        self.values[inputs[0].name] = self.assembly.source(0)
        wanted = self.graph.output[0].name
        for index in self._order(wanted):
            self._run(index)
        value = self.values.get(wanted)
        if not isinstance(value, Affine):
            raise NetworkError(f"{self.name}: a network needs an output that depends on its input; got {wanted!r}.")
        return Network(**self.assembly.arguments(value), meta=self._meta())

    def _meta(self) -> dict[str, Any]:
        meta: dict[str, Any] = {"folded": self.folded} if self.folded else {}
        if self.properties.get("format") == "foldline":
            try:
                kept = json.loads(self.properties["network"])["meta"]
            except (KeyError, TypeError, ValueError, RecursionError):
                kept = {}
            meta = {**kept, **meta} if isinstance(kept, dict) else meta
        return meta

    def _size(self, value: Any) -> int:
        """Numbers in one input: the batch axis (first, symbolic or 1) left out."""
        dims = [d.dim_value for d in value.type.tensor_type.shape.dim]
        filled = [d for d in dims if d > 1]
        if len(dims) == 2:
            size = dims[1] if dims[1] > 0 else 0
        elif len(filled) <= 1:
            size = filled[0] if filled else int(any(d == 1 for d in dims))
        else:
            size = int(np.prod(filled)) if dims[0] <= 1 and all(d > 0 for d in dims[1:]) else 0
        if size < 1 or size > 10**7:
            raise NetworkError(
                f"{self.name}: a network needs an input of fixed size; got {value.name!r} of shape {dims}."
            )
        return size

    def _order(self, wanted: str) -> list[int]:
        """The nodes that the output needs, each after what it reads: a file may list them in any order."""
        makers: dict[str, int] = {}
        for index, node in enumerate(self.nodes):
            for out in filter(None, node.output):
                if out in makers or out in self.values:
                    raise self._refused(index, f"names that are written once; got {out!r} twice")
                makers[out] = index
        order: list[int] = []
        state: dict[int, int] = {}
        stack = [wanted]
        while stack:
            name = stack[-1]
            index = makers.get(name, -1)
            if index < 0 or state.get(index) == 2:
                stack.pop()
                if index < 0 and name not in self.values:
                    raise NetworkError(
                        f"{self.name}: a network needs values that something makes; got {name!r} from none."
                    )
                continue
            if state.get(index) == 1:
                stack.pop()
                state[index] = 2
                order.append(index)
                continue
            state[index] = 1
            reads = [r for r in self._reads(self.nodes[index]) if r]
            if any(state.get(makers.get(r, -1)) == 1 for r in reads):
                raise self._refused(index, "a graph without circles; got one")
            stack += reads
        return order

    def _reads(self, node: Any) -> list[str]:
        """What a node needs: a shape that is computed (from the batch size) changes no number and is left alone."""
        if (
            node.op_type in ("Reshape", "Squeeze", "Unsqueeze")
            and len(node.input) > 1
            and node.input[1] not in self.values
        ):
            return [node.input[0]]
        return list(node.input)

    def _run(self, index: int) -> None:
        node = self.nodes[index]
        op = node.op_type
        if op == "Constant":
            self.values[node.output[0]] = self._constant(index)
            return
        inputs = [self.values.get(name) if name else None for name in self._reads(node)]
        try:
            if op in SHAPE_OPS:
                out = self._reshaped(index, inputs)
            elif op in UNIT_OPS:
                out = self.assembly.unit(UNIT_OPS[op], self._data(index, inputs[0]))
            elif op in OPERATORS:
                out = OPERATORS[op](self, index, inputs)
            else:
                known = ", ".join(sorted((*OPERATORS, *UNIT_OPS, *SHAPE_OPS, "Constant")))
                hint = " Take the logits before it." if "Softmax" in op else ""
                raise self._refused(index, f"operators out of {known}; got {op}.{hint}")
        except NetworkError as error:
            if str(error).startswith(self.name):
                raise
            raise self._refused(index, str(error)) from None
        except (ValueError, IndexError, TypeError, AttributeError) as error:
            raise self._refused(index, f"inputs that fit; got {error}") from error
        self.values[node.output[0]] = out

    def _constant(self, index: int) -> NDArray[Any]:
        attributes = {a.name: a for a in self.nodes[index].attribute}
        if "value" in attributes:
            return self._stored(attributes["value"].t, self.nodes[index].output[0])
        for key in ("value_float", "value_int", "value_floats", "value_ints"):
            if key in attributes:
                return np.array(_plain(attributes[key]), dtype=np.float64)
        raise self._refused(index, "constants that are numbers; got another kind")

    def _stored(self, tensor: Any, name: str) -> NDArray[Any]:
        import onnx

        try:
            array = onnx.numpy_helper.to_array(tensor)
            if array.dtype.kind not in "fiub" and array.dtype.name not in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
                raise ValueError(f"type {array.dtype}")
            if array.dtype.kind in "iu" and array.size and max(abs(int(array.max())), abs(int(array.min()))) > 2**53:
                raise ValueError("integers above 2^53, which may have no exact float64")
            values = array.astype(np.float64)
        except Exception as error:  # protobuf, NumPy and onnx each raise their own kinds for a damaged tensor
            raise InputError(
                f"{self.name}: tensor {name!r} needs numbers of a known type; got {error}. Export again."
            ) from error
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            at = tuple(map(int, bad[0]))
            raise NetworkError(f"{self.name}: a network needs finite numbers; got {name}{list(at)} = {values[at]}.")
        return values

    def _attributes(self, index: int) -> dict[str, Any]:
        return {a.name: _plain(a) for a in self.nodes[index].attribute}

    def _data(self, index: int, value: Value | None) -> Affine:
        if not isinstance(value, Affine):
            raise self._refused(index, "data that depends on the input; got a constant")
        return value

    def _row(self, value: Value, width: int) -> Array:
        """A constant beside a value of that width: one number for all, or one each."""
        flat = np.asarray(value, dtype=np.float64).reshape(-1)
        if flat.size not in (1, width):
            raise NetworkError(f"shapes that chain; got a constant of {flat.size} numbers beside {width} values")
        return np.broadcast_to(flat, (width,))

    def _refused(self, index: int, what: str) -> NetworkError:
        node = self.nodes[index]
        stop = "" if what.endswith(".") else "."
        return NetworkError(
            f"{self.name}: node {index} ({node.op_type} {node.name or 'without a name'}) needs {what}{stop}"
        )

    # Operators

    def _reshaped(self, index: int, inputs: list[Value | None]) -> Value:
        op, value, attributes = self.nodes[index].op_type, inputs[0], self._attributes(index)
        if value is None:
            raise self._refused(index, "an input; got none")
        if op == "Dropout" and len(inputs) > 2 and np.any(np.asarray(inputs[2])):
            raise self._refused(index, "inference; got Dropout in training mode")
        if isinstance(value, Affine) or op in ("Identity", "Dropout", "Cast"):
            return value
        if op == "Transpose":
            return np.transpose(value, attributes.get("perm"))
        if op == "Flatten":
            axis = attributes.get("axis", 1)
            return value.reshape(int(np.prod(value.shape[:axis])), -1)
        if op == "Squeeze":
            return np.squeeze(value)
        shape = inputs[1] if len(inputs) > 1 else attributes.get("shape", attributes.get("axes"))
        if shape is None:
            raise self._refused(index, "a constant shape for a constant; got a computed one")
        numbers = [int(v) for v in np.asarray(shape).reshape(-1)]
        if op == "Unsqueeze":
            return np.expand_dims(value, tuple(numbers))
        return value.reshape([value.shape[i] if n == 0 else n for i, n in enumerate(numbers)])

    def _gemm(self, index: int, inputs: list[Value | None]) -> Value:
        attributes = self._attributes(index)
        data, W = self._data(index, inputs[0]), inputs[1]
        if attributes.get("transA", 0) or not isinstance(W, np.ndarray) or W.ndim != 2:
            raise self._refused(index, "a constant matrix on the right")
        W = W if attributes.get("transB", 0) else W.T
        out = self.assembly.product(W * attributes.get("alpha", 1.0), data)
        if len(inputs) > 2 and inputs[2] is not None:
            out = self._sum(out, inputs[2], attributes.get("beta", 1.0))
        return out

    def _matmul(self, index: int, inputs: list[Value | None]) -> Value:
        a, b = inputs
        if isinstance(a, Affine) and isinstance(b, np.ndarray):
            return self.assembly.product(_matrix(b).T if b.ndim != 1 else b[None, :], a)
        if isinstance(a, np.ndarray) and isinstance(b, Affine):
            return self.assembly.product(_matrix(a) if a.ndim != 1 else a[None, :], b)
        raise self._refused(index, "one constant matrix and one value")

    def _sum(self, a: Affine, b: Value, sign: float) -> Affine:
        if isinstance(b, Affine):
            if a.width != b.width:
                raise NetworkError(f"shapes that chain; got {a.width} and {b.width} values to add")
            return a.plus(b if sign == 1.0 else b.scaled(np.full(b.width, sign), np.zeros(b.width)))
        return Affine(a.parts, a.offset + sign * self._row(b, a.width))

    def _add(self, index: int, inputs: list[Value | None]) -> Value:
        return self._added(index, inputs, 1.0)

    def _sub(self, index: int, inputs: list[Value | None]) -> Value:
        return self._added(index, inputs, -1.0)

    def _added(self, index: int, inputs: list[Value | None], sign: float) -> Value:
        a, b = inputs
        if a is None or b is None:
            raise self._refused(index, "two inputs")
        if isinstance(a, Affine):
            return self._sum(a, b, sign)
        if isinstance(b, Affine):
            signed = b if sign == 1.0 else b.scaled(np.full(b.width, sign), np.zeros(b.width))
            return self._sum(signed, a, 1.0)
        return np.asarray(a + sign * b)

    def _mul(self, index: int, inputs: list[Value | None]) -> Value:
        a, b = inputs
        if isinstance(a, np.ndarray) and isinstance(b, Affine):
            a, b = b, a
        if isinstance(a, Affine) and isinstance(b, np.ndarray):
            return self._folded(index, a, self._row(b, a.width), np.zeros(a.width))
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            return np.asarray(a * b)
        raise self._refused(index, "one constant factor; got two values")

    def _div(self, index: int, inputs: list[Value | None]) -> Value:
        a, b = inputs
        if not isinstance(b, np.ndarray) or a is None or not np.all(b):
            raise self._refused(index, "a constant divisor that is not 0")
        if isinstance(a, Affine):
            return self._folded(index, a, 1.0 / self._row(b, a.width), np.zeros(a.width))
        return np.asarray(a / b)

    def _neg(self, index: int, inputs: list[Value | None]) -> Value:
        value = inputs[0]
        if isinstance(value, Affine):
            return value.scaled(-np.ones(value.width), np.zeros(value.width))
        return -np.asarray(value)

    def _concat(self, index: int, inputs: list[Value | None]) -> Value:
        values = [value for value in inputs if isinstance(value, Affine)]
        if len(values) == len(inputs):
            return Affine.joined(values)
        if not values:
            return np.concatenate([np.asarray(v).reshape(-1) for v in inputs])
        raise self._refused(index, "values that depend on the input; got a constant among them")

    def _leaky(self, index: int, inputs: list[Value | None]) -> Value:
        alpha = self._attributes(index).get("alpha", DEFAULT_ALPHA)
        return self.assembly.unit("leaky_relu", self._data(index, inputs[0]), np.array([alpha]))

    def _prelu(self, index: int, inputs: list[Value | None]) -> Value:
        if not isinstance(inputs[1], np.ndarray):
            raise self._refused(index, "constant slopes")
        data, slopes = self._data(index, inputs[0]), inputs[1].reshape(-1)
        self._row(slopes, data.width)
        return self.assembly.unit("leaky_relu", data, slopes)

    def _clip(self, index: int, inputs: list[Value | None]) -> Value:
        attributes = self._attributes(index)
        ends = (*inputs[1:], None, None)[:2]
        lo, hi = (
            float(np.asarray(end).reshape(-1)[0]) if end is not None else attributes.get(key, default)
            for end, key, default in zip(ends, ("min", "max"), (-np.inf, np.inf), strict=True)
        )
        if (lo, hi) not in CLIPS:
            raise self._refused(index, f"limits (0, 6), (-1, 1) or (0, none); got ({lo:g}, {hi:g})")
        return self.assembly.unit(CLIPS[lo, hi], self._data(index, inputs[0]))

    def _batch_normalization(self, index: int, inputs: list[Value | None]) -> Value:
        """Scale and shift, the numbers of inference (Ioffe and Szegedy 2015, algorithm 2)."""
        attributes = self._attributes(index)
        if attributes.get("training_mode", 0) or sum(bool(out) for out in self.nodes[index].output) > 1:
            raise self._refused(index, "inference; got BatchNormalization in training mode. Export the model in eval()")
        data = self._data(index, inputs[0])
        gamma, beta, mean, variance = (self._row(v, data.width) for v in inputs[1:5] if isinstance(v, np.ndarray))
        if np.any(variance + attributes.get("epsilon", DEFAULT_EPSILON) <= 0):
            raise self._refused(index, "variances above 0")
        scale = gamma / np.sqrt(variance + attributes.get("epsilon", DEFAULT_EPSILON))
        return self._folded(index, data, scale, beta - mean * scale)

    def _folded(self, index: int, value: Affine, scale: Array, shift: Array) -> Affine:
        self.folded.append(self.nodes[index].name or f"node {index}")
        return value.scaled(scale, shift)


DEFAULT_ALPHA = float(np.float32(0.01))  # LeakyRelu; ONNX attributes are float32
DEFAULT_EPSILON = float(np.float32(1e-5))  # BatchNormalization

OPERATORS: dict[str, Callable[[_Graph, int, list[Value | None]], Value]] = {
    "Gemm": _Graph._gemm,
    "MatMul": _Graph._matmul,
    "Add": _Graph._add,
    "Sub": _Graph._sub,
    "Mul": _Graph._mul,
    "Div": _Graph._div,
    "Neg": _Graph._neg,
    "Concat": _Graph._concat,
    "LeakyRelu": _Graph._leaky,
    "PRelu": _Graph._prelu,
    "Clip": _Graph._clip,
    "BatchNormalization": _Graph._batch_normalization,
}


def _matrix(array: NDArray[Any]) -> Array:
    """A matrix, without the leading axes of length 1 that some exporters add."""
    return array.reshape(array.shape[-2:]) if array.size == int(np.prod(array.shape[-2:])) else array


def _plain(attribute: Any) -> Any:
    import onnx

    return onnx.helper.get_attribute_value(attribute)
