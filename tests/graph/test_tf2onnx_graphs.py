"""Graphs as tf2onnx writes them of Keras models: NHWC around each convolution, computed shapes, a batch of no size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from foldline import read_network

Array = NDArray[np.float32]
Nodes = list[onnx.NodeProto]
node = helper.make_node
BATCH = "unk__12"
IN, OUT = "args_0:0", "Identity:0"
LAYER = "StatefulPartitionedCall/sequential/"
RNG = np.random.default_rng(0)


def numbers(*shape: int) -> Array:
    return RNG.normal(size=shape).astype(np.float32)


def ints(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def dense(name: str, x: str, out: str, a: int, b: int) -> tuple[Nodes, dict[str, Any]]:
    """A dense layer without a unit, with Keras's names."""
    weight, bias = (f"{LAYER}{name}/{part}/ReadVariableOp:0" for part in ("MatMul", "BiasAdd"))
    product = f"{LAYER}{name}/MatMul:0"
    nodes = [node("MatMul", [x, weight], [product], product[:-2]), node("Add", [product, bias], [out], name)]
    return nodes, {weight: numbers(a, b), bias: numbers(b)}


def mlp(end: str) -> tuple[Nodes, dict[str, Any], list[Any]]:
    first, second = dense("dense", IN, "h", 3, 8), dense("dense_1", "r", "o", 8, 2)
    nodes = [*first[0], node("Relu", ["h"], ["r"]), *second[0], node(end, ["o"], [OUT])]
    return nodes, first[1] | second[1], [BATCH, 3]


def flat(how: str, side: int) -> tuple[Nodes, dict[str, Any], int]:
    """From pooled (n, side, side, 4) to rows."""
    k = 4 * side * side
    if how == "fixed":
        return [node("Reshape", ["t", "to"], ["rows"])], {"to": ints(-1, k)}, k
    if how == "mean":
        return [node("ReduceMean", ["t"], ["rows"], axes=[1, 2], keepdims=0)], {}, 4
    if how == "squeezed":
        nodes = [node("GlobalAveragePool", ["p"], ["g"]), node("Squeeze", ["g", "axes"], ["rows"])]
        return nodes, {"axes": ints(2, 3)}, 4
    nodes = [
        node("Shape", ["t"], ["s"]), node("Cast", ["s"], ["s32"], to=onnx.TensorProto.INT32),
        node("Slice", ["s32", "zero", "one", "zero"], ["cut"]), node("Squeeze", ["cut", "zero"], ["n"]),
        node("Unsqueeze", ["n", "zero"], ["n1"]), node("Concat", ["n1", "k"], ["to32"], axis=0),
        node("Cast", ["to32"], ["to"], to=onnx.TensorProto.INT64), node("Reshape", ["t", "to"], ["rows"]),
    ]  # fmt: skip
    return nodes, {"zero": ints(0), "one": ints(1), "k": np.array([k], np.int32)}, k


def cnn(pool: str, how: str) -> tuple[Nodes, dict[str, Any], list[Any]]:
    flattened, more, k = flat(how, 2)
    last = dense("dense", "rows", OUT, k, 2)
    nodes = [
        node("Transpose", [IN], ["nchw"], perm=[0, 3, 1, 2]),
        node("Conv", ["nchw", "K", "b"], ["c"], f"{LAYER}conv2d/BiasAdd", kernel_shape=[3, 3]),
        node("Relu", ["c"], ["r"]),
        node(pool, ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Transpose", ["p"], ["t"], perm=[0, 2, 3, 1]),
    ]
    return (
        [*nodes, *flattened, *last[0]],
        {"K": numbers(4, 1, 3, 3), "b": numbers(4)} | more | last[1],
        [BATCH, 6, 6, 1],
    )


def conv1d() -> tuple[Nodes, dict[str, Any], list[Any]]:
    last = dense("dense", "rows", OUT, 16, 2)
    nodes = [
        node("Transpose", [IN], ["t"], perm=[0, 2, 1]), node("Unsqueeze", ["t", "two"], ["u"]),
        node("Conv", ["u", "K"], ["c"], kernel_shape=[1, 3]), node("Squeeze", ["c", "two"], ["q"]),
        node("Transpose", ["q"], ["nwc"], perm=[0, 2, 1]), node("Add", ["nwc", "b"], ["a"]),
        node("Clip", ["a", "zero", "six"], ["r"]), node("Reshape", ["r", "to"], ["rows"]),
    ]  # fmt: skip
    constants = {"two": ints(2), "K": numbers(4, 2, 1, 3), "b": numbers(4), "to": ints(-1, 16)}
    return [*nodes, *last[0]], constants | {"zero": np.float32(0), "six": np.float32(6)} | last[1], [BATCH, 6, 2]


def tensordot() -> tuple[Nodes, dict[str, Any], list[Any]]:
    last = dense("dense_1", "rows", OUT, 20, 2)
    nodes = [
        node("Reshape", [IN, "by3"], ["f"]), node("MatMul", ["f", "W"], ["m"]), node("Reshape", ["m", "by5"], ["back"]),
        node("Add", ["back", "b"], ["a"]), node("Relu", ["a"], ["r"]), node("Reshape", ["r", "to"], ["rows"]),
    ]  # fmt: skip
    constants = {"by3": ints(-1, 3), "W": numbers(3, 5), "by5": ints(-1, 4, 5), "b": numbers(5), "to": ints(-1, 20)}
    return [*nodes, *last[0]], constants | last[1], [BATCH, 4, 3]


GRAPHS = {
    **{f"mlp {end}": mlp(end) for end in ("Identity", "Softmax", "Sigmoid")},
    **{f"{pool} {how}": cnn(pool, how) for pool in ("MaxPool", "AveragePool")
       for how in ("fixed", "computed", "mean", "squeezed")},
    "conv1d": conv1d(), "tensordot": tensordot(),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_a_keras_graph_is_read_as_onnxruntime_runs_it(tmp_path: Path, name: str) -> None:
    nodes, constants, shape = GRAPHS[name]
    kind, path = onnx.TensorProto.FLOAT, tmp_path / "keras.onnx"
    graph = helper.make_graph(
        nodes, "tf2onnx", [helper.make_tensor_value_info(IN, kind, shape)],
        [helper.make_tensor_value_info(OUT, kind, None)],
        [numpy_helper.from_array(np.asarray(array), key) for key, array in constants.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), path)
    net, session = read_network(path), onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for _ in range(5):
        x = numbers(1, *shape[1:])
        (out,) = session.run(None, {IN: x})
        np.testing.assert_allclose(net(x.reshape(1, -1)), np.reshape(out, (1, -1)), rtol=1e-4, atol=1e-4)
