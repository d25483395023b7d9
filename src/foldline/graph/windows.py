"""Sliding windows: convolution and pooling as index lists and matrices, in any number of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MAX_NUMBERS = 2**25  # of one matrix, a quarter of a gigabyte: beyond it no exact question has an answer in reach


def check_size(rows: int, columns: int) -> None:
    """Raise NetworkError, before anything is allocated, for a matrix of more than MAX_NUMBERS numbers."""
    if rows * columns > MAX_NUMBERS:
        raise NetworkError(
            f"matrices of at most {MAX_NUMBERS} numbers; got {rows} x {columns}. Use a smaller input or fewer channels"
        )


@dataclass(frozen=True)
class Sliding:
    """How a window moves, one number an axis.

    kernel, strides, dilations   its size, its step, and the step inside it
    before, after                padding at the low and the high end
    ceil                         whether a last window that is not whole counts
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    ceil: bool = False

    def __post_init__(self) -> None:
        axes = {len(part) for part in (self.kernel, self.strides, self.dilations, self.before, self.after)}
        least = min((*self.kernel, *self.strides, *self.dilations), default=1)
        if len(axes) != 1 or least < 1 or min((*self.before, *self.after), default=0) < 0:
            raise NetworkError(f"kernel, strides, dilations and padding that fit one another; got {self}")

    def sizes(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return how many windows there are along each axis of an input of this shape.

        >>> Sliding((3,), (2,), (1,), (1,), (1,)).sizes([5])
        (3,)
        """
        if len(shape) != len(self.kernel):
            raise NetworkError(f"a window of {len(shape)} axes; got a kernel {list(self.kernel)}")
        sizes = tuple(self._size(axis, n) for axis, n in enumerate(shape))
        if min(sizes, default=1) < 1:
            raise NetworkError(f"windows that fit; got a kernel {list(self.kernel)} over {list(shape)} values")
        return sizes

    def _size(self, axis: int, n: int) -> int:
        room = n + self.before[axis] + self.after[axis] - self.dilations[axis] * (self.kernel[axis] - 1) - 1
        steps = room / self.strides[axis]
        last = ceil(steps) if self.ceil else room // self.strides[axis]
        if self.ceil and last * self.strides[axis] >= n + self.before[axis]:
            last -= 1  # a window may not lie in the padding at the high end alone
        return last + 1

    def positions(self, shape: Sequence[int]) -> list[Index]:
        """Return where each window reads along each axis, (windows, kernel) an axis; the padding lies outside."""
        return [
            np.arange(size)[:, None] * step - low + np.arange(k) * inner
            for size, step, low, k, inner in zip(
                self.sizes(shape), self.strides, self.before, self.kernel, self.dilations, strict=True
            )
        ]

    def reads(self, shape: Sequence[int]) -> Index:
        """Return the flat position of what each window reads, (windows, kernel values); -1 in the padding.

        >>> Sliding((2,), (1,), (1,), (1,), (0,)).reads([3]).tolist()
        [[-1, 0], [0, 1], [1, 2]]
        """
        check_size(prod(self.sizes(shape)), prod(self.kernel))
        positions = self.positions(shape)
        flat = _spread([p * prod(shape[axis + 1 :]) for axis, p in enumerate(positions)], np.add)
        inside = _spread([(p >= 0) & (p < n) for p, n in zip(positions, shape, strict=True)], np.logical_and)
        return np.where(inside, flat, -1).astype(np.int64)

    def counts(self, shape: Sequence[int], *, padded: bool) -> Index:
        """Return how many values each window holds, (windows,), the padding among them if ``padded``."""
        if not padded:
            return np.asarray((self.reads(shape) >= 0).sum(axis=1))
        held = [
            p < n + high for p, n, high in zip(self.positions(shape), shape, self.after, strict=True)
        ]  # a last window of ceil mode reaches beyond the padding
        return np.asarray(_spread(held, np.logical_and).sum(axis=1))


def _spread(parts: Sequence[NDArray[Any]], join: np.ufunc) -> NDArray[Any]:
    """Join one (windows, kernel) table an axis into one for all axes, (all windows, all kernel positions)."""
    n = len(parts)
    tables = []
    for axis, part in enumerate(parts):
        sides = [1] * 2 * n
        sides[axis], sides[n + axis] = part.shape
        tables.append(part.reshape(sides))
    total: NDArray[Any] = reduce(join, tables)
    return total.reshape(prod(total.shape[:n]), -1)


def convolution(kernels: Array, shape: Sequence[int], sliding: Sliding, groups: int = 1) -> Array:
    """Return a convolution as one matrix of its numbers, (channels out * windows, channels in * positions).

    kernels  (channels out, channels in / groups, *kernel)
    shape    of one input, (channels in, *positions)
    raises   NetworkError if the channels do not divide into the groups, or the matrix is larger than MAX_NUMBERS

    >>> convolution(np.array([[[1.0, 2.0]]]), [1, 3], Sliding((2,), (1,), (1,), (0,), (0,))).tolist()
    [[1.0, 2.0, 0.0], [0.0, 1.0, 2.0]]
    """
    d_out, d_in, channels = len(kernels), kernels.shape[1], shape[0]
    if groups < 1 or d_in * groups != channels or d_out % groups:
        raise NetworkError(
            f"kernels for {channels} channels in {groups} groups; got kernels of shape {list(kernels.shape)}"
        )
    n, size = prod(sliding.sizes(shape[1:])), prod(shape[1:])
    check_size(d_out * n, channels * size)
    reads = sliding.reads(shape[1:])
    matrix = np.zeros((d_out, n, channels, size))
    window, k = np.nonzero(reads >= 0)
    flat = kernels.reshape(d_out, d_in, -1)
    each = d_out // groups
    for g in range(groups):
        rows, columns = slice(g * each, (g + 1) * each), slice(g * d_in, (g + 1) * d_in)
        part = matrix[rows, :, columns]
        part[:, window, :, reads[window, k]] = flat[rows][:, :, k].transpose(2, 0, 1)
    return matrix.reshape(d_out * n, channels * size)


def transposed_convolution(
    kernels: Array, shape: Sequence[int], sliding: Sliding, groups: int, extra: Sequence[int]
) -> tuple[Array, tuple[int, ...]]:
    """Return a transposed convolution as one matrix, and the shape of its outputs (channels out, *positions).

    kernels  (channels in, channels out / groups, *kernel): those of the convolution it is the transpose of
    extra    values added at the high end of each axis, fewer than the stride
    """
    spans = [d * (k - 1) + 1 for d, k in zip(sliding.dilations, sliding.kernel, strict=True)]
    cuts = [low + high - more for low, high, more in zip(sliding.before, sliding.after, extra, strict=True)]
    parts = zip(shape[1:], sliding.strides, spans, cuts, strict=True)
    made = tuple((n - 1) * step + span - cut for n, step, span, cut in parts)
    whole = (kernels.shape[1] * groups, *made)
    if len(kernels) != shape[0] or min(made) < 1 or sliding.sizes(made) != tuple(shape[1:]):
        raise NetworkError(f"kernels that fit {list(shape)}; got {list(kernels.shape)} for outputs of {list(made)}")
    return convolution(kernels, whole, sliding, groups).T, whole


def pools(shape: Sequence[int], sliding: Sliding) -> Index:
    """Return the flat positions that each pool reads, (channels * windows, kernel); -1 in the padding.

    shape    of one input, (channels, *positions); each channel has its own pools, one channel after another
    """
    reads = sliding.reads(shape[1:])
    first = prod(shape[1:]) * np.arange(shape[0])[:, None, None]
    return np.where(reads >= 0, reads + first, -1).reshape(-1, reads.shape[1])


def means(groups: Index, counts: Index, width: int) -> Array:
    """Return the matrix (groups, width) of means over groups of positions: 1 / count, the nearest float64, each.

    groups   (groups, n) positions, -1 for none
    counts   (groups,) what each sum is divided by
    """
    check_size(len(groups), width)
    matrix = np.zeros((len(groups), width))
    row, k = np.nonzero(groups >= 0)
    matrix[row, groups[row, k]] = 1.0 / counts[row]
    return matrix


def is_power_of_two(counts: NDArray[np.generic]) -> bool:
    """Return whether all of them are powers of two, of which 1 / count is a float64."""
    mantissas, _ = np.frexp(np.asarray(counts, dtype=np.float64))
    return bool(np.all(np.abs(mantissas) == 0.5))
