"""Raster: values on a lattice, and the function between them that samples of an image, a map or a signal stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Function = Callable[[Array], Array]  # (n, d_in) places to (n, d_out) values
Stencil = dict[tuple[int, int], float]  # (row, column) from its first corner: factor

OFF_CENTRE = 0.01  # pixels: farther from the lattice, places are of another one
BESIDE, ACROSS = ((0, 1), (0, -1), (1, 0), (-1, 0)), ((1, 1), (1, -1), (-1, 1), (-1, -1))
FEWEST = 3  # values, from which a curve through them is more than a line
MARGIN = 12  # pixels: the spline's memory of what is farther is below 1e-6
REACH = 3  # pixels: as far as the bicubic function beside a known pixel looks
FAINT = 1e-9  # pull to the nearest value known: where differences leave a pixel free, it takes that
_THREE = 3**0.5  # mixed differences count three times
THIRD: tuple[Stencil, ...] = (
    {(0, 0): -1, (0, 1): 3, (0, 2): -3, (0, 3): 1},
    {(0, 0): -1, (1, 0): 3, (2, 0): -3, (3, 0): 1},
    {(0, 0): _THREE, (0, 1): -2 * _THREE, (0, 2): _THREE, (1, 0): -_THREE, (1, 1): 2 * _THREE, (1, 2): -_THREE},
    {(0, 0): _THREE, (1, 0): -2 * _THREE, (2, 0): _THREE, (0, 1): -_THREE, (1, 1): 2 * _THREE, (2, 1): -_THREE},
)


@dataclass(frozen=True)
class Lattice:
    """Where the pixels of a raster lie: pixel (row, column) at first + (column, row) * step.

    shape   rows and columns
    first   x and y of the centre of pixel (0, 0)
    step    from a column to the next along x, and from a row to the next along y; either may be below 0
    axes    x of each column and y of each row, where the steps are not all alike (a map by Mercator); ``step`` is
            their mean then
    """

    shape: tuple[int, int]
    first: tuple[float, float]
    step: tuple[float, float]
    axes: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def centres(self) -> Array:
        """The centres of all pixels, (rows * columns, 2), row by row."""
        rows, columns = self.shape
        row, column = np.divmod(np.arange(rows * columns), columns)
        if self.axes is not None:
            return np.stack([np.array(self.axes[0])[column], np.array(self.axes[1])[row]], axis=1)
        return np.stack([column, row], axis=1) * self.step + self.first

    def along(self, points: Array) -> tuple[Array, Array]:
        """Return how many rows and columns points (n, 2) lie from the first pixel."""
        if self.axes is not None:
            column, row = (_place(axis, values) for axis, values in zip(self.axes, points.T, strict=True))
        else:
            column, row = ((points - self.first) / self.step).T
        return row, column

    def pixels(self, points: Array) -> tuple[Index, Index] | None:
        """Return the rows and columns of the pixels that points are the centres of; None where they are not."""
        at = self.along(points)
        near = tuple(np.rint(part).astype(np.int64) for part in at)
        met = all(np.abs(part - pixel).max(initial=0.0) < OFF_CENTRE for part, pixel in zip(at, near, strict=True))
        inside = all(((pixel >= 0) & (pixel < n)).all() for pixel, n in zip(near, self.shape, strict=True))
        return (near[0], near[1]) if met and inside else None

    def table(self, inputs: Array, targets: Array) -> Array | None:
        """Return the values of all pixels, (rows, columns, channels), NaN for one without; None off the pixels."""
        pixels = self.pixels(inputs)
        if pixels is None:
            return None
        values = np.full((*self.shape, targets.shape[1]), np.nan)
        values[pixels] = targets
        return values

    def bicubic(self, table: Array) -> Function:
        """Return the bicubic function through the values of all pixels, mirrored in the sides' points beyond.

        source   Unser 1999, "Splines: a perfect fit for signal and image processing"; by SciPy
        """
        from scipy.ndimage import map_coordinates, spline_filter

        sides = ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))
        wide = np.pad(table, sides, mode="reflect", reflect_type="odd")
        channels = [spline_filter(wide[..., c], order=3, mode="mirror") for c in range(wide.shape[2])]

        def values(points: Array) -> Array:
            at = [part + MARGIN for part in self.along(points)]
            parts = [map_coordinates(c, at, order=3, mode="mirror", prefilter=False) for c in channels]
            return np.stack(parts, axis=1)

        return values


def corners(inputs: Array, lattice: Lattice | None) -> Array | None:
    """Return the places half a pixel from the pixels of a raster, the corners of four each; None where there are none.

    A fit that is good on the pixels alone is worst there.

    >>> corners(np.zeros((0, 2)), Lattice((2, 3), (0.0, 0.0), (1.0, 1.0))).tolist()
    [[0.5, 0.5], [1.5, 0.5]]
    """
    if lattice is None or min(lattice.shape) < 2:
        return None
    rows, columns = lattice.shape
    at = lattice.centres.reshape(rows, columns, 2)
    found: Array = ((at[:-1, :-1] + at[1:, 1:]) / 2).reshape(-1, 2)
    return found


def middles(inputs: Array) -> Array | None:
    """Return the times half-way between those of a signal, (n - 1, 1); None where there is one alone."""
    times = np.unique(inputs[:, 0])
    return None if len(times) < 2 else ((times[1:] + times[:-1]) / 2)[:, None]


def coarser(inputs: Array, targets: Array, lattice: Lattice | None, numbers: int) -> Function | None:
    """Return plain interpolation of so many numbers: a raster made smaller and bicubic, a signal thinned and joined.

    returns   None where the samples are no more numbers than that, or no raster
    source    Lanczos 1964 (the smaller raster), by Pillow
    """
    if targets.size <= numbers:
        return None
    if inputs.shape[1] == 1:
        kept = np.unique(np.linspace(0, len(inputs) - 1, max(2, numbers // targets.shape[1])).round().astype(np.int64))
        order = np.argsort(inputs[:, 0], kind="stable")[kept]
        return joined(inputs[order], targets[order])
    table = None if lattice is None else lattice.table(inputs, targets)
    return None if lattice is None or table is None else _smaller(filled(table), lattice, numbers)


def _smaller(table: Array, lattice: Lattice, numbers: int) -> Function | None:
    from PIL import Image

    share = np.sqrt(numbers / table.size)
    rows, columns = (int(n * share) for n in lattice.shape)
    if min(rows, columns) < 2:
        return None
    channels = [
        np.asarray(Image.fromarray(table[..., c].astype(np.float32)).resize((columns, rows), Image.Resampling.LANCZOS))
        for c in range(table.shape[2])
    ]
    step = (lattice.step[0] * lattice.shape[1] / columns, lattice.step[1] * lattice.shape[0] / rows)
    first = tuple(f + (new - old) / 2 for f, new, old in zip(lattice.first, step, lattice.step, strict=True))
    return Lattice((rows, columns), (first[0], first[1]), step).bicubic(np.stack(channels, axis=2).astype(np.float64))


def bilinear(inputs: Array, targets: Array, lattice: Lattice | None) -> Function | None:
    """Return the bilinear function through a raster's pixels, of a signal the straight lines; None off a lattice."""
    if inputs.shape[1] == 1:
        return joined(inputs, targets)
    table = None if lattice is None else lattice.table(inputs, targets)
    if lattice is None or table is None:
        return None
    from scipy.ndimage import map_coordinates

    whole, along = filled(table), lattice.along
    return lambda points: np.stack(
        [map_coordinates(whole[..., c], along(points), order=1, mode="nearest") for c in range(whole.shape[2])], axis=1
    )


