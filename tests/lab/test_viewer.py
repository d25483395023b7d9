"""An opened file: what the viewer tells of it is what the library says of the file."""

from __future__ import annotations

import base64
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.codes import Codes
from foldline.errors import FoldlineError, InputError
from foldline.facts.values import facts_of
from foldline.grid import Grid
from foldline.lab.desk import Job
from foldline.lab.viewer import Viewer, open_path
from foldline.lecture.live import scene_view
from foldline.lecture.live.opened import opened
from foldline.lecture.live.view import View, edges
from foldline.lecture.wire import plain
from foldline.scenes.made import ball
from foldline.scenes.orbit import orbit, seated
from foldline.scenes.render import render
from foldline.training import Training

from .lab import page_says, running, shown, told, until

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


@pytest.mark.lab
def test_one_file_after_another_is_opened_on_the_page(chromium: object, tmp_path: Path) -> None:
    (tmp_path / "kinds.csv").write_text("a,<b>,kind\n0,1,x\n1,0,<i>y</i>\n2,2,x\n")
    (tmp_path / "numbers.csv").write_text("a,b,y\n0,1,0.5\n1,0,0.25\n2,2,0.75\n")
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    looks = {
        tmp_path / "kinds.csv": ("The rows", ["<i>y</i>", "x"], None), tmp_path / "numbers.csv": ("The rows", [], None),
        ROOT / "data" / "image" / "camera.png": ("The image", [], None),
        ROOT / "data" / "mesh" / "fandisk.off": ("In space", [], "plain"),
        NETS / "sdf3_3x16.npz": ("In space", [], "region"),
    }  # fmt: skip
    with running() as lab:
        page.goto(lab.url)
        until(page, "!location.hash.includes('token')")
        page.goto(f"http://127.0.0.1:{lab.port}/viewer")
        told(page)
        for path, (panel, keys, colour) in looks.items():
            page.locator("input[type=file]").first.set_input_files(path)
            until(page, f"foldlinePage.fixed?.name === {path.name!r} && !foldline.busy")
            assert page.locator(".panel:visible h2").first.inner_text() == panel
            assert page.locator("p.slide").inner_text() == path.name
            assert page.locator(".panel:visible .key").all_inner_texts() == keys
            assert colour is None or page.locator("select[aria-label='colour']").input_value() == colour
            known = {name: shown(plain(v)) for name, v in open_path(path).tell(told(page)["state"]).numbers.items()}
            assert page_says(told(page)) == known
    assert errors == []
    page.close()


def diamonds() -> fl.Network:
    """A class of octahedra: at code (c, d) the surface is |x| + |y| + |z| = 0.4 + c + d."""
    signs = np.vstack([np.hstack([np.zeros((6, 2)), np.kron(np.eye(3), [[1.0], [-1.0]])]), [[1.0, 1.0, 0, 0, 0]]])
    names = ("small", "large", "larger")
    codes = Codes([[0.0, 0.0], [0.2, 0.1], [0.4, 0.1]], names)
    return fl.Network([signs, [[1.0] * 6 + [-1.0]]], [np.zeros(7), [-0.4]], codes=codes)


def test_a_class_of_shapes_has_the_exact_surface_at_any_code_and_a_coarser_one_while_the_hand_moves() -> None:
    view = opened(diamonds(), "diamonds")
    first = view.tell({})
    assert first.numbers["shape"] == "small" and first.numbers["polygons"] == 8 and first.numbers["closed"]
    assert first.shown["codes"].shape == (3, 2) and not first.rough
    there = view.tell(first.state, {"press": "shape.1", "act": "press"})
    assert there.state["code"] == [0.2, 0.1] and there.numbers["far"] == 0
    code = next(one for one in there.handles if one.name == "code")
    moved = view.tell(there.state, {"drag": "code", "to": [code.at[0] + 0.1, code.at[1]]})
    size = 0.4 + sum(moved.state["code"])
    assert view.mesh_at(view._filled(_state(moved.state))).volume == pytest.approx(4 / 3 * size**3)
    rough = view.tell(there.state, {"drag": "code", "to": [code.at[0] + 0.1, code.at[1]]}, moving=True)
    assert rough.rough and rough.state == moved.state and len(rough.shown["surface"]["offsets"]) > 100
    assert view.tell({"code": [0.1, 0.1], "axes": [0, 1]}).numbers["value"] == pytest.approx([-0.6])


