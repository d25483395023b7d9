"""The verb that opens the lab: the lecture as live pages."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ..doors import export_lab, open_lab
from .app import SEEING, Debug, Force, Quiet, console, verb


@verb(SEEING, "foldline lab --export out/lab")
def lab(
    opened: Annotated[
        Path | None, typer.Argument(metavar="[FILE|FOLDER]", help="What to open: a network, a mesh, a table, a fit.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of this machine; 0 takes a free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the pages as files instead, with recorded answers.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Open the lecture as live pages in a browser, served to this machine alone; or write them as files."""
    say = console(quiet)
    if export is not None:
        with console(quiet, stderr=True).status("recording answers") as status:
            made = export_lab(export, force=force, done=lambda slug: status.update(f"recorded {slug}"))
        say.print(f"{len(made)} pages; open {made[0]}")
        return

    def started(url: str) -> None:
        say.print(f"foldline lab at {url}")
        if not no_browser:
            webbrowser.open(url)

    open_lab(port, opened, started)
