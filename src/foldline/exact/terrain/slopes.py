"""Slopes: how steep a map is and which way it falls, exactly, region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import doors
from ...box import Box
from ...columns import array_of
from ...errors import InputError, NetworkError
from ...network import Network
from ..proof import Answer, Proof
from ..regions import Regions, regions
from ..work import Budget, Progress
from .contours import map_words

Array = NDArray[np.float64]

EQUATOR = 111_319.49  # metres a degree of longitude on the equator of WGS 84
MERIDIAN = 111_132.0  # metres a degree of latitude, on average: 110,574 on the equator, 111,694 at the poles


@dataclass(frozen=True, eq=False)
class Slopes(doors.Drawn, doors.Shown, Answer):
    """The slope of each region of a map; all of a region has the same.

    regions     the exact regions, (R,)
    per_unit    lengths of a unit of x and of y, in the units of the heights
    meta        what is told with them: the source, the units, where the lengths come from
    """

    regions: Regions
    per_unit: tuple[float, float]
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.regions)

    def __repr__(self) -> str:
        return f"Slopes({len(self)} regions in {self.regions.box})"

    @property
    def proof(self) -> Proof:  # type: ignore[override]
        return self.regions.proof

    @property
    def box(self) -> Box:  # type: ignore[override]
        return self.regions.box

    @cached_property
    def gradients(self) -> Array:
        """The rise along x and along y, (R, 2), in units of height a length of one of them."""
        return np.asarray(self.regions.maps[:, 0, :2] / np.array(self.per_unit))

    @cached_property
    def steepness(self) -> Array:
        """The rise over the run along the steepest way, (R,)."""
        return np.hypot(self.gradients[:, 0], self.gradients[:, 1])

    @cached_property
    def degrees(self) -> Array:
        """The angle of the steepest way to the horizontal, (R,)."""
        return np.degrees(np.arctan(self.steepness))

    @cached_property
    def aspect(self) -> Array:
        """The direction that each region falls to, (R,): degrees clockwise from north (y); NaN where it is flat.

        source   Horn 1981, "Hill shading and the reflectance map": aspect faces downhill
        """
        down = -self.gradients
        angle = np.degrees(np.arctan2(down[:, 0], down[:, 1])) % 360.0
        return np.where(self.steepness > 0, angle, np.nan)

    @cached_property
    def mean(self) -> float:
        """The mean rise over run, weighed by area."""
        return float(np.average(self.steepness, weights=self.regions.volumes))

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write a polygon a region with its slope and aspect: .geojson; a table: .csv; a picture: .svg, .png, .pdf.

        raises   FileError if the path is a folder, cannot be written, or exists and ``force`` is off
        """
        return doors.write("slopes", self, path, self.box.d, force=force)


def slopes(
    network: Network, box: Box | None = None, *, per_unit: Sequence[float] | None = None, engine: str = "auto",
    certify: bool = True, workers: int = 1, executor: Executor | None = None, budget: Budget | None = None,
    callback: Progress | None = None,
) -> Slopes:  # fmt: skip
    """Return the exact slope and aspect of a network of two inputs and one output, such as a map, on each region.

    box        a crop to look in; all of a field's, or where the network's data lie, unless given
    per_unit   lengths of a unit of x and of y in the units of the heights; unless given, 1 each, and for coordinates in
               degrees metres at the middle of the box
    engine, certify, workers, executor, budget, callback   as ``regions`` takes them
    raises     NetworkError for other numbers of inputs or outputs, or units that are not piecewise linear; InputError
               for lengths that are not above 0
    cost       that of ``regions``

    >>> roof = Network([[[1, 0]], [[-1]]], [[0], [1]], "abs")
    >>> found = slopes(roof, Box([-1, -1], [1, 1]))
    >>> sorted(zip(found.degrees.round(6).tolist(), found.aspect.tolist()))
    [(45.0, 90.0), (45.0, 270.0)]
    """
    if isinstance(network, Network) and (network.d_in != 2 or network.d_out != 1 or network.output != "identity"):
        raise NetworkError(
            f"slopes needs a network with 2 inputs, 1 output and no output unit; got {network.d_in}, {network.d_out} "
            f"and {network.output!r}. Take a slice, network.on_plane(p, u, v), or keep one row of the last layer."
        )
    found = regions(network, box, engine=engine, certify=certify, workers=workers, executor=executor, budget=budget,
                    callback=callback)  # fmt: skip
    lengths, said = _lengths(network, found.box, per_unit)
    return Slopes(found, lengths, map_words(network) | ({"lengths": said} if said else {}))


def _lengths(network: Network, box: Box, given: Sequence[float] | None) -> tuple[tuple[float, float], str]:
    """Lengths of a unit of x and y in heights, and where they come from."""
    if given is not None:
        lengths = array_of("slopes", "per_unit", given).ravel()
        if len(lengths) != 2 or not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise InputError(f"slopes needs two lengths above 0; got {given!r:.60}. Write per_unit=(1, 1).")
        return (float(lengths[0]), float(lengths[1])), "as given"
    if list(network.meta.get("units", ())) != ["degree", "degree"]:
        return (1.0, 1.0), ""
    middle = float((box.lo[1] + box.hi[1]) / 2)
    east = EQUATOR * float(np.cos(np.radians(middle)))
    said = f"degrees taken as {east:,.0f} m along x and {MERIDIAN:,.0f} m along y, heights as metres"
    return (east, MERIDIAN), said


__all__ = ["Slopes", "slopes"]
