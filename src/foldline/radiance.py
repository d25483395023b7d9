"""Radiance: how the outputs of a field in space are read as density and colour, and how they add up along a ray.

A field of radiance is a Network from space to one density and, for red, green and blue, the coefficients of real
spherical harmonics of the direction in which it is looked at.  The density is the first output where it is above 0, and
else 0; a colour is the sum of coefficients times harmonics, plus a half, cut at 0 and 1.  For one ray the direction is
fixed, so both are piecewise linear along it, as the field is.

What adds up samples is written with the names that NumPy and PyTorch share: it runs on arrays and on tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError
from .grid import Grid
from .machine import library_of
from .network import Network
from .same import Compared

Array = NDArray[np.float64]
Values = NDArray[Any]  # float32 or float64

MOST_DEGREE = 3
MIDDLE = 0.5  # the colour of coefficients 0: a grey from which both ways are open
DENSITIES = 1  # outputs before the coefficients


def n_outputs(degree: int) -> int:
    """Return the outputs of a field of radiance.

    >>> [n_outputs(degree) for degree in range(3)]
    [4, 13, 28]
    """
    return DENSITIES + 3 * (degree + 1) ** 2


def degree_of(network: Network) -> int:
    """Return the degree of a field's harmonics.

    raises   InputError for a network that is no field of radiance
    """
    for degree in range(MOST_DEGREE + 1):
        if network.d_in == 3 and network.d_out == n_outputs(degree) and network.meta.get("kind") == "scene":
            return degree
    raise InputError(
        f"render needs a network fitted to a scene, from 3 inputs to a density and colours; got {network.d_in} inputs "
        f"and {network.d_out} outputs, of kind {network.meta.get('kind')!r}. Fit one: foldline fit SCENE/."
    )


def harmonics(directions: ArrayLike, degree: int) -> Array:
    """Return real spherical harmonics of directions of length 1, (n, (degree + 1)^2), scaled so that the first is 1.

    source   Sloan 2008, "Stupid spherical harmonics (SH) tricks", appendix A2, over its first value

    >>> harmonics([[0.0, 0.0, 1.0]], 1)
    array([[1.        , 0.        , 1.73205081, 0.        ]])
    """
    x, y, z = np.asarray(directions, dtype=np.float64).reshape(-1, 3).T
    bands = [
        [np.ones_like(x)],
        [3**0.5 * y, 3**0.5 * z, 3**0.5 * x],
        [15**0.5 * x * y, 15**0.5 * y * z, 5**0.5 / 2 * (3 * z * z - 1), 15**0.5 * x * z,
         15**0.5 / 2 * (x * x - y * y)],
        [(35 / 8) ** 0.5 * y * (3 * x * x - y * y), 105**0.5 * x * y * z, (21 / 8) ** 0.5 * y * (5 * z * z - 1),
         7**0.5 / 2 * z * (5 * z * z - 3), (21 / 8) ** 0.5 * x * (5 * z * z - 1), 105**0.5 / 2 * z * (x * x - y * y),
         (35 / 8) ** 0.5 * x * (x * x - 3 * y * y)],
    ]  # fmt: skip
    if not 0 <= degree < len(bands):
        raise InputError(f"harmonics needs a degree from 0 to {MOST_DEGREE}; got {degree}.")
    return np.stack([row for band in bands[: degree + 1] for row in band], axis=1)


def densities(outputs: Values) -> Values:
    """Return the densities of a field's outputs, (n,), per length of its inputs."""
    found: Values = outputs[:, 0].clip(0)
    return found


def uncut_colours(outputs: Values, basis: Values) -> Values:
    """Return the colours before they are cut, (n, 3), of outputs seen in directions with these harmonics, (n, k)."""
    coefficients = outputs[:, DENSITIES:].reshape(len(outputs), 3, -1)
    found: Values = library_of(outputs).einsum("nck,nk->nc", coefficients, basis) + MIDDLE
    return found


def colours(outputs: Values, basis: Values) -> Values:
    """Return the colours, (n, 3) from 0 to 1, of outputs seen in directions with these harmonics."""
    found: Values = uncut_colours(outputs, basis).clip(0, 1)
    return found


