"""What all regions come to, block after block, against the regions themselves; and fields that are refused in time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import foldline as fl
from foldline import Box, Budget, Polytope
from foldline.cli import app
from foldline.exact.chain.form import chain_of
from foldline.exact.complex.corners import TOLD_OF_FIELDS
from foldline.exact.complex.cut import BEGINNING, first_cells
from foldline.exact.work import Work
from foldline.grid import Grid

from ..corpus import network
from .march.test_cover import DRAWS, field

WEDGE = Polytope([[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], [1.0, 0.9, 0.8])


def same(found: fl.Totals, whole: fl.Regions) -> None:
    assert found.n_regions == len(whole) and found.certified == whole.certified and found.complete == whole.complete
    np.testing.assert_allclose(found.integral, whole.integral(), rtol=1e-9, atol=1e-9)
    assert found.lipschitz == pytest.approx(whole.lipschitz(), rel=1e-12)
    least, _, largest, _ = whole.extrema()
    size = np.maximum(np.abs(least), np.abs(largest))
    for mine, its in ((found.least, least), (found.largest, largest)):
        assert (np.abs(mine - its) <= TOLD_OF_FIELDS * size).all()
    f = whole.network
    assert np.allclose(f(found.least_at).diagonal(), least) and np.allclose(f(found.largest_at).diagonal(), largest)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foldline.exact.complex.blocks.BLOCKS", {1: 3, 2: 2, 3: 2})


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", DRAWS)
def test_the_totals_of_a_field_are_those_of_its_regions(family: str, d: int) -> None:
    f = field(family, d, 1, sizes=(1, 3) if d == 3 else (1, 5))
    same(fl.totals(f), fl.regions(f))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    "place",
    [Box([-0.75, -1.0], [1.75, 1.1]), WEDGE, Polytope([[1, 0], [-1, 0], [0, 1], [0, -1]], [0.1, 0.2, 0.3, 0.4])],
)
def test_the_totals_of_a_part_are_those_of_its_regions(place: Box | Polytope) -> None:
    f = field("gaussian", 2, 5, sizes=(1, 7))
    same(fl.totals(f, place), fl.regions(f, place))
    assert fl.count(f, place) == len(fl.regions(f, place))


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_the_totals_of_a_network_are_those_of_its_regions(d: int) -> None:
    net, box = network("gaussian", (d, 6, 5, 2), 0), Box([-1.0] * d, [1.0] * d)
    same(fl.totals(net, box), fl.regions(net, box))


@pytest.mark.usefixtures("small_blocks")
def test_totals_cut_short_are_those_of_the_regions_found_and_say_their_share() -> None:
    f, heard = field("gaussian", 2, 5, sizes=(1, 7)), []
    total = fl.count(f)
    for most in (1, 2, 10, total - 1, total, total + 1):
        found = fl.totals(f, budget=Budget(regions=most))
        assert found.n_regions == min(most, total) and found.complete == (most >= total)
        assert (found.explored == 1.0) == found.complete
    fl.totals(f, callback=lambda n, share: heard.append((n, share)))
    assert heard == sorted(heard) and heard[-1][1] <= 1.0
    with pytest.raises(fl.errors.BudgetError, match="totals needs a region; got an answer that ended before its first"):
        fl.totals(f, callback=lambda n, share: True)


def fine(n: int) -> fl.Network:
    """A field in space of so many cells an axis, with a single row of features and one fold."""
    grid = Grid(Box([-1.0] * 3, [1.0] * 3), (n,), [np.ones((1, 1), np.float32)], [[0]])
    return fl.Network([[[1.0, 0.0, 0.0, 1.0]], [[1.0]]], [[-0.3], [0.0]], grid=grid)


@pytest.mark.parametrize("question", [fl.regions, fl.decisions])
def test_a_field_with_too_many_simplices_is_refused_before_the_work(question) -> None:
    said: list[int] = []
    with pytest.raises(fl.errors.BudgetError, match=r"got 100,663,296 simplices with about 1\d\d,000,000 regions. Ask"):
        question(fine(256), callback=lambda n, share: said.append(n))
    assert not said


def test_seconds_bound_the_simplices_of_a_large_field_that_are_begun_with() -> None:
    """Those of a billion cells take an hour to be listed, whatever is done with them."""
    f = fine(1024)
    work = Work("regions", budget=Budget(seconds=2))
    cells, whole = first_cells(chain_of(f), f.grid.box, work)
    assert cells is not None and 6 <= cells.n_cells <= 2 / BEGINNING[3] and not whole


def test_a_part_of_a_large_field_is_found_in_the_memory_of_that_part() -> None:
    part = fl.regions(fine(1024), budget=Budget(regions=100))
    assert len(part) == 100 and not part.complete and part.explored == pytest.approx(part.volumes.sum() / 8)


def test_extrema_of_a_field_on_the_command_line_come_with_the_integral(tmp_path) -> None:
    path = fine(8).save(tmp_path / "field.safetensors")
    told = json.loads(CliRunner().invoke(app, ["extrema", str(path), "--json"]).stdout)
    whole = fl.regions(fine(8))
    assert told["n_regions"] == len(whole) and told["complete"]
    assert told["outputs"][0]["integral"] == pytest.approx(float(whole.integral()[0]))
    short = CliRunner().invoke(app, ["extrema", str(path), "--json", "--max-regions", "50"])
    assert short.exit_code == 3 and json.loads(short.stdout)["n_regions"] == 50
