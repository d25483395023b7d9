"""The planes of one region, a frame in one of them, and the polygon that others leave of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..level import N_FACES, Level

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ULP = 2.0**-53  # unit roundoff of a double
FLAT = 2.0**-480  # squares of smaller slopes are no doubles of full precision


class Rows:
    """The planes of one region: a row (a, b, c, e) a unit and a face of the box, and how far each can be off."""

    def __init__(self, question: Level, bits: Sequence[NDArray[np.bool_]]) -> None:
        chain = question.chain
        A, wrong = np.eye(3, 4), np.full(3, ULP)
        rows, errors = [], []
        biases = [*chain.biases[:-1], question.rest]
        for layer, (W, b) in enumerate(zip(chain.weights, biases, strict=True)):
            Z = W @ A
            Z[:, 3] += b
            # |W| times the errors of the layer before, and the rounding here and in evaluating a row (Higham 2002, 3.1)
            error = np.abs(W) @ wrong + 8 * ULP * np.abs(b) + 32 * ULP * np.abs(Z).sum(axis=1)
            rows.append(Z)
            errors.append(error)
            if layer < len(bits):
                slope = np.where(bits[layer], 1.0, chain.below[layer])
                A = slope[:, None] * Z
                wrong = np.abs(slope) * (error + (len(Z) + 8) * ULP * np.abs(Z).sum(axis=1))
        self.level, self.level_error = rows.pop()[0], float(errors.pop()[0] + question.lost) * (1 + 2.0**-20)
        faces = np.zeros((N_FACES, 4))
        for face in range(N_FACES):
            sign = 1 - 2 * (face % 2)
            faces[face, face // 2] = sign
            faces[face, 3] = -sign * (question.hi if face % 2 else question.lo)[face // 2]
        signs = [np.where(on, 1.0, -1.0) for on in bits]
        self.rows = np.concatenate([*rows, faces]) * np.concatenate([*signs, np.ones(N_FACES)])[:, None]
        self.errors = np.concatenate([*errors, np.full(N_FACES, 4 * ULP)])


class Frame:
    """A plane with an origin near a point and two directions inside, counter-clockwise about the normal."""

    def __init__(self, row: Array, near: Array) -> None:
        self.slope = float(np.linalg.norm(row[:3]))
        if not self.slope > FLAT:
            self.slope = 0.0
            return
        self.n = row[:3] / self.slope
        p = np.array(near, dtype=np.float64)
        for _ in range(2):
            p -= (row[:3] @ p + row[3]) / self.slope * self.n
        e1 = np.eye(3)[np.argmin(np.abs(self.n))]
        e1 = e1 - (e1 @ self.n) * self.n
        e1 /= np.linalg.norm(e1)
        self.p, self.e1, self.e2 = p, e1, np.cross(self.n, e1)

    def lines(self, rows: Array) -> Array:
        """Return (a, b, c, slope along the normal) a row: a x + b y + c is its value at x e1 + y e2."""
        return np.stack([rows[:, :3] @ self.e1, rows[:, :3] @ self.e2, self.at(rows), rows[:, :3] @ self.n], axis=1)

    def at(self, rows: Array) -> Array:
        return np.asarray(rows[:, :3] @ self.p + rows[:, 3])

    def lift(self, corners: Array) -> Array:
        points: Array = self.p + corners[:, :1] * self.e1 + corners[:, 1:2] * self.e2
        return points


@dataclass(eq=False)
class Polygon:
    """Corners (n, 2) counter-clockwise, and the line along which the edge after each runs."""

    corners: Array
    along: Index

    @classmethod
    def square(cls, half: float) -> Polygon:
        return cls(half * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]), np.array([-1, -2, -3, -4]))

    def __len__(self) -> int:
        return len(self.along)

    def cut(self, a: float, b: float, c: float, name: int) -> Polygon:
        """Return the part where a x + b y + c >= 0."""
        s = self.corners @ (a, b) + c
        inside = s >= 0
        if inside.all():
            return self
        corners, along = [], []
        for k in range(len(s)):
            then = (k + 1) % len(s)
            if inside[k]:
                corners.append(self.corners[k])
                along.append(self.along[k])
            if inside[k] != inside[then]:
                t = s[k] / (s[k] - s[then])
                corners.append(self.corners[k] + t * (self.corners[then] - self.corners[k]))
                along.append(name if inside[k] else self.along[k])
        return Polygon(np.array(corners).reshape(-1, 2), np.array(along, dtype=np.int64))

    @property
    def radius(self) -> float:
        return float(np.sqrt((self.corners**2).sum(axis=1).max()))
