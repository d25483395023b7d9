"""Fitting: it learns, it is the same every time, and it stops where it must."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import foldline as fl
from foldline import Network, Samples
from foldline.errors import FileError, FitError, InputError, NetworkError
from foldline.facts.values import training_rows
from foldline.files import read
from foldline.fit import descent, fitting
from foldline.fit.checkpoint import Checkpoint
from foldline.fit.descent import Diverged, Patience, Plan, descend
from foldline.fit.fitting import fit
from foldline.fit.measure import measure
from foldline.fit.step import choice
from foldline.fit.step.fused import Fused

QUICK = dict(hidden=(16, 16), steps=60, batch=32)


def wave(n=200, scale=1.0, shift=0.0):
    x = np.linspace(-1, 1, n)[:, None]
    return Samples(x * scale + shift, np.sin(3 * x) * scale + shift)


def same(a: Network, b: Network) -> bool:
    return all(np.array_equal(p, q) for p, q in zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True))


@pytest.mark.parametrize("optimiser", ["muon", "adam", "sgd"])
def test_a_wave_is_learned_by_every_optimiser(optimiser):
    network = fit(wave(), hidden=(24, 24, 24), steps=800, batch=64, optimiser=optimiser)
    assert network.training.final["rms_error"] < 0.05


def test_a_sphere_is_learned_as_a_signed_distance():
    points = np.random.default_rng(0).uniform(-1, 1, (4000, 3))
    distance = np.linalg.norm(points, axis=1) - 0.6
    network = fit(Samples(points, distance, "distance"), hidden=(32, 32, 32), steps=400, batch=512)
    assert np.abs(network(points)[:, 0] - distance)[np.abs(distance) < 0.05].mean() < 0.01


def test_three_classes_are_learned_from_columns_of_very_different_size():
    rng = np.random.default_rng(0)
    middle = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
    target = rng.integers(0, 3, 300)
    inputs = (middle[target] + rng.normal(0, 0.5, (300, 2))) * [1e6, 1e-6] + [5e7, 0]
    network = fit(Samples(inputs, target, "classification", classes=("a", "b", "c")), hidden=(16,), steps=300)
    assert network.training.final["accuracy"] > 0.97
    assert network.d_out == 3 and network.meta["classes"] == ["a", "b", "c"]


def test_two_classes_are_learned_with_one_logit():
    x = np.linspace(-1, 1, 100)[:, None]
    samples = Samples(x, (np.abs(x) < 0.5) * 1.0, "classification", classes=("out", "in"))
    network = fit(samples, hidden=(16, 16), steps=400, loss="binary")
    assert network.d_out == 1 and network.training.final["accuracy"] > 0.95


def test_an_image_reports_its_psnr():
    x, y = np.meshgrid(np.linspace(-1, 1, 16), np.linspace(-1, 1, 16))
    image = Samples(np.stack([x.ravel(), y.ravel()], 1), ((x + y) / 4 + 0.5).ravel(), "image", meta={"width": 16})
    network = fit(image, hidden=(16, 16), steps=300)
    final = network.training.final
    assert final["psnr"] > 35 and final["psnr"] == pytest.approx(-20 * np.log10(final["rms_error"]))
    assert network.meta["width"] == 16 and network.meta["kind"] == "image"


def test_the_network_takes_raw_inputs_and_gives_raw_outputs():
    plain, moved = (fit(wave(scale=s, shift=t), **QUICK) for s, t in ((1.0, 0.0), (1000.0, 50.0)))
    x = np.linspace(-1, 1, 50)[:, None]
    assert np.allclose(moved(1000 * x + 50), 1000 * plain(x) + 50, atol=1.0)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, again, other = (fit(wave(), seed=seed, **QUICK) for seed in (1, 1, 2))
    assert same(first, again) and not same(first, other)


def test_how_often_the_loop_looks_up_changes_nothing(monkeypatch):
    free = fit(wave(), **QUICK)
    monkeypatch.setattr(descent, "LONGEST_RUN", 1)
    assert same(free, fit(wave(), **QUICK))


def test_bfloat16_learns_nearly_the_same():
    exact, rough = (fit(wave(), hidden=(16, 16), steps=200, precision=p) for p in ("float32", "bfloat16"))
    assert not same(exact, rough)
    assert rough.training.final["rms_error"] < exact.training.final["rms_error"] + 0.1


def test_a_diverged_fit_names_the_step_and_keeps_the_weights_before_it():
    options = dict(hidden=(16, 16), batch=32, optimiser="sgd", learning_rate=1e6)
    with pytest.raises(FitError, match=r"finite at step [0-9]+") as caught:
        fit(wave(), steps=400, **options)
    step = int(str(caught.value).split("at step ")[1].split(".")[0])
    kept = caught.value.network
    assert kept.training.steps == step - 2 and kept.training.complete is False
    assert np.isfinite(kept(wave().inputs)).all()


def test_the_first_bad_step_is_the_same_however_often_the_loop_looks_up(monkeypatch):
    found = []
    for longest in (512, 1, 3):
        monkeypatch.setattr(descent, "LONGEST_RUN", longest)
        with pytest.raises(FitError) as caught:
            fit(wave(), hidden=(16, 16), batch=32, steps=400, optimiser="sgd", learning_rate=1e3)
        found.append((str(caught.value), caught.value.network))
    assert found[0][0] == found[1][0] == found[2][0]
    assert same(found[0][1], found[1][1]) and same(found[0][1], found[2][1])


def test_a_loss_that_is_never_finite_leaves_no_network():
    samples = Samples(np.array([[0.0], [1e39]]), np.zeros(2), "image")
    with pytest.raises(FitError, match="at step 1") as caught:
        fit(samples, hidden=(4,), steps=5)
    assert caught.value.network is None


def test_weights_that_the_last_step_ruins_are_noticed():
    high = Samples(wave().inputs, 1e10 * wave().targets, "image")
    with pytest.raises(FitError, match="at step 2") as caught:
        fit(high, hidden=(4, 4), steps=1, batch=32, optimiser="sgd", learning_rate=1e30)
    assert caught.value.network.training.steps == 0


class Interrupted(Fused):
    """A stepper whose user presses Ctrl-C after 20 steps."""

    def run(self, first, rates):
        if first >= 20:
            raise KeyboardInterrupt
        return super().run(first, rates)


def interrupted_fit(**options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "Fused", Interrupted)
        patch.setattr(descent, "LONGEST_RUN", 7)
        return fit(wave(), **options)


def test_ctrl_c_gives_the_network_so_far():
    training = interrupted_fit(**QUICK).training
    assert training.complete is False and 20 <= training.steps < 27


def test_ctrl_c_before_the_first_step_is_passed_on(monkeypatch):
    def interrupted(self, first, rates):
        raise KeyboardInterrupt

    monkeypatch.setattr(Fused, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(wave(), **QUICK)


@pytest.mark.parametrize("activation", ["relu", ["abs", "leaky_relu"]], ids=str)
def test_a_fit_gone_on_from_a_checkpoint_is_the_uninterrupted_one_bit_for_bit(activation, tmp_path):
    how = QUICK | {"activation": activation}
    whole = fit(wave(), **how)
    part = interrupted_fit(checkpoint=tmp_path / "fit.ckpt", **how)
    resumed = fit(wave(), checkpoint=tmp_path / "fit.ckpt", **how)
    assert not same(part, whole) and same(resumed, whole)
    assert resumed.training.curve == whole.training.curve


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_units_of_each_layer_are_kept_in_a_file_with_how_they_were_trained(suffix, tmp_path):
    network = fit(wave(), hidden=(6, 5, 4), steps=20, activation=["abs", "identity", "relu"])
    again = read(network.save(tmp_path / f"net.{suffix}"))
    assert again.layer_activations == ("abs", "identity", "relu") == again.training.activation
    assert again.training == network.training and again.training.stepper == "fused"
    assert np.array_equal(again(wave().inputs), network(wave().inputs))


def test_units_that_are_not_one_a_layer_are_refused():
    with pytest.raises(NetworkError, match="2 activations, one a hidden layer; got 3"):
        fit(wave(), hidden=(6, 5), steps=1, activation=("relu", "abs", "relu"))


def test_a_checkpoint_of_another_fit_is_refused(tmp_path):
    path = tmp_path / "fit.ckpt"
    fit(wave(), checkpoint=path, **QUICK)
    with pytest.raises(InputError, match="got seed = 5, there 0"):
        fit(wave(), checkpoint=path, seed=5, **QUICK)
    with pytest.raises(InputError, match="the data that it began with; got others than"):
        fit(wave(scale=2.0), checkpoint=path, **QUICK)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    from safetensors.numpy import save_file

    (tmp_path / "text").write_text("hello")
    save_file({"x": np.zeros(1)}, tmp_path / "other")
    with pytest.raises(FileError, match="needs a checkpoint it can read; got text"):
        fit(wave(), checkpoint=tmp_path / "text", **QUICK)
    with pytest.raises(FileError, match="got other, which is none"):
        fit(wave(), checkpoint=tmp_path / "other", **QUICK)


def test_a_checkpoint_that_was_changed_is_not_gone_on_from(tmp_path):
    """One bit of a weight would make another network, unsaid."""
    path = tmp_path / "fit.ckpt"
    fit(wave(), checkpoint=path, **QUICK)
    whole = path.read_bytes()
    for damaged in (
        whole[:-1] + bytes([whole[-1] ^ 1]),
        whole.replace(b"losses", b"lossez"),
        whole.replace(b'"sum"', b'"sun"'),
    ):
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"damaged. Delete it and begin anew|which is none|can read"):
            fit(wave(), checkpoint=path, **QUICK)


def test_progress_is_told_up_to_the_last_step():
    told = []
    fit(wave(), callback=lambda *values: told.append(values), **QUICK)
    steps, total, loss, rate = told[-1]
    assert (steps, total) == (60, 60) and np.isfinite(loss) and 0 < rate < 0.001


def test_a_fit_by_the_clock_goes_through_the_whole_cosine():
    told = []
    network = fit(wave(), hidden=(8,), seconds=0.3, callback=lambda *values: told.append(values))
    assert network.training.complete and network.training.seconds >= 0.3
    assert told and told[0][1] is None


def test_rates_fall_by_a_cosine_to_a_hundredth():
    rates = Plan(2.0, 101).rates(0, 101, 0.0)
    assert rates[0] == 2.0 and rates[50] == pytest.approx(1.01, abs=0.05) and 0.02 < rates[-1] < 0.022


def test_the_training_curve_is_short_and_covers_every_step():
    training = fit(wave(), hidden=(8,), steps=555, batch=16).training
    assert len(training.curve.loss) == descent.CURVE_POINTS and training.curve.step[-1] == 555


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (dict(hidden=(1.5,)), r"whole numbers above 0; got hidden\[0\] = 1.5"),
        (dict(hidden=(8, 0)), r"got hidden\[1\] = 0"),
        (dict(steps=0), "steps above 0 .*; got 0"),
        (dict(seconds=-1), "seconds above 0 .*; got -1"),
        (dict(learning_rate=float("nan")), "learning_rate above 0 .*; got nan"),
        (dict(batch=0), "batch above 0 .*; got 0"),
        (dict(seed=-1), "seed of 0 or more; got -1"),
        (dict(loss="hinge"), "loss out of squared, absolute, .*; got 'hinge'"),
        (dict(loss="cross_entropy"), "for samples of kind 'regression'; got loss 'cross_entropy'"),
        (dict(optimiser="lion"), "optimiser out of sgd, adam, muon; got 'lion'"),
        (dict(precision="float8"), "precision out of float32, bfloat16; got 'float8'"),
        (dict(device="tpu"), "device out of auto, cpu, cuda; got 'tpu'"),
        (dict(activation="step"), "units with a gradient, .*; got 'step'"),
        (dict(initialisation="zero"), "kind out of he_normal, he_uniform; got 'zero'"),
    ],
)
def test_options_that_cannot_be_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        fit(wave(), **options)


def test_classifications_that_cannot_be_are_refused():
    x = np.zeros((3, 1))
    one = Samples(x, np.zeros(3), "classification", classes=("only",))
    three = Samples(x, np.arange(3), "classification", classes=("a", "b", "c"))
    with pytest.raises(InputError, match=r"needs >= 2 classes, got \{1\}"):
        fit(one)
    with pytest.raises(InputError, match="needs 2 classes for binary"):
        fit(three, loss="binary")
    with pytest.raises(InputError, match=r"cross_entropy or binary for .* got loss 'squared'"):
        fit(three, loss="squared")


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match=r"needs a GPU .* Take device='cpu'"):
        fit(wave(), device="cuda", **QUICK)


def test_a_constant_column_is_kept_and_divides_nothing():
    inputs = np.column_stack([wave().inputs, np.full(200, 0.1)])  # the mean of 200 tenths is not a tenth
    network = fit(Samples(inputs, wave().targets), **QUICK)
    assert np.abs(network.weights[0][:, -1]).max() < 10
    assert np.abs(network(inputs + np.array([0, 0.01])) - network(inputs)).max() < 1


def test_importing_foldline_and_its_fit_loads_no_torch():
    code = "import sys, foldline; foldline.fit; print('torch' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    assert fl.fit is fit


def test_a_fit_that_is_told_to_stop_ends_after_the_steps_done(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(descent, "LONGEST_RUN", 7)
    part = fit(wave(), stop=lambda: told.append(1) or len(told) == 2, checkpoint=tmp_path / "fit.ckpt", **QUICK)
    assert not part.training.complete and 0 < part.training.steps < 60
    assert same(fit(wave(), checkpoint=tmp_path / "fit.ckpt", **QUICK), fit(wave(), **QUICK))


def test_a_fit_that_is_stopped_is_measured_on_some_of_many_rows_which_is_said(monkeypatch):
    monkeypatch.setattr(fitting, "LOOKED_AT", 20)
    monkeypatch.setattr(descent, "LONGEST_RUN", 7)
    samples, told = wave(), []
    part = fit(samples, holdout=0.2, stop=lambda: told.append(1) or len(told) == 2, **QUICK)
    kept, aside = samples.split(0.2, part.training.seed)
    step = len(kept) // 20
    some = Samples(kept.inputs[::step], kept.targets[::step], kept.kind)
    assert part.training.final == {**measure(part, some), "rows": len(some)} and len(some) < len(kept)
    assert part.training.held_out["rows"] == len(aside.inputs[:: max(1, len(aside) // 20)])
    assert ("measured on", f"{len(some)} rows evenly chosen, as the fit was stopped") in training_rows(part.training)
    assert "rows" not in fit(samples, **QUICK).training.final


def test_a_fit_told_to_stop_at_its_end_is_complete():
    assert fit(wave(), hidden=(4,), steps=1, stop=lambda: True).training.complete


class Slope:
    """A stepper whose weight falls by its rate; its loss is the weight."""

    def __init__(self, weight=10.0):
        self.weight, self.runs = weight, []

    def run(self, first, rates):
        losses = self.weight - np.concatenate([[0.0], np.cumsum(rates)[:-1]])
        self.weight -= rates.sum()
        self.runs.append(len(rates))
        return losses

    def state(self):
        return {"weight": np.array([self.weight])}

    def load(self, state):
        self.weight = float(state["weight"][0])


def test_patience_ends_a_descent_and_brings_the_best_weights_back(tmp_path):
    def begun(steps, path=None):
        stepper = Slope()
        watch = Patience(stepper, lambda: -abs(stepper.weight - 4.0), grown=0.0, looks=3)
        aside = Checkpoint(path, seconds=0.0) if path else None
        return stepper, watch, descend(stepper, Plan(0.5, steps, last=1.0, look=2), watch=watch, checkpoint=aside)

    stepper, watch, record = begun(100)
    assert stepper.weight == 4.0 and watch.best == 0.0 and record.done == 18 and record.complete
    assert watch.scores == [-5.0, -4.0, -3.0, -2.0, -1.0, 0.0, -1.0, -2.0, -3.0]
    begun(14, tmp_path / "a.ckpt")
    again, watched, resumed = begun(100, tmp_path / "a.ckpt")
    assert resumed.losses[14:] == record.losses[14:] and watched.scores == watch.scores and again.weight == 4.0
    assert begun(100, tmp_path / "a.ckpt")[2].done == 18  # it was over


def test_a_watch_that_has_enough_within_a_run_leaves_the_weights_that_step_began_with():
    class Below:
        over = False

        def enough(self, first, losses):
            found = np.flatnonzero(losses <= 8.0)
            return int(found[0]) + 1 if len(found) else None

        def memory(self):
            return {}

        def recall(self, state):
            raise AssertionError

        def end(self):
            self.over = True

    stepper, watch = Slope(), Below()
    record = descend(stepper, Plan(0.5, 100, last=1.0, look=10), watch=watch)
    assert stepper.weight == record.losses[-1] == 8.0 and record.done == 5 and watch.over


def test_a_descent_that_diverges_goes_back_and_says_so():
    class Cliff(Slope):
        def run(self, first, rates):
            losses = super().run(first, rates)
            return np.where(losses < 6.0, np.nan, losses)

    stepper = Cliff()
    with pytest.raises(Diverged, match="descent needs finite losses; got nan at step 10") as caught:
        descend(stepper, Plan(0.5, 100, last=1.0, look=4))
    assert caught.value.step == 9 and caught.value.record.done == 8 and stepper.weight == 6.0
