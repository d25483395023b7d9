"""Smooth networks of a coordinate: sine units (SIREN), and ReLUs behind Fourier features.

They are what others fit to signals, images and maps.  Nothing exact can be asked of them, since they have no regions:
they are there to be fitted, sampled, and compared with.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..machine import TORCH, need_package
from ..network import Network
from ..samples import Samples
from ..training import Training
from .checkpoint import fingerprint
from .fields import box_of, scaling_of
from .objective import MeanLoss
from .order import Order
from .prepared import Prepared
from .start import shapes_of, start
from .step.choice import kernel_on
from .step.fused import Fused, threads_for
from .step.stepper import Recipe
from .step.torch import Eager

Array = NDArray[np.float64]

HIDDEN = (128, 128, 128)
FREQUENCY = 30.0  # of the sine units: Sitzmann et al. 2020, section 3.2
FEATURES = 64  # frequencies, a sine and a cosine each: Tancik et al. 2020
SPREAD = 10.0  # standard deviation of the frequencies, in turns over half of the box: their best for images
BATCH = 4096
RATES = {"siren": 5e-4, "fourier": 2e-3}
STEPS = 3_000


def prepare_smooth(
    samples: Samples, architecture: str, *, hidden: tuple[int, ...] | None = None, seed: int = 0, loss: str = "",
    rate: float | None = None, batch: int | None = None, device: str = "cpu",
) -> Prepared:  # fmt: skip
    """Return what is to be done to fit a smooth network to samples of a function of a few coordinates.

    architecture   "siren" or "fourier"
    device         as ``fit`` has it
    hidden         widths, 3 of 128 unless given
    raises         InputError for classes; MissingError for "siren" without PyTorch
    source         Sitzmann et al. 2020, "Implicit neural representations with periodic activation functions"; Tancik et
                   al. 2020, "Fourier features let networks learn high frequency functions"; Kingma and Ba 2015
    """
    if samples.kind == "classification":
        raise InputError(f"{architecture} needs numbers to fit; got classes. Take architecture='mlp'.")
    made = _siren if architecture == "siren" else _fourier
    asked = Training(
        loss=loss or samples.task.losses[0], optimiser="adam", rate=rate or RATES[architecture],
        batch=min(batch or BATCH, len(samples)), seed=seed, initialisation=architecture, hidden=hidden or HIDDEN,
        activation="sine" if architecture == "siren" else "relu", n_samples=len(samples), data=fingerprint(samples),
    )  # fmt: skip
    return made(samples, asked, device)


def smooth_shapes(
    samples: Samples, architecture: str, hidden: tuple[int, ...] | None
) -> list[tuple[int, int]]:  # fmt: skip
    """Return the shapes of a smooth network's weights."""
    first = (2 * FEATURES,) if architecture == "fourier" else ()
    return shapes_of((samples.d_in, *first, *(hidden or HIDDEN), samples.d_out))


def _siren(samples: Samples, asked: Training, device: str) -> Prepared:
    """Every pre-activation of a sine unit is times ``FREQUENCY``, which the network returned has in its weights."""
    need_package("fit with architecture 'siren'", *TORCH)
    scaling, rng = scaling_of(samples, box_of(samples)), np.random.default_rng(asked.seed)
    shapes = shapes_of((samples.d_in, *asked.hidden, samples.d_out))
    reach = [1 / samples.d_in, *(np.sqrt(6 / fan_in) / FREQUENCY for _, fan_in in shapes[1:])]
    weights = [rng.uniform(-bound, bound, shape) for bound, shape in zip(reach, shapes, strict=True)]
    biases = [rng.uniform(-1, 1, width) / np.sqrt(fan_in) for width, fan_in in shapes]
    objective = MeanLoss(scaling.of_inputs(samples.inputs), scaling.of_targets(samples.targets), asked.loss,
                     Order(len(samples), asked.batch, asked.seed))  # fmt: skip
    stepper = Eager(weights, biases, objective, Recipe("sine", device=device), speed=FREQUENCY)
    asked = replace(asked, device=stepper.device, stepper=stepper.name)

    def network() -> Network:
        return Network(*scaling.fold(*stepper.parameters(), {}), "sine")

    return Prepared(stepper, asked, STEPS, network, scaling)


def _fourier(samples: Samples, asked: Training, device: str) -> Prepared:
    """The features are sine units that stay as they are, so that the fused step learns the layers behind them."""
    scaling, rng = scaling_of(samples, box_of(samples)), np.random.default_rng(asked.seed)
    turns = rng.normal(0.0, SPREAD, (FEATURES, samples.d_in))
    first = np.pi * np.concatenate([turns, turns])
    quarter = np.repeat([0.0, np.pi / 2], FEATURES)  # a cosine is a sine a quarter of a turn on
    features = np.sin(scaling.of_inputs(samples.inputs) @ first.T + quarter).astype(np.float32)
    weights, biases = start((2 * FEATURES, *asked.hidden, samples.d_out), seed=asked.seed)
    objective = MeanLoss(features, scaling.of_targets(samples.targets), asked.loss,
                     Order(len(samples), asked.batch, asked.seed))  # fmt: skip
    widths = [2 * FEATURES, *map(len, biases)]
    stepper = Fused(weights, biases, objective, optimiser="adam", threads=threads_for(widths, asked.batch),
                    kernel=kernel_on(device, widths, asked.loss))  # fmt: skip
    asked = replace(asked, device=stepper.device, stepper=stepper.name)

    def network() -> Network:
        W, b = stepper.parameters()
        units = ("sine", *("relu",) * len(asked.hidden))
        return Network(*scaling.fold([first, *W], [quarter, *b], {}), units)

    return Prepared(stepper, asked, STEPS, network, scaling)
