"""Doors: the one place where a value reaches up to what is built on it, and where a name is looked up late.

``Network.save`` belongs to the value for whoever types it, and to ``files`` for whoever maintains it.  A method that
must look up is one line that calls the function of the same name here; each of these imports where it is called.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas
    import networkx
    import torch
    import trimesh
    from matplotlib.axes import Axes

    from .exact.boundary import Boundary
    from .exact.contours import Contours
    from .exact.decisions import Decisions
    from .exact.regions import Regions
    from .exact.slopes import Slopes
    from .mesh import Mesh
    from .network import Network


def arrays_of(module: torch.nn.Module, shape: Sequence[int] | None) -> dict[str, Any]:
    """Return the fields of the network that a torch module computes."""
    from .graph.torch_module import arrays_of

    return arrays_of(module, shape)


def arrays_of_model(model: object) -> dict[str, Any]:
    """Return the fields of the network that a fitted scikit-learn model computes."""
    from .graph.sklearn_model import arrays_of_model

    return arrays_of_model(model)


def module_of(network: Network) -> torch.nn.Module:
    """Return a torch module with the network's numbers."""
    from .graph.torch_module import module_of

    return module_of(network)


def write_network(network: Network, path: str | Path, *, force: bool) -> Path:
    """Return the path after the network is written; the format follows the name."""
    from .files.formats import write

    return write("network", network, path, force=force)


def write_mesh(mesh: Mesh, path: str | Path, *, force: bool) -> Path:
    """Return the path after the mesh is written; the format follows the name."""
    from .files.formats import write

    return write("mesh", mesh, path, force=force)


def write_regions(regions: Regions, path: str | Path, *, force: bool) -> Path:
    """Return the path after the regions are written; the format follows the name."""
    from .files.formats import write

    return write("regions", regions, path, regions.d_in, force=force)


def write_decisions(decisions: Decisions, path: str | Path, *, force: bool) -> Path:
    """Return the path after the decisions are written; the format follows the name."""
    from .files.formats import write

    return write("decisions", decisions, path, decisions.d_in, force=force)


def write_boundary(boundary: Boundary, path: str | Path, *, force: bool) -> Path:
    """Return the path after the boundary is written; the format follows the name."""
    from .files.formats import write

    return write("boundary", boundary, path, boundary.d, force=force)


def write_contours(contours: Contours, path: str | Path, *, force: bool) -> Path:
    """Return the path after contour lines are written; the format follows the name."""
    from .files.formats import write

    return write("contours", contours, path, contours.d_in, force=force)


def write_slopes(slopes: Slopes, path: str | Path, *, force: bool) -> Path:
    """Return the path after slopes are written; the format follows the name."""
    from .files.formats import write

    return write("slopes", slopes, path, slopes.d_in, force=force)


def plot_regions(regions: Regions, ax: Axes | None, **how: Any) -> Axes:
    """Return the axes with the regions drawn on them."""
    from .draw.plots import plot_regions

    return plot_regions(regions, ax, **how)


def plot_decisions(decisions: Decisions, ax: Axes | None, **how: Any) -> Axes:
    """Return the axes with the cells of each class drawn on them."""
    from .draw.plots import plot_decisions

    return plot_decisions(decisions, ax, **how)


def plot_boundary(boundary: Boundary, ax: Axes | None, **how: Any) -> Axes:
    """Return the axes with the boundary drawn on them."""
    from .draw.plots import plot_boundary

    return plot_boundary(boundary, ax, **how)


def plot_contours(contours: Contours, ax: Axes | None, **how: Any) -> Axes:
    """Return the axes with level lines drawn on them."""
    from .draw.plots import plot_contours

    return plot_contours(contours, ax, **how)


def plot_mesh(mesh: Mesh, ax: Axes | None, **how: Any) -> Axes:
    """Return the axes with the mesh drawn on them."""
    from .draw.bodies import plot_mesh

    return plot_mesh(mesh, ax, **how)


def plot_network(network: Network, ax: Axes | None, **how: Any) -> Axes:
    """Return the axes with the network's diagram drawn on them."""
    from .draw.diagram import plot_network

    return plot_network(network, ax, **how)


def picture_bytes(answer: Regions | Decisions | Boundary, kind: str) -> bytes:
    """Return an answer as a picture: the bytes of an "svg", "png" or "pdf" file."""
    from .draw.picture import picture

    return picture(answer).encode(kind)


def region_graph(regions: Regions) -> networkx.Graph:
    """Return the graph of regions that share a facet."""
    from .files.objects import region_graph

    return region_graph(regions)


def region_frame(regions: Regions) -> geopandas.GeoDataFrame:
    """Return regions as a table of polygons."""
    from .files.objects import region_frame

    return region_frame(regions)


def decision_frame(decisions: Decisions) -> geopandas.GeoDataFrame:
    """Return the cells of classes as a table of polygons."""
    from .files.objects import decision_frame

    return decision_frame(decisions)


def trimesh_of(mesh: Mesh) -> trimesh.Trimesh:
    """Return a mesh as trimesh has it."""
    from .files.objects import trimesh_of

    return trimesh_of(mesh)


def html_of(value: object) -> str:
    """Return a value as the HTML a notebook shows."""
    from .draw.notebook import html_of

    return html_of(value)


def export_lab(folder: Path, *, force: bool, done: Callable[[str], object]) -> list[Path]:
    """Return the paths of the lab's pages after they are written into a folder."""
    from .lab.export import export

    return export(folder, force=force, done=done)


def open_lab(port: int, opened: Path | None, started: Callable[[str], object]) -> None:
    """Serve the lab on a port of this machine until it is interrupted; ``started`` gets its address.

    raises   InputError if its packages are not installed
    """
    try:
        from .lab.server import run
    except ImportError as error:
        raise InputError(
            f"lab needs starlette, uvicorn and websockets; got no {error.name}. Try pip install 'foldline[lab]'."
        ) from None
    run(port, opened, started)
