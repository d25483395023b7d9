"""Linear regions in the formats that other tools read: JSON, CSV, GeoJSON, SVG, VTK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..exact.complex.outlines import loops, polygons
from ..mesh import Mesh
from ..text import csv_text, json_text
from .documents import columns

if TYPE_CHECKING:
    from ..exact.regions import Regions

Array = NDArray[Any]

SCHEMA = 1  # of the JSON document
VTK_POLYHEDRON = 42  # VTK file formats, "VTKCellType"


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
            parts["faces"] = [loop.tolist() for loop in loops(whole)]
    document = {
        "format": "foldline regions",
        "schema": SCHEMA,
        "box": {"lo": regions.box.lo.tolist(), "hi": regions.box.hi.tolist()},
        "n_regions": len(regions),
        "certified": regions.certified,
        "complete": regions.complete,
        "explored": regions.explored,
        **columns(regions.network),
        **parts,
        "regions": [_region(regions, r) for r in range(len(regions))],
    }
    return (json_text(document, compact=True) + "\n").encode()


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
    rows: list[list[Any]] = [head]
    for r in range(len(regions)):
        volume = [repr(float(regions.volumes[r]))] if measured else []
        numbers = [repr(v) for v in regions.maps[r].ravel().tolist()]
        rows.append([r, _pattern(regions, r), *(repr(v) for v in regions.points[r].tolist()), *volume, *numbers])
    return csv_text(rows).encode()


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
    return (json_text(document, compact=True) + "\n").encode()


def _rings(regions: Regions) -> list[list[list[float]]]:
    return [corners.tolist() for corners in polygons(_whole(regions))]


def faces(regions: Regions) -> Mesh:
    """The faces as a mesh; "fold" is the unit that made each, -1 - (2 axis + end) on the box."""
    whole = _whole(regions)
    return Mesh(whole.vertices, whole.loop_vertices, whole.loop_start, face_values={"fold": np.array(_folds(regions))})


def vtu_bytes(regions: Regions) -> bytes:
    """Return a VTK unstructured grid: a polyhedron a region, with its number, volume and map.

    source   VTK file formats, "UnstructuredGrid": a polyhedron's faces are listed as n, then n lists of corners,
             which turn counter-clockwise seen from outside
    """
    whole = _whole(regions)
    rings = [loop.tolist() for loop in loops(whole)]
    cells = [
        [rings[marked >> 1][:: -1 if marked & 1 else 1] for marked in cell]
        for cell in np.split(whole.cell_faces, whole.cell_start[1:-1])
    ]
    corners = [sorted({v for loop in cell for v in loop}) for cell in cells]
    sides = [[len(cell), *(n for loop in cell for n in (len(loop), *loop))] for cell in cells]
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
        _array("faces", "Int64", [v for cell in sides for v in cell]),
        _array("faceoffsets", "Int64", np.cumsum([len(cell) for cell in sides]).tolist()),
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
