"""Fitting a class of shapes: one network and a code a shape; and finding the code of a new one.

source   Park et al. 2019, DeepSDF: the auto-decoder, section 4
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..codes import Codes
from ..errors import InputError
from ..network import Network
from ..samples import Samples
from ..tasks import NEAR
from ..training import Training
from ..transform import Transform
from .asked import check_numbers, widths_of
from .checkpoint import Checkpoint
from .descent import Plan, Progress, descend
from .objective import Coded
from .order import Turns
from .start import shapes_of, start
from .step.choice import coded_stepper, kernel_on
from .step.coded import CodedStep
from .step.fused import BELOW

Array = NDArray[np.float64]

CLAMP = NEAR
PRIOR = 5e-2  # of codes; measured: with 1e-4 shapes that were not fitted to are met a third worse
BEGIN = 0.01  # of a code's numbers, normally; Park et al. 2019, section 5
RATE, BATCH, STEPS = 0.02, 2048, 20_000
HIDDEN, LATENT = (64, 64, 64, 64), 16
AT_ONCE = 64  # shapes a step, at most
MOST_BYTES = 1_200_000_000  # of the samples of all shapes together
ROW_BYTES = 16  # three coordinates and a distance in float32
ROWS = 50_000  # of a shape, unless they would be too many together
FEWEST = 2_000  # rows of a shape

SEEK_STEPS, SEEK_RATE = 400, 1.0  # to find a code: Adam at a tenth of it, in units of the known codes' spread
SEEK_PRIOR = 1e-6  # of a code that is sought
PART_PRIOR = 2e-5  # of one that a part of a surface leaves open
LOOKED_AT = 2_000  # rows of a new shape that tell which training codes to begin from
FAINT = 1e-3  # of the widest spread of codes: narrower directions say nothing of the class
BEGINNINGS = 2  # codes of known shapes that a search begins from, beside their mean


@dataclass(frozen=True, eq=False)
class Gathered:
    """The samples of many shapes in one table, in float32, shape after shape.

    starts   (n + 1,) where each begins
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]
    starts: NDArray[np.int64]
    names: tuple[str, ...]
    transforms: tuple[Transform | None, ...]


