"""The 27 questions with their handles moved, each answer held against another way to know it."""

from __future__ import annotations

import numpy as np
import pytest

from foldline.errors import InputError
from foldline.lecture.approximation import target_of
from foldline.lecture.questions import QUESTIONS, question
from foldline.losses import LOSSES


def ask(slug, **handles):
    asked = question(slug)
    return asked.ask(asked.module.State(**handles))


def test_there_are_27_questions_each_a_question_in_their_order():
    assert [one.number for one in QUESTIONS] == list(range(1, 28))
    assert all(one.title.endswith("?") for one in QUESTIONS)
    assert len({one.slug for one in QUESTIONS}) == 27


def test_the_bowl_of_moved_points_has_the_loss_of_the_line_held():
    answer = ask("line", points=((0.0, 1.0), (1.0, 3.0), (2.0, 2.0)), phi=(0.5, 1.0))
    away = np.array([0.5, 1.0]) - answer.fit.weights[0]
    assert answer.residuals.tolist() == [0.5, 1.5, -0.5]
    assert answer.loss == pytest.approx(2.75)
    assert answer.loss == pytest.approx(answer.fit.loss + away @ answer.curvature @ away)
    assert answer.gradient == pytest.approx(2 * answer.curvature @ away)


def test_a_moved_fish_can_spoil_the_line_and_the_certificate_says_where():
    apart = ask("fish", overlap=0.5)
    assert apart.separation.separable and apart.fewest is None and apart.errors == 0 and apart.checked
    points = [tuple(x) for x in apart.samples.inputs.tolist()]
    points[0] = tuple(apart.samples.inputs[apart.samples.targets[:, 0] == 1].mean(axis=0).tolist())
    mixed = ask("fish", overlap=0.5, points=tuple(points))
    assert not mixed.separation.separable and mixed.fewest.count == mixed.errors == 1 and mixed.fewest.wrong == (0,)


def test_a_line_held_over_fish_is_counted_by_its_signs():
    line = (-6.0, 0.1, 0.0)  # 60 cm: salmon below, sea bass above
    answer = ask("fish", line=line)
    x = answer.samples.inputs[:, 0]
    assert answer.errors == np.count_nonzero((0.1 * x - 6.0 > 0) != (answer.samples.targets[:, 0] == 1))


def test_fish_may_be_added_relabelled_and_never_left_without_a_label():
    few = ask("fish", points=((50.0, 3.0), (90.0, 7.0), (55.0, 3.0)), labels=(0, 1, 0))
    assert len(few.samples) == 3 and few.separation.separable
    with pytest.raises(InputError, match=r"fish needs a label for each point; got 2 points and 40 labels\. Give both"):
        ask("fish", points=((50.0, 3.0), (90.0, 7.0)))
    with pytest.raises(InputError, match=r"fish needs labels from 0 to 1; got 2\. The classes are salmon, sea bass"):
        ask("fish", points=((50.0, 3.0), (90.0, 7.0)), labels=(0, 2))


@pytest.mark.parametrize(("x", "w", "b"), [(0.87, 1.0, 0.0), (-1.5, 2.0, 1.0), (2.0, -0.5, 3.0), (1.0, 0.0, 0.7)])
def test_units_have_the_values_and_slopes_of_differences(x, w, b):
    answer = ask("units", x=x, w=w, b=b)
    functions = {"step": lambda z: 1.0 * (z > 0), "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh,
                 "relu": lambda z: np.maximum(z, 0)}  # fmt: skip
    for one in answer.curves:
        f, h = functions[one.name], 1e-6
        assert one.value == pytest.approx(f(w * x + b))
        assert one.slope == pytest.approx((f(w * (x + h) + b) - f(w * (x - h) + b)) / (2 * h), abs=1e-8)
        for path in one.values:
            inside = path[1:-1] if len(path) > 3 else path.mean(axis=0)[None]
            if one.name != "relu":
                assert inside[:, 1] == pytest.approx(f(w * inside[:, 0] + b))
        assert [one.values[0][0, 0], one.values[-1][-1, 0]] == [-4, 4] == [one.slopes[0][0, 0], one.slopes[-1][-1, 0]]


def test_a_step_jumps_where_its_unit_switches():
    step = ask("units", w=2.0, b=-1.0).curves[0]
    assert [path.tolist() for path in step.values] == [[[-4, 0], [0.5, 0]], [[0.5, 1], [4, 1]]]


