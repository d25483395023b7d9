"""Rays: what is minimised when a field of radiance is fitted to the pictures of a scene.

A step takes rays of random pixels, samples the field once a stratum along each of them where the scene may hold
something, adds the samples up to colours, and takes the slopes of the squared error back to every sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..errors import InputError
from ..grid import Grid
from ..machine import library_of
from ..network import Network
from ..radiance import Along, along, densities, harmonics, highest, n_outputs, span, uncut_colours
from ..scene import Rig, Scene, over
from .fields import BETAS, FAINT, carry, residuals
from .hull import Occupancy, covered, grown, hull
from .objective import MeanLoss
from .start import start
from .step.choice import kernel_on
from .step.fused import Fused, threads_for
from .step.stepper import State

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
Index = NDArray[np.int64]

BOX = Box([-1.0] * 3, [1.0] * 3)
DENSE = 64.0  # times the first output is the density: at 1 a stratum of 1/64 is 1 deep
THIN, FAR, EMPTY = 0.03, 0.01, -0.5  # the first output to begin with: in a hull, in all of a box, outside of them
LEAST = 1e-4  # of the light: what lies behind is not learned from
FULL, FILLED, FILL = 1.0, 0.25, 1e-3  # what no ray reaches is inside: a share of it is pushed to this, by so little
OPACITY = 1.0  # how much the error of what comes through a ray counts beside that of its colours
LOOK = 128  # steps between two looks at where something is
FADES, FAINTEST, BRIGHT = 0.9, 0.01, 1.0  # what a look leaves of the last; the least first output that counts


@dataclass(frozen=True)
class Radiance:
    """How large a field of radiance is, and how it is fitted; as ``fields.Field``.

    degree    of the harmonics
    strata    samples a cell of the finest level, along a ray
    rays      a step
    """

    sizes: tuple[int, ...] = (8, 16, 32, 64)
    channels: int = 4
    hidden: tuple[int, ...] = (32, 32)
    degree: int = 1
    strata: float = 2.0
    rays: int = 1024
    steps: int = 3_000
    rate: float = 5e-3
    grid_share: float = 3.0

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the network, from what it reads."""
        return (3 + self.channels * len(self.sizes), *self.hidden, n_outputs(self.degree))


PRESETS = {
    "fast": Radiance(steps=1_000),
    "default": Radiance(),
    "best": Radiance(sizes=(8, 16, 32, 64, 128), steps=12_000),
}


