"""The parts of descent: start, order, scaling, losses, optimisers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from foldline import Network, Samples
from foldline.errors import InputError
from foldline.fit.order import Order
from foldline.fit.scaling import Scaling
from foldline.fit.start import start
from foldline.fit.step.torch_losses import CLAMP, LOSSES
from foldline.fit.step.torch_optimisers import Adam, Muon, orthogonal


@pytest.mark.parametrize("kind", ["he_normal", "he_uniform"])
def test_weights_start_with_the_variance_of_he(kind):
    weights, biases = start([100, 400, 300], kind=kind, skips={2: (0,)})
    assert weights[0].var() == pytest.approx(2 / 100, rel=0.03)
    assert weights[1].shape == (300, 500) and weights[1].var() == pytest.approx(2 / 500, rel=0.03)
    assert not any(b.any() for b in biases)
    assert kind == "he_normal" or np.abs(weights[0]).max() <= np.sqrt(6 / 100)


def test_a_start_is_a_function_of_the_seed():
    a, b, c = (start([3, 4], seed=seed)[0][0] for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_an_unknown_start_is_refused():
    with pytest.raises(InputError, match="start needs kind out of he_normal, he_uniform; got 'glorot'"):
        start([1, 1], kind="glorot")
    with pytest.raises(InputError, match=r"start needs widths of at least 1; got \[2, 0, 1\]"):
        start([2, 0, 1])


@pytest.mark.parametrize(("n", "batch"), [(10, 3), (10, 10), (7, 20), (5, 4), (1, 1)])
def test_every_epoch_sees_every_row_once(n, batch):
    order = Order(n, batch, seed=5)
    rows = np.concatenate([order.rows(step) for step in range(3 * n)])
    for epoch in range(len(rows) // n):
        assert sorted(rows[epoch * n : (epoch + 1) * n]) == list(range(n))


def test_the_rows_of_a_step_do_not_depend_on_what_was_asked_before():
    forward = [Order(100, 7, 3).rows(step) for step in (0, 50, 14)]
    order = Order(100, 7, 3)
    assert all(np.array_equal(order.rows(step), rows) for step, rows in zip((0, 50, 14), forward, strict=True))
    assert not np.array_equal(order.rows(0), Order(100, 7, 4).rows(0))


@pytest.mark.parametrize("skips", [{}, {2: (0,)}, {3: (0, 1)}])
def test_a_folded_scaling_gives_the_same_function_on_raw_inputs(skips):
    rng = np.random.default_rng(2)
    samples = Samples(rng.normal(5, [1, 1e3], (40, 2)), rng.normal(-3, 100, (40, 2)))
    scaling = Scaling.of(samples)
    weights, biases = start([2, 6, 6, 2], skips=skips)
    inner, outer = Network(weights, biases, skips=skips), Network(*scaling.fold(weights, biases, skips), skips=skips)
    assert np.allclose(scaling.of_inputs(samples.inputs).mean(axis=0), 0) and np.allclose(
        scaling.of_targets(samples.targets).std(axis=0), 1
    )
    expected = inner(scaling.of_inputs(samples.inputs)) * scaling.y_scale + scaling.y_mean
    assert np.allclose(outer(samples.inputs), expected, rtol=1e-11)


def test_classes_shapes_and_images_keep_their_own_targets():
    x = np.array([[1.0], [5.0]])
    for kind, classes in (("classification", ("a", "b")), ("distance", ()), ("image", ())):
        samples = Samples(x, np.array([0.0, 1.0]), kind, classes=classes)
        assert np.array_equal(Scaling.of(samples).of_targets(samples.targets), samples.targets)
        assert (Scaling.of(samples).x_mean[0] == 0) == (kind != "classification")


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_the_clamped_loss_is_that_of_deepsdf_where_the_output_is_within_the_clamp():
    f, s = np.random.default_rng(0).uniform([-CLAMP, -0.5], [CLAMP, 0.5], (200, 2)).T
    theirs = np.abs(np.clip(f, -CLAMP, CLAMP) - np.clip(s, -CLAMP, CLAMP)).mean()
    assert LOSSES["clamped"](tensor(*f), tensor(*s)).item() == pytest.approx(theirs)


def test_the_clamped_loss_asks_nothing_beyond_the_clamp_but_pulls_back_from_the_wrong_side():
    outputs = tensor(5.0, -5.0, 5.0, 5.0).requires_grad_()
    LOSSES["clamped"](outputs, tensor(0.3, -0.3, -0.3, 0.0)).mul(4).backward()
    assert outputs.grad.ravel().tolist() == [0.0, 0.0, 1.0, 1.0]


def test_losses_are_their_closed_forms():
    z, y = tensor(-800.0, -1.0, 0.0, 2.0, 800.0), tensor(0.0, 1.0, 1.0, 0.0, 1.0)
    assert LOSSES["absolute"](z, y).item() == pytest.approx(np.mean([800, 2, 1, 2, 799]))
    assert LOSSES["squared"](z, y).item() == pytest.approx(np.mean([800**2, 4, 1, 4, 799**2]))
    true = np.mean([0.0, np.log1p(np.e), np.log(2), 2 + np.log1p(np.exp(-2)), 0.0])
    assert LOSSES["binary"](z, y).item() == pytest.approx(true)


def test_cross_entropy_is_that_of_torch():
    logits = torch.randn(50, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 30
    target = torch.arange(50) % 4
    theirs = torch.nn.functional.cross_entropy(logits, target)
    assert LOSSES["cross_entropy"](logits, target[:, None]).item() == pytest.approx(theirs.item())


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 5, 9), (2, 9, 5)])
def test_orthogonal_brings_singular_values_near_one_and_keeps_the_directions(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    found = orthogonal(matrices)
    U, _S, V = torch.linalg.svd(matrices, full_matrices=False)
    kept = torch.einsum("kij,kil,kjm->klm", found, U, V.mT)
    sizes = torch.diagonal(kept, dim1=1, dim2=2)
    assert sizes.min() > 0.5 and sizes.max() < 1.3  # those of S / |S| above about 0.005 (Jordan 2024)
    assert (kept - torch.diag_embed(sizes)).abs().max() < 1e-4


def test_orthogonal_of_nothing_is_nothing():
    assert not orthogonal(torch.zeros(2, 4, 4)).any()


@pytest.mark.parametrize("kind", [Muon, Adam])
def test_the_memory_of_a_dead_unit_stops_short_of_slow_numbers(kind):
    values = torch.ones(1, 4, 4)
    optimiser, gradient = kind(values), torch.ones(1, 4, 4) * 1e-3
    optimiser.step(values, gradient, 0.01)
    gradient[:, 0] = 0.0
    smallest = torch.finfo(torch.float32).tiny
    for _ in range(2500):
        optimiser.step(values, gradient, 0.0)
        for memory in optimiser.memory:
            assert not ((memory != 0) & (memory.abs() < smallest)).any()
    assert optimiser.memory[0][:, 0].max() < 1e-35 and optimiser.memory[0][:, 1].all()
