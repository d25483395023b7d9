"""Representations measured by others: distances of each pair beside dense samples, and each file to each other."""

from __future__ import annotations

import io
from functools import partial
from itertools import product
from math import log, pi
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree
from typer.testing import CliRunner

import foldline as fl
from foldline import forms
from foldline.cli import app
from foldline.data.families import solids
from foldline.files.voxels import read_binvox
from foldline.forms import Form, compared, convert, form_at, form_bytes, kind_of
from foldline.voxels import Voxels, vertices

from .files.test_threemf import model, package, solid

N, PLACES, DENSE = 8, 2000, 40_000
TURNS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
FACE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


def octahedron() -> fl.Network:
    """|x| + |y| + |z| - 0.55, in no grid."""
    return fl.Network([np.vstack([np.eye(3), -np.eye(3)]), np.ones((1, 6))], [np.zeros(6), [-0.55]])


MESH = solids(1, families=("torus",), seed=4)[0].mesh
SOURCES = {"mesh": MESH, "voxels": convert(MESH, "voxels", n=N), "distances": convert(MESH, "distances", n=N),
           "field": convert(MESH, "network", n=N), "network": octahedron()}  # fmt: skip
FILES = {"mesh": ".ply", "voxels": ".npz", "binvox": ".binvox", "points": ".ply", "distances": ".npz",
         "network": ".safetensors"}  # fmt: skip


def slow(value: str) -> Any:
    """A value whose test takes its time: others like it do not."""
    return pytest.param(value, marks=pytest.mark.slow)


def triangles_of(form: Form) -> trimesh.Trimesh:
    """The surface of a representation, by none of the library's own geometry."""
    if isinstance(form, fl.Mesh):
        made = trimesh.load(io.BytesIO(form_bytes(form, Path("a.ply"))), file_type="ply")
        assert isinstance(made, trimesh.Trimesh)
        return made
    if isinstance(form, Voxels):
        return squares(form)
    if isinstance(form, fl.Network) and form.grid is None:
        return trimesh.convex.convex_hull(0.55 * np.vstack([np.eye(3), -np.eye(3)]))
    box = form.grid.box if isinstance(form, fl.Network) else form.box
    n = form.grid.sizes[-1] if isinstance(form, fl.Network) else len(form.values) - 1
    at = vertices(box, n)
    return tetrahedra(
        at, form(at.reshape(-1, 3)).reshape(at.shape[:3]) if isinstance(form, fl.Network) else form.values
    )


def squares(voxels: Voxels) -> trimesh.Trimesh:
    """The sides of filled voxels with an empty one beyond."""
    filled, found = np.pad(voxels.filled, 1), []
    for axis in range(3):
        at = np.argwhere(np.diff(filled.astype(int), axis=axis)) - 1  # of the voxel before the side
        others = [k for k in range(3) if k != axis]
        corners = np.repeat(at[:, None] + np.eye(3, dtype=int)[axis], 4, axis=1)
        corners[:, :, others] += FACE
        found.append(corners)
    size = (voxels.box.hi - voxels.box.lo) / voxels.filled.shape
    corners = voxels.box.lo + np.concatenate(found).reshape(-1, 3) * size
    quads = np.arange(len(corners)).reshape(-1, 4)
    return trimesh.Trimesh(corners, np.vstack([quads[:, :3], quads[:, [0, 2, 3]]]), process=False)


def tetrahedra(at: np.ndarray, values: np.ndarray) -> trimesh.Trimesh:
    """Where values that are linear on the six tetrahedra of each cell about its diagonal begin to be above 0."""
    n, found = len(values) - 1, []
    cells = np.indices((n, n, n)).reshape(3, -1).T
    for turn in TURNS:
        steps = np.cumsum(np.vstack([np.zeros((1, 3), int), np.eye(3, dtype=int)[list(turn)]]), axis=0)
        corner = tuple((cells[:, None] + steps).transpose(2, 0, 1))
        v, p = values[corner], at[corner]
        for number in (1, 2, 3):
            some = (v <= 0).sum(axis=1) == number
            order = np.argsort(v[some] > 0, axis=1, kind="stable")
            w, q = np.take_along_axis(v[some], order, 1), np.take_along_axis(p[some], order[:, :, None], 1)
            ends = list(product(range(number), range(number, 4)))
            cut = np.stack(
                [q[:, a] + (w[:, a] / (w[:, a] - w[:, b]))[:, None] * (q[:, b] - q[:, a]) for a, b in ends], 1
            )
            found.extend([cut] if number != 2 else [cut[:, [0, 1, 2]], cut[:, [1, 3, 2]]])
    corners = np.concatenate(found).reshape(-1, 3)
    return trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3), process=False)


def sampled(form: Form, n: int, seed: int) -> tuple[np.ndarray, float]:
    """Points spread at random over a surface, and its area; those of a cloud, and none."""
    if isinstance(form, fl.Cloud):
        return form.points, 0.0
    surface = triangles_of(form)
    return np.asarray(trimesh.sample.sample_surface(surface, n, seed=seed)[0]), float(surface.area)


def gap(area: float, n: int) -> float:
    """How far a place of a surface is from n points spread over it at most: farther once in a million draws."""
    return (area * (log(n) + 14) / (pi * n)) ** 0.5


