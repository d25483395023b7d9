"""Displays: scikit-learn's conventions, exact answers, slices of what has more than two features."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas
import pytest
from matplotlib import pyplot
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import foldline as fl
from foldline.data.gates import gate, xor_network
from foldline.draw.displays import BoundaryDisplay, RegionDisplay
from foldline.estimators import FoldClassifier

RNG = np.random.default_rng(0)
WIDE = RNG.normal(size=(40, 4)) * [1, 10, 1, 1]
LABELS = np.where(WIDE[:, 0] + WIDE[:, 1] / 10 > 0, "up", "down")


@pytest.fixture(autouse=True)
def closed():
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def model():
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(WIDE, LABELS)


def test_a_display_of_a_network_knows_its_axes_and_figure_and_draws_again():
    ax = pyplot.subplots()[1]
    display = RegionDisplay.from_network(xor_network(), fl.Box([-1, -1], [2, 2]), samples=gate("xor"), ax=ax)
    assert display.ax_ is ax and display.figure_ is ax.figure and len(display.answer) == 3
    assert display.plot(colour="value").ax_ is not ax


def test_a_fold_classifier_is_drawn_over_its_data_and_a_margin():
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), ["a", "b", "b", "a"]
    model = FoldClassifier((4,), random_state=0).fit(X, y)
    display = BoundaryDisplay.from_estimator(model, X, y, style={"linestyles": "--"})
    assert display.answer.box.lo.tolist() == [-0.05, -0.05] and display.samples.classes == ("a", "b")
    assert np.array_equal(np.array(["a", "b"])[display.answer.class_of(X)], model.predict(X))
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["a", "b"]


def test_more_features_are_a_slice_through_a_row_whose_classes_are_the_models(model):
    row = WIDE[7]
    display = BoundaryDisplay.from_estimator(model, WIDE, LABELS, features=(1, 0), at=row)
    places = RNG.uniform(display.answer.box.lo, display.answer.box.hi, (50, 2))
    rows = np.tile(row, (50, 1))
    rows[:, [1, 0]] = places
    assert np.array_equal(np.array(["down", "up"])[display.answer.class_of(places)], model.predict(rows))
    assert display.samples is None and display.ax_.get_xlabel() == "x2"


def test_features_have_names_and_the_rest_stay_at_their_medians(model):
    table = pandas.DataFrame(WIDE, columns=list("abcd"))
    display = RegionDisplay.from_estimator(model, table, features=("d", "b"))
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("d", "b")
    middle = np.median(WIDE, axis=0)
    inputs = display.answer.network([[middle[3], middle[1]]])
    assert inputs[0, 0] == pytest.approx(model.predict_proba(middle[None])[0, 1])


def test_a_regressor_of_one_column_is_a_curve_with_its_data():
    X = np.linspace(0, 1, 9)[:, None]
    display = RegionDisplay.from_estimator(LinearRegression().fit(X, 2 * X[:, 0] + 1), X, 2 * X[:, 0] + 1)
    assert display.ax_.lines[0].get_ydata() == pytest.approx([0.9, 3.1]) and display.samples.kind == "regression"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"features": (0, 9)}, r"from_estimator needs features of X, 0 to 3 or x1, x2, x3, x4; got 9"),
        ({"features": ("x1", "y")}, r"from_estimator needs features of X, .*; got 'y'"),
        ({"at": [1, 2]}, r"from_estimator needs at with 4 numbers; got shape \(2,\)\. Give a row of X"),
    ],
)
def test_what_is_not_in_the_data_is_refused(model, more, said):
    with pytest.raises(fl.FoldlineError, match=said):
        RegionDisplay.from_estimator(model, WIDE, **more)


def test_data_of_another_width_and_strange_labels_are_refused(model):
    with pytest.raises(
        fl.FoldlineError, match=r"from_estimator needs X with 4 columns, as the model; got shape \(40, 3\)"
    ):
        RegionDisplay.from_estimator(model, WIDE[:, :3])
    two = LogisticRegression().fit(WIDE[:, :2], LABELS)
    with pytest.raises(fl.FoldlineError, match=r"needs y of the model's classes; got 'left'\. They are down, up"):
        BoundaryDisplay.from_estimator(two, WIDE[:, :2], ["left"] * 40)
