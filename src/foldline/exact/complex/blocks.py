"""Blocks: the cells of a field, so many of them after another, and how many regions there are by a sample of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import factorial, prod

import numpy as np

from ...box import Box
from ...errors import BudgetError
from ...grid import Grid
from ..chain.form import Chain
from ..start import Start, cells_along
from ..work import Work
from . import kernel
from .cut import count_cells

BLOCKS = {1: 2**14, 2: 2**7, 3: 2**4}  # cells along each axis that are looked at together: 30,000 simplices
SAMPLED = 300  # cells by whose regions those of all are estimated
FAR = 2  # times as many as are allowed, by an estimate, are refused; three times its own error


def blocks_of(grid: Grid, box: Box, left_out: Callable[[Box], bool], parts: int = 1) -> Iterator[tuple[Box, float]]:
    """Yield the blocks of a box made of whole cells, each with the share of all that it and those before it are.

    left_out   says which blocks are none of them
    parts      of a block along each axis, where what is asked of its regions takes more memory than finding them
    """
    side = max(BLOCKS[grid.d] // parts, 1)
    blocks = [block for block in grid.blocks(side, box) if not left_out(block)]
    sizes = np.cumsum([block.volume for block in blocks])
    yield from zip(blocks, (sizes / sizes[-1]).tolist(), strict=True)


def refuse_field(work: Work, chain: Chain, box: Box, most: int) -> None:
    """Raise before the work starts if a field has more simplices, or by far more regions, in a box than are allowed.

    raises   BudgetError, with the number of simplices, and of regions as a sample tells it
    cost     that of the regions of 300 cells
    """
    assert isinstance(chain.grid, Grid)
    first, last = cells_along(chain.grid, box)
    simplices = prod((last - first).tolist()) * factorial(chain.grid.d)
    if simplices * FAR <= most:
        return
    estimate = _estimate(chain, chain.grid, box, work)
    if simplices > most or estimate > FAR * most:
        raise BudgetError(
            f"{work.who} needs a field whose regions in the box fit the budget of {most:,}; got {simplices:,} "
            f"simplices with about {_rounded(estimate)} regions. Ask about a smaller box; for totals, which keep none "
            "(foldline extrema, or fl.totals); or for a part, by Budget(regions=...) or --max-regions."
        )


def _estimate(chain: Chain, grid: Grid, box: Box, work: Work) -> float:
    """Regions of some cells, one out of each of so many equal runs of them, times as many as there are of all."""
    first, last = cells_along(grid, box)
    shape = tuple((last - first).tolist())
    runs = np.linspace(0, prod(shape), min(SAMPLED, prod(shape)) + 1).astype(np.int64)
    some = np.random.default_rng(0).integers(runs[:-1], np.maximum(runs[1:], runs[:-1] + 1))
    cells = np.stack(np.unravel_index(some, shape), axis=-1) + first
    floats = Work(work.who, "numpy" if kernel.compiled is None else "kernel", certify=False)  # whatever is to answer
    found, _ = count_cells(chain, Start.of_grid(grid, cells), floats)
    return float(found * prod(shape) / len(cells))


def _rounded(n: float) -> str:
    """A number to two digits."""
    return f"{round(n, 1 - int(np.log10(max(n, 1)))):,.0f}"
