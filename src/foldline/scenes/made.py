"""Made: fields of radiance whose numbers are known, to try and to test what is asked of them."""

from __future__ import annotations

import numpy as np

from ..box import Box
from ..grid import Grid
from ..network import Network
from ..radiance import n_outputs


def ball(cells: int = 8, density: float = 20.0, degree: int = 1) -> Network:
    """Return a field of a ball round the middle: its density rises from 0 at radius 0.8 to ``density`` there.

    cells   of the grid along each axis; its vertices have the ball's values
    returns a field whose colours change from place to place and with the direction

    >>> ball()([0.0, 0.0, 0.0]).shape
    (13,)
    """
    box = Box([-1.0] * 3, [1.0] * 3)
    shape = Grid(box, (cells,), [np.zeros(((cells + 1) ** 3, 1), np.float32)])
    places = shape.places(0, shape.indices(0, np.arange(shape.n_vertices(0))))
    radius = np.linalg.norm(places, axis=1, keepdims=True)
    grid = Grid(box, (cells,), [(1 - radius / 0.8).astype(np.float32)])
    rng = np.random.default_rng(0)
    first = np.vstack([[0.0, 0.0, 0.0, 1.0], rng.normal(0, 1.0, (7, 4))])
    last = np.vstack([[density, *np.zeros(7)], rng.normal(0, 0.2, (n_outputs(degree) - 1, 8))])
    return Network([first, last], [np.zeros(8), np.zeros(len(last))], grid=grid, meta={"kind": "scene"})
