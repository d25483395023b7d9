"""Named arrays put together as a chain of layers, where a file says neither how they are joined nor by which units.

What the file does not say is taken, and said in ``Network.assumed``: the units, the order, that nothing skips.  What
could as well be two heads behind one body, or run in another order, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..activations import UNITS
from ..errors import InputError, NetworkError
from ..graph.normed import spectral_normed, weight_normed
from ..network import Network
from .branches import MOST_PARTS, led_to
from .words import ENDS, FIRST, HEADS, MIDDLE, natural, part_of, rank, row_of, stem, words_of

Array = NDArray[np.float64]

EXPORT = "Export the module as .onnx, which says how its layers are joined."
# What a weight is made of, and how; torch's parametrisations have names of their own for that.
NORMS: dict[tuple[str, ...], tuple[str, Callable[..., Array]]] = {
    ("weight_g", "weight_v"): ("g v / |v|", weight_normed),
    ("weight_orig", "weight_u", "weight_v"): ("W / u'Wv", spectral_normed),
}
OLDER = {
    "original0": "weight_g",
    "original1": "weight_v",
    "original": "weight_orig",
    "0._u": "weight_u",
    "0._v": "weight_v",
}


@dataclass(frozen=True, eq=False)
class Layer:
    """One linear layer by its name; ``slopes`` below zero of a PReLU behind it."""

    name: str
    weight: Array
    bias: Array | None
    slopes: Array | None = None

    @property
    def d_in(self) -> int:
        return int(self.weight.shape[1])

    @property
    def d_out(self) -> int:
        return int(self.weight.shape[0])

    @property
    def fits(self) -> bool:
        """Whether the bias, if there is one, has a number an output."""
        return self.bias is None or len(self.bias) == self.d_out


def network_of_layers(
    layers: Sequence[Layer],
    file: str,
    activation: str | None,
    said: Iterable[str] = (),
    *,
    named: bool = False,
    **arguments: Any,
) -> Network:
    """Return the network of layers that run one after another, and what was taken for that.

    activation   of the hidden units that are no PReLU; None takes ReLU, and says so
    named        whether the reader has named every layer, so that none can be a branch
    raises       NetworkError if a branch is as likely as the chain, or the shapes do not chain
    """
    if activation is not None and not (isinstance(activation, str) and activation in UNITS):
        raise InputError(f"{file}: activation needs one of {', '.join(UNITS)}; got {activation!r}.")
    _check_joined(layers, file, named)
    if layers[-1].slopes is not None:
        raise NetworkError(f"{file}: a network needs a linear output layer; got a PReLU after it. Export it as .onnx.")
    hidden = layers[:-1]
    names = ["leaky_relu" if layer.slopes is not None else activation or "relu" for layer in hidden]
    sentences = list(said)
    if activation is None and "relu" in names:
        sentences.insert(
            0, "assumed relu for the hidden units, which the file does not name; --activation NAME says otherwise"
        )
    if hidden:
        order = ", ".join(layer.name for layer in layers)
        sentences.append(f"assumed that the layers run in the order {order}, without skips, the last without a unit")
    return Network(
        [layer.weight for layer in layers],
        [np.zeros(layer.d_out) if layer.bias is None else layer.bias for layer in layers],
        (names[0] if len(set(names)) == 1 else names) if names else "relu",
        slopes={i: layer.slopes for i, layer in enumerate(hidden, 1) if layer.slopes is not None},
        assumed=sentences,
        **arguments,
    )


def arranged(layers: Sequence[Layer], file: str, *, in_order: bool) -> list[Layer]:
    """Return the layers in the order they run: the file's, or where its order says nothing that of numbers and shapes.

    in_order   whether the file keeps the order in which the layers were made; else its names are merely sorted
    raises     NetworkError if neither numbers nor shapes nor words tell
    """
    if in_order or len(layers) < 2:
        return list(layers)
    numbered = sorted(layers, key=lambda layer: natural(layer.name))
    rows: dict[str, list[Layer]] = {}
    for layer in numbered:
        rows.setdefault(row_of(layer.name), []).append(layer)
    parts = list(rows.values())
    if len(parts) == 1:
        return numbered
    orders = permutations(parts) if len(parts) <= MOST_PARTS else ()
    found = [order for order in orders if _chains([*chain.from_iterable(order)])]
    told = [order for order in found if _in_words(order)] if len(found) > 1 else found
    if len(told) != 1:
        names = ", ".join(layer.name for layer in layers)
        raise NetworkError(
            f"{file}: a network needs layers whose order is known; got {names}, listed by name, which "
            f"{'chain in several orders' if found else 'chain in none'}. {EXPORT}"
        )
    return [*chain.from_iterable(told[0])]


def _chains(layers: Sequence[Layer]) -> bool:
    return all(a.d_out == b.d_in for a, b in pairwise(layers))


def _in_words(order: Sequence[Sequence[Layer]]) -> bool:
    """Whether every part has a word that says where it stands, and they stand so."""
    ranks = [rank(words_of(part[0].name)) for part in order]
    return None not in ranks and all(a <= b for a, b in pairwise(ranks))  # type: ignore[operator]


def _check_joined(layers: Sequence[Layer], file: str, named: bool) -> None:
    """Raise NetworkError if the shapes do not chain, or two layers may as well read the same values."""
    for i, (a, b) in enumerate(pairwise(layers), 1):
        if a.d_out != b.d_in:
            raise NetworkError(f"{file}: {_broken(layers, i)} {EXPORT}")
    if named:
        return
    _check_branches(layers, file, frozenset())
    names, ranks = ", ".join(layer.name for layer in layers), [rank(words_of(part[0].name)) for part in _parts(layers)]
    if any(a == 2 and b == 0 for a, b in pairwise(ranks)):
        raise NetworkError(
            f"{file}: a network needs its layers in order; got {names}, the end before the beginning. {EXPORT}"
        )


def _check_branches(layers: Sequence[Layer], file: str, inside: frozenset[str]) -> None:
    """Raise NetworkError if two neighbouring parts of a part of these words may read the same values."""
    parts, names = _parts(layers), [layer.name for layer in layers]
    for a, b in pairwise(parts):
        first, second = a[0], b[0]
        if first.d_in == second.d_in and not _follow(part_of(first.name, names), part_of(second.name, names), inside):
            beside = [layer.name for layer in layers[layers.index(first) :] if layer.d_in == first.d_in]
            raise NetworkError(
                f"{file}: a network needs layers that only chain; got {' and '.join(beside[-2:])}, which read "
                f"{first.d_in} values each ({', '.join(beside)} do): one after another, or branches side by side? "
                f"{EXPORT} Or name the layers by numbers, as nn.Sequential does, or take one end: --output NAME."
            )
    for part in parts if len(parts) > 1 else []:
        if len(part) > 1:
            _check_branches(part, file, words_of(part_of(part[0].name, names)))


def _broken(layers: Sequence[Layer], i: int) -> str:
    before, layer = layers[i - 1], layers[i]
    readers = [other.name for other in layers if other.d_in == layer.d_in]
    source = next((other.name for other in reversed(layers[: i - 1]) if other.d_out == layer.d_in), None)
    source = source or ("the input" if layer.d_in == layers[0].d_in else None)
    branch = ""
    if source and len(readers) > 1:
        branch = f" {' and '.join(readers)} branch behind {source}: take one end by --output NAME."
    return (
        f"a network needs shapes that chain; got {layer.name} of {layer.d_in} columns after {before.name} of "
        f"{before.d_out} rows.{branch}"
    )


def _parts(layers: Sequence[Layer]) -> list[list[Layer]]:
    """The layers by the named part they belong to: a container, or each alone."""
    names = [layer.name for layer in layers]
    return [list(group) for _, group in groupby(layers, key=lambda layer: part_of(layer.name, names))]


def _follow(a: str, b: str, inside: frozenset[str]) -> bool:
    """Whether two names say that one part stands behind the other: numbers of one row, or a word of a body.

    inside   the words of what holds both: a list of heads is numbered 0, 1, ..., a chain has units between its layers
    """
    words = words_of(a)
    if words & HEADS or words_of(b) & HEADS:
        return False
    if a.isdigit() and b.isdigit():
        return not inside & (HEADS | ENDS) or int(b) - int(a) > 1
    if stem(a) == stem(b) and a != b:
        return not words & ENDS
    return bool(words & (FIRST | MIDDLE))


def turned(layers: Sequence[Layer], file: str, *, columns: bool | None) -> tuple[list[Layer], list[str]]:
    """Return the layers with a row an output, whichever way the file holds them, and what is to be said of it.

    columns   whether the names say that a column is an output (Keras and scikit-learn keep it so); None if they do not
    raises    NetworkError if the matrices fit their biases and each other neither way
    """
    flipped = [replace(layer, weight=layer.weight.T) for layer in layers]
    plain, other = (_fits(side) for side in (layers, flipped))
    if not plain and not other:
        shapes = ", ".join(f"{layer.name} {list(layer.weight.shape)}" for layer in layers)
        raise NetworkError(f"{file}: a network needs shapes that chain; got {shapes}. Save it as .onnx.")
    if plain and other:
        side = "column" if columns else "row"
        said = [f"assumed that a {side} of each matrix is an output: the shapes would fit either way"]
        return (flipped if columns else list(layers)), said
    return (list(layers), []) if plain else (flipped, ["matrices turned: in the file a column is an output"])


def _fits(layers: Sequence[Layer]) -> bool:
    return _chains(layers) and all(layer.fits for layer in layers)


def layers_of(state: Mapping[str, Array], file: str, *, in_order: bool = True) -> tuple[list[Layer], list[str]]:
    """Return the layers of a state_dict in its order, and what is to be said: matrices are layers, vectors PReLUs.

    raises   InputError naming a parameter that is neither (batch normalisation, convolution)
    """
    layers: list[Layer] = []
    normed: dict[str, list[str]] = {}
    for prefix, parts in _groups(state).items():
        if (rule := next((rule for rule in NORMS if set(rule) <= parts.keys()), None)) is not None:
            how, made = NORMS[rule]
            normed.setdefault(how, []).append(prefix)
            parts["weight"] = made(*(parts.pop(key) for key in rule))
        weight, bias = parts.get("weight"), parts.get("bias")
        if weight is not None and weight.ndim == 2 and parts.keys() <= {"weight", "bias"}:
            layers.append(Layer(prefix or "weight", weight, bias))
        elif _is_prelu(parts) and layers and (in_order or stem(prefix) == stem(layers[-1].name)):
            assert weight is not None
            slopes = np.broadcast_to(weight, (layers[-1].d_out,)) if weight.size == 1 else weight
            layers[-1] = replace(layers[-1], slopes=slopes)
        else:
            shapes = ", ".join(f"{key} {list(a.shape)}" for key, a in parts.items())
            raise InputError(
                f"{file}: a state_dict needs linear layers (and PReLU); got {prefix or 'parameters'!r} with {shapes}. "
                f"{EXPORT}"
            )
    if not layers:
        raise InputError(f"{file}: a state_dict needs linear layers; got {', '.join(state) or 'no arrays'}.")
    return layers, [f"weights of {', '.join(of)} are {how}, each the nearest float64" for how, of in normed.items()]


def _is_prelu(parts: Mapping[str, Array]) -> bool:
    return parts.keys() == {"weight"} and parts["weight"].ndim == 1


def _groups(state: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """The arrays by module, in the order of the file; torch's parametrisations under their older names."""
    names = {f"parametrizations.weight.{long}": short for long, short in OLDER.items()}
    groups: dict[str, dict[str, Array]] = {}
    for key, array in state.items():
        for long, short in names.items():
            key = key.removesuffix(long) + short if key.endswith(long) else key
        prefix, _, part = key.rpartition(".")
        groups.setdefault(prefix, {})[part] = array
    return groups


