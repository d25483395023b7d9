"""What a GPU makes of each kind of fit, beside the CPU: python bench/device.py [--steps 300] [KIND ...].

A line a kind: milliseconds a step on all cores and on the GPU (wall time, after a fit that warms up), the loss at the
end on both, and how far both networks are apart.  Without a GPU it says so, and times the CPU alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import foldline as fl
from foldline.data.distance import FIELD_SAMPLES, distance_samples
from foldline.data.families import solids
from foldline.data.rays import photographed
from foldline.machine import installed
from foldline.scenes.fitting import fit_scene

DATA = Path(__file__).parents[1] / "data"
WARM = 20  # steps of a fit before the one that is timed
Fit = Callable[..., fl.Network]


def fits() -> dict[str, Callable[[], Fit]]:
    """What makes each kind's samples, and then fits them."""
    elephant = DATA / "mesh" / "elephant.off"

    def of_samples(made: Callable[[], Any]) -> Fit:
        samples = made()
        return lambda **how: fl.fit(samples, **how)

    def of_shapes() -> Fit:
        shapes = {solid.name: solid.mesh for solid in solids(2)}
        return lambda **how: fl.fit_shapes(shapes, **how)

    def of_scene() -> Fit:
        scene = photographed(fl.read(elephant))
        return lambda **how: fit_scene(scene, **how)

    shape = lambda: distance_samples(fl.read(elephant), FIELD_SAMPLES, mixture="near")  # noqa: E731
    return {
        "table": lambda: of_samples(lambda: fl.read(DATA / "table" / "digits.csv.gz")),
        "signal": lambda: of_samples(lambda: fl.read(DATA / "signal" / "ecg.npz")),
        "image": lambda: of_samples(lambda: fl.read(DATA / "image" / "chelsea.png")),
        "elevation": lambda: of_samples(lambda: fl.read(DATA / "raster" / "jacksboro_fault_dem.npz")),
        "shape": lambda: of_samples(shape),
        "class": of_shapes,
        "scene": of_scene,
    }


def timed(fit: Fit, steps: int, device: str) -> tuple[fl.Network, float]:
    """The network, and milliseconds a step."""
    fit(steps=WARM, device=device)
    network = fit(steps=steps, device=device)
    return network, 1e3 * network.training.seconds / steps


def apart(a: fl.Network, b: fl.Network) -> float:
    """How far two networks' outputs are from one another on average, over their spread."""
    d = a.d_in
    box = a.grid.box if a.grid is not None else a.seen or fl.Box([-1.0] * d, [1.0] * d)
    at = np.random.default_rng(0).uniform(box.lo, box.hi, (5000, d))
    return float(np.abs(a(at) - b(at)).mean() / max(float(np.std(a(at))), 1e-12))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(fits()))
    parser.add_argument("--steps", type=int, default=300)
    asked = parser.parse_args()
    gpu = False
    if installed("torch"):
        import torch

        gpu = torch.cuda.is_available()
        print(f"GPU: {torch.cuda.get_device_name() if gpu else 'none'}; PyTorch {torch.__version__}", flush=True)
    for kind in asked.kinds:
        fit = fits()[kind]()
        here, slow = timed(fit, asked.steps, "cpu")
        line = f"{kind:9} cpu {slow:7.2f} ms a step, loss {here.training.curve.loss[-1]:.4g}"
        if gpu:
            there, fast = timed(fit, asked.steps, "cuda")
            line += f"; gpu {fast:7.2f} ms, loss {there.training.curve.loss[-1]:.4g}; apart {apart(here, there):.1e}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
