"""What the figures of one unit and one hidden layer say, against the slides and another way to know it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from foldline.draw.diagram import places
from foldline.draw.lecture import approximation, linear
from foldline.draw.lecture.figures import answers_of, draw
from foldline.lecture import fish, gates, line, shallow
from foldline.lecture.approximation import wave
from foldline.lecture.questions import question

from .drawn import drawn


def numbers(name: str) -> dict[str, str]:
    return dict(drawn(name).numbers)


def test_the_line_is_the_textbooks_and_the_descent_ends_above_it():
    said = numbers("line")
    least, after = float(said["least sum of squares"]), float(said["sum of squares after 60 steps"])
    assert least < after < 1.01 * least


def test_the_rings_of_the_bowl_are_level_lines(monkeypatch):
    seen = {}
    monkeypatch.setattr(linear, "polygons", lambda ax, shapes, *rest, **more: seen.update(shapes=shapes))
    draw("line")
    samples = line.ask(line.State()).samples
    x, y = samples.inputs[:, 0], samples.targets[:, 0]
    for ring in seen["shapes"]:
        loss = ((ring[:, :1] + ring[:, 1:] * x - y) ** 2).sum(axis=1)
        assert np.ptp(loss) < 1e-9 * loss.max()


def test_the_fish_have_both_proofs_and_the_line_drawn_makes_the_fewest_errors():
    said = numbers("fish")
    assert said["left: errors of the widest line"] == "0" and said["both proofs, in rational numbers"] == "check"
    assert said["fewest errors of any line"] == "4"


def test_a_hull_is_that_of_scipy():
    from scipy.spatial import ConvexHull

    at = np.random.default_rng(0).normal(size=(40, 2))
    assert {*map(tuple, fish.hull(at))} == {*map(tuple, at[ConvexHull(at).vertices])}


def test_units_are_read_off_at_the_slides_z():
    said = numbers("units")
    assert said["sigmoid, z = 0.87"] == "0.7047457" and said["ReLU, z = 0.87"] == "0.87"
    assert float(said["derivative of sigmoid there"]) == pytest.approx(0.7047457 * 0.2952543, abs=1e-7)
    assert float(said["derivative of tanh there"]) == pytest.approx(1 - np.tanh(0.87) ** 2, abs=1e-7)


def test_the_slides_unit_shows_every_number_in_between():
    said = [value for _, value in drawn("unit").numbers]
    assert said == ["0.5", "0.1", "0.18", "0.09", "0.87", "0.7047457"]


def test_fourteen_functions_own_a_cell_and_the_proof_against_xor_adds_up():
    said = numbers("gates")
    assert said["functions that own a cell below"] == "14 of 16"
    assert said["functions that own none"] == "XOR and XNOR"
    mixes = [said["why not XOR: class 0, mixed"], said["class 1, mixed"]]
    assert mixes == ["1/2·(0,0) + 1/2·(1,1)", "1/2·(0,1) + 1/2·(1,0)"]


def test_each_cell_of_weights_computes_the_function_it_is_named_for():
    for bias in (-1.0, 1.0):
        cells = gates.weight_slice(bias)
        for function, (w1, w2) in zip(gates.functions_of(cells), cells.regions.points, strict=True):
            outputs = [bias + w1 * a + w2 * b > 0 for a in (0, 1) for b in (0, 1)]
            assert function == int("".join(str(int(bit)) for bit in outputs), 2)


def test_xor_is_separable_in_the_hidden_space_only():
    said = numbers("xor")
    assert said["x space: a point of both hulls"] == "(1/2, 1/2), so no line"
    assert said["h of (0,1) and of (1,0)"] == "(1,0) and (1,0)" and said["h of (1,1)"] == "(2,1)"
    assert said["regions: the slide's; the learned"] == "3; 4 with 2 slivers"
    # in h space (1, 0) faces the segment from (0, 0) to (2, 1), at distance 1 / sqrt 5
    assert float(said["h space: margin of the slide's"]) == pytest.approx(0.5 / np.sqrt(5), abs=1e-7)


def test_the_four_steps_have_the_books_joints_and_slopes():
    answer = shallow.ask(shallow.State()).curve
    assert answer.joints == pytest.approx([0.3, 0.5, 10 / 13], abs=1e-15)
    assert answer.slopes == pytest.approx([-2, 0, -2, 2.55], abs=1e-14)
    assert list(numbers("shallow").values()) == ["y = 0.3 − 2 x", "y = −0.3", "y = 0.7 − 2 x", "y = −2.8 + 2.55 x"]


def test_the_terms_are_counted():
    assert numbers("network") == {
        "shallow, parameters": "10",
        "shallow, capacity": "3",
        "deep, parameters": str((2 + 1) * 4 + (4 + 1) * 4 + (4 + 1) * 3 + (3 + 1) * 2),
        "deep, capacity": "11",
    }


def test_a_diagram_centres_its_layers():
    assert [layer[:, 1].sum() for layer in places((2, 5, 1))] == [0, 0, 0]


@pytest.mark.slow
def test_the_errors_printed_are_bounds_and_the_best_three_units_have_the_least_there_is():
    page = drawn("approximation")
    said = dict(page.numbers)
    assert said["best 3 units for 20 points"] == "0.117209880"
    (answer,) = answers_of(question("approximation"))
    x = np.linspace(*answer.state.interval, 10_001)
    for letter, units in zip("ABC", answer.state.units, strict=True):
        bound, path = float(said[f"{units} units: error at most"]), page.panels[letter].lines[1].get_xydata()
        seen = np.abs(np.interp(x, *path.T) - wave(x)).max()
        assert len(path) == units + 1 and 0.99 * bound < seen <= bound


@pytest.mark.parametrize(("bound", "printed"), [(0.04731, "0.0474"), (0.25, "0.2500"), (1e-9, "0.0001")])
def test_a_bound_is_rounded_up(bound, printed):
    assert approximation.above(bound, 4) == printed and Fraction(printed) >= Fraction(bound)
