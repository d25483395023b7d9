"""A live question as a page asks it: a state, and what was done to it -> the state it becomes, and what is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

from ...errors import InputError
from ..handles import Progress
from ..questions import Question, question
from ..wire import plain
from .handle import Handle

DEEDS = ("drag", "press", "add")


@dataclass(frozen=True, eq=False)
class Told:
    """What a page draws.

    state     JSON values, complete
    handles   what can be moved; shown: names -> arrays and values; numbers: names -> exact quantities
    overlay   what a grid of samples would have told, where that was asked for and the question has it
    rough     whether it is what can be shown while the hand still moves: without the exact numbers
    """

    state: dict[str, Any]
    handles: tuple[Handle, ...]
    shown: dict[str, Any]
    numbers: dict[str, Any]
    overlay: dict[str, Any] | None
    rough: bool = False


def live(asked: Question) -> Any:
    """Return the file that says what a question shows when it is live."""
    return import_module(f".{asked.slug.replace('-', '_')}", __package__)


def tell(
    slug: str, given: Mapping[str, Any], deed: Mapping[str, Any] | None = None, *, overlay: bool = False,
    moving: bool = False, panels: Collection[str] | None = None, callback: Progress | None = None,
) -> Told:  # fmt: skip
    """Return what a question shows in a state, after something was done to it.

    given     JSON values of the state; what is left out keeps its default
    deed      {"drag": handle, "to": [x, y]}, {"press": handle, "act": "press" or "delete"} or {"add": panel,
              "to": [x, y]}
    moving    the hand still moves: where the exact answer takes seconds, only what needs none of it
    panels    that are seen: a page with many handles leaves out those of others; all unless given
    raises    InputError for an unknown question, field, handle or deed

    >>> tell("line", {}, {"drag": "xy:phi", "to": [0.5, 1.0]}).state["phi"]
    [0.5, 1.0]
    """
    asked = question(slug)
    page = live(asked)
    state = asked.state(given)
    if deed:
        state = _done(asked, page, state, deed)
    if moving and hasattr(page, "rough"):
        handles, shown = page.rough(state)
        return Told(plain(state), handles, shown, {}, None, rough=True)
    answer = asked.ask(state, callback=callback)
    more = page.overlay(answer) if overlay and hasattr(page, "overlay") else None
    handles = tuple(page.handles(answer, *([panels] if _takes_panels(page) else [])))
    return Told(plain(state), handles, page.shown(answer), page.numbers(answer), more)


@cache
def _takes_panels(page: Any) -> bool:
    return "panels" in signature(page.handles).parameters


def _done(asked: Question, page: Any, state: Any, deed: Mapping[str, Any]) -> Any:
    """The state after a deed."""
    kind = next((one for one in DEEDS if one in deed), None)
    if kind is None or not isinstance(deed[kind], str):
        raise InputError(f"{asked.slug} needs a drag, a press or an add of a name; got {deed!r:.60}. Name a handle.")
    name = deed[kind]
    if kind == "press":
        return _own(page, "pressed", asked, name)(state, name, str(deed.get("act", "press")))
    to = place_of(asked.slug, deed.get("to"))
    if kind == "add":
        return _own(page, "added", asked, name)(state, name, to)
    axes, colon, path = name.partition(":")
    if not colon or axes not in ("x", "y", "xy"):
        return _own(page, "moved", asked, name)(state, name, to)
    return asked.state(assigned(plain(_filled(page, state)), axes, path.split("."), to, asked.slug))


def _own(page: Any, what: str, asked: Question, name: str) -> Any:
    if not hasattr(page, what):
        raise InputError(f"{asked.slug} needs the name of a handle it has; got {name!r:.40}. Reload the page.")
    return getattr(page, what)


def _filled(page: Any, state: Any) -> Any:
    return page.filled(state) if hasattr(page, "filled") else state


def place_of(who: str, to: Any) -> tuple[float, float]:
    """Return a place of two numbers.

    raises   InputError if it is none
    """
    good = isinstance(to, Sequence) and len(to) == 2 and all(isinstance(v, int | float) for v in to)
    if not good or isinstance(to, str):
        raise InputError(f"{who} needs a place of two numbers; got {to!r:.40}. Give [x, y].")
    return float(to[0]), float(to[1])


def assigned(values: dict[str, Any], axes: str, path: Sequence[str], to: Sequence[float], who: str) -> dict[str, Any]:
    """Return JSON values with one field, or one part of it, set to a coordinate or a place.

    >>> assigned({"phi": [0.0, 1.0]}, "y", ["phi", "1"], (5.0, 7.0), "line")
    {'phi': [0.0, 7.0]}
    """
    made = dict(values)
    part: Any = made
    try:
        for name in path[:-1]:  # what lies on the path is copied, the rest is shared
            key: Any = int(name) if isinstance(part, list) else name
            part[key] = part[key].copy()
            part = part[key]
        key = int(path[-1]) if isinstance(part, list) else path[-1]
        was = part[key]
        new = list(to) if axes == "xy" else to[0] if axes == "x" else to[1]
        part[key] = round(new) if isinstance(was, int) and not isinstance(new, list) else new
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        raise InputError(f"{who} needs a handle of its state; got {'.'.join(path)!r:.40}. Reload the page.") from None
    return made