class Rays:
    """A stepper that fits a field of radiance to a scene in the cube from -1 to 1.

    cells    that may hold something
    learned  whether that is found on the way, and not told by alpha
    """

    def __init__(self, scene: Scene, recipe: Radiance, *, seed: int = 0, device: str = "cpu") -> None:
        self.recipe, self.seed = recipe, seed
        self.rig = Rig(scene.cameras)
        self.learned = not scene.alpha
        self.cells = hull(scene)
        self.peak = np.where(self.cells, BRIGHT, 0.0).astype(np.float32)
        self.never = ~self.cells
        self.pixels = _Pixels(scene)
        grid, weights, biases = _begin(recipe, self.cells, FAR if self.learned else THIN, seed)
        kernel = kernel_on(device, recipe.widths, "squared")
        one = MeanLoss(np.zeros((1, 3)), np.zeros((1, recipe.widths[-1])), "squared")
        self.fused = Fused(
            weights, biases, one, optimiser="adam", betas=BETAS, grid=grid, grid_share=recipe.grid_share,
            threads=threads_for(recipe.widths, 64 * recipe.rays), kernel=kernel,
        )  # fmt: skip
        self.name, self.device = self.fused.name, self.fused.device
        self.ask: Callable[[Any], Any] = kernel.outputs if kernel else self.fused.predict
        self.teach: Callable[[Any, Any], object] = kernel.pull if kernel else self.fused.backward
        self.put: Callable[[Any], Any] = kernel.there if kernel else lambda values: values

    def run(self, first: int, rates: Array) -> Array:
        """Do the steps first, first + 1, ..., one rate each; return the loss each began with."""
        losses = np.full(len(rates), np.nan)
        for k, rate in enumerate(rates.tolist()):
            if self.learned and (first + k) % LOOK == LOOK - 1:
                self._look(np.random.default_rng([self.seed, 4, first + k]))
            losses[k] = self._step(np.random.default_rng([self.seed, 3, first + k]), rate)
            if not np.isfinite(losses[k]):
                break
        return losses

    def state(self) -> State:
        """Return a copy of all that steps change."""
        return {**self.fused.state(), "cells": np.packbits(self.cells), "peak": self.peak.copy()}

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state."""
        self.fused.load(state)
        bits = np.unpackbits(np.asarray(state["cells"], dtype=np.uint8), count=self.cells.size)
        self.cells = bits.reshape(self.cells.shape).astype(bool)
        self.peak = np.array(state["peak"], dtype=np.float32)

    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Return weights and biases, the density's in its own unit."""
        weights, biases = self.fused.parameters()
        weights[-1][0] *= DENSE
        biases[-1][0] *= DENSE
        return weights, biases

    def network(self) -> Network:
        """Return the field as it is, with no density in cells that hold nothing, and no features there.

        Where they are learned, those beside a cell that holds something are left as they are.
        """
        grid, kept = self.fused.grid(), grown(self.cells, 1) & ~self.never if self.learned else self.cells
        assert grid is not None
        weights, biases = self.parameters()
        return cut_off(grid, weights, biases, kept)

    def _step(self, rng: np.random.Generator, rate: float) -> float:
        """On a GPU the few numbers a ray has are made here, and the many that its samples have are made there."""
        views, at, wanted, alpha = self.pixels.drawn(self.recipe.rays, rng)
        origins, directions = self.rig.rays(views, at)
        put, stride = self.put, 2.0 / self.recipe.sizes[-1] / self.recipe.strata
        whose, way = strata(origins, directions, stride, rng)
        rays = put(whose)
        met_by, points = met(rays, *map(put, (way, as32(origins), as32(directions), self.cells)))
        rays = rays[met_by]
        if not len(rays):  # nothing in sight, which teaches nothing
            return float(np.mean((self.pixels.behind - wanted) ** 2))
        outputs = self.ask(points)
        basis = put(as32(harmonics(directions, self.recipe.degree)))[rays]
        taken = along(rays, densities(outputs) * put(np.array([DENSE * stride])), len(views))
        uncut = uncut_colours(outputs, basis)
        known = None if alpha is None else put(alpha)
        told = judged(taken, uncut.clip(0, 1), put(wanted), known, put(self.pixels.behind))
        loss, at_colours, at_left = told
        seen = taken.before > LEAST
        slopes = _slopes(taken, outputs, uncut, basis, at_colours, at_left, DENSE * stride)
        unfilled = ~seen & (outputs[:, 0] < FULL) & (put(rng.random(len(seen))) < FILLED)
        slopes[unfilled] = 0.0
        slopes[unfilled, 0] = -FILL / len(views)
        keep = library_of(seen).argwhere(seen | unfilled)[:, 0]
        self.teach(points[keep], slopes[keep])
        self.fused.update(rate)
        return float(loss)

    def _look(self, rng: np.random.Generator) -> None:
        """Find the cells that hold something: where the density was not small at the last places looked at."""
        n = len(self.cells)
        corners = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        there = ((corners + rng.random(corners.shape)) * (2.0 / n) - 1.0).astype(np.float32)
        found = self.fused.predict(there)[:, 0].reshape(self.cells.shape)
        self.peak = np.maximum(FADES * self.peak, found)
        self.peak[self.never] = 0.0
        self.cells = self.peak > FAINTEST


