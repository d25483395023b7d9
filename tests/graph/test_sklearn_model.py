"""Networks of fitted scikit-learn models, against what the models themselves answer."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler

import foldline as fl

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3)) * [1, 20, 0.1] + [5, -40, 1]
NUMBERS = X @ [1, 0.1, 3] + np.sin(X[:, 0])
TWO = np.where(NUMBERS > np.median(NUMBERS), "yes", "no")
THREE = np.digitize(NUMBERS, np.quantile(NUMBERS, [0.3, 0.7]))


def fitted(model, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few steps: what matters is what was learned, not how well
        return model.fit(X, y)


def perceptron(kind=MLPClassifier, **more):
    return kind(hidden_layer_sizes=(7, 5), max_iter=15, random_state=0, **more)


@pytest.mark.parametrize("unit", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("y", [TWO, THREE], ids=["two", "three"])
def test_a_perceptron_gives_its_chances(unit, y):
    model = fitted(make_pipeline(StandardScaler(), perceptron(activation=unit)), y)
    network = fl.Network.from_sklearn(model)
    chances = model.predict_proba(X)
    assert network(X) == pytest.approx(chances[:, 1:] if y is TWO else chances, abs=1e-12)
    assert network.meta["classes"] == [str(name) for name in model.classes_]


STEPS = [
    StandardScaler(), StandardScaler(with_mean=False), StandardScaler(with_std=False), RobustScaler(),
    RobustScaler(with_centering=False, with_scaling=False), MinMaxScaler((-1, 3)), MaxAbsScaler(), PCA(2),
    PCA(2, whiten=True), "passthrough", make_pipeline(MinMaxScaler(), PCA()),
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_what_stands_before_the_model_becomes_its_first_layer_and_is_said(step):
    model = fitted(make_pipeline(step, perceptron(MLPRegressor)), NUMBERS)
    network = fl.Network.from_sklearn(model)
    assert network(X)[:, 0] == pytest.approx(model.predict(X), rel=1e-9)
    assert network.d_in == 3 and bool(network.assumed) == (step != "passthrough")


@pytest.mark.parametrize(
    ("model", "y", "ask"),
    [
        (LogisticRegression(), TWO, lambda m: m.predict_proba(X)[:, 1:]),
        (LogisticRegression(), THREE, lambda m: m.predict_proba(X)),
        (LinearDiscriminantAnalysis(), THREE, lambda m: m.predict_proba(X)),
        (Perceptron(), TWO, lambda m: m.decision_function(X)[:, None]),
        (Perceptron(), THREE, lambda m: m.decision_function(X)),
        (LinearRegression(), NUMBERS, lambda m: m.predict(X)[:, None]),
        (Ridge(fit_intercept=False), np.column_stack([NUMBERS, NUMBERS**2]), lambda m: m.predict(X)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_linear_model_is_a_network_without_hidden_units(model, y, ask):
    network = fl.Network.from_sklearn(fitted(model, y))
    assert network(X) == pytest.approx(ask(model), rel=1e-9, abs=1e-9) and network.hidden == ()


def test_the_decisions_of_the_network_are_the_models():
    model = fitted(make_pipeline(StandardScaler(), perceptron()), THREE)
    found = fl.decisions(fl.Network.from_sklearn(model), fl.Box(X.min(axis=0), X.max(axis=0)))
    assert np.array_equal(found.class_of(X), model.predict(X))


def test_columns_keep_their_names():
    import pandas

    table = pandas.DataFrame(X, columns=["length", "width", "height"])
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(table, NUMBERS)
    assert fl.Network.from_sklearn(model).meta["names"] == ["length", "width", "height"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: MLPClassifier(), r"from_sklearn needs a fitted model; got MLPClassifier without coefs_\. Call fit"),
        (lambda: fitted(KNeighborsClassifier(), TWO), r"or a pipeline that ends in one; got KNeighborsClassifier"),
        (lambda: fitted(make_pipeline(PolynomialFeatures(), LinearRegression()), NUMBERS),
         r"from_sklearn needs steps out of StandardScaler, .* before the model; got PolynomialFeatures"),
        (lambda: fitted(make_pipeline(MinMaxScaler(clip=True), LinearRegression()), NUMBERS),
         r"from_sklearn needs a MinMaxScaler without clip"),
        (lambda: fitted(perceptron(MLPRegressor, loss="poisson"), NUMBERS - NUMBERS.min()),
         r"from_sklearn needs an output out of identity, logistic, softmax; got 'exp"),
        (lambda: fitted(perceptron(), np.column_stack([TWO == "yes", THREE == 1])),
         r"from_sklearn needs one class a row; got a classifier of 2 labels at once"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_refused_by_name(model, said):
    with pytest.raises(fl.FoldlineError, match=said):
        fl.Network.from_sklearn(model())
