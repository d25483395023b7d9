"""What a class of shapes makes of a new shape, of a part of one, and of what lies between two of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..cloud import Cloud
from ..codes import Codes
from ..data.border import LONGEST_SIDE, border
from ..data.cloud import frame_of
from ..data.distance import distance_samples
from ..errors import InputError
from ..exact.surface import surface
from ..fit.asked import check_numbers
from ..fit.codes import PART_PRIOR, SEEK_PRIOR, SEEK_STEPS, blended, seek_code
from ..fit.placed import seek_placed
from ..mesh import Mesh
from ..network import Network
from ..same import Compared
from ..samples import Samples
from ..transform import Transform

Array = NDArray[np.float64]
Shape: TypeAlias = Mesh | Cloud | Samples

BOX = Box([-1.2] * 3, [1.2] * 3)  # where surfaces are sought: shapes lie within 0.9, those at other codes nearly so
DRAWN = 20_000  # samples of a mesh whose code is sought
ASIDE = 0.02  # of the box: how far from the points, along their normals, distances are known too
POINTS = 20_000  # on each side that a surface is measured by
FRAMES = (
    "the bounds of the points: centred, the longest side 1.8; a part of a shape may have other ones (--frame fit, or "
    "--like NAME)"
)
FIT = "fit"  # a frame that is looked for
DOUBTFUL = 2.0  # of the error of the shapes a class was fitted to: a frame found with more may be another


@dataclass(frozen=True, eq=False, repr=False)
class Found(Compared):
    """The shape of a class that comes nearest.

    code      (k,); ``network`` is the class with it fixed, and has ``transform``
    error     mean error of the clamped distances that it was found by
    nearest   the name of the known shape with the nearest code, and the distance between both
    assumed   what was taken for granted
    """

    code: Array
    network: Network
    error: float
    nearest: tuple[str, float]
    assumed: tuple[str, ...] = ()


def reconstruct(
    network: Network,
    shape: Shape,
    *,
    sign: str = "strict",
    frame: Transform | None = None,
    steps: int = SEEK_STEPS,
    prior: float = SEEK_PRIOR,
    seed: int = 0,
    device: str = "cpu",
) -> Found:
    """Return what a class of shapes makes of a whole shape: the code of its nearest, and the network there.

    shape    a Mesh; a Cloud of points all over the surface, normals or not; or Samples of kind "distance"
    frame    from the shape's units to the network's; the class's own where all its shapes share one, else the shape
             centred, its longest side 1.8
    steps, prior, seed, device   as ``seek_code`` has them
    cost     a second or two: the gradients of 300 batches
    source   Park et al. 2019, equation 10
    """
    codes = _codes(network, "reconstruct")
    check_numbers("reconstruct", seed, steps=steps)
    if isinstance(shape, Cloud):
        there = frame or codes.shared or frame_of(shape.bounds)
        return _found(network, *_of_points(shape.transformed(there)), there, steps, prior, seed, device)
    samples = shape
    if isinstance(shape, Mesh):
        samples = distance_samples(shape, DRAWN, seed=seed, sign=sign, frame=frame or codes.shared, mixture="broad")
    assert isinstance(samples, Samples)
    return _found(network, samples.inputs, samples.targets, samples.transform, steps, prior, seed, device)


def complete(
    network: Network,
    part: Cloud,
    *,
    like: str | None = None,
    frame: Transform | str | None = None,
    steps: int = SEEK_STEPS,
    prior: float | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Found:
    """Return the shape of a class that a part of a surface is most likely of.

    part     points, normals or not
    like     the name of a shape of the class, in whose frame the points are
    frame    from their units to the network's, where it is another; unless given, that which all shapes of the class
             share, else the bounds of the points, which ``assumed`` says. "fit": their size and place are looked for
             together with the code; what the class is turned like is never guessed. ``assumed`` says where the error
             is so large, beside that of the class's own shapes, that the frame is doubtful; a small one is no proof
    prior    as ``seek_code`` has it; where the frame is looked for as ``seek_placed`` does
    returns  as ``reconstruct``
    source   Park et al. 2019, section 6.3: the surface is 0 at the points; with normals, also +-0.02 beside them
    """
    codes = _codes(network, "complete")
    check_numbers("complete", seed, steps=steps)
    if frame is not None and like is not None:
        raise InputError("complete needs a frame, or a shape that it is like; got both. Leave one out.")
    if isinstance(frame, str):
        return _placed(network, part, frame, steps, prior, seed, device)
    there = frame or (codes.transforms[codes.at(like)] if like is not None else codes.shared)
    said = () if there is not None or like is not None else (f"assumed {FRAMES}",)
    if there is None:
        there = Transform(1.0, (0.0, 0.0, 0.0)) if like is not None else frame_of(part.bounds)
    told = PART_PRIOR if prior is None else prior
    found = _found(network, *_of_points(part.transformed(there)), there, steps, told, seed, device)
    return replace(found, assumed=said)


def _placed(
    network: Network, part: Cloud, frame: str, steps: int, prior: float | None, seed: int, device: str
) -> Found:
    """The shape that a part is of, its size and place found with the code."""
    if frame != FIT:
        raise InputError(f"complete needs a frame as a Transform, or {FIT!r}; got {frame!r}. Leave it out for bounds.")
    codes, bounds = _codes(network, "complete"), frame_of(part.bounds)
    cloud = part.transformed(bounds)
    places, distances = _of_points(cloud)
    points = np.tile(cloud.points, (len(places) // len(cloud), 1))
    how = {} if prior is None else {"prior": prior}
    found = seek_placed(network, points, places - points, distances, steps=steps, seed=seed, device=device, **how)
    scale = bounds.scale * found.frame.scale
    middle = np.array(bounds.shift) + np.array(found.frame.shift) / bounds.scale
    there = Transform(scale, tuple(middle.tolist()))
    x, y, z = middle.tolist()
    side = LONGEST_SIDE / scale
    said = f"found with the code: a whole of {side:.3g} along its longest side, in the middle {x:.3g}, {y:.3g}, {z:.3g}"
    far = np.linalg.norm(codes.values - found.code, axis=1)
    nearest = (codes.names[int(far.argmin())], float(far.min()))
    told = (said, *_doubts(network, found.error))
    return Found(found.code, replace(network.fixed(found.code), transform=there), found.error, nearest, told)


def _doubts(network: Network, error: float) -> tuple[str, ...]:
    """Why a frame that was found may be another: the class meets its own shapes nearer."""
    own = network.training.final.get("clamped_error", 0.0) if network.training is not None else 0.0
    if not own or error <= DOUBTFUL * own:
        return ()
    return (
        f"the frame is doubtful: the error there is {error:.2g}, of the shapes that the class was fitted to {own:.2g}. "
        "Name one in whose frame the points are (--like NAME), or leave --frame out where their bounds are the whole's",
    )


def blend(network: Network, a: str, b: str, at: float) -> Network:
    """Return the network of the shape between two: at 0 the first, at 1 the second.

    Codes and transforms are both mixed.
    raises   InputError for a name that is none of the class's, or a share that is no number from 0 to 1

    >>> from foldline.codes import Codes
    >>> class_of = Network([[[1.0, 1.0, 0.0, 0.0]]], [[0.0]], codes=Codes([[0.0], [1.0]], ("a", "b")))
    >>> blend(class_of, "a", "b", 0.25)([[0.0, 0.0, 0.0]]).ravel()
    array([0.25])
    """
    codes = _codes(network, "blend")
    if not 0 <= at <= 1:
        raise InputError(f"blend needs a share from 0 to 1; got {at}. Take 0.5 for the middle.")
    made = network.fixed(blended(codes, a, b, at))
    ends = [codes.transforms[codes.at(name)] for name in (a, b)]
    return replace(made, transform=_between(ends[0], ends[1], at))


def _between(a: Transform | None, b: Transform | None, at: float) -> Transform | None:
    """The transform between two: sizes as their geometric mean, places as their mean."""
    if a is None or b is None:
        return None
    scale = a.scale if a.scale == b.scale else math.exp((1 - at) * math.log(a.scale) + at * math.log(b.scale))
    return Transform(scale, tuple((1 - at) * x + at * y for x, y in zip(a.shift, b.shift, strict=True)))


def chamfer_of(network: Network, shape: Shape, sign: str = "strict") -> float:
    """Return the mean of both mean distances between a network's exact surface and a shape, in the network's frame.

    Infinite where the network has no surface.  Of a cloud or samples the one way there is: from its points (those with
    |distance| below 0.002) to the surface.
    """
    found = surface(network, BOX).mesh
    there = network.transform or Transform(1.0, (0.0, 0.0, 0.0))
    if not found.n_faces:
        return math.inf
    if isinstance(shape, Mesh):
        target = border(shape, sheet=sign == "unsigned")[0].transformed(there.scale, there.shift)
        return found.distance_to(target, n=POINTS).chamfer
    if isinstance(shape, Cloud):
        return float(found.distances(shape.transformed(there).points[:POINTS]).mean())
    near = np.abs(shape.targets[:, 0]) < 2e-3
    return float(found.distances(shape.inputs[near][:POINTS]).mean()) if near.any() else math.inf


def _of_points(cloud: Cloud) -> tuple[Array, Array]:
    """Places whose distances are known, and the distances."""
    if cloud.normals is None:
        return cloud.points, np.zeros((len(cloud), 1))
    steps = (0.0, ASIDE, -ASIDE)
    places = np.concatenate([cloud.points + step * cloud.normals for step in steps])
    return places, np.repeat(steps, len(cloud))[:, None]


def _found(
    network: Network, places: Array, distances: Array, there: Transform | None, steps: int, prior: float, seed: int,
    device: str,
) -> Found:  # fmt: skip
    sought = seek_code(network, places, distances, steps=steps, prior=prior, seed=seed, device=device)
    return Found(sought.code, replace(network.fixed(sought.code), transform=there), sought.error, sought.nearest)


def _codes(network: Network, who: str) -> Codes:
    if network.codes is None or network.d_in - network.codes.d != 3:
        raise InputError(f"{who} needs a network with codes of shapes in space; got {network}. Fit a folder of shapes.")
    return network.codes
