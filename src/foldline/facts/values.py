"""Values -> the facts a report states: JSON values, and the same as rows of words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data.distance import mesh_report
from ..exact.surface import Surface
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples

Facts = dict[str, Any]
Row = tuple[str, str]

NUMBER = 4  # bytes of a float32: a fitted weight, a coordinate, a vertex number
KEPT = ("width", "height", "channels", "target", "ignored", "constant", "categories", "findings")  # of samples
VOXELS = (32, 64, 128)  # the lecture's grids


def facts_of(value: Network | Mesh | Samples) -> Facts:
    """Return what a file's value is, as JSON values."""
    if isinstance(value, Network):
        return network_facts(value)
    return mesh_facts(value) if isinstance(value, Mesh) else samples_facts(value)


def network_facts(network: Network) -> Facts:
    """Return a network's architecture and parameters in the lecture's terms.

    >>> network_facts(Network([np.ones((10, 1)), np.ones((1, 10))], [np.zeros(10), [0.0]]))["parameters"]
    31
    """
    hidden = len(network.hidden)
    return {
        "holds": "network",
        "widths": list(network.widths),
        "activation": sorted(set(network.layer_activations)),
        "output": network.output,
        "weights": sum(W.size for W in network.weights),
        "biases": sum(b.size for b in network.biases),
        "parameters": network.n_parameters,
        "capacity": network.n_hidden,
        "depth": "deep" if hidden > 1 else "shallow" if hidden else "linear",
        "fully_connected": not network.skips and all(bool(np.all(W)) for W in network.weights),
        "skips": {str(layer): list(sources) for layer, sources in network.skips.items()},
        "piecewise_linear": network.piecewise_linear,
        "kind": network.meta.get("kind"),
    }


def mesh_facts(mesh: Mesh) -> Facts:
    """Return a mesh's counts and measures, and what is wrong with it as the border of a solid."""
    found = mesh_report(mesh)
    return {
        "holds": "mesh",
        **_counts(mesh),
        "longest_side": float(np.ptp(mesh.bounds, axis=0).max()),
        "findings": list(found.findings),
    }


def samples_facts(samples: Samples) -> Facts:
    """Return what a table or an image holds."""
    return {
        "holds": "samples",
        "kind": samples.kind,
        "rows": len(samples),
        "inputs": list(samples.names) or samples.d_in,
        "outputs": samples.d_out,
        "classes": list(samples.classes),
        **{key: samples.meta[key] for key in KEPT if key in samples.meta},
    }


def surface_facts(surface: Surface) -> Facts:
    """Return the counts and measures of an exact surface, and what is proved about it."""
    return {
        **_counts(surface.mesh),
        "n_components": surface.n_components,
        **{key: getattr(surface, key) for key in ("max_abs_value", "complete", "certified", "engine", "seconds")},
        "explored": surface.explored,
        "flat_regions": surface.flat_regions,
        "open_edges_on_box": len(surface.box_edges),
    }


def comparison_facts(surface: Mesh, target: Mesh) -> Facts:
    """Return how well a surface meets the mesh it was fitted to, both in the same frame."""
    distance, overlap = surface.distance_to(target), surface.overlap(target)
    return {
        "mean_distance": {"surface_to_mesh": distance.mean[0], "mesh_to_surface": distance.mean[1]},
        "rms_distance": {"surface_to_mesh": distance.rms[0], "mesh_to_surface": distance.rms[1]},
        "largest_distance_seen": {"surface_to_mesh": distance.max[0], "mesh_to_surface": distance.max[1]},
        "chamfer": distance.chamfer,
        "normal_consistency": distance.normal_consistency,
        "iou": overlap.iou,
        "iou_error": overlap.error,
        "area": {"surface": surface.area, "mesh": target.area},
        "volume": {"surface": surface.volume, "mesh": target.volume},
        "n_points": distance.n_points,
    }


def storage_facts(network: Network, mesh: Mesh) -> Facts:
    """Return the bytes a shape takes in the lecture's representations, float32 numbers and one bit a voxel."""
    points = mesh.n_vertices * 3 * NUMBER
    return {
        "network": network.n_parameters * NUMBER,
        "mesh": points + len(mesh.corners) * NUMBER,
        "points": points,
        **{f"voxels {n}^3": voxel_bytes(n) for n in VOXELS},
    }


def voxel_bytes(n: int) -> int:
    """Return the bytes of a grid of n x n x n voxels, a bit each.

    >>> voxel_bytes(128)
    262144
    """
    return n**3 // 8


def rows_of(facts: Mapping[str, Any]) -> list[Row]:
    """Return the facts of a value in words, one row each."""
    return {"network": network_rows, "mesh": mesh_rows, "samples": samples_rows}[facts["holds"]](facts)


def network_rows(facts: Mapping[str, Any]) -> list[Row]:
    """Return a network's facts in words; the diagram is one column a layer."""
    connected = ["fully connected"] if facts["fully_connected"] else []
    kind = ", ".join([facts["depth"], "feedforward", *connected, *(facts["activation"] or ["no hidden units"])])
    skips = [f"layer {layer} also reads {_sources(sources)}" for layer, sources in facts["skips"].items()]
    return [
        ("network", diagram(facts["widths"])),
        ("kind", kind + ("" if facts["output"] == "identity" else f", output {facts['output']}")),
        *[("skip", text) for text in skips],
        ("weights", f"{facts['weights']:,}"),
        ("biases", f"{facts['biases']:,}"),
        ("parameters", f"{facts['parameters']:,}"),
        ("capacity", f"{facts['capacity']:,} hidden units, each with a pre-activation and an activation"),
        ("folds", "piecewise linear" if facts["piecewise_linear"] else "curved units: no linear regions"),
    ]


