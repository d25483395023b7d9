"""Score: how near pictures of a field come to photographs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from ..same import Compared
from ..scene import Camera, Scene
from ..tasks import decibels
from .render import SAMPLES, View, rendered

Array = NDArray[np.float64]

WINDOW, REACH = 1.5, 5  # of SSIM: the width of a Gaussian, cut so far from its middle (11 pixels)
STEADY = (0.01**2, 0.03**2)  # of SSIM, for values from 0 to 1


def score(network: Network, scene: Scene, *, exact: bool = False, samples: int = SAMPLES) -> dict[str, float]:
    """Return how near a field comes to all pictures of a scene.

    returns   psnr in dB (peak 1) of the mean squared error of all their pixels; ssim, the mean over pictures; where
              they have alpha also foreground_psnr, over the pixels at which there is something; views, their number
    source    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity"
    """
    views = rendered(network, scene.cameras, exact=exact, samples=samples, background=scene.background)
    return scored(views, scene)


@dataclass(frozen=True, eq=False, repr=False)
class Judged(Compared):
    """How far a picture of a field is from a photograph: squared errors a pixel, of those that count, and SSIM.

    foreground   of those of them at which there is something; none without alpha
    """

    square: Array
    foreground: Array
    alike: float

    @property
    def told(self) -> dict[str, float]:
        """PSNR in dB, SSIM, and with alpha the PSNR of the foreground."""
        return _told([self])


@dataclass(frozen=True, eq=False, repr=False)
class Shown(Compared):
    """A photograph of a scene, or means of its pixels, beside what a field shows there.

    photograph   (height, width, 3) from 0 to 1, over the background; ``alpha``, (height, width), what it covers of that
    camera       in the units of the scene
    exact        what the camera sees of the field, sampled: by the samples of ``score``
    """

    name: str
    photograph: Array
    alpha: Array
    camera: Camera
    exact: View
    sampled: View


def shown(network: Network, scene: Scene, most: int = 3, widest: int = 200) -> list[Shown]:
    """Return pictures of a scene, of those held out where there are any, beside what a field shows instead.

    most     pictures, evenly among them
    widest   pixels along a side: larger pictures are made smaller
    """
    part = scene.part(True) if any(scene.held_out) else scene
    part = replace(part, background=network.meta.get("background"))
    kept = np.unique(np.linspace(0, len(part) - 1, most).round().astype(int)).tolist()
    sides = [(part.cameras[k].width, part.cameras[k].height) for k in kept]
    times = [min(-(-max(pair) // widest), *pair) for pair in sides]
    eyes = [part.cameras[k].smaller(by) for k, by in zip(kept, times, strict=True)]
    pairs = [[_smaller(each, by) for each in part.colours(k)] for k, by in zip(kept, times, strict=True)]
    exact, other = (rendered(network, eyes, exact=how) for how in (True, False))
    names = [part.names[k] for k in kept]
    return [
        Shown(name, photograph, alpha, *one)
        for name, (photograph, alpha), *one in zip(names, pairs, eyes, exact, other, strict=True)
    ]


def _smaller(picture: Array, by: int) -> Array:
    height, width = picture.shape[0] // by, picture.shape[1] // by
    blocks = picture[: by * height, : by * width].reshape(height, by, width, by, *picture.shape[2:])
    return np.asarray(blocks.mean(axis=(1, 3)))


def each(views: Iterable[View], scene: Scene) -> Iterator[Judged]:
    """Give how far each view of a scene's cameras is from its picture."""
    for k, view in enumerate(views):
        wanted, alpha = scene.colours(k)
        mask = scene.masks[k]
        counts = np.ones(alpha.shape, dtype=bool) if mask is None else mask
        square = np.mean((view.colours - wanted) ** 2, axis=2)
        foreground = square[counts & (alpha > 0)] if scene.pictures[k].shape[2] == 4 else np.zeros(0)
        yield Judged(square[counts], foreground, ssim(view.colours, wanted))


def scored(views: Iterable[View], scene: Scene) -> dict[str, float]:
    """Return the score of views of a scene's cameras."""
    return total(list(each(views, scene)))


def total(found: Sequence[Judged]) -> dict[str, float]:
    """Return the score of several pictures together, with their number."""
    return _told(found) | {"views": float(len(found))}


def _told(found: Sequence[Judged]) -> dict[str, float]:
    seen = np.concatenate([one.foreground for one in found])
    told = {"psnr": decibels(_mean(np.concatenate([one.square for one in found]))),
            "ssim": float(np.mean([one.alike for one in found]))}  # fmt: skip
    return told | ({"foreground_psnr": decibels(_mean(seen))} if len(seen) else {})


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
