"""Fitting: a scene in, a field of radiance out."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FitError, InputError
from ..fit.asked import check_numbers
from ..fit.checkpoint import Checkpoint
from ..fit.descent import Diverged, Plan, Progress, Record, descend
from ..fit.hull import frame_of
from ..fit.rays import PRESETS, Radiance, Rays
from ..network import Network
from ..scene import Picture, Scene
from ..training import Training
from ..transform import Transform
from .orbit import seat_of
from .render import rendered
from .score import each, total

HELD_OUT, FEWEST = 1 / 8, 16  # of pictures that nobody holds out, to judge by, where there are that many
BORDER = 2  # pixels at the edge of pictures, which show what lies behind where nothing tells it


def fit_scene(
    scene: Scene,
    *,
    preset: str = "default",
    recipe: Radiance | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    holdout: float | None = None,
    device: str = "auto",
    checkpoint: str | Path | Checkpoint | None = None,
    callback: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Network:
    """Fit a field of radiance to the pictures of a scene, and return it; ``network.training`` says how it went.

    scene            those of its pictures that are held out judge: ``training.held_out`` has psnr, ssim and, with
                     alpha, foreground_psnr
    preset           "fast", "default" or "best"; ``recipe`` instead says all of it
    steps, seconds   when to stop; ``steps`` gives the same weights every time, ``seconds`` stops by the clock
    holdout          share of the pictures to judge by, where the scene holds none out; an eighth of 16 or more unless
                     given
    device           "cuda" is a GPU, by PyTorch; "auto" is the CPU, which gives the same bits every time
    checkpoint       file that is written every half minute and gone on from, bit for bit, where it exists
    callback, stop   as ``fit`` has them
    returns          a network from places, in the cube from -1 to 1 that ``transform`` leads to, to the density per
                     length there (0 where the output is below 0) and harmonics of red, green and blue, as ``radiance``
                     reads them; behind it lies ``meta["background"]``
    raises           InputError where nothing tells where the scene is; FitError at the first loss that is not finite
    cost             about 25 ms a step of 1024 rays on one core, a third of it arithmetic of the field
    source           Mildenhall et al. 2020 (NeRF); Mueller et al. 2022 (grids, rays by occupancy); Fridovich-Keil et
                     al. 2022, "Plenoxels" (harmonics as outputs of the field)
    """
    if not isinstance(scene, Scene):
        raise InputError(f"fit_scene needs a Scene; got a {type(scene).__name__}. Read one: foldline.read(FOLDER).")
    check_numbers("fit_scene", seed, steps=steps, seconds=seconds)
    chosen = recipe or _preset(preset)
    if not any(scene.held_out):
        scene = scene.aside((HELD_OUT if len(scene) >= FEWEST else 0.0) if holdout is None else holdout)
    told = _with_background(scene)
    there, guessed = frame_of(told)
    assumed = [*told.findings, *([guessed] if guessed else [])]
    fitted = told.part(False)
    if len(fitted) < 2:
        raise InputError("fit_scene needs 2 pictures at least: one tells no depth; got 1. Add some from other sides.")
    rays = Rays(fitted.moved(there), chosen, seed=seed, device=device)
    asked = Training(
        loss="squared", optimiser="adam", rate=chosen.rate, batch=chosen.rays, seed=seed, initialisation="field",
        hidden=chosen.hidden, n_samples=int(rays.pixels.ends[-1]), data=_fingerprint(fitted), device=rays.device,
        stepper=rays.name,
    )  # fmt: skip
    plan = Plan(chosen.rate, chosen.steps if steps is None and seconds is None else steps, seconds)
    put_aside = Checkpoint(Path(checkpoint)) if isinstance(checkpoint, str | Path) else checkpoint
    if put_aside is not None:
        put_aside.settings = {**asked.settings, "sizes": list(chosen.sizes), "degree": chosen.degree}

    def network(record: Record) -> Network:
        return _network(rays, told, there, assumed, record.told(asked, {}))

    try:
        record = descend(rays, plan, checkpoint=put_aside, callback=callback, stop=stop)
    except Diverged as found:
        error = FitError(f"fit_scene needs finite losses; got one that is not at step {found.step + 1}. Fit at another "
                         "seed, or look at the pictures.")  # fmt: skip
        error.network = network(found.record) if found.step else None
        raise error from found
    return judged(network(record), scene)


def judged(network: Network, scene: Scene) -> Network:
    """Return a field with how near it comes to the pictures of a scene that are held out; as it is without any."""
    if not any(scene.held_out) or network.training is None:
        return network
    aside = replace(scene.part(True), background=network.meta["background"])
    found = list(each(rendered(network, aside.cameras, background=aside.background), aside))
    views = {name: one.told for name, one in zip(aside.names, found, strict=True)}
    training = replace(network.training, held_out=total(found))
    return replace(network, training=training, meta={**network.meta, "views": views})


def _preset(name: str) -> Radiance:
    if name not in PRESETS:
        raise InputError(f"fit_scene needs preset out of {', '.join(PRESETS)}; got {name!r}.")
    return PRESETS[name]


def _with_background(scene: Scene) -> Scene:
    """The scene with what lies behind it: white where alpha tells, else the middle colour of the pictures' borders."""
    if scene.background is not None:
        return scene
    if scene.alpha:
        return replace(scene, background=(1.0, 1.0, 1.0))
    edges = [np.concatenate([_border(picture), _border(picture.swapaxes(0, 1))]) for picture in scene.pictures]
    red, green, blue = (np.median(np.concatenate(edges), axis=0) / 255).tolist()
    said = f"no alpha: taken to stand before the colour of the pictures' borders, {red:.2f}, {green:.2f}, {blue:.2f}"
    return replace(scene, background=(red, green, blue), findings=(*scene.findings, said))


def _border(picture: Picture) -> Picture:
    """The colours of the first and the last rows of a picture, (n, 3)."""
    return np.concatenate([picture[:BORDER], picture[-BORDER:]])[:, :, :3].reshape(-1, 3)


def _fingerprint(scene: Scene) -> int:
    """A number that tells a scene from others."""
    found = 0
    for camera, picture in zip(scene.cameras, scene.pictures, strict=True):
        found = zlib.crc32(np.ascontiguousarray(picture).data, zlib.crc32(camera.pose.tobytes(), found))
    return found


def _network(rays: Rays, scene: Scene, there: Transform, assumed: list[str], training: Training) -> Network:
    bare = rays.network()
    meta: dict[str, Any] = {"kind": "scene", "names": ["x", "y", "z"], "background": list(scene.background or ()),
                            "seat": seat_of(scene, there)}  # fmt: skip
    return replace(bare, transform=there, training=training, assumed=tuple(assumed), meta=meta)
