"""The verbs of classes of shapes: fitting a folder, and what is asked of the network that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import MAKING, Writing, print_facts, verb
from .asked import check_free, network_at
from .folders import only
from .project import Fitting, begin, project
from .stop import Stop, stopping

if TYPE_CHECKING:
    from ..mesh import Mesh
    from ..network import Network

OPTIONS = ("hidden", "latent", "steps", "seconds", "learning_rate", "holdout", "seed", "device", "frame", "winding",
           "unsigned")  # fmt: skip
SHAPES = "shapes"  # what a checkpoint of a class is known by
HELD_OUT = 0.1  # of the shapes, by default
FEWEST = 10  # shapes from where some are kept aside by default
LONGEST = 200  # shapes of a series of blends

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A class of shapes: network.safetensors of a folder.")]
Out = Annotated[Path, typer.Option(help="The surface: .ply, .obj, .stl, .off or .glb.")]


@dataclass(frozen=True)
class Seeking(Writing):
    """What a verb takes that looks for the code of a shape."""

    out: Out = Path("surface.ply")
    steps: Annotated[int, typer.Option(help="Steps of the search for the code.")] = 400
    device: Annotated[str, typer.Option(help="Of the search: cpu; cuda: a GPU, by PyTorch; or auto.")] = "cpu"


def fit_folder(folder: Path, out: Path, given: Mapping[str, Any], how: Writing) -> None:
    """Fit a folder of shapes: write the network and its report."""
    from ..classes.fitting import sources_of

    asked = dict(only("a class of shapes", dict(given), OPTIONS))
    asked["sign"] = "winding" if asked.pop("winding", None) else "unsigned" if asked.pop("unsigned", None) else "strict"
    asked.setdefault("holdout", HELD_OUT if len(sources_of(folder)) >= FEWEST else 0.0)
    with stopping() as stop, project(out) as made:
        begin(made, force=how.force)
        _carry_out(folder, asked, made, stop, how)


def resume_shapes(about: Mapping[str, Any], made: Path, stop: Stop, how: Writing) -> None:
    """Go on with a fit of a folder of shapes, as its checkpoint tells."""
    _carry_out(Path(about["folder"]), dict(about["asked"]), made, stop, replace(how, force=True))


def _carry_out(folder: Path, asked: dict[str, Any], made: Path, stop: Stop, how: Writing) -> None:
    from ..classes.fitting import fit_shapes
    from ..draw.report.shapes import class_report
    from ..fit.codes import HIDDEN, LATENT, shapes_for
    from ..fit.start import n_parameters

    fitting = Fitting(made, stop, how)
    numbers = n_parameters(shapes_for(asked.get("latent", LATENT), asked.get("hidden", HIDDEN)))
    about = {SHAPES: {"folder": str(folder.absolute()), "asked": asked}}
    network = fitting.fitted(numbers, about, "fitting a class of shapes", partial(fit_shapes, folder, **asked))
    report_of = partial(class_report, network, source=folder.resolve().name)
    fitting.publish(network, "finding the exact surfaces for the report", report_of)


@verb(MAKING, "foldline reconstruct out/solids/network.safetensors shape.ply --out surface.ply")
def reconstruct(
    model: Model,
    shape: Annotated[Path, typer.Argument(help="A mesh, or a cloud: .ply, .xyz, .npy.")],
    winding: Annotated[bool, typer.Option("--winding", help="Mesh with holes: sign by winding number.")] = False,
    *,
    how: Seeking,
) -> None:
    """Find the shape of a class that is nearest to a mesh or cloud, and write its exact surface in the file's units."""
    from ..classes.finding import reconstruct as find
    from ..classes.fitting import shape_at

    _find(find, model, shape_at, shape, how, sign="winding" if winding else "strict")


@verb(MAKING, "foldline complete out/solids/network.safetensors part.ply --out surface.ply")
def complete(
    model: Model,
    part: Annotated[Path, typer.Argument(help="Points of a part of a surface: .ply, .xyz, .npy; normals optional.")],
    like: Annotated[
        str | None, typer.Option(metavar="NAME", help="The shape of the class in whose frame the points are.")
    ] = None,
    frame: Annotated[
        str | None,
        typer.Option(help="fit: size and place of the whole are found, too. Else the class's, or the points' bounds."),
    ] = None,
    *,
    how: Seeking,
) -> None:
    """Find the shape of a class that a part of a surface is most likely of, and write its exact surface."""
    from ..classes.finding import complete as find
    from ..files.cloud import read_cloud

    _find(find, model, read_cloud, part, how, like=like, frame=frame)