def test_a_unit_adds_up_and_wants_a_weight_an_input():
    answer = ask("unit", inputs=(1.0, -2.0), weights=(3.0, 0.5), bias=-2.0)
    assert answer.sums.tolist() == [-2, 1, 0] and (answer.z, answer.y) == (0, 0.5)
    with pytest.raises(InputError, match=r"unit needs a weight for each input; got 3 inputs and 1 weights\."):
        ask("unit", weights=(1.0,))


def test_fourteen_of_the_sixteen_functions_have_a_line_and_the_others_a_common_point():
    functions = ask("gates").functions
    assert [one.name for one in functions if not one.separable] == ["xor", "xnor"]
    for one in functions:
        assert (one.common_point is not None) == (not one.separable)
        assert one.margin is None or one.margin >= 0


@pytest.mark.parametrize("number", range(16))
def test_a_truth_table_is_answered_as_its_function(number):
    labels = tuple(number >> k & 1 for k in (3, 2, 1, 0))
    answer = ask("gates", labels=labels, line=(0.0, 1.0, 1.0))
    assert answer.number == number == answer.functions[number].number
    assert answer.errors == sum((a + b > 0) != bit for (a, b), bit in zip(((0, 0), (0, 1), (1, 0), (1, 1)), labels))  # noqa: B905
    if answer.mistakes is not None:
        assert answer.mistakes <= answer.most_mistakes


def test_moved_hidden_lines_move_the_image_of_the_corners():
    hidden = ((0.5, 1.0, -1.0), (-0.5, 1.0, 1.0), (0.0, 0.0, 1.0))
    answer = ask("xor", hidden=hidden, output=(0.0, 1.0, 1.0, 1.0))
    corners = answer.samples.inputs
    wanted = np.maximum(0, np.array([[b + x @ w for b, *w in hidden] for x in corners]))
    assert answer.slide.image.inputs == pytest.approx(wanted)
    assert answer.learned is None and answer.success == ()
    moved = ask("xor", points=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (-1.0, -1.0)))
    assert moved.alone.separable


def test_a_network_of_rows_that_do_not_fit_is_refused():
    with pytest.raises(InputError, match=r"xor needs 3 numbers for each output, its offset first; got 2\."):
        ask("xor", output=(0.0, 1.0))
    with pytest.raises(InputError, match=r"xor needs 3 numbers for each unit, its offset first; got 2\."):
        ask("xor", hidden=((0.0, 1.0, 1.0), (0.0, 1.0)))


def test_the_four_steps_add_up_at_any_place():
    answer = ask("shallow", hidden=((0.5, -2.0), (-0.25, 1.0)), output=(0.1, 1.0, -3.0), x=0.2)
    assert answer.linear == pytest.approx([0.1, -0.05]) and answer.rectified == pytest.approx([0.1, 0])
    assert answer.summed == pytest.approx(0.1 + answer.weighted.sum())
    assert answer.curve.joints == pytest.approx([0.25]) and list(answer.curve.units) in ([0], [1])
    assert answer.curve.slopes == pytest.approx([-2, -3])
    for unit in answer.steps:
        assert unit.weighted[:, 1] == pytest.approx(
            unit.weight * np.maximum(0, unit.offset + unit.slope * unit.weighted[:, 0])
        )


def test_a_dead_unit_and_one_that_is_always_on_make_no_joint():
    answer = ask("shallow", hidden=((-5.0, 1.0), (5.0, 1.0)), output=(0.0, 1.0, 1.0))
    assert answer.curve.joints.size == 0 and answer.curve.slopes == pytest.approx([1])


def test_parts_of_networks_are_counted():
    answer = ask("network", shallow=(2, 7, 1), deep=(3, 1000, 1000, 1))
    assert answer.shallow.parameters == 3 * 7 + 8
    assert (answer.deep.parameters, answer.deep.capacity) == (4 * 1000 + 1001 * 1000 + 1001, 2000)


def test_a_curve_drawn_by_hand_is_met_exactly_by_a_unit_a_corner():
    corners = ((0.0, 0.0), (1.0, 2.0), (3.0, -1.0), (6.0, 0.5))
    x = np.linspace(0, 6, 61)
    assert target_of("", corners)(x) == pytest.approx(np.interp(x, *np.array(corners).T))
    answer = ask("approximation", drawn=corners, units=(), tolerances=(0.2,))
    (found,) = answer.proved
    assert found.error <= 0.2
    assert np.abs(found.network(x[:, None])[:, 0] - np.interp(x, *np.array(corners).T)).max() <= found.error
    with pytest.raises(InputError, match=r"approximation needs two or more corners, from left to right"):
        target_of("", ((1.0, 0.0), (0.0, 0.0)))


