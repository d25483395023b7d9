"""Fitting: samples in, a network out."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..doors import solid_samples
from ..errors import FitError, InputError
from ..mesh import Mesh
from ..network import Network
from ..raster import Function
from ..samples import Samples, need_samples
from ..tasks import TASKS, Task
from ..training import Training
from .asked import check_hooks, check_numbers, widths_of
from .checkpoint import Checkpoint, fingerprint
from .descent import Diverged, Plan, Progress, Record, descend
from .fields import check_preset, field_shapes, prepare_field
from .measure import measure, measure_between, measure_rivals
from .objective import MeanLoss
from .order import Order
from .prepared import Prepared
from .scaling import Scaling
from .smooth import prepare_smooth, smooth_shapes
from .start import shapes_of, start
from .step.choice import stepper_for
from .step.stepper import Recipe, State

Array = NDArray[np.float64]


HIDDEN = (64, 64, 64, 64)
ARCHITECTURES = ("mlp", "folded", "siren", "fourier")
SMOOTH = {"siren": ("batch", "learning_rate"), "fourier": ("batch", "learning_rate")}  # options they share with mlp
OF_PLAIN = {"optimiser": "muon", "batch": None, "learning_rate": None, "activation": "relu", "skips": None,
            "precision": "float32", "initialisation": "he_normal"}  # fmt: skip
LOOKED_AT = 20_000  # samples, evenly chosen of more than twice as many, that tell how good a fit is that does not end
LEAST_PART = 1.0  # finest cells
PREVIEW_SECONDS = 1.0  # between two looks at a network that is being fitted
LOOKS = 3  # of descent between two of those looks: a third of a second
RATES = {"muon": 0.02, "adam": 0.002, "sgd": 0.1}


def fit(
    samples: Samples | object,
    y: object = None,
    *,
    kind: str | None = None,
    hidden: Sequence[int] | int | None = None,
    architecture: str | None = None,
    preset: str = "default",
    function: Function | None = None,
    least_part: float = LEAST_PART,
    steps: int | None = None,
    seconds: float | None = None,
    until: Mapping[str, float] | None = None,
    seed: int = 0,
    optimiser: str = "muon",
    batch: int | None = None,
    learning_rate: float | None = None,
    loss: str | None = None,
    activation: str | Sequence[str] = "relu",
    skips: Mapping[int, Sequence[int]] | None = None,
    device: str = "auto",
    precision: str = "float32",
    initialisation: str = "he_normal",
    holdout: float = 0.0,
    checkpoint: str | Path | Checkpoint | None = None,
    callback: Progress | None = None,
    preview: Callable[[Network], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Network:
    """Fit a network to samples by descent, and return it; ``network.training`` says how it went.

    samples, y      Samples; a Mesh or Cloud; or inputs (n, d_in) and targets, as ``Samples.of`` takes them: arrays,
                    tables of pandas or polars with their names, labels as texts
    kind            "classification" for numbers that are labels; by the targets unless given
    hidden          width of each hidden layer of a plain network, 4 of 64 unless given
    architecture    "mlp", a plain network, or "folded", one behind a grid of features, for functions of 1, 2 or 3
                    coordinates; unless given, by the kind of samples, and plain where ``hidden`` or another option of
                    plain networks is given. "siren" (PyTorch) and "fourier" are the smooth networks of others: they are
                    sampled, and not cut into regions
    preset          of a folded one: "fast", "default" or "best", for an image "pixels" too (closest on the pixels,
                    hatched between); it says the sizes, and the options below but steps, seconds, until, seed and loss
    function        what the samples were taken of, where it can be asked, for a folded one to begin as its values
    least_part      of a folded one of a shape, in finest cells: closed parts and handles of its surface shorter along
                    every axis, which the function has not, are mended at the end (``training.crumbs``); 0 leaves them
    steps, seconds  when to stop; ``steps`` gives the same weights every time, ``seconds`` stops by the clock. Unless
                    given, steps follow from the kind of samples
    until           {measure: value}, as {"psnr": 40}: ends the fit once its samples are met that well
    optimiser       "muon" (hidden matrices; Adam for the rest), "adam" or "sgd"
    learning_rate   at the start, falling by a cosine to 1 %; 0.02 for Muon (0.002 for the rest), 0.002 Adam, 0.1 SGD
    loss            "clamped", "absolute", "squared", "cross_entropy", "binary"; by the kind of samples unless given
    activation      of the hidden units: "relu", "leaky_relu", "abs", "identity", with PyTorch also "tanh", "sigmoid",
                    "sine", "softplus", "hard_tanh" and "relu6"; or one name a hidden layer: ("abs", "relu")
    skips           as in ``Network``; DeepSDF's is {4: (0,)}
    holdout         share of the rows that is not fitted to; ``training.held_out`` says how well they are met
    device          "cuda" is a GPU, by PyTorch; "auto" takes one where there is one and the steps of a plain network
                    are large enough to gain by it
    checkpoint      file that is written every half minute and gone on from, bit for bit, where it exists
    callback        called with (step, steps, loss, rate) about ten times a second; steps is None by the clock
    preview         called with the network as it is about once a second
    stop            asked as often; where it is true the fit ends after the steps done, as after Ctrl-C
    returns         a network on raw inputs: a table's standardisation is folded into its weights. Ctrl-C gives the
                    network so far, with ``training.complete`` False
    raises          FitError naming the first step whose loss is not finite; its ``network`` holds the weights before
    cost            about 2 ms a step of 2048 rows for 4 x 64 units on one modern core
    source          He et al. 2015 (start), Jordan 2024 (Muon), Kingma and Ba 2015 (Adam), Park et al. 2019 (shapes)

    >>> line = Samples(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]))
    >>> network = fit(line, hidden=(8,), steps=1000, learning_rate=0.05, optimiser="adam")
    >>> bool(abs(network([2.0])[0] - 5.0) < 0.05)
    True
    """
    layers = None if hidden is None else widths_of("fit", hidden)
    check_numbers("fit", seed, steps=steps, seconds=seconds, batch=batch, learning_rate=learning_rate)
    units = tuple(activation) if isinstance(activation, list) else activation
    plain = plain_of(optimiser=optimiser, batch=batch, learning_rate=learning_rate, activation=units, skips=skips,
                     precision=precision, initialisation=initialisation)  # fmt: skip
    if isinstance(samples, Mesh | Cloud) and y is None and kind is None:
        folded = architecture_of(TASKS["distance"], architecture, layers, plain) == "folded"
        samples = solid_samples(samples, seed=seed, folded=folded)
    samples, aside = _samples(samples, y, kind).split(holdout, seed)
    _check_until(samples, until)
    check_hooks("fit", function=function, callback=callback, stop=stop)
    chosen = _loss(samples, loss)
    of_field = {"preset": preset, "function": function, "least_part": least_part}
    prepared = _prepare(samples, architecture, layers, plain, of_field, seed=seed, loss=chosen, device=device)
    plan = Plan(prepared.asked.rate, prepared.steps if steps is None and seconds is None else steps, seconds)
    watch = Until(prepared.network, samples, until) if until else None
    put_aside, told = _put_aside(checkpoint), _previewed(prepared, preview, callback) if preview else callback
    found = _descended(prepared, samples, aside, plan, watch=watch, checkpoint=put_aside, callback=told, stop=stop)
    return replace(found, training=replace(found.training, holdout=holdout)) if aside and found.training else found


def _put_aside(given: object) -> Checkpoint | None:
    found = Checkpoint(Path(given)) if isinstance(given, str | Path) else given
    if isinstance(found, Checkpoint | None):
        return found
    raise InputError(f"fit needs a file's name as checkpoint; got {given!r}.")


def _prepare(
    samples: Samples, architecture: str | None, hidden: tuple[int, ...] | None, plain: Mapping[str, Any],
    of_field: Mapping[str, Any], *, seed: int, loss: str, device: str,
) -> Prepared:  # fmt: skip
    """What is to be done; ``plain`` as ``plain_of`` gives, ``of_field`` the options of ``prepare_field``."""
    kind = architecture_of(samples.task, architecture, hidden, plain)
    _check_least_part(of_field["least_part"], of_shape=(kind, samples.kind) == ("folded", "distance"))
    if kind == "folded":
        return prepare_field(samples, seed=seed, loss=loss, device=device, **of_field)
    check_preset(of_field["preset"])
    if kind in SMOOTH:
        return prepare_smooth(samples, kind, hidden=hidden, seed=seed, loss=loss, rate=plain.get("learning_rate"),
                              batch=plain.get("batch"), device=device)  # fmt: skip
    return _prepare_plain(samples, hidden, seed, loss, OF_PLAIN | dict(plain), device)


def _previewed(prepared: Prepared, preview: Callable[[Network], object], callback: Progress | None) -> Progress:
    """The callback, which also shows the network as it is now and then."""
    shown = [-np.inf]

    def tell(step: int, steps: int | None, loss: float, rate: float) -> None:
        if time.monotonic() - shown[0] >= PREVIEW_SECONDS:
            preview(prepared.network())
            shown[0] = time.monotonic()
        if callback:
            callback(step, steps, loss, rate)

    return tell


def _descended(
    prepared: Prepared,
    samples: Samples,
    aside: Samples | None,
    plan: Plan,
    *,
    watch: Until | None,
    checkpoint: Checkpoint | None,
    callback: Progress | None,
    stop: Callable[[], bool] | None,
) -> Network:
    """Do what is prepared, and return the network with how it went."""
    if checkpoint is not None:
        checkpoint.settings = prepared.asked.settings

    def network(record: Record, *, measured: bool = False) -> Network:
        bare = prepared.finished(prepared.network()) if measured else prepared.network()
        bare, crumbs = _swept(prepared, bare, record, stop) if measured else (bare, {})
        over, beside = (samples, aside) if record.complete else (_some_of(samples), aside and _some_of(aside))
        met = measure(bare, over) | measure_between(bare, over) if measured else {}
        met |= {"rows": float(len(over))} if met and len(over) < len(samples) else {}
        training, held_out = record.told(prepared.asked, met), {}
        if measured and beside:
            held_out = {"rows": float(len(beside)), **measure(bare, beside), **measure_rivals(samples, beside)}
        return replace(bare, training=replace(training, held_out=held_out, crumbs=crumbs), **told_of(samples))

    try:
        record = descend(prepared.stepper, plan, watch=watch, checkpoint=checkpoint, callback=callback, stop=stop)
    except Diverged as found:
        raise _diverged(found, network) from found
    return network(record, measured=True)


def _swept(
    prepared: Prepared, network: Network, record: Record, stop: Callable[[], bool] | None
) -> tuple[Network, dict[str, float]]:
    """The network after its sweep, and what that found; where it is stopped, the record is of a fit that was stopped.
    """
    if prepared.sweep is None or not record.complete:
        return network, {}
    try:
        found = prepared.sweep(network, stop)
    except KeyboardInterrupt:
        found = None
    if found is None or not found.complete:
        record.complete = False
        return network, {}
    return found.network, {"cells": found.least, "mended": found.mended, "left": found.left,
                           "handles": found.handles}


def _prepare_plain(
    samples: Samples, hidden: tuple[int, ...] | None, seed: int, loss: str, options: Mapping[str, Any], device: str
) -> Prepared:
    """What is to be done to fit a plain network; ``options`` as ``OF_PLAIN`` has them."""
    rate = options["learning_rate"] or RATES.get(options["optimiser"], RATES["adam"])
    asked = Training(
        loss=loss, optimiser=options["optimiser"], rate=rate,
        batch=min(options["batch"] or samples.task.batch, len(samples)), seed=seed, precision=options["precision"],
        initialisation=options["initialisation"], hidden=HIDDEN if hidden is None else hidden,
        activation=options["activation"], n_samples=len(samples), data=fingerprint(samples),
    )  # fmt: skip
    skips = options["skips"] or {}
    skips = {int(layer): tuple(sources) for layer, sources in skips.items()}
    scaling, begin = Scaling.of(samples), _start(samples, asked, skips)
    x, y = scaling.of_inputs(samples.inputs), scaling.of_targets(samples.targets)
    objective = MeanLoss(x, y, asked.loss, Order(len(samples), asked.batch, asked.seed))
    stepper = stepper_for(*begin, objective, Recipe(asked.activation, skips, asked.optimiser, device, asked.precision))

    def network() -> Network:
        W, b = scaling.fold(*stepper.parameters(), skips)
        return Network(W, b, asked.activation, skips=skips)

    asked = replace(asked, device=stepper.device, stepper=stepper.name)
    return Prepared(stepper, asked, samples.task.steps, network, scaling)


def plain_of(**options: object) -> dict[str, object]:
    """Return the options of ``fit`` that only plain networks have, where they are not as they are unless given.

    >>> plain_of(precision="bfloat16", seed=3, activation="relu")
    {'precision': 'bfloat16'}
    """
    return {name: value for name, value in options.items() if name in OF_PLAIN and value not in (OF_PLAIN[name], {})}


def architecture_of(task: Task, asked: str | None, hidden: Sequence[int] | None, plain: Mapping[str, object]) -> str:
    """Return what is asked for; else plain where something is that only plain networks have, else what a task says.

    plain   as ``plain_of`` gives

    >>> architecture_of(TASKS["distance"], None, None, {}), architecture_of(TASKS["distance"], None, (8,), {})
    ('folded', 'mlp')
    """
    if asked is not None and asked not in ARCHITECTURES:
        raise InputError(f"fit needs architecture out of {', '.join(ARCHITECTURES)}; got {asked!r}.")
    if asked == "folded" and hidden is not None:
        raise InputError(
            f"fit needs hidden widths for architecture 'mlp' alone; got {tuple(hidden)} for 'folded'. "
            "Leave them out, or take a preset."
        )
    other = {name: value for name, value in plain.items() if name not in SMOOTH.get(asked or "mlp", ())}
    if asked not in (None, "mlp") and other:
        name, value = next(iter(other.items()))
        why = "whose preset says it" if asked == "folded" else "which says it itself"
        raise InputError(
            f"fit needs {name} for architecture 'mlp' alone; got {value!r} for {asked!r}, {why}. Leave it out."
        )
    return asked or ("mlp" if hidden is not None or plain else task.architecture)


def shapes_for(
    samples: Samples, architecture: str | None, hidden: Sequence[int] | None, preset: str, **options: object
) -> list[tuple[int, int]]:
    """Return the shapes of what a fit will hold: the weights of each layer, the features of each level of a grid.

    options   others of ``fit``
    """
    chosen = architecture_of(samples.task, architecture, hidden, plain_of(**options))
    if chosen == "folded":
        return field_shapes(samples, preset)
    if chosen in SMOOTH:
        return smooth_shapes(samples, chosen, None if hidden is None else tuple(hidden))
    return shapes_of((samples.d_in, *(HIDDEN if hidden is None else hidden), samples.d_out))


class Until:
    """Ends descent once a network meets its samples as well as asked; see ``fit``.

    network   makes it as it is
    """

    def __init__(self, network: Callable[[], Network], samples: Samples, until: Mapping[str, float]) -> None:
        self.network, self.until, self.over, self.looks = network, until, False, 0
        self.samples = _some_of(samples)

    def enough(self, first: int, losses: Array) -> int | None:
        """Return the whole run after which it is enough."""
        self.looks += 1
        if self.looks % LOOKS == 0:
            self.over = reached(self.until, measure(self.network(), self.samples))
        return len(losses) if self.over else None

    def memory(self) -> State:
        """Return nothing: it is asked anew."""
        return {}

    def recall(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Nothing is to be recalled."""

    def end(self) -> None:
        """The last weights stay."""


