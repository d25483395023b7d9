"""ONNX graphs of many makers become the network they compute."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Network, read
from foldline.errors import FoldlineError, InputError

from .networks import SHAPES, assert_same

RNG = np.random.default_rng(11)
W0, B0, W1, B1 = RNG.normal(size=(4, 3)), RNG.normal(size=4), RNG.normal(size=(2, 4)), RNG.normal(size=2)
POSITIVE = RNG.uniform(0.5, 2, size=4)


def node(op: str, inputs: Sequence[str], out: str, **attributes: Any) -> Any:
    import onnx

    domain = attributes.pop("domain", None)
    return onnx.helper.make_node(op, list(inputs), out.split(), name=f"the {op}", domain=domain, **attributes)


def model(
    nodes: Sequence[Any],
    constants: dict[str, Any],
    shape: Sequence[Any] = ("N", 3),
    *,
    opset: int = 17,
    listed: bool = False,
    outputs: Sequence[str] = ("y",),
    extra_inputs: Sequence[str] = (),
) -> Any:
    import onnx

    info = onnx.helper.make_tensor_value_info
    double = onnx.TensorProto.DOUBLE
    inputs = [info("x", double, shape), *(info(name, double, [1]) for name in extra_inputs)]
    if listed:
        inputs = [*(info(k, double, np.shape(v)) for k, v in constants.items()), *inputs]
    tensors = [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
    graph = onnx.helper.make_graph(list(nodes), "g", inputs, [info(o, double, None) for o in outputs], tensors)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)


def network_of(path: Path, made: Any) -> Network:
    path.write_bytes(made.SerializeToString())
    value = read(path)
    assert isinstance(value, Network)
    return value


GEMMS = [
    node("Gemm", ["x", "W0", "b0"], "z", transB=1),
    node("Relu", ["z"], "h"),
    node("Gemm", ["h", "W1", "b1"], "y", transB=1),
]
ARRAYS: dict[str, Any] = {"W0": W0, "b0": B0, "W1": W1, "b1": B1}
INTS = {"shape": np.array([-1, 3]), "axes": np.array([1])}


def rest(*nodes: Any) -> list[Any]:
    """A first Gemm to z, the nodes from z to h, a last Gemm."""
    return [GEMMS[0], *nodes, GEMMS[2]]


GRAPHS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "gemm": (GEMMS, {}),
    "matmul and add": (
        [
            node("MatMul", ["x", "M0"], "m"),
            node("Add", ["b0", "m"], "z"),
            node("Relu", ["z"], "h"),
            node("MatMul", ["h", "M1"], "n"),
            node("Sub", ["n", "b1"], "y"),
        ],
        {"M0": W0.T.copy(), "M1": W1.T.copy()},
    ),
    "alpha and beta": ([*GEMMS[:2], node("Gemm", ["h", "W1", "b1"], "y", transB=1, alpha=0.5, beta=2.0)], {}),
    "leaky": (rest(node("LeakyRelu", ["z"], "h", alpha=0.25)), {}),
    "prelu": (rest(node("PRelu", ["z", "s"], "h")), {"s": np.array([0.1, -1.0, 1.0, 0.0])}),
    "abs": (rest(node("Abs", ["z"], "h")), {}),
    "relu6": (rest(node("Clip", ["z", "lo", "hi"], "h")), {"lo": np.array(0.0), "hi": np.array(6.0)}),
    "hard tanh": (rest(node("Clip", ["z", "lo", "hi"], "h")), {"lo": np.array(-1.0), "hi": np.array(1.0)}),
    "clip": (rest(node("Clip", ["z", "lo", "hi"], "h")), {"lo": np.array(-0.3), "hi": np.array(0.7)}),
    "clip below": (rest(node("Clip", ["z", "lo"], "h")), {"lo": np.array(-0.3)}),
    "clip above": (rest(node("Clip", ["z", "", "hi"], "h")), {"hi": np.array(0.7)}),
    "clip without limits": (rest(node("Clip", ["z"], "h")), {}),
    "hard sigmoid": (rest(node("HardSigmoid", ["z"], "h", alpha=0.3, beta=0.4)), {}),
    "softplus": (rest(node("Softplus", ["z"], "h")), {}),
    "reshapes": (
        [
            node("Flatten", ["x"], "f", axis=1),
            node("Reshape", ["f", "shape"], "r"),
            node("Identity", ["r"], "i"),
            node("Gemm", ["i", "W0", "b0"], "z", transB=1),
            node("Relu", ["z"], "q"),
            node("Dropout", ["q"], "h"),
            node("Transpose", ["W1"], "T1"),
            node("MatMul", ["h", "T1"], "u"),
            node("Neg", ["u"], "v"),
            node("Add", ["v", "b1"], "y"),
        ],
        INTS,
    ),
    "normalised input": (
        [
            node("Sub", ["x", "mean"], "c"),
            node("Div", ["c", "spread"], "n"),
            node("Gemm", ["n", "W0", "b0"], "z", transB=1),
            *GEMMS[1:],
        ],
        {"mean": np.array([[0.1, 0.2, 0.3]]), "spread": np.array([3.0, 7.0, 9.0])},
    ),
    "batch normalisation": (
        rest(
            node("BatchNormalization", ["z", "g", "b0", "m", "v"], "n", epsilon=1e-3),
            node("Relu", ["n"], "r"),
            node("Mul", ["two", "r"], "h"),
        ),
        {"g": POSITIVE, "m": B0 + 1, "v": POSITIVE**2, "two": np.array(2.0)},
    ),
    "residual": (
        rest(
            node("Relu", ["z"], "r"),
            node("Gemm", ["r", "S", "b0"], "s", transB=1),
            node("Relu", ["s"], "t"),
            node("Add", ["t", "r"], "h"),
        ),
        {"S": RNG.normal(size=(4, 4))},
    ),
    "concat of the input": (
        [*GEMMS[:2], node("Concat", ["h", "x"], "c", axis=1), node("Gemm", ["c", "L", "b1"], "y", transB=1)],
        {"L": RNG.normal(size=(2, 7))},
    ),
    "two branches": (
        [
            *GEMMS[:2],
            node("Gemm", ["x", "V", "b0"], "p", transB=1),
            node("Tanh", ["p"], "q"),
            node("Sub", ["h", "q"], "d"),
            node("Gemm", ["d", "W1", "b1"], "y", transB=1),
        ],
        {"V": RNG.normal(size=(4, 3))},
    ),
    "two matrices in a row": ([GEMMS[0], node("Gemm", ["z", "W1", "b1"], "y", transB=1)], {}),
    "computed shape": (
        [
            node("Shape", ["x"], "s"),
            node("Reshape", ["x", "s"], "r"),
            node("Gemm", ["r", "W0", "b0"], "z", transB=1),
            *GEMMS[1:],
        ],
        {},
    ),
    "final tanh": ([*GEMMS[:2], node("Gemm", ["h", "W1", "b1"], "o", transB=1), node("Tanh", ["o"], "y")], {}),
    "softmax": ([*GEMMS[:2], node("Gemm", ["h", "W1", "b1"], "o", transB=1), node("Softmax", ["o"], "y")], {}),
    "log softmax": (
        [*GEMMS[:2], node("Gemm", ["h", "W1", "b1"], "o"), node("LogSoftmax", ["o"], "y", axis=1)],
        {"W1": W1.T},
    ),
    "maxout": (
        [
            GEMMS[0],
            node("Split", ["z"], "p q", axis=1),
            node("Max", ["p", "q"], "y"),
        ],
        {},
    ),
    "largest of four": ([GEMMS[0], node("ReduceMax", ["z"], "y", axes=[1], keepdims=0)], {}),
    "least of four": ([GEMMS[0], node("ReduceMin", ["z"], "y", axes=[-1])], {}),
    "mean and sum": (
        [
            GEMMS[0],
            node("ReduceMean", ["x"], "m", axes=[1]),
            node("ReduceSum", ["z", "axes"], "s"),
            node("Sum", ["m", "s", "z"], "y"),
        ],
        {"axes": np.array([1])},
    ),
    "largest of values and a constant": (
        [GEMMS[0], node("Max", ["z", "b0", "z2"], "h"), GEMMS[2]],
        {"z2": np.array(0.5)},
    ),
    "least of two values and a constant": (
        [GEMMS[0], node("Relu", ["z"], "r"), node("Min", ["r", "z", "b0"], "h"), GEMMS[2]],
        {},
    ),
    "max with zero": (rest(node("Max", ["zero", "z"], "h")), {"zero": np.zeros(1)}),
    "final relu": ([*GEMMS[:2], node("Gemm", ["h", "W1", "b1"], "o", transB=1), node("Relu", ["o"], "y")], {}),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_read_as_the_function_it_is(tmp_path: Path, name: str) -> None:
    from onnx.reference import ReferenceEvaluator

    nodes, constants = GRAPHS[name]
    made = model(nodes, ARRAYS | constants)
    net = network_of(tmp_path / "a.onnx", made)
    x = np.random.default_rng(0).normal(size=(50, 3))
    expected = ReferenceEvaluator(made).run(None, {"x": x})[0].reshape(50, -1)
    np.testing.assert_allclose(net(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["gemm", "reshapes", "residual"])
def test_unsorted_nodes_and_listed_initialisers_change_nothing(tmp_path: Path, name: str) -> None:
    nodes, constants = GRAPHS[name]
    plain = network_of(tmp_path / "a.onnx", model(nodes, ARRAYS | constants))
    mixed = network_of(tmp_path / "b.onnx", model(nodes[::-1], ARRAYS | constants, listed=True))
    assert [W.tolist() for W in plain.weights] == [W.tolist() for W in mixed.weights]


@pytest.mark.parametrize("shape", [[1, 3], [3], ["N", 3], [1, 1, 1, 3], ["N", 3, 1, 1], [0, 1, 1, 3]])
def test_inputs_of_any_rank_are_one_row_of_numbers(tmp_path: Path, shape: list[Any]) -> None:
    mean = np.full((1, 3, 1, 1) if shape[0] == "N" and len(shape) > 2 else (1, 1, 1, 3), 2.0)
    nodes = [node("Sub", ["x", "mean"], "c"), node("Flatten", ["c"], "f"), node("MatMul", ["f", "M"], "y")]
    made = model(nodes, {"mean": mean, "M": np.eye(3)}, shape)
    assert network_of(tmp_path / "a.onnx", made)([2, 3, 4]).tolist() == [0, 1, 2]


def test_columns_multiplied_from_the_left_are_read(tmp_path: Path) -> None:
    made = model([node("MatMul", ["W0", "x"], "y")], {"W0": W0}, [3, 1])
    assert (
        network_of(tmp_path / "a.onnx", model(made.graph.node, {"W0": W0}, [1, 3, 1])).weights[0].tolist()
        == W0.tolist()
    )


@pytest.mark.parametrize(
    ("name", "nodes"),
    [("batch normalisation", ["the BatchNormalization"]), ("normalised input", ["the Div"]), ("alpha and beta", [])],
)
def test_nodes_whose_own_numbers_have_no_float64_are_named(tmp_path: Path, name: str, nodes: list[str]) -> None:
    made, constants = GRAPHS[name]
    net = network_of(tmp_path / "a.onnx", model(made, ARRAYS | constants))
    assert net.meta.get("rounded", []) == nodes


def test_constants_inside_nodes_are_read(tmp_path: Path) -> None:
    import onnx

    values = [node("Constant", [], k, value=onnx.numpy_helper.from_array(v)) for k, v in ARRAYS.items()]
    net = network_of(tmp_path / "a.onnx", model([*GEMMS, *values], {}))
    assert [W.tolist() for W in net.weights] == [W0.tolist(), W1.tolist()]


@pytest.mark.parametrize("name", SHAPES)
def test_the_reference_evaluator_agrees_with_what_is_written(tmp_path: Path, name: str) -> None:
    import onnx
    from onnx.reference import ReferenceEvaluator

    net = SHAPES[name]
    made = onnx.load(net.save(tmp_path / "a.onnx"))
    onnx.checker.check_model(made, full_check=True)
    single = name == "float32"
    assert {t.data_type for t in made.graph.initializer} == {
        onnx.TensorProto.FLOAT if single else onnx.TensorProto.DOUBLE
    }
    x = np.random.default_rng(0).normal(size=(50, net.d_in)).astype(np.float32 if single else np.float64)
    found = ReferenceEvaluator(made).run(None, {"x": x})[0]
    np.testing.assert_allclose(net(x), found, rtol=1e-5 if single else 1e-12, atol=1e-5 if single else 1e-12)


def test_a_torch_export_of_float32_keeps_its_numbers(tmp_path: Path) -> None:
    net = SHAPES["float32"]
    back = read(net.save(tmp_path / "a.onnx"))
    assert isinstance(back, Network) and back.weights[0].tolist() == net.weights[0].tolist()


def test_steps_are_written_as_comparisons_and_read_again(tmp_path: Path) -> None:
    net = Network([W0, W1], [B0, B1], "step")
    back = read(net.save(tmp_path / "a.onnx"))
    assert isinstance(back, Network) and back.activation == "step"
    assert_same(net, back)


# What is refused: (row of the catalogue, nodes, further arguments, message)


def external(where: str) -> Any:
    import onnx

    made = model(GEMMS, ARRAYS)
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", where
    return made


def training() -> Any:
    made = node("BatchNormalization", ["z", "b0", "b0", "b0", "s"], "h", training_mode=1)
    return rest(made)


REFUSED: list[tuple[int, list[Any], dict[str, Any], str]] = [
    (
        38,
        rest(node("Sinh", ["z"], "h")),
        {},
        r"node 1 \(Sinh the Sinh\) needs an operator with an exact network; got Sinh. Sample it.*known are Abs, Add",
    ),
    (38, rest(node("Conv", ["z", "W1"], "h")), {}, r"node 1 \(Conv the Conv\)"),
    (38, rest(node("Softmax", ["z"], "h")), {}, "softmax last, over all outputs|nothing after softmax"),
    (38, rest(node("LogSoftmax", ["z"], "p"), node("Relu", ["p"], "h")), {}, "nothing after log_softmax"),
    (38, [*GEMMS[:2], node("Softmax", ["h"], "p"), node("Neg", ["p"], "y")], {}, "output 'y' needs softmax last"),
    (
        38,
        [node("Unsqueeze", ["x", "b"], "u"), node("Softmax", ["u"], "y", axis=1)],
        {"b": [1]},
        "all outputs along one",
    ),
    (38, rest(node("Clip", ["z", "b"], "h")), {"b": np.array(np.inf)}, r"limits that leave a number; got \(inf, inf\)"),
    (38, rest(node("Clip", ["z", "b"], "h")), {"b": np.array(np.nan)}, r"limits of one number; got \[nan\]"),
    (38, rest(node("Clip", ["z", "z"], "h")), {}, "constant limits"),
    (38, rest(node("Cast", ["z"], "h", to=7)), {}, "data that stays real; got a cast to whole numbers"),
    (38, rest(node("Mul", ["z", "z"], "h")), {}, "one constant factor; got two values. Sample it instead"),
    (38, rest(node("Pow", ["z", "two"], "h")), {"two": 2.0}, "a power of 1; got 2, which is not piecewise linear"),
    (38, rest(node("Pow", ["two", "z"], "h")), {"two": 2.0}, "an exponent that does not depend on the input. Sample"),
    (38, rest(node("Pow", ["z", "z"], "h")), {}, "a constant exponent; got one that depends on the input. Sample"),
    (38, rest(node("Div", ["z", "b"], "h")), {"b": 0.0}, "a constant divisor that is not 0"),
    (38, [node("Gemm", ["x", "x"], "y", transB=1)], {}, "one constant matrix and one value"),
    (38, [node("MatMul", ["x", "s"], "y")], {"s": 2.0}, "inputs that fit"),
    (38, rest(node("Einsum", ["z", "z"], "h", equation="ij,ij->ij")), {}, "one value and constants; got more values"),
    (38, rest(node("Einsum", ["z"], "h", equation="...->...")), {}, "an equation of letters"),
    (38, rest(node("Greater", ["z", "b0"], "h")), {}, "Gemm the Gemm. needs inputs that fit"),
    (38, [node("Greater", ["x", "s"], "y")], {"s": 0.0}, "an output of numbers; got the comparison 'y'"),
    (38, [node("Relu", ["x"], "r"), node("Not", ["r"], "y")], {}, "inputs that fit"),
    (
        38,
        [GEMMS[0], node("Greater", ["z", "s"], "m"), node("Where", ["m", "b0", "z2"], "y"), node("Tanh", ["z"], "z2")],
        {"s": 0.0},
        "got one of tanh",
    ),
    (38, rest(node("Shrink", ["z"], "h", lambd=-1.0)), {}, "a lambd of 0 or more; got -1"),
    (38, rest(node("DequantizeLinear", ["z", "s"], "h")), {"s": 0.5}, "operator with an exact network"),
    (38, rest(node("If", ["s"], "h")), {"s": np.array(True)}, "needs"),
    (38, [node("RandomNormal", [], "s", shape=[3]), node("Add", ["x", "s"], "y")], {}, "constants that are always"),
    (
        74,
        [node("ConstantOfShape", ["s"], "c"), node("Add", ["x", "c"], "y")],
        {"s": [10**9]},
        "numbers; got 1000000000",
    ),
    (38, rest(node("PRelu", ["z", "z"], "h")), {}, "constant slopes"),
    (
        40,
        rest(node("Concat", ["z", "b0"], "h", axis=1)),
        {},
        r"node 1 \(Concat the Concat\) needs inputs that fit; got z \[1, 4\], b0 \[4\]",
    ),
    (
        40,
        rest(node("Reshape", ["z", "s"], "h")),
        {"s": [3, 3]},
        r"node 1 \(Reshape the Reshape\) needs inputs that fit",
    ),
    (40, rest(node("Reshape", ["z", "s"], "h")), {"s": [1.5]}, "inputs that fit; got z"),
    (40, rest(node("PRelu", ["z", "s"], "h")), {"s": np.ones((2, 4))}, r"slopes that fit \[1, 4\]; got \[2, 4\]"),
    (40, rest(node("Split", ["z", "s"], "h", axis=1)), {"s": [1, 2]}, r"inputs that fit; got z \[1, 4\], s \[2\]"),
    (40, rest(node("Expand", ["z", "s"], "h")), {"s": [2, 3]}, r"needs inputs that fit"),
    (
        38,
        [node("Constant", [], "s", value_string="a"), node("Add", ["x", "s"], "y")],
        {},
        "numbers; got 's' of type|inputs that fit",
    ),
    (38, rest(node("Dropout", ["z", "r", "t"], "h")), {"r": 0.5, "t": np.array(True)}, "Dropout in training mode"),
    (39, GEMMS, {"b0": np.array([0, np.inf, 0, 0])}, r"got b0\[1\] = inf"),
    (39, rest(node("Div", ["z", "s"], "h")), {"s": 1e-320}, r"finite numbers; got weights\[1\]\[0, 0\] = inf"),
    (39, GEMMS, {"W0": np.full((4, 3), 2**53 + 1)}, "inconsistent type tensor.int64"),
    (39, rest(node("Add", ["z", "s"], "h")), {"s": np.array(["a"], dtype=object)}, "unsupported type: tensor.string."),
    (40, GEMMS, {"W1": np.ones((2, 3))}, r"got h \[1, 4\], W1 \[2, 3\], b1 \[2\]"),
    (40, GEMMS, {"b0": np.ones(3)}, r"got \[1, 4\] and \[3\] side by side"),
    (40, [GEMMS[0], node("Add", ["z", "x"], "y")], {}, r"got z \[1, 4\], x \[1, 3\]: Incompatible dimensions"),
    (42, GEMMS, {"opset": 99}, "opset 1 to [0-9]+; got opset 99"),
    (42, rest(node("Relu", ["z"], "h", domain="com.acme")), {}, "got Relu of domain 'com.acme'"),
    (44, training(), {"s": POSITIVE, "opset": 13}, "BatchNormalization|inputs that fit"),
    (44, rest(node("BatchNormalization", ["z", "b0", "b0", "b0", "s"], "h")), {"s": -POSITIVE}, "variances above 0"),
    (45, GEMMS, {"outputs": ["y", "h"]}, r"outputs \['y', 'h'\]"),
    (45, GEMMS, {"outputs": ["b0"]}, "an output that depends on its input; got 'b0'"),
    (45, GEMMS[1:], {}, "values that something makes; got 'z'"),
    (45, [*GEMMS, node("Relu", ["x"], "h")], {}, "names that are written once; got 'h'"),
    (45, [node("Add", ["x", "q"], "p"), node("Relu", ["p"], "q"), node("Relu", ["q"], "y")], {}, "without circles"),
    (45, GEMMS, {"shape": ["N", "M"]}, "an input of fixed size; got 'x' of shape"),
    (38, [node("LSTM", ["x", "W0", "W0"], "y", hidden_size=1)], {"shape": ["T", "N", 3]}, "node 0 .LSTM .*got LSTM"),
    (45, [node("Cast", ["x"], "i", to=7), node("Reshape", ["x", "i"], "y")], {}, "a cast to whole numbers"),
    (45, [node("Relu", [], "y")], {}, "an output that depends on its input"),
    (45, rest(node("Relu", ["b0"], "h")), {}, "an output that depends on its input"),
    (45, GEMMS, {"shape": [1, 9000]}, r"input 'x' needs matrices of at most 33554432 numbers; got 9000 x 9000"),
]


@pytest.mark.parametrize(("row", "nodes", "changes", "message"), REFUSED)
def test_a_graph_that_is_no_network_is_refused_by_node(
    tmp_path: Path, row: int, nodes: list[Any], changes: dict[str, Any], message: str
) -> None:
    about = {k: v for k, v in changes.items() if k in ("opset", "outputs", "extra_inputs", "shape")}
    made = model(nodes, ARRAYS | {k: v for k, v in changes.items() if k not in about}, **about)
    with pytest.raises(FoldlineError, match=message) as caught:
        network_of(tmp_path / "a.onnx", made)
    assert caught.value.exit_code == 2


def sparse(places: list[Any], shape: list[int]) -> Any:
    import onnx

    values = onnx.numpy_helper.from_array(np.arange(1.0, 1 + len(places)), "b0")
    return onnx.helper.make_sparse_tensor(values, onnx.numpy_helper.from_array(np.array(places), "at"), shape)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("places", [[1, 3], [[1], [3]]])
def test_sparse_numbers_are_read(tmp_path: Path, places: list[Any], inside: bool) -> None:
    others = {name: array for name, array in ARRAYS.items() if name != "b0"}
    nodes = [node("Constant", [], "b0", sparse_value=sparse(places, [4])), *GEMMS] if inside else GEMMS
    made = model(nodes, others)
    if not inside:
        made.graph.sparse_initializer.append(sparse(places, [4]))
    dense = model(GEMMS, ARRAYS | {"b0": np.array([0.0, 1.0, 0.0, 2.0])})
    assert_same(network_of(tmp_path / "a.onnx", made), network_of(tmp_path / "b.onnx", dense))


@pytest.mark.parametrize(
    ("places", "shape", "message"),
    [([4], [4], "needs numbers of a known type; got places within"), ([0], [2**20, 2**20], "matrices of at most")],
)
def test_sparse_numbers_that_have_no_place_are_refused(
    tmp_path: Path, places: list[Any], shape: list[int], message: str
) -> None:
    made = model(GEMMS, {name: array for name, array in ARRAYS.items() if name != "b0"})
    made.graph.sparse_initializer.append(sparse(places, shape))
    with pytest.raises(InputError, match=message):
        network_of(tmp_path / "a.onnx", made)


def test_a_tensor_that_stands_twice_is_refused(tmp_path: Path) -> None:
    made = model(GEMMS, ARRAYS)
    made.graph.initializer.append(made.graph.initializer[0])
    with pytest.raises(InputError, match="names that stand once; got tensor 'W0' twice"):
        network_of(tmp_path / "a.onnx", made)


@pytest.mark.parametrize("where", ["../secret", "/etc/hostname", "link", "missing", "folder", "..", "", "a/b", "C:b"])
def test_data_in_other_files_is_never_opened(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.onnx").write_bytes(external(where).SerializeToString())
    (tmp_path / "link").symlink_to("/etc/hostname")
    opened: set[str] = set()
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: opened.add(Path(path).name) or real(path, *rest))  # type: ignore[func-returns-value]
    with pytest.raises(InputError, match=r"external data needs a plain file beside the model; got .* for 'W0'"):
        read(tmp_path / "a.onnx")
    assert opened == {"a.onnx"}


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "an empty model"), (b"\xff" * 40, "not an ONNX model"), (b"\x08\x08", "an empty model")]
)
def test_bytes_that_are_no_model_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.onnx").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.onnx")
