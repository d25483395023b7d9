"""DeepSDF experiments: eight trained by others, and made ones; held against their decoders in PyTorch."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import foldline as fl
from foldline.errors import InputError, NetworkError
from foldline.files.deepsdf import read_deepsdf

FOUND = importlib.util.find_spec("DeepSDFStruct")  # its own imports take seconds; the decoder's file needs torch alone
PACKAGE = Path(FOUND.submodule_search_locations[0]) if FOUND and FOUND.submodule_search_locations else Path("none")
TRAINED = sorted(path.parents[1] for path in PACKAGE.glob("trained_models/*/ModelParameters/latest.pth"))
needs_package = pytest.mark.skipif(FOUND is None, reason="needs deepsdfstruct")


def decoder_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("decoder", PACKAGE / "deep_sdf/networks/deep_sdf_decoder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def theirs(folder: Path) -> torch.nn.Module:
    specs = json.loads((folder / "specs.json").read_text())
    specs["NetworkSpecs"].pop("homogen_predictor_dims", None)  # of a network beside the decoder, without weights here
    made = decoder_module().DeepSDFDecoder(specs["CodeLength"], **specs["NetworkSpecs"])
    state = torch.load(folder / "ModelParameters/latest.pth", map_location="cpu", weights_only=True)["model_state_dict"]
    made.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})
    return made.eval()


@needs_package
def test_there_are_eight() -> None:
    assert len(TRAINED) == 8


@needs_package
@pytest.mark.parametrize("folder", TRAINED, ids=lambda folder: folder.name)
def test_a_trained_decoder_opens_with_its_codes_and_gives_the_values_of_pytorch(folder: Path) -> None:
    network = fl.read(folder)
    assert network.codes is not None and network.d_in - network.codes.d == 3 and network.piecewise_linear
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(network.codes), 400)
    x = np.hstack([network.codes.values[rows], rng.uniform(-1, 1, (400, 3))]).astype(np.float32)
    with torch.no_grad():
        expected = theirs(folder)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(network(x), expected, atol=1e-5)
    assert 0 < np.abs(network(x) - expected).max()  # float32 there
    named = fl.read(folder / "ModelParameters" / "latest.pth"), fl.read(folder / "specs.json")
    assert all(np.array_equal(one.weights[2], network.weights[2]) for one in named)
    if folder.name == "analytic_round_cross":
        assert "may compute something else" in " ".join(network.assumed)


@needs_package
def test_the_surface_of_a_trained_decoder_is_exact_at_one_of_its_codes() -> None:
    network = fl.read(PACKAGE / "trained_models/test_experiment_homogenization").fixed("3")
    found = fl.surface(network, fl.Box([-1] * 3, [1] * 3), level=float(np.median(network(np.zeros((1, 3))))))
    assert found.certified and found.complete and found.max_abs_value < 1e-12


def decoder(*, norm: str = "none", xyz: bool = False, tanh: bool = False, d: int = 3) -> torch.nn.Module:
    """Park et al.'s decoder, written anew: dims 8, 8, 8, 8; the input again at layer 2, or the point everywhere."""

    class Made(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            inputs = 2 + d
            outs = [8, 8 if xyz else 8 - inputs, 8, 8, 1]
            reads = [inputs, *(8 + (d if xyz else 0) for _ in outs[1:])]
            if not xyz:
                reads[2] = 8
            for k, (a, b) in enumerate(zip(reads, outs, strict=True)):
                linear = torch.nn.Linear(a, b)
                if norm == "weight" and k < 4:
                    linear = torch.nn.utils.parametrizations.weight_norm(linear)
                setattr(self, f"lin{k}", linear)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = x
            for k in range(5):
                h = torch.cat([h, x], 1) if k == 2 and not xyz else h
                h = torch.cat([h, x[:, 2:]], 1) if k and xyz else h
                h = getattr(self, f"lin{k}")(h)
                h = h.relu() if k < 4 else h
            return h.tanh() if tanh else h

    torch.manual_seed(0)
    return Made()


def experiment(folder: Path, module: torch.nn.Module, *, latents: object = None, suffix: str = ".pth", **spec) -> Path:
    specs = {"NetworkArch": "deep_sdf_decoder", "CodeLength": 2,
             "NetworkSpecs": {"dims": [8, 8, 8, 8], "latent_in": [2], "geom_dimension": 3, **spec}}  # fmt: skip
    if spec.get("geom_dimension", 1) is None:
        del specs["NetworkSpecs"]["geom_dimension"]
    (folder / "ModelParameters").mkdir()
    (folder / "LatentCodes").mkdir()
    (folder / "specs.json").write_text(json.dumps(specs))
    state = {key: value.detach().clone() for key, value in module.state_dict().items()}
    if suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, folder / f"ModelParameters/latest{suffix}")
        save_file({"latent_codes": torch.arange(6.0).reshape(3, 2)}, folder / f"LatentCodes/latest{suffix}")
    else:
        torch.save({"epoch": 3, "model_state_dict": state}, folder / "ModelParameters/latest.pth")
        torch.save({"epoch": 3, "latent_codes": latents}, folder / "LatentCodes/latest.pth")
    return folder


