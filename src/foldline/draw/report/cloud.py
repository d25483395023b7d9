"""The report of a shape that was fitted to points: its exact surface in 3-D, against the points."""

from __future__ import annotations

from ...cloud import Cloud
from ...exact.surface import surface as extract
from ...facts.clouds import cloud_comparison_facts, cloud_doubts
from ...facts.values import surface_facts
from ...machine import cores
from ...network import Network
from ...samples import Samples
from ...text import page_text
from ...transform import Transform
from .parts import Report, brief, common, doubts_section, network_section, page, table_of, training_section
from .shape import BOX, crumb_rows
from .viewer import solid_view


def cloud_report(network: Network, samples: Samples, source: str, cloud: Cloud) -> Report:
    """Return the report of a network fitted to points; its surface is in the points' own units."""
    answer = extract(network, BOX, workers=cores())
    found, there = answer.mesh, samples.transform or Transform(1.0, (0.0, 0.0, 0.0))
    shape = surface_facts(answer)
    met = cloud_comparison_facts(found, cloud.transformed(there)) if found.n_faces else None
    findings = [str(text) for text in samples.meta.get("findings", [])]
    facts = common(network, samples, source) | {"surface": shape.json(), "findings": findings}
    of_surface = [*shape.rows(), *crumb_rows(network.training)]
    bad = cloud_doubts(shape, met)
    facts |= {"doubts": bad} | ({"against_points": met.json()} if met else {})
    compared = met.rows(1 / there.scale) if met else []
    told = "".join(f"<li>{page_text(text)}</li>" for text in findings)
    body = [
        doubts_section(bad),
        solid_view(found, None, paint="plain"),
        '<div class="columns">',
        f"<section><h2>The surface</h2>{table_of(of_surface)}</section>",
        f"<section><h2>Against {page_text(source)}</h2>{table_of(compared)}"
        '<p class="soft">Exact distances of the points to the surface, where the longest side is 1.8, then in the unit '
        "of the file.</p></section>",
        "</div>",
        training_section(network),
        network_section(network),
        f"<section><h2>The points</h2><ul>{told}</ul></section>" if told else "",
    ]
    lead = (
        f"A ReLU network with {network.n_parameters:,} parameters, fitted to the signed distance of the surface that "
        f"the {len(cloud):,} points of {page_text(source)} are of. Where it is zero is this surface: "
        f"{found.n_faces:,} flat polygons, computed from the weights and not from a grid."
    )
    own_units = found.transformed(there.inverse.scale, there.inverse.shift)
    rows = [*brief(network), *of_surface, *compared, *[("not good", text) for text in bad]]
    return Report(facts, rows, page(source, lead, body), own_units)
