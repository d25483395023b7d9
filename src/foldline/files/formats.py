"""The one table of suffixes: what a file under each holds, what reads it and what makes it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .. import doors
from ..atomic import write_bytes
from ..cloud import Cloud
from ..errors import BudgetError, FileError, InputError
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples
from ..text import short
from . import answer, boundary, decisions, regions, terrain
from .ascii_grid import read_asc
from .cloud import cloud_or_mesh, cloud_or_signal, read_cloud
from .deepsdf import SPECS, experiment_of, read_deepsdf
from .elevation import read_tiff
from .gltf import glb_bytes, read_gltf
from .image import read_image
from .nnet import read_nnet
from .npz import npz_bytes, read_npz
from .obj import obj_bytes, read_obj
from .off import off_bytes, read_off
from .onnx import onnx_bytes, read_onnx
from .ply import ply_bytes
from .safetensors import read_safetensors, safetensors_bytes
from .signal import read_wav
from .source import check_readable, path_of
from .stl import read_stl, stl_bytes
from .table import read_table
from .threemf import read_3mf
from .torch_state import read_torch

Kind = TypeVar("Kind", Network, Mesh, Samples)


@dataclass(frozen=True)
class Format:
    """One row: a suffix for one kind of value.

    read     path -> value, None where foldline only writes
    make     value -> bytes, None where it only reads
    d        how many inputs an answer may have to be held, none for any
    """

    suffix: str
    kind: str
    read: Callable[..., Any] | None = None
    make: Callable[[Any], bytes] | None = None
    d: tuple[int, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the options that ``read`` takes."""
        return tuple(inspect.signature(self.read).parameters)[1:] if self.read is not None else ()


PICTURES = ("svg", "png", "pdf")

FORMATS = (
    Format(".safetensors", "network", read_safetensors, safetensors_bytes),
    Format(".npz", "network", read_npz, npz_bytes),
    Format(".onnx", "network", read_onnx, onnx_bytes),
    Format(".nnet", "network", read_nnet),
    *(Format(suffix, "network", read_torch) for suffix in (".pt", ".pth")),
    Format(".ply", "mesh", cloud_or_mesh, ply_bytes),
    Format(".obj", "mesh", read_obj, obj_bytes),
    Format(".off", "mesh", read_off, off_bytes),
    Format(".stl", "mesh", read_stl, stl_bytes),
    Format(".glb", "mesh", read_gltf, glb_bytes),
    Format(".gltf", "mesh", read_gltf),
    Format(".3mf", "mesh", read_3mf),
    *(Format(suffix, "cloud", read_cloud) for suffix in (".xyz", ".pcd", ".pts")),
    *(Format(suffix, "image", read_image) for suffix in (".png", ".jpg", ".jpeg", ".webp", ".bmp")),
    Format(".wav", "signal", read_wav),
    Format(".npy", "signal", cloud_or_signal),
    Format(".asc", "elevation", read_asc),
    *(Format(suffix, "image", read_tiff) for suffix in (".tif", ".tiff")),
    *(Format(suffix, "table", read_table) for suffix in (".csv", ".tsv", ".csv.gz", ".tsv.gz")),
    Format(".npz", "regions", answer.read_regions, answer.npz_bytes),
    Format(".json", "regions", make=regions.json_bytes),
    Format(".csv", "regions", make=regions.csv_bytes),
    Format(".geojson", "regions", make=regions.geojson_bytes, d=(2,)),
    Format(".ply", "regions", make=lambda found: ply_bytes(regions.faces(found)), d=(3,)),
    Format(".obj", "regions", make=lambda found: obj_bytes(regions.faces(found)), d=(3,)),
    Format(".vtu", "regions", make=regions.vtu_bytes, d=(3,)),
    Format(".csv", "decisions", make=decisions.csv_bytes),
    Format(".json", "decisions", make=decisions.json_bytes),
    Format(".geojson", "decisions", make=decisions.geojson_bytes, d=(2,)),
    Format(".geojson", "contours", make=terrain.contours_geojson, d=(2,)),
    Format(".csv", "contours", make=terrain.contours_csv, d=(2,)),
    Format(".geojson", "slopes", make=terrain.slopes_geojson, d=(2,)),
    Format(".csv", "slopes", make=terrain.slopes_csv, d=(2,)),
    Format(".json", "boundary", make=boundary.json_bytes),
    Format(".csv", "boundary", make=boundary.csv_bytes),
    Format(".geojson", "boundary", make=boundary.geojson_bytes, d=(2,)),
    Format(".ply", "boundary", make=lambda found: ply_bytes(found.mesh), d=(3,)),
    Format(".obj", "boundary", make=lambda found: obj_bytes(found.mesh), d=(3,)),
    Format(".off", "boundary", make=lambda found: off_bytes(found.mesh), d=(3,)),
    Format(".stl", "boundary", make=lambda found: stl_bytes(found.mesh), d=(3,)),
    Format(".glb", "boundary", make=lambda found: glb_bytes(found.mesh), d=(3,)),
    *(
        Format(f".{kind}", answer, make=partial(doors.picture_bytes, kind=kind), d=(1, 2))
        for answer in ("regions", "decisions", "boundary", "contours", "slopes")
        for kind in PICTURES
    ),
)

