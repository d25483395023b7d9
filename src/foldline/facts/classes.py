"""Classes of shapes -> facts: their table of codes, and how near a shape that was looked for is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..data.border import border
from ..fit.codes import directions
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples
from ..transform import Transform
from . import values
from .facts import Fact, Facts
from .values import network_facts

Array = NDArray[np.float64]

N_POINTS = 20_000  # on each side
NAMED = 12  # shapes that a terminal lists


@dataclass(frozen=True, kw_only=True)
class ClassFacts(Facts):
    """The shapes of a class, their codes, and the two directions in which those spread most.

    codes      {name: numbers}
    length     {name: |code|}
    places     {name: (along the first, along the second direction)}
    shares     of the variance of all codes
    chamfer    of surfaces that were measured: {"fitted": {name: distance}, "held_out": {...}}
    """

    shapes: int
    latent: int
    codes: Mapping[str, list[float]]
    length: Mapping[str, float]
    places: Mapping[str, tuple[float, float]]
    shares: tuple[float, float]
    chamfer: Mapping[str, Mapping[str, float | None]]

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        names = list(self.codes)
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        first, second = self.shares
        return [
            ("class", f"{self.shapes:,} shapes, {self.latent} numbers each"),
            ("shapes", ", ".join(names[:NAMED]) + more),
            ("codes", f"{first:.0%} of their variance lies along one direction, {second:.0%} along the next"),
            *self._distances("fitted", "surface to a shape it was fitted to"),
            *self._distances("held_out", "to one it was not fitted to"),
        ]

    def _distances(self, which: str, name: str) -> list[Fact]:
        found = [value for value in self.chamfer.get(which, {}).values() if value is not None]
        lost = len(self.chamfer.get(which, {})) - len(found)
        none = f"; {lost} without a surface" if lost else ""
        if not found:
            return [(name, none.removeprefix("; "))] if lost else []
        return [(name, f"{np.mean(found):.2e} mean, {np.median(found):.2e} median of {len(found)} (Chamfer){none}")]


def class_facts(network: Network) -> ClassFacts:
    """Return the facts of a network with codes.

    >>> from foldline.codes import Codes
    >>> net = Network([[[1.0, 0.0]]], [[0.0]], codes=Codes([[0.0], [3.0]], ("a", "b")))
    >>> class_facts(net).length
    {'a': 0.0, 'b': 3.0}
    """
    codes = network.codes
    assert codes is not None
    shares, _, places = directions(codes)
    return ClassFacts(
        shapes=len(codes),
        latent=codes.d,
        codes={name: row.tolist() for name, row in zip(codes.names, codes.values, strict=True)},
        length={n: float(np.linalg.norm(row)) for n, row in zip(codes.names, codes.values, strict=True)},
        places={name: (float(x), float(y)) for name, (x, y) in zip(codes.names, places, strict=True)},
        shares=(float(shares[0]), float(shares[1])),
        chamfer=network.meta.get("chamfer", {}),
    )


@dataclass(frozen=True, kw_only=True)
class ClassOfShapes(Facts):
    """A network with codes: its layers, and its shapes."""

    network: Facts
    shapes: ClassFacts

    def json(self) -> dict[str, Any]:
        """Return both as JSON values."""
        return {**self.network.json(), "class": self.shapes.json()}

    def rows(self) -> list[Fact]:
        """Return both in words."""
        return [*self.network.rows(), *self.shapes.rows()]


def facts_of(value: Network | Mesh | Cloud | Samples) -> Facts:
    """Return what a file's value is: of a network with codes, its layers, then its shapes."""
    if isinstance(value, Network) and value.codes is not None:
        return ClassOfShapes(network=network_facts(value), shapes=class_facts(value))
    return values.facts_of(value)


@dataclass(frozen=True, kw_only=True)
class FoundFacts(Facts):
    """How near the shape of a class is to one that was looked for; lengths in the network's frame.

    distance   of the exact surface and the shape: mean there and back; one number where the other way has no meaning
    """

    code: list[float]
    code_length: float
    error: float
    nearest: str
    nearest_distance: float
    distance: Mapping[str, float]

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        ways = {"shape_to_surface": "mean distance to the surface", "surface_to_shape": "mean distance from it",
                "chamfer": "chamfer (their mean)"}  # fmt: skip
        return [
            ("code", f"|z| = {self.code_length:.3g}, nearest to {self.nearest} ({self.nearest_distance:.3g} away)"),
            ("error of clamped distances", f"{self.error:.2e}"),
            *((ways[name], f"{value:.2e}") for name, value in self.distance.items()),
        ]


def found_facts(
    code: Array, error: float, nearest: tuple[str, float], surface: Mesh, shape: object, there: Transform | None
) -> FoundFacts:
    """Return how near a surface is to the shape that was looked for, of a cloud from its points alone.

    surface   in the network's frame
    there     from the units of the shape to that frame
    """
    return FoundFacts(
        code=code.tolist(), code_length=float(np.linalg.norm(code)), error=error, nearest=nearest[0],
        nearest_distance=nearest[1], distance=_distances(surface, shape, there or Transform(1.0, (0.0, 0.0, 0.0))),
    )  # fmt: skip


def _distances(surface: Mesh, shape: object, there: Transform) -> dict[str, float]:
    if not surface.n_faces:
        return {}
    if isinstance(shape, Cloud):
        return {"shape_to_surface": float(surface.distances(shape.transformed(there).points).mean())}
    assert isinstance(shape, Mesh)
    target = border(shape)[0].transformed(there.scale, there.shift)
    apart = surface.distance_to(target, n=N_POINTS)
    return {"shape_to_surface": apart.mean[1], "surface_to_shape": apart.mean[0], "chamfer": apart.chamfer}
