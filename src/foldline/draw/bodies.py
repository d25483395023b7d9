"""Meshes on matplotlib's axes: in space, or on paper as one sees them from afar."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..colour import region_index, region_palette, rgb, series
from ..mesh import Mesh
from .axes import among, axes_of
from .camera import Camera, painted, shaded
from .paper import PHOTO, polygons

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SURFACES = ("shape", "region")
EYE = Camera(35.0, 25.0)


def plot_mesh(mesh: Mesh, ax: Axes | None = None, *, colour: str = "shape", **artist: Any) -> Axes:
    """Return the axes with a mesh's polygons, shaded, drawn on them.

    ax       new ones in space unless given; on axes of a plane the mesh is drawn as one sees it from afar
    colour   "shape" one colour; "region" a quiet colour a polygon
    artist   matplotlib's words for the polygons
    """
    among("colour", colour, SURFACES)
    ax, fresh = axes_of(ax, solid=True)
    names = mesh.face_values.get("region", np.arange(mesh.n_faces))
    alike = np.repeat(rgb(series(0.3))[:1], mesh.n_faces, axis=0)
    palette = region_palette()[region_index(names)] if colour == "region" else alike
    if ax.name != "3d":
        shapes, which, shade = painted(mesh, EYE, behind=not mesh.closed)
        look: dict[str, Any] = {"edge": "face", "width": 0.2, "gid": PHOTO} | artist
        polygons(ax, shapes, shaded(palette[which], shade), **look)
        ax.set_aspect("equal")
        return ax
    return _in_space(ax, mesh, palette, artist, fresh)


def _in_space(ax: Any, mesh: Mesh, palette: NDArray[np.uint8], artist: dict[str, Any], fresh: bool) -> Axes:
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    light = EYE.axes[2]
    shade = 0.55 + 0.45 * np.abs(mesh.normals @ light)
    corners = mesh.vertices[mesh.corners]
    faces = [corners[a:b] for a, b in pairwise(mesh.offsets.tolist())]
    own: dict[str, Any] = {"facecolors": shaded(palette, shade), "linewidths": 0, "gid": PHOTO}
    ax.add_collection3d(Poly3DCollection(faces, **(own | artist)))
    if fresh and len(faces):
        lo, hi = mesh.bounds
        flat = 0.05 * ((hi - lo).max() or 1.0) * (hi == lo)  # a mesh in one plane still has room
        lo, hi = lo - flat, hi + flat
        ax.set(xlim=(lo[0], hi[0]), ylim=(lo[1], hi[1]), zlim=(lo[2], hi[2]), xlabel="x", ylabel="y", zlabel="z")
        ax.set_box_aspect(hi - lo)
    return ax  # type: ignore[no-any-return]
