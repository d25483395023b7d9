"""The verbs that ask exact questions of a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BudgetError, InputError
from ..text import in_seconds
from . import clock
from .app import ASKING, How, Writing, numbers_of, print_facts, verb
from .asked import Answering, Asking, Corners, Level, Limits, OnSlice, Reading, Source, box_of, check_free
from .clock import LateError
from .stop import Stop, Stopped, stopping

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..facts.facts import Facts
    from ..mesh import Mesh
    from ..network import Network

RegionsOut = Annotated[
    Path | None,
    typer.Option(
        help=".npz (for foldline check), .json, .csv, .geojson, .ply, .obj, .vtu; .svg, .png or .pdf: a picture."
    ),
]
DecisionsOut = Annotated[
    Path | None,
    typer.Option(help=".json or .csv; for 2 inputs also .geojson; for 1 or 2 .svg, .png or .pdf: a picture."),
]
BoundaryOut = Annotated[
    Path | None,
    typer.Option(
        help=".json or .csv; .geojson for 2 inputs, .svg, .png or .pdf for 1 or 2; a mesh such as .ply for 3."
    ),
]
ContoursOut = Annotated[
    Path | None, typer.Option(help=".geojson, in the coordinates of the map, or .csv; .svg, .png or .pdf: a picture.")
]
SlopesOut = Annotated[
    Path | None, typer.Option(
        help=".geojson, a polygon a region in the coordinates of the map, or .csv; .svg, .png or .pdf: a picture."
    )
]
Levels = Annotated[str | None, typer.Option(help="Levels in the units of the output: 300,400,500.")]
Every = Annotated[float | None, typer.Option(help="The multiples of this instead, those that are reached.")]
PerUnit = Annotated[
    str | None,
    typer.Option(help="Lengths of a unit of x and of y in units of height: 90000,111000; of degrees, metres."),
]
SHAPE = re.compile(r"\d{1,9}(-\d{1,9})+")
ROOMS = {"contours": "terrain.", "slopes": "terrain."}  # of exact, that hold a question's module
MOST_WEIGHTS = 3 * 10**7  # 0.24 GB of zeros, five times the largest network of the lecture


@verb(ASKING, "foldline surface network.safetensors --box -1 1 --out surface.ply")
def surface(
    network: Source,
    box: Corners = None,
    level: Annotated[
        float | None, typer.Option(help="The value on the surface; 0, of a scene's density 16, unless given.")
    ] = None,
    shape: Annotated[str | None, typer.Option(metavar="NAME", help="Of a class of shapes: which of them.")] = None,
    units: Annotated[str, typer.Option(help="network, or input: those of the file it was fitted to.")] = "network",
    longest: Annotated[float | None, typer.Option(help="Scale its longest side to this, say 100 mm to print.")] = None,
    text: Annotated[
        bool, typer.Option("--text", help="A .ply as text, with each polygon's gradient and region.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="A mesh: .ply, .obj, .stl, .off, .glb; in the plane: see boundary.")
    ] = None,
    *,
    limits: Limits,
    reading: Reading,
    how: Writing,
) -> None:
    """Extract the exact level set of a ReLU network: one polygon a linear region, or polylines for 2 inputs."""
    from ..exact.surface import surface as extract
    from ..facts.answers import boundary_facts
    from ..facts.values import surface_facts
    from ..files.formats import maker
    from ..files.ply import without_values

    check_free(out, how.force)
    if text and (out is None or out.suffix.lower() != ".ply"):
        got = "no --out" if out is None else out.name
        raise InputError(f"--text needs --out with a name that ends in .ply; got {got}. Leave it out.")
    net = _shape_of(reading.network(network), shape)
    asked = box_of(box or (("-1", "1") if net.transform and net.d_in == 3 and not net.box else None), net)
    place = _placing(net, units, longest)
    if out is not None:
        maker(*(("boundary", out, 2) if net.d_in == 2 else ("mesh", out)))
    doing = "marching over the regions"
    with stopping(question=True) as stop, how.show.status(doing) as status:
        whole, at = _level_set(net, level)
        with stop.patiently():
            found = extract(whole, asked, at, **limits.work(how, status, doing, stop))
    if net.d_in == 3:
        mesh = place(_with_colours(found.mesh, net))
        found = replace(found, shape=mesh if text else without_values(mesh))
    facts = surface_facts(found) if net.d_in == 3 else boundary_facts(found.lines)
    told = _sides(found.mesh, units, longest) if net.d_in == 3 else {}
    rows = [(name.replace("_", " "), f"{value}") for name, value in told.items()]
    print_facts(facts.json() | told, [*facts.rows(), *rows], how, net)
    _keep("surface", found, found.n_faces if net.d_in == 3 else len(found.lines), out, how, stop)


def _shape_of(network: Network, shape: str | None) -> Network:
    """The network of one shape, where a file holds a class of them."""
    if shape is None and network.codes is not None:
        first = network.codes.names[0]
        raise InputError(f"surface needs a shape of this class, --shape NAME; got none. Try --shape {first}.")
    return network if shape is None else network.fixed(shape)


def _level_set(network: Network, level: float | None) -> tuple[Network, float]:
    """The network whose level set is asked for, and the level: of a scene its density's."""
    if network.meta.get("kind") != "scene":
        return network, 0.0 if level is None else level
    from ..scenes.surface import LEVEL, density_of

    return density_of(network), -(LEVEL if level is None else level)


