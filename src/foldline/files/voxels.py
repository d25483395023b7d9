"""Voxels and sampled distances in files: NumPy archives, and binvox."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ..box import Box
from ..errors import InputError
from ..voxels import Sampled, Voxels
from .npz import arrays_of
from .source import content

FILLED, DISTANCES = "voxels", "sdf"  # the arrays of an archive, beside lo and hi
MOST = 2**30  # voxels
LONGEST_RUN = 255  # of a binvox file


def read_volume(path: Path) -> Voxels | Sampled | None:
    """Return what an archive holds: ``voxels`` or ``sdf``, with the corners ``lo`` and ``hi`` (-1 and 1 unless given).

    None for an archive of neither.
    raises   InputError for arrays that are neither
    """
    arrays = arrays_of(content(path), path.name)
    name = FILLED if FILLED in arrays else DISTANCES if DISTANCES in arrays else None
    if name is None:
        return None
    strange = [key for key in (name, "lo", "hi") if key in arrays and arrays[key].dtype.kind not in "fiub"]
    if strange:
        raise InputError(f"{path.name}: array {strange[0]!r} needs real numbers; got type {arrays[strange[0]].dtype}.")
    try:
        corners = [np.broadcast_to(np.asarray(arrays.get(key, default), dtype=np.float64), (3,))
                   for key, default in (("lo", -1.0), ("hi", 1.0))]  # fmt: skip
        return (Voxels if name == FILLED else Sampled)(arrays[name], Box(*corners))
    except ValueError as error:  # InputError is one
        raise InputError(f"{path.name}: {error}") from None


def volume_bytes(value: Voxels | Sampled) -> bytes:
    """Return a compressed archive: ``voxels`` (bool) or ``sdf`` (float32), ``lo``, ``hi``."""
    file = io.BytesIO()
    table = {FILLED: value.filled} if isinstance(value, Voxels) else {DISTANCES: value.values}
    np.savez_compressed(file, allow_pickle=False, lo=value.box.lo, hi=value.box.hi, **table)
    return file.getvalue()


def read_binvox(path: Path) -> Voxels:
    """Return the voxels of a binvox file.

    raises   InputError for a header or runs that do not add up
    source   Min 2004, binvox; the format: x slowest, then z, then y; runs of (value, count)

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.binvox"
    >>> _ = path.write_bytes(binvox_bytes(Voxels(np.ones((2, 2, 2), dtype=bool), Box([0, 0, 0], [1, 1, 1]))))
    >>> read_binvox(path).mesh.volume
    1.0
    """
    head, mark, body = content(path).partition(b"data\n")
    told = {words[0]: words[1:] for line in head.decode("ascii", "replace").splitlines() if (words := line.split())}
    try:
        if not mark or not head.startswith(b"#binvox"):
            raise ValueError("no header")
        sizes = [int(text) for text in told["dim"]]
        scale = float(told.get("scale", ["1"])[0])
        low = np.array([float(text) for text in told.get("translate", ["0"] * 3)])
        if len(sizes) != 3 or min(sizes) < 1 or np.prod(sizes, dtype=float) > MOST or not (0 < scale < np.inf):
            raise ValueError(f"dim {sizes}, scale {scale}")
        if len(low) != 3:
            raise ValueError(f"translate {low.tolist()}")
        box = Box(low, low + scale * np.array(sizes) / max(sizes))
        runs = np.frombuffer(body, dtype=np.uint8)
        if len(runs) % 2 or int(runs[1::2].sum(dtype=np.int64)) != np.prod(sizes):
            raise ValueError(f"runs of {int(runs[1::2].sum(dtype=np.int64)):,} voxels for {sizes}")
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"{path.name}: not a binvox file ({error}). Make it again.") from error
    nx, ny, nz = sizes
    filled = np.repeat(runs[0::2] > 0, runs[1::2]).reshape(nx, nz, ny).transpose(0, 2, 1)
    return Voxels(filled, box)


def binvox_bytes(value: Voxels) -> bytes:
    """Return the voxels as a binvox file.

    raises   InputError for voxels that are no cubes, which it cannot say
    """
    sizes, edges = np.array(value.filled.shape), value.box.hi - value.box.lo
    side = edges / sizes
    if not np.allclose(side, side[0], rtol=1e-9):
        raise InputError(f"a binvox file needs voxels that are cubes; got sides {side.tolist()}. Write .npz.")
    flat = value.filled.transpose(0, 2, 1).ravel()
    starts = np.flatnonzero(np.append(True, flat[1:] != flat[:-1]))
    lengths = np.diff(np.append(starts, len(flat)))
    pieces = -(-lengths // LONGEST_RUN)
    last = np.cumsum(pieces) - 1
    counts = np.full(pieces.sum(), LONGEST_RUN)
    counts[last] = lengths - (pieces - 1) * LONGEST_RUN
    runs = np.stack([np.repeat(flat[starts], pieces), counts], axis=1).astype(np.uint8)
    low = " ".join(map(repr, value.box.lo.tolist()))
    head = f"#binvox 1\ndim {' '.join(map(str, sizes))}\ntranslate {low}\nscale {float(edges.max())!r}\ndata\n"
    return head.encode() + runs.tobytes()