def check_one_way(claimed: tuple[float, float], source: Form, to: Form) -> None:
    """Hold a mean and a largest distance against those of other points to dense ones.

    Both means are of random points: four standard errors.  The largest distances are below the true one by less than
    the points' gaps, as distance changes no faster than the place.  Dense points are farther than the surface is, by
    half their spacing on average where they lie in it.
    """
    places, area = sampled(source, PLACES, 1)
    dense, spread = sampled(to, DENSE, 2)
    far = cKDTree(dense).query(places)[0]
    error = 0.0 if isinstance(source, fl.Cloud) else 8 * far.std() / PLACES**0.5
    extra = 0.5 * (spread / DENSE) ** 0.5
    assert -error - 1e-9 <= far.mean() - claimed[0] <= error + 1.1 * extra + 1e-9
    between = 0.0 if isinstance(source, fl.Cloud) else gap(area, PLACES)
    assert abs(far.max() - claimed[1]) <= between + gap(spread, DENSE) + 1e-9


@pytest.mark.parametrize("to", FILES)
@pytest.mark.parametrize("source", ["mesh", "voxels", "distances", slow("field"), "network"])
def test_distances_claimed_of_a_pair_are_those_that_others_measure(source: str, to: str, tmp_path: Path) -> None:
    given, kind = SOURCES[source], "voxels" if to == "binvox" else to
    path = tmp_path / f"made{FILES[to]}"
    path.write_bytes(form_bytes(convert(given, kind, n=N, points=500), path))
    made = read_binvox(path) if to == "binvox" else form_at(path)
    assert kind_of(made) == kind
    found = compared(given, made, places=PLACES)
    check_one_way(found.there, given, made)
    check_one_way(found.back, made, given)


# Files

MESHES, NETWORKS, CLOUDS = (".ply", ".obj", ".off", ".stl", ".glb"), (".safetensors", ".npz", ".onnx"), (".xyz", ".npy")
READ_ONLY = (".3mf", ".pts", ".pcd", ".asc", ".gltf", ".wav", ".csv", ".txt", ".nosuch", "")
NAMES = tuple(dict.fromkeys([*MESHES, *NETWORKS, ".binvox", *CLOUDS, *READ_ONLY]))
CUBE = fl.Mesh.of_polygons(np.indices((2, 2, 2)).reshape(3, -1).T, [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1],
                           [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each format that holds a representation, by its kind and suffix."""
    out, table = tmp_path_factory.mktemp("files"), {}
    grid = convert(CUBE, "network", n=4)
    forms = {"mesh": (CUBE, MESHES), "network": (grid, NETWORKS), "voxels": (
        convert(CUBE, "voxels", n=4), (".npz", ".binvox")), "distances": (
        convert(CUBE, "distances", n=4), (".npz",)), "points": (
        convert(CUBE, "points", points=20), (*CLOUDS, ".ply"))}  # fmt: skip
    for kind, (form, ends) in forms.items():
        for end in ends:
            table[f"{kind}{end}"] = out / f"{kind}{end}"
            table[f"{kind}{end}"].write_bytes(form_bytes(form, out / f"a{end}"))
    table["mesh.3mf"] = out / "mesh.3mf"
    table["mesh.3mf"].write_bytes(package(model(solid(1, CUBE.vertices.tolist(), CUBE.triangles[0].tolist(), "model"))))
    return table


KINDS = ("mesh.ply", "mesh.obj", "mesh.off", "mesh.stl", "mesh.glb", "mesh.3mf", "network.safetensors", "network.npz",
         "network.onnx", "voxels.npz", "voxels.binvox", "distances.npz", "points.xyz", "points.npy",
         "points.ply")  # fmt: skip


QUICK = ("mesh.ply", "points.ply")


def kind_made(source: str, end: str) -> str | None:
    """What a file of one kind becomes under a name; None where it is refused."""
    if source == "points":
        return "points" if end in (".ply", *CLOUDS) else None
    if end == ".npz":
        return source if source in ("network", "voxels") else "distances"
    known = {**dict.fromkeys(MESHES, "mesh"), **dict.fromkeys(NETWORKS, "network"), **dict.fromkeys(CLOUDS, "points")}
    return {**known, ".binvox": "voxels"}.get(end)


@pytest.mark.parametrize("source", [kind if kind in QUICK else slow(kind) for kind in KINDS])
def test_each_file_becomes_each_other_or_is_refused_with_the_reason(
    source: str, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "compared", partial(compared, places=50))
    for end in NAMES:
        out = tmp_path / f"out{end}"
        ran = CliRunner().invoke(app, ["convert", str(files[source]), str(out), "--n", "4", "--n-points", "20", "-q"])
        made = kind_made(source.split(".")[0], end)
        if made is None:
            assert ran.exit_code == 2 and "needs" in ran.stderr and not out.exists(), (source, end, ran.output)
            assert "points have no surface" in ran.stderr or "Rename it" in ran.stderr, (source, end, ran.output)
        else:
            assert ran.exit_code == 0, (source, end, ran.output)
            assert kind_of(form_at(out)) == made, (source, end)
