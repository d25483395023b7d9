"""A network as a torch module, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError
from ..machine import TORCH, need_package
from .assembly import SAMPLED, Affine, Assembly, by_channel, sum_is_exact
from .bends import beyond, shows, shrunk
from .normed import weight_normed
from .torch_grid import NAME, grid_of_module, module_of_grid
from .windows import Sliding, convolution, is_power_of_two, pools, transposed_convolution

if TYPE_CHECKING:
    import torch

    from ..network import Network

Array = NDArray[np.float64]
Index = NDArray[np.int64]

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
ROWS = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}
JOINED = "Export it as .onnx, which says how its parts are joined."


def module_of(network: Network) -> torch.nn.Module:
    """Return a float64 torch module with the same numbers: an ``nn.Sequential``, of a field behind its grid, or one
    with skips.

    raises   NetworkError for a unit that torch has no module for ("abs", "step"), or a slice of a field; MissingError
             without PyTorch
    """
    need_package("to_torch", *TORCH)
    import torch

    layers = [_linear(W, b) for W, b in zip(network.weights, network.biases, strict=True)]
    names = (*network.layer_activations, network.output)
    units = [_unit_module(network, layer, name) for layer, name in enumerate(names, 1)]
    front = [] if network.grid is None else [module_of_grid(network.grid)]
    if not network.skips:
        last = [] if network.output == "identity" else [units[-1]]
        pairs = [m for pair in zip(layers[:-1], units[:-1], strict=True) for m in pair]
        return torch.nn.Sequential(*front, *pairs, layers[-1], *last)

    class Skipping(torch.nn.Module):
        """Layers that also read earlier ones; ``sources[l]`` as in ``Network.sources``."""

        def __init__(self) -> None:
            super().__init__()
            self.front = torch.nn.ModuleList(front)
            self.layers = torch.nn.ModuleList(layers)
            self.units = torch.nn.ModuleList(units)
            self.sources = [network.sources(layer) for layer in range(1, network.n_layers + 1)]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            values = [self.front[0](x) if len(self.front) else x]
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
    if name in ROWS:
        last: torch.nn.Module = getattr(torch.nn, ROWS[name])(dim=-1)
        return last
    if name not in MODULES:
        raise NetworkError(
            f"to_torch needs units that torch has as modules; got {name!r} in layer {layer}. "
            "An absolute value is leaky_relu with slope -1."
        )
    module: torch.nn.Module = getattr(torch.nn, MODULES[name])()
    return module


def arrays_of(module: torch.nn.Module, shape: Sequence[int] | None = None) -> dict[str, Any]:
    """Return the arguments of the Network that a torch module computes at inference.

    module   layers out of ``STEPS`` in (nested) Sequentials, or a module that ``module_of`` made; float32 numbers are
             float64 numbers already
    shape    of one input, without the batch, where the first layer does not say it: (channels, height, width)
    raises   NetworkError naming the first submodule that is not one of them
    """
    if hasattr(module, "sources") and hasattr(module, "layers"):
        front: Any = list(getattr(module, "front", ()))
        return _skipping(module) | ({"grid": grid_of_module(front[0])} if front else {})
    first = next(iter(module.children()), None)
    if type(first).__name__ == NAME:
        return arrays_of(type(module)(*list(module.children())[1:])) | {"grid": grid_of_module(first)}
    steps = list(_steps(module, ""))
    assembly = Assembly((1, *(_shape_before(module, steps) if shape is None else shape)))
    value, rounded = assembly.source(0), []
    for name, step in steps:
        before = assembly.n_rounded
        value = _after(assembly, value, name, step)
        if assembly.n_rounded > before:
            rounded.append(name)
    return assembly.arguments(value) | ({"meta": {"rounded": rounded}} if rounded else {})


def _shape_before(module: Any, steps: Sequence[tuple[str, Any]]) -> tuple[int, ...]:
    """The shape of one input, as the first layer that knows it says."""
    for name, step in steps:
        kind = _kind(name, step)
        if kind == "Linear":
            return (step.in_features,)
        if kind == "BatchNorm1d":
            return (step.num_features,)
        if kind == "Unflatten" and step.dim == 1:
            return (prod(step.unflattened_size),)
        if kind not in ELEMENTWISE:
            raise NetworkError(
                f"from_torch needs the shape of one input before {kind} {name!r}; got none. "
                "Give it, as in Network.from_torch(module, shape=(3, 32, 32))."
            )
    raise NetworkError(f"from_torch needs at least one Linear layer; got {type(module).__name__}.")


def _skipping(module: Any) -> dict[str, Any]:
    assembly = Assembly((1, module.layers[0].in_features))
    values = [assembly.source(0)]
    steps = zip(module.layers, module.units, module.sources, strict=True)
    for number, (layer, unit, sources) in enumerate(steps, 1):
        reads = Affine.joined([values[s] for s in sources])
        z = _after(assembly, reads.reshaped(1, -1), f"layers.{number - 1}", layer)
        if type(unit).__name__ == "Identity":
            values.append(assembly.unit("identity", z) if number < len(module.layers) else z)
        else:
            values.append(_after(assembly, z, f"units.{number - 1}", unit))
    return assembly.arguments(values[-1])


def _steps(module: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The modules that run, in order, with their names; one that stands in several places runs in each of them."""
    if type(module).__name__ == "Sequential":
        for key, child in module._modules.items():  # named_children() leaves out what it has named before
            yield from _steps(child, f"{name}.{key}" if name else key)
    else:
        yield name, module


