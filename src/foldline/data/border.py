"""A mesh as the border of a solid: what is wrong with it, and the part of it that does border one.

Inside is where the winding number is above one half (Jacobson et al. 2013), which is right on overlapping shells and
sensible on holes.  A polygon has the solid behind it and not before it; by that parts that face inward are found and
turned, and walls between solids, which have the same on both sides, are left out: they are no border.  Where parts
overlap, their polygons are cut where they cross, and what lies inside is left out, too (``union``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..mesh import INSIDE, Measures, Mesh
from ..text import counted
from ..transform import Transform
from .facing import aligned, parts_of
from .union import BESIDE, outer

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

LONGEST_SIDE = 1.8  # of the normalised mesh: leaves a margin of 0.1 in the box [-1, 1]^3, the clamp of the loss
SMALLEST, LARGEST = 1e-100, 1e100  # of a mesh: its volume is a number
TURNED = (
    -0.25
)  # winding numbers before and behind add up to less: the part faces inward (-1 for a closed one, 0 a sheet)
LOOKS, LOOKS_A_PART = 2000, 8  # points looked at, and of each part
NEAR = 1e-6  # of the longest side: what float32 and a few digits of text leave between corners that were one
INNER = 0.002  # of the surface inside the solid: less may be a matter of where the points fell


@dataclass(frozen=True)
class MeshReport:
    """What was found in a mesh, and the transform that normalises it.

    n_vertices, n_faces  as they were given
    measures             of what borders the solid, facing outward
    boundary_edges       edges of one polygon only: the rims of holes
    nonmanifold_edges    edges of three polygons or more
    inconsistent_edges   edges of two polygons that face opposite ways
    unbalanced_edges     edges run along more often one way than the other: without any, inside is no matter of opinion
    near_corners         corners on such rims that lie within NEAR of the longest side of another: a seam, it may be
    degenerate_faces     polygons without area, left out
    duplicate_faces      polygons with the same corners as an earlier one and the same facing, left out
    wall_faces           polygons with the same on both sides (walls between solids, back to back), left out
    turned_faces         polygons that faced another way than those around them, turned round
    turned_parts         parts that faced inward (negative winding number behind them) and were turned round
    inverted             these were all parts
    inner                share of the surface that lay inside the solid, where parts overlap: cut away
    unsure               share of the samples whose winding number is within 0.1 of one half; None before sampling
    thickness            of the shell that stands for a sheet, in the units of the mesh; None for a solid
    notes                what was mended when the file was read
    scale, shift         x_normalised = (x - shift) * scale
    """

    n_vertices: int
    n_faces: int
    measures: Measures
    boundary_edges: int
    nonmanifold_edges: int
    inconsistent_edges: int
    unbalanced_edges: int
    near_corners: int
    degenerate_faces: int
    duplicate_faces: int
    wall_faces: int
    turned_faces: int
    turned_parts: int
    inverted: bool
    inner: float
    scale: float
    shift: tuple[float, float, float]
    unsure: float | None = None
    thickness: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def solid(self) -> bool:
        """Whether nothing was found that makes inside and outside a matter of opinion."""
        return not self.unbalanced_edges

    @property
    def seams(self) -> str:
        """What is to be done about holes that may be seams, a sentence and a space; empty where there are none."""
        if not self.near_corners:
            return ""
        return (
            f"{self.near_corners} corners there lie within {NEAR:g} of the longest side of another: if these are "
            "seams, join such corners (merge by distance) where the mesh was made. "
        )

    @property
    def transform(self) -> Transform:
        """From the units of the mesh to where its longest side is 1.8."""
        return Transform(self.scale, self.shift)

    @property
    def findings(self) -> tuple[str, ...]:
        """What was found, one sentence each; empty for a clean mesh."""
        found = (
            (self.boundary_edges, "boundary edge", ": the mesh has holes"),
            (self.nonmanifold_edges, "edge", "in three polygons or more"),
            (self.inconsistent_edges, "edge", "between polygons that face opposite ways"),
            (self.degenerate_faces, "polygon", "without area, left out"),
            (self.duplicate_faces, "duplicate polygon", ", left out"),
            (self.turned_faces, "polygon", "that faced another way than those around, turned round"),
            (self.wall_faces, "polygon", "with the same on both sides (walls, back to back), left out"),
        )
        lines = [*self.notes, *(counted(*each).replace(" :", ":").replace(" ,", ",") for each in found if each[0])]
        if self.near_corners:
            lines.append(self.seams.strip(" ."))
        if self.inverted:
            lines.append("the mesh faced inward and was turned round")
        elif self.turned_parts:
            lines.append(f"{counted(self.turned_parts, 'part')} of it faced inward and was turned round")
        if self.inner > INNER:
            lines.append(f"{self.inner:.1%} of the surface lay inside the solid, where parts overlap, and was left out")
        if self.unsure:
            lines.append(f"the sign is unsure at {self.unsure:.2%} of the samples")
        if self.thickness is not None:
            share = self.thickness * self.scale / LONGEST_SIDE
            lines.append(
                f"taken as a shell {self.thickness:.4g} thick ({share:.1%} of its longest side), not as a solid"
            )
        return tuple(lines)

    def as_meta(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        told = asdict(self)
        left = told.pop("measures")
        kept = {name: left[name] for name in ("n_components", "euler", "area", "volume", "closed")}
        return kept | told | {each: list(getattr(self, each)) for each in ("shift", "notes", "findings")}


def mesh_report(mesh: Mesh) -> MeshReport:
    """Return what is wrong with a mesh as the border of a solid; nothing is repaired.

    raises   InputError if no polygon has area, or the mesh is too large or too small for its volume to be a number

    >>> square = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]])
    >>> mesh_report(square).findings
    ('4 boundary edges: the mesh has holes',)
    """
    return border(mesh)[1]


def border(mesh: Mesh, *, sheet: bool = False) -> tuple[Mesh, MeshReport]:
    """Return the polygons that border a solid, facing outward, in the units of the mesh; and what was found on the way.

    A needle (three corners in a row) stays: it has no area to measure, but it closes the edges beside it.
    sheet    the polygons are the thing itself: none is turned or left out for what lies on its sides
    raises   as ``mesh_report``
    cost     four thousand winding numbers and more for many parts
    """
    scale, shift = _frame(mesh)
    placed = mesh.transformed(scale, shift)
    degenerate = placed.face_areas == 0
    if degenerate.all():
        raise InputError(f"mesh_report needs a mesh with area; got {mesh.n_faces} polygons of area 0. Check the file.")
    duplicate, collapsed = _repeated(mesh)
    duplicate &= ~degenerate
    if duplicate.any() and _unbalanced(mesh.without_faces(duplicate)) > _unbalanced(mesh):
        duplicate[:] = False  # each is the side of another solid
    drop = duplicate | degenerate & collapsed
    backed = _back_to_back(mesh.without_faces(drop)) if not sheet else np.zeros(int((~drop).sum()), dtype=bool)
    sound = np.flatnonzero(~drop)[~backed]
    facing, changed, turned, inverted, inner, crossed = placed.reordered(sound), 0, 0, False, 0.0, False
    if not sheet:
        facing, changed = aligned(facing)
        facing, turned, inverted = _outward(facing)
        sides = _sides(facing)
        walls = _no_border(facing, *sides)
        inner, crossed = _inner(*sides, walls)
        facing = facing.reordered(np.flatnonzero(~walls))
    clean = replace(facing, vertices=mesh.vertices)
    uses, n_faces = clean.edge_uses, clean.n_faces
    if crossed:
        joined = outer(facing, parts_of(facing))
        clean = replace(joined, vertices=joined.vertices / scale + shift, meta=mesh.meta)
    total = uses.sum(axis=1)
    report = MeshReport(
        n_vertices=mesh.n_vertices,
        n_faces=mesh.n_faces,
        measures=replace(clean.measures, volume=abs(clean.volume)),
        boundary_edges=int(np.count_nonzero(total == 1)),
        nonmanifold_edges=int(np.count_nonzero(total > 2)),
        inconsistent_edges=int(np.count_nonzero((total == 2) & (uses[:, 0] != 1))),
        unbalanced_edges=int(np.count_nonzero(uses[:, 0] != uses[:, 1])),
        near_corners=_near(facing),
        degenerate_faces=int(np.count_nonzero(degenerate)),
        duplicate_faces=int(np.count_nonzero(duplicate)),
        wall_faces=int((~drop).sum()) - n_faces,
        turned_faces=changed,
        turned_parts=turned,
        inverted=inverted,
        inner=inner,
        scale=scale,
        shift=shift,
        notes=tuple(map(str, mesh.meta.get("notes", ()))),
    )
    return clean, report


def _near(mesh: Mesh) -> int:
    """How many corners on rims have another on a rim within NEAR of the longest side; the mesh is in its frame."""
    from scipy.spatial import cKDTree

    rims = np.unique(mesh.edges[mesh.edge_uses.sum(axis=1) == 1])
    if len(rims) < 2:
        return 0
    away = cKDTree(mesh.vertices[rims]).query(mesh.vertices[rims], k=2)[0][:, 1]
    return int(np.count_nonzero(away <= NEAR * LONGEST_SIDE))


def _frame(mesh: Mesh) -> tuple[float, tuple[float, float, float]]:
    if not mesh.n_faces:
        raise InputError("mesh_report needs a mesh with area; got 0 polygons. Check the file.")
    lo, hi = mesh.bounds
    with np.errstate(over="ignore"):
        longest = float((hi - lo).max())
    if longest == 0:
        raise InputError(f"mesh_report needs a mesh with area; got {mesh.n_faces} polygons of area 0. Check the file.")
    if not SMALLEST <= longest <= LARGEST or np.abs([lo, hi]).max() > LARGEST:
        raise InputError(
            f"mesh_report needs a mesh of a size from {SMALLEST:.0e} to {LARGEST:.0e}; got one from {lo.tolist()} to "
            f"{hi.tolist()}. Scale the mesh."
        )
    x, y, z = (lo + (hi - lo) / 2).tolist()
    return LONGEST_SIDE / longest, (x, y, z)


def _repeated(mesh: Mesh) -> tuple[Mask, Mask]:
    """Which polygons have the corners of an earlier one, in the same round; and which have a corner twice."""
    sizes = np.diff(mesh.offsets)
    again, collapsed = np.zeros(mesh.n_faces, dtype=bool), sizes < 3
    for faces, rounds in _rounds(mesh):
        _, first = np.unique(rounds, axis=0, return_index=True)
        again[faces] = True
        again[faces[first]] = False
        collapsed[faces] = (np.diff(np.sort(rounds, axis=1), axis=1) == 0).any(axis=1)
    return again, collapsed


def _rounds(mesh: Mesh) -> list[tuple[Index, Index]]:
    """The polygons by their number of corners, and their corners from the lowest on."""
    sizes, found = np.diff(mesh.offsets), []
    for size in np.unique(sizes[sizes > 2]).tolist():
        faces = np.flatnonzero(sizes == size)
        rounds = mesh.corners[mesh.offsets[faces][:, None] + np.arange(size)]
        turn = (rounds.argmin(axis=1)[:, None] + np.arange(size)) % size
        found.append((faces, np.take_along_axis(rounds, turn, axis=1)))
    return found


def _back_to_back(mesh: Mesh) -> Mask:
    """Polygons to leave out because another has the same corners and faces the other way.

    Both of each two are a wall and go, unless the mesh would open or nothing be left: then one is a turned copy.
    """
    twin = np.full(mesh.n_faces, -1)
    for faces, rounds in _rounds(mesh):
        backwards = np.concatenate([rounds[:, :1], rounds[:, :0:-1]], axis=1)
        _, kind = np.unique(np.concatenate([rounds, backwards]), axis=0, return_inverse=True)
        ours, theirs = kind.ravel()[: len(faces)], kind.ravel()[len(faces) :]
        of_kind = np.full(2 * len(faces), -1)
        of_kind[ours] = faces
        twin[faces] = np.where(theirs == ours, -1, of_kind[theirs])
    both, later = twin >= 0, (twin >= 0) & (twin < np.arange(mesh.n_faces))
    gone, kept = mesh.without_faces(both), mesh.without_faces(later)
    opens = both.any() and (both.all() or _unbalanced(gone) > _unbalanced(kept))
    return later if opens else both


def _outward(mesh: Mesh) -> tuple[Mesh, int, bool]:
    """The mesh with every part facing outward, how many parts were turned, and whether all were."""
    parts = parts_of(mesh)
    faces, before, behind = _sides(mesh)
    n = np.bincount(parts[faces], minlength=parts.max() + 1)
    turned = np.bincount(parts[faces], before + behind, len(n)) / np.maximum(n, 1) < TURNED
    if not turned.any():
        return mesh, 0, False
    return mesh.flipped(turned[parts]), int(turned.sum()), bool(turned.all())


def _sides(mesh: Mesh) -> tuple[Index, Array, Array]:
    """Polygons at points spread over the mesh and on the largest of each part; winding numbers before and behind."""
    triangles, owner = mesh.triangles
    a, b, c = (mesh.vertices[column] for column in triangles.T)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    parts = parts_of(mesh)[owner]
    order = np.lexsort([-area, parts])
    start = np.searchsorted(parts[order], parts[order])
    largest = order[np.arange(len(order)) - start < LOOKS_A_PART]
    largest = largest[area[largest] > 0]
    points, faces = mesh.sample(LOOKS)
    points = np.concatenate([points, (a[largest] + b[largest] + c[largest]) / 3])
    faces = np.concatenate([faces, owner[largest]])
    step = BESIDE * mesh.normals[faces]
    winding = mesh.winding_numbers(np.concatenate([points + step, points - step]))
    return faces, winding[: len(faces)], winding[len(faces) :]


def _no_border(mesh: Mesh, faces: Index, before: Array, behind: Array) -> Mask:
    """Polygons of the parts that everywhere have the same on both sides, if no edge opens without them."""
    parts = parts_of(mesh)
    borders = np.bincount(parts[faces], (before > INSIDE) != (behind > INSIDE), parts.max() + 1) > 0
    walls = ~borders[parts]
    if walls.any() and (walls.all() or _unbalanced(mesh.without_faces(walls)) > _unbalanced(mesh)):
        return np.zeros(mesh.n_faces, dtype=bool)
    return walls


def _unbalanced(mesh: Mesh) -> int:
    return int(np.count_nonzero(mesh.edge_uses[:, 0] != mesh.edge_uses[:, 1]))


def _inner(faces: Index, before: Array, behind: Array, walls: Mask) -> tuple[float, bool]:
    """The share of the surface, without walls left out, that has the solid on both sides; whether any was met."""
    spread = ~walls[faces]
    inside = (before > INSIDE) & (behind > INSIDE) & spread
    evenly = spread[:LOOKS]
    return float(np.mean(inside[:LOOKS][evenly])) if evenly.any() else 0.0, bool(inside.any())
