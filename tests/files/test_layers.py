"""State dicts, checkpoints and named arrays: chains are read in their order, what may branch is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Network, read
from foldline.errors import FoldlineError, InputError, NetworkError
from foldline.graph.normed import weight_normed

CASES = Path(__file__).parent.parent / "cases" / "nets"


def state(*layers: tuple[str, int, int], seed: int = 0) -> dict[str, Any]:
    """A state_dict of layers by name, inputs and outputs."""
    import torch

    rng = np.random.default_rng(seed)
    arrays = {}
    for name, d_in, d_out in layers:
        arrays |= {f"{name}.weight": rng.normal(size=(d_out, d_in)), f"{name}.bias": rng.normal(size=d_out)}
    return {key: torch.from_numpy(array) for key, array in arrays.items()}


def chained(arrays: Mapping[str, Any], order: Sequence[str], x: Any, unit: Any = lambda z: np.maximum(z, 0)) -> Any:
    """The values of the chain that runs in this order."""
    for i, name in enumerate(order):
        x = (unit(x) if i else x) @ np.asarray(arrays[f"{name}.weight"]).T + np.asarray(arrays[f"{name}.bias"])
    return x


def saved(path: Path, content: Any) -> Path:
    import torch

    torch.save(content, path)
    return path


CHAINS: dict[str, list[tuple[str, int, int]]] = {
    "an autoencoder": [("encoder.0", 8, 6), ("encoder.2", 6, 3), ("decoder.0", 3, 6), ("decoder.2", 6, 8)],
    "words of a body": [("input", 3, 8), ("hidden", 8, 8), ("head", 8, 2)],
    "ordinals": [("first", 3, 8), ("second", 8, 8), ("third", 8, 8), ("fourth", 8, 2)],
    "numbers above nine": [(f"layers.{i}", 4, 4) for i in range(12)],
    "numbered layers, then one that is not": [("fc1", 2, 5), ("fc2", 5, 5), ("out", 5, 1)],
    "file order against the numbers": [("fc2", 2, 5), ("fc1", 5, 5), ("out", 5, 1)],
    "one container": [("module.net.0", 2, 5), ("module.net.2", 5, 5), ("module.net.4", 5, 5)],
    "blocks": [("blocks.0.fc1", 4, 4), ("blocks.0.fc2", 4, 4), ("blocks.1.fc1", 4, 4), ("blocks.1.fc2", 4, 4)],
    "a critic alone": [("critic.0", 4, 4), ("critic.2", 4, 4), ("critic.4", 4, 1)],
    "names without order whose shapes tell": [("q", 3, 5), ("k", 5, 4), ("m", 4, 2)],
}


@pytest.mark.parametrize("name", CHAINS)
def test_layers_run_in_the_files_order(tmp_path: Path, name: str) -> None:
    layers = CHAINS[name]
    arrays = state(*layers)
    net = read(saved(tmp_path / "a.pt", arrays))
    assert isinstance(net, Network)
    x = np.random.default_rng(1).normal(size=(20, net.d_in))
    np.testing.assert_allclose(net(x), chained(arrays, [layer[0] for layer in layers], x), rtol=1e-12, atol=1e-12)
    order = ", ".join(layer[0] for layer in layers)
    assert any(f"in the order {order}, without skips" in sentence for sentence in net.assumed)


BRANCHES: dict[str, tuple[list[tuple[str, int, int]], str]] = {
    "two heads of one width": ([("a", 3, 8), ("b", 8, 8), ("p", 8, 8), ("v", 8, 1)], "got p and v, which read 8"),
    "two heads of two widths": (
        [("body.0", 3, 8), ("body.2", 8, 8), ("actor", 8, 2), ("critic", 8, 1)],
        "got critic of 8 columns after actor of 2 rows.*actor and critic branch behind body.2",
    ),
    "two networks of one input": (
        [("critic.0", 4, 6), ("critic.2", 6, 1), ("actor_mean.0", 4, 6), ("actor_mean.2", 6, 2)],
        "got actor_mean.0 of 4 columns after critic.2 of 1 rows. critic.0 and actor_mean.0 branch behind the input",
    ),
    "two networks side by side": (
        [("actor.0", 3, 8), ("actor.2", 8, 3), ("critic.0", 3, 8), ("critic.2", 8, 1)],
        "got actor.0 and critic.0, which read 3",
    ),
    "the parts of a variational autoencoder": (
        [("enc", 8, 3), ("fc_mu", 3, 3), ("fc_logvar", 3, 3), ("dec", 3, 8)],
        "side by side",
    ),
    "a list of heads": ([("body", 3, 5), ("heads.0", 5, 5), ("heads.1", 5, 2)], "heads.0 and heads.1"),
    "heads by number": ([("fc1", 3, 5), ("head1", 5, 5), ("head2", 5, 2)], "head1 and head2"),
    "a shortcut": ([("fc1", 3, 5), ("shortcut", 5, 5), ("fc2", 5, 2)], "shortcut and fc2"),
    "a decoder before its encoder": (
        [("decoder.0", 3, 6), ("decoder.2", 6, 8), ("encoder.0", 8, 6), ("encoder.2", 6, 3)],
        "the end before the beginning",
    ),
}


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("autoencoder", (8, 6, 3, 6, 8)),
        ("input_hidden_head_names", (3, 8, 8, 2)),
        ("tanh_net", (3, 8, 2)),
        ("model_state_dict", (3, 8, 8, 2)),
        ("weight_norm_param", (3, 8, 8, 2)),
    ],
)
def test_the_cases_are_chains_of_these_widths(name: str, widths: tuple[int, ...]) -> None:
    net = read(CASES / f"{name}.pt")
    assert isinstance(net, Network) and net.widths == widths
    assert net.assumed[0].startswith("assumed relu") and "without skips" in net.assumed[-1]


def test_the_case_of_two_heads_is_refused() -> None:
    with pytest.raises(NetworkError, match="got p and v, which read 8 values each"):
        read(CASES / "two_heads_ppo.pt")


@pytest.mark.parametrize("name", BRANCHES)
def test_what_may_branch_is_refused_by_the_layers_names(tmp_path: Path, name: str) -> None:
    layers, message = BRANCHES[name]
    with pytest.raises(NetworkError, match=message):
        read(saved(tmp_path / "a.pt", state(*layers)))


@pytest.mark.parametrize("name", ["an autoencoder", "words of a body", "numbers above nine", "one container"])
def test_a_file_that_lists_names_is_put_in_order_by_numbers_shapes_and_words(tmp_path: Path, name: str) -> None:
    from safetensors.torch import save_file

    arrays, order = state(*CHAINS[name]), [layer[0] for layer in CHAINS[name]]
    save_file(arrays, tmp_path / "a.safetensors")
    net = read(tmp_path / "a.safetensors")
    assert isinstance(net, Network)
    x = np.random.default_rng(1).normal(size=(20, net.d_in))
    np.testing.assert_allclose(net(x), chained(arrays, order, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([("p", 3, 4), ("q", 4, 3)], "chain in several orders"),
        ([("p", 3, 4), ("q", 5, 2)], "chain in none"),
    ],
)
def test_a_lost_order_is_refused(tmp_path: Path, layers: list[tuple[str, int, int]], message: str) -> None:
    from safetensors.torch import save_file

    save_file(state(*layers), tmp_path / "a.safetensors")
    with pytest.raises(NetworkError, match=message):
        read(tmp_path / "a.safetensors")


def test_a_prelu_whose_place_is_lost_is_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    prelu = {"act.weight": torch.ones(1, dtype=torch.float64)}
    save_file(state(("lin1", 2, 3), ("lin2", 3, 1)) | prelu, tmp_path / "a.safetensors")
    with pytest.raises(FoldlineError, match="got 'act' with weight"):
        read(tmp_path / "a.safetensors")


def test_the_units_are_relu_unless_they_are_named(tmp_path: Path) -> None:
    net, named = (read(CASES / "tanh_net.pt", **options) for options in ({}, {"activation": "tanh"}))
    assert isinstance(net, Network) and isinstance(named, Network)
    assert net.activation == "relu" and net.assumed[0].startswith("assumed relu for the hidden units")
    assert named.activation == "tanh" and not any("units" in sentence for sentence in named.assumed)
    for wrong in ("swish", ["tanh"]):
        with pytest.raises(InputError, match=r"activation needs one of identity, relu,.*got \[?'(swish|tanh)'"):
            read(CASES / "tanh_net.pt", activation=wrong)
    with pytest.raises(InputError, match="the file names its own activation; got 'tanh' too"):
        read(named.save(tmp_path / "a.safetensors"), activation="tanh")
    with pytest.raises(InputError, match="the file names its own activation"):
        read(named.save(tmp_path / "a.npz"), activation="tanh")


@pytest.mark.parametrize("suffix", ["safetensors", "npz", "onnx"])
def test_what_was_assumed_is_saved_and_stays_on_a_slice(tmp_path: Path, suffix: str) -> None:
    net = read(CASES / "tanh_net.pt", activation="relu")
    assert isinstance(net, Network) and net.assumed
    back = read(net.save(tmp_path / f"a.{suffix}"))
    assert isinstance(back, Network) and back.assumed == net.assumed
    assert net.on_line([0, 0, 0], [1, 1, 1]).assumed == net.assumed


@pytest.mark.parametrize("place", ["model_state_dict", "state_dict", "model", "net", "anything"])
def test_a_checkpoint_holds_its_state_dict_somewhere(tmp_path: Path, place: str) -> None:
    arrays = state(("0", 2, 3), ("2", 3, 1))
    checkpoint = {"epoch": 3, place: arrays, "optimizer_state_dict": {"state": {}, "param_groups": [{"lr": 1.0}]}}
    net = read(saved(tmp_path / "a.pt", checkpoint))
    assert isinstance(net, Network) and net.hidden == (3,)
    assert f"the state_dict under {place!r} of a checkpoint" in net.assumed
    nested = read(saved(tmp_path / "b.pt", {"last": checkpoint}))
    assert isinstance(nested, Network) and nested.weights[0].tolist() == net.weights[0].tolist()


def test_a_checkpoint_of_two_networks_is_refused(tmp_path: Path) -> None:
    arrays = state(("0", 2, 3))
    with pytest.raises(InputError, match=r"it holds 'generator' \(dict\), 'critic' \(dict\)"):
        read(saved(tmp_path / "a.pt", {"generator": arrays, "critic": arrays}))
    both = read(saved(tmp_path / "b.pt", {"model": arrays, "ema": arrays}))
    assert isinstance(both, Network) and "the state_dict under 'model' of a checkpoint, beside ema" in both.assumed
    beside = read(saved(tmp_path / "c.pt", {**arrays, "epoch": 4}))
    assert isinstance(beside, Network) and beside.assumed == ("left out what is no array: epoch",)


def test_a_loss_beside_a_state_dict_is_left_out(tmp_path: Path) -> None:
    import torch

    checkpoint = {"model_state_dict": state(("0", 2, 3)), "loss": torch.tensor(0.5), "step": 7}
    net = read(saved(tmp_path / "a.pt", checkpoint))
    assert isinstance(net, Network)
    assert net.assumed == ("the state_dict under 'model_state_dict' of a checkpoint, beside loss",)


def test_one_network_of_a_checkpoint_is_taken_by_its_name(tmp_path: Path) -> None:
    generator, both = state(("0", 2, 3), ("2", 3, 1)), state(("body", 2, 3), ("actor", 3, 1), ("critic", 3, 1))
    path = saved(tmp_path / "a.pt", {"generator": generator, "policy": both, "epoch": 3})
    with pytest.raises(InputError, match="take one of its networks: --output generator"):
        read(path)
    x = np.random.default_rng(2).normal(size=(20, 2))
    for output, arrays, layers in [("generator", generator, ["0", "2"]), ("policy.critic", both, ["body", "critic"])]:
        net = read(path, output=output)
        assert isinstance(net, Network)
        np.testing.assert_allclose(net(x), chained(arrays, layers, x), rtol=1e-12, atol=1e-12)
        assert any(f"the state_dict under {output.split('.')[0]!r} of a checkpoint" in one for one in net.assumed)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_numbers_beside_layers_are_left_out_where_the_end_is_named(tmp_path: Path, suffix: str) -> None:
    import torch
    from safetensors.torch import save_file

    arrays = {"log_std": torch.zeros(1, 2), **state(("net.0", 2, 3), ("net.2", 3, 1)), "rms.mean": torch.ones(2)}
    path = tmp_path / f"a{suffix}"
    save_file(arrays, path) if suffix == ".safetensors" else saved(path, arrays)
    with pytest.raises(InputError, match=r"got log_std, rms.mean, of no layer.* its last layer: --output net.2"):
        read(path)
    net, x = read(path, output="net.2"), np.random.default_rng(2).normal(size=(20, 2))
    assert isinstance(net, Network) and "left out log_std, rms.mean, which are of no layer" in net.assumed
    np.testing.assert_allclose(net(x), chained(arrays, ["net.0", "net.2"], x), rtol=1e-12, atol=1e-12)
    inside = saved(tmp_path / "b.pt", {**arrays, "net.mean": torch.ones(2)})
    with pytest.raises(InputError, match=r"alone; got net\.mean, of no layer"):
        read(inside, output="net.2")


def test_branches_are_named_before_numbers_beside_them(tmp_path: Path) -> None:
    import torch

    heads = {"log_std": torch.zeros(2), **state(("b", 3, 8), ("p", 8, 8), ("v", 8, 1))}
    with pytest.raises(NetworkError, match="got p and v, which read 8 values each"):
        read(saved(tmp_path / "a.pt", heads))


@pytest.mark.parametrize("kind", ["hooks", "parametrizations"])
def test_spectral_normalisation_is_divided_out(tmp_path: Path, kind: str) -> None:
    import torch
    from torch import nn
    from torch.nn.utils import parametrizations

    torch.manual_seed(0)
    norm = nn.utils.spectral_norm if kind == "hooks" else parametrizations.spectral_norm
    module = nn.Sequential(norm(nn.Linear(3, 5).double()), nn.ReLU(), nn.Linear(5, 2).double()).eval()
    net, x = read(saved(tmp_path / "a.pt", module.state_dict())), torch.randn(20, 3, dtype=torch.float64)
    assert isinstance(net, Network) and "weights of 0 are W / u'Wv, each the nearest float64" in net.assumed
    np.testing.assert_allclose(net(x.numpy()), module(x).detach().numpy(), rtol=1e-12, atol=1e-12)
    module = nn.Sequential(parametrizations.orthogonal(nn.Linear(3, 3)))
    with pytest.raises(InputError, match=r"got '0' with bias \[3\], weight_orig"):
        read(saved(tmp_path / "b.pt", module.state_dict()))


@pytest.mark.parametrize("kind", ["hooks", "parametrizations"])
@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_normalisation_is_multiplied_out(tmp_path: Path, kind: str, dim: int | None) -> None:
    import torch
    from torch import nn
    from torch.nn.utils import parametrizations

    torch.manual_seed(0)
    layers = [nn.Linear(3, 5).double(), nn.Linear(5, 2).double()]
    if kind == "hooks":
        with pytest.warns(FutureWarning):
            layers = [nn.utils.weight_norm(layer, dim=dim) for layer in layers]
    else:
        layers = [parametrizations.weight_norm(layer, dim=dim) for layer in layers]
    module = nn.Sequential(layers[0], nn.ReLU(), layers[1])
    net = read(saved(tmp_path / "a.pt", module.state_dict()))
    assert isinstance(net, Network)
    x = torch.randn(20, 3, dtype=torch.float64)
    np.testing.assert_allclose(net(x.numpy()), module(x).detach().numpy(), rtol=1e-12, atol=1e-12)
    assert "weights of 0, 2 are g v / |v|, each the nearest float64" in net.assumed


def test_the_norm_runs_over_all_axes_for_one_number() -> None:
    assert weight_normed(np.array(2.0), np.array([[3.0, 0.0], [0.0, 4.0]])).tolist() == [[1.2, 0.0], [0.0, 1.6]]


# Archives of other makers


def archive(path: Path, arrays: Mapping[str, Any]) -> Path:
    np.savez(path, **arrays)
    return path


RNG = np.random.default_rng(5)
W0, B0, W1, B1 = RNG.normal(size=(4, 3)), RNG.normal(size=4), RNG.normal(size=(2, 4)), RNG.normal(size=2)
NAMINGS: dict[str, tuple[dict[str, Any], bool]] = {
    "small letters": ({"w0": W0, "b0": B0, "w1": W1, "b1": B1}, False),
    "counted from one": ({"W1": W0, "b1": B0, "W2": W1, "b2": B1}, False),
    "underscores": ({"weights_0": W0, "biases_0": B0, "weights_1": W1, "biases_1": B1}, False),
    "torch": ({"fc1.weight": W0, "fc1.bias": B0, "fc2.weight": W1, "fc2.bias": B1}, False),
    "in front": ({"layer1_w": W0, "layer1_b": B0, "layer2_w": W1, "layer2_b": B1}, False),
    "keras": (
        {"dense/kernel:0": W0.T, "dense/bias:0": B0, "dense_1/kernel:0": W1.T, "dense_1/bias:0": B1},
        True,
    ),
    "scikit-learn": ({"coefs_0": W0.T, "intercepts_0": B0, "coefs_1": W1.T, "intercepts_1": B1}, True),
    "positions": ({"arr_0": W0, "arr_1": B0, "arr_2": W1, "arr_3": B1}, False),
    "ours, turned": ({"W0": W0.T, "b0": B0, "W1": W1.T, "b1": B1}, True),
    "biases as rows": ({"W0": W0, "b0": B0[None], "W1": W1, "b1": B1[:, None]}, False),
}


@pytest.mark.parametrize("name", NAMINGS)
def test_archives_of_other_makers_are_read(tmp_path: Path, name: str) -> None:
    arrays, turned = NAMINGS[name]
    net = read(archive(tmp_path / "a.npz", arrays))
    assert isinstance(net, Network)
    assert [W.tolist() for W in net.weights] == [W0.tolist(), W1.tolist()]
    assert [b.tolist() for b in net.biases] == [B0.tolist(), B1.tolist()]
    assert ("matrices turned: in the file a column is an output" in net.assumed) == turned
    assert net.assumed[0].startswith("assumed relu")


def test_square_matrices_are_said_to_be_taken_one_way(tmp_path: Path) -> None:
    square = np.array([[1.0, 2.0], [3.0, 4.0]])
    ours = read(archive(tmp_path / "a.npz", {"W0": square, "b0": B1}))
    keras = read(archive(tmp_path / "b.npz", {"dense/kernel": square, "dense/bias": B1}))
    assert isinstance(ours, Network) and isinstance(keras, Network)
    assert ours.weights[0].tolist() == keras.weights[0].T.tolist() == square.tolist()
    assert "assumed that a row of each matrix is an output" in ours.assumed[0]
    assert "assumed that a column of each matrix is an output" in keras.assumed[0]


def test_arrays_that_belong_to_no_layer_are_said(tmp_path: Path) -> None:
    net = read(archive(tmp_path / "a.npz", {"W0": W0, "b0": B0, "mean": B1, "lo": B1}))
    assert isinstance(net, Network)
    assert "left out arrays that belong to no layer: mean" in net.assumed and net.meta["mean"] == B1.tolist()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"W0": W0, "b0": B0, "W1": W0, "b1": B1}, r"shapes that chain; got 0 \[4, 3\], 1 \[4, 3\]"),
        ({"W0": W0[0], "b0": B0}, r"layer 0 needs a matrix and a vector; got weight \[3\], bias \[4\]"),
        ({"W0": W0, "b0": W0}, "needs a matrix and a vector"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        read(archive(tmp_path / "a.npz", arrays))


def test_a_name_that_an_archive_holds_twice_is_refused(tmp_path: Path) -> None:
    import zipfile

    path = archive(tmp_path / "a.npz", {"W0": W0, "b0": B0})
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning):
        file.writestr("W0.npy", file.read("W0.npy"))
    with pytest.raises(InputError, match="each name once; got 'W0' twice"):
        read(path)


def test_a_file_without_arrays_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    with pytest.raises(InputError, match="needs linear layers; got no arrays"):
        read(tmp_path / "a.safetensors")


def test_an_empty_tensor_of_endless_sides_is_refused() -> None:
    with pytest.raises(InputError, match=r"sides of at most 2147483648; got shape \[0, 1152921504606846976\]"):
        read(CASES / "stmanyzero.safetensors")


PPO = [("body.0", 3, 8), ("body.2", 8, 8), ("actor", 8, 8), ("critic", 8, 1)]
SB3 = [
    ("mlp_extractor.policy_net.0", 5, 8), ("mlp_extractor.policy_net.2", 8, 8),
    ("mlp_extractor.value_net.0", 5, 8), ("mlp_extractor.value_net.2", 8, 8), ("action_net", 8, 2), ("value_net", 8, 1),
]  # fmt: skip
APART = [("critic.0", 4, 6), ("critic.2", 6, 1), ("actor_mean.0", 4, 6), ("actor_mean.2", 6, 2)]
POLICY = "mlp_extractor.policy_net,action_net"
VAE = [("enc", 8, 3), ("fc_mu", 3, 3), ("fc_logvar", 3, 3), ("dec", 3, 8)]
ENDS: dict[str, tuple[list[tuple[str, int, int]], str, list[str]]] = {
    "the critic": (PPO, "critic", ["body.0", "body.2", "critic"]),
    "the actor": (PPO, "actor", ["body.0", "body.2", "actor"]),
    "layers inside": (PPO, "body.2", ["body.0", "body.2"]),
    "a network of two": (APART, "actor_mean", ["actor_mean.0", "actor_mean.2"]),
    "all that run": (SB3, POLICY, ["mlp_extractor.policy_net.0", "mlp_extractor.policy_net.2", "action_net"]),
    "the mean of a code": (VAE, "enc, fc_mu, dec", ["enc", "fc_mu", "dec"]),
}


@pytest.mark.parametrize("suffix", [".pt", ".safetensors", ".npz"])
@pytest.mark.parametrize("name", ENDS)
def test_one_of_several_ends_is_taken_by_its_name(tmp_path: Path, name: str, suffix: str) -> None:
    from safetensors.torch import save_file

    layers, output, chosen = ENDS[name]
    arrays, path = state(*layers), tmp_path / f"a{suffix}"
    if suffix == ".pt":
        saved(path, arrays)
    elif suffix == ".npz":
        np.savez(path, **{key: array.numpy() for key, array in arrays.items()})
    else:
        save_file(dict(sorted(arrays.items())), path)
    net = read(path, output=output)
    assert isinstance(net, Network)
    x = np.random.default_rng(2).normal(size=(20, net.d_in))
    np.testing.assert_allclose(net(x), chained(arrays, chosen, x), rtol=1e-12, atol=1e-12)
    left = [layer for layer, _, _ in layers if layer not in chosen]
    assert any(f"took the layers {', '.join(chosen)}" in one and ", ".join(left) in one for one in net.assumed)


def test_keras_matrices_of_an_end_are_turned(tmp_path: Path) -> None:
    layers = [("dense", 3, 8), ("policy", 8, 2), ("value", 8, 1)]
    arrays = state(*layers)
    held = {key.replace("weight", "kernel").replace(".", "/"): a.numpy().T for key, a in arrays.items()}
    np.savez(tmp_path / "a.npz", **held)
    net, x = read(tmp_path / "a.npz", output="value"), np.random.default_rng(2).normal(size=(20, 3))
    assert isinstance(net, Network)
    np.testing.assert_allclose(net(x), chained(arrays, ["dense", "value"], x), rtol=1e-12, atol=1e-12)


WRONG_ENDS: dict[str, tuple[list[tuple[str, int, int]], str, str]] = {
    "a name that is not there": (PPO, "critc", "output needs a layer or a part of them, of body.0.*; got 'critc'"),
    "a tower that words do not tell": (
        [(name, 8 if d == 5 else d, n) for name, d, n in SB3],
        "action_net",
        "lead to action_net in one way; .*Name all that run, in their order: --output mlp_extractor",
    ),
    "heads without a word": ([("a", 3, 8), ("b", 8, 8), ("p", 8, 8), ("v", 8, 1)], "v", "got .*p.*, which read 8"),
    "layers that do not chain": (PPO, "critic,body.0", "body.0 of 3 columns after critic of 1 rows"),
}


@pytest.mark.parametrize("name", WRONG_ENDS)
def test_an_end_that_cannot_be_told_is_refused(tmp_path: Path, name: str) -> None:
    layers, output, message = WRONG_ENDS[name]
    with pytest.raises((InputError, NetworkError), match=message):
        read(saved(tmp_path / "a.pt", state(*layers)), output=output)


def test_an_end_of_a_file_in_the_order_of_names_that_two_ways_lead_to_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file(state(("a", 8, 8), ("b", 8, 8), ("c", 8, 1)), tmp_path / "a.safetensors")
    with pytest.raises(NetworkError, match="lead to c in one way; got a, b, which may stand before it"):
        read(tmp_path / "a.safetensors", output="c")


def test_a_network_of_our_own_has_one_output(tmp_path: Path) -> None:
    for suffix in (".npz", ".safetensors"):
        path = Network([[[1.0]]], [[0.0]]).save(tmp_path / f"a{suffix}")
        with pytest.raises(InputError, match="the file names its own output; got 'x' too"):
            read(path, output="x")
