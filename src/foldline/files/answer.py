"""Saved answers: NumPy archives that hold everything, with the network."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..errors import InputError
from ..text import json_text
from .npz import arrays_of, network_arrays, network_of_arrays
from .source import content, path_of
from .unpack import MAX_BYTES

if TYPE_CHECKING:
    from ..exact.cells import Cells
    from ..exact.regions import Regions

Arrays = dict[str, NDArray[Any]]

SCHEMA = 1  # of the archive; a reader refuses a larger one
COMPLEX = (
    "vertices",
    "edges",
    "folds",
    "loop_vertices",
    "loop_edges",
    "loop_start",
    "cell_faces",
    "cell_start",
)
CELLS = ("sides", "side_start")
# What the names of the network's arrays begin with, before a number.
NETWORK = ("W", "b", "slopes", "features", "rows", "slice_weights", "slice_biases")
DIMENSIONS = {"lo": 1, "hi": 1, "patterns": 2, "maps": 3, "points": 2, "vertices": 2, "edges": 2}  # others: 1
REAL = ("lo", "hi", "maps", "points", "vertices")  # the others are whole numbers


def holds_answer(path: Path) -> bool:
    """Return whether a file is an archive with the parts of an answer; it need not be a good one."""
    if path.suffix.lower() != ".npz" or not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"lo.npy", "hi.npy", "maps.npy"} <= set(archive.namelist())


def read_regions(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Regions:
    """Return the answer of an .npz archive that ``Regions.save`` wrote, with its network and box.

    That the parts fit each other, and are right, is what ``exact.check`` proves.
    max_bytes   the most the archive may unpack to
    raises      FileError if the path cannot be read; InputError if the file is no archive, holds Python objects, holds
                no answer, or lacks a part

    >>> import tempfile
    >>> from foldline import Network
    >>> from foldline.exact.regions import regions
    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> path = regions(xor, Box([-1, -1], [2, 2])).save(Path(tempfile.mkdtemp()) / "xor.npz")
    >>> len(read_regions(path))
    3
    """
    path = path_of("read_regions", path)
    arrays = arrays_of(content(path), path.name, max_bytes)
    if "regions" not in arrays:
        raise InputError(
            f"{path.name}: read_regions needs a saved answer; got arrays {', '.join(arrays) or 'none'}. "
            "Save one with Regions.save."
        )
    return _regions(arrays, path.name)


def _regions(arrays: Arrays, name: str) -> Regions:
    from ..exact.chain.form import chain_of
    from ..exact.complex.complex import Complex
    from ..exact.complex.cut import first_cells
    from ..exact.proof import Proof
    from ..exact.regions import Regions
    from ..exact.search.polytopes import Polytopes
    from ..exact.work import Work

    note = _note(arrays.pop("regions"), name)
    network = network_of_arrays({key: a for key, a in arrays.items() if _of_network(key)}, name)
    box = Box(*(_part(arrays, key, name) for key in ("lo", "hi")))
    chain = chain_of(network)
    n_units = sum(len(below) for below in chain.below)
    packed = _part(arrays, "patterns", name)
    if packed.dtype != np.uint8 or packed.shape[1] != -(-n_units // 8):
        raise InputError(
            f"{name}: a saved answer needs patterns of {n_units} units, eight a byte; "
            f"got shape {packed.shape}, type {packed.dtype}. Save it again."
        )
    bits = np.unpackbits(packed, axis=1, count=n_units)
    maps, points = (_part(arrays, key, name) for key in ("maps", "points"))
    cells: Cells
    if "vertices" in arrays:
        parts: Any = {key: _part(arrays, key, name) for key in COMPLEX}
        labels = {key: note[key] for key in ("certified", "complete", "asked", "engine")}
        first: Any = {}
        if chain.grid is not None:
            whole, _ = first_cells(chain, box, Work("read_regions", note["engine"]))
            first = {"start": whole, "starts": _part(arrays, "starts", name)}
        cells = Complex(chain, box, **parts, bits=bits, maps=maps, n_regions=len(bits), **labels, **first)
    else:
        sides, start = (_part(arrays, key, name) for key in CELLS)
        cells = Polytopes(chain, box, bits, points, (sides, start))
    proof = Proof(*(note[word] for word in ("certified", "complete", "explored", "engine", "seconds")))
    return Regions(network, box, chain, bits, maps, points, cells, proof)


def _of_network(key: str) -> bool:
    return key == "foldline" or any(key.startswith(first) and key[len(first) :].isdigit() for first in NETWORK)


def _part(arrays: Arrays, key: str, name: str) -> NDArray[Any]:
    """An array of the answer: float64, int64, or bytes for patterns."""
    if key not in arrays:
        raise InputError(f"{name}: a saved answer needs all its arrays; got none named {key!r}. Save it again.")
    array, real = arrays[key], key in REAL
    if array.dtype.kind not in ("f" if real else "iu") or array.ndim != DIMENSIONS.get(key, 1):
        raise InputError(
            f"{name}: a saved answer needs array {key!r} of {DIMENSIONS.get(key, 1)} axes and "
            f"{'real' if real else 'whole'} numbers; got shape {array.shape}, type {array.dtype}. Save it again."
        )
    if key == "patterns":
        return array
    return array.astype(np.float64 if real else np.int64)


def _note(text: NDArray[Any], name: str) -> dict[str, Any]:
    kinds = {"certified": bool, "complete": bool, "explored": float, "engine": str, "seconds": float, "asked": int}
    try:
        note = json.loads(str(text))
        schema = int(note["schema"])
        values = {key: note[key] for key in kinds}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{name}: a saved answer needs its description; got {error!r}. Save it again.") from error
    if schema > SCHEMA:
        raise InputError(
            f"{name}: this foldline needs a saved answer of schema {SCHEMA} or less; got {schema}. Update foldline."
        )
    wrong = [key for key, kind in kinds.items() if type(values[key]) is not kind]
    if wrong:
        raise InputError(
            f"{name}: a saved answer needs {wrong[0]} as {kinds[wrong[0]].__name__}; got {values[wrong[0]]!r}. "
            "Save it again."
        )
    return values


def npz_bytes(regions: Regions) -> bytes:
    """Return the archive: the network's arrays as in its own .npz, box, patterns, maps, points and all parts.

    patterns   bits of the chain's units, packed eight a byte, first unit in the highest bit
    raises     InputError for an answer about a polytope, or a box across a field's cells
    """
    from ..exact.chain.form import chain_of

    if sum(map(len, regions.chain.owners)) > sum(map(len, chain_of(regions.network).owners)):
        raise InputError(
            "an archive needs an answer about a box, and of a field one made of whole cells; got one about a part of "
            "that. Save it as .json, or ask about the box."
        )
    note = {
        "schema": SCHEMA,
        "certified": regions.certified,
        "complete": regions.complete,
        "explored": regions.explored,
        "engine": regions.engine,
        "seconds": regions.seconds,
        "asked": regions.complex.asked if regions.complex is not None else 0,
    }
    arrays = network_arrays(regions.network) | {
        "regions": np.array(json_text(note)),
        "lo": regions.box.lo,
        "hi": regions.box.hi,
        "patterns": np.packbits(regions.bits, axis=1),
        "maps": regions.maps,
        "points": regions.points,
    }
    if regions.complex is not None:
        arrays |= {name: _short(getattr(regions.complex, name)) for name in COMPLEX}
        if regions.complex.starts is not None:  # of a field: the simplex that each region is a part of
            arrays["starts"] = _short(regions.complex.starts)
    if regions.sides is not None:
        arrays |= {name: _short(values) for name, values in zip(CELLS, regions.sides, strict=True)}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _short(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in 32 bits where they fit."""
    limits = np.iinfo(np.int32)
    if values.dtype.kind == "i" and values.size and limits.min <= values.min() and values.max() <= limits.max:
        return values.astype(np.int32)
    return values
