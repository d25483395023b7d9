"""Options of the estimators that are numbers: what each may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any

from sklearn.base import BaseEstimator

from ..errors import InputError


def positive_int(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0


# What an option may be besides a bool: in words, and as a test of a number.
OPTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "learning_rate": ("above 0", lambda value: 0 < value < math.inf),
    "momentum": ("from 0 to below 1", lambda value: 0 <= value < 1),
    "alpha": ("of 0 or more", lambda value: 0 <= value < math.inf),
    "tol": ("of 0 or more", lambda value: value >= 0),
    "max_iter": ("as a positive int", positive_int),
    "n_iter_no_change": ("of 1 or more", lambda value: value >= 1),
    "validation_fraction": ("between 0 and 1", lambda value: 0 < value < 1),
}


def check_numbers(estimator: BaseEstimator, names: Iterable[str]) -> None:
    """Refuse the first of these options that is not what ``OPTIONS`` says."""
    for name in names:
        value, (words, right) = getattr(estimator, name), OPTIONS[name]
        if not isinstance(value, Real) or isinstance(value, bool) or not right(value):
            raise InputError(f"{type(estimator).__name__} needs {name} {words}; got {value!r}.")
