"""The verb that draws: a network, an answer or a mesh as one picture or page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import SEEING, Writing, numbers_of, print_facts, verb
from .asked import Level, Limits, Naming, Where, check_free
from .reading import Table

if TYPE_CHECKING:
    from ..draw.picture import Picture
    from ..exact.boundary import Boundary
    from ..exact.regions import Regions
    from ..exact.terrain.contours import Contours
    from ..files.told import Told
    from ..mesh import Mesh
    from ..network import Network
    from ..samples import Samples

Drawable = Annotated[
    Path,
    typer.Argument(metavar="NETWORK|ANSWER", help="A network, a saved answer (.npz, .json, .geojson) or a mesh."),
]
Show = Annotated[
    str | None,
    typer.Option(help="regions, field, curve, image, classes, boundary, surface or network; what suits it best."),
]
Colour = Annotated[str | None, typer.Option(help="Of regions: pattern, piece, gradient, value, field, class or image.")]
SUFFIXES = (".svg", ".png", ".pdf", ".html")
ALIASES = {"decisions": "classes"}  # a view by the name of the verb that finds it
HEAD = 64  # characters that tell a table
DOCUMENTS = (".json", ".geojson")
# How the tables begin that hold an answer without its shapes, and the verbs that write them.
HEADERS = (
    ("class_low,class_high,", "boundary"), ("cell,class,name,region,", "decisions"), ("region,pattern,", "regions"),
    ("level,line,x,y", "contours"), ("x,y,area,slope,", "slopes"),
)  # fmt: skip


@verb(SEEING, "foldline draw out/iris/network.safetensors --data data/iris.csv --out iris.svg")
def draw(
    input: Drawable,
    out: Annotated[Path, typer.Option(help="The picture: .svg, .png or .pdf; .html for a page with numbers.")],
    data: Annotated[Path | None, typer.Option(help="A table whose rows are drawn as points.")] = None,
    show: Show = None,
    colour: Colour = None,
    *,
    where: Where,
    level: Level = None,
    naming: Naming,
    limits: Limits,
    table: Table,
    how: Writing,
) -> None:
    """Draw a network, an answer or a mesh, with axes, legend and, if there is data, its points.

    A network of more than 2 inputs is drawn on a slice: --plane, --line, or through the data's middle along its two
    leading directions.
    """

    from ..draw.picture import picture
    from ..network import Network

    check_free(out, how.force)
    if out.suffix.lower() not in SUFFIXES:
        raise InputError(f"--out needs a name that ends in {', '.join(SUFFIXES)}; got {out.name!r}. Rename it.")
    show = ALIASES.get(show or "", show)
    given = _Given(show, where, level, {"colour": colour} if colour else {})
    with how.show.status("asking") as status:
        work = limits.work(how, status, "asking")
        value, samples, note, words = _drawn(_value(input, naming), data, table.given, given, work)
        _check_colour(value, words)
        status.update("drawing")
        made = picture(value, samples, note=note, **words)
        _write(made, value, input.name, out, how.force)
    facts = {"picture": str(out), "title": made.title, "said": made.said}
    about = value if isinstance(value, Network) else getattr(value, "network", None)
    print_facts(facts, list(facts.items()), how, about)


@dataclass(frozen=True)
class _Given:
    """The options that say what is shown, and where."""

    show: str | None
    where: Where
    level: float | None
    words: dict[str, Any]


def _value(path: Path, naming: Naming) -> Network | Mesh | Regions | Told | Boundary | Contours:
    from ..files import holds_answer, read, read_regions, read_told
    from ..mesh import Mesh
    from ..network import Network
    from ..samples import Samples

    if holds_answer(path):
        return read_regions(path)
    told = read_told(path) if path.suffix.lower() in DOCUMENTS else None
    if told is not None:
        return told
    _check_shapes(path)
    value = read(path, **naming.given())
    if not isinstance(value, Network | Mesh):
        held = "samples" if isinstance(value, Samples) else f"a {type(value).__name__}"
        raise InputError(f"draw needs a network, an answer or a mesh; {path.name} holds {held}. Fit a network to it.")
    return value


def _check_shapes(path: Path) -> None:
    """Refuse an answer that was written without what is drawn of it, with the command that keeps that."""
    verb = None
    if path.suffix.lower() == ".geojson" and path.is_file():
        verb = "regions, decisions or boundary"
    elif path.suffix.lower() == ".csv" and path.is_file():
        with path.open("rb") as file:
            head = file.read(HEAD).decode("utf-8", "replace")
        verb = next((verb for begin, verb in HEADERS if head.startswith(begin)), None)
    if verb is not None:
        kept = ".geojson" if verb in ("contours", "slopes") else ".json"
        raise InputError(
            f"draw needs a network, a mesh, or an answer with its shapes; {path.name} holds an answer of {verb} "
            f"without them. Save the answer as NAME{kept}, which draw takes, or as NAME.svg."
        )


def _check_options(value: object, given: _Given) -> None:
    """Refuse what is said of a question that was asked already."""
    options = {"--show": given.show, "--level": given.level, "--box": given.where.box, "--plane": given.where.plane,
               "--line": given.where.line}  # fmt: skip
    said = [name for name, option in options.items() if option is not None]
    if said:
        raise InputError(f"{said[0]} needs a network; got an answer, which is drawn as it is. Leave {said[0]} out.")


def _check_colour(value: object, words: dict[str, Any]) -> None:
    from ..exact.regions import Regions
    from ..files.told import Told

    coloured = value.kind != "decisions" if isinstance(value, Told) else isinstance(value, Regions)
    if words.get("colour") and not coloured:
        held = value.kind if isinstance(value, Told) else f"a {type(value).__name__.lower()}"
        raise InputError(f"--colour needs regions; got {held}. Leave it out, or draw a network with --show regions.")


def _drawn(
    value: Network | Mesh | Regions | Told | Boundary | Contours, data: Path | None, options: dict[str, Any],
    given: _Given, work: dict[str, Any],
) -> tuple[Any, Samples | None, str, dict[str, Any]]:  # fmt: skip
    """What is drawn: an answer or the value itself, points, a note, and words of its plot."""
    from ..draw.view import answer_for, scene, usual_view, words_of
    from ..mesh import Mesh
    from ..network import Network

    if not isinstance(value, Network):
        _check_options(value, given)
        points = None if isinstance(value, Mesh) else _points(data, options, getattr(value, "network", value))
        return value, points, "", given.words
    samples = _points(data, options, value)
    plane, line = (
        None if texts is None else [numbers_of(option, text, value.d_in) for text in texts]
        for option, texts in (("--plane", given.where.plane), ("--line", given.where.line))
    )
    at = scene(value, samples, given.show, plane=plane, line=line)
    view = given.show or usual_view(at.network)
    box = at.box if given.where.box is None else None
    if view != "network" and box is None:
        box = given.where.box_of(at.network)
    found = answer_for(view, at.network, box, given.level, **work)
    return found, at.samples, at.note, words_of(view) | given.words


def _points(data: Path | None, options: dict[str, Any], about: Any) -> Samples | None:
    """The rows of a table, for a network or an answer."""
    from ..draw.view import matching
    from ..files import read
    from ..samples import Samples

    if data is None:
        return None
    samples = read(data, **options)
    if not isinstance(samples, Samples):
        raise InputError(f"--data needs a table; {data.name} holds a {type(samples).__name__}. Name another file.")
    return matching(samples, about)


def _write(made: Picture, value: Any, source: str, out: Path, force: bool) -> None:
    from ..atomic import write_bytes
    from ..draw.report.single import answer_page

    kind = out.suffix.lower().removeprefix(".")
    page = kind == "html"
    write_bytes(out, answer_page(made, value, source=source).encode() if page else made.encode(kind), force=force)
