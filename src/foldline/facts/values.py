"""Networks, meshes, surfaces and samples -> facts, and their words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..cloud import Cloud
from ..data.border import mesh_report
from ..exact.surface import Surface
from ..mesh import Measures, Mesh
from ..network import Network
from ..samples import Samples
from ..slice import Slice
from ..tasks import ERRORS, NEAR
from ..text import counted, in_seconds, short
from ..training import Training
from .facts import Fact, Facts

NUMBER = 4  # bytes of a float32: a fitted weight, a coordinate, a vertex number
KEPT = (
    "width", "height", "channels", "pixels", "gaps", "units", "crs", "rate", "target", "ignored", "constant",
    "categories", "findings",
)  # fmt: skip  # of samples
VOXELS = (32, 64, 128)  # the lecture's grids


@dataclass(frozen=True, kw_only=True)
class CloudFacts(Facts):
    """Points of a surface; bounds in the units of the file."""

    n_points: int
    normals: bool
    bounds: list[list[float]]
    notes: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {"holds": "points", **super().json()}

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        lo, hi = (", ".join(f"{x:.4g}" for x in corner) for corner in self.bounds)
        return [("points", f"{self.n_points:,}, {'with' if self.normals else 'without'} normals"),
                ("box", f"({lo}) to ({hi})"), *(("note", note) for note in self.notes)]  # fmt: skip


def cloud_facts(cloud: Cloud) -> CloudFacts:
    """Return how many points there are, whether their normals are known, and their box."""
    ends = [cloud.points.min(axis=0).tolist(), cloud.points.max(axis=0).tolist()]
    return CloudFacts(n_points=len(cloud), normals=cloud.normals is not None, bounds=ends, notes=cloud.notes)


def facts_of(value: Network | Mesh | Cloud | Samples) -> Facts:
    """Return what a file's value is."""
    if isinstance(value, Cloud):
        return cloud_facts(value)
    if isinstance(value, Network):
        return network_facts(value)
    return mesh_facts(value) if isinstance(value, Mesh) else samples_facts(value)


@dataclass(frozen=True, kw_only=True)
class NetworkFacts(Facts):
    """A network's architecture and parameters in the lecture's terms; the diagram is one column a layer."""

    holds: str = "network"
    widths: tuple[int, ...]
    grid: tuple[int, ...]  # cells along each axis of the levels in front; none of a network without
    features: int
    coordinates: int
    activation: tuple[str, ...]
    output: str
    weights: int
    biases: int
    parameters: int
    capacity: int
    depth: str
    fully_connected: bool
    skips: Mapping[str, Sequence[int]]
    piecewise_linear: bool
    kind: str | None
    inputs: tuple[str, ...]  # the names that its samples gave them, as are the classes and the target
    classes: tuple[str, ...]
    target: str | None

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        connected = ["fully connected"] if self.fully_connected else []
        kind = ", ".join([self.depth, "feedforward", *connected, *(self.activation or ["no hidden units"])])
        skips = [f"layer {layer} also reads {_sources(sources)}" for layer, sources in self.skips.items()]
        return [
            ("network", diagram(self.widths) if not self.grid else self._diagram_of_field()),
            ("kind", kind + ("" if self.output == "identity" else f", output {self.output}")),
            *[("skip", text) for text in skips],
            *([("inputs", ", ".join(self.inputs))] if self.inputs else []),
            *([("target", self.target)] if self.target else []),
            *([("classes", ", ".join(self.classes))] if self.classes else []),
            ("weights", f"{self.weights:,}"),
            ("biases", f"{self.biases:,}"),
            *([("features", f"{self.features:,} numbers on the grid")] if self.grid else []),
            ("parameters", f"{self.parameters:,}"),
            ("capacity", f"{self.capacity:,} hidden units, each with a pre-activation and an activation"),
            ("folds", "piecewise linear" if self.piecewise_linear else "curved units: no linear regions"),
        ]

    def _diagram_of_field(self) -> str:
        """The place, the grid, and the network that reads the place and the features there."""
        cells = ", ".join(map(str, self.grid))
        place = counted(self.coordinates, "coordinate")
        return f"{place} ═▶ grid of {cells} cells ═▶ {diagram(self.widths)}"


