"""Tasks: the kinds of data a network is fitted to, a row of one table each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import raster
from .box import Box
from .raster import Function, Lattice

Array = NDArray[np.float64]
ERRORS = ("mean_absolute_error", "rms_error")
Score = Callable[[Array, Array], dict[str, float]]  # of outputs and targets, row by row

HELD_OUT = 0.2  # of a table's rows, by default at the command line
MARGIN = 0.05  # a table's rows end somewhere; what a network does just beyond them is part of what it learned
NEAR = 0.1  # of a surface: distances beyond it only need the right side (DeepSDF's delta: Park et al. 2019, equation 4)
FEWEST_HELD_OUT = 10  # rows: a score over fewer says nothing, and they are needed for fitting


@dataclass(frozen=True)
class Task:
    """What the kind of data decides, unless something else is asked for.

    losses    that can be followed, the usual one first
    scaled    whether inputs and whether targets are standardised while fitting
    steps     of descent
    batch     rows a step
    score     measures of outputs against targets, in the units of the targets
    held_out  share of the rows that is kept aside to be judged by
    view      what a report shows: "surface", "pixels" or "rows"
    architecture  "mlp", or "folded" for functions of a few coordinates
    lattice   where the pixels of a raster lie, by its meta; None where there are none
    function  what the samples stand for between them, of (inputs, targets, lattice); None where that is not known
    between   the places between the samples that a fit is looked at, of (inputs, lattice); None where there are none
    rivals    what plain interpolation makes of rows kept aside, by name, of the same
    measures  the names that ``score`` tells
    reach     the range of inputs that a network of such samples is about; that of the inputs
    margin    share of that range's sides to look beyond it, unless a box is given
    """

    name: str
    losses: tuple[str, ...]
    scaled: tuple[bool, bool]
    steps: int
    batch: int
    score: Score
    held_out: float
    view: str
    architecture: str = "mlp"
    lattice: Callable[[Mapping[str, Any]], Lattice | None] = lambda meta: None
    function: Callable[[Array, Array, Lattice | None], Function | None] = lambda inputs, targets, lattice: None
    between: Callable[[Array, Lattice | None], Array | None] = lambda inputs, lattice: None
    rivals: Callable[[Array, Array, Lattice | None], dict[str, Function]] = lambda inputs, targets, lattice: {}
    measures: tuple[str, ...] = ERRORS
    reach: Callable[[Array], Box] = Box.around
    margin: float = 0.0


def accuracy(outputs: Array, targets: Array) -> dict[str, float]:
    """Return the share of rows whose class is right: the largest output, or for one logit whether it is above 0.

    >>> accuracy(np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([[1.0], [1.0]]))
    {'accuracy': 0.5}
    """
    chosen = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).astype(np.int64)
    return {"accuracy": float(np.mean(chosen == targets[:, 0]))}


def errors(outputs: Array, targets: Array) -> dict[str, float]:
    """Return the mean |error| and the root mean square error, over rows and columns.

    >>> errors(np.array([[3.0], [-4.0]]), np.zeros((2, 1)))["mean_absolute_error"]
    3.5
    """
    error = outputs - targets
    return {"mean_absolute_error": float(np.abs(error).mean()), "rms_error": math.sqrt(float(np.mean(error**2)))}


def near_errors(outputs: Array, targets: Array) -> dict[str, float]:
    """Return the errors of distances less than ``NEAR``; farther ones are only asked on which side they lie.

    >>> near_errors(np.array([[0.05], [0.3]]), np.array([[0.0625], [0.9]]))["mean_absolute_error"].__round__(9)
    0.0125
    """
    near = (np.abs(targets) < NEAR).all(axis=1)
    return errors(outputs[near], targets[near]) if near.any() else {}


def series_errors(outputs: Array, targets: Array) -> dict[str, float]:
    """Return the errors, and the root mean square error as a share of each column's range, over columns.

    >>> series_errors(np.array([[0.0], [9.0]]), np.array([[0.0], [10.0]]))["range_error"].__round__(4)
    0.0707
    """
    found, span = errors(outputs, targets), np.ptp(targets, axis=0)
    share = np.sqrt(np.mean((outputs - targets) ** 2, axis=0)) / np.where(span > 0, span, 1.0)
    return found | {"range_error": float(np.sqrt(np.mean(share**2)))}


def decibels(square: float) -> float:
    """Return the peak signal-to-noise ratio, peak 1, of a mean squared error; infinite where there is none.

    >>> round(decibels(0.01), 9), decibels(0.0)
    (20.0, inf)
    """
    return -10 * math.log10(square) if square else math.inf


def picture_errors(outputs: Array, targets: Array) -> dict[str, float]:
    """Return the errors, and the peak signal-to-noise ratio in dB (peak 1); without it where there is no error.

    >>> picture_errors(np.array([[0.1]]), np.array([[0.0]]))["psnr"]
    20.0
    """
    found = errors(outputs, targets)
    square = float(np.mean((outputs - targets) ** 2))
    return found | ({"psnr": decibels(square)} if square else {})


def cube_of(inputs: Array) -> Box:
    """Return the cube from -1 to 1, in which shapes are sampled, or the inputs' range where they leave it.

    >>> cube_of(np.array([[0.5, -0.9]])), cube_of(np.array([[0.0], [3.0]]))
    (Box([-1.0, -1.0], [1.0, 1.0]), Box([0.0], [3.0]))
    """
    one = np.ones(inputs.shape[1])
    return Box(-one, one) if np.abs(inputs).max() <= 1.0 else Box.around(inputs)


NUMBERS = ("squared", "absolute", "clamped")
RASTER: dict[str, Any] = {
    "function": raster.of_lattice,
    "between": raster.corners,
    "rivals": raster.neighbours,
}
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("regression", NUMBERS, (True, True), 4_000, 128, errors, HELD_OUT, "rows", margin=MARGIN),
        Task(
            "classification",
            ("cross_entropy", "binary"),
            (True, False),
            2_000,
            128,
            accuracy,
            HELD_OUT,
            "rows",
            measures=("accuracy",),
            margin=MARGIN,
        ),
        Task(
            "distance",
            ("clamped", "absolute", "squared"),
            (False, False),
            10_000,
            2048,
            near_errors,
            0.0,
            "surface",
            "folded",
            reach=cube_of,
        ),
        Task(
            "image",
            NUMBERS,
            (False, False),
            10_000,
            2048,
            picture_errors,
            0.0,
            "pixels",
            "folded",
            lattice=raster.lattice_of_image,
            **RASTER,
            measures=(*ERRORS, "psnr"),
        ),
        Task(
            "elevation",
            NUMBERS,
            (True, True),
            10_000,
            2048,
            errors,
            0.0,
            "map",
            "folded",
            lattice=raster.lattice_of_map,
            **RASTER,
        ),
        Task(
            "signal",
            NUMBERS,
            (True, True),
            6_000,
            512,
            series_errors,
            0.0,
            "curve",
            "folded",
            measures=(*ERRORS, "range_error"),
            function=lambda inputs, targets, lattice: raster.of_series(inputs, targets),
            between=lambda inputs, lattice: raster.middles(inputs),
            rivals=lambda inputs, targets, lattice: {
                "linear interpolation": raster.joined(inputs, targets),
                "smooth interpolation": raster.of_series(inputs, targets),
            },
        ),
    )
}


def held_out_by_default(task: Task, rows: int) -> float:
    """Return the share of so many rows that is kept aside unless it is said; 0 where there are too few.

    >>> held_out_by_default(TASKS["regression"], 150), held_out_by_default(TASKS["regression"], 4)
    (0.2, 0.0)
    """
    return task.held_out if task.held_out * rows >= FEWEST_HELD_OUT else 0.0
