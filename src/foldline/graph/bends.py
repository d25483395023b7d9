"""Bends at a threshold other than 0, as ReLUs, and as steps where the two sides do not meet."""

from __future__ import annotations

import numpy as np

from ..activations import softplus
from ..errors import NetworkError
from .assembly import Affine, Assembly, check_near

FLOAT32 = 2.0**-24  # of a number, what float32 does not tell apart


def shows(joint: float) -> bool:
    """Whether float32 sees softplus(z) go over to z at a joint."""
    return joint <= 0 or bool(softplus(np.array(-joint)) > FLOAT32 * joint)


def beyond(assembly: Assembly, z: Affine, threshold: float, jump: float) -> Affine:
    """Return z - threshold + jump where z > threshold, else 0."""
    check_near("a threshold and a jump", threshold, jump)
    over = assembly.sum([z, Affine.of(np.array(-threshold))])
    bent = assembly.unit("relu", over)
    if jump == 0:
        return bent
    return assembly.sum([bent, assembly.scaled(assembly.unit("step", over), np.array(jump), np.zeros(()))])


def shrunk(assembly: Assembly, z: Affine, lambd: float, jump: float) -> Affine:
    """Return z pulled towards 0: by lambd - jump beyond lambd on either side, to 0 between.

    raises   NetworkError for a lambd below 0, where the sides would overlap
    """
    if lambd < 0:
        raise NetworkError(f"a lambd of 0 or more; got {lambd:g}")
    above, below = (beyond(assembly, side, lambd, jump) for side in (z, z.negative()))
    return assembly.sum([above, below.negative()])
