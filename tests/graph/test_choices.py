"""Choices among what bends in one number: random ones, against NumPy, at their joints too; and what exporters write."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Network, read
from foldline.errors import NetworkError

from ..files.test_onnx_file import model, network_of, node
from .random_graphs import Array

X = np.arange(-40, 41)[:, None] / np.array([8.0, 4.0, 16.0])  # the joints are whole eighths
W, B = np.array([[1.0, 0.5], [-0.25, 2.0]]), np.array([0.125, -1.0])


class Expression:
    """A graph of values and comparisons of one input, grown at random, with what NumPy makes of it."""

    def __init__(self, seed: int, x: Array) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}
        self.values: list[tuple[str, Array]] = [("x", x)]
        self.masks: list[tuple[str, Array]] = []

    def constant(self, value: float) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.array(value)
        return name

    def put(self, op: str, inputs: list[str], **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(node(op, inputs, name, **attributes))
        return name

    def one(self, known: list[tuple[str, Array]]) -> tuple[str, Array]:
        return known[self.rng.integers(len(known))]

    def value(self) -> tuple[str, Array]:
        """One of the values, or a constant."""
        if self.rng.random() < 0.25:
            number = self.rng.integers(-12, 13) / 8
            return self.constant(number), np.full_like(self.values[0][1], number)
        return self.one(self.values)

    def compare(self) -> None:
        (a, x), (b, y) = self.one(self.values), self.value()
        op, truth = [("Greater", x > y), ("Less", x < y), ("GreaterOrEqual", x >= y), ("LessOrEqual", x <= y)][
            self.rng.integers(4)
        ]
        if not np.array_equal(x, y):
            self.masks.append((self.put(op, [a, b]), truth))

    def connect(self) -> None:
        (a, x), (b, y) = self.one(self.masks), self.one(self.masks)
        op, truth = [("And", x & y), ("Or", x | y), ("Xor", x ^ y), ("Not", ~x)][self.rng.integers(4)]
        self.masks.append((self.put(op, [a] if op == "Not" else [a, b]), truth))

    def bend(self) -> None:
        a, x = self.one(self.values)
        op, y = [("Relu", np.maximum(x, 0)), ("Abs", np.abs(x)), ("Neg", -x), ("Sign", np.sign(x))][
            self.rng.integers(4)
        ]
        self.values.append((self.put(op, [a]), y))

    def add(self) -> None:
        (a, x), (b, y) = self.one(self.values), self.value()
        op, z = [("Add", x + y), ("Sub", x - y), ("Max", np.maximum(x, y)), ("Min", np.minimum(x, y))][
            self.rng.integers(4)
        ]
        self.values.append((self.put(op, [a, b]), z))

    def choose(self) -> None:
        (m, t), (a, x), (b, y) = self.one(self.masks), self.value(), self.value()
        self.values.append((self.put("Where", [m, a, b]), np.where(t, x, y)))

    def switch(self) -> None:
        (m, t), (a, x) = self.one(self.masks), self.one(self.values)
        self.values.append((self.put("Mul", [self.put("Cast", [m], to=11), a]), t * x))

    def grown(self, n: int) -> None:
        for _ in range(n):
            kinds = [self.bend, self.add, self.compare] + [self.connect, self.choose, self.choose, self.switch] * bool(
                self.masks
            )
            kinds[self.rng.integers(len(kinds))]()
        while not self.masks:
            self.compare()
        self.choose()


@pytest.mark.parametrize("seed", range(60))
def test_a_random_choice_is_what_numpy_chooses(tmp_path: Path, seed: int) -> None:
    e = Expression(seed, X)
    e.grown(2 + seed % 7)
    name, expected = e.values[-1]
    nodes = [*e.nodes, node("Add", ["x", name], "y")]
    net = network_of(tmp_path / "a.onnx", model(nodes, e.constants))
    assert net(X).tolist() == (expected + X).tolist()


@pytest.mark.parametrize("seed", range(12))
def test_a_random_choice_behind_a_layer_is_what_numpy_chooses(tmp_path: Path, seed: int) -> None:
    x = X[:, :2]
    e = Expression(100 + seed, np.maximum(x @ W.T + B, 0) if seed % 2 else x @ W.T + B)
    e.values[0] = ("h", e.values[0][1])
    e.grown(2 + seed % 5)
    name, expected = e.values[-1]
    nodes = [node("Gemm", ["x", "W", "B"], "z" if seed % 2 else "h", transB=1), *e.nodes]
    nodes[1:1] = [node("Relu", ["z"], "h")] * (seed % 2)
    nodes.append(node("Add", ["h", name], "y"))
    net = network_of(tmp_path / "a.onnx", model(nodes, {**e.constants, "W": W, "B": B}, [1, 2]))
    assert net(x).tolist() == (expected + e.values[0][1]).tolist()


def test_thresholds_that_differ_are_each_numbers_own(tmp_path: Path) -> None:
    t, c = np.array([0.5, -0.25, 0.0]), np.array([0.0, 3.0, -1.0])
    nodes = [
        node("Abs", ["x"], "a"),
        node("Greater", ["a", "t"], "m"),
        node("Where", ["m", "x", "c"], "w"),
        node("Relu", ["w"], "y"),
    ]
    net = network_of(tmp_path / "a.onnx", model(nodes, {"t": t, "c": c}))
    assert net(X).tolist() == np.maximum(np.where(np.abs(X) > t, X, c), 0).tolist()


def test_a_shrink_written_as_a_product_of_signs_is_read(tmp_path: Path) -> None:
    nodes = [
        node("Abs", ["x"], "a"), node("Sub", ["a", "t"], "s"), node("Relu", ["s"], "r"), node("Sign", ["x"], "k"),
        node("Mul", ["k", "r"], "y"),
    ]  # fmt: skip
    net = network_of(tmp_path / "a.onnx", model(nodes, {"t": np.array(0.5)}))
    assert net(X).tolist() == (np.sign(X) * np.maximum(np.abs(X) - 0.5, 0)).tolist()
    with pytest.raises(NetworkError, match="one constant factor; got two values"):
        network_of(tmp_path / "a.onnx", model([*nodes[:1], node("Mul", ["x", "a"], "y")], {}))


# Every activation of PyTorch 2.13 between two layers, as its two exporters write it (torch.onnx.export, dynamo or not)

EXPORTED = Path(__file__).parents[1] / "nets" / "exported.zip"
PIECES = {
    "Hardshrink", "Hardsigmoid", "Hardtanh", "LeakyReLU", "PReLU", "RReLU", "ReLU", "ReLU6", "Softshrink", "Threshold",
}  # fmt: skip
SMOOTH = {"Sigmoid": "sigmoid", "Softplus": "softplus", "Tanh": "tanh", "Tanhshrink": "tanh"}
REFUSED = {
    "CELU": "got Celu", "ELU": "got Elu", "GELU": "got Gelu", "Hardswish": "got HardSwish", "SELU": "got Selu",
    "GLU": "Mul .* got two values", "LogSigmoid": "got Log", "LogSoftmax": "log_softmax last", "SiLU": "got two values",
    "Mish": r"got Mish|Mul .* got two values", "MultiheadAttention": "MatMul .* needs one constant matrix",
    "Softmax": "softmax last", "Softmax2d": "all outputs along one axis", "Softmin": "softmax last",
    "Softsign": "Div .* needs a constant divisor",
}  # fmt: skip
with zipfile.ZipFile(EXPORTED) as archive:
    MODELS = {name: archive.read(name) for name in archive.namelist()}


def test_every_activation_of_torch_is_among_them() -> None:
    told = {*PIECES, *SMOOTH, *REFUSED}
    assert {name.split("-")[0] for name in MODELS} == told and len(told) == 29  # torch.nn.modules.activation.__all__
    assert len(MODELS) == 2 * len(told) - 2  # one exporter refuses Threshold, the other RReLU


@pytest.mark.parametrize("name", MODELS)
def test_an_exported_activation_is_right_or_refused_by_name(tmp_path: Path, name: str) -> None:
    import onnxruntime

    (tmp_path / name).write_bytes(MODELS[name])
    kind = name.split("-")[0]
    if kind in REFUSED:
        with pytest.raises(NetworkError, match=REFUSED[kind]):
            read(tmp_path / name)
        return
    net = read(tmp_path / name)
    assert isinstance(net, Network)
    session = onnxruntime.InferenceSession(MODELS[name], providers=["CPUExecutionProvider"])
    for x in np.random.default_rng(1).normal(size=(40, 1, 2)) * 3:
        (expected,) = session.run(None, {session.get_inputs()[0].name: x.astype(np.float32)})
        np.testing.assert_allclose(net(x.astype(np.float32))[0], expected[0], atol=2e-6)
    smooth = {unit for unit in net.layer_activations if unit in SMOOTH.values()}
    assert smooth == ({SMOOTH[kind]} if kind in SMOOTH else set())


def test_softplus_that_the_file_ends_in_a_line_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(MODELS["Softplus-new.onnx"])
    net = read(tmp_path / "a.onnx")
    assert isinstance(net, Network)
    assert net.assumed == ("softplus stays itself above 20, where the file goes over to a line: within 2e-09 of it",)


def test_softplus_that_ends_where_it_shows_is_refused(tmp_path: Path) -> None:
    nodes = [node("Softplus", ["x"], "s"), node("Greater", ["x", "t"], "m"), node("Where", ["m", "x", "s"], "y")]
    with pytest.raises(NetworkError, match="got one of softplus"):
        network_of(tmp_path / "a.onnx", model(nodes, {"t": np.array(10.0)}))
