"""The step in PyTorch: forward, loss, backward, update; any unit, any optimiser, CPU or GPU.

The one file here that imports PyTorch, inside functions.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...activations import of_layers
from ...errors import InputError
from ..objective import Objective
from .fused import ADAM_SHARE, threads_for
from .stepper import Recipe, State
from .torch_losses import LOSSES
from .torch_optimisers import Adam, Muon, Optimiser, Sgd

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]

GPU = "cuda"  # PyTorch's name of one, also of AMD's
# units with a gradient
UNITS = ("identity", "relu", "leaky_relu", "abs", "hard_tanh", "relu6", "sigmoid", "tanh", "sine", "softplus")


class Eager:
    """A stepper in eager PyTorch.

    The numbers lie in one flat tensor, Muon's equal-shaped matrices first, so that each optimiser is one call.

    speed    hidden pre-activations are times it while weights are learned; ``parameters`` has it in the weights
    raises   InputError for a device, optimiser, precision or unit that cannot be had
    """

    name = "eager"

    def __init__(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        objective: Objective,
        recipe: Recipe,
        *,
        speed: float = 1.0,
    ) -> None:
        import torch

        self.device = check_device(recipe.device)
        self.order, self.skips, self.precision = objective.order, recipe.skips, recipe.precision
        self.loss = LOSSES[objective.loss]
        self.units = [_unit(name) for name in of_layers(recipe.activation, len(weights) - 1)]
        self.inputs = torch.tensor(objective.inputs, dtype=torch.float32, device=self.device)
        kind = torch.int64 if objective.loss == "cross_entropy" else torch.float32
        self.targets = torch.tensor(objective.targets, dtype=kind, device=self.device)
        self.n_layers = len(weights)
        self.speed = speed
        self.threads = threads_for([objective.inputs.shape[1], *map(len, biases)], objective.order.batch)
        self.plain = set(recipe.units) <= {"relu"} and not recipe.skips and recipe.precision == "float32"
        self._room: tuple[list[Tensor], list[Tensor | None]] | None = None
        self._lay_out([*weights, *biases], recipe.optimiser)

    def _lay_out(self, arrays: list[Array], optimiser: str) -> None:
        import torch

        hidden = range(1, self.n_layers - 1) if optimiser == "muon" else range(0)
        matrices = sorted(hidden, key=lambda i: arrays[i].shape)
        rest = [i for i in range(len(arrays)) if i not in hidden]
        self._places = [*matrices, *rest]
        flat = np.concatenate([arrays[i].ravel() for i in self._places])
        self.values = torch.tensor(flat, dtype=torch.float32, device=self.device)
        self._optimisers: list[tuple[slice, tuple[int, ...], float, Optimiser]] = []
        at = 0
        for shape, same in groupby(matrices, key=lambda i: arrays[i].shape):
            stack = (len(list(same)), *shape)
            at = self._put(Muon, at, stack, 1.0)
        left = (len(flat) - at,)
        self._put(Sgd if optimiser == "sgd" else Adam, at, left, ADAM_SHARE if optimiser == "muon" else 1.0)
        self._gradient = torch.zeros_like(self.values)
        self._arrays = [part.detach().requires_grad_() for part in self._parts(self.values, arrays)]
        self._slopes = self._parts(self._gradient, arrays)

    def _parts(self, flat: Tensor, arrays: list[Array]) -> list[Tensor]:
        """Views of a flat tensor, one an array, in the arrays' order and shapes."""
        parts, at = [flat] * len(arrays), 0
        for i in self._places:
            parts[i] = flat[at : at + arrays[i].size].view(arrays[i].shape)
            at += arrays[i].size
        return parts

    def _put(self, kind: type[Muon] | type[Adam] | type[Sgd], at: int, shape: tuple[int, ...], share: float) -> int:
        """Give the numbers from ``at`` on to an optimiser that sees them in a shape; return where they end."""
        here = slice(at, at + int(np.prod(shape)))
        self._optimisers.append((here, shape, share, kind(self.values[here].view(shape))))
        return int(here.stop)

    def run(self, first: int, rates: Array) -> Array:
        """Do the steps first, first + 1, ..., one rate each; return the loss each began with, (len(rates),)."""
        with _at_most(self.threads):
            return self._run(first, rates)

    def _run(self, first: int, rates: Array) -> Array:
        import torch

        losses = torch.zeros(len(rates), device=self.device)
        find = self._differentiate_relu if self.plain else self._differentiate
        for k, rate in enumerate(rates.tolist()):
            rows = torch.from_numpy(self.order.rows(first + k)).to(self.device)
            losses[k], gradient = find(self.inputs[rows], self.targets[rows])
            for here, shape, share, optimiser in self._optimisers:
                optimiser.step(self.values[here].view(shape), gradient[here].view(shape), rate * share)
        return np.asarray(losses.cpu().numpy(), dtype=np.float64)

    def _differentiate(self, x: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The loss and its gradient, flat, by autograd."""
        import torch

        with self._cast():
            outputs = self._forward(x)
        loss = self.loss(outputs.float(), targets)
        gradients = torch.autograd.grad(loss, [self._arrays[i] for i in self._places])
        return loss.detach(), torch.cat([g.reshape(-1) for g in gradients])

    def _differentiate_relu(self, x: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The same for layers of ReLU without skips, in buffers that are used again: 1.5 ms a step where autograd,
        which asks the system for fresh memory each time, took 2.4 ms (2048 rows, 4 x 64 units, one core).
        """
        import torch

        weights = [array.detach() for array in self._arrays[: self.n_layers]]
        biases = [array.detach() for array in self._arrays[self.n_layers :]]
        values = [x]
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            values.append(torch.addmm(b, values[-1], W.t(), out=self._buffers(len(x))[0][layer]))
            if layer < self.n_layers - 1:
                values[-1].relu_()
        outputs = values[-1].detach().requires_grad_()
        loss = self.loss(outputs, targets)
        (back,) = torch.autograd.grad(loss, outputs)
        for layer in reversed(range(self.n_layers)):
            torch.mm(back.t(), values[layer], out=self._slopes[layer])
            torch.sum(back, 0, out=self._slopes[self.n_layers + layer])
            if layer:
                into = self._buffers(len(x))[1][layer]
                torch.mm(back, weights[layer], out=into)
                back = torch.ops.aten.threshold_backward.grad_input(into, values[layer], 0, grad_input=into)
        return loss.detach(), self._gradient

    def _buffers(self, n: int) -> tuple[list[Tensor], list[Tensor | None]]:
        """Room for the values of each layer and for the gradients that come back, n rows each."""
        if self._room is None or len(self._room[0][0]) != n:
            widths = [len(b) for b in self._arrays[self.n_layers :]]
            inner = [self.values.new_empty(n, width) for width in widths[:-1]]
            self._room = ([self.values.new_empty(n, width) for width in widths], [None, *inner])
        return self._room

    def _forward(self, x: Tensor) -> Tensor:
        import torch

        values = [x]
        for layer in range(1, self.n_layers + 1):
            reads = [values[s] for s in (layer - 1, *self.skips.get(layer, ()))]
            h = torch.cat(reads, dim=1) if len(reads) > 1 else reads[0]
            z = torch.nn.functional.linear(h, self._arrays[layer - 1], self._arrays[self.n_layers + layer - 1])
            if layer < self.n_layers:
                z = self.units[layer - 1](z * self.speed if self.speed != 1 else z)
            values.append(z)
        return values[-1]

    def _cast(self) -> AbstractContextManager[object]:
        import torch

        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device, dtype=torch.bfloat16)

    def state(self) -> State:
        """Return a copy of the numbers and of what the optimisers remember."""
        return {name: tensor.cpu().numpy().copy() for name, tensor in self._tensors().items()}

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state, bit for bit."""
        import torch

        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(np.array(state[name])))

    def _tensors(self) -> dict[str, Tensor]:
        memories = {
            f"memory.{i}.{k}": tensor
            for i, (_, _, _, optimiser) in enumerate(self._optimisers)
            for k, tensor in enumerate(optimiser.memory)
        }
        return {"values": self.values, **memories}

    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Return weights and biases, float64."""
        arrays = [array.detach().cpu().numpy().astype(np.float64) for array in self._arrays]
        faster = [self.speed] * (self.n_layers - 1) + [1.0]
        W, b = arrays[: self.n_layers], arrays[self.n_layers :]
        return [w * s for w, s in zip(W, faster, strict=True)], [v * s for v, s in zip(b, faster, strict=True)]


