"""The verbs of scenes: fitting a folder of posed pictures, and making pictures of what was fitted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from ..text import in_seconds
from .app import MAKING, Writing, numbers_of, print_facts, verb
from .asked import network_at
from .folders import only
from .project import Asked, Fitting, begin, project
from .stop import Stop, stopping

if TYPE_CHECKING:
    from ..network import Network
    from ..scene import Camera, Scene
    from ..scenes.render import View

FITTED = ("preset", "steps", "seconds", "seed", "device")  # options that ``fit_scene`` has, too
OPTIONS = (*FITTED, "holdout", "max_bytes")
FILMS = (".webp", ".gif")
RENDERED = Path("out/render")


def fit(folder: Path, out: Path, given: dict[str, Any], how: Writing) -> None:
    """Fit a field of radiance to a folder of posed pictures; see ``foldline fit``."""
    given = only("a scene", given, OPTIONS)
    read: dict[str, Any] = {name: given[name] for name in ("max_bytes",) if name in given}
    fit: dict[str, Any] = {name: given[name] for name in FITTED if name in given}
    asked = Asked(str(folder.absolute()), read, fit, "strict", given.get("holdout"))
    with stopping() as stop, project(out) as place:
        begin(place, force=how.force)
        go_on(asked, place, stop, how)


def go_on(asked: Asked, folder: Path, stop: Stop, how: Writing) -> None:
    """Fit from where the folder's checkpoint is, or anew, and write what came of it."""
    from ..draw.report.scene import scene_report
    from ..files.scene import read_scene
    from ..scenes.fitting import fit_scene

    scene = read_scene(asked.input, **asked.read)
    fitting = Fitting(folder, stop, how)
    descend = partial(fit_scene, scene, **asked.fit, holdout=asked.holdout)
    network = fitting.fitted(FEATURES, asked.as_meta(), "fitting", descend)
    report_of = partial(scene_report, network, scene, source=Path(asked.input).name)
    fitting.publish(network, "making exact pictures for the report", report_of)


FEATURES = 1_300_000  # numbers of the default field


