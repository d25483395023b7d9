"""A training curve -> SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 34
MOST = 6  # decades that are named


def curve_svg(steps: Sequence[float], losses: Sequence[float]) -> str:
    """Return the loss against the steps, the loss on a logarithmic scale (a loss of 0 lies on the floor).

    >>> curve_svg([1, 2], [1.0, 0.1]).startswith("<svg")
    True
    """
    seen = [loss for loss in losses if loss > 0] or [1.0]
    low, high = math.floor(math.log10(min(seen))), math.ceil(math.log10(max(seen)))
    high = max(high, low + 1)
    last = max(steps, default=1) or 1

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / last

    def y(loss: float) -> float:
        share = (math.log10(loss) - low) / (high - low) if loss > 0 else 0.0
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)

    every = -(-(high - low) // MOST)
    grid = [(y(10.0**k), f"1e{k}") for k in range(low, high + 1) if k % every == 0]
    points = " ".join(f"{x(s):.1f},{y(v):.1f}" for s, v in zip(steps, losses, strict=True))
    name = f"Training loss from {losses[0]:.3g} at step {steps[0]:,} to {losses[-1]:.3g} at step {steps[-1]:,}"
    lines = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{text}</text>'
        for at, text in grid
    )
    ticks = "".join(
        f'<text x="{x(step):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{what}{step:,.0f}</text>'
        for step, anchor, what in ((0, "start", ""), (last / 2, "middle", ""), (last, "end", "step "))
    )
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">{lines}{ticks}'
        f'<polyline class="line" points="{points}"/></svg>'
    )
