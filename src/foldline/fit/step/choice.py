"""Which stepper a fit takes: the fused step wherever it can do what is asked, PyTorch for the rest."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...machine import TORCH, installed, need_package
from ..objective import Coded, Objective
from .coded import CodedStep
from .fused import BELOW, OPTIMISERS, Fused, again_of, compiled, multiplications, only_inputs, slopes_below, threads_for
from .stepper import NetworkStepper, Recipe
from .torch import UNITS, Eager, has_gpu
from .torch_kernel import TorchKernel

Array = NDArray[np.float64]

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "bfloat16")
GPU_PAYS = 200_000_000  # multiply-adds a step, 4 ms of a CPU; on an H200 any step takes 3 (bench/device.py)
DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, of AMD, of either under WSL: without one, no GPU


def stepper_for(
    weights: Sequence[Array], biases: Sequence[Array], objective: Objective, recipe: Recipe
) -> NetworkStepper:
    """Return the fused step where it can do what is asked, else PyTorch's; PyTorch's too where nothing is compiled.

    raises   InputError for a device, optimiser, precision or unit that cannot be had; MissingError where what is
             asked needs PyTorch and it is not installed
    """
    for name, value, known in (
        ("device", recipe.device, DEVICES),
        ("optimiser", recipe.optimiser, OPTIMISERS),
        ("precision", recipe.precision, PRECISIONS),
    ):
        if value not in known:
            raise InputError(f"fit needs {name} out of {', '.join(known)}; got {value!r}.")
    widths = [objective.inputs.shape[1], *map(len, biases)]
    for name in recipe.units:
        if name not in UNITS:
            raise InputError(f"fit needs units with a gradient, out of {', '.join(UNITS)}; got {name!r}.")
    beyond = _beyond_fused(recipe, multiplications(widths) * objective.order.batch)
    if beyond:
        need_package(f"fit with {beyond}", *TORCH)
    if beyond or (not compiled() and installed("torch")):
        return Eager(weights, biases, objective, recipe)
    threads = threads_for(widths, objective.order.batch)
    return Fused(weights, biases, objective, activation=recipe.activation, optimiser=recipe.optimiser,
                 skips=recipe.skips, threads=threads)  # fmt: skip


def coded_stepper(
    weights: Sequence[Array],
    biases: Sequence[Array],
    objective: Coded,
    *,
    skips: Mapping[int, Sequence[int]],
    device: str,
) -> CodedStep:
    """Return the stepper of an auto-decoder: the fused one, or on a GPU PyTorch's.

    raises   InputError for a device that cannot be had; MissingError where a GPU is asked for without PyTorch
    """
    widths = [weights[0].shape[1], *map(len, biases)]
    kernel = kernel_on(device, widths, objective.loss, skips=skips)
    return CodedStep(weights, biases, objective, activation="relu", skips=skips, kernel=kernel)


def kernel_on(
    device: str, widths: Sequence[int], loss: str, *, skips: Mapping[int, Sequence[int]] | None = None,
    activation: str | Sequence[str] = "relu",
) -> TorchKernel | None:  # fmt: skip
    """Return what does the arithmetic of a step on a GPU; None where the fused step of here does it, unless asked.

    widths   of what each layer holds, from what the first one reads
    raises   InputError for a device that cannot be had; MissingError where a GPU is asked for without PyTorch

    >>> kernel_on("cpu", [2, 1], "squared")
    """
    if device not in DEVICES:
        raise InputError(f"fit needs device out of {', '.join(DEVICES)}; got {device!r}.")
    if device != "cuda":
        return None
    need_package("fit on a GPU", *TORCH)
    return TorchKernel(widths, loss, again_of(skips or {}), device="cuda",
                       below=slopes_below(activation, len(widths) - 2))  # fmt: skip


def _beyond_fused(recipe: Recipe, work: int) -> str:
    """The first thing asked for that the fused step cannot do, or not as fast; empty where it can do all.

    work   multiply-adds a step
    """
    other = [name for name in recipe.units if name not in BELOW]
    if other:
        return f"{other[0]} units (without it: {', '.join(BELOW)})"
    if not only_inputs(recipe.skips):
        return "skips of hidden layers"
    if recipe.precision != "float32":
        return f"precision {recipe.precision!r}"
    return "a GPU" if recipe.device == "cuda" or (recipe.device == "auto" and work >= GPU_PAYS and _a_gpu()) else ""


def _a_gpu() -> bool:
    """Whether there is a GPU; PyTorch, which knows, is asked only where there may be one."""
    maybe = sys.platform != "linux" or any(Path(driver).exists() for driver in DRIVERS)
    return maybe and installed("torch") and has_gpu()
