"""A network as it is -> characters of a terminal: half blocks in colour, shades without, dots for curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..colour import INSIDE, OUTSIDE, as_bytes, ramp
from ..fit.measure import evaluated
from ..network import Network
from ..samples import Samples
from .relief import relief

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

SHADES = " .:-=+*#%@"
GREY = np.array([0.2126, 0.7152, 0.0722])  # luminance of red, green and blue (ITU-R BT.709)
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # of a braille character, row by row
BRAILLE = 0x2800
BAND = 0.05  # of a distance: one colour for so much
N_BANDS = 6


def frame(network: Network, samples: Samples, columns: int, rows: int, *, colour: bool) -> str:
    """Return a network in at most so many columns and rows of characters; empty for samples that have no picture.

    Images and maps are drawn as they look, a signal as the curve of its first channel, a signed distance in the plane
    through its middle.
    colour   by the terminal's codes; else in shades
    cost     the network at two places a character, of a curve at eight
    """
    if samples.kind == "signal":
        return curve(_series(network, samples, 2 * columns), rows)
    pixels = _pixels(network, samples, columns, 2 * rows)
    return "" if pixels is None else blocks(pixels) if colour else shades(pixels)


def blocks(pixels: Bytes) -> str:
    """Return a picture (height, width, 3) as half blocks, two pixels a character, in the terminal's 24-bit colours.

    >>> blocks(np.zeros((2, 1, 3), dtype=np.uint8))
    '\\x1b[38;2;0;0;0;48;2;0;0;0m▀\\x1b[0m'
    """
    even = pixels if len(pixels) % 2 == 0 else np.concatenate([pixels, pixels[-1:]])
    lines = []
    for upper, lower in zip(even[::2], even[1::2], strict=True):
        cells = (
            f"\x1b[38;2;{a[0]};{a[1]};{a[2]};48;2;{b[0]};{b[1]};{b[2]}m▀"
            for a, b in zip(upper.tolist(), lower.tolist(), strict=True)
        )
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)


def shades(pixels: Bytes) -> str:
    """Return a picture (height, width, 3) as characters from dark to bright, two pixels above each other in one.

    >>> shades(np.full((2, 2, 3), 255, dtype=np.uint8))
    '@@'
    """
    even = pixels if len(pixels) % 2 == 0 else np.concatenate([pixels, pixels[-1:]])
    grey = (even[::2] @ GREY + even[1::2] @ GREY) / 510
    at = np.clip((grey * len(SHADES)).astype(np.int64), 0, len(SHADES) - 1)
    return "\n".join("".join(SHADES[k] for k in row) for row in at.tolist())


def curve(values: Array, rows: int) -> str:
    """Return numbers, two a character, as a curve of braille dots in so many rows of characters.

    >>> curve(np.array([0.0, 1.0]), 1)
    '⡞'
    """
    low, high = float(values.min()), float(values.max())
    height = 4 * rows
    at = np.rint((1 - (values - low) / ((high - low) or 1.0)) * (height - 1)).astype(np.int64)
    dots = np.zeros((height, len(values) + len(values) % 2), dtype=bool)
    for x, (y, before) in enumerate(zip(at, np.concatenate([at[:1], at[:-1]]), strict=True)):
        middle = (y + before) // 2  # half of a rise belongs to the column before
        dots[min(y, middle + (before < y)) : max(y, middle) + 1, x] = True
        if x and before != y:
            dots[min(before, middle) : max(before, middle) + 1, x - 1] = True
    cells = dots.reshape(rows, 4, -1, 2).transpose(0, 2, 1, 3)
    codes = BRAILLE + (cells * DOTS).sum(axis=(2, 3))
    return "\n".join("".join(map(chr, row)) for row in codes.tolist())


def _series(network: Network, samples: Samples, n: int) -> Array:
    times = np.linspace(samples.inputs.min(), samples.inputs.max(), n)
    return evaluated(network, times[:, None])[:, 0]


def _pixels(network: Network, samples: Samples, columns: int, rows: int) -> Bytes | None:
    """The picture of a network with square pixels, no larger than asked for."""
    if samples.kind == "distance" and samples.d_in == 3:
        return _slice(network, min(columns, rows))
    lattice = samples.lattice
    if lattice is None:
        return None
    height, width = lattice.shape
    times = min(columns / width, rows / height, 1.0)
    size = max(1, int(height * times)), max(1, int(width * times))
    row, column = (np.linspace(0, n - 1, m).round().astype(np.int64) for n, m in zip(lattice.shape, size, strict=True))
    places = lattice.centres.reshape(height, width, 2)[np.ix_(row, column)].reshape(-1, 2)
    values = evaluated(network, places).reshape(*size, -1)
    if samples.kind == "image":
        colours = as_bytes(values)
        return colours if colours.shape[2] == 3 else np.repeat(colours[..., :1], 3, axis=2)
    return relief(values[..., 0], lattice)


def _slice(network: Network, n: int) -> Bytes:
    """The plane z = 0 of a signed distance in bands, blue inside, sand outside."""
    axis = np.linspace(-1, 1, n)
    x, y = np.meshgrid(axis, axis[::-1])
    values = evaluated(network, np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3))[:, 0].reshape(n, n)
    colours = np.concatenate([ramp(INSIDE, N_BANDS), ramp(OUTSIDE, N_BANDS)])
    band = np.clip(np.floor(values / BAND) + N_BANDS, 0, 2 * N_BANDS - 1)
    found: Bytes = colours[band.astype(np.int64)]
    return found
