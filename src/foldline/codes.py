"""Codes: what tells the shapes of a class apart, for the one network that holds them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError, NetworkError
from .same import Compared, put
from .transform import Transform

Array = NDArray[np.float64]
TOLD = 8  # names that an error lists


@dataclass(frozen=True, eq=False)
class Codes(Compared):
    """One code a shape: the first inputs of the network whose surface, at that code, is the shape.

    values      (n, d) float64, finite
    names       (n,) of the shapes, each once
    transforms  (n,) from the units of each shape's file to the network's; None where that is not known
    raises      NetworkError for shapes that do not fit, names given twice, numbers that are not finite

    source      Park et al. 2019, DeepSDF: "Learning the latent space of shapes", section 4.2

    >>> codes = Codes([[0.0, 1.0], [1.0, 0.0]], ("ball", "cube"))
    >>> codes.at("cube"), len(codes), codes.d
    (1, 2, 2)
    """

    values: Array
    names: tuple[str, ...]
    transforms: tuple[Transform | None, ...]

    def __init__(
        self, values: ArrayLike, names: Iterable[str], transforms: Sequence[Transform | None] | None = None
    ) -> None:
        texts = tuple(map(str, names))
        placed = tuple(transforms) if transforms is not None else (None,) * len(texts)
        put(self, values=np.array(values, dtype=np.float64), names=texts, transforms=placed)
        self._check()

    def _check(self) -> None:
        if self.values.ndim != 2 or not self.values.size:
            raise NetworkError(f"Codes needs a table, a code a shape; got shape {self.values.shape}.")
        if not len(self.values) == len(self.names) == len(self.transforms):
            raise NetworkError(
                f"Codes needs a name and a transform a code; got {len(self.values)} codes, {len(self.names)} names and "
                f"{len(self.transforms)} transforms."
            )
        if len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise NetworkError(f"Codes needs each name once; got {twice!r} twice. Rename one.")
        if not np.isfinite(self.values).all():
            at = tuple(map(int, np.argwhere(~np.isfinite(self.values))[0]))
            raise NetworkError(f"Codes needs finite numbers; got values{list(at)} = {self.values[at]}.")

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Codes({len(self):,} shapes, {self.d} numbers each)"

    @property
    def d(self) -> int:
        """Numbers a code."""
        return int(self.values.shape[1])

    def at(self, name: str) -> int:
        """Return the number of a shape, from 0.

        raises   InputError naming the shapes there are
        """
        if name not in self.names:
            shown = ", ".join(self.names[:TOLD]) + (f" and {len(self) - TOLD} more" if len(self) > TOLD else "")
            raise InputError(f"a class of shapes needs a name that it has ({shown}); got {name!r}. Name one of these.")
        return self.names.index(name)

    def of(self, name: str) -> Array:
        """Return the code of a shape, (d,)."""
        return np.asarray(self.values[self.at(name)])

    @property
    def shared(self) -> Transform | None:
        """The transform that all shapes have in common; None where they have several, or one has none."""
        found = set(self.transforms)
        return found.pop() if len(found) == 1 else None

    def as_meta(self) -> dict[str, Any]:
        """Return what a file holds beside the values, as JSON values; ``of_meta`` reads it."""
        told = [None if one is None else one.as_meta() for one in self.transforms]
        return {"names": list(self.names), "transforms": told}

    @classmethod
    def of_meta(cls, values: ArrayLike, meta: Mapping[str, Any]) -> Codes:
        """Return the codes of a file.

        >>> codes = Codes([[0.0]], ["ball"], [Transform(2.0, (0.0, 0.0, 0.0))])
        >>> Codes.of_meta(codes.values, codes.as_meta()).transforms == codes.transforms
        True
        """
        transforms = [None if one is None else Transform.of_meta(one) for one in meta["transforms"]]
        return cls(values, meta["names"], transforms)
