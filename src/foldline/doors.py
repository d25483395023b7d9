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

    from .box import Box
    from .cloud import Cloud
    from .exact.boundary import Boundary
    from .exact.decisions import Decisions
    from .exact.mend.crumbs import Swept
    from .exact.regions import Regions
    from .exact.terrain.contours import Contours
    from .exact.terrain.slopes import Slopes
    from .mesh import Mesh
    from .network import Network
    from .raster import Function
    from .samples import Samples


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


def solid_samples(shape: Mesh | Cloud, *, seed: int, folded: bool) -> Samples:
    """Return samples of the signed distance to a shape, as many as a network of a kind learns from."""
    from .data.solid import solid_samples

    return solid_samples(shape, seed=seed, folded=folded)


def without_crumbs(
    network: Network, box: Box, asked: Function | None, least: float, stop: Callable[[], bool] | None
) -> Swept:
    """Return a field without the closed parts of its surface shorter than so many cells; ``stop`` ends the search."""
    from .exact.mend.crumbs import without_crumbs
    from .machine import cores

    heard = (lambda n, share: stop()) if stop else None
    return without_crumbs(network, box, asked, least=least, workers=cores(), callback=heard)


def write(kind: str, value: object, path: str | Path, d: int = 0, *, force: bool) -> Path:
    """Return the path after a value is written; the format follows the name, see ``files.formats``."""
    from .files.formats import write

    return write(kind, value, path, d, force=force)


class Shown:
    """A value that a notebook shows as HTML."""

    def _repr_html_(self) -> str:
        from .draw.notebook import html_of

        return html_of(self)


class Drawn:
    """A value that can be drawn on matplotlib's axes."""

    def plot(self, ax: Axes | None = None, **how: Any) -> Axes:
        """Return the axes, new ones unless given, with this drawn on them; nothing is shown.

        samples  drawn as well
        how      any other word goes to matplotlib's artist
        """
        from .draw.artists import artist_of

        return artist_of(self)(self, ax, **how)


def picture_bytes(answer: Regions | Decisions | Boundary | Contours | Slopes, kind: str) -> bytes:
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
