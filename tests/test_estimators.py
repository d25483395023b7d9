"""The estimators as scikit-learn citizens, and the exact network one attribute away."""

from __future__ import annotations

import copy
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.datasets import load_iris, make_classification, make_moons
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator

from foldline.box import Box
from foldline.errors import FitError, InputError
from foldline.estimators import FoldClassifier, FoldRegressor, PerceptronClassifier
from foldline.fit.step.fused import Fused

ESTIMATORS = (FoldClassifier, FoldRegressor, PerceptronClassifier)
XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def scikit_learn_checks():
    """What parametrize_with_checks runs, at default parameters; the check below needs a process of its own."""
    for kind in ESTIMATORS:
        for estimator, check in estimator_checks_generator(kind()):
            name = getattr(check, "func", check).__name__
            if name != "check_array_api_input":
                yield pytest.param(estimator, check, id=f"{kind.__name__}-{name}")


@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks provoke warnings on purpose
@pytest.mark.parametrize(("estimator", "check"), list(scikit_learn_checks()))
def test_scikit_learn_s_own_check_passes(estimator, check):
    check(estimator)


def test_scikit_learn_s_array_api_check_passes_with_scipy_s_switch_on():
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from sklearn.utils.estimator_checks import estimator_checks_generator\n"
        "from foldline.estimators import FoldClassifier, FoldRegressor, PerceptronClassifier\n"
        "for kind in (FoldClassifier, FoldRegressor, PerceptronClassifier):\n"
        "    for estimator, check in estimator_checks_generator(kind()):\n"
        "        name = getattr(check, 'func', check).__name__\n"
        "        if name == 'check_array_api_input': check(estimator); print(kind.__name__)"
    )
    switched = {**os.environ, "SCIPY_ARRAY_API": "1"}  # read once, when SciPy is imported
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=switched)
    assert out.stdout.split() == [kind.__name__ for kind in ESTIMATORS], out.stderr


@pytest.mark.parametrize("seed", range(5))
def test_xor_is_learned_exactly(seed):
    X, y = XOR
    model = FoldClassifier(random_state=seed).fit(X, y)
    assert model.predict(X).tolist() == y
    assert model.loss_ < 0.1


def test_iris_is_told_apart_as_well_as_is_known():
    X, y = load_iris(return_X_y=True)
    scores = cross_val_score(FoldClassifier(random_state=0), X, y, cv=5)
    assert 0.94 <= scores.mean() <= 0.99


def test_the_network_on_raw_inputs_is_what_predicts():
    X, y = load_iris(return_X_y=True)
    model = FoldClassifier(random_state=0).fit(X * 1000 + 7, y)
    outputs = model.network_(X * 1000 + 7)
    np.testing.assert_array_equal(model.predict(X * 1000 + 7), outputs.argmax(axis=1))
    np.testing.assert_allclose(model.predict_proba(X * 1000 + 7).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X), rtol=1e-12)
    assert model.network_.d_in == 4 and model.network_.hidden == (64, 32)
    assert model.network_.meta["classes"] == ["0", "1", "2"]


def test_two_classes_are_decided_by_the_sign_of_the_decision():
    X, y = make_moons(100, noise=0.1, random_state=0)
    model = FoldClassifier(random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), (model.decision_function(X) > 0).astype(int))


def test_the_same_seed_gives_the_same_bits_in_any_order_of_rows():
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    first = FoldClassifier(random_state=3).fit(X, y)
    second = FoldClassifier(random_state=3).fit(X[order], y[order])
    other = FoldClassifier(random_state=4).fit(X, y)
    np.testing.assert_array_equal(first.network_.weights[0], second.network_.weights[0])
    assert not np.array_equal(first.network_.weights[0], other.network_.weights[0])


def test_class_weights_count_like_row_weights():
    X, y = make_moons(60, noise=0.3, random_state=1)
    by_class = FoldClassifier(random_state=0, class_weight={0: 3.0, 1: 1.0}).fit(X, y)
    by_row = FoldClassifier(random_state=0).fit(X, y, sample_weight=np.where(y == 0, 3.0, 1.0))
    np.testing.assert_array_equal(by_class.network_.weights[0], by_row.network_.weights[0])
    plain, biased = (
        FoldClassifier(random_state=0, max_iter=5, class_weight=weight).fit(X, y).predict(X)
        for weight in (None, {0: 100.0, 1: 1.0})
    )
    assert (biased == 0).sum() > (plain == 0).sum()


