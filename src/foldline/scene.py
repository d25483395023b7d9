"""Scene: pictures of one thing, and where each was taken from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .box import Box
from .doors import Shown
from .errors import InputError
from .same import Compared
from .transform import Transform

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

ROUNDED = 2e-3  # of a rotation's entries, from writing it with few digits: it is made a rotation again
COEFFICIENTS = ("k1", "k2", "p1", "p2", "k3")  # of a lens, in OpenCV's order
NEWTON = 12  # rounds that undo a distortion: each squares the error
SINGULAR = 1e-9  # of the derivative of a lens: where it folds the picture over, there is no way back
REACH = 1e9  # of a camera's numbers: beyond it nothing is seen in doubles


@dataclass(frozen=True, eq=False, repr=False)
class Camera(Compared):
    """A pinhole with a lens: where a picture was taken from, and which ray each of its pixels saw.

    pose         (3, 4) camera to world: columns to the right, up, backwards (the axes of OpenGL), and where it stands
    width, height   pixels
    focal        (x, y) in pixels, above 0
    centre       (x, y) of the optical axis in pixels; the first pixel's centre is (0.5, 0.5)
    distortion   (k1, k2, p1, p2, k3) of the lens as OpenCV has them; none unless given
    raises       InputError for a pose whose axes are not orthonormal or are mirrored, a focal length that is not
                 above 0, or numbers that are not finite
    source       Brown 1966, "Decentering distortion of lenses" (the lens)

    >>> front = Camera(np.eye(3, 4), 2, 2, (1.0, 1.0), (1.0, 1.0))
    >>> front.rays([[1.0, 1.0]])[1]
    array([[ 0.,  0., -1.]])
    """

    pose: Array
    width: int
    height: int
    focal: tuple[float, float]
    centre: tuple[float, float]
    distortion: tuple[float, ...]

    def __init__(
        self,
        pose: ArrayLike,
        width: int,
        height: int,
        focal: Sequence[float],
        centre: Sequence[float],
        distortion: Sequence[float] = (),
    ) -> None:
        put = object.__setattr__
        put(self, "pose", _pose(pose))
        put(self, "width", int(width))
        put(self, "height", int(height))
        for name, values in (("focal", focal), ("centre", centre), ("distortion", distortion)):
            put(self, name, tuple(float(value) for value in values))
        if self.width < 1 or self.height < 1:
            raise InputError(f"Camera needs pictures of 1 pixel at least; got {self.width} x {self.height}.")
        numbers = (*self.focal, *self.centre, *self.distortion)
        if not all(abs(value) < REACH for value in numbers):
            raise InputError(f"Camera needs finite numbers below {REACH:g}; got {numbers}.")
        if not all(value > 0 for value in self.focal):
            raise InputError(f"Camera needs a focal length above 0; got {self.focal[0]:g}, {self.focal[1]:g}.")
        if len(self.distortion) > len(COEFFICIENTS):
            raise InputError(f"Camera needs distortion as {', '.join(COEFFICIENTS)}; got {self.distortion}.")

    @property
    def place(self) -> Array:
        """Where it stands, (3,)."""
        return self.pose[:, 3]

    @property
    def forward(self) -> Array:
        """The direction of its optical axis, (3,)."""
        return -self.pose[:, 2]

    @property
    def centres(self) -> Array:
        """The centres of all pixels, (height * width, 2) as (x, y), row by row from the top."""
        x, y = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        return np.stack([x.ravel(), y.ravel()], axis=1)

    def rays(self, pixels: ArrayLike | None = None) -> tuple[Array, Array]:
        """Return where the rays of places in the picture begin, and their directions of length 1, (n, 3) each.

        pixels   (n, 2) places (x, y) from the upper left corner; the centres of all pixels unless given
        """
        at = self.centres if pixels is None else np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        directions = _directions(self.pose, np.array(self.focal), np.array(self.centre), self.lens, at)
        return np.broadcast_to(self.place, directions.shape).copy(), directions

    def seen(self, points: ArrayLike) -> tuple[Array, Array]:
        """Return where points of the world lie in the picture, (n, 2), and how far in front of the camera, (n,).

        What lies behind it has a depth below 0 and a place that means nothing.
        """
        local = (np.asarray(points, dtype=np.float64) - self.place) @ self.pose[:, :3]
        depth = -local[:, 2]
        safe = np.where(depth > 0, depth, 1.0)
        flat = np.column_stack([local[:, 0], -local[:, 1]]) / safe[:, None]
        shown = _bent(flat, self.lens)[0] if any(self.distortion) else flat
        return shown * self.focal + self.centre, depth

    @property
    def lens(self) -> Array:
        """All coefficients of the distortion, (5,)."""
        return np.array([*self.distortion, *(0.0,) * (len(COEFFICIENTS) - len(self.distortion))])

    def smaller(self, by: int) -> Camera:
        """Return the camera whose pixels are squares of ``by`` pixels a side of this one; what is left over is cut off.

        >>> Camera(np.eye(3, 4), 9, 4, (8.0, 8.0), (4.5, 2.0)).smaller(2).width
        4
        """
        focal, centre = (tuple(value / by for value in values) for values in (self.focal, self.centre))
        return Camera(self.pose, self.width // by, self.height // by, focal, centre, self.distortion)

    def moved(self, there: Transform) -> Camera:
        """Return the camera that sees the same where everything is moved and scaled."""
        place = (self.place - there.shift) * there.scale
        pose = np.column_stack([self.pose[:, :3], place])
        return Camera(pose, self.width, self.height, self.focal, self.centre, self.distortion)


class Rig:
    """Several cameras at once, for rays of pixels of any of them."""

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self.poses = np.stack([camera.pose for camera in cameras])
        self.focal = np.array([camera.focal for camera in cameras])
        self.centre = np.array([camera.centre for camera in cameras])
        self.lens = np.stack([camera.lens for camera in cameras])

    def rays(self, views: NDArray[np.int64], pixels: Array) -> tuple[Array, Array]:
        """Return what ``Camera.rays`` does, for places (n, 2) in the pictures with these numbers, (n,)."""
        pose = self.poses[views]
        lens = self.lens[views]
        return pose[:, :, 3], _directions(pose, self.focal[views], self.centre[views], lens, pixels)


def _directions(pose: Array, focal: Array, centre: Array, lens: Array, at: Array) -> Array:
    flat = (at - centre) / focal
    if lens.any():
        flat = _undone(flat, lens)
    x, y = flat[:, :1], flat[:, 1:]
    directions = x * pose[..., 0] - y * pose[..., 1] - pose[..., 2]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions


def _bent(flat: Array, lens: Array) -> tuple[Array, Array]:
    """Where a lens, (5,) or (n, 5), shows places of the plane at distance 1, and the derivative (n, 2, 2) of that."""
    k1, k2, p1, p2, k3 = np.moveaxis(lens, -1, 0)
    x, y = flat[:, 0], flat[:, 1]
    r = x * x + y * y
    radial = 1 + r * (k1 + r * (k2 + r * k3))
    slope = 2 * (k1 + r * (2 * k2 + r * 3 * k3))  # of radial by r, twice: its derivative by x is slope x
    bent = np.column_stack(
        [x * radial + 2 * p1 * x * y + p2 * (r + 2 * x * x), y * radial + p1 * (r + 2 * y * y) + 2 * p2 * x * y]
    )
    mixed = x * y * slope + 2 * p1 * x + 2 * p2 * y
    by_x = np.column_stack([radial + x * x * slope + 2 * p1 * y + 6 * p2 * x, mixed])
    by_y = np.column_stack([mixed, radial + y * y * slope + 6 * p1 * y + 2 * p2 * x])
    return bent, np.stack([by_x, by_y], axis=2)


def _undone(bent: Array, lens: Array) -> Array:
    """The places that a lens shows there, by Newton's method; it stays within half of the plane a round."""
    flat = bent.copy()
    for _ in range(NEWTON):
        shown, slope = _bent(flat, lens)
        gap = bent - shown
        det = slope[:, 0, 0] * slope[:, 1, 1] - slope[:, 0, 1] * slope[:, 1, 0]
        det = np.where(np.abs(det) > SINGULAR, det, SINGULAR)
        step = np.column_stack(
            [
                slope[:, 1, 1] * gap[:, 0] - slope[:, 0, 1] * gap[:, 1],
                slope[:, 0, 0] * gap[:, 1] - slope[:, 1, 0] * gap[:, 0],
            ]
        )
        flat += np.clip(step / det[:, None], -0.5, 0.5)
    return flat


