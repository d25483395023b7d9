"""The step on fields: the compiled kernel, the NumPy reference, and PyTorch agree."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from foldline import Box, Network, Samples, read
from foldline.errors import InputError
from foldline.files.image import pixel_centres
from foldline.fit import fields, fit
from foldline.fit.fields import Field, begin, box_of, sampled
from foldline.fit.fitting import reached
from foldline.fit.objective import MeanLoss
from foldline.fit.order import Order, Strata
from foldline.fit.scaling import Scaling
from foldline.fit.step.fused import Fused, engines
from foldline.grid import Grid
from foldline.raster import Lattice

BOXES = {1: Box([-1.0], [2.0]), 2: Box([-1.0, 0.0], [1.0, 1.0]), 3: Box([-1.0] * 3, [1.0] * 3)}


def parts_of(d: int, more: int = 0, d_out: int = 2, sparse: bool = False, seed: int = 0):
    """A grid, weights and biases of a field with ``more`` inputs beside the grid's, and 300 places."""
    rng = np.random.default_rng([seed, d])
    sizes = (2, 4, 8)
    rows = [None, None, np.flatnonzero(rng.random(9**d) < 0.6) if sparse else None]
    counts = [(n + 1) ** d if r is None else len(r) for n, r in zip(sizes, rows, strict=True)]
    grid = Grid(BOXES[d], sizes, [rng.normal(size=(n, 2)).astype(np.float32) for n in counts], rows)
    widths = (grid.d_out + more, 16, 16, d_out)
    weights = [rng.normal(size=(b, a)).astype(np.float32) * np.sqrt(2 / a) for a, b in pairwise(widths)]
    biases = [rng.normal(size=b).astype(np.float32) / 8 for b in widths[1:]]
    places = rng.uniform(BOXES[d].lo + 1e-6, BOXES[d].hi - 1e-6, size=(300, d))
    x = np.hstack([places, rng.normal(size=(300, more))]).astype(np.float32)
    return grid, weights, biases, x


def stepper(parts, loss: str = "squared", engine: str | None = None, order: Order | None = None, **options) -> Fused:
    grid, weights, biases, x = parts
    y = np.random.default_rng(5).normal(size=(len(x), len(biases[-1])))
    objective = MeanLoss(x, y, loss, order or Order(len(x), 100, 0))
    return Fused(weights, biases, objective, grid=grid, engine=engine, **options)


