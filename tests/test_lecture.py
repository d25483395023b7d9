"""The lecture and the book's worked problems as assertions: every number, and where the print is wrong."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from foldline.activations import sigmoid, softmax
from foldline.box import Box
from foldline.data.book import composed, deep, folding_pair, problem, shallow, solution
from foldline.data.gates import NAMES, gate, xor_network
from foldline.data.mnist1d import mnist1d
from foldline.exact.bounds import bounds
from foldline.exact.folding import BOX, folding
from foldline.exact.regions import regions
from foldline.exact.separate import separate
from foldline.exact.shallow_fit import fit_shallow_globally
from foldline.fit.start import start
from foldline.losses import LOSSES, normal_nll
from foldline.network import Network


def plain(*widths):
    return Network(*start(widths))


def on_line(network, lo, hi):
    return regions(network, Box([lo], [hi]))


def joints(network, lo, hi):
    """The points where the slope changes, from the exact regions."""
    found = on_line(network, lo, hi)
    order = np.argsort(found.points[:, 0])
    maps = found.maps[order][:, 0]
    places = []
    for (a, c), (b, d) in pairwise(maps):
        if not np.isclose(a, b):
            places.append((c - d) / (b - a))
    return places


def test_the_slides_unit_gives_z_087_and_07047457():
    unit = Network([[[0.2, 0.3, 0.9]]], [[0.5]], output="sigmoid")
    assert unit.preactivations([0.5, 0.6, 0.1])[-1][0] == pytest.approx(0.87)
    assert unit([0.5, 0.6, 0.1])[0] == pytest.approx(0.7047457, abs=5e-8)


def test_the_slides_softmax_to_seven_digits():
    assert softmax(np.array([-3.0, 2.0, 1.0])) == pytest.approx([0.0049017, 0.7274752, 0.2676231], abs=1e-7)


def test_a_sigmoid_is_the_softmax_of_half_and_minus_half():
    z = np.linspace(-9, 9, 99)
    assert np.allclose(sigmoid(z), softmax(np.column_stack([z / 2, -z / 2]))[:, 0], rtol=4e-16 * 8)


def test_fourteen_of_sixteen_functions_are_separable_and_xor_has_the_certificate_of_ones():
    no = [name for name in NAMES if name not in ("true", "false") and not separate(gate(name)).separable]
    assert sorted(no) == ["xnor", "xor"]
    rows = np.column_stack([np.ones(4), gate("xor").inputs])
    assert not (np.array([-1, 1, 1, -1]) @ rows).any()
    assert len(set(separate(gate("xor")).multipliers.values())) == 1


def test_the_two_layer_network_solves_xor_and_makes_it_separable():
    network, table = xor_network(), gate("xor")
    assert np.array_equal(network(table.inputs), table.targets)
    hidden = network.activate(1, network.preactivations(table.inputs)[0])
    assert sorted(map(tuple, hidden.tolist())) == [(0, 0), (1, 0), (1, 0), (2, 1)]


def test_five_layers_of_ten_have_471_parameters_and_161051_regions_not_161501():
    assert plain(1, 10, 10, 10, 10, 10, 1).n_parameters == 471
    assert 11**5 == 161_051
    assert bounds(plain(1, 10, 10, 10, 10, 10, 1)).lower == 161_051
    assert len(on_line(folding(10, 5), *BOX)) == 161_051


def test_five_layers_of_fifty_have_10801_parameters_and_more_than_1e40_regions():
    network = plain(10, 50, 50, 50, 50, 50, 1)
    assert network.n_parameters == 10_801
    assert bounds(network).lower == 179562019186562049740867382427559978336256 > 10**40


@pytest.mark.parametrize(("depth", "width", "true"), [(1, 298, 15208), (2, 100, 15210), (3, 75, 15235), (4, 63, 15319)])
def test_the_captions_networks_have_these_parameters_and_the_last_is_15319_not_15139(depth, width, true):
    assert plain(40, *[width] * depth, 10).n_parameters == true


@pytest.mark.parametrize(("layers", "millions"), [(5, 4.01), (6, 5.01), (7, 6.01)])
def test_six_million_parameters_take_seven_hidden_layers_of_a_thousand(layers, millions):
    assert round((3 * 1000 + 1000 + (layers - 1) * 1_001_000 + 1001) / 1e6, 2) == millions


def test_voxels_grow_with_the_third_power():
    assert [n**3 for n in (32, 64, 128)] == [32_768, 262_144, 2_097_152]


def test_mnist1d_has_4000_by_40_training_examples():
    train, _ = mnist1d()
    assert train.inputs.shape == (4000, 40)


def test_the_network_of_31_has_its_joints_slopes_and_sum_of_squares():
    network, samples = solution("3.1"), problem("3.1")
    assert joints(network, 0, 1) == pytest.approx([0.3, 0.5, 10 / 13])
    found = on_line(network, 0, 1)
    assert found.maps[np.argsort(found.points[:, 0]), 0, 0] == pytest.approx([-2, 0, -2, 2.55])
    assert LOSSES["squared"](network(samples.inputs), samples.targets).sum() == pytest.approx(9.384873891, abs=5e-10)


def test_the_best_three_units_reach_011720988_where_the_book_by_hand_has_0181():
    best = fit_shallow_globally(problem("3.1"))
    assert float(best.least) == pytest.approx(0.117209880, abs=5e-10)
    assert [float(t) for t in best.joints] == pytest.approx([0.344885, 0.846171, 0.892401], abs=5e-7)
    assert best.least < Fraction("0.181")


@pytest.mark.parametrize(("d", "units", "true"), [(2, 3, 7), (10, 50, 13_432_735_556), (10, 8, 256), (1, 500, 501)])
def test_zaslavsky_counts_of_33(d, units, true):
    assert bounds(plain(d, units, 1)).zaslavsky == true


@pytest.mark.parametrize(
    ("d", "regions_about", "parameters"),
    [(1, 501, 1501), (5, 2.578e11, 3501), (10, 2.509e20, 6001), (50, 2.602e69, 26001), (100, 2.716e107, 51001)],
)
def test_the_table_of_33_for_500_units(d, regions_about, parameters):
    network = plain(d, 500, 1)
    assert float(bounds(network).zaslavsky) == pytest.approx(regions_about, rel=2e-4)
    assert network.n_parameters == parameters
    assert plain(10, 8, 1).n_parameters == 97


def test_composing_41_gives_3_4_12_12_10_and_9_pieces():
    first, second = folding_pair()
    negated = Network([first.weights[0], [[-1.0, -3.0, 9.3]]], first.biases)
    assert [on_line(n, -1, 1).n_pieces for n in (first, second)] == [3, 4]
    assert on_line(composed(first, second), -1, 1).n_pieces == 12
    flipped = shallow([(-0.6, -1.0), (0.2, 1.0), (-0.5, 1.0)], [(0.5, 1.0, -1.5, 2.0)])
    assert on_line(composed(first, flipped), -1, 1).n_pieces == 12
    assert on_line(composed(negated, second), -1, 1).n_pieces == 10
    assert on_line(composed(first, first), -1, 1).n_pieces == 9


@pytest.mark.parametrize("k", range(1, 6))
def test_folding_k_times_gives_4_times_3_to_the_k_pieces(k):
    first, second = folding_pair()
    assert on_line(composed(*[first] * k, second), -1, 1).n_pieces == 4 * 3**k


def test_the_deep_network_of_42_has_11_pieces_with_these_joints():
    true = [0.169565, 0.2, 0.3, 0.5, 0.583333, 0.65, 0.6875, 0.769231, 0.862745, 0.928571]
    assert on_line(deep(), 0, 1).n_pieces == 11
    assert joints(deep(), 0, 1) == pytest.approx(true, abs=5e-7)


def test_the_losses_of_51():
    samples, outputs = problem("5.1"), solution("5.1")(problem("5.1").inputs)
    assert LOSSES["squared"](outputs, samples.targets).sum() == pytest.approx(2.020992571901951, rel=1e-12)
    assert normal_nll(outputs, samples.targets, 0.2).sum() == pytest.approx(11.452419564185828, rel=1e-12)


def test_the_likelihood_the_boundaries_and_the_best_offset_of_52():
    samples, network = problem("5.2"), solution("5.2")
    loss = LOSSES["binary_cross_entropy"]
    nll = loss(network(samples.inputs), samples.targets).sum()
    assert nll == pytest.approx(9.56363938712091, rel=1e-12)
    assert np.exp(-nll) == pytest.approx(7.02367143561685e-05, rel=1e-12)
    found = on_line(network, 0, 1)
    zeros = []
    for a, c in found.maps[:, 0]:
        if a and bool(np.any(np.isclose(network([[-c / a]]), 0.0, atol=1e-12))) and 0 < -c / a < 1:
            zeros.append(-c / a)
    assert sorted(zeros) == pytest.approx([0.19166667, 0.73611111, 0.79558011], abs=5e-9)
    shift = 1.5656641702 - 2.6
    moved = network(samples.inputs) + shift
    assert loss(moved, samples.targets).sum() == pytest.approx(8.0146781918, abs=5e-11)
    # The least is flat: the printed offset is 3e-8 from where the gradient is zero, and the likelihood agrees.
    assert abs(loss.slope(moved, samples.targets).sum()) < 1e-7


def test_the_likelihood_of_53():
    samples = problem("5.3")
    nll = LOSSES["cross_entropy"](solution("5.3")(samples.inputs), samples.targets).sum()
    assert nll == pytest.approx(17.015457866763505, rel=1e-12)
    assert np.exp(-nll) == pytest.approx(4.0764351844e-08, rel=1e-10)
