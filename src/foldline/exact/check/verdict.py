"""Verdict: what an independent check found, and the fault that ends one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is the answer, by rational arithmetic.

    accepted       every claim was proved
    fault          the first claim that fails by name, "" if none does; ``detail`` says where and what
    n_regions      regions of the answer
    vertex_error   largest distance of a stored vertex coordinate from the exact one, in sides of the box
    map_error      largest error of a stored map's entry, in the unit of ``exact.check.MAP_ERROR``
    seconds        wall time
    """

    accepted: bool
    fault: str
    detail: str
    n_regions: int
    vertex_error: float
    map_error: float
    seconds: float

    def __bool__(self) -> bool:
        return self.accepted

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


class Fault(Exception):
    """The first claim of an answer that fails: its name, then where and what."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name, self.detail = name, detail


def require(holds: object, name: str, detail: str) -> None:
    """Raise the fault unless a claim holds."""
    if not holds:
        raise Fault(name, detail)
