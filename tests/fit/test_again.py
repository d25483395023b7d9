"""Layers that read the inputs again, in the fused step: held against PyTorch and against the reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from foldline import Network, Samples
from foldline.errors import InputError
from foldline.fit import fit
from foldline.fit.objective import MeanLoss
from foldline.fit.order import Order
from foldline.fit.start import start
from foldline.fit.step.fused import BELOW, Fused, engines, kernel_of
from foldline.fit.step.stepper import Recipe
from foldline.fit.step.torch import Eager
from foldline.fit.step.torch_losses import LOSSES as TORCH

CASES = [([5, 8, 8, 2], {2: (0,)}), ([7, 16, 20, 33, 1], {3: (0,)}), ([35, 63, 64, 65, 64, 1], {3: (0,), 5: (0,)})]


def problem(widths: list[int], n: int = 211) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, widths[0])), rng.normal(size=(n, widths[-1])) / 20


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize(("widths", "skips"), CASES, ids=str)
@pytest.mark.parametrize(("optimiser", "activation"), [("adam", "relu"), ("muon", "leaky_relu"), ("sgd", "abs")])
def test_steps_with_skips_of_the_input_are_those_of_pytorch(engine, widths, skips, optimiser, activation) -> None:
    x, y = problem(widths)
    begin, rows = start(widths, seed=3, skips=skips), MeanLoss(x, y, "clamped", Order(211, 60, 1))
    ours = Fused(*begin, rows, optimiser=optimiser, activation=activation, skips=skips, engine=engine)
    theirs = Eager(*begin, rows, Recipe(activation, skips, optimiser))
    rates = np.full(12, 1e-3)
    np.testing.assert_allclose(ours.run(0, rates), theirs.run(0, rates), rtol=2e-4)
    for a, b in zip(ours.parameters()[0], theirs.parameters()[0], strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)
    network = Network(*ours.parameters(), activation, skips=skips)
    np.testing.assert_allclose(ours.predict(x), network(x), atol=2e-5)


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("skips", [{}, {3: (0,)}, {2: (0,), 4: (0,)}], ids=str)
@pytest.mark.parametrize(
    "units", [("abs", "relu", "identity", "leaky_relu"), ("leaky_relu", "identity", "abs", "relu")], ids=str
)
def test_each_layer_has_units_of_its_own_as_in_pytorch(engine, skips, units) -> None:
    widths = [5, 16, 20, 33, 9, 2]
    x, y = problem(widths)
    begin, rows = start(widths, seed=3, skips=skips), MeanLoss(x, y, "squared", Order(211, 60, 1))
    ours = Fused(*begin, rows, optimiser="adam", activation=units, skips=skips, engine=engine)
    theirs = Eager(*begin, rows, Recipe(units, skips, "adam"))
    rates = np.full(12, 1e-3)
    np.testing.assert_allclose(ours.run(0, rates), theirs.run(0, rates), rtol=2e-4)
    for a, b in zip(ours.parameters()[0], theirs.parameters()[0], strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)
    network = Network(*ours.parameters(), units, skips=skips)
    np.testing.assert_allclose(ours.predict(x), network(x), atol=2e-5)


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize(("widths", "skips"), CASES, ids=str)
@pytest.mark.parametrize("unit", ["relu", "abs"])
def test_a_batch_is_graded_with_the_slopes_at_its_inputs_that_autograd_finds(engine, widths, skips, unit) -> None:
    x, y = (a.astype(np.float32) for a in problem(widths))
    weights, biases = start(widths, seed=3, skips=skips)
    kernel = kernel_of(widths, "clamped", unit, 1, engine, [layer - 1 for layer in skips])
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        kernel.put(0, layer, W.astype(np.float32), b.astype(np.float32))
    slopes = np.empty_like(x)
    loss = kernel.grade(x, y, slopes)

    values = [torch.tensor(x, requires_grad=True)]
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), 1):
        reads = torch.cat([values[s] for s in (layer - 1, *skips.get(layer, ()))], dim=1)
        z = torch.nn.functional.linear(reads, torch.tensor(W).float(), torch.tensor(b).float())
        values.append(z if layer == len(weights) else torch.where(z > 0, z, BELOW[unit] * z))
    expected = TORCH["clamped"](values[-1], torch.tensor(y))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    np.testing.assert_allclose(slopes, values[0].grad.numpy(), atol=1e-6)


@pytest.mark.parametrize("engine", engines()[:-1])
def test_the_padding_of_a_layer_learns_nothing(engine) -> None:
    """Rows beyond a layer's width stay zero, or units that are not there would speak after many steps."""
    widths, skips = CASES[1]
    x, y = problem(widths)
    steps = {
        name: Fused(
            *start(widths, seed=3, skips=skips), MeanLoss(x, y, "squared"), optimiser="adam", skips=skips, engine=name
        )
        for name in (engine, "numpy")
    }
    losses = [one.run(0, np.full(150, 1e-3))[-1] for one in steps.values()]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    again = Fused(*steps[engine].parameters(), MeanLoss(x, y, "squared"), skips=skips, engine=engine)
    np.testing.assert_array_equal(again.predict(x), steps[engine].predict(x))


def test_the_bits_do_not_depend_on_the_threads() -> None:
    widths, skips = CASES[2]
    x, y = problem(widths, 800)
    one, three = (
        Fused(*start(widths, seed=3, skips=skips), MeanLoss(x, y, "clamped"), optimiser="muon", skips=skips, threads=n)
        for n in (1, 3)
    )
    np.testing.assert_array_equal(one.run(0, np.full(5, 1e-2)), three.run(0, np.full(5, 1e-2)))


def test_a_fit_with_the_input_again_runs_on_the_fused_step() -> None:
    x, y = problem([3, 1])
    network = fit(Samples(x, y, "distance"), hidden=(8, 8, 8), steps=5, skips={3: (0,)}, device="cpu")
    assert network.training.stepper == "fused" and dict(network.skips) == {3: (0,)}


def test_other_skips_are_named() -> None:
    widths = [3, 8, 8, 1]
    with pytest.raises(InputError, match=r"needs skips of the input.*got \{3: \(1,\)\}"):
        Fused(*start(widths, skips={3: (1,)}), MeanLoss(*problem(widths), "squared"), skips={3: (1,)})
