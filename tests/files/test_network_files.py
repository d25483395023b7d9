"""A network comes back from every format with the numbers it went in with."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Network, read
from foldline.errors import FileError, FoldlineError, InputError, NetworkError
from foldline.files.safetensors import tensors_of
from foldline.graph.torch_module import arrays_of

from .networks import FILES, SHAPES, again, assert_same


@pytest.mark.parametrize("suffix", ["safetensors", "npz", "onnx"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_saved_network_is_read_unchanged(tmp_path: Path, name: str, suffix: str) -> None:
    back = again(SHAPES[name], tmp_path / f"net.{suffix}")
    assert_same(SHAPES[name], back)
    assert dict(back.meta) == dict(SHAPES[name].meta)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_known_networks_pass_through_every_format(tmp_path: Path, file: Path) -> None:
    net = read(file)
    assert isinstance(net, Network) and {"lo", "hi"} <= net.meta.keys()
    for suffix in ("safetensors", "npz", "onnx"):
        assert_same(net, again(net, tmp_path / f"net.{suffix}"))


@pytest.mark.parametrize("name", SHAPES)
def test_a_network_survives_torch(name: str) -> None:
    import torch

    net = SHAPES[name]
    module = net.to_torch()
    x = np.random.default_rng(0).normal(size=(20, net.d_in))
    with torch.no_grad():
        y = module(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(net(x), y, rtol=1e-12, atol=1e-12)
    assert_same(net, Network.from_torch(module))


def test_safetensors_agree_with_the_reference_library(tmp_path: Path) -> None:
    import safetensors.numpy

    net = SHAPES["slopes"]
    arrays = safetensors.numpy.load_file(net.save(tmp_path / "net.safetensors"))
    assert arrays["weights.0"].tolist() == net.weights[0].tolist()
    assert arrays["slopes.1"].tolist() == net.slopes[1].tolist()


def test_a_state_dict_in_safetensors_is_read_in_its_order(tmp_path: Path) -> None:
    import safetensors.numpy

    net = SHAPES["float32"]
    arrays = {}
    for i, (W, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        arrays |= {f"{9 + i}.weight": W.astype(np.float32), f"{9 + i}.bias": b.astype(np.float32)}
    safetensors.numpy.save_file(arrays, tmp_path / "net.safetensors")
    assert_same(net, read(tmp_path / "net.safetensors"))  # type: ignore[arg-type]


def test_bfloat16_float8_and_integers_keep_their_value() -> None:
    import torch
    from safetensors.torch import save

    kinds = ("bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "int32", "int64")
    for kind in kinds:
        codes = torch.arange(120 if "float8" in kind or "int" in kind else 30000)
        narrow = (
            codes.to(torch.uint8).view(getattr(torch, kind)) if "float8" in kind else codes.to(getattr(torch, kind))
        )
        arrays, _ = tensors_of(save({"t": narrow}), "t")
        np.testing.assert_array_equal(arrays["t"], narrow.to(torch.float64).numpy(), err_msg=kind)


WHOLE = [np.array([[1, 2], [-3, 4]]), np.array([0, 1]), np.array([[1, -1]]), np.array([2])]
LAYERS = ("0.weight", "0.bias", "2.weight", "2.bias")


def written(path: Path, kind: str) -> Path:
    """A network of whole numbers of one type."""
    import torch
    from safetensors.numpy import save_file

    arrays = dict(zip(LAYERS, [a.astype(kind) for a in WHOLE], strict=True))
    if path.suffix == ".npz":
        np.savez(path, **arrays)  # type: ignore[arg-type]
    elif path.suffix == ".pt":
        torch.save({key: torch.from_numpy(a) for key, a in arrays.items()}, path)
    else:
        save_file(arrays, path)
    return path


@pytest.mark.parametrize("suffix", (".npz", ".pt", ".safetensors"))
@pytest.mark.parametrize("kind", ("int8", "int16", "int32", "int64"))
def test_integers_are_weights_where_no_scale_is_lacking(tmp_path: Path, suffix: str, kind: str) -> None:
    path = written(tmp_path / f"a{suffix}", kind)
    if kind in ("int32", "int64"):
        assert_same(Network(WHOLE[::2], WHOLE[1::2]), read(path))  # type: ignore[arg-type]
    else:
        with pytest.raises(InputError, match=r"of (int|I)\d+: .* only times a scale \(the file has none\)"):
            read(path)


def test_a_scale_beside_quantised_weights_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", W0=np.ones((1, 2), np.int8), b0=np.zeros(1), W0_scale=np.float32(0.5))
    with pytest.raises(InputError, match=r"beside it: W0_scale.*DequantizeLinear"):
        read(tmp_path / "a.npz")


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_quantised_tensors_and_torchscript_are_called_so(tmp_path: Path) -> None:
    import torch

    q = torch.quantize_per_tensor(torch.ones(1, 2), 0.01, 0, torch.qint8)
    torch.save({"0.weight": q}, tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"got '0.weight' of qint8.*dequantize"):
        read(tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "b.pt", "w") as archive:  # as torch.jit.save lays it out
        archive.writestr("net/code/__torch__.py", "")
    with pytest.raises(InputError, match="it is TorchScript, code that is never run"):
        read(tmp_path / "b.pt")


# Bad network files: (row of the catalogue, file name, bytes, message)


def packed(header: Any, body: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensor(begin: int = 0, end: int = 8, shape: Any = (1,), dtype: str = "F64") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def newer() -> bytes:
    return packed({"__metadata__": {"format": "foldline", "schema": "9", "foldline": "0.9"}, "a": tensor()}, bytes(8))


def archived(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def damaged(data: bytes) -> bytes:
    return data[:60] + bytes(20) + data[80:]


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W0.npy", b"")
    data = bytearray(file.getvalue())
    at = data.rindex(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 2**32 - 2)
    return bytes(data)


# Texts that crash who makes Python ones of them, in both orders of bytes and in a field.
WILD = [np.array([0x220022, 65], kind).view(kind.replace("u4", "U2")) for kind in ("<u4", ">u4")]
WILD.append(WILD[0].view([("text", "<U2")]))
OBJECTS = np.array([print], dtype=object)
DESCRIBED = {"format": "foldline", "schema": "1", "foldline": "0.1.0", "network": "{}"}
NNET = "// made\n1,2,1,2,\n2,1,\n0,\n-1,-1,\n1,1,\n0,0,0,\n1,1,1,\n1,2,\n3,\n"

BAD_FILES: list[tuple[int, str, bytes, str]] = [
    (46, "a.safetensors", packed(b"{}", length=2**63), "header too large"),
    (46, "a.safetensors", packed(b"{}", length=100_000_001), "header too large"),
    (47, "a.safetensors", packed({"a": tensor(8, 16)}, bytes(16)), "a hole before 'a'"),
    (47, "a.safetensors", packed({"a": tensor(), "b": tensor(4, 12)}, bytes(12)), "an overlap before 'b'"),
    (47, "a.safetensors", packed({"a": tensor()}, bytes(9)), "1 trailing"),
    (47, "a.safetensors", packed({"a": tensor()}, bytes(7)), "truncated"),
    (47, "a.safetensors", packed(b"{}", length=9), "truncated"),
    (47, "a.safetensors", b"\0\0\0", "3 bytes: truncated"),
    (47, "a.safetensors", packed({"a": tensor(shape=(2**40, 2**40))}, bytes(8)), "needs 96714065569170333976"),
    (47, "a.safetensors", packed({"a": tensor(shape=(-1,))}, bytes(8)), "needs dtype, shape and data_offsets"),
    (47, "a.safetensors", packed({"a": 3}), "needs dtype, shape and data_offsets"),
    (47, "a.safetensors", packed(b"[1]"), "a JSON object; got list"),
    (47, "a.safetensors", packed(b'{"a": ' + b"1" * 5000 + b"}"), "usable numbers"),
    (47, "a.safetensors", packed({"__metadata__": {"a": 1}}), "text metadata"),
    (47, "a.safetensors", b"this is no such file", "header too large|truncated"),
    (47, "a.safetensors", packed(b"{not json"), "needs JSON"),
    (48, "a.safetensors", packed(b'{"a": 1, "a": 2}'), "'a' twice"),
    (49, "a.safetensors", packed({"a": tensor(end=1, dtype="F4")}, b"0"), "got 'F4', which has no exact float64"),
    (49, "a.safetensors", packed({"a": tensor(dtype="I64")}, struct.pack("<q", 2**53 + 1)), "integers up to 2\\^53"),
    (63, "a.safetensors", newer(), "made by foldline 0.9, this is"),
    (63, "a.safetensors", packed({"__metadata__": {"format": "foldline", "schema": "x"}}), "a schema number"),
    (63, "a.safetensors", packed({"__metadata__": DESCRIBED}), "its description whole"),
    (63, "a.safetensors", packed({"__metadata__": DESCRIBED | {"network": "{"}}), "its description whole"),
    (47, "a.safetensors", packed({"x": tensor()}, bytes(8)), "linear layers"),
    (52, "a.npz", archived(W0=OBJECTS, b0=np.zeros(1)), "Python objects, which are never loaded"),
    *((52, "a.npz", archived(W0=np.zeros(1), note=note), "a text of numbers that are no characters") for note in WILD),
    (52, "a.npy", b"\x93NUMPY", "one plain array"),
    (53, "a.pkl", b"\x80\x04.", "never loaded"),
    (53, "a.joblib", b"\x80\x04.", "never loaded"),
    (51, "a.npz", b"text", "not an .npz archive"),
    (51, "a.npz", archived(x=np.zeros(1)), "arrays W0, b0, W1, b1, ...; got x"),
    (51, "a.npz", archived(W0=np.zeros((1, 2))), "without b0"),
    (51, "a.npz", archived(W0=np.array(["a"]), b0=np.zeros(1)), "real numbers; got type"),
    (51, "a.npz", bomb(), "bytes unpacked.*Give --max-bytes"),
    (51, "a.npz", archived(W0=np.eye(1), b0=np.zeros(1), foldline=np.array("{")), "a JSON description"),
    (51, "a.npz", archived(W0=np.eye(1), b0=np.zeros(1), foldline=np.array("[]")), "a JSON description"),
    (39, "a.npz", archived(W0=np.array([[1, np.nan]]), b0=np.zeros(1)), r"weights\[0\]\[0, 1\] = nan"),
    (40, "a.npz", archived(W0=np.eye(3), b0=np.zeros(3), W1=np.ones((1, 2)), b1=np.zeros(1)), "shapes that chain"),
    (50, "a.pt", b"", "the file is empty"),
    (51, "a.pt", b"just some text", "not a state_dict"),
    (51, "a.nnet", b"\xff\xfe", "not a .nnet"),
    (51, "a.nnet", NNET[:40].encode(), "truncated|numbers here"),
    (51, "a.nnet", NNET.replace("1,2,\n3", "1,2,3,\n3").encode(), "line 9: a .nnet needs 2 numbers here; got 3"),
    (51, "a.nnet", NNET.replace("1,2,\n3", "1,x,\n3").encode(), "needs numbers"),
    (39, "a.nnet", NNET.replace("1,2,\n3", "1,nan,\n3").encode(), "finite numbers"),
    (51, "a.nnet", NNET.replace("2,1,\n0", "2,1.5,\n0").encode(), "whole sizes"),
    (51, "a.nnet", NNET.replace("2,1,\n0", "2,\n0").encode(), "n \\+ 1 sizes"),
    (51, "a.nnet", NNET.replace("1,1,1,", "0,1,1,").encode(), "ranges that are not 0"),
    (51, "a.nnet", NNET.replace("1,1,1,", "1e-320,1,1,").encode(), "ranges that are not 0; got range 0 = 9.99989e-321"),
    (51, "a.nnet", NNET.replace("1,1,1,", "1,1,0,").encode(), "ranges that are not 0; got range 2 = 0"),
    (38, "a.h5", b"", "a kind of file it knows; got 'a.h5'. If it is a Keras model, export it"),
    (38, "a", b"", "a kind of file it knows"),
]


@pytest.mark.parametrize(("row", "name", "data", "message"), BAD_FILES)
def test_a_bad_network_file_is_refused_by_name(tmp_path: Path, row: int, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FoldlineError, match=message) as caught:
        read(tmp_path / name)
    assert caught.value.exit_code == 2


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"a file it can open; got .*net.npz \(No such file"):
        read(tmp_path / "net.npz")
    (tmp_path / "net.npz").mkdir()
    with pytest.raises(FileError, match="a file; got the folder"):
        read(tmp_path / "net.npz")


def test_options_belong_to_tables(tmp_path: Path) -> None:
    net = SHAPES["relu"].save(tmp_path / "net.npz")
    with pytest.raises(InputError, match=r"needs sep only for .csv, .tsv, .csv.gz, .tsv.gz; got it for net.npz"):
        read(net, sep=";")


@pytest.mark.parametrize("suffix", ["txt", "safetensor"])
def test_a_network_is_saved_only_under_a_known_suffix(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(FileError, match=r"a name that ends in .safetensors, .npz, .onnx"):
        SHAPES["relu"].save(tmp_path / f"net.{suffix}")


def test_meta_is_json_or_refused(tmp_path: Path) -> None:
    net = Network([[[1.0]]], [[0.0]], meta={"a": np.arange(2), "b": {"c": np.float64(1)}})
    assert dict(again(net, tmp_path / "net.safetensors").meta) == {"a": [0, 1], "b": {"c": 1.0}}
    with pytest.raises(NetworkError, match="meta of JSON values; got a object"):
        Network([[[1.0]]], [[0.0]], meta={"a": object()}).save(tmp_path / "no.npz")


# torch files


def test_a_state_dict_is_read_and_says_what_it_assumed(tmp_path: Path) -> None:
    import torch

    net = SHAPES["relu"]
    torch.save({"state_dict": net.to_torch().state_dict()}, tmp_path / "net.pt")
    back = read(tmp_path / "net.pt")
    assert isinstance(back, Network)
    assert_same(net, back)
    assert back.assumed[0].startswith("assumed relu for the hidden units")


def test_the_slopes_of_a_prelu_are_in_its_state_dict(tmp_path: Path) -> None:
    import torch

    torch.save(SHAPES["slopes"].to_torch().state_dict(), tmp_path / "net.pth")
    assert_same(SHAPES["slopes"], read(tmp_path / "net.pth"))  # type: ignore[arg-type]


def torch_content(kind: str) -> Any:
    import torch
    from torch import nn

    return {
        "module": lambda: nn.Linear(2, 1),
        "list": lambda: [1, 2],
        "number": lambda: {"a": 3},
        "batchnorm": lambda: nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1)).state_dict(),
        "prelu last": lambda: nn.Sequential(nn.Linear(2, 2), nn.PReLU(2)).state_dict(),
        "code": lambda: {"a": torch.ones(1), "b": print},
    }[kind]()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("module", "it holds code, which is never run"),
        ("code", "it holds code, which is never run"),
        ("list", "it holds a list"),
        ("number", r"it holds 'a' \(int\)"),
        ("batchnorm", "got '1' with weight .*, bias .*, running_mean"),
        ("prelu last", "a linear output layer"),
    ],
)
def test_a_torch_file_that_is_no_state_dict_is_refused(tmp_path: Path, kind: str, message: str) -> None:
    import torch

    torch.save(torch_content(kind), tmp_path / "net.pt")
    with pytest.raises(FoldlineError, match=message):
        read(tmp_path / "net.pt")


def test_a_torch_module_of_other_parts_is_refused_by_name() -> None:
    from torch import nn

    cases: list[tuple[Any, str]] = [
        (nn.Sequential(nn.Linear(2, 2), nn.GELU()), "got GELU.* as '1'"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softplus(2, 9)), r"got 2 and 9 in module '1' \(Softplus\)"),
        (nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(3, 1))), "3 columns after 2 values in module '1.0'"),
        (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), "in training. Call eval.* in module '1'"),
        (nn.ReLU(), "at least one Linear layer; got ReLU"),
    ]
    for module, message in cases:
        with pytest.raises(NetworkError, match=message):
            Network.from_torch(module)


def test_an_absolute_value_has_no_torch_module() -> None:
    with pytest.raises(NetworkError, match="got 'abs' in layer 1"):
        Network([[[1.0]], [[1.0]]], [[0.0], [0.0]], "abs").to_torch()


def test_batch_normalisation_is_folded_wherever_it_stands() -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    module = nn.Sequential(
        nn.BatchNorm1d(3),
        nn.Linear(3, 4),
        nn.BatchNorm1d(4),
        nn.ReLU(),
        nn.BatchNorm1d(4),
        nn.Dropout(),
        nn.Linear(4, 2),
    ).double()
    module(torch.randn(50, 3, dtype=torch.float64))
    module.eval()
    x = torch.randn(20, 3, dtype=torch.float64)
    np.testing.assert_allclose(Network(**arrays_of(module))(x.numpy()), module(x).detach().numpy(), rtol=1e-12)


# .nnet


def nnet(path: Path, mean: str, ranges: str) -> Network:
    text = f"// made by hand\n2,2,1,2,\n2,2,1,\n0,\n-1,-2,\n1,2,\n{mean}\n{ranges}\n1,2,\n3,4,\n.5,\n-1,\n1,-1,\n2,\n"
    path.write_text(text)
    value = read(path)
    assert isinstance(value, Network)
    return value


@pytest.mark.parametrize(
    ("mean", "ranges", "n_layers"),
    [("0,0,0", "1,1,1", 2), ("1,2,3", "2,4,8", 2), ("0.1,0.3,0.7", "3,7,11", 5), ("0.1,1e-9,0.1", "2,2,1", 4)],
)
def test_nnet_normalisation_is_folded_only_where_that_is_exact(
    tmp_path: Path, mean: str, ranges: str, n_layers: int
) -> None:
    net = nnet(tmp_path / "net.nnet", mean, ranges)
    m, r = np.array(mean.split(","), dtype=float), np.array(ranges.split(","), dtype=float)
    x = np.random.default_rng(1).normal(size=(50, 2))
    h = np.maximum((x - m[:2]) / r[:2] @ np.array([[1, 3], [2, 4]]) + [0.5, -1], 0)
    np.testing.assert_allclose(net(x), (h @ np.array([[1], [-1]]) + 2) * r[2] + m[2], rtol=1e-12, atol=1e-12)
    assert net.n_layers == n_layers
    assert net.meta["lo"] == [-1, -2]


@pytest.mark.parametrize(("mean", "ranges"), [("1e308,1e308,0", "1,1,1"), ("0,0,0", "1e-308,1,1")])
def test_nnet_normalisation_that_would_overflow_folded_is_kept_apart(tmp_path: Path, mean: str, ranges: str) -> None:
    net = nnet(tmp_path / "net.nnet", mean, ranges)
    assert net.n_layers > 2
    assert all(np.isfinite(numbers).all() for numbers in (*net.weights, *net.biases))
