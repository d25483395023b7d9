"""Network: the one kind of network there is here, as frozen numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import doors
from .activations import LEAKY_SLOPE, ROW_UNITS, UNITS, Unit, of_layers
from .box import Box
from .codes import Codes
from .columns import array_of, inputs_of
from .errors import InputError, NetworkError
from .grid import Grid
from .pruning import kept_of, narrowed
from .same import Compared
from .slice import Slice, slice_names
from .tasks import TASKS
from .training import Training
from .transform import Transform

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Network(doors.Drawn, doors.Shown, Compared):
    """A multilayer perceptron as stored numbers.

    weights      one (d_out, d_in) matrix a layer, the output layer last; copied to read-only float64
    biases       one (d_out,) vector a layer
    activation   the hidden units' name (see ``activations.UNITS``), or one name a hidden layer
    output       the output unit's name, "identity" unless the network ends in tanh, sigmoid, ..., or in "softmax" or
                 "log_softmax" over all its outputs
    skips        {layer: (source, ...)}: that layer reads, after the previous layer's activations, those of each
                 source, in that order; source 0 is the input, source k hidden layer k.  DeepSDF: {4: (0,)}
    slopes       {layer: (width,) slopes below zero} for "leaky_relu" layers that do not use 0.01 (leaky and
                 parametric ReLU; slope 1 makes a unit the identity, -1 the absolute value)
    grid         what the first layer reads instead of the inputs: a network with a grid in front of it is a field
    assumed      sentences: what a file did not say and its reader took, or turned into something else
    meta         JSON values kept with the network: kind, class names, ...
    transform    from the units of the file it was fitted to, where those are not the network's
    training     how it was fitted; None for a network that was not
    codes        of the shapes of a class, where the first inputs are a code: ``fixed`` gives the network of one shape
    seen         the range of the inputs it was fitted to; None where that is not known
    raises       NetworkError naming the layer whose shape does not chain, or the array and index of a NaN

    Layers count from 1: layer l has ``weights[l - 1]``; a pre-activation of exactly 0 counts as off.

    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> xor([[0, 0], [0, 1], [1, 0], [1, 1]]).ravel()
    array([0., 1., 1., 0.])
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activation: str | tuple[str, ...]
    output: str
    skips: Mapping[int, tuple[int, ...]]
    slopes: Mapping[int, Array]
    grid: Grid | Slice | None
    assumed: tuple[str, ...] = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)
    transform: Transform | None = field(repr=False)
    training: Training | None = field(repr=False)
    codes: Codes | None = field(repr=False)
    seen: Box | None = field(repr=False)

    def __init__(
        self,
        weights: Iterable[ArrayLike],
        biases: Iterable[ArrayLike],
        activation: str | Sequence[str] = "relu",
        *,
        output: str = "identity",
        skips: Mapping[int, Sequence[int]] | None = None,
        slopes: Mapping[int, ArrayLike] | None = None,
        grid: Grid | Slice | None = None,
        assumed: Iterable[str] = (),
        meta: Mapping[str, Any] | None = None,
        transform: Transform | None = None,
        training: Training | None = None,
        codes: Codes | None = None,
        seen: Box | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "weights", _each("weights", weights))
        put(self, "biases", _each("biases", biases))
        put(self, "activation", activation if isinstance(activation, str) else _words(activation))
        put(self, "output", output)
        put(self, "skips", MappingProxyType({int(k): tuple(map(int, s)) for k, s in (skips or {}).items() if len(s)}))
        put(self, "slopes", MappingProxyType({int(k): _frozen("slopes", s) for k, s in (slopes or {}).items()}))
        put(self, "grid", grid)
        put(self, "assumed", tuple(map(str, assumed)))
        if not isinstance(meta, Mapping | None):
            raise NetworkError(f"Network needs meta as a dict; got {meta!r:.60}. Write {{'name': value}}.")
        put(self, "meta", MappingProxyType(dict(meta or {})))
        put(self, "transform", transform)
        put(self, "training", training)
        put(self, "codes", codes)
        put(self, "seen", seen)
        self._check()

    def _check(self) -> None:
        if not self.weights or len(self.weights) != len(self.biases):
            raise NetworkError(
                f"Network needs as many biases as weights, at least 1; "
                f"got {len(self.weights)} weights and {len(self.biases)} biases."
            )
        for name, arrays in (("weights", self.weights), ("biases", self.biases)):
            for i, array in enumerate(arrays):
                if array.ndim != (2 if name == "weights" else 1) or array.size == 0:
                    what = "matrix" if name == "weights" else "vector"
                    raise NetworkError(f"Network needs {name}[{i}] as a filled {what}; got shape {array.shape}.")
                bad = np.argwhere(~np.isfinite(array))
                if len(bad):
                    at = tuple(map(int, bad[0]))
                    raise NetworkError(f"Network needs finite numbers; got {name}[{i}]{list(at)} = {array[at]}.")
        names = self.layer_activations
        if len(names) != len(self.weights) - 1:
            raise NetworkError(
                f"Network needs {len(self.weights) - 1} activations, one a hidden layer; got {len(names)}."
            )
        for name in (*names, *(() if self.output in ROW_UNITS else (self.output,))):
            if name not in UNITS:
                raise NetworkError(
                    f"Network needs units out of {', '.join(UNITS)} (as its output also {', '.join(ROW_UNITS)}); "
                    f"got {name!r}."
                )
        if self.output in ROW_UNITS and self.d_out == 1:
            raise NetworkError(f"Network needs 2 outputs or more before {self.output}; got 1. Leave it out.")
        for layer, sources in self.skips.items():
            if (
                not 1 < layer <= len(self.weights)
                or any(not 0 <= s < layer - 1 for s in sources)
                or len(set(sources)) < len(sources)
            ):
                raise NetworkError(f"Network needs skips that run forward past a layer; got {{{layer}: {sources}}}.")
        for layer, slope in self.slopes.items():
            if (
                not 0 < layer < len(self.weights)
                or names[layer - 1] != "leaky_relu"
                or slope.shape != (self.widths[layer],)
            ):
                raise NetworkError(
                    f"Network needs slopes for leaky_relu layers, one a unit; got layer {layer}, shape {slope.shape}."
                )
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            reads = sum(self.widths[s] for s in self.sources(layer))
            if W.shape[1] != reads:
                raise NetworkError(
                    f"Network needs shapes that chain; layer {layer} has {W.shape[1]} columns but reads {reads} values "
                    f"(weights[{layer - 1}] has shape {W.shape})."
                )
            if b.shape != (W.shape[0],):
                raise NetworkError(
                    f"Network needs one bias a unit; biases[{layer - 1}] has shape {b.shape}, "
                    f"weights[{layer - 1}] {W.shape}."
                )

        if self.codes is not None and (self.grid is not None or self.codes.d >= self.d_in):
            raise NetworkError(
                f"Network needs codes shorter than its {self.d_in} inputs, and no grid beside them; got {self.codes}"
                + (f" and {self.grid}." if self.grid is not None else ".")
            )

    # What it is

    def __repr__(self) -> str:
        units = ", ".join(sorted(set(self.layer_activations))) or "linear"
        end = "" if self.output == "identity" else f", output {self.output}"
        more = "" if self.grid is None else f", behind {self.grid}"
        more += "" if self.codes is None else f", a class of {len(self.codes):,} shapes"
        return f"Network({'-'.join(map(str, self.widths))}, {units}{end}, {self.n_parameters:,} parameters{more})"

    @property
    def d_in(self) -> int:
        """Inputs: with a grid those of the grid."""
        return self.n_read if self.grid is None else self.grid.d

    @property
    def box(self) -> Box | None:
        """The box that exact questions are asked on unless another is given: ``seen``, for a table with a margin.

        A field has its grid's box; None where nothing is known of a network's data.
        """
        if isinstance(self.grid, Grid):
            return self.grid.box
        if self.seen is None or self.seen.d != self.d_in:
            return None
        task = TASKS.get(self.meta.get("kind", ""))
        return self.seen.grown(task.margin if task else 0.0)

    @property
    def n_read(self) -> int:
        """Values that the first layer reads: the inputs, or what the grid makes of them."""
        return self.weights[0].shape[1] if self.grid is None else self.grid.d_out

    @property
    def d_out(self) -> int:
        return int(self.weights[-1].shape[0])

    @property
    def n_layers(self) -> int:
        """Layers with weights: the hidden ones and the output."""
        return len(self.weights)

    @property
    def widths(self) -> tuple[int, ...]:
        """Values a layer holds: the inputs first (with a grid, its values), the outputs last."""
        return (self.n_read, *(int(W.shape[0]) for W in self.weights))

    @property
    def hidden(self) -> tuple[int, ...]:
        """Hidden units, layer by layer."""
        return self.widths[1:-1]

    @property
    def n_hidden(self) -> int:
        """Hidden units in all: the capacity."""
        return sum(self.hidden)

    @property
    def n_parameters(self) -> int:
        return (
            sum(W.size for W in self.weights)
            + sum(b.size for b in self.biases)
            + sum(s.size for s in self.slopes.values())
            + (self.grid.n_parameters if self.grid is not None else 0)
        )

    @property
    def layer_activations(self) -> tuple[str, ...]:
        """The unit's name of each hidden layer."""
        return of_layers(self.activation, len(self.weights) - 1)

    @property
    def piecewise_linear(self) -> bool:
        """Whether every hidden unit is."""
        return all(UNITS[name].piecewise_linear for name in self.layer_activations)

    def sources(self, layer: int) -> tuple[int, ...]:
        """Where layer l reads from: the previous layer, then its skips (0 is the input)."""
        return (layer - 1, *self.skips.get(layer, ()))

    # What it does

    def __call__(self, x: ArrayLike) -> Array:
        """Return the outputs, (n, d_out) for (n, d_in) inputs or (d_out,) for one input (d_in,)."""
        last = self.preactivations(x)[-1]
        return ROW_UNITS[self.output](last) if self.output in ROW_UNITS else UNITS[self.output](last)

    def preactivations(self, x: ArrayLike) -> list[Array]:
        """Return z of every layer, the output layer's last: the same shape as ``x`` but for the last axis."""
        points = self._points(x)
        values, rows = [points if self.grid is None else self.grid(points)], []
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            reads = [values[s] for s in self.sources(layer)]
            rows.append((np.concatenate(reads, axis=-1) if len(reads) > 1 else reads[0]) @ W.T + b)
            if layer < self.n_layers:
                values.append(self.activate(layer, rows[-1]))
        return rows

    def activate(self, layer: int, z: Array) -> Array:
        """Return the activations of hidden layer l for its pre-activations."""
        if layer in self.slopes:
            return np.where(z > 0, z, self.slopes[layer] * z)
        return UNITS[self.layer_activations[layer - 1]](z)

    def derivative(self, layer: int, z: Array) -> Array:
        """Return the units' derivatives of hidden layer l; at a joint, the slope to the left."""
        if layer in self.slopes:
            return np.where(z > 0, 1.0, self.slopes[layer])
        return UNITS[self.layer_activations[layer - 1]].derivative(z)

    def pattern(self, x: ArrayLike) -> NDArray[np.int8]:
        """Return which piece of each hidden unit is used: 0 off, 1 on for ReLU; (..., n_hidden) int8.

        Pre-activation 0 counts as off.  A unit with two joints (hard tanh, ReLU6) counts 0, 1, 2, one without a fold
        (identity, slope 1) always 0.
        """
        rows = self.preactivations(x)[:-1]
        pieces = [_piece(self.unit(layer), z) for layer, z in enumerate(rows, 1)]
        for layer, slopes in self.slopes.items():
            pieces[layer - 1][..., slopes == 1.0] = 0
        return np.concatenate(pieces, axis=-1) if pieces else np.zeros((*np.shape(x)[:-1], 0), dtype=np.int8)

    def affine_map(self, x: ArrayLike) -> Array:
        """Return [A | c] with network(x') = A x' + c on the region of each point, (..., d_out, d_in + 1).

        raises   NetworkError if a hidden unit is not piecewise linear or the output unit not the identity
        source   lecture 3, "Shallow vs deep networks": on a region every unit is on or off
        """
        if not self.piecewise_linear or self.output != "identity":
            raise NetworkError(
                f"affine_map needs piecewise-linear units and an identity output; "
                f"got {self.activation!r} and {self.output!r}."
            )
        points = self._points(x)
        maps = [self._first_map(points)]
        rows = self.preactivations(points)
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            affine = W @ np.concatenate([maps[s] for s in self.sources(layer)], axis=-2)
            affine[..., -1] += b
            if layer < self.n_layers:
                z = rows[layer - 1]
                slope = self.derivative(layer, z)
                offset = self.activate(layer, z) - slope * z if len(self.unit(layer).joints or ()) > 1 else 0.0
                affine = slope[..., None] * affine
                affine[..., -1] += offset
            maps.append(affine)
        return maps[-1]

    def _first_map(self, points: Array) -> Array:
        """What the first layer reads, as an affine map of the inputs around each point."""
        if self.grid is not None:
            return self.grid.affine_map(points)
        start = np.concatenate([np.eye(self.d_in), np.zeros((self.d_in, 1))], axis=1)
        return np.broadcast_to(start, (*points.shape[:-1], *start.shape))

    def unit(self, layer: int) -> Unit:
        """The unit of hidden layer l."""
        return UNITS[self.layer_activations[layer - 1]]

    def slopes_below(self, layer: int) -> Array:
        """Return the slope below zero of each unit of a layer whose units have one joint at 0, (width,)."""
        if layer in self.slopes:
            return self.slopes[layer]
        unit = self.unit(layer)
        if unit.joints == ():
            return np.ones(self.widths[layer])
        if unit.joints != (0.0,) or unit.slopes is None:
            raise NetworkError(f"slopes_below needs units with one joint at 0; got {unit.name!r} in layer {layer}.")
        return np.full(self.widths[layer], unit.slopes[0])

    def on_plane(self, point: ArrayLike, u: ArrayLike, v: ArrayLike) -> Network:
        """Return the network on a slice: a network with 2 inputs s, t whose value is that at point + s u + t v.

        point, u, v   (d_in,) a point and two directions; copied into a first layer of d_in identity units, so that no
                      stored number is rounded and exact answers on the slice are those of this network; in patterns
                      they come first, always 0; those of a field stand in front of its grid, and are no units;
                      s and t are called as the columns that u and v run along, where they do
        raises        InputError if one has another length, or numbers that are not finite

        >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
        >>> xor.on_plane([0, 0], [0, 1], [1, 0])([1, 1])
        array([0.])
        """
        origin, *frame = self._finite("on_plane needs a point and two directions", point, u, v)
        seen = self.grid.box if isinstance(self.grid, Grid) else self.seen
        seen = seen.on_slice(origin, *frame) if seen and seen.d == self.d_in else None
        names = slice_names(self.meta.get("names", ()), origin, *frame)
        return self._behind([np.stack(frame, axis=1)], [origin], seen, names)

    def on_line(self, a: ArrayLike, b: ArrayLike) -> Network:
        """Return the network on a segment: a network with 1 input t whose value is that at (1 - t) a + t b.

        a, b     (d_in,) where t is 0 and 1; copied into identity units, so that no stored number is rounded
        raises   InputError if one has another length, or numbers that are not finite

        >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
        >>> xor.on_line([0, 1], [1, 0])([[0.0], [0.5], [1.0]]).ravel()
        array([1., 1., 1.])
        """
        ends = self._finite("on_line needs two points", a, b)
        return self._behind(
            [np.array([[-1.0], [1.0]]), np.stack(ends, axis=1)],
            [np.array([1.0, 0.0]), np.zeros(self.d_in)],
            Box([0.0], [1.0]),
            ("t",),
        )

    def fixed(self, code: str | ArrayLike) -> Network:
        """Return the network with its first inputs fixed: of a class of shapes, that of one shape, on points alone.

        code      (k,) numbers, copied into a first layer of identity units, so that no stored number is rounded and
                  exact answers are those of this network; or the name of a shape, whose transform comes with it
        raises    InputError for a name that is none of ``codes``, or numbers that leave no input

        >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
        >>> xor.fixed([1.0])([[0.0], [1.0]]).ravel()
        array([1., 0.])
        """
        if isinstance(code, str):
            if self.codes is None:
                raise InputError(f"fixed needs a network with codes for a name; got none, and {code!r}. Give numbers.")
            at = self.codes.at(code)
            return replace(self.fixed(self.codes.values[at]), transform=self.codes.transforms[at])
        values = np.asarray(code, dtype=np.float64)
        if values.ndim != 1 or not 0 < len(values) < self.d_in or not np.isfinite(values).all():
            raise InputError(f"fixed needs 1 to {self.d_in - 1} finite numbers; got an array of shape {values.shape}.")
        k = len(values)
        seen = self.seen
        if seen is not None and seen.d == self.d_in:  # a class's is that of its points alone
            seen = Box(seen.lo[k:], seen.hi[k:])
        rest = self._behind([np.eye(self.d_in, self.d_in - k, -k)], [np.append(values, np.zeros(self.d_in - k))], seen)
        return replace(rest, transform=self.codes.shared if self.codes else self.transform)

    def _behind(
        self, weights: list[Array], biases: list[Array], seen: Box | None, names: Sequence[str] = ()
    ) -> Network:
        """This network behind layers of identity units that make its inputs."""
        meta = {name: value for name, value in self.meta.items() if name != "names"}
        meta |= {"names": list(names)} if names else {}
        if self.grid is not None:
            return self._sliced(weights, biases, seen, meta)
        n = len(weights)
        return Network(
            [*weights, *self.weights],
            [*biases, *self.biases],
            ("identity",) * n + self.layer_activations,
            output=self.output,
            skips={layer + n: [source + n for source in sources] for layer, sources in self.skips.items()},
            slopes={layer + n: slopes for layer, slopes in self.slopes.items()},
            assumed=self.assumed,
            meta=meta,
            training=self.training,
            seen=seen,
        )

    def _sliced(self, weights: list[Array], biases: list[Array], seen: Box | None, meta: dict[str, Any]) -> Network:
        """This field behind layers that make its inputs: they stand in front of its grid."""
        assert self.grid is not None
        front, before = Slice.of(self.grid, weights, biases), self.grid.d if isinstance(self.grid, Slice) else 0
        wide = [self._reading(layer, before, front.d) for layer in range(1, self.n_layers + 1)]
        return replace(self, weights=wide, grid=front, seen=seen, meta=meta, transform=None)  # type: ignore[arg-type]

    @property
    def field(self) -> Network:
        """The field that a slice is of, with the grid's own inputs; any other network is its own."""
        if not isinstance(self.grid, Slice):
            return self
        weights = [self._reading(layer, self.grid.d, 0) for layer in range(1, self.n_layers + 1)]
        return replace(self, weights=weights, grid=self.grid.grid, seen=None)  # type: ignore[arg-type]  # made a tuple

    @property
    def sliced(self) -> Network:
        """A field as a slice that is all of it, so that its inputs, too, are among what the first layer reads."""
        if not isinstance(self.grid, Grid):
            return self
        return self._sliced([np.eye(self.d_in)], [np.zeros(self.d_in)], self.grid.box, dict(self.meta))

    def _reading(self, layer: int, before: int, inputs: int) -> Array:
        """A layer's weights where the values it may read of the input begin with so many others, read by none."""
        W, at = self.weights[layer - 1], 0
        for source in self.sources(layer):
            if source == 0:
                if W[:, at : at + before].any():
                    raise NetworkError(
                        f"a slice of a slice needs a network that reads its grid alone; got weights[{layer - 1}] that "
                        "read an input. Take a slice of the field itself."
                    )
                return np.concatenate([W[:, :at], np.zeros((len(W), inputs)), W[:, at + before :]], axis=1)
            at += self.widths[source]
        return W

    def prune(self) -> Network:
        """Return the network without what no output depends on: the same function in fewer numbers.

        Units from which no way over weights that are not zero leads to an output go, of a field also features that no
        unit reads; vertices whose features are all zero lose their rows where that takes less room.  Inputs, outputs
        and one unit a hidden layer stay.  Floats may differ in the last digit, as sums have fewer terms.

        >>> wide = Network([[[1.0], [2.0], [3.0]], [[1.0, 0.0, -1.0]]], [[0.0, 1.0, 0.0], [0.0]])
        >>> wide.prune()
        Network(1-2-1, relu, 7 parameters)
        """
        kept, grid = kept_of(self.weights, self.widths, self.sources), self.grid
        if isinstance(grid, Grid):
            kept[0][: grid.d] = True
            grid, kept[0] = grid.prune(kept[0][grid.d :])
        else:
            kept[0][:] = True
        return replace(
            self,
            weights=narrowed(self.weights, kept, self.sources),  # type: ignore[arg-type]  # made a tuple
            biases=[b[some] for b, some in zip(self.biases, kept[1:], strict=True)],  # type: ignore[arg-type]
            slopes={layer: slopes[kept[layer]] for layer, slopes in self.slopes.items()},
            grid=grid,
        )

    # Where it comes from and goes to

    @classmethod
    def from_torch(cls, module: torch.nn.Module, shape: Sequence[int] | None = None) -> Network:
        """Return the network that a torch module computes at inference, every stored number unchanged.

        module   linear layers, convolutions, pools, batch normalisations and units in (nested) ``nn.Sequential``
        shape    of one input, (channels, height, width), where the first layer does not say it; the network takes and
                 gives rows of numbers, the last axis fastest
        raises   NetworkError naming the first submodule that has no place in a network
        """
        return cls(**doors.arrays_of(module, shape))

    @classmethod
    def from_sklearn(cls, model: object) -> Network:
        """Return the network that a fitted scikit-learn model computes, with its classes and columns by name.

        model    MLPClassifier, MLPRegressor, a linear model, or a pipeline of scalers (or PCA) that ends in one: the
                 scaling becomes part of the first layer, which ``assumed`` says
        returns  outputs as ``predict_proba`` gives them (for two classes the second's), ``decision_function`` of linear
                 models without one, ``predict`` of regressors
        raises   NetworkError for a model that is no such network, or is not fitted
        """
        return cls(**doors.arrays_of_model(model))

    def to_torch(self) -> torch.nn.Module:
        """Return a torch module with the same numbers, float64; a field's features are parameters in front of them."""
        return doors.module_of(self)

    def plot(self, ax: Axes | None = None, **how: Any) -> Axes:
        """Return the axes, new ones unless given, with the diagram drawn on them; nothing is shown.

        weights  write each parameter at its line; where there are up to 24, unless said
        how      any other word goes to matplotlib's artist
        """
        return super().plot(ax, **how)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the network; the format follows the name: .safetensors, .onnx or .npz.

        raises   FileError if the path is a folder, cannot be written, or exists and ``force`` is off
        """
        return doors.write("network", self, path, force=force)

    def __getstate__(self) -> dict[str, Any]:
        """Plain dicts for the read-only views: a network travels to other processes and can be deep-copied."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {
            name: dict(getattr(self, name)) for name in ("skips", "slopes", "meta")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # checked again, and read-only again

    def _finite(self, wanted: str, *given: ArrayLike) -> list[Array]:
        """Places or directions of finite numbers, one each."""
        parts = [self._points(part) for part in given]
        if any(part.ndim != 1 for part in parts):
            raise InputError(f"{wanted}; got shapes {', '.join(str(part.shape) for part in parts)}.")
        bad = next((part for part in parts if not np.isfinite(part).all()), None)
        if bad is not None:
            raise InputError(f"{wanted} of finite numbers; got {bad.tolist()}.")
        return parts

    def _points(self, x: ArrayLike) -> Array:
        points = inputs_of("network", x)
        if points.ndim == 0 or points.shape[-1] != self.d_in:
            raise InputError(f"network needs {self.d_in} inputs; got an array of shape {points.shape}.")
        return points


