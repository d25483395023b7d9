"""A grid of features as a torch module, and back: what stands in front of the layers of a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..box import Box
from ..errors import NetworkError
from ..grid import Grid
from ..slice import Slice

if TYPE_CHECKING:
    import torch

NAME = "Folded"


def module_of_grid(grid: Grid | Slice) -> torch.nn.Module:
    """Return a float64 torch module with a grid's features as parameters: (..., d) in, what the first layer reads out.

    source   as ``Grid.corners``: the simplex around a point, by sorting how far it is through its cell along each axis
    raises   NetworkError for a slice, which keeps no features of its own
    """
    import torch

    if isinstance(grid, Slice):
        raise NetworkError(f"to_torch needs a field with its own inputs; got {grid}. Take the whole, network.field.")

    class Folded(torch.nn.Module):
        """Levels of features over a box, linear on each simplex of their grids."""

        def __init__(self, given: Grid) -> None:
            super().__init__()
            self.sizes = given.sizes
            self.features = torch.nn.ParameterList(
                torch.from_numpy(f.astype(np.float64)).requires_grad_() for f in given.features
            )
            self.register_buffer("lo", torch.from_numpy(given.box.lo.copy()))
            self.register_buffer("hi", torch.from_numpy(given.box.hi.copy()))
            for level, rows in enumerate(given.rows):
                self.register_buffer(f"rows{level}", None if rows is None else torch.from_numpy(rows.copy()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            inside = torch.minimum(torch.maximum(x, self.lo), self.hi)  # type: ignore[arg-type]
            along = (inside - self.lo) / (self.hi - self.lo)  # type: ignore[operator]
            levels = [self.level(level, along * n) for level, n in enumerate(self.sizes)]
            return torch.cat([inside, *levels], dim=-1)

        def level(self, level: int, along: torch.Tensor) -> torch.Tensor:
            n, d = self.sizes[level], along.shape[-1]
            cell = along.detach().floor().clamp(0, n - 1)
            within, order = (along - cell).sort(dim=-1, descending=True, stable=True)
            strides = torch.tensor([(n + 1) ** axis for axis in range(d - 1, -1, -1)], device=along.device)
            first = (cell.long() * strides).sum(dim=-1, keepdim=True)
            vertices = torch.cat([first, strides[order]], dim=-1).cumsum(dim=-1)
            one, none = torch.ones_like(within[..., :1]), torch.zeros_like(within[..., :1])
            shares = torch.cat([one, within], dim=-1) - torch.cat([within, none], dim=-1)
            return (shares[..., None] * self.values(level, vertices)).sum(dim=-2)

        def values(self, level: int, vertices: torch.Tensor) -> torch.Tensor:
            rows, features = getattr(self, f"rows{level}"), self.features[level]
            found: torch.Tensor
            if rows is None:
                found = features[vertices]
                return found
            if not len(rows):
                return torch.zeros(*vertices.shape, features.shape[1], dtype=features.dtype, device=features.device)
            at = torch.searchsorted(rows, vertices).clamp(max=len(rows) - 1)
            found = features[at] * (rows[at] == vertices)[..., None]
            return found

    return Folded(grid)


def grid_of_module(module: Any) -> Grid:
    """Return the grid of a module that ``module_of_grid`` made.

    raises   NetworkError for features that float32 does not hold
    """
    given = [f.detach().cpu().numpy() for f in module.features]
    features = [f.astype(np.float32) for f in given]
    if not all(np.array_equal(f, g) for f, g in zip(features, given, strict=True)):
        raise NetworkError("from_torch needs features that float32 holds; got float64 ones. Call module.float() first.")
    rows = [getattr(module, f"rows{level}") for level in range(len(features))]
    box = Box(*(side.cpu().numpy().astype(np.float64) for side in (module.lo, module.hi)))
    return Grid(box, module.sizes, features, [None if r is None else r.cpu().numpy() for r in rows])