def _kind(name: str, step: Any) -> str:
    """The name of a torch module's class.

    raises   NetworkError if it is none of ``STEPS``
    """
    kind, of_torch = type(step).__name__, type(step).__module__.startswith("torch.nn")
    if hasattr(step, "parametrizations"):  # its class is made for it, of the class it was
        kind = type(step).__mro__[1].__name__
    if kind in STEPS and of_torch:
        return kind
    raise NetworkError(
        f"from_torch needs a module with an exact network; got {kind} as {name or 'the module'!r}. "
        f"{SAMPLED if of_torch else JOINED} Those known are {', '.join(sorted((*STEPS, 'Sequential')))}."
    )


def _after(assembly: Assembly, value: Affine, name: str, step: Any) -> Affine:
    """The value after one module."""
    kind = _kind(name, step)
    try:
        with np.errstate(all="ignore"):  # what overflows is not finite, and no network takes it
            return STEPS[kind](assembly, value, step)
    except NetworkError as error:
        raise NetworkError(f"from_torch needs {error} in module {name!r} ({kind}).") from None


def _weight(assembly: Assembly, step: Any) -> Array:
    """The weight of a layer; a parametrised one (weight normalisation) is what the parts make, in double precision."""
    if hasattr(step, "parametrizations"):
        made: Any = step.parametrizations.weight if "weight" in step.parametrizations else []
        names = [type(part).__name__ for part in made]
        if names != ["_WeightNorm"] or "bias" in step.parametrizations:
            raise NetworkError(f"a weight as it is, or weight normalisation; got {', '.join(names)}")
        assembly.n_rounded += 1
        return weight_normed(_numbers(made.original0), _numbers(made.original1))
    if hasattr(step, "weight_g"):  # the older way: the weight is stale until the module runs
        assembly.n_rounded += 1
        return weight_normed(_numbers(step.weight_g), _numbers(step.weight_v))
    if hasattr(step, "weight_orig"):
        raise NetworkError("a weight as it is, or weight normalisation; got a weight that hooks make")
    return _numbers(step.weight)


def _linear_step(assembly: Assembly, value: Affine, step: Any) -> Affine:
    out = assembly.rows_times(_weight(assembly, step), value)
    return out if step.bias is None else assembly.sum([out, Affine.of(_numbers(step.bias))])


def _image(value: Affine, axes: int) -> tuple[int, ...]:
    """The shape without the batch: channels, then positions."""
    if len(value.shape) != axes + 2:
        raise NetworkError(f"channels and {axes} axes of positions; got a value of shape {list(value.shape[1:])}")
    return value.shape[1:]


