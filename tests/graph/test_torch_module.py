"""Torch modules of convolutions, pools and units become the network they compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foldline import Network
from foldline.errors import NetworkError


def assert_read(module: Any, shape: Sequence[int], *, given_shape: bool = True) -> Network:
    """The network of a module has the module's values at inference."""
    import torch

    module = module.double().eval()
    net = Network.from_torch(module, shape if given_shape else None)
    x = torch.randn(10, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        expected = module(x).numpy().reshape(10, -1)
    np.testing.assert_allclose(net(x.numpy().reshape(10, -1)), expected, rtol=1e-12, atol=1e-12)
    return net


def test_a_module_that_stands_in_several_places_runs_in_each() -> None:
    from torch import nn

    unit, twice = nn.ReLU(), nn.Linear(6, 6)
    block = nn.Sequential(twice, unit)
    net = assert_read(nn.Sequential(nn.Linear(3, 6), unit, block, block, nn.Linear(6, 2)), [3])
    assert net.hidden == (6, 6, 6) and np.array_equal(net.weights[1], net.weights[2])


def normalised(module: Any) -> Any:
    """A module whose normalisations hold other numbers than 0 and 1."""
    import torch

    torch.manual_seed(0)
    for part in module.modules():
        if "BatchNorm" in type(part).__name__:
            part.running_mean.uniform_(-1, 1)
            part.running_var.uniform_(0.5, 2)
            if part.weight is not None:
                torch.nn.init.uniform_(part.weight, -1, 1)
                torch.nn.init.uniform_(part.bias, -1, 1)
    return module


MODULES: dict[str, tuple[Callable[[Any], Sequence[Any]], Sequence[int]]] = {
    "lenet": (
        lambda nn: [
            nn.Conv2d(1, 3, 3, padding=1),
            nn.BatchNorm2d(3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(3, 4, 3, stride=2),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Dropout(),
            nn.Linear(4, 3),
            nn.Softmax(dim=1),
        ],
        (1, 6, 6),
    ),
    "signal": (
        lambda nn: [
            nn.Conv1d(2, 4, 3, padding="same", dilation=2, groups=2),
            nn.BatchNorm1d(4, affine=False),
            nn.PReLU(4),
            nn.AvgPool1d(3, 2, padding=1, count_include_pad=False),
            nn.Hardtanh(-0.5, 0.25),
            nn.ConvTranspose1d(4, 2, 3, stride=2, output_padding=1),
            nn.ReLU6(),
        ],
        (2, 7),
    ),
    "pools": (
        lambda nn: [
            nn.Conv2d(2, 2, (1, 2), bias=False, padding="valid"),
            nn.MaxPool2d((2, 3), (1, 2), (1, 1), ceil_mode=True),
            nn.AvgPool2d(2, 1, ceil_mode=True),
            nn.PReLU(),
            nn.AvgPool2d(2, divisor_override=3),
        ],
        (2, 4, 6),
    ),
    "adaptive": (
        lambda nn: [nn.AdaptiveMaxPool2d((2, None)), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LogSoftmax(dim=-1)],
        (3, 4, 3),
    ),
    "reflected": (lambda nn: [nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")], (1, 3, 4)),
    "replicated": (lambda nn: [nn.Conv2d(1, 1, 3, padding=1, padding_mode="replicate")], (1, 3, 4)),
    "circular": (lambda nn: [nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular")], (1, 4)),
    "transposed": (
        lambda nn: [nn.ConvTranspose2d(4, 2, (2, 3), (2, 1), (0, 1), groups=2, dilation=(1, 2)), nn.Tanh()],
        (4, 3, 4),
    ),
    "volume": (lambda nn: [nn.Conv3d(1, 2, 2), nn.BatchNorm3d(2), nn.MaxPool3d(2), nn.AvgPool3d(1)], (1, 3, 3, 3)),
    "rows": (lambda nn: [nn.Linear(4, 2), nn.ReLU(), nn.Flatten(0, 0), nn.Linear(2, 1)], (3, 4)),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_read_as_the_function_it_is(name: str) -> None:
    from torch import nn

    parts, shape = MODULES[name]
    assert_read(normalised(nn.Sequential(*parts(nn))), shape)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_convolutions_of_any_size_are_torchs(data: st.DataObject) -> None:
    from torch import nn

    n = data.draw(st.integers(1, 2), "axes")
    numbers = lambda lo, hi: tuple(data.draw(st.integers(lo, hi)) for _ in range(n))  # noqa: E731
    kernel, stride, dilation, padding = numbers(1, 3), numbers(1, 3), numbers(1, 2), numbers(0, 2)
    groups, size = data.draw(st.integers(1, 2), "groups"), tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))  # noqa: B905
    size = tuple(s + data.draw(st.integers(0, 2)) for s in size)
    kinds = (nn.Conv1d, nn.Conv2d)[n - 1], (nn.MaxPool1d, nn.MaxPool2d)[n - 1]
    convolution = kinds[0](2, 2 * groups, kernel, stride, padding, dilation, groups)  # type: ignore[operator]
    assert_read(nn.Sequential(convolution, nn.ReLU(), kinds[1](1, 2)), (2, *size))


def test_a_module_that_says_its_inputs_needs_no_shape() -> None:
    from torch import nn

    image = [nn.Unflatten(1, (1, 3, 4)), nn.Conv2d(1, 2, 2), nn.MaxPool2d(2), nn.Flatten()]
    assert assert_read(nn.Sequential(*image), (12,), given_shape=False).d_in == 12
    assert_read(nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2)), (3,), given_shape=False)
    assert_read(nn.Sequential(nn.ReLU(), nn.Linear(3, 2)), (3,), given_shape=False)


def test_modules_whose_own_numbers_have_no_float64_are_named() -> None:
    from torch import nn

    module = nn.Sequential(nn.Conv1d(2, 2, 1), nn.BatchNorm1d(2), nn.AvgPool1d(3), nn.AvgPool1d(2))
    assert assert_read(module, (2, 6)).meta["rounded"] == ["1", "2"]
    assert "rounded" not in Network.from_torch(nn.Sequential(nn.AvgPool1d(2), nn.MaxPool1d(3)), (2, 6)).meta


def overflowing(nn: Any) -> Any:
    norm = nn.BatchNorm1d(2, eps=0.0).double().eval()
    norm.running_var.fill_(1e-320)
    norm.weight.data.fill_(1e300)
    return norm


def refused(nn: Any) -> list[tuple[Any, Sequence[int] | None, str]]:
    class Own(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

    class ReLU(nn.Module):  # type: ignore[misc,name-defined]
        pass

    return [
        (Own(), None, r"an exact network; got Own as 'the module'. Export it as .onnx.*known are .*Conv2d"),
        (nn.Sequential(nn.Linear(2, 2), ReLU()), None, r"got ReLU as '1'. Export it"),
        (nn.Sequential(nn.Linear(2, 2), nn.GELU()), None, r"got GELU as '1'. Sample it instead: .*Mesh.of_grid"),
        (
            nn.Sequential(nn.ReLU(), nn.Conv2d(1, 1, 1)),
            None,
            r"shape of one input before Conv2d '1'; got none. Give it",
        ),
        (nn.Sequential(nn.MaxPool1d(2)), None, "shape of one input before MaxPool1d '0'"),
        (nn.Sequential(nn.Conv2d(1, 1, 1)), (4,), r"channels and 2 axes .*; got a value of shape \[4\] in module '0'"),
        (nn.Sequential(nn.Conv1d(2, 1, 1)), (1, 3), "kernels for 1 channels in 1 groups"),
        (nn.Sequential(nn.ConvTranspose1d(2, 1, 1)), (1, 3), r"kernels that fit \[1, 3\]"),
        (nn.Sequential(nn.MaxPool1d(2, return_indices=True)), (1, 4), "the places of the largest values too"),
        (nn.Sequential(nn.AdaptiveAvgPool1d(3)), (1, 4), r"output size that divides \[4\]; got \[3\] in module '0'"),
        (nn.Sequential(nn.BatchNorm2d(2).eval()), (3, 2, 2), "got 2 numbers beside 3 channels"),
        (nn.Sequential(nn.BatchNorm1d(2, track_running_stats=False).eval()), None, "in training. Call eval"),
        (nn.Sequential(nn.Linear(2, 2), overflowing(nn)), None, r"finite numbers; got weights\[1\]\[0, 0\] = inf"),
        (nn.Sequential(nn.Unflatten(1, (2, 2))), (5,), r"sizes that make up 5 values; got \[2, 2\]"),
        (nn.Sequential(nn.Softmax(dim=1)), (2, 2), r"all outputs along one axis; got dim 1 of \[1, 2, 2\]"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softmax(-1), nn.ReLU()), None, "nothing after softmax.* in module '2'"),
        (nn.Sequential(nn.Linear(2, 1), nn.Softmax(-1)), None, "2 outputs or more before softmax; got 1"),
        (nn.Sequential(nn.Linear(2, 1), nn.Hardtanh(1, 2), nn.Linear(2, 1)), None, "2 columns after 1 values"),
        (nn.Sequential(nn.Conv2d(1, 9, 1, padding=999)), (1, 9, 9), "at most 33554432 numbers; got .* in module '0'"),
    ]


def test_a_module_that_is_no_network_is_refused_by_name() -> None:
    from torch import nn

    for module, shape, message in refused(nn):
        with pytest.raises(NetworkError, match=message) as error:
            Network.from_torch(module, shape)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["hooks", "parametrizations"])
def test_weight_normalisation_is_what_the_module_computes(kind: str) -> None:
    import torch
    from torch import nn
    from torch.nn.utils import parametrizations

    torch.manual_seed(0)
    layers = [nn.Linear(3, 5).double(), nn.Linear(5, 2).double()]
    if kind == "hooks":
        with pytest.warns(FutureWarning):
            layers = [nn.utils.weight_norm(layer) for layer in layers]
    else:
        layers = [parametrizations.weight_norm(layer) for layer in layers]
    module = nn.Sequential(layers[0], nn.ReLU(), layers[1])
    with torch.no_grad():  # the stored weight of a hook is stale now
        for parameter in module.parameters():
            parameter.mul_(1.5)
    net = Network.from_torch(module)
    x = torch.randn(20, 3, dtype=torch.float64)
    np.testing.assert_allclose(net(x.numpy()), module(x).detach().numpy(), rtol=1e-12, atol=1e-12)
    assert net.meta["rounded"] == ["0", "2"]


def test_other_parametrisations_are_refused() -> None:
    from torch import nn
    from torch.nn.utils import parametrizations

    with pytest.raises(NetworkError, match="weight as it is, or weight normalisation; got _Orthogonal"):
        Network.from_torch(nn.Sequential(parametrizations.orthogonal(nn.Linear(2, 2))))
    with pytest.raises(NetworkError, match="got a weight that hooks make"):
        Network.from_torch(nn.Sequential(nn.utils.spectral_norm(nn.Linear(2, 2))))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("Softplus", []), ("Softplus", [2.0]), ("Softplus", [0.3, 25.0]), ("Softshrink", [0.25]),
     ("Hardshrink", [0.25]), ("Threshold", [0.25, -3.0]), ("Threshold", [0.1, 0.3])],
)
def test_bends_away_from_zero_are_torchs(name: str, arguments: list[float]) -> None:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Linear(3, 4).double(), getattr(nn, name)(*arguments), nn.Linear(4, 2).double())
    x = torch.randn(50, 3, dtype=torch.float64)
    np.testing.assert_allclose(
        Network.from_torch(module)(x.numpy()), module(x).detach().numpy(), rtol=1e-12, atol=1e-12
    )


def test_finer_grids_are_torchs() -> None:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Upsample(scale_factor=2), nn.PixelShuffle(2), nn.Flatten())
    x = torch.randn(1, 4, 2, 3, dtype=torch.float64)
    net = Network.from_torch(module, (4, 2, 3))
    assert net(x.reshape(-1).numpy()).tolist() == module(x).reshape(-1).tolist()
    with pytest.raises(NetworkError, match="the nearest value by whole factors; got bilinear by 2"):
        Network.from_torch(nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear")), (4, 2, 3))
    with pytest.raises(NetworkError, match="channels that divide into 4; got 3"):
        Network.from_torch(nn.Sequential(nn.PixelShuffle(2)), (3, 2, 2))
