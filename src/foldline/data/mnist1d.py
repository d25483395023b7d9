"""MNIST-1D, made offline: ten digit shapes on a line, padded, moved, sheared and made noisy.

The numbers are those of the published generator (Greydanus and Kobak 2020, "Scaling down deep learning with
MNIST-1D", package mnist1d, Apache-2.0), drawn from the same legacy generator in the same order; the tests hold them
equal to 1e-12.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..samples import Samples

Array = NDArray[np.float64]

# The published defaults.
TEMPLATE_LENGTH, PADDING, TRANSLATION, LENGTH = 12, (36, 60), 48, 40
SCALE, CORRELATED, INDEPENDENT, SHEAR = 0.4, 0.25, 0.02, 0.75
TRAIN_SHARE = 0.8
WIDTH = TEMPLATE_LENGTH + PADDING[1]  # samples a padded signal is drawn out to
BLUR = 2.0  # standard deviation, in samples, of the filter that correlates the noise
OFFSET = 1e-8  # the published generator adds it so that a signal is told from its padding by != 0

DIGITS = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)


def templates() -> Array:
    """Return the ten shapes, (10, 12): whitened, starting at 0.

    >>> templates().shape
    (10, 12)
    """
    x = np.array(DIGITS, dtype=np.float64)
    x -= x.mean(1, keepdims=True)
    x /= x.std(1, keepdims=True)
    x -= x[:, :1]
    return x / 6.0


def mnist1d(n: int = 5000, *, seed: int = 42) -> tuple[Samples, Samples]:
    """Return MNIST-1D as training and test samples: 40 inputs, 10 classes, four fifths for training.

    n        signals in all, a tenth a digit; the published 5000 give 4000 and 1000
    cost     about half a second for 5000
    source   Greydanus and Kobak 2020; Prince 2023, figure 20.2

    >>> train, test = mnist1d(100)
    >>> train.inputs.shape, test.inputs.shape
    ((80, 40), (20, 40))
    """
    if n < 20:
        raise InputError(f"mnist1d needs at least 20 signals, 2 a digit; got {n}.")
    draw = np.random.RandomState(seed)
    shapes = templates()
    signals = np.stack([_signal(shape, draw) for shape in shapes for _ in range(n // 10)])
    labels = np.repeat(np.arange(10), n // 10)
    order = draw.permutation(len(labels))
    signals, labels = signals[order], labels[order]
    signals = (signals - signals.mean()) / signals.std()
    split = int(len(labels) * TRAIN_SHARE)
    return _samples(signals[:split], labels[:split]), _samples(signals[split:], labels[split:])


def random_labels(samples: Samples, *, seed: int = 1) -> Samples:
    """Return the samples with their labels permuted: nothing to learn, only to remember.

    source   Zhang et al. 2017; Prince 2023, figure 20.2

    >>> train, _ = mnist1d(100)
    >>> bool((np.sort(random_labels(train).targets, 0) == np.sort(train.targets, 0)).all())
    True
    """
    targets = np.random.default_rng(seed).permutation(samples.targets)
    meta = {**samples.meta, "labels": f"permuted, seed {seed}"}
    return Samples(samples.inputs, targets, samples.kind, samples.names, samples.classes, meta)


def _signal(shape: Array, draw: np.random.RandomState) -> Array:
    """One shape, changed; the calls of ``draw`` follow the published order."""
    from scipy.ndimage import gaussian_filter

    low, high = PADDING
    zeros = np.zeros(low + int(draw.rand() * (high - low + 1)))
    x = _resampled(np.concatenate([shape + OFFSET, zeros]), WIDTH)
    x *= 1 + SCALE * (draw.rand() - 0.5)
    k = draw.choice(TRANSLATION)
    x = np.concatenate([x[-k:], x[:-k]])
    mask = x != 0
    x = mask * x + (1 - mask) * gaussian_filter(CORRELATED * draw.randn(*x.shape), BLUR)
    x = x + INDEPENDENT * draw.randn(*x.shape)
    x = x - SHEAR * (draw.rand() - 0.5) * np.linspace(-0.5, 0.5, len(x))
    return _resampled(x, LENGTH)


def _resampled(x: Array, n: int) -> Array:
    return np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(x)), x)


def _samples(signals: Array, labels: NDArray[np.int64]) -> Samples:
    return Samples(signals, labels.astype(np.float64), "classification", (), tuple("0123456789"), {"name": "MNIST-1D"})