@contextmanager
def _at_most(threads: int) -> Iterator[None]:
    """Let PyTorch have so many threads, then as many as it had: more of them wait for each other on small tensors."""
    import torch

    had = torch.get_num_threads()
    torch.set_num_threads(min(had, threads))
    try:
        yield
    finally:
        torch.set_num_threads(had)


def has_gpu() -> bool:
    """Return whether PyTorch can use a GPU here."""
    import torch

    return bool(torch.cuda.is_available())


def check_device(name: str) -> str:
    """Return the device that PyTorch runs on.

    raises   InputError for a GPU that it cannot use
    """
    if name == "cuda" and not has_gpu():
        raise InputError("fit needs a GPU that PyTorch can use for device='cuda'; got none. Take device='cpu'.")
    found = GPU if name != "cpu" and has_gpu() else "cpu"
    _begin(found)
    return found


@cache
def _begin(device: str) -> None:
    """Let autograd meet a device once: its first product there makes PyTorch warn, of nothing that matters."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = torch.ones((1, 1), device=device, requires_grad=True)
        torch.autograd.grad((one @ one).sum(), one)


def _unit(name: str):  # type: ignore[no-untyped-def]
    """The unit on tensors, by the name ``activations.UNITS`` has."""
    from torch import Tensor
    from torch.nn import functional

    units = {
        "identity": lambda z: z,
        "relu": Tensor.relu,
        "leaky_relu": functional.leaky_relu,
        "abs": Tensor.abs,
        "hard_tanh": functional.hardtanh,
        "relu6": functional.relu6,
        "sigmoid": Tensor.sigmoid,
        "tanh": Tensor.tanh,
        "sine": Tensor.sin,
        "softplus": functional.softplus,
    }
    return units[name]
