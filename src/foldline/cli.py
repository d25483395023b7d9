"""The command line: one function a verb, no mathematics, nothing heavy imported before a verb runs."""

from __future__ import annotations

import functools
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .box import Box
from .errors import FileError, FitError, FoldlineError, InputError
from .mesh import Mesh
from .network import Network
from .samples import Samples

if TYPE_CHECKING:
    from rich.console import Console

INTERRUPTED = 130  # what a shell reports for Ctrl-C

app = typer.Typer(
    name="foldline",
    help="Fit a ReLU network to a table, an image or a 3-D shape, and see exactly what it learned.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error and an exit code."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def verb(function: Callable[..., None]) -> Callable[..., None]:
    """Return the command with every failure told in one line and turned into its exit code."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except (FoldlineError, OSError) as error:
            raise typer.Exit(_told(str(error), error, kwargs["debug"])) from None
        except Exception as error:
            text = f"internal error: {type(error).__name__}: {error} (--debug shows where; please report it)"
            raise typer.Exit(_told(text, error, kwargs["debug"])) from None

    return run


def _told(text: str, error: BaseException, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    print("foldline: " + " ".join(text.split()), file=sys.stderr)
    if isinstance(error, FoldlineError):
        return error.exit_code
    return FileError.exit_code if isinstance(error, OSError) else 1


def _version(wanted: bool) -> None:
    if wanted:
        from . import __version__

        print(f"foldline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Fit a ReLU network to a table, an image or a 3-D shape, and see exactly what it learned."""


@app.command(epilog="Example: foldline fit data/mesh/elephant.off --out out/elephant")
@verb
def fit(
    input: Annotated[Path, typer.Argument(help="A mesh, a CSV table, or a PNG or JPEG image.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results; out/NAME unless given.")] = None,
    hidden: Annotated[str, typer.Option(help="Width of each hidden layer.")] = "64,64,64,64",
    steps: Annotated[int | None, typer.Option(help="Steps of descent; by the kind of data unless given.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Rate at the start; by the method unless given.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same network.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
    winding: Annotated[bool, typer.Option("--winding", help="Mesh with holes: sign by winding number.")] = False,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Mesh with holes: distances without a sign.")] = False,
    target: Annotated[str | None, typer.Option(help="Table: the column to predict; the last unless given.")] = None,
    sep: Annotated[str | None, typer.Option(help="Table: what separates the columns.")] = None,
    decimal: Annotated[str, typer.Option(help="Table: decimal point or comma.")] = ".",
    max_rows: Annotated[int | None, typer.Option(help="Table: read no more rows.")] = None,
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fit a network to a file and report what it learned.

    Writes network.safetensors, network.onnx, report.html, report.json and, for a mesh, surface.ply: the exact zero set.
    """
    from .draw.report import report
    from .fit import fit as descend
    from .read import read
    from .read.kinds import TABLES, kind_of
    from .write import result_folder, write_bytes

    widths = _widths(hidden)
    kind = kind_of(input)
    options = {"target": target, "sep": sep, "decimal": decimal, "max_rows": max_rows} if kind in TABLES else {}
    folder = _free_folder(out or Path("out") / input.name.split(".")[0], force)
    value = read(input, **options)
    say = _console(quiet or as_json)
    samples = _samples(value, input, seed, "winding" if winding else "unsigned" if unsigned else "strict")
    for finding in samples.meta.get("report", {}).get("findings", []):
        say.print(f"[yellow]note[/] {finding}")
    try:
        with _progress(say, "fitting") as tell:
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
    if not network.meta["training"]["complete"]:
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
        write_bytes(part / "report.json", (json.dumps(made.facts, indent=1) + "\n").encode())
    _answer(made.facts, made.rows, say, as_json)
    say.print(f"report  {folder / 'report.html'}")


@app.command(epilog="Example: foldline surface network.safetensors --box -1 1 --out surface.ply")
@verb
def surface(
    network: Annotated[Path, typer.Argument(help=".safetensors, .onnx, .npz, .nnet or .pt, 3 inputs, 1 output.")],
    box: Annotated[tuple[str, str], typer.Option(help="Two corners: -1 1, or -1,-1,0 1,1,2.")],
    level: Annotated[float, typer.Option(help="The value on the surface.")] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Mesh to write: .ply, .obj, .stl, .off or .glb.")] = None,
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Extract the exact level set of a ReLU network with 3 inputs, one polygon a linear region."""
    from .draw.facts import surface_facts, surface_rows
    from .exact.surface import surface as extract
    from .write.atomic import check_free

    asked = Box(*(_corner(text, 3) for text in box))
    if out is not None:
        check_free(out, force=force)
    say = _console(quiet or as_json)
    with say.status("marching over the regions"):
        mesh = extract(_network(network), asked, level)
    if out is not None:
        mesh.save(out, force=force)
    facts = surface_facts(mesh)
    _answer(facts, surface_rows(facts), say, as_json)


@app.command(epilog="Example: foldline show out/elephant/network.safetensors")
@verb
def show(
    path: Annotated[Path, typer.Argument(help="A network, a mesh, a table or an image.")],
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what a file holds: a network in the lecture's terms, with a diagram, or a mesh and its measures."""
    from .draw.facts import facts_of, rows_of
    from .read import read

    facts = facts_of(read(path))
    _answer(facts, rows_of(facts), _console(quiet or as_json), as_json)


@app.command(epilog="Example: foldline check network.safetensors answer.npz")
@verb
def check(
    network: Annotated[Path, typer.Argument(help=".safetensors, .onnx, .npz, .nnet or .pt.")],
    answer: Annotated[Path, typer.Argument(help="A saved answer, .npz.")],
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Prove a saved answer again in rational arithmetic, by none of the code that found it."""
    from .exact.check import check as prove
    from .read import read_regions

    say = _console(quiet or as_json)
    with say.status("proving every region"):
        verdict = prove(_network(network), read_regions(answer))
    facts = verdict.as_dict()
    _answer(facts, [(name.replace("_", " "), str(value)) for name, value in facts.items() if value != ""], say, as_json)
    if not verdict:
        raise InputError(
            f"check needs an answer that is right; got a fault, {verdict.fault}: {verdict.detail}. "
            "Find the regions again."
        )


# What the verbs share: arguments, and how things are said


def _network(path: Path) -> Network:
    from .read import read

    value = read(path)
    if not isinstance(value, Network):
        raise InputError(f"foldline needs a network here; {path.name} holds a {type(value).__name__}. Name a network.")
    return value


def _samples(value: Network | Mesh | Samples, path: Path, seed: int, sign: str) -> Samples:
    from .data.distance import distance_samples

    if isinstance(value, Network):
        raise InputError(f"fit needs a mesh, a table or an image; {path.name} holds a network. Try: foldline show.")
    return distance_samples(value, seed=seed, sign=sign) if isinstance(value, Mesh) else value


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise InputError(f"--hidden needs whole numbers with commas between; got {text!r}. Try 64,64.") from None


def _corner(text: str, d: int) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--box needs numbers with commas between; got {text!r}. Try --box -1 1.") from None
    return numbers * d if len(numbers) == 1 else numbers


def _free_folder(folder: Path, force: bool) -> Path:
    if folder.exists() and not folder.is_dir():
        raise FileError(f"--out needs a folder; got the file {folder}. Choose another name.")
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise FileError(f"--out needs a new or empty folder; {folder} has files. Use --force to replace them.")
    return folder


def _console(quiet: bool) -> Console:
    from rich.console import Console

    return Console(quiet=quiet, highlight=False, soft_wrap=True)


@contextmanager
def _progress(say: Console, what: str) -> Iterator[Callable[[int, int | None, float, float], None]]:
    """Give the callback that moves a bar with loss, rate and time left."""
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("loss {task.fields[loss]}  rate {task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=say, disable=say.quiet) as bar:
        task = bar.add_task(what, total=None, loss="-", rate="-")

        def tell(step: int, steps: int | None, loss: float, rate: float) -> None:
            bar.update(task, completed=step, total=steps, loss=f"{loss:.2e}", rate=f"{rate:.1e}")

        yield tell


def _answer(facts: dict[str, Any], rows: list[tuple[str, str]], say: Console, as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts))
        return
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in rows:
        table.add_row(name, value)
    say.print(table)