def _strays(state: Mapping[str, Array]) -> list[str]:
    """The vectors and numbers that stand beside layers: of modules without a weight or bias."""
    return [
        f"{prefix}.{part}" if prefix else part
        for prefix, parts in _groups(state).items()
        if all(a.size == max(a.shape, default=1) for a in parts.values())
        if not any(part.startswith(("weight", "bias")) for part in parts)
        for part in parts
    ]


def network_of_state(
    state: Mapping[str, Array],
    file: str,
    activation: str | None,
    said: Iterable[str] = (),
    *,
    in_order: bool,
    output: str | None = None,
) -> Network:
    """Return the network of a state_dict's arrays; ``in_order`` as in ``arranged``, ``said`` to be said first.

    output   the last layer, or the part it ends, where there are several ends; see ``led_to``
    """
    if not in_order:
        state = {key: state[key] for key in sorted(state, key=natural)}
    strays = _strays(state)
    layers, also = layers_of({key: state[key] for key in state if key not in strays}, file, in_order=in_order)
    if output is None:
        network = network_of_layers(arranged(layers, file, in_order=in_order), file, activation, [*said, *also])
        if strays:
            raise _beside(strays, layers, file)
        return network
    chain, chosen = led_to(layers, output, file, in_order=in_order)
    if inside := [key for key in strays if key.partition(".")[0] in {layer.name.partition(".")[0] for layer in chain}]:
        raise _beside(inside, layers, file)
    left = [f"left out {', '.join(strays)}, which are of no layer"] if strays else []
    return network_of_layers(chain, file, activation, [*said, *also, *chosen, *left], named="," in output)


def _beside(strays: Sequence[str], layers: Sequence[Layer], file: str) -> InputError:
    return InputError(
        f"{file}: a state_dict needs linear layers (and PReLU) alone; got {', '.join(strays)}, of no layer. {EXPORT} "
        f"If the network does without, name its last layer: --output {layers[-1].name}."
    )
