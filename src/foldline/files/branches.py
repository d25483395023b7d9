"""The layers that lead to one output of a file whose layers branch, as its reader names it (``--output NAME``)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise, permutations
from typing import TYPE_CHECKING

from ..errors import InputError, NetworkError
from .words import ENDS, HEADS, natural, row_of, words_of

if TYPE_CHECKING:
    from .layers import Layer

MOST_PARTS = 6  # named parts whose orders are tried one by one: 720


def led_to(layers: Sequence[Layer], output: str, file: str, *, in_order: bool) -> tuple[list[Layer], list[str]]:
    """Return the layers that run one after another up to an output, and what is to be said of the choice.

    output     the name of the last layer, or of the part it ends; or all names with commas between, in their order
    in_order   whether the file keeps the order in which the layers were made; else its names are merely sorted
    raises     InputError for a name that is not there, NetworkError if shapes and words leave more than one way
    """
    named = [[layer for layer in layers if _is_of(layer.name, name.strip())] for name in output.split(",")]
    for name, found in zip(output.split(","), named, strict=True):
        if not found:
            known = ", ".join(layer.name for layer in layers)
            raise InputError(f"{file}: output needs a layer or a part of them, of {known}; got {name.strip()!r}.")
    end = named[-1] if in_order else _row_up_to(layers, named[-1])
    if len(named) > 1:
        chain = [layer for found in named[:-1] for layer in found] + end
    else:
        chain = _before(layers, end, file, in_order) + end
    left = [layer.name for layer in layers if layer not in chain]
    said = f"took the layers {', '.join(layer.name for layer in chain)}, as --output says"
    return chain, [said + (f"; left out {', '.join(left)}" if left else "")]


def _is_of(layer: str, name: str) -> bool:
    return layer == name or layer.startswith((f"{name}.", f"{name}/"))


def _row_up_to(layers: Sequence[Layer], named: Sequence[Layer]) -> list[Layer]:
    """Layers in the order of their numbers; of one within a row of a body, the row up to it."""
    last = max(named, key=lambda layer: natural(layer.name))
    if words_of(last.name) & (HEADS | ENDS) or len(named) > 1:
        return sorted(named, key=lambda layer: natural(layer.name))
    row = [layer for layer in layers if row_of(layer.name) == row_of(last.name)]
    return sorted((layer for layer in row if natural(layer.name) <= natural(last.name)), key=lambda r: natural(r.name))


def _before(layers: Sequence[Layer], end: Sequence[Layer], file: str, in_order: bool) -> list[Layer]:
    """The layers before an output: the one way there is through the others that are no heads, as far as shapes go."""
    others = [layer for layer in (layers[: layers.index(end[0])] if in_order else layers) if layer not in end]
    beside = [layer for layer in others if words_of(layer.name) & HEADS]
    body = [layer for layer in others if layer not in beside]
    ways = [_latest(body, end[0].d_in)] if in_order else _ways(_rows(body, end), end[0].d_in)
    way = ways[0]
    sure = len(ways) == 1 and (way or all(layer.d_out != end[0].d_in for layer in beside))
    if not sure or (in_order and (way or end)[0].d_in != layers[0].d_in):
        names = ", ".join(layer.name for layer in others)
        raise NetworkError(
            f"{file}: output needs layers that lead to {end[0].name} in one way; got {names}, which may stand before "
            f"it. Name all that run, in their order: --output {others[0].name},{end[0].name}."
        )
    return way


def _latest(layers: Sequence[Layer], d: int) -> list[Layer]:
    """Going back through the file, every layer whose values fit."""
    way: list[Layer] = []
    for layer in reversed(layers):
        if layer.d_out == d:
            way, d = [layer, *way], layer.d_in
    return way


def _rows(layers: Sequence[Layer], end: Sequence[Layer]) -> list[list[Layer]]:
    """The layers by rows of numbered names, without those in the row of an output of one layer."""
    ordered = sorted(layers, key=lambda layer: natural(layer.name))
    groups = [list(group) for _, group in groupby(ordered, key=lambda layer: row_of(layer.name))]
    return [group for group in groups if row_of(group[0].name) != row_of(end[0].name)]


def _ways(parts: Sequence[list[Layer]], d: int) -> list[list[Layer]]:
    """The longest chains of parts that give d values; all of the parts, or there is more than one way."""
    if len(parts) > MOST_PARTS:
        return [[], []]
    tried = [[layer for part in way for layer in part] for way in permutations(parts)]
    found = [way for way in tried if _chains(way) and (not way or way[-1].d_out == d)]
    return found or [[], []]


def _chains(layers: Sequence[Layer]) -> bool:
    return all(a.d_out == b.d_in for a, b in pairwise(layers))
