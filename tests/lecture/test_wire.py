"""The wire format of questions: made from their dataclasses, read back typed, wrong fields refused by name."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
import pytest

from foldline.box import Box
from foldline.data.gates import xor_network
from foldline.errors import InputError
from foldline.exact.boundary import boundary
from foldline.exact.decisions import decisions
from foldline.exact.regions import regions
from foldline.lecture.handles import Span
from foldline.lecture.questions import QUESTIONS, question
from foldline.lecture.wire import plain, schema, state_from

SQUARE = Box([0, 0], [1, 1])
CHEAP = [one for one in QUESTIONS if one.slug not in ("approximation", "image", "shapes", "surface", "training")]


@dataclass(frozen=True)
class State:
    share: Annotated[float, Span(0, 1)] = 0.5
    n: Annotated[int, Span(1, 9)] = 3
    proof: bool = False
    kind: Literal["a", "b"] = "a"
    pair: tuple[float, int] = (1.0, 2)
    rows: Annotated[tuple[tuple[float, ...], ...], Span(1, 2)] | None = None


every = pytest.mark.parametrize("asked", QUESTIONS, ids=lambda one: one.slug)


@every
def test_a_state_goes_through_json_and_comes_back_itself(asked):
    state = asked.module.State()
    assert asked.state(json.loads(json.dumps(plain(state)))) == state


@every
def test_a_question_is_three_names_and_its_answer_begins_with_its_state(asked):
    module = asked.module
    assert module.__doc__.startswith(f"Question {asked.number}: ")
    for kind in (module.State, module.Answer):
        assert is_dataclass(kind) and kind.__dataclass_params__.frozen
    assert fields(module.Answer)[0].name == "state"


@every
def test_a_schema_has_every_field_and_its_default(asked):
    made = asked.schema()
    assert made["additionalProperties"] is False
    assert {name: part["default"] for name, part in made["properties"].items()} == plain(asked.module.State())


@pytest.mark.parametrize("asked", CHEAP, ids=lambda one: one.slug)
def test_an_answer_is_json_and_asking_again_gives_the_same(asked):
    first, second = (json.loads(json.dumps(plain(asked.ask()), allow_nan=False)) for _ in range(2))
    assert set(first) == {one.name for one in fields(asked.module.Answer)}
    assert untimed(first) == untimed(second)


def untimed(value):
    if isinstance(value, dict):
        return {key: untimed(part) for key, part in value.items() if key != "seconds"}
    return [untimed(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Fraction(1, 3), "1/3"),
        (2**53 - 1, 2**53 - 1),
        (-(2**53), str(-(2**53))),
        (np.float64(np.nan), None),
        (np.array([[1.0, -np.inf]]), [[1.0, None]]),
        (np.array(True), True),
        ({(0, 1): Fraction(1, 2)}, [[[0, 1], "1/2"]]),
        ({"a": (1, 2)}, {"a": [1, 2]}),
    ],
)
def test_a_value_is_written_as(value, written):
    assert plain(value) == written


def test_values_of_the_library_are_written_with_their_numbers():
    network = xor_network()
    found, cells = regions(network, SQUARE), decisions(network, SQUARE, level=0.5)
    assert plain(found)["loops"] == found.complex.loop_vertices.tolist()
    assert plain(found)["n_pieces"] == found.n_pieces and plain(found)["box"] == {"lo": [0, 0], "hi": [1, 1]}
    assert plain(cells)["names"] == list(cells.names)
    assert plain(boundary(network, SQUARE, level=0.5))["certified"] is True
    assert plain(network)["weights"] == [[[1, 1], [1, 1]], [[1, -2]]]


def test_a_channel_of_bytes_takes_the_arrays_itself():
    kept = []
    said = plain(question("line").ask(), array=lambda values: kept.append(values) or len(kept) - 1)
    assert kept[said["gradient"]].tolist() == question("line").ask().gradient.tolist()


def test_what_no_question_holds_is_our_own_mistake():
    with pytest.raises(AssertionError, match="a question holds no object"):
        plain(object())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([1], r"page needs a JSON object of its fields; got \[1\]\. Give \{\} for the slide's\."),
        ({"shar": 1}, r"page needs fields of its state; got 'shar'\. Did you mean share\?"),
        ({"share": "much"}, r"page needs share to be a number; got 'much'\."),
        ({"share": True}, r"page needs share to be a number; got True\."),
        ({"share": 2}, r"page needs share from 0 to 1; got 2\. Take a number between\."),
        ({"share": float("nan")}, r"page needs share to be finite; got nan\."),
        ({"n": 2.5}, r"page needs n to be a whole number; got 2\.5\."),
        ({"proof": 1}, r"page needs proof to be true or false; got 1\."),
        ({"kind": "c"}, r"page needs kind to be 'a' or 'b'; got 'c'\. Take one\."),
        ({"pair": 3}, r"page needs pair as a list; got 3\."),
        ({"pair": [1]}, r"page needs pair as a list of 2; got 1 parts\."),
        ({"pair": [1, "x"]}, r"page needs pair\[1\] to be a whole number; got 'x'\."),
        ({"rows": []}, r"page needs rows as a list of 1 to 2; got 0 parts\."),
        ({"rows": [[1, "x" * 50]]}, r"page needs rows\[0\]\[1\] to be a number; got 'x+\.\.\.\. Give"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name(given, said):
    with pytest.raises(InputError, match=said):
        state_from(State, given, "page")


def test_a_state_of_json_values_has_the_types_of_its_fields():
    state = state_from(State, {"share": 1, "pair": [3, 4], "rows": [[1], [2, 3]], "proof": True}, "page")
    assert state == State(share=1.0, pair=(3.0, 4), rows=((1.0,), (2.0, 3.0)), proof=True)
    assert isinstance(state.share, float) and isinstance(state.pair[0], float)
    assert state_from(State, {"rows": None}, "page") == State()


def test_a_schema_says_types_spans_and_words():
    made = schema(State)["properties"]
    assert made["share"] == {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5}
    assert made["kind"] == {"enum": ["a", "b"], "default": "a"}
    assert made["pair"]["prefixItems"] == [{"type": "number"}, {"type": "integer"}]
    assert made["rows"]["anyOf"][0]["minItems"] == 1 and made["rows"]["anyOf"][1] == {"type": "null"}


def test_a_field_of_a_state_has_a_default():
    @dataclass(frozen=True)
    class Bare:
        n: int

    Bare.__annotations__["n"] = int
    with pytest.raises(AssertionError, match="n has a default"):
        schema(Bare)