@dataclass(frozen=True, eq=False)
class Scene(Shown, Compared):
    """Pictures with their cameras.

    cameras      one a picture
    pictures     (height, width, 3) or, with alpha, (height, width, 4) uint8 each; sRGB, alpha not multiplied in.
                 Where some have alpha, those without get it, 255 throughout: programs leave out what says nothing
    names        of the files, one a picture
    held_out     whether a picture is to judge by and not to fit to, one a picture; none unless given
    masks        (height, width) bool each or None: the pixels that count
    box          where the thing is, in the units of the cameras; None where that is not known
    background   what lies behind, red, green, blue from 0 to 1; None where that is not known
    findings     sentences: what a file did not say and its reader took, or changed
    raises       InputError for pictures that do not fit their cameras
    """

    cameras: tuple[Camera, ...]
    pictures: tuple[Picture, ...]
    names: tuple[str, ...]
    held_out: tuple[bool, ...]
    masks: tuple[NDArray[np.bool_] | None, ...]
    box: Box | None
    background: tuple[float, float, float] | None
    findings: tuple[str, ...]

    def __init__(
        self,
        cameras: Iterable[Camera],
        pictures: Iterable[NDArray[np.uint8]],
        names: Iterable[str] = (),
        *,
        held_out: Iterable[bool] = (),
        masks: Iterable[NDArray[np.bool_] | None] = (),
        box: Box | None = None,
        background: Sequence[float] | None = None,
        findings: Iterable[str] = (),
    ) -> None:
        put = object.__setattr__
        put(self, "cameras", tuple(cameras))
        put(self, "pictures", _alike(tuple(pictures)))
        n = len(self.cameras)
        put(self, "names", tuple(names) or tuple(f"view_{k:03d}" for k in range(n)))
        put(self, "held_out", tuple(map(bool, held_out)) or (False,) * n)
        put(self, "masks", tuple(masks) or (None,) * n)
        put(self, "box", box)
        put(self, "background", None if background is None else tuple(map(float, background)))
        put(self, "findings", tuple(findings))
        self._check()

    def _check(self) -> None:
        n = len(self.cameras)
        for name in ("pictures", "names", "held_out", "masks"):
            if len(getattr(self, name)) != n:
                raise InputError(f"Scene needs one of {name} a camera; got {len(getattr(self, name))} for {n} cameras.")
        if not n or all(self.held_out):
            raise InputError(f"Scene needs pictures to fit to; got {n}, {sum(self.held_out)} of them held out.")
        for camera, picture, mask, name in zip(self.cameras, self.pictures, self.masks, self.names, strict=True):
            size = (camera.height, camera.width)
            if picture.dtype != np.uint8 or picture.shape not in ((*size, 3), (*size, 4)):
                raise InputError(
                    f"Scene needs pictures as their cameras say; got {name} of shape {picture.shape}, "
                    f"{picture.dtype}, where {(*size, 3)} or {(*size, 4)}, uint8, is due."
                )
            if mask is not None and mask.shape != size:
                raise InputError(f"Scene needs masks as large as the pictures; got {mask.shape} for {name}, {size}.")
        if self.box is not None and self.box.d != 3:
            raise InputError(f"Scene needs a box in space; got one of {self.box.d} axes.")

    def __repr__(self) -> str:
        sizes = sorted({(c.width, c.height) for c in self.cameras})
        size = f"{sizes[0][0]} x {sizes[0][1]}" if len(sizes) == 1 else f"{len(sizes)} sizes"
        alpha = ", alpha" if self.alpha else ""
        return f"Scene({len(self)} pictures of {size}{alpha}, {sum(self.held_out)} held out)"

    def __len__(self) -> int:
        return len(self.cameras)

    @property
    def alpha(self) -> bool:
        """Whether every picture says where the thing is."""
        return all(picture.shape[2] == 4 for picture in self.pictures)

    def part(self, held_out: bool) -> Scene:
        """Return the pictures that are held out, all for judging, or those to fit to."""
        kept = [k for k, aside in enumerate(self.held_out) if aside == held_out]
        if not kept:
            raise InputError("Scene needs pictures that are held out; got none. Fit with a share of them aside.")
        return Scene(
            [self.cameras[k] for k in kept], [self.pictures[k] for k in kept], [self.names[k] for k in kept],
            masks=[self.masks[k] for k in kept], box=self.box, background=self.background, findings=self.findings,
        )  # fmt: skip

    def moved(self, there: Transform) -> Scene:
        """Return the scene with everything moved and scaled; the pictures stay."""
        box = self.box and Box((self.box.lo - there.shift) * there.scale, (self.box.hi - there.shift) * there.scale)
        return replace(self, cameras=tuple(camera.moved(there) for camera in self.cameras), box=box)

    def aside(self, share: float) -> Scene:
        """Return the scene with a share of its pictures held out, evenly among them; the first is not.

        >>> camera, grey = Camera(np.eye(3, 4), 1, 1, (1.0, 1.0), (0.5, 0.5)), np.zeros((1, 1, 3), np.uint8)
        >>> Scene([camera] * 8, [grey] * 8).aside(0.25).held_out
        (False, False, False, True, False, False, False, True)
        """
        if not 0 <= share < 1:
            raise InputError(f"Scene needs a share from 0 to below 1 to hold out; got {share}.")
        kept = tuple(int((k + 1) * share) > int(k * share) for k in range(len(self)))
        return replace(self, held_out=kept)

    def colours(self, view: int) -> tuple[Array, Array]:
        """Return a picture's colours over the background, (height, width, 3) from 0 to 1, and its alpha.

        Without alpha it is 1; over black where no background is known.
        """
        picture = self.pictures[view].astype(np.float64) / 255
        alpha = picture[:, :, 3] if picture.shape[2] == 4 else np.ones(picture.shape[:2])
        behind = np.array(self.background or (0.0, 0.0, 0.0))
        return over(picture[:, :, :3], alpha, behind), alpha


