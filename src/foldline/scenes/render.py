"""Render: pictures of a field of radiance, sampled or exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..fit.step.fused import evaluator
from ..network import Network
from ..radiance import along, colours, degree_of, densities, harmonics, span
from ..scene import Camera
from ..transform import Transform
from .exact import seen_exactly
from .space import Occupancy, filled

Array = NDArray[np.float64]
See = Callable[[Array, Array], Array]  # origins and directions (n, 3) to (n, 5), as ``seen_exactly`` tells

SAMPLES = 128  # a ray, of its way through the cube
RAYS = 2**14  # at once, sampled
EXACT_RAYS = 2**10  # at once, exact: their joints take about 100 MB


@dataclass(frozen=True, eq=False)
class View:
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
) -> list[View]:
    """Return what cameras see of a field of radiance, a View each.

    network      as ``fit_scene`` makes it
    cameras      in the units of the scene it was fitted to
    exact        in closed form between the field's joints, without an error of sampling
    samples      along a ray else, evenly in its way through the scene's cube
    background   red, green, blue from 0 to 1; that of the scene unless given
    raises       InputError for a network that is not of a scene
    cost         exact about 0.2 ms a ray that meets something; sampled a fifth of that

    >>> from foldline.scenes.made import ball
    >>> from foldline.data.rays import round_about
    >>> [view] = render(ball(), round_about(0.0, 0.0, 9), exact=True)
    >>> bool(view.opacity[4, 4] > 0.9), float(view.opacity[0, 0])
    (True, 0.0)
    """
    views = [cameras] if isinstance(cameras, Camera) else list(cameras)
    return list(rendered(network, views, exact=exact, samples=samples, background=background))


def rendered(
    network: Network, cameras: Sequence[Camera], *, exact: bool = False, samples: int = SAMPLES,
    background: Sequence[float] | None = None,
) -> Iterator[View]:  # fmt: skip
    """Give what ``render`` returns, one View after the other, so that few are held at once."""
    if samples < 1:
        raise InputError(f"render needs 1 sample a ray at least; got {samples}.")
    behind = np.array(network.meta.get("background") or (0.0, 0.0, 0.0) if background is None else background)
    if behind.shape != (3,) or not ((behind >= 0) & (behind <= 1)).all():
        raise InputError(f"render needs a background of red, green, blue from 0 to 1; got {background}.")
    there = network.transform or Transform(1.0, (0.0, 0.0, 0.0))
    see, at_once = (exactly(network), EXACT_RAYS) if exact else (sampled(network, samples), RAYS)
    for camera in cameras:
        yield _view(see, camera.moved(there), at_once, behind, there.scale, exact)


def exactly(network: Network) -> See:
    """Return what sees a field exactly, as ``seen_exactly`` does."""
    cells = filled(network)
    return lambda origins, directions: seen_exactly(network, origins, directions, cells)


def sampled(network: Network, samples: int) -> See:
    """Return what sees a field by samples in the middles of equal parts of each ray's way, as ``seen_exactly`` else.

    source   Max 1995, "Optical models for direct volume rendering", equation 8: the midpoint rule
    """
    degree, cells, ask = degree_of(network), filled(network), evaluator(network)

    def see(origins: Array, directions: Array) -> Array:
        n = len(origins)
        near, far = span(origins, directions)
        length = np.maximum(far - near, 0.0) / samples
        way = near[:, None] + (np.arange(samples) + 0.5) * length[:, None]
        rays, k = np.nonzero(_counts(origins, directions, way, cells) & (length > 0)[:, None])
        if not len(rays):
            return np.zeros((n, 5))
        at = way[rays, k]
        outputs = ask(origins[rays] + at[:, None] * directions[rays])
        taken = along(rays, densities(outputs) * length[rays], n)
        told = colours(outputs, harmonics(directions, degree)[rays])
        return np.column_stack([*(taken.sums(told[:, c]) for c in range(3)), 1 - taken.left, taken.sums(at)])

    return see


def _counts(origins: Array, directions: Array, way: Array, cells: Occupancy) -> NDArray[np.bool_]:
    """Whether places along rays, (n, samples), lie in cells that count."""
    n = len(cells)
    at = np.zeros(way.shape, dtype=np.int64)
    for axis in range(3):
        place = origins[:, axis, None] + way * directions[:, axis, None]
        at = at * n + np.clip(((place + 1) * (n / 2)).astype(np.int64), 0, n - 1)
    return cells.ravel()[at]


def _view(see: See, camera: Camera, at_once: int, behind: Array, scale: float, exact: bool) -> View:
    origins, directions = camera.rays()
    parts = [see(origins[k : k + at_once], directions[k : k + at_once]) for k in range(0, len(origins), at_once)]
    found = np.concatenate(parts)
    opacity = np.clip(found[:, 3], 0, 1)
    seen = np.clip(found[:, :3] + (1 - opacity)[:, None] * behind, 0, 1)
    depth = np.where(opacity > 0, found[:, 4] / np.where(opacity > 0, opacity, 1.0), 0.0) / scale
    size = camera.height, camera.width
    return View(seen.reshape(*size, 3), opacity.reshape(size), depth.reshape(size), exact)
