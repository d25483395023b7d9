"""What verbs that read networks and ask exact questions share: their options, and the values these stand for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import How, Writing, numbers_of
from .clock import left
from .options import Options

if TYPE_CHECKING:
    from ..box import Box
    from ..exact.work import Budget
    from ..network import Network

LONG = 20.0  # seconds from which on work is told how it can be ended
Source = Annotated[Path, typer.Argument(metavar="NETWORK", help=".safetensors, .onnx, .npz, .nnet or .pt.")]
Corners = Annotated[
    tuple[str, str] | None,
    typer.Option("--box", help="Two corners: -1 1, or -1,-1,0 1,1,2; where the data lie unless given."),
]
Level = Annotated[
    float | None, typer.Option(help="One output: the value between the classes; its logit's 0 if not given.")
]


@dataclass(frozen=True)
class Naming(Options):
    """What a file of a network does not say."""

    activation: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The hidden units of a file that does not name them: relu, tanh, ..."),
    ] = None
    output: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="One output: of an .onnx file any value inside, else a layer or a part of them."
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """Return the options of ``read`` that were given."""
        return _given(activation=self.activation, output=self.output)


@dataclass(frozen=True)
class Reading(Naming):
    """How the file of a network is read."""

    max_bytes: Annotated[int | None, typer.Option(help="The most bytes an archive (.npz) may unpack to.")] = None

    def network(self, path: Path) -> Network:
        """Return the network of a file; what it does not say is taken as the options say."""
        return network_at(path, **self.given(), **self.room())

    def room(self) -> dict[str, Any]:
        """Return the option of every reader that was given."""
        return _given(max_bytes=self.max_bytes)


@dataclass(frozen=True)
class OnSlice(Options):
    """Where in a network's inputs a question is asked, if not in all of them."""

    plane: Annotated[
        tuple[str, str, str] | None,
        typer.Option("--plane", metavar="P U V", help="Ask on the slice p + s u + t v; the box is that of s, t."),
    ] = None
    line: Annotated[
        tuple[str, str] | None,
        typer.Option("--line", metavar="A B", help="Ask on the segment from a to b; the box is 0 1 unless given."),
    ] = None

    def of(self, network: Network) -> Network:
        """Return the network on the slice asked for, or as it is."""
        if self.plane is not None and self.line is not None:
            raise InputError("a slice needs --plane or --line; got both. Leave one out.")
        if self.plane is not None:
            return network.on_plane(*(numbers_of("--plane", text, network.d_in) for text in self.plane))
        if self.line is not None:
            return network.on_line(*(numbers_of("--line", text, network.d_in) for text in self.line))
        return network


@dataclass(frozen=True)
class Where(OnSlice):
    """On which box, and of which slice, a question is asked."""

    box: Corners = None

    def box_of(self, network: Network) -> Box:
        """Return the box with the network's axes; all of a segment, unless another is given."""
        return box_of(self.box, network, segment=self.line is not None)


@dataclass(frozen=True)
class Limits(Options):
    """How much work a question may take."""

    max_regions: Annotated[int | None, typer.Option(help="End after so many regions.")] = None

    def work(self, how: How, status: Any, doing: str, stop: Callable[[], bool] | None = None) -> dict[str, Any]:
        """Return the limits, and a callback that says in a status how far the work is, as questions take them.

        stop   says whether to end with what there is
        """
        from ..machine import cores

        callback = teller(status, doing, stop, bounded=how.max_seconds is not None)
        return {"budget": self._budget(how.max_seconds), "callback": callback, "workers": cores()}

    def _budget(self, seconds: float | None) -> Budget:
        from ..exact.work import Budget

        return Budget(**_given(regions=self.max_regions, seconds=None if seconds is None else left(seconds)))


@dataclass(frozen=True)
class Asking(Where, Limits, Reading, How):
    """What every question about a network on a box takes."""


@dataclass(frozen=True)
class Answering(Asking, Writing):
    """What a question takes whose answer can be saved."""


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def network_at(path: Path, **options: Any) -> Network:
    """Return the network of a file, read with these options."""
    from ..files import read
    from ..network import Network

    value = read(path, **options)
    if not isinstance(value, Network):
        raise InputError(f"this verb needs a network; {path.name} holds a {type(value).__name__}. Name a network.")
    return value


def teller(
    status: Any, doing: str, stop: Callable[[], bool] | None = None, *, bounded: bool = False
) -> Callable[[int, float], bool]:
    """Return the callback of long work: it says how far that is, and whether it is to stop.

    bounded   there is a limit of time; without, work that takes long is told once how it can be given one
    """
    begun, told = time.monotonic(), [bounded]

    def tell(n: int, share: float) -> bool:
        status.update(f"{doing}: {n:,} so far, {share:.0%} done")
        if not told[0] and time.monotonic() - begun > LONG:
            told[0] = True
            status.console.print(
                f"note    {doing}: {n:,} so far, {share:.0%} done after {LONG:.0f} s. Ctrl-C, or --max-seconds N the "
                "next time, ends it with what was found by then and the share explored."
            )
        return stop is not None and stop()

    return tell


def box_of(corners: Sequence[str] | None, network: Network, *, segment: bool = False) -> Box:
    """Return the box with the network's axes; where its data lie, or all of a segment, unless another is given."""
    from ..box import Box

    if corners is None and not segment:
        if network.box is None:
            raise InputError(
                "this question needs --box; got none, and the file does not say where the network's data lie. "
                "Try --box -1 1."
            )
        return network.box
    return Box(*(numbers_of("--box", text, network.d_in) for text in corners or ("0", "1")))


def check_free(out: Path | None, force: bool) -> None:
    """Refuse a name that is taken, before the work."""
    from ..atomic import check_free

    if out is not None:
        check_free(out, force=force)