def test_a_joint_that_only_one_output_shows_is_still_the_unit_s():
    answer = ask("two-outputs", hidden=((-0.5, 1.0),), outputs=((0.0, 1.0), (0.0, 0.0), (0.0, 2.0)))
    assert [list(curve.joints) for curve in answer.curves] == [[0.5]] * 3 and answer.shared.tolist() == [0.5]
    assert answer.curves[1].slopes.tolist() == [0, 0]


def test_composing_multiplies_pieces_and_shows_the_x_over_a_level():
    answer = ask("composing", copies=2, level=0.0)
    assert [one.n_pieces for one in answer.powers] == [4, 12, 36] and answer.first.n_pieces == 3
    assert answer.first.network(answer.over[:, None])[:, 0] == pytest.approx(0.0, abs=1e-12)
    assert ask("composing", level=50.0).over.size == 0 and answer.variants == {} and answer.free is None


def test_the_region_under_the_pointer_is_none_on_a_fold_and_outside():
    weights, biases = (((1.0, 0.0), (0.0, 1.0)), ((1.0, 1.0),)), ((0.0, 0.0), (0.0,))
    answer = ask("regions", weights=weights, biases=biases, pointer=(0.5, -0.5))
    assert len(answer.regions) == 4 and answer.home.map.tolist() == [1, 0, 0] and answer.home.area == 1
    for pointer in ((0.0, 0.5), (2.0, 0.0)):
        assert ask("regions", weights=weights, biases=biases, pointer=pointer).home is None


