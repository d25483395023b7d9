"""Values of the same numbers are equal: networks, boxes, grids, samples, meshes and answers."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

import foldline as fl
from foldline.data.gates import gate, xor_network
from foldline.data.slices import leading_slice
from foldline.fit.linear import least_squares
from foldline.grid import Grid
from foldline.lecture import units
from foldline.lecture.questions import QUESTIONS, Question
from foldline.optimal.separate import separate
from foldline.same import Compared
from foldline.voxels import Voxels

SQUARE = fl.Box([-1, -1], [2, 2])
ROWS = np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 1.0], [1.0, 1.0, 5.0]])
BALL = [np.eye(3), [[1.0] * 3]], [np.zeros(3), [-1.0]], "abs"

MADE: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {  # a value, and one that differs in a number
    "box": (lambda: fl.Box([0], [1]), lambda: fl.Box([0], [2])),
    "network": (xor_network, lambda: fl.Network([[[1, 1], [1, 1]], [[1, -3]]], [[0, -1], [0]])),
    "meta": (lambda: fl.Network([[[1]]], [[0]], meta={"names": ["a"]}), lambda: fl.Network([[[1]]], [[0]])),
    "grid": (
        lambda: Grid(fl.Box([0.0], [4.0]), (2,), [np.float32([[0], [1], [0]])]),
        lambda: Grid(fl.Box([0.0], [4.0]), (2,), [np.float32([[0], [2], [0]])]),
    ),
    "samples": (lambda: fl.Samples(ROWS, [0, 1, 2]), lambda: fl.Samples(ROWS, [0, 1, 3])),
    "mesh": (
        lambda: fl.Mesh.of_polygons(np.eye(3), [[0, 1, 2]]),
        lambda: fl.Mesh.of_polygons(2 * np.eye(3), [[0, 1, 2]]),
    ),
    "slice": (lambda: leading_slice(fl.Samples(ROWS, [0, 1, 2])), lambda: leading_slice(fl.Samples(-ROWS, [0, 1, 2]))),
    "regions": (lambda: fl.regions(xor_network(), SQUARE), lambda: fl.regions(xor_network(), fl.Box([0, 0], [1, 1]))),
    "decisions": (
        lambda: fl.decisions(xor_network(), SQUARE, level=0.5),
        lambda: fl.decisions(xor_network(), SQUARE, level=0.25),
    ),
    "boundary": (
        lambda: fl.boundary(xor_network(), SQUARE, level=0.5),
        lambda: fl.boundary(xor_network(), SQUARE, level=0.25),
    ),
    "surface": (
        lambda: fl.surface(fl.Network(*BALL), fl.Box([-2] * 3, [2] * 3)),
        lambda: fl.surface(fl.Network(*BALL), fl.Box([-2] * 3, [2] * 3), 0.5),
    ),
    "voxels": (
        lambda: Voxels(np.ones((1, 2, 1)), fl.Box([0] * 3, [1] * 3)),
        lambda: Voxels([[[1], [0]]], fl.Box([0] * 3, [1] * 3)),
    ),
    "cloud": (lambda: fl.Cloud(ROWS), lambda: fl.Cloud(-ROWS)),
    "least squares": (
        lambda: least_squares(fl.Samples(ROWS, [0, 1, 2])),
        lambda: least_squares(fl.Samples(ROWS, [0, 1, 3])),
    ),
    "separation": (lambda: separate(gate("xor")), lambda: separate(gate("and"))),
    "figure": (lambda: units.ask(units.State()), lambda: units.ask(units.State(b=1.0))),
    "explanation": (lambda: fl.explain(xor_network(), [1, 0.2]), lambda: fl.explain(xor_network(), [1, 0.3])),
}


@pytest.mark.parametrize("kind", MADE)
def test_equal_numbers_make_equal_values_and_others_do_not(kind: str) -> None:
    make, other = MADE[kind]
    assert make() == make() and hash(make()) == hash(make())
    assert make() != other() and make() != 1 and make() is not None
    assert copy.deepcopy(make()) == make() and len({make(), make(), other()}) == 2


@pytest.mark.parametrize("kind", [kind for kind in MADE if kind not in ("regions",)])
def test_a_value_is_equal_after_a_journey(kind: str) -> None:
    value = MADE[kind][0]()
    assert pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize("kind", MADE)
def test_a_value_is_told_in_one_line(kind: str) -> None:
    value = MADE[kind][0]()
    assert repr(value).startswith(type(value).__name__ + "(") and "\n" not in repr(value) and len(repr(value)) < 200


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.slug)
def test_a_question_s_answer_is_told_in_one_line_and_compared_by_its_numbers(question: Question) -> None:
    """Also those that take a while to ask: their class says it."""
    answer = question.module.Answer
    assert issubclass(answer, Compared) and answer.__repr__ is Compared.__repr__


def test_time_and_engine_make_no_difference() -> None:
    here, there = (fl.regions(xor_network(), SQUARE, engine=engine) for engine in ("numpy", "rational"))
    assert here.proof == there.proof and here.seconds != there.seconds
    assert here.proof != replace(here.proof, complete=False)


def test_a_network_is_equal_after_a_file(tmp_path) -> None:
    network = fl.Network([[[1, 2.5]]], [[0.1]], meta={"names": ["a", "b"]}, seen=SQUARE)
    assert fl.read_network(network.save(tmp_path / "a.safetensors")) == network


def test_not_a_number_equals_itself() -> None:
    assert fl.Mesh(np.eye(3), [0, 1, 2], [0, 3], {"a": np.array([np.nan])}) == fl.Mesh(
        np.eye(3), [0, 1, 2], [0, 3], {"a": np.array([np.nan])}
    )


def values_with_arrays() -> Iterator[type]:
    """Every dataclass of the package in whose fields arrays stand, by the names in their annotations."""
    for found in pkgutil.walk_packages(fl.__path__, "foldline."):
        module = importlib.import_module(found.name) if not found.name.endswith("__main__") else fl
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == found.name and "__dataclass_params__" in vars(kind):
                if any(holds_arrays(str(one.type), vars(module)) for one in fields(kind) if one.compare):
                    yield kind


def holds_arrays(annotation: str, names: dict[str, Any]) -> bool:
    """Whether a name in an annotation is an array's, or stands for one; a function of arrays holds none."""
    words = re.findall(r"\w+", re.sub(r"Callable\[.*", "", annotation))
    stand_for = [word if word == "NDArray" else str(names.get(word)) for word in words if word != "Any"]
    return any("ndarray" in name.lower() and "Callable[" not in name for name in stand_for)


def test_what_holds_arrays_is_never_compared_as_a_tuple_of_them() -> None:
    """Which raises, as ``hash`` does: frozen values take the rule above, what is written to is only itself."""
    kinds = list(values_with_arrays())
    assert len(kinds) > 80
    for kind in kinds:
        params = kind.__dataclass_params__  # type: ignore[attr-defined]
        assert not params.eq and (issubclass(kind, Compared) or kind.__eq__ is object.__eq__), kind