def _with_colours(mesh: Mesh, network: Network) -> Mesh:
    """The surface, of a scene's density with the colour of each vertex."""
    if network.meta.get("kind") != "scene":
        return mesh
    from ..scenes.surface import coloured

    return coloured(mesh, network)


def _placing(network: Network, units: str, longest: float | None) -> Callable[[Mesh], Mesh]:
    """What takes a surface from the network's units to those asked for."""
    import numpy as np

    if units not in ("network", "input"):
        raise InputError(f"--units needs network or input; got {units!r}. Leave it out for the network's own.")
    there = network.transform
    if units == "input" and there is None:
        raise InputError("--units input needs a network that foldline fit to a shape; this one names no other units.")
    if (units == "input" or longest is not None) and network.d_in != 3:
        raise InputError(f"--units and --longest need a network with 3 inputs; got {network.d_in}. Leave them out.")
    if longest is not None and not 0 < longest < float("inf"):
        raise InputError(f"--longest needs a length above 0; got {longest}. Try --longest 100.")

    def place(mesh: Mesh) -> Mesh:
        if units == "input" and there is not None:
            mesh = mesh.transformed(there.inverse.scale, there.inverse.shift)
        if longest is None or not len(mesh.corners):
            return mesh
        return mesh.transformed(longest / float(np.ptp(mesh.bounds, axis=0).max()), [0, 0, 0])

    return place


def _sides(mesh: Mesh, units: str, longest: float | None) -> dict[str, Any]:
    import numpy as np

    side = float(f"{np.ptp(mesh.bounds, axis=0).max():.12g}") if len(mesh.corners) else None
    return {"units": units if longest is None else f"{units}, scaled", "longest_side": side}


@verb(ASKING, "foldline regions network.safetensors --box -1 1 --out regions.svg")
def regions(network: Source, asking: Answering, out: RegionsOut = None) -> None:
    """Find every linear region of a ReLU network in a box, exactly, and count the pieces."""
    _answer("regions", "cutting the box", network, asking, out)


@verb(ASKING, "foldline decisions network.onnx --box 0,0 8,3 --out classes.svg")
def decisions(network: Source, asking: Answering, level: Level = None, out: DecisionsOut = None) -> None:
    """Find where each class of a classifier wins, exactly: length, area or volume of each, and the empty ones."""
    _answer("decisions", "cutting the box by folds and classes", network, asking, out, level=level)


@verb(ASKING, "foldline boundary network.onnx --box 0,0 8,3 --out boundary.geojson")
def boundary(network: Source, asking: Answering, level: Level = None, out: BoundaryOut = None) -> None:
    """Find the exact decision boundary of a classifier: points, polylines or polygons."""
    _answer("boundary", "looking for changes of class", network, asking, out, level=level)


