"""What a question is asked with: types of handles and their spans, and the samples and networks that handles make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network import Network
from ..samples import Samples

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Progress = Callable[..., object]  # as the fit or the proof under the question calls it: the steps done come first


@dataclass(frozen=True)
class Span:
    """The numbers a handle may take, both ends included; of a tuple, how many parts it may have."""

    lo: float
    hi: float


Number = Annotated[float, Span(-1e6, 1e6)]
Seed = Annotated[int, Span(0, 2**32 - 1)]
Pair = tuple[Number, Number]
Triple = tuple[Number, Number, Number]
Numbers = Annotated[tuple[Number, ...], Span(1, 1000)]
Matrix = Annotated[tuple[Numbers, ...], Span(1, 1000)]
Places = Annotated[tuple[Pair, ...], Span(1, 500)]
Labels = Annotated[tuple[Annotated[int, Span(0, 9)], ...], Span(1, 500)]
Window = tuple[Number, Number, Number, Number]  # left, low, right, high


class Untold:
    """A callback that makes no difference between two questions: each is like the other to a cache."""

    def __init__(self, callback: Progress | None) -> None:
        self.callback = callback

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Untold)

    def __hash__(self) -> int:
        return 0


def placed(who: str, made: Samples, points: Sequence[Pair] | None, labels: Sequence[int] | None) -> Samples:
    """Return samples that were made from a seed with their inputs moved and their labels changed, where given.

    raises   InputError if there is not one label a point, or a label is of no class
    """
    inputs = made.inputs if points is None else np.array(points, dtype=np.float64)
    targets = made.targets if labels is None else np.array(labels, dtype=np.float64)
    if len(inputs) != len(targets):
        raise InputError(
            f"{who} needs a label for each point; got {len(inputs)} points and {len(targets)} labels. Give both."
        )
    if targets.max() >= len(made.classes):
        raise InputError(
            f"{who} needs labels from 0 to {len(made.classes) - 1}; got {targets.max():g}. The classes are "
            f"{', '.join(made.classes)}."
        )
    return replace(made, inputs=inputs, targets=targets)


def shallow_of(who: str, hidden: Sequence[Numbers], outputs: Sequence[Numbers]) -> Network:
    """Return the shallow ReLU network of the slides, each row with its offset first: ``data.book.shallow``, checked.

    raises   InputError if the rows do not fit each other
    """
    from ..data.book import shallow

    for what, rows, wide in (("unit", hidden, len(hidden[0])), ("output", outputs, len(hidden) + 1)):
        for row in rows:
            if len(row) != wide:
                raise InputError(
                    f"{who} needs {wide} numbers for each {what}, its offset first; got {len(row)}. Give one weight an "
                    "input of it."
                )
    return shallow(hidden, outputs)