@verb(MAKING, "foldline render out/scene/network.safetensors --orbit 24 --out out/turn")
def render(
    network: Annotated[Path, typer.Argument(metavar="NETWORK", help="What foldline fit made of a scene.")],
    cameras: Annotated[
        Path | None, typer.Argument(metavar="[CAMERAS]", help="A scene's folder or transforms.json: its cameras.")
    ] = None,
    orbit: Annotated[int | None, typer.Option(help="Instead so many cameras on a circle round the scene.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = RENDERED,
    exact: Annotated[bool, typer.Option("--exact", help="In closed form: no error of sampling.")] = False,
    samples: Annotated[int | None, typer.Option(help="Samples a ray; 128 unless given.")] = None,
    size: Annotated[str | None, typer.Option(help="Of an orbit's pictures: 400, or 400x300.")] = None,
    background: Annotated[str | None, typer.Option(help="Red, green, blue from 0 to 1: 1,1,1.")] = None,
    device: Annotated[str, typer.Option(help="Of sampled pictures: cpu; cuda: a GPU, by PyTorch; or auto.")] = "auto",
    film: Annotated[str, typer.Option(help="Of an orbit: .webp, .gif or none.")] = ".webp",
    *,
    how: Writing,
) -> None:
    """Make pictures of a fitted scene: NAME.png, NAME.depth.png and NAME.opacity.png a camera, and a turntable.

    Where the pictures that the cameras took are there, it says how near these come to them.
    """
    from ..atomic import result_folder
    from ..facts.scenes import off_rows, score_rows
    from ..radiance import degree_of

    net = network_at(network)
    if exact and samples is not None:
        raise InputError("render needs --exact or --samples; got both. An exact picture has no samples.")
    if film not in (*FILMS, "none"):
        raise InputError(f"--film needs {', '.join(FILMS)} or none; got {film!r}.")
    degree_of(net)  # refuses what is no scene before anything is made
    eyes, names, photographs = _cameras(net, cameras, orbit, size)
    if out == RENDERED:
        out.parent.mkdir(exist_ok=True)
    behind = background and numbers_of("--background", background, 3)
    light: dict[str, Any] = {"exact": exact, "background": behind, "device": device}
    light |= {} if samples is None else {"samples": samples}
    begun = time.perf_counter()
    with result_folder(out, force=how.force) as part, how.show.status("rendering") as status:
        views = _written(net, eyes, names, light, part, lambda k: status.update(f"rendering {k + 1} of {len(eyes)}"))
        facts = {"pictures": len(eyes), "exact": exact, **_scored(views, photographs, net, light)}
        if orbit is not None and film != "none":
            _film(part, names, film)
    facts |= {"seconds": round(time.perf_counter() - begun, 3)}
    facts |= {"sampling_is_off_by": _off(net, eyes[0], light)} if exact else {}
    rows = [("pictures", f"{len(eyes)} in {in_seconds(facts['seconds'])}, {'exact' if exact else 'sampled'}"),
            *score_rows("against the photographs", facts.get("score", {})),
            *off_rows(facts.get("sampling_is_off_by", {}))]  # fmt: skip
    print_facts(facts, [*rows, ("folder", str(out))], how, net)


def _cameras(
    net: Network, path: Path | None, n: int | None, size: str | None
) -> tuple[Sequence[Camera], Sequence[str], Scene | None]:
    """The cameras asked for, the names of their pictures, and what they took where that is there."""
    from ..files.scene import read_cameras, read_scene
    from ..scenes.orbit import orbit

    if (path is None) == (n is None):
        raise InputError("render needs a scene's cameras or --orbit N, one of them. Try --orbit 24.")
    if n is not None:
        eyes = orbit(net, n, size=_size(size))
        return eyes, [f"turn_{k:04d}" for k in range(n)], None
    if size is not None:
        raise InputError("--size needs --orbit; the cameras of a scene have their own. Leave it out.")
    assert path is not None
    cameras, names = read_cameras(path)
    try:
        return cameras, names, read_scene(path)
    except InputError:
        return cameras, names, None


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdigit() and 0 < int(part) <= 8192 for part in parts):
        raise InputError(f"--size needs pixels from 1 to 8192, as 400 or 400x300; got {text!r}.")
    return int(parts[0]), int(parts[-1])


def _written(
    net: Network, eyes: Sequence[Camera], names: Sequence[str], how: dict[str, Any], part: Path, tell: Any
) -> Iterator[View]:
    """Write the files of one view after the other, and give them on."""
    from ..atomic import write_bytes
    from ..files.scene.write import view_files
    from ..scenes.render import rendered

    for k, (name, view) in enumerate(zip(names, rendered(net, eyes, **how), strict=True)):
        for file, data in view_files(name, view.colours, view.opacity, view.depth).items():
            write_bytes(part / file, data)
        tell(k)
        yield view


def _scored(views: Iterator[View], photographs: Scene | None, net: Network, how: dict[str, Any]) -> dict[str, Any]:
    """Go through the views; how near they come to photographs, where there are any."""
    from dataclasses import replace

    from ..scenes.score import scored

    if photographs is None:
        for _ in views:
            pass
        return {}
    behind = how["background"] or net.meta.get("background")
    return {"score": scored(views, replace(photographs, background=behind))}


def _film(part: Path, names: Sequence[str], suffix: str) -> None:
    from ..atomic import write_bytes
    from ..files.image import read_pixels
    from ..files.scene.write import turntable

    pictures = [read_pixels(part / f"{name}.png")[0] for name in names]
    write_bytes(part / f"turntable{suffix}", turntable(pictures, suffix))


def _off(net: Network, eye: Camera, how: dict[str, Any]) -> dict[str, dict[str, float]]:
    """How far ordinary sampling is off the exact picture of the first camera."""
    from ..scenes.render import SAMPLES, render

    [exact] = render(net, eye, **how)
    [other] = render(net, eye, **{**how, "exact": False}, samples=SAMPLES)
    gap = abs(exact.colours - other.colours)
    return {str(SAMPLES): {"mean": float(gap.mean()), "largest": float(gap.max())}}
