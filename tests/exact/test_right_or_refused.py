"""Every exact question about every kind of network: right, as plain fractions know it, or refused; nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import prod

import numpy as np
import pytest

from foldline import Box, FoldlineError, Network, boundary, check, count, decisions, regions, surface
from foldline.exact.regions import Regions

from . import fractions_oracle as oracle
from .kinds import KINDS, question

PLACE = 2.0**-40  # of a coordinate, as ``check`` has it
SHARE = 2.0**-30  # of a map's own size, as ``check`` has it
SIZE = 1e-9  # of a volume, a length, an integral
LEAST = float(np.finfo(np.float64).tiny)
SEEDS = 112  # of each of 18 kinds: two thousand networks


def near(found: float, exact: Fraction | float, share: float, unit: Fraction | float = 0) -> bool:
    """Whether a double is an exact number, within a share of it or of a unit, or of what doubles hold at all."""
    if not np.isfinite(found):
        return False
    room = Fraction(share) * max(abs(Fraction(exact)), abs(Fraction(unit))) + Fraction(LEAST)
    return abs(Fraction(found) - Fraction(exact)) <= room


@dataclass
class Asked:
    """A network and a box, with what fractions know of them."""

    network: Network
    box: Box

    @cached_property
    def cells(self) -> list[oracle.Cell]:
        d = self.box.d
        start = [[Fraction(int(j == k)) for k in range(d + 1)] for j in range(d)]
        return oracle.cells(self.network, oracle.box_corners(self.box), start)

    @cached_property
    def found(self) -> Regions:
        return regions(self.network, self.box)

    @cached_property
    def home(self) -> list[oracle.Cell]:
        """The oracle's cell of each region found."""
        known = {cell.pattern: cell for cell in self.cells}
        return [known[tuple(row)] for row in self.found.patterns.tolist()]

    @cached_property
    def measures(self) -> list[tuple[Fraction, list[Fraction]]]:
        """The volume of each region found, and the integral of each output over it."""
        return [oracle.measures(cell) for cell in self.home]

    @cached_property
    def level(self) -> Fraction | None:
        return Fraction(0) if self.network.d_out == 1 else None

    @cached_property
    def parts(self) -> list[tuple[int, int, oracle.Corners]]:
        return oracle.classes(self.cells, self.level)

    @cached_property
    def reach(self) -> list[Fraction]:
        ends = zip(self.box.lo.tolist(), self.box.hi.tolist(), strict=True)
        return [max(abs(Fraction(a)), abs(Fraction(b))) for a, b in ends]


def wrong_regions(a: Asked) -> Iterator[str]:
    if not (a.found.certified and a.found.complete):
        yield "not certified or not complete"
    mine = {tuple(row) for row in a.found.patterns.tolist()}
    exact = {cell.pattern for cell in a.cells}
    if mine != exact or len(a.found) != len(exact):
        yield f"{len(a.found)} regions, not {len(exact)}"


def wrong_count(a: Asked) -> Iterator[str]:
    if (n := count(a.network, a.box)) != len(a.cells):
        yield f"count {n}, not {len(a.cells)}"


def wrong_maps(a: Asked) -> Iterator[str]:
    for r, cell in enumerate(a.home):
        for o, row in enumerate(cell.outputs):
            size = sum((abs(v) * x for v, x in zip(row, [*a.reach, Fraction(1)], strict=True)), Fraction(0))
            for v, x, stored in zip(row, [*a.reach, Fraction(1)], a.found.maps[r, o].tolist(), strict=True):
                if not near(stored * 1.0, v, SHARE, size / x if x else v):
                    yield f"map {r} {o}: {stored}, not {oracle.nearest(v)}"


def wrong_vertices(a: Asked) -> Iterator[str]:
    whole = a.found.complex
    if whole is None:
        return
    exact = {at for cell in a.cells for at, _ in cell.corners}
    if len(whole.vertices) != len(exact):
        yield f"{len(whole.vertices)} vertices, not {len(exact)}"
    known = np.array([[oracle.nearest(v) for v in at] for at in exact])
    unit = np.array([float(v) for v in a.reach])
    for at in whole.vertices:
        if not (np.abs((known - at) / unit).max(axis=1) <= PLACE).any():
            yield f"vertex {at.tolist()}"


def wrong_volumes(a: Asked) -> Iterator[str]:
    room = Fraction(a.box.volume) * (1 if a.box.d > 3 else Fraction(2.0**-12))  # four inputs: 1e-9 of the box is said
    for r, found in enumerate(a.found.volumes.tolist()):
        v = a.measures[r][0]
        if not near(found, v, SIZE, room):
            yield f"volume {r}: {found}, not {oracle.nearest(v)}"


def wrong_points(a: Asked) -> Iterator[str]:
    for r, at in enumerate(a.found.points):
        if not ((at >= a.box.lo) & (at <= a.box.hi)).all():
            yield f"point {r} outside: {at.tolist()}"


