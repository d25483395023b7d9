"""Networks in the .nnet text format of the Stanford ACAS Xu work."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..errors import InputError
from ..network import Network
from .source import content

Array = NDArray[np.float64]


def read_nnet(path: Path) -> Network:
    """Return the ReLU network of a .nnet file; it takes and gives values in their own units, as the file's users do.

    The file normalises: inputs are (x - mean) / range before the first layer, outputs y * range + mean after the last.
    Each is folded into its layer where that rounds no number, and is a layer of identity units of its own otherwise
    (then only the quotient 1 / range is rounded); the input limits go to ``meta``.  A size that the header repeats, and
    limits of inputs that the network has not, are left out, which ``Network.assumed`` says.
    raises   InputError naming the line that is wrong
    source   https://github.com/sisl/NNet, "File format of .nnet"
    """
    lines = _Lines(path)
    n_layers = (lines.counts() or [0])[0]
    sizes = lines.counts()
    at, failed = lines.at, None
    for some in _sizes(n_layers, sizes):
        lines.at, lines.said = at, []
        if some != sizes or len(some) != n_layers + 1:
            lines.said.append(f"the layers' sizes are {', '.join(map(str, some))}; the header counts otherwise")
        try:
            return _network(lines, some)
        except InputError as error:
            failed = failed or error
    raise failed or InputError(
        f"{path.name}: a .nnet needs n layers and n + 1 sizes; got {n_layers} and {sizes}. Export again."
    )


def _sizes(n_layers: int, sizes: list[int]) -> list[list[int]]:
    """The sizes that a header may mean: its own, or without one that stands twice, or counted with the inputs."""
    if n_layers < 1 or min(sizes, default=0) < 1:
        return []
    if len(sizes) == n_layers + 1:
        return [sizes]
    if len(sizes) == n_layers and n_layers > 1:
        return [sizes]
    without = [sizes[:i] + sizes[i + 1 :] for i in range(len(sizes) - 1) if sizes[i] == sizes[i + 1]]
    return [some for i, some in enumerate(without) if len(some) == n_layers + 1 and some not in without[:i]]


def _network(lines: _Lines, sizes: list[int]) -> Network:
    """The network of the lines behind the header."""
    lines.numbers(None)  # a flag that is no longer used
    lo, hi = lines.limits(sizes[0]), lines.limits(sizes[0])
    means, ranges = lines.scales(sizes[0]), lines.scales(sizes[0])
    with np.errstate(divide="ignore", over="ignore"):
        scale = np.append(1.0 / ranges[:-1], 1.0 / np.sign(ranges[-1]))  # outputs are multiplied by theirs
    if not np.isfinite(scale).all():
        at = int(np.argmin(np.isfinite(scale)))
        raise InputError(f"{lines.path.name}: a .nnet needs ranges that are not 0; got range {at} = {ranges[at]:g}.")
    weights, biases = [], []
    for d_in, d_out in pairwise(sizes):
        weights.append(np.array([lines.numbers(d_in) for _ in range(d_out)]))
        biases.append(np.array([lines.numbers(1)[0] for _ in range(d_out)]))
    lines.end()
    names = ["relu"] * (len(sizes) - 2)
    _before(weights, biases, names, means[:-1], scale[:-1])
    _after(weights, biases, names, float(means[-1]), float(ranges[-1]))
    plain = "relu" if set(names) <= {"relu"} else tuple(names)
    limits = {"lo": lo.tolist(), "hi": hi.tolist()}
    return Network(weights, biases, plain, assumed=lines.said, meta=limits, seen=Box.of_meta(limits))


def _before(weights: list[Array], biases: list[Array], names: list[str], mean: Array, scale: Array) -> None:
    """Let the first layer read scale * (x - mean)."""
    if np.all(mean == 0) and np.all(scale == 1):
        return
    W, b = weights[0], biases[0]
    folded, shifted = W * scale, b - (W * scale) @ mean
    if _is_product(W, scale, folded) and np.isfinite(shifted).all() and all(
        Fraction(float(s))
        == Fraction(float(c)) - sum(Fraction(float(w)) * Fraction(float(m)) for w, m in zip(row, mean, strict=True))
        for s, c, row in zip(shifted, b, folded, strict=True)
    ):
        weights[0], biases[0] = folded, shifted
        return
    shift = np.eye(len(mean))
    weights[:1], biases[:1] = [shift, W * 1.0], [-mean, b]
    names.insert(0, "identity")
    if np.any(scale != 1):
        if _is_product(W, scale, folded):
            weights[1] = folded
        else:
            weights.insert(1, np.diag(scale))
            biases.insert(1, np.zeros(len(mean)))
            names.insert(0, "identity")


def _after(weights: list[Array], biases: list[Array], names: list[str], mean: float, scale: float) -> None:
    """Let the last layer give y * scale + mean."""
    if mean == 0 and scale == 1:
        return
    W, b = weights[-1], biases[-1]
    folded, shifted = W * scale, b * scale + mean
    if _is_product(W, np.full(W.shape[1], scale), folded) and np.isfinite(shifted).all() and all(
        Fraction(float(s)) == Fraction(float(c)) * Fraction(scale) + Fraction(mean)
        for s, c in zip(shifted, b, strict=True)
    ):
        weights[-1], biases[-1] = folded, shifted
        return
    weights.append(np.eye(len(b)) * scale)
    biases.append(np.full(len(b), mean))
    names.append("identity")


def _is_product(W: Array, scale: Array, folded: Array) -> bool:
    """Whether ``folded`` is W times the scale of each column without a rounding."""
    return bool(np.isfinite(folded).all()) and all(
        Fraction(float(f)) == Fraction(float(w)) * Fraction(float(s))
        for row, out in zip(W, folded, strict=True)
        for w, s, f in zip(row, scale, out, strict=True)
    )


class _Lines:
    """The lines of the file after the comments, one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = content(path).decode("ascii")
        except UnicodeDecodeError:
            raise InputError(
                f"{path.name}: not a .nnet: it holds bytes that are no text. Check the file's name."
            ) from None
        numbered = enumerate(text.split("\n"), 1)
        self.lines = [(n, line) for n, line in numbered if line.strip() and not line.startswith("//")]
        self.at = 0
        self.said: list[str] = []

    def numbers(self, count: int | None) -> Array:
        if self.at == len(self.lines):
            raise InputError(f"{self.path.name}: a .nnet needs all its lines; the file is truncated. Copy it again.")
        number, line = self.lines[self.at]
        self.at += 1
        words = [word for word in line.strip().split(",") if word.strip()]
        try:
            values = np.array([float(word) for word in words])
        except ValueError as error:
            raise InputError(
                f"{self.path.name} line {number}: a .nnet needs numbers; got {error}. Export again."
            ) from None
        return values if count is None else self._checked(values, count)

    def limits(self, d: int) -> Array:
        """One number an input; those of inputs that the network has not are left out."""
        numbers = self.numbers(None)
        if len(numbers) > d:
            self._leave_out(len(numbers) - d)
            numbers = numbers[:d]
        return self._checked(numbers, d)

    def scales(self, d: int) -> Array:
        """One number an input and, last, that of the outputs."""
        numbers = self.numbers(None)
        if len(numbers) > d + 1:
            self._leave_out(len(numbers) - d - 1)
            numbers = np.append(numbers[:d], numbers[-1])
        return self._checked(numbers, d + 1)

    def _leave_out(self, n: int) -> None:
        number, _ = self.lines[self.at - 1]
        self.said.append(f"left out {n} more than there are inputs, in line {number}")

    def _checked(self, numbers: Array, count: int) -> Array:
        number, line = self.lines[self.at - 1]
        if len(numbers) != count:
            raise InputError(
                f"{self.path.name} line {number}: a .nnet needs {count} numbers here; got {len(numbers)}. Export again."
            )
        if not np.isfinite(numbers).all():
            raise InputError(
                f"{self.path.name} line {number}: a .nnet needs finite numbers; got {line.strip()[:60]!r}."
            )
        return numbers

    def end(self) -> None:
        """Raise InputError unless all lines are read."""
        if self.at < len(self.lines):
            raise InputError(
                f"{self.path.name} line {self.lines[self.at][0]}: a .nnet needs nothing behind its last layer; got "
                f"{len(self.lines) - self.at} more lines: more layers than its header says? Export again."
            )

    def counts(self) -> list[int]:
        values = self.numbers(None)
        if not np.isfinite(values).all() or np.any(values != np.round(values)) or np.any(np.abs(values) > 10**9):
            raise InputError(
                f"{self.path.name}: a .nnet needs whole sizes in its header; got {values.tolist()}. Export again."
            )
        return [int(v) for v in values]
