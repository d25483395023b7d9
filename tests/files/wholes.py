"""One whole file for every reader, and for every kind of file that takes another way through it."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

import foldline as fl
from foldline import Box, Mesh
from foldline.atomic import write_bytes
from foldline.cloud import Cloud
from foldline.exact.check.check import check
from foldline.files import read_regions, read_told
from foldline.files.cloud import cloud_bytes
from foldline.files.gltf import glb_bytes
from foldline.files.off import off_bytes
from foldline.files.ply import ply_bytes
from foldline.files.scene import read_scene, scene_files
from foldline.files.stl import stl_bytes
from foldline.files.voxels import binvox_bytes, volume_bytes
from foldline.fit.checkpoint import Checkpoint, about_of
from foldline.forms import form_at
from foldline.voxels import Sampled, Voxels

from ..graph.test_onnx_operators import conv_net
from .damage import Whole
from .networks import SHAPES
from .test_ascii_grid import HEADER, HEIGHTS
from .test_deepsdf import TABLE, decoder, experiment
from .test_elevation import geotiff
from .test_fields import field
from .test_layers import CASES, CHAINS, NAMINGS, state
from .test_mesh_kinds import CUBE, FANS, OCTAHEDRON, TRIANGLES, L, binary_ply, gltf, obj, ply, prism
from .test_network_files import nnet
from .test_onnx_file import model as graph_of
from .test_pcd import POINTS, UNITS, pcd
from .test_scenes import colmap, put, share, small
from .test_signal import tone
from .test_threemf import group, held, model, package, tetrahedron
from .test_tiff import tiff

# Tables

ROWS = 'id,colour,"a ""b""",when,p,y\n'
for i in range(9):
    ROWS += f'{i},{("red", "blue")[i % 2]},"{i / 7:.3f}",2024-01-{i + 1:02d},{i}%,{"uv"[i % 3 == 0]}\n'
ROWS += '9,red,"1.5\n",2024-01-31,9%,u\n,,,,,\n'
MARKED = "a;b;c\n" + "".join(f"1.23{i},5;{i};{i % 2}\n" for i in range(9))
SERIES = "t,left,right\n" + "".join(f"{i / 4},{i * i % 7},{3 - i}\n" for i in range(9))

TABLES = {
    "table": Whole("a.csv", ROWS.encode, {"missing": "drop", "strip": "%", "dates": True}),
    "table refused": Whole("a.csv", ROWS.replace("\n,,,,,\n", "\n").encode, {"strip": "%", "dates": True}),
    "table of marks": Whole("a.csv", MARKED.encode, {"sep": ";", "decimal": ",", "thousands": "."}),
    "table, marks unsaid": Whole("a.csv", MARKED.replace(",5", "").encode, {"sep": ";"}),
    "table utf-16": Whole(
        "a.csv",
        lambda: MARKED.replace(",5", "").encode("utf-16"),
        {"encoding": "utf-16", "sep": ";", "max_rows": 5},
    ),
    "table tsv": Whole(
        "a.tsv",
        lambda: ROWS.replace(",", "\t").partition("\n")[2].replace("\n\t\t\t\t\t\n", "\n").encode("cp1252"),
        {"encoding": "cp1252", "header": False, "strip": "%", "dates": True},
    ),
    "table gz": Whole("a.csv.gz", lambda: gzip.compress(MARKED.replace(",5", "").replace(";", ",").encode())),
    "table of a signal": Whole("a.csv", SERIES.encode),
}

# Pictures, maps and sounds


def picture(mode: str, kind: str, size: int = 9, **options: Any) -> bytes:
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 255, (size, size, 3), dtype=np.uint8)
    image = Image.fromarray(pixels if mode != "I;16" else pixels[:, :, 0].astype(np.uint16) * 257)
    file = io.BytesIO()
    (image if mode == "I;16" else image.convert(mode)).save(file, kind, **options)
    return file.getvalue()


