"""What every estimator has: one network on raw inputs, questions about it, and a table read for it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ..box import Box
from ..columns import LARGEST, dated, for_text, inputs_of
from ..errors import InputError
from ..network import Network
from ..tasks import MARGIN
from ..training import Training
from .rows import check_targets, text_entry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..exact.boundary import Boundary
    from ..exact.decisions import Decisions
    from ..exact.explain import Explanation
    from ..exact.regions import Regions

Array = NDArray[np.float64]
HERE = Path(__file__).parent


class Geometry(BaseEstimator):  # type: ignore[misc]
    """What every estimator here shares: one network on raw inputs, and questions about it."""

    network_: Network
    box_: Box

    def regions(self, box: Box | None = None) -> Regions:
        """Return the exact linear regions of ``network_`` on a box; the box of the training inputs unless given."""
        from ..exact.regions import regions

        return regions(*self._asked(box))

    def decisions(self, box: Box | None = None) -> Decisions:
        """Return where each class wins, exactly, for 1, 2 or 3 columns; on ``box_`` unless another is given."""
        from ..exact.decisions import decisions

        return decisions(*self._asked(box))

    def boundary(self, box: Box | None = None, *, level: float | None = None) -> Boundary:
        """Return where the winning class changes, or a regressor passes a level; for 1, 2 or 3 columns."""
        from ..exact.boundary import boundary

        return boundary(*self._asked(box), level=level)

    def explain(self, row: ArrayLike) -> Explanation:
        """Return what the model is around one row: its exact affine map (the local coefficients), the polytope on which
        they hold, and the distance to the nearest fold.

        row      (d_in,) or (1, d_in), in the units of the columns, or with dates where they have some
        """
        from ..exact.explain import explain

        network, box = self._asked(None)
        at = inputs_of("explain", row)
        return explain(network, at[0] if at.shape == (1, network.d_in) else at, box)

    def plot(
        self, X: ArrayLike | None = None, y: ArrayLike | None = None, *, ax: Axes | None = None, **how: Any
    ) -> Axes:
        """Return the axes with what was learned drawn on them: the exact classes, or the curve or field of a regressor.

        X, y     rows to draw over it; of more than two columns the picture is a cut through X's medians, the middle of
                 the data's range unless given, and ``features`` are the two columns it shows
        how      as ``BoundaryDisplay.from_estimator`` and ``RegionDisplay.from_estimator`` take it
        """
        from ..draw.displays import BoundaryDisplay, RegionDisplay

        check_is_fitted(self)
        rows: Any = self._corners if X is None else X
        if hasattr(self, "classes_"):
            return BoundaryDisplay.from_estimator(self, rows, y, ax=ax, **how).ax_
        return RegionDisplay.from_estimator(self, rows, y, ax=ax, **{"colour": "value"} | how).ax_

    def _asked(self, box: Box | None) -> tuple[Network, Box]:
        check_is_fitted(self)
        return self.network_, self.box_ if box is None else box

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write ``network_`` (with class and column names) as .safetensors, .onnx or .npz: no pickle.

        raises   FileError if the path cannot be written, or exists and ``force`` is off
        """
        check_is_fitted(self)
        return self.network_.save(path, force=force)

    def _outputs(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        return self.network_(self._inputs(X, reset=False))

    def _inputs(self, X: ArrayLike, reset: bool) -> Array:
        return self._checked(self._validated(X, reset=reset))

    def _table(self, X: ArrayLike, y: ArrayLike, *, reset: bool, multi_output: bool = False) -> tuple[Array, Any]:
        check_targets(y)
        table, targets = self._validated(X, y=y, reset=reset, multi_output=multi_output)
        return self._checked(table), targets

    def _validated(self, X: ArrayLike, **kind: Any) -> Any:
        """Have scikit-learn read a table, or name the first entry that holds a text; dates are numbers of days."""
        X, said = dated(type(self).__name__, "X", X)
        if kind.get("reset") and said:
            warnings.warn("; ".join(said), DataConversionWarning, stacklevel=4)  # who called fit
        try:
            return validate_data(self, X, dtype=np.float64, ensure_all_finite=False, **kind)
        except ValueError as error:
            entry = text_entry(X)
            if entry is None:
                raise
            row, column, value = entry
            raise InputError(f"X row {row}, column {column} is {value!r}; {for_text(value)}.") from error

    def _checked(self, X: Array) -> Array:
        """Return the inputs, or name the first entry that is not a number or too large to square."""
        bad = np.argwhere(~(np.abs(X) <= LARGEST))
        if len(bad):
            row, column = map(int, bad[0])
            name, value = self._column(column), X[row, column]
            if np.isfinite(value):
                raise InputError(f"X row {row}, column {name} is {value:g}; scale it below {LARGEST:g}.")
            raise InputError(f"X row {row}, column {name} is {'NaN' if np.isnan(value) else value}; drop or impute.")
        return X

    def _column(self, column: int) -> str:
        return repr(str(self.feature_names_in_[column])) if hasattr(self, "feature_names_in_") else str(column)

    def _draw_seed(self) -> int:
        """Draw a seed from ``random_state``."""
        given: Any = getattr(self, "random_state", None)
        try:
            return int(check_random_state(given).randint(2**31 - 1))
        except ValueError as error:
            raise InputError(
                f"{type(self).__name__} needs random_state None, an int from 0 to {2**32 - 1} or a RandomState; "
                f"got {given!r}."
            ) from error

    def _keep(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        kind: str,
        classes: Sequence[str],
        training: Training | None = None,
    ) -> None:
        names = [str(name) for name in getattr(self, "feature_names_in_", ())]
        meta = {"kind": kind, "names": names, "classes": list(classes)}
        self.network_ = Network(weights, biases, meta=meta, training=training, seen=self._seen)

    def _see(self, X: Array) -> None:
        """Remember the range of the inputs; a constant column is given the width 1, and warned of."""
        lo, hi = X.min(axis=0), X.max(axis=0)
        flat = lo == hi
        if flat.any() and len(X) > 1:
            self._warn_of(lo, flat)
        self._corners = np.stack([lo, hi])
        self._see_more(X)

    def _see_more(self, X: Array) -> None:
        """Widen the range to hold these rows, too; ``box_`` has a margin round it."""
        rows = np.concatenate([self._corners, X])
        self._corners = np.stack([rows.min(axis=0), rows.max(axis=0)])
        self._seen = Box.around(self._corners)
        self.box_ = self._seen.grown(MARGIN)

    def _warn_of(self, values: Array, flat: NDArray[np.bool_]) -> None:
        """Warn of columns with one value, once a fit."""
        first, others = int(flat.argmax()), int(flat.sum()) - 1
        more = f" (and {others} more such)" if others else ""
        warnings.warn(
            f"{type(self).__name__} needs columns that vary; got column {self._column(first)} with {values[first]:g} "
            f"in every row{more}. It is kept and tells nothing; leave it out.",
            stacklevel=levels_to_caller(),
        )


def levels_to_caller() -> int:
    """How many calls up, as warnings count, the line is that called into this folder: a user's."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and Path(frame.f_code.co_filename).parent == HERE:
        frame, level = frame.f_back, level + 1
    return level
