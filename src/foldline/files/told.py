"""Answers' documents read back: what a .json or .geojson tells is enough to draw it, not to ask on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import doors
from ..box import Box
from ..errors import InputError
from ..exact.boundary import Boundary
from ..exact.complex import outlines
from ..exact.complex.outlines import Outline
from ..exact.proof import Answer, Proof
from ..exact.terrain.contours import Contours
from .source import content, path_of

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_BYTES = 2**29  # of a document: as Python's values it takes some eight times as much


@dataclass(frozen=True, eq=False, repr=False)
class Told(doors.Drawn, Answer):
    """What an answer's document tells of its cells, without the network.

    kind      the question: "regions", "decisions" or "slopes"
    complex   the cells' corners and edges
    maps      (C, d_out, d + 1) affine maps; no rows where there are none
    numbers   of each cell: "classes", "degrees", "aspect"
    names     of the classes
    edge      the boundary between them
    meta      what inputs and output are called, as a network's
    """

    kind: str
    box: Box
    proof: Proof
    complex: Outline
    maps: Array
    numbers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    edge: Boundary | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.complex)

    @property
    def d_out(self) -> int:
        """How many outputs the maps have."""
        return int(self.maps.shape[1])

    @property
    def classes(self) -> Index:
        """The class of each cell, (C,)."""
        return self.numbers["classes"]

    @property
    def empty(self) -> tuple[str, ...]:
        """Names of the classes without a cell."""
        return tuple(self.names[k] for k in np.setdiff1d(np.arange(len(self.names)), self.classes))

    @cached_property
    def heights(self) -> Array:
        """The outputs at the vertices, (V, d_out), each by the map of a cell that it is a corner of."""
        whole = self.complex
        values = np.zeros((len(whole.vertices), self.d_out))
        owner = np.repeat(np.arange(len(self)), np.diff(whole.loop_start))
        corners = whole.vertices[whole.loop_vertices]
        at = self.maps[owner]
        values[whole.loop_vertices] = np.einsum("nod,nd->no", at[:, :, :-1], corners) + at[:, :, -1]
        return values

    def polygons(self) -> list[Array]:
        """Return the corners of each cell in the plane, (corners, 2) each."""
        return outlines.polygons(self.complex)


@dataclass(frozen=True)
class _Document:
    """The values of a document by name, each checked when it is taken."""

    values: Mapping[str, Any]
    file: str

    def fail(self, key: str, needs: str) -> InputError:
        return InputError(f"{self.file}: a saved answer needs {key!r} as {needs}; got another. Save it again.")

    def part(self, key: str) -> _Document:
        if not isinstance(self.values.get(key), dict):
            raise self.fail(key, "an object")
        return _Document(self.values[key], self.file)

    def items(self, key: str) -> list[_Document]:
        found = self.values.get(key)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.fail(key, "a list of objects")
        return [_Document(one, self.file) for one in found]

    def column(self, parts: Sequence[_Document], key: str) -> _Document:
        """One entry of each of the parts, as a list under its name."""
        return _Document({key: [part.values.get(key) for part in parts]}, self.file)

    def numbers(self, key: str, shape: tuple[int | None, ...], *, gaps: bool = False) -> Array:
        """An array of finite numbers, None of a shape any length; NaN for null where there may be gaps."""
        found = self.values.get(key)
        try:
            array = np.array(found if found else np.zeros([n or 0 for n in shape]), dtype=np.float64)
        except (ValueError, TypeError, OverflowError) as error:
            raise self.fail(key, "numbers") from error
        fits = array.ndim == len(shape) and all(
            n in (None, m) for n, m in zip(shape, array.shape, strict=True)
        )
        if not fits or not (gaps or np.isfinite(array).all()):
            raise self.fail(key, f"finite numbers with {len(shape)} axes")
        return array

    def places(self, key: str, shape: tuple[int | None, ...], most: int) -> Index:
        """An array of whole numbers from 0 to below ``most``."""
        array = self.numbers(key, shape)
        if (array != np.floor(array)).any() or (array.size and not 0 <= array.min() <= array.max() < most):
            raise self.fail(key, f"whole numbers below {most}")
        return array.astype(np.int64)

    def rings(self, key: str, most: int) -> tuple[Index, Index]:
        """Lists of places one after the other, and where each begins."""
        found = self.values.get(key)
        if not isinstance(found, list) or not all(isinstance(one, list) for one in found):
            raise self.fail(key, "lists of vertex numbers")
        flat = _Document({key: list(chain.from_iterable(found))}, self.file).places(key, (None,), most)
        return flat, np.concatenate([[0], np.cumsum([len(one) for one in found])]).astype(np.int64)

    def words(self, key: str) -> tuple[str, ...]:
        found = self.values.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self.fail(key, "a list of texts")
        return tuple(found)

    def proof(self) -> Proof:
        share = self.values.get("explored", 1.0)
        flags = [self.values.get(key) for key in ("certified", "complete")]
        if not all(isinstance(flag, bool) for flag in flags) or not isinstance(share, int | float):
            raise self.fail("certified", "true or false, beside complete and explored")
        return Proof(bool(flags[0]), bool(flags[1]), float(share), "", 0.0)

    def box(self) -> Box:
        found = self.values.get("box")
        if isinstance(found, dict):
            found = [found.get("lo"), found.get("hi")]
        ends = _Document({"box": found}, self.file).numbers("box", (2, None))
        if not ends.size:
            raise self.fail("box", "two corners")
        return Box(ends[0], ends[1])

    def meta(self) -> dict[str, Any]:
        """What the columns are called, as a network's."""
        target = self.values.get("target")
        return {"names": list(self.words("inputs"))} | ({"target": target} if isinstance(target, str) else {})


