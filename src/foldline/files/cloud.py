"""Clouds: points of a surface as PLY without faces, as XYZ text, and as NumPy arrays."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..errors import InputError
from ..mesh import Mesh
from ..samples import Samples
from ..text import counted
from .lines import about_commas, lines
from .npy import array_of
from .npz import arrays_of
from .pcd import read_pcd
from .ply import SOME_NORMALS, has_faces, ply_points_bytes, read_ply, read_ply_points
from .signal import read_npy
from .source import content

TEXTS = (".xyz", ".pts", ".asc")
SUFFIXES = (".ply", *TEXTS, ".pcd", ".npy", ".npz")
WRITTEN = (".ply", ".xyz", ".npy")
KEYS = ("points", "normals")  # of an archive
NEARLY_UNIT = 0.02  # of a normal from length 1, written with two digits
UNIT = 1e-3  # of a normal from length 1, as float32 and text leave it
SEPARATORS = (";", ",")
PLACE = ("x", "y", "z")
NORMALS = (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z"), ("normalx", "normaly", "normalz"))
UNITS = re.compile(r"[(\[].*$")  # behind a column's name
BEGINNING = 2**12  # bytes in which the columns are named
REMARK = "//"  # begins a line that is none of points, as # does


def read_cloud(path: Path) -> Cloud:
    """Return the points of a file, with their normals where it has them.

    .ply   vertices, faces or not; .xyz, .pts, .asc   a line a point, x y z or x y z nx ny nz, with space,
           commas or semicolons between; # and // begin remarks, a first line of one number says how many lines follow
    .npy   an array (n, 3) or (n, 6); .npz   arrays "points", and "normals" where they are known
    .pcd   fields x, y, z, and normal_x, normal_y, normal_z; points that are not numbers, as scanners leave them, go
    Three columns after z that all have length 1 are normals, wherever they stand; the others (colours, intensities,
    scan fields) are left out, which ``notes`` says. Just three that have not are normals too, unless none is below 0.
    raises InputError naming the line or the shape that is wrong

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "two.xyz"
    >>> _ = path.write_text("0 0 1\\n1 0 0\\n")
    >>> len(read_cloud(path))
    2
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"a cloud needs a file of points ({', '.join(SUFFIXES)}); got {path.name!r}. Convert it.")
    if suffix == ".ply":
        return read_ply_points(path)
    if suffix == ".pcd":
        return _known(path, *read_pcd(path))
    if suffix == ".npz":
        return cloud_of_arrays(arrays_of(content(path), path.name), path.name)
    table, names = _xyz(path) if suffix in TEXTS else (_npy(path), [])
    if table.ndim != 2 or table.shape[1] < 3:
        raise InputError(f"{path.name}: a cloud needs columns x, y, z; got shape {table.shape}. Export it.")
    places, normals = _columns(table, names)
    try:
        told = _left_out(table.shape[1], [*places, *normals])
        return Cloud(table[:, places], table[:, normals] if normals else None, told)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _normals_at(table: NDArray[np.float64]) -> int | None:
    """The first of the three columns that hold normals: of length 1, or just three that cannot be colours.

    >>> [_normals_at(np.array([[5.0, 5, 5, *more]])) for more in ([9, 8, 0, 0, 0.6, -0.8], [9, 8, 0], [0, 0, 2, 7])]
    [6, None, None]
    """
    starts = range(3, table.shape[1] - 2)
    rest = table[:, 3:]
    units = [first for first in starts if _are_normals(table[:, first : first + 3], rest.shape[1] == 3)]
    plain = rest.shape[1] == 3 and not ((rest >= 0).all() and rest.any())
    return units[0] if units else 3 if plain else None


def _are_normals(columns: NDArray[np.float64], alone: bool) -> bool:
    """Whether three columns have length 1; among others not in zeros and ones, which are flags and labels there."""
    with np.errstate(over="ignore", invalid="ignore"):
        near = np.abs(np.linalg.norm(columns, axis=1) - 1.0) < NEARLY_UNIT
    return bool(near.all() and (alone or not np.isin(columns, (0.0, 1.0)).all()))


def _columns(table: NDArray[np.float64], names: list[str]) -> tuple[list[int], list[int]]:
    """The columns of places and of normals: as they are named, or the first three and those that hold normals."""
    if len(names) == table.shape[1] and {*PLACE} <= {*names}:
        normals = next((each for each in NORMALS if {*each} <= {*names}), ())
        return [names.index(axis) for axis in PLACE], [names.index(axis) for axis in normals]
    first = _normals_at(table)
    return [0, 1, 2], [] if first is None else [first, first + 1, first + 2]


def _left_out(width: int, used: list[int]) -> list[str]:
    """What is said of the columns that are neither a place nor a normal."""
    rest = [str(at + 1) for at in range(width) if at not in used]
    if not rest:
        return []
    which = f"column {rest[0]}" if len(rest) == 1 else f"columns {', '.join(rest[:-1])} and {rest[-1]}"
    return [f"{which} left out: neither a place nor a normal (three columns of length 1), as colours and flags are"]


def cloud_or_mesh(path: Path) -> Mesh | Cloud:
    """Return the mesh of a PLY file, or its points where it has no faces."""
    return read_ply(path) if has_faces(path) else read_ply_points(path)


def cloud_or_signal(path: Path) -> Samples | Cloud:
    """Return the signal of a .npy file; a cloud where it has six columns, the last three of length 1."""
    found = read_npy(path)
    table = found.targets
    with np.errstate(over="ignore"):
        units = table.shape[1] == 6 and np.allclose(np.linalg.norm(table[:, 3:], axis=1), 1.0, atol=UNIT)
    return read_cloud(path) if units else found


