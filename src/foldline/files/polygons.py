"""What the numbers of a mesh file become: a Mesh, with what was mended and left out said in ``meta``.

meta["notes"]     one sentence each, for whoever reads the report
meta["repaired"]  counts: joined corners, concave polygons, ...
meta["ignored"]   {what: {"count", "faces"}}: polygons without area, repeated ones
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ears import convex_polygons
from ..errors import InputError
from ..mesh import Mesh, fault_of
from ..text import counted
from .lines import empty

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

LISTED = 20  # ignored faces named one by one in ``meta``; the count is always whole
MOVED = 1e-4  # of the longest side, by a number of fewer digits: what is not seen, nor printed
LARGEST = 1e100  # of a coordinate: a volume, its third power, is still a number

REPAIRS = {
    "joined": ("corner", "joined with another at the same place"),
    "written_twice": ("corner", "written twice in a row, kept once"),
    "concave": ("concave polygon", "cut into triangles at its ears"),
    "mirrored": ("polygon", "of a mirrored node, turned round"),
    "degenerate": ("polygon", "without area, left out"),
    "duplicate": ("duplicate polygon", "left out"),
}


def mesh_of(
    name: str, vertices: Array, corners: Index, offsets: Index, *, normals: bool = False, mirrored: int = 0,
    notes: Sequence[str] = (),
) -> Mesh:  # fmt: skip
    """Return the mesh of a file's numbers: equal positions joined, concave polygons cut, empty ones left out.

    normals    whether the vertices have normals, for what a point cloud is told
    mirrored   polygons that the reader turned round
    notes      what else it has to say
    raises     InputError for no faces, a vertex that is not finite or too large, a face that names a vertex that is not
               there
    """
    _check(name, vertices, corners, offsets, normals)
    repaired = {"mirrored": mirrored}
    vertices, corners, repaired["joined"] = _joined(vertices, corners)
    corners, offsets, repaired["written_twice"] = _written_once(corners, offsets)
    keep, ignored = _sound(vertices, corners, offsets)
    if not keep.any():
        raise empty(name, len(keep) if (np.diff(offsets) == 2).all() else 0)
    sizes = np.diff(offsets)
    corners, offsets = corners[np.repeat(keep, sizes)], np.concatenate([[0], np.cumsum(sizes[keep])])
    try:
        corners, offsets, _, repaired["concave"] = convex_polygons(vertices, corners, offsets)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return Mesh(vertices, corners, offsets, meta=_meta(name, repaired, ignored, notes))


def placed(points: Array, triangles: Index, place: Array) -> tuple[Array, Index, int]:
    """Return a part of a scene where an affine map (3, 4) puts it, and how many of its triangles that turned round.

    A map that mirrors turns what was outside inside, and each triangle with it.
    """
    mirrors = np.linalg.det(place[:, :3]) < 0
    with np.errstate(over="ignore", invalid="ignore"):  # refused with its vertex later
        moved = points @ place[:, :3].T + place[:, 3]
    return moved, triangles[:, ::-1] if mirrors else triangles, len(triangles) if mirrors else 0


def _meta(
    name: str, repaired: Mapping[str, int], ignored: Mapping[str, list[int]], notes: Sequence[str]
) -> dict[str, Any]:
    meta: dict[str, Any] = {"source": name}
    if ignored:
        meta["ignored"] = {what: {"count": len(at), "faces": at[:LISTED]} for what, at in ignored.items()}
    if any(repaired.values()):
        meta["repaired"] = {what: n for what, n in repaired.items() if n}
    counts = {**repaired, **{what: len(at) for what, at in ignored.items()}}
    said = [*notes, *(counted(counts[what], *words) for what, words in REPAIRS.items() if counts.get(what))]
    return meta | ({"notes": said} if said else {})


def _check(name: str, vertices: Array, corners: Index, offsets: Index, normals: bool) -> None:
    if len(offsets) < 2:
        raise point_cloud(name, len(vertices), normals) if len(vertices) else empty(name)
    fault = fault_of(vertices, corners, offsets)
    if fault:
        raise InputError(f"{name}: a mesh needs {fault}. Repair the mesh, or export it again.")
    bad = np.flatnonzero((np.abs(vertices) > LARGEST).any(axis=1))
    if bad.size:
        raise InputError(
            f"{name}: a mesh needs coordinates of at most {LARGEST:.0e}; got vertex {bad[0]} = "
            f"{vertices[bad[0]].tolist()}. Scale the mesh."
        )


def point_cloud(name: str, n: int, normals: bool = False) -> InputError:
    """Return the error for a file of points without polygons."""
    what = f"a point cloud of {n:,} points{' with normals' * normals}"
    first = "" if normals else "estimate normals, then "
    return InputError(
        f"{name}: a mesh needs polygons; got {what}. Make a surface of it first (in MeshLab: {first}Screened Poisson), "
        "or fit the points themselves: save them as .xyz, a line a point, or as .ply without faces."
    )


def _joined(vertices: Array, corners: Index) -> tuple[Array, Index, int]:
    """Equal positions as one vertex, the first of them; and how many others there were."""
    vertices = vertices + 0.0  # -0 is 0
    first, kinds = distinct(vertices)
    if len(first) == len(vertices):
        return vertices, corners, 0
    order = np.argsort(first)
    number = np.empty(len(first), dtype=np.int64)
    number[order] = np.arange(len(first))
    return vertices[first[order]], number[kinds][corners], len(vertices) - len(first)


def _written_once(corners: Index, offsets: Index) -> tuple[Index, Index, int]:
    """Polygons without the corners that repeat the one before, and how many these were in polygons that remain."""
    sizes = np.diff(offsets)
    before = np.arange(len(corners)) - 1
    full = sizes > 0
    before[offsets[:-1][full]] = offsets[1:][full] - 1
    keep = corners != corners[before]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    left = np.bincount(owner[keep], minlength=len(sizes))
    twice = int((sizes - left)[left > 2].sum())
    return corners[keep], np.concatenate([[0], np.cumsum(left)]), twice


def _sound(vertices: Array, corners: Index, offsets: Index) -> tuple[Mask, dict[str, list[int]]]:
    """Which polygons stay; and the others, by what is wrong.

    A needle (corners in a row) or a second copy stays where the border of the mesh would open without it.
    """
    flat, duplicate = _without_area(vertices, corners, offsets), _repeated(corners, offsets)
    duplicate &= ~flat
    drop = flat | duplicate
    for some in (flat, duplicate):
        if some.any() and _open_edges(vertices, corners, offsets, drop & ~some) < _open_edges(
            vertices, corners, offsets, drop
        ):
            drop &= ~some | (np.diff(offsets) < 3)
    found = {"degenerate": np.flatnonzero(flat & drop).tolist(), "duplicate": np.flatnonzero(duplicate & drop).tolist()}
    return ~drop, {what: at for what, at in found.items() if at}


def _open_edges(vertices: Array, corners: Index, offsets: Index, drop: Mask) -> int:
    """Edges run along more often one way than the other, without some polygons."""
    uses = Mesh(vertices, corners, offsets).without_faces(drop).edge_uses
    return int(np.count_nonzero(uses[:, 0] != uses[:, 1]))


def _without_area(vertices: Array, corners: Index, offsets: Index) -> Mask:
    """Polygons of fewer than three corners, or whose vector area (Newell) is exactly zero."""
    sizes = np.diff(offsets)
    flat = sizes < 3
    for k in np.unique(sizes[sizes >= 3]).tolist():
        faces = np.flatnonzero(sizes == k)
        loops = vertices[corners[offsets[faces][:, None] + np.arange(k)]]
        rays = loops[:, 1:] - loops[:, :1]
        scale = np.abs(rays).max(axis=(1, 2), initial=0.0, keepdims=True)
        rays = np.divide(rays, scale, out=np.zeros_like(rays), where=scale > 0)
        flat[faces] = ~np.cross(rays[:, :-1], rays[:, 1:]).sum(axis=1).any(axis=1)
    return flat


def _repeated(corners: Index, offsets: Index) -> Mask:
    """Polygons with the corners of an earlier one, in the same round; one facing the other way is another polygon."""
    sizes = np.diff(offsets)
    again = np.zeros(len(sizes), dtype=bool)
    for k in np.unique(sizes[sizes >= 3]).tolist():
        faces = np.flatnonzero(sizes == k)
        loops = corners[offsets[faces][:, None] + np.arange(k)]
        turn = (loops.argmin(axis=1)[:, None] + np.arange(k)) % k
        first, _ = distinct(np.take_along_axis(loops, turn, axis=1))
        again[faces] = True
        again[faces[first]] = False
    return again


def distinct(rows: NDArray[Any]) -> tuple[Index, Index]:
    """Return the first of each kind of row, in sorted order, and which of these each row is; np.unique takes 4x longer.

    >>> [each.tolist() for each in distinct(np.array([[2], [1], [2]]))]
    [[1, 0], [1, 0, 1]]
    """
    order = np.lexsort(rows.T[::-1])
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[order[1:]] != rows[order[:-1]]).any(axis=1)
    kinds = np.empty(len(rows), dtype=np.int64)
    kinds[order] = np.cumsum(new) - 1
    return order[new], kinds


def ragged(lists: Sequence[Sequence[int]]) -> tuple[Index, Index]:
    """Return lists one after another, and where each starts."""
    sizes = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    flat = np.fromiter((v for values in lists for v in values), dtype=np.int64, count=int(sizes.sum()))
    return flat, np.concatenate([[0], np.cumsum(sizes)])


def strips(corners: Index, sizes: Index) -> Index:
    """Return the triangles of strips, (T, 3): every second one turned, -1 starts anew, those that join strips left out.

    >>> strips(np.array([0, 1, 2, 3, -1, 4, 5, 6]), np.array([8])).tolist()
    [[0, 1, 2], [2, 1, 3], [4, 5, 6]]
    """
    first, inside = _runs(corners, sizes)
    at = np.flatnonzero(inside[:-2] & inside[1:-1] & inside[2:] & (first[2:] == first[:-2]))
    odd = (at - first[at]) % 2
    triangles = np.stack([corners[at + odd], corners[at + 1 - odd], corners[at + 2]], axis=1)
    a, b, c = triangles.T
    return np.asarray(triangles[(a != b) & (b != c) & (a != c)])


def fans(corners: Index, sizes: Index) -> Index:
    """Return the triangles of fans, (T, 3), each round the first corner of its list; -1 starts anew.

    >>> fans(np.array([0, 1, 2, 3]), np.array([4])).tolist()
    [[0, 1, 2], [0, 2, 3]]
    """
    first, inside = _runs(corners, sizes)
    later = np.arange(len(corners) - 1) > first[:-1]
    at = np.flatnonzero(inside[:-1] & inside[1:] & (first[1:] == first[:-1]) & later)
    return np.stack([corners[first[at]], corners[at], corners[at + 1]], axis=1)


def _runs(corners: Index, sizes: Index) -> tuple[Index, Mask]:
    """Where the strip of each corner starts, and which corners are none but a new start."""
    inside = corners != -1
    start = np.zeros(len(corners) + 1, dtype=bool)
    start[np.concatenate([[0], np.cumsum(sizes)])] = True
    start[1:][~inside] = True
    return np.maximum.accumulate(np.where(start[:-1], np.arange(len(corners)), 0)), inside


def in_float32(mesh: Mesh, kind: str) -> NDArray[np.float32]:
    """Return a mesh's vertices as a format that has no wider numbers holds them.

    raises   InputError where that moves one by more than MOVED of the longest side: beyond float32, or far from 0
    """
    if not mesh.n_faces:
        return mesh.vertices.astype("<f4")
    with np.errstate(over="ignore", invalid="ignore"):
        found = mesh.vertices.astype("<f4")
        lo, hi = mesh.bounds
        moved = np.abs(found.astype(np.float64) - mesh.vertices)[np.unique(mesh.corners)].max()
    if not moved <= MOVED * (hi - lo).max():
        raise InputError(
            f"{kind} needs coordinates that float32 keeps to {MOVED:g} of the longest side; got {lo.tolist()} to "
            f"{hi.tolist()}. Save it as .ply, .obj or .off, or move it towards 0."
        )
    return found