@verb(MAKING, "foldline blend out/solids/network.safetensors box-0 torus-1 --at .5 --out between.ply")
def blend(
    model: Model,
    a: Annotated[str, typer.Argument(help="A shape of the class.")],
    b: Annotated[str, typer.Argument(help="Another.")],
    at: Annotated[float, typer.Option(help="0 for the first, 1 for the second.")] = 0.5,
    series: Annotated[int | None, typer.Option(help="So many from one to the other: NAME-0, NAME-1, ...")] = None,
    out: Out = Path("blend.ply"),
    *,
    how: Writing,
) -> None:
    """Write the exact surface of the shape between two of a class, or of a series of them."""
    import numpy as np

    from ..classes.finding import BOX
    from ..classes.finding import blend as between
    from ..exact.surface import surface as extract

    if series is not None and not 2 <= series <= LONGEST:
        raise InputError(f"--series needs 2 to {LONGEST} shapes; got {series}. Try --series 5.")
    shares = [at] if series is None else np.linspace(0, 1, series).tolist()
    names = [out] if series is None else [out.with_stem(f"{out.stem}-{k}") for k in range(series)]
    for name in names:
        _check(name, how.force)
    show, network, table = how.show, network_at(model), []
    for share, name in zip(shares, names, strict=True):
        net = between(network, a, b, share)
        with show.status(f"marching at {share:.3g}"):
            found = extract(net, BOX)
        _in_units(found.mesh, net).save(name, force=how.force)
        table.append({"at": share, "file": str(name), "closed": found.closed, "components": found.n_components,
                      "polygons": found.n_faces, "certified": found.certified})  # fmt: skip
    rows = [(f"at {one['at']:.3g}", f"{one['file']}: {_told(one)}") for one in table]
    print_facts({"a": a, "b": b, "shapes": table}, rows, how, network)


def _told(one: Mapping[str, Any]) -> str:
    parts = f"{one['components']:,} component{'s' * (one['components'] != 1)}"
    proved = "every decision proved" if one["certified"] else "not proved"
    return f"{one['polygons']:,} polygons, {'closed' if one['closed'] else 'open'}, {parts}, {proved}"


def _in_units(mesh: Mesh, network: Network) -> Mesh:
    """A surface in the units of the files, where those are known."""
    there = network.transform
    return mesh if there is None else mesh.transformed(there.inverse.scale, there.inverse.shift)


def _check(out: Path, force: bool) -> None:
    from ..files.formats import maker

    check_free(out, force)
    maker("mesh", out)


def _find(
    find: Callable[..., Any], model: Path, read: Callable[[Path], Any], given: Path, how: Seeking, **own: Any
) -> None:
    """Find the shape of a class that is nearest to what a file holds, and write its surface."""
    _check(how.out, how.force)
    network, shape = network_at(model), read(given)
    with how.show.status("looking for the code"):
        found = find(network, shape, steps=how.steps, device=how.device, **own)
    _write(found, shape, how.out, how)


def _write(found: Any, shape: Any, out: Path, how: Writing) -> None:
    """Write the exact surface of what was found, and say how near it is."""
    from ..classes.finding import BOX
    from ..exact.surface import surface as extract
    from ..facts.classes import found_facts
    from ..facts.values import surface_facts

    with how.show.status("marching over the regions"):
        answer = extract(found.network, BOX)
    _in_units(answer.mesh, found.network).save(out, force=how.force)
    told, there = surface_facts(answer), found.network.transform
    facts = found_facts(found.code, found.error, found.nearest, answer.mesh, shape, there)
    network = replace(found.network, assumed=(*found.network.assumed, *found.assumed))
    rows = [*facts.rows(), *told.rows(), ("written", str(out))]
    print_facts(facts.json() | {"surface": told.json(), "file": str(out)}, rows, how, network)
