"""Score: how near pictures of a field come to photographs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..colour import as_bytes
from ..network import Network
from ..scene import Scene
from ..tasks import decibels
from .render import SAMPLES, View, rendered

Array = NDArray[np.float64]

WINDOW, REACH = 1.5, 5  # of SSIM: the width of a Gaussian, cut so far from its middle (11 pixels)
STEADY = (0.01**2, 0.03**2)  # of SSIM, for values from 0 to 1


def score(
    network: Network, scene: Scene, *, exact: bool = False, samples: int = SAMPLES
) -> dict[str, float]:
    """Return how near a field comes to all pictures of a scene.

    returns   psnr in dB (peak 1) of the mean squared error of all their pixels; ssim, the mean over pictures; where
              they have alpha also foreground_psnr, over the pixels at which there is something; views, their number
    source    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity"
    """
    views = rendered(network, scene.cameras, exact=exact, samples=samples, background=scene.background)
    return scored(views, scene)


def sheet(network: Network, scene: Scene, most: int = 4) -> NDArray[np.uint8]:
    """Return pictures of a scene, of those held out where there are any, above what a field shows instead.

    most      pictures, evenly among them
    returns   (2 * height, n * width, 3) uint8, of the pictures that have the first one's size
    """
    shown = scene.part(True) if any(scene.held_out) else scene
    shown = replace(shown, background=network.meta.get("background"))
    size = shown.pictures[0].shape[:2]
    kept = [k for k, picture in enumerate(shown.pictures) if picture.shape[:2] == size]
    kept = [kept[i] for i in np.unique(np.linspace(0, len(kept) - 1, most).round().astype(int))]
    views = rendered(network, [shown.cameras[k] for k in kept], exact=True)
    pairs = [np.concatenate([shown.colours(k)[0], view.colours]) for k, view in zip(kept, views, strict=True)]
    return as_bytes(np.concatenate(pairs, axis=1))


def scored(views: Iterable[View], scene: Scene) -> dict[str, float]:
    """Return the score of views of a scene's cameras."""
    errors, foreground, alike = [], [], []
    n = 0
    for k, view in enumerate(views):
        n = k + 1
        wanted, alpha = scene.colours(k)
        mask = scene.masks[k]
        counts = np.ones(alpha.shape, dtype=bool) if mask is None else mask
        square = np.mean((view.colours - wanted) ** 2, axis=2)
        errors.append(square[counts])
        foreground.append(square[counts & (alpha > 0)] if scene.pictures[k].shape[2] == 4 else np.zeros(0))
        alike.append(ssim(view.colours, wanted))
    found = {"psnr": decibels(_mean(np.concatenate(errors))), "ssim": float(np.mean(alike))}
    seen = np.concatenate(foreground)
    return found | ({"foreground_psnr": decibels(_mean(seen))} if len(seen) else {}) | {"views": float(n)}


def ssim(a: Array, b: Array) -> float:
    """Return the structural similarity of two pictures, (height, width, 3) from 0 to 1: the mean over their pixels.

    source   Wang et al. 2004, equation 13, with a Gaussian window of 11 pixels

    >>> ssim(np.zeros((4, 4, 3)), np.zeros((4, 4, 3)))
    1.0
    """
    from scipy.ndimage import gaussian_filter

    def mean(values: Array) -> Array:
        smooth: Array = gaussian_filter(values, (WINDOW, WINDOW, 0), radius=(REACH, REACH, 0), mode="reflect")
        return smooth

    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    one, two = STEADY
    top, bottom = (2 * ma * mb + one) * (2 * both + two), (ma * ma + mb * mb + one) * (va + vb + two)
    return float(np.mean(top / bottom))


def _mean(squares: Array) -> float:
    return float(np.mean(squares)) if len(squares) else 0.0
