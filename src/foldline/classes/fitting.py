"""Meshes and clouds -> one network for all of them, with a code for each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..data.border import LONGEST_SIDE, border
from ..data.cloud import cloud_samples, frame_of
from ..data.distance import distance_samples
from ..data.orient import oriented
from ..errors import InputError
from ..files import read
from ..files.cloud import read_cloud
from ..files.folders import CLOUDS, shapes_in
from ..files.ply import has_faces
from ..fit.asked import check_numbers, widths_of
from ..fit.checkpoint import Checkpoint
from ..fit.codes import HIDDEN, LATENT, PRIOR, RATE, fit_codes, gathered, rows_each
from ..fit.descent import Progress
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples
from ..transform import Transform
from .finding import chamfer_of, reconstruct

Array = NDArray[np.float64]
Shape: TypeAlias = Mesh | Cloud | Samples
FRAMES = ("each", "common")
FAR, REACH = 0.08, 1.4  # share of the samples that lie round the box of all shapes, and how far out
NAMED = 5  # shapes that a finding names
FEW = 64  # samples that tell whether a shape can be taken
MEASURED = 8  # shapes it was fitted to whose surfaces are measured beside those held out


@dataclass(frozen=True)
class Source:
    """One shape of a class, not read yet."""

    name: str
    read: Callable[[], Shape]


def fit_shapes(
    shapes: str | Path | Mapping[str, Any] | Sequence[Any], *, latent: int = LATENT, hidden: Sequence[int] = HIDDEN,
    steps: int | None = None, seconds: float | None = None, seed: int = 0, learning_rate: float = RATE,
    prior: float = PRIOR, frame: str = "each", sign: str = "strict", holdout: float = 0.0, device: str = "auto",
    checkpoint: Checkpoint | None = None, callback: Progress | None = None, stop: Callable[[], bool] | None = None,
) -> Network:  # fmt: skip
    """Fit one network to a class of shapes, and return it with a code for each: ``network.fixed(name)`` is one shape's.

    shapes      a folder of meshes and clouds; or {name: shape}, or a list, of Mesh, Cloud, Samples of
                kind "distance", or paths
                A function without arguments that gives a shape is called each time the shape is needed, and what it
                gives is not kept: a thousand shapes need not be in memory together.
                Clouds without normals get them from their neighbours, which ``network.assumed`` says
    latent      numbers a code
    frame       "each": every shape centred, its longest side 1.8; "common": one frame for all, which keeps their
                sizes and places
    sign        how inside is decided of a mesh, as ``distance_samples`` has it
    holdout     share of the shapes that is not fitted to, at least one where it is not 0; they are reconstructed, and
                ``training.held_out`` says how well
    steps, seconds, seed, learning_rate, prior, device, checkpoint, callback, stop   as ``fit_codes`` has them
    raises      InputError naming the shape that cannot be taken
    cost        samples are drawn shape by shape, 1.2 GB for all at most; then about 2 ms a step
    source      Park et al. 2019, DeepSDF

    >>> from foldline.data.families import solids
    >>> class_of = fit_shapes({solid.name: solid.mesh for solid in solids(2, families=("box",))}, steps=20)
    >>> class_of.codes.names, class_of.fixed("box-0").d_in
    (('box-0', 'box-1'), 3)
    """
    if frame not in FRAMES:
        raise InputError(f"fit_shapes needs frame out of {', '.join(FRAMES)}; got {frame!r}.")
    check_numbers("fit_shapes", seed, steps=steps, seconds=seconds, learning_rate=learning_rate, latent=latent)
    hidden, sources = widths_of("fit_shapes", hidden), sources_of(shapes)
    fitted, aside = split(sources, holdout, seed)
    each, common = rows_each(len(fitted)), frame_for(sources) if frame == "common" else None
    said: dict[str, list[str]] = {}

    def drawn() -> Iterator[tuple[str, Samples]]:
        check_all(aside, sign, common)
        for k, source in enumerate(fitted):
            try:
                samples = samples_of(source, each, seed + k, sign, common)
            except InputError:
                check_all(fitted[k:], sign, common)
                raise
            for finding in samples.meta.get("findings", ()):
                said.setdefault(finding, []).append(source.name)
            yield source.name, samples

    network = fit_codes(
        gathered(drawn(), len(fitted), each), latent=latent, hidden=hidden, steps=steps, seconds=seconds, seed=seed,
        learning_rate=learning_rate, prior=prior, device=device, checkpoint=checkpoint, callback=callback, stop=stop,
    )  # fmt: skip
    findings = (f"{_some_of(names)}: {told}" for told, names in said.items())
    network = replace(network, assumed=(*network.assumed, *findings))
    done = network.training is not None and network.training.complete
    return measured(network, fitted, aside, sign=sign, frame=common) if aside and done else network


def check_all(sources: Sequence[Source], sign: str, frame: Transform | None) -> None:
    """Raise InputError if a shape cannot be taken: why the first cannot, and which others, so that all can be mended.

    cost   reads each shape, and draws a few samples of it
    """
    refused: dict[str, InputError] = {}
    for source in sources:
        try:
            samples_of(source, FEW, 0, sign, frame)
        except InputError as error:
            refused[source.name] = error
    for first in refused.values():
        others = f" Nor can {_some_of(list(refused)[1:])} be taken." if len(refused) > 1 else ""
        raise InputError(f"{first}{others}") from first


def _some_of(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def measured(
    network: Network, fitted: Sequence[Source], aside: Sequence[Source], *, sign: str, frame: Transform | None
) -> Network:
    """Return the network with how well it meets shapes it was not fitted to, beside some that it was.

    Distances are those of each exact surface to its mesh, both ways, where the longest side is 1.8.
    """
    assert network.codes is not None
    known = {source.name: chamfer_of(network.fixed(source.name), source.read(), sign) for source in _some(fitted)}
    new = {}
    for source in aside:
        shape = source.read()
        found = reconstruct(network, shape, sign=sign, frame=frame)
        new[source.name] = chamfer_of(found.network, shape, sign)
    told = {"rows": float(len(new)), **_summary("chamfer", new)}
    table = {"fitted": _finite(known), "held_out": _finite(new)}
    training = replace(network.training, held_out=told) if network.training else None
    return replace(network, training=training, meta={**network.meta, "chamfer": table})


def _some(sources: Sequence[Source]) -> list[Source]:
    return [sources[k] for k in np.unique(np.linspace(0, len(sources) - 1, MEASURED).astype(int))]


def _summary(name: str, found: Mapping[str, float]) -> dict[str, float]:
    """Mean and median; a shape without any surface has none, and is left out of neither: it is infinite."""
    values = np.array(list(found.values()))
    told = {f"mean_{name}": float(values.mean()), f"median_{name}": float(np.median(values))}
    return {key: value for key, value in told.items() if math.isfinite(value)}


def _finite(found: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in found.items()}


def sources_of(shapes: str | Path | Mapping[str, Any] | Sequence[Any]) -> list[Source]:
    """Return the shapes of a folder, a mapping or a list by their names, unread.

    raises   InputError for what is no shape, or two of one name
    """
    if isinstance(shapes, str | Path):
        folder = Path(shapes)
        if not folder.is_dir():
            raise InputError(f"a class of shapes needs a folder; got {folder}. Name a folder of meshes or clouds.")
        paths = shapes_in(folder)
        return [_source(name, path) for name, path in zip(names_of(paths, folder), paths, strict=True)]
    if not isinstance(shapes, Iterable):
        raise InputError(f"fit_shapes needs a folder, a dict or a list of shapes; got {shapes!r:.60}. Name a folder.")
    pairs = list(shapes.items()) if isinstance(shapes, Mapping) else [(_name(k, s), s) for k, s in enumerate(shapes)]
    return [_source(str(name), shape) for name, shape in pairs]


def names_of(paths: Sequence[Path], folder: Path) -> list[str]:
    """Return the shortest names that tell files of a folder apart, all of them equally deep.

    A stem, a file's name, or the folders on its way that are not the same for all, with or without its name.

    >>> names_of([Path("a.off"), Path("b.off"), Path("b.ply")], Path())
    ['a', 'b.off', 'b.ply']
    >>> names_of([Path("1/models/model.obj"), Path("2/models/model.obj")], Path())
    ['1', '2']
    """
    parts = [path.relative_to(folder).parts for path in paths]
    apart = [k for k, same in enumerate(zip(*parts, strict=True)) if len(set(same)) > 1]
    whole = ["/".join(part[k] for k in apart) for part in parts]
    tables = [Counter(path.stem for path in paths), Counter(path.name for path in paths)]
    return [
        path.stem if tables[0][path.stem] == 1 else path.name if tables[1][path.name] == 1 else own
        for path, own in zip(paths, whole, strict=True)
    ]


def _name(number: int, shape: object) -> str:
    return Path(shape).stem if isinstance(shape, str | Path) else f"shape-{number}"


def _source(name: str, shape: object) -> Source:
    if isinstance(shape, str | Path):
        path = Path(shape)
        return Source(name, lambda: shape_at(path))
    if callable(shape) and _asks_nothing(shape):
        return Source(name, lambda: _checked(name, shape()))
    checked = _checked(name, shape)
    return Source(name, lambda: checked)


def _asks_nothing(function: Callable[..., object]) -> bool:
    """Whether a function can be called without arguments."""
    try:
        signature(function).bind()
    except (TypeError, ValueError):
        return False
    return True


def _checked(name: str, shape: object) -> Shape:
    if not isinstance(shape, Mesh | Cloud | Samples):
        raise InputError(
            "a class of shapes needs meshes, clouds or samples, or functions without arguments that give one; "
            f"got {name}, a {type(shape).__name__}."
        )
    return shape


def shape_at(path: Path) -> Mesh | Cloud:
    """Return the mesh of a file, or its points where it has no faces.

    raises   InputError for a file of neither
    """
    suffix = path.suffix.lower()
    told = suffix == ".asc" or (suffix == ".ply" and has_faces(path))  # by what is in it, not by its name
    if suffix in CLOUDS and not told:
        return read_cloud(path)
    value = read(path)
    if not isinstance(value, Mesh | Cloud):
        raise InputError(f"a shape needs a mesh or a cloud; {path.name} holds a {type(value).__name__}. Name another.")
    return value


def split(sources: Sequence[Source], share: float, seed: int) -> tuple[list[Source], list[Source]]:
    """Return the shapes to fit to, and those kept aside: a share of them, at random, one at least where it is not 0."""
    if not 0 <= share < 1:
        raise InputError(f"fit_shapes needs holdout from 0 to below 1; got {share}. Take 0.2.")
    n = max(1, round(share * len(sources))) if share else 0
    if len(sources) - n < 2:
        raise InputError(f"a class of shapes needs 2 shapes at least to fit to; got {len(sources)}, {n} of them aside.")
    aside = set(np.random.default_rng([seed, len(sources)]).permutation(len(sources))[:n].tolist())
    return [s for k, s in enumerate(sources) if k not in aside], [s for k, s in enumerate(sources) if k in aside]


def frame_for(sources: Sequence[Source]) -> Transform:
    """Return the one transform that takes all shapes into the box, the longest side of all together 1.8.

    raises   InputError for samples, which have a frame of their own
    """
    ends = []
    for source in sources:
        shape = source.read()
        if isinstance(shape, Samples):
            raise InputError(f"a common frame needs meshes or clouds; got samples, {source.name}. Take frame='each'.")
        ends.append(border(shape)[0].bounds if isinstance(shape, Mesh) else shape.bounds)
    return frame_of(np.stack([np.min(ends, axis=(0, 1)), np.max(ends, axis=(0, 1))]))


def far_away(n: int, seed: int) -> tuple[Array, Array]:
    """Return places round the box of all shapes, (n, 3), and how far they are from it at least, (n, 1).

    Shapes lie within 0.9 of the middle along each axis, so that these are 0.1 away or more: all that the clamped loss
    asks.  Without them a network may have a surface of its own where no shape ever was.
    """
    rng = np.random.default_rng([seed, 2])
    places = rng.uniform(-REACH, REACH, (2 * n + 10, 3))
    places = places[np.abs(places).max(axis=1) > 1][:n]
    return places, np.linalg.norm(np.maximum(np.abs(places) - LONGEST_SIDE / 2, 0.0), axis=1)[:, None]


def samples_of(source: Source, n: int, seed: int, sign: str, frame: Transform | None) -> Samples:
    """Return signed distances of one shape, n at most, in a frame or in its own.

    raises   InputError naming the shape
    """
    try:
        shape = source.read()
        if isinstance(shape, Samples):
            return shape
        far = far_away(round(FAR * n), seed)
        near = n - len(far[0])
        if isinstance(shape, Cloud):
            cloud = shape if shape.normals is not None else oriented(shape)
            found = cloud_samples(cloud, near, seed=seed, frame=frame)
        else:
            found = distance_samples(shape, near, seed=seed, sign=sign, frame=frame, mixture="broad")
        inputs, targets = (np.concatenate(pair) for pair in zip((found.inputs, found.targets), far, strict=True))
        return replace(found, inputs=inputs, targets=targets)
    except InputError as error:
        raise InputError(f"{source.name}: {error}") from error
