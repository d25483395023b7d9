"""The fused step held against PyTorch, against its NumPy reference, and against itself after a resume."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

from foldline import machine
from foldline.errors import InputError, MissingError
from foldline.fit import fit
from foldline.fit.objective import MeanLoss
from foldline.fit.order import Order
from foldline.fit.start import start
from foldline.fit.step import choice
from foldline.fit.step import fused as step_file
from foldline.fit.step.fused import BELOW, Fused, engines, multiplications
from foldline.fit.step.reference import Reference
from foldline.fit.step.stepper import Recipe
from foldline.fit.step.torch import Eager
from foldline.fit.step.torch_losses import LOSSES as TRAINING
from foldline.samples import Samples

SHAPES = ([3, 5, 2], [40, 63, 63, 10], [7, 16, 130, 17, 33], [2, 1], [1, 64, 64, 1])
RNG = np.random.default_rng(0)
LOSSES = ("cross_entropy", "squared", "binary", "absolute", "clamped")


def problem(widths, loss, n=211, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, widths[0]))
    if loss == "cross_entropy":
        return x, rng.integers(0, widths[-1], (n, 1))
    y = rng.normal(size=(n, widths[-1]))
    return x, (y > 0).astype(float) if loss == "binary" else y


def fused(widths, loss, engine=None, batch=50, **options):
    weights, biases = start(widths, seed=3)
    x, y = problem(widths, loss)
    about = {name: options.pop(name) for name in ("weight", "decay") if name in options}
    return Fused(weights, biases, MeanLoss(x, y, loss, Order(len(x), batch, 1), **about), engine=engine, **options)


def torch_losses(stepper, widths, loss, rates, optimiser, **options):
    """The same steps in plain PyTorch modules, optimisers and losses."""
    x, y = torch.tensor(stepper.inputs), torch.tensor(stepper.targets)
    layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
    for layer, W, b in zip(layers, *stepper.parameters(), strict=True):
        layer.weight.data, layer.bias.data = torch.tensor(W, dtype=torch.float32), torch.tensor(b, dtype=torch.float32)
    net = torch.nn.Sequential(*itertools.chain(*([layer, torch.nn.ReLU()] for layer in layers[:-1])), layers[-1])
    optimiser = optimiser(net.parameters(), lr=1.0, **options)
    criterion = {
        "cross_entropy": torch.nn.functional.cross_entropy,
        "squared": torch.nn.functional.mse_loss,
        "binary": torch.nn.functional.binary_cross_entropy_with_logits,
        "absolute": torch.nn.functional.l1_loss,
        "clamped": TRAINING["clamped"],
    }[loss]
    losses = []
    for k, rate in enumerate(rates):
        rows = torch.from_numpy(stepper.order.rows(k))
        optimiser.param_groups[0]["lr"] = rate
        optimiser.zero_grad()
        value = criterion(net(x[rows]), y[rows].long() if loss == "cross_entropy" else y[rows])
        value.backward()
        optimiser.step()
        losses.append(value.item())
    return np.array(losses)


@pytest.mark.parametrize(("loss", "batch"), [*zip(LOSSES, [211, 64, 211, 64, 211], strict=True)])
@pytest.mark.parametrize(
    ("options", "optimiser", "theirs", "rate"),
    [
        ({}, torch.optim.SGD, {}, 0.02),
        ({"momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9}, 0.003),
        ({"optimiser": "adam"}, torch.optim.Adam, {}, 0.001),
    ],
    ids=["sgd", "momentum", "adam"],
)
def test_a_hundred_losses_equal_those_of_pytorch(loss, options, optimiser, theirs, rate, batch):
    widths = [40, 63, 63, 10]
    stepper = fused(widths, loss, batch=batch, **options)
    rates = np.full(100, rate)
    expected = torch_losses(stepper, widths, loss, rates, optimiser, **theirs)
    assert np.abs(stepper.run(0, rates) / expected - 1).max() < 1e-5


@pytest.mark.parametrize("engine", engines()[:-1])
@pytest.mark.parametrize("widths", SHAPES, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_engine_takes_the_steps_of_the_reference(engine, widths, loss):
    activation = "abs" if len(widths) == 5 else "relu"
    if loss == "cross_entropy" and widths[-1] == 1:
        widths = [*widths[:-1], 2]
    options = {"optimiser": "adam", "decay": 0.01, "weight": np.linspace(0, 2, 211), "activation": activation}
    ours, reference = fused(widths, loss, engine, **options), fused(widths, loss, "numpy", **options)
    rates = np.full(20, 1e-3)
    np.testing.assert_allclose(ours.run(0, rates), reference.run(0, rates), rtol=2e-5)
    np.testing.assert_array_equal(ours.wrong, reference.wrong)
    x, _ = problem(widths, loss)
    np.testing.assert_allclose(ours.predict(x), reference.predict(x), atol=1e-4)


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("name", BELOW)
def test_a_name_for_all_layers_is_the_same_as_one_for_each_bit_for_bit(engine, name):
    one, each = (fused([7, 16, 33, 3], "squared", engine, activation=a) for a in (name, [name, name]))
    np.testing.assert_array_equal(one.run(0, np.full(20, 1e-2)), each.run(0, np.full(20, 1e-2)))
    for a, b in zip(one.state().values(), each.state().values(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_is_the_difference_quotient_of_the_loss(engine, loss):
    stepper = fused([3, 5, 2], loss, engine, batch=211)
    before = stepper.state()
    stepper.run(0, [1.0])
    gradient = before["weights.0.weight"] - stepper.state()["weights.0.weight"]
    values = []
    for sign in (1, -1):
        moved = {**before, "weights.0.weight": before["weights.0.weight"].copy()}
        moved["weights.0.weight"][2, 1] += sign * 2.0**-7
        stepper.load(moved)
        values.append(stepper.run(0, [0.0])[0])
    assert gradient[2, 1] == pytest.approx((values[0] - values[1]) * 2.0**6, abs=2e-3)


@pytest.mark.parametrize("engine", engines())
def test_a_row_of_weight_two_counts_as_two_rows(engine):
    weights, biases = start([3, 5, 2], seed=3)
    x, y = problem([3, 5, 2], "cross_entropy", n=30)
    twice = np.concatenate([np.arange(30), np.arange(10)])
    rows = MeanLoss(x, y, "cross_entropy", weight=np.repeat([2.0, 1.0], [10, 20]))
    heavy = Fused(weights, biases, rows, engine=engine)
    double = Fused(weights, biases, MeanLoss(x[twice], y[twice], "cross_entropy"), engine=engine)
    np.testing.assert_allclose(heavy.run(0, np.full(30, 0.1)), double.run(0, np.full(30, 0.1)), rtol=1e-5)


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_resumed_run_has_the_same_bits(engine, optimiser):
    options = {"optimiser": optimiser, "momentum": 0.9}
    whole, first, second = (fused([7, 16, 130, 17, 33], "squared", engine, **options) for _ in range(3))
    losses = whole.run(0, np.full(12, 1e-3))
    begun = first.run(0, np.full(5, 1e-3))
    second.load(first.state())
    np.testing.assert_array_equal(losses, np.concatenate([begun, second.run(5, np.full(7, 1e-3))]))
    for name, values in whole.state().items():
        np.testing.assert_array_equal(values, second.state()[name])


@pytest.mark.parametrize("engine", engines())
def test_wrong_counts_the_rows_whose_largest_output_is_another_class(engine):
    stepper = fused([40, 63, 63, 10], "cross_entropy", engine, batch=211)
    guesses = stepper.predict(stepper.inputs).argmax(axis=1)
    stepper.run(0, [0.1])
    assert stepper.wrong.tolist() == [int((guesses != stepper.targets).sum())]


@pytest.mark.parametrize("engine", engines())
def test_a_loss_that_is_not_finite_stops_the_run_before_its_update(engine):
    stepper = fused([3, 5, 2], "squared", engine)
    losses = stepper.run(0, np.full(60, 1e9))
    bad = int(np.argmin(np.isfinite(losses)))
    assert 0 < bad == stepper.done < 60
    assert np.isfinite(losses[:bad]).all()


@pytest.mark.parametrize("engine", engines())
def test_large_logits_give_finite_losses(engine):
    rows = MeanLoss([[1.0], [-1.0]], [[0], [0]], "cross_entropy")
    stepper = Fused([[[1e4], [-1e4], [0.0]]], [np.zeros(3)], rows, engine=engine)
    np.testing.assert_allclose(stepper.run(0, [0.0]), [1e4], rtol=1e-6)


def test_other_threads_run_during_a_step():
    stepper = fused([40, 63, 63, 10], "cross_entropy", batch=211)
    worker = threading.Thread(target=lambda: stepper.run(0, np.full(2000, 1e-3)))
    worker.start()
    ticks = 0
    while worker.is_alive():
        ticks += 1
        time.sleep(0)
    assert ticks > 1


def test_without_the_compiled_kernel_the_reference_takes_over(monkeypatch):
    monkeypatch.setattr(step_file, "_step", None)
    assert engines() == ("numpy",)
    assert isinstance(fused([3, 5, 2], "squared").kernel, Reference)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hinge"}, "fused step needs loss out of cross_entropy, .*; got 'hinge'"),
        ({"optimiser": "lion"}, "fused step needs optimiser out of sgd, adam, muon; got 'lion'"),
        ({"activation": "tanh"}, "fused step needs activation out of relu, leaky_relu, abs, identity; got 'tanh'"),
        ({"activation": ("relu", "tanh")}, "fused step needs activation out of .*; got 'tanh'"),
        ({"activation": ("relu", "abs")}, "fused step needs 1 activations, one a hidden layer; got 2"),
        ({"engine": "gpu"}, "fused step needs engine out of .*numpy; got 'gpu'"),
    ],
)
def test_an_option_that_is_not_there_is_named(options, message):
    with pytest.raises(InputError, match=message):
        fused([3, 5, 2], **{"loss": "squared", **options})


@pytest.mark.parametrize("engine", engines()[:-1])
def test_arrays_that_do_not_fit_are_refused_by_the_kernel(engine):
    from foldline.fit import _step

    for widths, name, message in (([3], engine, "two positive widths"), ([3, 2], "abacus", "instruction set")):
        with pytest.raises(ValueError, match=message):
            _step.Step(widths, 0, name, [])
    with pytest.raises(ValueError, match="a slope below zero for each hidden layer"):
        _step.Step([3, 4, 2], 0, engine, [0.0, 0.0])
    kernel = _step.Step([3, 2], 0, engine, [])
    with pytest.raises(ValueError, match="fit the widths"):
        kernel.put(0, 0, np.zeros((2, 2), dtype=np.float32), np.zeros(2, dtype=np.float32))
    with pytest.raises(ValueError, match="fit the widths"):
        kernel.predict(np.zeros((2, 2), dtype=np.float32), np.zeros((2, 2), dtype=np.float32))

    def run(x=((0, 0, 0), (0, 0, 0)), labels=(0, 1), order=(0, 1), weight=None, batch=2):
        return kernel.run(
            np.array(x, dtype=np.float32), np.array(labels, dtype=np.int32), weight, np.array(order), 0, batch,
            np.ones(1), False, 0.0, 0.0, 0.0, 0.0, 0, np.zeros(1), np.zeros(1, dtype=np.int64),
        )  # fmt: skip

    assert run() == 1
    for bad, message in (
        ({"x": ((0, 0), (0, 0))}, "fit the widths and steps"),
        ({"batch": 0}, "fit the widths and steps"),
        ({"order": (0, 2)}, "order of row numbers"),
        ({"labels": (0, 2)}, "labels below the number of outputs"),
        ({"labels": (0,)}, "one label a row"),
        ({"weight": np.ones(1, dtype=np.float32)}, "one weight a row"),
    ):
        with pytest.raises(ValueError, match=message):
            run(**bad)
    squares = _step.Step([3, 2], 1, engine, [])
    with pytest.raises(ValueError, match="one target row a row"):
        squares.run(
            np.zeros((2, 3), dtype=np.float32), np.zeros((2, 1), dtype=np.float32), None, np.arange(2), 0, 2,
            np.ones(1), False, 0.0, 0.0, 0.0, 0.0, 0, np.zeros(1), np.zeros(1, dtype=np.int64),
        )  # fmt: skip


def test_the_cost_of_a_step_is_three_products_a_layer_and_two_for_the_first():
    assert multiplications([40, 63, 63, 63, 63, 10]) == 3 * (2520 + 3 * 3969 + 630) - 2520


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("widths", [[3, 8, 8, 2], [3, 8, 5, 5, 9, 2]], ids=str)
def test_muon_takes_the_steps_that_pytorch_takes(engine, widths):
    about = fused(widths, "absolute", batch=40)
    rows = MeanLoss(about.inputs, about.targets, "absolute", about.order)
    begin = start(widths, seed=3)
    ours = Fused(*begin, rows, optimiser="muon", engine=engine)
    theirs = Eager(*begin, rows, Recipe(optimiser="muon"))
    rates = np.full(15, 0.01)
    np.testing.assert_allclose(ours.run(0, rates), theirs.run(0, rates), rtol=2e-4)
    for a, b in zip(ours.parameters()[0], theirs.parameters()[0], strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)


@pytest.mark.parametrize("optimiser", ["adam", "muon"])
def test_the_bits_do_not_depend_on_the_threads(optimiser):
    one, three = (fused([3, 16, 16, 2], "clamped", batch=200, optimiser=optimiser, threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one.run(0, np.full(20, 0.01)), three.run(0, np.full(20, 0.01)))
    for name, values in one.state().items():
        np.testing.assert_array_equal(values, three.state()[name])


KINDS = [
    Samples(RNG.normal(size=(50, 3)), RNG.normal(size=(50, 2))),
    Samples(RNG.normal(size=(50, 3)), RNG.integers(0, 2, 50), "classification", classes=("a", "b")),
    Samples(RNG.normal(size=(50, 3)), RNG.normal(size=50), "distance"),
    Samples(RNG.normal(size=(50, 2)), RNG.uniform(size=(50, 3)), "image"),
]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs", "identity", ("abs", "relu")])
@pytest.mark.parametrize("samples", KINDS, ids=lambda samples: samples.kind)
def test_every_kind_of_data_is_fitted_by_the_fused_step(samples, activation):
    network = fit(samples, hidden=(8, 8), steps=5, activation=activation, device="cpu")
    assert network.training.stepper == "fused" and network.activation == activation


@pytest.mark.parametrize("more", [{"activation": "tanh"}, {"skips": {3: (1,)}}, {"precision": "bfloat16"}], ids=str)
def test_what_the_fused_step_cannot_do_is_done_by_pytorch_or_names_it(more, monkeypatch):
    assert fit(KINDS[0], hidden=(8, 8), steps=3, **more).training.stepper == "eager"
    monkeypatch.setattr(machine, "installed", lambda name: False)
    with pytest.raises(MissingError, match=r"fit with .* needs PyTorch; it is not installed. Run: pip"):
        fit(KINDS[0], hidden=(8, 8), steps=3, **more)


def test_without_a_compiler_and_without_pytorch_a_fit_runs_in_numpy(monkeypatch):
    monkeypatch.setattr(step_file, "_step", None)
    monkeypatch.setattr(choice, "installed", lambda name: False)
    assert fit(KINDS[0], hidden=(8, 8), steps=3).training.stepper == "fused"


def test_fit_with_the_fused_step_gives_what_pytorch_gives(monkeypatch):
    quick = fit(KINDS[0], hidden=(8, 8), steps=40, optimiser="adam", device="cpu")
    monkeypatch.setattr(step_file, "_step", None)
    slow = fit(KINDS[0], hidden=(8, 8), steps=40, optimiser="adam", device="cpu")
    assert slow.training.stepper == "eager"
    np.testing.assert_allclose(quick.weights[0], slow.weights[0], atol=1e-4)


def test_every_default_fit_runs_where_pytorch_is_not_installed():
    code = """
import sys
sys.modules["torch"] = None
import numpy as np
import foldline as fl
x = np.random.default_rng(0).uniform(-1, 1, (60, 3))
for kind in ("regression", "distance", "image"):
    print(fl.fit(fl.Samples(x, x[:, 0], kind), hidden=(8,), steps=5).training.stepper)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["fused"] * 3
