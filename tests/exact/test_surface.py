"""The exact level set: counts, both engines, the certificate, degenerate weights, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foldline import Box, Network
from foldline.exact.surface import surface

NETS = Path(__file__).parent.parent / "nets"
CUBE = Box([-1, -1, -1], [1, 1, 1])


def stored(name: str) -> Network:
    arrays = np.load(NETS / f"{name}.npz")
    n = sum(key.startswith("W") for key in arrays)
    return Network([arrays[f"W{i}"] for i in range(n)], [arrays[f"b{i}"] for i in range(n)])


def test_the_sphere_and_torus_have_790_polygons() -> None:
    mesh = surface(stored("sdf3_3x16"), CUBE)
    assert (mesh.n_faces, mesh.n_vertices, mesh.n_edges, mesh.euler) == (790, 790, 1580, 0)
    assert mesh.closed and mesh.meta["certified"] and mesh.meta["complete"]
