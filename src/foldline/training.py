"""Training: how a network came to be, as one frozen record that travels with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from .box import Box
from .transform import Transform

if TYPE_CHECKING:
    from .network import Network

OUTCOME = ("steps", "seconds", "complete", "curve", "final", "held_out", "holdout", "crumbs")  # of a record
UNSAID = ("held_out", "holdout", "crumbs")  # where there are none


@dataclass(frozen=True)
class Curve:
    """The loss along a fit: means over equal runs of steps, each at its last step.

    loss   in the units of the loss, for a table after standardisation
    """

    step: tuple[int, ...] = ()
    loss: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a network was fitted, and how well it meets its samples.

    rate       at the start
    n_samples  rows it was fitted to; ``data`` is their fingerprint
    complete   whether every step was done
    final      measures over the rows it was fitted to, in their own units; of a fit that was stopped over some of many,
               evenly chosen, with their number as "rows"
    holdout    the share of rows kept aside: ``samples.split(holdout, seed)`` are they
    held_out   the same over rows that were kept aside, with their number as "rows"; empty where none were
    crumbs     of a field of a shape: closed parts of its surface shorter than "cells" along every axis, how many were
               "mended" and "left", and how many "handles" as small; empty where none were looked for
    """

    loss: str = ""
    optimiser: str = ""
    rate: float = 0.0
    batch: int = 0
    seed: int = 0
    device: str = "cpu"
    stepper: str = ""
    precision: str = "float32"
    initialisation: str = ""
    hidden: tuple[int, ...] = ()
    activation: str | tuple[str, ...] = "relu"
    n_samples: int = 0
    data: int = 0
    steps: int = 0
    seconds: float = 0.0
    complete: bool = True
    curve: Curve = Curve()
    final: Mapping[str, float] = field(default_factory=dict)
    held_out: Mapping[str, float] = field(default_factory=dict)
    holdout: float = 0.0
    crumbs: Mapping[str, float] = field(default_factory=dict)

    def as_meta(self) -> dict[str, Any]:
        """Return what a file holds of it, as JSON values."""
        told = asdict(self) | {"hidden": list(map(int, self.hidden))}
        told["activation"] = self.activation if isinstance(self.activation, str) else list(self.activation)
        told["curve"] = {"step": list(self.curve.step), "loss": list(self.curve.loss)}
        return {name: value for name, value in told.items() if name not in UNSAID or value}

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked for, as JSON values: the record without what came of it."""
        return {name: value for name, value in self.as_meta().items() if name not in OUTCOME}

    @classmethod
    def of_meta(cls, meta: object) -> Training | None:
        """Return the record a file's meta tells; None where it tells none.

        >>> Training.of_meta({"steps": 5, "loss": "squared"}).steps, Training.of_meta({"steps": "many"})
        (5, None)
        """
        if not isinstance(meta, Mapping):
            return None
        try:
            return cls(**{f.name: _READ[str(f.type)](meta[f.name]) for f in fields(cls) if f.name in meta})
        except (KeyError, TypeError, ValueError, OverflowError):
            return None


_READ: dict[str, Callable[[Any], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "str | tuple[str, ...]": lambda told: tuple(map(str, told)) if isinstance(told, list) else str(told),
    "tuple[int, ...]": lambda values: tuple(map(int, values)),
    "Curve": lambda told: Curve(tuple(map(int, told["step"])), tuple(map(float, told["loss"]))),
    "Mapping[str, float]": lambda told: {str(name): _measure(value) for name, value in told.items()},
}


def _measure(value: Any) -> float:
    """A measure that a file holds: JSON has no word for the PSNR of what is met without an error."""
    return math.inf if value is None else float(value)


def told_by(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``Network`` that the meta of a file holds: what is typed, and the rest as it is.

    >>> told_by({"scale": 2.0, "shift": [0.0], "kind": "distance"})["transform"]
    Transform(scale=2.0, shift=(0.0,))
    """
    transform, training = Transform.of_meta(meta), Training.of_meta(meta.get("training"))
    seen = Box.of_meta(meta.get("seen"))
    found = {"scale": transform, "shift": transform, "training": training, "seen": seen}
    typed = {name for name, value in found.items() if value is not None}
    rest = {name: value for name, value in meta.items() if name not in typed}
    return {"meta": rest, "transform": transform, "training": training, "seen": seen}


def meta_of(network: Network) -> dict[str, Any]:
    """Return what a file holds beside a network's numbers, as JSON values; ``told_by`` reads it."""
    transform = network.transform.as_meta() if network.transform else {}
    training = {"training": network.training.as_meta()} if network.training else {}
    seen = {"seen": network.seen.as_meta()} if network.seen else {}
    return {**network.meta, **transform, **training, **seen}
