"""How fast the fused step is: beside eager PyTorch, scikit-learn's MLPClassifier, and the core's own matrix product.

python bench/step.py            one core; every pair is timed in turns, the best of each is kept
"""

from __future__ import annotations

import itertools
import time
import warnings

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from foldline.fit.order import Order
from foldline.fit.start import start
from foldline.fit.step import Fused, engines, multiplications

EPOCHS_TO_ZERO = 126_016  # MNIST-1D with random labels, 4 x 63, one seed: epochs until no training row is wrong


class Eager:
    """The same loop as people write it: modules, autograd, torch.optim."""

    def __init__(self, stepper, optimiser, **options):
        self.stepper = stepper
        layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(stepper.widths)]
        for layer, W, b in zip(layers, *stepper.parameters(), strict=True):
            layer.weight.data, layer.bias.data = torch.tensor(W).float(), torch.tensor(b).float()
        self.net = torch.nn.Sequential(*itertools.chain(*((x, torch.nn.ReLU()) for x in layers[:-1])), layers[-1])
        self.optimiser = optimiser(self.net.parameters(), **options)
        self.x, self.y = torch.tensor(stepper.inputs), torch.tensor(stepper.targets).long()
        self.whole = stepper.order.batch == stepper.order.n

    def run(self, first, rates):
        losses = []
        for k in range(len(rates)):
            rows = slice(None) if self.whole else torch.from_numpy(self.stepper.order.rows(first + k))
            self.optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(self.net(self.x[rows]), self.y[rows])
            loss.backward()
            self.optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses).numpy()


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def peak(n=1536, rounds=8):
    """Multiply-adds a second of a large single-precision matrix product."""
    a = np.random.default_rng(0).random((n, n), dtype=np.float32)
    return n**3 / min(seconds(lambda: a @ a) for _ in range(rounds))


def side_by_side(ours, theirs, steps, rate, rounds=7):
    """Return the best seconds a step of each, timed in turns."""
    rates = np.full(steps, rate)
    times = [(seconds(lambda: ours.run(0, rates)), seconds(lambda: theirs.run(0, rates))) for _ in range(rounds)]
    return [min(column) / steps for column in zip(*times, strict=True)]


def line(what, ours, theirs, widths, rows, top):
    share = multiplications(widths) * rows / ours / top
    print(f"{what:34s} {ours * 1e3:9.3f} {theirs * 1e3:9.3f} {theirs / ours:7.2f} {share:8.0%}")


def mnist1d(top):
    """Full batch, 4 x 63: the cost does not depend on the numbers, so they are random."""
    rng, widths = np.random.default_rng(0), [40, 63, 63, 63, 63, 10]
    x, y = rng.normal(size=(4000, 40)), rng.integers(0, 10, (4000, 1))
    ours = Fused(*start(widths, kind="he_uniform"), x, y, Order(4000, 4000, 0), loss="cross_entropy")
    theirs = Eager(ours, torch.optim.SGD, lr=0.0025)
    apart = np.abs(ours.run(0, np.full(100, 0.0025)) / theirs.run(0, np.ones(100)) - 1).max()
    fused, eager = side_by_side(ours, theirs, 20, 0.0025)
    line("MNIST-1D 4x63, all 4000 rows", fused, eager, widths, 4000, top)
    print(
        f"  losses of 100 steps differ by {apart:.1e}; {EPOCHS_TO_ZERO:,} epochs: {fused * EPOCHS_TO_ZERO / 60:.1f} min"
    )


def digits(top):
    """scikit-learn's defaults (100 units, Adam 0.001, batch 200) without penalty, to its own last training loss."""
    x, y = load_digits(return_X_y=True)
    x, widths = StandardScaler().fit_transform(x), [64, 100, 10]
    steps = -(-len(x) // 200)

    def stepper():
        weights = start(widths, kind="he_uniform")
        return Fused(*weights, x, y[:, None], Order(len(x), 200, 0), loss="cross_entropy", optimiser="adam")

    ours = stepper()
    theirs = Eager(ours, torch.optim.Adam, lr=0.001)
    line("digits 100, batch 200, Adam", *side_by_side(ours, theirs, steps * 5, 0.001), widths, 200, top)

    def reach(goal):
        fused, epoch = stepper(), 0
        while fused.run(epoch * steps, np.full(steps, 0.001)).mean() > goal:
            epoch += 1

    pairs = []
    for seed in range(3):
        model = MLPClassifier(alpha=0.0, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            slow = seconds(lambda model=model: model.fit(x, y))
        pairs.append((seconds(lambda model=model: reach(model.loss_)), slow))
    ours, theirs = (min(column) for column in zip(*pairs, strict=True))
    times = f"{ours * 1e3:9.0f} {theirs * 1e3:9.0f} {theirs / ours:7.2f}"
    print(f"digits to scikit-learn's last loss {times}  (ms, whole fit)")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with threadpool_limits(1):  # one core against one core
        top = peak()
        print(f"engine {engines()[0]}; the core's matrix product: {2 * top / 1e9:.0f} GFLOP/s\n")
        print(f"{'':34s} {'fused ms':>9s} {'peer ms':>9s} {'times':>7s} {'of peak':>8s}")
        mnist1d(top)
        digits(top)
