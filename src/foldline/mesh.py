"""Mesh: polygons in space, and everything that can be measured on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import doors
from .columns import array_of
from .ears import convex_polygons, in_parts
from .errors import InputError
from .same import Compared, put

if TYPE_CHECKING:
    import trimesh
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Index = NDArray[np.int64]

TOGETHER = 2**14  # points asked about at once: some 0.2 s, in which nothing can end the work
INSIDE = 0.5  # winding number above which a point counts as inside: halfway between 0 and 1 (Jacobson et al. 2013)


@dataclass(frozen=True)
class MeshDistance:
    """How far two meshes are apart: exact distances from points of one to the polygons of the other, both ways.

    mean, rms, max       (there, back): from points of the mesh onto the other, and from points of the other onto it
    normal_consistency   mean |cos| between the normal at a point and the normal where it lands, both ways averaged
    n_points             points taken on each mesh, spread evenly by area
    """

    mean: tuple[float, float]
    rms: tuple[float, float]
    max: tuple[float, float]
    normal_consistency: float
    n_points: int

    @property
    def chamfer(self) -> float:
        """Mean of the two one-sided mean distances."""
        return sum(self.mean) / 2

    @property
    def hausdorff(self) -> float:
        """The largest distance seen: a lower bound of the Hausdorff distance."""
        return max(self.max)


@dataclass(frozen=True)
class Overlap:
    """The volume two solids share over the volume they fill together, with its standard error."""

    iou: float
    error: float
    n_points: int


@dataclass(frozen=True)
class Measures:
    """What is counted and measured of a mesh; volume says nothing of an open one."""

    n_polygons: int
    n_vertices: int
    n_edges: int
    euler: int
    closed: bool
    area: float
    volume: float
    n_components: int


@dataclass(frozen=True, eq=False)
class Mesh(doors.Drawn, doors.Shown, Compared):
    """A surface of convex polygons that share vertices.

    vertices      (V, 3) float64, finite
    corners       (C,) vertex numbers of all polygons, one after another, counter-clockwise seen from outside
    offsets       (F + 1,) where each polygon starts in ``corners``
    face_values   {name: (F, ...)} one value a polygon, such as "gradient" or "region"
    vertex_values {name: (V, ...)} one value a vertex
    meta          JSON values: certified, complete, engine, seconds, what was repaired, ...
    raises        InputError naming the vertex or face that cannot be

    >>> Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]]).area
    1.0
    """

    vertices: Array
    corners: Index
    offsets: Index
    face_values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    vertex_values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        vertices = array_of("Mesh", "vertices", self.vertices)
        if vertices.size % 3 or (vertices.ndim == 2 and vertices.shape[1] != 3):
            raise InputError(f"Mesh needs vertices of 3 numbers, (V, 3); got shape {vertices.shape}.")
        vertices = vertices.reshape(-1, 3)
        corners, offsets = _whole("corners", self.corners), _whole("offsets", self.offsets)
        if offsets.size == 0 or offsets[0] != 0 or offsets[-1] != corners.size or np.any(np.diff(offsets) < 0):
            raise InputError(f"Mesh needs offsets that run from 0 to {corners.size} corners; got {offsets[:3]}...")
        fault = fault_of(vertices, corners, offsets)
        if fault:
            raise InputError(f"Mesh needs {fault}.")
        put(self, vertices=vertices, corners=corners, offsets=offsets)

    @classmethod
    def of_polygons(cls, vertices: ArrayLike, faces: Sequence[ArrayLike] | NDArray[Any], **values: Any) -> Mesh:
        """Return the mesh of a list of polygons, or of an (F, k) array of triangles or quadrangles.

        A concave polygon becomes its triangles, each with its polygon's face values: a fan would fill its notch.
        """
        lists = [_whole_numbers(face, i) for i, face in enumerate(faces)]
        corners = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int64)
        whole = cls(array_of("Mesh", "vertices", vertices), corners, np.cumsum([0, *map(len, lists)]), **values)
        corners, offsets, owner, concave = convex_polygons(whole.vertices, whole.corners, whole.offsets)
        if not concave:
            return whole
        parted = {name: np.asarray(value)[owner] for name, value in whole.face_values.items()}
        return replace(whole, corners=corners, offsets=offsets, face_values=parted)

    @classmethod
    def of_grid(cls, values: ArrayLike, lo: ArrayLike, hi: ArrayLike, *, level: float = 0.0) -> Mesh:
        """Return what a grid of samples says a level set is: triangles, facing where the values are larger.

        values   (nx, ny, nz), each number at least 2; the first sample lies at lo, the last at hi
        raises   InputError for another shape or a value that is not finite
        source   Lorensen and Cline 1987, Marching cubes (libigl).  Whatever is smaller than the grid's cells is lost:
                 ``exact.surface`` asks the network itself

        >>> x = np.linspace(-1, 1, 9)
        >>> ball = np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2) - 0.7
        >>> Mesh.of_grid(ball, [-1, -1, -1], [1, 1, 1]).euler
        2
        """
        import igl

        grid = array_of("of_grid", "values", values)
        if grid.ndim != 3 or min(grid.shape) < 2 or not np.isfinite(grid).all():
            raise InputError(f"of_grid needs finite values (nx, ny, nz), 2 or more each; got shape {grid.shape}.")
        axes = [np.linspace(a, b, n) for a, b, n in zip(_corner(lo), _corner(hi), grid.shape, strict=True)]
        places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3, order="F")
        vertices, triangles, _ = igl.marching_cubes(grid.ravel(order="F"), places, *grid.shape, level)
        return cls.of_polygons(vertices, triangles)

    def __repr__(self) -> str:
        return f"Mesh({self.n_faces:,} polygons, {self.n_vertices:,} vertices)"

    @property
    def n_vertices(self) -> int:
        return len(self.vertices)

    @property
    def n_faces(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def faces(self) -> tuple[Index, ...]:
        """The vertex numbers of each polygon."""
        return tuple(np.split(self.corners, self.offsets[1:-1])) if self.n_faces else ()

    # Its shape

    @cached_property
    def triangles(self) -> tuple[Index, Index]:
        """The polygons as fans of triangles: corner numbers (T, 3), and the polygon each triangle is of, (T,)."""
        counts = np.maximum(np.diff(self.offsets) - 2, 0)
        owner = np.repeat(np.arange(self.n_faces), counts)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        first = self.offsets[owner]
        return np.stack([self.corners[first], self.corners[first + nth + 1], self.corners[first + nth + 2]], 1), owner

    @cached_property
    def middles(self) -> Array:
        """The mean of each polygon's corners, (F, 3)."""
        sums = np.add.reduceat(self.vertices[self.corners], self.offsets[:-1], axis=0)
        return np.asarray(sums / np.diff(self.offsets)[:, None])

    @cached_property
    def normals(self) -> Array:
        """Unit normals, outward for a closed mesh, (F, 3); zero for a polygon without area."""
        length = self.face_areas[:, None]
        return np.where(length > 0, self._vector_areas / np.where(length > 0, length, 1.0), 0.0)

    @cached_property
    def face_areas(self) -> Array:
        """Area of each polygon, (F,): the length of its vector area, which is exact for a flat one."""
        scale = np.abs(self._vector_areas).max(axis=1, initial=0.0)  # a square could be too large or small a number
        scaled = self._vector_areas / np.where(scale > 0, scale, 1.0)[:, None]
        return np.asarray(np.linalg.norm(scaled, axis=1) * scale)

    @property
    def area(self) -> float:
        return float(self.face_areas.sum())

    @cached_property
    def volume(self) -> float:
        """Signed volume by the divergence theorem: positive when the polygons face outward.

        An open mesh is closed towards the middle of its bounds, so that the value moves with the mesh.
        """
        if not self.n_faces:
            return 0.0
        a, b, c = self._triangle_points()
        middle = self.bounds.mean(axis=0)
        return float(np.einsum("ij,ij->", a - middle, np.cross(b - middle, c - middle)) / 6)

    @cached_property
    def bounds(self) -> Array:
        """Lowest and highest corner of the polygons' vertices, (2, 3).

        raises   InputError if there are no polygons
        """
        if not len(self.corners):
            raise InputError("bounds needs a mesh with polygons; got 0. Check the file or the level.")
        used = self.vertices[self.corners]
        return np.stack([used.min(axis=0), used.max(axis=0)])

    # How it hangs together

    @property
    def following(self) -> Index:
        """Where the next corner of the same polygon stands in ``corners``, of each corner, (C,)."""
        after = np.arange(1, len(self.corners) + 1)
        filled = self.offsets[1:] > self.offsets[:-1]
        after[self.offsets[1:][filled] - 1] = self.offsets[:-1][filled]
        return after

    @cached_property
    def edges(self) -> Index:
        """Undirected edges, the lower vertex number first, (E, 2)."""
        return self._edge_table[0]

    @property
    def n_edges(self) -> int:
        return len(self.edges)

    @cached_property
    def edge_uses(self) -> Index:
        """How many polygons run along each edge upward and downward in vertex number, (E, 2)."""
        return self._edge_table[1]

    @property
    def closed(self) -> bool:
        """Whether every edge lies in exactly two polygons that run along it in opposite directions."""
        return bool((self.edge_uses == 1).all())

    @property
    def balanced(self) -> bool:
        """Whether every edge is run along as often each way: then winding numbers are whole, so an inside exists."""
        return bool((self.edge_uses[:, 0] == self.edge_uses[:, 1]).all())

    @cached_property
    def parts(self) -> Index:
        """The number of the part that each vertex is in, (n_vertices,); -1 where no polygon has it.

        A part is what chains of edges connect.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        used, edges = np.unique(self.edges, return_inverse=True)
        found = np.full(self.n_vertices, -1, dtype=np.int64)
        if len(used):
            a, b = edges.reshape(-1, 2).T
            graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(used), len(used)))
            found[used] = connected_components(graph, directed=False)[1]
        return found

    @property
    def n_components(self) -> int:
        """Parts that no chain of edges connects."""
        return int(self.parts.max(initial=-1)) + 1

    @property
    def euler(self) -> int:
        """Euler number: vertices in use - edges + polygons; 2 for a sphere, 0 for a torus."""
        used = np.zeros(self.n_vertices, dtype=bool)
        used[self.corners] = True
        return int(np.count_nonzero(used)) - self.n_edges + self.n_faces

    # Where points are

    @property
    def measures(self) -> Measures:
        """All counts and measures as one value."""
        return Measures(
            self.n_faces, self.n_vertices, self.n_edges, self.euler, self.closed, self.area, self.volume,
            self.n_components,
        )  # fmt: skip

    def sample(self, n: int, *, seed: int = 0) -> tuple[Array, Index]:
        """Return n points spread evenly by area, (n, 3), and the polygon each lies on, (n,).

        One point in each of n equal shares of the area, so that the spread is even and not only fair.

        raises   InputError if the mesh has no area
        """
        tri, owner = self.triangles
        a, b, c = self._triangle_points()
        share = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
        if not len(tri) or not share[-1] > 0:
            raise InputError(f"sample needs a mesh with area; got {self.n_faces} polygons of area 0. Check the file.")
        rng = np.random.default_rng(seed)
        at = np.searchsorted(share, (np.arange(n) + rng.random(n)) / n * share[-1], side="right")
        at = np.minimum(at, len(tri) - 1)
        u, v = rng.random((2, n, 1))
        root = np.sqrt(u)
        return (1 - root) * a[at] + root * (1 - v) * b[at] + root * v * c[at], owner[at]

    def distances(self, points: ArrayLike) -> Array:
        """Return the exact unsigned distance of each point to the nearest polygon, (n,).

        cost   a bounding-box tree (libigl): about 100,000 points a second and core
        """
        return self._nearest(_points("distances", points))[0]

    def first_hit(self, origins: ArrayLike, directions: ArrayLike) -> Array:
        """Return where rays first meet a polygon, (n, 3); not a number for those that meet none.

        source   libigl's bounding-box tree finds the polygon

        >>> square = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]])
        >>> square.first_hit([[0.5, 0.25, 2.0]], [[0.0, 0.0, -1.0]]).tolist()
        [[0.5, 0.25, 0.0]]
        """
        import igl

        begin, way = _points("first_hit", origins), _points("first_hit", directions)
        vertices, triangles = self._faced
        tree = igl.AABB()
        tree.init(vertices, triangles)
        at = np.asarray(tree.intersect_ray_first(vertices, triangles, begin, way)[0]).reshape(-1)
        met, found = at >= 0, np.full(begin.shape, np.nan)
        a, b, c = (vertices[column] for column in triangles[at[met]].T)  # the tree's distances are in single precision
        normal = np.cross(b - a, c - a)
        far = np.einsum("nd,nd->n", a - begin[met], normal) / np.einsum("nd,nd->n", way[met], normal)
        found[met] = begin[met] + far[:, None] * way[met]
        return found

    def winding_numbers(self, points: ArrayLike) -> Array:
        """Return how often the mesh winds round each point, (n,): 1 inside, 0 outside, between where it has holes.

        source   Barill et al. 2018, Fast winding numbers for soups and clouds; libigl, second-order expansion
        """
        import igl

        query = _points("winding_numbers", points)
        tree = igl.FastWindingNumberBVH()
        tree.init(*self._faced, 2)
        parts = [np.asarray(tree.winding_number(some), dtype=np.float64).reshape(-1) for some in _in_turn(query)]
        return np.concatenate(parts)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points are inside, (n,): winding number above one half, so holes are bridged sensibly."""
        return self.winding_numbers(points) > INSIDE

    # Beside another mesh

    def distance_to(self, other: Mesh, *, n: int = 100_000, seed: int = 0) -> MeshDistance:
        """Return how far two meshes are apart, both ways, by exact point-to-mesh distances from n points on each.

        >>> square = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]])
        >>> square.distance_to(square.transformed(1.0, [0, 0, -0.25]), n=100).chamfer
        0.25
        """
        there, back = (_one_sided(a, b, n, seed + k) for k, (a, b) in enumerate(((self, other), (other, self))))
        mean, rms, most, normal = zip(there, back, strict=True)
        return MeshDistance(mean, rms, most, sum(normal) / 2, n)

    def overlap(self, other: Mesh, *, n: int = 64**3, seed: int = 0) -> Overlap:
        """Return the volumetric intersection over union of two solids, with its standard error.

        One random point in each of about n equal boxes that fill the joint bounds; inside by winding number. The error
        takes each point as independent, which overstates it: stratified points scatter less.
        """
        bounds = np.stack([self.bounds, other.bounds])
        points = _stratified(bounds[:, 0].min(axis=0), bounds[:, 1].max(axis=0), n, seed)
        a, b = self.contains(points), other.contains(points)
        union = int(np.count_nonzero(a | b))
        if not union:
            raise InputError(f"overlap needs solids with an inside; got none at {len(points)} points. Flip the meshes.")
        iou = np.count_nonzero(a & b) / union
        return Overlap(float(iou), float(np.sqrt(iou * (1 - iou) / union)), len(points))

    def iou(self, other: Mesh, *, n: int = 64**3, seed: int = 0) -> float:
        """Return the volumetric intersection over union of two solids; ``overlap`` also says its error."""
        return self.overlap(other, n=n, seed=seed).iou

    # Changed

    def transformed(self, scale: float, shift: ArrayLike) -> Mesh:
        """Return the mesh with its vertices at (x - shift) * scale: the transform that ``Samples.meta`` keeps.

        Back again: ``transformed(1 / scale, -scale * shift)``.
        """
        if not (np.isfinite(scale) and scale > 0):
            raise InputError(f"transformed needs a scale above 0; got {scale}.")
        return replace(self, vertices=(self.vertices - np.asarray(shift, dtype=np.float64)) * scale)

    def flipped(self, which: NDArray[np.bool_] | None = None) -> Mesh:
        """Return the mesh with polygons facing the other way: those marked, (F,), or all."""
        sizes, at = np.diff(self.offsets), np.arange(len(self.corners))
        last = np.repeat(self.offsets[1:] - 1, sizes)
        backwards = last - (at - np.repeat(self.offsets[:-1], sizes))
        marked = True if which is None else np.repeat(np.asarray(which, dtype=bool), sizes)
        return replace(self, corners=self.corners[np.where(marked, backwards, at)])

    def without_faces(self, drop: NDArray[np.bool_]) -> Mesh:
        """Return the mesh without the polygons marked in ``drop``, (F,); vertices stay."""
        return self.reordered(np.flatnonzero(~np.asarray(drop, dtype=bool)))

    def reordered(self, faces: Index) -> Mesh:
        """Return the mesh with these of its polygons, in this order, and their values; vertices stay."""
        sizes = np.diff(self.offsets)[faces]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        at = np.repeat(self.offsets[faces] - offsets[:-1], sizes) + np.arange(offsets[-1])
        values = {name: np.asarray(each)[faces] for name, each in self.face_values.items()}
        return replace(self, corners=self.corners[at], offsets=offsets, face_values=values)

    def with_face_values(self, **values: NDArray[Any]) -> Mesh:
        """Return the mesh with these values of its polygons beside those it has."""
        return replace(self, face_values={**self.face_values, **values})

    def in_triangles(self, which: NDArray[np.bool_] | None = None) -> Mesh:
        """Return the mesh with polygons as their triangles, each with its polygon's values: those marked, (F,), or all.

        >>> Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]]).in_triangles().n_faces
        2
        """
        sizes = np.diff(self.offsets)
        marked = (sizes > 3) & (True if which is None else np.asarray(which, dtype=bool))
        cut: list[tuple[Index, Index]] = []
        for k in np.unique(sizes[marked]).tolist():
            faces = np.flatnonzero(marked & (sizes == k))
            loops, at = self.corners[self.offsets[faces][:, None] + np.arange(k)], np.arange(1, k - 1)
            cut.append((faces, loops[:, np.stack([0 * at, at, at + 1], axis=1)]))
        corners, offsets, owner = in_parts(self.corners, self.offsets, cut)
        values = {name: np.asarray(value)[owner] for name, value in self.face_values.items()}
        return replace(self, corners=corners, offsets=offsets, face_values=values)

    def plot(self, ax: Axes | None = None, **how: Any) -> Axes:
        """Return the axes, new ones unless given, with the polygons, shaded drawn on them; nothing is shown.

        colour   "shape", or "region": a quiet colour a polygon
        how      any other word goes to matplotlib's artist
        """
        return super().plot(ax, **how)

    def to_trimesh(self) -> trimesh.Trimesh:
        """Return a ``trimesh.Trimesh`` with the same vertices and the polygons' triangles.

        ``face_attributes["polygon"]`` says which polygon each triangle is of, others hold the mesh's own values.
        raises   MissingError with the line that installs trimesh
        """
        return doors.trimesh_of(self)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the mesh; the format follows the name: .ply, .obj, .stl, .off or .glb.

        raises   FileError if the path is a folder, cannot be written, or exists and ``force`` is off
        """
        return doors.write("mesh", self, path, force=force)

    def _triangle_points(self) -> tuple[Array, Array, Array]:
        a, b, c = self.triangles[0].T
        return self.vertices[a], self.vertices[b], self.vertices[c]

    @cached_property
    def _vector_areas(self) -> Array:
        """Half the sum of cross products round each polygon (Newell), (F, 3)."""
        a, b, c = self._triangle_points()
        cross, owner = np.cross(b - a, c - a) / 2, self.triangles[1]
        return np.stack([np.bincount(owner, cross[:, k], self.n_faces) for k in range(3)], axis=1)

    @cached_property
    def _edge_table(self) -> tuple[Index, Index]:
        a, b = self.corners, self.corners[self.following]
        a, b = a[a != b], b[a != b]  # a corner written twice in a row is no edge
        n = max(self.n_vertices, 1)
        keys, which = np.unique(np.minimum(a, b) * n + np.maximum(a, b), return_inverse=True)
        up = np.bincount(which, a < b, len(keys)).astype(np.int64)
        uses = np.stack([up, np.bincount(which, minlength=len(keys)) - up], axis=1)
        return np.stack([keys // n, keys % n], axis=1), uses

    @cached_property
    def _faced(self) -> tuple[Array, Index]:
        """Vertices and triangles with area, as libigl takes them; a triangle without area has no nearest normal.

        raises   InputError if no triangle is left
        """
        tri = self.triangles[0]
        a, b, c = self._triangle_points()
        solid = np.cross(b - a, c - a).any(axis=1)
        if not solid.any():
            raise InputError(
                f"distances needs a mesh with area; got {self.n_faces} polygons of area 0. Check the file."
            )
        return np.ascontiguousarray(self.vertices), np.ascontiguousarray(tri[solid])

    def _nearest(self, points: Array) -> tuple[Array, Array]:
        """Distances to the nearest triangle and that triangle's unit normal."""
        import igl

        vertices, tri = self._faced
        tree = igl.AABB()
        tree.init(vertices, tri)
        found = [tree.squared_distance(vertices, tri, some)[:2] for some in _in_turn(points)]
        squared, at = (np.concatenate([np.reshape(part, -1) for part in parts]) for parts in zip(*found, strict=True))
        a, b, c = (vertices[column] for column in tri[at].T)
        normal = np.cross(b - a, c - a)
        return np.sqrt(squared), normal / np.linalg.norm(normal, axis=1, keepdims=True)