def _state(values: dict) -> object:
    from foldline.lecture.live.view import State
    from foldline.lecture.wire import state_from

    return state_from(State, values, "viewer")


def test_two_places_of_a_surface_are_picked_by_rays_and_measured_between() -> None:
    network = diamonds().fixed([0.2, 0.4])
    view = opened(network, "one")
    picked = view.tell({}, {"pick": True, "from": [0.1, 0.2, 5.0], "way": [0.0, 0.0, -2.0]})
    assert picked.state["picks"] == [pytest.approx([0.1, 0.2, 0.7], abs=1e-12)]
    missed = view.tell(picked.state, {"pick": True, "from": [3.0, 3.0, 5.0], "way": [0.0, 0.0, -1.0]})
    assert missed.state == picked.state
    both = view.tell(picked.state, {"pick": True, "from": [0.1, 0.2, -5.0], "way": [0.0, 0.0, 1.0]})
    assert both.numbers["apart"] == pytest.approx(1.4, abs=1e-12) and both.shown["picks"].shape == (6,)
    third = view.tell(both.state, {"pick": True, "from": [5.0, 0.1, 0.1], "way": [-1.0, 0.0, 0.0]})
    assert third.state["picks"][0] == both.state["picks"][1] and third.state["picks"][1][0] == pytest.approx(0.8)
    with pytest.raises(InputError, match="viewer needs a ray"):
        view.tell({}, {"pick": True, "from": [0, 0], "way": [0, 0, float("inf")]})


def test_a_surface_is_coloured_by_its_exact_distance_to_a_mesh(tmp_path: Path) -> None:
    viewer, job = Viewer(opened(diamonds().fixed([0.2, 0.4]), "one")), Job(1, lambda message: None)
    path = fl.surface(diamonds().fixed([0.2, 0.3]), fl.Box([-1] * 3, [1] * 3)).mesh.save(tmp_path / "other.off")
    sent = base64.b64encode(path.read_bytes()).decode()
    viewer.against({"suffix": "off", "name": "other.off", "bytes": sent}, job)
    found = viewer.ask({}, job)
    assert found["numbers"]["off.most"] == pytest.approx(0.1 / np.sqrt(3)) == found["numbers"]["off.mean"]
    assert viewer.fixed({}, job)["shown"]["surface"]["errors"] == pytest.approx([0.1 / np.sqrt(3)] * 8)
    with pytest.raises(InputError, match="lab opens ply"):
        viewer.against({"suffix": "npz", "name": "x", "bytes": ""}, job)


