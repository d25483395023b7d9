"""Answers to files: NumPy archives that hold everything, and formats that other tools read."""

from __future__ import annotations

import colorsys
import csv
import io
import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from ..atomic import write_bytes
from ..errors import FileError, InputError
from .mesh_writing import obj_bytes, ply_bytes
from .network_writing import network_arrays

if TYPE_CHECKING:
    from ..exact.regions import Regions

Array = NDArray[Any]

SCHEMA = 1  # of the archive below; a reader refuses a larger one
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
VTK_POLYHEDRON = 42  # VTK file formats, "VTKCellType"
SIDE = 800  # of a drawing, in its own units
GOLDEN_ANGLE = 0.381966011250105  # of the colour circle: successive hues stay apart however many there are


def write_regions(regions: Regions, path: str | Path, *, force: bool = False) -> Path:
    """Return the path after an answer is written; the format follows the name.

    .npz              everything, with the network; ``read`` gives the answer back, ``foldline check`` proves it again
    .json, .csv       the list of regions, for any number of inputs
    .geojson, .svg    two inputs: polygons with their properties; a picture
    .ply, .obj, .vtu  three inputs: the faces; the cells as VTK polyhedra with their volumes and maps
    raises   FileError for another suffix or a path that cannot be written (see ``write_bytes``); InputError if the
             format does not hold an answer of so many inputs
    """
    path = Path(path)
    return write_bytes(path, regions_maker(path, regions.d_in)(regions), force=force)


