"""Losses against automatic differentiation, and the facts the lecture states about them."""

import numpy as np
import pytest
import torch

from foldline.activations import UNITS, log_sigmoid, log_softmax, logsumexp, sigmoid, softmax
from foldline.errors import InputError
from foldline.fit.step.torch_losses import LOSSES as TRAINING
from foldline.losses import (
    LOSSES,
    cross_entropy,
    cross_entropy_slope,
    entropy,
    entropy_slope,
    kl_divergence,
    linear_loss,
    normal_nll,
    normal_nll_slope,
)

RNG = np.random.default_rng(4)
Z = RNG.normal(0.0, 3.0, (40, 3))
TARGETS = {
    "squared": RNG.normal(size=(40, 3)),
    "absolute": RNG.normal(size=(40, 3)),
    "quadratic": RNG.integers(0, 2, (40, 3)).astype(float),
    "binary_cross_entropy": RNG.integers(0, 2, (40, 3)).astype(float),
    "cross_entropy": RNG.integers(0, 3, 40).astype(float),
}
TORCH = {
    "squared": lambda z, y: (z - y).square().sum(1),
    "absolute": lambda z, y: (z - y).abs().sum(1),
    "quadratic": lambda z, y: (y - torch.sigmoid(z)).square().sum(1),
    "binary_cross_entropy": lambda z, y: torch.nn.functional.binary_cross_entropy_with_logits(
        z, y, reduction="none"
    ).sum(1),
    "cross_entropy": lambda z, y: torch.nn.functional.cross_entropy(z, y.long(), reduction="none"),
}


