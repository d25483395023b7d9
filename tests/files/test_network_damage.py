"""Network files cut anywhere or changed by some bytes: a network or our own refusal, soon and in little memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ..graph.random_graphs import MAKERS, random_graph
from .networks import SHAPES
from .test_layers import CASES, CHAINS, NAMINGS, state
from .test_network_files import nnet

SECONDS, KILOBYTES = 10.0, 1_000_000


def ours(suffix: str) -> Callable[[Path], bytes]:
    return lambda folder: SHAPES["relu"].save(folder / f"net{suffix}").read_bytes()


def state_dict(folder: Path) -> bytes:
    import torch

    torch.save({"epoch": 3, "model_state_dict": state(*CHAINS["words of a body"])}, folder / "net.pt")
    return (folder / "net.pt").read_bytes()


def listed(folder: Path) -> bytes:
    from safetensors.torch import save

    return save(state(*CHAINS["an autoencoder"]))


def archive(folder: Path) -> bytes:
    np.savez(folder / "net.npz", **NAMINGS["keras"][0])
    return (folder / "net.npz").read_bytes()


def acas(folder: Path) -> bytes:
    nnet(folder / "net.nnet", "1,2,3", "2,4,8")
    return (folder / "net.nnet").read_bytes()


WHOLE: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "ours in safetensors": (".safetensors", ours(".safetensors")),
    "ours in npz": (".npz", ours(".npz")),
    "ours in onnx": (".onnx", ours(".onnx")),
    "a state_dict in safetensors": (".safetensors", listed),
    "named arrays": (".npz", archive),
    "a checkpoint": (".pt", state_dict),
    "nnet": (".nnet", acas),
    **{
        name: (".onnx", lambda folder, name=name: (CASES / f"{name}.onnx").read_bytes())  # type: ignore[misc]
        for name in ("wn_tsTrue", "mlpc_nozipmap", "where_relu", "default_export")
    },
}


def beside(folder: Path) -> None:
    """The numbers that one of the models keeps in a file beside it."""
    (folder / "default_export.onnx.data").write_bytes((CASES / "default_export.onnx.data").read_bytes())


def flipped(data: bytes, n: int, seed: int) -> Iterator[bytes]:
    """Copies with one to four bytes replaced."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        copy = bytearray(data)
        for at in rng.integers(0, len(data), rng.integers(1, 5)):
            copy[at] = rng.integers(256)
        yield bytes(copy)


def survives(path: Path, damaged: Iterator[bytes], reader: Callable[[Path], object]) -> int:
    """How many damaged files are refused; each soon, and all in little memory."""
    refused, before = 0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in damaged:
        path.write_bytes(data)
        begin = time.process_time()
        refused += reader(path) is None
        assert time.process_time() - begin < SECONDS, data
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < KILOBYTES
    return refused


@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_or_changed_file_is_refused_or_read(tmp_path: Path, name: str, reader: Callable[[Path], object]) -> None:
    suffix, make = WHOLE[name]
    data = make(tmp_path)
    beside(tmp_path)
    prefixes = (data[:k] for k in range(0, len(data), max(1, len(data) // 25)))
    assert survives(tmp_path / f"bad{suffix}", prefixes, reader) > 20
    survives(tmp_path / f"bad{suffix}", flipped(data, 40, seed=1), reader)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", WHOLE)
def test_every_prefix_and_ten_thousand_flips_are_refused_or_read(
    tmp_path: Path, name: str, reader: Callable[[Path], object]
) -> None:
    suffix, make = WHOLE[name]
    data = make(tmp_path)
    beside(tmp_path)
    survives(tmp_path / f"bad{suffix}", (data[:k] for k in range(len(data))), reader)
    survives(tmp_path / f"bad{suffix}", flipped(data, 10_000, seed=2), reader)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(len(MAKERS)))
def test_damaged_graphs_of_every_operator_are_refused_or_read(
    tmp_path: Path, seed: int, reader: Callable[[Path], object]
) -> None:
    data = random_graph(seed)[0].SerializeToString()
    survives(tmp_path / "bad.onnx", flipped(data, 300, seed), reader)
