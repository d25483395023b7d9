"""Sine networks and Fourier features: fitted, saved, sampled, compared with PyTorch, and refused by exact questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import foldline as fl
from foldline.errors import InputError, MissingError, NetworkError
from foldline.files.image import pixel_centres
from foldline.fit import smooth


def wave() -> fl.Samples:
    times = np.linspace(2, 5, 300)[:, None]
    return fl.Samples(times, 10 + np.sin(9 * times), "signal")


def image(n: int = 24) -> fl.Samples:
    at = pixel_centres(n, n)
    values = np.stack([np.sin(4 * at[:, 0]), np.cos(3 * at[:, 1]), np.sin(at.sum(axis=1))], axis=1) / 2 + 0.5
    return fl.Samples(at, values, "image", meta={"width": n, "height": n, "channels": 3})


@pytest.mark.parametrize("architecture", ["siren", "fourier"])
@pytest.mark.parametrize("samples", [wave(), image()], ids=["signal", "image"])
def test_a_smooth_network_learns_a_function_of_a_coordinate(architecture: str, samples: fl.Samples) -> None:
    found = fl.fit(samples, architecture=architecture, hidden=(32, 32), steps=400, learning_rate=3e-3)
    assert found.grid is None and not found.piecewise_linear and found.layer_activations[0] == "sine"
    assert found.training.final["rms_error"] < 0.2 * np.std(samples.targets)
    again = fl.fit(samples, architecture=architecture, hidden=(32, 32), steps=400, learning_rate=3e-3)
    assert all(np.array_equal(a, b) for a, b in zip(found.weights, again.weights, strict=True))


@pytest.mark.parametrize("architecture", ["siren", "fourier"])
@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".onnx"])
def test_a_smooth_network_is_saved_and_opened_as_it_is(architecture: str, suffix: str, tmp_path: Path) -> None:
    found = fl.fit(wave(), architecture=architecture, hidden=(16, 16), steps=5)
    again = fl.read(found.save(tmp_path / f"a{suffix}"))
    at = np.linspace(2, 5, 50)[:, None]
    assert np.abs(again(at) - found(at)).max() < 1e-9 and again.layer_activations == found.layer_activations


def test_sine_units_start_and_step_as_those_of_the_paper() -> None:
    samples = image(16)
    ours = smooth.prepare_smooth(samples, "siren", hidden=(16, 16), batch=256)
    W, b = ours.stepper.parameters()
    bounds = [30 / 2, (6 / 16) ** 0.5, (6 / 16) ** 0.5 / 30]  # first and hidden times 30; the last layer is linear
    assert all(0.8 * bound < np.abs(w).max() <= bound for w, bound in zip(W, bounds, strict=True))
    layers = [torch.tensor(w / (30 if k < 2 else 1), requires_grad=True) for k, w in enumerate(W)]
    offsets = [torch.tensor(v / (30 if k < 2 else 1), requires_grad=True) for k, v in enumerate(b)]
    adam = torch.optim.Adam([*layers, *offsets], lr=1e-3)
    x, y = torch.tensor(samples.inputs), torch.tensor(samples.targets)
    for _ in range(3):
        h = x
        for k, (w, v) in enumerate(zip(layers, offsets, strict=True)):
            h = h @ w.T + v
            h = torch.sin(30 * h) if k < 2 else h
        loss = ((h - y) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    ours.stepper.run(0, np.full(3, 1e-3))
    assert np.abs(ours.stepper.parameters()[0][1] - 30 * layers[1].detach().numpy()).max() < 1e-3


def test_fourier_features_are_sines_and_cosines_and_stay() -> None:
    found = fl.fit(wave(), architecture="fourier", hidden=(8,), steps=3)
    before = fl.fit(wave(), architecture="fourier", hidden=(8,), steps=1)
    assert np.array_equal(found.weights[0], before.weights[0]) and found.widths == (1, 128, 8, 1)
    h = np.sin(found.preactivations([[3.3]])[0])[0]
    assert np.allclose(h[:64] ** 2 + h[64:] ** 2, 1.0)


def test_tanh_networks_are_fitted_and_sampled() -> None:
    found = fl.fit(wave(), hidden=(16, 16), activation="tanh", steps=200, optimiser="adam")
    assert found.training.final["rms_error"] < 0.7 and found.activation == "tanh"


def test_other_units_make_a_plain_network_and_are_refused_elsewhere() -> None:
    assert fl.fit(wave(), activation="tanh", steps=1).grid is None
    with pytest.raises(InputError, match="activation for architecture 'mlp' alone; got 'tanh' for 'folded'"):
        fl.fit(wave(), architecture="folded", activation="tanh", steps=1)


@pytest.mark.parametrize("ask", [fl.regions, fl.count, fl.boundary, fl.decisions])
def test_exact_questions_refuse_smooth_units_by_name(ask) -> None:
    found = fl.fit(wave(), architecture="siren", hidden=(8,), steps=1)
    with pytest.raises(NetworkError, match="piecewise-linear hidden units; got 'sine' in layer 1"):
        ask(found, fl.Box([2.0], [5.0]))


def test_classes_are_refused_and_sines_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="fourier needs numbers to fit; got classes"):
        fl.fit(fl.Samples([[0.0], [1.0]], [0, 1], "classification", classes=("a", "b")), architecture="fourier")
    monkeypatch.setattr("foldline.machine.installed", lambda package: False)
    with pytest.raises(MissingError, match=r"architecture 'siren' needs PyTorch.*foldline\[torch\]"):
        fl.fit(wave(), architecture="siren")
