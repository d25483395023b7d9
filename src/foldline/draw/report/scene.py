"""The report of a scene: photographs that were held out, beside what the field shows instead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...colour import INSIDE, along, as_bytes
from ...facts.scenes import SceneFacts, scene_facts
from ...network import Network
from ...scene import Scene
from ...scenes.score import Shown, shown
from ...scenes.surface import LEVEL, lit
from ...text import page_text
from ..camera import DARKEST
from .parts import Report, about, network_section, page, picture, table_of, training_section
from .raster import differences

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

CLEAR = 0.1  # of opacity: the depth of what is less is not shown
STONE = (96, 138, 176)
MEASURES = {"psnr": "PSNR", "foreground_psnr": "on the thing", "ssim": "SSIM"}


def scene_report(network: Network, scene: Scene, *, source: str) -> Report:
    """Return the page of a field fitted to a scene.

    source   the name of the folder
    cost     three exact pictures of 200 pixels a side at most, and their surfaces: 10 s for a field of 64^3 cells
    """
    pictures = shown(network, scene)
    facts = scene_facts(network, scene, pictures)
    aside = sum(scene.held_out)
    held = "held out" if facts.held_out else "fitted to"
    lead = (
        f"A field of density and colour with {network.n_parameters:,} parameters, fitted to "
        f"{facts.pictures - aside} pictures of {page_text(source)}"
        + (f"; {aside} more were held out, to judge it by" if aside else "")
        + ". Its pictures here are exact: between two joints of a ray density and colour are linear, and their light "
        "is an integral in closed form, without samples."
    )
    body = [
        *(_view(network, one, held, alpha=scene.alpha) for one in pictures),
        '<div class="columns">',
        _scores(facts),
        _sampling(facts),
        "</div>",
        training_section(network),
        '<div class="columns">',
        f"<section><h2>The scene</h2>{table_of(_about(scene, facts))}{_assumed(network)}</section>",
        network_section(network),
        "</div>",
    ]
    told = facts.json() | {
        "input": source,
        **about(network),
    }
    return Report(told, facts.rows(), page(source, lead, body))


def _view(network: Network, one: Shown, held: str, *, alpha: bool) -> str:
    """One photograph and what the field shows from there; the page is behind what has alpha."""
    behind = network.meta.get("background") or (0.0, 0.0, 0.0)
    photograph, field = as_bytes(one.photograph), as_bytes(one.exact.colours)
    if alpha:
        photograph = _cut_out(one.photograph, one.alpha, behind)
        field = _cut_out(one.exact.colours, one.exact.opacity, behind)
    gap, full = differences(np.abs(one.exact.colours - one.photograph).mean(axis=2))
    depth, near, far = _depth(one)
    drawn = [
        ("The photograph", photograph, held),
        ("The field, exactly", field, ""),
        ("Where they differ", gap, f"mean over the colours; full colour from {full:.3g}"),
        ("Depth", depth, f"from {near:.3g} (dark) to {far:.3g} in the cameras' unit" if far else "nothing is seen"),
        ("Opacity", np.repeat(as_bytes(one.exact.opacity)[..., None], 3, axis=2), "white lets nothing through"),
        ("The surface", _surface(network, one), f"where a ray first meets a density of {LEVEL:g}"),
    ]
    figures = "".join(picture(title, pixels, more) for title, pixels, more in drawn)
    return f'<section><h2>{page_text(one.name)}</h2><div class="pictures views">{figures}</div></section>'


def _cut_out(colours: Array, alpha: Array, behind: Sequence[float]) -> Bytes:
    """A picture with alpha, (height, width, 4), of colours over what is behind them."""
    share = alpha[..., None]
    own = (colours - (1 - share) * np.asarray(behind)) / np.where(share > 0, share, 1.0)
    return as_bytes(np.concatenate([own, share], axis=2))


def _depth(one: Shown) -> tuple[Bytes, float, float]:
    """Colours of depth, and the least and the most of it; clear where nothing is."""
    seen = one.exact.opacity > CLEAR
    found = np.zeros((*seen.shape, 4), dtype=np.uint8)
    if not seen.any():
        return found, 0.0, 0.0
    near, far = float(one.exact.depth[seen].min()), float(one.exact.depth[seen].max())
    found[seen, :3] = along(INSIDE, (one.exact.depth[seen] - near) / max(far - near, np.finfo(float).tiny))
    found[seen, 3] = 255
    return found, near, far


def _surface(network: Network, one: Shown) -> Bytes:
    bright, met = lit(network, one.camera)
    found = np.zeros((*met.shape, 4), dtype=np.uint8)
    shade = DARKEST + (1 - DARKEST) * bright[met]
    found[met] = np.append(np.rint(shade[:, None] * STONE), np.full((len(shade), 1), 255), axis=1)
    return found


def _scores(facts: SceneFacts) -> str:
    """PSNR and SSIM of every picture held out, and of all together."""
    if not facts.views:
        return (
            '<section><h2>How near it comes</h2><p class="soft">No pictures were held out, so that nothing tells how '
            "good it is from elsewhere. Hold some out: --holdout 0.125.</p></section>"
        )
    known = {key: name for key, name in MEASURES.items() if key in facts.held_out}
    rows = {**facts.views, "all together": facts.held_out}
    head = "<td></td>" + "".join(f"<td>{name}</td>" for name in known.values())
    told = {name: "".join(f"<td>{_said(key, row)}</td>" for key in known) for name, row in rows.items()}
    cells = "".join(f'<tr><th scope="row">{page_text(name)}</th>{row}</tr>' for name, row in told.items())
    return (
        '<section><h2>Pictures it was not fitted to</h2><table class="scores">'
        f"<thead><tr>{head}</tr></thead>{cells}</table>"
        '<p class="soft">Peak signal-to-noise ratio in dB, over all pixels and over those at which the thing is (a '
        "plain background flatters the first); structural similarity after Wang et al. 2004. By samples, "
        "as other tools make their pictures.</p></section>"
    )


def _said(key: str, row: object) -> str:
    value = row.get(key) if isinstance(row, dict) else None
    return "" if value is None else f"{value:.4f}" if key == "ssim" else f"{value:.2f}"


def _sampling(facts: SceneFacts) -> str:
    rows = [(f"{samples} samples a ray", f"{off['mean']:.1e} on average, {off['largest']:.1e} at most")
            for samples, off in facts.sampling_is_off_by.items()]  # fmt: skip
    return (
        f"<section><h2>What samples miss</h2>{table_of(rows)}"
        '<p class="soft">How far colours from 0 to 1 are from the exact pictures above where the light is added up '
        "from samples, evenly along each ray, as it is done elsewhere.</p></section>"
    )


def _about(scene: Scene, facts: SceneFacts) -> list[tuple[str, str]]:
    sizes = sorted({(camera.width, camera.height) for camera in scene.cameras})
    red, green, blue = facts.background
    return [
        ("pictures", f"{len(scene)}, {sum(scene.held_out)} of them held out"),
        ("size", ", ".join(f"{width} x {height}" for width, height in sizes[:4]) + ("..." if len(sizes) > 4 else "")),
        ("alpha", "yes" if scene.alpha else "no"),
        ("behind it", f"red {red:.2f}, green {green:.2f}, blue {blue:.2f}"),
    ]


def _assumed(network: Network) -> str:
    items = "".join(f"<li>{page_text(sentence)}</li>" for sentence in network.assumed)
    return f"<h3>Taken for granted</h3><ul>{items}</ul>" if items else ""