def network_facts(network: Network) -> NetworkFacts:
    """Return a network's architecture and parameters.

    >>> network_facts(Network([np.ones((10, 1)), np.ones((1, 10))], [np.zeros(10), [0.0]])).parameters
    31
    """
    hidden = len(network.hidden)
    return NetworkFacts(
        widths=network.widths,
        grid=() if network.grid is None else network.grid.sizes,
        features=0 if network.grid is None else network.grid.n_parameters,
        coordinates=network.d_in,
        activation=tuple(sorted(set(network.layer_activations))),
        output=network.output,
        weights=sum(W.size for W in network.weights),
        biases=sum(b.size for b in network.biases),
        parameters=network.n_parameters,
        capacity=network.n_hidden,
        depth="deep" if hidden > 1 else "shallow" if hidden else "linear",
        fully_connected=not network.skips and all(bool(np.all(W)) for W in network.weights),
        skips={str(layer): list(sources) for layer, sources in network.skips.items()},
        piecewise_linear=network.piecewise_linear,
        kind=network.meta.get("kind"),
        inputs=_texts(network.meta.get("names")),
        classes=_texts(network.meta.get("classes")),
        target=str(network.meta["target"]) if "target" in network.meta else None,
    )


def _texts(values: Any) -> tuple[str, ...]:
    """Names from a file, whatever it says."""
    return tuple(map(str, values)) if isinstance(values, list | tuple) else ()


def diagram(widths: Sequence[int]) -> str:
    """Return a network drawn in one line.

    >>> diagram([2, 2, 1])
    '2 inputs ═▶ (2) ═▶ 1 output'
    """
    first, *hidden, last = widths
    inputs = f"{first} input" + "s" * (first != 1)
    outputs = f"{last} output" + "s" * (last != 1)
    return " ═▶ ".join([inputs, *(f"({width})" for width in hidden), outputs])


def _sources(sources: Sequence[int]) -> str:
    return ", ".join(f"hidden layer {source}" if source else "the input" for source in sources)


@dataclass(frozen=True, kw_only=True)
class MeshFacts(Facts):
    """A mesh's counts and measures, and what is wrong with it as the border of a solid."""

    measures: Measures
    longest_side: float
    findings: tuple[str, ...]
    solid_volume: float | None = None
    holds: str = "mesh"

    def json(self) -> dict[str, Any]:
        """Return the facts as JSON values, the measures among them."""
        return _flat(asdict(self))

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        mended = self.solid_volume is not None and not math.isclose(self.solid_volume, self.measures.volume)
        return [
            *measures_rows(self.measures),
            *([("of the solid", f"volume {self.solid_volume:.6g}, mended as the notes say")] if mended else []),
            ("longest side", f"{self.longest_side:.4g}"),
            *[("note", finding) for finding in self.findings],
        ]


def mesh_facts(mesh: Mesh) -> MeshFacts:
    """Return a mesh's counts and measures as the file has it, and what is wrong with it as the border of a solid."""
    side = float(np.ptp(mesh.bounds, axis=0).max())
    found = mesh_report(mesh)
    volume = found.measures.volume if found.solid else None
    return MeshFacts(measures=mesh.measures, longest_side=side, findings=found.findings, solid_volume=volume)


def measures_rows(measures: Measures) -> list[Fact]:
    """Return the counts and measures of polygons in words."""
    return [
        ("polygons", f"{measures.n_polygons:,}"),
        ("vertices, edges", f"{measures.n_vertices:,}, {measures.n_edges:,}"),
        ("Euler number", f"{measures.euler}, {'closed' if measures.closed else 'open'}"),
        ("area", f"{measures.area:.6g}"),
        ("volume", f"{measures.volume:.6g}" + ("" if measures.closed else " (of an open surface: no meaning)")),
    ]


