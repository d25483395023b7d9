"""Exact answers -> facts, and their words: regions, decisions, boundaries, bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from ..exact.boundary import Boundary
from ..exact.bounds import Bounds
from ..exact.decisions import Decisions
from ..exact.regions import Regions
from ..exact.terrain.contours import Contours
from ..exact.terrain.slopes import Slopes
from ..exact.totals import Totals, totals_of
from ..files.told import Told
from ..text import in_seconds
from .facts import Fact, Facts

SIZES = {1: "length", 2: "area", 3: "volume"}
FACETS = {1: "points", 2: "edges", 3: "polygons"}
MOST_LEVELS = 24  # told one by one
LONG, ENDLESS = 10**9, 10**45  # whole numbers from here on are also, and only, said as a power of ten


PATTERNS = 2**26  # units times regions that are looked through for layers that are never on


@dataclass(frozen=True, kw_only=True)
class Proved(Facts):
    """Facts of an exact answer, with how far it is proved and how long it took."""

    certified: bool
    complete: bool
    seconds: float
    d_in: int

    def proof_rows(self, explored: float | None = None) -> list[Fact]:
        """Return how far an answer is proved, and how long it took; the share explored where it is known."""
        share = "" if explored is None else f": {explored:.1%} of the box"
        return [
            ("certified", "every decision proved" if self.certified else "floats, nothing proved"),
            ("complete", "yes" if self.complete else f"no, cut short{share}"),
            ("time", in_seconds(self.seconds)),
        ]


@dataclass(frozen=True, kw_only=True)
class RegionsFacts(Proved):
    """What was counted, beside the most there can be; None for what an answer cut short does not tell.

    "volume" and "euler" are of a complex, for 1, 2 or 3 inputs, and None for more; "dead_layers" of up to ``PATTERNS``.
    """

    n_regions: int
    n_pieces: int | None
    bound: int
    volume: float | None
    explored: float
    merged: int | None
    euler: int | None
    dead_layers: tuple[int, ...] = ()

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        rows = [("regions", f"{self.n_regions:,}"), ("at most", count_text(self.bound))]
        if self.n_pieces is not None:
            merged = f"{self.merged:,} regions merged with a neighbour of equal map"
            rows.append(("pieces", f"{self.n_pieces:,} ({merged})"))
        if self.volume is not None:
            rows += [(SIZES[self.d_in], f"{self.volume:.6g}"), ("Euler number", str(self.euler))]
        dead = (f"hidden layer {layer} is dead: no unit of it is on in the box" for layer in self.dead_layers)
        rows += [("note", sentence) for sentence in dead]
        return [*rows, *self.proof_rows(self.explored)]


def regions_facts(found: Regions, bounds: Bounds) -> RegionsFacts:
    """Return what was counted, beside the most there can be."""
    whole = found.complex
    measured = whole is not None and found.complete
    return RegionsFacts(
        n_regions=len(found) if whole is None else whole.n_regions,
        n_pieces=found.n_pieces if found.complete else None,
        bound=bounds.upper,
        volume=float(np.sum(found.volumes)) if measured else None,
        explored=found.explored,
        merged=found.merged if found.complete else None,
        euler=whole.euler if whole is not None and measured else None,
        dead_layers=found.dead_layers if found.complete and len(found) * found.network.n_hidden <= PATTERNS else (),
        **_proof(found, found.d_in),
    )


@dataclass(frozen=True, kw_only=True)
class ClassFacts:
    """One class: its length, area or volume, the share of the box, and how many cells."""

    name: str
    volume: float
    share: float
    n_cells: int


@dataclass(frozen=True, kw_only=True)
class DecisionsFacts(Proved):
    """Where each class wins; regions are counted beside the most there can be."""

    n_cells: int
    n_regions: int
    bound: int
    classes: tuple[ClassFacts, ...]
    empty: tuple[str, ...] | None
    volume: float | None
    euler: int | None

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        rows = [("cells", f"{self.n_cells:,} in {self.n_regions:,} regions of at most {count_text(self.bound)}")]
        for one in self.classes:
            words = f"{SIZES[self.d_in]} {one.volume:.6g}, {one.share:.2%} of the box, {one.n_cells:,} cells"
            rows.append((f"class {one.name}", words if one.n_cells or not self.complete else "wins nowhere"))
        return [*rows, *self.proof_rows()]


def decisions_facts(cells: Decisions, bounds: Bounds) -> DecisionsFacts:
    """Return where each class wins, and what is proved about it."""
    volumes, total = cells.volume_of_class.tolist(), cells.box.volume
    counts = np.bincount(cells.classes, minlength=len(cells.names)).tolist()
    classes = tuple(
        ClassFacts(name=name, volume=volume, share=volume / total, n_cells=n)
        for name, volume, n in zip(cells.names, volumes, counts, strict=True)
    )
    return DecisionsFacts(
        n_cells=len(cells),
        n_regions=len(cells.regions),
        bound=bounds.upper,
        classes=classes,
        empty=tuple(cells.empty) if cells.complete else None,
        volume=float(np.sum(cells.volumes)) if cells.complete else None,
        euler=cells.complex.euler if cells.complete else None,
        **_proof(cells, cells.d_in),
    )


@dataclass(frozen=True, kw_only=True)
class BoundaryFacts(Proved):
    """How long or large a boundary is, between which classes, and how well its vertices solve it."""

    n_facets: int
    n_vertices: int
    n_polylines: int | None
    points: tuple[float, ...] | None
    size: float
    pairs: tuple[tuple[str, str], ...]
    max_abs_value: float

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        d = self.d_in
        rows = [(FACETS[d], f"{self.n_facets:,}")]
        if d == 1:
            rows.append(("at", ", ".join(f"{x:.9g}" for x in self.points or ()) or "nowhere"))
        if d == 2:
            rows.append(("polylines", f"{self.n_polylines:,}"))
        if d > 1:
            rows.append((SIZES[d - 1], f"{self.size:.9g}"))
        rows.append(("between", ", ".join(f"{a} and {b}" for a, b in self.pairs) or "no two classes"))
        rows.append(("largest residual", f"{self.max_abs_value:.3g} at a vertex"))
        return [*rows, *self.proof_rows()]


def boundary_facts(found: Boundary) -> BoundaryFacts:
    """Return how long or large a boundary is, between which classes, and how well its vertices solve it."""
    return BoundaryFacts(
        n_facets=len(found),
        n_vertices=len(found.vertices),
        n_polylines=len(found.chains) if found.d == 2 else None,
        points=tuple(found.points.tolist()) if found.d == 1 else None,
        size=found.size,
        pairs=tuple(found.pairs),
        max_abs_value=found.max_abs_value,
        **_proof(found, found.d),
    )


@dataclass(frozen=True, kw_only=True)
class ContoursFacts(Proved):
    """How many level lines there are, and how long."""

    n_lines: int
    n_closed: int
    levels: tuple[float, ...]
    complete_levels: tuple[float, ...]
    lengths: tuple[float, ...]
    max_abs_value: float

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        lengths = list(zip(self.levels, self.lengths, strict=True))
        shown = (
            lengths if len(lengths) <= MOST_LEVELS else [*lengths[: MOST_LEVELS // 2], *lengths[-MOST_LEVELS // 2 :]]
        )
        rows = [("levels", f"{len(lengths):,}"), ("polylines", f"{self.n_lines:,}, {self.n_closed:,} of them closed")]
        rows += [(f"  level {level:g}", f"length {length:.6g}") for level, length in shown]
        rows += [("largest residual", f"{self.max_abs_value:.3g} at a vertex")]
        if not self.complete:
            rows += [("whole levels", ", ".join(f"{level:g}" for level in self.complete_levels) or "none")]
        return [*rows, *self.proof_rows()]


def contours_facts(found: Contours) -> ContoursFacts:
    """Return how many level lines there are, and how long."""
    closed = sum(np.array_equal(line[0], line[-1]) for lines in found.lines for line in lines)
    return ContoursFacts(
        n_lines=len(found),
        n_closed=int(closed),
        levels=tuple(found.levels.tolist()),
        complete_levels=tuple(found.levels[found.whole].tolist()),
        lengths=tuple(found.lengths.tolist()),
        max_abs_value=found.max_abs_value,
        **_proof(found, 2),
    )


@dataclass(frozen=True, kw_only=True)
class SlopesFacts(Proved):
    """How steep a map is."""

    n_regions: int
    mean_slope: float
    largest_slope: float
    steepest_at: tuple[float, ...]
    flat_regions: int
    per_unit: tuple[float, float]
    lengths: str | None

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        at = ", ".join(f"{x:.9g}" for x in self.steepest_at)
        taken = self.lengths or "coordinates taken in the units of the heights; --per-unit says others"
        return [
            ("regions", f"{self.n_regions:,}, {self.flat_regions:,} of them flat"),
            ("mean slope", f"{self.mean_slope:.4g} = {_degrees(self.mean_slope):.4g}°"),
            ("largest slope", f"{self.largest_slope:.4g} = {_degrees(self.largest_slope):.4g}° at {at}"),
            ("lengths", taken),
            *self.proof_rows(),
        ]


def slopes_facts(found: Slopes) -> SlopesFacts:
    """Return how steep a map is."""
    most = int(found.steepness.argmax()) if len(found) else 0
    return SlopesFacts(
        n_regions=len(found),
        mean_slope=found.mean if len(found) else 0.0,
        largest_slope=float(found.steepness[most]) if len(found) else 0.0,
        steepest_at=tuple(found.regions.centroids[most].tolist()) if len(found) else (),
        flat_regions=int(np.isnan(found.aspect).sum()),
        per_unit=found.per_unit,
        lengths=found.meta.get("lengths"),
        **_proof(found, 2),
    )


def _degrees(slope: float) -> float:
    return float(np.degrees(np.arctan(slope)))


@dataclass(frozen=True, kw_only=True)
class ExtremeFacts:
    """The least and the largest value of one output, where each is taken, and the integral."""

    output: str
    least: float
    least_at: tuple[float, ...]
    largest: float
    largest_at: tuple[float, ...]
    integral: float


@dataclass(frozen=True, kw_only=True)
class ExtremaFacts(Proved):
    """Between which values every output lies in a box; before its output unit."""

    outputs: tuple[ExtremeFacts, ...]
    lipschitz: float
    n_regions: int
    explored: float

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        rows = []
        for one in self.outputs:
            rows.append((f"{one.output}, least", f"{one.least:.9g} at {_place(one.least_at)}"))
            rows.append((f"{one.output}, largest", f"{one.largest:.9g} at {_place(one.largest_at)}"))
            rows.append((f"{one.output}, integral", f"{one.integral:.9g}"))
        steepest = ("steepest slope", f"{self.lipschitz:.6g}, the Lipschitz constant")
        return [*rows, steepest, ("regions", f"{self.n_regions:,}"), *self.proof_rows(self.explored)]


def extrema_facts(answer: Regions | Totals) -> ExtremaFacts:
    """Return between which values every output lies on the regions found, and what it comes to.

    raises   BudgetError where there is none
    """
    found = answer if isinstance(answer, Totals) else totals_of(answer)
    least, least_at, largest, largest_at = found.least, found.least_at, found.largest, found.largest_at
    names = found.network.meta.get("classes") or ()
    several = names if len(names) == len(least) else [f"output {k + 1}" for k in range(len(least))]
    outputs = tuple(
        ExtremeFacts(
            output=str(several[k]) if len(least) > 1 else "output", least=float(least[k]), largest=float(largest[k]),
            least_at=tuple(least_at[k].tolist()), largest_at=tuple(largest_at[k].tolist()),
            integral=float(found.integral[k]),
        )
        for k in range(len(least))
    )  # fmt: skip
    return ExtremaFacts(
        outputs=outputs, lipschitz=found.lipschitz, n_regions=found.n_regions, explored=found.explored,
        **_proof(found, found.d_in),
    )  # fmt: skip


def _place(at: tuple[float, ...]) -> str:
    return ", ".join(f"{x:.6g}" for x in at)


@dataclass(frozen=True, kw_only=True)
class ToldFacts(Proved):
    """What an answer's document tells of itself."""

    n_cells: int

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each; a document does not tell how long the answer took."""
        return [("cells", f"{self.n_cells:,}"), *self.proof_rows()[:2]]


def told_facts(found: Told) -> ToldFacts:
    """Return how many cells there are, and how good the answer was."""
    return ToldFacts(n_cells=len(found), **_proof(found, found.d_in))


def _proof(found: Regions | Totals | Decisions | Boundary | Contours | Slopes | Told, d_in: int) -> dict[str, Any]:
    return {"certified": found.certified, "complete": found.complete, "seconds": found.seconds, "d_in": d_in}


@dataclass(frozen=True, kw_only=True)
class BoundsFacts(Facts):
    """The bounds of a shape as exact whole numbers."""

    bounds: Bounds

    def json(self) -> dict[str, Any]:
        """Return the bounds by their names, and the least of the upper ones."""
        return asdict(self.bounds) | {"n_folds": list(self.bounds.n_folds), "upper": self.bounds.upper}

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        bounds = self.bounds
        return [
            ("parameters", f"{bounds.n_parameters:,}"),
            ("folding units", " + ".join(map(str, bounds.n_folds)) or "0"),
            ("some network of this shape has", f"{count_text(bounds.lower)} or more (Montufar)"),
            ("none has more than", f"{count_text(bounds.upper)}, the least of:"),
            ("  Serra", count_text(bounds.serra)),
            ("  Raghu", count_text(bounds.raghu)),
            ("  on / off patterns", count_text(bounds.patterns)),
            ("the first layer alone", f"{count_text(bounds.zaslavsky)} or fewer (Zaslavsky)"),
        ]


def count_text(n: int) -> str:
    """Return a whole number exactly, a long one also as a power of ten, an endless one only so.

    >>> count_text(161051), count_text(13432735556)
    ('161,051', '13,432,735,556 = 1.343e+10')
    """
    if n < LONG:
        return f"{n:,}"
    power = f"{Decimal(n):.3e}"
    return power if n >= ENDLESS else f"{n:,} = {power}"