def _whole(what: str, values: object) -> NDArray[np.int64]:
    """Whole numbers in a row."""
    try:
        return np.array(values, dtype=np.int64).ravel()
    except (TypeError, ValueError, OverflowError):
        return array_of("Mesh", what, values).astype(np.int64).ravel()


def _corner(at: ArrayLike) -> Array:
    return np.broadcast_to(np.asarray(at, dtype=np.float64), (3,))


def _points(who: str, points: ArrayLike) -> Array:
    query = np.ascontiguousarray(points, dtype=np.float64)
    if query.ndim != 2 or query.shape[1] != 3 or not np.isfinite(query).all():
        raise InputError(f"{who} needs finite points of shape (n, 3); got shape {query.shape}.")
    return query


def _in_turn(points: Array) -> list[Array]:
    """Points in parts, for what takes long and cannot be ended before it comes back: by Ctrl-C, or in time."""
    return [points[at : at + TOGETHER] for at in range(0, max(len(points), 1), TOGETHER)]


def _one_sided(mesh: Mesh, other: Mesh, n: int, seed: int) -> tuple[float, float, float, float]:
    """Mean, root mean square and largest distance from points of a mesh to another, and the mean |cos| of normals."""
    points, faces = mesh.sample(n, seed=seed)
    distance, normal = other._nearest(points)
    cosine = np.abs(np.einsum("ij,ij->i", mesh.normals[faces], normal))
    return float(distance.mean()), float(np.sqrt(np.mean(distance**2))), float(distance.max()), float(cosine.mean())


