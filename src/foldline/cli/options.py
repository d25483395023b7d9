"""Options that several verbs have: groups of them, each one value that a verb takes whole."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


class Options:
    """A group of options, a frozen dataclass with an option a field: see ``spread``."""

    @classmethod
    def parameters(cls) -> list[inspect.Parameter]:
        """Return the options as Typer reads them off a signature; a group's own stand before those of its bases."""
        own = (_kinds_of(base) for base in cls.__mro__)
        return [_keyword(name, kind, getattr(cls, name)) for kinds in own for name, kind in kinds.items()]


_kinds_of = functools.cache(functools.partial(inspect.get_annotations, eval_str=True))


def spread(function: Callable[..., None]) -> Callable[..., None]:
    """Return a verb that has, in the place of each group that ``function`` takes, the options of that group."""
    own = inspect.signature(function, eval_str=True).parameters.values()
    groups = {one.name: one.annotation for one in own if _is_group(one.annotation)}
    options = {name: group.parameters() for name, group in groups.items()}

    @functools.wraps(function)
    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{option.name: given.pop(option.name) for option in options[name]})
        function(**given)

    shown = [each for one in own for each in options.get(one.name, [_keyword(one.name, one.annotation, one.default)])]
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in shown}
    return run


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Options)


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
