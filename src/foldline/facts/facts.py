"""What facts are: a frozen value that says itself as JSON and in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

Row = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Facts(ABC):
    """Facts about one value; each kind of them says its own words."""

    def json(self) -> dict[str, Any]:
        """Return the facts as JSON values by their names."""
        return asdict(self)

    @abstractmethod
    def rows(self) -> list[Row]:
        """Return the facts in words, one row each."""
