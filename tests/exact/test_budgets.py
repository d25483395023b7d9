"""A budget of regions is spent to the last one: what is found then is part of the whole answer, and says its share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import numpy as np
import pytest

import foldline as fl
from foldline import Box, Budget, Network, Polytope
from foldline.exact.complex import kernel

from ..corpus import network
from ..executors import Here
from .march.test_cover import field

SHAPES = {1: (1, 9, 8, 7, 1), 2: (2, 7, 6, 5, 1), 3: (3, 5, 4, 1), 4: (4, 4, 3, 1)}
HOW: dict[str, dict[str, Any]] = {
    "alone": {}, "threads": {"workers": 2}, "executor": {"executor": Here()}, "floats": {"certify": False},
    "numpy": {"engine": "numpy", "certify": False}, "rational": {"engine": "rational"},
}  # fmt: skip
SAMPLED = 0.05  # four and more inputs: the share is that of sample points in the regions found


def keeps_its_budget(net: Network, place: Box | Polytope, how: dict[str, Any]) -> None:
    """For budgets below, at and above the number of regions there are."""
    own = {name: value for name, value in how.items() if name in ("engine", "certify")}
    whole = fl.regions(net, place, **own)
    patterns, total = {row.tobytes() for row in whole.bits}, len(whole)
    for most in sorted({1, 2, 10, max(total - 1, 1), total, total + 1}):
        part = fl.regions(net, place, budget=Budget(regions=most), **how)
        assert len(part) == min(most, total)
        assert part.complete == (most >= total) and whole.complete
        assert {row.tobytes() for row in part.bits} <= patterns
        share = float(part.volumes.sum() / whole.volumes.sum())
        if isinstance(place, Box):
            assert part.explored == pytest.approx(share, abs=1e-9 if place.d < 4 else SAMPLED)
        assert part.complete or 0 <= part.explored <= 1 + 1e-9


@pytest.mark.parametrize("rows", [kernel.ROWS, 16], ids=["whole", "blocks"])
@pytest.mark.parametrize(("d", "how"), [(d, how) for d in SHAPES for how in HOW if how != "rational" or d < 3])
def test_a_budget_of_regions_is_spent_to_the_last(d: int, how: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "ROWS", rows)
    for family in ("gaussian", "integer")[
        : 1 if how in ("floats", "numpy") else 2
    ]:  # floats tell whole numbers as blocks fall
        keeps_its_budget(network(family, SHAPES[d], 1), Box([-1.0] * d, [1.0] * d), HOW[how])


@pytest.mark.parametrize(("d", "how"), list(product((1, 2, 3), ("alone", "threads", "executor", "numpy"))))
def test_a_budget_of_regions_of_a_field_is_spent_to_the_last(d: int, how: str) -> None:
    f = field("gaussian", d, 1, sizes=(1, 2) if d == 3 else (2, 4))
    keeps_its_budget(f, f.grid.box, HOW[how])


@pytest.mark.parametrize(
    "place", [Box([-0.75, -1.0], [1.75, 1.1]), Polytope([[1, 1], [-1, 0], [0, -1]], [1, 0.9, 0.8])]
)
def test_a_budget_is_spent_on_what_is_asked_about_not_around_it(place: Box | Polytope) -> None:
    keeps_its_budget(field("gaussian", 2, 5, sizes=(1, 7)), place, {})
    if isinstance(place, Polytope):
        keeps_its_budget(network("gaussian", (2, 8, 6, 1), 1), place, {})


def test_a_budget_of_regions_of_a_slice_is_spent_to_the_last() -> None:
    f = field("gaussian", 3, 1, sizes=(1, 2))
    keeps_its_budget(f.on_plane([0.0, 0.1, 0.0], [1, 0, 0.3], [0, 1, 0.2]), Box([-0.5] * 2, [0.5] * 2), {})
    keeps_its_budget(f.on_line(f.grid.box.lo, f.grid.box.hi), Box([0.0], [1.0]), {})


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("d", SHAPES)
def test_budgets_of_many_networks_are_spent_to_the_last(d: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(kernel, "ROWS", int(rng.choice([8, 64, kernel.ROWS])))
    family = str(rng.choice(["gaussian", "integer", "zero_bias", "duplicated", "leaky"]))
    for how in ("alone", "threads", "executor"):
        keeps_its_budget(network(family, SHAPES[d], seed), Box([-1.0] * d, [1.0] * d), HOW[how])


def test_a_part_of_an_answer_is_saved_read_and_checked(tmp_path: Any) -> None:
    """Its parts are whole: no edge or vertex of a region that was left out is in it."""
    for net in (network("gaussian", SHAPES[3], 2), field("gaussian", 3, 1, sizes=(1, 2))):
        box = Box([-1.0] * 3, [1.0] * 3) if net.grid is None else net.grid.box
        part = fl.regions(net, box, budget=Budget(regions=7))
        again = fl.read_regions(part.save(tmp_path / f"{net.grid is None}.npz"))
        assert len(again) == 7 and not again.complete and np.array_equal(again.volumes, part.volumes)
        whole = part.complex
        assert whole is not None and len(np.unique(whole.loop_vertices)) == len(whole.vertices)
        assert len(np.unique(whole.cell_faces >> 1)) == len(whole.folds)
    with ThreadPoolExecutor(1) as pool:  # as one worker elsewhere
        assert len(fl.regions(net, box, budget=Budget(regions=7), executor=pool)) == 7
