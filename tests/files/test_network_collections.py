"""Networks as public collections hold them: ACAS Xu, competitions' and MATLAB's graphs, skl2onnx, built here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Network, read
from foldline.errors import FoldlineError, InputError, NetworkError

from .test_onnx_file import model, network_of, node

WIDTHS = (5, 50, 50, 50, 50, 50, 50, 5)  # ACAS Xu: six hidden layers of 50
ACAS_LO, ACAS_HI = (0.0, -3.141593, -3.141593, 100.0, 0.0), (60760.0, 3.141593, 3.141593, 1200.0, 1200.0)
ACAS_MEAN, ACAS_RANGE = (19791.091, 0.0, 0.0, 650.0, 600.0, 7.5188840201005975), (
    60261.0, 6.28318530718, 6.28318530718, 1100.0, 1200.0, 373.94992,
)  # fmt: skip


def layers(widths: Sequence[int] = WIDTHS, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(b, a)).astype(np.float32) / np.float32(np.sqrt(a)), rng.normal(size=b).astype(np.float32))
        for a, b in pairwise(widths)
    ]


def chained(parts: Sequence[tuple[np.ndarray, np.ndarray]], x: np.ndarray) -> np.ndarray:
    for i, (W, b) in enumerate(parts):
        x = (np.maximum(x, 0) if i else x) @ W.T.astype(np.float64) + b
    return x


def float32(made: Any) -> Any:
    """The graph with an input of float32, and a name for each node."""
    import onnx

    for i, made_node in enumerate(made.graph.node):
        made_node.name = f"node {i}"
    for value in (*made.graph.input, *made.graph.output):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    return made


def acas_graph(kind: str) -> tuple[Any, list[Any]]:
    """The network as its collections write it: rows, one axis, a column, or a flattened image."""
    parts, nodes, constants = layers(), [], {}
    shape = {"image": [1, 1, 1, 5], "one axis": [5], "column": [5, 1], "rows": ["N", 5]}[kind]
    last = "x"
    if kind == "image":
        constants["mean"] = np.zeros((1, 1, 1, 5), dtype=np.float32)
        nodes += [node("Sub", ["x", "mean"], "c"), node("Flatten", ["c"], "f", axis=1)]
        last = "f"
    for i, (W, b) in enumerate(parts):
        if i:
            nodes.append(node("Relu", [last], f"r{i}"))
            last = f"r{i}"
        left = kind in ("one axis", "column")
        constants |= {f"W{i}": W if left else W.T.copy(), f"b{i}": b[:, None] if kind == "column" else b}
        out = "y" if i == len(parts) - 1 else f"z{i}"
        nodes += [
            node("MatMul", [f"W{i}", last] if left else [last, f"W{i}"], f"m{i}"),
            node("Add", [f"m{i}", f"b{i}"], out),
        ]
        last = out
    return float32(model(nodes, constants, shape)), parts


@pytest.mark.parametrize("kind", ["rows", "one axis", "column", "image"])
def test_acas_xu_is_read_however_its_input_stands(tmp_path: Path, kind: str) -> None:
    import onnxruntime

    made, parts = acas_graph(kind)
    net = network_of(tmp_path / "a.onnx", made)
    assert net.widths == WIDTHS and net.activation == "relu" and not net.assumed
    x = np.random.default_rng(1).normal(size=(10, 5)).astype(np.float32)
    np.testing.assert_allclose(net(x), chained(parts, x.astype(np.float64)), rtol=1e-12, atol=1e-12)
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    shape = {"rows": (1, 5), "one axis": (5,), "column": (5, 1), "image": (1, 1, 1, 5)}[kind]
    found = np.stack([session.run(None, {"x": row.reshape(shape)})[0].reshape(-1) for row in x])
    np.testing.assert_allclose(net(x), found, rtol=1e-4, atol=1e-4)


def nnet_text(header: str = "7,5,5,50,", sizes: str | None = None, *, more: str = "", behind: str = "") -> str:
    """The lines of a .nnet; ``more`` stands behind each limit, and before the outputs' mean and range."""

    def line(numbers: Sequence[Any], extra: str = "") -> str:
        return ",".join([*map(repr, map(float, numbers))]) + "," + extra + "\n"

    text = "// Neural Network File Format by Kyle Julian, Stanford 2016\n"
    text += f"{header}\n{sizes or ','.join(map(str, WIDTHS)) + ','}\n0,\n" + line(ACAS_LO, more) + line(ACAS_HI, more)
    for numbers in (ACAS_MEAN, ACAS_RANGE):
        text += line(numbers[:5], more) + ""
        text = text.removesuffix("\n") + line(numbers[5:])
    for W, b in layers():
        text += "".join(line(row) for row in W) + "".join(line([v]) for v in b)
    return text + behind


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, ()),
        ({"header": "7,5,5,50,5,"}, ()),
        ({"sizes": "5,5,50,50,50,50,50,50,5,"}, ("5, 50, 50, 50, 50, 50, 50, 5; the header counts otherwise",)),
        ({"sizes": "5,50,50,50,50,50,50,50,5,"}, ("5, 50, 50, 50, 50, 50, 50, 5; the header counts otherwise",)),
        ({"sizes": "5,50,50,50,50,50,50,5,5,"}, ("5, 50, 50, 50, 50, 50, 50, 5; the header counts otherwise",)),
        ({"header": "8,5,5,50,"}, ("5, 50, 50, 50, 50, 50, 50, 5; the header counts otherwise",)),
        ({"more": "0.0,-3.0,"}, ("left out 2 more than there are inputs, in line 5", "in line 6", "line 7", "line 8")),
    ],
)
def test_acas_xu_nnet_is_read_with_what_its_header_repeats(
    tmp_path: Path, options: dict[str, str], said: tuple[str, ...]
) -> None:
    (tmp_path / "a.nnet").write_text(nnet_text(**options))
    net = read(tmp_path / "a.nnet")
    assert isinstance(net, Network)
    x = np.random.default_rng(1).uniform(ACAS_LO, ACAS_HI, size=(10, 5))
    expected = chained(layers(), (x - ACAS_MEAN[:5]) / ACAS_RANGE[:5]) * ACAS_RANGE[5] + ACAS_MEAN[5]
    np.testing.assert_allclose(net(x), expected, rtol=1e-10, atol=1e-9)
    assert net.seen is not None and net.seen.lo.tolist() == list(ACAS_LO) and net.seen.d == 5
    assert len(net.assumed) == len(said) and all(a in b for a, b in zip(said, net.assumed, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"behind": "1.0,\n"}, "nothing behind its last layer; got 1 more lines"),
        ({"header": "3,5,5,50,"}, "a .nnet needs n layers and n"),
        ({"header": ","}, "a .nnet needs n layers and n"),
        ({"sizes": "5,50,50,50,50,40,40,50,5,"}, "needs .* numbers here|nothing behind"),
    ],
)
def test_a_nnet_of_other_sizes_is_refused(tmp_path: Path, options: dict[str, str], message: str) -> None:
    (tmp_path / "a.nnet").write_text(nnet_text(**options))
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.nnet")


