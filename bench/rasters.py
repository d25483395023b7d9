"""The sections images, elevation and signals of bench/fields.py: fields beside SIREN and Fourier features.

All methods get the same processor seconds on one core: the steps that fit are found by timing a few of each first, so
that a busy machine changes nothing.  Every figure is over all samples; "between" is half-way between them, against the
bicubic function (of a signal Akima's curve) through all of them; what is kept aside is never seen by a fit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from foldline import Network, Samples, fit, read
from foldline.facts.rasters import raster_facts
from foldline.files.image import pixel_centres

DATA = Path(__file__).parents[1] / "data"
SIDE = 256
CUT = {"chelsea": (60, 20, 316, 276)}  # chelsea is cut to a square of 256, the others are halved (Lanczos)
ON_PIXELS = {"chelsea": 43.0, "astronaut": 41.0, "camera": 49.0}
TRIAL = 0.3  # seconds of steps that tell how many fit
RIVALS = {"siren": {"architecture": "siren"}, "fourier": {"architecture": "fourier"}}
SIZE = 105_000  # numbers, at most


def picture(name: str) -> Samples:
    """An image of 256 x 256 pixels."""
    image = Image.open(DATA / "image" / f"{name}.png")
    square = image.crop(CUT[name]) if name in CUT else image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    values = np.asarray(square).reshape(SIDE * SIDE, -1) / 255.0
    told = {"source": name, "width": SIDE, "height": SIDE, "channels": values.shape[1]}
    return Samples(pixel_centres(SIDE, SIDE), values, "image", ("x", "y"), meta=told)


def temperatures() -> Samples:
    """Monthly sea-surface temperatures of four regions of the Pacific since 1950, in degrees, over years."""
    table = np.load(DATA / "signal" / "sst_nino3.npz")["data"]
    return Samples(table[:, :1] + (table[:, 1:2] - 0.5) / 12, table[:, 2::2], "signal", ("t",))


def in_time(samples: Samples, seconds: float, seed: int, **how: Any) -> tuple[Network, float]:
    """A fit of about so many processor seconds, and those it took."""

    def taken(steps: int) -> tuple[Network, float]:
        begin = time.process_time()
        found = fit(samples, steps=steps, seed=seed, **how)
        return found, time.process_time() - begin

    taken(1)  # what is loaded by the first
    around, steps, spent = taken(1)[1], 16, 0.0
    while spent < TRIAL:
        steps *= 2
        spent = taken(steps)[1] - around
    return taken(max(1, int((seconds - around) * steps / spent)))


def said(ok: bool, bar: str) -> str:
    return f"{bar}: {'yes' if ok else 'NO'}"


def fitted(
    name: str, samples: Samples, seconds: float, seed: int, method: str, how: dict[str, object]
) -> tuple[Network, Mapping[str, float], Callable[..., str]]:
    """A network fitted in a time, what is told of it, and a row that says it by one measure."""
    network, took = in_time(samples, seconds, seed, **how)
    told = network.training.final

    def row(measure: str, form: str, unit: str = "") -> str:
        on, between = told[measure], told[f"{measure}_between"]
        return (
            f"{name:12} seed {seed} {method:8} {network.n_parameters:8,} numbers {network.training.steps:7,} steps "
            f"{took:5.1f} s   on {on:{form}}{unit}   between {between:{form}}{unit}"
        )

    return network, told, row


def images(seconds: float | None, seeds: int) -> Iterator[str]:
    """256 x 256 pixels; 10 s."""
    methods = {"default": {}, "pixels": {"preset": "pixels"}, **RIVALS}
    for name, least in ON_PIXELS.items():
        for seed in range(seeds):
            samples, best = picture(name), {}
            for method, how in methods.items():
                network, told, row = fitted(name, samples, seconds or 10.0, seed, method, how)
                best[method] = told["psnr"]
                yield row("psnr", "6.2f", " dB")
                if method == "pixels":
                    fine = told["psnr"] >= least and network.n_parameters <= SIZE
                    yield said(fine, f"  on the pixels >= {least} dB with <= {SIZE:,} numbers")
                if method == "default" and name == "chelsea":
                    yield said(min(told["psnr"], told["psnr_between"]) >= 38.5, "  both >= 38.5 dB by default")
            ahead = best["pixels"] - max(best["siren"], best["fourier"])
            yield said(ahead >= 10, f"  {ahead:.1f} dB above the better rival, >= 10")


def elevation(seconds: float | None, seeds: int) -> Iterator[str]:
    """Jacksboro, 344 x 403 cells, metres; 30 s."""
    samples = read(DATA / "raster" / "jacksboro_fault_dem.npz")
    for seed in range(seeds):
        for method, how in {"default": {}, **RIVALS}.items():
            network, told, row = fitted("jacksboro", samples, seconds or 30.0, seed, method, how)
            yield row("rms_error", "6.2f", " m")
            if method == "default":
                fine = told["rms_error"] <= 2.2 and network.n_parameters < len(samples)
                yield said(fine, "  <= 2.2 m with fewer numbers than cells")
                yield from beside(network, samples)
        network, took = in_time(samples, seconds or 30.0, seed, holdout=0.05)
        aside = network.training.held_out
        others = {name[13:]: value for name, value in aside.items() if name.startswith("rms_error of ")}
        yield (
            f"jacksboro  seed {seed} 5 % aside, {took:.1f} s: {aside['rms_error']:.2f} m; "
            + ", ".join(f"{name} {value:.2f} m" for name, value in others.items())
        )
        yield said(aside["rms_error"] < others["mean of 4 neighbours"], "  better than the mean of 4 neighbours")
        yield said(aside["rms_error"] < 2.9, "  reach: better than the stencil of 8 (2.9 m where all 8 are known)")


def signals(seconds: float | None, seeds: int) -> Iterator[str]:
    """An electrocardiogram and temperatures; 3 s."""
    for name, samples in {"ecg": read(DATA / "signal" / "ecg.npz"), "temperatures": temperatures()}.items():
        for seed in range(seeds):
            for method, how in {"default": {}, **RIVALS}.items():
                network, told, row = fitted(name, samples, seconds or 3.0, seed, method, how)
                yield row("range_error", "8.3%")
                if method == "default":
                    yield said(told["range_error"] <= 0.01, "  <= 1 % of the range")
                    yield from beside(network, samples)
            network, _ = in_time(samples, seconds or 3.0, seed, holdout=0.1)
            aside = network.training.held_out
            line = aside["rms_error of linear interpolation"]
            yield said(
                aside["rms_error"] < line, f"  a tenth aside {aside['rms_error']:.4g}, straight lines {line:.4g}"
            )


def beside(network: Network, samples: Samples) -> Iterator[str]:
    """No training and plain interpolation."""
    for name, value in raster_facts(network, samples).rows()[:-1]:
        yield f"  {name}: {value}"
