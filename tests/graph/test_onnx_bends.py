"""ONNX operators that bend, choose and look up: each against onnxruntime or by hand, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Network
from foldline.errors import NetworkError

from ..files.test_onnx_file import model, network_of, node

X = np.array([[-2.0, -0.5, -0.25], [0.0, 0.25, 0.5], [1.0, 2.0, 7.0]])
END = float(np.finfo(np.float32).max)


def bent(path: Path, nodes: Sequence[Any], constants: dict[str, Any] | None = None, **about: Any) -> Network:
    return network_of(path / "a.onnx", model(nodes, {k: np.asarray(v) for k, v in (constants or {}).items()}, **about))


CHOICES: dict[str, tuple[list[Any], dict[str, Any], Any, str | tuple[str, ...]]] = {
    "relu by a choice": (
        [node("Greater", ["x", "z"], "m"), node("Where", ["m", "x", "z"], "y")],
        {"z": 0.0},
        lambda x: np.where(x > 0, x, 0),
        "relu",
    ),
    "a choice with a jump": (
        [node("Greater", ["x", "z"], "m"), node("Where", ["m", "x", "c"], "y")],
        {"z": 0.0, "c": 3.0},
        lambda x: np.where(x > 0, x, 3),
        ("relu", "step"),
    ),
    "leaky by a choice of a product": (
        [node("Mul", ["x", "k"], "s"), node("Greater", ["x", "z"], "m"), node("Where", ["m", "x", "s"], "y")],
        {"z": 0.0, "k": 0.1},
        lambda x: np.where(x > 0, x, 0.1 * x),
        "leaky_relu",
    ),
    "the smaller side kept": (
        [node("LessOrEqual", ["x", "c"], "m"), node("Where", ["m", "x", "c"], "y")],
        {"c": 0.25},
        lambda x: np.where(x <= 0.25, x, 0.25),
        "relu",
    ),
    "at least": (
        [node("GreaterOrEqual", ["x", "c"], "m"), node("Not", ["m"], "n"), node("Where", ["n", "d", "x"], "y")],
        {"c": 0.25, "d": -1.0},
        lambda x: np.where(x >= 0.25, x, -1.0),
        ("relu", "step"),
    ),
    "times a comparison": (
        [node("Less", ["z", "x"], "m"), node("Cast", ["m"], "f", to=11), node("Mul", ["f", "x"], "y")],
        {"z": 0.0},
        lambda x: np.where(x > 0, x, 0),
        "relu",
    ),
    "a comparison as a number": (
        [node("Less", ["x", "z"], "m"), node("Cast", ["m"], "f", to=11), node("Add", ["f", "z"], "y")],
        {"z": 0.0},
        lambda x: (x < 0).astype(float),
        "step",
    ),
    "not a comparison as a number": (
        [node("GreaterOrEqual", ["z", "x"], "m"), node("Cast", ["m"], "f", to=11), node("Neg", ["f"], "y")],
        {"z": 0.0},
        lambda x: -(x <= 0).astype(float),
        "step",
    ),
    "two constants": (
        [node("Greater", ["x", "z"], "m"), node("Where", ["m", "a", "b"], "y")],
        {"z": 0.0, "a": 2.0, "b": -1.0},
        lambda x: np.where(x > 0, 2.0, -1.0),
        "step",
    ),
    "a choice that is fixed": (
        [node("Where", ["m", "x", "z"], "y")],
        {"z": 5.0, "m": np.array([True, False, True])},
        lambda x: np.where([True, False, True], x, 5),
        "relu",
    ),
    "thresholded": (
        [node("ThresholdedRelu", ["x"], "y", alpha=0.5)],
        {},
        lambda x: np.where(x > 0.5, x, 0),
        ("relu", "step"),
    ),
    "thresholded at zero": ([node("ThresholdedRelu", ["x"], "y", alpha=0.0)], {}, lambda x: np.maximum(x, 0), "relu"),
    "soft shrink": (
        [node("Shrink", ["x"], "y", lambd=0.5, bias=0.5)],
        {},
        lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
        "relu",
    ),
    "hard shrink": (
        [node("Shrink", ["x"], "y", lambd=0.5)],
        {},
        lambda x: np.where(np.abs(x) > 0.5, x, 0),
        ("relu", "step", "relu", "step"),
    ),
    "sign": ([node("Sign", ["x"], "y")], {}, np.sign, "step"),
    "sum of sizes": (
        [node("ReduceL1", ["x"], "y", axes=[1])],
        {},
        lambda x: np.abs(x).sum(axis=1, keepdims=True),
        "abs",
    ),
    "mean of three": (
        [node("Relu", ["x"], "r"), node("Mean", ["x", "r", "z"], "y")],
        {"z": 3.0},
        lambda x: (x + np.maximum(x, 0) + 3) / 3,
        ("relu", "identity"),
    ),
    "no limit above": (
        [node("Clip", ["x", "a", "b"], "y")], {"a": 0.25, "b": END}, lambda x: np.maximum(x, 0.25), "relu",
    ),
    "no limit below": (
        [node("Clip", ["x", "a", "b"], "y")], {"a": -END, "b": 0.25}, lambda x: np.minimum(x, 0.25), "relu",
    ),
    "no limits at all": ([node("Clip", ["x", "a", "b"], "y")], {"a": -np.inf, "b": END}, lambda x: x, "relu"),
    "limits that cross": (
        [node("Clip", ["x", "a", "b"], "c"), node("Add", ["x", "c"], "y")],
        {"a": 2.0, "b": -2.0},
        lambda x: x - 2,
        "relu",
    ),
    "leaky behind a layer": (
        [
            node("Mul", ["x", "k"], "z"),
            node("Add", ["z", "c"], "w"),
            node("Mul", ["w", "k"], "s"),
            node("Greater", ["w", "o"], "m"),
            node("Where", ["m", "w", "s"], "y"),
        ],
        {"o": 0.0, "k": 0.1, "c": 0.1},
        lambda x: np.where(x * 0.1 + 0.1 > 0, x * 0.1 + 0.1, 0.1 * (x * 0.1 + 0.1)),
        "leaky_relu",
    ),
    "largest of constants and values": (
        [node("Max", ["a", "b", "x"], "y")],
        {"a": -1.0, "b": 0.1},
        lambda x: np.maximum(x, 0.1),
        "relu",
    ),
    "limits of old files along an axis": (
        [node("Max", ["x", "l"], "m"), node("Add", ["m", "c"], "y", broadcast=1, axis=0)],
        {"l": np.full((1, 3), -END), "c": np.array([1.0]), "opset": 6},
        lambda x: x + 1,
        "relu",
    ),
    "parametric slopes of old files": (
        [node("PRelu", ["x", "s"], "y")],
        {"s": np.array([0.5, 0.25, 2.0]), "opset": 6},
        lambda x: np.where(x > 0, x, [0.5, 0.25, 2.0] * x),
        "leaky_relu",
    ),
    "the second part": (
        [node("Split", ["x", "n"], "p y", axis=1)],
        {"n": np.array([1, 2])},
        lambda x: x[:, 1:],
        "relu",
    ),
    "equal limits": (
        [node("Clip", ["x", "a", "a"], "c"), node("Relu", ["c"], "r"), node("Add", ["x", "r"], "y")],
        {"a": 0.5},
        lambda x: x + 0.5,
        "relu",
    ),
    "a mean of what is constant": (
        [node("Clip", ["x", "a", "a"], "c"), node("ReduceMean", ["c"], "r"), node("Add", ["x", "r"], "y")],
        {"a": 0.5},
        lambda x: x + 0.5,
        "relu",
    ),
}  # fmt: skip


FAR_LIMITS: dict[str, tuple[list[Any], dict[str, Any], Any]] = {
    "clip": ([node("Clip", ["x", "lo", "hi"], "y")], {"lo": -1e30, "hi": 0.25}, lambda x: np.minimum(x, 0.25)),
    "clip both": ([node("Clip", ["x", "lo", "hi"], "y")], {"lo": -1e20, "hi": 1e20}, lambda x: x),
    "max": ([node("Max", ["x", "l"], "y")], {"l": [-1e20, 0.25, -END]}, lambda x: np.maximum(x, [-9, 0.25, -9])),
    "min": ([node("Min", ["l", "x"], "y")], {"l": [[1e20, np.inf, 0.25]]}, lambda x: np.minimum(x, [9, 9, 0.25])),
    "a steep clip": ([node("HardSigmoid", ["x"], "y", alpha=1e20)], {}, lambda x: 0.5 * (1 + np.sign(x))),
    "no limit at all": ([node("Max", ["x", "l"], "y")], {"l": np.array(-np.inf)}, lambda x: x),
    "largest of a padding": (
        [node("Unsqueeze", ["x", "a"], "u"), node("Pad", ["u", "p", "l"], "w"),
         node("MaxPool", ["w"], "m", kernel_shape=[3]), node("Flatten", ["m"], "y")],
        {"a": np.array([0]), "p": np.array([0, 0, 1, 0, 0, 1]), "l": -1e20},
        lambda x: np.stack([x[:, :2].max(1), x.max(1), x[:, 1:].max(1)], axis=1),
    ),
    "largest of an endless padding": (
        [node("Pad", ["x", "p", "l"], "w"), node("ReduceMax", ["w"], "y", axes=[1])],
        {"p": np.array([0, 1, 0, 2]), "l": -np.inf},
        lambda x: x.max(1, keepdims=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAR_LIMITS)
def test_a_limit_far_away_takes_no_digits(tmp_path: Path, name: str) -> None:
    nodes, constants, expected = FAR_LIMITS[name]
    np.testing.assert_allclose(bent(tmp_path, nodes, constants)(X / 3), expected(X / 3), atol=1e-15)


@pytest.mark.parametrize("opset", [1, 2, 9, 10])
@pytest.mark.parametrize("fill", [-3.0, 0.5, 1.0, 3.5])
def test_padding_of_old_files_is_the_number_they_say(tmp_path: Path, opset: int, fill: float) -> None:
    ends = {"paddings" if opset == 1 else "pads": [0, 1, 0, 2]}
    net = bent(tmp_path, [node("Pad", ["x"], "y", value=fill, **ends)], opset=opset)
    np.testing.assert_array_equal(net(X), np.pad(X, ((0, 0), (1, 2)), constant_values=fill))


@pytest.mark.parametrize("ends", [(-1, 2), (1, -2), (-1, -1)])
def test_padding_by_less_than_nothing_cuts_off(tmp_path: Path, ends: tuple[int, int]) -> None:
    constants = {"p": np.array([0, ends[0], 0, ends[1]]), "v": np.array(2.5)}
    net = bent(tmp_path, [node("Pad", ["x", "p", "v"], "y")], constants)
    around = np.pad(X, ((0, 0), (2, 2)), constant_values=2.5)
    np.testing.assert_array_equal(net(X), around[:, 2 - ends[0] : 5 + ends[1]])


def test_a_grid_of_the_first_opset_has_a_scale_a_side(tmp_path: Path) -> None:
    made = [node("Upsample", ["x"], "y", height_scale=1.0, width_scale=2.0)]
    net = bent(tmp_path, made, shape=["N", 1, 1, 3], opset=1)
    np.testing.assert_array_equal(net(X), X.repeat(2, axis=1))


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_bends_as_it_says(tmp_path: Path, name: str) -> None:
    nodes, constants, expected, units = CHOICES[name]
    about = {"opset": constants["opset"]} if "opset" in constants else {}
    net = bent(tmp_path, nodes, {k: v for k, v in constants.items() if k != "opset"}, **about)
    np.testing.assert_allclose(net(X), expected(X), rtol=1e-15, atol=1e-15)
    if name != "mean of three":
        assert net.activation == units
    assert not any(np.abs(W).max(initial=0) > 10 for W in net.weights)


def grid(op: str, opset: int, inputs: Sequence[str], constants: dict[str, Any], **attributes: Any) -> Any:
    import onnx

    made = model([node(op, inputs, "y", **attributes)], constants, [1, 1, 2, 3], opset=opset)
    for value in (*made.graph.input, *made.graph.output):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    return made


SCALES = {"s": np.array([1, 1, 2, 3], dtype=np.float32)}


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: grid("Upsample", 7, ["x"], {}, scales=[1.0, 1.0, 2.0, 3.0]), id="opset 7"),
        pytest.param(lambda: grid("Upsample", 9, ["x", "s"], SCALES), id="opset 9"),
        pytest.param(lambda: grid("Resize", 10, ["x", "s"], SCALES), id="opset 10"),
        pytest.param(
            lambda: grid("Resize", 13, ["x", "", "s"], SCALES, coordinate_transformation_mode="asymmetric"), id="13"
        ),
        pytest.param(lambda: grid("Resize", 18, ["x", "", "", "n"], {"n": np.array([1, 1, 4, 9])}), id="sizes"),
    ],
)
def test_a_nearest_grid_is_onnxruntimes(tmp_path: Path, made: Any) -> None:
    import onnxruntime

    graph = made()
    net = network_of(tmp_path / "a.onnx", graph)
    x = np.arange(6, dtype=np.float32)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    assert net(x).tolist() == session.run(None, {"x": x.reshape(1, 1, 2, 3)})[0].reshape(-1).tolist()


def test_an_einsum_without_an_arrow_keeps_letters_that_stand_once(tmp_path: Path) -> None:
    W = np.arange(6.0).reshape(3, 2)
    net = bent(tmp_path, [node("Einsum", ["x", "W"], "y", equation="ij, jk")], {"W": W}, shape=[1, 3])
    assert net.weights[0].tolist() == W.T.tolist() and "rounded" not in net.meta
    two = bent(
        tmp_path, [node("Einsum", ["x", "W", "V"], "y", equation="ij,jk,kl->il")], {"W": W, "V": W.T}, shape=[1, 3]
    )
    assert two.weights[0].tolist() == (W @ W.T).T.tolist() and two.meta["rounded"] == ["the Einsum"]


REFUSED: list[tuple[list[Any], dict[str, Any], dict[str, Any], str]] = [
    ([node("Resize", ["x", "", "s"], "y", mode="linear")], {"s": np.ones(2, dtype=np.float32)}, {}, "got mode linear"),
    (
        [node("Resize", ["x", "", "s"], "y", coordinate_transformation_mode="half_pixel_symmetric")],
        {"s": np.array([1, 2], dtype=np.float32)},
        {"opset": 19},
        "a known coordinate_transformation_mode; got half_pixel_symmetric",
    ),
    (
        [
            node(
                "Resize", ["x", "", "s"], "y",
                coordinate_transformation_mode="align_corners", nearest_mode="round_prefer_ceil",
            )
        ],
        {"s": np.array([1, 1.5], dtype=np.float32)},
        {"shape": [1, 5]},
        "nearest values that runtimes agree on",
    ),
    ([node("Gemm", ["x", ""], "y")], {}, {}, "an input 1; got none|inputs that fit"),
    ([node("PRelu", ["c", "x"], "y")], {"c": np.ones((1, 3))}, {}, "data that depends on the input; got a constant"),
    (
        [node("BatchNormalization", ["x", "c", "c", "c", "c"], "y")],
        {"c": np.ones(3)},
        {"opset": 6},
        "BatchNormalization in training mode",
    ),
    ([node("Dropout", ["x"], "d mask"), node("Relu", ["mask"], "y")], {}, {}, "an input 'mask' of one array; got none"),
    ([node("Upsample", ["x"], "y")], {}, {"opset": 1, "shape": ["N", 1, 1, 3]}, "constant scales|inputs that fit"),
    ([node("Pad", ["x", "p", "l"], "w"), node("Relu", ["w"], "y")],
     {"p": np.array([0, 1, 0, 0]), "l": -np.inf}, {}, "finite numbers; got infinite ones in 'w'"),
    ([node("Greater", ["x", "l"], "m"), node("Where", ["m", "x", "z"], "y")],
     {"l": np.array(-1e20), "z": np.array(0.0)}, {}, "comparisons and choices below 536870912, .*; got 1e.20"),
    ([node("Greater", ["x", "z"], "m"), node("Where", ["m", "x", "l"], "c"), node("Relu", ["c"], "y")],
     {"l": np.array(-1e20), "z": np.array(0.0)}, {}, "comparisons and choices below"),
    ([node("ThresholdedRelu", ["x"], "y", alpha=-1e20)], {}, {}, "a threshold and a jump below"),
    ([node("Max", ["x", "l"], "y")], {"l": np.array(np.inf)}, {}, "finite numbers; got inf"),
    ([node("ScatterND", ["c", "i", "x"], "y", reduction="add")],
     {"c": np.ones((2, 3)), "i": np.array([[1]])}, {}, "numbers put in their places; got reduction add"),
    ([node("Slice", ["x", "a", "a"], "y")], {"a": np.array([0])}, {}, "at least one number; got none left"),
    ([node("Gather", ["x", "i"], "y")], {"i": np.array([7])}, {}, "inputs that fit"),
    (
        [node("GatherElements", ["x", "i"], "y")],
        {"i": np.array([[-(2**60)]])},
        {},
        "places from -3 to 2; got -1152921504606846976 to -1152921504606846976",
    ),
    (
        [node("Cast", ["x"], "i", to=10), node("Cast", ["i"], "j", to=9), node("Cast", ["j"], "y", to=11)],
        {},
        {},
        "data that stays real",
    ),
    (
        [node("LSTM", ["W", "W", "W"], " h", hidden_size=1), node("Add", ["x", "h"], "y")],
        {"W": np.ones((1, 200, 200))},
        {},
        "at most 16384 constant numbers|inputs that fit",
    ),
    ([node("Softmax", ["x"], "y", axis=0)], {}, {"shape": [2, 3], "opset": 13}, "all outputs along one axis"),
    (
        [node("Greater", ["x", "z"], "m"), node("And", ["m", "m"], "n")],
        {"z": 0.0},
        {"outputs": ["n"]},
        "got the comparison 'n'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "constants", "about", "message"), REFUSED)
def test_what_has_no_place_is_refused(
    tmp_path: Path, nodes: list[Any], constants: dict[str, Any], about: dict[str, Any], message: str
) -> None:
    with pytest.raises(NetworkError, match=message):
        bent(tmp_path, nodes, constants, **about)


def test_values_that_fill_memory_together_are_refused(tmp_path: Path) -> None:
    many = [node("ConstantOfShape", ["n"], f"t{i}") for i in range(9)]
    nodes = [
        *many,
        node("Sum", [f"t{i}" for i in range(9)], "s"),
        node("Gather", ["s", "i"], "g"),
        node("Add", ["x", "g"], "y"),
    ]
    with pytest.raises(NetworkError, match=r"values of at most 67108864 numbers at a time"):
        bent(tmp_path, nodes, {"n": np.array([2**23]), "i": np.array(0)})


def test_differences_that_round_are_named(tmp_path: Path) -> None:
    small = {"c": 2.0**-70, "one": 1.0}
    total = bent(tmp_path, [node("Sum", ["c", "one", "x"], "y")], small)
    shrink = bent(tmp_path, [node("Shrink", ["x"], "y", lambd=1.0, bias=2.0**-70)])
    chosen = [node("Greater", ["x", "z"], "m"), node("Where", ["m", "one", "c"], "y")]
    where = bent(tmp_path, chosen, small | {"z": 0.0})
    names = [net.meta["rounded"] for net in (total, shrink, where)]
    assert names == [["the Sum"], ["the Shrink"], ["the Where"]]
    assert total.assumed == ("numbers that nodes imply are the nearest there are: the Sum",)


def test_whole_numbers_without_a_float64_are_refused(tmp_path: Path) -> None:
    import onnx

    made = model([node("Add", ["x", "c"], "y")], {"c": np.array([2**53 + 1])})
    made.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    with pytest.raises(
        NetworkError, match=r"integers up to 2\^53, which have an exact float64; got larger ones in 'c'"
    ):
        network_of(tmp_path / "a.onnx", made)