def test_a_controller_as_matlab_writes_it_is_read(tmp_path: Path) -> None:
    """exportONNXNetwork: an image input, its mean, convolutions over one pixel as layers, operators of 2019."""
    parts = layers((4, 8, 8, 2), seed=3)
    constants: dict[str, Any] = {"mean": np.full((1, 1, 1, 4), 0.5, dtype=np.float32)}
    nodes = [node("Sub", ["x", "mean"], "c"), node("Transpose", ["c"], "t", perm=[0, 3, 1, 2])]
    last = "t"
    for i, (W, b) in enumerate(parts):
        constants |= {f"W{i}": W[:, :, None, None], f"b{i}": b}
        out = f"z{i}"
        nodes.append(node("Conv", [last, f"W{i}", f"b{i}"], out, kernel_shape=[1, 1], strides=[1, 1], pads=[0] * 4))
        last = out
        if i < 2:
            nodes.append(node("Relu", [out], f"r{i}"))
            last = f"r{i}"
    nodes.append(node("Flatten", [last], "y", axis=1))
    net = network_of(tmp_path / "a.onnx", float32(model(nodes, constants, [1, 1, 1, 4], opset=9, listed=True)))
    x = np.random.default_rng(1).normal(size=(10, 4))
    np.testing.assert_allclose(net(x), chained(parts, x - 0.5), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("batch", ["BatchSize", 1])
def test_a_controller_of_a_competition_is_read(tmp_path: Path, batch: Any) -> None:
    """ARCH-COMP: Gemm with a bias of one row, a final Tanh, scaled and shifted."""
    parts = layers((3, 8, 8, 1), seed=4)
    constants: dict[str, Any] = {"s": np.float32(2.0), "o": np.full((1, 1), 0.25, dtype=np.float32)}
    nodes, last = [], "x"
    for i, (W, b) in enumerate(parts):
        constants |= {f"W{i}": W.T.copy(), f"b{i}": b[None]}
        nodes.append(node("Gemm", [last, f"W{i}", f"b{i}"], f"z{i}"))
        nodes.append(node("Relu" if i < 2 else "Tanh", [f"z{i}"], f"r{i}"))
        last = f"r{i}"
    nodes += [node("Mul", [last, "s"], "m"), node("Add", ["m", "o"], "y")]
    net = network_of(tmp_path / "a.onnx", float32(model(nodes, constants, [batch, 3], opset=11)))
    x = np.random.default_rng(1).normal(size=(10, 3))
    np.testing.assert_allclose(net(x), np.tanh(chained(parts, x)) * 2 + 0.25, rtol=1e-12, atol=1e-12)


# What scikit-learn's converter writes


def ml(op: str, inputs: Sequence[str], out: str, **attributes: Any) -> Any:
    return node(op, inputs, out, domain="ai.onnx.ml", **attributes)


def with_ml(made: Any) -> Any:
    import onnx

    made.opset_import.append(onnx.helper.make_opsetid("ai.onnx.ml", 1))
    return float32(made)


MEAN, SCALE = [0.5, -0.25, 0.125], [2.0, 0.5, 1.5]
LABEL = [
    node("ArgMax", ["p"], "a", axis=1),
    ml("ArrayFeatureExtractor", ["classes", "a"], "e"),
    node("Cast", ["e"], "label", to=7),
]


def test_a_pipeline_with_two_classes_is_the_softmax_of_its_logit(tmp_path: Path) -> None:
    (W0, b0), (W1, b1) = layers((3, 4, 1), seed=5)
    nodes = [
        ml("Scaler", ["x"], "s", offset=MEAN, scale=SCALE),
        node("Gemm", ["s", "W0", "b0"], "z", transB=1),
        node("Relu", ["z"], "h"),
        node("Gemm", ["h", "W1", "b1"], "o", transB=1),
        node("Sigmoid", ["o"], "q"),
        node("Sub", ["one", "q"], "n"),
        node("Concat", ["n", "q"], "p", axis=1),
        *LABEL,
        ml("ZipMap", ["p"], "zip", classlabels_int64s=[0, 1]),
    ]
    constants = {"W0": W0, "b0": b0, "W1": W1, "b1": b1, "one": np.float32(1), "classes": np.array([0, 1])}
    x = np.random.default_rng(1).normal(size=(20, 3))
    logit = chained([(W0, b0), (W1, b1)], (x - MEAN) * SCALE)
    for outputs in (["label", "zip"], ["label"], ["p"]):
        net = network_of(tmp_path / "a.onnx", with_ml(model(nodes, constants, outputs=outputs)))
        assert net.output == "softmax"
        np.testing.assert_allclose(net(x)[:, 1:], 1 / (1 + np.exp(-logit)), rtol=1e-12)
        np.testing.assert_allclose(net(x).sum(axis=1), 1.0, rtol=1e-14)


@pytest.mark.parametrize(("kind", "output"), [("SOFTMAX", "softmax"), ("LOGISTIC", "sigmoid"), ("NONE", "identity")])
def test_a_linear_classifier_is_one_layer(tmp_path: Path, kind: str, output: str) -> None:
    C = np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
    nodes = [
        ml(
            "LinearClassifier", ["x"], "label s", classlabels_ints=[0, 1], coefficients=C.reshape(-1).tolist(),
            intercepts=[0.5, -0.5], post_transform=kind,
        ),
        ml("Normalizer", ["s"], "p", norm="L1"),
    ]  # fmt: skip
    alone = network_of(tmp_path / "b.onnx", with_ml(model(nodes, {}, outputs=["label"])))
    assert alone.output == output
    outputs = ["label", "s" if kind == "NONE" else "p"]
    net = network_of(tmp_path / "a.onnx", with_ml(model(nodes, {}, outputs=outputs)))
    x = np.random.default_rng(1).normal(size=(20, 3))
    z = x @ C.T + [0.5, -0.5]
    expected = {"softmax": np.exp(z) / np.exp(z).sum(axis=1)[:, None], "sigmoid": 1 / (1 + np.exp(-z)), "identity": z}
    assert net.output == output
    np.testing.assert_allclose(net(x), expected[output], rtol=1e-12)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([ml("Normalizer", ["x"], "y", norm="L2")], "probabilities that sum to 1 already"),
        ([ml("LinearClassifier", ["x"], "l y", coefficients=[1.0] * 3)], "a score a class; got 1 for 0 classes"),
        (
            [ml("LinearClassifier", ["x"], "l y", classlabels_ints=[0, 1], coefficients=[1.0] * 6, post_transform="X")],
            "post_transform out of NONE, SOFTMAX, LOGISTIC; got X",
        ),
        ([ml("LinearRegressor", ["x"], "y", coefficients=[1.0] * 4)], r"coefficients that fit \[1, 3\]; got 4"),
        ([ml("TreeEnsembleRegressor", ["x"], "y")], "an operator with an exact network; got TreeEnsembleRegressor"),
        ([ml("ArrayFeatureExtractor", ["x", "x"], "y")], "constant columns|inputs that fit"),
    ],
)  # fmt: skip
def test_what_scikit_learn_has_beyond_networks_is_refused(tmp_path: Path, nodes: list[Any], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        network_of(tmp_path / "a.onnx", with_ml(model(nodes, {})))


def test_missing_values_are_said_to_have_no_place(tmp_path: Path) -> None:
    nodes = [
        ml("Imputer", ["x"], "i", imputed_value_floats=[0.0]),
        ml("LinearRegressor", ["i"], "y", coefficients=[1.0] * 3),
    ]
    net = network_of(tmp_path / "a.onnx", with_ml(model(nodes, {})))
    assert net([1, 2, 3]) == 6 and "missing values" in net.assumed[0]


def test_labels_of_several_kinds_at_once_are_left_for_their_probabilities(tmp_path: Path) -> None:
    """The advice was to choose the label, which is refused."""
    nodes = [
        node("Sigmoid", ["x"], "q"), ml("Binarizer", ["q"], "b", threshold=0.5), node("Cast", ["b"], "label", to=7),
        node("Sub", ["one", "q"], "n"), node("Concat", ["n", "q"], "p", axis=1),
    ]  # fmt: skip
    net = network_of(tmp_path / "a.onnx", with_ml(model(nodes, {"one": np.float32(1)}, outputs=["label", "p"])))
    q = 1 / (1 + np.exp(-np.array([1.0, 2.0, 3.0])))
    np.testing.assert_allclose(net([1, 2, 3]), [*1 - q, *q], rtol=1e-12)


def either(condition: str, scale: float = 0.5, out: str = "t") -> Any:
    """What PyTorch's exporter writes for a squeeze: a choice between graphs that take x from around them."""
    from onnx import helper, numpy_helper

    shape = helper.make_tensor_value_info("t", 11, None)
    kept = [numpy_helper.from_array(np.array(scale), "scale")]
    then = helper.make_graph([node("Mul", ["z", "scale"], "s"), node("Relu", ["s"], "t")], "then", [], [shape], kept)
    other = helper.make_graph([node("Sin", ["z"], "t")], "else", [], [shape])
    return node("If", [condition], out, then_branch=then, else_branch=other)


@pytest.mark.parametrize("by_shape", [False, True])
def test_a_choice_that_constants_make_is_its_branch(tmp_path: Path, by_shape: bool) -> None:
    ask = [node("Shape", ["x"], "n"), node("Gather", ["n", "one"], "k"), node("Equal", ["k", "three"], "c")]
    nodes = [node("Neg", ["x"], "z"), *(ask if by_shape else []), either("c", out="w"), node("Add", ["w", "x"], "y")]
    constants = {"one": np.array(1), "three": np.array(3)} if by_shape else {"c": np.array([True])}
    net = network_of(tmp_path / "a.onnx", model(nodes, constants))
    np.testing.assert_array_equal(net([1.0, -2.0, 4.0]), [1.0, -1.0, 4.0])


@pytest.mark.parametrize(
    ("nodes", "constants", "message"),
    [
        ([node("Greater", ["x", "o"], "c"), node("Neg", ["z"], "t")], {"o": np.array(0.0)}, "does not depend"),
        ([], {"c": np.array([True, False])}, "a condition that does not depend on the input"),
        ([node("Identity", ["o"], "c"), node("Neg", ["z"], "t")], {"o": np.array(True)}, "are written once"),
        ([], {"c": np.array(False)}, "got Sinh"),
    ],
)  # fmt: skip
def test_another_choice_is_refused(tmp_path: Path, nodes: list[Any], constants: Any, message: str) -> None:
    choice = either("c", out="w")
    choice.attribute[0].g.node[0].op_type = "Sinh"
    around = [node("Neg", ["x"], "z"), *nodes, choice, node("Sum", ["w", *(["t"] if nodes else [])], "y")]
    with pytest.raises(NetworkError, match=message):
        network_of(tmp_path / "a.onnx", model(around, constants))


def test_the_largest_values_are_no_label(tmp_path: Path) -> None:
    largest = [node("TopK", ["x", "two"], "y at", axis=1)]
    made = float32(model(largest, {"two": np.array([2])}, outputs=["y"]))
    with pytest.raises(NetworkError, match="an operator with an exact network; got TopK"):
        network_of(tmp_path / "a.onnx", made)
    made = float32(model([*largest, node("Cast", ["at"], "label", to=7)], {"two": np.array([2])}, outputs=["label"]))
    assert network_of(tmp_path / "b.onnx", made)([1, 2, 3]).tolist() == [1, 2, 3]


# Inputs and outputs


def test_a_fixed_first_axis_is_data(tmp_path: Path) -> None:
    made = model([node("Relu", ["x"], "r"), node("ReduceSum", ["r"], "y", axes=[0], keepdims=0)], {}, [2, 3], opset=11)
    net = network_of(tmp_path / "a.onnx", made)
    assert (net.d_in, net.d_out) == (6, 3) and net([1, 2, 3, 4, 5, -6]).tolist() == [5, 7, 3]
    batch = model([node("Relu", ["x"], "y")], {}, ["N", 3])
    assert network_of(tmp_path / "a.onnx", batch).d_in == 3


def test_several_inputs_stand_side_by_side_and_unused_ones_do_not_count(tmp_path: Path) -> None:
    import onnx

    nodes = [node("Concat", ["u", "x"], "c", axis=1), node("ReduceSum", ["c"], "y", axes=[1]), node("Neg", ["x"], "n")]
    made = model(nodes, {}, opset=11)
    made.graph.input.append(onnx.helper.make_tensor_value_info("u", onnx.TensorProto.DOUBLE, ["N", 2]))
    net = network_of(tmp_path / "a.onnx", made)
    assert net.d_in == 5 and net.assumed == ("the inputs stand side by side: x (3), u (2)",)
    alone = read(tmp_path / "a.onnx", output="n")
    assert isinstance(alone, Network) and alone.d_in == 3 and alone([1, 2, 3]).tolist() == [-1, -2, -3]
    assert alone.assumed == ("the value 'n' of a graph with outputs y",)


def test_one_of_several_outputs_is_chosen_by_its_name(tmp_path: Path) -> None:
    made = model([node("Relu", ["x"], "y"), node("Neg", ["x"], "h")], {}, outputs=["y", "h"])
    with pytest.raises(
        NetworkError, match=r"needs 1 output; got outputs \['y', 'h'\]. Choose one: output='y' \(--output"
    ):
        network_of(tmp_path / "a.onnx", made)
    net = read(tmp_path / "a.onnx", output="h")
    assert isinstance(net, Network) and net([1, 2, 3]).tolist() == [-1, -2, -3]


def test_inputs_that_are_no_numbers_are_refused_and_whole_ones_said(tmp_path: Path) -> None:
    import onnx

    made = model([node("Cast", ["x"], "y", to=11)], {})
    made.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    net = network_of(tmp_path / "a.onnx", made)
    assert "of whole numbers in the file" in net.assumed[0]
    made.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.STRING
    with pytest.raises(NetworkError, match="an input of numbers; got 'x' of another type"):
        network_of(tmp_path / "a.onnx", made)


def test_arithmetic_in_float16_is_said(tmp_path: Path) -> None:
    made = model([node("Cast", ["x"], "h", to=10), node("Cast", ["h"], "y", to=11)], {})
    whole = model([node("Relu", ["x"], "y")], {})
    whole.graph.input[0].type.tensor_type.elem_type = 10
    for one in (made, whole):
        net = network_of(tmp_path / "a.onnx", one)
        assert net.assumed == ("the file computes in float16, which rounds; here in real numbers",)


def with_functions(nodes: list[Any], **bodies: list[Any]) -> Any:
    """A model with functions of one number that it may call."""
    from onnx import helper

    made = model(nodes, {"W": np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 1.0]]), "b": np.array([0.5, -0.25])})
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    made.opset_import.append(opsets[1])
    made.functions.extend(helper.make_function("own", f, ["a"], ["b"], body, opsets) for f, body in bodies.items())
    return made


