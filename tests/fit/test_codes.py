"""The auto-decoder: its step against PyTorch and difference quotients, and codes of shapes it has not seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from foldline import Network, Samples
from foldline.codes import Codes
from foldline.data.families import solids
from foldline.errors import InputError
from foldline.fit import descent
from foldline.fit.checkpoint import Checkpoint
from foldline.fit.codes import blended, directions, fit_codes, gathered, rows_each, seek_code
from foldline.fit.objective import Coded
from foldline.fit.order import Turns
from foldline.fit.start import start
from foldline.fit.step.choice import coded_stepper
from foldline.fit.step.coded import CodedStep
from foldline.fit.step.fused import engines
from foldline.fit.step.torch_kernel import TorchKernel
from foldline.fit.step.torch_losses import clamped

SKIPS = {2: (0,)}
WIDTHS = (7, 12, 12, 1)


def objective(prior: float = 1e-2, shapes: int = 2) -> Coded:
    rng = np.random.default_rng(0)
    turns = Turns(np.array([0, 50, 120, 200]), shapes=shapes, rows=20, seed=4)
    x, y = rng.normal(size=(200, 3)).astype(np.float32), rng.normal(size=(200, 1)).astype(np.float32) / 10
    return Coded(x, y, rng.normal(0, 0.3, (3, 4)), "clamped", turns, prior)


def stepper(engine: str | None = None, shapes: int = 2, **more: object) -> CodedStep:
    begin = start(WIDTHS, seed=1, skips=SKIPS)
    return CodedStep(*begin, objective(shapes=shapes), activation="relu", skips=SKIPS, engine=engine, **more)


@pytest.mark.parametrize("engine", engines())
def test_codes_move_as_adam_moves_them_in_pytorch(engine: str) -> None:
    ours, rows = stepper(engine, 3, moves="codes"), objective(shapes=3)
    codes = torch.tensor(rows.codes, dtype=torch.float32, requires_grad=True)
    weights, biases = start(WIDTHS, seed=1, skips=SKIPS)
    mine = torch.optim.Adam([codes], lr=1e-3)
    losses = []
    for step in range(8):
        which, at = rows.order.rows(step)
        code = codes[np.repeat(which, at.shape[1])]
        values = [torch.cat([code, torch.from_numpy(rows.inputs[at.ravel()])], dim=1)]
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True), 1):
            reads = torch.cat([values[s] for s in (layer - 1, *SKIPS.get(layer, ()))], dim=1)
            z = torch.nn.functional.linear(reads, torch.tensor(W).float(), torch.tensor(b).float())
            values.append(z if layer == len(weights) else z.relu())
        loss = clamped(values[-1], torch.from_numpy(rows.targets[at.ravel()]))
        mine.zero_grad()
        (loss + rows.prior * codes[which].square().sum() / len(which)).backward()
        mine.step()
        losses.append(loss.item())
    np.testing.assert_allclose(ours.run(0, np.full(8, 1e-2)), losses, rtol=1e-4)
    np.testing.assert_allclose(ours.codes(), codes.detach().numpy(), atol=1e-3)


def test_the_kernel_in_pytorch_takes_the_steps_of_the_fused_one() -> None:
    kernel = TorchKernel(WIDTHS, "clamped", (1,), device="cpu", below=[0.0] * (len(WIDTHS) - 2))
    ours, theirs = stepper(), stepper(kernel=kernel)
    rates = np.full(10, 5e-3)
    np.testing.assert_allclose(theirs.run(0, rates), ours.run(0, rates), rtol=1e-3)
    np.testing.assert_allclose(theirs.codes(), ours.codes(), atol=2e-3)
    for a, b in zip(theirs.parameters()[0], ours.parameters()[0], strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)


@pytest.mark.parametrize("engine", [engines()[0], "numpy"])
def test_a_resumed_run_has_the_same_bits(engine: str) -> None:
    whole, first, second = (stepper(engine) for _ in range(3))
    losses = whole.run(0, np.full(9, 1e-2))
    begun = first.run(0, np.full(4, 1e-2))
    second.load(first.state())
    np.testing.assert_array_equal(losses, np.concatenate([begun, second.run(4, np.full(5, 1e-2))]))
    for name, values in whole.state().items():
        np.testing.assert_array_equal(values, second.state()[name])


def test_every_shape_has_as_many_turns_and_rows_are_its_own() -> None:
    starts = np.array([0, 10, 15, 40, 41, 90])
    turns = Turns(starts, shapes=2, rows=7, seed=0)
    seen = np.zeros(5, dtype=int)
    for step in range(10):
        which, rows = turns.rows(step)
        seen[which] += 1
        assert ((rows >= starts[which, None]) & (rows < starts[which + 1, None])).all()
        np.testing.assert_array_equal(rows, turns.rows(step)[1])
    assert 3 <= seen.min() <= seen.max() == 4 and turns.batch == 14


def shape(solid, n: int = 4000) -> Samples:
    places = np.random.default_rng(0).uniform(-1, 1, (n, 3))
    return Samples(places, solid.distance(places), "distance")


@pytest.fixture(scope="module")
def spheres() -> Network:
    """Balls of six radii: a class with one direction."""
    rng = np.random.default_rng(0)
    table = []
    for radius in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        places = rng.uniform(-1, 1, (4000, 3))
        table.append((f"r{radius}", Samples(places, np.linalg.norm(places, axis=1) - radius, "distance")))
    return fit_codes(gathered(table, 6, 4000), latent=3, hidden=(32, 32), steps=1000, seed=0)


def test_a_radius_between_is_found_from_distances_and_from_points_alone(spheres: Network) -> None:
    rng = np.random.default_rng(1)
    places = rng.uniform(-1, 1, (2000, 3))
    distances = np.linalg.norm(places, axis=1) - 0.55
    found = seek_code(spheres, places, distances)
    assert found.error < 0.01 and found.nearest[0] in ("r0.5", "r0.6")
    sphere = places / np.linalg.norm(places, axis=1, keepdims=True) * 0.55
    there = spheres.fixed(seek_code(spheres, sphere, np.zeros(2000)).code)
    assert np.abs(there(sphere)).mean() < 0.012 < np.abs(spheres.fixed("r0.8")(sphere)).mean()


def test_half_of_a_ball_tells_the_ball(spheres: Network) -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(2000, 3))
    points *= 0.45 / np.linalg.norm(points, axis=1, keepdims=True)
    half = points[points[:, 0] > 0]
    there = spheres.fixed(seek_code(spheres, half, np.zeros(len(half))).code)
    assert np.abs(there(points[points[:, 0] < 0])).mean() < 0.02


def test_the_directions_of_a_class_of_one_radius_are_one(spheres: Network) -> None:
    shares, axes, places = directions(spheres.codes)
    assert shares[0] > 0.7 and np.allclose(axes @ axes.T, np.eye(2), atol=1e-9)
    order = np.argsort(places[:, 0])
    assert order.tolist() in (list(range(6)), list(range(6))[::-1])
    middle = blended(spheres.codes, "r0.4", "r0.6", 0.5)
    assert spheres.fixed(middle)([[0.5, 0, 0]])[0, 0] == pytest.approx(0, abs=0.03)


def test_training_says_what_was_asked_and_how_well_it_went(spheres: Network) -> None:
    training = spheres.training
    assert (training.steps, training.loss, training.n_samples, training.stepper) == (1000, "clamped", 24000, "fused")
    assert training.final["clamped_error"] < 0.01
    assert len(spheres.codes) == 6 and dict(spheres.skips) == {2: (0,)}


def test_a_fit_that_is_gone_on_with_gives_the_same_bits(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(descent, "LONGEST_RUN", 10)
    table = gathered(((solid.name, shape(solid, 500)) for solid in solids(2, families=("box", "torus"))), 4, 500)
    how = {"latent": 4, "hidden": (8, 8), "steps": 60}
    whole = fit_codes(table, **how)
    count = iter(range(1000))
    path = tmp_path / "checkpoint.safetensors"
    fit_codes(table, **how, checkpoint=Checkpoint(path), stop=lambda: next(count) == 2)
    again = fit_codes(table, **how, checkpoint=Checkpoint(path))
    assert np.array_equal(whole.codes.values, again.codes.values)
    assert all(np.array_equal(a, b) for a, b in zip(whole.weights, again.weights, strict=True))


def test_samples_of_many_shapes_fit_the_memory_that_is_set_aside() -> None:
    assert rows_each(1000) * 1000 * 16 <= 1.2e9 and rows_each(2) == 50_000
    shapes = gathered([("a", shape(solids(1)[0], 300)), ("b", shape(solids(1)[0], 40))], 2, 100)
    assert shapes.starts.tolist() == [0, 100, 140] and shapes.inputs.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: fit_codes(gathered([("a", shape(solids(1)[0], 9))], 1, 9)), "2 shapes at least; got 1"),
        (lambda: gathered([("a", Samples([[0.0]], [1.0], "signal"))], 1, 9), "in space; got a with 1 inputs"),
        (lambda: seek_code(Network([np.ones((1, 3))], [[0.0]]), np.zeros((1, 3)), [0.0]), "in a network with codes"),
        (
            lambda: seek_code(
                Network([np.ones((2, 4)), np.ones((1, 2))], [[0, 0], [0]], "tanh", codes=Codes([[0.0]], "a")),
                np.zeros((1, 3)), [0.0],
            ),
            "a code is sought with units out of relu, leaky_relu, abs, identity; got tanh",
        ),
        (lambda: coded_stepper([np.ones((1, 2))], [np.zeros(1)], objective(), skips={}, device="tpu"), "device out of"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, told: str) -> None:
    with pytest.raises(InputError, match=told):
        call()