EXPERIMENT = Format(SPECS, "network", read_deepsdf)  # a folder of files, known by the name of one of them

VALUES = (
    "network",
    "mesh",
    "cloud",
    "image",
    "table",
    "signal",
    "elevation",
)  # the kinds that ``read`` gives; answers have a door of their own
PICKLES = (".pkl", ".pickle", ".joblib", ".sav")
# Kinds of files that are not read, and what makes one of them that is.
ELSEWHERE = {
    ".xlsx .xls .xlsm .xlsb .ods .numbers .gsheet": "It is a spreadsheet: save its sheet as CSV, one table alone.",
    ".parquet .feather .arrow .orc .avro .zsav .dta .sas7bdat .rds .rdata .sqlite .db .hdf .jsonl .ndjson":
        "It holds a table for other programs: write it as CSV, with pandas table.to_csv('table.csv', index=False).",
    ".json": "It may hold anything: write a table as CSV, with pandas table.to_csv('table.csv', index=False).",
    ".zip .gz .xz .bz2 .zst .7z .rar .tar .tgz .lz4":
        "It is packed: unpack it, and name the file inside; .csv.gz is read.",
    ".h5 .hdf5 .keras": "If it is a Keras model, export it: model.export('model.onnx', format='onnx'); a table as CSV.",
    ".tflite .pb .mlmodel .mlpackage .pdparams .pdmodel .caffemodel .params .pte .engine .trt .pmml .gguf .ort "
    ".msgpack .eqx .bson .jld2":
        "If it is a network, export it as .onnx where it was made, or its weights as .safetensors.",
    ".torchscript .ptl .pt2":
        "It is a program of PyTorch's: export the module as .onnx, or save its state_dict() as .pt or .safetensors.",
    ".docx .doc .odt .rtf .pptx .html .htm .xml .md":
        "It is a document: paste the table in it into a spreadsheet, and save that as CSV.",
    ".ckpt .bin": "If PyTorch wrote it, rename it to .pt; what TensorFlow wrote is exported as .onnx.",
    ".las .laz .e57 .ptx .fls .rcp": "It is a scan: save its points as .ply or .xyz, as CloudCompare and PDAL do.",
    ".step .stp .iges .igs .sat .x_t .brep .sldprt .f3d .dwg .dxf .ifc .3dm .skp .scad .fcstd":
        "It is a drawing of exact surfaces: export a mesh of it as .stl, .3mf or .obj from the program it is of.",
    ".fbx .dae .blend .usd .usda .usdc .usdz .x3d .wrl .3ds .max .ma .mb .c4d .abc .amf .lwo .ase .ctm .drc":
        "It is a scene of another program: export the mesh as .glb, .ply or .obj.",
    ".vtk .vtu .vtp .msh .xdmf .inp .nas .bdf .med":
        "It is a mesh for simulation: save its surface as .ply or .stl, as meshio does.",
    ".gif .heic .heif .avif .svg .psd .exr .hdr .jp2 .jxl .raw .dng .cr2 .nef .pdf": "Save the picture as .png.",
    ".mp3 .flac .ogg .m4a .aac .aiff .opus": "Save the sound as .wav.",
    ".nc .nc4 .grib .grb .grib2 .dem .img .hgt .vrt": "Save the map as GeoTIFF (.tif): gdal_translate IN OUT.tif.",
    ".nii .mha .mhd .nrrd .dcm .mrc": "Save the volume as a NumPy array (.npy).",
    ".mat": "Save its arrays as .npz in Python, by scipy.io.loadmat and numpy.savez; a table as CSV, by writematrix.",
}  # fmt: skip
TEXTS = ("", ".txt", ".dat", ".data")  # under which tables are found, and much else


