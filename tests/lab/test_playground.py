"""The playground: own data trained live, gone back to bit for bit, compared exactly, saved and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foldline as fl
from foldline.data.formula import formula
from foldline.errors import InputError
from foldline.lab.desk import Job
from foldline.lab.playground import Playground
from foldline.lecture.live.play import Session, compared, made, typed

from .lab import page_says, shown, told


def job(heard: list[Any] | None = None) -> Job:
    return Job(1, (heard if heard is not None else []).append)


def rows(n: int = 1000) -> str:
    """A table of two features and three classes, one of them with a script for a name."""
    samples = made("blobs", n, 0)
    names = ("one", "two", "<script>window.ran = true</script>")
    lines = [f"{x:.6f},{y:.6f},{names[int(k)]}" for (x, y), (k,) in zip(samples.inputs, samples.targets, strict=True)]
    return "\n".join(["length,<b>width</b>,kind", *lines])


def test_a_step_gone_back_to_is_the_same_and_goes_on_the_same() -> None:
    session = Session(made("spirals", 200, 0), {"hidden": [8, 8], "batch": 32})
    looks = [session.advance(5) for _ in range(8)]
    back = session.rewind(20)
    for name, values in looks[3].shown["cells"].items():
        assert np.array_equal(values, back.shown["cells"][name])
    assert [np.array_equal(a, b) for a, b in zip(looks[3].network.weights, back.network.weights, strict=True)] == [
        True
    ] * 3
    again = [session.advance(5) for _ in range(4)]
    assert all(np.array_equal(a, b) for a, b in zip(again[-1].network.weights, looks[-1].network.weights, strict=True))


def test_the_largest_difference_of_two_networks_is_the_one_of_many_places() -> None:
    session = Session(made("moons", 60, 0), {"hidden": [6], "loss": "usual", "aside": 0.0})
    first = session.advance(5).network
    session.other = first
    look = session.advance(60)
    side = [np.linspace(a, b, 200) for a, b in zip(session.box.lo, session.box.hi, strict=True)]
    places = np.stack(np.meshgrid(*side), axis=-1).reshape(-1, 2)
    seen = np.abs(look.network(places) - first(places)).max()
    assert seen <= look.numbers["difference"] <= seen * 1.05
    at = look.numbers["where"]
    assert np.abs(look.network(at) - first(at)).max() == pytest.approx(look.numbers["difference"])
    assert compared(first, fl.Network([[[1.0, 1.0]]], [[0.0]]), session.box) == {
        "difference": "networks of other shapes"
    }


@pytest.mark.parametrize(
    "text", ["__import__('os')", "x1.real", "[x1]", "x1 if x1 else 1", "lambda: 1", "'a'", "log(x1)", "(" * 99]
)
def test_a_formula_runs_no_code_and_stays_finite(text: str) -> None:
    with pytest.raises(InputError, match="formula needs"):
        formula(text, {"x1": np.array([0.0, 1.0])})


@pytest.mark.parametrize(
    ("message", "match"),
    [({"data": {"kind": "csv", "text": "a,b,c,d\n1,2,3,4\n5,6,7,8"}}, "1 or 2 inputs"),
     ({"data": {"kind": "file", "path": "/etc/passwd"}}, "made, formula, drawn or csv"),
     ({"data": {"kind": "drawn", "rows": [[0, 0, 0]]}}, "two classes"),
     ({"data": {"kind": "made", "name": "../x"}}, "out of moons"),
     ({"data": {"kind": "made", "name": "moons"}, "setup": {"hidden": [10**6]}}, "from 1 to 64"),
     ({"data": {"kind": "made", "name": "moons"}, "setup": {"activation": ["sine"]}}, "activation.* to be 'relu' or"),
     ({"data": {"kind": "made", "name": "moons"}, "setup": {"loss": "squared"}}, "a loss for classes")],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused(message: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        Playground().play(message, job())


@pytest.mark.parametrize("suffix", ["pt", "pkl", "pth", "../../x", "py"])
def test_pickles_and_paths_are_never_opened(suffix: str) -> None:
    playground = Playground()
    playground.play({"data": {"kind": "made", "name": "moons", "n": 20}}, job())
    with pytest.raises(InputError, match="lab opens safetensors, onnx, npz, nnet"):
        playground.load({"suffix": suffix, "bytes": "gASVBQAAAAAAAACMAWGULg=="}, job())


@pytest.mark.parametrize("suffix", ["safetensors", "onnx", "npz"])
@pytest.mark.parametrize("units", [["relu"], ["abs", "relu", "leaky_relu"], ["leaky_relu", "identity"]], ids=str)
def test_a_saved_network_gives_the_same_answers_in_python(suffix: str, units: list[str], tmp_path: Path) -> None:
    playground = Playground()
    setup = {"hidden": [9, 8, 7], "activation": units}
    playground.play({"data": {"kind": "csv", "text": rows(90)}, "setup": setup}, job())
    playground.train({"every": 5, "steps": 40}, job())
    found = playground.save({"suffix": suffix}, job())
    path = tmp_path / found["name"]
    path.write_bytes(found["bytes"].tobytes())
    assert playground.session is not None
    places = playground.session.samples.inputs
    assert fl.read(path)(places) == pytest.approx(playground.session.network(places), rel=1e-12)
    assert fl.read(path).layer_activations == playground.session.network.layer_activations
    assert {*units} <= {*fl.read(path).layer_activations}


def test_training_streams_looks_and_stops_when_it_is_told_to() -> None:
    playground, heard = Playground(), []
    playground.play({"data": {"kind": "made", "name": "blobs", "n": 60}}, job())
    running = Job(1, lambda message: (heard.append(message), running.stop()))
    playground.train({"every": 1}, running)
    assert [one["kind"] for one in heard] == ["look"] and playground.session.step >= 1


def test_a_formula_of_two_inputs_is_a_surface() -> None:
    samples = typed("sin(3*x1) * x2^2 - 1", -1.0, 1.0, 2)
    x1, x2 = samples.inputs.T
    assert samples.targets[:, 0] == pytest.approx(np.sin(3 * x1) * x2**2 - 1)


@pytest.mark.lab
def test_each_layer_has_a_knob_for_its_units_and_the_library_trains_them(lab: Any, window: Any) -> None:
    window.errors.clear()
    window.goto(f"http://127.0.0.1:{lab.port}/playground")
    told(window)
    knobs = window.locator("select[aria-label^='units of layer']")
    assert knobs.count() == 2
    hidden = window.locator("label.knob", has_text="hidden layers").locator("input")
    hidden.fill("6, 5, 4")
    hidden.dispatch_event("change")
    told(window)
    assert knobs.count() == 3
    for k, unit in enumerate(("abs", "identity", "leaky_relu")):
        knobs.nth(k).select_option(unit)
        told(window)
    window.locator("button", has_text="One step").click()
    while window.evaluate("foldline.step") < 1:
        window.wait_for_timeout(20)
    found = told(window)
    assert found["setup"]["activation"] == ["abs", "identity", "leaky_relu"] and found["warning"] == ""
    session = Session(made("spirals", 300, 0), found["setup"])
    look = session.advance(1)
    assert look.network.layer_activations == ("abs", "identity", "leaky_relu")
    assert page_says(found)["loss.fitted"] == shown(look.numbers["loss.fitted"])
    assert page_says(found)["cells"] == shown(look.numbers["cells"])
    assert window.errors == []


@pytest.mark.lab
def test_own_data_is_trained_on_the_page_and_gone_back_to(lab: Any, window: Any) -> None:
    window.errors.clear()
    window.goto(f"http://127.0.0.1:{lab.port}/playground")
    told(window)
    window.locator("select[aria-label='data']").select_option("csv")
    window.locator("textarea").fill(rows())
    window.locator("button", has_text="Use this data").click()
    window.wait_for_timeout(100)
    assert told(window)["classes"][2].startswith("<script>") or "<script>" in "".join(told(window)["classes"])
    window.locator("button.primary").click()
    while window.evaluate("foldline.step") < 60:
        window.wait_for_timeout(20)
    window.locator("button.primary").click()
    last = told(window)
    assert not window.evaluate("Boolean(window.ran)") and window.locator("script", has_text="window.ran").count() == 0
    slider = window.locator("input[aria-label='go back to step']")
    seen = []
    for step in (20, 40, 20):
        slider.evaluate(f"(e) => {{ e.value = {step}; e.dispatchEvent(new Event('input')); }}")
        window.wait_for_timeout(50)
        seen.append(told(window))
    assert (
        seen[0]["cells"] == seen[2]["cells"] != seen[1]["cells"] and seen[0]["step"] == seen[2]["step"] < last["step"]
    )
    assert window.errors == []
