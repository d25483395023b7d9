"""First cells: a box, boxes side by side, and the simplices of a field."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from foldline import Box
from foldline.errors import InputError
from foldline.exact.chain.form import chain_of
from foldline.exact.complex.cut import complex_of, count_cells
from foldline.exact.complex.measure import centres, volumes
from foldline.exact.search.cells import cells, count
from foldline.exact.start import Start, cells_in
from foldline.exact.work import Budget, Work

from ..corpus import network, slow_where
from ..executors import Here
from .march.test_cover import field

ENGINES = ("auto", "numpy", "rational")


def maps_by_pattern(found) -> dict[bytes, np.ndarray]:
    return {bits.tobytes(): affine for bits, affine in zip(found.bits, found.maps, strict=True)}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", ["gaussian", "integer", "zero_bias"])
def test_two_half_boxes_give_the_answer_of_the_box_cut_in_two(family: str, d: int, engine: str) -> None:
    chain = chain_of(network(family, (d, 4, 3, 2), 1))
    lo, hi = np.full(d, -1.0), np.full(d, 1.0)
    middle = np.where(np.arange(d) == 0, 0.25, 1.0)
    low, high = Box(lo, np.where(np.arange(d) == 0, 0.25, hi)), Box(np.where(np.arange(d) == 0, 0.25, lo), hi)
    whole = complex_of(chain, Box(lo, hi), Work("test", engine=engine))
    halves = complex_of(chain, Start.of_boxes([low, high]), Work("test", engine=engine))
    parts = [complex_of(chain, half, Work("test", engine=engine)) for half in (low, high)]
    assert halves.n_regions == sum(part.n_regions for part in parts) and middle[0] == 0.25
    assert halves.engine == whole.engine
    assert np.isclose(volumes(halves).sum(), volumes(whole).sum(), rtol=1e-12)
    told, wanted = maps_by_pattern(halves), maps_by_pattern(whole)
    assert told.keys() == wanted.keys() and halves.euler == whole.euler == 1
    for bits, affine in wanted.items():
        assert np.allclose(told[bits], affine, rtol=1e-12, atol=1e-12)
        shares = [volumes(found)[[b.tobytes() == bits for b in found.bits]].sum() for found in (whole, halves)]
        assert np.isclose(*shares, rtol=1e-9)


FIELDS = product(("gaussian", "integer", "zero"), (1, 2, 3), ENGINES)


@pytest.mark.parametrize(
    ("family", "d", "engine"), slow_where(lambda family, d, engine: family == "gaussian" and d == 3, FIELDS)
)
def test_regions_of_a_field_fill_its_box_and_have_its_maps(family: str, d: int, engine: str) -> None:
    f = field(family, d, 0, sizes=(1, 2))
    start = Start.of_grid(f.grid, cells_in(f.grid, f.grid.box))
    found = complex_of(chain_of(f), start, Work("test", engine=engine))
    assert found.euler == 1 and found.complete
    assert np.isclose(volumes(found).sum(), f.grid.box.volume, rtol=1e-12)
    inside = centres(found)
    wide = volumes(found) > 1e-9  # the centre of a sliver may be rounded out of it
    assert np.array_equal(found.bits[wide], f.pattern(inside[wide]))
    assert np.allclose(found.maps[wide], f.affine_map(inside[wide]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("d", [1, 2])
def test_a_field_is_cut_the_same_in_floats_and_in_fractions(d: int) -> None:
    f = field("gaussian", d, 3, sizes=(2, 4))
    start = Start.of_grid(f.grid, cells_in(f.grid, f.grid.box))
    chain = chain_of(f)
    exact, floats = (
        complex_of(chain, start, Work("test", engine=e, certify=e != "numpy")) for e in ("rational", "numpy")
    )
    assert np.array_equal(exact.bits, floats.bits) and np.allclose(exact.vertices, floats.vertices)
    assert count_cells(chain, start, Work("test"))[0] == exact.n_regions


def test_what_is_read_at_the_vertices_is_exact() -> None:
    f = field("gaussian", 2, 1, sizes=(3, 9))
    start = Start.of_grid(f.grid, cells_in(f.grid, f.grid.box))
    for place, values in zip(start.points(Fraction), start.reads(Fraction), strict=True):
        assert list(start.read(place)) == values
    assert np.allclose(np.array(start.reads(float)), f.grid(start.vertices), atol=1e-12)


def test_a_box_off_the_cells_is_refused_with_the_nearest_on_them() -> None:
    f = field("gaussian", 2, 1, sizes=(1, 3))
    with pytest.raises(InputError, match=r"a field needs a box .* Take Box\(\[-1.0, 0.0\], \[1.0, 2.0\]\)"):
        cells_in(f.grid, Box([-0.9, 0.1], [1.1, 2.0]))
    assert len(cells_in(f.grid, Box([-1.0, 0.0], [1.0, 2.0]))) == 4


FOUR = product(("gaussian", "ternary", "zero_bias"), ENGINES, ("one search", "shards"))


@pytest.mark.parametrize(
    ("family", "engine", "how"), slow_where(lambda family, engine, how: how == "shards" and engine != "auto", FOUR)
)
def test_two_half_boxes_of_four_inputs_give_the_answer_of_the_box(family: str, engine: str, how: str) -> None:
    executor = Here() if how == "shards" else None
    chain = chain_of(network(family, (4, 4, 2, 2), 1))
    halves = [Box([-1] * 4, [1, 1, 0.25, 1]), Box([-1, -1, 0.25, -1], [1] * 4)]
    start, work = Start.of_boxes(halves), Work("test", engine=engine, executor=executor)
    found, whole = cells(chain, start, work), cells(chain, start.around, work)
    parts = [cells(chain, half, work) for half in halves]
    assert start.n_cells == 2 and start.box is None and found["complete"] and found["explored"] == 1.0
    assert count(chain, start, work)["n_regions"] == found["n_regions"] == sum(part["n_regions"] for part in parts)
    assert {row.tobytes() for row in found["patterns"]} == {row.tobytes() for row in whole["patterns"]}
    maps = {row.tobytes(): affine for row, affine in zip(whole["patterns"], whole["maps"], strict=True)}
    for row, affine in zip(found["patterns"], found["maps"], strict=True):
        assert np.allclose(affine, maps[row.tobytes()], rtol=1e-12, atol=1e-12)
    for k, half in enumerate(halves):
        mine = found["points"][found["first"] == k]
        assert ((mine > half.lo) & (mine < half.hi)).all() and len(mine) == parts[k]["n_regions"]
    some = cells(chain, start, replace(work, budget=Budget(regions=parts[0]["n_regions"] + 1)))
    assert not some["complete"] and some["n_regions"] == parts[0]["n_regions"] + 1 and 0.5 < some["explored"] < 1


@pytest.mark.parametrize("family", ["gaussian", "integer"])
@pytest.mark.parametrize("sizes", [(2, 4, 8), (1, 3, 6)])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_readings_are_as_near_to_the_exact_ones_as_they_say(d: int, sizes: tuple[int, ...], family: str) -> None:
    f = field(family, d, 5, sizes=sizes)
    start = Start.of_grid(f.grid, cells_in(f.grid, f.grid.box)[:20])
    reads, off, vertex = start.readings()
    for row, error, wanted in zip(reads, off, start.reads(Fraction), strict=True):
        gap = [abs(Fraction(float(a)) - b) for a, b in zip(row, wanted, strict=True)]
        assert sum(g * g for g in gap) <= Fraction(float(error)) ** 2
    for row, error, wanted in zip(start.vertices, vertex, start.points(Fraction), strict=True):
        gap = [abs(Fraction(float(a)) - b) for a, b in zip(row, wanted, strict=True)]
        assert sum(g * g for g in gap) <= Fraction(float(error)) ** 2
    if family == "integer" and sizes == (2, 4, 8):
        assert not vertex.any() or d == 0
