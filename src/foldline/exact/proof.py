"""Proof: how good an answer is, as one value that every answer holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..same import Compared

if TYPE_CHECKING:
    from ..box import Box


@dataclass(frozen=True)
class Proof:
    """What is sure of an answer, and what it took.

    certified   every decision lay outside a computed error bound, or was taken in rational arithmetic
    complete    nothing is missing; the budget and the callback let the work come to its end
    explored    the share of the box that was looked at, 1.0 if complete
    engine      "kernel", "numpy" or "rational"
    seconds     wall time

    Proofs that tell the same are equal, whatever worked it out and however long that took.
    """

    certified: bool
    complete: bool
    explored: float
    engine: str = field(compare=False)
    seconds: float = field(compare=False)


def _word(name: str, doc: str) -> Any:
    return property(lambda answer: getattr(answer.proof, name), doc=doc)


class Proved(Compared):
    """An answer with a ``proof``, whose words it also answers to itself."""

    proof: Proof
    certified: bool = _word("certified", "Whether every decision is proved.")
    complete: bool = _word("complete", "Whether nothing is missing.")
    explored: float = _word("explored", "The share of the box that was looked at.")
    engine: str = _word("engine", 'What worked it out: "kernel", "numpy" or "rational".')
    seconds: float = _word("seconds", "The wall time it took.")


class Answer(Proved):
    """What was found in a box."""

    box: Box

    @property
    def d_in(self) -> int:
        """Number of inputs."""
        return self.box.d