class _Pixels:
    """The pixels of a scene that teach something, as they are stored: one byte a channel."""

    def __init__(self, scene: Scene) -> None:
        self.values = [picture.reshape(-1, picture.shape[2]) for picture in scene.pictures]
        self.widths = np.array([camera.width for camera in scene.cameras])
        self.ends = np.cumsum([len(values) for values in self.values])
        self.alpha = scene.alpha
        self.behind = np.array(scene.background or (0.0, 0.0, 0.0))
        masks = [covered(scene, k).ravel() for k in range(len(scene))]
        masks = [m if mask is None else m & mask.ravel() for m, mask in zip(masks, scene.masks, strict=True)]
        firsts = self.ends - [len(values) for values in self.values]
        self.numbers = np.concatenate(
            [np.flatnonzero(m).astype(np.uint32) + np.uint32(first) for m, first in zip(masks, firsts, strict=True)]
        )
        if not len(self.numbers):
            raise InputError("fit needs pictures that show something; got none that does. Check alpha and the masks.")

    def drawn(self, n: int, rng: np.random.Generator) -> tuple[Index, Array, Array, Array | None]:
        """Return random pixels: their pictures (n,), centres (n, 2), colours over the background, and alpha."""
        chosen = self.numbers[rng.integers(0, len(self.numbers), n)].astype(np.int64)
        views = np.searchsorted(self.ends, chosen, side="right")
        inside = chosen - (self.ends[views] - [len(self.values[k]) for k in views])
        row, column = np.divmod(inside, self.widths[views])
        values = np.stack([self.values[k][i] for k, i in zip(views.tolist(), inside.tolist(), strict=True)]) / 255.0
        at = np.column_stack([column + 0.5, row + 0.5])
        if not self.alpha:
            return views, at, values[:, :3], None
        alpha = values[:, 3]
        return views, at, over(values[:, :3], alpha, self.behind), alpha


def strata(origins: Array, directions: Array, stride: float, rng: np.random.Generator) -> tuple[Index, Array32]:
    """Return random places on rays, one in each stretch of length ``stride`` of their ways through the cube.

    origins, directions   (n, 3)
    returns               the number of each place's ray, rising, and how far along it the place is
    """
    near, far = span(origins, directions)
    count = np.ceil(np.maximum(far - near, 0) / stride).astype(np.int64)
    rays = np.repeat(np.arange(len(origins)), count)
    step = np.arange(len(rays)) - np.repeat(np.cumsum(count) - count, count)
    return rays, (near[rays] + (step + rng.random(len(rays))) * stride).astype(np.float32)


def met(
    rays: Index, way: Array32, origins: Array32, directions: Array32, cells: Occupancy
) -> tuple[Index, Array32]:
    """Return which of the places on rays lie in cells that count, (m,) numbers, and where these lie, (m, 3).

    way     how far along their rays they are
    cells   into which the cube from -1 to 1 is cut
    """
    places = origins[rays] + way[:, None] * directions[rays]
    of, n = library_of(places), cells.shape[0]
    corner = of.asarray((places + 1) * (n / 2), dtype=of.int32).clip(0, n - 1)
    keep = of.argwhere(cells.reshape(-1)[(corner[:, 0] * n + corner[:, 1]) * n + corner[:, 2]])[:, 0]
    return keep, places[keep].clip(-1, 1)


def as32(values: Array) -> Array32:
    """Return the same numbers in float32."""
    return values.astype(np.float32)


def judged(
    taken: Along, colours: Array32, wanted: Array, alpha: Array | None, behind: Array
) -> tuple[Array, Array, Array]:
    """Return the mean squared error of rays, and its slopes at their colours, (rays, 3), and at what they let through.

    Where alpha is known, what is let through is held against it too: the thing may have the background's colour.
    """
    n, of = len(taken.left), library_of(taken.left)
    seen = of.stack([taken.sums(colours[:, c]) for c in range(3)], 1) + taken.left[:, None] * behind
    gap = seen - wanted
    loss, at_left = (gap**2).mean(), 0 * taken.left
    if alpha is not None:
        clear = taken.left - (1 - alpha)
        loss = loss + OPACITY * (clear**2).mean()
        at_left = 2 * OPACITY / n * clear
    at_colours = 2 / (3 * n) * gap
    return loss, at_colours, at_left + at_colours @ behind


