"""Drawing of many regions: python bench/drawing.py.

Prints, a network of two inputs: regions, seconds of ``regions.plot``, and of a picture written as PNG (the plot
included), SVG and PDF, whose very many polygons are pixels in a drawing.  Figures are processor time of one core.

Bars: 50,000 polygons by ``plot`` in 2 s; a picture of 300,000 as PNG in 5 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from foldline import Box, Network
from foldline.draw.picture import picture
from foldline.exact.regions import Regions, regions

WIDTHS = ((2, 60, 60, 1), (2, 210, 210, 1), (2, 512, 512, 1))
KINDS = ("png", "svg", "pdf")
BOX = Box([-2, -2], [2, 2])


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one go."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def network(widths: tuple[int, ...]) -> Network:
    rng = np.random.default_rng(0)
    return Network([rng.normal(size=(b, a)) for a, b in pairwise(widths)], [rng.normal(size=b) for b in widths[1:]])


def plotted(found: Regions) -> None:
    from matplotlib.figure import Figure

    found.plot(Figure().subplots())


def pictured(found: Regions, kind: str) -> int:
    """Bytes of the picture."""
    return len(picture(found).encode(kind))


def main() -> None:
    print(f"{'regions':>9} {'plot':>7} {'png':>7} {'svg':>7} {'pdf':>7}   bytes of the three")
    for widths in WIDTHS:
        found = regions(network(widths), BOX)
        told = [seconds(partial(plotted, found)), *(seconds(partial(pictured, found, kind)) for kind in KINDS)]
        sizes = ", ".join(f"{pictured(found, kind):,}" for kind in KINDS)
        print(f"{len(found):9,} {' '.join(f'{value:6.2f}s' for value in told)}   {sizes}")


if __name__ == "__main__":
    main()
