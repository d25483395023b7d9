"""States and answers of questions <-> JSON values, made from their dataclasses, so that no format is written twice."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..errors import InputError
from ..exact.boundary import Boundary
from ..exact.decisions import Decisions
from ..exact.regions import Regions
from ..exact.surface import Surface
from ..mesh import Mesh
from ..network import Network
from ..text import short
from .handles import Span

FLOATS, TEXTS = frozenset({float}), frozenset({str})
WHOLE = 2**53  # a JavaScript number holds whole numbers below it; larger ones go as their digits

Written = Callable[[NDArray[Any]], Any]


def plain(value: Any, array: Written | None = None) -> Any:
    """Return a state, an answer or any value in it as JSON values.

    array     how an array is written, as nested lists unless given: a binary channel keeps the bytes and puts a
              reference here
    returns   fractions as "1/2", numbers that are not finite as None, whole numbers from 2**53 on as their digits,
              dicts whose keys are no text as lists of pairs

    >>> plain((np.array([0.5, np.inf]), Fraction(1, 2), 2**60, (1.0, 1e308, 1e308), (0.5, float("nan"))))
    [[0.5, None], '1/2', '1152921504606846976', [1.0, 1e+308, 1e+308], [0.5, None]]
    """
    kind = type(value)  # the common kinds first: a drag sends thousands of numbers
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if -WHOLE < value < WHOLE else str(value)
    if kind is list or kind is tuple:
        if FLOATS.issuperset(map(type, value)) and math.isfinite(sum(value)):
            return list(value)
        return [plain(part, array) for part in value]
    if kind is dict and TEXTS.issuperset(map(type, value)):
        return {name: plain(part, array) for name, part in value.items()}
    write = _lists if array is None else array
    if isinstance(value, np.ndarray):
        return write(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Fraction):
        return str(value)
    return _composed(value, write)


def _composed(value: Any, write: Written) -> Any:
    for kind, parts in PARTS.items():
        if isinstance(value, kind):
            return {name: plain(part, write) for name, part in parts(value).items()}
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name), write) for one in fields(value)}
    if isinstance(value, Mapping):
        pairs = [(key, plain(part, write)) for key, part in value.items()]
        named = all(isinstance(key, str) for key in value)
        return dict(pairs) if named else [[plain(key), part] for key, part in pairs]
    if isinstance(value, list | tuple):
        return [plain(part, write) for part in value]
    raise AssertionError(f"a question holds no {type(value).__name__}")


def _lists(values: NDArray[Any]) -> Any:
    return plain(values.tolist()) if values.ndim else plain(values.item())


def _network(network: Network) -> dict[str, Any]:
    return {"weights": network.weights, "biases": network.biases, "activations": network.layer_activations,
            "output": network.output, "skips": [[a, b] for a, b in network.skips.items()]}  # fmt: skip


def _cut(found: Regions | Decisions) -> dict[str, Any]:
    """The polygons, intervals or polytopes of an exact answer, and how far they are proved."""
    whole = found.complex
    shape = {} if whole is None else {"vertices": whole.vertices, "edges": whole.edges}
    if whole is not None and found.d_in == 2:
        shape |= {"loops": whole.loop_vertices, "loop_starts": whole.loop_start}
    said = ("volumes", "certified", "complete", "seconds")
    return {"box": found.box, **shape, **{name: getattr(found, name) for name in said}}


def _regions(found: Regions) -> dict[str, Any]:
    return {**_cut(found), "patterns": found.patterns, "maps": found.maps, "points": found.points,
            "pieces": found.piece_of, "n_pieces": found.n_pieces}  # fmt: skip


def _decisions(found: Decisions) -> dict[str, Any]:
    return {**_cut(found), "classes": found.classes, "names": found.names, "empty": found.empty,
            "volume_of_class": found.volume_of_class}  # fmt: skip


def _mesh(mesh: Mesh) -> dict[str, Any]:
    return {"vertices": mesh.vertices, "corners": mesh.corners, "offsets": mesh.offsets,
            "euler": mesh.euler, "closed": mesh.closed, "area": mesh.area, "volume": mesh.volume}  # fmt: skip


def _surface(found: Surface) -> dict[str, Any]:
    said = ("shape", "max_abs_value", "flat_regions", "box_edges", "certified", "complete", "engine", "seconds")
    return {name: getattr(found, name) for name in said}


def _boundary(found: Boundary) -> dict[str, Any]:
    said = ("vertices", "corners", "offsets", "classes", "names", "size", "max_abs_value", "certified", "complete")
    return {name: getattr(found, name) for name in said}


# What is sent of a value that holds more than its fields, or other than them.
PARTS: dict[type, Callable[[Any], dict[str, Any]]] = {
    Network: _network,
    Box: lambda box: {"lo": box.lo, "hi": box.hi},
    Regions: _regions,
    Decisions: _decisions,
    Boundary: _boundary,
    Mesh: _mesh,
    Surface: _surface,
}


def state_from(kind: type, given: Any, who: str) -> Any:
    """Return a state dataclass of JSON values; what is left out keeps its default.

    kind     the dataclass; its annotations say types, and with ``Span`` how large a number or how long a tuple may be
    raises   InputError naming ``who`` and the field that is unknown, of another type or outside its span
    """
    if not isinstance(given, Mapping):
        raise InputError(f"{who} needs a JSON object of its fields; got {_said(given)}. Give {{}} for the slide's.")
    hints = _hints(kind)
    for name in given:
        if name not in hints:
            close = get_close_matches(str(name), hints, n=1) or list(hints)
            raise InputError(f"{who} needs fields of its state; got {_said(name)}. Did you mean {' or '.join(close)}?")
    return kind(**{name: _read(hints[name], value, f"{who} needs {name}") for name, value in given.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


@cache
def _taken_apart(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(hint), get_args(hint)


def _read(hint: Any, value: Any, need: str, span: Span | None = None) -> Any:
    """A JSON value as a value of the type, or a refusal."""
    origin, parts = _taken_apart(hint)
    if origin is Annotated:
        inner, *more = parts
        return _read(inner, value, need, next((one for one in more if isinstance(one, Span)), span))
    if origin in (Union, UnionType):
        (inner,) = [one for one in parts if one is not NoneType]
        return None if value is None else _read(inner, value, need, span)
    if origin is tuple:
        return _tuple(parts, value, need, span)
    _fits(hint, value, need, span)
    return float(value) if hint is float else value


def _tuple(kinds: tuple[Any, ...], value: Any, need: str, span: Span | None) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise InputError(f"{need} as a list; got {_said(value)}. Give [...].")
    if kinds[-1] is not ...:
        if len(value) != len(kinds):
            raise InputError(f"{need} as a list of {len(kinds)}; got {len(value)} parts. Give {len(kinds)}.")
    elif span and not span.lo <= len(value) <= span.hi:
        raise InputError(f"{need} as a list of {span.lo:g} to {span.hi:g}; got {len(value)} parts. Give so many.")
    if kinds[-1] is ... and _all_fit(kinds[0], value):
        return tuple(value)
    each = [kinds[0]] * len(value) if kinds[-1] is ... else kinds
    return tuple(_read(kind, part, f"{need}[{k}]") for k, (kind, part) in enumerate(zip(each, value, strict=True)))


def _all_fit(kind: Any, values: Any) -> bool:
    """Whether all are floats within the span of their type: then none needs a look of its own."""
    origin, parts = _taken_apart(kind)
    if origin is not Annotated or parts[0] is not float or not isinstance(parts[1], Span):
        return False
    lo, hi = parts[1].lo, parts[1].hi
    numbers = bool(values) and FLOATS.issuperset(map(type, values)) and math.isfinite(sum(values))
    return numbers and lo <= min(values) and max(values) <= hi


def _fits(hint: Any, value: Any, need: str, span: Span | None) -> None:
    """Refuse what is no such word, number or yes or no."""
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise InputError(f"{need} to be {' or '.join(map(repr, get_args(hint)))}; got {_said(value)}. Take one.")
        return
    kinds = {bool: bool, int: int, float: int | float}
    if not isinstance(value, kinds[hint]) or (hint is not bool and isinstance(value, bool)):
        words = {bool: "true or false", int: "a whole number", float: "a number"}[hint]
        raise InputError(f"{need} to be {words}; got {_said(value)}. Give one without quotation marks.")
    if hint is bool:
        return
    if not math.isfinite(value):
        raise InputError(f"{need} to be finite; got {value}. Give a number.")
    if span and not span.lo <= value <= span.hi:
        raise InputError(f"{need} from {span.lo:g} to {span.hi:g}; got {value}. Take a number between.")


def _said(value: Any) -> str:
    return short(repr(value), 40)


def schema(kind: type) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a state dataclass: types, spans and defaults of its fields.

    A span is where a handle of the page may go, so that its arrow keys can move a share of it.
    """
    made = {one.name: {**_schema(_hints(kind)[one.name]), "default": plain(_default(one))} for one in fields(kind)}
    return {"type": "object", "properties": made, "additionalProperties": False}


def _default(one: Field[Any]) -> Any:
    if one.default is MISSING:
        raise AssertionError(f"{one.name} has a default: what the slide shows")
    return one.default


def _schema(hint: Any, span: Span | None = None) -> dict[str, Any]:
    if get_origin(hint) is Annotated:
        inner, *more = get_args(hint)
        return _schema(inner, next((one for one in more if isinstance(one, Span)), span))
    if get_origin(hint) in (Union, UnionType):
        (inner,) = [one for one in get_args(hint) if one is not NoneType]
        return {"anyOf": [_schema(inner, span), {"type": "null"}]}
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return _list_schema(get_args(hint), span)
    limits = {"minimum": span.lo, "maximum": span.hi} if span else {}
    return {"type": {bool: "boolean", int: "integer", float: "number"}[hint], **limits}


def _list_schema(kinds: tuple[Any, ...], span: Span | None) -> dict[str, Any]:
    if kinds[-1] is ...:
        limits = {"minItems": span.lo, "maxItems": span.hi} if span else {}
        return {"type": "array", "items": _schema(kinds[0]), **limits}
    return {"type": "array", "prefixItems": [_schema(kind) for kind in kinds], "items": False,
            "minItems": len(kinds)}  # fmt: skip