def wrong_integral(a: Asked) -> Iterator[str]:
    found, each = a.found.integral(), [integrals for _, integrals in a.measures]
    for o in range(a.network.d_out):
        top = max(abs(oracle.value(cell.outputs[o], at)) for cell in a.cells for at, _ in cell.corners)
        if not near(float(found[o]), sum(v[o] for v in each), SIZE, top * Fraction(a.box.volume)):
            yield f"integral {o}: {found[o]}, not {oracle.nearest(sum(v[o] for v in each))}"


def wrong_extrema(a: Asked) -> Iterator[str]:
    least, at_least, most, at_most = a.found.extrema()
    for o, (lo, hi) in enumerate(oracle.extrema(a.cells)):
        unit = max(abs(lo), abs(hi))
        for found, exact in ((least[o], lo), (most[o], hi)):
            if not near(float(found), exact, SHARE, unit):
                yield f"extremum {o}: {found}, not {oracle.nearest(exact)}"
    for at in (*at_least, *at_most):
        if not ((at >= a.box.lo) & (at <= a.box.hi)).all():
            yield f"extremum outside: {at.tolist()}"


def wrong_pieces(a: Asked) -> Iterator[str]:
    found, exact = a.found.n_pieces, oracle.pieces(a.cells, a.box.d)
    if found != exact:
        yield f"{found} pieces, not {exact}"


def wrong_decisions(a: Asked) -> Iterator[str]:
    if a.box.d > 3:
        return
    found = decisions(a.network, a.box)
    if not (found.certified and found.complete) or len(found) != len(a.parts):
        yield f"{len(found)} cells of classes, not {len(a.parts)}"
    exact = [Fraction(0)] * max(a.network.d_out, 2)
    for k, _, corners in a.parts:
        exact[k] += oracle.volume(corners)
    for k, v in enumerate(exact):
        if not near(float(found.volume_of_class[k]), v, SIZE, Fraction(a.box.volume)):
            yield f"volume of class {k}: {found.volume_of_class[k]}, not {oracle.nearest(v)}"


def wrong_boundary(a: Asked) -> Iterator[str]:
    if a.box.d > 3:
        return
    found, exact = boundary(a.network, a.box), oracle.interface(a.parts, a.box.d)
    if not (found.certified and found.complete):
        yield "boundary not certified or not complete"
    if exact is not None and not near(found.size, exact, SIZE, float(max(a.reach)) ** (a.box.d - 1)):
        yield f"boundary {found.size}, not {exact}"


def wrong_surface(a: Asked) -> Iterator[str]:
    if a.box.d != 3 or a.network.d_out != 1:
        return
    found, exact = surface(a.network, a.box), oracle.interface(a.parts, 3)
    if not (found.certified and found.complete):
        yield "surface not certified or not complete"
    if exact is not None and not near(found.area, exact, SIZE, float(max(a.reach)) ** 2):
        if not (found.flush_polygons and found.area > exact):
            yield f"surface {found.area}, not {exact}"


def wrong_line(a: Asked) -> Iterator[str]:
    start, end = a.box.lo, a.box.lo + (a.box.hi - a.box.lo) * np.linspace(0.5, 1.0, a.box.d)
    yield from _wrong_slice(a, a.network.on_line(start, end), Box([0.0], [1.0]), start, _steps(start, end))


def wrong_plane(a: Asked) -> Iterator[str]:
    if a.box.d < 3:
        return
    middle = (a.box.lo + a.box.hi) / 2
    u, v = np.eye(a.box.d)[0] / 2, np.linspace(-0.5, 0.75, a.box.d)
    frame = [[Fraction(x) for x in way.tolist()] for way in (u, v)]
    yield from _wrong_slice(a, a.network.on_plane(middle, u, v), Box([-1.0, -1.0], [1.0, 1.0]), middle, frame)


def _steps(a: np.ndarray, b: np.ndarray) -> list[list[Fraction]]:
    return [[Fraction(y) - Fraction(x) for x, y in zip(a.tolist(), b.tolist(), strict=True)]]


def _wrong_slice(a: Asked, sliced: Network, box: Box, origin: np.ndarray, frame: list[list[Fraction]]) -> Iterator[str]:
    start = [[*(way[j] for way in frame), Fraction(x)] for j, x in enumerate(origin.tolist())]
    exact = oracle.cells(a.network, oracle.box_corners(box), start)
    found = regions(sliced, box)
    if len(found) != len(exact):
        yield f"{len(found)} regions on the slice, not {len(exact)}"
    least, _, most, _ = found.extrema()
    for o, (lo, hi) in enumerate(oracle.extrema(exact)):
        unit = max(abs(lo), abs(hi))
        if not (near(float(least[o]), lo, SHARE, unit) and near(float(most[o]), hi, SHARE, unit)):
            yield f"extrema on the slice {o}: {least[o]} {most[o]}, not {oracle.nearest(lo)} {oracle.nearest(hi)}"