def two_pictures() -> bytes:
    from PIL import Image

    file, one = io.BytesIO(), Image.fromarray(np.zeros((9, 9, 3), dtype=np.uint8))
    one.save(file, "MPO", save_all=True, append_images=[one])
    return file.getvalue()


def turned(orientation: int) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


def summed(data: bytes) -> bytes:
    """A PNG whose chunks have the sums that fit what is in them, so that damage goes deeper than these."""
    out, at = data[:8], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunk = data[at + 4 : at + 8 + size]
        out += data[at : at + 4] + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        at += 12 + size
    return out + data[at:]


def apart(path: Path) -> None:
    """Deep colours, packed, in tiles, one channel after the other."""
    import tifffile

    pixels = np.random.default_rng(4).integers(0, 65536, (3, 9, 9)).astype(np.uint16)
    told = {"photometric": "rgb", "planarconfig": "separate", "compression": "zlib", "tile": (16, 16)}
    tifffile.imwrite(path, pixels, **told)


def image(
    file: str, mode: str, kind: str, size: int = 9, pack: Callable[[bytes], bytes] = bytes, **options: Any
) -> Whole:
    return Whole(file, lambda: picture(mode, kind, size, **options), pack=pack)


def saved(save: Callable[[Path], object], name: str = "a") -> bytes:
    """The bytes of a file that is saved under a name."""
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / name)
        return (Path(folder) / name).read_bytes()


def wav(dtype: str, scale: float, n: int = 60) -> bytes:
    from scipy.io import wavfile

    return saved(lambda path: wavfile.write(path, 8000, (tone(n, 2) * scale).astype(dtype)))


