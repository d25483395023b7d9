"""What callers bring: arrays, tables of pandas and polars, labels; and what they bring by mistake."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import DataConversionWarning

import foldline as fl
from foldline.dates import moment_of
from foldline.errors import FoldlineError, InputError
from foldline.estimators import FoldRegressor
from foldline.fit.linear import descend, least_squares, line
from foldline.fit.measure import measure
from foldline.fit.memorise import memorise
from foldline.fit.perceptron import learn_perceptron
from foldline.fit.starts import train_from_starts
from foldline.optimal.separate import separate
from foldline.optimal.shallow_fit import fit_shallow_globally
from foldline.optimal.weight_space import error_cells

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (40, 2))
Y = X[:, 0] * 2 - X[:, 1]
QUICK = dict(hidden=(4,), steps=20)
NET = fl.Network([[[1.0, 1.0], [1.0, -1.0]], [[1.0, -2.0]]], [[0.0, 0.5], [0.25]])
BOX = fl.Box([-1, -1], [1, 1])


def polars(**columns):
    return pytest.importorskip("polars").DataFrame(columns)


@pytest.mark.parametrize(
    "bring",
    [
        lambda: (X, Y),
        lambda: (X.tolist(), Y.tolist()),
        lambda: (torch.tensor(X, requires_grad=True), torch.tensor(Y)),
        lambda: (pd.DataFrame(X, columns=["a", "b"]), pd.Series(Y, name="c")),
        lambda: (pd.DataFrame(X), pd.DataFrame({"c": Y})),
        lambda: (polars(a=X[:, 0], b=X[:, 1]), polars(c=Y)["c"]),
        lambda: (pd.DataFrame(X, columns=["a", "b"], dtype="Float64"), Y),
        lambda: (np.array(X, dtype=object), Y[:, None]),
    ],
)
def test_inputs_and_targets_are_taken_as_they_come(bring):
    network, plain = fl.fit(*bring(), **QUICK), fl.fit(fl.Samples(X, Y), **QUICK)
    for a, b in zip(network.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_names_of_columns_are_kept():
    assert fl.fit(pd.DataFrame(X, columns=["a", "b"]), Y, **QUICK).meta["names"] == ["a", "b"]
    assert fl.fit(polars(a=X[:, 0], b=X[:, 1]), Y, **QUICK).meta["names"] == ["a", "b"]
    assert fl.fit(X, Y, **QUICK).meta["names"] == []


@pytest.mark.parametrize(
    ("y", "kind", "classes"),
    [
        (["a", "b"] * 20, None, ["a", "b"]),
        (pd.Series(["x", "y"] * 20, dtype="category"), None, ["x", "y"]),
        (X[:, 0] > 0, None, ["False", "True"]),
        ([3, 7] * 20, "classification", ["3", "7"]),
        (np.array([0.5, -1.0] * 20), "classification", ["-1", "0.5"]),
    ],
)
def test_labels_are_inferred_and_what_was_taken_is_said(y, kind, classes):
    network = fl.fit(X, y, kind=kind, **QUICK)
    assert network.meta["kind"] == "classification" and network.meta["classes"] == classes and network.d_out == 2
    assert "classification" in network.meta["findings"][0]


def test_numbers_are_numbers_unless_it_is_said():
    assert fl.fit(X, [0, 1] * 20, **QUICK).meta["kind"] == "regression"
    assert fl.fit(X, np.stack([Y, -Y], axis=1), **QUICK).d_out == 2
    assert fl.fit(X[:, 0], Y, **QUICK).d_in == 1


def test_one_width_is_one_layer():
    assert fl.fit(X, Y, hidden=5, steps=5).hidden == (5,)


def test_a_constant_column_is_kept_and_warned_of():
    table = pd.DataFrame({"a": X[:, 0], "k": 7.0, "l": 1.0})
    with pytest.warns(UserWarning, match=r"got column 'k' with 7 in every row \(and 1 more such\)") as caught:
        network = fl.fit(table, Y, **QUICK)
    assert network.d_in == 3 and np.isfinite(network(X[:, [0, 0, 0]])).all()
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="got column 0 with 1 in every row. It"):
        fl.fit(np.ones((40, 1)), Y, **QUICK)


def with_cell(value):
    table = pd.DataFrame({"a": X[:, 0], "b": X[:, 1].astype(object)})
    table.loc[3, "b"] = value
    return table


MISTAKES = [
    (lambda: fl.fit("data.csv"), r"fit needs Samples; got the file name 'data.csv'. Make some: foldline.read\(path\)"),
    (lambda: fl.fit(Path("a.off")), "got the file name 'a.off'"),
    (lambda: fl.fit(fl.Samples(X, Y), least_part=-1), "fit needs least_part as 0 or more cells; got -1"),
    (lambda: fl.fit(fl.Samples(X, Y), least_part=2), "fit needs a field of a shape for least_part"),
    (lambda: fl.fit(X), r"needs targets beside inputs; got a ndarray alone. Write fit\(X, y\)"),
    (lambda: fl.fit(None), "got a NoneType alone"),
    (lambda: fl.fit(fl.Samples(X, Y), Y), "got targets beside Samples"),
    (lambda: fl.fit(fl.Samples(X, Y), kind="image"), "got kind 'image' without targets"),
    (lambda: fl.fit("data.csv", Y), r"fit needs X as numbers; got the text 'data.csv'. If it names a file, read it"),
    (lambda: fl.fit(X, "y.csv"), "fit needs y as numbers; got the text 'y.csv'"),
    (lambda: fl.fit(b"data.csv", Y), "got the text 'data.csv'"),
    (lambda: fl.fit(X, Y[:5]), "got 40 inputs and 5 targets"),
    (lambda: fl.fit([[1, 2], [3]], [1, 2]), "fit needs X as a table of numbers; got a list .*rows of one length"),
    (lambda: fl.fit(3.0, Y), "got a float. Give an array"),
    (lambda: fl.fit({"a": X}, Y), "got a dict. Give an array"),
    (lambda: fl.fit(np.zeros((2, 2, 2)), [1, 2]), r"needs X as a table, \(rows, columns\); got shape \(2, 2, 2\)"),
    (lambda: fl.fit(with_cell("red"), Y), "X row 3, column 'b' is 'red'; encode it as a number"),
    (lambda: fl.fit(with_cell(pd.NA), Y), "X row 3, column 'b' is missing; drop or impute"),
    (lambda: fl.fit(with_cell(np.nan), Y), "X row 3, column 'b' is nan; drop or impute"),
    (lambda: fl.fit([["a"], ["b"]], [1, 2]), "X row 0, column 0 is .*'a'.*; encode it as a number"),
    (lambda: fl.fit(X.astype(complex), Y), "needs X as real numbers; got complex numbers"),
    (lambda: fl.fit(X, ["a", None] * 20), "y row 1 is missing"),
    (lambda: fl.fit(X, ["a", 3.5] * 20), "y row 1 is 3.5 among texts"),
    (lambda: fl.fit(X, ["a", "b"] * 20, kind="regression"), "y row 0, column 0 is .*'a'.*; encode it as a number"),
    (lambda: fl.fit(X, Y, kind="clusters"), "needs a kind out of regression, classification"),
    (lambda: fl.fit(X, Y, hidden=1.5), r"got hidden\[0\] = 1.5"),
    (lambda: fl.fit(X, Y, hidden=-3), r"got hidden\[0\] = -3"),
    (lambda: fl.fit(X, Y, hidden="64,64"), "needs hidden as widths, one a layer; got '64,64'"),
    (lambda: fl.fit(X, Y, hidden={3: 4}), "needs hidden as widths, one a layer; got {3: 4}"),
    (lambda: fl.fit(X, Y, steps="many"), "steps above 0 .*; got 'many'"),
    (lambda: fl.fit(X, Y, steps=2.5), "steps as a whole number; got 2.5"),
    (lambda: fl.fit(X, Y, batch=2.5), "batch as a whole number; got 2.5"),
    (lambda: fl.fit(X, Y, seed=None), "a seed of 0 or more; got None"),
    (lambda: fl.fit(X, Y, holdout="half"), "a share from 0 to below 1; got 'half'"),
    (lambda: fl.Samples(X, Y).split(1), "a share from 0 to below 1; got 1"),
    (lambda: fl.Samples(X[:2], Y[:2]).split(0.1), "split needs rows for both sides; got a share of 0.1 of 2"),
    (lambda: fl.Samples("x.csv", Y), "Samples needs inputs as numbers; got the text 'x.csv'"),
    (lambda: fl.Samples([[1], [2, 3]], Y), "Samples needs inputs as a table of numbers"),
    (lambda: fl.Box("net.onnx", [1]), "Box needs lo as numbers; got the text 'net.onnx'"),
    (lambda: fl.Box(["a"], [1]), "Box needs numbers; lo row 0, column 0 is 'a'"),
    (lambda: fl.Box.around("x.csv"), "Box.around needs X as numbers; got the text 'x.csv'"),
    (lambda: fl.Box.around([[np.nan, 1.0]]), "X row 0, column 0 is nan"),
    (lambda: fl.Box.around(np.zeros((0, 2))), "got 0 rows"),
    (lambda: fl.Box.around(X, margin=-1), "a margin of 0 or more; got -1"),
    (lambda: memorise("x.csv"), "memorise needs Samples; got the file name 'x.csv'"),
    (
        lambda: measure(fl.Network([[[1.0]]], [[0.0]]), X),
        r"measure needs Samples; got a ndarray. Make some: foldline.Sa",
    ),
    (lambda: descend(X), "descend needs Samples; got a ndarray"),
    (lambda: least_squares("x.csv"), "least_squares needs Samples"),
    (lambda: line(X), "line needs Samples"),
    (lambda: learn_perceptron(X), "learn_perceptron needs Samples"),
    (lambda: train_from_starts(Path("x.csv")), "train_from_starts needs Samples; got the file name 'x.csv'"),
    (lambda: separate(X), "separate needs Samples"),
    (lambda: error_cells(X, fl.Box([0], [1]), axes=[[1]]), "error_cells needs Samples"),
    (lambda: fl.fit(X * 1e200, Y), r"X row 0, column 0 is .*e\+19\d|X row 0, column 0 is .*; scale it below 1e\+150"),
    (lambda: fl.fit(fl.Samples(X, Y * 1e160)), "y row 0, column 0 is .*; scale it below"),
    (lambda: fl.fit(X[:, :0], Y), r"at least 1 row, input and target; got inputs \(40, 0\)"),
    (lambda: fl.fit(X, Y, preset="fastt"), "preset out of fast, default, best.*; got 'fastt'"),
    (lambda: fl.fit(X, Y, function=3), "a function as function; got 3"),
    (lambda: fl.fit(X, Y, callback="print"), "a function as callback; got 'print'"),
    (lambda: fl.fit(X, Y, until=0.1), "until as measures and their values; got 0.1. Write {'mean_"),
    (lambda: fl.fit(X, Y, checkpoint=3), "a file's name as checkpoint; got 3"),
    (lambda: fl.Box.around(X, "wide"), "a margin as a number; got 'wide'"),
    (lambda: fl.regions(NET, BOX, certify="no"), "certify as True or False; got 'no'"),
    (lambda: fl.regions(NET, BOX, callback=3), "a function as callback; got 3"),
    (lambda: fl.regions(NET, BOX).locate("a"), "locate needs points as numbers; got the text 'a'"),
    (lambda: fl.regions(NET, BOX).distance_to_fold([["a", "b"]]), "distance_to_fold needs numbers; points row 0"),
    (lambda: fl.decisions(NET, BOX).class_of([["a", "b"]]), "class_of needs numbers; points row 0"),
    (lambda: fl.contours(NET, box=BOX, every="a"), "contours needs every as a number; got 'a'"),
    (lambda: fl.slopes(NET, BOX, per_unit=["a", "b"]), "slopes needs numbers; per_unit row 0"),
    (lambda: fl.convert(cube(), "voxels", n="many"), "convert needs 2 to 1024 cells .*; got 'many'"),
    (lambda: NET.plot(BOX), r"plot needs axes of matplotlib as ax; got a Box. Write plot\(ax=axes\)"),
    (lambda: fl.Mesh.of_polygons("a", [[0, 1, 2]]), "Mesh needs vertices as numbers; got the text 'a'"),
    (lambda: fl.Mesh.of_polygons(np.eye(3), [[0, 1, 1.5]]), r"faces of whole numbers; got face 0 = \[0.0, 1.0, 1.5\]"),
    (lambda: fl.Mesh.of_grid(len, [0] * 3, [1] * 3), "of_grid needs values as a table of numbers"),
    (lambda: fit_shallow_globally(X, 2), "fit_shallow_globally needs Samples"),
]


def cube():
    corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    return fl.Mesh.of_polygons(corners, [[0, 1, 3, 2], [4, 6, 7, 5]])


@pytest.mark.parametrize(("ask", "says"), MISTAKES, ids=[says[:40] for _, says in MISTAKES])
def test_a_mistake_ends_in_a_sentence(ask, says):
    with pytest.raises(InputError, match=says):
        ask()


STRANGE = ["net.onnx", Path("net.onnx"), None, 3, [], {}, object(), X, pd.DataFrame({"a": ["x"]}), b"bytes", len]


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("ask", [lambda v: fl.fit(v), lambda v: fl.fit(v, v), lambda v: fl.Samples.of(v, Y),
                                 lambda v: fl.Samples(v, v), lambda v: fl.Box(v, v), fl.Box.around])  # fmt: skip
def test_whatever_is_given_works_or_ends_in_a_sentence(ask, value):
    try:
        ask(value)
    except FoldlineError as error:
        assert " needs " in str(error)
    except UserWarning:
        pass


@pytest.mark.parametrize("bring", [lambda t: t.requires_grad_(), lambda t: t.bfloat16(), lambda t: t.half()])
def test_tensors_are_taken_without_a_warning(bring):
    corner = bring(torch.tensor([[0.5, -0.25]]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same = fl.Network([bring(torch.tensor(W)) for W in NET.weights], [bring(torch.tensor(b)) for b in NET.biases])
        assert same == NET and same(corner) == NET([[0.5, -0.25]])
        assert fl.regions(NET, fl.Box(-bring(torch.ones(2)), bring(torch.ones(2)))) == fl.regions(NET, BOX)
        assert fl.Mesh.of_polygons(bring(torch.eye(3)), torch.tensor([[0, 1, 2]])).n_faces == 1


@pytest.mark.parametrize("margin", [0.0, 0.25])
def test_a_box_around_rows_is_the_smallest_that_holds_them(margin):
    box = fl.Box.around(pd.DataFrame(X), margin)
    span = np.ptp(X, axis=0)
    np.testing.assert_allclose(box.lo, X.min(axis=0) - margin * span)
    np.testing.assert_allclose(box.hi, X.max(axis=0) + margin * span)
    assert fl.Box.around(fl.Samples(X, Y)).d == 2


def test_a_box_around_equal_rows_has_sides():
    assert fl.Box.around([[3.0, 1e300]]).volume > 0


def test_rows_are_split_by_class_the_same_way_each_time():
    labels = np.repeat([0, 1, 2], [50, 10, 1])
    samples = fl.Samples(np.arange(61.0)[:, None], labels, "classification", classes=("a", "b", "c"))
    kept, aside = samples.split(0.2, seed=3)
    assert np.bincount(kept.targets[:, 0].astype(int)).tolist() == [40, 8, 1]
    assert np.bincount(aside.targets[:, 0].astype(int), minlength=3).tolist() == [10, 2, 0]
    assert sorted([*kept.inputs[:, 0], *aside.inputs[:, 0]]) == list(range(61))
    again, other = samples.split(0.2, seed=3)[1], samples.split(0.2, seed=4)[1]
    assert np.array_equal(again.inputs, aside.inputs) and not np.array_equal(other.inputs, aside.inputs)


def test_held_out_rows_do_not_touch_the_fit():
    samples = fl.Samples(X, Y)
    kept, aside = samples.split(0.25, seed=2)
    network = fl.fit(samples, holdout=0.25, seed=2, **QUICK)
    for a, b in zip(network.weights, fl.fit(kept, seed=2, **QUICK).weights, strict=True):
        np.testing.assert_array_equal(a, b)
    told = network.training.held_out
    assert told["rows"] == 10 and told["rms_error"] == pytest.approx(
        np.sqrt(np.mean((network(aside.inputs) - aside.targets) ** 2))
    )


def test_no_warning_is_given_where_columns_vary():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fl.fit(X, Y, **QUICK)


HOURS = pd.date_range("2024-03-01", periods=40, freq="h")
DAYS = 19783 + np.arange(40) / 24
DATES = {
    "pandas": (lambda: pd.DataFrame({"t": HOURS, "x": Y}), DAYS, "2024-03-01.* is read as 19783 days since 1970-01"),
    "one column": (lambda: pd.DataFrame({"t": HOURS}), DAYS, "19783 days"),
    "a zone": (lambda: pd.DataFrame({"t": HOURS.tz_localize("Europe/Vienna"), "x": Y}), DAYS - 1 / 24, "-01 UTC,"),
    "periods": (lambda: pd.DataFrame({"t": HOURS.to_period("h"), "x": Y}), DAYS, "19783 days"),
    "lengths": (lambda: pd.DataFrame({"t": HOURS - HOURS[0], "x": Y}), DAYS - 19783, "is read as 0 days,"),
    "days": (lambda: pd.DataFrame({"t": HOURS.date, "x": Y}), np.floor(DAYS), "2024-03-01 is read as 19783 days"),
    "times": (lambda: pd.DataFrame({"t": HOURS.time, "x": Y}), np.arange(40.0) % 24, "read as 0 hours since"),
    "polars": (lambda: polars(t=list(HOURS.to_pydatetime()), x=Y), DAYS, "19783 days"),
    "polars days": (lambda: polars(t=list(HOURS.date), x=Y), np.floor(DAYS), "19783 days"),
    "polars times": (lambda: polars(t=list(HOURS.time), x=Y), np.arange(40.0) % 24, "0 hours"),
    "polars lengths": (lambda: polars(t=list((HOURS - HOURS[0]).to_pytimedelta()), x=Y), DAYS - 19783, "as 0 days"),
    "numpy": (lambda: np.array(HOURS)[:, None], DAYS, "column 0: .*19783 days"),
    "objects": (lambda: [[one.to_pydatetime(), y] for one, y in zip(HOURS, Y, strict=True)], DAYS, "19783 days"),
}


@pytest.mark.parametrize(("bring", "right", "said"), DATES.values(), ids=DATES)
def test_dates_of_tables_are_days_wherever_they_are_given(bring, right, said):
    """Fitted, boxed, asked and predicted: one meaning, and it is told."""
    table = bring()
    samples = fl.Samples.of(table, Y)
    np.testing.assert_allclose(samples.inputs[:, 0], right, atol=1e-9)
    assert any(re.search(said, one) for one in samples.meta["findings"])
    np.testing.assert_array_equal(fl.Box.around(table).lo[0], samples.inputs[:, 0].min())
    np.testing.assert_array_equal(fl.fit(table, Y, **QUICK)(table), fl.fit(samples, **QUICK)(samples.inputs))
    with pytest.warns(DataConversionWarning, match=said):
        model = FoldRegressor(max_iter=2, random_state=0).fit(table, Y)
    np.testing.assert_array_equal(model.predict(table), model.predict(bring()))
    np.testing.assert_array_equal(model.network_.seen.lo, samples.range.lo)


def test_a_date_may_be_the_target_and_a_row_may_hold_one():
    samples = fl.Samples.of(Y, pd.Series(HOURS))
    np.testing.assert_allclose(samples.targets.ravel(), DAYS)
    assert samples.kind == "regression" and any("target column 0" in one for one in samples.meta["findings"])
    network = fl.fit(pd.DataFrame({"t": HOURS, "x": Y}), Y, **QUICK)
    assert moment_of(pd.Timestamp(1, unit="ns")).value == 1e-9 / 86400
    np.testing.assert_array_equal(network([HOURS[3].to_pydatetime(), Y[3]]), network([19783.125, Y[3]]))


def test_numbers_that_may_be_times_stay_numbers():
    seconds = HOURS.astype("int64")
    np.testing.assert_array_equal(fl.Samples.of(pd.DataFrame({"t": seconds}), Y).inputs[:, 0], seconds)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (lambda: pd.DataFrame({"t": [*HOURS[:39], pd.NaT]}), "X row 39, column 't' is nan; drop or impute"),
        (lambda: pd.DataFrame({"t": [*HOURS[:39], HOURS[0].tz_localize("UTC")]}, dtype=object), "one kind; column 't'"),
        (lambda: pd.DataFrame({"t": HOURS.astype(str)}), "2024-03-01 00:00:00'; make a date of it, as pandas"),
    ],
)  # fmt: skip
def test_dates_that_are_none_are_named(table, said):
    with pytest.raises(InputError, match=said):
        fl.Samples.of(table(), Y)


# What is no number, no file and no network, at every door

LINE = fl.Network([[[1.0, 2.0], [0.5, -1.0]], [[1.0, 1.0]]], [[0.0, 0.1], [0.2]])
UNIT = fl.Box([-1, -1], [1, 1])
STRANGE = {
    "texts": [["a", "b"]], "words": ["a", "b"], "a text": "abc", "None": None, "ragged": [[1, 2], [3]],
    "objects": [object(), object()], "a gap": [[1, None]], "a dict": {"a": 1}, "bytes": b"xx", "complex": [[1j, 2]],
    "complex numbers": np.array([[1j, 2]]),
    "an array of texts": np.array(["x", "y"]), "a number": 3.5, "nothing": [], "a set": {1}, "a function": len,
    "days": np.array(["2020-01-01"], dtype="datetime64[D]"), "nan": [[np.nan, 1.0]],
}  # fmt: skip
DOORS = {
    "a value": LINE, "a pattern": LINE.pattern, "weights": lambda it: fl.Network(it, [[0.0]]),
    "biases": lambda it: fl.Network([[[1.0, 2.0]]], it), "meta": lambda it: fl.Network([[[1.0]]], [[0.0]], meta=it),
    "activation": lambda it: fl.Network([[[1.0]], [[1.0]]], [[0.0], [0.0]], it), "low": lambda it: fl.Box(it, [1, 1]),
    "around": fl.Box.around, "on_line": lambda it: LINE.on_line(it, [0, 1]), "bounds": fl.bounds,
    "on_plane": lambda it: LINE.on_plane(it, [0, 1], [1, 0]), "regions in": lambda it: fl.regions(LINE, it),
    "regions of": lambda it: fl.regions(it, UNIT), "count": lambda it: fl.count(it, UNIT), "fit_shapes": fl.fit_shapes,
    "level": lambda it: fl.surface(LINE, UNIT, it), "levels": lambda it: fl.boundary(LINE, UNIT, level=it),
    "check": lambda it: fl.check(LINE, it), "of": lambda it: fl.check(it, it), "cloud": fl.Cloud, "widget": fl.widget,
    "mesh": lambda it: fl.Mesh(it, it, it), "polytope": lambda it: fl.Polytope(it, it), "read": fl.read,
    "read_network": fl.read_network, "read_mesh": fl.read_mesh, "read_samples": fl.read_samples,
    "read_regions": fl.read_regions, "X": lambda it: fl.fit(it, [1.0, 2.0], steps=2),
    "convert": lambda it: fl.convert(it, "mesh"),
    "y": lambda it: fl.fit([[1.0, 2.0], [3.0, 4.0]], it, steps=2), "save": LINE.save,
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_what_is_strange_is_taken_or_refused_in_the_houses_words(door, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = 0
    for name, strange in STRANGE.items():
        try:
            DOORS[door](strange)
        except FoldlineError as error:
            assert re.search(r" needs? .*[.?)]", str(error), re.DOTALL), (name, error)
            refused += 1
        except Exception as error:
            raise AssertionError(f"{door} of {name}: {type(error).__name__}: {error}") from error
    assert refused >= len(STRANGE) - 5


def test_what_may_be_no_measurement_is_named() -> None:
    X = pd.DataFrame({"Unnamed: 0": [0, 1, 2, 3], "a": [1.0, -999, 2, -999]})
    said = fl.Samples.of(X, [5, 9999, 6, 9999]).meta["findings"]
    assert any("'a' has -999 in 2 rows" in one and "leave those rows out" in one for one in said)
    assert any("target 0 has 9999 in 2 rows" in one for one in said)
    assert any("'Unnamed: 0' numbers the rows, as pandas writes its index" in one for one in said)
    plain = fl.Samples.of(np.array([[1.0], [99], [98]]), [0, 1, 2])
    assert plain.meta["findings"] == ["the targets are numbers: regression"]
