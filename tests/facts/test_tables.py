"""A table's network beside its rows, against scikit-learn's scores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, r2_score

import foldline as fl
from foldline.data.toys import blobs
from foldline.facts.tables import confusions, split_of, table_facts


def noise(n: int = 80) -> fl.Samples:
    rng = np.random.default_rng(0)
    return fl.Samples(rng.normal(size=(n, 4)), rng.integers(0, 2, n), "classification", (), ("no", "yes"))


def test_confusions_and_accuracy_are_scikit_learn_s() -> None:
    samples = blobs(90, n_classes=3)
    network = fl.fit(samples, hidden=(4,), steps=30, holdout=0.2)
    facts = table_facts(network, samples)
    for name, part in zip(("fitted", "kept_aside"), split_of(network, samples), strict=True):
        true, given = part.targets[:, 0], network(part.inputs).argmax(axis=1)
        assert facts.confusion[name] == confusion_matrix(true, given, labels=[0, 1, 2]).tolist()
        assert getattr(facts, name)["accuracy"] == pytest.approx(accuracy_score(true, given))


def test_r_squared_is_scikit_learn_s() -> None:
    X = np.random.default_rng(0).normal(size=(100, 2))
    samples = fl.Samples(X, np.abs(X[:, 0]))
    network = fl.fit(samples, hidden=(4,), steps=50, holdout=0.2)
    facts, (fitted, aside) = table_facts(network, samples), split_of(network, samples)
    for told, part in ((facts.fitted, fitted), (facts.kept_aside, aside)):
        assert told["r_squared"] == pytest.approx(r2_score(part.targets, network(part.inputs)))
        assert told["rms_error"] == pytest.approx(np.sqrt(np.mean((network(part.inputs) - part.targets) ** 2)))


def test_the_rows_kept_aside_are_those_that_were(tmp_path) -> None:
    """Their score is the one the fit told, after a file too."""
    samples = blobs(90, n_classes=3)
    network = fl.fit(samples, hidden=(4,), steps=10, holdout=0.25, seed=3)
    again = fl.read_network(network.save(tmp_path / "a.safetensors"))
    assert again.training.holdout == 0.25
    assert table_facts(again, samples).kept_aside["accuracy"] == network.training.held_out["accuracy"]
    assert len(split_of(again, samples)[1]) == network.training.held_out["rows"]


def test_a_network_that_says_nothing_is_judged_by_all_rows() -> None:
    facts = table_facts(fl.Network([[[1.0] * 4]], [[0.0]]), noise())
    assert facts.kept_aside == {} and list(facts.confusion) == ["fitted"]


def test_one_logit_is_a_class_above_0() -> None:
    samples = noise()
    network = fl.fit(samples, hidden=(4,), steps=10, loss="binary")
    assert np.trace(confusions(network, samples)) / 80 == pytest.approx(network.training.final["accuracy"])


def test_what_learned_by_heart_and_what_knows_nothing_is_said_first() -> None:
    samples = noise()
    facts = table_facts(fl.fit(samples, hidden=(64, 64), steps=600, holdout=0.25), samples)
    assert "It knows its own rows by heart: accuracy 1 on them" in facts.doubts[-1]
    constant = fl.Network([[[0.0] * 4]], [[1.0]])
    (doubt,) = table_facts(constant, samples).doubts
    assert doubt.startswith("It does no better than always answering the commonest class")
    numbers = fl.Samples([[0.0], [1.0], [2.0]], [0.0, 1.0, 5.0])
    (doubt,) = table_facts(fl.Network([[[0.0]]], [[2.0]]), numbers).doubts
    assert doubt == "It does no better than always answering the mean: R² 0 against 0."
    assert table_facts(fl.Network([[[2.0]]], [[0.0]]), numbers).doubts == ()