@verb(ASKING, "foldline contours network.safetensors --every 50 --out lines.geojson")
def contours(
    network: Source, asking: Answering, levels: Levels = None, every: Every = None, out: ContoursOut = None
) -> None:
    """Find the exact contour lines of a map: polylines at each level."""
    if levels is None and every is None:
        raise InputError("contours needs --levels or --every; got neither. Try --every 50.")
    asked = None if levels is None else numbers_of("--levels", levels, 1)
    _answer("contours", "following the lines", network, asking, out, levels=asked, every=every)


@verb(ASKING, "foldline slopes network.safetensors --box 0,0 10,10 --out slopes.geojson")
def slopes(network: Source, asking: Answering, per_unit: PerUnit = None, out: SlopesOut = None) -> None:
    """Find the exact slope and aspect of a map, region by region."""
    lengths = None if per_unit is None else numbers_of("--per-unit", per_unit, 2)
    _answer("slopes", "cutting the box", network, asking, out, per_unit=lengths)


def _answer(name: str, doing: str, path: Path, asking: Answering, out: Path | None, **own: Any) -> None:
    """Ask a network the question of that name, print the facts of its answer, and save it.

    doing   what is said while it works
    own     the question's own options
    """
    from ..files.formats import maker

    check_free(out, asking.force)
    net = asking.of(asking.network(path))
    box = asking.box_of(net)
    if out is not None:
        maker(name, out, net.d_in)
    with stopping(question=True) as stop, asking.show.status(doing) as status:
        ask = getattr(import_module(f"..exact.{ROOMS.get(name, '')}{name}", __package__), name)
        with stop.patiently():
            found = ask(net, box=box, **own, **asking.work(asking, status, doing, stop))
        status.update("measuring what was found")
        facts = _in_time(name, found, out, asking, lambda it: _facts(name, it, net))
    chosen = asking.box or asking.line
    told = [] if chosen else [("box", f"{_corner(box.lo)} to {_corner(box.hi)}: where its data lie")]
    print_facts(facts.json(), [*told, *facts.rows()], asking, net)
    _keep(name, found, len(found), out, asking, stop)


def _facts(name: str, found: Any, network: Network) -> Facts:
    """The facts of an answer; where regions were counted, beside how many there can be."""
    from ..exact.bounds import bounds as bounds_of
    from ..facts import answers

    facts: Callable[..., Facts] = getattr(answers, f"{name}_facts")
    return facts(found, bounds_of(network)) if name in ("regions", "decisions") else facts(found)


@verb(ASKING, "foldline extrema network.safetensors --box -1 1")
def extrema(network: Source, asking: Asking) -> None:
    """Find the least and the largest value of every output in a box, exactly, where it is taken, and the integral.

    A field of any size is gone through part by part.
    """
    from ..exact.regions import regions as regions_of
    from ..exact.totals import totals
    from ..facts.answers import extrema_facts
    from ..grid import Grid

    net = asking.of(asking.network(network))
    doing = "cutting the box"
    with stopping(question=True) as stop, asking.show.status(doing) as status:
        with stop.patiently():
            ask = totals if isinstance(net.grid, Grid) else regions_of
            found = ask(net, asking.box_of(net), **asking.work(asking, status, doing, stop))
        status.update("looking at the corners")
        facts = _in_time("extrema", found, None, asking, extrema_facts)
    print_facts(facts.json(), facts.rows(), asking, net)
    _refuse_part("extrema", found, None, stop)


@verb(ASKING, "foldline bounds 1-10-10-10-10-10-1, or a file: foldline bounds network.onnx")
def bounds(
    network: Annotated[
        Path, typer.Argument(metavar="NETWORK", help="A network's file, or its widths: inputs-hidden-...-outputs.")
    ],
    *,
    reading: Reading,
    how: How,
) -> None:
    """Say how many regions a network of this shape can have: known theorems, exact whole numbers."""
    from ..exact.bounds import bounds as bounds_of
    from ..facts.answers import BoundsFacts

    named = not SHAPE.fullmatch(str(network)) or network.exists()
    net = reading.network(network) if named else _shape(network.name)
    facts = BoundsFacts(bounds=bounds_of(net))
    print_facts(facts.json(), facts.rows(), how, net)