def regions_maker(path: Path, d: int) -> Callable[[Any], bytes]:
    """Return what makes the bytes of an answer for d inputs; raises as ``write_regions`` does for the name."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise FileError(f"write_regions needs a name that ends in {', '.join(FORMATS)}; got {path.name!r}. Rename it.")
    needed, encode = FORMATS[suffix]
    if needed not in (0, d):
        raise InputError(
            f"save needs an answer for {needed} inputs for a {suffix} file; got {d}. "
            "Save .npz, .json or .csv, or take a slice."
        )
    return encode


def npz_bytes(regions: Regions) -> bytes:
    """Return the archive: the network's arrays as in its own .npz, box, patterns, maps, points and all parts.

    patterns   bits of the chain's units, packed eight a byte, first unit in the highest bit
    """
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
        "regions": np.array(json.dumps(note)),
        "lo": regions.box.lo,
        "hi": regions.box.hi,
        "patterns": np.packbits(regions.bits, axis=1),
        "maps": regions.maps,
        "points": regions.points,
    }
    if regions.complex is not None:
        arrays |= {name: _short(getattr(regions.complex, name)) for name in COMPLEX}
    if regions.sides is not None:
        arrays |= {name: _short(values) for name, values in zip(CELLS, regions.sides, strict=True)}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _short(values: Array) -> Array:
    """Whole numbers in 32 bits where they fit."""
    limits = np.iinfo(np.int32)
    if values.dtype.kind == "i" and values.size and limits.min <= values.min() and values.max() <= limits.max:
        return values.astype(np.int32)
    return values


def json_bytes(regions: Regions) -> bytes:
    """Return one object: what was asked, how sure the answer is, and a list of regions with their parts.

    For four and more inputs a region's parts are its "sides": hidden units, counted from 0, whose folds bound it, each
    on the side that the pattern says, and -1 - (2 axis + end) on the box.
    """
    whole = regions.complex
    parts: dict[str, Any] = {}
    if whole is not None:
        parts = {"vertices": whole.vertices.tolist(), "edges": whole.edges.tolist(), "fold_of": _folds(regions)}
        if regions.d_in == 3:
            parts["faces"] = _split(whole.loop_vertices, whole.loop_start)
    document = {
        "format": "foldline regions",
        "schema": SCHEMA,
        "box": {"lo": regions.box.lo.tolist(), "hi": regions.box.hi.tolist()},
        "n_regions": len(regions),
        "certified": regions.certified,
        "complete": regions.complete,
        "explored": regions.explored,
        **parts,
        "regions": [_region(regions, r) for r in range(len(regions))],
    }
    return (json.dumps(document, separators=(",", ":")) + "\n").encode()


def _region(regions: Regions, r: int) -> dict[str, Any]:
    out: dict[str, Any] = {
        "pattern": _pattern(regions, r),
        "point": regions.points[r].tolist(),
        "map": regions.maps[r].tolist(),
    }
    whole = regions.complex
    if whole is None:
        out["sides"] = _sides(regions, r)
        return out
    out["volume"] = float(regions.volumes[r])
    if regions.d_in == 1:
        out["vertices"] = whole.edges[r].tolist()
    elif regions.d_in == 2:
        out["vertices"] = whole.loop_vertices[whole.loop_start[r] : whole.loop_start[r + 1]].tolist()
    else:
        out["faces"] = (whole.cell_faces[whole.cell_start[r] : whole.cell_start[r + 1]] >> 1).tolist()
    return out


def _pattern(regions: Regions, r: int) -> str:
    return "".join(map(str, regions.patterns[r].tolist()))


def _folds(regions: Regions) -> list[int]:
    return [int(v) for v in regions.fold_of_edge.tolist()]


def _sides(regions: Regions, r: int) -> list[int]:
    columns, start = regions.sides or (np.zeros(0, dtype=np.int64),) * 2
    chain = regions.chain
    unit = [u for owners, folds in zip(chain.owners, chain.folds, strict=True) for u in owners[folds]]
    return [int(unit[s]) if s >= 0 else s for s in columns[start[r] : start[r + 1]].tolist()]


def csv_bytes(regions: Regions) -> bytes:
    """Return a table: a row a region with its pattern, a point inside, its volume and its affine map.

    Output o is the sum of map_o_i times input i, plus offset_o.
    """
    d, d_out = regions.d_in, regions.maps.shape[1]
    measured = regions.complex is not None
    head = ["region", "pattern", *(f"point_{i}" for i in range(d)), *(["volume"] if measured else [])]
    for o in range(d_out):
        head += [*(f"map_{o}_{i}" for i in range(d)), f"offset_{o}"]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(head)
    for r in range(len(regions)):
        volume = [repr(float(regions.volumes[r]))] if measured else []
        numbers = [repr(v) for v in regions.maps[r].ravel().tolist()]
        table.writerow([r, _pattern(regions, r), *(repr(v) for v in regions.points[r].tolist()), *volume, *numbers])
    return text.getvalue().encode()


def geojson_bytes(regions: Regions) -> bytes:
    """Return a feature collection: a polygon a region, its coordinates the two inputs.

    source   RFC 7946: rings are closed and counter-clockwise; the coordinates here are no longitudes
    """
    features = []
    for r, ring in enumerate(_rings(regions)):
        properties = _region(regions, r)
        del properties["vertices"]
        features.append(
            {
                "type": "Feature",
                "id": r,
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
                "properties": properties,
            }
        )
    document = {
        "type": "FeatureCollection",
        "bbox": [*regions.box.lo.tolist(), *regions.box.hi.tolist()],
        "features": features,
    }
    return (json.dumps(document, separators=(",", ":")) + "\n").encode()


def _rings(regions: Regions) -> list[list[list[float]]]:
    whole = _whole(regions)
    corners: list[list[float]] = whole.vertices[whole.loop_vertices].tolist()
    start = whole.loop_start.tolist()
    return [corners[a:b] for a, b in pairwise(start)]


def svg_bytes(regions: Regions) -> bytes:
    """Return a drawing of the polygons, a quiet colour a region, folds as thin lines over them."""
    colours = [colour(r) for r in range(len(regions))]
    return drawing(_whole(regions), regions.box, colours, f"{len(regions):,} linear regions")


def drawing(
    whole: Any, box: Any, colours: Sequence[str], name: str, *, bold: Sequence[int] = (), legend: Sequence[str] = ()
) -> bytes:
    """Return the polygons of a complex in the plane as SVG, edges that are not the box's as thin lines over them.

    bold     numbers of the edges drawn thick
    legend   words below the picture, the first in the first colour, ...
    """
    lo, side = box.lo, box.hi - box.lo
    width, height = (SIDE * side / side.max()).tolist()
    at = (whole.vertices - lo) / side * [width, -height] + [0, height]
    shapes = []
    for r, corners in enumerate(_split(whole.loop_vertices, whole.loop_start)):
        line = " ".join(f"{x:.6g},{y:.6g}" for x, y in at[corners].tolist())
        shapes.append(f'<polygon points="{line}" fill="{colours[r]}"/>')
    lines = _strokes(at[whole.edges[whole.folds >= 0]])
    thick = _strokes(at[whole.edges[np.asarray(bold, dtype=np.int64)]])
    words = "".join(
        f'<rect y="{height + 14 + 22 * k:.6g}" width="14" height="14" fill="{colour(k)}" stroke="#1f2937"/>'
        f'<text x="22" y="{height + 26 + 22 * k:.6g}">{escape(word)}</text>\n'
        for k, word in enumerate(legend)
    )
    tall = height + 2 + (22 * len(legend) + 14 if legend else 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {width + 2:.6g} {tall:.6g}" role="img" '
        f'font-family="sans-serif" font-size="14"><title>{escape(name)}</title>\n' + "\n".join(shapes) + "\n"
        f'<path d="{lines}" fill="none" stroke="#1f2937" stroke-width="0.7" stroke-linecap="round"/>\n'
        f'<path d="{thick}" fill="none" stroke="#1f2937" stroke-width="2.5" stroke-linecap="round"/>\n'
        f'<rect width="{width:.6g}" height="{height:.6g}" fill="none" stroke="#1f2937"/>\n{words}</svg>\n'
    ).encode()


def _strokes(segments: Array) -> str:
    return "".join(f"M{x:.6g} {y:.6g}L{u:.6g} {v:.6g}" for x, y, u, v in segments.reshape(-1, 4).tolist())


def colour(r: int) -> str:
    """Return the quiet colour of number r, far from its neighbours'."""
    red, green, blue = colorsys.hls_to_rgb(r * GOLDEN_ANGLE % 1, 0.74 + 0.035 * (r % 5), 0.5)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def _faces(regions: Regions) -> Any:
    """The faces as a mesh; "fold" is the unit that made each, -1 - (2 axis + end) on the box."""
    whole = _whole(regions)
    return SimpleNamespace(
        vertices=whole.vertices,
        n_vertices=len(whole.vertices),
        n_faces=len(whole.folds),
        corners=whole.loop_vertices,
        offsets=whole.loop_start,
        faces=[np.array(face) for face in _split(whole.loop_vertices, whole.loop_start)],
        vertex_values={},
        face_values={"fold": np.array(_folds(regions))},
    )


