"""What the figures of losses, softmax and training say, held against closed forms and the known facts."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from foldline.data.book import problem, solution
from foldline.data.toys import moons
from foldline.draw.lecture.figures import answers_of
from foldline.lecture import cross_entropy, relaxation, training, zero_gradients
from foldline.lecture.questions import question

from .drawn import drawn


def values(name):
    return dict(drawn(name).numbers)


def floats(text):
    return [float(word.replace("−", "-")) for word in re.findall(r"[-−]?\d+(?:\.\d+)?", text)]


def test_the_cells_of_weight_space_are_those_of_a_line_arrangement():
    state = zero_gradients.State()
    samples, reach = moons(16, noise=0.25, seed=3), state.reach
    lines = np.column_stack([np.full(16, state.offset), samples.inputs])  # offset + x . w = 0
    cutting = sum(bool(abs(b) < reach * np.abs(w).sum()) for b, *w in lines)
    meets = [np.linalg.solve([p[1:], q[1:]], [-p[0], -q[0]]) for p, q in combinations(lines, 2)]
    inside = sum(bool((np.abs(at) < reach).all()) for at in meets)
    said = values("zero-gradients")
    assert int(said["cells of this slice"]) == 1 + cutting + inside
    assert said["least errors on it"] == said["least errors of any line, proved"] == "1"
    assert "best cell: 1" in drawn("zero-gradients").texts()
    assert said["gradient inside a cell"] == "0" and said["gradient between cells"] == "undefined"


def test_the_sigmoid_is_at_most_so_far_from_the_step_outside_the_band():
    said = values("relaxation")
    z = np.linspace(1, 9, 10_001)
    for t in relaxation.State().temperatures:
        far = floats(said[f"T = {t:g}: farthest, |z| ≥ 1"])[0]
        assert far == pytest.approx(1 / (1 + np.exp(1 / t)), abs=5e-8)
        assert far == pytest.approx((1 - 1 / (1 + np.exp(-z / t))).max(), abs=5e-8)
    assert said["at z = 0, any T"] == "0.5"


def test_least_squares_and_likelihood_of_the_book_s_points_stand_on_the_quadratic_page():
    said = values("quadratic")
    assert said["sum of squares, 20 points"] == "2.0209925719"
    assert said["−ln likelihood, σ = 0.2"] == "11.4524195642"
    constant = 10 * np.log(2 * np.pi * 0.2**2)
    assert float(said["−ln likelihood, σ = 0.2"]) == pytest.approx(constant + 2.0209925719 / (2 * 0.2**2), abs=1e-8)


def test_a_badly_wrong_example_has_a_quadratic_gradient_near_0():
    said = values("quadratic")
    s = 1 / (1 + np.exp(4.0))
    assert floats(said["loss at z = −4"]) == pytest.approx([(1 - s) ** 2], abs=5e-8)
    assert floats(said["its gradient at z = −4"]) == pytest.approx([-2 * (1 - s) ** 2 * s], abs=5e-8)
    assert floats(said["cross entropy's there"]) == pytest.approx([s - 1], abs=5e-8)
    assert said["steepest at z = −ln 2"] == "−8/27 = −0.2962963"
    z = np.linspace(-6, 6, 100_001)
    share = 1 / (1 + np.exp(-z))
    assert (2 * (1 - share) ** 2 * share).max() == pytest.approx(8 / 27, abs=1e-9)
    first, last = floats(said["SSD from the bad start"])
    assert 30 < first <= 40 and last < 3


def test_cross_entropy_is_entropy_and_divergence_and_the_books_points_have_its_likelihood():
    page = drawn("cross-entropy")
    said = dict(page.numbers)
    h, own, gap = (floats(said[name])[-1] for name in ("H(p, q)", "H(p), entropy", "KL(p, q) = H(p, q) − H(p)"))
    assert h == pytest.approx(-0.7 * np.log(0.2) - 0.3 * np.log(0.8), abs=5e-8)
    assert own == pytest.approx(-0.7 * np.log(0.7) - 0.3 * np.log(0.3), abs=5e-8)
    assert gap == pytest.approx(h - own, abs=1e-7)
    assert said["sum of 20 NLLs"] == "9.5636393871"
    assert said["likelihood, their product"] == "7.02367144 · 10⁻⁵"
    assert {"0.19166667", "0.73611111", "0.79558011"} <= set(page.texts())


def test_the_books_points_have_their_least_loss_at_the_offset_of_the_facts():
    said = values("cross-entropy")
    assert floats(said["offset with the least sum, not 2.6"]) == pytest.approx([1.5656641702], abs=1e-7)
    assert said["sum of NLLs there"] == "8.0146781918"
    network, samples = solution("5.2"), problem("5.2")
    best, least = cross_entropy.best_offset(samples, network)
    for shift in (-1e-3, 1e-3):
        logits = network(samples.inputs) - 2.6 + best + shift
        assert least < np.logaddexp(0, np.where(samples.targets, -logits, logits)).sum()


def test_sigmoids_do_not_add_up_to_1_and_softmax_does():
    said = values("sigmoids")
    assert floats(said["sum of the 3 sigmoids"]) == pytest.approx([(1 / (1 + np.exp([3.0, -2, -1]))).sum()], abs=5e-8)
    assert said["sum of softmax"] == "1"
    assert floats(said["over 90 samples, least sum"])[0] < 1 < floats(said["largest sum"])[0]


def test_softmax_of_the_slide_and_its_way_to_the_corner_and_the_middle():
    page = drawn("softmax")
    said = dict(page.numbers)
    assert [said[f"softmax, {name}"] for name in ("salmon", "sea bass", "sturgeon")] == [
        "0.0049017", "0.7274752", "0.2676232",
    ]  # fmt: skip
    assert floats(said["largest change for a + 5"])[0] == 0 or said["largest change for a + 5"].endswith("rounding")
    assert {"T = 0.5", "T = 1", "T = 20"} <= set(page.texts())


def test_the_multiclass_gradient_is_softmax_minus_one_hot_and_the_book_has_this_likelihood():
    said = values("multiclass")
    assert floats(said["its gradient"]) == [0.0049017, 0.7274752, -0.7323768]
    assert said["sum of the gradient"] == "0"
    assert floats(said["NLL of a sturgeon"]) == pytest.approx([-np.log(0.26762315)], abs=1e-7)
    assert said["sum of 20 NLLs"] == "17.015457866764"
    assert said["likelihood"] == "4.0764351844 · 10⁻⁸"


def test_arg_max_names_the_class_without_a_cell_and_its_areas_fill_the_box():
    said = values("argmax")
    lines, network = answers_of(question("argmax"))
    linear, deep = lines.cells, network.cells
    ((k, place, lack),) = lines.nearest
    assert said["class that wins nowhere; nearest, in the ring"] == f"mean of the others, {lack:.4f} short"
    grid = np.stack(np.meshgrid(*[np.linspace(-4, 4, 401)] * 2), axis=-1).reshape(-1, 2)
    logits = lines.network(np.vstack([grid, place]))
    lacks = logits.max(axis=1) - logits[:, k]
    assert lacks[-1] == pytest.approx(lack, abs=1e-12) and (lacks[:-1] >= lack - 1e-12).all()
    assert sum(floats(said["areas of the four others, of 64"])) == pytest.approx(64, abs=3e-4)
    assert sum(floats(said["areas of its three classes"])) == pytest.approx((2 * network.reach) ** 2, abs=2e-4)
    logits = linear.network(np.reshape(floats(said["three classes meet at"]), (-1, 2)))
    assert np.ptp(np.sort(logits, axis=1)[:, -3:], axis=1) == pytest.approx(0, abs=2e-3)
    assert said["network: regions, cells of one class"] == f"{len(deep.regions)}, {len(deep)}"
    assert deep.certified and linear.certified


def test_no_start_gets_under_the_least_loss_that_is_proved():
    said = values("training")
    assert said["least of all, proved"] == "0.117209880"
    assert 0.117209880 < floats(said["best of 40 starts"])[0] < 0.13 < floats(said["median of them"])[0]
    assert int(said["regions crossed on the way"]) > 20


def test_a_crossing_is_a_unit_that_switches_on_a_sample_not_a_joint_that_passes_infinity():
    flipping = training.Path({}, np.array([[0.1], [-0.1]]), np.array([[1.0], [1.0]]), np.zeros(2))
    moving = training.Path({}, np.array([[1.0], [1.0]]), np.array([[-0.2], [-0.4]]), np.zeros(2))
    x = np.array([0.1, 0.3, 0.5])
    assert flipping.crossings(x).tolist() == [0, 0]
    assert moving.crossings(x).tolist() == [0, 1]


def test_descent_keeps_the_path_whatever_is_kept_of_it():
    samples = problem("3.1")
    whole, ends = (training.descent(samples, 3, every=k) for k in (500, 6000))
    assert len(whole.networks) == 1 + 6000 // 500 and len(ends.networks) == 2
    assert whole.losses[[0, -1]] == pytest.approx(ends.losses)
