"""What a fit learned -> one HTML page that opens offline, and the same facts as JSON: one file a view."""

from __future__ import annotations

from ...cloud import Cloud
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from .cloud import cloud_report
from .elevation import elevation_report
from .image import image_report
from .parts import Report
from .shape import shape_report
from .signal import signal_report
from .table import table_report

VIEWS = {
    "image": image_report,
    "elevation": elevation_report,
    "signal": signal_report,
}  # by the kind of samples; a table's unless named here


def report(network: Network, samples: Samples, *, source: str, mesh: Mesh | Cloud | None = None) -> Report:
    """Return what a fitted network learned of its samples.

    network   as ``fit`` returns it, with its training in ``meta``
    mesh      the input mesh or points of a shape, in their own units
    source    the name of the input file, for the title
    cost      a few seconds for a shape: the exact surface, and 100,000 exact distances both ways
    """
    if isinstance(mesh, Cloud):
        return cloud_report(network, samples, source, mesh)
    if mesh is not None:
        return shape_report(network, samples, source, mesh)
    return VIEWS.get(samples.kind, table_report)(network, samples, source)


__all__ = ["VIEWS", "Report", "report"]