def test_a_scene_is_seen_from_anywhere_coarse_first(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (8, 16, 24)
    monkeypatch.setattr(scene_view, "STEPS", steps)
    view, parts = opened(ball(4), "ball"), []
    state = {"turn": [40.0, 20.0], "away": 1.25}
    moving = view.tell(state, moving=True)
    eye = seated(ball(4), np.radians(40), height=np.sin(np.radians(20)), away=1.25, size=(steps[0],) * 2)
    assert moving.shown["picture"].shape == (steps[0], steps[0], 3) and moving.rough
    assert abs(moving.shown["picture"] / 255 - render(ball(4), eye, samples=scene_view.FEW)[0].colours).max() < 0.003
    seen = view.tell(state, callback=lambda *part: parts.append(part))
    assert [(done, len(more["picture"])) for done, _, more in parts] == list(zip(steps[1:], steps[:-1], strict=True))
    assert seen.numbers["pixels"] == steps[-1] and seen.numbers["samples"] and seen.numbers["depth"] > 3
    assert seated(ball(4), np.pi, size=(8, 8)) == orbit(ball(4), 2, size=(8, 8))[1]


@pytest.mark.lab
def test_the_viewer_turns_codes_and_cameras_and_measures_in_a_browser(window: object, chromium: object) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    for value, handle in ((diamonds(), "Code"), (ball(4), "Camera, round and up in degrees")):
        view = opened(value, "opened")
        with running(view=view) as lab:
            page.goto(lab.url)
            first = told(page)
            page.locator(f".handle[aria-label='{handle}']").focus()
            page.keyboard.press("ArrowRight")
            moved = told(page)
            assert moved["state"] != first["state"]
            known = {name: shown(plain(value)) for name, value in view.tell(moved["state"]).numbers.items()}
            assert page_says(moved) == known
            if handle == "Code":
                page.locator(".space canvas").focus()
                page.keyboard.press("Enter")
                told(page)
                page.keyboard.press("ArrowLeft")
                page.keyboard.press("Enter")
                picked = told(page)
                assert len(picked["state"]["picks"]) == 2
                size = 0.4 + sum(picked["state"]["code"])
                assert [sum(map(abs, at)) for at in picked["state"]["picks"]] == pytest.approx([size] * 2, abs=1e-9)
    page.close()


@pytest.mark.lab
def test_a_mesh_to_measure_against_is_given_on_the_page_and_errors_are_coloured(
    window: object, chromium: object, tmp_path: Path
) -> None:
    one, other = (diamonds().fixed([0.2, level]) for level in (0.4, 0.3))
    path = fl.surface(other, fl.Box([-1] * 3, [1] * 3)).mesh.save(tmp_path / "<b>other.off")
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    with running(view=opened(one, "one")) as lab:
        page.goto(lab.url)
        told(page)
        colour = page.locator("select[aria-label='colour']")
        assert colour.locator("option[value=error]").is_disabled()
        plain_look = page.evaluate("document.querySelector('.space canvas').toDataURL()")
        page.locator("label.knob", has_text="measure against").locator("input").set_input_files(path)
        until(page, "foldlinePage.fixed?.against === true")
        found = told(page)
        view = opened(one, "one", fl.read(path))
        assert page_says(found) == {k: shown(plain(v)) for k, v in view.tell(found["state"]).numbers.items()}
        assert page_says(found)["off.most"] == shown(0.1 / np.sqrt(3))
        colour.select_option("error")
        told(page)
        page.wait_for_timeout(300)
        assert page.evaluate("document.querySelector('.space canvas').toDataURL()") != plain_look
        errors = page.evaluate("Array.from(foldlinePage.fixed.surface.errors)")
        assert errors == pytest.approx(view.fixed["surface"]["errors"])
        page.locator("label.knob", has_text="measure against").locator("input").set_input_files(NETS / "deg2_xor.npz")
        until(page, "document.querySelector('.warning').textContent.includes('lab opens ply')")
    page.close()


def test_the_folds_of_a_plane_are_drawn_in_space_once_each_unless_they_are_very_many() -> None:
    shown_at = opened(diamonds().fixed([0.2, 0.4]), "one").tell({"point": [0.0, 0.0, 0.25]}).shown
    ends = shown_at["space"]["folds"].reshape(-1, 2, 3)
    assert (ends[..., 2] == 0.25).all() and len(ends) == 4  # the octants' plane is cut by x = 0 and y = 0
    assert np.abs(ends[..., :2]).min(axis=-1) == pytest.approx(0)
    cells = {"vertices": np.zeros(2), "loops": np.zeros(3 * 5000, int), "starts": np.arange(0, 15001, 3)}
    assert not len(edges(cells))


def own(widths: tuple[int, ...], seen: fl.Box | None, **meta: object) -> fl.Network:
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=(b, a)) for a, b in pairwise(widths)]
    return fl.Network(weights, [rng.normal(size=b) for b in widths[1:]], seen=seen, meta=meta)


def test_a_network_is_looked_at_where_its_data_lie_and_its_inputs_are_called_as_theirs() -> None:
    seen = fl.Box([2.0, 100.0, -1.0], [4.0, 300.0, 0.0])
    network = own((3, 9, 2), seen, kind="classification", names=["length", "mass", "age"])
    view, box = opened(network, "own"), network.box
    found = view.tell({})
    middle = (box.lo + box.hi) / 2
    assert found.state["point"] == pytest.approx(middle.tolist()) == found.numbers["point"].tolist()
    assert found.shown["axes"] == ["length", "mass"] and found.shown["others"] == ["age"]
    assert found.shown["window"] == pytest.approx([*box.lo[:2], *box.hi[:2]])
    plane = network.on_plane([0, 0, middle[2]], [1, 0, 0], [0, 1, 0])
    assert found.numbers["cells"] == len(fl.decisions(plane, fl.Box(box.lo[:2], box.hi[:2])).classes)
    moved = view.tell(found.state, {"drag": "y:point.2", "to": [0.0, 1.0]})
    assert moved.state["point"][2] == pytest.approx(box.hi[2]) and moved.shown["point"].tolist() == pytest.approx([1.0])
    far = view.tell(found.state | {"pointer": [9.0, 200.0], "reach": 0.5})
    assert far.state["pointer"] == pytest.approx([(box.hi[0] + middle[0]) / 2, 200.0])
    with pytest.raises(InputError, match="one of 3 inputs"):
        view.tell(found.state, {"drag": "y:point.7", "to": [0.0, 1.0]})