def read(path: str | Path, **options: Any) -> Network | Mesh | Cloud | Samples:
    """Return what a file holds: a Network, a Mesh or Samples, by its suffix and its content.

    networks   .safetensors, .onnx, .npz, .nnet, .pt / .pth (a state_dict); the folder of a DeepSDF experiment, its
               specs.json or a state_dict in it: a class of shapes, its latent vectors as codes
    meshes     .ply, .obj, .stl, .off, .glb, .gltf
    clouds     .ply without faces, .xyz, .pcd; an array (.npy) of six columns, the last three of length 1
    samples    .csv, .tsv (also .gz), .png, .jpg, .webp, .bmp, .tif; signals: .wav, .npy, .npz; elevation maps: GeoTIFF,
               .npz with coordinates
    options    the fields of ``TableOptions`` for a table; max_bytes for an image or an archive (.npz);
               activation="tanh": the hidden units of a network file that does not name them (.npz, .pt, .safetensors);
               output="name": of several outputs one: in an .onnx file any value inside, else a layer or a part of them
    raises     BudgetError if there is not the memory, FileError if the path cannot be read, InputError if the file is
               not what its name says or is of a kind foldline does not know, NetworkError for a network foldline
               cannot hold; no code in a file is ever run

    >>> import tempfile
    >>> from foldline import Network
    >>> net = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> read(net.save(Path(tempfile.mkdtemp()) / "xor.npz")).hidden
    (2,)
    """
    path = path_of("read", path)
    experiment = experiment_of(path)
    row = EXPERIMENT if experiment else format_of(path)
    check_readable(experiment / SPECS if experiment else path)
    _check_options(row, options, path.name)
    assert row.read is not None
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes NaN or infinite is refused by its place
            value: Network | Mesh | Cloud | Samples = row.read(path, **options)
    except MemoryError as error:
        raise BudgetError(
            f"{path.name}: read needs more memory than there is ({short(str(error)) or 'none left'}). Make it smaller."
        ) from None
    return value


def read_network(path: str | Path, **options: Any) -> Network:
    """Return the network of a file; the suffixes and options are those of ``read``.

    raises   as ``read``; InputError if the file holds something else

    >>> import tempfile
    >>> from foldline import Network
    >>> path = Network([[[1.0, 2.0]]], [[0.0]]).save(Path(tempfile.mkdtemp()) / "line.npz")
    >>> read_network(path).d_in
    2
    """
    return _only("read_network", Network, "a network", path, options)


def read_mesh(path: str | Path, **options: Any) -> Mesh:
    """Return the mesh of a file; the suffixes and options are those of ``read``.

    raises   as ``read``; InputError if the file holds something else
    """
    return _only("read_mesh", Mesh, "a mesh", path, options)


def read_samples(path: str | Path, **options: Any) -> Samples:
    """Return the samples of a table, an image, a signal or an elevation map; suffixes and options are ``read``'s.

    raises   as ``read``; InputError if the file holds something else
    """
    return _only("read_samples", Samples, "a table, an image, a signal or a map", path, options)


