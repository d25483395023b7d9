"""Exact answers in numbers and words: regions, decisions, boundaries, bounds."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

import numpy as np

from ..exact.boundary import Boundary
from ..exact.bounds import Bounds
from ..exact.decisions import Decisions
from ..exact.regions import Regions

Facts = dict[str, Any]
Row = tuple[str, str]

SIZES = {1: "length", 2: "area", 3: "volume"}
FACETS = {1: "points", 2: "edges", 3: "polygons"}
LONG, ENDLESS = 10**9, 10**45  # whole numbers from here on are also, and only, said as a power of ten


def regions_facts(found: Regions, bounds: Bounds) -> Facts:
    """Return what was counted, beside the most there can be; None for what an answer cut short does not tell.

    "volume" and "euler" are of a complex, for 1, 2 or 3 inputs, and None for more.
    """
    whole = found.complex
    n = len(found) if whole is None else whole.n_regions
    measured = whole is not None and found.complete
    return {
        "n_regions": n,
        "n_pieces": found.n_pieces if found.complete else None,
        "bound": bounds.upper,
        "volume": float(np.sum(found.volumes)) if measured else None,
        "certified": found.certified,
        "complete": found.complete,
        "explored": found.explored,
        "merged": found.merged if found.complete else None,
        "euler": whole.euler if whole is not None and measured else None,
        "seconds": found.seconds,
        "d_in": found.d_in,
    }


def regions_rows(facts: Facts) -> list[Row]:
    """Return the facts of ``regions_facts`` in words, one row each."""
    rows = [("regions", f"{facts['n_regions']:,}"), ("at most", count_text(facts["bound"]))]
    if facts["n_pieces"] is not None:
        merged = f"{facts['merged']:,} regions merged with a neighbour of equal map"
        rows.append(("pieces", f"{facts['n_pieces']:,} ({merged})"))
    if facts["volume"] is not None:
        rows += [(SIZES[facts["d_in"]], f"{facts['volume']:.6g}"), ("Euler number", str(facts["euler"]))]
    return [*rows, *proof_rows(facts)]


def decisions_facts(cells: Decisions, bounds: Bounds) -> Facts:
    """Return where each class wins, and what is proved about it; regions are counted beside the most there can be."""
    volumes, total = cells.volume_of_class.tolist(), cells.box.volume
    counts = np.bincount(cells.classes, minlength=len(cells.names)).tolist()
    return {
        "n_cells": len(cells),
        "n_regions": len(cells.regions),
        "bound": bounds.upper,
        "classes": [
            {"name": name, "volume": volume, "share": volume / total, "n_cells": n}
            for name, volume, n in zip(cells.names, volumes, counts, strict=True)
        ],
        "empty": list(cells.empty) if cells.complete else None,
        "volume": float(np.sum(cells.volumes)) if cells.complete else None,
        "euler": cells.complex.euler if cells.complete else None,
        **{word: getattr(cells, word) for word in ("certified", "complete", "seconds", "d_in")},
    }


def decisions_rows(facts: Facts) -> list[Row]:
    """Return the facts of ``decisions_facts`` in words, one row each."""
    most = count_text(facts["bound"])
    rows = [("cells", f"{facts['n_cells']:,} in {facts['n_regions']:,} regions of at most {most}")]
    for one in facts["classes"]:
        words = f"{SIZES[facts['d_in']]} {one['volume']:.6g}, {one['share']:.2%} of the box, {one['n_cells']:,} cells"
        rows.append((f"class {one['name']}", words if one["n_cells"] or not facts["complete"] else "wins nowhere"))
    return [*rows, *proof_rows(facts)]


def boundary_facts(found: Boundary) -> Facts:
    """Return how long or large a boundary is, between which classes, and how well its vertices solve it."""
    return {
        "n_facets": len(found),
        "n_vertices": len(found.vertices),
        "n_polylines": len(found.chains) if found.d == 2 else None,
        "points": found.points.tolist() if found.d == 1 else None,
        "size": found.size,
        "pairs": [list(pair) for pair in found.pairs],
        **{word: getattr(found, word) for word in ("max_abs_value", "certified", "complete", "seconds")},
        "d_in": found.d,
    }


def boundary_rows(facts: Facts) -> list[Row]:
    """Return the facts of ``boundary_facts`` in words, one row each."""
    d = facts["d_in"]
    rows = [(FACETS[d], f"{facts['n_facets']:,}")]
    if d == 1:
        rows.append(("at", ", ".join(f"{x:.9g}" for x in facts["points"]) or "nowhere"))
    if d == 2:
        rows.append(("polylines", f"{facts['n_polylines']:,}"))
    if d > 1:
        rows.append((SIZES[d - 1], f"{facts['size']:.9g}"))
    rows.append(("between", ", ".join(f"{a} and {b}" for a, b in facts["pairs"]) or "no two classes"))
    rows.append(("largest residual", f"{facts['max_abs_value']:.3g} at a vertex"))
    return [*rows, *proof_rows(facts)]


def bounds_facts(bounds: Bounds) -> Facts:
    """Return the bounds as exact whole numbers."""
    return asdict(bounds) | {"n_folds": list(bounds.n_folds), "upper": bounds.upper}


def bounds_rows(facts: Facts) -> list[Row]:
    """Return the facts of ``bounds_facts`` in words, one row each."""
    return [
        ("parameters", f"{facts['n_parameters']:,}"),
        ("folding units", " + ".join(map(str, facts["n_folds"])) or "0"),
        ("some network of this shape has", f"{count_text(facts['lower'])} or more (Montufar)"),
        ("none has more than", f"{count_text(facts['upper'])}, the least of:"),
        ("  Serra", count_text(facts["serra"])),
        ("  Raghu", count_text(facts["raghu"])),
        ("  on / off patterns", count_text(facts["patterns"])),
        ("the first layer alone", f"{count_text(facts['zaslavsky'])} or fewer (Zaslavsky)"),
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


def proof_rows(facts: Facts) -> list[Row]:
    """Return how far an answer is proved, and how long it took."""
    share = f": {facts['explored']:.1%} of the box" if "explored" in facts else ""
    proved = "every decision proved" if facts["certified"] else "floats, nothing proved"
    return [
        ("certified", proved),
        ("complete", "yes" if facts["complete"] else f"no, the budget was spent{share}"),
        ("seconds", f"{facts['seconds']:.3g}"),
    ]
