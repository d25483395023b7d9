"""Networks of every shape a file has to keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from foldline import Network, read

NETS = Path(__file__).parent.parent / "nets"
FILES = sorted(NETS.glob("*.npz"))


def drawn(widths: list[int], seed: int, **arguments: object) -> Network:
    """A network of random float64 weights; ``skips`` widen the layers that read them."""
    rng = np.random.default_rng(seed)
    skips = dict(arguments.get("skips", {}))  # type: ignore[call-overload]
    reads = [widths[i] + sum(widths[s] for s in skips.get(i + 1, ())) for i in range(len(widths) - 1)]
    weights = [rng.normal(size=(out, d)) for out, d in zip(widths[1:], reads, strict=True)]
    return Network(weights, [rng.normal(size=out) for out in widths[1:]], **arguments)  # type: ignore[arg-type]


def float32() -> Network:
    """A network whose numbers are float32 numbers."""
    net = drawn([3, 5, 2], 8)
    return Network(
        [W.astype(np.float32) for W in net.weights], [b.astype(np.float32) for b in net.biases], meta={"unit": "mm"}
    )


SHAPES = {
    "relu": drawn([2, 5, 4, 1], 0, meta={"kind": "distance", "classes": ["é", "b"]}),
    "float32": float32(),
    "linear": drawn([3, 2], 1),
    "leaky": drawn([2, 4, 1], 2, activation="leaky_relu"),
    "slopes": drawn([2, 3, 1], 3, activation="leaky_relu", slopes={1: [0.1, -1.0, 1.0]}),
    "mixed": drawn([2, 4, 3, 4, 2], 4, activation=("relu", "identity", "tanh"), output="sigmoid"),
    "clamped": drawn([2, 4, 3, 1], 5, activation=("hard_tanh", "relu6"), output="tanh"),
    "deepsdf": drawn([3, 6, 5, 4, 6, 1], 6, skips={4: (0,)}, output="tanh"),
    "dense": drawn([2, 3, 4, 5, 2], 7, skips={3: (1, 0), 4: (2, 0)}),
    "softmax": drawn([2, 4, 3], 9, output="softmax"),
    "log softmax": drawn([2, 4, 3], 10, output="log_softmax"),
}


def assert_same(a: Network, b: Network) -> None:
    assert [W.tolist() for W in a.weights] == [W.tolist() for W in b.weights]
    assert [v.tolist() for v in a.biases] == [v.tolist() for v in b.biases]
    assert (a.layer_activations, a.output) == (b.layer_activations, b.output)
    assert dict(a.skips) == dict(b.skips)
    assert {k: s.tolist() for k, s in a.slopes.items()} == {k: s.tolist() for k, s in b.slopes.items()}


def again(network: Network, path: Path) -> Network:
    value = read(network.save(path))
    assert isinstance(value, Network)
    return value