TABLE = torch.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize("how", [{}, {"norm": "weight"}, {"xyz": True}, {"tanh": True}], ids=str)
@pytest.mark.parametrize(
    "latents", [TABLE, {"weight": TABLE}, {"t": TABLE}, TABLE[:, None]], ids=["plain", "w", "t", "1"]
)
def test_a_made_decoder_gives_the_values_of_pytorch(how: dict, latents: object, tmp_path: Path) -> None:
    module = decoder(**how)
    more = {"xyz_in_all": True, "latent_in": []} if how.get("xyz") else {}
    more |= {"use_tanh": True} if how.get("tanh") else {"weight_norm": "norm" in how}
    network = read_deepsdf(experiment(tmp_path, module, latents=latents, **more))
    assert network.codes.values.tolist() == [[0, 1], [2, 3], [4, 5]] and network.codes.names == ("0", "1", "2")
    x = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    np.testing.assert_allclose(network(x), module(torch.from_numpy(x)).detach().numpy(), atol=1e-6)


def test_without_geom_dimension_it_is_the_first_code_with_a_tanh_at_the_end(tmp_path: Path) -> None:
    network = read_deepsdf(experiment(tmp_path, decoder(tanh=True), latents=TABLE, geom_dimension=None))
    x = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    np.testing.assert_allclose(network(x), decoder(tanh=True)(torch.from_numpy(x)).detach().numpy(), atol=1e-6)
    assert network.output == "tanh" and "assumed the tanh" in " ".join(network.assumed)


def test_safetensors_need_no_pytorch(tmp_path: Path) -> None:
    network = fl.read(experiment(tmp_path, decoder(), suffix=".safetensors"))
    assert len(network.codes) == 3 and fl.surface(network.fixed("0"), fl.Box([-1] * 3, [1] * 3), 0.1).certified


def test_a_decoder_exported_as_onnx_is_the_same_network(tmp_path: Path) -> None:
    module = decoder(norm="weight")
    network = read_deepsdf(experiment(tmp_path, module, latents=TABLE, weight_norm=True))
    back = fl.read(network.save(tmp_path / "decoder.onnx"))
    x = np.random.default_rng(0).normal(size=(50, 5))
    np.testing.assert_allclose(back(x), network(x), atol=1e-12)
    assert back.codes.names == network.codes.names


class Code:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda p: (p / "specs.json").write_text("{"), "needs JSON"),
        (lambda p: (p / "specs.json").write_text("[]"), "needs NetworkSpecs"),
        (
            lambda p: (p / "specs.json").write_text('{"NetworkSpecs": {}, "CodeLength": [1, 2]}'),
            "CodeLength needs a whole",
        ),
        (lambda p: (p / "specs.json").write_text('{"NetworkSpecs": {}, "CodeLength": 2}'), "lin2 needs 3 columns"),
        (lambda p: (p / "ModelParameters/latest.pth").unlink(), "needs ModelParameters/latest.pth"),
        (lambda p: torch.save({"a": Code()}, p / "ModelParameters/latest.pth"), "it holds code, which is never run"),
        (lambda p: torch.save({"a": torch.zeros(2)}, p / "ModelParameters/latest.pth"), "needs layers lin0"),
        (
            lambda p: torch.save({"latent_codes": torch.zeros(4, 3)}, p / "LatentCodes/latest.pth"),
            "one table of 2 columns",
        ),
        (
            lambda p: torch.save(
                decoder().state_dict() | {"bn0.weight": torch.ones(8)}, p / "ModelParameters/latest.pth"
            ),
            "layer normalisation",
        ),
    ],
)
def test_what_is_no_experiment_is_refused(damage, told: str, tmp_path: Path) -> None:
    folder = experiment(tmp_path, decoder(), latents=TABLE)
    damage(folder)
    with pytest.raises((InputError, NetworkError), match=told):
        fl.read(folder)


def test_without_latent_vectors_the_network_has_no_codes_and_says_so(tmp_path: Path) -> None:
    folder = experiment(tmp_path, decoder(), latents=TABLE)
    (folder / "LatentCodes/latest.pth").unlink()
    network = fl.read(folder)
    assert network.codes is None and "no latent vectors" in " ".join(network.assumed)
    with pytest.raises(InputError, match=r"needs a specs.json"):
        read_deepsdf(tmp_path / "elsewhere")
