"""An ONNX graph, node by node, as a network."""

from __future__ import annotations

import json
from math import prod
from typing import Any

import numpy as np

from ..errors import InputError, NetworkError
from ..network import Network
from ..training import told_by
from .assembly import SAMPLED, Affine, Assembly
from .onnx_operators import OPERATORS, Step, identity_unit

DOMAINS = ("", "ai.onnx")
MAX_INPUTS = 10**7
EXACT_INTEGER = 2**53  # every integer up to it is a float64
TO_THE_END = 2**63 - 1  # "to the end" in a Slice


def network_of_model(model: Any, name: str) -> Network:
    """Return the network that an ONNX model computes; see ``files.onnx.read_onnx``."""
    return _Graph(model, name).network()


class _Graph:
    """A graph under evaluation: ``values`` holds, by name, constants and values that depend on the input."""

    def __init__(self, model: Any, name: str) -> None:
        self.name, self.graph = name, model.graph
        self.properties = {entry.key: entry.value for entry in model.metadata_props}
        self.opset = next((entry.version for entry in model.opset_import if entry.domain in DOMAINS), 1)
        self.nodes = list(model.graph.node)
        self.values: dict[str, Affine] = {t.name: self._stored(t, t.name) for t in model.graph.initializer}
        self.rounded: list[str] = []
        if model.graph.sparse_initializer:
            raise InputError(f"{name}: an ONNX file needs dense tensors; got a sparse one. Export it again.")
        self.assembly = Assembly((1,))

    def network(self) -> Network:
        inputs = [value for value in self.graph.input if value.name not in self.values]
        if len(inputs) != 1 or len(self.graph.output) != 1:
            names = [v.name for v in inputs], [v.name for v in self.graph.output]
            raise NetworkError(
                f"{self.name}: a network needs 1 input and 1 output; got inputs {names[0]} and outputs {names[1]}. "
                "Export the part between one of each."
            )
        self.assembly = Assembly(self._shape(inputs[0]))
        try:
            self.values[inputs[0].name] = self.assembly.source(0)
        except NetworkError as error:
            raise NetworkError(f"{self.name}: input {inputs[0].name!r} needs {error}.") from None
        wanted = self.graph.output[0].name
        for index in self._order(wanted):
            self._run(index)
        value = self.values.get(wanted)
        if value is None or not value.parts:
            raise NetworkError(f"{self.name}: a network needs an output that depends on its input; got {wanted!r}.")
        try:
            arguments = self.assembly.arguments(value)
        except NetworkError as error:
            raise NetworkError(f"{self.name}: output {wanted!r} needs {error}.") from None
        return Network(**arguments, assumed=self._kept("assumed", ()), **told_by(self._meta()))

    def _meta(self) -> dict[str, Any]:
        meta: dict[str, Any] = {"rounded": self.rounded} if self.rounded else {}
        kept = self._kept("meta", {})
        return {**kept, **meta} if isinstance(kept, dict) else meta

    def _kept(self, key: str, none: Any) -> Any:
        """What foldline wrote beside the graph under a key."""
        if self.properties.get("format") != "foldline":
            return none
        try:
            return json.loads(self.properties["network"])[key]
        except (KeyError, TypeError, ValueError, RecursionError):
            return none

    def _shape(self, value: Any) -> tuple[int, ...]:
        """The shape of one input: the batch axis (first, symbolic or 1) is 1."""
        dims = [d.dim_value for d in value.type.tensor_type.shape.dim]
        if len(dims) > 2 and dims[0] > 1 and all(d == 1 for d in dims[1:]):
            shape = (1, dims[0])  # one row that stands as a column
        elif len(dims) == 2 or (len(dims) > 1 and dims[0] <= 1):
            shape = (1, *dims[1:])
        else:
            shape = tuple(dims) if len(dims) == 1 else (0,)
        if min(shape) < 1 or prod(shape) > MAX_INPUTS:
            raise NetworkError(
                f"{self.name}: a network needs an input of fixed size; got {value.name!r} of shape {dims}."
            )
        return shape

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
            reads = [r for r in self.nodes[index].input if r]
            if any(state.get(makers.get(r, -1)) == 1 for r in reads):
                raise self._refused(index, "a graph without circles; got one")
            stack += reads
        return order

    def _run(self, index: int) -> None:
        node = self.nodes[index]
        if node.op_type == "Constant":
            self.values[node.output[0]] = self._constant(index)
            return
        if node.op_type not in OPERATORS:
            known = ", ".join(sorted((*OPERATORS, "Constant")))
            raise self._refused(index, f"operators out of {known}; got {node.op_type}. {SAMPLED}")
        before = self.assembly.n_rounded
        try:
            with np.errstate(all="ignore"):  # what overflows is not finite, and no network takes it
                out = (identity_unit if self._is_unit(node) else OPERATORS[node.op_type])(self._step(index))
        except NetworkError as error:
            raise self._refused(index, str(error)) from None
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
            raise self._refused(index, f"inputs that fit; got {error}") from error
        if self.assembly.n_rounded > before:
            self.rounded.append(node.name or f"node {index}")
        made = out if isinstance(out, list) else [out]
        self.values.update(zip(filter(None, node.output), made, strict=False))

    def _is_unit(self, node: Any) -> bool:
        """Whether an Identity stands for a layer of identity units: those that foldline writes do, but for the last."""
        ours = self.properties.get("format") == "foldline"
        return bool(ours and node.op_type == "Identity" and node.output[0] != self.graph.output[0].name)

    def _step(self, index: int) -> Step:
        node = self.nodes[index]
        inputs = [self.values.get(name) if name else None for name in node.input]
        n_outputs = sum(bool(name) for name in node.output)

        return Step(node.op_type, self._attributes(index), inputs, n_outputs, self.opset, self.assembly)

    def _constant(self, index: int) -> Affine:
        attributes = self._attributes(index)
        for key in ("value", "value_float", "value_int", "value_floats", "value_ints"):
            if key in attributes:
                return Affine.of(np.array(attributes[key], dtype=np.float64))
        raise self._refused(index, "constants that are numbers; got another kind")

    def _stored(self, tensor: Any, name: str) -> Affine:
        import onnx

        try:
            array = onnx.numpy_helper.to_array(tensor)
            if array.dtype.kind not in "fiub" and array.dtype.name not in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
                raise ValueError(f"type {array.dtype}")
            if array.dtype.kind in "iu":
                large = [n for n in array.reshape(-1).tolist() if abs(n) > EXACT_INTEGER and abs(n) < TO_THE_END]
                if large:
                    raise ValueError(f"{large[0]}, of the integers above 2^53, which may have no exact float64")
            values = array.astype(np.float64)
        except Exception as error:  # protobuf, NumPy and onnx each raise their own kinds for a damaged tensor
            raise InputError(
                f"{self.name}: tensor {name!r} needs numbers of a known type; got {error}. Export again."
            ) from error
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            at = tuple(map(int, bad[0]))
            raise NetworkError(f"{self.name}: a network needs finite numbers; got {name}{list(at)} = {values[at]}.")
        return Affine.of(values)

    def _attributes(self, index: int) -> dict[str, Any]:
        import onnx

        node = self.nodes[index]
        values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        return {
            key: self._stored(value, node.output[0]).constant if isinstance(value, onnx.TensorProto) else value
            for key, value in values.items()
        }

    def _refused(self, index: int, what: str) -> NetworkError:
        node = self.nodes[index]
        stop = "" if what.endswith(".") else "."
        return NetworkError(
            f"{self.name}: node {index} ({node.op_type} {node.name or 'without a name'}) needs {what}{stop}"
        )