def cloud_of_arrays(arrays: Mapping[str, NDArray[Any]], name: str) -> Cloud:
    """Return the cloud of an archive's arrays "points" and "normals".

    raises   InputError for others
    """
    if "points" not in arrays or any(arrays[key].dtype.kind not in "fiu" for key in KEYS if key in arrays):
        got = ", ".join(arrays)[:60] or "none"
        raise InputError(f"{name}: a cloud needs arrays points, and normals, of numbers; got {got}. Save them so.")
    try:
        return Cloud(arrays["points"], arrays.get("normals"))
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _known(path: Path, points: NDArray[np.float64], normals: NDArray[np.float64] | None) -> Cloud:
    """The points that are numbers, with their normals where all of them have some."""
    kept, notes = np.isfinite(points).all(axis=1), list[str]()
    if not kept.all():
        notes.append(f"{counted(int((~kept).sum()), 'point')} that are not numbers, left out")
    if normals is not None and not (np.isfinite(normals[kept]).all() and normals[kept].any(axis=1).all()):
        normals = None
        notes.append(SOME_NORMALS)
    try:
        return Cloud(points[kept], None if normals is None else normals[kept], notes)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _xyz(path: Path) -> tuple[NDArray[np.float64], list[str]]:
    """The numbers of a text, and what its first lines call the columns."""
    rows: list[list[float]] = []
    promised: float | None = None
    data = content(path)
    if not data.strip():
        raise InputError(f"{path.name}: a cloud needs points; got an empty file. Export it again.")
    for number, words in lines(data, path.name, "XYZ file", comment="#"):
        if words[0].startswith(REMARK) or (not rows and _names_places(words)):
            continue
        try:
            row = [float(word) for word in _parted(words)]
        except ValueError:
            raise InputError(
                f"{path.name}: a cloud needs numbers; got {words[:3]} in line {number}. "
                + about_commas(words, "Fix it.")
            ) from None
        if len(rows) == 1 and len(rows[0]) == 1 and len(row) > 1:
            promised = rows.pop()[0]  # how many points follow
        if rows and len(row) != len(rows[0]):
            raise InputError(
                f"{path.name}: a cloud needs {len(rows[0])} numbers a line; got {len(row)} in line {number}."
            )
        rows.append(row)
    if not rows:
        raise InputError(f"{path.name}: a cloud needs points; got remarks alone. Export it again.")
    if promised is not None and promised != len(rows):
        told = f"its first line says {promised:.15g} points; it holds {len(rows)}"
        raise InputError(f"{path.name}: {told}. Copy it again.")
    return np.array(rows, dtype=np.float64), _names(data)


def _names(data: bytes) -> list[str]:
    """The names of the columns, in a line before the points, a remark or not, that has x, y and z among its words.

    >>> _names(b"# made by hand\\n//X Y Z R G B\\n0 0 0 1 1 1\\n"), _names(b"0 0 0\\n")
    (['x', 'y', 'z', 'r', 'g', 'b'], [])
    """
    for line in data[:BEGINNING].decode("utf-8", "replace").splitlines():
        words = [UNITS.sub("", word.strip("\"'").lower()) for word in _parted(line.lstrip("#/ \t\ufeff").split())]
        if {*PLACE} <= {*words}:
            return words
        if words and not line.lstrip().startswith(("#", REMARK)):
            break
    return []


def _names_places(words: list[str]) -> bool:
    """Whether a line names its columns, x, y and z first.

    >>> _names_places(["X", "Y", "Z", "nx"]), _names_places(["x,y,z"]), _names_places(["y", "x", "z"])
    (True, True, False)
    """
    return [word.strip("\"'").lower() for word in _parted(words)[:3]] == ["x", "y", "z"]


def _parted(words: list[str]) -> list[str]:
    """The words of a line between commas or semicolons, where these stand between numbers, and not in them.

    >>> _parted(["1,", "2,", "3"]), _parted(["1;2;3"]), _parted(["1,5", "2,5", "3,5"])
    (['1', '2', '3'], ['1', '2', '3'], ['1,5', '2,5', '3,5'])
    """
    line = " ".join(words)
    mark = next((mark for mark in SEPARATORS if mark in line), None)
    parts = [part.strip() for part in line.split(mark)] if mark else words
    return words if any(" " in part for part in parts) else parts


def _npy(path: Path) -> NDArray[np.float64]:
    table = array_of(
        content(path), lambda what: f"{path.name}: not a .npy array of plain numbers ({what}). Save it with np.save."
    )
    if not isinstance(table, np.ndarray) or table.dtype.kind not in "fiu":
        raise InputError(f"{path.name}: a cloud needs an array of numbers; got another. Save it with np.save.")
    return table.astype(np.float64)


def cloud_bytes(cloud: Cloud, suffix: str) -> bytes:
    """Return a cloud as the bytes of a file with this suffix.

    >>> cloud_bytes(Cloud([[0.0, 0.5, 1.0]]), ".xyz")
    b'0.0 0.5 1.0\\n'
    """
    table = cloud.points if cloud.normals is None else np.hstack([cloud.points, cloud.normals])
    if suffix == ".ply":
        return ply_points_bytes(cloud)
    if suffix == ".xyz":
        return "".join(" ".join(map(repr, row)) + "\n" for row in table.tolist()).encode()
    file = io.BytesIO()
    np.save(file, table, allow_pickle=False)
    return file.getvalue()