def _slopes(
    taken: Along, outputs: Array32, uncut: Array32, basis: Array32, at_colours: Array, at_left: Array, length: float
) -> Array32:
    """The slopes of a loss at the outputs of samples, from those at the colours of rays and at what they let through.

    Where a value is cut, and would have to move back to matter, its slope is passed on as if it were not.
    """
    of, at_rays = library_of(outputs), at_colours[taken.rays]
    share = (at_rays * uncut.clip(0, 1)).sum(1)
    behind = taken.behind(share) + (taken.left * at_left)[taken.rays]
    density = length * (taken.before * share - taken.weight * share - behind)
    found: Array32 = of.empty_like(outputs)
    colour = of.empty_like(uncut)
    found[:, 0] = of.where((outputs[:, 0] <= 0) & (density > 0), 0.0, density)
    moved = taken.weight[:, None] * at_rays
    stuck = ((uncut <= 0) & (moved > 0)) | ((uncut >= 1) & (moved < 0))
    colour[:] = of.where(stuck, 0.0, moved)
    found[:, 1:] = (colour[:, :, None] * basis[:, None, :]).reshape(len(found), -1)
    return found


def cut_off(grid: Grid, weights: list[Array], biases: list[Array], cells: Occupancy) -> Network:
    """Return a field that is as it was in cells that are kept, and has no density but in these and next to them.

    One more level has -1 at the corners of cells that are kept; one unit a layer carries 1 more than that, which is 0
    in these cells, and takes twice the highest density there can be times it from the density.  All other levels keep
    only their rows at those cells.
    """
    rows = [_corners(cells, n) for n in grid.sizes]
    features = [grid.dense(level)[kept] for level, kept in enumerate(rows)]
    last = rows[-1]
    least = 2 * highest(weights, biases, Grid(grid.box, grid.sizes, features, rows)) + 1.0
    features.append(np.full((len(last), 1), -1.0, dtype=np.float32))
    cut = Grid(grid.box, [*grid.sizes, grid.sizes[-1]], features, [*rows, last])
    wide = []
    for layer, W in enumerate(weights):
        more = np.zeros((W.shape[0] + (layer < len(weights) - 1), W.shape[1] + 1))
        more[: W.shape[0], : W.shape[1]] = W
        more[0 if layer == len(weights) - 1 else -1, -1] = -least if layer == len(weights) - 1 else 1.0
        wide.append(more)
    ends = [np.append(b, 1.0 if layer == 0 else 0.0) for layer, b in enumerate(biases[:-1])]
    return Network(wide, [*ends, biases[-1]], grid=cut, meta={"kind": "scene"})


def _corners(cells: Occupancy, n: int) -> Index:
    """The vertices, by number, of the cells of a grid of n an axis that meet cells which are kept."""
    old = len(cells)
    if n <= old:
        kept = cells.reshape(n, old // n, n, old // n, n, old // n).any(axis=(1, 3, 5))
    else:
        kept = cells.repeat(n // old, 0).repeat(n // old, 1).repeat(n // old, 2)
    found = np.zeros((n + 1,) * 3, dtype=bool)
    for step in np.ndindex(2, 2, 2):
        found[tuple(slice(a, a + n) for a in step)] |= kept
    return np.flatnonzero(found)


def _begin(recipe: Radiance, cells: Occupancy, thin: float, seed: int) -> tuple[Grid, list[Array], list[Array]]:
    """A grid, weights and biases to begin with: thin where something may be, empty where nothing can, and all grey."""
    rng = np.random.default_rng([seed, 1])
    features = [rng.uniform(-FAINT, FAINT, ((n + 1) ** 3, recipe.channels)).astype(np.float32) for n in recipe.sizes]
    weights, biases = start(recipe.widths, seed=seed)
    weights[-1] *= FAINT

    def told(places: Array) -> Array:
        n = len(cells)
        corner = np.clip(((places + 1) * (n / 2)).astype(np.int64), 0, n - 1)
        return np.where(cells[tuple(corner.T)], thin, EMPTY)[:, None]

    for level, values in enumerate(residuals(BOX, recipe.sizes, 1, told)):
        features[level][:, :1] = values
    carry(weights, biases, 3, recipe.channels, 1)
    rows = [_corners(cells, n) for n in recipe.sizes]
    return Grid(BOX, recipe.sizes, [f[kept] for f, kept in zip(features, rows, strict=True)], rows), weights, biases
