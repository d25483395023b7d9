"""Networks in the characters of a terminal."""

from __future__ import annotations

import io
import re
from importlib import import_module

import numpy as np
import pytest
from rich.console import Console

import foldline as fl
from foldline.cli.app import progress_of
from foldline.cli.preview import Preview, preview_on
from foldline.draw.blocks import blocks, curve, frame, shades
from foldline.files.image import pixel_centres
from foldline.raster import Lattice

CODE = re.compile(r"\x1b\[[0-9;]*m")
COLOURS = re.compile(r"38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m")


def constant(value: float, d_in: int, d_out: int = 1) -> fl.Network:
    return fl.Network([np.zeros((d_out, d_in))], [np.full(d_out, value)])


def image(width: int, height: int) -> fl.Samples:
    at = pixel_centres(width, height)
    return fl.Samples(at, np.zeros((len(at), 3)), "image", meta={"width": width, "height": height})


def ramp_network() -> fl.Network:
    """Brighter to the right."""
    return fl.Network([[[0.5, 0.0]] * 3], [[0.5] * 3])


@pytest.mark.parametrize(("width", "height"), [(40, 30), (200, 30), (30, 200), (3, 3)])
def test_an_image_is_drawn_with_square_pixels_and_fits(width: int, height: int) -> None:
    lines = CODE.sub("", frame(ramp_network(), image(width, height), 60, 20, colour=True)).split("\n")
    assert len({len(line) for line in lines}) == 1 and len(lines[0]) <= 60 and len(lines) <= 20
    assert abs(len(lines[0]) / (2 * len(lines)) - width / height) < 0.35 * width / height + 0.5


def test_half_blocks_have_the_colours_of_the_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, size=(4, 5, 3)).astype(np.uint8)
    found = np.array([tuple(map(int, one)) for one in COLOURS.findall(blocks(pixels))]).reshape(2, 5, 2, 3)
    assert np.array_equal(found[:, :, 0], pixels[::2]) and np.array_equal(found[:, :, 1], pixels[1::2])


def test_without_colours_brighter_is_denser() -> None:
    drawn = frame(ramp_network(), image(40, 30), 40, 15, colour=False)
    assert "\x1b" not in drawn and drawn.split("\n")[0][0] == " " and drawn.split("\n")[0][-1] == "@"
    assert shades(np.zeros((3, 2, 3), dtype=np.uint8)) == "  \n  "


@pytest.mark.parametrize("rows", [1, 4, 9])
def test_a_curve_has_a_dot_at_every_value(rows: int) -> None:
    values = np.sin(np.linspace(0, 7, 60))
    codes = np.array([[ord(c) - 0x2800 for c in line] for line in curve(values, rows).split("\n")])
    bits = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
    dots = ((codes[:, None, :, None] & bits[None, :, None, :]) > 0).reshape(4 * rows, 60)
    at = np.rint((1 - (values - values.min()) / np.ptp(values)) * (4 * rows - 1)).astype(int)
    assert dots[at, np.arange(60)].all() and dots.any(axis=0).all()


def test_a_signal_a_map_and_a_shape_have_their_pictures() -> None:
    times = np.linspace(0, 1, 50)[:, None]
    line = fl.Network([[[1.0]]], [[0.0]])
    drawn = frame(line, fl.Samples(times, times, "signal"), 30, 6, colour=True)
    assert len(drawn.split("\n")) == 6 and drawn.split("\n")[0][0] == "⠀" != drawn.split("\n")[0][-1]
    lattice = Lattice((10, 20), (0.0, 9.0), (1.0, -1.0))
    told = {"rows": 10, "columns": 20, "x": [0.0, 19.0], "y": [9.0, 0.0]}
    hills = fl.Samples(lattice.centres, np.zeros(200), "elevation", meta=told)
    assert len(COLOURS.findall(frame(ramp_network_of_one(), hills, 40, 12, colour=True))) == 5 * 20
    ball = fl.Samples(np.zeros((2, 3)), np.zeros(2), "distance")
    inside, outside = (set(COLOURS.findall(frame(constant(v, 3), ball, 10, 5, colour=True))) for v in (-0.3, 0.3))
    assert len(inside) == len(outside) == 1 and inside != outside
    assert frame(constant(0.0, 2), fl.Samples(np.zeros((2, 2)), np.zeros(2)), 10, 5, colour=True) == ""


def ramp_network_of_one() -> fl.Network:
    return fl.Network([[[1.0, 0.0]]], [[0.0]])


@pytest.mark.parametrize(("plain", "found"), [(False, "▀"), (True, "@")])
def test_the_preview_stands_above_the_bar_on_a_terminal(plain: bool, found: str) -> None:
    out = io.StringIO()
    show = Console(file=out, force_terminal=True, color_system="truecolor", no_color=plain, width=40, height=20)
    live = preview_on(True, image(20, 10), show)
    assert live is not None
    with progress_of(show, "fitting", live.text) as tell:
        live(ramp_network())
        tell(1, 2, 0.5, 0.1)
    assert found in out.getvalue() and "fitting" in out.getvalue()


def test_there_is_no_preview_without_a_terminal_or_a_wish() -> None:
    terminal, file = Console(file=io.StringIO(), force_terminal=True), Console(file=io.StringIO())
    assert preview_on(False, image(2, 2), terminal) is None and preview_on(True, image(2, 2), file) is None
    assert isinstance(preview_on(True, image(2, 2), terminal), Preview)


def test_a_fit_shows_the_network_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("foldline.fit.fitting"), "PREVIEW_SECONDS", 0.0)
    times, seen = np.linspace(0, 1, 50)[:, None], []
    done = fl.fit(fl.Samples(times, times, "signal"), steps=2000, preview=seen.append)
    assert seen and all(isinstance(one, fl.Network) for one in seen) and len(seen[0].weights) == len(done.weights)
