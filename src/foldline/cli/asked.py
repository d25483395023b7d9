"""What verbs that ask exact questions share: their options, and the values these stand for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import numbers_of

if TYPE_CHECKING:
    from ..box import Box
    from ..exact.work import Budget
    from ..network import Network

Source = Annotated[Path, typer.Argument(metavar="NETWORK", help=".safetensors, .onnx, .npz, .nnet or .pt.")]
Corners = Annotated[
    tuple[str, str] | None,
    typer.Option("--box", help="Two corners: -1 1, or -1,-1,0 1,1,2; where the data lie unless given."),
]
Plane = Annotated[
    tuple[str, str, str] | None,
    typer.Option("--plane", metavar="P U V", help="Ask on the slice p + s u + t v; the box is that of s, t."),
]
Line = Annotated[
    tuple[str, str] | None,
    typer.Option("--line", metavar="A B", help="Ask on the segment from a to b; the box is 0 1 unless given."),
]
Level = Annotated[
    float | None, typer.Option(help="One output: the value between the classes; its logit's 0 if not given.")
]
MaxRegions = Annotated[int | None, typer.Option(help="End after so many regions.")]
MaxSeconds = Annotated[float | None, typer.Option(help="End after so many seconds.")]


def cores() -> int:
    """Return how many cores this process may use; the answers do not depend on it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def teller(status: Any, doing: str) -> Callable[[int, float], None]:
    """Return the callback of long work: it says how far that is."""
    return lambda n, share: status.update(f"{doing}: {n:,} so far, {share:.0%} done")


def sliced(network: Network, plane: Sequence[str] | None, line: Sequence[str] | None) -> Network:
    """The network on the slice asked for, or as it is."""
    if plane is not None and line is not None:
        raise InputError("a slice needs --plane or --line; got both. Leave one out.")
    if plane is not None:
        return network.on_plane(*(numbers_of("--plane", text, network.d_in) for text in plane))
    if line is not None:
        return network.on_line(*(numbers_of("--line", text, network.d_in) for text in line))
    return network


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


def budget_of(regions: int | None, seconds: float | None) -> Budget:
    """The limits that were given."""
    from ..exact.work import Budget

    limits = {"regions": regions, "seconds": seconds}
    return Budget(**{name: limit for name, limit in limits.items() if limit is not None})  # type: ignore[arg-type]


def check_free(out: Path | None, force: bool) -> None:
    """Refuse a name that is taken, before the work."""
    from ..atomic import check_free

    if out is not None:
        check_free(out, force=force)
