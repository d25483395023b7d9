"""The options of the verbs that read a file: those of ``TableOptions``, each declared there and only there."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

import typer

from ..files.table.options import TableOptions
from .options import Options

TYPED = {"target": str, "ignore": list[str], "missing_values": list[str]}
PANEL = "Tables"  # what --help lists the options under that only a table takes


class Table(Options):
    """How a file is read; ``given`` are the options of ``read`` that were given."""

    def __init__(self, **options: Any) -> None:
        self.given = {name: value for name, value in options.items() if value not in (None, [])}

    @classmethod
    def parameters(cls) -> list[inspect.Parameter]:
        """Return the options, as Typer reads them off a signature."""
        return [_option(name, kind) for name, kind in _kinds().items()]


def _kinds() -> dict[str, Any]:
    """What the command line takes for each option: names are text, and may be given again where there are several."""
    kinds = get_type_hints(TableOptions)
    return {one.name: kinds[one.name] for one in fields(TableOptions)} | TYPED


def _option(name: str, kind: Any) -> inspect.Parameter:
    about = TableOptions.__dataclass_fields__[name].metadata
    flags = (about["flag"],) if about["flag"] else ()
    panel = None if name == "max_bytes" else PANEL
    annotation = Annotated[
        kind | None, typer.Option(*flags, help=about["said"], show_default=False, rich_help_panel=panel)
    ]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
