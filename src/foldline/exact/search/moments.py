"""Volume and first moment of a convex polytope: what cpp/core/search/moments.hpp does, to read and test against.

A face of dimension k is a sum of cones from one point o of its plane over its own facets: with h the signed distance
of o from a facet F, volume = sum h volume(F) / k, and a cone's moment is h / (k + 1) (moment(F) + volume(F) o / k).
Each side is first moved out by a little of its own, so that each face lies in the fewest sides possible, and the volume
taken back to first order: a side that moves by t adds t times its area.

source   Lasserre 1983, "An analytical expression and an algorithm for the volume of a convex polyhedron in R^n"
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Sides = frozenset[int]  # those in which a face lies

SHIFT = 2.0**-34  # in widths: far above the rounding of a plane, far below the root of what volumes are to be exact to
THIN = 2.0**-8  # of what was taken back: a smaller volume is good to 2^-10 or less, and its middle cannot be told
# A row of a face's plane, of length 1 outside: where one so short cuts, its place is not told; one shorter still is the
# same side within rounding, and what moved the two apart decides.
SHORT, SAME = 2.0**-14, 2.0**-44
GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, stay apart


def moments(rows: Array, at: Array, width: float, *, guess: bool = False) -> Array:
    """Return (volume, integral of x) of the polytope {a.x + c >= 0}, (d + 1,); not numbers where sides are so near to
    parallel that rounding hides where they meet, unless a guess is wanted.

    rows    (m, d + 1): unit normals and offsets
    at      a point inside; no two points are farther apart than ``width``

    >>> moments(np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 2], [0, -1, 3]]), np.array([1.0, 1.0]), 5.0).round(9).tolist()
    [6.0, 6.0, 9.0]
    """
    d = len(at)
    shift = (
        SHIFT * width * (1.0 + GOLDEN * np.arange(1, len(rows) + 1) % 1.0) * (d > 1)
    )  # points need not be told apart
    faces = _Faces(width)
    A, c = rows[:, :-1], rows[:, -1]
    whole: Array = faces.measure(frozenset(), A, c + A @ at + shift, np.eye(d), np.zeros(d))
    if faces.doubt and not guess:
        return np.full(d + 1, np.nan)
    taken = np.zeros(d + 1)
    for i, t in enumerate(shift):
        taken += t * faces.known.get(frozenset([i]), 0.0)
    whole = whole - taken
    whole[1:] = (whole[1:] if whole[0] > THIN * taken[0] else 0.0) + whole[0] * at
    return whole


class _Faces:
    def __init__(self, width: float) -> None:
        self.far = 2.0 * width
        self.known: dict[Sides, Array] = {}
        self.doubt = False

    def measure(self, face: Sides, A: Array, c: Array, basis: Array, origin: Array) -> Array:
        """Volume and moment of a face, {A y + c >= 0} of the plane x = origin + basis' y but for the face's sides."""
        k, d = A.shape[1], len(origin)
        if face in self.known:
            return self.known[face]
        out = np.zeros(d + 1)
        norms = np.linalg.norm(A, axis=1)
        others = [i for i in range(len(c)) if i not in face and c[i] < norms[i] * self.far]  # others hold all over
        self.doubt |= any(SAME < norms[i] < SHORT and c[i] > -norms[i] * self.far for i in others)
        if any(c[i] < -norms[i] * self.far for i in others):
            pass  # a side holds nowhere: the face is empty
        elif k == 1:
            low, high = (min((c[i] / norms[i] for i in others if A[i, 0] * s > 0), default=self.far) for s in (1, -1))
            length = max(low + high, 0.0)
            out = length * np.append(1.0, origin + 0.5 * (high - low) * basis[0])
        else:
            for i in others:
                n = A[i] / norms[i]
                height = c[i] / norms[i]
                plane = np.linalg.qr(np.column_stack([n, np.eye(k)]))[0][:, 1:]  # orthonormal, across the normal
                facet = self.measure(
                    face | {i}, A @ plane, c - A @ n * height, plane.T @ basis, origin - height * n @ basis
                )
                out[0] += height * facet[0] / k
                out[1:] += height / (k + 1) * (facet[1:] + facet[0] * origin / k)
        self.known[face] = out
        return out
