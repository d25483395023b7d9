"""Training facts: typed, frozen, and the same after a file; files of before open."""

from __future__ import annotations

import copy
import json
import math
import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.draw.report.parts import fitted_rows
from foldline.network import Network
from foldline.tasks import TASKS, accuracy, errors, held_out_by_default, picture_errors
from foldline.training import Curve, Training, meta_of, told_by
from foldline.transform import Transform

TRAINING = Training(
    loss="squared", optimiser="muon", rate=0.02, batch=8, seed=3, device="cpu", stepper="fused",
    initialisation="he_normal", hidden=(4, 5), n_samples=30, data=17, steps=9, seconds=1.25, complete=False,
    curve=Curve((4, 9), (0.5, 0.25)), final={"rms_error": 0.1}, held_out={"rows": 5.0, "rms_error": 0.2},
)  # fmt: skip
THERE = Transform(2.0, (1.0, -3.0))


def network(**more) -> fl.Network:
    return fl.Network([[[1.0, 2.0]]], [[0.5]], **more)


@pytest.mark.parametrize("name", ["a.safetensors", "a.onnx", "a.npz"])
def test_a_file_gives_the_record_and_the_transform_back(tmp_path, name):
    before = network(training=TRAINING, transform=THERE, meta={"kind": "distance"})
    after = fl.read(before.save(tmp_path / name))
    assert after.training == TRAINING and after.transform == THERE
    assert after.meta["kind"] == "distance" and not {"training", "scale", "shift"} & set(after.meta)


@pytest.mark.parametrize("name", ["a.safetensors", "a.onnx", "a.npz"])
def test_a_file_gives_the_range_of_the_data_back(tmp_path, name):
    before = network(seen=fl.Box([0, -1], [4, 1]), meta={"kind": "regression"})
    after = fl.read(before.save(tmp_path / name))
    assert repr(after.seen) == repr(before.seen) and "seen" not in after.meta
    assert after.box.lo.tolist() == [-0.2, -1.1] and after.box.hi.tolist() == [4.2, 1.1]  # 5 % of 4 and of 2


@pytest.mark.parametrize("seen", ["far", {"lo": [1, 1], "hi": [0, 0]}, {"lo": [0]}, {"lo": ["a"], "hi": [1]}, [1, 2]])
def test_what_is_no_range_stays_in_the_meta(seen):
    told = told_by({"seen": seen})
    assert told["seen"] is None and told["meta"] == {"seen": seen}