def test_a_perceptron_s_class_weights_count_like_row_weights():
    X, y = make_moons(60, noise=0.3, random_state=1)
    by_class = PerceptronClassifier(random_state=0, class_weight={0: 3.0, 1: 1.0}).fit(X, y)
    by_row = PerceptronClassifier(random_state=0).fit(X, y, sample_weight=np.where(y == 0, 3.0, 1.0))
    plain = PerceptronClassifier(random_state=0).fit(X, y)
    np.testing.assert_array_equal(by_class.network_.weights[0], by_row.network_.weights[0])
    assert (by_class.predict(X) == 0).sum() > (plain.predict(X) == 0).sum()


def test_balanced_classes_weigh_the_same_in_all():
    X, y = make_moons(60, noise=0.3, random_state=1)
    few = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:5]])
    balanced = FoldClassifier(random_state=0, class_weight="balanced").fit(X[few], y[few])
    by_hand = FoldClassifier(random_state=0).fit(X[few], y[few], sample_weight=np.where(y[few] == 0, 35 / 60, 3.5))
    np.testing.assert_allclose(balanced.network_.weights[0], by_hand.network_.weights[0], rtol=1e-3)


def test_pandas_columns_name_the_inputs_of_the_network():
    table = pd.DataFrame({"length": [1.0, 2.0, 3.0, 4.0], "depth": [4.0, 3.0, 1.0, 2.0]})
    model = FoldClassifier(random_state=0).fit(table, pd.Series(["a", "a", "b", "b"]))
    assert model.network_.meta["names"] == ["length", "depth"]
    assert model.predict(table).tolist() == ["a", "a", "b", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(table[["depth", "length"]])


def test_it_works_in_a_pipeline_and_a_grid_search():
    X, y = make_moons(80, noise=0.1, random_state=0)
    pipeline = make_pipeline(StandardScaler(), FoldClassifier(random_state=0, max_iter=20))
    search = GridSearchCV(pipeline, {"foldclassifier__hidden_layer_sizes": [(4,), (16, 16)]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.8


def measured(n=120):
    """A table of two named columns, and targets that fit every estimator."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"length": rng.normal(20, 5, n), "depth": rng.normal(0, 0.01, n)})
    return table, (table["length"] > 20).astype(int)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_a_pipeline_that_hands_on_pandas_names_the_inputs_too(kind):
    table, target = measured()
    model = make_pipeline(StandardScaler(), kind(random_state=0)).set_output(transform="pandas").fit(table, target)
    assert model[-1].network_.meta["names"] == ["length", "depth"]
    assert model.score(table, target) > 0.8


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_every_estimator_is_searched_over_a_grid(kind):
    table, target = measured()
    search = GridSearchCV(kind(random_state=0), {"max_iter": [1, 30]}, cv=2).fit(table, target)
    assert search.best_score_ > 0.7 and search.best_estimator_.network_.d_in == 2


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_every_estimator_counts_a_row_of_weight_two_twice_and_keeps_to_its_seed(kind):
    X, y = make_moons(60, noise=0.2, random_state=1)
    weight = np.random.default_rng(0).integers(0, 4, 60)
    heavy = kind(random_state=0).fit(X, y, sample_weight=pd.Series(weight))
    often = kind(random_state=0).fit(X.repeat(weight, axis=0), y.repeat(weight))
    other = kind(random_state=1).fit(X, y)
    np.testing.assert_array_equal(heavy.network_.weights[0], often.network_.weights[0])
    assert not np.array_equal(heavy.network_.weights[0], other.network_.weights[0])


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimator_sent_to_another_process_goes_on_with_the_same_bits(kind):
    X, y = make_moons(60, noise=0.2, random_state=1)
    here = kind(random_state=0).partial_fit(X, y)
    there = pickle.loads(pickle.dumps(here)).partial_fit(X, y)
    np.testing.assert_array_equal(here.partial_fit(X, y).network_.weights[0], there.network_.weights[0])


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_every_estimator_s_regions_fill_the_box_they_are_asked_on(kind):
    X, y = make_moons(60, noise=0.2, random_state=1)
    model = kind(random_state=0, max_iter=5).fit(X, y)
    for box in (model.box_, Box([-3, -2], [0.5, 2])):
        found = model.regions(box)
        assert found.certified and found.complete
        assert found.volumes.sum() == pytest.approx(box.volume, rel=1e-12)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_every_estimator_draws_itself_over_the_box_of_its_data(kind):
    X, y = make_moons(60, noise=0.2, random_state=1)
    model = kind(random_state=0, max_iter=5).fit(X, y)
    for ax in (model.plot(), model.plot(X, y)):
        np.testing.assert_allclose([ax.get_xlim(), ax.get_ylim()], np.transpose([model.box_.lo, model.box_.hi]))
        plt.close(ax.figure)


def test_classes_and_the_boundary_between_them_are_those_of_the_network():
    X, y = make_moons(60, noise=0.2, random_state=1)
    model = FoldClassifier((8,), random_state=0, max_iter=5).fit(X, y)
    found, edge = model.decisions(), model.boundary()
    assert found.box.lo.tolist() == edge.box.lo.tolist() == model.box_.lo.tolist()
    inside = X[np.abs(model.decision_function(X)) > 1e-6]
    np.testing.assert_array_equal(model.classes_[found.class_of(inside)], model.predict(inside))
    assert np.abs(model.decision_function(edge.vertices)).max() < 1e-9
    assert FoldRegressor((8,), random_state=0, max_iter=5).fit(X, y).boundary(level=0.5).names == ("0", "1")


def test_a_table_of_many_columns_is_drawn_on_two_of_them():
    X, y = make_classification(80, 5, random_state=0)
    model = FoldClassifier((8,), random_state=0, max_iter=5).fit(X, y)
    ax = model.plot(features=(3, 1))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x4", "x2")
    assert ax.get_xlim() == pytest.approx((model.box_.lo[3], model.box_.hi[3]))
    plt.close(ax.figure)


def test_a_row_is_explained_by_the_coefficients_it_is_predicted_with():
    X, y = make_classification(80, 5, random_state=0)
    model = FoldRegressor((8, 6), random_state=0, max_iter=5).fit(X, y)
    found = model.explain(X[:1])
    assert found.value == pytest.approx(model.predict(X[:1])) and found.holds(X[:1]).all()
    near = X[0] + 0.9 * found.distance * np.eye(5)
    np.testing.assert_allclose(model.predict(near) - model.predict(X[:1]), 0.9 * found.distance * found.coefficients[0])
    with pytest.raises(NotFittedError):
        FoldRegressor().explain(X[0])


def test_rows_seen_later_widen_the_range():
    model = FoldRegressor((4,), random_state=0).partial_fit([[0.0], [1.0]], [0.0, 1.0]).partial_fit([[3.0]], [0.0])
    assert model.network_.seen.lo.tolist() == [0.0] and model.network_.seen.hi.tolist() == [3.0]


def test_early_stopping_keeps_the_best_weights():
    X, y = make_moons(300, noise=0.3, random_state=0)
    model = FoldClassifier(random_state=0, early_stopping=True, n_iter_no_change=5).fit(X, y)
    assert model.n_iter_ < 107 == len(FoldClassifier(random_state=0).fit(X, y).loss_curve_)
    assert model.best_validation_score_ == max(model.validation_scores_)
    stopped = FoldRegressor(random_state=0, early_stopping=True, n_iter_no_change=5).fit(X, X[:, 0] ** 2)
    assert stopped.best_validation_score_ == max(stopped.validation_scores_) > 0.8


def test_partial_fit_goes_on_where_it_stood():
    X, y = make_moons(200, noise=0.1, random_state=0)
    model = FoldClassifier(random_state=0)
    for _ in range(60):
        model.partial_fit(X, y, classes=[0, 1, 2])
    assert model.score(X, y) > 0.95
    assert model.n_iter_ == 60 and model.loss_curve_[-1] < model.loss_curve_[0]
    assert model.predict_proba(X).shape == (200, 3)
    with pytest.raises(InputError, match=r"FoldClassifier needs labels out of \[0, 1, 2\]; got .*7.* in row 0"):
        model.partial_fit(X[:1], [7])
    numbers = FoldRegressor(random_state=0)
    for _ in range(60):
        numbers.partial_fit(X, X[:, 0] * X[:, 1])
    assert numbers.score(X, X[:, 0] * X[:, 1]) > 0.9


def test_a_regressor_predicts_as_many_columns_as_it_saw():
    X = np.linspace(-1, 1, 50)[:, None]
    model = FoldRegressor(random_state=0).fit(X, np.hstack([np.abs(X), 1000 * X]))
    assert model.predict(X).shape == (50, 2)
    assert model.score(X, np.hstack([np.abs(X), 1000 * X])) > 0.99


def test_scikit_learn_is_told_who_takes_several_columns():
    assert [get_tags(kind()).target_tags.multi_output for kind in ESTIMATORS] == [False, True, False]


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_both_optimisers_fit_a_curve(optimiser):
    X = np.linspace(-1, 1, 50)[:, None]
    model = FoldRegressor(random_state=0, optimiser=optimiser, alpha=0.0).fit(X, np.abs(X[:, 0]))
    assert model.score(X, np.abs(X[:, 0])) > 0.99


def test_regions_are_asked_of_the_network_on_the_box_of_the_data():
    X, y = XOR
    model = FoldClassifier((3,), random_state=0).fit(np.array(X) * 1.0, y)
    assert model.box_.lo.tolist() == [-0.05, -0.05] and model.box_.hi.tolist() == [1.05, 1.05]
    assert model.network_.seen.lo.tolist() == [0, 0] and model.network_.seen.hi.tolist() == [1, 1]
    assert model.network_.box.lo.tolist() == model.box_.lo.tolist()
    with pytest.warns(UserWarning, match=r"got column 1 with 1e\+140 in every row\."):
        constant = FoldRegressor(random_state=0).fit([[1.0, 1e140], [2.0, 1e140]], [0.0, 1.0])
    assert np.all(constant.box_.lo < constant.box_.hi)
    assert 1 <= len(model.regions()) <= 7
    assert 1 <= len(model.regions(Box([0.4, 0.4], [0.6, 0.6]))) <= 7


def test_saving_writes_the_network_without_pickle(tmp_path):
    from foldline.files import read

    X, y = XOR
    model = FoldClassifier(random_state=0).fit(X, y)
    path = model.save(tmp_path / "xor.safetensors")
    np.testing.assert_array_equal(read(path)(X), model.network_(X))


def test_a_network_can_be_copied_and_sent_to_another_process():
    X, y = XOR
    network = FoldClassifier(random_state=0).fit(X, y).network_
    for again in (pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        np.testing.assert_array_equal(again(X), network(X))
        assert again.meta == network.meta and not again.weights[0].flags.writeable


def test_a_small_fit_loads_no_pytorch():
    code = (
        "import sys; from foldline.estimators import FoldClassifier\n"
        f"FoldClassifier().fit(*{XOR!r}); print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_layer_sizes": (0,)}, r"FoldClassifier needs hidden_layer_sizes\[0\] as a positive int; got 0"),
        ({"hidden_layer_sizes": (4, 1.5)}, r"hidden_layer_sizes\[1\] as a positive int; got 1.5"),
        ({"optimiser": "lbfgs"}, "needs optimiser 'adam' or 'sgd'; got 'lbfgs'"),
        ({"hidden_layer_sizes": None}, r"hidden_layer_sizes\[0\] as a positive int; got None"),
        ({"learning_rate": 0}, "needs learning_rate above 0; got 0"),
        ({"learning_rate": "adaptive"}, "needs learning_rate above 0; got 'adaptive'"),
        ({"momentum": 1.0}, "needs momentum from 0 to below 1; got 1.0"),
        ({"alpha": -1}, "needs alpha of 0 or more; got -1"),
        ({"alpha": None}, "needs alpha of 0 or more; got None"),
        ({"tol": float("nan")}, "needs tol of 0 or more; got nan"),
        ({"batch_size": 2.5}, "needs batch_size 'auto' or a positive int; got 2.5"),
        ({"batch_size": True}, "needs batch_size 'auto' or a positive int; got True"),
        ({"max_iter": 1.5}, "needs max_iter as a positive int; got 1.5"),
        ({"n_iter_no_change": 0}, "needs n_iter_no_change of 1 or more; got 0"),
        ({"validation_fraction": 1.5}, "needs validation_fraction between 0 and 1; got 1.5"),
        ({"early_stopping": "no"}, "needs early_stopping True or False; got 'no'"),
        ({"class_weight": {0: -2.0}}, "needs class_weight of 0 or more; got -2"),
        ({"class_weight": {1: "a"}}, "needs class_weight of 0 or more; got 'a' for 1"),
        ({"class_weight": {0: 0, 1: 0}}, "needs a row whose weight is above 0; got class_weight {0: 0, 1: 0}"),
        ({"class_weight": {0: 1, 7: 2}}, r"needs class_weight for classes out of \[0, 1\]; got 7"),
        ({"class_weight": "balance"}, "needs class_weight None, 'balanced' or {class: weight}; got 'balance'"),
    ],
)
def test_an_option_that_cannot_be_is_named(options, message):
    with pytest.raises(InputError, match=message):
        FoldClassifier(**options).fit(*XOR)


@pytest.mark.parametrize(
    ("X", "y", "weight", "message"),
    [
        ([[0.0, 1.0], [1.0, np.nan]], [0, 1], None, "X row 1, column 1 is NaN; drop or impute"),
        (pd.DataFrame({"a": [0.0, np.inf], "b": [1.0, 2.0]}), [0, 1], None, "X row 1, column 'a' is inf; drop"),
        ([[0.0], [1e200]], [0, 1], None, r"X row 1, column 0 is 1e\+200; scale it below 1e\+150"),
        (pd.DataFrame({"a": [0.0, 1.0], "b": ["2", "x"]}), [0, 1], None, "X row 1, column 'b' is 'x'; encode it"),
        ([["1", "n/a"], ["2", "3"]], [0, 1], None, "X row 0, column 1 is 'n/a'; encode it as a number"),
        ([[0.0], [1.0]], [0, np.nan], None, "y row 1 is missing; drop the row or impute"),
        ([[0.0], [1.0]], np.array([None, "a"], dtype=object), None, "y row 0 is missing"),
        ([[0.0], [1.0]], pd.Series(["a", pd.NA], dtype="string"), None, "y row 1 is missing"),
        ([[0.0], [1.0]], [5, 5], None, r"FoldClassifier needs at least 2 classes; got 1 class: \[5\]"),
        ([[0.0], [1.0]], [0, 1], [-1.0, 1.0], "sample_weight needs weights of 0 or more; got -1"),
        ([[0.0], [1.0]], [0, 1], [1.0, np.nan], "sample_weight row 1 is nan; give a number of 0 or more"),
        ([[0.0], [1.0]], [0, np.inf], None, "y row 1 is inf; drop the row or correct it"),
        ([[0.0], [1.0]], [0, 1], [0.0, 1.0], r"needs at least 2 classes; got 1 class: \[1\]"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_fitted_is_refused_by_cell(X, y, weight, message):
    with pytest.raises(InputError, match=message):
        FoldClassifier().fit(X, y, sample_weight=weight)


def test_numbers_to_predict_that_cannot_be_are_named_by_row():
    X, Y = np.zeros((3, 1)), np.array([[0.0, 1.0], [2.0, np.nan], [3.0, 1e200]])
    with pytest.raises(InputError, match="y row 1 is missing; drop the row or impute"):
        FoldRegressor().fit(X, Y)
    with pytest.raises(InputError, match=r"y row 2 is 1e\+200; scale it below 1e\+150"):
        FoldRegressor().fit(X, np.nan_to_num(Y))
    with pytest.raises(InputError, match="y row 1 is -inf; drop the row or correct it"):
        FoldRegressor().fit(X, [0.0, -np.inf, 1.0])
    with pytest.raises(InputError, match="y row 2 is 'x'; encode it as a number, or take a classifier"):
        FoldRegressor().fit(X, ["1", "2", "x"])
    assert FoldRegressor(max_iter=1).fit([[0.0], [1.0]], ["1", "2"]).predict([[0.0]]).shape == (1,)


def test_a_question_with_a_text_in_it_is_refused_by_cell():
    model = FoldClassifier(random_state=0).fit(*XOR)
    with pytest.raises(InputError, match="X row 0, column 1 is 'one'; encode it as a number"):
        model.predict([[0, "one"]])


def test_going_on_with_other_layers_is_refused_and_leaves_the_model_as_it_was():
    X = np.linspace(-1, 1, 20)[:, None]
    model = FoldRegressor((4,), random_state=0).partial_fit(X, X[:, 0])
    before = model.predict(X)
    with pytest.raises(InputError, match=r"needs the layers 1-4-1 it has to go on; got 1-4-2\. Call fit to begin anew"):
        model.partial_fit(X, np.hstack([X, X]))
    np.testing.assert_array_equal(model.predict(X), before)
    with pytest.raises(InputError, match=r"needs the layers 1-4-1 it has to go on; got 1-5-1"):
        model.set_params(hidden_layer_sizes=(5,)).partial_fit(X, X[:, 0])


@pytest.mark.parametrize("kind", [FoldClassifier, PerceptronClassifier])
def test_going_on_with_other_classes_is_refused(kind):
    X, y = XOR
    model = kind(random_state=0).partial_fit(X, y, classes=[0, 1]).partial_fit(X, y, classes=[1, 0])
    with pytest.raises(InputError, match=rf"{kind.__name__} needs the classes \[0, 1\] it began with; got \[0, 2\]"):
        model.partial_fit(X, y, classes=[0, 2])


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("value", [0.1, 1 / 3, 7.7, 1e9 + 0.1])
def test_a_constant_column_divides_nothing_although_its_mean_is_rounded(kind, value):
    X, y = make_moons(150, noise=0.1, random_state=0)
    with pytest.warns(UserWarning, match=f"{kind.__name__} needs columns that vary; got column 2 with"):
        model = kind(random_state=0).fit(np.column_stack([X, np.full(150, value)]), y)
        plain = kind(random_state=0).fit(np.column_stack([X, np.zeros(150)]), y)
    for W, V in zip(model.network_.weights, plain.network_.weights, strict=True):
        np.testing.assert_allclose(W, V, rtol=1e-6)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_constant_columns_are_told_of_once_a_fit_at_the_line_that_calls_it(kind):
    table = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": 3.0, "c": 5.0})
    with pytest.warns(UserWarning) as caught:
        kind(random_state=0, max_iter=1).fit(table, [0, 0, 1, 1])
    (warning,) = caught
    assert warning.filename == __file__
    assert str(warning.message) == (
        f"{kind.__name__} needs columns that vary; got column 'b' with 3 in every row (and 1 more such). "
        "It is kept and tells nothing; leave it out."
    )


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("seed", ["seed", -1, 1.5, 2**40])
def test_a_random_state_that_is_none_is_named(kind, seed):
    message = rf"{kind.__name__} needs random_state None, an int from 0 to 4294967295 or a RandomState; got {seed!r}"
    with pytest.raises(InputError, match=message):
        kind(random_state=seed).fit(*XOR)


@pytest.mark.parametrize("scale", [1e-200, 1e140])
def test_numbers_of_any_size_are_learned_alike(scale):
    X = np.linspace(-1, 1, 50)[:, None]
    model = FoldRegressor(random_state=0).fit(X * scale, np.abs(X[:, 0]) * scale)
    assert np.abs(model.predict(X * scale) - np.abs(X[:, 0]) * scale).max() < 0.1 * scale


def test_weights_that_are_all_zero_or_negative_are_refused():
    with pytest.raises(ValueError, match="at least one non-zero number"):
        FoldRegressor().fit([[0.0], [1.0]], [0.0, 1.0], sample_weight=[0.0, 0.0])
    with pytest.raises(InputError, match="sample_weight needs weights of 0 or more; got -1"):
        FoldRegressor().fit([[0.0], [1.0]], [0.0, 1.0], sample_weight=[-1.0, 1.0])


def test_early_stopping_needs_rows_left_to_fit():
    with pytest.raises(InputError, match="needs rows left to fit after holding out 1; got 1 rows"):
        FoldRegressor(early_stopping=True).fit([[1.0]], [1.0])


def test_a_diverging_fit_names_the_step_and_keeps_the_last_good_weights():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(FitError, match=r"FoldClassifier needs finite losses; got .* at step") as caught:
        FoldClassifier(optimiser="sgd", learning_rate=1e6, random_state=0).fit(X, y)
    assert np.isfinite(caught.value.network(X)).all()


def test_questions_before_the_fit_are_refused():
    for question in (lambda: FoldClassifier().regions(), lambda: FoldClassifier().save("x.onnx")):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            question()


def test_a_converged_perceptron_makes_no_error_within_novikoff_s_bound():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    X = X[np.abs(X @ [1.0, -2.0, 0.5]) > 0.3]
    y = (X @ [1.0, -2.0, 0.5] > 0).astype(int)
    model = PerceptronClassifier(random_state=0, max_iter=1000).fit(X, y)
    assert model.converged_ and model.score(X, y) == 1
    rows = np.column_stack([np.ones(len(X)), (X - X.mean(axis=0)) / X.std(axis=0)])
    plane = np.append(X.mean(axis=0) @ [1.0, -2.0, 0.5], X.std(axis=0) * [1.0, -2.0, 0.5])
    radius, margin = np.linalg.norm(rows, axis=1).max(), np.abs(rows @ plane).min() / np.linalg.norm(plane)
    assert 0 < model.n_mistakes_ <= (radius / margin) ** 2


def test_a_perceptron_does_not_learn_xor_but_three_classes_in_a_row_of_corners():
    X, y = XOR
    model = PerceptronClassifier(random_state=0).fit(X, y)
    assert not model.converged_ and model.score(X, y) <= 0.75 and model.n_iter_ == 100
    corners = PerceptronClassifier(random_state=0).fit([[0, 0], [0, 1], [1, 0]], ["a", "b", "c"])
    assert corners.converged_ and corners.network_.hidden == ()


def test_a_perceptron_goes_on_by_partial_fit():
    X, y = load_iris(return_X_y=True)
    model = PerceptronClassifier(random_state=0)
    for _ in range(10):
        model.partial_fit(X, y, classes=[0, 1, 2])
    assert model.n_iter_ == 10 and model.score(X, y) > 0.9
    with pytest.raises(InputError, match="PerceptronClassifier needs max_iter as a positive int; got 0"):
        PerceptronClassifier(max_iter=0).fit(X, y)


def test_the_guide_to_estimators_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    guide = Path(__file__).parents[1] / "docs" / "guide" / "estimators.md"
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    space: dict[str, object] = {}
    for block in blocks:
        exec(block, space)
    lines = capsys.readouterr().out.splitlines()
    assert len(blocks) == 3 and (tmp_path / "moons.safetensors").exists()
    assert float(lines[0]) > 0.95 and int(lines[2]) > 10 and len(lines) >= 8


def test_the_network_knows_how_it_was_fitted():
    X = np.random.default_rng(0).normal(size=(50, 2))
    training = FoldRegressor((4,), random_state=0).fit(X, X[:, 0]).network_.training
    assert (training.hidden, training.loss, training.optimiser, training.n_samples) == ((4,), "squared", "adam", 50)
    assert training.complete and training.steps == training.curve.step[-1] > 0


def test_ctrl_c_reaches_who_called_fit(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    X = np.random.default_rng(0).normal(size=(50, 2))
    run = Fused.run
    monkeypatch.setattr(Fused, "run", lambda *of: interrupted(*of) if of[1] else run(*of))
    with pytest.raises(KeyboardInterrupt):
        FoldRegressor((4,), random_state=0).fit(X, X[:, 0])
