"""The options of the verbs that read a file: those of ``TableOptions``, each declared there and only there."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

import typer

from ..files.table.options import TableOptions


def reads(function: Callable[..., None]) -> Callable[..., None]:
    """Return a verb that has the options of reading; those that are given reach it as its ``options``."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())
    added = [_option(name, kind) for name, kind in _kinds().items()]

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        given = {option.name: kwargs.pop(option.name) for option in added}
        options = {name: value for name, value in given.items() if value not in (None, [])}
        function(*args, **kwargs, options=options)

    at = [option.name for option in own].index("options")
    shown = [*own[:at], *added, *own[at + 1 :]]
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in shown}
    return run


def _kinds() -> dict[str, Any]:
    """What the command line takes for each option: names are text, and may be given again where there are several."""
    kinds = get_type_hints(TableOptions)
    return {one.name: kinds[one.name] for one in fields(TableOptions)} | {"target": str, "ignore": list[str]}


def _option(name: str, kind: Any) -> inspect.Parameter:
    about = TableOptions.__dataclass_fields__[name].metadata
    flags = (about["flag"],) if about["flag"] else ()
    help_text = ("" if name == "max_bytes" else "Table: ") + about["said"]
    annotation = Annotated[kind | None, typer.Option(*flags, help=help_text, show_default=False)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