@pytest.mark.parametrize("name", TORCH)
def test_values_and_gradients_equal_automatic_differentiation(name):
    z = torch.tensor(Z, requires_grad=True)
    theirs = TORCH[name](z, torch.tensor(TARGETS[name]))
    theirs.sum().backward()
    assert np.allclose(LOSSES[name](Z, TARGETS[name]), theirs.detach().numpy(), rtol=1e-12, atol=1e-12)
    assert np.allclose(LOSSES[name].slope(Z, TARGETS[name]), z.grad.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", UNITS)
def test_the_derivative_of_every_unit_equals_its_difference_quotient(name):
    z = RNG.uniform(-4, 8, 200)
    z = z[np.min(np.abs(z[:, None] - np.array([-1.0, 0.0, 1.0, 6.0])), axis=1) > 1e-3]
    unit, h = UNITS[name], 1e-5
    quotient = (unit(z + h) - unit(z - h)) / (2 * h)
    assert np.abs(unit.derivative(z) - quotient).max() < 1e-6


TORCH_UNITS = {
    "identity": lambda z: z + 0.0,
    "relu": torch.relu,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "abs": torch.abs,
    "hard_tanh": torch.nn.functional.hardtanh,
    "relu6": torch.nn.functional.relu6,
    "step": lambda z: (z > 0) + 0.0 * z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "sine": torch.sin,
    "softplus": torch.nn.functional.softplus,
}


@pytest.mark.parametrize("name", UNITS)
def test_every_unit_and_its_derivative_equal_automatic_differentiation(name):
    z = np.append(RNG.normal(0.0, 3.0, 400), [-50.0, 50.0])
    mine = torch.tensor(z, requires_grad=True)
    theirs = TORCH_UNITS[name](mine)
    theirs.sum().backward()
    assert np.allclose(UNITS[name](z), theirs.detach().numpy(), rtol=0, atol=1e-8)  # softplus: torch cuts at 20
    assert np.abs(UNITS[name].derivative(z) - mine.grad.numpy()).max() < 1e-8


@pytest.mark.parametrize(
    ("slope", "theirs"),
    [
        (lambda p, q: entropy_slope(q), lambda p, q: torch.special.entr(q).sum()),
        (cross_entropy_slope, lambda p, q: -(p * q.log()).sum()),
        (cross_entropy_slope, lambda p, q: torch.nn.functional.kl_div(q.log(), p, reduction="sum")),
    ],
    ids=["entropy", "cross entropy", "KL divergence"],
)
def test_gradients_of_distributions_equal_automatic_differentiation(slope, theirs):
    for p, q in zip(softmax(Z[:20]), softmax(Z[20:]), strict=True):
        mine = torch.tensor(q, requires_grad=True)
        theirs(torch.tensor(p), mine).backward()
        assert np.allclose(slope(p, q), mine.grad.numpy(), rtol=1e-12)


def test_the_gradient_of_divergence_at_the_logits_is_softmax_minus_p():
    for p, a in zip(softmax(Z[:20]), Z[20:], strict=True):
        q = softmax(a)
        back = (np.diag(q) - np.outer(q, q)) @ cross_entropy_slope(p, q)
        assert np.allclose(back, q - p, atol=1e-14)
    one_hot = np.eye(3)[TARGETS["cross_entropy"].astype(int)]
    assert np.allclose(LOSSES["cross_entropy"].slope(Z, TARGETS["cross_entropy"]), softmax(Z) - one_hot, atol=1e-15)


def test_the_gradient_of_the_normal_likelihood_equals_automatic_differentiation():
    mean = torch.tensor(Z, requires_grad=True)
    y = TARGETS["squared"]
    (-torch.distributions.Normal(mean, 0.2).log_prob(torch.tensor(y))).sum().backward()
    assert np.allclose(normal_nll_slope(Z, y, 0.2), mean.grad.numpy(), rtol=1e-12)


def test_gradients_of_distributions_know_their_ends():
    assert entropy_slope([0.25] * 4) == pytest.approx([np.log(4) - 1] * 4)
    assert cross_entropy_slope([0.5, 0.5, 0.0], [1.0, 0.0, 0.0]).tolist() == [-0.5, -np.inf, 0.0]


@pytest.mark.parametrize(
    ("mine", "training"),
    [("squared", "squared"), ("absolute", "absolute"), ("binary_cross_entropy", "binary")],
)
def test_the_losses_that_training_follows_are_means_of_these(mine, training):
    theirs = float(TRAINING[training](torch.tensor(Z), torch.tensor(TARGETS[mine])))
    assert LOSSES[mine](Z, TARGETS[mine]).sum() / Z.size == pytest.approx(theirs, rel=1e-12)


def test_the_cross_entropy_that_training_follows_is_the_mean_of_this():
    y = TARGETS["cross_entropy"]
    theirs = float(TRAINING["cross_entropy"](torch.tensor(Z), torch.tensor(y[:, None]).long()))
    assert LOSSES["cross_entropy"](Z, y).mean() == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("name", TORCH)
def test_the_gradient_with_respect_to_the_weights_is_its_difference_quotient(name):
    x, y = RNG.normal(size=(40, 2)), TARGETS[name]
    W = RNG.normal(size=(3, 3))
    _, gradient = linear_loss(LOSSES[name], W, x, y)
    for at in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[at] = 1e-6
        up, down = (linear_loss(LOSSES[name], W + s, x, y)[0] for s in (step, -step))
        assert gradient[at] == pytest.approx((up - down) / 2e-6, abs=2e-6 * max(1.0, abs(gradient[at])))


def test_counting_errors_has_gradient_zero():
    y = TARGETS["binary_cross_entropy"]
    assert LOSSES["errors"](Z, y).sum() == np.sum((Z > 0) != (y == 1))
    assert not LOSSES["errors"].slope(Z, y).any()


def test_a_badly_wrong_point_has_hardly_any_quadratic_gradient_but_a_full_cross_entropy_one():
    z, y = [[-20.0]], [[1.0]]
    assert abs(LOSSES["quadratic"].slope(z, y)[0, 0]) < 1e-8
    assert LOSSES["binary_cross_entropy"].slope(z, y)[0, 0] == pytest.approx(-1.0, abs=1e-8)


@pytest.mark.parametrize("name", ["squared", "quadratic", "binary_cross_entropy"])
def test_the_curvature_of_a_loss_is_a_bound_that_is_nearly_reached(name):
    z, h = np.linspace(-8, 8, 16001)[:, None], 1e-4
    most = 0.0
    for y in (np.zeros_like(z), np.ones_like(z)):
        second = (LOSSES[name].slope(z + h, y) - LOSSES[name].slope(z - h, y)) / (2 * h)
        most = max(most, float(np.abs(second).max()))
    assert 0.999 * LOSSES[name].curvature < most < 1.000001 * LOSSES[name].curvature


def test_soft_functions_survive_logits_of_a_thousand():
    a = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0]])
    assert np.array_equal(softmax(a)[0], [1.0, 0.0, 0.0])
    assert np.allclose(softmax(a)[1], 1 / 3)
    assert np.allclose(log_softmax(a)[0], [0.0, -1000.0, -2000.0])
    assert np.allclose(logsumexp(a), [1000.0, -1000.0 + np.log(3)])
    assert np.allclose(log_sigmoid(np.array([-800.0, 800.0])), [-800.0, 0.0])