def by_torch(parts, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The field of the parts in float64 tensors that have gradients, written with autograd in mind."""
    grid, weights, biases, _ = parts
    leaves = [
        torch.tensor(grid.dense(level).astype(np.float64), requires_grad=True) for level in range(len(grid.sizes))
    ]
    d = grid.d
    lo, hi = torch.tensor(grid.box.lo), torch.tensor(grid.box.hi)
    unit = ((x[:, :d] - lo) / (hi - lo)).clamp(0, 1)
    features = []
    for n, leaf in zip(grid.sizes, leaves, strict=True):
        cell = (unit * n).detach().floor().clamp(max=n - 1)
        within, order = (unit * n - cell).sort(dim=1, descending=True, stable=True)
        strides = torch.tensor([(n + 1) ** (d - 1 - axis) for axis in range(d)])
        vertex = torch.cat([(cell.long() * strides).sum(1, keepdim=True), strides[order]], dim=1).cumsum(1)
        one, none = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        shares = torch.cat([one, within], 1) - torch.cat([within, none], 1)
        features.append((shares[..., None] * leaf[vertex]).sum(1))
    h = torch.cat([x[:, :d], *features, x[:, d:]], dim=1)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        h = torch.relu(h @ torch.tensor(W.astype(np.float64)).T + torch.tensor(b.astype(np.float64)))
    return h @ torch.tensor(weights[-1].astype(np.float64)).T + torch.tensor(biases[-1].astype(np.float64)), leaves


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_field_predicts_what_its_network_computes(d: int, engine: str) -> None:
    grid, weights, biases, x = parts = parts_of(d)
    field = Network(weights, biases, grid=grid)
    assert np.abs(stepper(parts, engine=engine).predict(x) - field(x)).max() < 1e-4


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("more", [0, 3])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_slopes_at_inputs_and_features_are_those_of_autograd(d: int, more: int, engine: str) -> None:
    parts = parts_of(d, more)
    x = torch.tensor(parts[3].astype(np.float64), requires_grad=True)
    outputs, leaves = by_torch(parts, x)
    slopes = np.random.default_rng(1).normal(size=outputs.shape).astype(np.float32)
    wanted, *at_features = torch.autograd.grad((outputs * torch.tensor(slopes)).sum(), [x, *leaves])
    step = stepper(parts, engine=engine, optimiser="sgd")
    told = step.backward(parts[3], slopes)
    near = np.abs(wanted.numpy()).max()
    off = np.abs(told - wanted.numpy()).max(axis=1) > 1e-4 * near
    assert off.mean() < 0.02  # float32 puts a place on a fold or a cell's side on the other side of it now and then
    before = step.grid()
    step.update(1.0)
    for old, new, g in zip(before.features, step.grid().features, at_features, strict=True):
        moved = old - new
        assert (np.abs(moved - g.numpy()) > 1e-3 * np.abs(g.numpy()).max()).mean() < 0.05


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "muon"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_kernel_steps_as_the_reference_does(d: int, sparse: bool, optimiser: str) -> None:
    kernel, numpy = (
        stepper(parts_of(d, sparse=sparse), "absolute", engine, optimiser=optimiser, grid_share=3.0)
        for engine in (engines()[0], "numpy")
    )
    rates = np.full(12, 1e-3)
    assert np.allclose(kernel.run(0, rates), numpy.run(0, rates), rtol=2e-4)
    for a, b in zip(kernel.grid().features, numpy.grid().features, strict=True):
        assert np.quantile(np.abs(a - b), 0.98) < 2e-3


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_any_number_of_threads_gives_the_same_bits(threads: int) -> None:
    one, many = (stepper(parts_of(3), optimiser="muon", threads=n, order=Order(300, 300, 0)) for n in (1, threads))
    rates = np.full(20, 1e-2)
    assert np.array_equal(one.run(0, rates), many.run(0, rates))
    for name, values in one.state().items():
        assert np.array_equal(values, many.state()[name]), name


@pytest.mark.parametrize("engine", engines())
def test_a_saved_state_goes_on_bit_for_bit(engine: str) -> None:
    whole, first, second = (stepper(parts_of(2), engine=engine, optimiser="adam") for _ in range(3))
    rates = np.full(5, 1e-2)
    whole.run(0, np.full(10, 1e-2))
    first.run(0, rates)
    second.load(first.state())
    second.run(5, rates)
    for name, values in whole.state().items():
        assert np.array_equal(values, second.state()[name]), name


def test_rows_that_no_sample_touches_stay_as_they_are() -> None:
    grid, weights, biases, x = parts_of(2)
    x[:, 0] = -np.abs(x[:, 0])
    step = stepper((grid, weights, biases, x), optimiser="adam")
    step.run(0, np.full(30, 1e-2))
    still = step.grid().features[2].reshape(9, 9, 2)[6:] == grid.features[2].reshape(9, 9, 2)[6:]
    assert still.all() and not np.array_equal(step.grid().features[2], grid.features[2])


def test_every_step_of_strata_has_a_row_of_each_and_an_epoch_nearly_all_rows() -> None:
    places = np.random.default_rng(0).uniform(size=(1003, 3))
    strata = Strata(places, 50, seed=1)
    seen = np.concatenate([strata.rows(step) for step in range(strata.steps)])
    assert len(np.unique(seen)) == len(seen) == 50 * 20
    stratum = np.empty(1003, dtype=int)
    stratum[strata.along] = np.searchsorted(strata.first, np.arange(1003), side="right") - 1
    assert all(np.array_equal(stratum[strata.rows(step)], np.arange(50)) for step in (0, 7, 23))
    assert np.array_equal(strata.rows(31), Strata(places, 50, seed=1).rows(31))
    assert len(np.unique(np.concatenate([strata.rows(step) for step in range(300)]))) == 1003


def wave(n: int = 300) -> Samples:
    times = np.linspace(2.0, 5.0, n)[:, None]
    return Samples(times, 10 + np.sin(9 * times), "signal")


def picture(width: int = 24, height: int = 16) -> Samples:
    places = pixel_centres(width, height)
    values = np.stack([np.sin(4 * places[:, 0]), np.cos(3 * places[:, 1])], axis=1) / 2 + 0.5
    return Samples(places, values, "image", meta={"width": width, "height": height})


SMALL = {
    "signal": Field((4, 8, 16), 2, (8,), 300, 64, 5e-3, 3.0),
    "image": Field((4, 8), 2, (16,), 300, 128, 1e-2, 3.0, between=4),
    "elevation": Field((8,), 1, (16,), 300, 128, 1e-2, 3.0, between=2),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(fields, "PRESETS", {kind: {"default": field} for kind, field in SMALL.items()})


def test_a_signal_is_fitted_folded_unless_something_else_is_asked_for(small) -> None:
    found = fit(wave())
    assert found.grid is not None and np.array_equal(found.grid.box.lo, [2.0])
    assert np.abs(found(wave().inputs) - wave().targets).max() < 0.3
    assert found.training.final["rms_error"] < 0.06
    assert fit(wave(), hidden=(4,), steps=1).grid is None and fit(wave(), architecture="mlp", steps=1).grid is None


def test_the_same_seed_gives_the_same_field_and_a_checkpoint_goes_on_bit_for_bit(small, tmp_path) -> None:
    whole, again = fit(wave(), steps=60), fit(wave(), steps=60)
    assert all(np.array_equal(a, b) for a, b in zip(whole.grid.features, again.grid.features, strict=True))
    other = fit(wave(), steps=60, seed=1)
    assert not np.array_equal(other.weights[0], whole.weights[0])
    saved = tmp_path / "fit.safetensors"
    fit(wave(), steps=60, checkpoint=saved, stop=lambda: True)
    gone_on = fit(wave(), steps=60, checkpoint=saved)
    assert gone_on.training.complete and np.array_equal(gone_on.weights[0], whole.weights[0])
    assert all(np.array_equal(a, b) for a, b in zip(whole.grid.features, gone_on.grid.features, strict=True))


def test_an_image_is_fitted_between_its_pixels_too_and_it_is_told_how_well(small) -> None:
    samples = picture()
    found = fit(samples)
    assert found.grid is not None and found.training.final["psnr"] > 30
    corners = samples.inputs.reshape(16, 24, 2)[:-1, :-1].reshape(-1, 2) + np.array([1, -1]) / 24
    off = -10 * np.log10(np.mean((found(corners) - samples.function(corners)) ** 2))
    assert off > 28 and np.isclose(found.training.final["psnr_between"], off)


def test_a_fit_of_pixels_alone_is_worse_between_them_and_says_so() -> None:
    noise = replace(picture(), targets=np.random.default_rng(0).random((24 * 16, 1)))
    both, alone = (fit(noise, preset=preset, steps=1500).training.final for preset in ("default", "pixels"))
    assert alone["psnr"] > both["psnr"] and alone["psnr_between"] < both["psnr_between"] - 3


def hills(rows: int = 24, columns: int = 30) -> Samples:
    lattice = Lattice((rows, columns), (500.0, 80.0), (2.0, -2.0))
    x, y = (lattice.centres - [530.0, 55.0]).T / 10
    told = {"rows": rows, "columns": columns, "x": [500.0, 498.0 + 2 * columns], "y": [80.0, 82.0 - 2 * rows]}
    return Samples(lattice.centres, 50 * np.sin(x) * np.cos(1.5 * y), "elevation", ("x", "y"), meta=told)


def test_cells_kept_aside_are_met_and_plain_interpolation_is_told_beside(small) -> None:
    found = fit(hills(), holdout=0.05, steps=1500)
    told = found.training.held_out
    kept, aside = hills().split(0.05)
    mean = kept.rivals["mean of 4 neighbours"](aside.inputs) - aside.targets
    assert told["rows"] == len(aside) == 36
    assert np.isclose(told["rms_error of mean of 4 neighbours"], np.sqrt(np.mean(mean**2)))
    assert told["rms_error of smooth fill"] < told["rms_error"] < 3 < np.std(aside.targets)


def test_gaps_are_filled_among_the_samples_and_places_lie_between_cells() -> None:
    kept, aside = hills().split(0.1)
    recipe = replace(SMALL["elevation"], between=3)
    places, values = fields._with_places_between(recipe, kept, kept.function, 0)
    assert len(places) == len(kept) + len(aside) + 3 * 720
    filled = places[len(kept) : 720]
    assert {tuple(p) for p in filled.tolist()} == {tuple(p) for p in aside.inputs.tolist()}
    assert np.allclose(values, kept.function(places), atol=1e-6)
    away = np.abs(places[720:] - np.tile(places[:720], (3, 1)))
    assert away.max() <= 1.0 and away.mean() > 0.4  # half a cell of 2


def test_places_between_a_signals_times_are_as_far_as_their_neighbours() -> None:
    times = np.array([0.0, 1.0, 1.1, 5.0])
    samples = Samples(times[:, None], np.sin(times), "signal")
    recipe = replace(SMALL["signal"], between=50)
    places, values = fields._with_places_between(recipe, samples, samples.function, 0)
    more = places[4:].reshape(50, 4)
    assert np.array_equal(places[:4], samples.inputs) and np.allclose(values, samples.function(places))
    assert (np.abs(more[:, 1] - 1.0) <= 0.5).all() and (more[:, 2] >= 1.05).all() and more[:, 2].max() > 2.0


def test_several_channels_have_a_feature_each() -> None:
    times = np.linspace(0, 1, 200)[:, None]
    both = Samples(times, np.hstack([np.sin(9 * times), 40 * np.cos(7 * times)]), "signal")
    found = fit(both, steps=400)
    assert found.grid.channels == (2,) and found.training.final["range_error"] < 0.01
    assert found.training.final["range_error"] < found.training.final["rms_error"]


def test_values_kept_aside_are_met_better_than_by_straight_lines() -> None:
    path = Path(__file__).parents[2] / "data" / "signal" / "ecg.npz"
    told = fit(read(path), holdout=0.1, steps=3000).training.held_out
    assert told["rms_error"] < told["rms_error of linear interpolation"]


@pytest.mark.parametrize(("cells", "sizes", "batch"), [(256, (39, 78, 156), 512), (512, (78, 156, 312), 2048),
                                                       (16, (2, 4, 8), 512)])  # fmt: skip
def test_a_larger_image_has_a_finer_grid(cells: int, sizes: tuple[int, ...], batch: int) -> None:
    recipe = fields.PRESETS["image"]["default"].for_samples(Samples(np.zeros((cells**2, 2)), np.zeros(cells**2)))
    assert recipe.sizes == sizes and recipe.batch == batch


def test_untrained_features_hold_the_function_itself() -> None:
    grid, weights, biases = begin(
        SMALL["signal"], Scaling.none(1, 1), box_of(wave()), wave(), lambda x: np.sin(9 * x), 0
    )
    vertices = np.linspace(2, 5, 17)[:, None]
    assert np.abs(Network(weights, biases, grid=grid)(vertices) - np.sin(9 * vertices)).max() < 1e-6
    baseline = sampled(wave(), lambda x: np.sin(9 * x))
    at = np.linspace(2, 5, baseline.grid.sizes[-1] + 1)[:, None]
    assert np.abs(baseline(at) - np.sin(9 * at)).max() < 1e-6


def test_a_fit_ends_when_it_is_good_enough(small) -> None:
    found = fit(wave(), steps=100_000, until={"rms_error": 0.2})
    assert found.training.steps < 100_000 and found.training.complete
    assert reached({"psnr": 40}, {"rms_error": 0.0}) and not reached({"psnr": 40}, {"psnr": 39.0})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "tree"}, "architecture out of mlp, folded, siren, fourier; got 'tree'"),
        ({"architecture": "folded", "hidden": (4,)}, r"hidden widths for architecture 'mlp' alone; got \(4,\)"),
        ({"preset": "huge"}, "preset out of fast, default, best; got 'huge'"),
        ({"until": {"psnr": 3}}, r"of signal for until \(mean_absolute_error, rms_error, range_error\); got 'psnr'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        fit(wave(), **options)


def test_a_field_of_four_inputs_or_of_a_table_is_refused() -> None:
    with pytest.raises(InputError, match="a field needs 1 to 3 inputs; got 4"):
        fit(Samples(np.zeros((5, 4)), np.zeros(5)), architecture="folded")
    with pytest.raises(InputError, match="a field needs samples of kind distance, image, elevation, signal; got 'regr"):
        fit(Samples(np.zeros((5, 2)), np.zeros(5)), architecture="folded")