def lattice_of_image(meta: Mapping[str, Any]) -> Lattice | None:
    """Return where an image's pixels lie, as ``read_image`` places them; None where meta tells no size."""
    width, height = int(meta.get("width", 0)), int(meta.get("height", 0))
    if min(width, height) < 1:
        return None
    side = max(width, height)
    return Lattice((height, width), ((1 - width) / side, (height - 1) / side), (2 / side, -2 / side))


def lattice_of_map(meta: Mapping[str, Any]) -> Lattice | None:
    """Return where a map's pixels lie, by rows, columns and the ends of "x" and "y"; None where meta does not tell."""
    rows, columns = int(meta.get("rows", 0)), int(meta.get("columns", 0))
    if min(rows, columns) < 2 or not {"x", "y"} <= set(meta):
        return None
    (x0, x1), (y0, y1) = meta["x"], meta["y"]
    axes = (tuple(meta["axes"][0]), tuple(meta["axes"][1])) if "axes" in meta else None
    return Lattice((rows, columns), (x0, y0), ((x1 - x0) / (columns - 1), (y1 - y0) / (rows - 1)), axes)


def even(axis: Array) -> bool:
    """Return whether the steps along an axis are alike, to a hundredth of one of them.

    >>> even(np.array([0.0, 1.0, 2.0])), even(np.array([0.0, 1.0, 3.0]))
    (True, False)
    """
    straight = np.linspace(axis[0], axis[-1], len(axis))
    return bool(np.abs(axis - straight).max() < OFF_CENTRE * abs(axis[-1] - axis[0]) / (len(axis) - 1))


