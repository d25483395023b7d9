"""The verbs that show the lecture: its figures, drawn anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import Debug, Force, Json, Quiet, app, console, verb

if TYPE_CHECKING:
    from rich.console import Console

    from ..draw.lecture.figures import Entry


@app.command(epilog="Example: foldline figure shallow xor --out out/figures")
@verb
def figure(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Figures; see --list.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Draw all of them.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Say which figures there are.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for NAME.svg and NAME.png.")] = Path("out/figures"),
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw figures of the lecture from foldline's own answers, each as SVG and PNG."""
    from ..draw.lecture.figures import FIGURES, entry

    say = console(quiet or as_json)
    if listed:
        _list(FIGURES, say, as_json)
        return
    if bool(names) == every:
        raise InputError("figure needs names, or --all; got " + ("both." if every else "neither. Try --list."))
    made = _drawn(FIGURES if every else [entry(name) for name in dict.fromkeys(names or ())], out, force, say)
    if as_json:
        print(json.dumps({"figures": made}))


def _drawn(entries: tuple[Entry, ...] | list[Entry], out: Path, force: bool, say: Console) -> list[dict[str, Any]]:
    """Draw one after the other, each written before the next begins; what cannot be written is refused first."""
    from ..draw.lecture.figures import draw
    from ..write.atomic import check_free

    out.mkdir(parents=True, exist_ok=True)
    for one in entries:
        for kind in ("svg", "png"):
            check_free(out / f"{one.name}.{kind}", force=force)
    made = []
    for one in entries:
        with say.status(f"drawing {one.name}"):
            page = draw(one.name)
            files = page.save(out, one.name, force=force)
        say.print(f"{one.name:15s} {files[0]}  {files[1]}")
        made.append(_facts(one) | {"files": [str(file) for file in files], "numbers": dict(page.numbers)})
    return made


def _facts(one: Entry) -> dict[str, Any]:
    return {"name": one.name, "row": one.row, "slide": one.slide, "question": one.question}


def _list(entries: tuple[Entry, ...], say: Console, as_json: bool) -> None:
    from rich.table import Table

    if as_json:
        print(json.dumps({"figures": [_facts(one) for one in entries]}))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("row", "name", "question", "slide"):
        table.add_column(name, header_style="dim", style="dim" if name in ("row", "slide") else "")
    for one in entries:
        table.add_row(str(one.row), one.name, one.question, one.slide)
    say.print(table)
