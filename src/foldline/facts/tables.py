"""A table's network beside its rows: confusions, scores on rows it was fitted to and on others, and what is bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from ..samples import Samples
from .facts import Fact, Facts

Counts = NDArray[np.int64]

WORSE = 0.1  # of accuracy, or of R^2, that rows not fitted to are met worse by: the fit knows its rows by heart


@dataclass(frozen=True, kw_only=True)
class TableFacts(Facts):
    """How well rows are met: those it was fitted to, and those kept aside, empty where none were.

    scores      by name, for rows fitted to and kept aside: "accuracy"; or "rms_error" and "r_squared"
    confusion   (K, K) rows of a class, by the class they are given; for each of the two
    plain       what the same score is for one and the same answer always: the commonest class, or the mean
    doubts      what is bad
    """

    fitted: Mapping[str, float]
    kept_aside: Mapping[str, float]
    confusion: Mapping[str, list[list[int]]]
    plain: float
    doubts: tuple[str, ...]

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        aside = self.kept_aside
        said = [(name.replace("_", " "), _beside(value, aside.get(name))) for name, value in self.fitted.items()]
        return [*said, *(("not good", text) for text in self.doubts)]


def split_of(network: Network, samples: Samples) -> tuple[Samples, Samples | None]:
    """Return the rows a network was fitted to, and those that were kept aside; None where it does not say which."""
    training = network.training
    return samples.split(training.holdout, training.seed) if training and training.holdout else (samples, None)


def table_facts(network: Network, samples: Samples) -> TableFacts:
    """Return how well a table's rows are met."""
    fitted, aside = split_of(network, samples)
    score = _classes if samples.kind == "classification" else _numbers
    here, there = score(network, fitted), score(network, aside) if aside else {}
    parts = {"fitted": fitted, "kept_aside": aside}
    confusion = {
        name: confusions(network, part).tolist()
        for name, part in parts.items()
        if part is not None and samples.kind == "classification"
    }
    plain = _commonest(samples) if confusion else 0.0
    return TableFacts(
        fitted=here, kept_aside=there, confusion=confusion, plain=plain,
        doubts=tuple(_doubts(here, there, plain, samples.kind)),
    )  # fmt: skip


def confusions(network: Network, samples: Samples) -> Counts:
    """Return how many rows of each class are given each class, (K, K): the true class down, the given one across.

    >>> samples = Samples([[-1.0], [1.0], [2.0]], [0.0, 1.0, 0.0], "classification", (), ("no", "yes"))
    >>> confusions(Network([[[1.0]]], [[0.0]]), samples).tolist()
    [[1, 1], [0, 1]]
    """
    outputs, k = network(samples.inputs), len(samples.classes)
    logit = outputs.shape[1] == 1
    middle = 0.5 if network.output == "sigmoid" else 0.0
    given = (outputs[:, 0] > middle).astype(np.int64) if logit else outputs.argmax(axis=1)
    true = samples.targets[:, 0].astype(np.int64)
    return np.bincount(true * k + given, minlength=k * k).reshape(k, k)


def _classes(network: Network, samples: Samples) -> dict[str, float]:
    counts = confusions(network, samples)
    return {"accuracy": float(np.trace(counts) / counts.sum())}


def _numbers(network: Network, samples: Samples) -> dict[str, float]:
    error = network(samples.inputs) - samples.targets
    spread = float(np.square(samples.targets - samples.targets.mean(axis=0)).sum())
    square = float(np.square(error).sum())
    told = {"rms_error": float(np.sqrt(np.square(error).mean()))}
    return told | ({"r_squared": 1 - square / spread} if spread > 0 else {})


def _commonest(samples: Samples) -> float:
    return float(np.bincount(samples.targets[:, 0].astype(np.int64)).max() / len(samples))


def _doubts(here: Mapping[str, float], there: Mapping[str, float], plain: float, kind: str) -> list[str]:
    name, always = ("accuracy", "the commonest class") if kind == "classification" else ("r_squared", "the mean")
    said, best = {"accuracy": "accuracy", "r_squared": "R²"}[name], there.get(name, here.get(name))
    if best is None:
        return []
    doubts = []
    if best <= plain:
        doubts.append(f"It does no better than always answering {always}: {said} {best:.3g} against {plain:.3g}.")
    if name in there and here[name] - there[name] > WORSE:
        doubts.append(
            f"It knows its own rows by heart: {said} {here[name]:.3g} on them, {there[name]:.3g} on rows kept aside."
        )
    return doubts


def _beside(value: float, aside: float | None) -> str:
    return f"{value:.4g}" + ("" if aside is None else f"; {aside:.4g} on rows kept aside")


__all__ = ["TableFacts", "confusions", "split_of", "table_facts"]