def _tuple(number: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    return (number,) * axes if isinstance(number, int) else tuple(number)


def _convolution(assembly: Assembly, value: Affine, step: Any) -> Affine:
    axes = len(step.kernel_size)
    _image(value, axes)
    value, low, high = _padded(value, step)
    shape = value.shape[1:]
    sliding = Sliding(step.kernel_size, step.stride, step.dilation, low, high)
    W = convolution(_weight(assembly, step), shape, sliding, step.groups)
    return _biased(assembly, assembly.product(W, value, (1, len(step.weight), *sliding.sizes(shape[1:]))), step)


def _padded(value: Affine, step: Any) -> tuple[Affine, tuple[int, ...], tuple[int, ...]]:
    """The value, and the zeros to put before and after it; other padding copies values at once."""
    axes = len(step.kernel_size)
    if step.padding == "same":
        total = [d * (k - 1) for d, k in zip(step.dilation, step.kernel_size, strict=True)]
        low, high = tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
    else:
        low = high = (0,) * axes if step.padding == "valid" else tuple(step.padding)
    if step.padding_mode == "zeros":
        return value, low, high
    modes: dict[str, Any] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    widths = [(0, 0), (0, 0), *zip(low, high, strict=True)]
    return value.take(np.pad(value.positions, widths, modes[step.padding_mode])), (0,) * axes, (0,) * axes


def _transposed(assembly: Assembly, value: Affine, step: Any) -> Affine:
    shape = _image(value, len(step.kernel_size))
    sliding = Sliding(step.kernel_size, step.stride, step.dilation, step.padding, step.padding)
    W, made = transposed_convolution(_weight(assembly, step), shape, sliding, step.groups, step.output_padding)
    return _biased(assembly, assembly.product(W, value, (1, *made)), step)


def _biased(assembly: Assembly, value: Affine, step: Any) -> Affine:
    if step.bias is None:
        return value
    return assembly.sum([value, Affine.of(by_channel(_numbers(step.bias), value.shape))])


def _sliding(step: Any, axes: int) -> Sliding:
    stride = step.kernel_size if step.stride is None else step.stride
    inner = getattr(step, "dilation", 1)
    kernel, strides, inside, pads = (_tuple(part, axes) for part in (step.kernel_size, stride, inner, step.padding))
    return Sliding(kernel, strides, inside, pads, pads, step.ceil_mode)


def _max_pool(assembly: Assembly, value: Affine, step: Any) -> Affine:
    if step.return_indices:
        raise NetworkError("one output; got the places of the largest values too")
    axes = int(type(step).__name__[-2])
    shape, sliding = _image(value, axes), _sliding(step, axes)
    groups = [group[group >= 0] for group in pools(shape, sliding)]
    return assembly.largest(value, groups, (1, shape[0], *sliding.sizes(shape[1:])))


def _average_pool(assembly: Assembly, value: Affine, step: Any) -> Affine:
    axes = int(type(step).__name__[-2])
    shape, sliding = _image(value, axes), _sliding(step, axes)
    counts = sliding.counts(shape[1:], padded=step.count_include_pad)
    if getattr(step, "divisor_override", None):
        counts = np.full_like(counts, step.divisor_override)
    made = (1, shape[0], *sliding.sizes(shape[1:]))
    return assembly.mean(value, pools(shape, sliding), np.tile(counts, shape[0]), made)


def _adaptive(value: Affine, step: Any) -> tuple[Index, tuple[int, ...]]:
    """What each pool reads, (channels * pools, n), where the number of pools divides the positions."""
    axes = int(type(step).__name__[-2])
    shape, wanted = _image(value, axes), step.output_size
    wanted = wanted if isinstance(wanted, tuple) else (wanted,) * axes
    made = tuple(n if out is None else out for n, out in zip(shape[1:], wanted, strict=True))
    if any(out < 1 or n % out for n, out in zip(shape[1:], made, strict=True)):
        raise NetworkError(f"an output size that divides {list(shape[1:])}; got {list(made)}")
    kernel = tuple(n // out for n, out in zip(shape[1:], made, strict=True))
    ones, none = (1,) * axes, (0,) * axes
    return pools(shape, Sliding(kernel, kernel, ones, none, none)), (1, shape[0], *made)


def _adaptive_average(assembly: Assembly, value: Affine, step: Any) -> Affine:
    groups, shape = _adaptive(value, step)
    return assembly.mean(value, groups, np.full(len(groups), groups.shape[1]), shape)


def _adaptive_max(assembly: Assembly, value: Affine, step: Any) -> Affine:
    groups, shape = _adaptive(value, step)
    return assembly.largest(value, list(groups), shape)


def _normalised(assembly: Assembly, value: Affine, step: Any) -> Affine:
    if step.training or step.running_mean is None:
        raise NetworkError("inference; got batch normalisation in training. Call eval()")
    gamma, beta = (None if numbers is None else _numbers(numbers) for numbers in (step.weight, step.bias))
    gamma, beta = np.ones(1) if gamma is None else gamma, np.zeros(1) if beta is None else beta
    return assembly.normalised(value, gamma, beta, _numbers(step.running_mean), _numbers(step.running_var) + step.eps)


def _flatten(assembly: Assembly, value: Affine, step: Any) -> Affine:
    first, last = (axis % len(value.shape) for axis in (step.start_dim, step.end_dim))
    return value.reshaped(*value.shape[:first], prod(value.shape[first : last + 1]), *value.shape[last + 1 :])


def _unflatten(assembly: Assembly, value: Affine, step: Any) -> Affine:
    axis = step.dim % len(value.shape)
    if prod(step.unflattened_size) != value.shape[axis]:
        raise NetworkError(f"sizes that make up {value.shape[axis]} values; got {list(step.unflattened_size)}")
    return value.reshaped(*value.shape[:axis], *step.unflattened_size, *value.shape[axis + 1 :])


def _row_unit(assembly: Assembly, value: Affine, step: Any) -> Affine:
    if step.dim is None or value.shape[step.dim] != value.width:
        raise NetworkError(f"all outputs along one axis; got dim {step.dim} of {list(value.shape)}")
    return assembly.unit({"Softmax": "softmax", "LogSoftmax": "log_softmax"}[type(step).__name__], value)


def _softplus(assembly: Assembly, value: Affine, step: Any) -> Affine:
    beta, joint = float(step.beta), float(step.threshold)
    if not 0 < beta < np.inf or shows(joint):
        raise NetworkError(f"a beta above 0 and a threshold that float32 does not see; got {beta:g} and {joint:g}")
    if beta == 1:
        return assembly.unit("softplus", value)
    bent = assembly.unit("softplus", assembly.scaled(value, np.array(beta), np.zeros(())))
    assembly.n_rounded += not is_power_of_two(np.array(beta))
    return assembly.scaled(bent, np.array(1 / beta), np.zeros(()))


def _prelu(assembly: Assembly, value: Affine, step: Any) -> Affine:
    slopes = by_channel(_numbers(step.weight), value.shape)
    return assembly.unit("leaky_relu", value, np.broadcast_to(slopes, value.shape) if slopes.size > 1 else slopes)


def _same(assembly: Assembly, value: Affine, step: Any) -> Affine:
    return value


def _unit_step(assembly: Assembly, value: Affine, step: Any) -> Affine:
    names = {module: unit for unit, module in MODULES.items()}
    return assembly.unit(names[type(step).__name__], value)


def _shrink(assembly: Assembly, value: Affine, step: Any) -> Affine:
    soft = type(step).__name__ == "Softshrink"
    return shrunk(assembly, value, float(step.lambd), 0.0 if soft else float(step.lambd))


def _threshold(assembly: Assembly, value: Affine, step: Any) -> Affine:
    """z above the threshold, a fixed number elsewhere."""
    at, other = float(step.threshold), float(step.value)
    above = beyond(assembly, value, at, at - other)
    assembly.n_rounded += not sum_is_exact(np.array(at), np.array(-other))
    return assembly.sum([above, Affine.of(np.array(other))])


def _upsample(assembly: Assembly, value: Affine, step: Any) -> Affine:
    axes = len(value.shape) - 2
    given = step.scale_factor or 0
    factors = tuple(given) if isinstance(given, tuple) else (given,) * axes
    if step.mode != "nearest" or min(factors) < 1 or any(f != int(f) for f in factors):
        raise NetworkError(f"the nearest value by whole factors; got {step.mode} by {step.scale_factor}")
    at = value.positions
    for axis, factor in enumerate(factors, 2):
        at = np.repeat(at, int(factor), axis=axis)
    return value.take(at)


def _shuffle(assembly: Assembly, value: Affine, step: Any) -> Affine:
    r, (n, channels, height, width) = step.upscale_factor, value.shape
    if channels % (r * r):
        raise NetworkError(f"channels that divide into {r * r}; got {channels}")
    at = value.positions.reshape(n, channels // (r * r), r, r, height, width).transpose(0, 1, 4, 2, 5, 3)
    return value.take(at.reshape(n, channels // (r * r), height * r, width * r))


ELEMENTWISE: dict[str, Callable[[Assembly, Affine, Any], Affine]] = {
    "ReLU": _unit_step,
    "Sigmoid": _unit_step,
    "Tanh": _unit_step,
    "ReLU6": _unit_step,
    "LeakyReLU": lambda assembly, value, step: assembly.unit("leaky_relu", value, np.array([step.negative_slope])),
    "Hardtanh": lambda assembly, value, step: assembly.clipped(value, float(step.min_val), float(step.max_val)),
    "Softplus": _softplus,
    "Softshrink": _shrink,
    "Hardshrink": _shrink,
    "Threshold": _threshold,
    "PReLU": _prelu,
    "Flatten": _flatten,
    "Identity": _same,
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d", "Dropout3d"), _same),
}
STEPS: dict[str, Callable[[Assembly, Affine, Any], Affine]] = ELEMENTWISE | {
    "Linear": _linear_step,
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d"), _convolution),
    **dict.fromkeys(("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"), _transposed),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"), _normalised),
    **dict.fromkeys(("MaxPool1d", "MaxPool2d", "MaxPool3d"), _max_pool),
    **dict.fromkeys(("AvgPool1d", "AvgPool2d", "AvgPool3d"), _average_pool),
    **dict.fromkeys(("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d"), _adaptive_average),
    **dict.fromkeys(("AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d"), _adaptive_max),
    "Softmax": _row_unit,
    "LogSoftmax": _row_unit,
    "Unflatten": _unflatten,
    "Upsample": _upsample,
    "PixelShuffle": _shuffle,
}


def _numbers(tensor: torch.Tensor) -> Array:
    import torch

    return np.asarray(tensor.detach().to("cpu", torch.float64).numpy())
