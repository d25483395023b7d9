"""Proof: how good an answer is, as one value that every answer holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Proof:
    """What is sure of an answer, and what it took.

    certified   every decision lay outside a computed error bound, or was taken in rational arithmetic
    complete    nothing is missing; the budget and the callback let the work come to its end
    explored    the share of the box that was looked at, 1.0 if complete
    engine      "kernel", "numpy" or "rational"
    seconds     wall time
    """

    certified: bool
    complete: bool
    explored: float
    engine: str
    seconds: float


class Proved:
    """An answer with a ``proof``, whose words it also answers to itself."""

    proof: Proof

    @property
    def certified(self) -> bool:
        """Whether every decision is proved."""
        return self.proof.certified

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.proof.complete

    @property
    def explored(self) -> float:
        """The share of the box that was looked at."""
        return self.proof.explored

    @property
    def engine(self) -> str:
        """What worked it out: "kernel", "numpy" or "rational"."""
        return self.proof.engine

    @property
    def seconds(self) -> float:
        """The wall time it took."""
        return self.proof.seconds