def _place(axis: Sequence[float], values: Array) -> Array:
    """How many steps along an axis values lie, beyond its ends as its last step goes on."""
    numbers = np.arange(len(axis), dtype=np.float64)
    at, there = np.array(axis), values
    if at[0] > at[-1]:
        at, there = -at, -values
    inside = np.interp(there, at, numbers)
    before, after = np.minimum(there - at[0], 0) / (at[1] - at[0]), np.maximum(there - at[-1], 0) / (at[-1] - at[-2])
    return np.asarray(inside + before + after)


def of_lattice(inputs: Array, targets: Array, lattice: Lattice | None) -> Function | None:
    """Return the bicubic function through a raster's pixels, gaps as ``filled`` says; None off a lattice.

    >>> square = np.array([[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])
    >>> grey = of_lattice(square, np.eye(2).reshape(4, 1), lattice_of_image({"width": 2, "height": 2}))
    >>> grey(square).ravel().round(6) + 0.0
    array([1., 0., 0., 1.])
    """
    table = None if lattice is None else lattice.table(inputs, targets)
    if lattice is None or table is None:
        return None
    return lattice.bicubic(filled(table))


def neighbours(inputs: Array, targets: Array, lattice: Lattice | None) -> dict[str, Function]:
    """Return what plain interpolation makes of a raster's pixels from those around: what a fit has to beat.

    "mean of 4 neighbours"     of those that are known
    "8-neighbour stencil"      half their sum less a quarter of the diagonal ones', which meets cubic functions; the
                               mean where one is not known
    "smooth fill"              as ``filled`` has it
    """
    table = None if lattice is None else lattice.table(inputs, targets)
    if lattice is None or table is None:
        return {}
    sums, known = (
        [_around(part, offsets) for offsets in (BESIDE, ACROSS)]
        for part in (np.nan_to_num(table), (~np.isnan(table)).astype(np.float64))
    )
    with np.errstate(invalid="ignore"):
        mean = sums[0] / known[0]
    both = (known[0] == len(BESIDE)) & (known[1] == len(ACROSS))
    whole = filled(table)
    mean = np.where(known[0] > 0, mean, whole)
    tables = {
        "mean of 4 neighbours": mean,
        "8-neighbour stencil": np.where(both, sums[0] / 2 - sums[1] / 4, mean),
        "smooth fill": whole,
    }
    return {name: _nearest(lattice, values) for name, values in tables.items()}


def _around(table: Array, offsets: Sequence[tuple[int, int]]) -> Array:
    """The sum of the pixels at some offsets from each; none beyond the sides."""
    rows, columns = table.shape[:2]
    wide = np.pad(table, ((1, 1), (1, 1), (0, 0)))
    total: Array = np.sum([wide[1 + i : 1 + i + rows, 1 + j : 1 + j + columns] for i, j in offsets], axis=0)
    return total


def _nearest(lattice: Lattice, table: Array) -> Function:
    def values(points: Array) -> Array:
        at = (np.rint(part).astype(np.int64) for part in lattice.along(points))
        row, column = (np.clip(part, 0, n - 1) for part, n in zip(at, lattice.shape, strict=True))
        found: Array = table[row, column]
        return found

    return values


def of_series(inputs: Array, targets: Array) -> Function:
    """Return the smooth function through a signal's values: Akima's, which keeps to them beside jumps.

    source   Akima 1970, "A new method of interpolation and smooth curve fitting", with the weights SciPy calls makima

    >>> of_series(np.arange(5.0)[:, None], np.arange(5.0)[:, None] * 2)(np.array([[1.5]]))
    array([[3.]])
    """
    from scipy.interpolate import Akima1DInterpolator

    times, values = _in_order(inputs, targets)
    if len(times) < FEWEST:
        return joined(inputs, targets)
    through = Akima1DInterpolator(times, values, method="makima")
    return lambda points: np.asarray(through(np.clip(points[:, 0], times[0], times[-1])))