def diagram(widths: list[int]) -> str:
    """Return a network drawn in one line.

    >>> diagram([2, 2, 1])
    '2 inputs ═▶ (2) ═▶ 1 output'
    """
    first, *hidden, last = widths
    inputs = f"{first} input" + "s" * (first != 1)
    outputs = f"{last} output" + "s" * (last != 1)
    return " ═▶ ".join([inputs, *(f"({width})" for width in hidden), outputs])


def mesh_rows(facts: Mapping[str, Any]) -> list[Row]:
    """Return a mesh's facts in words."""
    return [
        *_count_rows(facts),
        ("longest side", f"{facts['longest_side']:.4g}"),
        *[("note", finding) for finding in facts["findings"]],
    ]


def samples_rows(facts: Mapping[str, Any]) -> list[Row]:
    """Return a table's or an image's facts in words."""
    said = ("holds", "categories", "findings", "ignored", "constant")  # the findings have these in words
    shown = {key: value for key, value in facts.items() if key not in said and value not in ([], "")}
    return [
        *((key, ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for key, value in shown.items()),
        *(("note", finding) for finding in facts.get("findings", ())),
    ]


def surface_rows(facts: Mapping[str, Any]) -> list[Row]:
    """Return an exact surface's facts in words, with what is proved about it said plainly."""
    flat, open_edges = facts["flat_regions"], facts["open_edges_on_box"]
    return [
        *_count_rows(facts),
        ("components", f"{facts['n_components']:,}"),
        ("largest |f| on a vertex", f"{facts['max_abs_value']:.1e}"),
        ("decisions", "every one proved" if facts["certified"] else "in floating point, not proved"),
        ("components found", _completeness(facts)),
        *([("flat regions", f"{flat:,}, only their border is shown")] if flat else []),
        *([("edges on the box", f"{open_edges:,}")] if open_edges else []),
        ("engine", f"{facts['engine']}, {facts['seconds']:.3g} s"),
    ]


def comparison_rows(facts: Mapping[str, Any]) -> list[Row]:
    """Return how well a surface meets its mesh, in words; lengths where the longest side is 1.8."""
    mean, largest = facts["mean_distance"], facts["largest_distance_seen"]
    return [
        ("volumetric IoU", f"{facts['iou']:.4f} ± {facts['iou_error']:.4f}"),
        ("mean distance to the mesh", f"{mean['surface_to_mesh']:.2e}"),
        ("mean distance from the mesh", f"{mean['mesh_to_surface']:.2e}"),
        ("chamfer (their mean)", f"{facts['chamfer']:.2e}"),
        ("largest distance seen", f"{max(largest.values()):.2e}"),
        ("normal consistency", f"{facts['normal_consistency']:.4f}"),
        ("area, mesh", f"{facts['area']['surface']:.4f}, {facts['area']['mesh']:.4f}"),
        ("volume, mesh", f"{facts['volume']['surface']:.4f}, {facts['volume']['mesh']:.4f}"),
    ]


def training_rows(training: Mapping[str, Any]) -> list[Row]:
    """Return how a network was fitted, in words."""
    finals = [
        ("PSNR", f"{value:.2f} dB") if name == "psnr" else (name.replace("_", " "), f"{value:.4g}")
        for name, value in training.get("final", {}).items()
    ]
    return [
        ("steps", f"{training['steps']:,} of {training['batch']:,} rows"),
        ("time", f"{training['seconds']:.1f} s on {training['device']}, {training['precision']}"),
        ("method", f"{training['optimiser']}, {training['loss'].replace('_', ' ')} loss, seed {training['seed']}"),
        *finals,
    ]


def _counts(mesh: Mesh) -> Facts:
    return {
        "n_polygons": mesh.n_faces,
        "n_vertices": mesh.n_vertices,
        "n_edges": mesh.n_edges,
        "euler": mesh.euler,
        "closed": mesh.closed,
        "area": mesh.area,
        "volume": mesh.volume,
    }


def _count_rows(facts: Mapping[str, Any]) -> list[Row]:
    return [
        ("polygons", f"{facts['n_polygons']:,}"),
        ("vertices, edges", f"{facts['n_vertices']:,}, {facts['n_edges']:,}"),
        ("Euler number", f"{facts['euler']}, {'closed' if facts['closed'] else 'open'}"),
        ("area", f"{facts['area']:.6g}"),
        ("volume", f"{facts['volume']:.6g}" + ("" if facts["closed"] else " (of an open surface: no meaning)")),
    ]


def _completeness(facts: Mapping[str, Any]) -> str:
    if facts["complete"]:
        return "all, proved" if facts["certified"] else "all, up to rounding"
    share = facts["explored"]
    return "maybe not all" + (f": {share:.1%} of the box was searched" if share is not None else "")


def _sources(sources: list[int]) -> str:
    return ", ".join(f"hidden layer {source}" if source else "the input" for source in sources)


def _size(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else len(value or ())