def rows_each(shapes: int) -> int:
    """Return how many samples each of so many shapes may have, so that all of them fit into 1.2 GB.

    >>> rows_each(30), rows_each(10_000)
    (50000, 7500)
    """
    return max(FEWEST, min(ROWS, MOST_BYTES // (ROW_BYTES * max(shapes, 1))))


def gathered(shapes: Iterable[tuple[str, Samples]], count: int, each: int) -> Gathered:
    """Return the samples of shapes in one table; they are taken one after the other, and none is kept.

    count, each   shapes there are, and rows of each at most
    """
    inputs = np.empty((count * each, 3), dtype=np.float32)
    targets = np.empty((count * each, 1), dtype=np.float32)
    starts, names, transforms, at = [0], [], [], 0
    for name, samples in shapes:
        if (samples.d_in, samples.d_out) != (3, 1):
            raise InputError(
                f"a class of shapes needs samples of a distance in space; got {name} with {samples.d_in} inputs."
            )
        n = min(each, len(samples))
        inputs[at : at + n], targets[at : at + n] = samples.inputs[:n], samples.targets[:n]
        at += n
        starts.append(at)
        names.append(name)
        transforms.append(samples.transform)
    return Gathered(inputs[:at], targets[:at], np.array(starts), tuple(names), tuple(transforms))


def fit_codes(
    rows: Gathered,
    *,
    latent: int = LATENT,
    hidden: Sequence[int] = HIDDEN,
    steps: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    learning_rate: float = RATE,
    batch: int = BATCH,
    prior: float = PRIOR,
    device: str = "auto",
    checkpoint: Checkpoint | None = None,
    callback: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Network:
    """Return a network with a code for each shape of ``rows``, fitted by descent.

    latent   numbers a code; the network reads it and the point, both again at its middle layer
    prior    times |code|^2, beside the clamped loss: codes stay near 0, so that new ones are found among them
    rate     of Muon for the hidden matrices; a tenth of it Adam's for codes and the rest
    device   "cuda" on a GPU, by PyTorch; "auto" is the CPU, whose steps are faster at this size
    raises   InputError for fewer than 2 shapes
    cost     about 2 ms a step of 2,048 rows for 4 x 64 units on one modern core
    source   Park et al. 2019 (equations 4, 9), Jordan 2024 (Muon), Kingma and Ba 2015 (Adam)
    """
    check_numbers("fit_codes", seed, steps=steps, seconds=seconds, learning_rate=learning_rate, latent=latent)
    n, hidden = len(rows.names), widths_of("fit_codes", hidden)
    if n < 2:
        raise InputError(f"a class of shapes needs 2 shapes at least; got {n}. Fit one with fl.fit.")
    skips = {len(hidden) // 2 + 1: (0,)} if len(hidden) > 1 else {}
    widths = (latent + 3, *hidden, 1)
    begin = start(widths, seed=seed, skips=skips)
    codes = np.random.default_rng([seed, 1]).normal(0.0, BEGIN, (n, latent))
    shapes = min(n, AT_ONCE)
    order = Turns(rows.starts, shapes=shapes, rows=max(1, batch // shapes), seed=seed)
    objective = Coded(rows.inputs, rows.targets, codes, "clamped", order, prior)
    stepper = coded_stepper(*begin, objective, skips=skips, device=device)
    asked = Training(
        loss="clamped", optimiser="muon", rate=learning_rate, batch=order.batch, seed=seed, device=stepper.device,
        stepper=stepper.name, initialisation="he_normal", hidden=tuple(hidden), n_samples=len(rows.inputs),
    )  # fmt: skip
    if checkpoint is not None:
        checkpoint.settings = asked.settings
    plan = Plan(learning_rate, STEPS if steps is None and seconds is None else steps, seconds)
    record = descend(stepper, plan, checkpoint=checkpoint, callback=callback, stop=stop)
    found = Codes(stepper.codes(), rows.names, rows.transforms)
    network = Network(*stepper.parameters(), skips=skips, codes=found, meta={"kind": "distance"})
    return replace(network, training=record.told(asked, {"clamped_error": clamped_error(network, rows)}))


def shapes_for(latent: int, hidden: Sequence[int]) -> list[tuple[int, int]]:
    """Return the shape of each layer's weights of a class of shapes.

    >>> shapes_for(16, (8, 8))
    [(8, 19), (8, 27), (1, 8)]
    """
    return shapes_of((latent + 3, *hidden, 1), {len(hidden) // 2 + 1: (0,)} if len(hidden) > 1 else {})


def clamped_error(network: Network, rows: Gathered, each: int = 500) -> float:
    """Return the mean error of distances clamped as the loss does, over some samples of every shape."""
    assert network.codes is not None
    found = []
    for code, a, b in zip(network.codes.values, rows.starts, rows.starts[1:], strict=False):
        at = np.arange(a, b, max(1, (b - a) // each))
        outputs = network(np.hstack([np.tile(code, (len(at), 1)), rows.inputs[at].astype(np.float64)]))
        found.append(np.abs(_clamped(outputs) - _clamped(rows.targets[at])).mean())
    return float(np.mean(found))


@dataclass(frozen=True, eq=False)
class Sought:
    """A code that was looked for.

    code      (k,)
    error     mean error of clamped distances there
    nearest   the name of the known shape whose code is nearest, and how far that is
    """

    code: Array
    error: float
    nearest: tuple[str, float]


def seek_code(
    network: Network,
    inputs: Array,
    targets: Array,
    *,
    steps: int = SEEK_STEPS,
    prior: float = SEEK_PRIOR,
    seed: int = 0,
    device: str = "cpu",
) -> Sought:
    """Return the code at which a network with codes is nearest to these distances.

    inputs, targets   (n, 3) places and (n,) signed distances, in the network's units
    prior             times |z|^2, z the code in units of the known codes' spread: what the distances leave open is as
                      in the known shapes
    device            "cuda" is a GPU, by PyTorch
    cost              the gradient of ``steps`` batches for each beginning: from the mean of the known codes, and from
                      those of them that fit best
    source            Park et al. 2019, equation 10
    """
    codes = network.codes
    if codes is None:
        raise InputError(f"a code is sought in a network with codes; got {network}. Fit a folder of shapes.")
    places, distances = np.asarray(inputs, dtype=np.float64), np.asarray(targets, dtype=np.float64).reshape(-1)
    look = np.random.default_rng(seed).permutation(len(places))[:LOOKED_AT]
    errors = [_error(network, code, places[look], distances[look]) for code in codes.values]
    begin = [codes.values.mean(axis=0), *codes.values[np.argsort(errors)[:BEGINNINGS]]]
    found = _moved(network, np.array(begin), places, distances, steps, prior, seed, device)
    scores = [_error(network, code, places[look], distances[look]) for code in found]
    best = int(np.argmin(scores))
    far = np.linalg.norm(codes.values - found[best], axis=1)
    return Sought(found[best], scores[best], (codes.names[int(far.argmin())], float(far.min())))


def _moved(
    network: Network, begin: Array, places: Array, distances: Array, steps: int, prior: float, seed: int,
    device: str,
) -> Array:  # fmt: skip
    """Codes after descent from several beginnings at once; the network stays.

    They move in the directions in which the known codes spread, each in its own unit of spread: there Adam's steps are
    alike, and the prior is the normal distribution of the known codes.
    """
    assert network.codes is not None
    mean, spread = spread_of(network.codes.values)
    order = Turns(np.array([0, len(places)]), shapes=1, rows=min(BATCH, 4 * len(places)), seed=seed)
    objective = Coded(
        places.astype(np.float32), distances[:, None].astype(np.float32), (begin - mean) @ np.linalg.pinv(spread).T,
        "clamped", Together(order, len(begin)), prior,
    )  # fmt: skip
    weights, biases = read_through(network, mean, spread)
    units = units_of(network)
    kernel = kernel_on(device, [weights[0].shape[1], *network.widths[1:]], "clamped", skips=network.skips,
                       activation=units)  # fmt: skip
    stepper = CodedStep(weights, biases, objective, activation=units, skips=network.skips, moves="codes", kernel=kernel)
    descend(stepper, Plan(SEEK_RATE, steps))
    return np.asarray(mean + stepper.codes() @ spread.T)


def spread_of(codes: Array) -> tuple[Array, Array]:
    """The mean of codes, and a basis of the directions they spread in, (k, r), as long as they spread."""
    mean, sizes, axes = _principal(codes)
    kept = sizes > FAINT * max(sizes[0], np.finfo(np.float64).tiny)
    if not kept.any():
        return mean, np.eye(codes.shape[1])
    return mean, axes[kept].T * sizes[kept] / np.sqrt(max(len(codes) - 1, 1))


def _principal(codes: Array) -> tuple[Array, Array, Array]:
    """The mean of codes, and the singular values and directions of what they are apart from it."""
    mean = codes.mean(axis=0)
    _, sizes, axes = np.linalg.svd(codes - mean, full_matrices=False)
    return mean, sizes, axes


def read_through(network: Network, mean: Array, spread: Array) -> tuple[list[Array], list[Array]]:
    """Weights and biases that read a code z as mean + spread z; wherever the inputs are read."""
    k, weights, biases = len(mean), list(network.weights), list(network.biases)
    for layer in range(1, network.n_layers + 1):
        at = 0
        for source in network.sources(layer):
            if source == 0:
                W = weights[layer - 1]
                code = W[:, at : at + k]
                biases[layer - 1] = biases[layer - 1] + code @ mean
                weights[layer - 1] = np.hstack([W[:, :at], code @ spread, W[:, at + k :]])
                at += spread.shape[1] - k
            at += network.widths[source]
    return weights, biases


class Together(Turns):
    """All codes see the same rows of the one shape that is looked for."""

    def __init__(self, turns: Turns, codes: int) -> None:
        super().__init__(turns.starts, shapes=1, rows=turns.per_shape, seed=turns.seed)
        self.codes = codes

    @property
    def batch(self) -> int:
        """Rows a step."""
        return self.codes * self.per_shape

    def rows(self, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return every code, and the rows of one step for each."""
        _, rows = super().rows(step)
        return np.arange(self.codes), np.repeat(rows, self.codes, axis=0)


def _error(network: Network, code: Array, places: Array, distances: Array) -> float:
    outputs = network(np.hstack([np.tile(code, (len(places), 1)), places]))[:, 0]
    return float(np.abs(_clamped(outputs) - _clamped(distances)).mean())


def _clamped(values: NDArray[np.floating]) -> Array:
    return np.clip(np.asarray(values, dtype=np.float64), -CLAMP, CLAMP)


def units_of(network: Network) -> tuple[str, ...]:
    """The unit of each hidden layer, if the fused step knows them all."""
    names = network.layer_activations
    if not set(names) <= set(BELOW) or network.slopes or network.output != "identity":
        end = "" if network.output == "identity" else f" and {network.output} at the end"
        raise InputError(
            f"a code is sought with units out of {', '.join(BELOW)}; got {', '.join(sorted(set(names)))}{end}. "
            "Ask for one of the network's own codes."
        )
    return names


def blended(codes: Codes, a: str, b: str, at: float) -> Array:
    """Return the code between those of two shapes: (1 - at) a + at b.

    >>> blended(Codes([[0.0], [1.0]], ("a", "b")), "a", "b", 0.25)
    array([0.25])
    """
    return np.asarray((1 - at) * codes.of(a) + at * codes.of(b))


def directions(codes: Codes) -> tuple[Array, Array, Array]:
    """Return the two directions in which codes spread most: shares of the variance (2,), axes (2, k), places (n, 2).

    >>> shares, axes, places = directions(Codes([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]], "abc"))
    >>> shares.round(2).tolist(), places.shape
    ([0.86, 0.14], (3, 2))
    """
    mean, sizes, axes = _principal(codes.values)
    n = min(2, len(axes))
    total = float((sizes**2).sum()) or 1.0
    shares, frame = np.zeros(2), np.zeros((2, codes.d))
    shares[:n], frame[:n] = sizes[:n] ** 2 / total, axes[:n]
    return shares, frame, (codes.values - mean) @ frame.T


def with_held_out(network: Network, held_out: Mapping[str, float]) -> Network:
    """Return the network whose training says how well shapes are met that it was not fitted to."""
    training = network.training or Training()
    return replace(network, training=replace(training, held_out=dict(held_out)))