def _stratified(lo: Array, hi: Array, n: int, seed: int) -> Array:
    """One random point in each of k^3 equal boxes, k^3 the power nearest n."""
    k = max(1, round(n ** (1 / 3)))
    cell = np.stack(np.meshgrid(*[np.arange(k)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    points: Array = lo + (hi - lo) * (cell + np.random.default_rng(seed).random(cell.shape)) / k
    return points


def fault_of(vertices: Array, corners: Index, offsets: Index) -> str:
    """Return what polygons need that these have not, and what they have instead; nothing where all is well."""
    bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if bad.size:
        return f"finite vertices; got vertex {bad[0]} = {vertices[bad[0]].tolist()}"
    bad = np.flatnonzero((corners < 0) | (corners >= len(vertices)))
    if bad.size:
        face = int(np.searchsorted(offsets, bad[0], side="right")) - 1
        got = f"face {face} with vertex {corners[bad[0]]} of {len(vertices)} vertices"
        return f"faces that name its vertices; got {got}"
    return ""


def _whole_numbers(face: ArrayLike, number: int) -> Index:
    """The corners of one polygon, in a row."""
    given = np.asarray(face)
    if given.dtype.kind not in "iu" and given.size:
        values = array_of("Mesh", f"face {number}", face)
        if not (values == np.rint(values)).all():
            raise InputError(f"Mesh needs faces of whole numbers; got face {number} = {values.tolist()}.")
    return given.astype(np.int64).ravel()
