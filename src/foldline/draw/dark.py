"""Light on dark: a finished sheet with every colour turned over in lightness, its hue kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..colour import turned_over
from .paper import FAINT, NODE, PAPER, PHOTO, SHADE, SOFT

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .paper import Sheet

Array = NDArray[np.float64]

# What an artist is coloured by: the methods that tell and that set it.
FACES = ("facecolor", "edgecolor")
MARKS = ("color", "markerfacecolor", "markeredgecolor")


def darken(page: Sheet) -> None:
    """Turn a finished sheet's colours over, in place: paper becomes night, ink light; photographs stay as they are."""
    for figure in page.pages:
        turn_over(figure)


def turn_over(figure: Figure) -> None:
    """Turn a figure's colours over, in place."""
    from matplotlib.artist import Artist

    kept = {id(artist) for ax in figure.axes if ax.get_gid() == PHOTO for artist in _drawn(ax)}
    for artist in figure.findobj(Artist):
        if id(artist) not in kept:
            _turn(artist)
    for ax in figure.axes:  # its ticks may be made anew at any drawing
        ax.tick_params(which="both", labelcolor=_over(SOFT), grid_color=_over(FAINT))


def _drawn(ax: Axes) -> list[Artist]:
    """What is drawn on axes, without their ticks, names and frame."""
    return [part for whole in (*ax.collections, *ax.lines, *ax.texts) for part in whole.findobj()]


def _turn(artist: Any) -> None:
    from matplotlib.collections import Collection
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    if artist.get_gid() == PHOTO:
        return
    if isinstance(artist, Text):
        if artist.get_color() != PAPER or artist.get_gid() == NODE:  # on a scale of colours, which stays, white does
            artist.set_color(_over(artist.get_color()))
        if artist.get_bbox_patch() is not None:
            _each(artist.get_bbox_patch(), FACES)
    elif isinstance(artist, Line2D):
        _each(artist, MARKS)
    elif isinstance(artist, Patch) or (isinstance(artist, Collection) and artist.get_array() is None):
        _each(artist, FACES)
    elif isinstance(artist, AxesImage) and artist.get_gid() == SHADE:
        artist.set_data(_shade(np.asarray(artist.get_array())))
    elif isinstance(artist, Collection):
        artist.set_edgecolor(_over(artist.get_edgecolor()))


def _each(artist: Any, names: tuple[str, ...]) -> None:
    """Turn what is told by each name; all is read before any is set, since some follow others."""
    told = [(name, getattr(artist, f"get_{name}")()) for name in names]
    for name, colour in told:
        getattr(artist, f"set_{name}")(_over(colour))


def _shade(image: Array) -> Array:
    """An image of our own colours, (h, w, 3 or 4) in 0..1 or bytes, turned over."""
    scale = 255.0 if image.dtype == np.uint8 else 1.0
    turned = turned_over(image[..., :3].reshape(-1, 3) / scale).reshape(*image.shape[:2], 3)
    return np.concatenate([turned, image[..., 3:] / scale], axis=-1)


def _over(colour: Any) -> Any:
    """A colour, or several, turned over; the words "none" and "auto" stay."""
    from matplotlib.colors import to_rgba_array

    if isinstance(colour, str) and colour in ("none", "auto", "face"):
        return colour
    rgba = to_rgba_array(colour)
    if not len(rgba):
        return colour
    turned: Array = np.column_stack([turned_over(rgba[:, :3]), rgba[:, 3]])
    return turned if np.ndim(colour) == 2 else turned[0]