def _alike(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """Pictures with alpha, opaque where they had none, if one of them has it; else as they are."""
    if not any(picture.shape[2:] == (4,) for picture in pictures):
        return pictures
    return tuple(
        np.concatenate([one, np.full((*one.shape[:2], 1), 255, one.dtype)], axis=2) if one.shape[2:] == (3,) else one
        for one in pictures
    )


def over(colours: Array, alpha: Array, behind: Array) -> Array:
    """Return colours (..., 3) that cover a share alpha (...) of what is behind them."""
    return np.asarray(colours * alpha[..., None] + (1 - alpha[..., None]) * behind)


def facing(middle: Array, way: Array, up: Array, size: tuple[int, int], focal: float) -> Camera:
    """Return a camera at middle + way that looks at the middle, its upper edge towards up.

    size    width and height in pixels; focal: in pixels, too

    >>> facing(np.zeros(3), np.array([0.0, 0.0, 2.0]), np.array([0.0, 1.0, 0.0]), (8, 6), 8.0).place
    array([0., 0., 2.])
    """
    back = way / np.linalg.norm(way)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    pose = np.column_stack([right, np.cross(back, right), back, middle + way])
    return Camera(pose, *size, (focal, focal), (size[0] / 2, size[1] / 2))


def _pose(given: ArrayLike) -> Array:
    """A pose, checked, its axes made orthonormal to the last bit where few digits were written."""
    pose = np.array(given, dtype=np.float64)
    if pose.shape == (4, 4) and np.allclose(pose[3], [0, 0, 0, 1]):
        pose = pose[:3]
    if pose.shape != (3, 4):
        raise InputError(f"Camera needs a pose of 3 rows of 4 numbers (or 4, the last 0 0 0 1); got {pose.shape}.")
    if not (np.abs(pose) < REACH).all():
        raise InputError(f"Camera needs a pose of finite numbers below {REACH:g}; got {pose.tolist()}.")
    axes = pose[:, :3]
    off = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if off > ROUNDED:
        raise InputError(
            f"Camera needs a pose whose axes are orthonormal; got products that are {off:.3g} off. "
            "Take scale and shear out of the rotation."
        )
    if np.linalg.det(axes) < 0:
        raise InputError("Camera needs a pose that turns; got one that mirrors. Negate one of its first three columns.")
    u, _, vt = np.linalg.svd(axes)
    pose[:, :3] = u @ vt
    pose.setflags(write=False)
    return pose
