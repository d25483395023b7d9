"""An opened file: what the viewer tells of it is what the library says of the file."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.errors import FoldlineError, InputError
from foldline.facts.values import facts_of
from foldline.lab.desk import Job
from foldline.lab.viewer import Viewer, open_path
from foldline.lecture.live.view import View

ROOT = Path(__file__).parents[2]
NETS = ROOT / "tests" / "nets"


def test_a_network_of_three_inputs_has_its_surface_and_a_plane_through_any_point() -> None:
    view = open_path(NETS / "sdf3_3x16.npz")
    network, box = fl.read(NETS / "sdf3_3x16.npz"), fl.Box([-1] * 3, [1] * 3)
    assert len(view.fixed["surface"]["offsets"]) - 1 == fl.surface(network, box).n_faces
    told = view.tell({"axes": [0, 2], "point": [0.0, 0.25, 0.0], "pointer": [0.5, -0.25]})
    plane = network.on_plane([0, 0.25, 0], [1, 0, 0], [0, 0, 1])
    assert told.numbers["regions"] == len(fl.regions(plane, fl.Box([-1, -1], [1, 1])))
    assert told.numbers["value"] == pytest.approx(network([0.5, 0.25, -0.25]))
    apart = view.tell(told.state, {"drag": "xy:to", "to": [-0.25, 0.75]}).numbers["distance"]
    assert apart == pytest.approx(np.linalg.norm(np.subtract([0.5, 0.25, -0.25], [-0.25, 0.25, 0.75])))
    assert dict(facts_of(network).rows()).items() <= told.numbers.items()
    moved = view.tell(told.state, {"drag": "y:point.1", "to": [0.0, -0.5]})
    assert moved.state["point"] == [0.0, -0.5, 0.0] and moved.numbers["regions"] != told.numbers["regions"]


def test_a_mesh_has_its_polygons_and_the_way_each_faces() -> None:
    view, mesh = open_path(ROOT / "data" / "mesh" / "knot1.off"), fl.read(ROOT / "data" / "mesh" / "knot1.off")
    facing = view.fixed["surface"]["normals"].astype(float) / 127.5 - 1
    assert facing.shape == (mesh.n_faces, 3)
    assert np.linalg.norm(facing, axis=1) == pytest.approx(1, abs=0.02)
    assert view.tell({}).numbers == dict(facts_of(mesh).rows())


def test_classes_and_one_input_are_seen_too(tmp_path: Path) -> None:
    lines = View(fl.Network([[[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]], [[0.0, 0.0, 0.0]]), "lines")
    assert lines.tell({}).numbers["cells"] == 3
    hat = View(fl.Network([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]]), "hat").tell({})
    assert hat.shown["curve"].tolist() == [[-1, 1], [0, 0], [1, 1]]
    folder = tmp_path / "fit"
    folder.mkdir()
    with pytest.raises(InputError, match="lab needs a file, or a folder with network"):
        open_path(folder)
    lines.value.save(folder / "network.npz")
    assert open_path(folder).tell({}).numbers["cells"] == 3


@pytest.mark.parametrize("suffix", ["pt", "pkl", "npy/../x", ""])
def test_a_page_opens_bytes_by_what_they_are_and_no_pickle(suffix: str) -> None:
    viewer, job = Viewer(None), Job(1, lambda message: None)
    with pytest.raises(InputError, match="lab opens"):
        viewer.open({"suffix": suffix, "name": "x", "bytes": ""}, job)
    with pytest.raises(FoldlineError):
        viewer.open({"suffix": "onnx", "name": "x", "bytes": base64.b64encode(b"\x80\x05cos\nsystem").decode()}, job)
    name = "<img src=x onerror=alert(1)>.npz"
    sent = base64.b64encode((NETS / "deg2_xor.npz").read_bytes()).decode()
    assert viewer.open({"suffix": "npz", "name": name, "bytes": sent}, job)["name"] == name
    assert viewer.ask({}, job)["numbers"]["regions"] >= 3
