"""The report of a shape: its exact surface in 3-D, against the input mesh, with slices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...box import Box
from ...data.border import border
from ...exact.regions import regions
from ...exact.surface import surface as extract
from ...facts.facts import Fact
from ...facts.shapes import doubts, shell_facts
from ...facts.values import comparison_facts, storage_facts, surface_facts
from ...fit.fields import untrained
from ...lecture.surface import section, slice_regions
from ...machine import cores
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from ...text import page_text
from ...training import Training
from ...transform import Transform
from ..crop import crop_svg
from ..section import AXES, banded, section_svg
from .parts import Report, brief, common, doubts_section, network_section, page, table_of, training_section
from .viewer import solid_view

ON_INPUT = 20_000  # points of the input at which a field is asked
AROUND = 3  # finest cells of a field on each side of a place of its surface, where its regions are drawn
BOX = Box([-1, -1, -1], [1, 1, 1])  # where shapes are fitted: the mesh, centred, its longest side 1.8


def shape_report(network: Network, samples: Samples, source: str, mesh: Mesh) -> Report:
    """Return the report of a network fitted to a mesh; its surface is in the mesh's own units."""
    answer = extract(network, BOX, workers=cores())
    found = answer.mesh
    there = samples.transform or Transform(1.0, (0.0, 0.0, 0.0))
    sheet, given = not samples.meta["signed"], samples.meta["report"]
    target = border(mesh, sheet=sheet)[0].transformed(there.scale, there.shift)
    facts = common(network, samples, source)
    compare = shell_facts if sheet else comparison_facts
    shape, met = surface_facts(answer), compare(found, target) if found.n_faces else None
    bad = doubts(shape, met, given)
    begun = [] if sheet else _beside_untrained(network, samples, target)
    facts |= {"mean_abs_on_input": dict(zip(("field", "untrained"), begun, strict=True))} if begun else {}
    facts |= {"surface": shape.json(), "storage_bytes": storage_facts(network, mesh)}
    facts |= {"input_mesh": given, "doubts": bad} | ({"against_input": met.json()} if met else {})
    of_surface = [*shape.rows(), *crumb_rows(network.training)]
    compared = met.rows(1 / there.scale) if met else []
    if begun:
        compared.append(("mean |f| on the input", f"{begun[0]:.3g}; without training {begun[1]:.3g}"))
    rows = [*brief(network), *of_surface, *compared, *[("not good", text) for text in bad]]
    body = [
        doubts_section(bad),
        solid_view(found, None if sheet else target, paint="plain"),
        '<div class="columns">',
        f"<section><h2>The surface</h2>{table_of(of_surface)}</section>",
        f"<section><h2>Against {page_text(source)}</h2>{table_of(compared)}"
        '<p class="soft">Lengths where the longest side is 1.8, then in the unit of the file. Distances are exact, '
        "from points spread over each surface to the polygons of the other.</p></section>",
        "</div>",
        _slices(network, found) if network.grid is None else _slices_of_field(network, found),
        training_section(network),
        _storage(facts["storage_bytes"]),
        network_section(network),
        _input(given),
    ]
    what = f"{'distance to a shell round' if sheet else 'signed distance of'} {page_text(source)}"
    lead = (
        f"A ReLU network with {network.n_parameters:,} parameters, fitted to the {what}. Where it is zero is this "
        f"surface: {found.n_faces:,} flat polygons, one for each linear region it crosses, computed from the weights "
        "and not from a grid."
    )
    own_units = found.transformed(there.inverse.scale, there.inverse.shift)
    return Report(facts, rows, page(source, lead, body), own_units)


def crumb_rows(training: Training | None) -> list[Fact]:
    """Return what was mended of a shape's surface after its fit, in words; none where nothing was looked for, or found.
    """
    crumbs = training.crumbs if training else {}
    mended, left, handles = (int(crumbs.get(name, 0)) for name in ("mended", "left", "handles"))
    cells = "a cell" if crumbs.get("cells", 1) == 1 else f"{crumbs['cells']:g} cells"
    there = " mended in the features there"
    rows = [
        (f"closed parts smaller than {cells}", f"{mended:,}{there}" + (f", {left:,} left" if left else "")),
        (f"handles smaller than {cells}", f"{handles:,}{there}"),
    ]
    return [row for row, n in zip(rows, (mended + left, handles), strict=True) if n]


