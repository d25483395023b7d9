"""What is shown of a network unless it is said: which question, and how its answer is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..box import Box
from ..data.slices import Plane, leading_slice, slice_through
from ..errors import InputError
from ..exact.boundary import boundary
from ..exact.decisions import decisions
from ..exact.proof import Answer
from ..exact.regions import regions
from ..exact.surface import surface
from ..network import Network
from ..samples import Samples
from ..text import short


@dataclass(frozen=True)
class View:
    """One way to show a network.

    ask      the question; None for the network itself, its diagram
    leveled  whether the question takes a level
    how      words of its answer's ``plot``
    """

    ask: Callable[..., Any] | None
    leveled: bool = False
    how: Mapping[str, Any] = field(default_factory=dict)


VIEWS: dict[str, View] = {
    "regions": View(regions),
    "field": View(regions, how={"colour": "field"}),
    "curve": View(regions),
    "image": View(regions, how={"colour": "image"}),
    "classes": View(decisions, leveled=True),
    "boundary": View(boundary, leveled=True),
    "surface": View(surface, leveled=True),
    "network": View(None),
}


def usual_view(network: Network) -> str:
    """Return what is shown of a network unless it is said.

    >>> usual_view(Network([[[1.0, 2.0]]], [[0.0]])), usual_view(Network([[[1.0, 2.0]]] , [[0.0]], output="sigmoid"))
    ('field', 'classes')
    """
    if not network.piecewise_linear:
        return "network"
    if network.d_in == 3 and network.d_out == 1 and network.meta.get("kind") not in ("regression", "classification"):
        return "surface"
    if network.meta.get("kind") == "classification" or (
        network.meta.get("kind") is None and (network.d_out > 1 or network.output != "identity") and network.d_in == 2
    ):
        return "classes"
    if network.meta.get("kind") == "image":
        return "image"
    return "curve" if network.d_in == 1 else "field"


def words_of(view: str) -> dict[str, Any]:
    """Return the words of an answer's ``plot`` that a view is drawn with; none for one there is not."""
    return dict(VIEWS[view].how) if view in VIEWS else {}


def matching(samples: Samples, about: Network | Answer) -> Samples:
    """Return samples as a network, or an answer that knows them, counts their classes.

    raises   InputError for samples of other inputs, or a class the network does not know
    """
    if samples.d_in != about.d_in:
        raise InputError(f"draw needs data with {about.d_in} inputs, as the network; got {samples.d_in}.")
    known = [str(name) for name in getattr(about, "meta", {}).get("classes") or ()]
    if samples.kind != "classification" or not known or list(samples.classes) == known:
        return samples
    strange = [name for name in samples.classes if name not in known]
    if strange:
        raise InputError(
            f"draw needs data of the network's classes, {short(', '.join(known))}; got {short(strange[0])!r}. "
            "Name the column with --target."
        )
    places = np.array([known.index(name) for name in samples.classes], dtype=np.float64)
    return replace(samples, targets=places[samples.targets[:, 0].astype(np.int64)], classes=tuple(known))


@dataclass(frozen=True, eq=False)
class Scene:
    """A network of few enough inputs, the points over it, where it is asked unless that is said, and what was done.

    box    None for the network's own
    """

    network: Network
    samples: Samples | None = None
    box: Box | None = None
    note: str = ""


def scene(
    network: Network, samples: Samples | None, view: str | None, *, plane: Sequence[ArrayLike] | None = None,
    line: Sequence[ArrayLike] | None = None,
) -> Scene:  # fmt: skip
    """Return what is drawn of a network: itself, or a slice with the samples cast onto it.

    view     as in ``VIEWS``; None for the usual one
    plane    a point and two directions: that slice
    line     two points: that segment, without points
    raises   InputError for a network of more than 2 inputs without plane, line or samples
    """
    if line is not None:
        return Scene(network.on_line(*line), note="points off the segment are left out" if samples else "")
    if plane is not None:
        point, u, v = (np.asarray(part, dtype=np.float64) for part in plane)
        return _cast(network, samples, slice_through(point, u, v), "")
    if network.d_in <= 2 or (view or usual_view(network)) in ("network", "surface"):
        return Scene(network, samples if network.d_in <= 2 else None)
    if samples is None:
        raise InputError(
            f"draw needs a slice of a network with {network.d_in} inputs; got none. Give --data FILE for the one along "
            "its leading directions, --plane P U V, or --show network for the diagram."
        )
    cut = leading_slice(samples)
    words = f"through the rows' middle, along the two directions that hold {cut.share:.0%} of their spread"
    return _cast(network, samples, cut, words)


def _cast(network: Network, samples: Samples | None, cut: Plane, words: str) -> Scene:
    flat = network.on_plane(cut.point, cut.u, cut.v)
    if samples is None:
        return Scene(flat, note=words)
    note = "; ".join(part for part in (words, "points are cast onto the slice") if part)
    return Scene(flat, cut.cast(samples), cut.box(samples), note)


def answer_for(view: str, network: Network, box: Box | None, level: float | None, **work: Any) -> Any:
    """Return the answer that a view shows, or the network itself for its diagram.

    box      ``network.box`` unless given
    level    of "classes", "boundary" and "surface"
    work     as the question takes it: workers, budget, callback
    raises   InputError for a view that there is not
    """
    if view not in VIEWS:
        raise InputError(f"draw needs a view out of {', '.join(VIEWS)}; got {view!r}. Leave it out for the usual one.")
    row = VIEWS[view]
    if row.ask is None:
        return network
    return row.ask(network, box, **({"level": level} if row.leveled and level is not None else {}), **work)
