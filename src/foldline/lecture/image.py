"""Question 15: how much of an image fits into a network?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from ..box import Box
from ..exact.regions import Regions, regions
from ..facts.values import NUMBER
from ..fit import fit
from ..fit.measure import measure
from ..network import Network
from ..same import Compared
from ..samples import Samples
from .handles import Array, Progress, Seed, Span, Untold, Window
from .kept import image as kept_image
from .kept import network as kept_network


@dataclass(frozen=True)
class State:
    """A cat of 128 x 128 pixels and the network 2-64-64-64-3 that was fitted to it.

    kept     "plain", or "field": a network behind a grid of features, fitted to the same image
    crop     left, low, right, high of the window whose regions are shown: the cat's pupil
    hidden   layers of another network, fitted now in so many steps; the kept one unless steps are given
    """

    kept: Literal["plain", "field"] = "plain"
    crop: Window = (-0.26, 0.08, 0.02, 0.36)
    hidden: Annotated[tuple[Annotated[int, Span(1, 512)], ...], Span(1, 10)] = (64, 64, 64)
    steps: Annotated[int, Span(0, 100_000)] = 0
    seed: Seed = 0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The image, the network's, and the regions of a crop.

    true, made   (height, width, 3) the pixels, and the network at the pixels; psnr: between them, dB
    regions      of the crop, exactly
    bytes        of the pixels, of the image's PNG, and of the network's numbers
    """

    state: State
    samples: Samples
    network: Network
    true: Array
    made: Array
    psnr: float
    regions: Regions
    bytes: tuple[int, int, int]


def ask(state: State, *, callback: Progress | None = None) -> Answer:
    """Return how near a network comes to an image, what both cost, and the exact regions round a place.

    callback   of the fit: (step, steps, loss, rate)
    """
    samples, packed = kept_image("chelsea.png")
    hidden = state.hidden if state.steps else None
    network, made, psnr = _fitted(state.kept, hidden, state.steps, state.seed, Untold(callback))
    left, low, right, high = state.crop
    sizes = (samples.targets.size, packed, NUMBER * network.n_parameters)
    found = regions(network, Box([left, low], [right, high]))
    return Answer(state, samples, network, pixels_of(samples, samples.targets), made, psnr, found, sizes)


@lru_cache(maxsize=4)
def _fitted(
    kept: str, hidden: tuple[int, ...] | None, steps: int, seed: int, untold: Untold
) -> tuple[Network, Array, float]:
    """The network, the kept one without layers to fit; what it is at the pixels; its PSNR."""
    samples, _ = kept_image("chelsea.png")
    network = kept_network("chelsea-field.safetensors" if kept == "field" else "chelsea.safetensors")
    if hidden is not None:
        network = fit(samples, hidden=hidden, steps=steps, seed=seed, callback=untold.callback)
    return network, pixels_of(samples, network(samples.inputs)), measure(network, samples)["psnr"]


def pixels_of(samples: Samples, values: Array) -> Array:
    """Return a value a pixel as a picture, (height, width, channels)."""
    return values.reshape(samples.meta["height"], samples.meta["width"], -1)
