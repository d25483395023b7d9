"""Samples as fields of a state: points and labels written out, with one more, one less, or one called otherwise."""

from __future__ import annotations

from typing import Any

from ...samples import Samples


def at_of(samples: Samples) -> dict[str, Any]:
    """Return the fields ``points`` and ``labels`` that give these samples."""
    points = tuple((float(x), float(y)) for x, y in samples.inputs)
    return {"points": points, "labels": tuple(int(label) for label in samples.targets[:, 0])}


def without(state: Any, k: int) -> dict[str, Any]:
    """Return the fields without point k."""
    return {name: values[:k] + values[k + 1 :] for name, values in _fields(state).items()}


def more(state: Any, to: tuple[float, float], label: int) -> dict[str, Any]:
    """Return the fields with one point more."""
    fields = _fields(state)
    return {"points": (*fields["points"], to), "labels": (*fields["labels"], label)}


def relabelled(state: Any, k: int, classes: int) -> dict[str, Any]:
    """Return the fields with point k of the next class."""
    labels = list(_fields(state)["labels"])
    labels[k] = (labels[k] + 1) % classes
    return {"labels": tuple(labels)}


def _fields(state: Any) -> dict[str, tuple[Any, ...]]:
    return {"points": tuple(state.points), "labels": tuple(state.labels)}