def _regions(told: _Document) -> Told:
    box = told.box()
    if "vertices" not in told.values or box.d > 2:
        raise InputError(
            f"{told.file}: draw needs regions of 1 or 2 inputs; got {box.d}. Ask on a slice: foldline regions NETWORK "
            "--plane P U V --out NAME.json."
        )
    parts = told.items("regions")
    vertices = told.numbers("vertices", (None, box.d))
    edges = told.places("edges", (None, 2), len(vertices))
    rings = told.column(parts, "vertices").rings("vertices", len(vertices))
    inner = np.array(told.numbers("fold_of", (None,)) >= 0)
    folds = edges[inner] if box.d == 2 and len(inner) == len(edges) else edges[:0]
    maps = told.column(parts, "map").numbers("map", (len(parts), None, box.d + 1))
    return Told("regions", box, told.proof(), Outline(vertices, *rings, folds), maps, meta=told.meta())


def _decisions(told: _Document) -> Told:
    box = told.box()
    if box.d > 2:
        raise InputError(
            f"{told.file}: draw needs decisions of 1 or 2 inputs; got {box.d}. Ask on a slice: foldline decisions "
            "NETWORK --plane P U V --out NAME.json."
        )
    vertices, names = told.numbers("vertices", (None, box.d)), told.words("names")
    corners, starts = told.rings("cells", len(vertices))
    n = len(starts) - 1
    numbers = {"classes": told.places("class", (n,), len(names))}
    edge = _boundary(told.part("boundary")) if "boundary" in told.values else None
    maps = told.numbers("map", (n, None, box.d + 1))
    return Told("decisions", box, told.proof(), Outline(vertices, corners, starts), maps, numbers, names, edge,
                told.meta() | {"classes": list(names)})  # fmt: skip


def _boundary(told: _Document) -> Boundary:
    box, names = told.box(), told.words("names")
    vertices = told.numbers("vertices", (None, box.d))
    corners, starts = told.rings("facets", len(vertices))
    n = len(starts) - 1
    if box.d < 3 and not np.array_equal(np.diff(starts), np.full(n, box.d)):
        raise told.fail("facets", f"lists of {box.d} vertex numbers")
    classes, regions = told.places("classes", (n, 2), len(names)), told.places("regions", (n, 2), 2**53)
    gap = float(told.numbers("max_abs_value", ()))
    return Boundary(box, vertices, corners, starts, classes, regions, names, gap, told.proof())


def _contours(told: _Document) -> Contours:
    about = told.part("foldline")
    levels = about.numbers("levels", (None,))
    lines: list[list[Array]] = [[] for _ in levels]
    for one in told.items("features"):
        level = float(one.part("properties").numbers("level", ()))
        for k in np.flatnonzero(levels == level)[:1]:
            lines[k].append(one.part("geometry").numbers("coordinates", (None, 2)))
    whole = np.isin(levels, about.numbers("complete_levels", (None,)))
    gap = float(about.numbers("max_abs_value", ()))
    return Contours(about.box(), levels, tuple(map(tuple, lines)), whole, gap, about.proof())


def _slopes(told: _Document) -> Told:
    about, parts = told.part("foldline"), told.items("features")
    rings = [_ring(one.part("geometry")) for one in parts]
    rows = [one.part("properties") for one in parts]
    angles = told.column(rows, "slope_degrees").numbers("slope_degrees", (len(parts),))
    aspect = told.column(rows, "aspect").numbers("aspect", (len(parts),), gaps=True)
    vertices = np.concatenate([np.zeros((0, 2)), *rings])
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    outline = Outline(vertices, np.arange(len(vertices)), starts)
    return Told("slopes", about.box(), about.proof(), outline, np.zeros((len(parts), 0, 3)),
                {"degrees": angles, "aspect": aspect})  # fmt: skip


def _ring(geometry: _Document) -> Array:
    """The corners of a polygon without holes, the last of which repeats the first."""
    return geometry.numbers("coordinates", (1, None, 2))[0, :-1]


READERS: tuple[tuple[Callable[[_Document], bool], Callable[[_Document], Told | Boundary | Contours]], ...] = (
    (lambda it: it.values.get("format") == "foldline regions", _regions),
    (lambda it: {"cells", "class", "names"} <= set(it.values), _decisions),
    (lambda it: {"facets", "classes", "names"} <= set(it.values), _boundary),
    (lambda it: "levels" in it.values.get("foldline", ()), _contours),
    (lambda it: "per_unit" in it.values.get("foldline", ()), _slopes),
)


def read_told(path: str | Path) -> Told | Boundary | Contours | None:
    """Return what the .json or .geojson of an answer tells; None for any other document.

    raises   FileError if the path cannot be read; InputError for an answer that lacks a part
    """
    path = path_of("read_told", path)
    try:
        values = json.loads(content(path, most=MOST_BYTES))
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    told = _Document(values, path.name)
    return next((reader(told) for fits, reader in READERS if fits(told)), None)
