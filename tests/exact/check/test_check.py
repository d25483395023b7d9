"""The check against answers that are right, however they were found, and answers with one thing wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from foldline import Box, Network
from foldline.data.folding import folding
from foldline.errors import InputError
from foldline.exact.chain.form import chain_of
from foldline.exact.check import check as check_module
from foldline.exact.check.arithmetic import point
from foldline.exact.check.check import MAP_ERROR, VERTEX_ERROR, check
from foldline.exact.check.complex import ComplexProof
from foldline.exact.check.program import Polytope, beyond, interior, value
from foldline.exact.check.verdict import Fault
from foldline.exact.complex import kernel
from foldline.exact.complex.complex import Complex
from foldline.exact.complex.cut import maps_of
from foldline.exact.complex.maps import told
from foldline.exact.regions import Regions, regions
from foldline.exact.work import Budget

from ...corpus import FAMILIES, network
from ...test_arrow import imports

SHAPES = {1: (1, 6, 5, 4, 2), 2: (2, 5, 4, 3, 2), 3: (3, 4, 3, 1), 4: (4, 4, 3, 1), 5: (5, 3, 3, 2)}
ENGINES = [name for name in ("kernel", "numpy") if name == "numpy" or kernel.compiled]


def unit_box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


@lru_cache
def answer(family: str, d: int, seed: int = 0) -> Regions:
    return regions(network(family, SHAPES[d], seed), unit_box(d))


def changed(found: Regions, **parts: Any) -> Regions:
    """The answer with other arrays, those of its complex included; patterns and maps stand in both."""
    own = {name: parts[name] for name in ("bits", "maps", "points") if name in parts}
    if found.complex is None:
        sides = SimpleNamespace(complex=None, listed_sides=parts.get("sides", found.sides))
        return replace(found, cells=sides, **own)
    inner = {name: parts[name] for name in parts if name in Complex.__dataclass_fields__}
    return replace(found, cells=replace(found.complex, **inner), **own)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", SHAPES)
def test_every_answer_of_the_corpus_is_accepted(family: str, d: int, engine: str) -> None:
    net = network(family, SHAPES[d], 1)
    for box in (unit_box(d), Box([-1.25] * d, [2.0] * d)):
        verdict = check(net, regions(net, box, engine=engine))
        assert verdict, verdict
        assert verdict.fault == "" and verdict.n_regions > 0
        assert verdict.vertex_error <= VERTEX_ERROR / 64 and verdict.map_error <= MAP_ERROR / 64


@pytest.mark.parametrize(
    ("net", "box"),
    [
        (folding(3, 3), Box([-0.5], [1.5])),
        (Network([[[1.0, 2.0]]], [[3.0]]), unit_box(2)),
        (network("thirds", SHAPES[3], 5), unit_box(3)),
        (network("integer", (2, *[3] * 30, 1), 1), unit_box(2)),
        (network("gaussian", (2, 70, 1), 0), Box([-0.2, -0.2], [0.2, 0.2])),
        (network("one_decimal", (2, 8, 8, 1), 3), Box([-1000.0, -1000.0], [1000.0, 1000.0])),
        (network("gaussian", (2, 8, 8, 1), 3), Box([1e6, 1e6], [1e6 + 1, 1e6 + 1])),
        (Network([np.eye(2), [[1.0, -1.0]]], [[0.0, 0.5], [0.0]], "hard_tanh"), Box([-3.0, -3.0], [3.0, 3.0])),
        (Network([np.eye(2), np.ones((2, 4)), np.ones((1, 2))], [[0.0, 0.5], [-1.0, 0.0], [0.0]], skips={2: (0,)}),
         unit_box(2)),
    ],
    ids=["folding", "linear", "near a side", "deep", "wide", "large box", "far box", "hard tanh", "skip"],
)  # fmt: skip
def test_other_kinds_of_networks_and_boxes_are_accepted(net: Network, box: Box) -> None:
    assert check(net, regions(net, box)), check(net, regions(net, box))


def test_maps_that_underflow_are_accepted_and_one_that_is_off_by_a_normal_number_is_not() -> None:
    least = 5e-324
    net = Network([[[3 * least, least], [least, -least]], [[1.0, 1.0]]], [[least, 0.0], [0.0]], "leaky_relu")
    found = regions(net, unit_box(2))
    assert len(found) > 1 and check(net, found), check(net, found)
    assert check(net, changed(found, maps=put(found.maps, (0, 0, 0), 1e-300))).fault == "map"


def test_answers_of_plain_floats_are_accepted_only_where_they_are_right() -> None:
    verdicts, right = [], []
    for seed in range(12):
        net = network("thirds", (2, 8, 8, 1), seed)
        plain = regions(net, unit_box(2), certify=False)
        verdicts.append(bool(check(net, plain)))
        right.append({b.tobytes() for b in plain.bits} == {b.tobytes() for b in regions(net, unit_box(2)).bits})
    assert verdicts == right
    assert not all(verdicts)


# One thing wrong: each gives the answer with one part altered or dropped, never an equivalent answer

Alteration = Callable[[np.random.Generator, Regions], Regions]


def any_of(rng: np.random.Generator, n: int) -> int:
    return int(rng.integers(n))


def another(rng: np.random.Generator, n: int, than: int) -> int:
    return (than + 1 + int(rng.integers(n - 1))) % n


def put(array: Any, at: Any, new: Any) -> Any:
    out = array.copy()
    out[at] = new
    return out


def whole_of(found: Regions) -> Complex:
    assert found.complex is not None
    return found.complex


def vertex_moved(rng: np.random.Generator, found: Regions) -> Regions:
    x = whole_of(found).vertices
    at = any_of(rng, len(x)), any_of(rng, x.shape[1])
    return changed(found, vertices=put(x, at, x[at] + 10.0 ** rng.integers(-10, 0) * rng.choice([-1, 1])))


def vertex_in_place_of_another(rng: np.random.Generator, found: Regions) -> Regions:
    x = whole_of(found).vertices
    v = any_of(rng, len(x))
    return changed(found, vertices=put(x, v, x[another(rng, len(x), v)]))


def vertex_dropped(rng: np.random.Generator, found: Regions) -> Regions:
    """Its neighbour in the list takes its number."""
    whole = whole_of(found)
    v = any_of(rng, len(whole.vertices))
    parts: dict[str, Any] = {"vertices": np.delete(whole.vertices, v, axis=0)}
    for name in ("edges", "loop_vertices"):
        numbers = getattr(whole, name)
        parts[name] = np.maximum(numbers - (numbers >= max(v, 1)), 0)
    if found.d_in == 1:
        parts["folds"] = np.delete(whole.folds, v)
    return changed(found, **parts)


def edge_end_altered(rng: np.random.Generator, found: Regions) -> Regions:
    edges, n = whole_of(found).edges, len(whole_of(found).vertices)
    at = any_of(rng, len(edges)), any_of(rng, 2)
    return changed(found, edges=put(edges, at, another(rng, n, edges[at])))


def facet_of_another_fold(rng: np.random.Generator, found: Regions) -> Regions:
    """A Gaussian network: no two folds coincide."""
    folds, units = whole_of(found).folds, found.bits.shape[1]
    f = any_of(rng, len(folds))
    return changed(found, folds=put(folds, f, another(rng, units + 2 * found.d_in, folds[f] + 2 * found.d_in)
                                    - 2 * found.d_in))  # fmt: skip


def corner_altered(rng: np.random.Generator, found: Regions) -> Regions:
    whole = whole_of(found)
    i = any_of(rng, len(whole.loop_vertices))
    other = another(rng, len(whole.vertices), whole.loop_vertices[i])
    return changed(found, loop_vertices=put(whole.loop_vertices, i, other))


def loop_edge_altered(rng: np.random.Generator, found: Regions) -> Regions:
    whole = whole_of(found)
    i = any_of(rng, len(whole.loop_edges))
    return changed(found, loop_edges=put(whole.loop_edges, i, another(rng, len(whole.edges), whole.loop_edges[i])))


def corner_dropped(rng: np.random.Generator, found: Regions) -> Regions:
    whole = whole_of(found)
    i = any_of(rng, len(whole.loop_vertices))
    return changed(
        found,
        loop_vertices=np.delete(whole.loop_vertices, i),
        loop_edges=np.delete(whole.loop_edges, i),
        loop_start=whole.loop_start - (whole.loop_start > i),
    )


def polygon_turned_round(rng: np.random.Generator, found: Regions) -> Regions:
    whole = whole_of(found)
    f = any_of(rng, len(whole.loop_start) - 1)
    a, b = whole.loop_start[f : f + 2]
    backwards = np.roll(whole.loop_edges[a:b][::-1], -1)
    return changed(
        found,
        loop_vertices=put(whole.loop_vertices, slice(a, b), whole.loop_vertices[a:b][::-1]),
        loop_edges=put(whole.loop_edges, slice(a, b), backwards),
    )


def face_altered(rng: np.random.Generator, found: Regions) -> Regions:
    whole = whole_of(found)
    i = any_of(rng, len(whole.cell_faces))
    other = another(rng, 2 * len(whole.folds), whole.cell_faces[i])
    return changed(found, cell_faces=put(whole.cell_faces, i, other))


def face_dropped(rng: np.random.Generator, found: Regions) -> Regions:
    whole = whole_of(found)
    i = any_of(rng, len(whole.cell_faces))
    return changed(
        found, cell_faces=np.delete(whole.cell_faces, i), cell_start=whole.cell_start - (whole.cell_start > i)
    )


def faces_exchanged(rng: np.random.Generator, found: Regions) -> Regions:
    """Two cells take a face of each other; every face still belongs to as many cells as before."""
    whole = whole_of(found)
    i = any_of(rng, whole.cell_start[1])
    mine = set((whole.cell_faces[: whole.cell_start[1]] >> 1).tolist())
    others = [k for k, face in enumerate(whole.cell_faces) if k >= whole.cell_start[1] and face >> 1 not in mine]
    k = int(rng.choice(others))
    return changed(found, cell_faces=put(whole.cell_faces, [i, k], whole.cell_faces[[k, i]]))


def face_seen_from_the_other_side(rng: np.random.Generator, found: Regions) -> Regions:
    cell_faces = whole_of(found).cell_faces
    i = any_of(rng, len(cell_faces))
    return changed(found, cell_faces=put(cell_faces, i, cell_faces[i] ^ 1))


def bit_flipped(rng: np.random.Generator, found: Regions) -> Regions:
    at = any_of(rng, len(found)), any_of(rng, found.bits.shape[1])
    return changed(found, bits=put(found.bits, at, 1 - found.bits[at]))


def pattern_of_another_region(rng: np.random.Generator, found: Regions) -> Regions:
    r = any_of(rng, len(found))
    return changed(found, bits=put(found.bits, r, found.bits[another(rng, len(found), r)]))


def patterns_exchanged(rng: np.random.Generator, found: Regions) -> Regions:
    r = any_of(rng, len(found))
    s = another(rng, len(found), r)
    return changed(found, bits=put(found.bits, [r, s], found.bits[[s, r]]))


def map_altered(rng: np.random.Generator, found: Regions) -> Regions:
    at = tuple(any_of(rng, n) for n in found.maps.shape)
    return changed(found, maps=put(found.maps, at, found.maps[at] + 10.0 ** rng.integers(-8, 1)))


def cell_dropped(rng: np.random.Generator, found: Regions) -> Regions:
    r = any_of(rng, len(found))
    keep = np.arange(len(found)) != r
    parts: dict[str, Any] = {name: getattr(found, name)[keep] for name in ("bits", "maps", "points")}
    if found.sides is not None:
        sides, start = found.sides
        parts["sides"] = np.delete(sides, slice(*start[r : r + 2])), without(start, r)
        return changed(found, **parts)
    whole = whole_of(found)
    parts["n_regions"] = len(found) - 1
    if found.d_in == 1:
        parts["edges"] = whole.edges[keep]
    elif found.d_in == 2:
        here = slice(*whole.loop_start[r : r + 2])
        parts |= {name: np.delete(getattr(whole, name), here) for name in ("loop_vertices", "loop_edges")}
        parts["loop_start"] = without(whole.loop_start, r)
    else:
        parts["cell_faces"] = np.delete(whole.cell_faces, slice(*whole.cell_start[r : r + 2]))
        parts["cell_start"] = without(whole.cell_start, r)
    return changed(found, **parts)


def without(start: Any, r: int) -> Any:
    lengths = np.delete(np.diff(start), r)
    return np.concatenate([[0], np.cumsum(lengths)])


def point_in_another_region(rng: np.random.Generator, found: Regions) -> Regions:
    r = any_of(rng, len(found))
    return changed(found, points=put(found.points, r, found.points[another(rng, len(found), r)]))


def needed_sides(found: Regions) -> list[int]:
    """Where in the list the sides stand that their region cannot do without: those that lead to another region."""
    assert found.sides is not None
    sides, start = found.sides
    owner = np.repeat(np.arange(len(found)), np.diff(start))
    known = {bits.tobytes() for bits in found.bits}
    return [
        i
        for i, (r, s) in enumerate(zip(owner, sides, strict=True))
        if s >= 0 and put(found.bits[r], s, 1 - found.bits[r, s]).tobytes() in known
    ]


def side_dropped(rng: np.random.Generator, found: Regions) -> Regions:
    assert found.sides is not None
    sides, start = found.sides
    i = rng.choice(needed_sides(found))
    return changed(found, sides=(np.delete(sides, i), start - (start > i)))


def side_altered(rng: np.random.Generator, found: Regions) -> Regions:
    assert found.sides is not None
    sides, start = found.sides
    i = rng.choice(needed_sides(found))
    return changed(found, sides=(put(sides, i, sides[i] ^ 1), start))


EVERYWHERE = (bit_flipped, pattern_of_another_region, patterns_exchanged, map_altered, cell_dropped)
COMPLEX = (vertex_moved, vertex_in_place_of_another, vertex_dropped, edge_end_altered, facet_of_another_fold)
LOOPS = (corner_altered, loop_edge_altered, corner_dropped)
ALTERATIONS: dict[int, tuple[Alteration, ...]] = {
    1: (*EVERYWHERE, *COMPLEX, point_in_another_region),
    2: (*EVERYWHERE, *COMPLEX, *LOOPS, polygon_turned_round, point_in_another_region),
    3: (*EVERYWHERE, *COMPLEX, *LOOPS, face_altered, face_dropped, faces_exchanged, face_seen_from_the_other_side),
    4: (*EVERYWHERE, point_in_another_region, side_dropped, side_altered),
}
CASES = [(d, alteration) for d, alterations in ALTERATIONS.items() for alteration in alterations]
TIMES = 6  # answers altered in each way


@pytest.mark.parametrize(("d", "alteration"), CASES, ids=[f"{d}-{alteration.__name__}" for d, alteration in CASES])
def test_an_answer_with_one_part_altered_or_dropped_is_rejected(d: int, alteration: Alteration) -> None:
    for seed in range(TIMES):
        family = "gaussian" if alteration is facet_of_another_fold else ("gaussian", "integer", "one_decimal")[seed % 3]
        right = answer(family, d, seed // 3 + 3)
        wrong = alteration(np.random.default_rng([d, seed]), right)
        verdict = check(right.network, wrong)
        assert not verdict.accepted and verdict.fault and verdict.detail, (family, d, seed)


def test_the_check_uses_no_code_that_finds_answers() -> None:
    root = Path(check_module.__file__).parents[2]
    seen, shared, waiting = set(), set(), ["exact.check.check"]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        path = root / f"{name.replace('.', '/')}.py"
        here = {there.removeprefix("foldline.") for there, _, _ in imports(path) if there.startswith("foldline.")}
        shared |= {there for there in here if not there.startswith("exact.check.")}
        waiting += {there for there in here if there.startswith("exact.")} - seen
    files = ("arithmetic", "check", "complex", "cells", "program", "simplices", "slices", "verdict")
    checker = {f"exact.check.{name}" for name in files}
    assert seen == {*checker, "exact.chain.form"}
    assert shared == {"exact.chain.form", "network", "grid", "slice", "box", "errors", "activations"}


def test_more_than_two_hundred_altered_answers_are_tried() -> None:
    assert len(CASES) * TIMES >= 200


# Faults that altering one part cannot show


def test_an_equivalent_answer_is_accepted() -> None:
    right = answer("integer", 3, 3)
    whole = whole_of(right)
    order = np.random.default_rng(0).permutation(len(whole.vertices))
    number = np.argsort(order)
    other = changed(
        right,
        vertices=whole.vertices[order],
        edges=number[whole.edges][:, ::-1],
        loop_vertices=number[whole.loop_vertices],
    )
    assert check(right.network, other)


def test_a_cell_taken_out_with_all_its_traces_is_missed() -> None:
    """The regions of half the box, true in themselves: the facets in the middle do not lie on the box."""
    net = network("gaussian", SHAPES[2], 3)
    half = regions(net, Box([-1.0, -1.0], [0.0, 1.0]))
    verdict = check(net, replace(half, box=unit_box(2)))
    assert not verdict and verdict.fault in ("vertex", "face")


def test_an_answer_that_covers_one_half_twice_is_rejected() -> None:
    right = answer("gaussian", 1, 3)
    whole = whole_of(right)
    twice = changed(
        right,
        **{name: np.concatenate([getattr(whole, name)] * 2) for name in ("bits", "maps", "vertices", "folds")},
        points=np.concatenate([right.points] * 2),
        edges=np.concatenate([whole.edges, whole.edges + len(whole.vertices)]),
        n_regions=2 * len(right),
    )
    assert check(right.network, twice).fault == "vertex"


def test_an_answer_for_another_network_or_an_incomplete_one_is_rejected() -> None:
    right = answer("gaussian", 2, 3)
    other = network("gaussian", SHAPES[2], 4)
    assert check(other, right).fault == "network"
    cut_short = regions(right.network, right.box, budget=Budget(regions=3))
    assert check(right.network, cut_short).fault == "incomplete"
    with pytest.raises(InputError, match="check needs an answer for 3 inputs; got one for 2"):
        check(network("gaussian", SHAPES[3], 0), right)


@pytest.mark.parametrize("d", SHAPES)
@pytest.mark.parametrize("change", ["a bias by a millionth", "a unit taken out"])
def test_the_whole_answer_of_a_slightly_other_network_is_rejected(change: str, d: int) -> None:
    """A forgery without a seam: every part fits every other, but the network is another one."""
    tried = 0
    for seed in range(4):
        true = network("gaussian", SHAPES[d], seed)
        weights, biases = [W.copy() for W in true.weights], [b.copy() for b in true.biases]
        if change == "a unit taken out":
            weights[0][0], biases[0][0] = 0.0, 0.0
        else:
            biases[0][0] += 1e-6
        forged = regions(Network(weights, biases), unit_box(d))
        honest = regions(true, unit_box(d))
        verdict = check(true, replace(forged, network=true, chain=honest.chain))
        dead = not honest.bits[:, 0].any()  # then the two are one function on the box
        assert bool(verdict) == dead, verdict
        tried += not dead
    assert tried > 0


STRUCTURE: list[tuple[int, dict[str, Any], str, str]] = [
    (2, {"vertices": lambda c: c.vertices[:, :1]}, "shape", "vertices do not have the box's axes"),
    (2, {"vertices": lambda c: put(c.vertices, (0, 0), np.nan)}, "vertex", "a coordinate is not finite"),
    (2, {"edges": lambda c: c.edges[:, :1]}, "shape", "an edge does not have two ends"),
    (2, {"n_regions": lambda c: c.n_regions + 1}, "shape", "patterns are not one a region"),
    (2, {"bits": lambda c: put(c.bits, (0, 0), 2)}, "pattern", "something else than on and off"),
    (2, {"loop_edges": lambda c: c.loop_edges[:-1]}, "shape", "loops do not have an edge a corner"),
    (2, {"loop_vertices": lambda c: put(c.loop_vertices, 0, -1)}, "loop", "a part of a loop is no vertex"),
    (2, {"loop_edges": lambda c: put(c.loop_edges, 0, 10**6)}, "loop", "a part of a loop is no edge"),
    (2, {"loop_start": lambda c: c.loop_start[::-1]}, "loop", "fewer than 3 parts"),
    (2, {"folds": lambda c: c.folds[:-1]}, "shape", "folds are not one a facet"),
    (2, {"folds": lambda c: put(c.folds, 0, 10**6)}, "face", "names a unit that does not fold"),
    (2, {"edges": lambda c: put(c.edges, 0, c.edges[1])}, "edge", "two edges join the same vertices"),
    (2, {"edges": lambda c: put(c.edges, 0, c.edges[0, 0])}, "edge", "an edge has equal ends"),
    (2, {"maps": lambda c: c.maps[:, :, :1]}, "map", "maps are not one a region"),
    (2, {"maps": lambda c: put(c.maps, (0, 0, 0), np.inf)}, "map", "maps are not one a region, finite"),
    (3, {"cell_start": lambda c: put(c.cell_start, -1, 1)}, "cell", "fewer than 4 parts"),
    (3, {"cell_faces": lambda c: put(c.cell_faces, 1, c.cell_faces[0])}, "face", "a part, face, belongs to no cell"),
    (1, {"edges": lambda c: c.edges[:-1]}, "edge", "a part, vertex, belongs to no edge"),
]


@pytest.mark.parametrize(("d", "parts", "name", "said"), STRUCTURE, ids=[f"{d}-{s}" for d, _, _, s in STRUCTURE])
def test_arrays_that_do_not_fit_are_a_fault_by_name(d: int, parts: dict[str, Any], name: str, said: str) -> None:
    right = answer("gaussian", d, 3)
    verdict = check(right.network, changed(right, **{key: make(whole_of(right)) for key, make in parts.items()}))
    assert verdict.fault in (name, "vertex") and re.search(said, verdict.detail), verdict


LISTS: list[tuple[Callable[[Regions], dict[str, Any]], str, str]] = [
    (lambda a: {"sides": None}, "shape", "neither a complex nor half-spaces"),
    (lambda a: {"bits": a.bits[:, :-1]}, "shape", "patterns are not one a region"),
    (lambda a: {"bits": put(a.bits, (0, 0), 2)}, "pattern", "something else than on and off"),
    (lambda a: {"points": a.points[:, :-1]}, "shape", "points are not one a region"),
    (lambda a: {"points": put(a.points, (0, 0), np.nan)}, "point", "the point of region 0 is not finite"),
    (lambda a: {"sides": (sides_of(a)[0], sides_of(a)[1][:-1])}, "side", "are not one a region"),
    (lambda a: {"sides": (put(sides_of(a)[0], 0, 10**6), sides_of(a)[1])}, "side", "that is not there"),
    (lambda a: {"sides": (put(sides_of(a)[0], 1, sides_of(a)[0][0]), sides_of(a)[1])}, "side", "twice"),
]


def sides_of(found: Regions) -> tuple[Any, Any]:
    assert found.sides is not None
    return found.sides


@pytest.mark.parametrize(("make", "name", "said"), LISTS, ids=[said for _, _, said in LISTS])
def test_lists_that_do_not_fit_are_a_fault_by_name(make: Callable[..., Any], name: str, said: str) -> None:
    right = answer("gaussian", 4, 3)
    verdict = check(right.network, changed(right, **make(right)))
    assert verdict.fault == name and said in verdict.detail, verdict


def test_a_fold_that_is_named_must_flip_there() -> None:
    """The third unit is |x|: zero where the first two fold, and on at both sides."""
    net = Network([[[1.0], [-1.0]], [[1.0, 1.0]], [[1.0]]], [[0.0, 0.0], [0.0], [0.0]])
    right = regions(net, Box([-1.0], [1.0]))
    assert check(net, right)
    folds = whole_of(right).folds
    verdict = check(net, changed(right, folds=np.where(folds >= 0, 2, folds)))
    assert verdict.fault == "face" and "unit 2 does not flip across facet" in verdict.detail


def test_a_list_of_regions_that_is_not_its_complex_is_a_fault() -> None:
    right = answer("gaussian", 2, 3)
    short = changed(right, bits=right.bits[1:], maps=right.maps[1:], points=right.points[1:], n_regions=len(right) - 1)
    assert check(right.network, short).detail == f"there are {len(right)} cells for {len(right) - 1} regions"
    other = check(right.network, replace(right, bits=right.bits[::-1]))
    assert other.detail == "the complex has other patterns than the list"
    other = check(right.network, replace(right, maps=right.maps + 1e-15))
    assert other.detail == "the complex has other maps than the list"
    other = check(right.network, replace(right, points=right.points[1:]))
    assert other.detail == "points are not one a region"


def test_a_vertex_on_a_side_of_the_box_has_the_sides_own_number() -> None:
    right = answer("gaussian", 2, 3)
    x = whole_of(right).vertices
    v = int(np.flatnonzero(x[:, 0] == -1)[0])
    verdict = check(right.network, changed(right, vertices=put(x, (v, 0), -1 + 2.0**-52)))
    assert verdict.fault == "vertex" and f"vertex {v} lies on a side of the box but is not stored so" in verdict.detail


def test_a_unit_that_never_has_its_sign_is_a_fault() -> None:
    net = Network([np.zeros((1, 4)), [[1.0]]], [[-1.0], [0.0]])
    right = regions(net, unit_box(4))
    assert check(net, right)
    verdict = check(net, changed(right, bits=1 - right.bits))
    assert verdict.fault == "pattern" and "unit 0 never has its sign" in verdict.detail


def test_a_unit_without_a_fold_is_not_marked_as_on() -> None:
    for d in (2, 4):
        net = Network(
            [np.eye(d), np.ones((1, d))], [np.zeros(d), [0.0]], "leaky_relu", slopes={1: [1.0] + [0.5] * (d - 1)}
        )
        right = regions(net, unit_box(d))
        assert check(net, right)
        verdict = check(net, changed(right, bits=put(right.bits, (0, 0), 1)))
        assert verdict.fault == "pattern" and "without a fold" in verdict.detail


def test_a_side_that_is_no_half_space_is_a_fault() -> None:
    net = Network([np.eye(4), [[1.0, 0, 0, 0]], [[1.0]]], [np.zeros(4), [0.0], [0.0]])
    right = regions(net, unit_box(4))
    assert check(net, right)
    sides, start = sides_of(right)
    r = int(np.flatnonzero(right.bits[:, 0] == 0)[0])  # unit 0 is off there, so that unit 4 is 0 all over the region
    more = np.insert(sides, start[r + 1], 4), start + (np.arange(len(start)) > r)
    verdict = check(net, changed(right, sides=more))
    assert verdict.fault == "side" and "unit 4 has no half-space" in verdict.detail


def test_the_volumes_are_added_up_beside_the_proof() -> None:
    right = answer("one_decimal", 3, 3)
    proof = ComplexProof(right.chain, right.box, whole_of(right))
    proof.run()
    points = [at for at in proof.points if at is not None]
    proof._check_volume(points)
    proof.box = Box([-1.0, -1.0, -1.0], [1.0, 1.0, 1.0 + 2.0**-52])
    with pytest.raises(Fault, match="volume: the volumes of the regions do not sum to the box's"):
        proof._check_volume(points)


def test_linear_programs_agree_with_scipy() -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(0)
    outcomes = set()
    for _ in range(60):
        rows = rng.integers(-4, 5, size=(7, 4))
        rows[:, -1] = rng.integers(1, 6, size=7)
        rows = np.concatenate([rows, [[*s, 5] for s in np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])]])
        target = [*rng.integers(-4, 5, size=3), int(rng.integers(1, 40))]
        found = beyond(rows.tolist(), [int(v) for v in target], point([0, 0, 0]))
        least = linprog(target[:3], A_ub=-rows[:, :3], b_ub=rows[:, 3], bounds=(None, None)).fun + target[3]
        assert (found is not None) == (least < -1e-9)
        outcomes.add(found is None)
    assert outcomes == {True, False}


def test_one_program_after_another_gives_the_answers_of_fresh_ones() -> None:
    rng = np.random.default_rng(1)
    rows = [[*s, 3] for s in np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)]).tolist()] + [[1, 2, -1, 4]]
    polytope = Polytope(rows, point([0, 0, 0]))
    for target in rng.integers(-3, 4, size=(40, 4)).tolist():
        target[-1] = abs(target[-1]) * 4
        assert (polytope.beyond(target) is None) == (beyond(rows, target, point([0, 0, 0])) is None)


def test_an_interior_point_is_found_in_a_sliver_and_none_in_an_empty_set() -> None:
    sliver = [[3, -1], [-3 * 2**60, 2**60 + 1]]  # 1/3 < x < 1/3 + 2**-60 / 3
    around = [[1, 0], [-1, 1]]
    found = interior(sliver, around, point([0.5]))
    assert found is not None and all(value(row, found) > 0 for row in (*sliver, *around))
    assert interior([[3, -1], [-3, 1]], around, point([0.5])) is None


def test_half_spaces_that_do_not_bound_a_region_are_a_fault() -> None:
    with pytest.raises(Fault, match="side: the half-spaces of a region do not bound it"):
        beyond([[1, 0]], [-1, 9], point([1]))


def test_the_code_of_the_guide_to_checking_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = Path(__file__).parents[3] / "docs" / "guide" / "check.md"
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    assert len(blocks) == 2
    exec("\n".join(blocks), {})
    assert {"answer.npz", "answer.csv", "answer.geojson", "answer.svg"} <= {f.name for f in tmp_path.iterdir()}


@pytest.mark.parametrize("size", [1e-2, 1e-5, 1e-9, 1e-12])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_corners_are_where_their_folds_meet_however_small_the_box(d: int, size: float) -> None:
    rng = np.random.default_rng(d)
    first, second, b = rng.normal(size=(6, d)), rng.normal(size=(5, 6)), rng.normal(size=6)
    offsets = size * rng.normal(size=5) - second @ np.maximum(b, 0)  # folds of the second layer pass through the box
    net = Network([first, second, np.ones((1, 5))], [b, offsets, [0.0]])
    found = regions(net, Box([-size] * d, [size] * d))
    verdict = check(net, found)
    assert len(found) > 1 and verdict.accepted, verdict.detail
    assert verdict.vertex_error < 2.0**-44


FLT_MAX = float(np.finfo(np.float32).max)


def on_a_dead_path() -> Network:
    """The third unit is never on in the box, and its weights are the largest there are."""
    return Network(
        [[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[1.0, 1.0, FLT_MAX], [1.0, -1.0, FLT_MAX]], [[1.0, 1.0]]],
        [[0.0, 0.25, -10.0], [0.0, 0.0], [0.5]],
    )


def on_one_side() -> Network:
    """The largest weight is on where x > 1/2: elsewhere the map is that of the others."""
    return Network([[[1.0, 0.0], [0.3, 0.7], [1.0, 0.0]], [[0.1, 0.7, FLT_MAX]]], [[0.1, 0.2, -0.5], [0.3]])


def clipped_to_half() -> Network:
    """Clip from the lowest float32 to one half, as its two joints: FLT_MAX comes and goes again in every map."""
    return Network(
        [[[1.0, 0.3]], [[1.0], [1.0]], [[1.0, -1.0]]], [[0.1], [FLT_MAX, -0.5], [-FLT_MAX]], ["identity", "relu"]
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("make", [on_a_dead_path, on_one_side, clipped_to_half])
def test_a_weight_that_cancels_or_is_off_makes_no_room_for_a_wrong_map(
    make: Callable[[], Network], engine: str
) -> None:
    net = make()
    right = regions(net, unit_box(2), engine=engine)
    assert check(net, right), check(net, right)
    small = np.flatnonzero(np.abs(right.maps).max(axis=(1, 2)) < 10)
    assert small.size
    for off in (2.0, 1e-6, 1e-8):
        for at in np.ndindex(right.maps.shape[1:]):
            forged = changed(right, maps=put(right.maps, (small[0], *at), right.maps[(small[0], *at)] + off))
            assert check(net, forged).fault == "map", (at, off)


def test_maps_made_again_are_the_nearest_doubles_and_others_are_left_alone() -> None:
    net = clipped_to_half()
    chain, found = chain_of(net), regions(net, unit_box(2))
    plain = maps_of(chain, found.bits)
    assert np.abs(plain[:, 0, 2]).max() == 0.0  # FLT_MAX has swallowed what is left
    mended = told(chain, unit_box(2), lambda: found.bits, plain)
    assert sorted(mended[:, 0].tolist()) == [[0.0, 0.0, 0.5], [1.0, 0.3, 0.1]]
    ordinary = regions(network("gaussian", SHAPES[2], 3), unit_box(2))
    asked: list[int] = []
    assert told(ordinary.chain, ordinary.box, lambda: asked.append(1) or ordinary.bits, ordinary.maps) is ordinary.maps
    assert not asked
