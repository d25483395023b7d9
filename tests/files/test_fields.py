"""Fields in files: every feature unchanged, and the same function in other tools."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from foldline import Box, Network, read
from foldline.errors import FoldlineError, InputError, NetworkError
from foldline.grid import Grid


def field(d: int, dtype: type = np.float32, sparse: bool = True, **more: object) -> Network:
    rng = np.random.default_rng(d)
    sizes = (2, 4, 12)
    rows = [None, None, np.flatnonzero(rng.random(13**d) < 0.5) if sparse else None]
    counts = [(n + 1) ** d if r is None else len(r) for n, r in zip(sizes, rows, strict=True)]
    box = Box(np.full(d, -0.3), np.full(d, 1.1))
    grid = Grid(box, sizes, [rng.normal(size=(n, 2)).astype(dtype) for n in counts], rows)
    widths = (grid.d_out, 8, 8, 2)
    weights = [rng.normal(size=(b, a)) for a, b in pairwise(widths)]
    return Network(weights, [rng.normal(size=b) for b in widths[1:]], grid=grid, meta={"kind": "image"}, **more)


def same(a: Network, b: Network) -> bool:
    arrays = zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True)
    return (
        all(np.array_equal(x, y) for x, y in arrays)
        and all(
            x.dtype == y.dtype and np.array_equal(x, y) for x, y in zip(a.grid.features, b.grid.features, strict=True)
        )
        and all(
            (x is None) == (y is None) and (x is None or np.array_equal(x, y))
            for x, y in zip(a.grid.rows, b.grid.rows, strict=True)
        )
        and (a.grid.sizes, a.grid.box.lo.tolist(), a.grid.box.hi.tolist(), a.meta)
        == (b.grid.sizes, b.grid.box.lo.tolist(), b.grid.box.hi.tolist(), b.meta)
    )


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_field_comes_back_with_every_number(d: int, dtype: type, suffix: str, tmp_path: Path) -> None:
    f = field(d, dtype)
    assert same(read(f.save(tmp_path / f"field{suffix}")), f)


def test_features_take_the_bytes_of_their_type(tmp_path: Path) -> None:
    half, single = (
        field(3, dtype).save(tmp_path / f"{dtype.__name__}.safetensors") for dtype in (np.float16, np.float32)
    )
    n = field(3).grid.n_parameters
    assert abs((single.stat().st_size - half.stat().st_size) - 2 * n) < 100


def test_a_file_with_a_grid_is_of_a_schema_that_older_readers_refuse(tmp_path: Path) -> None:
    assert b'"schema":"2"' in field(1).save(tmp_path / "a.safetensors").read_bytes().replace(b" ", b"")
    plain = Network([[[1.0]]], [[0.0]])
    assert b'"schema":"1"' in plain.save(tmp_path / "b.safetensors").read_bytes().replace(b" ", b"")


@pytest.mark.parametrize("d", [1, 2, 3])
def test_onnx_runs_a_field_as_plain_operators(d: int, tmp_path: Path) -> None:
    f = field(d)
    path = f.save(tmp_path / "field.onnx")
    onnx.checker.check_model(str(path))
    session = onnxruntime.InferenceSession(str(path))
    x = np.random.default_rng(0).uniform(-0.6, 1.4, size=(500, d))  # inside the box and beside it
    corners = f.grid.places(2, np.array(list(np.ndindex(*[13] * d))))[:200]
    for points in (x, corners):
        (y,) = session.run(None, {"x": points})
        assert np.allclose(y, f(points), rtol=1e-9, atol=1e-9)


def test_an_onnx_file_holds_the_rows_there_are(tmp_path: Path) -> None:
    rows = np.arange(0, 101**3, 50)
    features = np.random.default_rng(0).normal(size=(len(rows), 2)).astype(np.float16)
    grid = Grid(Box([0.0] * 3, [1.0] * 3), (100,), [features], [rows])
    f = Network([[[0.0, 0.0, 0.0, 1.0, -1.0]]], [[0.0]], grid=grid)
    path = f.save(tmp_path / "field.onnx")
    assert path.stat().st_size < 101**3 // 8 * 4 + 8 * features.nbytes + 10_000  # a table, and pages of 8 vertices
    x = np.random.default_rng(1).uniform(-0.1, 1.1, size=(300, 3))
    (y,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": x})
    assert np.allclose(y, f(x), rtol=1e-12, atol=1e-12)
    assert np.array_equal(read(path)(x), f(x))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("d", [1, 3])
def test_an_onnx_file_of_a_field_comes_back_where_nothing_was_changed(d: int, sparse: bool, tmp_path: Path) -> None:
    f = field(d, sparse=sparse)
    path = f.save(tmp_path / "field.onnx")
    x = np.random.default_rng(0).uniform(-0.6, 1.4, size=(50, d))
    assert np.array_equal(read(path)(x), f(x)) and (sparse or same(read(path), f))
    line = f.on_line([0.0] * d, [1.0] * d)
    assert np.array_equal(read(line.save(tmp_path / "line.onnx"))(x[:, :1]), line(x[:, :1]))
    model = onnx.load(path)
    next(node for node in model.graph.node if node.op_type == "Floor").op_type = "Ceil"
    onnx.save(model, tmp_path / "changed.onnx")
    with pytest.raises(NetworkError, match=r"Ceil|Div|TopK|Min"):
        read(tmp_path / "changed.onnx")


@pytest.mark.parametrize("key", ["features.1", "rows.2", "weights.0"])
def test_a_field_without_one_of_its_arrays_is_refused(key: str, tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save_file

    path = field(2).save(tmp_path / "field.safetensors")
    with safe_open(path, "numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys() if name != key}
        told = file.metadata()
    save_file(arrays, tmp_path / "part.safetensors", metadata=told)
    with pytest.raises((InputError, NetworkError)):
        read(tmp_path / "part.safetensors")


@pytest.mark.parametrize("damage", ["pages", "features", "name", "shape", "told"])
def test_a_damaged_field_in_onnx_raises_only_our_errors(damage: str, tmp_path: Path) -> None:
    grid = Grid(Box([-1] * 2, [1] * 2), (4,), [np.ones((5, 1), np.float32)], [np.array([3, 4, 9, 17, 20])])
    whole = Network([np.ones((3, 3)), np.ones((1, 3))], [np.zeros(3), np.zeros(1)], grid=grid)
    model = onnx.ModelProto.FromString(whole.save(tmp_path / "whole.onnx").read_bytes())
    values = {one.name: one for one in model.graph.initializer}
    pages, features = values["pages_0"], values["features_0"]
    if damage == "pages":
        pages.CopyFrom(onnx.numpy_helper.from_array(np.ones(4, np.int32), "pages_0"))
    elif damage == "features":
        features.CopyFrom(onnx.numpy_helper.from_array(np.ones((9, 1), np.float32), "features_0"))
    elif damage == "name":
        pages.name = "pages_7"
    elif damage == "shape":
        pages.CopyFrom(onnx.numpy_helper.from_array(np.ones((2, 3), np.int32), "pages_0"))
    else:
        next(one for one in model.metadata_props if one.key == "network").value = '{"grid": ' + "[" * 10**5
    (tmp_path / "bad.onnx").write_bytes(model.SerializeToString())
    try:
        assert not isinstance(read(tmp_path / "bad.onnx").grid, Grid)
    except FoldlineError:
        pass


@pytest.mark.parametrize("skips", [{}, {2: (0,)}])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_field_survives_torch(d: int, sparse: bool, skips: dict[int, tuple[int, ...]]) -> None:
    """It used to come out without its grid, a network of what the grid makes."""
    import torch

    f = field(d, sparse=sparse)
    if skips:
        wide = np.random.default_rng(0).normal(size=(8, 8 + f.grid.d_out))
        f = Network([f.weights[0], wide, f.weights[2]], f.biases, grid=f.grid, skips=skips)
    module = f.to_torch()
    x = np.concatenate([np.random.default_rng(0).uniform(-0.5, 1.3, (40, d)), f.grid.places(1, np.array([[1] * d]))])
    given = torch.from_numpy(x).requires_grad_()
    told = module(given)
    np.testing.assert_allclose(told.detach().numpy(), f(x), rtol=1e-11, atol=1e-11)
    told[:40, 0].sum().backward()
    inside = ((x > f.grid.box.lo) & (x < f.grid.box.hi)).all(axis=1)[:40]
    np.testing.assert_allclose(given.grad.numpy()[:40][inside], f.affine_map(x[:40][inside])[:, 0, :-1], atol=1e-9)
    assert all(p.grad is not None for p in module.parameters())
    again = Network.from_torch(module)
    assert np.array_equal(again(x), f(x)) and again.grid == f.grid
    with torch.no_grad():
        next(p for p in module.parameters() if p.shape == f.grid.features[0].shape)[0, 0] += 1e-12
    with pytest.raises(NetworkError, match=r"from_torch needs features that float32 holds; got .* module.float\(\)"):
        Network.from_torch(module)
    Network.from_torch(module.float())


def test_a_slice_of_a_field_has_no_torch_module() -> None:
    with pytest.raises(NetworkError, match=r"to_torch needs a field with its own inputs; got Slice.*network\.field"):
        field(2).on_line([0.0, 0.0], [1.0, 0.5]).to_torch()
