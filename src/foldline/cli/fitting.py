"""The verbs that make a network and say what a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import FileError, FitError, InputError
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples
from ..text import json_text
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
    print_facts,
    progress_of,
    verb,
)
from .reading import reads


@app.command(epilog="Example: foldline fit data/mesh/elephant.off --out out/elephant")
@verb
@reads
def fit(
    input: Annotated[Path, typer.Argument(help="A mesh, a CSV table, or an image.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results; out/NAME unless given.")] = None,
    hidden: Annotated[str, typer.Option(help="Width of each hidden layer.")] = "64,64,64,64",
    steps: Annotated[int | None, typer.Option(help="Steps of descent; by the kind of data unless given.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Rate at the start; by the method unless given.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same network.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
    winding: Annotated[bool, typer.Option("--winding", help="Mesh with holes: sign by winding number.")] = False,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Mesh with holes: distances without a sign.")] = False,
    *,
    options: dict[str, Any],
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fit a network to a file and report what it learned.

    Writes network.safetensors, network.onnx, report.html, report.json and, for a mesh, surface.ply: the exact zero set.
    """
    from ..atomic import result_folder, write_bytes
    from ..draw.report import report
    from ..files import read
    from ..fit import fit as descend

    widths = _widths(hidden)
    folder = _free_folder(out or Path("out") / input.name.split(".")[0], force)
    value = read(input, **options)
    say = console(quiet or as_json)
    samples = _samples(value, input, seed, "winding" if winding else "unsigned" if unsigned else "strict")
    for finding in [*samples.meta.get("findings", []), *samples.meta.get("report", {}).get("findings", [])]:
        say.print(f"note    {finding}")
    try:
        with progress_of(say, "fitting") as tell:
            network = descend(
                samples, hidden=widths, steps=steps, learning_rate=learning_rate, seed=seed, device=device,
                precision=precision, callback=tell,
            )  # fmt: skip
    except FitError as error:
        if isinstance(error.network, Network):
            folder.mkdir(parents=True, exist_ok=True)
            kept = error.network.save(folder / "network.safetensors", force=force)
            raise FitError(f"{error} They are in {kept}.") from error
        raise
    if not (network.training and network.training.complete):
        folder.mkdir(parents=True, exist_ok=True)
        kept = network.save(folder / "network.safetensors", force=force)
        say.print(f"stopped; the network so far is in {kept}")
        raise KeyboardInterrupt
    with say.status("finding the exact surface and measuring it" if isinstance(value, Mesh) else "measuring"):
        made = report(network, samples, mesh=value if isinstance(value, Mesh) else None, source=input.name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with result_folder(folder, force=force) as part:
        network.save(part / "network.safetensors")
        network.save(part / "network.onnx")
        if made.surface is not None:
            made.surface.save(part / "surface.ply")
        write_bytes(part / "report.html", made.html.encode())
        write_bytes(part / "report.json", (json_text(made.facts, indent=1) + "\n").encode())
    print_facts(made.facts, made.rows, say, as_json)
    say.print(f"report  {folder / 'report.html'}")


@app.command(epilog="Example: foldline show out/elephant/network.safetensors")
@verb
@reads
def show(
    path: Annotated[Path, typer.Argument(help="A network, a mesh, a table or an image.")],
    activation: Activation = None,
    output: Output = None,
    *,
    options: dict[str, Any],
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what a file holds: a network in the lecture's terms, with a diagram, or a mesh and its measures."""
    from ..facts.values import facts_of
    from ..files import read

    value = read(path, **options, **network_options(activation, output))
    facts = facts_of(value)
    about = value if isinstance(value, Network) else None
    print_facts(facts.json(), facts.rows(), console(quiet or as_json), as_json, about)


def _samples(value: Network | Mesh | Samples, path: Path, seed: int, sign: str) -> Samples:
    from ..data.distance import distance_samples

    if isinstance(value, Network):
        raise InputError(f"fit needs a mesh, a table or an image; {path.name} holds a network. Try: foldline show.")
    return distance_samples(value, seed=seed, sign=sign) if isinstance(value, Mesh) else value


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise InputError(f"--hidden needs whole numbers with commas between; got {text!r}. Try 64,64.") from None


def _free_folder(folder: Path, force: bool) -> Path:
    if folder.exists() and not folder.is_dir():
        raise FileError(f"--out needs a folder; got the file {folder}. Choose another name.")
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise FileError(f"--out needs a new or empty folder; {folder} has files. Use --force to replace them.")
    return folder