def joined(inputs: Array, targets: Array) -> Function:
    """Return the function that joins a signal's values by straight lines.

    >>> joined(np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]]))(np.array([[1.0]]))
    array([[2.]])
    """
    times, values = _in_order(inputs, targets)
    return lambda points: np.stack([np.interp(points[:, 0], times, column) for column in values.T], axis=1)


def _in_order(inputs: Array, targets: Array) -> tuple[Array, Array]:
    """The times of a signal, rising, each once, and its values."""
    times, first = np.unique(inputs[:, 0], return_index=True)
    return times, targets[first]


def near_gaps(table: Array) -> Mask:
    """Return which pixels of a table have no value but are within ``REACH`` pixels of one that has, (rows, columns)."""
    from scipy.ndimage import distance_transform_edt

    gaps = np.any(np.isnan(table), axis=2)
    near: Mask = gaps & (distance_transform_edt(gaps) <= REACH)
    return near


def filled(table: Array) -> Array:
    """Return a table (rows, columns, channels) with its gaps, NaN, filled.

    Within ``REACH`` pixels of what is known, by the values whose third differences have the least squares: quadratic
    functions are met exactly; farther away, by the nearest value that is known.
    cost     a sparse linear system in the pixels that are filled so
    source   Duchon 1977, "Splines minimizing rotation-invariant semi-norms in Sobolev spaces", m = 3, on a lattice

    >>> row = np.arange(6.0) ** 2
    >>> table = np.repeat(row[None, :, None], 6, axis=0)
    >>> table[2, 3] = np.nan
    >>> float(filled(table)[2, 3, 0].round(6))
    9.0
    """
    from scipy.ndimage import distance_transform_edt
    from scipy.sparse import identity
    from scipy.sparse.linalg import spsolve

    gaps = np.isnan(table).any(axis=2)
    if not gaps.any():
        return table
    nearest = distance_transform_edt(gaps, return_distances=False, return_indices=True)
    whole: Array = table[tuple(nearest)]
    near = near_gaps(table)
    number = np.full(gaps.shape, -1)
    number[near] = np.arange(near.sum())
    matrix, right = identity(int(near.sum()), format="csc") * FAINT, whole[near] * FAINT
    for stencil in THIRD:
        of_gaps, of_known = _differences(stencil, near, gaps & ~near, number, whole)
        matrix, right = matrix + of_gaps.T @ of_gaps, right - of_gaps.T @ of_known
    whole[near] = np.reshape(spsolve(matrix, right), (-1, table.shape[2]))
    return whole


def _differences(
    stencil: Stencil, unknown: Mask, left_out: Mask, number: Index, values: Array
) -> tuple[csr_matrix, Array]:
    """The differences that meet an unknown pixel: a matrix over those pixels, and the known pixels' part."""
    from scipy.sparse import csr_matrix

    rows, columns = unknown.shape
    height, width = (max(at[axis] for at in stencil) + 1 for axis in (0, 1))
    if rows < height or columns < width:
        return csr_matrix((0, int(unknown.sum()))), np.zeros((0, values.shape[2]))

    def shifted(of: Any, at: tuple[int, int]) -> Any:
        return of[at[0] : rows - height + 1 + at[0], at[1] : columns - width + 1 + at[1]]

    meets = np.any([shifted(unknown, at) for at in stencil], axis=0)
    meets &= ~np.any([shifted(left_out, at) for at in stencil], axis=0)
    n, known = int(meets.sum()), np.zeros((int(meets.sum()), values.shape[2]))
    matrix = csr_matrix((n, int(unknown.sum())))
    for at, factor in stencil.items():
        pixel = shifted(number, at)[meets]
        inside = pixel >= 0
        known += factor * np.where(inside[:, None], 0.0, shifted(values, at)[meets])
        ones = np.full(int(inside.sum()), factor)
        matrix = matrix + csr_matrix((ones, (np.flatnonzero(inside), pixel[inside])), shape=matrix.shape)
    return matrix, known