@dataclass(frozen=True, eq=False)
class Along(Compared):
    """Samples of several rays one after another, and what each adds to its ray.

    rays     (n,) the number of each sample's ray, rising
    before   (n,) the share of light that comes through up to the sample
    weight   (n,) the share that the sample itself takes
    left     (rays,) what comes through all samples
    """

    rays: NDArray[np.int64]
    before: Array
    weight: Array
    left: Array

    def sums(self, values: Values) -> Array:
        """Return the sum over each ray's samples of weight times value, (rays,) for values (n,)."""
        return _sums(self.rays, self.weight * values, len(self.left))

    def behind(self, values: Values) -> Array:
        """Return the same sum over only the samples of its ray that lie behind each, (n,)."""
        taken = self.weight * values
        ends = _sums(self.rays, taken, len(self.left)).cumsum(0)
        found: Array = ends[self.rays] - taken.cumsum(0)
        return found


def highest(weights: Sequence[Array], biases: Sequence[Array], grid: Grid) -> float:
    """Return a bound of the first output of a ReLU network over all of its grid, by intervals; above it nothing is.

    >>> from .box import Box
    >>> line = Grid(Box([0.0], [1.0]), (1,), [np.float32([[-1.0], [3.0]])])
    >>> highest([np.array([[0.0, 2.0]])], [np.array([0.5])], line)
    6.5

    """
    parts = [np.vstack([features, np.zeros((1, features.shape[1]))]) for features in grid.features]
    lo = np.concatenate([grid.box.lo, *(part.min(axis=0) for part in parts)])
    hi = np.concatenate([grid.box.hi, *(part.max(axis=0) for part in parts)])
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        up, down = np.maximum(W, 0), np.minimum(W, 0)
        lo, hi = up @ lo + down @ hi + b, up @ hi + down @ lo + b
        if layer < len(weights) - 1:
            lo, hi = np.maximum(lo, 0), np.maximum(hi, 0)
    return float(hi[0])


def span(origins: Array, directions: Array) -> tuple[Array, Array]:
    """Return where rays enter and leave the cube from -1 to 1, (n,) each; nothing is there where far <= near.

    Nothing behind the origin counts.

    >>> span(np.array([[-3.0, 0.0, 0.0]]), np.array([[1.0, 0.0, 0.0]]))
    (array([2.]), array([4.]))
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = (np.array([-1.0, 1.0])[:, None, None] - origins) / directions
    inside = np.abs(origins) <= 1  # a ray along a face is in or out for all of its length
    never = directions == 0
    near = np.where(never, np.where(inside, -np.inf, np.inf), ends.min(axis=0)).max(axis=1)
    far = np.where(never, np.where(inside, np.inf, -np.inf), ends.max(axis=0)).min(axis=1)
    return np.maximum(near, 0.0), far


def along(rays: NDArray[np.int64], depth: Array, n: int) -> Along:
    """Return what samples take of the light of ``n`` rays.

    depth    (n_samples,) the optical depth of each sample: its density times the length it stands for

    source   Max 1995, "Optical models for direct volume rendering", equation 8

    >>> along(np.array([0, 0]), np.log([2.0, 2.0]), 1).weight.round(6)
    array([0.5 , 0.25])
    """
    of = library_of(depth)
    before = of.exp(-depth_before(rays, depth, n))
    return Along(rays, before, before * -of.expm1(-depth), of.exp(-_sums(rays, depth, n)))


def depth_before(rays: NDArray[np.int64], depth: Array, n: int) -> Array:
    """Return the optical depth in front of each sample, along its own ray of ``n``.

    >>> depth_before(np.array([0, 0, 1]), np.array([1.0, 2.0, 4.0]), 2)
    array([0., 1., 0.])
    """
    ends = _sums(rays, depth, n).cumsum(0)
    start = library_of(depth).concatenate([0 * ends[:1], ends[:-1]])
    before: Array = (depth.cumsum(0) - depth - start[rays]).clip(0)
    return before


def _sums(rays: NDArray[np.int64], values: Array, n: int) -> Array:
    found: Array = library_of(values).bincount(rays, values, minlength=n)
    return found
