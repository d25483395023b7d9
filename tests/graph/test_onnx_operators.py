"""Convolutions, pools and what moves numbers: each operator against the reference evaluator of ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foldline import Network
from foldline.errors import NetworkError

from ..files.networks import again, assert_same
from ..files.test_onnx_file import model, network_of, node

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_read(path: Path, made: Any, shape: Sequence[int], seed: int = 0) -> Network:
    """The network read from a graph has the values that the reference evaluator gives."""
    from onnx.reference import ReferenceEvaluator

    net = network_of(path / "a.onnx", made)
    evaluator = ReferenceEvaluator(made)
    for x in np.random.default_rng(seed).normal(size=(5, 1, *shape)):
        expected = evaluator.run(None, {"x": x})[0]
        np.testing.assert_allclose(net(x.reshape(-1)), expected.reshape(-1), rtol=1e-12, atol=1e-12)
    return net


@st.composite
def slidings(draw: st.DrawFn, *, pool: bool = False) -> tuple[list[int], dict[str, list[int]]]:
    """Positions of an input and a window over them, in 1 or 2 axes, that fit."""
    n = draw(st.integers(1, 2))
    numbers = lambda lo, hi: draw(st.lists(st.integers(lo, hi), min_size=n, max_size=n))  # noqa: E731
    kernel, strides, dilations = numbers(1, 3), numbers(1, 3), numbers(1, 2)
    most = min(kernel) // 2 if pool else 2
    pads = draw(st.lists(st.integers(0, most), min_size=2 * n, max_size=2 * n))
    size = [d * (k - 1) + 1 + draw(st.integers(0, 3)) for k, d in zip(kernel, dilations, strict=True)]
    return size, {"kernel_shape": kernel, "strides": strides, "dilations": dilations, "pads": pads}


@QUICK
@given(slidings(), st.sampled_from([(1, 1, 2), (2, 1, 3), (2, 2, 2), (4, 2, 2)]), st.integers(0, 99))
def test_a_convolution_is_the_operators(tmp_path: Path, sliding: Any, channels: Any, seed: int) -> None:
    size, attributes = sliding
    d_in, groups, d_out = channels
    rng = np.random.default_rng(seed)
    arrays = {"K": rng.normal(size=(d_out, d_in // groups, *attributes["kernel_shape"])), "b": rng.normal(size=d_out)}
    made = model([node("Conv", ["x", "K", "b"], "y", group=groups, **attributes)], arrays, ["N", d_in, *size])
    net = assert_read(tmp_path, made, (d_in, *size), seed)
    assert net.n_layers == 1 and set(net.weights[0].ravel()) <= {0.0, *arrays["K"].ravel()}


@QUICK
@given(slidings(), st.sampled_from([(2, 1, 3), (2, 2, 2)]), st.integers(0, 1), st.integers(0, 99))
def test_a_transposed_convolution_is_torchs(tmp_path: Path, sliding: Any, channels: Any, pad: int, seed: int) -> None:
    import torch

    size, about = sliding
    d_in, groups, d_out = channels
    rng, axes = np.random.default_rng(seed), len(size)
    size = [n + 2 * pad for n in size]
    K, x = rng.normal(size=(d_in, d_out, *about["kernel_shape"])), rng.normal(size=(1, d_in, *size))
    extra = [s - 1 for s in about["strides"]]
    attributes = about | {"output_padding": extra, "group": groups, "pads": [pad] * 2 * axes}
    made = model([node("ConvTranspose", ["x", "K"], "y", **attributes)], {"K": K}, ["N", d_in, *size])
    transposed = (torch.nn.functional.conv_transpose1d, torch.nn.functional.conv_transpose2d)[axes - 1]
    expected = transposed(
        torch.from_numpy(x),
        torch.from_numpy(K),
        None,
        about["strides"],
        [pad] * axes,
        extra,
        groups,
        about["dilations"],
    )
    found = network_of(tmp_path / "a.onnx", made)(x.reshape(-1))
    np.testing.assert_allclose(found, expected.numpy().reshape(-1), rtol=1e-12, atol=1e-12)


def windows_of(x: np.ndarray, about: dict[str, list[int]]) -> np.ndarray:
    """What each window reads, over the last half of the axes; NaN in the padding."""
    n = len(about["strides"])
    pads = list(zip(about["pads"][:n], about["pads"][n:], strict=True))
    spans = [d * (k - 1) + 1 for d, k in zip(about["dilations"], about["kernel_shape"], strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *pads], constant_values=np.nan)
    view = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=tuple(range(2, n + 2)))
    steps = [slice(None, None, step) for step in (*about["strides"], *about["dilations"])]
    return view[:, :, *steps]


@QUICK
@given(slidings(pool=True), st.integers(1, 2))
def test_a_max_pool_is_the_largest_of_each_window(tmp_path: Path, sliding: Any, channels: int) -> None:
    size, about = sliding
    made = model([node("MaxPool", ["x"], "y", **about)], {}, ["N", channels, *size])
    net = network_of(tmp_path / "a.onnx", made)
    for x in np.random.default_rng(0).normal(size=(5, 1, channels, *size)):
        seen = windows_of(x, about)
        expected = np.nanmax(seen, axis=tuple(range(2 + len(size), seen.ndim)))
        np.testing.assert_allclose(net(x.reshape(-1)), expected.reshape(-1), rtol=1e-12, atol=1e-12)
    assert all(set(W.ravel()) <= {-1.0, 0.0, 1.0} for W in net.weights)
    assert not any(b.any() for b in net.biases)


@pytest.mark.parametrize("ceil", [0, 1])
def test_a_pool_by_the_operators_own_words(tmp_path: Path, ceil: int) -> None:
    about: dict[str, Any] = {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 0], "ceil_mode": ceil}
    for op in ("MaxPool", "AveragePool"):
        assert_read(tmp_path, model([node(op, ["x"], "y", **about)], {}, ["N", 2, 6, 5]), (2, 6, 5))


@QUICK
@given(slidings(pool=True), st.integers(1, 2), st.booleans())
def test_an_average_pool_is_the_operators(tmp_path: Path, sliding: Any, channels: int, padded: bool) -> None:
    size, attributes = sliding
    attributes.pop("dilations")
    made = model(
        [node("AveragePool", ["x"], "y", count_include_pad=int(padded), **attributes)], {}, ["N", channels, *size]
    )
    net = assert_read(tmp_path, made, (channels, *size))
    powers = {0.0, 1.0, 0.5, 0.25}
    assert (set(net.weights[0].ravel()) <= powers) == ("rounded" not in net.meta)


@pytest.mark.parametrize("auto", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("op", ["Conv", "MaxPool"])
def test_padding_by_name_is_the_operators(tmp_path: Path, op: str, auto: str) -> None:
    kernel = {"K": np.random.default_rng(0).normal(size=(2, 2, 2, 3))} if op == "Conv" else {}
    attributes: dict[str, Any] = {"kernel_shape": [2, 3], "strides": [2, 1], "auto_pad": auto}
    made = model([node(op, ["x", *kernel], "y", **attributes)], kernel, [1, 2, 4, 5])
    assert_read(tmp_path, made, (2, 4, 5))


RNG = np.random.default_rng(3)
SCALES = {name: RNG.uniform(0.5, 2, 2) for name in ("g", "b", "m", "v")}
MOVES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "global max": ([node("GlobalMaxPool", ["x"], "y")], {}),
    "global mean": ([node("GlobalAveragePool", ["x"], "y")], {}),
    "mean of rows": ([node("ReduceMean", ["x"], "y", axes=[2], keepdims=0)], {}),
    "sum of all": ([node("ReduceSum", ["x"], "y", keepdims=0)], {}),
    "sum of nothing": ([node("ReduceSum", ["x"], "y", noop_with_empty_axes=1)], {}),
    "transpose": ([node("Transpose", ["x"], "y", perm=[0, 2, 3, 1])], {}),
    "slice": (
        [node("Slice", ["x", "s", "e", "a", "t"], "y")],
        {"s": [0, 2], "e": [2**63 - 1, -(2**63) + 1], "a": [1, -1], "t": [1, -1]},
    ),
    "slice without steps": ([node("Slice", ["x", "s", "e"], "y")], {"s": [0, 0, 1], "e": [1, 1, 3]}),
    "gather": ([node("Gather", ["x", "i"], "y", axis=2)], {"i": [[0, -1], [1, 1]]}),
    "split": ([node("Split", ["x"], "p q", axis=3), node("Sub", ["p", "q"], "y")], {}),
    "split by sizes": (
        [node("Split", ["x", "s"], "p q", axis=3), node("Concat", ["q", "p"], "y", axis=-1)],
        {"s": [1, 3]},
    ),
    "pad": ([node("Pad", ["x", "p", "v"], "y")], {"p": [0, 0, 1, 2, 0, 1, 0, 0], "v": 0.7}),
    "pad by zeros": ([node("Pad", ["x", "p"], "y")], {"p": [0, 0, 1, 0, 0, 0, 0, 1]}),
    "pad by reflection": ([node("Pad", ["x", "p"], "y", mode="reflect")], {"p": [0, 0, 1, 2, 0, 0, 0, 0]}),
    "pad by the edge": ([node("Pad", ["x", "p"], "y", mode="edge")], {"p": [0, 0, 1, 2, 0, 0, 0, 0]}),
    "put in their places": ([node("ScatterND", ["M", "i", "x"], "y")], {"M": np.ones((3, 2, 3, 4)), "i": [[1]]}),
    "put in along an axis": (
        [node("Relu", ["x"], "r"), node("ScatterElements", ["x", "i", "r"], "y", axis=3)],
        {"i": np.broadcast_to([3, 1, 0, 2], (1, 2, 3, 4))},
    ),
    "compressed": ([node("Compress", ["x", "m"], "y", axis=3)], {"m": [True, False, True]}),
    "turned round in part": (
        [node("ReverseSequence", ["x", "n"], "y", batch_axis=0, time_axis=3)],
        {"n": [3]},
    ),
    "squeeze": ([node("Squeeze", ["x", "a"], "s"), node("Unsqueeze", ["s", "b"], "y")], {"a": [0], "b": [0, 4]}),
    "squeeze all": ([node("Squeeze", ["x"], "s"), node("MatMul", ["s", "M"], "y")], {"M": RNG.normal(size=(4, 3))}),
    "expand": ([node("Expand", ["x", "s"], "y")], {"s": [2, 1, 1, 3, 4]}),
    "tile": ([node("Tile", ["x", "s"], "y")], {"s": [1, 2, 1, 3]}),
    "rows by a matrix": ([node("MatMul", ["x", "M"], "y")], {"M": RNG.normal(size=(4, 2))}),
    "a matrix by columns": ([node("MatMul", ["M", "x"], "y")], {"M": RNG.normal(size=(2, 3))}),
    "a vector by columns": ([node("MatMul", ["M", "x"], "y")], {"M": RNG.normal(size=3)}),
    "rows by a vector": ([node("MatMul", ["x", "M"], "y")], {"M": RNG.normal(size=4)}),
    "one number a channel": ([node("Mul", ["x", "M"], "y")], {"M": RNG.normal(size=(2, 1, 1))}),
    "one number a column": ([node("Div", ["x", "M"], "y")], {"M": RNG.normal(size=4)}),
    "slopes a channel": ([node("PRelu", ["x", "M"], "y")], {"M": RNG.normal(size=(2, 1, 1))}),
    "normalisation a channel": ([node("BatchNormalization", ["x", *SCALES], "y")], SCALES),
    "flatten by channel": ([node("Flatten", ["x"], "y", axis=2)], {}),
    "flatten from the back": ([node("Flatten", ["x"], "y", axis=-1)], {}),
    "reshape by zeros": ([node("Reshape", ["x", "s"], "y")], {"s": [0, 0, -1]}),
    "reshape by its own shape": (
        [
            node("Shape", ["x"], "n", end=1),
            node("Shape", ["x"], "c", start=1, end=2),
            node("Concat", ["n", "c", "rest"], "s", axis=0),
            node("Cast", ["s"], "t", to=7),
            node("Reshape", ["x", "t"], "r"),
            node("Transpose", ["r"], "y", perm=[0, 2, 1]),
        ],
        {"rest": [-1]},
    ),
    "constants of constants": (
        [
            node("ConstantOfShape", ["s"], "o", value=None),
            node("Neg", ["o"], "m"),
            node("Mul", ["m", "k"], "a"),
            node("Div", ["a", "k"], "c"),
            node("Sub", ["c", "k"], "d"),
            node("Max", ["d", "m"], "e"),
            node("Add", ["x", "e"], "y"),
        ],
        {"s": [1, 4], "k": 0.1},
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_numbers_are_moved_and_joined_as_the_operator_does(tmp_path: Path, name: str) -> None:
    import onnx

    nodes, constants = MOVES[name]
    for made in nodes:
        if made.op_type == "ConstantOfShape":
            del made.attribute[:]
            one = onnx.numpy_helper.from_array(np.ones(1), "v")
            made.attribute.append(onnx.helper.make_attribute("value", one))
    whole = {k: np.asarray(v) for k, v in constants.items()}
    assert_read(tmp_path, model(nodes, whole, [1, 2, 3, 4], opset=16), (2, 3, 4))


def conv_net(seed: int) -> tuple[list[Any], dict[str, Any]]:
    """A convolution, its normalisation, a ReLU, a pool, a residual sum and a linear layer."""
    rng = np.random.default_rng(seed)
    nodes = [
        node("Conv", ["x", "K", "c"], "a", pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["a", "g", "o", "m", "v"], "n"),
        node("Relu", ["n"], "r"),
        node("MaxPool", ["r"], "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p", "L"], "q", pads=[1, 1, 1, 1]),
        node("Add", ["q", "p"], "s"),
        node("LeakyRelu", ["s"], "l", alpha=0.1),
        node("Flatten", ["l"], "f"),
        node("Gemm", ["f", "W", "d"], "y", transB=1),
    ]
    arrays = {"K": rng.normal(size=(3, 1, 3, 3)), "c": rng.normal(size=3), "L": rng.normal(size=(3, 3, 3, 3))}
    arrays |= {name: rng.uniform(0.5, 2, 3) for name in ("g", "o", "m", "v")}
    return nodes, arrays | {"W": rng.normal(size=(2, 12)), "d": rng.normal(size=2)}


@pytest.mark.parametrize("suffix", ["safetensors", "npz", "onnx"])
def test_a_convolutional_network_is_read_saved_and_read_again(tmp_path: Path, suffix: str) -> None:
    nodes, arrays = conv_net(0)
    net = assert_read(tmp_path, model(nodes, arrays, ["N", 1, 4, 4]), (1, 4, 4))
    assert_same(net, again(net, tmp_path / f"net.{suffix}"))


IMAGE = ["N", 2, 3, 4]
KERNEL = {"K": np.ones((2, 2, 2, 2))}
REFUSED: list[tuple[list[Any], dict[str, Any], list[Any], str]] = [
    ([node("Conv", ["x", "K"], "y")], KERNEL, ["N", 3, 3, 4], r"node 0 \(Conv the Conv\) needs kernels for 3 channels"),
    ([node("Conv", ["x", "K"], "y", strides=[1, 0])], KERNEL, IMAGE, "strides must only contain positive"),
    ([node("Conv", ["x", "K"], "y", pads=[-1, 0, 0, 0])], KERNEL, IMAGE, "pads must not contain negative"),
    ([node("Conv", ["x", "K"], "y", dilations=[5, 1])], KERNEL, IMAGE, r"windows that fit; got a kernel \[2, 2\]"),
    ([node("Conv", ["x", "K"], "y", auto_pad="AUTO")], KERNEL, IMAGE, "auto_pad out of NOTSET.*got AUTO"),
    ([node("Conv", ["x", "K"], "y")], KERNEL, ["N", 2, 12], r"got x \[1, 2, 12\], K \[2, 2, 2, 2\]: Number of spatial"),
    ([node("Conv", ["x", "K"], "y")], KERNEL, ["N", 12], r"got x \[1, 12\], K .*at least 3 dim"),
    ([node("Conv", ["x", "x"], "y")], {}, IMAGE, "constant kernels"),
    ([node("Conv", ["x", "K", "b"], "y")], KERNEL | {"b": np.ones(3)}, IMAGE, "3 numbers beside 2 channels"),
    ([node("ConvTranspose", ["x", "x"], "y")], {}, IMAGE, "constant kernels"),
    ([node("ConvTranspose", ["x", "K"], "y", output_shape=[4, 5])], KERNEL, IMAGE, "pads instead of output_shape"),
    ([node("ConvTranspose", ["x", "K"], "y", pads=[3, 3, 3, 3])], KERNEL, IMAGE, r"kernels that fit \[2, 3, 4\]"),
    ([node("MaxPool", ["x"], "y i", kernel_shape=[2, 2])], {}, IMAGE, "got the places of the largest values too"),
    (
        [node("MaxPool", ["x"], "y", kernel_shape=[1, 1], pads=[2, 0, 0, 0])],
        {},
        IMAGE,
        "windows with a value; got one that lies in the padding",
    ),
    (
        [node("AveragePool", ["x"], "y", kernel_shape=[1, 1], pads=[2, 0, 0, 0])],
        {},
        IMAGE,
        "windows with a value; got one that lies in the padding",
    ),
    (
        [node("Pad", ["x", "p", "v", "p"], "y")],
        {"p": np.zeros(8), "v": 0.0},
        IMAGE,
        "has input size 4 not in range",
    ),
    ([node("Tile", ["x", "r"], "y")], {"r": np.array([1, 999, 1, 120])}, IMAGE, "at most 33554432 numbers; got"),
    (
        [node("Expand", ["x", "r"], "y")],
        {"r": np.array([10**9, 1, 1, 1, 1])},
        IMAGE,
        "at most 4194304 numbers; got 24",
    ),
    ([node("Pad", ["x", "p"], "y")], {"p": np.array([0] * 7 + [10**9])}, IMAGE, "at most 33554432 numbers; got 60"),
    (
        [node("Gather", ["x", "i"], "y")],
        {"i": np.zeros((2000, 2000), dtype=np.int64)},
        IMAGE,
        "at most 4194304 numbers; got 96000000",
    ),
    (
        [node("MaxPool", ["x"], "y", kernel_shape=[9**4, 9**4], pads=[9**4] * 4)],
        {},
        IMAGE,
        "at most 33554432 numbers; got 43105790 x 43046721",
    ),
    ([node("MatMul", ["x", "M"], "y")], {"M": np.ones((4, 50))}, ["N", 600, 4], "at most 33554432 numbers; got"),
    (
        [node("Conv", ["x", "K"], "y", pads=[9999] * 4)],
        KERNEL,
        IMAGE,
        r"node 0 \(Conv the Conv\) needs matrices of at most 33554432 numbers; got 800040000 x 24. Use a smaller",
    ),
    ([node("ConstantOfShape", ["s"], "c"), node("Add", ["x", "c"], "y")], {"s": [10**9]}, IMAGE, "at most 33554432"),
]


@pytest.mark.parametrize(("nodes", "constants", "shape", "message"), REFUSED)
def test_what_does_not_fit_is_refused_by_node(
    tmp_path: Path, nodes: list[Any], constants: dict[str, Any], shape: list[Any], message: str
) -> None:
    with pytest.raises(NetworkError, match=message):
        network_of(tmp_path / "a.onnx", model(nodes, constants, shape))