def vtu_bytes(regions: Regions) -> bytes:
    """Return a VTK unstructured grid: a polyhedron a region, with its number, volume and map.

    source   VTK file formats, "UnstructuredGrid": a polyhedron's faces are listed as n, then n lists of corners,
             which turn counter-clockwise seen from outside
    """
    whole = _whole(regions)
    loops = _split(whole.loop_vertices, whole.loop_start)
    cells = [
        [loops[marked >> 1][:: -1 if marked & 1 else 1] for marked in cell]
        for cell in _split(whole.cell_faces, whole.cell_start)
    ]
    corners = [sorted({v for loop in cell for v in loop}) for cell in cells]
    faces = [[len(cell), *(n for loop in cell for n in (len(loop), *loop))] for cell in cells]
    n, maps = len(cells), regions.maps.reshape(len(cells), -1)
    data = [
        _array("region", "Int64", range(n)),
        _array("volume", "Float64", regions.volumes.tolist()),
        _array("map", "Float64", maps.ravel().tolist(), maps.shape[1]),
    ]
    shape = [
        _array("connectivity", "Int64", [v for cell in corners for v in cell]),
        _array("offsets", "Int64", np.cumsum([len(cell) for cell in corners]).tolist()),
        _array("types", "UInt8", [VTK_POLYHEDRON] * n),
        _array("faces", "Int64", [v for cell in faces for v in cell]),
        _array("faceoffsets", "Int64", np.cumsum([len(cell) for cell in faces]).tolist()),
    ]
    at = _array("points", "Float64", whole.vertices.ravel().tolist(), 3)
    return (
        '<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian">\n'
        f'<UnstructuredGrid><Piece NumberOfPoints="{len(whole.vertices)}" NumberOfCells="{n}">\n'
        f"<Points>{at}</Points>\n<Cells>{''.join(shape)}</Cells>\n<CellData>{''.join(data)}</CellData>\n"
        "</Piece></UnstructuredGrid>\n</VTKFile>\n"
    ).encode()


def _array(name: str, kind: str, values: Any, components: int = 1) -> str:
    many = f' NumberOfComponents="{components}"' if components > 1 else ""
    return f'<DataArray type="{kind}" Name="{name}"{many} format="ascii">{" ".join(map(repr, values))}</DataArray>\n'


def _whole(regions: Regions) -> Any:
    return regions.complex


def _split(values: Array, start: Array) -> list[list[int]]:
    flat = values.tolist()
    return [flat[a:b] for a, b in pairwise(start.tolist())]


# By suffix: how many inputs the format holds (0 for any number), and how it is made
FORMATS: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    ".npz": (0, npz_bytes),
    ".json": (0, json_bytes),
    ".csv": (0, csv_bytes),
    ".geojson": (2, geojson_bytes),
    ".svg": (2, svg_bytes),
    ".ply": (3, lambda regions: ply_bytes(_faces(regions))),
    ".obj": (3, lambda regions: obj_bytes(_faces(regions))),
    ".vtu": (3, vtu_bytes),
}