def _some_of(samples: Samples) -> Samples:
    """Samples evenly chosen, where there are many: what tells how good a fit is while somebody waits."""
    step = len(samples) // LOOKED_AT
    if step < 2:
        return samples
    return Samples(samples.inputs[::step], samples.targets[::step], samples.kind, classes=samples.classes)


def reached(until: Mapping[str, float], score: Mapping[str, float]) -> bool:
    """Return whether a score is as good as asked for: errors at most, everything else at least.

    A measure that is not told, as the PSNR where there is no error at all, is reached.

    >>> reached({"psnr": 30.0}, {"psnr": 31.0}), reached({"rms_error": 0.1}, {"rms_error": 0.2})
    (True, False)
    """
    signs = {name: -1.0 if name.endswith("error") else 1.0 for name in until}
    return all(signs[name] * (score.get(name, value) - value) >= 0 for name, value in until.items())


def _check_least_part(asked: object, *, of_shape: bool) -> None:
    if not (isinstance(asked, Real) and 0 <= float(asked) < math.inf):
        raise InputError(f"fit needs least_part as 0 or more cells; got {asked!r}. Leave it out for {LEAST_PART:g}.")
    if asked != LEAST_PART and not of_shape:
        raise InputError(f"fit needs a field of a shape for least_part (--least-part); got {asked!r}. Leave it out.")


