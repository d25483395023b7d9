"""``device="cuda"`` for every kind that can be fitted, against the CPU: on a GPU, and with PyTorch's CPU in its place.

Where there is no GPU the tests on one are skipped, and those that stand a CPU in for it show that the path through
PyTorch takes the same steps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

import foldline as fl
from foldline import Box, Network, Samples
from foldline.classes.finding import reconstruct
from foldline.cloud import Cloud
from foldline.data.cloud import cloud_samples
from foldline.data.distance import distance_samples
from foldline.data.families import Solid, solids
from foldline.data.rays import photographed, round_about
from foldline.errors import InputError
from foldline.files.image import pixel_centres
from foldline.fit import fit
from foldline.fit.checkpoint import Checkpoint
from foldline.fit.fields import PRESETS, Field
from foldline.fit.rays import Radiance, Rays
from foldline.fit.step import choice
from foldline.fit.step import torch as of_torch
from foldline.mesh import Mesh
from foldline.raster import Lattice
from foldline.scenes.fitting import fit_scene
from foldline.scenes.made import ball as radiant
from foldline.scenes.render import render

REAL = torch.cuda.is_available()
STEPS = 25
NEAR = 2e-2  # of the spread of the outputs: float32 that is added up in another order, after some steps


@pytest.fixture(params=["stands in", pytest.param("gpu", marks=pytest.mark.skipif(not REAL, reason="needs a GPU"))])
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a fit on "cuda" says it ran on: a GPU, or PyTorch's CPU in its place."""
    if request.param == "gpu":
        return "cuda"
    monkeypatch.setattr(of_torch, "GPU", "cpu")
    monkeypatch.setattr(of_torch, "has_gpu", lambda: True)
    return "cpu"


def ball(n: int = 15) -> Mesh:
    x = np.linspace(-1, 1, n)
    return Mesh.of_grid(np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2) - 0.8, [-1] * 3, [1] * 3)


def table() -> Samples:
    x = np.random.default_rng(0).normal(size=(200, 3))
    return Samples(x, (x[:, :1] > x[:, 1:2]).astype(int), "classification", classes=("a", "b"))


def numbers() -> Samples:
    x = np.random.default_rng(0).normal(size=(200, 3))
    return Samples(x, np.abs(x[:, :1]) - x[:, 1:2], "regression")


def signal() -> Samples:
    times = np.linspace(2.0, 5.0, 300)[:, None]
    return Samples(times, np.hstack([10 + np.sin(9 * times), np.cos(7 * times)]), "signal")


def image() -> Samples:
    at = pixel_centres(24, 16)
    values = np.stack([np.sin(4 * at[:, 0]), np.cos(3 * at[:, 1])], axis=1) / 2 + 0.5
    return Samples(at, values, "image", meta={"width": 24, "height": 16})


def elevation() -> Samples:
    lattice = Lattice((24, 30), (500.0, 80.0), (2.0, -2.0))
    x, y = (lattice.centres - [530.0, 55.0]).T / 10
    told = {"rows": 24, "columns": 30, "x": [500.0, 558.0], "y": [80.0, 34.0]}
    return Samples(lattice.centres, 50 * np.sin(x) * np.cos(1.5 * y), "elevation", ("x", "y"), meta=told)


def points() -> Samples:
    places, faces = ball().sample(2000, seed=0)
    return cloud_samples(Cloud(places, ball().normals[faces]), 4000, mixture="near")


def shape() -> Samples:
    return distance_samples(ball(), 4000, mixture="near")


