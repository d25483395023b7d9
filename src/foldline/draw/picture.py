"""An answer as one picture in the house's look, with axes, ticks, legend and points -> SVG, PNG, PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..exact.boundary import Boundary
from ..exact.decisions import Decisions
from ..exact.regions import Regions
from ..exact.surface import Surface
from ..exact.terrain.contours import Contours
from ..exact.terrain.slopes import Slopes
from ..files.told import Told
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples
from ..text import counted
from .bodies import plot_mesh
from .dark import turn_over
from .diagram import plot_network
from .paper import PHOTO, SOFT, as_printed, figure_bytes, look, plain, settle
from .plots import plot_boundary, plot_contours, plot_decisions, plot_regions, plot_slopes, plot_told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Value = Network | Regions | Decisions | Boundary | Contours | Slopes | Told | Surface | Mesh

WIDE, TALL = 7.5, 5.6  # inches
ACROSS, OVER = 5.6, 1.6  # of the axes beside a legend; of title, ticks and names above and below them
EVEN = 2.5  # up to so many times as long as the other side, both axes of the plane have one scale
LONGEST = 90  # characters of a title
MARGIN = 0.02  # of the width
PLANE = {  # answers about a line or a plane
    Regions: plot_regions, Decisions: plot_decisions, Boundary: plot_boundary, Contours: plot_contours,
    Slopes: plot_slopes, Told: plot_told,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn answer.

    figure   matplotlib's
    title    what it is, in words
    said     how good it is, and where: the line below the title
    """

    figure: Figure
    title: str
    said: str

    def encode(self, kind: str) -> bytes:
        """Return the bytes of an "svg", "png" or "pdf" file; the same picture, the same bytes."""
        return figure_bytes(self.figure, kind=kind, title=self.title, said=self.said)

    def on_both(self) -> tuple[str, str]:
        """Return the picture as SVG on light and on dark paper; its figure is dark from then on.

        What is pixels stays as it is in a page, and so does what stands on it, or says what its colours are.
        """
        light = self.encode("svg").decode()
        for ax in self.figure.axes:
            if any(part.get_rasterized() for part in ax.collections):
                _keep(ax)
        turn_over(self.figure)
        return light, self.encode("svg").decode()


def _keep(ax: Axes) -> None:
    as_printed(ax)
    legend = ax.get_legend()
    for handle in legend.legend_handles if legend is not None else ():
        if handle is not None:
            handle.set_gid(PHOTO)


def picture(value: Value, samples: Samples | None = None, *, title: str = "", note: str = "", **how: Any) -> Picture:
    """Return an answer, a mesh or a network's diagram as a picture.

    samples  drawn over an answer of one or two inputs
    title    what it is; its counts unless given
    note     one more sentence below the title
    how      as the value's own ``plot`` takes it
    raises   InputError for regions and decisions of three inputs or more

    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> picture(xor).encode("png")[1:4]
    b'PNG'
    """
    shape = value.shape if isinstance(value, Surface) else value
    said = " · ".join(sentence for sentence in (_said(value), note) if sentence)
    return drawn_on(title or _title(shape), said, lambda ax: _drawn(shape, ax, samples, how))


def drawn_on(words: str, said: str, draw: Callable[[Axes], object]) -> Picture:
    """Return a picture of what is drawn on its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with look():
        figure = Figure(figsize=(WIDE, TALL), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        draw(ax)
        figure.set_size_inches(WIDE, _height(ax))
        ax.set_anchor("N")  # below the title, not in the middle
        figure.suptitle(plain(words, LONGEST), x=MARGIN, ha="left", size=13, weight="bold")
        below = ax.set_title(plain(said, 3 * LONGEST), color=SOFT, size=8.5, weight="normal", loc="left", wrap=True)
        settle(figure)
        place = ax.get_position()
        below.set_x((MARGIN - place.x0) / place.width)  # both lines begin at the page's margin, wherever the axes do
    return Picture(figure, words, said)


def _height(ax: Axes) -> float:
    """Inches of a picture: less where a wide box has one scale on both axes, so that no empty bands are left."""
    if ax.get_aspect() != 1.0 or ax.name == "3d":
        return TALL
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return min(TALL, ACROSS * (high - low) / (right - left) + OVER)


def _drawn(shape: Any, ax: Axes, samples: Samples | None, how: dict[str, Any]) -> None:
    if isinstance(shape, Network):
        plot_network(shape, ax, **how)
    elif isinstance(shape, Mesh) or (isinstance(shape, Boundary) and shape.d == 3):
        plot_mesh(shape if isinstance(shape, Mesh) else shape.mesh, ax, **how)
        ax.set_axis_off()
    else:
        plot: Any = PLANE[type(shape)]
        legend = {} if isinstance(shape, Boundary) else {"legend": True}
        plot(shape, ax, samples=samples, **(legend | how))
        _squared(ax, shape)


def _squared(ax: Axes, answer: Any) -> None:
    """Name axes that have no name; give both one scale where neither becomes a strip; put the legend beside."""
    sides = answer.box.hi - answer.box.lo
    for axis, name in zip((ax.xaxis, ax.yaxis), ("x1", "x2") if len(sides) == 2 else ("x",), strict=False):
        if not axis.get_label_text():
            axis.set_label_text(name)
    if len(sides) == 2 and sides.max() <= EVEN * sides.min():
        ax.set_aspect("equal")
    if len(sides) == 2:
        ax.grid(False)
    legend = ax.get_legend()
    if legend is not None:
        legend.set_loc("upper left")
        legend.set_bbox_to_anchor((1.01, 1.0))


def _between(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) == 2 else "classes"


TITLES: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Regions, lambda it: counted(len(it), "linear region")),
    (Decisions, lambda it: f"Where each of {len(it.names)} classes wins"),
    (Boundary, lambda it: f"The boundary between {_between(it.names)}"),
    (Contours, lambda it: f"{counted(len(it), 'line')} at {counted(len(it.levels), 'level')}"),
    (Slopes, lambda it: f"Slope of {counted(len(it), 'region')}"),
    (Mesh, lambda it: counted(it.n_faces, "polygon")),
    (Network, lambda it: f"A network of {counted(it.n_parameters, 'parameter')}"),
)


TOLD = {"regions": Regions, "decisions": Decisions, "slopes": Slopes}  # whose title a document's cells have


def _title(shape: Any) -> str:
    named = TOLD[shape.kind] if isinstance(shape, Told) else type(shape)
    return next(title(shape) for kind, title in TITLES if issubclass(named, kind))


def _said(value: Any) -> str:
    if isinstance(value, Network | Mesh):
        return ""
    proof = value.proof
    good = "every decision proved" if proof.certified else "floats, nothing proved"
    return good if proof.complete else f"{good} · incomplete: {proof.explored:.0%} of the box was explored"


__all__ = ["Picture", "picture"]
