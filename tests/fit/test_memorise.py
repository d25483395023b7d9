"""Memorising shuffled labels: stop at no error, resume bit for bit, and the recorded reference."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from foldline.data.mnist1d import mnist1d, random_labels
from foldline.errors import FitError, InputError
from foldline.fit.memorise import Curve, memorise, recorded_curves
from foldline.samples import Samples


def noise(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return Samples(rng.normal(size=(n, 5)), rng.integers(0, 3, n).astype(float), kind="classification",
                   classes=("a", "b", "c"))  # fmt: skip


def test_it_stops_at_the_first_epoch_without_a_wrong_row_with_the_weights_of_that_epoch():
    samples = noise()
    network, curve = memorise(samples, hidden=(40, 40), rate=0.1)
    wrong = network(samples.inputs).argmax(axis=1) != samples.targets[:, 0]
    assert not wrong.any()
    assert curve.errors[-1] == 0 < curve.errors[-2]
    assert curve.reached(0.0) == curve.epochs[-1]


def test_a_run_that_is_stopped_and_gone_on_has_the_same_bits(tmp_path):
    whole, curve = memorise(noise(), hidden=(40,), rate=0.1, epochs=250)

    def stop(epoch, error, loss):
        raise KeyboardInterrupt

    path = tmp_path / "run.safetensors"
    _, begun = memorise(noise(), hidden=(40,), rate=0.1, epochs=250, checkpoint=path, callback=stop)
    again, resumed = memorise(noise(), hidden=(40,), rate=0.1, epochs=250, checkpoint=path)
    assert len(begun.epochs) == 100
    for a, b in zip(whole.weights, again.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(curve.errors, resumed.errors)


def test_a_run_does_not_go_on_with_other_labels(tmp_path):
    path = tmp_path / "run.safetensors"
    memorise(noise(seed=0), hidden=(8,), epochs=100, checkpoint=path)
    with pytest.raises(InputError, match=r"needs the data that it began with; got others than run\.safetensors"):
        memorise(noise(seed=1), hidden=(8,), epochs=200, checkpoint=path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 8}, "memorise needs hidden as positive ints, one a layer; got 8"),
        ({"hidden": (8, 1.5)}, r"memorise needs hidden as positive ints, one a layer; got \(8, 1.5\)"),
        ({"epochs": 1.5}, "memorise needs epochs of 1 or more; got 1.5"),
        ({"epochs": -1}, "memorise needs epochs of 1 or more; got -1"),
    ],
)
def test_layers_and_epochs_that_cannot_be_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        memorise(noise(), **options)


def test_the_callback_hears_of_every_hundredth_epoch():
    heard = []
    memorise(noise(), hidden=(8,), epochs=250, callback=lambda epoch, error, loss: heard.append(epoch))
    assert heard == [100, 200, 250]


def test_a_thinned_curve_keeps_the_epochs_that_are_quoted():
    epochs = np.arange(100_001)
    curve = Curve((3,), epochs, 1 - epochs / 100_000, np.zeros(100_001)).thinned(50)
    assert len(curve.epochs) <= 55
    assert [curve.reached(error) for error in (0.5, 0.1, 0.0)] == [50_000, 90_000, 100_000]


def test_the_recorded_networks_have_about_as_many_parameters_each():
    counts = []
    for curve in recorded_curves():
        widths = (40, *curve.hidden, 10)
        counts.append(sum((a + 1) * b for a, b in pairwise(widths)))
    assert counts == [15_208, 15_210, 15_235, 15_319]


def test_in_the_record_deeper_networks_stand_lower_at_the_same_epoch():
    curves = recorded_curves()
    last = min(curve.epochs[-1] for curve in curves)
    for epoch in np.linspace(30_000, last, 10):
        errors = [float(np.interp(epoch, curve.epochs, curve.errors)) for curve in curves]
        assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("error", [0.5, 0.2, 0.1, 0.01, 0.0])
def test_in_the_record_a_deeper_network_needs_fewer_epochs(error):
    epochs = [curve.reached(error) for curve in recorded_curves()]
    if error == 0:  # one hidden layer still has 9 rows wrong at the end of the record
        assert epochs.pop(0) is None
    assert None not in epochs and epochs == sorted(set(epochs), reverse=True)


def test_the_record_ends_at_no_error_or_at_the_book_s_budget():
    shallow, *deeper = recorded_curves()
    assert shallow.epochs[-1] == 499_999 and round(4000 * shallow.errors[-1]) == 9
    assert [curve.reached(0.0) for curve in deeper] == [235_755, 154_708, 124_529]


def test_the_record_is_what_a_run_makes():
    samples = random_labels(mnist1d()[0])
    for recorded in recorded_curves()[-2:]:
        _, curve = memorise(samples, hidden=recorded.hidden, epochs=3)
        assert curve.losses[0] == pytest.approx(recorded.losses[0], rel=1e-5)
        assert curve.errors[0] == pytest.approx(recorded.errors[0], abs=2 / len(samples))


def test_samples_without_classes_and_rates_that_go_nowhere_are_refused():
    with pytest.raises(InputError, match="memorise needs samples of kind 'classification'; got 'regression'"):
        memorise(Samples(np.zeros((2, 1)), np.zeros(2)))
    with pytest.raises(InputError, match="memorise needs a rate above 0; got nan"):
        memorise(noise(), rate=float("nan"))


def test_a_rate_too_large_is_named_with_its_epoch():
    with pytest.raises(FitError, match="memorise needs finite losses; got one that is not at epoch"):
        memorise(noise(), hidden=(8, 8, 8), rate=1e12)