@pytest.mark.parametrize("travel", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_they_travel_to_other_processes(travel):
    there = travel(network(training=TRAINING, transform=THERE))
    assert there.training == TRAINING and there.transform == THERE


def test_a_file_holds_them_where_files_of_before_did(tmp_path):
    """The meta of a network fitted by the first version, as it stands in its files."""
    before = {
        "scale": 1.8, "shift": [0.5, 0.0], "kind": "distance",
        "training": {"loss": "clamped", "steps": 60, "seconds": 0.1, "complete": True, "final": {"rms_error": 0.5},
                     "curve": {"step": [1, 60], "loss": [1.0, 0.1]}, "seed": 0, "hidden": [8], "something": "else"},
    }  # fmt: skip
    told = told_by(before)
    assert told["transform"] == Transform(1.8, (0.5, 0.0)) and told["meta"] == {"kind": "distance"}
    assert told["training"].steps == 60 and told["training"].curve == Curve((1, 60), (1.0, 0.1))
    again = meta_of(network(**told))
    assert again["scale"] == 1.8 and again["training"]["steps"] == 60 and json.dumps(again)
    old = network(meta=before)
    assert fl.read(old.save(tmp_path / "old.safetensors")).training == told["training"]


STRANGE = [
    {"training": 5}, {"training": {"steps": "many"}}, {"training": {"curve": {"step": 1, "loss": []}}},
    {"training": {"final": {"rms_error": "low"}}}, {"training": {"curve": {}}}, {"scale": "large", "shift": [1]},
    {"scale": 1.0}, {"scale": 1.0, "shift": 5}, {"training": {"steps": 1e400}}, {"training": None},
]  # fmt: skip


@pytest.mark.parametrize("meta", STRANGE, ids=str)
def test_what_is_no_record_stays_as_it_is(meta):
    told = told_by(meta)
    assert told["meta"] == meta and told["training"] is None and told["transform"] is None


def test_a_finished_network_is_not_changed():
    fitted = fl.fit(np.arange(10.0), np.arange(10.0), hidden=(2,), steps=3)
    for name in ("training", "transform", "weights"):
        with pytest.raises(FrozenInstanceError):
            setattr(fitted, name, None)
    with pytest.raises(FrozenInstanceError):
        fitted.training.steps = 4
    assert replace(fitted.training, steps=4).steps == 4 and fitted.training.steps == 3


def test_a_shape_knows_the_way_to_its_units():
    corners = [[x, y, z] for x in (0, 10) for y in (0, 20) for z in (0, 30)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    mesh = fl.Mesh.of_polygons(corners, sides)
    from foldline.data.distance import distance_samples

    there = fl.fit(distance_samples(mesh, 200), hidden=(2,), steps=2).transform
    moved = mesh.transformed(there.scale, there.shift)
    np.testing.assert_allclose(np.ptp(moved.vertices, axis=0), [0.6, 1.2, 1.8])
    back = moved.transformed(there.inverse.scale, there.inverse.shift)
    np.testing.assert_allclose(back.vertices, mesh.vertices, atol=1e-12)


def test_every_task_scores_in_the_units_of_its_targets():
    outputs, targets = np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]])
    assert errors(outputs, targets) == {"mean_absolute_error": 1.0, "rms_error": pytest.approx(np.sqrt(2))}
    assert picture_errors(outputs, targets)["psnr"] == pytest.approx(-10 * np.log10(2))
    assert "psnr" not in picture_errors(targets, targets)
    assert accuracy(np.array([[0.5], [-0.5]]), np.array([[1.0], [1.0]])) == {"accuracy": 0.5}
    assert accuracy(np.eye(3), np.array([[0.0], [1.0], [0.0]])) == {"accuracy": pytest.approx(2 / 3)}


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_task_is_whole(task):
    assert task.losses and task.steps > 0 and task.batch > 0 and 0 <= held_out_by_default(task, 1000) < 1
    assert held_out_by_default(task, 10) == 0


@pytest.mark.parametrize("name", ["a.safetensors", "a.npz", "a.onnx"])
def test_a_fit_without_an_error_is_read_again(name: str, tmp_path: Path) -> None:
    """Its PSNR is infinite, for which JSON has no word: the whole record was lost."""
    told = Training(loss="squared", final={"psnr": math.inf, "rms_error": 0.0}, held_out={"psnr": math.inf})
    network = fl.Network([[[1.0]], [[2.0]]], [[0.0], [1.0]], training=told)
    assert fl.read(network.save(tmp_path / name)).training == told


def test_distances_are_judged_near_the_surface_and_told_in_the_unit_of_the_file() -> None:
    """Far ones are only fitted to lie on the right side: their errors say nothing of the surface."""
    near, far = np.array([[0.05], [-0.02]]), np.array([[0.9], [-0.7]])
    score = TASKS["distance"].score
    told = score(np.concatenate([near + 0.01, np.clip(far, -0.1, 0.1)]), np.concatenate([near, far]))
    assert told == {"mean_absolute_error": pytest.approx(0.01), "rms_error": pytest.approx(0.01)}
    assert score(far, far) == {}
    plain = Network([[[1.0, 1.0, 1.0]]], [[0.0]], meta={"kind": "distance"})
    shape = replace(plain, training=Training(loss="clamped", final=told), transform=Transform(0.5, (0.0, 0.0, 0.0)))
    rows = dict(fitted_rows(shape))
    assert rows["mean absolute error"] == "0.01; 0.02 in the file (of distances below 0.1)"