def test_softmax_does_not_see_a_shift_and_generalises_the_sigmoid():
    assert np.allclose(softmax(Z), softmax(Z + 17.0), rtol=1e-13)
    z = np.linspace(-30, 30, 601)
    assert np.allclose(softmax(np.column_stack([z / 2, -z / 2]))[:, 0], sigmoid(z), rtol=1e-13)
    assert np.allclose(logsumexp(Z.T, axis=0), torch.logsumexp(torch.tensor(Z), 1).numpy(), rtol=1e-14)


def test_cross_entropy_is_entropy_plus_divergence_and_divergence_is_never_negative():
    for p, q in zip(softmax(Z[:20]), softmax(Z[20:]), strict=True):
        assert cross_entropy(p, q) == pytest.approx(entropy(p) + kl_divergence(p, q), rel=1e-12)
        assert kl_divergence(p, q) > 0
    assert cross_entropy([0.5, 0.5], [1.0, 0.0]) == np.inf
    assert entropy([1.0, 0.0]) == 0.0


def test_divergence_of_nearly_equal_distributions_is_never_negative():
    rng = np.random.default_rng(0)
    for p in rng.dirichlet(np.ones(5), 300):
        q = p * (1 + 1e-9 * rng.normal(size=5))
        assert kl_divergence(p, q / q.sum()) >= 0.0


def test_logsumexp_knows_infinite_terms():
    rows = np.array([[-np.inf, -np.inf], [np.inf, 1.0], [-np.inf, 2.0]])
    assert logsumexp(rows).tolist() == [-np.inf, np.inf, 2.0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: entropy([0.5, 0.6]), r"entropy needs p >= 0 with sum 1; got \[0.5 0.6\]"),
        (lambda: kl_divergence([0.5, 0.5], [0.5, 0.6]), "kl_divergence needs q >= 0 with sum 1"),
        (
            lambda: kl_divergence([1.0], [0.5, 0.5]),
            "kl_divergence needs distributions over the same classes; got 1 and",
        ),
        (lambda: normal_nll([0.0], [1.0], 0.0), "normal_nll needs sigma above 0; got 0.0"),
        (lambda: normal_nll_slope([0.0], [1.0], -1.0), "normal_nll_slope needs sigma above 0; got -1.0"),
        (lambda: entropy_slope([0.5, 0.6]), "entropy_slope needs p >= 0 with sum 1"),
        (lambda: cross_entropy_slope([1.0], [0.5, 0.6]), "cross_entropy_slope needs q >= 0 with sum 1"),
        (lambda: LOSSES["binary_cross_entropy"]([1.0], [3.0]), "binary_cross_entropy needs targets from 0 to 1; got 3"),
    ],
)
def test_each_measure_refuses_in_its_own_name(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_the_normal_likelihood_is_scipys():
    from scipy.stats import norm

    assert np.allclose(normal_nll(Z[:, 0], Z[:, 1], 0.2), -norm.logpdf(Z[:, 1], Z[:, 0], 0.2), rtol=1e-12)


def test_losses_refuse_shapes_and_classes_that_do_not_fit():
    with pytest.raises(InputError, match=r"squared needs predictions and targets of one shape; got \(40, 3\)"):
        LOSSES["squared"](Z, Z[:5])
    with pytest.raises(InputError, match=r"cross_entropy needs one class number 0\.\.2 a row"):
        LOSSES["cross_entropy"](Z, np.full(40, 3.0))
    with pytest.raises(InputError, match="cross_entropy needs q >= 0 with sum 1"):
        cross_entropy([0.5, 0.5], [0.5, 0.6])
    with pytest.raises(InputError, match="distributions over the same classes; got 2 and 3"):
        cross_entropy([0.5, 0.5], [0.5, 0.25, 0.25])