def wrong_check(a: Asked) -> Iterator[str]:
    verdict = check(a.network, a.found)
    if not verdict:
        yield f"check: {verdict.fault}: {verdict.detail}"


def wrong_methods(a: Asked) -> Iterator[str]:
    """What is asked of an answer: numbers, and the regions that points lie in."""
    some = a.found.points[:5]
    homes = a.found.locate(some)
    if not all(len(home) for home in homes):
        yield "a point in no region"
    distances = a.found.distance_to_fold(some)
    if not (distances >= 0).all() or (len(a.found) > 1 and not np.isfinite(distances).all()):
        yield f"distances {distances.tolist()}"
    if not np.isfinite(a.found.lipschitz()):
        yield f"slope {a.found.lipschitz()}"
    for r in range(len(some)):
        if not all(np.isfinite(part).all() for part in a.found.half_spaces(r)):
            yield f"half-spaces {r}"
    if a.box.d <= 3:
        classes = decisions(a.network, a.box).class_of(some)
        for at, k in zip(some.tolist(), classes.tolist(), strict=True):
            cell = a.home[int(a.found.locate([at])[0][0])]
            values = [oracle.value(row, tuple(map(Fraction, at))) for row in cell.outputs]
            scores = values if a.level is None else [a.level, *values]
            if k != scores.index(max(scores)):
                yield f"class {k} at {at}"


QUESTIONS: dict[str, Callable[[Asked], Iterator[str]]] = {
    name.removeprefix("wrong_"): value for name, value in list(globals().items()) if name.startswith("wrong_")
}


def faults(kind: str, seed: int, box: Box | None = None) -> tuple[list[str], list[str]]:
    """What is wrong with the answers about one network, and what was refused."""
    network, its_box = question(kind, seed)
    asked, wrong, refused = Asked(network, box or its_box), list[str](), list[str]()
    for name, ask in QUESTIONS.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                wrong += [f"{kind} {seed} {name}: {fault}" for fault in ask(asked)]
        except FoldlineError as error:
            refused.append(f"{kind} {seed} {name}: {error}")
        except Exception as error:
            wrong.append(f"{kind} {seed} {name}: {type(error).__name__} escapes: {error}")
    return wrong, refused


def held(kind: str, seed: int) -> None:
    wrong, refused = faults(kind, seed)
    assert not wrong, "\n".join(wrong)
    assert not refused or KINDS[kind].refusable, "\n".join(refused)


@pytest.mark.parametrize(("seed", "kind"), list(enumerate(KINDS)))  # the number of inputs goes round with the seed
def test_answers_about_every_kind_are_right_or_refused(kind: str, seed: int) -> None:
    held(kind, seed)


def thin(seed: int, width: float) -> Box:
    """A box that is thin along one axis, or along two."""
    d = question("gaussian", seed)[1].d
    lo, hi = np.full(d, -1.0), np.full(d, 1.0)
    for axis in {seed % d, seed // 4 % d}:
        lo[axis], hi[axis] = 0.0, width
    return Box(lo, hi)


@pytest.mark.parametrize("width", [1e-6, 1e-30, 1e-100])
@pytest.mark.parametrize("kind", ["gaussian", "integer"])
@pytest.mark.parametrize("seed", [1, 2, 6])
def test_answers_about_thin_boxes_are_right(kind: str, seed: int, width: float) -> None:
    wrong, refused = faults(kind, seed, thin(seed, width))
    assert not wrong and not refused, "\n".join(wrong + refused)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", list(KINDS))
def test_answers_about_two_thousand_networks_are_right_or_refused(kind: str, seed: int) -> None:
    held(kind, seed)


def test_the_oracle_sees_what_plain_floats_get_wrong() -> None:
    seen = 0
    for seed in range(1, 40, 4):
        asked = Asked(*question("near-coincident", seed))
        plain = regions(asked.network, asked.box, certify=False)
        asked.__dict__["found"] = replace(plain, proof=regions(asked.network, asked.box).proof)
        seen += bool(list(wrong_regions(asked)))
    assert seen > 2


@pytest.mark.parametrize("kind", ["integer", "gaussian"])
def test_volumes_of_the_oracle_sum_to_the_boxs(kind: str) -> None:
    for seed in range(4):
        asked = Asked(*question(kind, seed))
        sides = [Fraction(b) - Fraction(a) for a, b in zip(asked.box.lo, asked.box.hi, strict=True)]
        assert sum(oracle.volume(cell.corners) for cell in asked.cells) == prod(sides)
        for cell in asked.cells:
            middle = [float(sum(x) / len(cell.corners)) for x in zip(*(at for at, _ in cell.corners), strict=True)]
            assert tuple(asked.network.pattern(middle).tolist()) == cell.pattern
