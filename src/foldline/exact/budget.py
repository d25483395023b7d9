"""Budget: how far an exact answer may go before it is cut short and labelled incomplete."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Real

from ..errors import InputError


@dataclass(frozen=True)
class Budget:
    """Limits of one answer; whichever is reached first ends it.

    regions   the most regions to find
    seconds   the most wall time of the search; arranging what it found comes on top, about as long again in space
    bytes     the most memory the answer's arrays may take
    raises    InputError if a limit is no positive number

    >>> Budget(seconds=2.5).regions
    10000000
    """

    regions: int = 10_000_000
    seconds: float = inf
    bytes: float = inf

    def __post_init__(self) -> None:
        for name in ("regions", "seconds", "bytes"):
            limit = getattr(self, name)
            if not (isinstance(limit, Real) and float(limit) > 0):
                raise InputError(f"Budget needs a positive limit; got {name} = {limit!r}. Leave it out for no limit.")

    def most_regions(self, bytes_a_region: int) -> int:
        """How many regions the first and the last limit allow together."""
        return int(max(1, min(self.regions, self.bytes / bytes_a_region)))
