"""The PyTorch step against the network it trains, against autograd and against torch's own optimisers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from foldline import Network
from foldline.fit.objective import MeanLoss
from foldline.fit.order import Order
from foldline.fit.start import start
from foldline.fit.step.stepper import Recipe
from foldline.fit.step.torch import Eager

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 3)), RNG.normal(size=(60, 2))


def stepper(*, batch=60, hidden=(8, 8, 8), seed=0, **changes):
    options = dict(activation="relu", skips={}, optimiser="muon", device="cpu", precision="float32")
    options |= changes
    weights, biases = start((3, *hidden, 2), seed=seed, skips=options["skips"])
    return Eager(weights, biases, MeanLoss(X, Y, "squared", Order(60, batch, 0)), Recipe(**options))


UNITS = ["identity", "relu", "leaky_relu", "abs", "hard_tanh", "relu6", "sigmoid", "tanh", "softplus"]


@pytest.mark.parametrize("skips", [{}, {2: (0,)}, {4: (0, 2)}])
@pytest.mark.parametrize("activation", UNITS)
def test_the_loss_of_a_step_is_that_of_the_network_it_began_with(activation, skips):
    steps = stepper(activation=activation, skips=skips)
    steps.run(0, np.full(3, 0.02))
    network = Network(*steps.parameters(), activation, skips=skips)
    assert steps.run(3, np.array([0.02]))[0] == pytest.approx(np.mean((network(X) - Y) ** 2), rel=1e-5)


def test_a_small_step_has_one_thread_and_leaves_pytorch_those_it_had():
    steps, seen, had = stepper(activation="tanh"), [], torch.get_num_threads()
    loss = steps.loss
    steps.loss = lambda *values: (seen.append(torch.get_num_threads()), loss(*values))[1]
    try:
        torch.set_num_threads(3)
        steps.run(0, np.full(2, 0.02))
        assert seen == [1, 1] and torch.get_num_threads() == 3
        steps.threads = 2  # as a step of more work has on two cores
        steps.run(2, np.full(1, 0.02))
        assert seen[2:] == [2] and torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(had)


@pytest.mark.parametrize("optimiser", ["muon", "adam", "sgd"])
def test_the_gradient_in_buffers_is_that_of_autograd(optimiser):
    plain, general = stepper(optimiser=optimiser), stepper(optimiser=optimiser)
    assert plain.plain
    general.plain = False
    for n in (60, 7):
        rows = [t[:n] for t in (plain.inputs, plain.targets)]
        (loss, mine), (other, theirs) = plain._differentiate_relu(*rows), general._differentiate(*rows)
        assert loss == other and torch.allclose(mine, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("optimiser", "peer"), [("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)])
def test_steps_are_those_of_torch(optimiser, peer):
    mine = stepper(optimiser=optimiser)
    module = Network(*mine.parameters()).to_torch().float()
    theirs = peer(module.parameters(), lr=0.01)
    x, y = (torch.tensor(table, dtype=torch.float32) for table in (X, Y))
    losses = []
    for _ in range(30):
        loss = (module(x) - y).square().mean()
        theirs.zero_grad()
        loss.backward()
        theirs.step()
        losses.append(loss.item())
    assert np.allclose(mine.run(0, np.full(30, 0.01)), losses, rtol=1e-4)


def test_mini_batches_see_the_rows_of_the_order():
    steps = stepper(batch=16, hidden=())
    rows = Order(60, 16, 0).rows(5)
    network = Network(*steps.parameters())
    assert steps.run(5, np.array([0.0]))[0] == pytest.approx(np.mean((network(X[rows]) - Y[rows]) ** 2), rel=1e-5)


@pytest.mark.parametrize("optimiser", ["muon", "adam", "sgd"])
def test_a_state_brings_back_the_same_steps_bit_for_bit(optimiser):
    steps = stepper(batch=16, hidden=(8, 8, 5, 8), optimiser=optimiser)
    steps.run(0, np.full(4, 0.01))
    state = steps.state()
    first = steps.run(4, np.full(6, 0.01))
    steps.load(state)
    assert np.array_equal(first, steps.run(4, np.full(6, 0.01)))


def test_muon_takes_hidden_matrices_and_adam_the_rest():
    steps = stepper(hidden=(8, 8, 8, 5))
    shapes = [shape for _, shape, _, _ in steps._optimisers]
    n_rest = 8 * 3 + 2 * 5 + (8 + 8 + 8 + 5 + 2)
    assert sorted(shapes, key=len) == [(n_rest,), (1, 5, 8), (2, 8, 8)]