@verb(ASKING, "foldline check network.safetensors answer.npz")
def check(
    network: Source,
    answer: Annotated[Path, typer.Argument(help="A saved answer, .npz.")],
    *,
    place: OnSlice,
    reading: Reading,
    how: How,
) -> None:
    """Prove a saved answer again in rational arithmetic, by none of the code that found it.

    The answer names the box it is about, which is said with the verdict. For an answer on a slice, name the same slice.
    """
    from ..exact.check.check import check as prove
    from ..files import read_regions

    with how.show.status("proving every region"):
        claimed = read_regions(answer, **reading.room())
        if network.suffix.lower() != ".npz":
            reading = replace(reading, max_bytes=None)
        net = place.of(reading.network(network))
        verdict = prove(net, claimed)
    facts = verdict.as_dict() | {"box": [claimed.box.lo.tolist(), claimed.box.hi.tolist()]}
    rows = [(name.replace("_", " "), str(value)) for name, value in facts.items() if value != "" and name != "seconds"]
    rows.append(("time", in_seconds(verdict.seconds)))
    print_facts(facts, rows, how, net)
    if not verdict:
        raise InputError(
            f"check needs an answer that is right; got a fault, {verdict.fault}: {verdict.detail}. "
            "Find the regions again."
        )


def _shape(text: str) -> Network:
    """A network of these widths, all zeros: what is asked of it depends on its shape alone."""
    import numpy as np

    from ..network import Network

    widths = [int(width) for width in text.split("-")]
    if min(widths) < 1 or sum(a * b for a, b in pairwise(widths)) > MOST_WEIGHTS:
        raise InputError(f"bounds needs widths of at least 1 and at most {MOST_WEIGHTS:,} weights; got {text}.")
    return Network([np.zeros((b, a)) for a, b in pairwise(widths)], [np.zeros(b) for b in widths[1:]])


def _in_time(who: str, found: Any, out: Path | None, how: How, tell: Callable[[Any], Facts]) -> Facts:
    """The facts of an answer; one that was found as the time was over is saved, and is exit code 3.

    tell   makes them; of regions those that are quick are told, the ones of an answer that was cut short
    """
    try:
        return tell(found)
    except (LateError, Stopped) as ended:
        kept = _saved(found, out, how)
        if who == "regions":
            quick = tell(replace(found, proof=replace(found.proof, complete=False)))
            print_facts(quick.json(), quick.rows(), how, found.network)
        share = f"{found.explored:.1%} of the box was explored"
        if isinstance(ended, Stopped):
            raise Stopped(ended.code - 128, f"{who} was stopped; {share}, and not measured{kept}.") from ended
        raise BudgetError(
            f"{who} needs a larger budget; {share}, and no time was left to measure what was found{kept}. "
            "Raise --max-seconds."
        ) from ended


def _saved(found: Any, out: Path | None, how: How) -> str:
    """Save the part there is of an answer that was cut short, whatever time it takes; return where, in words."""
    clock.off()
    if out is None or not len(found):
        return ""
    found.save(out, force=getattr(how, "force", False))
    return f"; the part found is in {out}"


def _keep(who: str, found: Any, size: int, out: Path | None, how: Writing, stop: Stop) -> None:
    """Save what was found, the part there is of an answer cut short too: that one is exit code 3, or the signal's."""
    clock.off()
    if out is not None and (found.complete or size):
        found.save(out, force=how.force)
    _refuse_part(who, found, out if size else None, stop)


def _corner(at: NDArray[np.float64]) -> str:
    return ",".join(f"{x:.6g}" for x in at)


def _refuse_part(who: str, found: Any, kept_in: Path | None, stop: Stop) -> None:
    """End with exit code 3 where an answer was cut short, with a signal's where that did it."""
    if not found.complete:
        kept = f"; the part found is in {kept_in}" if kept_in is not None else ""
        if stop.number is not None:
            raise Stopped(stop.number, f"{who} was stopped; {found.explored:.1%} of the box was explored{kept}.")
        raise BudgetError(
            f"{who} needs a larger budget; the answer is incomplete, "
            f"{found.explored:.1%} of the box was explored{kept}. "
            "Raise --max-regions or --max-seconds, free memory, or ask of a smaller --box."
        )