def test_a_function_is_what_it_is_made_of(tmp_path: Path) -> None:
    from onnx import helper

    nodes = [node("Gemm", ["x", "W", "b"], "z", transB=1), node("F", ["z"], "y", domain="own")]
    inner = [node("G", ["a"], "c", domain="own"), node("Add", ["c", "a"], "b")]
    made = with_functions(nodes, F=inner, G=[node("Relu", ["a"], "b")], H=[node("Sinh", ["a"], "b")])
    net, x = network_of(tmp_path / "a.onnx", made), np.array([1.0, -1.0, 2.0])
    z = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 1.0]]) @ x + [0.5, -0.25]
    np.testing.assert_array_equal(net(x), np.maximum(z, 0) + z)
    leaky = helper.make_function(
        "own", "F", ["a"], ["b"], [node("LeakyRelu", ["a"], "b")], [helper.make_opsetid("", 17)], ["alpha"]
    )
    leaky.node[0].attribute.add(name="alpha", ref_attr_name="alpha", type=1)
    made = with_functions([node("F", ["x"], "y", domain="own", alpha=0.25)])
    made.functions.append(leaky)
    np.testing.assert_array_equal(network_of(tmp_path / "a.onnx", made)(x), np.where(x > 0, x, x / 4))


@pytest.mark.parametrize(
    ("bodies", "message"),
    [
        ({"F": [node("F", ["a"], "b", domain="own")]}, "functions that end; got one that calls itself"),
        (
            {f"F{i or ''}": [node(f"F{i + 1}", [v], w, domain="own") for v, w in ("ac", "cb")] for i in range(30)}
            | {"F30": [node("Relu", ["a"], "b")]},
            "at most 131072 nodes; its functions make 1073741824",
        ),
        ({"F": [node("G", ["a"], "b", domain="own")]}, "an exact network; got G of domain 'own'"),
    ],
)  # fmt: skip
def test_functions_without_an_end_are_refused(tmp_path: Path, bodies: Any, message: str) -> None:
    with pytest.raises(FoldlineError, match=message):
        network_of(tmp_path / "a.onnx", with_functions([node("F", ["x"], "y", domain="own")], **bodies))


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    data = model([node("Relu", ["x"], "yyyy")], {}, outputs=["yyyy"]).SerializeToString()
    (tmp_path / "b.onnx").write_bytes(data.replace(b"yyyy", b"yy\xff\xfe"))
    with pytest.raises(InputError, match=r"not an ONNX model|names of text"):
        read(tmp_path / "b.onnx")
