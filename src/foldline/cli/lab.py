"""The verb that opens the lab: the lecture as live pages."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from ..doors import open_lab
from .app import Debug, Quiet, app, console, verb


@app.command(epilog="Example: foldline lab --no-browser --port 8642")
@verb
def lab(
    port: Annotated[int, typer.Option(help="Port of this machine; 0 takes a free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Open the lecture as live pages in a browser, served to this machine alone, until Ctrl-C."""
    say = console(quiet)

    def started(url: str) -> None:
        say.print(f"foldline lab at {url}")
        if not no_browser:
            webbrowser.open(url)

    open_lab(port, None, started)
