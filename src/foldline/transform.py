"""Transform: from the units of a file to those a network lives in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Transform:
    """Points x of the file are (x - shift) * scale for the network; lengths, a signed distance too, are times scale.

    scale   above 0
    shift   (d,) in the units of the file

    >>> there = Transform(2.0, (1.0, 0.0, 0.0))
    >>> there.inverse
    Transform(scale=0.5, shift=(-2.0, -0.0, -0.0))
    """

    scale: float
    shift: tuple[float, ...]

    @property
    def inverse(self) -> Transform:
        """The way back."""
        return Transform(1 / self.scale, tuple(-value * self.scale for value in self.shift))

    def as_meta(self) -> dict[str, Any]:
        """Return what a file holds of it, as JSON values."""
        return {"scale": self.scale, "shift": list(self.shift)}

    @classmethod
    def of_meta(cls, meta: Mapping[str, Any]) -> Transform | None:
        """Return the transform a file's meta tells; None where it tells none.

        >>> Transform.of_meta({"scale": 2, "shift": [1, 0]}), Transform.of_meta({"scale": "large"})
        (Transform(scale=2.0, shift=(1.0, 0.0)), None)
        """
        try:
            return cls(float(meta["scale"]), tuple(float(value) for value in meta["shift"]))
        except (KeyError, TypeError, ValueError):
            return None
