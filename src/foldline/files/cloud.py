"""Clouds: points of a surface as PLY without faces, as XYZ text, and as NumPy arrays."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..errors import InputError
from .lines import lines
from .ply import ply_points_bytes, read_ply_points
from .source import content

SUFFIXES = (".ply", ".xyz", ".npy")
COLUMNS = (3, 6)  # x, y, z, and the normal there


def read_cloud(path: Path) -> Cloud:
    """Return the points of a file, with their normals where it has them.

    .ply   vertices, faces or not; .xyz   a line a point, x y z or x y z nx ny nz, # begins a comment
    .npy   an array (n, 3) or (n, 6)
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
    table = _xyz(path) if suffix == ".xyz" else _npy(path)
    if table.ndim != 2 or table.shape[1] not in COLUMNS:
        raise InputError(
            f"{path.name}: a cloud needs 3 columns, or 6 with normals; got shape {table.shape}. Export it."
        )
    try:
        return Cloud(table[:, :3], table[:, 3:] if table.shape[1] == 6 else None)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _xyz(path: Path) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    data = content(path)
    if not data.strip():
        raise InputError(f"{path.name}: a cloud needs points; got an empty file. Export it again.")
    for number, words in lines(data, path.name, "XYZ file", comment="#"):
        try:
            row = [float(word) for word in words]
        except ValueError:
            raise InputError(f"{path.name}: a cloud needs numbers; got {words[:3]} in line {number}. Fix it.") from None
        if rows and len(row) != len(rows[0]):
            raise InputError(
                f"{path.name}: a cloud needs {len(rows[0])} numbers a line; got {len(row)} in line {number}."
            )
        rows.append(row)
    return np.array(rows, dtype=np.float64)


def _npy(path: Path) -> NDArray[np.float64]:
    try:
        table = np.load(io.BytesIO(content(path)), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, TypeError) as error:
        raise InputError(f"{path.name}: not a .npy array of plain numbers ({error}). Save it with np.save.") from error
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