def _only(who: str, kind: type[Kind], wanted: str, path: str | Path, options: dict[str, Any]) -> Kind:
    value = read(path, **options)
    if not isinstance(value, kind):
        raise _another(who, wanted, path, value)
    return value


def _another(who: str, wanted: str, path: str | Path, value: object) -> InputError:
    kind = type(value).__name__
    instead = {"Network": "read_network", "Mesh": "read_mesh", "Samples": "read_samples"}.get(kind, "read")
    return InputError(f"{who} needs {wanted}; {Path(path).name} holds a {kind}. Use foldline.{instead}.")


def _check_options(row: Format, options: Mapping[str, Any], name: str) -> None:
    for option in options:
        if option not in row.options:
            takers = ", ".join(other.suffix for other in FORMATS if other.kind in VALUES and option in other.options)
            if takers:
                raise InputError(f"read needs {option} only for {takers}; got it for {name}. Leave it out.")
            close = get_close_matches(option, row.options, 1)
            hint = f"Did you mean {close[0]}?" if close else "Leave it out."
            known = ", ".join(row.options) or "none"
            raise InputError(f"read needs options that it knows ({known}); got {option} for {name}. {hint}")


def format_of(path: Path) -> Format:
    """Return the row of a name that is read.

    raises   InputError naming the suffix and the known ones

    >>> format_of(Path("rows.csv.gz")).kind
    'table'
    """
    suffix = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    rows = {row.suffix: row for row in FORMATS if row.kind in VALUES and row.read is not None}
    if suffix in rows:
        return rows[suffix]
    if suffix in PICKLES:
        raise InputError(
            f"read needs a file that cannot run code; got {path.name}, which may hold pickled objects and is never "
            "loaded. Save the network as .safetensors, .onnx or .npz (W0, b0, W1, b1, ...), a table as .csv."
        )
    for elsewhere, advice in ELSEWHERE.items():
        if suffix[suffix.rfind(".") :] in elsewhere.split():
            raise InputError(f"read needs a kind of file it knows; got {path.name!r}. {advice}")
    if suffix in TEXTS:
        raise InputError(
            f"read needs a kind of file it knows; got {path.name!r}. A table of text is read under the name .csv (.tsv "
            "where tabs separate its columns), points under .xyz, a map of heights under .asc: copy it to such a name."
        )
    known = ", ".join(rows)
    raise InputError(f"read needs a kind of file it knows ({known}); got {path.name!r}. Convert it to one of these.")


def suffixes(kind: str, d: int = 0) -> tuple[str, ...]:
    """Return the suffixes under which a kind of value is written, an answer for d inputs.

    >>> suffixes("decisions", 2)
    ('.csv', '.json', '.geojson', '.svg', '.png', '.pdf')
    """
    return tuple(row.suffix for row in FORMATS if row.kind == kind and row.make and (not row.d or d in row.d))


def maker(kind: str, path: Path, d: int = 0) -> Callable[[Any], bytes]:
    """Return what makes the bytes of a kind of value under a name, of an answer for d inputs.

    raises   FileError for a suffix that no such value is written under, InputError for one that holds answers for
             another number of inputs
    """
    rows = {row.suffix: row for row in FORMATS if row.kind == kind and row.make}
    row, known = rows.get(path.suffix.lower()), ", ".join(suffixes(kind, d))
    if row is None:
        raise FileError(f"save needs a name that ends in {known}; got {path.name!r}. Rename it.")
    if row.d and d not in row.d:
        raise InputError(
            f"save needs an answer for {' or '.join(map(str, row.d))} inputs for a {row.suffix} file; got {d}. "
            f"Name it {known}, or take a slice."
        )
    assert row.make is not None
    return row.make


def write(kind: str, value: Any, path: str | Path, d: int = 0, *, force: bool = False) -> Path:
    """Return the path after a value is written; the format follows the name.

    raises   as ``maker``; FileError for a path that cannot be written (see ``write_bytes``)
    """
    path = path_of("save", path)
    return write_bytes(path, maker(kind, path, d)(value), force=force)