def test_a_wider_network_is_asked_on_a_plane():
    weights, biases = (((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)), ((1.0, 1.0),)), ((0.0, 0.0), (0.0,))
    plane = ((0.0, 0.0, 0.5), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    answer = ask("regions", weights=weights, biases=biases, plane=plane, grids=(5,))
    assert len(answer.regions) == 2 and answer.seen[0].tolist() == [True, True]
    with pytest.raises(InputError, match=r"regions needs 2 inputs, or a plane; got 3 inputs\. Give plane="):
        ask("regions", weights=weights, biases=biases)
    with pytest.raises(InputError, match=r"regions needs weights and biases together; got weights alone\. Give both"):
        ask("regions", weights=weights)


def test_bounds_counts_what_can_be_counted():
    answer = ask("bounds", width=4, depth=2, noise=(), starts=2)
    assert answer.folded == (5, 25) and answer.lower == 25 and answer.noisy == () and len(answer.drawn) == 2
    assert answer.parameters == 5 * 1 + 3 + 5 * 4 + 5
    assert ask("bounds", inputs=10, width=50).folded == ()


def test_random_labels_learn_live_and_tell_their_epochs():
    told = []
    asked = question("random-labels")
    answer = asked.ask(asked.module.State(hidden=(5,), epochs=100), callback=lambda *said: told.append(said[0]))
    assert told == [100] and len(answer.live.errors) == 100 and answer.live_parameters == 41 * 5 + 60
    assert answer.parameters == (15_208, 15_210, 15_235, 15_319)


def test_an_image_is_fitted_again_with_other_layers():
    told = []
    asked = question("image")
    answer = asked.ask(asked.module.State(hidden=(4,), steps=20), callback=lambda *said: told.append(said))
    assert answer.network.widths == (2, 4, 3) and answer.bytes[2] == 4 * answer.network.n_parameters and told
    assert answer.psnr == pytest.approx(-10 * np.log10(np.mean((answer.made - answer.true) ** 2)))


@pytest.mark.parametrize("axis", [0, 1])
def test_a_slice_across_another_axis_meets_the_surface_where_the_network_is_zero(axis):
    answer = ask("surface", axis=axis, at=0.1)
    assert len(answer.line) > 10 and answer.line[..., axis] == pytest.approx(0.1)
    assert np.abs(answer.network(answer.line.mean(axis=1))).max() < 1e-12
    assert answer.slice.volumes.sum() == pytest.approx(4)


def test_six_million_parameters_are_counted_layer_by_layer():
    answer = ask("parameters", hidden=(256, 256))
    assert [layer.parameters for layer in answer.layers] == [4 * 256, 257 * 256, 257]
    assert answer.bytes == 4 * answer.parameters and ask("parameters").nearest == 7
    assert ask("parameters", hidden=()).parameters == 4


def test_a_weight_has_the_errors_of_its_cell():
    answer = ask("zero-gradients", weight=(1.0, -1.0))
    z = 0.5 + answer.samples.inputs @ [1.0, -1.0]
    assert answer.errors == np.count_nonzero((z > 0) != (answer.samples.targets[:, 0] == 1))
    begin = answer.walk.regions.points[:, 0].argmin()
    assert answer.walk.errors[begin] == answer.errors and answer.gradient == 0


def test_a_wider_band_leaves_the_sigmoid_nearer_to_the_step():
    answer = ask("relaxation", band=2.0, temperatures=(1.0,))
    z = np.linspace(2, 30, 10_001)
    assert answer.farthest[0] == pytest.approx((1 - 1 / (1 + np.exp(-z))).max())
    nearest = np.abs(answer.line[0] + answer.samples.inputs @ answer.line[1:]).min()
    assert nearest == pytest.approx(1.0)


def test_a_wrong_example_has_the_slopes_of_differences_and_the_total_of_all():
    answer = ask("quadratic", z=-2.0, grid=3)
    for name in ("quadratic", "binary_cross_entropy"):
        a, b = (float(LOSSES[name]([z], [1.0])[0]) for z in (-2 - 1e-6, -2 + 1e-6))
        assert answer.slopes[name] == pytest.approx((b - a) / 2e-6, rel=1e-6)
    x, y = answer.samples.inputs[:, 0], answer.samples.targets[:, 0]
    total = ((y - 1 / (1 + np.exp(-(answer.w0[2] + answer.w1[0] * x)))) ** 2).sum()
    assert answer.total[0, 2] == pytest.approx(total)


def test_cross_entropy_is_infinite_where_q_excludes_what_p_has():
    assert ask("cross-entropy", q=(0.0, 1.0)).cross_entropy == np.inf
    same = ask("cross-entropy", q=(0.7, 0.3))
    assert same.divergence == pytest.approx(0) and same.cross_entropy == pytest.approx(same.entropy)


def test_sigmoids_of_equal_logits_sum_to_three_halves_and_softmax_to_one():
    answer = ask("sigmoids", logits=(0.0, 0.0, 0.0))
    assert answer.sigmoid_sum == 1.5 and answer.softmax_sum == pytest.approx(1)


def test_a_point_of_the_simplex_has_logits_whose_softmax_it_is():
    answer = ask("softmax", point=(0.2, 0.3, 0.5))
    assert answer.values == pytest.approx([0.2, 0.3, 0.5]) and answer.gap < 1e-15
    cold, hot = ask("softmax", temperature=0.01), ask("softmax", temperature=1000.0)
    assert cold.values == pytest.approx([0, 1, 0]) and hot.values == pytest.approx([1 / 3] * 3, abs=2e-3)
    with pytest.raises(InputError, match=r"softmax needs a point whose shares sum to 1; got 1\.3\. Divide by it"):
        ask("softmax", point=(0.5, 0.3, 0.5))


def test_the_gradient_over_the_weights_is_that_of_differences():
    weights = ((0.1, 0.2, -0.3), (0.0, 1.0, 0.5), (-1.0, 0.3, 0.2))
    answer = ask("multiclass", weights=weights, x=(0.7, -1.2), label=1)
    for k in range(3):
        for j in range(3):
            losses = []
            for step in (-1e-6, 1e-6):
                moved = [list(row) for row in weights]
                moved[k][j] += step
                losses.append(ask("multiclass", weights=tuple(map(tuple, moved)), x=(0.7, -1.2), label=1).loss)
            assert answer.weight_gradient[k, j] == pytest.approx((losses[1] - losses[0]) / 2e-6, abs=1e-8)
    assert ask("multiclass").weight_gradient is None


def test_moved_class_weights_win_where_their_logit_is_largest():
    answer = ask("argmax", weights=((0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (-9.0, 0.0, 0.1)))
    assert answer.cells.volume_of_class == pytest.approx([32, 32, 0]) and answer.cells.empty == ("2",)
    assert answer.meeting.shape == (0, 2) and answer.border.size == pytest.approx(8)


def test_training_follows_a_start_and_says_the_ends_of_others():
    told = []
    asked = question("training")
    state = asked.module.State(epochs=200, shown=(0, 100), starts=2, seed=1)
    answer = asked.ask(state, callback=lambda *said: told.append(said))
    assert told == [(1, 2), (2, 2)] and answer.best is None and list(answer.curves) == [0, 100]
    assert answer.losses[-1] == answer.ends[1] and answer.losses.shape == (201,) and answer.joints.shape == (201, 3)


def test_the_start_that_the_slide_follows_is_the_best_of_forty():
    answer = ask("training", starts=40)
    assert answer.losses[-1] == answer.ends.min()
