"""Pools of every kernel, step and padding have the values that onnxruntime computes, or are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline.errors import FoldlineError, NetworkError

from ..files.test_onnx_file import model, network_of, node

EXACT = 1e-6  # what onnxruntime's means of float32 are off by
SAME = ("SAME_UPPER", "SAME_LOWER")


def pool(seed: int) -> tuple[Any, list[int]]:
    """A graph of one random pool, and the shape of what it reads."""
    rng = np.random.default_rng(seed)
    op, n = str(rng.choice(["MaxPool", "AveragePool"])), int(rng.integers(1, 3))
    numbers = lambda lo, hi, size=n: rng.integers(lo, hi + 1, size).tolist()  # noqa: E731
    shape, kernel = [1, int(rng.integers(1, 3)), *numbers(3, 9)], numbers(1, 4)
    about: dict[str, Any] = {"kernel_shape": kernel, "strides": numbers(1, 3), "ceil_mode": int(rng.integers(2))}
    if rng.random() < 0.3:
        about["dilations"] = numbers(1, 2)
    if rng.random() < 0.4:
        about["auto_pad"] = str(rng.choice([*SAME, "VALID"]))
    else:
        about["pads"] = [int(rng.integers(0, kernel[i % n])) for i in range(2 * n)]
    if op == "AveragePool":
        about["count_include_pad"] = int(rng.integers(2))
    return model([node(op, ["x"], "y", **about)], {}, shape, opset=int(rng.choice([19, 21, 22]))), shape


def run(made: Any, x: Any) -> Any:
    """What onnxruntime makes of it in float32, which is all that it takes means of, or None."""
    import onnx
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    single = onnx.ModelProto.FromString(made.SerializeToString())
    for value in (*single.graph.input, *single.graph.output):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    try:
        session = onnxruntime.InferenceSession(single.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, {"x": x.astype(np.float32)})[0]
    except Exception:  # it has exceptions of its own
        return None


def compared(folder: Path, seed: int) -> str:
    made, shape = pool(seed)
    x = np.random.default_rng(seed).integers(-99, 99, shape).astype(np.float64)
    expected = run(made, x)
    try:
        found = network_of(folder / "a.onnx", made)(x.reshape(-1))
    except FoldlineError:
        return "refused"
    if expected is None or np.abs(expected).max() > 1e30:  # it takes no kernel within its padding, or gives no value
        return "only ours"
    np.testing.assert_allclose(found, expected.reshape(-1), rtol=EXACT, atol=EXACT, err_msg=f"{made.graph.node[0]}")
    return "equal"


def test_pools_are_onnxruntimes(tmp_path: Path) -> None:
    found = [compared(tmp_path, seed) for seed in range(30)]
    assert found.count("equal") > 20, {word: found.count(word) for word in found}


@pytest.mark.fuzz
def test_three_thousand_pools_are_onnxruntimes(tmp_path: Path) -> None:
    found = [compared(tmp_path, seed) for seed in range(30, 3030)]
    assert found.count("equal") > 2000, {word: found.count(word) for word in found}


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
def test_a_window_that_begins_in_the_padding_is_none(tmp_path: Path, op: str) -> None:
    """As the text of the standard has it; the shapes that the onnx package infers count it."""
    about = {"kernel_shape": [1], "strides": [2], "pads": [0, 0], "ceil_mode": 1}
    made = model([node(op, ["x"], "y", **about)], {}, [1, 1, 4])
    x = np.arange(4.0).reshape(1, 1, 4)
    assert run(made, x).ravel().tolist() == network_of(tmp_path / "a.onnx", made)(x.reshape(-1)).tolist() == [0, 2]


@pytest.mark.parametrize("auto", SAME)
@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"kernel_shape": [2], "dilations": [2]}, "dilations"),
        ({"kernel_shape": [1], "strides": [3]}, r"a kernel \[1\] below its strides \[3\]"),
    ],
)
def test_padding_by_name_is_refused_where_runtimes_differ(tmp_path: Path, about: dict, why: str, auto: str) -> None:
    made = model([node("MaxPool", ["x"], "y", auto_pad=auto, **about)], {}, [1, 1, 6])
    with pytest.raises(NetworkError, match=f"pads in numbers; got auto_pad={auto} with {why}"):
        network_of(tmp_path / "a.onnx", made)


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool", "LpPool"])
def test_a_pool_of_constants_is_refused_as_the_onnx_package_gets_it_wrong(tmp_path: Path, op: str) -> None:
    nodes = [node(op, ["c"], "p", kernel_shape=[1], strides=[2], ceil_mode=1), node("Add", ["x", "p"], "y")]
    made = model(nodes, {"c": np.arange(4.0).reshape(1, 1, 4)}, [1, 1, 2], opset=22)
    with pytest.raises(NetworkError, match="got constants, which the onnx package pads"):
        network_of(tmp_path / "a.onnx", made)