def _beside_untrained(network: Network, samples: Samples, target: Mesh) -> list[float]:
    """Mean |f| on the input's surface, of a field and of its grid with the distance sampled into it; or nothing."""
    plain = untrained(network, samples)
    points = target.sample(ON_INPUT, seed=1)[0]
    return [float(np.abs(each(points)).mean()) for each in (network, plain)] if plain else []


def _slices(network: Network, surface: Mesh) -> str:
    middle = ((surface.bounds.mean(axis=0) if surface.n_faces else np.zeros(3)).round(2) + 0.0).tolist()
    cuts = [(axis, at, slice_regions(network, BOX, axis, at)) for axis, at in reversed(list(enumerate(middle)))]
    figures = "".join(
        f"<figure>{section_svg(network, section(surface, axis, at), BOX, axis, at, cut)}"
        f"<figcaption>{AXES[axis]} = {at:.3g}: {len(cut):,} linear regions</figcaption></figure>"
        for axis, at, cut in cuts
    )
    return (
        '<section><h2>Slices</h2><p class="soft">The black line is the exact surface, the thin lines the folds: '
        "between them the network is affine. The colour is the field, sampled: blue inside, sand outside, one step "
        "each 0.05.</p>"
        f'<div class="slices">{figures}</div></section>'
    )


def _slices_of_field(network: Network, surface: Mesh) -> str:
    """Planes through a field, and of each the exact regions of a few cells at the surface: all would be a million."""
    middle = ((surface.bounds.mean(axis=0) if surface.n_faces else np.zeros(3)).round(2) + 0.0).tolist()
    figures = "".join(_plane_of_field(network, surface, *each) for each in reversed(list(enumerate(middle))))
    return (
        '<section><h2>Slices</h2><p class="soft">The black line is the exact surface, the colour the field, sampled: '
        "blue inside, sand outside, one step each 0.05. Below it a few cells at the surface with their exact regions: "
        "dark lines are folds, pale ones walls of the grid, between them the field is affine.</p>"
        f'<div class="slices">{figures}</div></section>'
    )


def _plane_of_field(network: Network, surface: Mesh, axis: int, at: float) -> str:
    free, lines = [i for i in range(3) if i != axis], section(surface, axis, at)
    drawn, told = section_svg(network, lines, BOX, axis, at, None), f"{AXES[axis]} = {at:.3g}"
    if len(lines) and network.grid is not None:
        plane = network.on_plane(at * np.eye(3)[axis], *np.eye(3)[free])
        near = lines[len(lines) // 2].mean(axis=0)[free]
        half = AROUND * (BOX.hi - BOX.lo)[free] / network.grid.sizes[-1]
        found = regions(plane, Box(near - half, near + half))
        drawn += crop_svg(plane, found, lambda places: banded(plane(places)[:, 0]), lines[:, :, free])
        told += f": {len(found):,} linear regions in {2 * AROUND} × {2 * AROUND} cells at the surface"
    return f"<figure>{drawn}<figcaption>{told}</figcaption></figure>"


def _storage(sizes: dict[str, int]) -> str:
    most = max(sizes.values())
    rows = "".join(
        f'<tr><th scope="row">{page_text(name)}</th><td>{size:,} bytes</td>'
        f'<td class="grow"><span class="size" style="width: {100 * size / most:.2f}%"></span></td></tr>'
        for name, size in sizes.items()
    )
    return (
        f"<section><h2>One shape, stored as a network, a mesh, points and voxels</h2><table>{rows}</table>"
        '<p class="soft">Weights and coordinates as float32, vertex numbers as 32-bit integers, voxels as one bit each '
        "(inside or outside). Points are the mesh's vertices without its faces. Nothing is compressed.</p></section>"
    )


def _input(found: dict[str, Any]) -> str:
    findings = found["findings"] or ["Nothing was wrong with it as the border of a solid."]
    items = "".join(f"<li>{page_text(text)}</li>" for text in findings)
    return f"<section><h2>The input mesh</h2><ul>{items}</ul></section>"
