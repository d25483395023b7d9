"""How fast the fused step is: beside eager PyTorch, scikit-learn's MLPClassifier, and the core's own matrix product.

python bench/step.py            CPU seconds on one core; what is compared is timed in turns, the best of each kept

Bars: 2 times eager PyTorch (3 wished for), 3 times MLPClassifier to the same training loss, 80 % of the core's matrix
product on the full batch, losses of 100 steps within 1e-5 of PyTorch's, 126,016 epochs in 8 minutes.
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

from foldline.fit.objective import MeanLoss
from foldline.fit.order import Order
from foldline.fit.start import start
from foldline.fit.step.fused import Fused, engines, multiplications

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
    begun = time.process_time()  # of this process, one thread: a busy machine disturbs it least
    work()
    return time.process_time() - begun


def side_by_side(what, ours, theirs, steps, rate, rows, rounds=25):
    """Print the best milliseconds a step of each, our share of the core's matrix product, and the bar; return ours."""
    rates, n = np.full(steps, rate), 1536
    a = np.random.default_rng(0).random((n, n), dtype=np.float32)
    works = (lambda: ours.run(0, rates), lambda: theirs.run(0, rates), lambda: a @ a)
    fused, eager, product = (
        min(times) for times in zip(*([seconds(work) for work in works] for _ in range(rounds)), strict=True)
    )
    fused, eager, peak = fused / steps, eager / steps, n**3 / product
    share = multiplications(ours.widths) * rows / fused / peak
    times = f"{fused * 1e3:9.3f} {eager * 1e3:9.3f} {eager / fused:7.2f}"
    print(f"{what:34s} {times} {share:8.0%}  of {2 * peak / 1e9:.0f} GFLOP/s   bar 2 times")
    return fused


def mnist1d():
    """Full batch, 4 x 63: the cost does not depend on the numbers, so they are random."""
    rng, widths = np.random.default_rng(0), [40, 63, 63, 63, 63, 10]
    x, y = rng.normal(size=(4000, 40)), rng.integers(0, 10, (4000, 1))
    ours = Fused(*start(widths, kind="he_uniform"), MeanLoss(x, y, "cross_entropy"))
    theirs = Eager(ours, torch.optim.SGD, lr=0.0025)
    apart = np.abs(ours.run(0, np.full(100, 0.0025)) / theirs.run(0, np.ones(100)) - 1).max()
    fused = side_by_side("MNIST-1D 4x63, all 4000 rows", ours, theirs, 20, 0.0025, 4000)
    print(
        f"  losses of 100 steps differ by {apart:.1e} (bar 1e-5); "
        f"{EPOCHS_TO_ZERO:,} epochs: {fused * EPOCHS_TO_ZERO / 60:.1f} min (bar 8)"
    )


def digits():
    """scikit-learn's defaults (100 units, Adam 0.001, batch 200) without penalty, to its own last training loss."""
    x, y = load_digits(return_X_y=True)
    x, widths = StandardScaler().fit_transform(x), [64, 100, 10]
    steps = -(-len(x) // 200)

    def stepper():
        weights = start(widths, kind="he_uniform")
        return Fused(*weights, MeanLoss(x, y[:, None], "cross_entropy", Order(len(x), 200, 0)), optimiser="adam")

    ours = stepper()
    theirs = Eager(ours, torch.optim.Adam, lr=0.001)
    side_by_side("digits 100, batch 200, Adam", ours, theirs, steps * 5, 0.001, len(x) / steps)

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
    print(f"digits to scikit-learn's last loss {times}  ms, the whole fit           bar 3 times")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with threadpool_limits(1):  # one core against one core
        print(f"engine {engines()[0]}\n{'':34s} {'fused ms':>9s} {'peer ms':>9s} {'times':>7s} {'of peak':>8s}")
        mnist1d()
        digits()
