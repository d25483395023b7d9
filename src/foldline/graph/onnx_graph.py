"""An ONNX graph, node by node, as a network."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NetworkError
from ..network import Network
from ..training import told_by
from .assembly import SAMPLED, Affine, Assembly
from .onnx_constants import evaluated, is_rounded, makes
from .onnx_inside import dense, reads, taken
from .onnx_labels import before_labels
from .onnx_operators import ML_OPERATORS, OPERATORS
from .onnx_step import Mask, Step, Value
from .onnx_units import NARROW, identity_unit, rounds_in

DOMAINS = ("", "ai.onnx")
ML = "ai.onnx.ml"
MAX_INPUTS = 10**7
MOST_VALUES = 2**22  # numbers of one value that depends on the input
MOST_HELD = 2**26  # numbers of the values that are still needed, half a gigabyte
NUMBERS = (1, 10, 11, 16)  # TensorProto: float32, float16, float64, bfloat16
WHOLE = (2, 3, 4, 5, 6, 7, 12, 13)  # whole numbers

Info = tuple[int, tuple[int, ...] | None, NDArray[Any] | None]


def network_of_model(model: Any, name: str, output: str | None = None) -> Network:
    """Return the network that an ONNX model computes; see ``files.onnx.read_onnx``."""
    return _Graph(model, name).network(output)


class _Graph:
    """A graph under evaluation.

    values   by name: constants of the file's types, and values that depend on the input
    kinds    by name: the element type of a value
    """

    def __init__(self, model: Any, name: str) -> None:
        self.name, self.graph = name, model.graph
        self.properties = {entry.key: entry.value for entry in model.metadata_props}
        self.opsets = {"" if o.domain in DOMAINS else o.domain: o.version for o in model.opset_import} or {"": 1}
        self.nodes = list(model.graph.node)
        self.values: dict[str, Value] = {}
        self.kinds: dict[str, int] = {}
        self.rounded: list[str] = []
        self.notes: list[str] = []
        self._store(model.graph)
        self.assembly = Assembly((1,))

    def network(self, output: str | None) -> Network:
        wanted = self._wanted(output)
        order = self._order(wanted)
        self._read_inputs(order, wanted)
        left = Counter(name for index in order for name in reads(self.nodes[index]))
        for index in order:
            with np.errstate(all="ignore"):  # what overflows is not finite, and no network takes it
                self._run(index)
            left -= Counter(reads(self.nodes[index]))
            self._forget(index, {*left, wanted})
        value = self.values.get(wanted)
        if isinstance(value, Mask):
            raise NetworkError(f"{self.name}: a network needs an output of numbers; got the comparison {wanted!r}.")
        if not isinstance(value, Affine) or not value.parts:
            raise NetworkError(f"{self.name}: a network needs an output that depends on its input; got {wanted!r}.")
        try:
            arguments = self.assembly.arguments(value)
        except NetworkError as error:
            raise NetworkError(f"{self.name}: output {wanted!r} needs {error}.") from None
        return Network(**arguments, assumed=self._assumed(), **told_by(self._meta()))

    # What is read, and what it is read for

    def _wanted(self, output: str | None) -> str:
        """The value that the network gives: an output, or any value inside by its name."""
        names = [value.name for value in self.graph.output]
        makers = {out: node for node in self.nodes for out in node.output if out}
        if output is not None:
            if output not in makers:
                raise NetworkError(
                    f"{self.name}: output needs the name of a value in the graph; got {output!r}. "
                    f"Its outputs are {', '.join(names)}."
                )
            if names != [output]:
                self.notes.append(f"the value {output!r} of a graph with outputs {', '.join(names)}")
            return before_labels([output], makers)[0]
        found = before_labels(names, makers)
        if len(found) != 1:
            raise NetworkError(
                f"{self.name}: a network needs 1 output; got outputs {names}. "
                f"Choose one: output={names[0] if names else 'y'!r} (--output {names[0] if names else 'y'})."
            )
        if [found[0]] != names:
            self.notes.append(f"the output {found[0]!r} of a graph with outputs {', '.join(names)}")
        return found[0]

    def _read_inputs(self, order: Sequence[int], wanted: str) -> None:
        """Let the inputs that the output depends on be the values of the first layer, side by side."""
        read = {name for index in order for name in reads(self.nodes[index])} | {wanted}
        inputs = [value for value in self.graph.input if value.name not in self.values and value.name in read]
        if not inputs:
            raise NetworkError(f"{self.name}: a network needs an output that depends on its input; got {wanted!r}.")
        try:
            shapes = [self._shape(value) for value in inputs]
        except NetworkError:
            self._check_operators(order, {value.name for value in inputs})
            raise
        sizes = [prod(shape) for shape in shapes]
        self.assembly = Assembly((sum(sizes),))
        try:
            whole = self.assembly.source(0)
        except NetworkError as error:
            raise NetworkError(f"{self.name}: input {inputs[0].name!r} needs {error}.") from None
        at = 0
        for value, shape, size in zip(inputs, shapes, sizes, strict=True):
            self.values[value.name] = whole.take(np.arange(at, at + size).reshape(shape))
            self.kinds[value.name] = value.type.tensor_type.elem_type
            at += size
        if len(inputs) > 1:
            beside = ", ".join(f"{value.name} ({size})" for value, size in zip(inputs, sizes, strict=True))
            self.notes.append(f"the inputs stand side by side: {beside}")

    def _check_operators(self, order: Sequence[int], reached: set[str]) -> None:
        """Raise NetworkError naming the first operator behind the inputs that is not known."""
        for index in order:
            node = self.nodes[index]
            if reached.intersection(reads(node)):
                reached.update(node.output)
                try:
                    self._operator(index)
                except NetworkError as error:
                    raise self._refused(index, str(error)) from None

    def _shape(self, value: Any) -> tuple[int, ...]:
        """The shape of one input: a leading axis of no fixed size is a batch, of which one is taken."""
        kind = value.type.tensor_type
        if kind.elem_type not in NUMBERS + WHOLE:
            raise NetworkError(f"{self.name}: a network needs an input of numbers; got {value.name!r} of another type.")
        if kind.elem_type in WHOLE:
            self.notes.append(f"the input {value.name!r} is of whole numbers in the file; here of real ones")
        if kind.elem_type in NARROW:
            self.notes.append(rounds_in(kind.elem_type))
        dims = [d.dim_value for d in kind.shape.dim]
        shape = (1, *dims[1:]) if len(dims) > 1 and dims[0] <= 0 else tuple(dims)
        if not kind.HasField("shape") or min(shape, default=1) < 1 or prod(shape) > MAX_INPUTS:
            sides = ", ".join(str(d.dim_value) if d.dim_value > 0 else d.dim_param or "?" for d in kind.shape.dim)
            told = f"of shape [{sides}]" if kind.HasField("shape") else "of no shape"
            raise NetworkError(
                f"{self.name}: a network needs an input of fixed size; got {value.name!r} {told}. "
                "Export it with the sizes of one input."
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
        given = {value.name for value in self.graph.input} | self.values.keys()
        order: list[int] = []
        state: dict[int, int] = {}
        stack = [wanted]
        while stack:
            name = stack[-1]
            index = makers.get(name, -1)
            if index < 0 or state.get(index) == 2:
                stack.pop()
                if index < 0 and name not in given:
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
            before = reads(self.nodes[index])
            if any(state.get(makers.get(r, -1)) == 1 for r in before):
                raise self._refused(index, "a graph without circles; got one")
            stack += before
        return order

    # One node

    def _run(self, index: int) -> None:
        node = self.nodes[index]
        if node.op_type == "If" and node.domain in DOMAINS:
            return self._branch(index)
        inputs = [self.values.get(name) if name else None for name in node.input]
        depends = any(isinstance(self.values.get(name), (Affine, Mask)) for name in reads(node))
        before = self.assembly.n_rounded
        try:
            if depends or node.domain not in (*DOMAINS, ML):
                self._operator(index)  # an operator that is not known is named before anything else is wrong with it
            made = makes(node, self.opsets, self._info(node))
            outputs = self._apply(index, inputs, made) if depends else self._folded(node, inputs, made)
            self._keep(node, outputs, made)
        except NetworkError as error:
            raise self._refused(index, str(error)) from None
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
            raise self._refused(index, f"inputs that fit; got {error}") from error
        if self.assembly.n_rounded > before:
            self.rounded.append(node.name or f"node {index}")

    def _branch(self, index: int) -> None:
        """Run the nodes of the graph that an If takes."""
        node = self.nodes[index]
        try:
            graph = taken(node, self.values.get(node.input[0]) if node.input else None)
        except NetworkError as error:
            raise self._refused(index, str(error)) from None
        around = set(self.values)
        self._store(graph)
        for inner in graph.node:
            if around.intersection(inner.output):
                raise self._refused(index, f"names that are written once; got {', '.join(inner.output)} twice")
            self.nodes.append(inner)
            self._run(len(self.nodes) - 1)
        if not all(out.name in self.values for out in graph.output):
            raise self._refused(index, "a graph inside it that makes its outputs; got another")
        made = [(self.values[out.name], self.kinds.get(out.name, 0)) for out in graph.output]
        for name in set(self.values) - around:
            del self.values[name]
        for name, (value, kind) in zip(node.output, made, strict=True):
            self.values[name], self.kinds[name] = value, kind

    def _operator(self, index: int) -> Any:
        node = self.nodes[index]
        table = OPERATORS if node.domain in DOMAINS else ML_OPERATORS if node.domain == ML else {}
        if node.op_type in table:
            return table[node.op_type]
        where = "" if node.domain in (*DOMAINS, ML) else f" of domain {node.domain!r}"
        raise NetworkError(
            f"an operator with an exact network; got {node.op_type}{where}. {SAMPLED} "
            f"Those known are {', '.join(sorted((*OPERATORS, *ML_OPERATORS)))}"
        )

    def _info(self, node: Any) -> dict[str, Info]:
        return {name: self._about(name) for name in node.input if name}

    def _about(self, name: str) -> Info:
        import onnx

        value = self.values.get(name)
        if isinstance(value, Mask):
            return self.kinds.get(name, onnx.TensorProto.BOOL), value.over.shape, None
        if isinstance(value, Affine):
            return self.kinds.get(name, onnx.TensorProto.FLOAT), value.shape, None
        if value is None:
            raise NetworkError(f"an input {name!r} of one array; got none")
        return onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape, value

    def _folded(self, node: Any, inputs: Sequence[Any], made: Any) -> list[Any]:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("sparse_tensor"):
            return [dense(node.attribute[0].sparse_tensor)]
        outputs = [np.asarray(out) for out in evaluated(node, self.opsets, inputs, made)]
        self.assembly.n_rounded += is_rounded(node, inputs, outputs)
        return outputs

    def _apply(self, index: int, inputs: list[Any], made: Any) -> list[Any]:
        """What an operator makes of values; only what ONNX says of its shape is let through."""

        import onnx

        node = self.nodes[index]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}

        def run(feeds: Sequence[Any]) -> list[Any]:
            return evaluated(node, self.opsets, feeds, made, MOST_VALUES)

        step = Step(
            node.op_type, attributes, inputs, list(node.input), sum(bool(name) for name in node.output),
            self.opsets.get("", 1), self.assembly, run, self.notes,
        )  # fmt: skip
        out = (identity_unit if self._is_unit(node) else self._operator(index))(step)
        return out if isinstance(out, list) else [out]

    def _keep(self, node: Any, outputs: Sequence[Any], made: Any) -> None:
        for name, value in zip(node.output, outputs, strict=False):
            if not name:
                continue
            kind, shape = made.get(name, (0, None))
            if isinstance(value, Affine) and not value.parts:
                value = self._settled(value, kind)
            found = value.over.shape if isinstance(value, Mask) else value.shape
            depends = isinstance(value, (Affine, Mask))
            if depends and shape is not None and shape != found:
                raise NetworkError(f"an outcome of shape {list(shape)}; got {list(found)}")
            if depends and prod(found) == 0:
                raise NetworkError("at least one number; got none left")
            self.values[name] = value
            self.kinds[name] = kind
        held = sum(_size(value) for value in self.values.values())
        if held > MOST_HELD:
            raise NetworkError(f"values of at most {MOST_HELD} numbers at a time; got {held}. Use a smaller input")

    def _settled(self, value: Affine, kind: int) -> NDArray[Any]:
        """A value that turned out to be constant, as the file's type has it."""
        import onnx

        array = value.offset.reshape(value.shape)
        typed = array.astype(onnx.helper.tensor_dtype_to_np_dtype(kind)) if kind else array
        self.assembly.n_rounded += not np.array_equal(array, typed.astype(np.float64))
        return typed

    def _forget(self, index: int, needed: set[str]) -> None:
        """Drop what no node reads any more."""
        node = self.nodes[index]
        for name in {*node.input, *node.output} - needed:
            self.values.pop(name, None)

    def _is_unit(self, node: Any) -> bool:
        """Whether an Identity stands for a layer of identity units: those that foldline writes do, but for the last."""
        ours = self.properties.get("format") == "foldline"
        return bool(ours and node.op_type == "Identity" and node.output[0] != self.graph.output[0].name)

    def _store(self, graph: Any) -> None:
        """Take the numbers that a graph stores."""
        for tensor in graph.initializer:
            self._put(tensor.name, self._stored(tensor, tensor.name))
        for tensor in graph.sparse_initializer:
            self._put(tensor.values.name, self._stored(tensor, tensor.values.name))

    def _put(self, name: str, array: NDArray[Any]) -> None:
        if name in self.values:
            raise InputError(f"{self.name}: an ONNX file needs names that stand once; got tensor {name!r} twice.")
        self.values[name] = array

    def _stored(self, tensor: Any, name: str) -> NDArray[Any]:
        import onnx

        try:
            return dense(tensor) if hasattr(tensor, "indices") else np.asarray(onnx.numpy_helper.to_array(tensor))
        except Exception as error:  # protobuf, NumPy and onnx each raise their own kinds for a damaged tensor
            raise InputError(
                f"{self.name}: tensor {name!r} needs numbers of a known type; got {error}. Export again."
            ) from error

    # What is said

    def _assumed(self) -> list[str]:
        kept = self._kept("assumed", [])
        said = [str(sentence) for sentence in kept] if isinstance(kept, list) else []
        rounded = [f"numbers that nodes imply are the nearest there are: {', '.join(self.rounded)}"]
        return [*said, *dict.fromkeys(self.notes), *(rounded if self.rounded else [])]

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

    def _refused(self, index: int, what: str) -> NetworkError:
        node = self.nodes[index]
        stop = "" if what.endswith(".") else "."
        return NetworkError(
            f"{self.name}: node {index} ({node.op_type} {node.name or 'without a name'}) needs {what}{stop}"
        )


def _size(value: Value) -> int:
    """How many numbers a value holds."""
    if isinstance(value, Mask):
        value = value.over
    if isinstance(value, Affine):
        return value.width + sum(M.size for M in value.parts.values())
    return value.size
