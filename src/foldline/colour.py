"""Numbers -> colours: a few palettes, made in a space where equal steps look equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

# OKLab to linear sRGB: Ottosson 2020, "A perceptual color space for image processing"
_TO_LMS = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)

# (lightness, chroma, hue in degrees) along each palette
ERROR = ((0.93, 0.02, 95), (0.85, 0.11, 88), (0.70, 0.17, 55), (0.52, 0.19, 28), (0.32, 0.13, 12))
INSIDE = ((0.45, 0.10, 235), (0.86, 0.06, 220))
OUTSIDE = ((0.96, 0.02, 90), (0.84, 0.08, 75))
NIGHT, LIGHTEST = 0.18, 0.94  # lightness of a dark page, and of the lightest ink on it
BRIGHT = 0.64  # lightness that a full colour must have to be seen there
PALEST = 0.06  # chroma below which a colour is ink, paper or a pale area; at twice it, full
LAND = ((0.42, 0.08, 160), (0.62, 0.10, 140), (0.80, 0.09, 105), (0.72, 0.08, 70), (0.60, 0.06, 50), (0.96, 0.01, 80))
QUIET = 0.6  # what areas are paler than lines: words and points stay readable on them
GOLDEN_ANGLE = 137.507764050037  # degrees of the colour circle: successive hues stay apart however many there are
REGION_HUES = (20, 55, 85, 150, 195, 235, 275, 330)

# What is told apart by colour: blue, orange, green, pink, violet, gold.  Neighbours differ in lightness too, so that
# they stay apart for the colour-blind and in print.
SERIES = ((0.50, 0.14, 255), (0.70, 0.16, 55), (0.58, 0.11, 165), (0.66, 0.17, 0), (0.42, 0.15, 300), (0.80, 0.14, 90))
WORD = 0.52  # lightness of the palest of them that words are written in


def srgb(lightness: ArrayLike, chroma: ArrayLike, hue: ArrayLike) -> Bytes:
    """Return OKLCH colours as sRGB bytes, (..., 3); hues in degrees, what sRGB cannot show is clipped.

    >>> srgb(1.0, 0.0, 0.0).tolist()
    [255, 255, 255]
    """
    angle = np.deg2rad(np.asarray(hue, dtype=np.float64))
    lab = np.stack(np.broadcast_arrays(lightness, chroma * np.cos(angle), chroma * np.sin(angle)), axis=-1)
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_RGB.T, 0.0, 1.0)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    colours: Bytes = np.rint(255 * curved).astype(np.uint8)
    return colours


def turned_over(rgb: Array) -> Array:
    """Return colours for a dark page, (n, 3) in 0..1: lightness turned over, full colours only made bright enough.

    >>> turned_over(np.array([[1.0, 1.0, 1.0]])).round(2).tolist()
    [[0.07, 0.07, 0.07]]
    """
    lightness, a, b = (np.cbrt(_linear(rgb) @ np.linalg.inv(_TO_RGB.T)) @ np.linalg.inv(_TO_LMS.T)).T
    chroma = np.hypot(a, b)
    full = np.clip((chroma - PALEST) / PALEST, 0.0, 1.0)
    turned = (1 - full) * np.minimum(1.0 + NIGHT - lightness, LIGHTEST) + full * np.clip(lightness, BRIGHT, LIGHTEST)
    return np.asarray(srgb(turned, chroma, np.rad2deg(np.arctan2(b, a))) / 255)


def contrast(one: Array, other: Array) -> Array:
    """Return how well colours are told from others, (n, 3) in 0..1 each: from 1 to 21; words need 4.5.

    source   Web Content Accessibility Guidelines 2.2, relative luminance

    >>> contrast(np.zeros((1, 3)), np.ones((1, 3))).tolist()
    [21.0]
    """
    lights = [_linear(rgb) @ [0.2126, 0.7152, 0.0722] + 0.05 for rgb in (one, other)]
    return np.asarray(np.maximum(*lights) / np.minimum(*lights))


def words(n: int = len(SERIES)) -> tuple[str, ...]:
    """Return the first colours of ``SERIES``, as dark as words must be that stand on a pale page.

    >>> words()[0] == series()[0], words()[1] == series()[1]
    (True, False)
    """
    lightness, chroma, hue = np.array(SERIES[:n]).T
    return hexes(srgb(np.minimum(lightness, WORD), chroma, hue))


def _linear(rgb: Array) -> Array:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def ramp(stops: tuple[tuple[float, float, float], ...], n: int = 256) -> Bytes:
    """Return n colours that run evenly through the stops, (n, 3)."""
    at, knots = np.linspace(0, 1, n), np.linspace(0, 1, len(stops))
    a, b = (np.array([c * f(np.deg2rad(h)) for _, c, h in stops]) for f in (np.cos, np.sin))
    lightness = np.interp(at, knots, [stop[0] for stop in stops])
    a, b = np.interp(at, knots, a), np.interp(at, knots, b)
    return srgb(lightness, np.hypot(a, b), np.rad2deg(np.arctan2(b, a)))


def along(stops: tuple[tuple[float, float, float], ...], shares: ArrayLike) -> Bytes:
    """Return the colours at shares from 0 to 1 of the way along a palette, sRGB bytes (..., 3).

    >>> along(ERROR, [0.0, 1.0]).shape
    (2, 3)
    """
    at = np.rint(255 * np.asarray(shares, dtype=np.float64)).astype(np.int64)
    colours: Bytes = ramp(stops)[at]
    return colours


def as_bytes(values: ArrayLike) -> Bytes:
    """Return values as bytes, what is below 0 or above 1 cut off.

    >>> as_bytes([-1.0, 0.5, 2.0]).tolist()
    [0, 128, 255]
    """
    return np.asarray(np.rint(255 * np.clip(values, 0, 1)), dtype=np.uint8)


def region_palette() -> Bytes:
    """Return 64 quiet colours for neighbouring regions: 8 hues in 8 lightnesses, (64, 3)."""
    lightness = np.tile(np.linspace(0.66, 0.87, 8), len(REGION_HUES))
    return srgb(lightness, 0.085, np.repeat(REGION_HUES, 8))


def region_index(names: ArrayLike) -> Bytes:
    """Return which of the 64 colours each region takes: the top bits of its name times an odd constant (Knuth)."""
    mixed = np.asarray(names).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(58)).astype(np.uint8)


def hexes(colours: ArrayLike) -> tuple[str, ...]:
    """Return sRGB bytes, (n, 3), as they are written in a style sheet.

    >>> hexes([[255, 0, 16]])
    ('#ff0010',)
    """
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.asarray(colours).tolist())


def rgb(colours: Sequence[str]) -> Bytes:
    """Return colours of a style sheet as sRGB bytes, (n, 3).

    >>> rgb(["#ff0010"]).tolist()
    [[255, 0, 16]]
    """
    return np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours], dtype=np.uint8)


def series(paler: float = 0.0, n: int = len(SERIES)) -> tuple[str, ...]:
    """Return the six colours of ``SERIES`` and, beyond them, hues a golden angle apart; moved towards white by a share.

    >>> len(series()), series(1.0)[0], len(set(series(n=40)))
    (6, '#ffffff', 40)
    """
    more = [(0.45 + 0.11 * (k % 4), 0.13, k * GOLDEN_ANGLE) for k in range(max(0, n - len(SERIES)))]
    lightness, chroma, hue = np.array([*SERIES, *more][:n]).reshape(-1, 3).T
    return hexes(srgb(lightness + paler * (1 - lightness), chroma * (1 - paler), hue))


def mixed(shares: ArrayLike, colours: Sequence[str]) -> Bytes:
    """Return the colours mixed by shares (..., n) that sum to 1, as sRGB bytes (..., 3).

    >>> mixed([[0.5, 0.5]], ["#000000", "#ff0010"]).tolist()
    [[128, 0, 8]]
    """
    return np.asarray(np.rint(np.asarray(shares) @ rgb(colours).astype(np.float64)), dtype=np.uint8)
