"""What facts are: a frozen value that says itself as JSON and in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

Fact = tuple[str, str]  # what it is, and what is so of it, in words


@dataclass(frozen=True, kw_only=True)
class Facts(ABC):
    """Facts about one value; each kind of them says its own words."""

    def json(self) -> dict[str, Any]:
        """Return the facts as JSON values by their names."""
        return asdict(self)

    @abstractmethod
    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