def _check_until(samples: Samples, until: Mapping[str, float] | None) -> None:
    known = samples.task.measures
    if not isinstance(until, Mapping | None):
        raise InputError(f"fit needs until as measures and their values; got {until!r}. Write {{{known[0]!r}: 0.1}}.")
    for name in until or {}:
        if name not in known:
            raise InputError(f"fit needs measures of {samples.kind} for until ({', '.join(known)}); got {name!r}.")


def told_of(samples: Samples) -> dict[str, Any]:
    """Return the arguments of ``Network`` that samples give the one fitted to them.

    >>> told_of(Samples([[0.0]], [1.0]))["meta"]
    {'kind': 'regression', 'names': [], 'classes': []}
    """
    meta = {**samples.meta, "kind": samples.kind, "names": list(samples.names), "classes": list(samples.classes)}
    return {"meta": meta, "transform": samples.transform, "seen": samples.range}


def _start(samples: Samples, asked: Training, skips: Mapping[int, Sequence[int]]) -> tuple[list[Array], list[Array]]:
    widths = (samples.d_in, *asked.hidden, 1 if asked.loss == "binary" else samples.d_out)
    weights, biases = start(widths, seed=asked.seed, kind=asked.initialisation, skips=skips)
    Network(weights, biases, asked.activation, skips=skips)  # refuses skips that do not run forward, before the work
    return weights, biases


