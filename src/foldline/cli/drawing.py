"""The verb that draws: a network, an answer or a mesh as one picture or page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import (
    Activation,
    Debug,
    Force,
    Json,
    Output,
    Quiet,
    app,
    console,
    network_options,
    numbers_of,
    print_facts,
    verb,
    working,
)
from .asked import (
    Corners,
    Level,
    Line,
    MaxRegions,
    MaxSeconds,
    Plane,
    box_of,
    budget_of,
    check_free,
    cores,
    teller,
)
from .reading import reads

if TYPE_CHECKING:
    from ..draw.picture import Picture
    from ..exact.regions import Regions
    from ..mesh import Mesh
    from ..network import Network
    from ..samples import Samples

SUFFIXES = (".svg", ".png", ".pdf", ".html")


@app.command(epilog="Example: foldline draw out/iris/network.safetensors --data data/iris.csv --out iris.svg")
@verb
@reads
def draw(
    input: Annotated[
        Path, typer.Argument(metavar="NETWORK|ANSWER", help="A network, a saved answer (.npz) or a mesh.")
    ],
    out: Annotated[Path, typer.Option(help="The picture: .svg, .png or .pdf; .html for a page with numbers.")],
    data: Annotated[Path | None, typer.Option(help="A table whose rows are drawn as points.")] = None,
    show: Annotated[
        str | None,
        typer.Option(help="regions, field, curve, image, classes, boundary, surface or network; what suits it best."),
    ] = None,
    colour: Annotated[
        str | None, typer.Option(help="Of regions: pattern, piece, gradient, value, field, class or image.")
    ] = None,
    box: Corners = None,
    plane: Plane = None,
    line: Line = None,
    level: Level = None,
    activation: Activation = None,
    output: Output = None,
    max_regions: MaxRegions = None,
    max_seconds: MaxSeconds = None,
    *,
    options: dict[str, Any],
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw a network, an answer or a mesh, with axes, legend and, if there is data, its points.

    A network of more than 2 inputs is drawn on a slice: --plane, --line, or through the data's middle along its two
    leading directions.
    """

    from ..draw.picture import picture
    from ..network import Network

    check_free(out, force)
    if out.suffix.lower() not in SUFFIXES:
        raise InputError(f"--out needs a name that ends in {', '.join(SUFFIXES)}; got {out.name!r}. Rename it.")
    given = _Given(show, box, plane, line, level, {"colour": colour} if colour else {})
    with working(quiet).status("asking") as status:
        work = {"budget": budget_of(max_regions, max_seconds), "callback": teller(status, "asking")}
        value, samples, note, how = _drawn(_value(input, activation, output), data, options, given, work)
        status.update("drawing")
        made = picture(value, samples, note=note, **how)
        _write(made, value, input.name, out, force)
    facts = {"picture": str(out), "title": made.title, "said": made.said}
    about = value if isinstance(value, Network) else getattr(value, "network", None)
    print_facts(facts, list(facts.items()), console(quiet or as_json), as_json, about)


@dataclass(frozen=True)
class _Given:
    """The options that say what is shown, and where."""

    show: str | None
    box: tuple[str, str] | None
    plane: tuple[str, str, str] | None
    line: tuple[str, str] | None
    level: float | None
    how: dict[str, Any]


def _value(path: Path, activation: str | None, output: str | None) -> Network | Mesh | Regions:
    from ..files import holds_answer, read, read_regions
    from ..mesh import Mesh
    from ..network import Network
    from ..samples import Samples

    if holds_answer(path):
        return read_regions(path)
    value = read(path, **network_options(activation, output))
    if not isinstance(value, Network | Mesh):
        held = "samples" if isinstance(value, Samples) else f"a {type(value).__name__}"
        raise InputError(f"draw needs a network, an answer or a mesh; {path.name} holds {held}. Fit a network to it.")
    return value


def _drawn(
    value: Network | Mesh | Regions, data: Path | None, options: dict[str, Any], given: _Given, work: dict[str, Any]
) -> tuple[Any, Samples | None, str, dict[str, Any]]:
    """What is drawn: an answer or the value itself, points, a note, and words of its plot."""
    from ..draw.view import answer_for, scene, usual_view, words_of
    from ..mesh import Mesh
    from ..network import Network

    if isinstance(value, Mesh):
        return value, None, "", given.how
    if not isinstance(value, Network):
        return value, _points(data, options, value.network), "", given.how
    samples = _points(data, options, value)
    plane, line = (
        None if texts is None else [numbers_of(option, text, value.d_in) for text in texts]
        for option, texts in (("--plane", given.plane), ("--line", given.line))
    )
    at = scene(value, samples, given.show, plane=plane, line=line)
    view = given.show or usual_view(at.network)
    box = at.box if given.box is None else None
    if view != "network" and box is None:
        box = box_of(given.box, at.network, segment=line is not None)
    found = answer_for(view, at.network, box, given.level, workers=cores(), **work)
    return found, at.samples, at.note, words_of(view) | given.how


def _points(data: Path | None, options: dict[str, Any], network: Network) -> Samples | None:
    from ..draw.view import matching
    from ..files import read
    from ..samples import Samples

    if data is None:
        return None
    samples = read(data, **options)
    if not isinstance(samples, Samples):
        raise InputError(f"--data needs a table; {data.name} holds a {type(samples).__name__}. Name another file.")
    return matching(samples, network)


def _write(made: Picture, value: Any, source: str, out: Path, force: bool) -> None:
    from ..atomic import write_bytes
    from ..draw.report.single import answer_page

    kind = out.suffix.lower().removeprefix(".")
    page = kind == "html"
    write_bytes(out, answer_page(made, value, source=source).encode() if page else made.encode(kind), force=force)
