"""Samples: what a network is fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .box import Box
from .columns import LARGEST, classes_of, dated, numbered_values, numbers_of, stands_for_none, table_of
from .doors import Shown
from .errors import InputError
from .raster import Function, Lattice
from .same import Compared, put
from .tasks import TASKS, Task
from .transform import Transform


@dataclass(frozen=True, eq=False)
class Samples(Shown, Compared):
    """Inputs and targets, row by row.

    inputs    (n, d_in) float64, finite
    targets   (n, d_out) float64, finite; class numbers 0..K-1 in one column for a classification
    kind      "regression", "classification", "distance" (signed distance), "image", "elevation" or "signal"
    names     d_in input names; empty for none
    classes   the K class names of a classification
    meta      what the maker of the samples wants kept with the network (JSON values): units, image size
    transform from the units of their file, where those are not the samples'
    asked     what they were taken of, where it can be asked anywhere: (n, d_in) places to (n, d_out) targets
    raises    InputError naming the first row and column that is not a number
    """

    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    kind: str = "regression"
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    transform: Transform | None = None
    asked: Function | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        inputs = np.ascontiguousarray(numbers_of("Samples", "inputs", self.inputs))
        targets = np.ascontiguousarray(numbers_of("Samples", "targets", self.targets))
        if targets.ndim == 1:
            targets = targets[:, None]
        if inputs.ndim != 2 or targets.ndim != 2:
            raise InputError(f"Samples needs tables; got shapes {inputs.shape} and {targets.shape}.")
        if len(inputs) != len(targets):
            raise InputError(f"Samples needs one target a row; got {len(inputs)} inputs and {len(targets)} targets.")
        if 0 in (len(inputs), inputs.shape[1], targets.shape[1]):
            shapes = f"inputs {inputs.shape} and targets {targets.shape}"
            raise InputError(f"Samples needs at least 1 row, input and target; got {shapes}.")
        if self.kind not in TASKS:
            raise InputError(f"Samples needs a kind out of {', '.join(TASKS)}; got {self.kind!r}.")
        put(self, inputs=inputs, targets=targets)
        self.check_entries(np.finfo(np.float64).max)

    def check_entries(self, largest: float = LARGEST) -> None:
        """Raise InputError naming the first number that is not finite, or larger than can be fitted to."""
        for what, table in (("X", self.inputs), ("y", self.targets)):
            if np.isfinite(table).all() and max(-table.min(), table.max()) <= largest:
                continue
            row, column = map(int, np.argwhere(~(np.abs(table) <= largest))[0])
            name = repr(self.names[column]) if what == "X" and self.names else str(column)
            advice = f"scale it below {largest:g}" if np.isfinite(table[row, column]) else "drop or impute"
            raise InputError(f"{what} row {row}, column {name} is {table[row, column]}; {advice}.")

    @classmethod
    def of(cls, X: object, y: object, kind: str | None = None) -> Samples:
        """Return the samples of inputs and targets as callers have them: arrays, lists, tables of pandas or polars.

        X        (n, d_in), or (n,) for one input; the names of a table's columns are kept
        y        (n,) or (n, d_out); texts and truth values are classes, numbers are numbers unless ``kind`` says
                 "classification"
        returns  samples whose ``meta["findings"]`` say what was taken, and which columns are the same in every row
        raises   InputError naming the first entry that is no number

        >>> found = Samples.of([[0.0], [1.0]], ["no", "yes"])
        >>> found.kind, found.classes, found.targets.ravel()
        ('classification', ('no', 'yes'), array([0., 1.]))
        """
        (X, of_inputs), (y, of_targets) = dated("fit", "X", X), dated("fit", "y", y)
        inputs, names = table_of("fit", "X", X)
        labels = classes_of("fit", y)
        if labels is None and kind == "classification":
            numbers = table_of("fit", "y", y)[0]
            labels = numbered_values(numbers[:, 0]) if numbers.shape[1] == 1 else None
        classes: tuple[str, ...] = ()
        if labels is not None and kind in (None, "classification"):
            targets, classes = labels[0].astype(np.float64), labels[1]
        else:
            targets = table_of("fit", "y", y)[0]
        taken = kind or ("classification" if classes else "regression")
        found = "texts or truth values" if classes and kind is None else "numbers" if kind is None else "what you say"
        constant = _constant(inputs, names)
        findings = [
            f"the targets are {found}: {taken}", *of_inputs, *(f"target {said}" for said in of_targets),
            *(f"constant, kept: {column}" for column in constant), *_doubts("column", inputs, names),
            *([] if classes else _doubts("target", targets, ())),
        ]  # fmt: skip
        meta = {"findings": findings} | ({"constant": constant} if constant else {})
        return cls(inputs, targets, taken, names, classes, meta)

    def split(self, share: float, seed: int = 0) -> tuple[Samples, Samples | None]:
        """Return the rows to fit to, and those kept aside to judge by; None where the share is 0.

        share    of the rows, 0 to below 1: at random, of each class alike; a class of one row is fitted to
        raises   InputError where the share is no share, or leaves nothing on a side

        >>> kept, aside = Samples(np.zeros((10, 1)), np.zeros(10)).split(0.2)
        >>> len(kept), len(aside)
        (8, 2)
        """
        aside = self.aside(share, seed)
        return (self._only(~aside), self._only(aside)) if share else (self, None)

    def aside(self, share: float, seed: int = 0) -> NDArray[np.bool_]:
        """Return which rows ``split`` keeps aside, (n,).

        raises   InputError as ``split`` does

        >>> int(Samples(np.zeros((10, 1)), np.zeros(10)).aside(0.2).sum())
        2
        """
        if not isinstance(share, Real) or not 0 <= share < 1:
            raise InputError(f"split needs a share from 0 to below 1; got {share!r}. Take 0.2, or 0 to keep all rows.")
        rng, aside = np.random.default_rng([seed, len(self)]), np.zeros(len(self), dtype=bool)
        if share == 0:
            return aside
        labels = self.targets[:, 0] if self.kind == "classification" else np.zeros(len(self))
        for label in np.unique(labels):
            rows = rng.permutation(np.flatnonzero(labels == label))
            aside[rows[: min(round(share * len(rows)), len(rows) - 1)]] = True
        if not aside.any():
            raise InputError(f"split needs rows for both sides; got a share of {share} of {len(self)}. Take more.")
        return aside

    def _only(self, rows: NDArray[np.bool_]) -> Samples:
        return replace(self, inputs=self.inputs[rows], targets=self.targets[rows])

    def __repr__(self) -> str:
        inputs = "1 input" if self.d_in == 1 else f"{self.d_in} inputs"
        kinds = f", {len(self.classes)} classes" if self.classes else ""
        return f"Samples({len(self):,} rows of {inputs}, {self.kind}{kinds})"

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def task(self) -> Task:
        """What the kind of data decides."""
        return TASKS[self.kind]

    @cached_property
    def function(self) -> Function | None:
        """What the samples stand for between them, places to values; None where that is not known."""
        return self.asked or self.task.function(self.inputs, self.targets, self.lattice)

    @cached_property
    def rivals(self) -> dict[str, Function]:
        """What plain interpolation makes of places between, by its name."""
        return self.task.rivals(self.inputs, self.targets, self.lattice)

    @property
    def between(self) -> NDArray[np.float64] | None:
        """The places between the samples of a raster or a signal where a fit is looked at; None for others."""
        return self.task.between(self.inputs, self.lattice)

    @property
    def lattice(self) -> Lattice | None:
        """Where the pixels of an image or a map lie; None where that is not known."""
        return self.task.lattice(self.meta)

    @property
    def range(self) -> Box:
        """The smallest box that holds the inputs, or all that they are samples of."""
        return self.task.reach(self.inputs)

    @property
    def d_in(self) -> int:
        return int(self.inputs.shape[1])

    @property
    def d_out(self) -> int:
        """Outputs a network needs for these targets: one a class, or one a target column."""
        return len(self.classes) if self.kind == "classification" else int(self.targets.shape[1])


def need_samples(who: str, value: object) -> None:
    """Refuse what is no ``Samples``, and say how to make some.

    raises   InputError
    """
    if isinstance(value, Samples):
        return
    ways = {"Mesh": "foldline.data.distance.distance_samples(mesh)", "str": "foldline.read(path)"}
    name = "str" if isinstance(value, str | Path) else type(value).__name__
    got = f"the file name {str(value)!r}" if name == "str" else f"a {name}"
    way = ways.get(name, "foldline.Samples.of(X, y)")
    raise InputError(f"{who} needs Samples; got {got}. Make some: {way}.")


def _doubts(what: str, table: NDArray[np.float64], names: Sequence[str]) -> Iterator[str]:
    """What the numbers of a table may be besides measurements: codes for none, the index that pandas writes."""
    for k, column in enumerate(table.T):
        name = repr(names[k]) if names else str(k)
        if np.isfinite(column).all() and (found := stands_for_none(column)) is not None:
            yield f"{what} {name} has {found[1]}, leave those rows out"
        if k == 0 and name == repr("Unnamed: 0") and len(set(column.tolist())) == len(column):
            yield f"{what} {name} numbers the rows, as pandas writes its index, and is kept: drop it if it is one"


def _constant(inputs: NDArray[np.float64], names: tuple[str, ...]) -> list[str]:
    """The columns that are the same in every row, as messages name them."""
    flat = np.flatnonzero((inputs == inputs[:1]).all(axis=0) & (len(inputs) > 1))
    return [
        f"column {names[k]!r} with {inputs[0, k]:g}" if names else f"column {k} with {inputs[0, k]:g}" for k in flat
    ]
