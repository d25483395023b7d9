"""Displays with scikit-learn's conventions: a fitted model and its data in, the exact picture on axes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..box import Box
from ..columns import inputs_of
from ..errors import InputError
from ..exact.decisions import Decisions, decisions
from ..exact.regions import Regions, regions
from ..network import Network
from ..samples import Samples
from ..tasks import MARGIN
from .paper import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Answer = TypeVar("Answer", bound=Regions | Decisions)


class _Display(Generic[Answer]):
    """What both displays share.

    answer, samples   what is drawn; ax_, figure_: where, once it was
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, answer: Answer, samples: Samples | None = None) -> None:
        self.answer = answer
        self.samples = samples

    @classmethod
    def _ask(cls, network: Network, box: Box, level: float | None) -> Answer:
        raise AssertionError("a display asks a question")

    @classmethod
    def from_network(
        cls, network: Network, box: Box, *, samples: Samples | None = None, level: float | None = None,
        ax: Axes | None = None, **how: Any,
    ) -> Self:  # fmt: skip
        """Return the display, drawn, of a network of one or two inputs on a box.

        level   of a network with one output: class 1 where it is above; not used by regions
        how     as ``plot`` takes it
        """
        return cls(answer=cls._ask(network, box, level), samples=samples).plot(ax=ax, **how)

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, y: ArrayLike | None = None, *, features: Sequence[int | str] = (0, 1),
        at: ArrayLike | None = None, level: float | None = None, ax: Axes | None = None, **how: Any,
    ) -> Self:  # fmt: skip
        """Return the display, drawn, of a fitted model over the range of its data and a margin.

        model      an estimator of this library, or what ``Network.from_sklearn`` takes
        X, y       its data; y draws the rows over the picture, where X has no more columns than the picture
        features   of more than two columns the two that are shown, by place or name; the rest stay at ``at``
        at         a row; the data's medians unless given
        raises     InputError for features that X does not have, or rows of another length
        """
        network = model.network_ if hasattr(model, "network_") else Network.from_sklearn(model)
        names, table = _table(X, network)
        if table.shape[1] <= 2:
            samples = None if y is None else _samples(network, table, np.asarray(y), names)
            return cls.from_network(network, Box.around(table, MARGIN), samples=samples, level=level, ax=ax, **how)
        i, j = (_column(feature, names, table.shape[1]) for feature in features)
        shown = _slice(network, np.median(table, axis=0) if at is None else np.asarray(at, dtype=np.float64), i, j)
        display = cls.from_network(shown, Box.around(table[:, [i, j]], MARGIN), level=level, ax=ax, **how)
        display.ax_.set(xlabel=plain(names[i]), ylabel=plain(names[j]))
        return display

    def plot(self, ax: Axes | None = None, **how: Any) -> Self:
        """Draw the answer on axes, new ones unless given; ``how`` as the answer's own ``plot`` takes it."""
        self.ax_ = self.answer.plot(ax, samples=self.samples, **how)
        self.figure_ = self.ax_.figure  # type: ignore[assignment]  # or a part of one
        return self


class RegionDisplay(_Display[Regions]):
    """The linear regions of a fitted model, exactly.

    >>> RegionDisplay.from_network.__doc__.splitlines()[0]
    'Return the display, drawn, of a network of one or two inputs on a box.'
    """

    @classmethod
    def _ask(cls, network: Network, box: Box, level: float | None) -> Regions:
        return regions(network, box)


class BoundaryDisplay(_Display[Decisions]):
    """The classes of a fitted model and the boundary between them, exactly: no grid, however thin a cell is.

    ``style`` has matplotlib's words for the boundary's lines, ``legend`` says whether the classes are named.

    >>> BoundaryDisplay(answer=None).samples is None
    True
    """

    @classmethod
    def _ask(cls, network: Network, box: Box, level: float | None) -> Decisions:
        return decisions(network, box, level=level)


def _table(X: Any, network: Network) -> tuple[list[str], Array]:
    """Names of the columns, X's own or those the network was fitted to, and the numbers."""
    table, d = inputs_of("from_estimator", X), network.d_in
    if table.ndim != 2 or table.shape[1] != d:
        raise InputError(f"from_estimator needs X with {d} columns, as the model; got shape {table.shape}.")
    given = getattr(X, "columns", None)
    names = [str(name) for name in (network.meta.get("names") or () if given is None else given)]
    return names if len(names) == d else [f"x{k + 1}" for k in range(d)], table


def _column(feature: int | str, names: list[str], d: int) -> int:
    if isinstance(feature, str) and feature in names:
        return names.index(feature)
    if isinstance(feature, str) or not 0 <= feature < d:
        raise InputError(
            f"from_estimator needs features of X, 0 to {d - 1} or {', '.join(names[:8])}; got {feature!r}."
        )
    return int(feature)


def _slice(network: Network, at: Array, i: int, j: int) -> Network:
    """The network over two of its inputs, the others staying where they are."""
    if at.shape != (network.d_in,):
        raise InputError(f"from_estimator needs at with {network.d_in} numbers; got shape {at.shape}. Give a row of X.")
    point, axes = at.copy(), np.eye(network.d_in)
    point[[i, j]] = 0.0
    return network.on_plane(point, axes[i], axes[j])


def _samples(network: Network, table: Array, y: NDArray[Any], names: list[str]) -> Samples:
    classes = [str(name) for name in network.meta.get("classes") or ()]
    if not classes:
        return Samples(table, y.astype(np.float64), "regression", tuple(names))
    places = {name: k for k, name in enumerate(classes)}
    strange = sorted({str(label) for label in y} - set(places))
    if strange:
        raise InputError(
            f"from_estimator needs y of the model's classes; got {strange[0]!r}. They are {', '.join(classes)}."
        )
    labels = np.array([places[str(label)] for label in y], dtype=np.float64)
    return Samples(table, labels, "classification", tuple(names), tuple(classes))
