"""What foldline writes as PLY opens in the readers people use; the heavy ones are tried where they are installed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foldline as fl
from foldline import Mesh
from foldline.files.formats import write

Found = tuple[int, int, float]  # vertices, triangles of all polygons, volume


def volume_of(vertices: Any, triangles: Any) -> float:
    a, b, c = np.asarray(vertices, dtype=np.float64)[np.asarray(triangles).T]
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def fans(cells: list[Any]) -> Any:
    return np.array([[cell[0], cell[k], cell[k + 1]] for cell in cells for k in range(1, len(cell) - 1)])


def by_trimesh(path: Path) -> Found:
    trimesh = pytest.importorskip("trimesh")
    found = trimesh.load_mesh(path, process=False)
    return len(found.vertices), len(found.faces), found.volume


def by_meshio(path: Path) -> Found:
    meshio = pytest.importorskip("meshio")
    found = meshio.read(path)
    triangles = fans([cell for block in found.cells for cell in block.data])
    return len(found.points), len(triangles), volume_of(found.points, triangles)


def by_open3d(path: Path) -> Found:
    open3d = pytest.importorskip("open3d")
    found = open3d.io.read_triangle_mesh(str(path))
    return len(found.vertices), len(found.triangles), volume_of(found.vertices, found.triangles)


def by_meshlab(path: Path) -> Found:
    pymeshlab = pytest.importorskip("pymeshlab")
    meshes = pymeshlab.MeshSet()
    meshes.load_new_mesh(str(path))
    found = meshes.current_mesh()
    return found.vertex_number(), found.face_number(), volume_of(found.vertex_matrix(), found.face_matrix())


def by_blender(path: Path) -> Found:
    bpy = pytest.importorskip("bpy")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.ply_import(filepath=str(path), forward_axis="Y", up_axis="Z")
    found = bpy.context.object.data
    vertices, triangles = [v.co[:] for v in found.vertices], fans([p.vertices[:] for p in found.polygons])
    return len(vertices), len(triangles), volume_of(vertices, triangles)


def level_set() -> Mesh:
    """The zero set of a network: triangles to hexagons, with gradients, regions and patterns."""
    rng = np.random.default_rng(3)
    W = rng.normal(size=(9, 3))
    net = fl.Network([W, np.abs(rng.normal(size=(1, 9)))], [0.1 * rng.normal(size=9), [-0.7]])
    found = fl.surface(net, fl.Box([-4, -4, -4], [4, 4, 4])).mesh
    assert found.closed and len(np.unique(np.diff(found.offsets))) > 3
    return found


def prism(n: int, **values: Any) -> Mesh:
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    walls = [[i, (i + 1) % n, n + (i + 1) % n, n + i] for i in range(n)]
    faces = [list(range(n))[::-1], list(range(n, 2 * n)), *walls]
    return Mesh.of_polygons(np.concatenate([ring, ring + np.eye(3)[2]]), faces, **values)


MESHES: dict[str, Callable[[], Mesh]] = {
    "surface": level_set,
    "plain": lambda: prism(7),
    "triangles": lambda: prism(5).in_triangles(),
    "values of vertices": lambda: prism(
        6, vertex_values={"color": np.full((12, 3), 200), "error": np.linspace(0, 1, 12)}
    ),
    "colours of polygons": lambda: prism(6, face_values={"color": np.full((8, 4), 200), "key": np.arange(8) * 2**40}),
    "more corners than a byte counts": lambda: prism(300, face_values={"key": np.arange(302)}),
    "regions": lambda: prism(4, face_values={"flag": np.arange(6) > 2}),
}


@pytest.mark.parametrize("reader", [by_trimesh, by_meshio, by_open3d, by_meshlab, by_blender])
@pytest.mark.parametrize("name", MESHES)
def test_a_saved_ply_opens_in_every_reader(tmp_path: Path, name: str, reader: Callable[[Path], Found]) -> None:
    mesh = MESHES[name]()
    path = mesh.save(tmp_path / "a.ply")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their own
        n_vertices, n_triangles, volume = reader(path)
    assert (n_vertices, n_triangles) == (mesh.n_vertices, len(mesh.triangles[0]))
    assert volume == pytest.approx(mesh.volume, rel=1e-5)


def test_the_regions_of_three_inputs_open_too(tmp_path: Path) -> None:
    net = fl.Network([np.eye(3), np.ones((1, 3))], [[0.1, 0.2, 0.3], [0]])
    path = write("regions", fl.regions(net, fl.Box([-1, -1, -1], [1, 1, 1])), tmp_path / "a.ply", 3)
    assert by_trimesh(path)[0] == by_meshio(path)[0] == 27
