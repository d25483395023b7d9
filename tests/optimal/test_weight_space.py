"""Weight space: the count of errors cell by cell, against counting them anywhere."""

import numpy as np
import pytest

from foldline.box import Box
from foldline.data.fish import fish
from foldline.data.gates import gate
from foldline.data.toys import blobs
from foldline.errors import InputError
from foldline.losses import LOSSES, linear_loss
from foldline.optimal.least_errors import least_errors
from foldline.optimal.weight_space import error_cells
from foldline.samples import Samples

PLANE = {"axes": [[0, 1, 0], [0, 0, 1]]}


def centred(n, seed=0):
    made = fish(n, seed=seed)
    inputs = (made.inputs - made.inputs.mean(0)) / made.inputs.std(0)
    return Samples(inputs, made.targets, "classification", made.names, made.classes)


def test_errors_of_a_cell_are_those_of_any_weights_inside_it():
    samples, box = centred(12), Box([-3, -3], [3, 3])
    cells = error_cells(samples, box, origin=[0.5, 0, 0], **PLANE)
    for cell in range(len(cells)):
        W = cells.weights(cell)
        value, gradient = linear_loss(LOSSES["errors"], W, samples.inputs, samples.targets)
        assert value == cells.errors[cell] and not gradient.any()
    points = np.random.default_rng(0).uniform(-3, 3, (400, 2))
    for point, hit in zip(points, cells.regions.locate(points), strict=True):
        W = cells.origin + point @ cells.axes
        assert linear_loss(LOSSES["errors"], W, samples.inputs, samples.targets)[0] == cells.errors[hit[0]]


def test_cells_fill_the_box_and_are_as_many_as_lines_in_general_position_give():
    samples, box = centred(9), Box([-1e6, -1e6], [1e6, 1e6])
    cells = error_cells(samples, box, origin=[1, 0, 0], **PLANE)
    assert len(cells) == 1 + 9 + 9 * 8 // 2
    assert cells.regions.volumes.sum() == pytest.approx(box.volume, rel=1e-12) and cells.regions.certified


def test_the_least_on_a_large_slice_is_the_least_there_is():
    samples = centred(20, seed=3)
    boxes = [error_cells(samples, Box([-1e5, -1e5], [1e5, 1e5]), origin=[b, 0, 0], **PLANE).least for b in (1, -1)]
    assert min(boxes) == least_errors(samples).count


def test_xor_has_an_error_everywhere_and_four_planes_through_weight_space():
    cells = error_cells(gate("xor"), Box([-2, -2, -2], [2, 2, 2]), axes=np.eye(3))
    assert len(cells) == 14 and cells.least == 1
    assert error_cells(gate("and"), Box([-2, -2, -2], [2, 2, 2]), axes=np.eye(3)).least == 0


def test_error_cells_refuse_what_does_not_fit():
    with pytest.raises(InputError, match="error_cells needs 2 classes; got kind 'classification' with 3 outputs"):
        error_cells(blobs(9), Box([0, 0], [1, 1]), **PLANE)
    with pytest.raises(InputError, match=r"error_cells needs axes of shape \(1, 3\)"):
        error_cells(gate("and"), Box([0], [1]), **PLANE)