def _diverged(found: Diverged, network: Callable[[Record], Network]) -> FitError:
    kept = "; the error's network holds the last good weights" if found.step else ""
    error = FitError(
        f"fit needs finite losses; got a loss that is not finite at step {found.step + 1}. "
        f"Take a smaller learning_rate, or scale the data{kept}."
    )
    error.network = network(found.record) if found.step else None
    return error


def _samples(given: object, y: object, kind: str | None) -> Samples:
    found = _given(given, y, kind)
    found.check_entries()
    return found


def _given(given: object, y: object, kind: str | None) -> Samples:
    """The samples that were given, or those of inputs and targets."""
    if y is not None and not isinstance(given, Samples):
        samples = Samples.of(given, y, kind)
        constant = samples.meta.get("constant", ())
        if constant:
            more = f" (and {len(constant) - 1} more such)" if len(constant) > 1 else ""
            warnings.warn(
                f"fit needs columns that vary; got {constant[0]} in every row{more}. It is kept and tells nothing; "
                "leave it out.",
                stacklevel=4,  # who called fit
            )
        return samples
    if y is not None or kind is not None:
        what = "targets beside Samples" if y is not None else f"kind {kind!r} without targets"
        raise InputError(
            f"fit needs Samples alone, or inputs and targets; got {what}. Write fit(samples) or fit(X, y)."
        )
    if not isinstance(given, Samples) and not isinstance(given, str | Path):
        got = type(given).__name__
        raise InputError(f"fit needs targets beside inputs; got a {got} alone. Write fit(X, y), or fit(samples).")
    need_samples("fit", given)
    return cast(Samples, given)


def _loss(samples: Samples, asked: str | None) -> str:
    """The loss that is asked for, if it fits the samples, or their task's."""
    task, known = samples.task, list(dict.fromkeys(loss for task in TASKS.values() for loss in task.losses))
    if asked is not None and asked not in known:
        raise InputError(f"fit needs loss out of {', '.join(known)}; got {asked!r}.")
    loss = asked or task.losses[0]
    if loss not in task.losses:
        raise InputError(
            f"fit needs {' or '.join(task.losses)} for samples of kind {task.name!r}; got loss {loss!r}. "
            "Take one of those, or give samples of another kind."
        )
    n_classes = len(samples.classes)
    if task.name == "classification" and (n_classes < 2 or (loss == "binary" and n_classes != 2)):
        wanted = "2 classes for binary" if loss == "binary" else ">= 2 classes"
        raise InputError(f"fit needs {wanted}, got {{{n_classes}}}. Check the target column.")
    return loss
