"""The border of what the parts of a mesh fill together: polygons cut where they cross, and those inside left out.

Triangles are cut along the segments in which others meet them, so that each piece has the same before it everywhere,
and the same behind it.  Winding numbers on its two sides tell whether it is a border (Jacobson et al. 2013; Zhou et al.
2016, "Mesh arrangements for solid geometry", whose arrangement is exact where this one rounds to 1e-9 of the mesh).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..mesh import INSIDE, Mesh

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Segment = tuple[Array, Array]

SAME = 1e-9  # points of a mesh of size 2 that are no farther apart are one: rounding is 1e-16 over the sine of an angle
BESIDE = 1e-4  # from a polygon's point to what lies before and behind it; libigl's winding numbers are single precision
SHARE = 0.05  # of a small piece's inner radius instead: others that cross its plane by more than 3 degrees are beyond
MOST_EXACT = 10**9  # solid angles in doubles; with more, small pieces are told in single precision, too
LAYER = 0.5  # a polygon by itself makes the winding number jump by 1, two back to back by 0, two alike by 2


def outer(mesh: Mesh, part: Index) -> Mesh:
    """Return the border of the union of a mesh's parts, facing outward: closed where the parts are, and cut exactly.

    mesh   facing outward, its longest side about 2
    part   (F,) the part of each polygon: where polygons of two coincide, that of the first stays
    cost   a tree of boxes, a loop over the pairs of triangles that cross, two winding numbers a piece

    >>> from foldline.data.border import border
    >>> corners = np.stack(np.meshgrid(*[[0.0, 1.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
    >>> sides = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    >>> two = Mesh.of_polygons(np.concatenate([corners, corners + 0.5]), np.concatenate([sides, sides + 8]))
    >>> round(outer(two, np.repeat([0, 1], 6)).volume, 9)
    1.875
    """
    triangles, owner = mesh.triangles
    corners = mesh.vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1)
    solid = length > SAME**2
    corners, triangles, owner = corners[solid], triangles[solid], owner[solid]
    normals = normals[solid] / length[solid, None]
    segments = _segments(corners, normals, triangles)
    pieces, of = _pieces(corners, normals, segments)
    middle, step = corners[of].mean(axis=1), np.full(len(of), BESIDE)
    for k in np.flatnonzero(np.isin(of, list(segments))).tolist():
        middle[k], step[k] = pieces[k].mean(axis=0), min(SHARE * _inner_radius(pieces[k]), BESIDE)
    kept = _borders(mesh, pieces, middle, step[:, None] * normals[of], part[owner[of]])
    return _closed([pieces[i] for i in kept])


def _segments(corners: Array, normals: Array, names: Index) -> dict[int, list[Segment]]:
    """Where others meet each triangle in more than a point, but not all over."""
    first, second = _boxes_meet(corners.min(axis=1) - SAME, corners.max(axis=1) + SAME).T
    shared = (names[first][:, :, None] == names[second][:, None, :]).any(axis=2).sum(axis=1)
    along = np.cross(normals[first], normals[second])
    size = np.linalg.norm(along, axis=1)
    some = (shared < 2) & (size > SAME)
    first, second, along = first[some], second[some], along[some] / size[some, None]
    lo_a, hi_a, _ = _on_plane(corners[first], corners[second], normals[second], along)
    lo_b, hi_b, at = _on_plane(corners[second], corners[first], normals[first], along)
    start, end = np.maximum(lo_a, lo_b), np.minimum(hi_a, hi_b)
    found: dict[int, list[Segment]] = {}
    for k in np.flatnonzero(end - start > SAME).tolist():
        ends = at[k] + (start[k] - lo_b[k]) * along[k], at[k] + (end[k] - lo_b[k]) * along[k]
        for i in (int(first[k]), int(second[k])):
            found.setdefault(i, []).append(ends)
    return found


def _on_plane(corners: Array, other: Array, normal: Array, along: Array) -> tuple[Array, Array, Array]:
    """Of triangles, the least and the largest place along a line of what lies on the planes of others; the least."""
    height = np.einsum("ijk,ik->ij", corners - other[:, :1], normal)
    height[np.abs(height) <= SAME] = 0.0
    after = np.roll(height, -1, axis=1)
    crosses = height * after < 0
    share = np.where(crosses, height / np.where(crosses, height - after, 1.0), 0.0)
    points = corners + share[:, :, None] * (np.roll(corners, -1, axis=1) - corners)
    there = crosses | (height == 0)
    place = np.einsum("ijk,ik->ij", points, along)
    low, high = np.where(there, place, np.inf), np.where(there, place, -np.inf)
    return low.min(axis=1), high.max(axis=1), points[np.arange(len(points)), low.argmin(axis=1)]


def _boxes_meet(lo: Array, hi: Array) -> Index:
    """Pairs of boxes that meet, (m, 2): down a tree over the boxes in Morton's order, both ways at once."""
    order = np.argsort(_morton((lo + hi) / 2), kind="stable")
    depth = int(len(lo) - 1).bit_length()
    empty = 2**depth - len(lo)
    levels = [(np.pad(lo[order], ((0, empty), (0, 0)), constant_values=np.inf),
               np.pad(hi[order], ((0, empty), (0, 0)), constant_values=-np.inf))]  # fmt: skip
    for _ in range(depth):
        low, high = levels[-1]
        levels.append((np.minimum(low[::2], low[1::2]), np.maximum(high[::2], high[1::2])))
    a = b = np.zeros(1, dtype=np.int64)
    for low, high in reversed(levels[:-1]):
        a, b = (np.concatenate([2 * each + i for i in ends]) for each, ends in ((a, (0, 0, 1, 1)), (b, (0, 1, 0, 1))))
        meet = (a <= b) & (low[a] <= high[b]).all(axis=1) & (low[b] <= high[a]).all(axis=1)
        a, b = a[meet], b[meet]
    return order[np.stack([a, b], axis=1)[a < b]]


def _morton(at: Array) -> Index:
    size = np.maximum(np.ptp(at, axis=0).max(), SAME)
    cell = ((at - at.min(axis=0)) / size * 1023).astype(np.int64)
    return np.asarray(sum((cell[:, k] >> bit & 1) << (3 * bit + k) for bit in range(10) for k in range(3)))


def _pieces(corners: Array, normals: Array, segments: dict[int, list[Segment]]) -> tuple[list[Array], Index]:
    """All triangles, cut along their segments, and the triangle that each piece is of."""
    pieces, of = [], []
    for i, triangle in enumerate(corners):
        parts = [triangle]
        for ends in segments.get(i, ()):
            parts = [piece for part in parts for piece in _cut(part, normals[i], *ends)]
        pieces += parts
        of += [i] * len(parts)
    return pieces, np.array(of, dtype=np.int64)


def _cut(polygon: Array, normal: Array, start: Array, end: Array) -> list[Array]:
    """A convex polygon cut along the line of a segment that passes through its inside; else as it is."""
    length = np.linalg.norm(end - start)
    along = (end - start) / length
    side = (polygon - start) @ np.cross(normal, along)
    side[np.abs(side) <= SAME] = 0.0
    if side.max() <= 0 or side.min() >= 0:
        return [polygon]
    after = np.roll(side, -1)
    halves: tuple[list[Array], list[Array]] = ([], [])
    for a, s, b, t in zip(polygon, side, np.roll(polygon, -1, axis=0), after, strict=True):
        for half, sign in zip(halves, (1, -1), strict=True):
            if s * sign >= 0:
                half.append(a)
            if s * t < 0:
                half.append(a + s / (s - t) * (b - a))
    on = [float((p - start) @ along) for p in halves[0] if abs((p - start) @ np.cross(normal, along)) <= SAME]
    if min(max(on), float(length)) - max(min(on), 0.0) <= SAME:
        return [polygon]
    return [np.array(half) for half in halves]


def _borders(mesh: Mesh, pieces: list[Array], middle: Array, step: Array, part: Index) -> Index:
    """The pieces that have the solid on one side alone, a step from their middle; of those that coincide, the first."""
    near = np.linalg.norm(step, axis=1) < 0.99 * BESIDE
    before, behind = np.split(_winding(mesh, np.concatenate([middle + step, middle - step]), np.tile(near, 2)), 2)
    jump = np.abs(behind - before)
    within, without = (before > INSIDE) & (behind > INSIDE), (before <= INSIDE) & (behind <= INSIDE)
    kept = ~within & ~(without & (jump > LAYER))
    twice = np.flatnonzero(kept & (jump > 1 + LAYER))
    for one in np.unique(part[twice])[1:]:
        ours = twice[part[twice] == one]
        theirs = twice[(part[twice] < one) & kept[twice]]
        if len(theirs):
            kept[ours] = Mesh.of_polygons(*_listed([pieces[i] for i in theirs])).distances(middle[ours]) > SAME
    return np.flatnonzero(kept)


def _inner_radius(polygon: Array) -> float:
    """Of a circle that fits into a convex polygon, about: twice the area by the girth."""
    area = np.linalg.norm(np.cross(polygon[1:-1] - polygon[0], polygon[2:] - polygon[0]).sum(axis=0))
    return float(area / np.linalg.norm(polygon - np.roll(polygon, 1, axis=0), axis=1).sum())


def _winding(mesh: Mesh, points: Array, near: Mask) -> Array:
    """Winding numbers; in double precision of points so near to the mesh that single precision cannot tell."""
    import igl

    winding = mesh.winding_numbers(points)
    triangles = mesh.triangles[0]
    if near.any() and near.sum() * len(triangles) <= MOST_EXACT:
        winding[near] = igl.winding_number(mesh.vertices, triangles, points[near])
    return winding


def _listed(pieces: list[Array]) -> tuple[Array, list[Index]]:
    """The corners of polygons, one after another, and their numbers."""
    ends = np.cumsum([len(piece) for piece in pieces])
    return np.concatenate(pieces), [np.arange(end - len(piece), end) for piece, end in zip(pieces, ends, strict=True)]


def _closed(pieces: list[Array]) -> Mesh:
    """Pieces as one mesh: corners that are the same welded, and those on another's edge put into it."""
    points, faces = _listed(pieces)
    points, names = _welded(points)
    rounds = [face[face != np.roll(face, 1)] for face in (names[each] for each in faces)]
    mesh = Mesh.of_polygons(points, [face for face in rounds if len(face) > 2])
    loose = mesh.edge_uses[:, 0] != mesh.edge_uses[:, 1]
    if not loose.any():
        return mesh
    between = _between(points, mesh.edges[loose])
    return Mesh.of_polygons(points, [_with(face.tolist(), between) for face in mesh.faces])


def _welded(points: Array) -> tuple[Array, Index]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    exact, name = np.unique(points, axis=0, return_inverse=True)
    near = cKDTree(exact).query_pairs(SAME * 4, output_type="ndarray")
    graph = coo_array((np.ones(len(near), dtype=np.int8), (near[:, 0], near[:, 1])), shape=(len(exact),) * 2)
    _, group = connected_components(graph, directed=False)
    _, first = np.unique(group, return_index=True)
    return exact[first], np.asarray(group[name.ravel()], dtype=np.int64)


def _between(points: Array, edges: Index) -> dict[tuple[int, int], list[int]]:
    """Corners of loose edges that lie inside other loose edges, by these edges and in order from their first end."""
    from scipy.spatial import cKDTree

    ends = np.unique(edges)
    start, way = points[edges[:, 0]], points[edges[:, 1]] - points[edges[:, 0]]
    length = np.linalg.norm(way, axis=1)
    near = cKDTree(points[ends]).query_ball_point(start + way / 2, length / 2 + SAME)
    found = {}
    for edge, a, v, n, some in zip(edges.tolist(), start, way / length[:, None], length, near, strict=True):
        at = points[ends[some]] - a
        along = at @ v
        inside = (along > 4 * SAME) & (along < n - 4 * SAME)
        inside &= np.linalg.norm(at - along[:, None] * v, axis=1) <= 4 * SAME
        if inside.any():
            order = np.argsort(along[inside])
            found[edge[0], edge[1]] = ends[some][inside][order].tolist()
    return found


def _with(face: list[int], between: dict[tuple[int, int], list[int]]) -> list[int]:
    """A polygon with the corners that lie on its edges."""
    out = []
    for a, b in zip(face, face[1:] + face[:1], strict=True):
        out += [a, *between.get((a, b), between.get((b, a), [])[::-1])]
    return out
