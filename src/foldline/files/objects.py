"""Answers and meshes as objects of other libraries: networkx, geopandas, trimesh, loaded when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..machine import need_package

if TYPE_CHECKING:
    import trimesh

    from ..exact.decisions import Decisions
    from ..exact.regions import Regions
    from ..mesh import Mesh

EXTRA = "convert"  # that installs them


def region_graph(found: Regions) -> Any:
    """Return a ``networkx.Graph``: a node a region, an edge a pair that shares a facet.

    nodes    have ``point`` (inside), ``pattern`` and ``map``; edges ``unit``, the hidden unit that folds between them
    raises   MissingError with the line that installs networkx
    """
    need_package("to_networkx", "networkx", "networkx", EXTRA)
    import networkx

    graph = networkx.Graph(box=[found.box.lo.tolist(), found.box.hi.tolist()])
    told = zip(found.points, found.patterns, found.maps, strict=True)
    graph.add_nodes_from((r, {"point": at, "pattern": bits, "map": A}) for r, (at, bits, A) in enumerate(told))
    units = found.fold_of_edge
    graph.add_edges_from((a, b, {"unit": int(units[facet])}) for a, b, facet in found.neighbours.tolist())
    return graph


def region_frame(found: Regions) -> Any:
    """Return a ``geopandas.GeoDataFrame``: a row a region of 2 inputs, with its polygon, area, piece and affine map.

    raises   MissingError with the line that installs geopandas; InputError for other than 2 inputs
    """
    columns = {"area": found.volumes, "piece": found.piece_of} if found.d_in == 2 else {}
    rows = found.maps.reshape(len(found), -1)
    names = [f"{axis}{o}" for o in range(found.maps.shape[1]) for axis in ("slope_x_", "slope_y_", "offset_")]
    return _frame(found.polygons(), columns | dict(zip(names, rows.T, strict=False)))


def decision_frame(found: Decisions) -> Any:
    """Return a ``geopandas.GeoDataFrame``: a row a cell of 2 inputs, with its polygon, class, region and area.

    raises   as ``region_frame``
    """
    shapes = found.polygons()
    names = np.array(found.names, dtype=object)[found.classes]
    return _frame(shapes, {"class": names, "region": found.region_of, "area": found.volumes})


def _frame(shapes: list[Any], columns: dict[str, Any]) -> Any:
    need_package("to_geodataframe", "geopandas", "geopandas", EXTRA)
    import geopandas
    from shapely.geometry import Polygon

    return geopandas.GeoDataFrame(columns, geometry=[Polygon(corners) for corners in shapes])


def trimesh_of(mesh: Mesh) -> trimesh.Trimesh:
    """Return a ``trimesh.Trimesh`` with the same vertices and the polygons' triangles.

    ``face_attributes["polygon"]`` says which polygon each triangle is of, others hold the mesh's own values.

    raises   MissingError with the line that installs trimesh
    """
    need_package("to_trimesh", "trimesh", "trimesh", EXTRA)
    import trimesh

    faces, owner = mesh.triangles
    values = {name: np.asarray(of)[owner] for name, of in mesh.face_values.items()}
    return trimesh.Trimesh(
        vertices=mesh.vertices, faces=faces, process=False, face_attributes={"polygon": owner, **values},
        vertex_attributes=dict(mesh.vertex_values), metadata=dict(mesh.meta),
    )  # fmt: skip
