"""Network files of kinds that tools trip over: each gives the values written beside it, or is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from foldline import Network, read
from foldline.cli import app
from foldline.errors import InputError, NetworkError

from .test_layers import CASES
from .test_onnx_file import model, network_of, node

READ = sorted(path.name.removesuffix(".expected.npz") for path in CASES.glob("*.expected.npz"))
FLOAT32 = 2.0**-18  # what a few float32 operations on numbers of size 1 to 10 may be off


@pytest.mark.parametrize("name", READ)
def test_a_case_has_the_values_written_beside_it(name: str) -> None:
    net = read(CASES / f"{name}.onnx")
    expected = np.load(CASES / f"{name}.expected.npz")
    assert isinstance(net, Network)
    n = len(expected["x"])
    np.testing.assert_allclose(
        net(expected["x"].reshape(n, -1)), expected["y"].reshape(n, -1), rtol=FLOAT32, atol=FLOAT32
    )


def test_a_weight_through_float16_is_rounded_as_the_file_says() -> None:
    net = read(CASES / "cast_to_f16_const.onnx")
    assert isinstance(net, Network)
    W = net.weights[0]
    assert np.array_equal(W.astype(np.float16), W) and net.meta["rounded"] == ["node 0"]


@pytest.mark.parametrize("name", ["constbytes.onnx", "constgraph.onnx"])
def test_a_constant_that_is_no_tensor_is_refused(name: str) -> None:
    with pytest.raises(NetworkError, match=r"node 0 \(Constant without a name\) needs inputs that fit"):
        read(CASES / name)


def test_a_classifier_is_what_its_label_is_chosen_from() -> None:
    net, logits = read(CASES / "mlpc_nozipmap.onnx"), read(CASES / "mlpc_nozipmap.onnx", output="add_result2")
    label = read(CASES / "mlpc_nozipmap.onnx", output="label")
    assert isinstance(net, Network) and isinstance(logits, Network) and isinstance(label, Network)
    assert net.output == label.output == "softmax" and logits.output == "identity"
    assert net.assumed == ("the output 'probabilities' of a graph with outputs label, probabilities",)
    x = np.random.default_rng(0).normal(size=(20, 4))
    assert np.array_equal(net(x).argmax(axis=1), logits(x).argmax(axis=1))
    with pytest.raises(NetworkError, match=r"name of a value in the graph; got 'nothing'. Its outputs are label, prob"):
        read(CASES / "mlpc_nozipmap.onnx", output="nothing")


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("show", []),
        ("bounds", []),
        ("regions", ["--box", "-1", "1"]),
        ("decisions", ["--box", "-1", "1"]),
        ("boundary", ["--box", "-1", "1"]),
        ("surface", ["--box", "-1", "1"]),
    ],
)
@pytest.mark.parametrize("kind", ["json", "terminal"])
def test_every_verb_says_what_was_assumed(tmp_path: Path, verb: str, arguments: list[str], kind: str) -> None:
    rng = np.random.default_rng(0)
    arrays = {"W1": rng.normal(size=(4, 2)), "b1": rng.normal(size=4), "W2": rng.normal(size=(1, 4)), "b2": [0.0]}
    np.savez(tmp_path / "a.npz", **arrays)
    call = [verb, str(tmp_path / "a.npz"), *arguments]
    if kind == "json":
        assumed = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)["assumed"]
        assert assumed[0].startswith("assumed relu") and "in the order 1, 2, without skips" in assumed[1]
        return
    said = " ".join(CliRunner().invoke(app, call).stdout.split())
    assert "note assumed relu for the hidden units" in said and "in the order 1, 2, without skips" in said
    if verb == "show":
        said = CliRunner().invoke(app, [*call, "--activation", "tanh"]).stdout
        assert "assumed relu" not in said and "tanh" in said


def test_a_check_says_what_was_assumed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", W1=[[1.0, 2.0]], b1=[0.0], W2=[[1.0]], b2=[1.0])
    runner, network = CliRunner(), str(tmp_path / "a.npz")
    saved = ["--out", str(tmp_path / "r.npz"), "--activation", "relu", "--json"]
    assert runner.invoke(app, ["regions", network, "--box", "-1", "1", *saved]).exit_code == 0
    verdict = json.loads(runner.invoke(app, ["check", network, str(tmp_path / "r.npz"), "--json"]).stdout)
    assert verdict["assumed"][0].startswith("assumed relu")


def test_an_option_of_another_format_is_refused(tmp_path: Path) -> None:
    runner = CliRunner()
    found = runner.invoke(app, ["show", str(CASES / "where_relu.onnx"), "--activation", "tanh"])
    assert found.exit_code == 2 and "needs activation only for .safetensors, .npz, .pt, .pth" in found.stderr
    found = runner.invoke(app, ["show", str(CASES.parent / "files" / "l_prism.obj"), "--output", "y"])
    assert found.exit_code == 2 and "needs output only for .safetensors, .npz, .onnx, .pt, .pth" in found.stderr


# Numbers in a file beside the model


def with_data(folder: Path, **about: Any) -> Path:
    """A model whose matrix stands in w.bin, told as ``about`` says."""
    import onnx

    W = np.arange(6.0).reshape(2, 3)
    made = model([node("MatMul", ["x", "W"], "y")], {"W": W.T.copy()})
    tensor = made.graph.initializer[0]
    (folder / "w.bin").write_bytes(b"before" + tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in ({"location": "w.bin", "offset": "6", "length": "48"} | about).items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    (folder / "a.onnx").write_bytes(made.SerializeToString().replace(b"9.bin", b"\xff.bin"))
    return folder / "a.onnx"


def test_numbers_beside_the_model_are_read(tmp_path: Path) -> None:
    net = read(with_data(tmp_path))
    assert isinstance(net, Network) and net.weights[0].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"offset": "7"}, "needs 48 bytes; got 48 at 7 of a file of 54"),
        ({"offset": "-1"}, "needs 48 bytes; got 48 at -1"),
        ({"length": "40"}, "needs 48 bytes; got 40 at 6"),
        ({"offset": "x"}, "a whole offset and length"),
        ({"location": "9.bin"}, "its place as text; got other bytes"),
    ],
)
def test_a_part_that_the_file_does_not_hold_is_refused(tmp_path: Path, about: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(with_data(tmp_path, **about))


def test_external_numbers_of_no_size_or_type_are_refused(tmp_path: Path) -> None:
    import onnx

    for change, message in (
        (lambda t: t.dims.append(2**40), "at most 536870912 bytes; got"),
        (lambda t: t.dims.append(-1), "sides of 0 or more"),
        (lambda t: setattr(t, "data_type", 99), "a known type; got type 99"),
    ):
        path = with_data(tmp_path)
        made = onnx.ModelProto.FromString(path.read_bytes())
        change(made.graph.initializer[0])
        path.write_bytes(made.SerializeToString())
        with pytest.raises(InputError, match=message):
            read(path)


# Small files that would fill all memory


@pytest.mark.parametrize("constant", [True, False])
def test_a_graph_that_doubles_is_refused_before_it_is_large(tmp_path: Path, constant: bool) -> None:
    import resource

    doubled = [node("Concat", [f"c{i}", f"c{i}"], f"c{i + 1}", axis=0) for i in range(30)]
    first = [] if constant else [node("Identity", ["x"], "c0")]
    last = node("ReduceSum", ["c30"], "s", keepdims=0)
    nodes = [*first, *doubled, last, node("Add", ["x", "s"], "y")]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NetworkError, match=r"(Concat the Concat).*at most \d+ numbers"):
        network_of(tmp_path / "a.onnx", model(nodes, {"c0": np.ones(2)} if constant else {}, [2]))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 900_000  # kilobytes


def test_layers_that_fill_memory_together_are_refused(tmp_path: Path) -> None:
    widths = [node("Tile", [f"t{i}", "n"], f"u{i}") for i in range(6)]
    bent = [node("Relu", [f"u{i}"], f"t{i + 1}") for i in range(6)]
    nodes = [n for pair in zip(widths, bent, strict=True) for n in pair]
    made = model([node("Relu", ["x"], "t0"), *nodes, node("ReduceSum", ["t6"], "y")], {"n": np.array([8])}, [2])
    with pytest.raises(NetworkError, match="numbers"):
        network_of(tmp_path / "a.onnx", made)
