"""The verbs that make a network and say what a file holds."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError, InputError
from .app import FITTING, SEEING, How, Writing, print_facts, verb
from .asked import Naming
from .folders import fit_folder, resume_folder
from .preview import preview_on
from .project import Asked, Fitting, begin, project, stopped_in
from .reading import Table
from .shapes import SHAPES, resume_shapes
from .stop import Stop, stopping

if TYPE_CHECKING:
    from ..cloud import Cloud
    from ..mesh import Mesh
    from ..network import Network
    from ..samples import Samples


@verb(FITTING, "foldline fit data/mesh/elephant.off --out out/elephant")
def fit(
    input: Annotated[
        Path, typer.Argument(help="A mesh, table, image, signal or elevation map, or a folder of shapes or of a scene.")
    ],
    out: Annotated[Path | None, typer.Option(help="Folder for the results; out/NAME unless given.")] = None,
    hidden: Annotated[str | None, typer.Option(help="Widths of a plain network; 64,64,64,64 unless given.")] = None,
    architecture: Annotated[
        str | None,
        typer.Option(help="mlp; folded: behind a grid of features; siren; fourier. By the kind of file unless given."),
    ] = None,
    activation: Annotated[
        str, typer.Option(help="Hidden units of a plain network, or one a layer: relu,abs; tanh, sine, ... by PyTorch.")
    ] = "relu",
    preset: Annotated[
        str, typer.Option(help="Of a folded network: fast, default or best; for an image also pixels: best on them.")
    ] = "default",
    steps: Annotated[int | None, typer.Option(help="Steps of descent; by the kind of data unless given.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop by the clock instead.")] = None,
    until: Annotated[str | None, typer.Option(help="Stop when this good, as psnr=40 or rms_error=0.1.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Rate at the start; by the method unless given.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the fit as it is, in the terminal.")] = False,
    latent: Annotated[int | None, typer.Option(help="Folder of shapes: numbers a code.")] = None,
    frame: Annotated[str | None, typer.Option(help="Folder of shapes: each centred, or common to all.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same network.")] = 0,
    device: Annotated[str, typer.Option(help="cpu; cuda: a GPU, by PyTorch; or auto.")] = "auto",
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
    winding: Annotated[bool, typer.Option("--winding", help="Mesh with holes: sign by winding number.")] = False,
    points: Annotated[bool, typer.Option("--points", help="Take .npy, .npz or a PLY's vertices for points.")] = False,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="A sheet, no solid: fit a thin closed shell.")] = False,
    least_part: Annotated[
        float, typer.Option(help="Folded shape: parts and handles smaller than so many cells are mended; 0: none.")
    ] = 1.0,
    holdout: Annotated[
        float | None, typer.Option(help="Share of the rows to judge by, not fitted to; 0.2 of a table unless given.")
    ] = None,
    *,
    table: Table,
    how: Writing,
) -> None:
    """Fit a network to a file and report what it learned.

    Writes network.safetensors, network.onnx, report.html, report.json and, for a mesh, surface.ply: the exact zero set.
    Ctrl-C, SIGTERM and SIGHUP finish the step and save; foldline resume FOLDER goes on.
    Closed parts and handles of a shape's surface smaller than a cell, which descent left and the file has not, are
    mended; the report says how many (--least-part).
    A folder of meshes or clouds is a class of shapes: one network for all of them, with a code for each.
    A folder of posed pictures (transforms.json, COLMAP) is a scene: a field of density and colour.
    """
    if not input.exists():
        raise FileError(f"fit needs a file or a folder; got {input}, which is not there. Check the name.")
    if input.is_dir():
        given = {"hidden": _widths(hidden), "steps": steps, "seconds": seconds, "learning_rate": learning_rate,
                 "holdout": holdout, "latent": latent, "frame": frame, "architecture": architecture,
                 "until": _until(until)}  # fmt: skip
        chosen = {
            "seed": (seed, 0), "device": (device, "auto"), "precision": (precision, "float32"),
            "activation": (activation, "relu"),
            "preset": (preset, "default"), "least_part": (least_part, 1.0),
            "winding": (winding, False), "unsigned": (unsigned, False),
        }  # fmt: skip
        asked_for = {name: value for name, value in given.items() if value is not None} | table.given
        asked_for |= {name: value for name, (value, usual) in chosen.items() if value != usual}
        fit_folder(input, out, asked_for, how)
        return
    if latent is not None or frame is not None:
        raise InputError(f"fit needs a folder of shapes for --latent and --frame; got {input.name}. Leave them out.")
    asked = Asked(
        input=str(input.absolute()),
        read=table.given | ({"points": True} if points else {}),
        fit={"hidden": _widths(hidden), "architecture": architecture, "preset": preset, "steps": steps,
             "seconds": seconds, "until": _until(until), "learning_rate": learning_rate, "seed": seed, "device": device,
             "precision": precision, "activation": _units(activation), "least_part": least_part},
        sign="winding" if winding else "unsigned" if unsigned else "strict",
        holdout=holdout,
    )  # fmt: skip
    with stopping() as stop, project(out or Path("out") / input.name.split(".")[0]) as folder:
        begin(folder, force=how.force)
        _carry_out(asked, folder, stop, how, preview=preview)


@verb(FITTING, "foldline resume out/elephant")
def resume(
    folder: Annotated[Path, typer.Argument(help="The folder of a fit that was stopped.")],
    preview: Annotated[bool, typer.Option("--preview", help="Show the fit as it is, in the terminal.")] = False,
    *,
    how: How,
) -> None:
    """Go on with a fit that was stopped or killed, to the same network as if it had not been."""
    from ..fit.checkpoint import about_of

    path, over = stopped_in(folder), Writing(**vars(how), force=True)
    with stopping() as stop, project(folder):
        about = about_of(path)
        if SHAPES in about:
            resume_shapes(about[SHAPES], folder, stop, over)
            return
        asked = Asked.of_meta(about, folder)
        if Path(asked.input).is_dir():
            resume_folder(asked, folder, stop, over)
            return
        _carry_out(asked, folder, stop, over, preview=preview)


def _carry_out(asked: Asked, folder: Path, stop: Stop, how: Writing, *, preview: bool) -> None:
    """Read, fit, and write what came of it; whatever happens, a network that was fitted is kept."""
    from ..cloud import Cloud
    from ..draw.report import report
    from ..files import read
    from ..files.cloud import read_cloud
    from ..mesh import Mesh

    path, fitting = Path(asked.input), Fitting(folder, stop, how)
    options = dict(asked.read)
    value = read_cloud(path) if options.pop("points", False) else read(path, **options)
    samples = _samples(value, path, asked)
    network = _fitted(asked, samples, fitting, preview=preview)
    mesh = value if isinstance(value, Mesh | Cloud) else None
    fitting.publish(network, "measuring", partial(report, network, samples, mesh=mesh, source=path.name))


def _fitted(asked: Asked, samples: Samples, fitting: Fitting, *, preview: bool) -> Network:
    """Return the network; one that was stopped or diverged is saved, and ends the verb."""
    from ..fit import fit as descend
    from ..fit.fitting import shapes_for
    from ..fit.start import n_parameters, need_memory_for
    from ..tasks import held_out_by_default

    shapes = shapes_for(samples, **asked.fit)
    need_memory_for(shapes)
    share = held_out_by_default(samples.task, len(samples)) if asked.holdout is None else asked.holdout
    live = preview_on(preview, samples, fitting.how.show)
    notes = [*samples.meta.get("findings", []), *samples.meta.get("report", {}).get("findings", [])]
    return fitting.fitted(
        n_parameters(shapes), asked.as_meta(), "fitting",
        partial(descend, samples, **asked.fit, holdout=share, preview=live), live.text if live else None, notes,
    )  # fmt: skip


@verb(SEEING, "foldline show out/elephant/network.safetensors")
def show(
    path: Annotated[Path, typer.Argument(help="A network, a mesh, a table or an image.")],
    *,
    naming: Naming,
    table: Table,
    how: How,
) -> None:
    """Say what a file holds: a network in the lecture's terms, with a diagram, or a mesh and its measures."""
    from ..facts.classes import facts_of
    from ..files import read
    from ..network import Network

    value = read(path, **table.given, **naming.given())
    facts = facts_of(value)
    about = value if isinstance(value, Network) else None
    print_facts(facts.json(), facts.rows(), how, about)


def _samples(value: Network | Mesh | Cloud | Samples, path: Path, asked: Asked) -> Samples:
    from ..data.solid import solid_samples
    from ..fit.fitting import architecture_of, plain_of
    from ..network import Network
    from ..samples import Samples
    from ..tasks import TASKS

    if isinstance(value, Network):
        raise InputError(f"fit needs a mesh, a table or an image; {path.name} holds a network. Try: foldline show.")
    if isinstance(value, Samples):
        return value
    how = asked.fit["architecture"], asked.fit["hidden"], plain_of(**asked.fit)
    folded = architecture_of(TASKS["distance"], *how) == "folded"
    return solid_samples(value, seed=asked.fit["seed"], folded=folded, sign=asked.sign)


def _until(text: str | None) -> dict[str, float] | None:
    if text is None:
        return None
    name, _, value = text.partition("=")
    try:
        return {name.strip(): float(value)}
    except ValueError:
        raise InputError(f"--until needs a measure and a number; got {text!r}. Try psnr=40.") from None


def _units(text: str) -> str | list[str]:
    """One name for all hidden layers, or one a layer."""
    return text.split(",") if "," in text else text


def _widths(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise InputError(f"--hidden needs whole numbers with commas between; got {text!r}. Try 64,64.") from None