def _flat(facts: dict[str, Any]) -> dict[str, Any]:
    return {**facts.pop("measures"), **facts}


@dataclass(frozen=True, kw_only=True)
class SamplesFacts(Facts):
    """What a table or an image holds; ``more`` is what reading it told beside."""

    kind: str
    n_rows: int
    inputs: tuple[str, ...] | int
    outputs: int
    classes: tuple[str, ...]
    more: Mapping[str, Any]

    def json(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {
            "holds": "samples",
            "kind": self.kind,
            "rows": self.n_rows,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "classes": self.classes,
            **self.more,
        }

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        findings = self.more.get("findings", ())
        hidden = ("holds", "categories", "findings", *(("ignored", "constant") if findings else ()))  # said by findings
        shown = {key: value for key, value in self.json().items() if key not in hidden and value not in ((), [], "")}
        said = [(key, _in_words(value, " x " if key == "pixels" else ", ")) for key, value in shown.items()]
        return [*said, *(("note", finding) for finding in findings)]


def _in_words(value: Any, between: str) -> str:
    if isinstance(value, list | tuple):
        return between.join(map(str, value))
    return f"{value:,}" if type(value) is int else str(value)


def samples_facts(samples: Samples) -> SamplesFacts:
    """Return what a table or an image holds."""
    told = dict(samples.meta)
    if samples.kind == "elevation" and {"rows", "columns"} <= told.keys():  # a row of samples is one pixel
        told["pixels"] = [told["rows"], told["columns"]]
    return SamplesFacts(
        kind=samples.kind,
        n_rows=len(samples),
        inputs=samples.names or samples.d_in,
        outputs=samples.d_out,
        classes=samples.classes,
        more={key: told[key] for key in KEPT if key in told},
    )


@dataclass(frozen=True, kw_only=True)
class SurfaceFacts(Facts):
    """The counts and measures of an exact surface, and what is proved about it."""

    measures: Measures
    max_abs_value: float
    complete: bool
    certified: bool
    engine: str
    seconds: float
    explored: float
    flat_regions: int
    open_edges_on_box: int

    def json(self) -> dict[str, Any]:
        """Return the facts as JSON values, the measures among them."""
        return _flat(asdict(self))

    def rows(self) -> list[Fact]:
        """Return the facts in words, with what is proved said plainly."""
        flat, open_edges = self.flat_regions, self.open_edges_on_box
        return [
            *measures_rows(self.measures),
            ("components", f"{self.measures.n_components:,}"),
            ("largest |f| on a vertex", f"{self.max_abs_value:.1e}"),
            ("decisions", "every one proved" if self.certified else "in floating point, not proved"),
            ("components found", self._completeness()),
            *([("flat regions", f"{flat:,}, only their border is shown")] if flat else []),
            *([("edges on the box", f"{open_edges:,}")] if open_edges else []),
            ("engine", f"{self.engine}, {in_seconds(self.seconds)}"),
        ]

    def _completeness(self) -> str:
        if self.complete:
            return "all, proved" if self.certified else "all, up to rounding"
        return f"maybe not all: {self.explored:.1%} of the box was searched"


def surface_facts(surface: Surface) -> SurfaceFacts:
    """Return the counts and measures of an exact surface, and what is proved about it."""
    return SurfaceFacts(
        measures=surface.mesh.measures,
        max_abs_value=surface.max_abs_value,
        complete=surface.complete,
        certified=surface.certified,
        engine=surface.engine,
        seconds=surface.seconds,
        explored=surface.explored,
        flat_regions=surface.flat_regions,
        open_edges_on_box=len(surface.box_edges),
    )


@dataclass(frozen=True, kw_only=True)
class NearFacts(Facts):
    """How near a surface comes to a given one, both in one frame; lengths where the longest side is 1.8."""

    mean_distance: Mapping[str, float]
    rms_distance: Mapping[str, float]
    largest_distance_seen: Mapping[str, float]
    chamfer: float
    iou: float
    iou_error: float
    n_points: int

    def near_rows(self, given: str, unit: float | None) -> list[Fact]:
        """Return the facts in words, one row each; lengths in a file's unit too, where a length of 1 is so many."""
        mean, most = self.mean_distance, max(self.largest_distance_seen.values())
        return [
            ("volumetric IoU", f"{self.iou:.4f} ± {self.iou_error:.4f}"),
            (f"mean distance to the {given}", in_file(mean["surface_to_mesh"], unit)),
            (f"mean distance from the {given}", in_file(mean["mesh_to_surface"], unit)),
            ("chamfer (their mean)", in_file(self.chamfer, unit)),
            ("largest distance seen", in_file(most, unit)),
        ]


@dataclass(frozen=True, kw_only=True)
class ComparisonFacts(NearFacts):
    """How well a surface meets the mesh it was fitted to, both in one frame; lengths where the longest side is 1.8."""

    normal_consistency: float
    area: Mapping[str, float]
    volume: Mapping[str, float]

    def rows(self, unit: float | None = None) -> list[Fact]:
        """Return the facts in words, one row each; with lengths in a file's unit, where a length of 1 is so many."""
        return [
            *self.near_rows("mesh", unit),
            ("normal consistency", f"{self.normal_consistency:.4f}"),
            *[(f"area of the {name}", in_file(value, unit, 2)) for name, value in self.area.items()],
            *[(f"volume of the {name}", in_file(value, unit, 3)) for name, value in self.volume.items()],
        ]


def in_file(value: float, unit: float | None, power: int = 1) -> str:
    """Return a length (an area, a volume) in words, in the file's unit too.

    unit    how many of the file's unit a length of 1 is; None where only the one is known

    >>> in_file(0.5, 2.0), in_file(0.5, 2.0, 3), in_file(0.00125, None)
    ('0.5; 1 in the file', '0.5; 4 in the file', '0.00125')
    """
    return f"{value:.4g}" + ("" if unit is None else f"; {value * unit**power:.4g} in the file")


def comparison_facts(surface: Mesh, target: Mesh) -> ComparisonFacts:
    """Return how well a surface meets the mesh it was fitted to, both in the same frame."""
    distance, overlap = surface.distance_to(target), surface.overlap(target)

    return ComparisonFacts(
        mean_distance=_there_and_back(distance.mean),
        rms_distance=_there_and_back(distance.rms),
        largest_distance_seen=_there_and_back(distance.max),
        chamfer=distance.chamfer,
        normal_consistency=distance.normal_consistency,
        iou=overlap.iou,
        iou_error=overlap.error,
        area={"surface": surface.area, "mesh": target.area},
        volume={"surface": surface.volume, "mesh": target.volume},
        n_points=distance.n_points,
    )


def _there_and_back(pair: tuple[float, float]) -> dict[str, float]:
    return {"surface_to_mesh": pair[0], "mesh_to_surface": pair[1]}


def error_unit(network: Network) -> str:
    """Return what a network's errors are counted in, as its samples say: the target's column, or a map's heights.

    >>> error_unit(Network([[[2.0]]], [[0.0]], meta={"kind": "regression", "target": "mass_g"}))
    'mass_g'
    """
    kind, target = network.meta.get("kind"), network.meta.get("target")
    if kind == "elevation":
        return "as the heights"
    if kind == "distance":
        return f"of distances below {NEAR:g}"
    return short(target, 40) if kind == "regression" and isinstance(target, str) and not target.isdigit() else ""


def training_rows(training: Training, of: str = "row", unit: str = "", length: float | None = None) -> list[Fact]:
    """Return how a network was fitted, in words; the record holds the facts, and ``of`` is what a step sees.

    unit     what errors are counted in, or of what they are
    length   of a shape: how many of the file's unit a length of 1 is
    """
    told = dict(training.final)
    rows = told.pop("rows", None)
    finals = [(_measure_name(name), _measured(name, value, unit, length)) for name, value in told.items()]
    if rows is not None:
        finals.append(("measured on", f"{counted(int(rows), of)} evenly chosen, as the fit was stopped"))
    return [
        ("steps", f"{training.steps:,}, each over {training.batch:,} of {counted(training.n_samples, of)}"),
        ("time", f"{in_seconds(training.seconds)} on {training.device}, {training.precision}"),
        ("method", f"{training.optimiser}, {training.loss.replace('_', ' ')} loss, seed {training.seed}"),
        *finals,
        *_held_out_rows(training.held_out, unit),
    ]


def _held_out_rows(held_out: Mapping[str, float], unit: str) -> list[Fact]:
    """How well rows are met that were not fitted to, and how well plain interpolation meets them."""
    measures = [
        (_measure_of_them(name), _measured(name, value, unit))
        for name, value in held_out.items()
        if name not in ("rows", "views")
    ]
    if not held_out:
        return []
    aside = counted(int(held_out["rows"]), "row") if "rows" in held_out else counted(int(held_out["views"]), "picture")
    return [("kept aside", f"{aside}, not fitted to"), *measures]


def _measure_of_them(name: str) -> str:
    """A measure of what was kept aside, in words.

    >>> _measure_of_them("rms_error"), _measure_of_them("rms_error of mean of 4 neighbours")
    ('rms error on them', 'rms error on them of mean of 4 neighbours')
    """
    measure, of, whose = _measure_name(name).partition(" of ")
    return f"{measure} on them{of}{whose}"


def _measure_name(name: str) -> str:
    """A measure in words.

    >>> _measure_name("psnr_between"), _measure_name("rms_error_between")
    ('PSNR between the pixels', 'rms error between the samples')
    """
    where = "pixels" if name.startswith("psnr") else "samples"
    words = name.replace("_between", f" between the {where}").replace("_", " ")
    return words.replace("psnr", "PSNR").replace("ssim", "SSIM").replace("range error", "rms error, share of the range")


def _measured(name: str, value: float, unit: str = "", length: float | None = None) -> str:
    if name.startswith("range_error"):
        return f"{value:.3%}"
    if "psnr" in name:
        return f"{value:.2f} dB"
    told = in_file(value, length)
    return f"{told} ({unit})" if unit and name.startswith(ERRORS) else told


def storage_facts(network: Network, mesh: Mesh) -> dict[str, int]:
    """Return the bytes a shape takes in the lecture's representations, float32 numbers and one bit a voxel."""
    points = mesh.n_vertices * 3 * NUMBER
    return {
        "network": network_bytes(network),
        "mesh": points + len(mesh.corners) * NUMBER,
        "points": points,
        **{f"voxels {n}^3": voxel_bytes(n) for n in VOXELS},
    }


def network_bytes(network: Network) -> int:
    """Return the bytes of a network's numbers: float32, features as they are, and the vertices of sparse rows.

    >>> network_bytes(Network([[[1.0, 2.0]]], [[0.0]]))
    12
    """
    grid = network.grid.grid if isinstance(network.grid, Slice) else network.grid
    if grid is None:
        return network.n_parameters * NUMBER
    rows = sum(len(kept) for kept in grid.rows if kept is not None)
    return (network.n_parameters - grid.n_parameters + rows) * NUMBER + sum(each.nbytes for each in grid.features)


def voxel_bytes(n: int) -> int:
    """Return the bytes of a grid of n x n x n voxels, a bit each.

    >>> voxel_bytes(128)
    262144
    """
    return n**3 // 8
