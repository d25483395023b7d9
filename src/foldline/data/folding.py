"""The network that attains (n + 1) ** K regions: every layer folds an interval n times onto itself."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network import Network

Array = NDArray[np.float64]

LEAST_WIDTH = 3  # see ``folding``
BOX = (-0.5, 1.5)  # what every layer reads: 2 f - 1/2 for f in [0, 1], wide enough to hold all joints with room


def folding(n: int, K: int) -> Network:
    """Return a ReLU network with one input and K hidden layers of n units that has (n + 1) ** K regions and pieces.

    Each layer is a zigzag f with joints in [0, 1] whose n + 1 pieces each cover [0, 1]; the next layer reads
    2 f - 1/2, so every piece holds all of its joints, with room.  Ask about it on the box [-1/2, 3/2]
    (``meta["box"]``).  Every weight is a small dyadic number, exact even in float32.

    raises   InputError for n < 3 in more than one layer: no such network exists.  A sum of one or two ReLU units
             (there is no free linear term) never has n + 1 pieces that alternately rise and fall
    cost     the joints of K layers are dyadic numbers with about K (log2(n - 1) + 3) bits: up to about 50 bits a
             double holds them and the forward pass at such points is free of rounding; beyond, the weights are still
             right but doubles no longer resolve every region
    source   Montufar et al. 2014, section 3; Telgarsky 2016

    >>> folding(10, 5).n_parameters
    471
    >>> folding(3, 1)([[0.0], [0.25], [0.5], [0.75], [1.0]]).ravel()
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    whole = isinstance(n, Integral) and isinstance(K, Integral)
    if not whole or n < 1 or K < 1 or (n < LEAST_WIDTH and K > 1):
        raise InputError(
            f"folding needs whole numbers, n >= {LEAST_WIDTH} units in each of K >= 1 layers (n >= 1 if K is 1); "
            f"got n = {n!r}, K = {K!r}. Fewer units cannot rise and fall on n + 1 pieces."
        )
    joints, facing, steps, c = zigzag(n)
    first, shift = facing[:, None], -facing * joints
    inner, moved = 2.0 * np.outer(facing, steps), facing * (2.0 * c - 0.5 - joints)
    return Network(
        [first, *[inner] * (K - 1), steps[None, :]],
        [shift, *[moved] * (K - 1), np.array([c])],
        meta={"kind": "regression", "box": list(BOX)},
    )


def zigzag(n: int) -> tuple[Array, Array, Array, float]:
    """Return (joints, facing, steps, c) of f(x) = c + sum_i steps_i relu(facing_i (x - joint_i)) with n joints.

    The n - 1 inner pieces have length 1/p or 1/2p, p a power of two, and slope +-p or +-2p, so each maps onto [0, 1].
    Going over joint i the slope changes by steps_i whichever way the unit faces, and the slope at the far left is
    minus the steps of the units that face left.  One unit alone faces left, where the pieces on both sides are
    equally steep; the far left is twice as steep, again a power of two, so that all joints of all layers are dyadic.

    >>> zigzag(3)
    (array([0. , 0.5, 1. ]), array([ 1.,  1., -1.]), array([-6.,  4., -4.]), 5.0)
    """
    if n < LEAST_WIDTH:
        return np.arange(n, dtype=np.float64), np.ones(n), np.where(np.arange(n) % 2, -2.0, 1.0), 0.0
    p = 1 << ((n - 1).bit_length() - 1)
    halved = n - 1 - p
    steep = np.array([float(p)] * (p - halved) + [2.0 * p] * (2 * halved))
    joints = np.concatenate([[0.0], np.cumsum(1.0 / steep)])
    beside = np.append(steep, steep[-1])
    left = next(i for i in range(2, n, 2) if beside[i - 1] == beside[i])
    slopes = np.where(np.arange(n + 1) % 2, -1.0, 1.0) * np.concatenate([[2.0 * beside[left]], beside])
    steps = np.diff(slopes)
    facing = np.ones(n)
    facing[left] = -1.0
    # f(0) = 1 is the first peak; of all units only the one that faces left is not zero there
    return joints, facing, steps, float(1.0 - steps[left] * joints[left])
