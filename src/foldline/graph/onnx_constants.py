"""What an ONNX node makes of constants, and the shapes of what it makes, by the onnx package's own words.

Sizes are known before anything is made: a graph that doubles a constant thirty times is refused, not computed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError
from .windows import MAX_NUMBERS

Shape = tuple[int, ...] | None
Typed = NDArray[Any]

MOST_READ = 2**16  # numbers of a constant that shapes are read from
MOST_UNKNOWN = 2**14  # numbers that go into an operator whose outputs have sizes only running it tells
RANDOM = frozenset(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial")
)
# The opset from which the reference implementation has an operator that means the same before.
IMPLEMENTED = {"DequantizeLinear": 19, "QuantizeLinear": 19}
# Slow in the reference implementation: taken for small constants only.
SLOW = frozenset(
    "Conv ConvTranspose ConvInteger QLinearConv DeformConv MaxPool AveragePool LpPool MaxUnpool LSTM GRU RNN Einsum "
    "DFT STFT Resize Upsample GridSample RoiAlign AffineGrid NonMaxSuppression StringNormalizer RegexFullMatch "
    "TfIdfVectorizer LRN MelWeightMatrix Attention RotaryEmbedding".split()
)
# What these make of numbers is numbers that were there, or exact.
EXACT = frozenset(
    "Identity Constant ConstantOfShape Shape Size Reshape Flatten Squeeze Unsqueeze Transpose Concat Split Slice "
    "Gather GatherElements GatherND Pad Expand Tile Where Neg Abs Relu Max Min ReduceMax ReduceMin Clip Range NonZero "
    "Not Equal Greater Less GreaterOrEqual LessOrEqual And Or ArgMax ArgMin OneHot EyeLike Trilu DepthToSpace "
    "SpaceToDepth ScatterElements ScatterND Compress TopK Sign Floor Ceil Round".split()
)
PADDED = ("AveragePool", "MaxPool", "LpPool", "ConvTranspose")  # what the reference implementation gets wrong


def makes(
    node: Any, opsets: Mapping[str, int], inputs: Mapping[str, tuple[int, Shape, Typed | None]]
) -> dict[str, Any]:
    """Return the type and shape of each output by name, {name: (element type, shape)}; a shape not known is None.

    inputs   {name: (element type, shape, numbers of a constant)}
    raises   NetworkError if the node and its inputs do not fit each other
    """
    import onnx

    types = {name: onnx.helper.make_tensor_type_proto(kind, shape) for name, (kind, shape, _) in inputs.items()}
    data = {
        name: onnx.numpy_helper.from_array(array, name)
        for name, (_, _, array) in inputs.items()
        if array is not None and array.size <= MOST_READ and array.dtype.kind in "fiub"
    }
    try:
        schema = onnx.defs.get_schema(node.op_type, opsets.get(node.domain, 1), node.domain)
        found = onnx.shape_inference.infer_node_outputs(
            schema, node, types, data, opset_imports=[onnx.helper.make_opsetid(d, v) for d, v in opsets.items()]
        )
    except Exception as error:  # onnx raises kinds of its own for whatever does not fit
        shapes = ", ".join(f"{name} {'?' if shape is None else list(shape)}" for name, (_, shape, _) in inputs.items())
        raise NetworkError(f"inputs that fit; got {shapes or 'none'}: {_first_line(error)}") from error
    told = not _rounds_up(node)
    return {
        name: (kind.tensor_type.elem_type, _shape_of(kind.tensor_type) if told else None)
        for name, kind in found.items()
    }


def _rounds_up(node: Any) -> bool:
    """Whether onnx counts a window too many: one that begins in the padding, which its own text leaves out.

    source   ONNX, AveragePool and MaxPool of opset 22, attribute ceil_mode
    """
    return any(a.name == "ceil_mode" and a.i for a in node.attribute)


def _shape_of(kind: Any) -> Shape:
    if not kind.HasField("shape"):
        return None
    dims = [d.dim_value if d.HasField("dim_value") else -1 for d in kind.shape.dim]
    return None if min(dims, default=0) < 0 else tuple(dims)


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line.removeprefix("[ShapeInferenceError] ").strip().rstrip(".")


def evaluated(
    node: Any,
    opsets: Mapping[str, int],
    inputs: Sequence[Typed | None],
    made: Mapping[str, tuple[int, Shape]],
    most: int = MAX_NUMBERS,
) -> list[Any]:
    """Return what a node makes of constants, one value an output name.

    made     the outputs' shapes, of ``makes``
    most     numbers of one output
    raises   NetworkError if it is random, has graphs inside, would make more than ``most`` numbers or cannot run
    """
    if node.op_type in RANDOM or any(a.HasField("g") or a.graphs for a in node.attribute):
        raise NetworkError("constants that are always the same; got an operator that is random or runs a graph")
    if node.op_type in PADDED:
        raise NetworkError("data that depends on the input; got constants, which the onnx package pads in its own way")
    _check_sizes(node, inputs, made, most)
    if node.op_type == "GatherElements":  # the reference implementation counts wild places down one side at a time
        _check_places(inputs)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return _run(node, opsets, inputs)
    except Exception as error:  # the reference implementation raises whatever it stumbles over
        raise NetworkError(f"inputs that fit; got {type(error).__name__}: {_first_line(error)[:200]}") from error


def _run(node: Any, opsets: Mapping[str, int], inputs: Sequence[Typed | None]) -> list[Any]:
    import onnx
    from onnx.reference import ReferenceEvaluator

    feeds = {name: array for name, array in zip(node.input, inputs, strict=True) if name and array is not None}
    any_type = onnx.helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, None)
    info = {name: onnx.helper.make_value_info(name, any_type) for name in (*feeds, *filter(None, node.output))}
    graph = onnx.helper.make_graph(
        [node], "node", [info[name] for name in feeds], [info[name] for name in node.output if name]
    )
    opsets = {d: max(v, IMPLEMENTED.get(node.op_type, 1)) for d, v in opsets.items()}
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid(d, v) for d, v in opsets.items()])
    return list(ReferenceEvaluator(model).run(None, feeds))


def _check_sizes(node: Any, inputs: Sequence[Typed | None], made: Mapping[str, tuple[int, Shape]], most: int) -> None:
    read = sum(array.size for array in inputs if array is not None)
    shapes = [shape for _, shape in made.values()]
    known = [prod(shape) for shape in shapes if shape is not None]
    if max(known, default=0) > most:
        raise NetworkError(f"arrays of at most {most} numbers; got {max(known)}. Use a smaller input")
    slow = node.op_type in SLOW or node.domain != ""
    if (slow or len(known) < len(shapes)) and read + sum(known) > MOST_UNKNOWN:
        raise NetworkError(f"at most {MOST_UNKNOWN} constant numbers; got {read + sum(known)}")


def _check_places(inputs: Sequence[Typed | None]) -> None:
    data, places = inputs[0], inputs[1]
    assert data is not None and places is not None
    n = max(data.shape)
    if places.size and (places.min() < -n or places.max() >= n):
        raise NetworkError(f"places from {-n} to {n - 1}; got {int(places.min())} to {int(places.max())}")


def is_rounded(node: Any, inputs: Sequence[Typed | None], outputs: Sequence[Any]) -> bool:
    """Return whether an operator on constants may have rounded what it made."""
    if node.op_type in EXACT or all(np.asarray(out).dtype.kind not in "fV" for out in outputs):
        return False
    arrays = [np.asarray(array, dtype=np.float64) for array in inputs if array is not None and array.dtype.kind != "O"]
    out = np.asarray(outputs[0], dtype=np.float64)
    if node.op_type in ("Cast", "CastLike"):
        return not np.array_equal(arrays[0], out)
    if node.op_type == "Mul" and out.dtype != outputs[0].dtype:  # two float32 numbers have an exact float64 product
        return not np.array_equal(arrays[0] * arrays[1], out)
    if node.op_type == "DequantizeLinear" and len(arrays) < 4 and arrays[1].size == 1:
        return not np.array_equal((arrays[0] - sum(a for a in arrays[2:3])) * arrays[1], out)
    return True
