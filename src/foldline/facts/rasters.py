"""A fit of an image, a map or a signal beside what it has to beat: no training, and plain interpolation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import raster
from ..fit.fields import untrained
from ..fit.measure import evaluated
from ..network import Network
from ..samples import Samples
from .facts import Fact, Facts

Array = NDArray[np.float64]

HEADLINE = {"image": "psnr", "elevation": "rms_error", "signal": "range_error"}  # the measure that is compared
ROUNDING = 1e-12  # of the largest value: an interpolation that goes through the samples is off by no more
NUMBER = 4  # bytes of a float32
SAMPLE = {"image": 1, "elevation": 4, "signal": 4}  # bytes of a value as files hold it; 2 for deep images and sounds


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One way to say the samples: how many numbers it takes, how well it meets them, and how well between them.

    on, between   in the measure that is compared; None where it meets them without an error, or is not asked
    """

    name: str
    numbers: int
    on: float | None
    between: float | None


@dataclass(frozen=True, kw_only=True)
class RasterFacts(Facts):
    """A fit of a raster or a signal beside what it has to beat.

    measure   "psnr" (dB, more is better), "rms_error" or "range_error"
    bytes     of the network and of the samples as they are; nothing here is compressed
    """

    measure: str
    ways: tuple[Beside, ...]
    network_bytes: int
    raw_bytes: int

    def json(self) -> dict[str, Any]:
        """Return the facts as JSON values, with what is bad among them."""
        return super().json() | {"doubts": list(self.doubts)}

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        told = [(way.name, f"{self.said(way.on)} on, {self.said(way.between)} between") for way in self.ways[1:]]
        sizes = f"{self.network_bytes:,} bytes, the samples {self.raw_bytes:,}; nothing is compressed"
        return [*told, ("stored as float32", sizes), *(("not good", text) for text in self.doubts)]

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is bad: the ways that meet the samples at least as well; keeping all of them is none."""
        fit, *others = self.ways
        rivals = [way for way in others if way.on is not None and not self._better(fit.on, way.on)]
        said = "; ".join(f"{way.name}, {self.said(way.on)}" for way in rivals)
        return (f"It meets the samples with {self.said(fit.on)}, no better than: {said}.",) if rivals else ()

    def _better(self, one: float | None, other: float) -> bool:
        if one is None:
            return True
        return one > other if self.measure == "psnr" else one < other

    def said(self, value: float | None) -> str:
        """A value of the measure in words."""
        if value is None:
            return "exact"
        if self.measure == "psnr":
            return f"{value:.2f} dB"
        return f"{value:.3%}" if self.measure == "range_error" else f"{value:.4g}"


def raster_facts(network: Network, samples: Samples) -> RasterFacts:
    """Return a fit of an image, a map or a signal beside no training and plain interpolation.

    cost   a few evaluations at all samples and between them
    """
    measure = HEADLINE[samples.kind]
    ways: list[tuple[str, int, Callable[[Array], Array] | None]] = [
        ("the fit", network.n_parameters, lambda at: evaluated(network, at))
    ]
    bare = untrained(network, samples)
    if bare is not None:
        ways.append(("no training", bare.n_parameters, lambda at: evaluated(bare, at)))
    told = samples.inputs, samples.targets, samples.lattice
    plainly = "straight lines" if samples.d_in == 1 else "bicubic"
    ways.append((f"{plainly}, as many numbers", network.n_parameters, raster.coarser(*told, network.n_parameters)))
    ways.append((f"{'straight lines' if samples.d_in == 1 else 'bilinear'}, all samples", samples.targets.size,
                 raster.bilinear(*told)))  # fmt: skip
    bits = samples.meta.get("bits")
    raw = samples.targets.size * (SAMPLE[samples.kind] if bits is None else -(-bits // 8))
    found = tuple(_beside(*way, samples, measure) for way in ways if way[2] is not None)
    return RasterFacts(measure=measure, ways=found, network_bytes=NUMBER * network.n_parameters, raw_bytes=raw)


def _beside(name: str, numbers: int, way: Any, samples: Samples, measure: str) -> Beside:
    score, places, function = samples.task.score, samples.between, samples.function
    on = score(way(samples.inputs), samples.targets)
    exact = on["mean_absolute_error"] <= ROUNDING * float(np.abs(samples.targets).max(initial=0.0))
    between = score(way(places), function(places)).get(measure) if places is not None and function else None
    return Beside(name=name, numbers=numbers, on=None if exact else on.get(measure), between=between)
