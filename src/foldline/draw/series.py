"""A signal and its fit -> SVG: the values as they are, the curve with its exact joints."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH, HEIGHT = 1000, 260
LEFT, RIGHT, TOP, BOTTOM = 76, 12, 10, 30
MOST_DOTS = 1_500  # values drawn one by one; more are drawn as what they reach in each column
COLUMNS = 900
TICKS = 4


def series_svg(times: Array, values: Array, joints: Array, heights: Array, *, dots: bool, name: str) -> str:
    """Return one channel: values (n,) at times (n,), the fit through (joints, heights), both (m,).

    dots   draw the joints as well, all corners but the two ends
    """
    lo, hi = float(min(times[0], joints[0])), float(max(times[-1], joints[-1]))
    low, high = float(min(values.min(), heights.min())), float(max(values.max(), heights.max()))
    span = (high - low) or 1.0

    def place(x: Array, y: Array) -> Array:
        across = LEFT + (WIDTH - LEFT - RIGHT) * (x - lo) / ((hi - lo) or 1.0)
        return np.stack([across, TOP + (HEIGHT - TOP - BOTTOM) * (1 - (y - low) / span)], axis=1)

    data = _dots(place(times, values), 3.2 if dots else 1.8) if len(times) <= MOST_DOTS else _band(place(times, values))
    line = _thinned(place(joints, heights))
    marks = "".join(f'<circle class="joint" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in line[1:-1]) if dots else ""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
    return (
        f'<svg class="series" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">{_axes(lo, hi, low, high)}'
        f'{data}<polyline class="line" points="{points}"/>{marks}</svg>'
    )


def _axes(lo: float, hi: float, low: float, high: float) -> str:
    rows = [(TOP + (HEIGHT - TOP - BOTTOM) * (1 - k / TICKS), low + (high - low) * k / TICKS) for k in range(TICKS + 1)]
    lines = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_tick(value, high - low)}</text>'
        for y, value in rows
    )
    ends = ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
    ticks = "".join(
        f'<text x="{LEFT + (WIDTH - LEFT - RIGHT) * at:.0f}" y="{HEIGHT - 8}" text-anchor="{anchor}">'
        f"{lo + (hi - lo) * at:.6g}</text>"
        for at, anchor in ends
    )
    return lines + ticks


def _tick(value: float, span: float) -> str:
    """A height to a hundredth of what all of them span.

    >>> _tick(-0.0041953, 0.4), _tick(12345.6, 9000.0), _tick(1.25e-9, 3e-9)
    ('-0.004', '12346', '1.25e-09')
    """
    digits = max(0, 2 - math.floor(math.log10(span))) if 1e-3 <= span < 1e7 else None
    return f"{value:.3g}" if digits is None else f"{value:.{digits}f}"


def _dots(at: Array, radius: float) -> str:
    return "".join(f'<circle class="data" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>' for x, y in at)


def _band(at: Array) -> str:
    """What many values reach in each column of the drawing."""
    return f'<path class="band" d="{"".join(f"M{x:.1f} {a:.1f}V{b:.1f}" for x, a, b in _reach(at))}"/>'


def _thinned(at: Array) -> Array:
    """A polyline with no more corners than can be seen: of each column the first, the least, the largest, the last."""
    if len(at) <= 4 * COLUMNS:
        return at
    column = np.minimum(((at[:, 0] - at[0, 0]) / (at[-1, 0] - at[0, 0]) * COLUMNS).astype(np.int64), COLUMNS - 1)
    kept = set()
    for k in np.unique(column):
        own = np.flatnonzero(column == k)
        kept |= {own[0], own[-1], own[at[own, 1].argmin()], own[at[own, 1].argmax()]}
    return at[sorted(kept)]


def _reach(at: Array) -> Array:
    column = np.minimum(((at[:, 0] - LEFT) / (WIDTH - LEFT - RIGHT) * COLUMNS).astype(np.int64), COLUMNS - 1)
    first = np.flatnonzero(np.diff(column, prepend=-1))
    least, most = np.minimum.reduceat(at[:, 1], first), np.maximum.reduceat(at[:, 1], first)
    return np.stack([at[first, 0], least, most + 0.5], axis=1)