def test_an_image_s_network_has_no_classes_and_of_very_many_regions_a_smaller_window_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = own((2, 12, 12, 3), fl.Box([-1, -1], [1, 1]), kind="image")
    whole = opened(network, "cat").tell({})
    count = len(fl.regions(network, fl.Box([-1, -1], [1, 1])))
    assert whole.numbers["regions"] == count and "part" not in whole.numbers
    assert whole.shown["tints"].shape == (count, 3)
    monkeypatch.setattr("foldline.lecture.live.view.PARTS", count // 3)
    part = opened(network, "cat").tell({})
    side = part.shown["window"]
    assert part.numbers["complete"] and 0 < part.numbers["regions"] <= count // 3
    assert part.numbers["part"].startswith(f"1/{round(2 / (side[2] - side[0]))} each way: more than")
    assert part.numbers["regions"] == len(fl.regions(network, fl.Box(side[:2], side[2:])))


def test_regions_of_numbers_are_coloured_by_what_they_are_worth() -> None:
    found = opened(own((2, 9, 1), fl.Box([0, 0], [1, 2]), kind="regression"), "own")
    told_of, box = found.tell({}), found.value.box
    exact = found.value(fl.regions(found.value, box).centroids)[:, 0]
    assert sorted(told_of.shown["values"]) == pytest.approx(sorted(exact))
    assert told_of.numbers["spread"] == pytest.approx([exact.min(), exact.max()]) and "length" in told_of.numbers


def test_a_signal_s_field_is_drawn_over_its_own_range() -> None:
    grid = Grid(fl.Box([0.0], [10.0]), (4,), [np.float32([[0], [1], [0], [2], [1]])])
    field = fl.Network([[[0.0, 1.0]]], [[0.0]], grid=grid)
    curve = opened(field, "s").tell({}).shown["curve"]
    assert curve.tolist() == [[0, 0], [2.5, 1], [5, 0], [7.5, 2], [10, 1]]


def test_rows_have_their_classes_and_an_image_is_one() -> None:
    table = fl.Samples([[0, 1], [2, 3]], [0, 1.0], "classification", ("length", "mass"), ("a", "<b>"))
    fixed = opened(table, "t").fixed
    assert fixed["labels"].tolist() == [0, 1] and fixed["classes"] == ["a", "<b>"]
    assert fixed["axes"] == ["length", "mass"]
    picture = opened(fl.read(ROOT / "data" / "image" / "camera.png"), "camera").fixed
    assert picture["image"].shape == (512, 512, 3) and picture["points"] is None


def test_heights_lie_as_on_the_map(tmp_path: Path) -> None:
    (tmp_path / "m.asc").write_text("ncols 3\nnrows 2\nxllcorner 10\nyllcorner 20\ncellsize 2\n1 2 3\n4 5 6\n")
    fixed = open_path(tmp_path / "m.asc").fixed
    assert fixed["heights"].tolist() == [[1, 2, 3], [4, 5, 6]] and fixed["range"] == [1, 6]
    assert fixed["over"] == [11, 21, 15, 23] and fixed["points"] is None


def test_a_loss_of_zero_is_no_place_on_a_scale_of_powers() -> None:
    curve = replace(Training().curve, step=(1, 2, 3), loss=(0.5, 0.0, 0.25))
    network = replace(own((2, 3, 1), None), training=replace(Training(), curve=curve))
    assert opened(network, "n").fixed["training"].tolist() == [[1, 0.5], [3, 0.25]]
