"""Question 26: where does each class win?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np

from ..box import Box
from ..data.toys import blobs, spirals
from ..exact.boundary import Boundary, boundary_of
from ..exact.complex.outlines import loops
from ..exact.decisions import Decisions, decisions
from ..fit import fit
from ..fit.linear import descend
from ..network import Network
from ..same import Compared
from ..samples import Samples
from .handles import Array, Labels, Places, Progress, Seed, Span, Triple, Untold, placed

REACH = {"lines": 4.0, "network": 2.2}  # of the samples
Width = Annotated[int, Span(1, 256)]


@dataclass(frozen=True)
class State:
    """Several classes, told apart by a line each or by a network.

    kind          "lines" over four blobs, with a fifth class whose logit is the mean of theirs; "network" over spirals
    weights       (b, w1, w2) of each class W_k; fitted to the samples unless given
    points, labels   the samples moved, added or relabelled; seed, n and spread make them
    hidden, steps    of the network
    temperature   of the shading: what was fitted is so sure of itself that its softmax looks like arg max
    """

    kind: Literal["lines", "network"] = "lines"
    weights: Annotated[tuple[Triple, ...], Span(2, 10)] | None = None
    points: Places | None = None
    labels: Labels | None = None
    n: Annotated[int, Span(3, 500)] | None = None
    spread: Annotated[float, Span(0.0, 5.0)] = 0.55
    seed: Seed = 0
    hidden: Annotated[tuple[Width, ...], Span(1, 6)] = (16, 16)
    steps: Annotated[int, Span(1, 20_000)] = 1500
    temperature: Annotated[float, Span(1e-3, 1e3)] = 4.0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Where each class wins, exactly.

    cells     polygons of one class each; their empty classes win nowhere
    border    between the classes; meeting: (n, 2) where three or more of them meet
    nearest   (class, place, how much its logit lacks there) of each class that wins nowhere: exactly, since what it
              lacks is linear on each cell, and so least at a corner
    reach     the box is [-reach, reach]^2
    """

    state: State
    samples: Samples
    network: Network
    cells: Decisions
    border: Boundary
    meeting: Array
    nearest: tuple[tuple[int, Array, float], ...]
    reach: float


def ask(state: State, *, callback: Progress | None = None) -> Answer:
    """Return the exact cells of arg max, with their corners, areas, and the classes without any.

    callback   of the network's fit: (step, steps, loss, rate)
    cost       two milliseconds for lines; fitting them 0.3 s, a network a second, once for the same samples
    """
    samples = _samples(state)
    network = _network(state, samples, callback)
    reach = REACH[state.kind]
    found = decisions(network, Box([-reach] * 2, [reach] * 2))
    return Answer(state, samples, network, found, boundary_of(found), meeting_of(found), nearest_of(found), reach)


def _samples(state: State) -> Samples:
    if state.kind == "lines":
        made = blobs(state.n or 100, n_classes=4, spread=state.spread, seed=state.seed)
    else:
        made = spirals(state.n or 180, n_classes=3, turns=0.75, noise=0.08, seed=state.seed)
    return placed("argmax", made, state.points, state.labels)


def _network(state: State, samples: Samples, callback: Progress | None) -> Network:
    if state.weights is not None:
        rows = np.array(state.weights)
        return Network([rows[:, 1:]], [rows[:, 0]])
    key = (samples.inputs.tobytes(), samples.targets.tobytes(), samples.classes)
    if state.kind == "lines":
        return with_a_mean(_lines(*key))
    return _fitted(*key, state.hidden, state.steps, state.seed, Untold(callback))


def _back(inputs: bytes, targets: bytes, classes: tuple[str, ...]) -> Samples:
    points, labels = np.frombuffer(inputs).reshape(-1, 2), np.frombuffer(targets)
    return Samples(points, labels, "classification", ("x1", "x2"), classes)


@lru_cache(maxsize=8)
def _lines(inputs: bytes, targets: bytes, classes: tuple[str, ...]) -> Network:
    return descend(_back(inputs, targets, classes), "cross_entropy", steps=1500).network


@lru_cache(maxsize=4)
def _fitted(
    inputs: bytes, targets: bytes, classes: tuple[str, ...], hidden: tuple[int, ...], steps: int, seed: int,
    untold: Untold,
) -> Network:  # fmt: skip
    return fit(_back(inputs, targets, classes), hidden=hidden, steps=steps, seed=seed, optimiser="adam",
               learning_rate=0.02, device="cpu", callback=untold.callback)  # fmt: skip


def with_a_mean(network: Network) -> Network:
    """Return the classifier with one class more, whose logit is the mean of the others': it is never the largest."""
    W, b = network.weights[0], network.biases[0]
    names = [*map(str, range(len(b))), "mean of the others"]
    return Network([np.vstack([W, W.mean(axis=0)])], [np.append(b, b.mean())], meta={"classes": names})


def nearest_of(found: Decisions) -> tuple[tuple[int, Array, float], ...]:
    """Return where each class that wins nowhere lacks least, over the corners of all cells: (class, place, lack)."""
    at = found.complex.vertices
    logits = found.network.preactivations(at)[-1]
    lacks = logits.max(axis=1, keepdims=True) - logits
    return tuple((k, at[lacks[:, k].argmin()], float(lacks[:, k].min())) for k in map(found.names.index, found.empty))


def meeting_of(found: Decisions) -> Array:
    """Return the exact points where three or more classes meet, (n, 2)."""
    whole = found.complex
    around: list[set[int]] = [set() for _ in whole.vertices]
    for k, loop in enumerate(loops(whole)):
        for vertex in loop:
            around[vertex].add(int(found.classes[k]))
    return whole.vertices[[len(classes) > 2 for classes in around]]
