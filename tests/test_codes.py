"""Codes: a network of many shapes, and the network of one of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from foldline import Box, Network, read, surface
from foldline.codes import Codes
from foldline.errors import InputError, NetworkError
from foldline.transform import Transform

PLACES = (Transform(2.0, (0.5, 0.25, 0.125)), None, Transform(0.1, (1.0, 0.0, 0.0)))


def decoder(seed: int = 0, kind: str = "normal", *, d: int = 2, width: int = 8) -> Network:
    """A network 2 + 3 inputs -> 1, which reads its inputs again at layer 3."""
    rng = np.random.default_rng(seed)
    shapes = [(width, d + 3), (width, width), (width, width + d + 3), (1, width)]
    draw = {"normal": rng.normal, "integer": lambda size: rng.integers(-1, 2, size), "zero": np.zeros}[kind]
    weights = [np.asarray(draw(size=s) if kind == "normal" else draw(s), dtype=float) for s in shapes]
    biases = [np.asarray(draw(size=s[0]) if kind == "normal" else draw(s[0]), dtype=float) for s in shapes]
    values = rng.normal(size=(3, d))
    return Network(weights, biases, skips={3: (0,)}, codes=Codes(values, ("a", "b", "ü"), PLACES))


@pytest.mark.parametrize("kind", ["normal", "integer", "zero"])
def test_a_network_with_its_code_fixed_is_the_network_at_that_code(kind: str) -> None:
    net = decoder(kind=kind)
    points = np.random.default_rng(1).uniform(-1, 1, (50, 3))
    code = np.array([0.3, -1.7])
    whole = net(np.hstack([np.tile(code, (50, 1)), points]))
    assert np.array_equal(net.fixed(code)(points), whole)


def test_fixing_a_code_rounds_no_stored_number() -> None:
    net = decoder()
    one = net.fixed("b")
    held = {float(v) for array in (*one.weights, *one.biases) for v in array.ravel()}
    stored = {float(v) for array in (*net.weights, *net.biases, net.codes.values) for v in array.ravel()}
    assert held <= stored | {0.0, 1.0}
    assert one.d_in == 3 and one.codes is None and one.transform is None and net.fixed("a").transform == PLACES[0]


def test_the_surface_at_a_code_lies_on_the_zero_set_of_the_whole_network() -> None:
    net = decoder(3)
    found = surface(net.fixed("ü"), Box([-1] * 3, [1] * 3))
    assert found.certified and found.complete and found.n_faces > 10
    rows = np.hstack([np.tile(net.codes.of("ü"), (found.n_vertices, 1)), found.vertices])
    assert np.abs(net(rows)).max() < 1e-12


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".onnx"])
def test_codes_names_and_transforms_travel_in_the_file(suffix: str, tmp_path: Path) -> None:
    net = decoder()
    back = read(net.save(tmp_path / f"class{suffix}"))
    assert np.array_equal(back.codes.values, net.codes.values)
    assert (back.codes.names, back.codes.transforms) == (net.codes.names, net.codes.transforms)
    np.testing.assert_allclose(
        back(np.ones((1, 5))), net(np.ones((1, 5))), rtol=1e-13
    )  # a skip may read in another order


def test_codes_beside_a_graph_that_they_do_not_fit_are_left_out_and_said(tmp_path: Path) -> None:
    path = decoder().save(tmp_path / "class.onnx")
    model = onnx.load(path)
    for entry in model.metadata_props:
        if entry.key == "codes":
            entry.value = '{"values": [[1, 2, 3, 4, 5, 6]], "names": ["a"], "transforms": [null]}'
    onnx.save(model, path)
    back = read(path)
    assert back.codes is None and "codes that do not fit" in " ".join(back.assumed)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Codes([[0.0], [1.0]], ("a", "a")), "got 'a' twice"),
        (lambda: Codes([[0.0]], ("a", "b")), "got 1 codes, 2 names"),
        (lambda: Codes([0.0], ("a",)), "a code a shape"),
        (lambda: Codes([[np.nan]], ("a",)), r"values\[0, 0\] = nan"),
        (lambda: Network([np.ones((1, 2))], [[0.0]], codes=Codes([[0.0, 1.0]], "a")), "codes shorter than its 2"),
        (lambda: Network([np.ones((1, 2))], [[0.0]]).fixed("a"), "with codes for a name"),
        (lambda: Network([np.ones((1, 2))], [[0.0]]).fixed([1.0, 2.0]), "fixed needs 1 to 1"),
        (lambda: decoder().fixed("c"), r"a name that it has \(a, b, ü\); got 'c'"),
    ],
)
def test_codes_that_cannot_be_are_refused(make, told: str) -> None:
    with pytest.raises((InputError, NetworkError), match=told):
        make()
