"""What the figures of images and shapes say, held against other ways to know it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foldline import Mesh, read
from foldline.draw.lecture import fields
from foldline.lecture import image, shapes
from foldline.lecture import surface as question
from foldline.voxels import border_mesh

NETS = Path(__file__).parents[1] / "nets"


@pytest.fixture(scope="module")
def made():
    return shapes.forms(32)


def test_the_image_page_says_the_psnr_and_sizes_of_the_pixels_and_the_network():
    both = image.ask(image.State()), image.ask(image.State(kept="field"))
    samples = both[0].samples
    said = dict(fields.image(*both).numbers)
    errors = [answer.network(samples.inputs) - samples.targets for answer in both]
    nearness = [10 * np.log10(1 / np.mean(error**2)) for error in errors]
    assert said["PSNR over all pixels"] == ", ".join(f"{db:.2f} dB" for db in nearness)
    assert nearness[0] > 28 and nearness[1] > nearness[0] + 3
    assert both[1].network.n_parameters < both[0].network.n_parameters == 8707
    assert said["bytes: pixels, PNG"].split(", ")[0] == f"{128 * 128 * 3:,}"
    assert said["bytes: network, field"] == f"{4 * 8707:,}, {4 * both[1].network.n_parameters:,}"


def test_the_regions_of_the_field_round_the_pupil_cover_the_crop():
    answer = image.ask(image.State(kept="field"))
    left, low, right, high = answer.state.crop
    lo, hi = answer.regions.box.lo, answer.regions.box.hi
    assert (lo <= [left, low]).all() and (hi >= [right, high]).all() and ((hi - lo) < 0.45).all()
    assert answer.regions.certified and answer.regions.complete
    assert answer.regions.volumes.sum() == pytest.approx(float(np.prod(hi - lo)), rel=1e-12)


def test_the_picture_of_the_network_has_its_pixels_in_the_images_order():
    answer = image.ask(image.State())
    samples, pixels = answer.samples, answer.true
    where = samples.inputs.reshape(128, 128, 2)
    assert pixels.shape == (128, 128, 3)
    assert where[0, 0].tolist() == [-127 / 128, 127 / 128]
    assert where[0, 1, 0] > where[0, 0, 0] and where[1, 0, 1] < where[0, 0, 1]


def test_the_elephant_of_the_figures_is_the_one_whose_counts_are_known():
    network, exact = shapes.elephant()
    assert all(np.array_equal(a, b) for a, b in zip(network.weights, read(NETS / "sdf3_4x64.npz").weights, strict=True))
    assert (exact.n_faces, exact.n_vertices, exact.n_edges, exact.euler, exact.closed) == (
        79_750, 79_754, 159_508, -4, True)  # fmt: skip


def test_a_grid_is_positive_outside_the_surface_and_the_networks_own_values_near_it():
    network, exact = shapes.elephant()
    values, at = shapes.sampled(network, exact, 16), shapes.centres(16)[:, 0]
    points = np.stack(np.meshgrid(at, at, at, indexing="ij"), axis=-1).reshape(-1, 3)
    true = network(points)[:, 0].reshape(values.shape)
    asked = values != 1
    assert values[asked] == pytest.approx(true[asked], abs=1e-12) and asked.mean() < 0.6
    assert np.array_equal(values < 0, true < 0)


def test_voxels_hold_the_volume_of_the_filled_ones_and_border_nothing_else():
    inside = np.random.default_rng(0).random((5, 5, 5)) < 0.4
    blocks = border_mesh(inside, shapes.CUBE)
    faces = sum(int(np.abs(np.diff(np.pad(inside, 1).astype(int), axis=axis)).sum()) for axis in range(3))
    assert blocks.volume == pytest.approx(inside.sum() * 0.4**3)
    assert blocks.n_faces == faces and blocks.balanced
    assert blocks.bounds.min() >= -1 and blocks.bounds.max() <= 1


def test_voxels_of_a_grid_lie_where_their_samples_lie():
    inside = np.zeros((4, 4, 4), dtype=bool)
    inside[3, 0, 1] = True
    assert border_mesh(inside, shapes.CUBE).bounds.tolist() == [[0.5, -1.0, -0.5], [1.0, -0.5, 0.0]]


def test_distances_to_points_are_those_to_the_nearest():
    rng = np.random.default_rng(1)
    cloud, places = rng.random((50, 3)), rng.random((20, 3))
    true = np.linalg.norm(places[:, None] - cloud, axis=2).min(axis=1)
    assert shapes.distances_to_points(cloud, places) == pytest.approx(true)


def test_forms_have_the_slides_bytes_and_get_no_nearer_than_their_cells(made):
    blocks, cloud, triangles = made
    assert blocks.size == 4096 and cloud.size == 12 * len(cloud.points)
    assert triangles.size == 12 * triangles.mesh.n_vertices + 12 * triangles.mesh.n_faces
    assert cloud.name == f"{triangles.mesh.n_vertices:,}" and triangles.name == "32³"
    cell = 2 / 32
    for form in made:
        assert 0 < form.mean < cell and form.mean < form.most < 2 * cell


def test_the_network_is_as_far_from_the_mesh_it_learned_as_the_page_says():
    mesh = read(Path(__file__).parents[2] / "data" / "mesh" / "elephant.off")
    lo, hi = mesh.bounds
    exact = shapes.elephant()[1].mesh
    found = exact.distance_to(mesh.transformed(1.8 / (hi - lo).max(), (lo + hi) / 2), n=shapes.PLACES)
    assert (found.mean[0], found.max[0]) == pytest.approx(shapes.LEARNED, rel=1e-2)


def test_points_of_a_form_lie_on_the_exact_surface(made):
    _, exact = shapes.elephant()
    assert exact.distances(made[1].points).max() < 1e-12


def test_thirty_two_samples_a_side_lose_the_elephants_handles(made):
    network, exact = shapes.elephant()
    assert exact.euler == -4 and made[2].mesh.euler == 0
    assert np.abs(network(exact.vertices)).max() < 1e-13


def test_the_slice_of_the_page_is_where_the_network_is_zero():
    answer = question.ask(question.State())
    network, line, state = answer.network, answer.line, answer.state
    assert len(line) > 100 and (line[..., state.axis] == pytest.approx(state.at))
    assert np.abs(network(line.reshape(-1, 3))).max() < 1e-13
    assert np.abs(network(line.mean(axis=1))).max() < 1e-13


def test_the_surface_page_says_what_was_measured():
    said = dict(fields._surface_numbers(question.ask(question.State())))
    assert said["polygons, vertices"] == "79,750, 79,754" and said["edges"] == "159,508"
    assert said["Euler number"] == "−4" and said["decisions"] == "all found, proved"
    assert said["every edge in two polygons"] == "closed, 1 part"


def test_an_open_surface_of_an_incomplete_search_is_not_called_proved():
    _, exact = shapes.elephant()
    cut = Mesh(exact.vertices, exact.corners[: exact.offsets[9]], exact.offsets[:10])
    unproved = replace(exact, shape=cut, proof=replace(exact.proof, complete=False))
    said = dict(fields._surface_numbers(replace(question.ask(question.State()), exact=unproved)))
    assert said["decisions"] == "not proved" and said["every edge in two polygons"].startswith("open")


def test_the_recorded_network_was_fitted_to_the_kept_image(tmp_path):
    answer = image.ask(image.State())
    samples, network = answer.samples, answer.network
    training = network.training
    assert training.n_samples == len(samples) and training.seed == 0
    assert read(network.save(tmp_path / "cat.safetensors")).n_parameters == 8707
