"""Which reader a file gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileError, InputError
from .image import read_image
from .mesh_reading import read_gltf, read_obj, read_off, read_ply, read_stl
from .nnet import read_nnet
from .npz import read_npz
from .onnx_reading import read_onnx
from .safetensors_reading import read_safetensors
from .table import read_table
from .torch_state import read_torch

if TYPE_CHECKING:
    from ..mesh import Mesh
    from ..network import Network
    from ..samples import Samples

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

READERS: dict[str, Callable[[Path], Any]] = {
    ".safetensors": read_safetensors,
    ".onnx": read_onnx,
    ".npz": read_npz,
    ".nnet": read_nnet,
    ".pt": read_torch,
    ".pth": read_torch,
    ".ply": read_ply,
    ".obj": read_obj,
    ".stl": read_stl,
    ".off": read_off,
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".png": read_image,
    ".jpg": read_image,
    ".jpeg": read_image,
}

PICKLES = (".pkl", ".pickle", ".joblib", ".sav", ".npy")


def read(path: str | Path, **options: Any) -> Network | Mesh | Samples:
    """Return what a file holds: a Network, a Mesh or Samples, by its suffix and its content.

    networks   .safetensors, .onnx, .npz, .nnet, .pt / .pth (a state_dict)
    meshes     .ply, .obj, .stl, .off, .glb, .gltf
    samples    .csv, .tsv (also .gz; the options are those of ``read_table``), .png, .jpg
    raises     FileError if the path cannot be read, InputError if the file is not what its name says or is of a kind
               foldline does not know, NetworkError for a network foldline cannot hold; no code in a file is ever run

    >>> import tempfile
    >>> from foldline import Network
    >>> net = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> read(net.save(Path(tempfile.mkdtemp()) / "xor.npz")).hidden
    (2,)
    """
    path = Path(path)
    suffix = kind_of(path)
    check_readable(path)
    if suffix in TABLES:
        return read_table(path, **options)
    if options:
        raise InputError(
            f"read needs options only for tables; got {', '.join(options)} for {path.name}. Leave them out."
        )
    value: Network | Mesh | Samples = READERS[suffix](path)
    return value


def kind_of(path: Path) -> str:
    """Return the known suffix of a name.

    raises   InputError naming the suffix and the known ones
    """
    suffix = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if suffix in READERS or suffix in TABLES:
        return suffix
    known = ", ".join((*READERS, *TABLES))
    if suffix in PICKLES:
        raise InputError(
            f"read needs a file that cannot run code; got {path.name}, which may hold pickled objects and is never "
            "loaded. Save the network as .safetensors, .onnx or .npz (W0, b0, W1, b1, ...), a table as .csv."
        )
    raise InputError(f"read needs a kind of file it knows ({known}); got {path.name!r}. Convert it to one of these.")


def check_readable(path: Path) -> None:
    """Raise FileError unless a path is a file that can be opened."""
    try:
        if path.is_dir():
            raise FileError(f"read needs a file; got the folder {path}. Name a file in it.")
        with open(path, "rb"):
            pass
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"read needs a file it can open; got {path} ({error.strerror}). Check the name.") from error
