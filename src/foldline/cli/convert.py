"""The verb that turns one representation of a solid, or one file of a network, into another."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import MAKING, Writing, numbers_of, print_facts, verb
from .asked import check_free

if TYPE_CHECKING:
    from ..forms import Conversion, Form

PAGES = (".html", ".svg", ".png", ".pdf")  # that show all representations of a solid


@verb(MAKING, "foldline convert data/mesh/elephant.off elephant.binvox --n 64")
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A mesh, voxels, points, distances or a network.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write; its suffix says what it is.")],
    to: Annotated[
        str | None, typer.Option(help="mesh, voxels, points, distances or network, where OUT may be several.")
    ] = None,
    n: Annotated[int, typer.Option(help="Voxels, or cells of the grid, along each axis.")] = 64,
    n_points: Annotated[int, typer.Option(help="Points of a cloud.")] = 20_000,
    box: Annotated[tuple[str, str] | None, typer.Option(help="Two corners, of voxels and distances.")] = None,
    shape: Annotated[str | None, typer.Option(metavar="NAME", help="Of a class of shapes: which of them.")] = None,
    *,
    how: Writing,
) -> None:
    """Turn a mesh, voxels, points, sampled distances or a network into another of these, or into another file format.

    Says the bytes of both files, and the exact distances between both surfaces, each way. An OUT that ends in .html,
    .svg, .png or .pdf shows the solid in all representations side by side.
    """
    from ..box import Box
    from ..forms import Conversion, check_name, check_way, compared, form_at, kind_at, kind_of, write_form
    from ..forms import convert as turn
    from ..network import Network

    show = how.show
    check_free(out, how.force)
    given = form_at(source)
    if shape is not None:
        if not isinstance(given, Network):
            raise InputError(f"--shape needs a class of shapes; {source.name} holds a {kind_of(given)}. Leave it out.")
        given = given.fixed(shape)
    corners = None if box is None else Box(*(numbers_of("--box", text, 3) for text in box))
    if out.suffix.lower() in PAGES:
        if to is not None:
            raise InputError(f"convert makes all representations for {out.suffix}; got --to {to}. Leave it out.")
        _four_ways(given, source, out, {"n": n, "points": n_points, "box": corners}, how)
        return
    kind = to or kind_at(out, kind_of(given))
    form_of = isinstance(given, Network) and kind == "network"
    if not form_of:
        check_way(given, kind, n, n_points)
    check_name(kind, out)
    with show.status(f"making {kind}"):
        made = given if form_of else turn(given, kind, n=n, points=n_points, box=corners)
    with show.status("measuring the distance both ways"):
        unmoved = Conversion("network", "network", (0.0, 0.0), (0.0, 0.0))
        found = unmoved if form_of else compared(given, made, box=corners)
    size = source.stat().st_size if source.is_file() else 0
    found = replace(found, bytes=(size, write_form(made, out, force=how.force)))
    print_facts(asdict(found), _rows(found, source, out, same=form_of), how)


def _four_ways(given: Form, source: Path, out: Path, made_with: dict[str, Any], how: Writing) -> None:
    """Write the page, or the figure, of a solid as a mesh, voxels, points and a network."""
    from ..atomic import write_bytes
    from ..draw.report.four import four_figure, four_report
    from ..forms import four_ways

    with how.show.status("making a mesh, voxels, points and a network, and measuring them"):
        ways = four_ways(given, **made_with)
        made = four_report(ways, source=source.name)
        kind = out.suffix.lower()[1:]
        data = made.html.encode() if kind == "html" else four_figure(ways, source.name).encode(kind)
    write_bytes(out, data, force=how.force)
    print_facts(made.facts, [*made.rows, ("written", str(out))], how)


def _rows(found: Conversion, source: Path, out: Path, *, same: bool) -> list[tuple[str, str]]:
    rows = [
        ("from", f"{found.source}, {source.name}: {found.bytes[0]:,} bytes"),
        ("to", f"{found.made}, {out.name}: {found.bytes[1]:,} bytes"),
    ]
    if same:
        return [*rows, ("numbers", "the same; what a format cannot hold is refused, never left out")]
    ways = ((f"distance from the {found.source}", found.there), (f"distance back from the {found.made}", found.back))
    return [*rows, *((name, f"{mean:.3g} mean, {most:.3g} the largest seen") for name, (mean, most) in ways)]
