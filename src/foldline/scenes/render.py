"""Render: pictures of a field of radiance, sampled or exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..fit.rays import as32, met
from ..fit.step.evaluate import evaluator
from ..network import Network
from ..radiance import along, colours, degree_of, densities, harmonics, span
from ..same import Compared
from ..scene import Camera
from ..transform import Transform
from .exact import seen_exactly
from .space import filled

Array = NDArray[np.float64]
See = Callable[[Array, Array], Array]  # origins and directions (n, 3) to (n, 5), as ``seen_exactly`` tells

SAMPLES = 128  # a ray, of its way through the cube
RAYS = 2**14  # at once, sampled
EXACT_RAYS = 2**9  # at once, exact: their joints take about 50 MB


@dataclass(frozen=True, eq=False, repr=False)
class View(Compared):
    """What a camera sees of a field.

    colours   (height, width, 3) from 0 to 1, over the background
    opacity   (height, width) from 0 to 1
    depth     (height, width) how far along its ray the mean of what is seen lies, in the units of the cameras; 0 where
              nothing is
    exact     whether there is no error of sampling
    """

    colours: Array
    opacity: Array
    depth: Array
    exact: bool


def render(
    network: Network,
    cameras: Camera | Sequence[Camera],
    *,
    exact: bool = False,
    samples: int = SAMPLES,
    background: Sequence[float] | None = None,
    device: str = "cpu",
) -> list[View]:
    """Return what cameras see of a field of radiance, a View each.

    network      as ``fit_scene`` makes it
    cameras      in the units of the scene it was fitted to
    exact        in closed form between the field's joints, without an error of sampling
    samples      along a ray else, evenly in its way through the scene's cube
    background   red, green, blue from 0 to 1; that of the scene unless given
    device       "cuda" is a GPU, by PyTorch, for pictures that are sampled; "auto" is the CPU
    raises       InputError for a network that is not of a scene
    cost         exact about 0.2 ms a ray that meets something; sampled a ninth of that

    >>> from foldline.scenes.made import ball
    >>> from foldline.data.rays import round_about
    >>> [view] = render(ball(), round_about(0.0, 0.0, 9), exact=True)
    >>> bool(view.opacity[4, 4] > 0.9), float(view.opacity[0, 0])
    (True, 0.0)
    """
    views = [cameras] if isinstance(cameras, Camera) else list(cameras)
    return list(rendered(network, views, exact=exact, samples=samples, background=background, device=device))


def rendered(
    network: Network, cameras: Sequence[Camera], *, exact: bool = False, samples: int = SAMPLES,
    background: Sequence[float] | None = None, device: str = "cpu",
) -> Iterator[View]:  # fmt: skip
    """Give what ``render`` returns, one View after the other, so that few are held at once."""
    if samples < 1:
        raise InputError(f"render needs 1 sample a ray at least; got {samples}.")
    if exact and device not in ("auto", "cpu"):
        raise InputError(f"render needs device 'cpu' for exact pictures; got {device!r}. Leave one of both out.")
    behind = np.array(network.meta.get("background") or (0.0, 0.0, 0.0) if background is None else background)
    if behind.shape != (3,) or not ((behind >= 0) & (behind <= 1)).all():
        raise InputError(f"render needs a background of red, green, blue from 0 to 1; got {background}.")
    there = network.transform or Transform(1.0, (0.0, 0.0, 0.0))
    see, at_once = (exactly(network), EXACT_RAYS) if exact else (sampled(network, samples, device), RAYS)
    for camera in cameras:
        yield _view(see, camera.moved(there), at_once, behind, there.scale, exact)


def exactly(network: Network) -> See:
    """Return what sees a field exactly, as ``seen_exactly`` does."""
    cells = filled(network)
    return lambda origins, directions: seen_exactly(network, origins, directions, cells)


def sampled(network: Network, samples: int, device: str = "cpu") -> See:
    """Return what sees a field by samples in the middles of equal parts of each ray's way, as ``seen_exactly`` else.

    source   Max 1995, "Optical models for direct volume rendering", equation 8: the midpoint rule
    """
    degree, cells, on = degree_of(network), filled(network), evaluator(network, device)
    put, there = on.put, on.put(cells)

    def see(origins: Array, directions: Array) -> Array:
        n = len(origins)
        near, far = span(origins, directions)
        length = np.maximum(far - near, 0.0) / samples
        meet = np.flatnonzero(length > 0)
        way = near[meet, None] + (np.arange(samples) + 0.5) * length[meet, None]
        rays, way = put(np.repeat(meet, samples)), put(as32(way.ravel()))
        keep, places = met(rays, way, put(as32(origins)), put(as32(directions)), there)
        if not len(keep):
            return np.zeros((n, 5))
        rays, way, outputs = rays[keep], way[keep], on.ask(places)
        taken = along(rays, densities(outputs) * put(length)[rays], n)
        told = colours(outputs, put(as32(harmonics(directions, degree)))[rays])
        sums = [*(taken.sums(told[:, c]) for c in range(3)), 1 - taken.left, taken.sums(way)]
        return np.column_stack([on.get(values) for values in sums])

    return see


def _view(see: See, camera: Camera, at_once: int, behind: Array, scale: float, exact: bool) -> View:
    origins, directions = camera.rays()
    parts = [see(origins[k : k + at_once], directions[k : k + at_once]) for k in range(0, len(origins), at_once)]
    found = np.concatenate(parts)
    opacity = np.clip(found[:, 3], 0, 1)
    seen = np.clip(found[:, :3] + (1 - opacity)[:, None] * behind, 0, 1)
    depth = np.where(opacity > 0, found[:, 4] / np.where(opacity > 0, opacity, 1.0), 0.0) / scale
    size = camera.height, camera.width
    return View(seen.reshape(*size, 3), opacity.reshape(size), depth.reshape(size), exact)