def deep_wav() -> bytes:
    """24 bits in an extensible header, as recorders write."""
    samples = b"".join(struct.pack("<i", int(v * 2**22))[:3] for v in tone(60))
    guid = struct.pack("<HHIH", 22, 24, 4, 1) + bytes.fromhex("000000001000800000aa00389b71")
    head = struct.pack("<HHIIHH", 0xFFFE, 1, 8000, 24000, 3, 24) + guid
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def zipped(name: str, arrays: Mapping[str, Any]) -> Callable[[bytes], bytes]:
    """An archive with these arrays, in which one is what is damaged."""

    def pack(data: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for key, array in arrays.items():
                archive.writestr(f"{key}.npy", data if key == name else npy(array))
        return file.getvalue()

    return pack


GRID = "".join(f"{key} {word}\n" for key, word in HEADER.items()) + HEIGHTS
MAP = {"topo": np.arange(12.0).reshape(3, 4), "x": np.arange(4.0), "y": np.arange(3.0)}
TWELVE = Whole("a.tif", lambda: tiff([bytes(range(24))], ">", t258=[12], t262=[1], t277=[1]))

SAMPLES = {
    "ascii grid": Whole("a.asc", GRID.encode),
    "geotiff": Whole("a.tif", lambda: saved(geotiff)),
    "map in an archive": Whole("a.npz", lambda: npy(MAP["topo"]), pack=zipped("topo", MAP)),
    "png": image("a.png", "RGB", "PNG"),
    "png, its sums right": image("a.png", "RGB", "PNG", pack=summed),
    "png palette": image("a.png", "P", "PNG", pack=summed, transparency=3),
    "png alpha": image("a.png", "RGBA", "PNG", pack=summed, exif=turned(6)),
    "png 16": image("a.png", "I;16", "PNG", pack=summed),
    "jpg": image("a.jpg", "RGB", "JPEG", 17, exif=turned(8)),
    "jpg cmyk": image("a.jpeg", "CMYK", "JPEG", progressive=True),
    "jpg of two": Whole("a.jpg", two_pictures),
    "webp": image("a.webp", "RGBA", "WEBP"),
    "webp lossless": image("a.webp", "RGB", "WEBP", lossless=True, exif=turned(3)),
    "bmp": image("a.bmp", "RGB", "BMP"),
    "bmp palette": image("a.bmp", "P", "BMP"),
    "tif": image("a.tif", "RGB", "TIFF"),
    "tif lzw": image("a.tif", "L", "TIFF", compression="tiff_lzw"),
    "tif jpeg": image("a.tiff", "RGB", "TIFF", compression="jpeg"),
    "tif deflate": image("a.tif", "I;16", "TIFF", compression="tiff_deflate"),
    "tif fax": image("a.tif", "1", "TIFF", 24, compression="group4"),
    "tif, white first": Whole("a.tif", lambda: tiff([bytes(range(30))], t258=[16], t262=[0], t277=[1], t274=[6])),
    "tif apart": Whole("a.tif", lambda: saved(apart)),
    **({"tif of 12 bits": TWELVE} if importlib.util.find_spec("imagecodecs") else {}),
    "wav": Whole("a.wav", lambda: wav("<i2", 32767)),
    "wav of reals": Whole("a.wav", lambda: wav("<f4", 1)),
    "wav extensible": Whole("a.wav", deep_wav),
    "npy": Whole("a.npy", lambda: npy(tone(20, 2))),
    "signal in an archive": Whole("a.npz", lambda: npy(tone(9)), pack=zipped("y", {"y": 0, "t": np.arange(9.0)})),
}

# Meshes, clouds and volumes

BLOCK = prism(L)
BOX = Mesh.of_polygons(CUBE, TRIANGLES)
CORNERS = ["vertex " + " ".join(map(str, corner)) + "\n" for corner in CUBE]
FACETS = "".join(
    "facet normal 0 0 0\nouter loop\n" + "".join(CORNERS[i] for i in triangle) + "endloop\nendfacet\n"
    for triangle in TRIANGLES
)
MIRRORED = [{"children": [1], "scale": [-1, 1, 1]}, {"mesh": 0, "rotation": [0, 0, 0.6, 0.8]}]
COLOURED = (
    b"COFF8 12 0\n" + b"".join(b"%d %d %d 9 9 9 1\n" % tuple(v) for v in CUBE)
    + b"".join(b"3 %d %d %d 1 0 0\n" % tuple(t) for t in TRIANGLES)
)  # fmt: skip
PLACED = held(1, 'transform="-1 0 0 0 1 0 0 0 1 4 0 0"')


def as_they_are(vertices: list[list[float]], faces: list[list[int]]) -> Mesh:
    """Where ``Mesh.of_polygons`` would cut the concave ones."""
    return Mesh(vertices, [i for face in faces for i in face], np.cumsum([0, *map(len, faces)]).tolist())


def valued() -> bytes:
    block = as_they_are(*BLOCK)
    return ply_bytes(Mesh(block.vertices, block.corners, block.offsets, face_values={"region": np.arange(10)}))


MESHES = {
    "concave.off": Whole("a.off", lambda: off_bytes(as_they_are(*BLOCK))),
    "colours.off": Whole("a.off", lambda: COLOURED),
    "concave.obj": Whole("a.obj", obj(*BLOCK).replace(" 2 ", " 2 \\\n").encode),
    "marked.obj": Whole("a.obj", lambda: obj(CUBE, TRIANGLES).encode("utf-16")),
    "concave.ply": Whole("a.ply", ply(*BLOCK).encode),
    "ours.ply": Whole("a.ply", valued),
    "binary.ply": Whole("a.ply", lambda: binary_ply(*BLOCK)),
    "equal.ply": Whole("a.ply", lambda: binary_ply(CUBE, TRIANGLES)),
    "big.ply": Whole("a.ply", lambda: binary_ply(CUBE, TRIANGLES, ">")),
    "fans.ply": Whole(
        "a.ply",
        lambda: binary_ply(OCTAHEDRON, [[*FANS[0], -1, *FANS[1]]]).replace(b"element face", b"element trifans"),
    ),
    "text.stl": Whole("a.stl", f"solid a\n{FACETS}endsolid a\n".encode),
    "binary.stl": Whole("a.stl", lambda: stl_bytes(BOX)),
    "tree.gltf": Whole("a.gltf", lambda: json.dumps(gltf(CUBE, TRIANGLES, nodes=MIRRORED)).encode()),
    "box.glb": Whole("a.glb", lambda: glb_bytes(BOX)),
    "box.3mf": Whole("a.3mf", lambda: package(model(tetrahedron(1)))),
    "parts of a 3mf": Whole(
        "a.3mf",
        model(tetrahedron(1) + group(2, held(1), PLACED), '<item objectid="2"/>').encode,
        pack=lambda data: package(data),  # type: ignore[arg-type]
    ),
}
FILLED = np.random.default_rng(2).random((4, 4, 4)) < 0.5
UNIT = Box([0, 0, 0], [1, 1, 1])
CLOUDS = {
    "points.pcd": Whole("a.pcd", lambda: pcd(POINTS, UNITS)),
    "binary.pcd": Whole("a.pcd", lambda: pcd(POINTS, UNITS, data="binary")),
    "packed.pcd": Whole("a.pcd", lambda: pcd(POINTS, UNITS, data="binary_compressed")),
    "points.xyz": Whole("a.xyz", lambda: cloud_bytes(Cloud(POINTS, UNITS), ".xyz")),
    "points.pts": Whole("a.pts", lambda: b"40\n" + cloud_bytes(Cloud(POINTS), ".xyz")),
    "points.ply": Whole("a.ply", lambda: cloud_bytes(Cloud(POINTS, UNITS), ".ply")),
    "points.npy": Whole("a.npy", lambda: cloud_bytes(Cloud(POINTS, UNITS), ".npy")),
    "box.binvox": Whole("a.binvox", lambda: binvox_bytes(Voxels(FILLED, UNIT)), reader=form_at),
    "volume.npz": Whole("a.npz", lambda: volume_bytes(Sampled(FILLED - 0.5, UNIT)), reader=form_at),
}

# Networks


def ours(suffix: str, net: fl.Network = SHAPES["relu"]) -> Whole:
    return Whole(f"net{suffix}", lambda: saved(net.save, f"net{suffix}"))


def state_dict() -> bytes:
    import torch

    held = {"epoch": 3, "model_state_dict": state(*CHAINS["words of a body"])}
    return saved(lambda path: torch.save(held, path))


def listed() -> bytes:
    from safetensors.torch import save

    return save(state(*CHAINS["an autoencoder"]))


def specs(folder: Path) -> None:
    """An experiment around what describes it."""
    if not (folder / "ModelParameters").exists():
        experiment(folder, decoder(), latents=TABLE)


def described() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return (experiment(Path(folder), decoder(), latents=TABLE) / "specs.json").read_bytes()


def case(name: str) -> Whole:
    def beside(folder: Path) -> None:
        write_bytes(folder / "default_export.onnx.data", (CASES / "default_export.onnx.data").read_bytes(), force=True)

    return Whole("net.onnx", (CASES / f"{name}.onnx").read_bytes, beside=beside)


KERAS = NAMINGS["keras"][0]
NETWORKS = {
    "ours in safetensors": ours(".safetensors"),
    "ours in npz": ours(".npz"),
    "ours in onnx": ours(".onnx"),
    "a field in safetensors": ours(".safetensors", field(2)),
    "a field in onnx": ours(".onnx", field(1)),
    "a state_dict in safetensors": Whole("net.safetensors", listed),
    "named arrays": Whole("net.npz", lambda: saved(lambda path: np.savez(path, **KERAS), "a.npz")),
    "an array inside": Whole("net.npz", lambda: npy(KERAS["dense/kernel:0"]), pack=zipped("dense/kernel:0", KERAS)),
    "a convolution": Whole("net.onnx", lambda: graph_of(*conv_net(1), ["N", 1, 4, 4]).SerializeToString()),
    "a checkpoint": Whole("net.pt", state_dict),
    "nnet": Whole("net.nnet", lambda: saved(lambda path: nnet(path, "1,2,3", "2,4,8"), "net.nnet")),
    "deepsdf": Whole("specs.json", described, beside=specs),
    **{name: case(name) for name in ("wn_tsTrue", "mlpc_nozipmap", "where_relu", "default_export")},
}

# What is read of our own work, and folders


@lru_cache
def question(d: int) -> tuple[fl.Network, bytes]:
    widths = (d, 4, 4, 1)
    rng = np.random.default_rng(d)
    pairs = list(zip(widths[1:], widths, strict=False))
    net = fl.Network([rng.normal(size=pair) for pair in pairs], [rng.normal(size=b) for b, _ in pairs])
    return net, saved(fl.regions(net, Box([-1.0] * d, [1.5] * d)).save, "a.npz")


def proved(d: int, path: Path) -> object:
    return check(question(d)[0], read_regions(path))


def answer(d: int) -> Whole:
    return Whole("a.npz", lambda: question(d)[1], reader=partial(proved, d))


def document(d: int, ask: Callable[[fl.Network, Box], Any]) -> Whole:
    """What an answer tells, without its network."""
    return Whole(
        "a.json", lambda: saved(ask(question(d)[0], Box([-1.0] * d, [1.5] * d)).save, "a.json"), reader=read_told
    )


def inside(d: int, part: str) -> Whole:
    """One array of an answer."""

    def arrays() -> dict[str, Any]:
        with np.load(io.BytesIO(question(d)[1])) as archive:
            return dict(archive)

    return Whole(
        "a.npz", lambda: npy(arrays()[part]), pack=lambda data: zipped(part, arrays())(data), reader=partial(proved, d)
    )


SAMPLED = fl.Samples(np.linspace(0, 1, 30)[:, None], np.linspace(0, 1, 30))
STEPS = {"hidden": (4,), "steps": 20, "seed": 0}


def put_aside() -> bytes:
    return saved(lambda path: fl.fit(SAMPLED, **STEPS, checkpoint=path), "fit.ckpt")


def gone_on(path: Path) -> object:
    about_of(path)
    return fl.fit(SAMPLED, **STEPS, checkpoint=Checkpoint(path, seconds=1e9))


def transforms() -> bytes:
    told = json.loads(scene_files(small())["transforms.json"])
    share(told)
    return json.dumps(told).encode()


def scene(folder: Path) -> None:
    if not (folder / "images").exists():
        put(folder, scene_files(small()))


def sparse(binary: bool, folder: Path) -> None:
    if not (folder / "images").exists():
        colmap(folder, small(), "OPENCV", binary)


def cameras(name: str, binary: bool) -> Whole:
    file = f"sparse/0/{name}.{'bin' if binary else 'txt'}"

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return (colmap(Path(folder), small(), "OPENCV", binary) / file).read_bytes()

    return Whole(file, make, beside=partial(sparse, binary), reader=lambda path: read_scene(path.parents[2]))


PROJECTS = {
    **{f"an answer for {d} inputs": answer(d) for d in (1, 2, 4)},
    **{f"{part} of an answer": inside(2, part) for part in ("vertices", "edges", "loop_start", "patterns", "regions")},
    "sides of an answer": inside(4, "sides"),
    "regions told": document(2, fl.regions),
    "decisions told": document(1, fl.decisions),
    "a boundary told": document(3, fl.boundary),
    "a fit put aside": Whole("fit.ckpt", put_aside, reader=gone_on),
    "transforms.json": Whole("transforms.json", transforms, beside=scene, reader=lambda path: read_scene(path.parent)),
    **{
        f"{name} in {'binary' if binary else 'text'}": cameras(name, binary)
        for name in ("cameras", "images", "points3D")
        for binary in (True, False)
    },
}

WHOLES: dict[str, Whole] = TABLES | SAMPLES | MESHES | CLOUDS | NETWORKS | PROJECTS
