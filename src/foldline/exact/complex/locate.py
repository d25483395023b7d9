"""Locate: the regions a point lies in, all of them when it is on a fold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...box import Box
from ...columns import array_of
from ...errors import InputError
from ..chain.form import Chain
from ..chain.reading import read_error
from ..rational.exact import Exact, point
from .kernel import LEAST, spectral_norm

Array = NDArray[np.float64]
Index = NDArray[np.int64]
ULP = 2.0**-53
FEW = 8  # points for which a table of all regions does not pay


def locate(
    chain: Chain,
    bits: NDArray[np.uint8],
    box: Box,
    points: ArrayLike,
    parts: Callable[[Array], list[Index]] | None = None,
) -> list[Index]:
    """Return the regions around each point, by its signs: a unit that is zero there fits both sides.

    parts  of points, the regions that can lie around each by the first cells they are of; all unless given
    cost   one look-up a point inside a region, one pass over the regions for a point on a fold, or of a few points
    """
    at = np.atleast_2d(array_of("locate", "points", points))
    if at.shape[1] != box.d:
        raise InputError(f"locate needs points with {box.d} coordinates; got shape {at.shape}.")
    outside = np.flatnonzero(~((at >= box.lo) & (at <= box.hi)).all(axis=1))
    if outside.size:
        raise InputError(f"locate needs points in the box; got point {outside[0]} = {at[outside[0]].tolist()}.")
    folds = np.concatenate(chain.folds) if chain.folds else np.zeros(0, dtype=bool)
    mine = np.ascontiguousarray(bits[:, folds])
    if parts is not None:
        signs = signs_at(chain, at)[:, folds]
        near = zip(signs, parts(at), strict=True)
        return [some[((mine[some] == (sign > 0)) | (sign == 0)).all(axis=1)] for sign, some in near]
    home = {row.tobytes(): i for i, row in enumerate(mine)} if len(at) > FEW else None
    answers = []
    for signs in signs_at(chain, at)[:, folds]:
        if home is not None and signs.all():
            found = home.get((signs > 0).astype(np.uint8).tobytes())
            answers.append(np.array([] if found is None else [found], dtype=np.int64))
        else:
            fits = (mine == (signs > 0)) | (signs == 0)
            answers.append(np.flatnonzero(fits.all(axis=1)))
    return answers


@np.errstate(over="ignore", invalid="ignore")  # a bound that is infinite or no number leaves the sign to rationals
def signs_at(chain: Chain, at: Array) -> NDArray[np.int8]:
    """Return the exact sign of every unit at every point, (n, units).

    By floats where they lie outside their error bound, else by rationals.
    """
    h, rows, doubt = chain.read(at), [], np.zeros(len(at), dtype=bool)
    read = read_error(chain.grid, np.zeros(chain.d_in), np.abs(at).max(axis=0, initial=0.0))
    error = np.full(len(at), np.linalg.norm(read))
    for W, b, below in zip(chain.weights[:-1], chain.biases[:-1], chain.below, strict=True):
        gamma = (W.shape[1] + 4) * ULP
        size = np.linalg.norm(W) * np.linalg.norm(h, axis=1) + np.linalg.norm(b)
        error = (1 + 2.0**-20) * (gamma * size + spectral_norm(W) * error) + LEAST
        z = h @ W.T + b
        rows.append((z > error[:, None]).astype(np.int8) - (z < -error[:, None]).astype(np.int8))
        doubt |= ((rows[-1] == 0) & (below != 1.0)).any(axis=1)
        h = np.where(z > 0, z, below * z)
        error = error * max(1.0, float(np.abs(below).max()))
    signs = np.concatenate(rows, axis=1) if rows else np.zeros((len(at), 0), dtype=np.int8)
    exact = Exact(chain) if doubt.any() else None
    for i in np.flatnonzero(doubt):
        signs[i] = np.concatenate(exact.signs(point(at[i].tolist()))[:-1])  # type: ignore[union-attr]
    return signs