def _each(name: str, arrays: Iterable[ArrayLike]) -> tuple[Array, ...]:
    """The arrays of all layers."""
    if isinstance(arrays, str | bytes) or not isinstance(arrays, Iterable):
        raise NetworkError(f"Network needs {name} as a list, an array a layer; got {arrays!r:.60}. Write a list.")
    return tuple(_frozen(f"{name}[{i}]", array) for i, array in enumerate(arrays))


def _words(names: object) -> tuple[str, ...]:
    found = tuple(names) if isinstance(names, Iterable) else (None,)
    if not all(isinstance(name, str) for name in found):
        raise NetworkError(f"Network needs the name of a unit, or one a hidden layer; got {names!r:.60}. Write 'relu'.")
    return found


def _frozen(what: str, values: ArrayLike) -> Array:
    array = array_of("Network", what, values)
    array.setflags(write=False)
    return array


def _piece(unit: Unit, z: Array) -> NDArray[np.int8]:
    if unit.joints is None:
        raise NetworkError(
            f"pattern needs piecewise-linear hidden units; got {unit.name!r}. Sample the network instead."
        )
    return sum(((z > joint).astype(np.int8) for joint in unit.joints), np.zeros(z.shape, dtype=np.int8))


__all__ = ["LEAKY_SLOPE", "Network"]
