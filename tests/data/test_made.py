"""Gates, fish, toys, MNIST-1D and the book's problems: the data that foldline makes itself."""

import csv
from pathlib import Path

import numpy as np
import pytest
from mnist1d.data import make_dataset

from foldline.data import fish, gates, mnist1d, toys
from foldline.data.book import composed, folding_pair
from foldline.errors import FileError, InputError

TABLE = Path(__file__).parents[2] / "data/table/penguins.csv"


@pytest.fixture(scope="module")
def published():
    state = np.random.get_state()
    yield make_dataset()
    np.random.set_state(state)


def test_mnist1d_equals_the_published_data(published):
    train, test = mnist1d.mnist1d()
    assert train.inputs.shape == (4000, 40) and test.inputs.shape == (1000, 40)
    assert np.abs(train.inputs - published["x"]).max() <= 1e-12
    assert np.abs(test.inputs - published["x_test"]).max() <= 1e-12
    assert np.array_equal(train.targets[:, 0], published["y"])
    assert np.array_equal(test.targets[:, 0], published["y_test"])


def test_random_labels_are_the_same_labels_in_another_order():
    train, _ = mnist1d.mnist1d(200)
    mixed = mnist1d.random_labels(train)
    assert np.array_equal(np.bincount(mixed.targets[:, 0].astype(int)), np.bincount(train.targets[:, 0].astype(int)))
    assert np.array_equal(mixed.targets, np.random.default_rng(1).permutation(train.targets))
    assert (mixed.targets != train.targets).mean() > 0.5


def test_every_two_input_function_has_one_name():
    assert sorted(gates.NAMES.values()) == list(range(16))
    x1, x2 = gates.gate("and").inputs.T
    for name, claim in (("xor", x1 != x2), ("nand", 1 - x1 * x2), ("not x1 or x2", x1 <= x2), ("nor", x1 + x2 == 0)):
        assert np.array_equal(gates.gate(name).targets[:, 0], claim)


@pytest.mark.parametrize("name", ["and", "or", "nand", "nor", "not x1"])
def test_a_gate_is_one_perceptron(name):
    assert np.array_equal(gates.gate_network(name)(gates.gate(name).inputs), gates.gate(name).targets)


def test_fish_have_the_means_and_the_spread_the_page_documents():
    many = fish.fish(200_000)
    for label, mean in enumerate((fish.SALMON, fish.SEA_BASS)):
        rows = many.inputs[many.targets[:, 0] == label]
        assert np.allclose(rows.mean(0), mean, atol=0.1)
        assert np.allclose(rows.std(0), fish.SPREAD, rtol=0.02)
        assert np.corrcoef(rows.T)[0, 1] == pytest.approx(fish.CORRELATION, abs=0.01)
    assert np.array_equal(fish.fish(50, seed=3).inputs, fish.fish(50, seed=3).inputs)


def test_penguins_are_the_measured_birds_of_the_table():
    birds = fish.penguins(TABLE)
    with open(TABLE) as file:
        rows = [row for row in csv.DictReader(file) if row["species"] in ("Adelie", "Gentoo")]
    assert len(birds) + birds.meta["left_out"] == len(rows) == 276
    assert birds.meta["left_out"] == 2
    assert birds.inputs[0].tolist() == [39.1, 18.7]


@pytest.mark.parametrize("made", [toys.blobs(40), toys.rings(40), toys.spirals(40), toys.moons(40)])
def test_toys_hold_every_class_equally(made):
    counts = np.bincount(made.targets[:, 0].astype(int))
    assert len(counts) == made.d_out and counts.max() - counts.min() <= 1


def test_rings_lie_at_their_radius():
    made = toys.rings(300, n_classes=3, noise=0.0)
    assert np.allclose(np.hypot(*made.inputs.T), 1 + made.targets[:, 0])


def test_networks_compose_as_functions_do():
    first, second = folding_pair()
    x = np.linspace(-1, 1, 101)[:, None]
    assert np.allclose(composed(first, second)(x), second(first(x)), atol=1e-13)


def test_made_data_refuse_what_they_cannot_make(tmp_path):
    with pytest.raises(InputError, match=r"truth_table needs a number below 2\*\*4 for 2 inputs; got 16"):
        gates.truth_table(16)
    with pytest.raises(InputError, match=r"truth_table needs a number below 2\*\*4 for 2 inputs; got 2.5"):
        gates.truth_table(2.5)
    for n_inputs in (0, 17):
        with pytest.raises(InputError, match=f"truth_table needs 1 to 16 inputs; got {n_inputs}"):
            gates.truth_table(0, n_inputs)
    with pytest.raises(InputError, match=r"gate needs a name out of .*; got 'maybe'"):
        gates.gate("maybe")
    with pytest.raises(InputError, match="XOR needs two layers"):
        gates.gate_network("xor")
    with pytest.raises(InputError, match="fish needs at least 2 fish"):
        fish.fish(1)
    with pytest.raises(FileError, match="penguins needs a readable table"):
        fish.penguins(tmp_path / "none.csv")
    with pytest.raises(InputError, match="needs species of the table; got 'Emperor'"):
        fish.penguins(TABLE, ("Adelie", "Emperor"))
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="'species' is missing"):
        fish.penguins(tmp_path / "t.csv")
    with pytest.raises(InputError, match="blobs needs >= 2 classes and a point for each; got 2 points, 3 classes"):
        toys.blobs(2)
    with pytest.raises(InputError, match="curve needs a finite interval"):
        toys.curve(np.sin, (1.0, 0.0))
    with pytest.raises(InputError, match="mnist1d needs at least 20 signals"):
        mnist1d.mnist1d(10)
