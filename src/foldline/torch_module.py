"""A network as a torch module, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .assembly import Affine, Assembly
from .errors import NetworkError

if TYPE_CHECKING:
    import torch

    from .network import Network

Array = NDArray[np.float64]

MODULES = {
    "identity": "Identity",
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "hard_tanh": "Hardtanh",
    "relu6": "ReLU6",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softplus": "Softplus",
}
PASSED = ("Dropout", "Flatten", "Unflatten")  # they change no number at inference


def module_of(network: Network) -> torch.nn.Module:
    """Return a float64 torch module with the same numbers: an ``nn.Sequential``, or one with skips.

    raises   NetworkError for a unit that torch has no module for ("abs", "step")
    """
    import torch

    layers = [_linear(W, b) for W, b in zip(network.weights, network.biases, strict=True)]
    names = (*network.layer_activations, network.output)
    units = [_unit_module(network, layer, name) for layer, name in enumerate(names, 1)]
    if not network.skips:
        last = [] if network.output == "identity" else [units[-1]]
        pairs = [m for pair in zip(layers[:-1], units[:-1], strict=True) for m in pair]
        return torch.nn.Sequential(*pairs, layers[-1], *last)

    class Skipping(torch.nn.Module):
        """Layers that also read earlier ones; ``sources[l]`` as in ``Network.sources``."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.ModuleList(layers)
            self.units = torch.nn.ModuleList(units)
            self.sources = [network.sources(layer) for layer in range(1, network.n_layers + 1)]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            values = [x]
            for layer, unit, sources in zip(self.layers, self.units, self.sources, strict=True):
                values.append(unit(layer(torch.cat([values[s] for s in sources], dim=-1))))
            return values[-1]

    return Skipping()


def _linear(W: Array, b: Array) -> torch.nn.Module:
    import torch

    layer = torch.nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(W.copy()))
        layer.bias.copy_(torch.from_numpy(b.copy()))
    return layer


def _unit_module(network: Network, layer: int, name: str) -> torch.nn.Module:
    import torch

    if layer in network.slopes:
        slopes = torch.from_numpy(network.slopes[layer].copy())
        unit = torch.nn.PReLU(len(slopes), dtype=torch.float64)
        with torch.no_grad():
            unit.weight.copy_(slopes)
        return unit
    if name not in MODULES:
        raise NetworkError(
            f"to_torch needs units that torch has as modules; got {name!r} in layer {layer}. "
            "An absolute value is leaky_relu with slope -1."
        )
    module: torch.nn.Module = getattr(torch.nn, MODULES[name])()
    return module


def arrays_of(module: torch.nn.Module) -> dict[str, Any]:
    """Return the arguments of the Network that a torch module computes at inference.

    module   Linear, BatchNorm1d, activations, Dropout, Flatten and Identity in (nested) Sequentials, or one that
             ``module_of`` made; float32 numbers are float64 numbers already, batch normalisation is folded in float64
    raises   NetworkError naming the first submodule that is not one of the units
    """
    steps = list(_steps(module, ""))
    d_in = next((m.in_features for _, m in steps if type(m).__name__ == "Linear"), 0)
    if not d_in:
        raise NetworkError(f"from_torch needs at least one Linear layer; got {type(module).__name__}.")
    if steps and hasattr(module, "sources"):
        return _skipping(module, d_in)
    first = type(steps[0][1]).__name__
    assembly = Assembly(steps[0][1].num_features if first == "BatchNorm1d" else d_in)
    value = assembly.source(0)
    for name, step in steps:
        value = _after(assembly, value, name, step)
    return assembly.arguments(value)


def _skipping(module: Any, d_in: int) -> dict[str, Any]:
    assembly = Assembly(d_in)
    values = [assembly.source(0)]
    steps = zip(module.layers, module.units, module.sources, strict=True)
    for number, (layer, unit, sources) in enumerate(steps, 1):
        z = _after(assembly, Affine.joined([values[s] for s in sources]), f"layers.{number - 1}", layer)
        if type(unit).__name__ == "Identity":
            values.append(assembly.unit("identity", z) if number < len(module.layers) else z)
        else:
            values.append(_after(assembly, z, f"units.{number - 1}", unit))
    return assembly.arguments(values[-1])


def _steps(module: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The modules that run, in order, with their names."""
    if type(module).__name__ == "Sequential":
        for key, child in module.named_children():
            yield from _steps(child, f"{name}.{key}" if name else key)
    elif hasattr(module, "sources") and hasattr(module, "layers"):
        yield from ((f"layers.{i}", layer) for i, layer in enumerate(module.layers))
    else:
        yield name, module


def _after(assembly: Assembly, value: Affine, name: str, step: Any) -> Affine:
    """The value after one module."""
    kind = type(step).__name__
    if kind == "Linear":
        try:
            out = assembly.product(_numbers(step.weight), value)
        except NetworkError as error:
            raise NetworkError(f"from_torch needs {error} in module {name!r}.") from None
        return out if step.bias is None else out.scaled(np.ones(out.width), _numbers(step.bias))
    if kind == "BatchNorm1d":
        return value.scaled(*_normalisation(step, name))
    if kind in PASSED or kind == "Identity":
        return value
    if kind == "PReLU":
        return assembly.unit("leaky_relu", value, _numbers(step.weight))
    if kind == "LeakyReLU":
        return assembly.unit("leaky_relu", value, np.array([step.negative_slope]))
    units = {module: unit for unit, module in MODULES.items()}
    if kind not in units or not _is_standard(step, kind):
        known = ", ".join(("Linear", "BatchNorm1d", *units, "PReLU", *PASSED, "Sequential"))
        raise NetworkError(f"from_torch needs modules out of {known}; got {step} as {name or 'the module'!r}.")
    return assembly.unit(units[kind], value)


def _is_standard(step: Any, kind: str) -> bool:
    if kind == "Hardtanh":
        return bool(step.min_val == -1 and step.max_val == 1)
    if kind == "Softplus":
        return bool(step.beta == 1)
    return True


def _normalisation(step: Any, name: str) -> tuple[Array, Array]:
    """Scale and shift of an inference batch normalisation (Ioffe and Szegedy 2015, algorithm 2)."""
    if step.training or step.running_mean is None:
        raise NetworkError(f"from_torch needs batch normalisation at inference; got {name!r} in training. Call eval().")
    scale = 1.0 / np.sqrt(_numbers(step.running_var) + step.eps)
    if step.weight is not None:
        scale = scale * _numbers(step.weight)
    shift = -_numbers(step.running_mean) * scale
    return scale, shift if step.bias is None else shift + _numbers(step.bias)


def _numbers(tensor: torch.Tensor) -> Array:
    import torch

    return np.asarray(tensor.detach().to("cpu", torch.float64).numpy())
