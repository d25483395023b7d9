"""The lecture's salmon and sea bass, made up, and a real twin: the bills of penguins."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ..errors import FileError, InputError
from ..samples import Samples

# The slide shows no numbers.  Ours: salmon shorter and darker, sea bass longer and brighter; means and standard
# deviations of (length in cm, brightness 0-10), brightness falling a little with length within a class.
SALMON = (60.0, 3.5)
SEA_BASS = (80.0, 6.0)
SPREAD = (8.0, 1.0)
CORRELATION = -0.3

PENGUIN_COLUMNS = ("bill_length_mm", "bill_depth_mm")


def fish(n: int = 100, *, overlap: float = 1.0, seed: int = 0) -> Samples:
    """Return n fish by length and brightness, half salmon (class 0), half sea bass (class 1).

    overlap   multiplies the spread within a class: 1 as documented above, near 0 the classes come apart
    source    lecture 3, "Linear Classification": two normal clouds with one covariance, so the best line is known

    >>> fish(6).classes
    ('salmon', 'sea bass')
    """
    if n < 2:
        raise InputError(f"fish needs at least 2 fish, one of a kind; got {n}.")
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    noise = rng.normal(size=(n, 2))
    noise[:, 1] = CORRELATION * noise[:, 0] + np.sqrt(1 - CORRELATION**2) * noise[:, 1]
    inputs = np.array([SALMON, SEA_BASS])[labels] + overlap * np.array(SPREAD) * noise
    meta = {"units": {"length": "cm", "brightness": "0-10"}}
    return Samples(
        inputs, labels.astype(np.float64), "classification", ("length", "brightness"), ("salmon", "sea bass"), meta
    )


def penguins(path: str | Path, species: tuple[str, ...] = ("Adelie", "Gentoo")) -> Samples:
    """Return bill length and depth (mm) of the penguins of some species; birds without a measurement are left out.

    path     the palmerpenguins table, data/table/penguins.csv (Horst, Hill and Gorman 2020, CC0)
    returns  ``meta["left_out"]`` counts the birds without a measurement
    raises   FileError if the file cannot be read; InputError if a column or a species is missing
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise FileError(f"penguins needs a readable table; got {path} ({error.strerror}).") from error
    missing = [name for name in ("species", *PENGUIN_COLUMNS) if not rows or name not in rows[0]]
    if missing:
        raise InputError(
            f"penguins needs the columns species, {', '.join(PENGUIN_COLUMNS)}; {missing[0]!r} is missing."
        )
    for name in species:
        if not any(row["species"] == name for row in rows):
            raise InputError(f"penguins needs species of the table; got {name!r}.")
    asked = [row for row in rows if row["species"] in species]
    whole = [row for row in asked if "NA" not in [row[column] for column in PENGUIN_COLUMNS]]
    inputs = np.array([[float(row[column]) for column in PENGUIN_COLUMNS] for row in whole])
    labels = np.array([species.index(row["species"]) for row in whole], dtype=np.float64)
    meta = {"left_out": len(asked) - len(whole)}
    return Samples(inputs, labels, "classification", PENGUIN_COLUMNS, tuple(species), meta)