KINDS = {made.__name__: made for made in (table, numbers, signal, image, elevation, points, shape)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_on_a_gpu_gives_what_the_cpu_gives(kind: str, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "distance", {"fast": Field((4, 8), 2, (16, 16), 100, 256, 2e-3, 3.0)})
    samples = KINDS[kind]()
    here, there = (fit(samples, steps=STEPS, preset="fast", device=where) for where in ("cpu", "cuda"))
    assert there.training.device == device and there.training.stepper == "eager"
    assert here.training.stepper == "fused" and (there.grid is None) == (here.grid is None)
    told = here(samples.inputs[:2000])
    assert np.abs(there(samples.inputs[:2000]) - told).mean() < NEAR * max(np.std(told), 1e-2)
    np.testing.assert_allclose(there.training.curve.loss, here.training.curve.loss, rtol=5e-2, atol=1e-4)


@pytest.mark.parametrize("architecture", ["mlp", "fourier", "siren"])
def test_other_networks_for_a_signal_run_there_too(architecture: str, device: str) -> None:
    here, there = (fit(signal(), steps=STEPS, architecture=architecture, device=where) for where in ("cpu", "cuda"))
    assert there.training.device == device and there.training.stepper == "eager"
    assert np.abs(there(signal().inputs) - here(signal().inputs)).mean() < NEAR * np.std(here(signal().inputs))


def shape_of(solid: Solid) -> Samples:
    places = np.random.default_rng(0).uniform(-1, 1, (1000, 3))
    return Samples(places, solid.distance(places), "distance")


def test_a_class_of_shapes_on_a_gpu_is_that_of_the_cpu(device: str) -> None:
    shapes = {solid.name: shape_of(solid) for solid in solids(2, families=("box", "torus"))}
    how = {"hidden": (16, 16), "latent": 4, "steps": STEPS}
    here, there = (fl.fit_shapes(shapes, **how, device=where) for where in ("cpu", "cuda"))
    assert there.training.device == device
    places = np.random.default_rng(0).uniform(-1, 1, (500, 3))
    for name in shapes:
        told = here.fixed(name)(places)
        assert np.abs(there.fixed(name)(places) - told).mean() < NEAR * np.std(told)


SMALL = Radiance(sizes=(4, 8), channels=2, hidden=(8, 8), rays=64, steps=40)


@pytest.mark.parametrize("alpha", [True, False])
def test_a_scene_on_a_gpu_is_that_of_the_cpu(alpha: bool, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[Rays.__module__], "LOOK", 10)
    scene = photographed(ball(), views=6, held_out=2, size=16, alpha=alpha)
    here, there = (fit_scene(scene, recipe=SMALL, device=where) for where in ("cpu", "cuda"))
    assert there.training.device == device and there.training.stepper == "eager"
    ours, theirs = (np.mean(net.training.curve.loss) for net in (here, there))
    assert theirs == pytest.approx(ours, rel=2e-2)
    assert abs(there.training.held_out["psnr"] - here.training.held_out["psnr"]) < 0.2


def test_pictures_made_there_are_those_of_the_cpu(device: str) -> None:
    eye = round_about(0.3, 0.4, 24)
    [here], [there] = (render(radiant(4), eye, device=where) for where in ("cpu", "cuda"))
    for name in ("colours", "opacity", "depth"):
        assert np.abs(getattr(here, name) - getattr(there, name)).max() < 1e-4, name
    assert here.opacity.max() > 0.9
    with pytest.raises(InputError, match="device 'cpu' for exact pictures; got 'cuda'"):
        render(radiant(4), eye, exact=True, device="cuda")


def test_a_code_that_is_sought_there_is_that_of_the_cpu(device: str) -> None:
    shapes = {solid.name: shape_of(solid) for solid in solids(3, families=("torus",))}
    network = fl.fit_shapes(shapes, hidden=(16, 16), latent=4, steps=100, device="cpu")
    here, there = (reconstruct(network, shapes["torus-1"], steps=30, device=where) for where in ("cpu", "cuda"))
    assert there.nearest[0] == here.nearest[0] and there.error == pytest.approx(here.error, rel=2e-2)


def test_the_gradient_of_a_step_of_a_scene_is_that_of_the_cpu(device: str) -> None:
    scene = photographed(ball(), views=6, held_out=0, size=16)
    here, there = (Rays(scene, SMALL, device=where) for where in ("cpu", "cuda"))
    np.testing.assert_allclose(there.run(0, np.full(1, 5e-3)), here.run(0, np.full(1, 5e-3)), rtol=1e-5)
    theirs = there.state()
    for name, values in here.state().items():
        if name.startswith("first."):  # a tenth of the gradient
            assert np.abs(values - theirs[name]).max() < 1e-4 * np.abs(values).max(), name


def test_a_fit_that_was_put_aside_there_goes_on(device: str, tmp_path: Path) -> None:
    whole = fit(signal(), steps=STEPS, preset="fast", device="cuda")
    saved = Checkpoint(tmp_path / "a.safetensors")
    fit(signal(), steps=STEPS, preset="fast", device="cuda", checkpoint=saved, stop=lambda: True)
    again = fit(signal(), steps=STEPS, preset="fast", device="cuda", checkpoint=saved)
    assert again.training.complete
    assert np.abs(again(signal().inputs) - whole(signal().inputs)).max() < 1e-4


def test_the_command_line_fits_a_file_there(device: str, call: Callable[..., object], tmp_path: Path) -> None:
    made = call("fit", Path(__file__).parents[2] / "data" / "signal" / "ecg.npz", "--device", "cuda", "--steps", 20,
                "--preset", "fast", "--out", tmp_path / "out")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert fl.read(tmp_path / "out" / "network.safetensors").training.device == device


def test_levels_of_several_widths_and_vertices_without_rows_are_read_as_the_network_does(device: str) -> None:
    rng = np.random.default_rng(0)
    rows = [None, np.flatnonzero(rng.random(9**2) < 0.5)]
    features = [rng.normal(size=(25 if r is None else len(r), c)).astype(np.float32)
                for r, c in zip(rows, (1, 3), strict=True)]  # fmt: skip
    grid = fl.grid.Grid(Box([0.0, -1.0], [2.0, 1.0]), (4, 8), features, rows)
    widths = (grid.d_out, 5, 2)
    weights = [rng.normal(size=(b, a)) for a, b in pairwise(widths)]
    biases = [rng.normal(size=b) for b in widths[1:]]
    kernel = choice.kernel_on("cuda", widths, "squared")
    kernel.set_grid(grid.box.lo, grid.box.hi, list(grid.sizes), list(grid.channels), list(grid.rows))
    for level, values in enumerate(grid.features):
        kernel.put_level(0, level, values)
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        kernel.put(0, layer, W.astype(np.float32), b.astype(np.float32))
    x = rng.uniform([0, -1], [2, 1], (300, 2)).astype(np.float32)
    out = np.empty((300, 2), dtype=np.float32)
    kernel.predict(x, out)
    assert np.abs(out - Network(weights, biases, grid=grid)(x)).max() < 1e-4
    back = np.empty_like(features[1])
    kernel.get_level(0, 1, back)
    assert np.array_equal(back, features[1])


def test_a_folded_network_stays_on_the_cpu_unless_a_gpu_is_asked_for(device: str) -> None:
    assert fit(signal(), steps=1, preset="fast").training.stepper == "fused"


@pytest.mark.skipif(REAL, reason="there is a GPU")
@pytest.mark.parametrize(
    "call",
    [
        lambda: fit(signal(), device="cuda", steps=1),
        lambda: fit(table(), device="cuda", steps=1),
        lambda: fit_scene(photographed(ball(), views=3, size=8), device="cuda", steps=1),
        lambda: fl.fit_shapes({"a": ball(), "b": ball(9)}, device="cuda", steps=1),
    ],
)
def test_a_gpu_that_is_not_there_is_told(call: Callable[[], object]) -> None:
    with pytest.raises(InputError, match=r"needs a GPU that PyTorch can use.*Take device='cpu'"):
        call()


@pytest.mark.parametrize(("hidden", "stepper"), [((64,) * 4, "fused"), ((512, 512), "eager")])
def test_a_plain_network_goes_to_a_gpu_by_itself_where_that_pays(
    device: str, hidden: tuple[int, ...], stepper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "_a_gpu", lambda: True)
    samples = Samples(np.zeros((512, 3)), np.zeros((512, 1)), "regression")
    assert fit(samples, hidden=hidden, steps=1, batch=512).training.stepper == stepper
