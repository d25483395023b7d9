"""Short ways round handles and through them, on meshes whose handles are known."""

from __future__ import annotations

import numpy as np
import pytest

import foldline as fl
from foldline.exact.mend.handles import handle_loops

from ..test_mesh import torus


def spiked_torus() -> fl.Mesh:
    """A torus whose polygons are triangles, its vertices in another order."""
    mesh = torus(24, 12)
    four = mesh.corners.reshape(-1, 4)
    order = np.random.default_rng(0).permutation(mesh.n_vertices)
    points = np.empty_like(mesh.vertices)
    points[order] = mesh.vertices
    return fl.Mesh.of_polygons(points, order[np.concatenate([four[:, :3], four[:, [0, 2, 3]]])])


@pytest.mark.parametrize("mesh", [torus(24, 12), spiked_torus()], ids=["quads", "triangles"])
def test_a_torus_has_a_way_round_and_a_way_through(mesh: fl.Mesh) -> None:
    ways = sorted(handle_loops(mesh), key=len)
    edges = {tuple(edge) for edge in mesh.edges.tolist()}
    for way in ways:
        assert all(tuple(sorted(pair)) in edges for pair in zip(way.tolist(), np.roll(way, -1).tolist(), strict=True))
    sizes = [np.ptp(mesh.vertices[way], axis=0).max() for way in ways]
    assert len(ways) == 2 and sizes[0] < 0.7 and sizes[1] > 1.3  # the tube is 0.6 thick, its hole 1.4 wide


def test_two_tori_have_four_ways_and_a_ball_none() -> None:
    one = torus(12, 8)
    two = fl.Mesh(
        np.concatenate([one.vertices, one.vertices + 5]),
        np.concatenate([one.corners, one.corners + one.n_vertices]),
        np.concatenate([one.offsets, one.offsets[1:] + len(one.corners)]),
    )
    assert len(list(handle_loops(two))) == 4
    box = fl.Mesh.of_polygons(np.eye(4, 3), [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    assert not list(handle_loops(box)) and not list(handle_loops(one.reordered(np.arange(40))))  # which is open
