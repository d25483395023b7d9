"""What the verbs of the command line share: the program, its options, how failures and answers are said."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BudgetError, FileError, FoldlineError, InputError
from ..text import json_text, shown
from .clock import ending, of_program
from .options import Options, spread

if TYPE_CHECKING:
    from rich.console import Console

    from ..network import Network

INTERRUPTED = 130  # what a shell reports for Ctrl-C
OUT_OF_MEMORY = (
    "this needs more memory than there is; got none left. Free some, or ask for less: a smaller box or network, "
    "--max-regions."
)

# What ``foldline --help`` lists the verbs under, in this order.
PANELS = FITTING, ASKING, SEEING, MAKING = "Fit", "Ask, exactly", "See", "Shapes, scenes, conversions"

app = typer.Typer(
    name="foldline",
    help="Fit a ReLU network to a table, an image, a shape or a scene, and see exactly what it learned.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error and an exit code."""
    of_program()
    alone = verb_alone(sys.argv[1] if len(sys.argv) > 1 else "")
    try:
        if alone is None:
            app()
        else:
            alone(sys.argv[2:], prog_name=f"{app.info.name} {sys.argv[1]}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def verb_alone(name: str) -> typer.Typer | None:
    """Return a verb as a program of its own, so that it starts without building all others; None if it is none.

    >>> verb_alone("--version") is None
    True
    """
    for command in app.registered_commands:
        if command.callback is not None and name == command.callback.__name__.replace("_", "-"):
            program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            program.registered_commands.append(command)
            return program
    return None


@dataclass(frozen=True)
class How(Options):
    """How a verb was asked to speak."""

    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object to standard output.")] = False
    quiet: Quiet = False
    debug: Debug = False
    max_seconds: Annotated[
        float | None, typer.Option(help="End after so many seconds, with what there is by then.")
    ] = None

    @property
    def say(self) -> Console:
        """Where it prints: nowhere if it is to be quiet or to print JSON alone."""
        return console(self.quiet or self.as_json)

    @property
    def show(self) -> Console:
        """The terminal that work is followed on: standard error, so that answers can be sent elsewhere."""
        return console(self.quiet, stderr=True)


@dataclass(frozen=True)
class Writing(How):
    """How a verb that writes was asked to write and speak."""

    force: Force = False


def verb(panel: str, example: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a verb of the command line, with its groups of options spread.

    A failure is told in one line and has its exit code.
    panel      what ``foldline --help`` lists it under
    example    a command that works, the last line of its own help
    """

    def made(function: Callable[..., None]) -> Callable[..., None]:
        command = _guarded(function)
        app.command(rich_help_panel=panel, epilog=f"Example: {example}")(command)
        return command

    return made


def _guarded(function: Callable[..., None]) -> Callable[..., None]:
    asked = spread(function)

    @functools.wraps(asked)
    def run(**given: Any) -> None:
        try:
            with ending(given.get("max_seconds")):
                asked(**given)
        except KeyboardInterrupt as stopped:
            told = getattr(stopped, "told", "") or f"{function.__name__.replace('_', '-')} was stopped."
            print(shown(f"foldline: {told}"), file=sys.stderr)
            raise typer.Exit(getattr(stopped, "code", INTERRUPTED)) from None
        except (FoldlineError, OSError) as error:
            raise typer.Exit(_told(str(error), error, given["debug"])) from None
        except Exception as error:
            if _out_of_memory(error):
                raise typer.Exit(_told(OUT_OF_MEMORY, BudgetError(OUT_OF_MEMORY), given["debug"])) from None
            text = f"internal error: {type(error).__name__}: {error} (--debug shows where; please report it)"
            raise typer.Exit(_told(text, error, given["debug"])) from None

    return run


def _out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or one behind it, is that there was no memory left."""
    while error is not None and not isinstance(error, MemoryError):
        error = error.__cause__ or error.__context__
    return error is not None


def _told(text: str, error: BaseException, debug: bool) -> int:
    if debug:
        for line in "".join(traceback.format_exception(error)).split("\n"):
            print(shown(line), file=sys.stderr)
    print(shown("foldline: " + " ".join(text.split())), file=sys.stderr)
    if isinstance(error, FoldlineError):
        return error.exit_code
    return FileError.exit_code if isinstance(error, OSError) else 1


def _version(wanted: bool) -> None:
    if wanted:
        from ..version import __version__

        print(f"foldline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Fit a ReLU network to a table, an image, a shape or a scene, and see exactly what it learned."""


def numbers_of(option: str, text: str, d: int) -> list[float]:
    """Return the numbers of a comma list; one number stands for all d."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} needs numbers with commas between; got {text!r}. Try {option} -1 1.") from None
    return numbers * d if len(numbers) == 1 else numbers


def console(quiet: bool, *, stderr: bool = False) -> Console:
    """Return the terminal; the one door through which text from files reaches it, and there it is only text."""
    from rich.console import Console
    from rich.text import Text

    class Terminal(Console):
        def render_str(self, text: str, *, style: Any = "", **form: Any) -> Text:
            """What is printed as a plain string is shown as it is: no markup, no control characters."""
            return Text(shown(text), style=style)

    return Terminal(quiet=quiet, highlight=False, soft_wrap=True, stderr=stderr)


@contextmanager
def progress_of(
    say: Console, what: str, above: Callable[[], str] | None = None
) -> Iterator[Callable[[int, int | None, float, float], None]]:
    """Give the callback that moves a bar with loss, rate and time left; it appears as work begins, not before.

    above   what stands above the bar, lines with a terminal's colour codes
    """
    from rich import progress
    from rich.console import Group
    from rich.text import Text

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("loss {task.fields[loss]}  rate {task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )

    class Bar(progress.Progress):
        def get_renderable(self) -> Any:
            bar = super().get_renderable()
            return bar if above is None else Group(Text.from_ansi(above(), no_wrap=True), bar)

    bar = Bar(*columns, console=say, disable=say.quiet or not say.is_terminal)
    task = bar.add_task(what, total=None, loss="-", rate="-")

    def tell(step: int, steps: int | None, loss: float, rate: float) -> None:
        bar.start()
        bar.update(task, completed=step, total=steps, loss=f"{loss:.2e}", rate=f"{rate:.1e}")

    try:
        yield tell
    finally:
        bar.stop()


def print_facts(facts: dict[str, Any], rows: list[tuple[str, str]], how: How, network: Network | None = None) -> None:
    """Print an answer, and beside it what was taken for granted in reading the network it is about."""
    assumed = () if network is None else network.assumed
    if how.as_json:
        print(json_text(facts if network is None else facts | {"assumed": list(assumed)}))
        return
    rows = [*rows, *(("note", sentence) for sentence in assumed)]
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in rows:
        table.add_row(name, value)
    how.say.print(table)
