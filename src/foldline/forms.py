"""One solid as a mesh, voxels, points, sampled distances or a network, and every way between them with a meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .atomic import write_bytes
from .box import Box
from .cloud import Cloud
from .data.border import border
from .errors import InputError
from .exact.surface import surface
from .files.cloud import SUFFIXES as POINT_FILES
from .files.cloud import cloud_bytes, read_cloud
from .files.formats import maker, read, suffixes
from .files.npz import arrays_of
from .files.ply import has_faces
from .files.source import content
from .files.voxels import binvox_bytes, read_binvox, read_volume, volume_bytes
from .mesh import Mesh
from .network import Network
from .voxels import Sampled, Voxels, vertices

Array = NDArray[np.float64]
Form: TypeAlias = Mesh | Voxels | Cloud | Sampled | Network

KINDS: Mapping[type, str] = {Mesh: "mesh", Voxels: "voxels", Cloud: "points", Sampled: "distances", Network: "network"}
BY_SUFFIX = {".binvox": "voxels", ".xyz": "points", ".npy": "points"}
FOUR = ("mesh", "voxels", "points", "network")
FILES = {"mesh": ".ply", "voxels": ".npz", "points": ".ply", "distances": ".npz", "network": ".safetensors"}
N, POINTS = 64, 20_000  # cells along each axis, and points, unless given
MOST_CELLS = 1024
MEASURE = 2**31  # seed of the places that distances are measured from: never those that a cloud is made of
AT_ONCE = 2**16  # places asked of a network together
CUBE = Box([-1, -1, -1], [1, 1, 1])  # of a network, unless given
NAMES = {"points": tuple(POINT_FILES), "voxels": (".npz", ".binvox"), "distances": (".npz",)}  # of files
NO_SURFACE = (
    "points have no surface: between them anything may be. Fit a network to them (foldline fit FILE) and convert that, "
    "or find the nearest shape of a class (foldline reconstruct)."
)
NOWHERE = (
    "convert needs two surfaces to measure between; one is empty: cells are larger than the solid is thick, or the box "
    "misses it. Raise n (--n), or name another box (--box)."
)


@dataclass(frozen=True)
class Conversion:
    """How far a representation is from what it was made of: exact distances of places spread over each surface.

    there    from the source to what was made of it: mean, largest seen
    back     the other way
    bytes    of the source and of what was made, as files; 0 where there is none
    """

    source: str
    made: str
    there: tuple[float, float]
    back: tuple[float, float]
    bytes: tuple[int, int] = (0, 0)


def convert(
    source: Form | str | Path, to: str, *, n: int = N, points: int = POINTS, box: Box | None = None, seed: int = 0
) -> Form:
    """Return a solid in another representation.

    source   a Mesh, Voxels, Cloud, Sampled distances or a Network of three inputs, or the path of one
    to       "mesh", "voxels", "points", "distances" (signed, at the vertices of a grid) or "network" (of sampled
             distances the field that interpolates them; a network stays as it is)
    n        voxels, or cells of the grid, along each axis
    points   of a cloud, spread evenly over the surface, with normals
    box      of voxels and distances; unless given, round the source, with a cell to spare; of a network [-1, 1]^3
    returns  a Mesh, Voxels, Cloud, Sampled or Network: a mesh of distances is the exact surface of what interpolates
             them, one of voxels their border
    raises   InputError where the way has no meaning: points have no surface

    >>> from .data.families import solids
    >>> ball = solids(1, families=("ellipsoid",))[0].mesh
    >>> convert(ball, "voxels", n=8), convert(ball, "points", points=100)
    (Voxels(8 x 8 x 8, ... filled), Cloud(100 points with normals))
    """
    value = form_at(Path(source)) if isinstance(source, str | Path) else source
    check_way(value, to, n, points)
    if kind_of(value) == to and to in ("mesh", "points", "network"):
        return value
    return WAYS[to](value, n, points, box, seed)


def check_way(value: Form, to: str, n: int = N, points: int = POINTS) -> None:
    """Raise InputError where ``convert`` cannot turn a value so."""
    kind = kind_of(value)
    if to not in WAYS:
        raise InputError(f"convert needs a representation out of {', '.join(WAYS)}; got {to!r}.")
    if not (isinstance(n, Integral) and isinstance(points, Integral) and 2 <= n <= MOST_CELLS and points > 0):
        raise InputError(f"convert needs 2 to {MOST_CELLS} cells and 1 point at least; got {n!r} and {points!r}.")
    _check_network(value)
    if kind == "points" and to != "points":
        raise InputError(f"convert needs a surface for {to}; {NO_SURFACE}")


def surface_of(value: Form, box: Box | None = None) -> Mesh:
    """Return the surface of a representation: of a network and of distances exactly, of voxels their border.

    raises   InputError for points, which have none, and for networks that are no solid
    """
    if isinstance(value, Mesh):
        return value
    if isinstance(value, Voxels):
        return value.mesh
    if isinstance(value, Cloud):
        raise InputError(f"a surface needs more than points; {NO_SURFACE}")
    _check_network(value)
    network = value.field if isinstance(value, Sampled) else _need_solid(value)
    return surface(network, _box_of(network, box)).mesh


def compared(source: Form, made: Form, *, places: int = POINTS, box: Box | None = None) -> Conversion:
    """Return how far two representations are apart, both ways.

    cost   exact distances of ``places`` points each way, and the surface of each

    >>> from .data.families import solids
    >>> ball = solids(1, families=("ellipsoid",))[0].mesh
    >>> compared(ball, convert(ball, "voxels", n=32)).there[1] < 0.1
    True
    """
    (from_a, to_a), (from_b, to_b) = (_ends(value, places, box) for value in (source, made))
    there, back = ((float(far.mean()), float(far.max())) for far in (to_b(from_a), to_a(from_b)))
    return Conversion(kind_of(source), kind_of(made), there, back)


@dataclass(frozen=True, eq=False)
class Way:
    """A solid in one representation, beside what it was made of.

    shape       its surface; the points themselves where it has none
    conversion  distances both ways, and bytes: of the source as it is written here, and of ``form`` in such a file
    """

    form: Form
    shape: Mesh | Cloud
    conversion: Conversion


def four_ways(source: Form, *, n: int = N, points: int = POINTS, box: Box | None = None, seed: int = 0) -> list[Way]:
    """Return a solid as a mesh, as voxels, as points and as a network, with the bytes and the distances of each.

    source, n, points, box, seed   as ``convert`` has them
    raises   InputError where the way has no meaning: points have no surface
    cost     the exact surface of a field of n^3 cells: some seconds for 64

    >>> from .data.families import solids
    >>> ball = solids(1, families=("ellipsoid",))[0].mesh
    >>> [way.conversion.made for way in four_ways(ball, n=8, points=100)]
    ['mesh', 'voxels', 'points', 'network']
    """
    mesh = surface_of(source, box)
    before = len(form_bytes(source, Path(f"shape{FILES[kind_of(source)]}")))
    found = []
    for kind in FOUR:
        form = convert(source, kind, n=n, points=points, box=box, seed=seed)
        shape = form if isinstance(form, Cloud) else mesh if form is source else surface_of(form, box)
        same = Conversion("mesh", "mesh", (0.0, 0.0), (0.0, 0.0))
        apart = same if form is source else compared(mesh, shape)
        size = len(form_bytes(form, Path(f"shape{FILES[kind]}")))
        found.append(Way(form, shape, replace(apart, source=kind_of(source), made=kind, bytes=(before, size))))
    return found


def _ends(value: Form, n: int, box: Box | None) -> tuple[Array, Callable[[Array], Array]]:
    """Places of a representation, and the distance of others to it: to its surface, or to the nearest of its points."""
    if not isinstance(value, Cloud):
        mesh = surface_of(value, box)
        if not mesh.n_faces:
            raise InputError(NOWHERE)
        return mesh.sample(n, seed=MEASURE)[0], mesh.distances
    from scipy.spatial import cKDTree

    tree = cKDTree(value.points)
    return value.points, lambda places: np.asarray(tree.query(places)[0])


def kind_of(value: Form) -> str:
    """Return the name of a representation.

    >>> kind_of(Cloud([[0.0, 0.0, 0.0]]))
    'points'
    """
    kind = next((name for known, name in KINDS.items() if isinstance(value, known)), None)
    if kind is None:
        raise InputError(f"convert needs a mesh, voxels, points, distances or a network; got a {type(value).__name__}.")
    return kind


def _check_network(value: Form) -> None:
    if isinstance(value, Network) and value.codes is not None:
        got = f"a class of {len(value.codes)}"
        raise InputError(f"convert needs one shape; got {got}. Name one: --shape NAME, or network.fixed(name).")


def _need_solid(network: Network) -> Network:
    if network.d_in != 3 or network.d_out != 1:
        raise InputError(
            f"a solid needs a network of 3 inputs and 1 output; got {network.d_in} and {network.d_out}. It can be "
            "converted to another network file alone."
        )
    return network


def _box_of(network: Network, box: Box | None) -> Box:
    return box or (network.grid.box if network.grid is not None else CUBE)


def _round(value: Form, n: int, box: Box | None) -> Box:
    """A cube round a solid with a cell to spare on each side; that of a network."""
    if isinstance(value, Voxels | Sampled):
        return box or value.box
    if isinstance(value, Network):
        return _box_of(value, box)
    if box is not None:
        return box
    assert isinstance(value, Mesh)
    lo, hi = value.bounds
    half = float((hi - lo).max()) / 2 * n / max(n - 2, 1)
    return Box((lo + hi) / 2 - half, (lo + hi) / 2 + half)


def _values(value: Form, places: Array) -> Array:
    """Signed distances at places (..., 3); of a network its values, whatever they are."""
    flat = places.reshape(-1, 3)
    if isinstance(value, Sampled | Network):
        network = value.field if isinstance(value, Sampled) else _need_solid(value)
        parts = [network(flat[at : at + AT_ONCE])[:, 0] for at in range(0, len(flat), AT_ONCE)]
        return np.concatenate(parts).reshape(places.shape[:-1])
    mesh = border(surface_of(value))[0] if isinstance(value, Mesh) else surface_of(value)
    far = mesh.distances(flat)
    return np.where(mesh.contains(flat), -far, far).reshape(places.shape[:-1])


def _to_mesh(value: Form, n: int, points: int, box: Box | None, seed: int) -> Form:
    if isinstance(value, Network):
        _need_solid(value)
    return surface_of(value, box)


def _to_voxels(value: Form, n: int, points: int, box: Box | None, seed: int) -> Form:
    if isinstance(value, Voxels) and value.filled.shape == (n, n, n) and box is None:
        return value
    empty = Voxels(np.zeros((n, n, n), dtype=bool), _round(value, n, box))
    if isinstance(value, Mesh | Voxels):
        inside = border(value)[0] if isinstance(value, Mesh) else value.mesh
        return Voxels(inside.contains(empty.centres.reshape(-1, 3)).reshape(n, n, n), empty.box)
    return Voxels(_values(value, empty.centres) < 0, empty.box)


def _to_points(value: Form, n: int, points: int, box: Box | None, seed: int) -> Form:
    mesh = surface_of(value, box)
    places, faces = mesh.sample(points, seed=seed)
    return Cloud(places, mesh.normals[faces])


def _to_distances(value: Form, n: int, points: int, box: Box | None, seed: int) -> Form:
    same = Sampled.of_field(value) if isinstance(value, Network) else value if isinstance(value, Sampled) else None
    if same is not None and len(same.values) == n + 1 and box is None:
        return same
    there = _round(value, n, box)
    return Sampled(_values(value, vertices(there, n)), there)


def _to_network(value: Form, n: int, points: int, box: Box | None, seed: int) -> Form:
    made = value if isinstance(value, Sampled) else _to_distances(value, n, points, box, seed)
    assert isinstance(made, Sampled)
    return made.field


WAYS: dict[str, Callable[[Form, int, int, Box | None, int], Form]] = {
    "mesh": _to_mesh, "voxels": _to_voxels, "points": _to_points, "distances": _to_distances, "network": _to_network,
}  # fmt: skip


# Files


def form_at(path: Path) -> Form:
    """Return the representation that a file holds.

    raises   InputError for a file of something else
    """
    suffix = path.suffix.lower()
    if suffix == ".binvox":
        return read_binvox(path)
    volume = read_volume(path) if suffix == ".npz" else None
    points = suffix == ".npz" and volume is None and "points" in arrays_of(content(path), path.name)
    told = suffix in (".npz", ".asc") or (suffix == ".ply" and has_faces(path))  # by what is in it, not by its name
    if points or (suffix in POINT_FILES and not told):
        return read_cloud(path)
    value = volume or read(path)
    if not isinstance(value, Mesh | Network | Voxels | Sampled | Cloud):
        raise InputError(f"convert needs a shape or a network; {path.name} holds a {type(value).__name__}.")
    return value


def kind_at(path: Path, source: str) -> str:
    """Return the representation that a name stands for: a .ply is a mesh, of points points; an .npz what its source is,
    else distances.

    raises   InputError for a suffix of none
    """
    suffix = path.suffix.lower()
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    if suffix == ".ply" and source == "points":
        return source
    if suffix == ".npz":
        return source if source in ("network", "voxels") else "distances"
    for kind in ("mesh", "network"):
        if suffix in suffixes(kind):
            return kind
    known = ", ".join(dict.fromkeys([*suffixes("mesh"), *suffixes("network"), *BY_SUFFIX]))
    raise InputError(f"convert needs a name that ends in {known}; got {path.name!r}. Rename it.")


def form_bytes(value: Form, path: Path) -> bytes:
    """Return a representation as the bytes of a file of this name.

    raises   InputError for a suffix that it cannot be written under
    """
    suffix, kind = path.suffix.lower(), kind_of(value)
    check_name(kind, path)
    if isinstance(value, Cloud):
        return cloud_bytes(value, suffix)
    if isinstance(value, Voxels | Sampled):
        return binvox_bytes(value) if isinstance(value, Voxels) and suffix == ".binvox" else volume_bytes(value)
    return maker(kind, path)(value)


def check_name(kind: str, path: Path) -> None:
    """Raise InputError unless a kind of representation is written under a name."""
    if kind not in NAMES:
        maker(kind, path)
    elif path.suffix.lower() not in NAMES[kind]:
        raise InputError(f"{kind} need a name that ends in {', '.join(NAMES[kind])}; got {path.name!r}. Rename it.")


def write_form(value: Form, path: Path, *, force: bool = False) -> int:
    """Return the bytes of the file that is written."""
    data = form_bytes(value, path)
    write_bytes(path, data, force=force)
    return len(data)
