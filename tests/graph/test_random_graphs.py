"""Random graphs of every operator and input shape class have the values that onnxruntime computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Network, read
from foldline.activations import ROW_UNITS
from foldline.errors import FoldlineError

from .random_graphs import MAKERS, random_graph

ROUNDING = 2.0**-24  # of a float32 operation
OWN = 1e-6  # what onnxruntime's sigmoid, tanh and the like may be off by themselves


def bounds(net: Network, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """The values, how far float32 may be from them, and whether a step could fall either way; for one input."""
    values, errors, doubtful = [x], [np.abs(x) * ROUNDING], False
    for layer, (W, b) in enumerate(zip(net.weights, net.biases, strict=True), 1):
        reads = np.concatenate([values[s] for s in net.sources(layer)])
        off = np.concatenate([errors[s] for s in net.sources(layer)])
        z = W @ reads + b
        size = np.abs(W) @ np.abs(reads) + np.abs(b)
        error = np.abs(W) @ off + (W.shape[1] + 8) * ROUNDING * size
        if layer == net.n_layers:
            out = net(x)
            return out, 2 * error + OWN, doubtful
        steep = np.maximum(1.0, np.abs(net.slopes.get(layer, np.ones(1))))
        name = net.layer_activations[layer - 1]
        doubtful |= bool(name == "step" and np.any(np.abs(z) <= error))
        values.append(net.activate(layer, z))
        error = np.where((z < -error) & (name == "relu"), 0.0, error)  # surely off, as beyond a limit far away
        smooth = name in ("sigmoid", "tanh", "softplus")
        errors.append(np.zeros_like(error) if name == "step" else steep * error + (OWN if smooth else 0.0))
    raise AssertionError


def compared(path: Path, seed: int) -> tuple[str, list[str], str]:
    """What became of one random graph: equal, refused or not run by onnxruntime; its operators; the refusal."""
    import onnxruntime

    made, shape, used = random_graph(seed)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        return "not run", used, str(error)
    path.write_bytes(made.SerializeToString())
    try:
        net = read(path)
    except FoldlineError as error:
        return "refused", used, str(error)
    assert isinstance(net, Network)
    rng = np.random.default_rng(seed)
    for x in (rng.integers(-16, 17, size=(6, *shape)) / 8 + 1 / 64).astype(np.float32):
        try:
            expected = session.run(None, {"x": x})[0].reshape(-1)
        except Exception as error:
            return "not run", used, str(error)
        out, error, doubtful = bounds(net, x.reshape(-1).astype(np.float64))
        assert expected.shape == out.shape, (seed, used)
        if not doubtful:
            assert np.all(np.abs(out - expected) <= error), (seed, used, np.abs(out - expected).max(), error.max())
        assert np.all(error <= 5e-2 * (1 + np.abs(out))), (seed, used, error.max())
    assert net.output in ("identity", *ROW_UNITS, "sigmoid", "tanh", "softplus")
    return "equal", used, ""


def counts(path: Path, seeds: range) -> dict[str, Any]:
    found: dict[str, Any] = {"equal": 0, "refused": [], "not run": [], "used": set()}
    for seed in seeds:
        what, used, why = compared(path, seed)
        if what == "equal":
            found["equal"] += 1
            found["used"].update(used)
        else:
            found[what].append((seed, used, why))
    return found


def test_random_graphs_have_the_values_of_onnxruntime(tmp_path: Path) -> None:
    found = counts(tmp_path / "a.onnx", range(len(MAKERS)))
    assert found["equal"] >= 0.85 * len(MAKERS), found


@pytest.mark.fuzz
def test_five_hundred_random_graphs_have_the_values_of_onnxruntime(tmp_path: Path) -> None:
    found = counts(tmp_path / "a.onnx", range(1000, 1600))
    assert found["equal"] >= 500 and found["used"] == set(MAKERS), {k: v for k, v in found.items() if k != "used"}
